/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The adapter's link: looked at by a timer (DISPATCH_LEVEL), which indicates every change,
 * and set by OID_GEN_LINK_PARAMETERS (PASSIVE_LEVEL).
 */
#include "adapter.h"

#define PERIOD_MS 500        /* a change is indicated within 2 s (MP-STA-04, MP-STA-06) */

NDIS_LINK_STATE link_state(const struct adapter *a)
{
	const struct pmb_link *link = &a->link;
	NDIS_LINK_STATE state = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_LINK_STATE_REVISION_1,
			    NDIS_SIZEOF_LINK_STATE_REVISION_1 },
		.MediaConnectState = link->up ? MediaConnectStateConnected :
						MediaConnectStateDisconnected,
		.MediaDuplexState = !link->up	       ? MediaDuplexStateUnknown :
				    link->full_duplex ? MediaDuplexStateFull :
							MediaDuplexStateHalf,
		.XmitLinkSpeed = link->up && link->bps != 0 ? link->bps : NDIS_LINK_SPEED_UNKNOWN,
		.PauseFunctions = (NDIS_SUPPORTED_PAUSE_FUNCTIONS)a->link_pause,
		.AutoNegotiationFlags = LINK_NEGOTIATED,
	};

	state.RcvLinkSpeed = state.XmitLinkSpeed;
	return state;
}

static void indicate(struct adapter *a)
{
	NDIS_LINK_STATE state = link_state(a);
	NDIS_STATUS_INDICATION status = {
		.Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1,
			    NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
		.SourceHandle = a->ndis,
		.StatusCode = NDIS_STATUS_LINK_STATE,
		.StatusBuffer = &state,
		.StatusBufferSize = sizeof(state),
	};

	NdisMIndicateStatusEx(a->ndis, &status);
}

static NDIS_TIMER_FUNCTION tick;

static VOID tick(PVOID SystemSpecific1, PVOID FunctionContext, PVOID SystemSpecific2,
		 PVOID SystemSpecific3)
{
	struct adapter *a = FunctionContext;
	LONG pause = ReadNoFence(&a->pause_functions);
	struct pmb_link now;

	UNREFERENCED_PARAMETER(SystemSpecific1);
	UNREFERENCED_PARAMETER(SystemSpecific2);
	UNREFERENCED_PARAMETER(SystemSpecific3);
	pmb_port_link(a->port, &now);
	if (now.up != a->link.up || now.bps != a->link.bps ||
	    now.full_duplex != a->link.full_duplex || pause != a->link_pause) {
		a->link = now;
		a->link_pause = pause;
		indicate(a);
	}
	look_for_hang(a);
}

NDIS_STATUS link_start(struct adapter *a)
{
	NDIS_TIMER_CHARACTERISTICS timer = {
		.Header = { NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS,
			    NDIS_TIMER_CHARACTERISTICS_REVISION_1,
			    NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1 },
		.AllocationTag = ADAPTER_TAG,
		.TimerFunction = tick,
		.FunctionContext = a,
	};
	LARGE_INTEGER due = { .QuadPart = -10000LL * PERIOD_MS };
	NDIS_STATUS status = NdisAllocateTimerObject(a->ndis, &timer, &a->link_timer);

	if (status == NDIS_STATUS_SUCCESS)
		NdisSetTimerObject(a->link_timer, due, PERIOD_MS, NULL);
	return status;
}

void link_stop(struct adapter *a)
{
	NdisCancelTimerObject(a->link_timer); /* periodic: waits for a running tick */
	NdisFreeTimerObject(a->link_timer);
}

void link_look(struct adapter *a)
{
	pmb_port_link(a->port, &a->link);
	a->link_pause = a->pause_functions = NdisPauseFunctionsUnknown;
}

/* Speed and duplex are always negotiated: ethdev has no call that fixes them on a port
 * that is set up. Pause frames go as they are asked to, or as the PMD has them; the timer
 * indicates what becomes of the link. */
NDIS_STATUS link_set(struct adapter *a, PNDIS_OID_REQUEST r)
{
	const ULONG always = LINK_NEGOTIATED;
	const ULONG pause = NDIS_LINK_STATE_PAUSE_FUNCTIONS_AUTO_NEGOTIATED;
	NDIS_LINK_PARAMETERS p;
	NDIS_STATUS status = oid_read_structure(r, &p, NDIS_OBJECT_TYPE_DEFAULT, sizeof(p));

	if (status != NDIS_STATUS_SUCCESS)
		return status;
	if ((p.AutoNegotiationFlags & ~(always | pause)) != 0)
		return NDIS_STATUS_INVALID_DATA;
	if (p.AutoNegotiationFlags & pause)
		p.PauseFunctions = NdisPauseFunctionsUnknown;
	else if ((ULONG)p.PauseFunctions > NdisPauseFunctionsSendAndReceive)
		return NDIS_STATUS_INVALID_DATA;
	if ((p.AutoNegotiationFlags & always) != always)
		return NDIS_STATUS_NOT_SUPPORTED;
	lock_port(a);
	status = pmb_port_set_pause(a->port, p.PauseFunctions);
	unlock_port(a);
	if (status == NDIS_STATUS_SUCCESS)
		WriteNoFence(&a->pause_functions, (LONG)p.PauseFunctions);
	return status;
}
