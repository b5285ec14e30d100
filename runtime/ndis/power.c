/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way to sleep and back: the drivers above are asked and told by network PnP events, the
 * stack is paused, the miniport is told by OID_PNP_SET_POWER or, when it cannot keep its state,
 * halted [oid-pnp-set-power, handling-pnp-events-and-power-management-events-in-a-protocol-driver].
 * Control threads under the adapter's pnp lock.
 */
#include "power.h"

#include <errno.h>
#include <sched.h>

#include <nrt/nrt.h>

#include "../error.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "binding.h"
#include "device_event.h"
#include "driver.h"
#include "filter.h"
#include "nbltrack.h"
#include "net_event.h"
#include "oid.h"
#include "protocol.h"
#include "restart.h"

#define NDIS_630 0x0006001Eu

bool nrt_power_request(NDIS_OID oid)
{
	return oid == OID_PNP_SET_POWER || oid == OID_PNP_QUERY_POWER;
}

static NDIS_STATUS tell(struct nrt_adapter *a, NET_PNP_EVENT_CODE code,
			NDIS_DEVICE_POWER_STATE state, ULONG flags)
{
	NET_PNP_EVENT_NOTIFICATION event = nrt_net_event_of(code, &state, sizeof(state));

	event.Flags = flags;
	return nrt_net_event(a, &event);
}

static NDIS_STATUS request(struct nrt_adapter *a, NDIS_OID oid, NDIS_DEVICE_POWER_STATE state)
{
	NDIS_OID_REQUEST r = {
		.Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
			    NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
		.RequestType = oid == OID_PNP_QUERY_POWER ? NdisRequestQueryInformation :
							    NdisRequestSetInformation,
		.DATA.SET_INFORMATION = { .Oid = oid,
					  .InformationBuffer = &state,
					  .InformationBufferLength = sizeof(state) },
	};

	return nrt_oid_to_miniport(a, &r);
}

/* ------------------------------------------------------------------ what is to happen */

static bool wakes(const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g)
{
	const NDIS_PNP_CAPABILITIES *pnp = g->PowerManagementCapabilities;
	const NDIS_PM_CAPABILITIES *pm = g->PowerManagementCapabilitiesEx;

	return (pnp != NULL &&
		(pnp->WakeUpCapabilities.MinMagicPacketWakeUp != NdisDeviceStateUnspecified ||
		 pnp->WakeUpCapabilities.MinPatternWakeUp != NdisDeviceStateUnspecified)) ||
	       (pm != NULL && (pm->MinMagicPacketWakeUp != NdisDeviceStateUnspecified ||
			       pm->MinPatternWakeUp != NdisDeviceStateUnspecified ||
			       pm->MinLinkChangeWakeUp != NdisDeviceStateUnspecified));
}

/* A miniport that is not aware of power management is halted, whatever its flags say; one
 * that is and can neither wake the system nor keep its state, too [oid-pnp-capabilities]. */
static bool halts(const struct nrt_adapter *a)
{
	const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &a->general;

	if (a->instance != NULL) /* a virtual miniport is told, and stays (IM-04, IM-07) */
		return false;
	if (g->PowerManagementCapabilities == NULL && g->PowerManagementCapabilitiesEx == NULL)
		return true;
	return !(a->attribute_flags & NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND) && !wakes(g);
}

static uint32_t version(UCHAR major, UCHAR minor)
{
	return (uint32_t)major << 16 | minor;
}

/* NDIS_MINIPORT_ATTRIBUTES_NO_PAUSE_ON_SUSPEND, if all above are of 6.30 or later. */
static bool pauses(struct nrt_adapter *a)
{
	if (!(a->attribute_flags & NDIS_MINIPORT_ATTRIBUTES_NO_PAUSE_ON_SUSPEND) ||
	    nrt_miniport_version(a->driver) < NDIS_630 || halts(a))
		return true;
	for (const struct nrt_filter *f = a->filters; f != NULL; f = f->above)
		if (version(f->driver->chars.MajorNdisVersion, f->driver->chars.MinorNdisVersion) <
		    NDIS_630)
			return true;
	for (const struct nrt_binding *b = a->bindings; b != NULL; b = b->next)
		if (version(b->protocol->chars.MajorNdisVersion,
			    b->protocol->chars.MinorNdisVersion) < NDIS_630)
			return true;
	return false;
}

