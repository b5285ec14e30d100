/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way of a frame through the forwarder, out and back: received R is shown
 * to the peer's binding through an own NBL S that borrows R's MDL chain; when
 * S completes, R goes back to its miniport and S home. Runs on the worker that
 * indicates or completes; allocates nothing, takes no lock, makes no system
 * call and, while one worker does it all, no atomic read-modify-write.
 */
#include "forward.h"

#include "generate.h"
#include "nblpool.h"
#include "rewrite.h"

/* A chain under construction. No address of a member is taken, so that all of
 * it lives in registers. */
struct chain {
	NET_BUFFER_LIST *head, *last;
	ULONG n;
};

static inline void chain_add(struct chain *c, NET_BUFFER_LIST *nbl)
{
	if (c->last == NULL)
		c->head = nbl;
	else
		NET_BUFFER_LIST_NEXT_NBL(c->last) = nbl;
	c->last = nbl;
	c->n++;
}

static inline void chain_end(const struct chain *c)
{
	if (c->last != NULL)
		NET_BUFFER_LIST_NEXT_NBL(c->last) = NULL;
}

/* The NET_BUFFER of S shows the data of R's [nf-nblapi-ndisallocatenetbuffer-
 * andnetbufferlist: it may be used again with another MDL chain]. Member by
 * member: a wider load would stall on the stores the bridge made a moment ago.
 * Of R's out-of-band data only the 802.1Q slot means the same on a send. */
static inline void borrow(NET_BUFFER_LIST *s, NET_BUFFER_LIST *r)
{
	const NET_BUFFER *from = NET_BUFFER_LIST_FIRST_NB(r);
	NET_BUFFER *to = NET_BUFFER_LIST_FIRST_NB(s);

	NET_BUFFER_CURRENT_MDL(to) = NET_BUFFER_CURRENT_MDL(from);
	NET_BUFFER_CURRENT_MDL_OFFSET(to) = NET_BUFFER_CURRENT_MDL_OFFSET(from);
	NET_BUFFER_DATA_LENGTH(to) = NET_BUFFER_DATA_LENGTH(from);
	NET_BUFFER_FIRST_MDL(to) = NET_BUFFER_FIRST_MDL(from);
	NET_BUFFER_DATA_OFFSET(to) = NET_BUFFER_DATA_OFFSET(from);
	OWN_RECEIVED(s) = r;
	/* Most have none, now and the last time: a load waits for nobody, a store has to. */
	if (NET_BUFFER_LIST_INFO(s, Ieee8021QNetBufferListInfo) !=
	    NET_BUFFER_LIST_INFO(r, Ieee8021QNetBufferListInfo))
		NET_BUFFER_LIST_INFO(s, Ieee8021QNetBufferListInfo) =
			NET_BUFFER_LIST_INFO(r, Ieee8021QNetBufferListInfo);
}

/* A copy of R in an own buffer, R stays the caller's. NULL: counted as dropped. */
static NET_BUFFER_LIST *bounce(struct lane *lane, NET_BUFFER_LIST *r)
{
	NET_BUFFER *from = NET_BUFFER_LIST_FIRST_NB(r);
	ULONG length = NET_BUFFER_DATA_LENGTH(from);
	NET_BUFFER_LIST *s;
	NET_BUFFER *to;
	UCHAR *data;

	if (length > lane->port->max_frame) {
		lane_count(lane, FWD_DROP_MALFORMED, 1);
		return NULL;
	}
	s = nblpool_take(lane, OWN_BOUNCE);
	if (s == NULL) {
		lane_count(lane, FWD_DROP_NO_NBL, 1);
		return NULL;
	}
	data = NdisGetDataBuffer(from, length, OWN_DATA(s), 1, 0);
	if (data != OWN_DATA(s))
		NdisMoveMemory(OWN_DATA(s), data, length);
	to = NET_BUFFER_LIST_FIRST_NB(s);
	NET_BUFFER_DATA_LENGTH(to) = length;
	NET_BUFFER_LIST_INFO(s, Ieee8021QNetBufferListInfo) =
		NET_BUFFER_LIST_INFO(r, Ieee8021QNetBufferListInfo);
	lane_count(lane, FWD_COPIED, 1);
	return s;
}

static inline ULONG header_bytes(enum fwd_mode mode, ULONG length)
{
	ULONG wanted = mode == FWD_ICMPECHO ? REWRITE_ECHO_BYTES : REWRITE_ETHER_BYTES;

	return length < wanted ? length : wanted;
}

