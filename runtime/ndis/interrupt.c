/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A miniport's interrupt: registration, and the way of a message from the device to the
 * ISR. Registration at PASSIVE_LEVEL; a device raises from any thread; ISRs run on the
 * worker that their message belongs to.
 */
#include "interrupt.h"

#include <stdlib.h>
#include <string.h>

#include <nrt/nrt_bus.h>
#include <nrt/nrt_lower.h>

#include "../ke/irql.h"
#include "../ke/processor.h"
#include "../verifier.h"
#include "../worker.h"
#include "adapter.h"
#include "callback.h"
#include "header.h"

unsigned int nrt_interrupt_processor(unsigned int message)
{
	return message % nrt_worker_count();
}

struct _KINTERRUPT *nrt_interrupt_object(struct nrt_interrupts *to, unsigned int message)
{
	bool one = nrt_interrupt_is_line(to) || to->chars.MsiSyncWithAllMessages;

	return &to->objects[one ? 0 : message];
}

/* ------------------------------------------------------------------------ the ISR */

/* Under the interrupt's lock. DPCs are queued whatever it returns, by its page. */
static bool call_isr(struct nrt_interrupts *to, unsigned int message)
{
	BOOLEAN queue = FALSE;
	ULONG targets = 0;
	bool line = nrt_interrupt_is_line(to);
	unsigned int here = nrt_interrupt_processor(line ? to->bus->line : message);
	struct nrt_callback cb =
		nrt_callback_begin(line ? "MiniportInterrupt" : "MiniportMessageInterrupt");
	bool ours = line ? to->chars.InterruptHandler(to->context, &queue, &targets) :
			   to->chars.MessageInterruptHandler(to->context, message, &queue, &targets);

	nrt_callback_end(&cb);
	if (queue)
		nrt_interrupt_dpc_queue(&to->lanes[here], message, NULL);
	else if (targets != 0)
		nrt_interrupt_dpcs_queue(to, message, 0, targets, NULL);
	return ours;
}

bool nrt_interrupt_isr(struct nrt_interrupts *to, unsigned int message)
{
	struct _KINTERRUPT *object = nrt_interrupt_object(to, message);
	KIRQL old = KeAcquireInterruptSpinLock(object);
	bool ours = call_isr(to, message);

	KeReleaseInterruptSpinLock(object, old);
	return ours;
}

/* ---------------------------------------------------------------- from the device */

void nrt_interrupt_send(struct nrt_interrupts *to, unsigned int message)
{
	struct nrt_interrupt_lane *lane = &to->lanes[nrt_interrupt_processor(message)];

	/* release: pairs with the acquire in run_lane() */
	atomic_fetch_or_explicit(&lane->raised, UINT64_C(1) << message, memory_order_release);
	NdisRequestPoll((NDIS_POLL_HANDLE)&lane->poll, NULL);
}

void nrt_bus_interrupt(struct nrt_interrupts *to, unsigned int message)
{
	/* acquire: pairs with the release in connect() */
	uint32_t mode = atomic_load_explicit(&to->mode, memory_order_acquire);

	if (mode == NRT_INTERRUPT_LINE)
		nrt_line_raise(to->line);
	else if (mode == NRT_INTERRUPT_MESSAGES && message < to->n_messages)
		nrt_interrupt_send_entry(to, message);
}

static void run_lane(void *context, NDIS_POLL_DATA *data)
{
	struct nrt_interrupt_lane *lane = context;
	uint64_t raised = atomic_exchange_explicit(&lane->raised, 0, memory_order_acquire);

	(void)data;
	lane->poll.worked = raised != 0;
	for (; raised != 0; raised &= raised - 1)
		if (atomic_load(&lane->of->mode) == NRT_INTERRUPT_MESSAGES)
			nrt_interrupt_isr(lane->of, (unsigned int)__builtin_ctzll(raised));
	if (nrt_interrupt_dpcs_run(lane))
		lane->poll.worked = true;
}

static void notified(void *context, NDIS_POLL_NOTIFICATION *notification)
{
	(void)context;
	(void)notification; /* a device raises without being asked */
}

void nrt_interrupt_poll_init(struct nrt_poll *poll, unsigned int worker, NDIS_POLL *run,
			     void *context)
{
	memset(poll, 0, sizeof(*poll));
	poll->context = context;
	poll->handler = run;
	poll->notify = notified;
	poll->worker = poll->wanted = worker;
}

