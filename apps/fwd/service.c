/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver's thread. It asks for frames on ports that have opened and runs
 * their generators. For a pause [N/pausing-a-binding] it waits, without any
 * help from the data path, until two kinds of sends are back: those made on
 * the port, and those that carry frames received on it, wherever they wait.
 * When they stop moving, say in another port's stuck queue, it cancels them.
 */
#include "service.h"

#include "generate.h"
#include "port.h"
#include "request.h"

#define TICK_100NS 10000LL            /* 1 ms: how often a pause is looked at */
#define STUCK_100NS (100 * TICK_100NS) /* without a completion for so long, cancel */

/* A lane as it was when the port had been closed for a tick. */
struct sample {
	LONG epoch;
	BOOLEAN inside;
};

struct drain {
	NET_PNP_EVENT_NOTIFICATION *event; /* NULL: not pausing */
	ULONGLONG since;                   /* closed, or last progress */
	ULONG64 outstanding;
	BOOLEAN sampled;
	struct sample samples[2][FWD_MAX_WORKERS + 1];
};

static struct drain drains[FWD_MAX_PORTS];
static KEVENT wake;
static PVOID thread;
static LONG volatile stopping;

void service_wake(void)
{
	KeSetEvent(&wake, IO_NO_INCREMENT, FALSE);
}

void service_drain(struct port *port, PNET_PNP_EVENT_NOTIFICATION event)
{
	struct drain *d = &drains[port->index];

	d->event = event;
	d->since = KeQueryInterruptTime();
	d->outstanding = 0;
	d->sampled = FALSE;
	service_wake();
}

/* The ports whose sends must come back before @port is paused: itself, and the
 * one that sends on it. Every topology has one of these. */
static ULONG concerned(struct port *port, struct port *list[2])
{
	ULONG n = 0;

	list[n++] = port;
	for (ULONG i = 0; i < FWD_MAX_PORTS && n < 2; i++)
		if (ports[i].lanes != NULL && ports[i].peer == port && &ports[i] != port)
			list[n++] = &ports[i];
	return n;
}

static void sample_lane(const struct lane *lane, struct sample *s)
{
	s->epoch = ReadAcquire(&lane->epoch);
	s->inside = ReadAcquire(&lane->inside) != 0;
}

/*
 * No lane is still in a call that saw the port open. A lane says "inside" with
 * a plain store before it looks, so that store may be late; it is not later
 * than a tick (processors empty their store buffers in far less, and at every
 * interrupt). After a tick a lane that was inside is waited for.
 */
static BOOLEAN is_quiet(struct drain *d, struct port *const list[], ULONG n)
{
	BOOLEAN quiet = TRUE;

	for (ULONG i = 0; i < n; i++) {
		for (ULONG k = 0; k < list[i]->lane_count; k++) {
			struct sample *s = &d->samples[i][k], now;

			sample_lane(&list[i]->lanes[k], &now);
			if (!d->sampled)
				*s = now;
			else if (!now.inside || now.epoch != s->epoch)
				s->inside = FALSE;
			quiet = quiet && !s->inside;
		}
	}
	d->sampled = TRUE;
	return quiet;
}

static ULONG64 outstanding(struct port *const list[], ULONG n)
{
	ULONG64 sum = 0;

	for (ULONG i = 0; i < n; i++)
		sum += port_count(list[i], FWD_FORWARDED) + port_count(list[i], FWD_GENERATED) -
		       port_count(list[i], FWD_COMPLETED);
	return sum;
}

/* One look at a pausing port. TRUE: its pause is over. */
static BOOLEAN drain_step(struct port *port, struct drain *d)
{
	ULONGLONG now = KeQueryInterruptTime();
	struct port *list[2];
	ULONG n = concerned(port, list);
	ULONG64 left;

	if (now - d->since < TICK_100NS && !d->sampled)
		return FALSE;
	if (!is_quiet(d, list, n))
		return FALSE;
	left = outstanding(list, n);
	if (left == 0)
		return TRUE;
	if (left != d->outstanding) {
		d->outstanding = left;
		d->since = now;
	} else if (now - d->since >= STUCK_100NS) {
		d->since = now;
		for (ULONG i = 0; i < n; i++)
			if (list[i]->peer->bound)
				NdisCancelSendNetBufferLists(list[i]->peer->binding,
							     list[i]->cancel_id);
	}
	return FALSE;
}

/* After all filters are set: a first burst sent earlier is nobody's at the other end. */
static void generate(void)
{
	NDIS_WAIT_FOR_MUTEX(&control);
	for (ULONG i = 0; i < FWD_MAX_PORTS; i++)
		if (ports[i].lanes != NULL)
			generator_run(&ports[i]);
	NDIS_RELEASE_MUTEX(&control);
}

/* One pass over all ports; TRUE while a pause is under way. */
static BOOLEAN serve(void)
{
	NET_PNP_EVENT_NOTIFICATION *over[FWD_MAX_PORTS] = { NULL };
	BOOLEAN open[FWD_MAX_PORTS];
	BOOLEAN pausing = FALSE;

	NDIS_WAIT_FOR_MUTEX(&control);
	for (ULONG i = 0; i < FWD_MAX_PORTS; i++) {
		struct drain *d = &drains[i];

		if (d->event != NULL && drain_step(&ports[i], d)) {
			over[i] = d->event;
			d->event = NULL;
		}
		pausing = pausing || d->event != NULL;
		open[i] = ReadAcquire(&ports[i].open) != 0;
	}
	NDIS_RELEASE_MUTEX(&control);
	for (ULONG i = 0; i < FWD_MAX_PORTS; i++) {
		/* The binding stays what it is until this call. */
		if (over[i] != NULL)
			NdisCompleteNetPnPEvent(ports[i].binding, over[i], NDIS_STATUS_SUCCESS);
		if (open[i] && request_receive(&ports[i], TRUE) != NDIS_STATUS_SUCCESS)
			DbgPrint("pollport-fwd: port %u: the packet filter was refused\n", i);
	}
	generate();
	return pausing;
}

static VOID run(PVOID context)
{
	LARGE_INTEGER tick = { .QuadPart = -TICK_100NS };
	BOOLEAN pausing = FALSE;

	(void)context;
	while (!ReadAcquire(&stopping)) {
		KeWaitForSingleObject(&wake, Executive, KernelMode, FALSE, pausing ? &tick : NULL);
		pausing = serve();
	}
	PsTerminateSystemThread(STATUS_SUCCESS);
}

NDIS_STATUS service_start(void)
{
	HANDLE handle;
	NTSTATUS status;

	KeInitializeEvent(&wake, SynchronizationEvent, FALSE);
	WriteRelease(&stopping, FALSE);
	status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, run, NULL);
	if (!NT_SUCCESS(status))
		return NDIS_STATUS_RESOURCES;
	status = ObReferenceObjectByHandle(handle, SYNCHRONIZE, NULL, KernelMode, &thread, NULL);
	ZwClose(handle);
	if (NT_SUCCESS(status))
		return NDIS_STATUS_SUCCESS;
	WriteRelease(&stopping, TRUE);
	service_wake();
	return NDIS_STATUS_RESOURCES;
}

void service_stop(void)
{
	WriteRelease(&stopping, TRUE);
	service_wake();
	KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
	ObDereferenceObject(thread);
}