/* R's header if it is ours to change and in one piece, else NULL. */
static inline UCHAR *writable_header(NET_BUFFER_LIST *r, ULONG bytes)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(r);
	MDL *mdl = NET_BUFFER_CURRENT_MDL(nb);
	ULONG offset = NET_BUFFER_CURRENT_MDL_OFFSET(nb);

	if (NdisTestNblFlag(r, NDIS_NBL_FLAGS_RECV_READ_ONLY) ||
	    MmGetMdlByteCount(mdl) - offset < bytes)
		return NULL;
	return (UCHAR *)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) + offset;
}

static inline BOOLEAN rewrite(const struct port *port, UCHAR *header, ULONG bytes,
			      enum fwd_mode mode)
{
	if (mode == FWD_MAC)
		rewrite_mac(header, port->rewrite_destination, port->rewrite_source);
	else if (mode == FWD_MACSWAP)
		rewrite_macswap(header);
	else if (mode == FWD_ICMPECHO)
		return rewrite_echo(header, bytes, port->mac);
	return TRUE;
}

/* R as it shall leave: an own NBL, or NULL when it is dropped and counted.
 * *@lent: R is now borrowed and comes back when the send completes. */
static inline __attribute__((always_inline)) NET_BUFFER_LIST *
answer(const struct port *port, struct lane *lane, NET_BUFFER_LIST *r, enum fwd_mode mode,
       BOOLEAN must_copy, BOOLEAN *lent)
{
	ULONG length = NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(r));
	ULONG bytes = header_bytes(mode, length);
	UCHAR *header = NULL;
	NET_BUFFER_LIST *s;

	*lent = FALSE;
	if (mode != FWD_IO && length < REWRITE_ETHER_BYTES) {
		lane_count(lane, FWD_DROP_MALFORMED, 1);
		return NULL;
	}
	if (mode != FWD_IO && !must_copy) {
		header = writable_header(r, bytes);
		must_copy = header == NULL;
	}
	if (must_copy) {
		s = bounce(lane, r);
		if (s == NULL || rewrite(port, OWN_DATA(s), bytes, mode))
			return s;
		nblpool_put(lane, OWN_BOUNCE, s);
		lane_count(lane, FWD_DROP_UNWANTED, 1);
		return NULL;
	}
	s = nblpool_take(lane, OWN_FORWARD);
	if (s == NULL) {
		lane_count(lane, FWD_DROP_NO_NBL, 1);
		return NULL;
	}
	if (!rewrite(port, header, bytes, mode)) {
		nblpool_put(lane, OWN_FORWARD, s);
		lane_count(lane, FWD_DROP_UNWANTED, 1);
		return NULL;
	}
	borrow(s, r);
	*lent = TRUE;
	return s;
}

static inline void return_received(const struct port *port, NET_BUFFER_LIST *chain,
				   BOOLEAN at_dispatch)
{
	if (chain != NULL)
		NdisReturnNetBufferLists(port->binding, chain,
					 at_dispatch ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
}

/* The head of @received, at most @n frames, as far as they go out as they are or with
 * another header, and own NBLs are at home: what nearly all bursts are in whole. Their own
 * NBLs are added to @out; returns what is left. NBLs leave the stock as they came, lowest
 * first, so that burst after burst walks memory the same way. */
static inline __attribute__((always_inline)) NET_BUFFER_LIST *
answer_run(const struct port *port, struct lane *lane, NET_BUFFER_LIST *received, ULONG n,
	   enum fwd_mode mode, struct chain *out)
{
	struct stock *stock = &lane->stock[OWN_FORWARD];
	NET_BUFFER_LIST **const end = &stock->nbl[stock->n];
	NET_BUFFER_LIST **const first = stock->n > n ? end - n : stock->nbl;
	NET_BUFFER_LIST *head, **link = &head, **at = first, **left = first;

	while (received != NULL && at != end) {
		NET_BUFFER_LIST *r = received, *s;

		if (mode != FWD_IO) {
			ULONG length = NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(r));
			UCHAR *header = length >= REWRITE_ETHER_BYTES ?
						writable_header(r, REWRITE_ETHER_BYTES) :
						NULL;

			if (header == NULL)
				break;
			rewrite(port, header, REWRITE_ETHER_BYTES, mode);
		}
		received = NET_BUFFER_LIST_NEXT_NBL(r);
		s = *at++;
		borrow(s, r);
		*link = s;
		link = &NET_BUFFER_LIST_NEXT_NBL(s);
	}
	if (at == first)
		return received;
	*link = NULL;
	if (out->last == NULL)
		out->head = head;
	else
		NET_BUFFER_LIST_NEXT_NBL(out->last) = head;
	out->last = at[-1];
	out->n += (ULONG)(at - first);
	stock->n -= (ULONG)(at - first);
	while (at != end) /* fewer were taken: the others close up */
		*left++ = *at++;
	return received;
}

