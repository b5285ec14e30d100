/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of ports, which of them may send, and what the host reads of them.
 * Control threads; the data path only reads what is set here.
 */
#include "port.h"

#include "generate.h"
#include "nblpool.h"
#include "request.h"
#include "service.h"

struct port ports[FWD_MAX_PORTS];
struct fwd_settings settings;
KMUTEX control;
LONG volatile held = TRUE;

/* Ports open and close at up to DISPATCH_LEVEL, when a reset is indicated. */
static NDIS_SPIN_LOCK opening;
static UCHAR partial_cancel_id;

void ports_init(void)
{
	KeInitializeMutex(&control, 0);
	NdisAllocateSpinLock(&opening);
	partial_cancel_id = NdisGeneratePartialCancelId();
	for (ULONG i = 0; i < FWD_MAX_PORTS; i++) {
		struct port *port = &ports[i];

		port->index = i;
		/* The byte in front keeps it apart from other drivers' ids. */
		port->cancel_id = (PVOID)(((ULONG_PTR)partial_cancel_id << 56) | (i + 1));
		port->peer = &ports[settings.port[i].peer];
		NdisInitializeEvent(&port->opened);
		NdisInitializeEvent(&port->closed);
		NdisInitializeEvent(&port->answered);
	}
}

/* @queues that the lane's processor polls; 0 for the shared lane. */
static NDIS_STATUS lane_init(struct lane *lane, struct port *port, ULONG queues)
{
	ULONG own = queues == 0 ? 2 * settings.burst : queues * settings.own_nbls;

	lane->port = port;
	lane->shared = queues == 0;
	NdisAllocateSpinLock(&lane->lock);
	if (settings.record) {
		lane->record = NdisAllocateMemoryWithTagPriority(protocol, sizeof(*lane->record),
								 FWD_TAG, NormalPoolPriority);
		if (lane->record == NULL)
			return NDIS_STATUS_RESOURCES;
		NdisZeroMemory(lane->record, sizeof(*lane->record));
	}
	/* Frames that do not come on a worker may be of one flow and leave on several
	 * queues: no batches for them. */
	return nblpool_fill(lane, own, lane->shared ? 0 : settings.burst, settings.max_frame);
}

static ULONG count_lanes(const struct port *port)
{
	ULONG n = 1;

	for (ULONG w = 0; w < FWD_MAX_WORKERS; w++)
		n += settings.port[port->index].worker_queues[w] != 0;
	return n;
}

/* The first lane is the shared one. */
NDIS_STATUS port_allocate(struct port *port)
{
	ULONG n = count_lanes(port), used = 0;
	UINT size = (UINT)(n * sizeof(struct lane) + SYSTEM_CACHE_ALIGNMENT_SIZE);
	NDIS_STATUS status;

	port->lanes_memory = NdisAllocateMemoryWithTagPriority(protocol, size, FWD_TAG,
							       NormalPoolPriority);
	if (port->lanes_memory == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(port->lanes_memory, size);
	port->lanes = (struct lane *)ROUND_TO_SIZE(port->lanes_memory, SYSTEM_CACHE_ALIGNMENT_SIZE);
	port->max_frame = settings.max_frame;
	port->aimed_at = NULL;
	port->shared = &port->lanes[used++];
	port->lane_count = used;
	status = lane_init(port->shared, port, 0);
	for (ULONG w = 0; w < FWD_MAX_WORKERS; w++) {
		ULONG queues = settings.port[port->index].worker_queues[w];

		port->lane_of[w] = port->shared;
		if (status != NDIS_STATUS_SUCCESS || queues == 0)
			continue;
		port->lane_of[w] = &port->lanes[used++];
		port->lane_count = used;
		status = lane_init(port->lane_of[w], port, queues);
	}
	if (status != NDIS_STATUS_SUCCESS)
		port_free(port);
	return status;
}

void port_free(struct port *port)
{
	for (ULONG i = 0; i < port->lane_count; i++) {
		nblpool_empty(&port->lanes[i]);
		NdisFreeSpinLock(&port->lanes[i].lock);
		if (port->lanes[i].record != NULL)
			NdisFreeMemory(port->lanes[i].record, 0, 0);
	}
	generator_free(port);
	if (port->lanes_memory != NULL)
		NdisFreeMemory(port->lanes_memory, 0, 0);
	port->lanes_memory = NULL;
	port->lanes = NULL;
	port->lane_count = 0;
}

static BOOLEAN may_send(const struct port *port)
{
	return ReadNoFence(&port->running) && !ReadNoFence(&port->resetting);
}

void ports_reopen(void)
{
	BOOLEAN wake = FALSE;

	NdisAcquireSpinLock(&opening);
	for (ULONG i = 0; i < FWD_MAX_PORTS; i++) {
		struct port *port = &ports[i];
		LONG open = may_send(port) && may_send(port->peer);

		if (open && !ReadNoFence(&port->open)) {
			WriteNoFence(&port->starting, TRUE);
			wake = TRUE;
		}
		/* Release: who sees it open sees how the port was set up. */
		WriteRelease(&port->open, open);
	}
	NdisReleaseSpinLock(&opening);
	if (wake)
		service_wake();
}

ULONG64 port_count(const struct port *port, enum fwd_count which)
{
	ULONG64 sum = 0;

	for (ULONG i = 0; i < port->lane_count; i++)
		sum += ReadULong64Acquire(&port->lanes[i].count[which]);
	return sum;
}

void fwd_configure(const struct fwd_settings *from)
{
	settings = *from;
}

void fwd_hold(bool hold)
{
	LONG before = InterlockedExchange(&held, hold);

	for (ULONG i = 0; i < FWD_MAX_PORTS; i++) {
		if (hold && ports[i].bound)
			request_receive(&ports[i], FALSE);
		else if (!hold && before)
			WriteNoFence(&ports[i].first, settings.tx_first);
	}
}

void fwd_read_counts(unsigned int port, struct fwd_counts *out)
{
	for (unsigned int i = 0; i < FWD_COUNTS; i++)
		out->value[i] = port_count(&ports[port], i);
}

void fwd_read_record(unsigned int port, struct fwd_record *out)
{
	const struct port *p = &ports[port];
	LARGE_INTEGER frequency;

	memset(out, 0, sizeof(*out));
	KeQueryPerformanceCounter(&frequency);
	out->ticks_per_second = (uint64_t)frequency.QuadPart;
	for (ULONG i = 0; i < p->lane_count; i++) {
		const struct fwd_record *r = p->lanes[i].record;

		if (r == NULL)
			continue;
		out->ticks += r->ticks;
		out->frames += r->frames;
		for (unsigned int n = 0; n <= FWD_MAX_BURST; n++)
			out->bursts[n] += r->bursts[n];
	}
}

bool fwd_is_unscalable(unsigned int port)
{
	return ports[port].unscalable;
}

bool fwd_is_bound(unsigned int port)
{
	return ports[port].bound;
}

bool fwd_link_up(unsigned int port, uint64_t *bps)
{
	*bps = ReadULong64NoFence(&ports[port].link_bps);
	return ReadNoFence(&ports[port].link_up) != 0;
}

void fwd_memory(unsigned int port, const void *out[2])
{
	const struct port *p = &ports[port];
	const struct lane *last = p->lane_count != 0 ? &p->lanes[p->lane_count - 1] : NULL;

	out[0] = p->lanes;
	out[1] = last != NULL && last->all_count != 0 ? last->all[0] : NULL;
}
