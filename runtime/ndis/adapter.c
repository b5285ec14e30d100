/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of an adapter: initialize, attach filters, bind, restart, pause, unbind, halt, in
 * the orders of contract RT-01 to RT-04. Control threads, PASSIVE_LEVEL; one
 * PnP operation per adapter at a time.
 */
#include "adapter.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <nrt/nrt_lower.h>

#include "../error.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "../worker.h"
#include "binding.h"
#include "callback.h"
#include "delivery.h"
#include "dma.h"
#include "driver.h"
#include "filter.h"
#include "file.h"
#include "hardware.h"
#include "interface.h"
#include "interrupt.h"
#include "nbltrack.h"
#include "oid.h"
#include "protocol.h"
#include "regpath.h"
#include "restart.h"
#include "shutdown.h"
#include "systemdma.h"

/* Most adapters over the life of the runtime, halted ones included: their
 * memory stays until nrt_fini, so that a dead handle is seen as dead. */
#define MAX_ADAPTERS 4096

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct nrt_adapter *adapters[MAX_ADAPTERS];
static unsigned int n_adapters;

struct nrt_adapter *nrt_adapter_of(NDIS_HANDLE handle, const char *ddi)
{
	struct nrt_adapter *a = handle;

	if (a != NULL && a->magic == NRT_ADAPTER_MAGIC)
		return a;
	nrt_violation("MP-HLT-05", "%s: the handle names no live adapter", ddi);
	return NULL;
}

const struct nrt_device *nrt_adapter_device(NDIS_HANDLE miniport_adapter)
{
	struct nrt_adapter *a = nrt_adapter_of(miniport_adapter, "nrt_adapter_device");

	return a != NULL ? &a->device : NULL;
}

void nrt_adapter_quiesce(struct nrt_adapter *a)
{
	nrt_workers_quiesce();
	while (atomic_load(&a->foreign_readers) != 0)
		sched_yield();
}

void nrt_adapter_for_each(void (*fn)(struct nrt_adapter *, void *), void *arg)
{
	unsigned int n;

	pthread_mutex_lock(&list_lock);
	n = n_adapters;
	pthread_mutex_unlock(&list_lock);
	for (unsigned int i = 0; i < n; i++)
		if (nrt_adapter_alive(adapters[i]))
			fn(adapters[i], arg);
}

unsigned int nrt_adapter_count_of(const struct nrt_miniport_driver *driver)
{
	unsigned int count = 0;

	pthread_mutex_lock(&list_lock);
	for (unsigned int i = 0; i < n_adapters; i++)
		count += nrt_adapter_alive(adapters[i]) &&
			 (driver == NULL || adapters[i]->driver == driver);
	pthread_mutex_unlock(&list_lock);
	return count;
}

unsigned int nrt_adapter_count(void)
{
	return nrt_adapter_count_of(NULL);
}

static void adapter_free(struct nrt_adapter *a)
{
	nrt_delivery_free(a);
	nrt_bindings_free(a);
	nrt_filters_free(a);
	nrt_operation_fini(&a->pause_op);
	nrt_operation_fini(&a->restart_op);
	nrt_reset_fini(&a->reset);
	nrt_hang_fini(&a->hang);
	nrt_idle_fini(&a->idle);
	pthread_mutex_destroy(&a->device_events.lock);
	pthread_mutex_destroy(&a->pnp);
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->net_event_ended);
	pthread_mutex_destroy(&a->status_lock);
	nrt_interrupts_free(a);
	nrt_system_dma_free(a);
	nrt_hardware_free(a);
	nrt_ports_free(a);
	free(a->supported_oids);
	free(a->offload);
	free(a->rss);
	free(a->counters);
	free((void *)(uintptr_t)a->device.name);
	free(a);
}

void nrt_adapters_fini(void)
{
	for (unsigned int i = 0; i < n_adapters; i++) {
		nrt_removal_await(adapters[i]);
		nrt_ports_await(adapters[i]);
		adapter_free(adapters[i]);
	}
	n_adapters = 0;
	nrt_lines_fini();
}

