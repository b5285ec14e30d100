/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames without a received one behind them: UDP over IPv4 between addresses
 * of the benchmarking range (RFC 2544, 198.18.0.0/15). Built by the service
 * thread, sent again by whoever completes them.
 */
#include "generate.h"

#include "nblpool.h"
#include "rewrite.h"
#include "service.h"

#define FLOWS 1024u
#define IP_AT 14
#define UDP_AT (IP_AT + 20)
#define DISCARD_PORT 9

struct generator {
	NDIS_HANDLE pool;
	NET_BUFFER_LIST **all;
	ULONG count;
	UCHAR *memory;
	PVOID volatile parked; /* any thread: NBLs that are home */
};

static void put16(UCHAR *p, ULONG value)
{
	p[0] = (UCHAR)(value >> 8);
	p[1] = (UCHAR)value;
}

/* Destination address 198.19.x.y for flow xy; the header's sum follows. */
static void set_flow(UCHAR *frame, ULONG flow)
{
	UCHAR *ip = frame + IP_AT;

	put16(ip + 18, flow);
	put16(ip + 10, 0);
	put16(ip + 10, rewrite_checksum(ip, 20));
}

/* The flow after the one @frame belongs to; txonly has flow 0 only. */
static ULONG next_flow(const struct port *port, const UCHAR *frame)
{
	if (port->mode != FWD_FLOWGEN)
		return 0;
	return (((ULONG)frame[IP_AT + 18] << 8 | frame[IP_AT + 19]) + 1) % FLOWS;
}

static ULONG frame_bytes(void)
{
	ULONG sum = 0;

	for (ULONG i = 0; i < settings.segments; i++)
		sum += settings.segment_length[i];
	return sum;
}

static void write_frame(const struct port *port, UCHAR *frame, ULONG flow)
{
	static const UCHAR ip_start[16] = { 0x45, 0, 0, 0, 0, 0, 0,   0,
					    64,	  17, 0, 0, 198, 18, 0, 1 };
	static const UCHAR ip_destination[2] = { 198, 19 };
	ULONG length = frame_bytes();

	rewrite_mac(frame, port->rewrite_destination, port->rewrite_source);
	put16(frame + 12, 0x0800);
	NdisMoveMemory(frame + IP_AT, ip_start, 16);
	NdisMoveMemory(frame + IP_AT + 16, ip_destination, 2);
	put16(frame + IP_AT + 2, length - IP_AT);
	put16(frame + UDP_AT, DISCARD_PORT);
	put16(frame + UDP_AT + 2, DISCARD_PORT);
	put16(frame + UDP_AT + 4, length - UDP_AT);
	put16(frame + UDP_AT + 6, 0); /* no checksum */
	set_flow(frame, flow);
}

/* One MDL for each --txpkts segment of @frame, linked. */
static MDL *describe(UCHAR *frame)
{
	MDL *first = NULL, **link = &first;

	for (ULONG i = 0; i < settings.segments; i++) {
		*link = NdisAllocateMdl(protocol, frame, settings.segment_length[i]);
		if (*link == NULL)
			break;
		frame += settings.segment_length[i];
		link = &NDIS_MDL_LINKAGE(*link);
	}
	return first;
}

static void free_mdls(MDL *mdl)
{
	while (mdl != NULL) {
		MDL *next = NDIS_MDL_LINKAGE(mdl);

		NdisFreeMdl(mdl);
		mdl = next;
	}
}

static BOOLEAN add_frame(struct port *port, struct generator *g, UCHAR *frame)
{
	MDL *mdl = describe(frame);
	NET_BUFFER_LIST *nbl = NULL;
	ULONG described = 0;

	for (MDL *m = mdl; m != NULL; m = NDIS_MDL_LINKAGE(m))
		described += MmGetMdlByteCount(m);
	if (described == frame_bytes())
		nbl = NdisAllocateNetBufferAndNetBufferList(g->pool, 0, 0, mdl, 0, described);
	if (nbl == NULL) {
		free_mdls(mdl);
		return FALSE;
	}
	nblpool_mark(nbl, port->shared, OWN_GENERATED, frame);
	put16(frame + IP_AT + 18, g->count % FLOWS); /* each begins with a flow of its own */
	g->all[g->count++] = nbl;
	chain_push(&g->parked, nbl, nbl);
	return TRUE;
}

static BOOLEAN build(struct port *port, ULONG count)
{
	NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
		.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
		.fAllocateNetBuffer = TRUE,
		.PoolTag = FWD_TAG,
	};
	ULONG stride = (frame_bytes() + 63) & ~63u;
	UINT index_bytes = (UINT)(count * sizeof(NET_BUFFER_LIST *));
	struct generator *g = NdisAllocateMemoryWithTagPriority(protocol, sizeof(*g), FWD_TAG,
								NormalPoolPriority);
	BOOLEAN built;

	if (g == NULL)
		return FALSE;
	NdisZeroMemory(g, sizeof(*g));
	port->generator = g;
	g->pool = NdisAllocateNetBufferListPool(protocol, &parameters);
	g->all = NdisAllocateMemoryWithTagPriority(protocol, index_bytes, FWD_TAG,
						   NormalPoolPriority);
	g->memory = NdisAllocateMemoryWithTagPriority(protocol, count * stride, FWD_TAG,
						      NormalPoolPriority);
	built = g->pool != NULL && g->all != NULL && g->memory != NULL;
	if (built)
		NdisZeroMemory(g->memory, (SIZE_T)count * stride);
	for (ULONG i = 0; i < count && built; i++)
		built = add_frame(port, g, g->memory + (SIZE_T)i * stride);
	if (!built)
		generator_free(port);
	return built;
}

