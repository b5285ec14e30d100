/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports and lanes of the forwarder, as its driver side sees them. A port is
 * one binding; a lane is what one processor does on it: own NBLs and counts
 * that only that processor writes. Indications and completions that do not
 * come at DISPATCH_LEVEL on one of the workers share the port's last lane.
 */
#ifndef FWD_PORT_H
#define FWD_PORT_H

#include <ndis.h>

#include "forwarder.h"

#define FWD_TAG 0x64776646u /* 'Ffwd' */

struct port;
struct lane;
struct generator;

/* Kinds of own NBLs: all but the last go home to a stock of their kind. */
enum own_kind {
	OWN_FORWARD,   /* borrows the received frame's MDL chain */
	OWN_BOUNCE,    /* has a buffer, for frames that must be copied */
	OWN_BATCH,     /* has many NET_BUFFERs, and borrows the MDL chains of as many frames */
	OWN_GENERATED, /* has a frame of its own */
	OWN_STOCKED = OWN_GENERATED
};

/* NET_BUFFER_LIST.ProtocolReserved of own NBLs; one cache line with
 * SourceHandle. All but the first are set once. */
#define OWN_RECEIVED(nbl) (*(NET_BUFFER_LIST **)&(nbl)->ProtocolReserved[0])
#define OWN_LANE(nbl)     (*(struct lane **)&(nbl)->ProtocolReserved[1])
#define OWN_DATA(nbl)     (*(UCHAR **)&(nbl)->ProtocolReserved[2])
#define OWN_KIND(nbl)     ((enum own_kind)(ULONG_PTR)(nbl)->ProtocolReserved[3])

/* What an OWN_BATCH NBL has, in OWN_DATA. Its NET_BUFFERs are linked in this order. */
struct batch {
	NET_BUFFER_LIST *last;  /* of the received NBLs that OWN_RECEIVED begins */
	ULONG frames;           /* how many */
	ULONG size;             /* room in @nb */
	NET_BUFFER *nb[];
};

#define OWN_BATCH_OF(nbl) ((struct batch *)(PVOID)OWN_DATA(nbl))

/* NBLs at home, last in, first out; room for all of the lane's. */
struct stock {
	NET_BUFFER_LIST **nbl;
	ULONG n;
};

struct lane {
	/* its processor: rw; of the shared lane: under lock */
	struct stock stock[OWN_STOCKED];
	ULONG allowance;                       /* received frames that may still be borrowed */
	LONG volatile inside;                  /* calls that may send; control: ro */
	LONG volatile epoch;                   /* how often it fell to 0; control: ro */
	ULONG64 volatile count[FWD_COUNTS];    /* anyone: ro */
	BOOLEAN regenerating;                  /* a completion below this one must not send */

	/* set up by control threads while the port is not open */
	DECLSPEC_CACHEALIGN struct port *port;
	BOOLEAN shared;                        /* the port's last lane */
	struct fwd_record *record;             /* its processor: w */
	NDIS_HANDLE pool, nb_pool;
	NET_BUFFER_LIST **all;                 /* every NBL of pool, to aim and free them */
	ULONG all_count;
	UCHAR *memory;                         /* of the bounce buffers */
	NDIS_SPIN_LOCK lock;                   /* of stock, in the shared lane */

	/* any thread: NBLs that completed elsewhere */
	DECLSPEC_CACHEALIGN PVOID volatile inbox;
};

typedef void engine_fn(struct port *port, struct lane *lane, NET_BUFFER_LIST *chain, ULONG n,
		       ULONG flags);

struct port {
	/* data path: ro */
	LONG volatile open;                    /* this port and its peer run: sends may start */
	ULONG index;
	engine_fn *engine;
	engine_fn *measured;                   /* what the recording engine calls */
	struct port *peer;
	NDIS_HANDLE binding;
	BOOLEAN regenerates;                   /* a generated frame is sent again at once */
	UCHAR rewrite_destination[6], rewrite_source[6];
	UCHAR mac[6];
	ULONG max_frame;
	enum fwd_mode mode;
	struct lane *lane_of[FWD_MAX_WORKERS]; /* by processor; shared where it has none */
	struct lane *shared;