/*
 * One received burst, with a constant mode: the compiler makes one loop of it
 * per mode. With NDIS_RECEIVE_FLAGS_RESOURCES the frames stay the miniport's
 * and their links are left alone (PR-RCV-02).
 */
static inline __attribute__((always_inline)) void
forward_burst(struct port *port, struct lane *lane, NET_BUFFER_LIST *received, ULONG n,
	      ULONG flags, enum fwd_mode mode)
{
	BOOLEAN at_dispatch = NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(flags);
	BOOLEAN keep = NDIS_TEST_RECEIVE_CAN_PEND(flags);
	struct chain out = { NULL, NULL, 0 }, done = { NULL, NULL, 0 };

	if (lane->shared)
		NdisAcquireSpinLock(&lane->lock);
	while (received != NULL) {
		NET_BUFFER_LIST *r, *s;
		BOOLEAN lent;

		if (keep && mode != FWD_ICMPECHO) {
			received = answer_run(port, lane, received, n, mode, &out);
			if (received == NULL)
				break;
		}
		r = received;
		received = NET_BUFFER_LIST_NEXT_NBL(r); /* before it is linked elsewhere */
		s = answer(port, lane, r, mode, !keep, &lent);
		if (s != NULL)
			chain_add(&out, s);
		if (keep && !lent)
			chain_add(&done, r);
	}
	if (lane->shared)
		NdisReleaseSpinLock(&lane->lock);
	chain_end(&out);
	chain_end(&done);
	return_received(port, done.head, at_dispatch);
	if (out.head == NULL)
		return;
	lane_count(lane, FWD_FORWARDED, out.n); /* before they can complete */
	NdisSendNetBufferLists(port->peer->binding, out.head, NDIS_DEFAULT_PORT_NUMBER,
			       at_dispatch ? NDIS_SEND_FLAGS_DISPATCH_LEVEL : 0);
}

static void engine_io(struct port *port, struct lane *lane, NET_BUFFER_LIST *chain, ULONG n,
		      ULONG flags)
{
	forward_burst(port, lane, chain, n, flags, FWD_IO);
}

static void engine_mac(struct port *port, struct lane *lane, NET_BUFFER_LIST *chain, ULONG n,
		       ULONG flags)
{
	forward_burst(port, lane, chain, n, flags, FWD_MAC);
}

static void engine_macswap(struct port *port, struct lane *lane, NET_BUFFER_LIST *chain, ULONG n,
			   ULONG flags)
{
	forward_burst(port, lane, chain, n, flags, FWD_MACSWAP);
}

static void engine_icmpecho(struct port *port, struct lane *lane, NET_BUFFER_LIST *chain, ULONG n,
			    ULONG flags)
{
	forward_burst(port, lane, chain, n, flags, FWD_ICMPECHO);
}

static void drop(struct port *port, struct lane *lane, NET_BUFFER_LIST *chain, ULONG n, ULONG flags,
		 enum fwd_count reason)
{
	lane_count(lane, reason, n);
	if (NDIS_TEST_RECEIVE_CAN_PEND(flags))
		return_received(port, chain, NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(flags));
}

static void engine_consume(struct port *port, struct lane *lane, NET_BUFFER_LIST *chain, ULONG n,
			   ULONG flags)
{
	drop(port, lane, chain, n, flags, FWD_DROP_CONSUMED);
}

/* --record-burst-stats, --record-core-cycles: around the mode's own engine, so
 * that nothing is paid for when they are off. The shared lane is not recorded. */
static void engine_recorded(struct port *port, struct lane *lane, NET_BUFFER_LIST *chain, ULONG n,
			    ULONG flags)
{
	struct fwd_record *record = lane->record;
	LONGLONG start = KeQueryPerformanceCounter(NULL).QuadPart;

	port->measured(port, lane, chain, n, flags);
	if (lane->shared)
		return;
	record->ticks += (uint64_t)(KeQueryPerformanceCounter(NULL).QuadPart - start);
	record->frames += n;
	record->bursts[n < FWD_MAX_BURST ? n : FWD_MAX_BURST]++;
}

VOID ForwardReceiveNetBufferLists(NDIS_HANDLE ProtocolBindingContext,
				  PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber,
				  ULONG NumberOfNetBufferLists, ULONG ReceiveFlags)
{
	struct port *port = ProtocolBindingContext;
	struct lane *lane = lane_here(port, NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(ReceiveFlags));

	(void)PortNumber;
	lane_enter(lane);
	lane_count(lane, FWD_DELIVERED, NumberOfNetBufferLists);
	if (ReadAcquire(&port->open))
		port->engine(port, lane, NetBufferLists, NumberOfNetBufferLists, ReceiveFlags);
	else /* Pausing or Paused: back at once (PR-PAU-01) */
		drop(port, lane, NetBufferLists, NumberOfNetBufferLists, ReceiveFlags,
		     FWD_DROP_STOPPED);
	lane_leave(lane);
}