void generator_free(struct port *port)
{
	struct generator *g = port->generator;

	if (g == NULL)
		return;
	for (ULONG i = 0; i < g->count; i++) {
		MDL *mdl = NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(g->all[i]));

		NET_BUFFER_LIST_NEXT_NBL(g->all[i]) = NULL;
		NdisFreeNetBufferList(g->all[i]);
		free_mdls(mdl);
	}
	if (g->pool != NULL)
		NdisFreeNetBufferListPool(g->pool);
	if (g->all != NULL)
		NdisFreeMemory(g->all, 0, 0);
	if (g->memory != NULL)
		NdisFreeMemory(g->memory, 0, 0);
	NdisFreeMemory(g, 0, 0);
	port->generator = NULL;
}

/* Write and send up to @limit frames of @chain in the driver's own thread, a
 * burst at a time. What is left of the chain. */
static NET_BUFFER_LIST *send_some(struct port *port, NET_BUFFER_LIST *chain, ULONG limit)
{
	while (chain != NULL && limit != 0) {
		NET_BUFFER_LIST *burst = chain, *last;
		ULONG n = 0;

		do {
			last = chain;
			chain = NET_BUFFER_LIST_NEXT_NBL(last);
			last->SourceHandle = port->peer->binding;
			write_frame(port, OWN_DATA(last), next_flow(port, OWN_DATA(last)));
		} while (++n < settings.burst && n < limit && chain != NULL);
		limit -= n;
		NET_BUFFER_LIST_NEXT_NBL(last) = NULL;
		lane_count(port->shared, FWD_GENERATED, n);
		lane_count(port->shared, FWD_SENT_NBLS, n);
		NdisSendNetBufferLists(port->peer->binding, burst, NDIS_DEFAULT_PORT_NUMBER, 0);
	}
	return chain;
}

static void send_parked(struct port *port, ULONG limit)
{
	PVOID volatile *parked = &port->generator->parked;
	NET_BUFFER_LIST *left = InterlockedExchangePointer(parked, NULL);

	left = send_some(port, left, limit);
	while (left != NULL) {
		NET_BUFFER_LIST *nbl = left;

		left = NET_BUFFER_LIST_NEXT_NBL(nbl);
		chain_push(parked, nbl, nbl);
	}
}

void generator_run(struct port *port)
{
	BOOLEAN starting = InterlockedExchange(&port->starting, FALSE) != 0;
	BOOLEAN first = starting && InterlockedExchange(&port->first, FALSE) != 0;

	if (!port->regenerates && !first)
		return;
	if (port->generator == NULL && (!starting || !build(port, settings.own_nbls))) {
		if (starting)
			DbgPrint("pollport-fwd: port %u: no memory for frames to send\n",
				 port->index);
		return;
	}
	lane_enter(port->shared);
	if (ReadAcquire(&port->open))
		send_parked(port, port->regenerates ? MAXULONG : settings.burst);
	lane_leave(port->shared);
}

static void send_again(struct port *port, struct lane *here, NET_BUFFER_LIST *head, ULONG n)
{
	if (port->mode == FWD_FLOWGEN)
		for (NET_BUFFER_LIST *s = head; s != NULL; s = NET_BUFFER_LIST_NEXT_NBL(s))
			set_flow(OWN_DATA(s), next_flow(port, OWN_DATA(s)));
	lane_count(here, FWD_GENERATED, n);
	lane_count(here, FWD_SENT_NBLS, n);
	here->regenerating = TRUE;
	NdisSendNetBufferLists(port->peer->binding, head, NDIS_DEFAULT_PORT_NUMBER,
			       NDIS_SEND_FLAGS_DISPATCH_LEVEL);
	here->regenerating = FALSE;
}

void generator_completed(struct port *port, struct lane *here, NET_BUFFER_LIST *head,
			 NET_BUFFER_LIST *tail, ULONG n, ULONG failed, BOOLEAN at_dispatch)
{
	LONG open = FALSE;

	/* A miniport that completes within the send must not make us recurse. */
	if (failed == 0 && at_dispatch && port->regenerates && !here->shared &&
	    !here->regenerating) {
		lane_enter(here);
		open = ReadAcquire(&port->open);
		if (open)
			send_again(port, here, head, n);
		lane_leave(here);
	}
	/* A frame that failed would only fail again: it waits for the next start. */
	if (!open && chain_push(&port->generator->parked, head, tail) && failed == 0 &&
	    port->regenerates && ReadNoFence(&port->open))
		service_wake();
}