/* --------------------------------------------------------------------- allocation */

static bool has_interrupts(const struct nrt_bus *bus)
{
	return bus != NULL && (bus->has_line || bus->n_messages != 0);
}

static struct nrt_interrupts *allocate(const struct nrt_bus *bus)
{
	unsigned int n = bus->n_messages != 0 ? bus->n_messages : 1;
	unsigned int n_lanes = nrt_processor_count();
	struct nrt_interrupts *to =
		calloc(1, sizeof(*to) + n_lanes * sizeof(struct nrt_interrupt_lane));

	if (to == NULL)
		return NULL;
	to->n_lanes = n_lanes;
	to->n_messages = bus->n_messages;
	to->info = calloc(1, sizeof(*to->info) + n * sizeof(to->info->MessageInfo[0]));
	to->objects = calloc(n, sizeof(*to->objects));
	to->table = calloc(n, sizeof(*to->table));
	return to;
}

static void release(struct nrt_interrupts *to)
{
	if (to == NULL)
		return;
	free(to->info);
	free(to->objects);
	free((void *)to->table);
	free(to);
}

bool nrt_interrupts_new(struct nrt_adapter *a)
{
	const struct nrt_bus *bus = a->device.bus;
	struct nrt_interrupts *to;

	if (!has_interrupts(bus))
		return true;
	to = allocate(bus);
	if (to == NULL || to->info == NULL || to->objects == NULL || to->table == NULL) {
		release(to);
		return false;
	}
	to->magic = NRT_INTERRUPT_MAGIC;
	to->adapter = a;
	to->bus = bus;
	for (unsigned int i = 0; i < to->n_lanes; i++) {
		struct nrt_interrupt_lane *lane = &to->lanes[i];

		lane->of = to;
		lane->processor = i;
		nrt_interrupt_lane_init(lane);
		if (i < nrt_worker_count())
			nrt_interrupt_poll_init(&lane->poll, i, run_lane, lane);
	}
	for (unsigned int i = 0; i < to->n_messages; i++)
		to->table[i] = i; /* as the page says */
	a->interrupts = to;
	return true;
}

void nrt_interrupts_free(struct nrt_adapter *a)
{
	release(a->interrupts);
	a->interrupts = NULL;
}

/* ------------------------------------------------------------------- registration */

static bool has_handlers(const NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *c)
{
	if (c->InterruptHandler == NULL || c->InterruptDpcHandler == NULL ||
	    c->DisableInterruptHandler == NULL || c->EnableInterruptHandler == NULL)
		return false;
	return !c->MsiSupported ||
	       (c->MessageInterruptHandler != NULL && c->MessageInterruptDpcHandler != NULL &&
		c->DisableMessageInterruptHandler != NULL &&
		c->EnableMessageInterruptHandler != NULL);
}

/* A message has an object of its own, or they share the first. */
static void connect_objects(struct nrt_interrupts *to, uint32_t magic)
{
	unsigned int n = to->n_messages != 0 ? to->n_messages : 1;

	for (unsigned int i = 0; i < n; i++) {
		to->objects[i].magic = magic;
		to->objects[i].affinity = 0;
	}
}

static void describe_message(struct nrt_interrupts *to, unsigned int message)
{
	struct _KINTERRUPT *object = nrt_interrupt_object(to, message);

	object->affinity |= (KAFFINITY)1 << nrt_interrupt_processor(message);
	to->info->MessageInfo[message] = (IO_INTERRUPT_MESSAGE_INFO_ENTRY){
		.TargetProcessorSet = (KAFFINITY)1 << nrt_interrupt_processor(message),
		.InterruptObject = object,
		.MessageData = message,
		.Vector = message,
		.Irql = NRT_DIRQL,
		.Mode = Latched,
		.Polarity = InterruptActiveHigh,
	};
}

/* A line or messages; @c learns it. */
static void grant(struct nrt_interrupts *to, NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *c,
		  bool messages)
{
	nrt_header_copy(&to->chars, sizeof(to->chars), &c->Header);
	c->InterruptType = messages ? NDIS_CONNECT_MESSAGE_BASED : NDIS_CONNECT_LINE_BASED;
	c->MessageInfoTable = messages ? to->info : NULL;
	to->chars.InterruptType = c->InterruptType;
	connect_objects(to, NRT_KINTERRUPT_MAGIC);
	if (!messages)
		return;
	to->info->UnifiedIrql = NRT_DIRQL;
	to->info->MessageCount = to->n_messages;
	for (unsigned int i = 0; i < to->n_messages; i++)
		describe_message(to, i);
}