static void init_recursive(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

static struct nrt_adapter *adapter_new(struct nrt_miniport_driver *m,
				       const struct nrt_device *device)
{
	size_t counters = sizeof(struct nrt_counters) * (nrt_worker_count() + 1);
	struct nrt_adapter *a = aligned_alloc(64, sizeof(*a));

	if (a == NULL)
		return NULL;
	memset(a, 0, sizeof(*a));
	pthread_mutex_init(&a->pnp, NULL);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->net_event_ended, NULL);
	init_recursive(&a->status_lock);
	init_recursive(&a->device_events.lock);
	a->pause_reason = NDIS_PAUSE_NDIS_INTERNAL;
	a->halt_action = NdisHaltDeviceDisabled;
	nrt_operation_init(&a->pause_op, "MiniportPause", "MP-PAU-02");
	nrt_operation_init(&a->restart_op, "MiniportRestart", "MP-RES-01");
	nrt_reset_init(&a->reset);
	nrt_operation_blame(&a->pause_op, a, "0x7C/0x1F", "0x7C/0x25");
	nrt_operation_blame(&a->restart_op, a, "0x7C/0x1F", NULL);
	nrt_operation_blame(&a->reset.op, a, "0x7C/0x0F", NULL);
	nrt_hang_init(&a->hang);
	nrt_idle_init(&a->idle);
	a->pause_op.late_rule = "MP-PAU-09";
	a->driver = m;
	a->device = *device;
	a->device.name = strdup(device->name);
	a->counters = aligned_alloc(64, counters);
	if (a->device.name == NULL || a->counters == NULL || !nrt_reg_adapter(a->device.name)) {
		adapter_free(a);
		return NULL;
	}
	memset(a->counters, 0, counters);
	a->return_nbls = m->chars.ReturnNetBufferListsHandler;
	a->cancel_send = m->chars.CancelSendHandler;
	return a;
}

static bool list_adapter(struct nrt_adapter *a)
{
	bool room;

	pthread_mutex_lock(&list_lock);
	room = n_adapters < MAX_ADAPTERS;
	if (room)
		adapters[n_adapters++] = a;
	pthread_mutex_unlock(&list_lock);
	return room;
}

/* MP-INI-05, MP-HLT-01 to -06: what a halted adapter must not have left. */
static void check_released(struct nrt_adapter *a, const char *rule)
{
	uint64_t allocations = nrt_memory_live_of(a);

	nrt_interrupts_check(a, strcmp(rule, "MP-HLT-06") == 0 ? "MP-HLT-02" : rule);
	nrt_dma_check(a, rule);
	nrt_ports_check_released(a, rule);
	nrt_system_dma_check(a, rule);
	nrt_hardware_check(a, rule);
	while (a->polls != NULL) {
		nrt_violation("PL-05", "%s: a poll object is still registered", a->device.name);
		NdisDeregisterPoll((NDIS_POLL_HANDLE)a->polls);
	}
	if (atomic_load(&a->open_configs) != 0)
		nrt_violation(rule, "%s: %d configuration handles are still open", a->device.name,
			      atomic_load(&a->open_configs));
	if (allocations != 0)
		nrt_violation(rule, "%s: %llu allocations (memory, MDLs, timers, work items) are left",
			      a->device.name, (unsigned long long)allocations);
}

static void dead(struct nrt_adapter *a)
{
	nrt_reset_close(a);
	nrt_device_remove(a);
	a->magic = 0;
	nrt_interface_remove_adapter(a);
	nrt_oid_queue_free(a);
	if (a->loopback_pool != NULL)
		NdisFreeNetBufferListPool(a->loopback_pool);
	a->loopback_pool = NULL;
}

static NDIS_HANDLE make_loopback_pool(struct nrt_adapter *a)
{
	NET_BUFFER_LIST_POOL_PARAMETERS params = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
		.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
		.fAllocateNetBuffer = TRUE,
		.PoolTag = 'poLN',
	};

	return NdisAllocateNetBufferListPool(a, &params);
}

static void halt(struct nrt_adapter *a, NDIS_HALT_ACTION action)
{
	struct nrt_callback cb = nrt_callback_begin("MiniportHaltEx");

	a->driver->chars.HaltHandlerEx(a->context, action);
	nrt_callback_end(&cb);
}

static NDIS_STATUS initialize(struct nrt_adapter *a)
{
	NDIS_MINIPORT_INIT_PARAMETERS params = {
		.Header = { NDIS_OBJECT_TYPE_MINIPORT_INIT_PARAMETERS,
			    NDIS_MINIPORT_INIT_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_MINIPORT_INIT_PARAMETERS_REVISION_1 },
	};
	struct nrt_callback cb;
	NDIS_STATUS status;

	params.MiniportAddDeviceContext = a->added.context;
	params.AllocatedResources = nrt_hardware_resources(a);
	params.IMDeviceInstanceContext = a->instance_context;
	params.IfIndex = a->if_index;
	params.NetLuid = a->net_luid;
	a->magic = NRT_ADAPTER_MAGIC;
	a->registration_set = a->general_set = false;
	nrt_ports_reset(a);
	nrt_state_move(&a->state, NRT_MINIPORT, NRT_BEGIN, a->device.name);
	a->initialize_running = true;
	cb = nrt_callback_begin("MiniportInitializeEx");
	status = a->driver->chars.InitializeHandlerEx(a, a->driver->context, &params);
	nrt_callback_end(&cb);
	nrt_files_check(a);
	a->initialize_running = false;
	if (status == NDIS_STATUS_SUCCESS && !a->general_set) {
		nrt_violation("MP-INI-02", "%s: no general attributes were set", a->device.name);
		if (a->registration_set) /* else there is no context to halt with */
			halt(a, NdisHaltDeviceInitializationFailed);
		status = NDIS_STATUS_FAILURE;
	}
	nrt_state_move(&a->state, NRT_MINIPORT,
		       status == NDIS_STATUS_SUCCESS ? NRT_BEGUN : NRT_BEGIN_FAILED,
		       a->device.name);
	return status;
}

