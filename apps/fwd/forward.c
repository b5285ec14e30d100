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

/* From so many frames on, a burst goes out as a batch: fewer are left to those that have an
 * own NBL each, of which there are more. */
#define BATCH_MIN 4

/* A chain under construction. No address of a member is taken, so that all of
 * it lives in registers. */
struct chain {
	NET_BUFFER_LIST *head, *last;
	ULONG n;               /* NBLs */
	ULONG frames;
};

static inline void chain_add(struct chain *c, NET_BUFFER_LIST *nbl)
{
	if (c->last == NULL)
		c->head = nbl;
	else
		NET_BUFFER_LIST_NEXT_NBL(c->last) = nbl;
	c->last = nbl;
	c->n++;
	c->frames++;
}

static inline void chain_end(const struct chain *c)
{
	if (c->last != NULL)
		NET_BUFFER_LIST_NEXT_NBL(c->last) = NULL;
}

/* A NET_BUFFER of S shows the data of R's [nf-nblapi-ndisallocatenetbuffer-
 * andnetbufferlist: it may be used again with another MDL chain]. Member by
 * member: a wider load would stall on the stores the bridge made a moment ago. */
static inline void show(NET_BUFFER *to, const NET_BUFFER *from)
{
	NET_BUFFER_CURRENT_MDL(to) = NET_BUFFER_CURRENT_MDL(from);
	NET_BUFFER_CURRENT_MDL_OFFSET(to) = NET_BUFFER_CURRENT_MDL_OFFSET(from);
	NET_BUFFER_DATA_LENGTH(to) = NET_BUFFER_DATA_LENGTH(from);
	NET_BUFFER_FIRST_MDL(to) = NET_BUFFER_FIRST_MDL(from);
	NET_BUFFER_DATA_OFFSET(to) = NET_BUFFER_DATA_OFFSET(from);
}

/* Of R's out-of-band data only the 802.1Q slot means the same on a send. */
static inline void borrow(NET_BUFFER_LIST *s, NET_BUFFER_LIST *r)
{
	show(NET_BUFFER_LIST_FIRST_NB(s), NET_BUFFER_LIST_FIRST_NB(r));
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
	if (nblpool_allowance(lane, 1) == 0) {
		lane_count(lane, FWD_DROP_NO_NBL, 1);
		return NULL;
	}
	if (!rewrite(port, header, bytes, mode)) {
		lane_count(lane, FWD_DROP_UNWANTED, 1);
		return NULL;
	}
	s = nblpool_take(lane, OWN_FORWARD); /* there are as many as allowed */
	lane->allowance--;
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

/* R goes out as it is, or with another header, which it has then. */
static inline __attribute__((always_inline)) BOOLEAN
rewrite_in_place(const struct port *port, NET_BUFFER_LIST *r, enum fwd_mode mode)
{
	UCHAR *header;

	if (mode == FWD_IO)
		return TRUE;
	if (NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(r)) < REWRITE_ETHER_BYTES)
		return FALSE;
	header = writable_header(r, REWRITE_ETHER_BYTES);
	return header != NULL && rewrite(port, header, REWRITE_ETHER_BYTES, mode);
}

/* Ethernet, IPv6 and the ports behind it. */
#define ALIKE_BYTES 58

static inline ULONG64 load(const UCHAR *from)
{
	ULONG64 value;

	RtlCopyMemory(&value, from, sizeof(value));
	return value;
}

/* What the frames of one own NBL have in common beyond their Ethernet header (RS-NB-10). */
enum alike {
	ALIKE_ALONE,             /* the first one is short, in pieces, tagged, with options, a fragment */
	ALIKE_ETHERNET,          /* nothing: it has no connection that we know */
	ALIKE_IPV4, ALIKE_IPV6   /* protocol, addresses, ports; neither options nor fragments */
};

static enum alike alike_of(const UCHAR *h)
{
	switch (h[12] << 8 | h[13]) {
	case 0x0800:
		return h[14] == 0x45 && (h[20] & 0x3F) == 0 && h[21] == 0 ? ALIKE_IPV4 : ALIKE_ALONE;
	case 0x86DD:
		return ALIKE_IPV6;
	case 0x8100:
	case 0x88A8:
		return ALIKE_ALONE; /* what is behind the tag is not looked at */
	default:
		return ALIKE_ETHERNET;
	}
}

/* Bytes of the eight from 14 and from 22 on, the first one lowest: of IPv4 version and header
 * length, fragment, protocol and addresses, of IPv6 the next header. */
#define IPV4_FROM_14 0xFF3F0000000000FFULL
#define IPV4_FROM_22 0xFFFFFFFF0000FF00ULL
#define IPV6_FROM_14 0x00FF000000000000ULL

static inline ULONG64 differ(const UCHAR *a, const UCHAR *b, ULONG at)
{
	return load(a + at) ^ load(b + at);
}