/* A run of completed sends that belong to one lane and are of one kind. */
struct run {
	NET_BUFFER_LIST *head, *tail;
	struct lane *here;     /* of the thread that completes them */
	BOOLEAN home;          /* it is theirs, and they are in its stock again */
	struct chain received; /* what they had borrowed */
	ULONG n, failed;
};

/* Split the first run off @chain; what is left of it. NBLs that may go straight into
 * the stock of their lane are put there on the way. */
static inline NET_BUFFER_LIST *split_run(NET_BUFFER_LIST *chain, struct run *run,
					 BOOLEAN at_dispatch)
{
	struct lane *lane = OWN_LANE(chain);
	enum own_kind kind = OWN_KIND(chain);
	struct chain received = { NULL, NULL, 0 };
	NET_BUFFER_LIST **home = NULL, *s;
	ULONG n = 0, failed = 0;

	run->head = chain;
	run->here = lane_here(lane->port, at_dispatch);
	run->home = kind < OWN_STOCKED && run->here == lane && !lane->shared;
	if (run->home)
		home = &lane->stock[kind].nbl[lane->stock[kind].n];
	do {
		s = chain;
		if (home != NULL)
			home[n] = s;
		chain = NET_BUFFER_LIST_NEXT_NBL(s);
		n++;
		failed += NET_BUFFER_LIST_STATUS(s) != NDIS_STATUS_SUCCESS;
		if (kind == OWN_FORWARD)
			chain_add(&received, OWN_RECEIVED(s));
	} while (chain != NULL && OWN_LANE(chain) == lane && OWN_KIND(chain) == kind);
	NET_BUFFER_LIST_NEXT_NBL(s) = NULL;
	chain_end(&received);
	if (home != NULL)
		lane->stock[kind].n += n;
	run->tail = s;
	run->received = received;
	run->n = n;
	run->failed = failed;
	return chain;
}

static inline void complete_run(const struct run *run, BOOLEAN at_dispatch)
{
	struct lane *lane = OWN_LANE(run->head);
	enum own_kind kind = OWN_KIND(run->head);
	struct port *port = lane->port;
	struct lane *here = run->here;
	ULONG n = run->n, failed = run->failed;

	return_received(port, run->received.head, at_dispatch);
	if (kind == OWN_GENERATED)
		generator_completed(port, here, run->head, run->tail, n, failed, at_dispatch);
	else if (!run->home)
		chain_push(&lane->inbox, run->head, run->tail);
	if (failed != 0)
		lane_count(here, FWD_FAILED, failed);
	/* Last: the port may be unbound once all its sends have come back. */
	lane_count(here, FWD_COMPLETED, n);
}

VOID ForwardSendNetBufferListsComplete(NDIS_HANDLE ProtocolBindingContext,
				       PNET_BUFFER_LIST NetBufferList, ULONG SendCompleteFlags)
{
	BOOLEAN at_dispatch = NDIS_TEST_SEND_COMPLETE_AT_DISPATCH_LEVEL(SendCompleteFlags);
	NET_BUFFER_LIST *chain = NetBufferList;

	(void)ProtocolBindingContext; /* the NBLs say whose they are */
	while (chain != NULL) {
		struct run run;

		chain = split_run(chain, &run, at_dispatch);
		complete_run(&run, at_dispatch);
	}
}

void forward_prepare(struct port *port)
{
	static engine_fn *const engines[FWD_MODES] = {
		[FWD_IO] = engine_io,           [FWD_MAC] = engine_mac,
		[FWD_MACSWAP] = engine_macswap, [FWD_FLOWGEN] = engine_consume,
		[FWD_RXONLY] = engine_consume,  [FWD_TXONLY] = engine_consume,
		[FWD_ICMPECHO] = engine_icmpecho,
	};

	port->mode = settings.mode;
	port->measured = engines[settings.mode];
	port->engine = settings.record ? engine_recorded : port->measured;
	port->regenerates = settings.mode == FWD_FLOWGEN || settings.mode == FWD_TXONLY;
	NdisMoveMemory(port->rewrite_destination, settings.port[port->peer->index].peer_mac, 6);
	NdisMoveMemory(port->rewrite_source, port->peer->mac, 6);
	if (port->aimed_at == port->peer->binding)
		return;
	port->aimed_at = port->peer->binding;
	for (ULONG i = 0; i < port->lane_count; i++)
		nblpool_aim(&port->lanes[i], port->aimed_at);
}