static void offer(struct nrt_protocol *p, void *arg)
{
	nrt_bind(arg, p);
}

NDIS_STATUS nrt_miniport_start(struct nrt_adapter *a)
{
	NDIS_STATUS status = initialize(a);

	if (status != NDIS_STATUS_SUCCESS) {
		check_released(a, "MP-INI-05");
		return status;
	}
	nrt_device_events_open(a);
	nrt_device_event_profile(a);
	nrt_reset_open(a);
	nrt_hang_start(a);
	return status;
}

int nrt_stack_raise(struct nrt_adapter *a)
{
	if (!nrt_filters_attach(a))
		return nrt_fail(-ENODEV, "adapter %s: a filter that is mandatory did not attach",
				a->device.name);
	nrt_protocol_for_each(offer, a);
	return nrt_stack_restart(a);
}

static int start_stack(struct nrt_adapter *a)
{
	NDIS_STATUS status;
	int rc = 0;

	if (!nrt_interface_add_adapter(a) || !nrt_hardware_new(a) ||
	    !nrt_interrupts_new(a) || !nrt_system_dma_new(a) || nrt_delivery_rebuild(a) != 0 ||
	    nrt_oid_queue_new(a) != 0 ||
	    (a->loopback_pool = make_loopback_pool(a)) == NULL)
		return nrt_fail(-ENOMEM, "adapter %s: out of memory", a->device.name);
	nrt_ways_build(a);
	status = nrt_device_add(a);
	if (status != NDIS_STATUS_SUCCESS)
		return nrt_fail(-ENODEV, "adapter %s: its miniport does not add or start the device: "
				"0x%08X", a->device.name, (unsigned int)status);
	status = nrt_miniport_start(a);
	if (status != NDIS_STATUS_SUCCESS)
		return nrt_fail(-ENODEV, "adapter %s: MiniportInitializeEx failed with 0x%08X",
				a->device.name, (unsigned int)status);
	if (atomic_load(&a->ports.default_active)) /* else when it is */
		rc = nrt_stack_raise(a);
	if (rc != 0) {
		a->halt_action = NdisHaltDeviceInitializationFailed;
		nrt_stack_stop(a);
	}
	return rc;
}

int nrt_adapter_add(struct nrt_driver *driver, const struct nrt_device *device,
		    struct nrt_adapter **out)
{
	if (driver->miniport == NULL)
		return nrt_fail(-EINVAL, "driver %s registered no miniport", driver->name);
	if (nrt_driver_is_intermediate(driver))
		return nrt_fail(-EINVAL, "driver %s is an intermediate driver, whose adapters are "
				"virtual: nrt_instance_add", driver->name);
	return nrt_adapter_start(driver, device, NULL, NULL, out);
}

int nrt_adapter_start(struct nrt_driver *driver, const struct nrt_device *device,
		      struct nrt_instance *instance, NDIS_HANDLE context, struct nrt_adapter **out)
{
	const char *fault;
	struct nrt_adapter *a;
	int rc, before;

	if (nrt_going_down())
		return nrt_fail(-ESHUTDOWN, "adapter %s: the system has shut down", device->name);
	fault = nrt_hardware_fault(device->bus);
	if (fault != NULL)
		return nrt_fail(-EINVAL, "adapter %s: the device's bus is not complete: %s",
				device->name, fault);
	a = adapter_new(driver->miniport, device);
	if (a == NULL)
		return nrt_fail(-ENOMEM, "adapter %s: out of memory", device->name);
	a->instance = instance;
	a->instance_context = context;
	if (!list_adapter(a)) {
		adapter_free(a);
		return nrt_fail(-ENOSPC, "more than %u adapters", MAX_ADAPTERS);
	}
	pthread_mutex_lock(&a->pnp);
	before = nrt_memory_prefer(a->device.node);
	rc = start_stack(a);
	nrt_memory_prefer(before);
	if (rc != 0)
		dead(a);
	else
		*out = a;
	pthread_mutex_unlock(&a->pnp);
	return rc;
}