static void remove_polls(struct nrt_interrupts *to, unsigned int n)
{
	while (n-- > 0)
		nrt_worker_remove_poll(n, &to->lanes[n].poll);
}

static bool add_polls(struct nrt_interrupts *to)
{
	for (unsigned int i = 0; i < nrt_worker_count(); i++) {
		if (nrt_worker_add_poll(i, &to->lanes[i].poll) != 0) {
			remove_polls(to, i);
			return false;
		}
	}
	return true;
}

/* An ISR may be called from here on (MP-INI-07). */
static NDIS_STATUS connect(struct nrt_interrupts *to, bool messages)
{
	to->registered = true;
	nrt_interrupt_dpcs_close(to, false);
	if (!add_polls(to)) {
		to->registered = false;
		return NDIS_STATUS_RESOURCES;
	}
	if (!messages && !nrt_line_connect(to)) {
		remove_polls(to, nrt_worker_count());
		to->registered = false;
		return NDIS_STATUS_RESOURCES;
	}
	/* release: pairs with the acquire in nrt_bus_interrupt() */
	if (messages)
		atomic_store_explicit(&to->mode, NRT_INTERRUPT_MESSAGES, memory_order_release);
	to->bus->connect(to->adapter->device.bus_context, to, messages ? to->n_messages : 0);
	if (!messages)
		nrt_line_raise(to->line); /* it may be up already */
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS may_register(struct nrt_adapter *a,
				const NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *c)
{
	static const size_t sizes[] = { NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1 };

	if (!nrt_header_ok(&c->Header, NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT, sizes, 1,
			   "NdisMRegisterInterruptEx") ||
	    !has_handlers(c))
		return NDIS_STATUS_INVALID_PARAMETER;
	if (!a->initialize_running || !a->registration_set) {
		nrt_violation(a->initialize_running ? "MP-INI-01" : "MP-INI-07",
			      "%s: NdisMRegisterInterruptEx %s", a->device.name,
			      a->initialize_running ? "before the registration attributes" :
						      "outside MiniportInitializeEx");
		return NDIS_STATUS_FAILURE;
	}
	if (a->interrupts == NULL)
		return NDIS_STATUS_FAILURE;
	return a->interrupts->registered ? NDIS_STATUS_RESOURCE_CONFLICT : NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMRegisterInterruptEx(
	NDIS_HANDLE MiniportAdapterHandle, NDIS_HANDLE MiniportInterruptContext,
	PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS MiniportInterruptCharacteristics,
	PNDIS_HANDLE NdisInterruptHandle)
{
	NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *c = MiniportInterruptCharacteristics;
	struct nrt_adapter *a = nrt_adapter_of(MiniportAdapterHandle, "NdisMRegisterInterruptEx");
	struct nrt_interrupts *to;
	NDIS_STATUS status;
	bool messages;

	nrt_check_irql("NdisMRegisterInterruptEx", PASSIVE_LEVEL);
	*NdisInterruptHandle = NULL;
	if (a == NULL)
		return NDIS_STATUS_FAILURE;
	status = may_register(a, c);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	to = a->interrupts;
	messages = c->MsiSupported && to->n_messages != 0;
	if (!messages && !to->bus->has_line)
		return NDIS_STATUS_FAILURE;
	to->context = MiniportInterruptContext;
	grant(to, c, messages);
	*NdisInterruptHandle = to; /* the ISR may want it already */
	status = connect(to, messages);
	if (status != NDIS_STATUS_SUCCESS)
		*NdisInterruptHandle = NULL;
	return status;
}

/* The interrupt behind a handle while it is registered; NULL and a report by @rule else. */
static struct nrt_interrupts *interrupt_of(NDIS_HANDLE handle, const char *rule, const char *ddi)
{
	struct nrt_interrupts *to = handle;

	if (to != NULL && to->magic == NRT_INTERRUPT_MAGIC && to->registered)
		return to;
	nrt_violation(rule, "%s: the interrupt is not registered", ddi);
	return NULL;
}

/* No ISR after the first wait, no DPC after the second (RT-25). */
static void stop(struct nrt_interrupts *to)
{
	if (to->mode == NRT_INTERRUPT_NONE)
		return;
	to->bus->connect(to->adapter->device.bus_context, NULL, 0);
	if (nrt_interrupt_is_line(to))
		nrt_line_disconnect(to);
	atomic_store(&to->mode, NRT_INTERRUPT_NONE);
	nrt_workers_quiesce();
	nrt_interrupt_dpcs_close(to, true);
	while (atomic_load(&to->outstanding) != 0) {
		nrt_workers_quiesce();
		KeFlushQueuedDpcs();
	}
	remove_polls(to, nrt_worker_count());
}

static void deregister(struct nrt_interrupts *to)
{
	stop(to);
	connect_objects(to, 0);
	to->registered = false;
}

void nrt_interrupts_stop(struct nrt_adapter *a)
{
	if (a->interrupts != NULL)
		stop(a->interrupts);
}

VOID NdisMDeregisterInterruptEx(NDIS_HANDLE NdisInterruptHandle)
{
	struct nrt_interrupts *to =
		interrupt_of(NdisInterruptHandle, "MP-HLT-02", "NdisMDeregisterInterruptEx");

	if (to == NULL)
		return;
	if (nrt_self.irql > PASSIVE_LEVEL)
		nrt_report_irql("NdisMDeregisterInterruptEx", PASSIVE_LEVEL); /* it would wait */
	else
		deregister(to);
}

void nrt_interrupts_check(struct nrt_adapter *a, const char *rule)
{
	if (a->interrupts == NULL || !a->interrupts->registered)
		return;
	nrt_violation(rule,
		      "%s: its interrupt is still registered (bug check 0x7C/0x%02X, "
		      "..WITHOUT_INTERRUPT_DEREGISTER)",
		      a->device.name, strcmp(rule, "MP-INI-05") == 0 ? 0x0B : 0x08);
	deregister(a->interrupts);
}

/* ------------------------------------------------------------------------ for drivers */

BOOLEAN NdisMSynchronizeWithInterruptEx(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId,
					MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER SynchronizeFunction,
					PVOID SynchronizeContext)
{
	struct nrt_interrupts *to = interrupt_of(NdisInterruptHandle, "MP-HLT-07",
						 "NdisMSynchronizeWithInterruptEx");

	if (to == NULL)
		return FALSE;
	if (nrt_interrupt_is_line(to)) {
		MessageId = 0;
	} else if (MessageId >= to->n_messages) {
		nrt_violation("RS-INT-02", "%s: NdisMSynchronizeWithInterruptEx: there is no "
			      "message %u", to->adapter->device.name, MessageId);
		return FALSE;
	}
	return KeSynchronizeExecution(nrt_interrupt_object(to, MessageId), SynchronizeFunction,
				      SynchronizeContext);
}

static bool takes_message(struct nrt_interrupts *to, ULONG *message)
{
	if (nrt_interrupt_is_line(to))
		*message = 0;
	if (*message == 0 || *message < to->n_messages)
		return true;
	nrt_violation("RT-25", "%s: a DPC is queued for message %u, which there is not",
		      to->adapter->device.name, *message);
	return false;
}

ULONG NdisMQueueDpc(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId, ULONG TargetProcessors,
		    PVOID MiniportDpcContext)
{
	struct nrt_interrupts *to = interrupt_of(NdisInterruptHandle, "RT-25", "NdisMQueueDpc");

	if (to == NULL || !takes_message(to, &MessageId))
		return 0;
	return (ULONG)nrt_interrupt_dpcs_queue(to, MessageId, 0, TargetProcessors,
					       MiniportDpcContext);
}

KAFFINITY NdisMQueueDpcEx(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId,
			  PGROUP_AFFINITY TargetProcessors, PVOID MiniportDpcContext)
{
	struct nrt_interrupts *to = interrupt_of(NdisInterruptHandle, "RT-25", "NdisMQueueDpcEx");

	if (to == NULL || !takes_message(to, &MessageId))
		return 0;
	return nrt_interrupt_dpcs_queue(to, MessageId, TargetProcessors->Group * 64u,
					TargetProcessors->Mask, MiniportDpcContext);
}