	/* control */
	BOOLEAN bound;                         /* binding may be used by control threads */
	struct lane *lanes;
	PVOID lanes_memory;
	ULONG lane_count;
	struct generator *generator;
	PVOID cancel_id;                       /* of sends that carry frames received here */
	NDIS_HANDLE aimed_at;                  /* SourceHandle of this port's own NBLs */
	LONG volatile starting;                /* just opened: the generator has to send */
	LONG volatile first;                   /* --tx-first: a burst is due */
	LONG volatile running;                 /* between NetEventRestart and NetEventPause */
	LONG volatile resetting;               /* between RESET_START and RESET_END */
	LONG volatile link_up;
	ULONG64 volatile link_bps;
	ULONG filter;                          /* packet filter in force; request.c only */
	BOOLEAN scaled;                        /* RSS is on; rss.c only */
	BOOLEAN unscalable;                    /* the hash asked for is not there: no binding */
	NDIS_EVENT opened, closed, answered;   /* the documented completions came */
	NDIS_STATUS open_status, answer;
};

extern struct port ports[FWD_MAX_PORTS];
extern struct fwd_settings settings;
extern LONG volatile held; /* fwd_hold */
/* Held by control threads while bindings come, go, pause and restart. */
extern KMUTEX control;
/* Owner of pools and memory: they outlive bindings, to the end of an unbind. */
extern NDIS_HANDLE protocol;

void ports_init(void);

/* Allocate and free the lanes of a port that is being bound or unbound. */
NDIS_STATUS port_allocate(struct port *port);
void port_free(struct port *port);

/* Decide anew which ports may send, from running and resetting, and wake the
 * service thread for those that may now. Any IRQL up to DISPATCH_LEVEL. */
void ports_reopen(void);

/* Sum of one count over the lanes of a port. */
ULONG64 port_count(const struct port *port, enum fwd_count which);

/* The lane of the calling thread; the shared one unless it is a worker. */
static inline struct lane *lane_here(const struct port *port, BOOLEAN at_dispatch)
{
	/* Below DISPATCH_LEVEL the processor number says nothing for long. */
	ULONG p = at_dispatch ? KeGetCurrentProcessorNumberEx(NULL) : FWD_MAX_WORKERS;

	return p < FWD_MAX_WORKERS ? port->lane_of[p] : port->shared;
}

/*
 * Around everything that looks at port->open and may then send. A pause closes
 * the port, waits until what the processors wrote before is visible, and then
 * until every lane has been outside once: see drain.c.
 */
static inline void lane_enter(struct lane *lane)
{
	if (lane->shared)
		InterlockedIncrement(&lane->inside);
	else
		WriteNoFence(&lane->inside, ReadNoFence(&lane->inside) + 1);
}

static inline void lane_leave(struct lane *lane)
{
	if (lane->shared) {
		if (InterlockedDecrement(&lane->inside) == 0)
			InterlockedIncrement(&lane->epoch);
		return;
	}
	if (ReadNoFence(&lane->inside) == 1)
		WriteRelease(&lane->epoch, ReadNoFence(&lane->epoch) + 1);
	WriteRelease(&lane->inside, ReadNoFence(&lane->inside) - 1);
}

/* @lane is the caller's own: one writer, so no read-modify-write is needed. */
static inline void lane_count(struct lane *lane, enum fwd_count which, ULONG64 n)
{
	ULONG64 volatile *count = &lane->count[which];

	if (lane->shared)
		InterlockedExchangeAdd64((LONG64 volatile *)count, (LONG64)n);
	else
		WriteULong64Release(count, ReadULong64NoFence(count) + n);
}

#endif