/* ------------------------------------------------------------------------------- sleep */

static void await_reset(struct nrt_adapter *a)
{
	pthread_mutex_lock(&a->status_lock);
	nrt_reset_await_end(a);
	pthread_mutex_unlock(&a->status_lock);
}

/* MP-OID-16. With a stack that was not paused, sends come and are refused all the time, each
 * at once: there is a moment with none. Sends are known to the verifier only. */
#define LOOKS 1000

static void check_quiet(struct nrt_adapter *a)
{
	ULONG sends = nrt_verifying ? nrt_track_sends(a) : 0;

	for (unsigned int i = 0; i < LOOKS && sends != 0; i++) {
		sched_yield();
		sends = nrt_track_sends(a);
	}
	if (sends != 0)
		nrt_violation("MP-OID-16", "%s sleeps with %u sends not completed", a->device.name,
			      sends);
}

NDIS_STATUS nrt_power_state_to(struct nrt_adapter *a, NDIS_DEVICE_POWER_STATE state)
{
	NDIS_STATUS status = request(a, OID_PNP_SET_POWER, state);

	if (status != NDIS_STATUS_SUCCESS && status != NDIS_STATUS_NOT_ACCEPTED)
		nrt_violation("MP-OID-03", "%s answered OID_PNP_SET_POWER with 0x%08X",
			      a->device.name, (unsigned int)status);
	return status;
}

void nrt_power_wake_parameters(struct nrt_adapter *a, ULONG flags)
{
	NDIS_PM_PARAMETERS p = a->power.parameters;
	NDIS_OID_REQUEST r = {
		.Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
			    NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
		.RequestType = NdisRequestSetInformation,
		.DATA.SET_INFORMATION = { .Oid = OID_PM_PARAMETERS,
					  .InformationBuffer = &p,
					  .InformationBufferLength = p.Header.Size },
	};

	p.WakeUpFlags |= flags;
	if (a->general.PowerManagementCapabilitiesEx != NULL)
		nrt_oid_to_miniport(a, &r);
}

static void halt_for_sleep(struct nrt_adapter *a)
{
	a->halt_action = NdisHaltDevicePoweredDown;
	nrt_miniport_halt(a);
	a->halt_action = NdisHaltDeviceDisabled;
	a->power.halted = true;
	pthread_mutex_lock(&a->reset.lock);
	a->reset.closed = false; /* it comes back, and may ask for one in MiniportInitializeEx */
	pthread_mutex_unlock(&a->reset.lock);
	a->magic = NRT_ADAPTER_ASLEEP;
}

static int restart(struct nrt_adapter *a)
{
	bool paused = a->power.paused;

	a->power.paused = false;
	return paused ? nrt_stack_restart(a) : 0;
}

/* It would not: as if nobody had asked. */
static int stay_awake(struct nrt_adapter *a, NDIS_STATUS status)
{
	atomic_store(&a->power.low, false);
	nrt_hang_start(a);
	restart(a);
	tell(a, NetEventSetPower, NdisDeviceStateD0, 0);
	return nrt_fail(status == NDIS_STATUS_NOT_ACCEPTED ? -EAGAIN : -EIO,
			"adapter %s does not go to sleep: 0x%08X", a->device.name,
			(unsigned int)status);
}

static int fall_asleep(struct nrt_adapter *a, NDIS_DEVICE_POWER_STATE state, bool halting)
{
	NDIS_STATUS status = NDIS_STATUS_SUCCESS;

	a->power.paused = atomic_load(&a->state) == NRT_RUNNING && pauses(a);
	if (a->power.paused) {
		a->pause_reason = NDIS_PAUSE_LOW_POWER;
		nrt_stack_pause(a);
		a->pause_reason = NDIS_PAUSE_NDIS_INTERNAL;
	}
	atomic_store(&a->power.low, true); /* no request comes from now on, */
	nrt_oid_queue_drain(a);            /* and none is left */
	if (halting) {
		halt_for_sleep(a);
		return 0;
	}
	nrt_hang_stop(a);
	await_reset(a);
	status = nrt_power_state_to(a, state);
	if (status != NDIS_STATUS_SUCCESS)
		return stay_awake(a, status);
	check_quiet(a);
	return 0;
}