static inline BOOLEAN same_ipv4(const UCHAR *a, const UCHAR *b)
{
	return ((differ(a, b, 14) & IPV4_FROM_14) | (differ(a, b, 22) & IPV4_FROM_22) |
		differ(a, b, 30)) == 0;
}

static inline BOOLEAN same_ipv6(const UCHAR *a, const UCHAR *b)
{
	return ((differ(a, b, 14) & IPV6_FROM_14) | differ(a, b, 22) | differ(a, b, 30) |
		differ(a, b, 38) | differ(a, b, 46) | differ(a, b, 50)) == 0;
}

/* The first frame of an own NBL. */
struct leader {
	const UCHAR *header;
	ULONG64 ethernet[2];     /* as it was received; it may be another by now */
	enum alike alike;
};

static inline BOOLEAN header_is_whole(const NET_BUFFER *nb)
{
	return NET_BUFFER_DATA_LENGTH(nb) >= ALIKE_BYTES &&
	       MmGetMdlByteCount(NET_BUFFER_CURRENT_MDL(nb)) - NET_BUFFER_CURRENT_MDL_OFFSET(nb) >=
		       ALIKE_BYTES;
}

static inline const UCHAR *header_of(const NET_BUFFER *nb)
{
	return (const UCHAR *)MmGetSystemAddressForMdlSafe(NET_BUFFER_CURRENT_MDL(nb),
							   NormalPagePriority) +
	       NET_BUFFER_CURRENT_MDL_OFFSET(nb);
}

/* False: @nb goes alone. */
static inline BOOLEAN lead(struct leader *leader, const NET_BUFFER *nb)
{
	if (!header_is_whole(nb))
		return FALSE;
	leader->header = header_of(nb);
	leader->ethernet[0] = load(leader->header);
	leader->ethernet[1] = load(leader->header + 6);
	leader->alike = alike_of(leader->header);
	return leader->alike != ALIKE_ALONE;
}

/* Does @nb go the same way, and is it of the same connection? */
static inline BOOLEAN follows(const struct leader *leader, const NET_BUFFER *nb)
{
	const UCHAR *h = header_of(nb);

	if (!header_is_whole(nb) ||
	    ((load(h) ^ leader->ethernet[0]) | (load(h + 6) ^ leader->ethernet[1])) != 0)
		return FALSE;
	if (leader->alike == ALIKE_ETHERNET)
		return TRUE;
	return leader->alike == ALIKE_IPV4 ? same_ipv4(leader->header, h) :
					     same_ipv6(leader->header, h);
}

/* The head of @received, of @wanted, as far as it goes out in one own NBL, which is added
 * to @out: frames without a tag that the peer takes by their length, since what is out of band
 * and the status are the whole NBL's, and that belong together. Returns what is left. */
static inline __attribute__((always_inline)) NET_BUFFER_LIST *
answer_batch(const struct port *port, struct lane *lane, NET_BUFFER_LIST *received, ULONG wanted,
	     enum fwd_mode mode, struct chain *out)
{
	struct stock *stock = &lane->stock[OWN_BATCH];
	ULONG n = 0, most = nblpool_allowance(lane, wanted); /* first: it may fill the stock */
	NET_BUFFER_LIST *s = stock->nbl[stock->n - 1], *r = received, *last = NULL;
	struct batch *batch = OWN_BATCH_OF(s);
	ULONG longest = port->max_frame - REWRITE_ETHER_BYTES; /* the rest of it */
	struct leader leader = { NULL, { 0, 0 }, ALIKE_ALONE };

	if (most > batch->size)
		most = batch->size;
	while (r != NULL && n != most) {
		const NET_BUFFER *from = NET_BUFFER_LIST_FIRST_NB(r);

		if (NET_BUFFER_DATA_LENGTH(from) - REWRITE_ETHER_BYTES > longest ||
		    NET_BUFFER_LIST_INFO(r, Ieee8021QNetBufferListInfo) != NULL)
			break;
		if (n == 0)
			most = lead(&leader, from) ? most : 1;
		else if (!follows(&leader, from))
			break;
		if (!rewrite_in_place(port, r, mode))
			break;
		show(batch->nb[n++], from);
		last = r;
		r = NET_BUFFER_LIST_NEXT_NBL(r);
	}
	if (n == 0)
		return received;
	stock->n--;
	lane->allowance -= n;
	NET_BUFFER_NEXT_NB(batch->nb[n - 1]) = NULL;
	NET_BUFFER_LIST_NEXT_NBL(last) = NULL;
	batch->last = last;
	batch->frames = n;
	OWN_RECEIVED(s) = received;
	chain_add(out, s);
	out->frames += n - 1;
	return r;
}

/* The head of @received as far as its frames go out in an own NBL each. Their own NBLs
 * are added to @out; returns what is left. */