/* Nothing of the runtime's own is on its way to the miniport any more. */
static void settle(struct nrt_adapter *a)
{
	/* In this order: a request that hangs may need a reset to end. */
	nrt_oid_queue_drain(a);
	nrt_hang_stop(a);
	nrt_reset_close(a);
	nrt_device_events_close(a);
}

/* MP-PNP-01, when the stack is paused and detached, which sends that come back are waited for. */
static void check_gone(struct nrt_adapter *a)
{
	ULONG sends = nrt_verifying && nrt_removal_told(&a->removal) ? nrt_track_sends(a) : 0;

	if (sends != 0)
		nrt_violation("MP-PNP-01", "%s was told that its device is gone and did not "
			      "complete %u sends", a->device.name, sends);
}

void nrt_miniport_halt(struct nrt_adapter *a)
{
	ULONG sends, receives;

	settle(a);
	check_gone(a);
	halt(a, a->halt_action);
	nrt_state_move(&a->state, NRT_MINIPORT, NRT_END, a->device.name);
	nrt_track_forget(a, &sends, &receives);
	if (sends != 0)
		nrt_violation("MP-SND-01", "%s halted with %u sends not completed", a->device.name,
			      sends);
	if (receives != 0)
		nrt_violation("MP-HLT-04", "%s halted with %u received NBLs above",
			      a->device.name, receives);
	check_released(a, "MP-HLT-06");
}

void nrt_stack_clear(struct nrt_adapter *a)
{
	while (a->bindings != NULL)
		nrt_unbind(a->bindings);
	nrt_filters_detach(a);
}

void nrt_stack_detach(struct nrt_adapter *a)
{
	nrt_stack_clear(a);
	settle(a);
}

void nrt_stack_stop(struct nrt_adapter *a)
{
	nrt_stack_clear(a);
	if (!a->power.halted) /* it sleeps */
		nrt_miniport_halt(a);
}

void nrt_adapter_take_down(struct nrt_adapter *a)
{
	a->pause_reason = NDIS_PAUSE_MINIPORT_DEVICE_REMOVE;
	if (atomic_load(&a->state) == NRT_RUNNING)
		nrt_stack_pause(a);
	nrt_stack_stop(a);
	dead(a);
}

int nrt_adapter_remove(struct nrt_adapter *a)
{
	bool alive, shut_down;

	nrt_removal_await(a);
	nrt_adapter_lock(a);
	alive = nrt_adapter_alive(a);
	shut_down = atomic_load(&a->state) == NRT_SHUTDOWN;
	if (alive && !shut_down)
		nrt_adapter_take_down(a);
	pthread_mutex_unlock(&a->pnp);
	if (shut_down)
		return nrt_fail(-ESHUTDOWN, "adapter %s was shut down; end the process",
				a->device.name);
	if (!alive && !nrt_removal_claim(a))
		return nrt_fail(-ENODEV, "the adapter was removed already");
	return 0;
}

int nrt_adapter_pause(struct nrt_adapter *a)
{
	int rc = 0;

	nrt_adapter_lock(a);
	if (atomic_load(&a->state) == NRT_RUNNING && !nrt_power_low(&a->power))
		nrt_stack_pause(a);
	else
		rc = nrt_fail(-EALREADY, "adapter %s is not running, or asleep", a->device.name);
	pthread_mutex_unlock(&a->pnp);
	return rc;
}

int nrt_adapter_restart(struct nrt_adapter *a)
{
	int rc, before;

	nrt_adapter_lock(a);
	before = nrt_memory_prefer(a->device.node);
	if (atomic_load(&a->state) == NRT_PAUSED && !nrt_power_low(&a->power))
		rc = nrt_stack_restart(a);
	else
		rc = nrt_fail(-EALREADY, "adapter %s is not paused, or asleep", a->device.name);
	nrt_memory_prefer(before);
	pthread_mutex_unlock(&a->pnp);
	return rc;
}

void nrt_adapter_ledger(const struct nrt_adapter *a, struct nrt_ledger *out)
{
	uint64_t sum[NRT_N_COUNTERS] = { 0 };

	_Static_assert(sizeof(sum) == sizeof(*out), "struct nrt_ledger follows enum nrt_counter");
	for (unsigned int i = 0; i <= nrt_worker_count(); i++)
		for (unsigned int k = 0; k < NRT_N_COUNTERS; k++)
			sum[k] += atomic_load_explicit(&a->counters[i].v[k], memory_order_relaxed);
	memcpy(out, sum, sizeof(*out));
}