static int sleep_in(struct nrt_adapter *a, NDIS_DEVICE_POWER_STATE state)
{
	bool halting = halts(a);
	ULONG flags = halting ? NET_EVENT_HALT_MINIPORT_ON_LOW_POWER : 0;
	NDIS_STATUS status = tell(a, NetEventQueryPower, state, flags);

	if (status != NDIS_STATUS_SUCCESS) {
		tell(a, NetEventSetPower, NdisDeviceStateD0, 0); /* which cancels it (RT-20) */
		return nrt_fail(-EBUSY, "adapter %s: a driver above does not let it sleep: 0x%08X",
				a->device.name, (unsigned int)status);
	}
	if (!halting && request(a, OID_PNP_QUERY_POWER, state) != NDIS_STATUS_SUCCESS)
		nrt_violation("MP-OID-15", "%s did not succeed OID_PNP_QUERY_POWER",
			      a->device.name);
	tell(a, NetEventSetPower, state, flags);
	return fall_asleep(a, state, halting);
}

/* -------------------------------------------------------------------------------- wake */

/* With what protocols have set in it, while they wait. */
static int initialize_again(struct nrt_adapter *a)
{
	NDIS_STATUS status = nrt_miniport_start(a);

	if (status != NDIS_STATUS_SUCCESS) {
		nrt_adapter_take_down(a);
		return nrt_fail(-ENODEV, "adapter %s does not wake: MiniportInitializeEx failed with "
				"0x%08X; it is removed",
				a->device.name, (unsigned int)status);
	}
	a->power.halted = false;
	nrt_ways_build(a);
	nrt_oid_hold_protocols(a, true);
	atomic_store(&a->power.low, false);
	nrt_oid_restore(a);
	nrt_oid_hold_protocols(a, false);
	nrt_oid_refresh(a);
	return 0;
}

static void power_up(struct nrt_adapter *a)
{
	nrt_power_state_to(a, NdisDeviceStateD0);
	atomic_store(&a->power.low, false);
	nrt_hang_start(a);
	nrt_device_event_profile(a);
	nrt_oid_refresh(a); /* bindings may have been closed meanwhile */
}

static int wake(struct nrt_adapter *a)
{
	int rc = 0;

	if (a->power.halted)
		rc = initialize_again(a);
	else
		power_up(a);
	if (rc != 0)
		return rc;
	if (!atomic_load(&a->ports.default_active)) { /* not again: nobody may be bound */
		nrt_stack_clear(a);
		return 0;
	}
	rc = restart(a);
	tell(a, NetEventSetPower, NdisDeviceStateD0, 0);
	return rc;
}

static int change(struct nrt_adapter *a, unsigned int state)
{
	if (!nrt_adapter_alive(a))
		return nrt_fail(-ENODEV, "the adapter was removed already");
	if (state > 3)
		return nrt_fail(-EINVAL, "there is no device power state D%u; 0 to 3 are", state);
	if (nrt_power_low(&a->power) == (state != 0))
		return nrt_fail(-EALREADY, "adapter %s is %s already", a->device.name,
				state != 0 ? "asleep" : "awake");
	return state != 0 ? sleep_in(a, NdisDeviceStateD0 + state) : wake(a);
}

int nrt_adapter_set_power(struct nrt_adapter *a, unsigned int state)
{
	int rc, before;

	nrt_adapter_lock(a);
	before = nrt_memory_prefer(a->device.node);
	rc = change(a, state);
	nrt_memory_prefer(before);
	pthread_mutex_unlock(&a->pnp);
	if (state == 0 && rc == 0) { /* drivers that came meanwhile */
		nrt_filter_drivers_insert_all(a);
		nrt_protocols_bind_all(a);
	}
	return rc;
}