static inline __attribute__((always_inline)) NET_BUFFER_LIST *
answer_run(const struct port *port, struct lane *lane, NET_BUFFER_LIST *received,
	   enum fwd_mode mode, struct chain *out)
{
	struct stock *stock = &lane->stock[OWN_FORWARD];

	while (received != NULL && nblpool_allowance(lane, 1) != 0) {
		NET_BUFFER_LIST *r = received, *s;

		if (!rewrite_in_place(port, r, mode))
			break;
		received = NET_BUFFER_LIST_NEXT_NBL(r);
		s = stock->nbl[--stock->n]; /* there are as many as allowed */
		lane->allowance--;
		borrow(s, r);
		chain_add(out, s);
	}
	return received;
}

/* The head of @received, of which there are some @n, without those that need a copy;
 * returns what is left. */
static inline __attribute__((always_inline)) NET_BUFFER_LIST *
answer_many(const struct port *port, struct lane *lane, NET_BUFFER_LIST *received, ULONG n,
	    enum fwd_mode mode, struct chain *out)
{
	ULONG all = out->frames + n, before;

	do {
		before = out->frames;
		if (all - before < BATCH_MIN)
			break;
		if (lane->stock[OWN_BATCH].n == 0)
			nblpool_collect(lane);
		if (lane->stock[OWN_BATCH].n == 0)
			break;
		received = answer_batch(port, lane, received, all - before, mode, out);
	} while (out->frames != before);
	return answer_run(port, lane, received, mode, out);
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
	struct chain out = { NULL, NULL, 0, 0 }, done = { NULL, NULL, 0, 0 };

	if (lane->shared)
		NdisAcquireSpinLock(&lane->lock);
	while (received != NULL) {
		NET_BUFFER_LIST *r, *s;
		BOOLEAN lent;

		if (keep && mode != FWD_ICMPECHO) {
			received = answer_many(port, lane, received, n - out.frames, mode, &out);
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
	lane_count(lane, FWD_FORWARDED, out.frames); /* before they can complete */
	lane_count(lane, FWD_SENT_NBLS, out.n);
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

/* The NBL of a batch is at home again, or on its way: its NET_BUFFERs, and the chain that
 * it had borrowed, which joins @received. */
static inline ULONG unpack_batch(NET_BUFFER_LIST *s, struct chain *received)
{
	struct batch *batch = OWN_BATCH_OF(s);
	ULONG n = batch->frames;

	if (n != batch->size)
		NET_BUFFER_NEXT_NB(batch->nb[n - 1]) = batch->nb[n];
	chain_add(received, OWN_RECEIVED(s));
	received->last = batch->last;
	return n;
}

/* A run of completed sends that belong to one lane and are of one kind. */
struct run {
	NET_BUFFER_LIST *head, *tail;
	struct lane *here;     /* of the thread that completes them */
	BOOLEAN home;          /* it is theirs, and they are in its stock again */
	struct chain received; /* what they had borrowed */
	ULONG nbls;
	ULONG n, failed;       /* frames */
};

/* Split the first run off @chain; what is left of it. NBLs that may go straight into
 * the stock of their lane are put there on the way. */
static inline NET_BUFFER_LIST *split_run(NET_BUFFER_LIST *chain, struct run *run,
					 BOOLEAN at_dispatch)
{
	struct lane *lane = OWN_LANE(chain);
	enum own_kind kind = OWN_KIND(chain);
	struct chain received = { NULL, NULL, 0, 0 };
	NET_BUFFER_LIST **home = NULL, *s;
	ULONG n = 0, nbls = 0, failed = 0;

	run->head = chain;
	run->here = lane_here(lane->port, at_dispatch);
	run->home = kind < OWN_STOCKED && run->here == lane && !lane->shared;
	if (run->home)
		home = &lane->stock[kind].nbl[lane->stock[kind].n];
	do {
		ULONG frames = 1;

		s = chain;
		if (home != NULL)
			home[nbls] = s;
		chain = NET_BUFFER_LIST_NEXT_NBL(s);
		nbls++;
		if (kind == OWN_FORWARD)
			chain_add(&received, OWN_RECEIVED(s));
		else if (kind == OWN_BATCH)
			frames = unpack_batch(s, &received);
		n += frames;
		if (NET_BUFFER_LIST_STATUS(s) != NDIS_STATUS_SUCCESS)
			failed += frames;
	} while (chain != NULL && OWN_LANE(chain) == lane && OWN_KIND(chain) == kind);
	NET_BUFFER_LIST_NEXT_NBL(s) = NULL;
	chain_end(&received);
	if (home != NULL) {
		lane->stock[kind].n += nbls;
		lane->allowance += kind != OWN_BOUNCE ? n : 0;
	}
	run->tail = s;
	run->received = received;
	run->nbls = nbls;
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
	lane_count(here, FWD_COMPLETED_NBLS, run->nbls);
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
