/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Device power states of an adapter, without hardware that has any: what the documents have
 * NDIS say and ask when the host lets a device sleep and wakes it.
 */
#ifndef NRT_NDIS_POWER_H
#define NRT_NDIS_POWER_H

#include <stdatomic.h>
#include <stdbool.h>

#include <ndis.h>

struct nrt_adapter;
struct nrt_binding;

struct nrt_power {
	_Atomic bool low;      /* requests do not reach the miniport; pnp: w */
	/* under the pnp lock */
	bool halted;           /* for the time of its sleep */
	bool paused;           /* by the sleep */
	/* what the attributes said; the general attributes point here */
	NDIS_PNP_CAPABILITIES pnp;
	NDIS_PM_CAPABILITIES pm;
	NDIS_PM_PARAMETERS parameters; /* as protocols set them; OID thread */
};

/* The device sleeps or is about to: nothing but power requests may get to it. Any thread. */
static inline bool nrt_power_low(const struct nrt_power *power)
{
	return atomic_load_explicit(&power->low, memory_order_acquire);
}

/* True for the requests that do. */
bool nrt_power_request(NDIS_OID oid);

/* OID_PNP_SET_POWER to the miniport, whose answer is checked (MP-OID-03); OID_PM_PARAMETERS as
 * they are with @flags added, if it has power management. PASSIVE_LEVEL. */
NDIS_STATUS nrt_power_state_to(struct nrt_adapter *adapter, NDIS_DEVICE_POWER_STATE state);
void nrt_power_wake_parameters(struct nrt_adapter *adapter, ULONG flags);

/* Copy what the general attributes of @adapter point to. False: a header is wrong. */
bool nrt_power_adopt(struct nrt_adapter *adapter);

/* OID_PNP_CAPABILITIES, OID_PM_*: NDIS_STATUS_NOT_RECOGNIZED for what the miniport is asked.
 * OID thread. */
NDIS_STATUS nrt_power_query(struct nrt_binding *binding, NDIS_OID_REQUEST *request);
NDIS_STATUS nrt_power_set(struct nrt_binding *binding, NDIS_OID_REQUEST *request);

#endif
