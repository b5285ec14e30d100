/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vlanmux.h: what the parts of the VLAN multiplexer share: vlanmux.c, which says what it is,
 * vlanmux_adapter.c and vlanmux_traffic.c. Include <ndis.h> first.
 */
#ifndef VLANMUX_H
#define VLANMUX_H

#define TAG 'xmLV'

/* An adapter that is bound to. */
typedef struct _LOWER {
	LIST_ENTRY Link;               /* under LowersMutex */
	NDIS_HANDLE Handle, NblPool, NbPool;
	LIST_ENTRY Vlans;              /* as they are from bind to unbind */
	NDIS_BIND_PARAMETERS Bind;     /* no pointers of it after the bind */
	NDIS_EVENT Done;               /* open or close; Result is open's */
	NDIS_STATUS Result;
	EX_RUNDOWN_REF Running;        /* a reference for each send that is below */
	NDIS_DEVICE_POWER_STATE Power;
	KMUTEX FilterMutex;            /* one change of its packet filter at a time */
	NDIS_SPIN_LOCK Lock;           /* what follows */
	BOOLEAN Holding;               /* the adapter is being reset (IM-09) */
	PNET_BUFFER_LIST Held, *HeldTail; /* our NBLs, to be sent afterwards */
} LOWER, *PLOWER;

/* A virtual adapter; its address is its DeviceContext. */
typedef struct _VLAN {
	LIST_ENTRY Link;
	PLOWER Lower;
	ULONG Id;
	NDIS_HANDLE Handle;            /* NULL: it is not initialized */
	NDIS_EVENT Ended;              /* MiniportInitializeEx has */
	EX_RUNDOWN_REF Present;        /* Handle may be used for status indications */
	EX_RUNDOWN_REF Running;        /* a reference for each NBL of ours, either direction */
	NDIS_DEVICE_POWER_STATE Power;
	BOOLEAN StandingBy;            /* one of the two left D0, none came back (IM-08) */
	PNDIS_OID_REQUEST Queued;      /* until Lower is in D0 */
	PVOID ForwardedId;             /* RequestId of the one that is below */
	ULONG PacketFilter;
	NDIS_STRING Name;
	WCHAR NameBuffer[128];
} VLAN, *PVLAN;

#define FIRST_VLAN(Lower) CONTAINING_RECORD((Lower)->Vlans.Flink, VLAN, Link)
#define NEXT_VLAN(Vlan) CONTAINING_RECORD((Vlan)->Link.Flink, VLAN, Link)
#define IS_VLAN(Lower, Vlan) (&(Vlan)->Link != &(Lower)->Vlans)

/* NBLs pass only then (IM-08). */
static inline BOOLEAN BothAwake(const VLAN *Vlan)
{
	return Vlan->Power == NdisDeviceStateD0 && Vlan->Lower->Power == NdisDeviceStateD0;
}

/* vlanmux_adapter.c */
MINIPORT_INITIALIZE Initialize;
MINIPORT_HALT Halt;
MINIPORT_PAUSE Pause;
MINIPORT_RESTART Restart;
MINIPORT_OID_REQUEST OidRequest;
MINIPORT_CANCEL_OID_REQUEST CancelOidRequest;
MINIPORT_DEVICE_PNP_EVENT_NOTIFY DevicePnPEventNotify;
MINIPORT_SHUTDOWN Shutdown;
PROTOCOL_OID_REQUEST_COMPLETE OidRequestComplete;

/* Note the power state of the virtual adapter or, for each over it, of the lower one. */
VOID SetPower(PVLAN Vlan, NDIS_DEVICE_POWER_STATE *Power, NDIS_DEVICE_POWER_STATE State);

/* The request that waits for the lower adapter to wake, if it still does. */
PNDIS_OID_REQUEST TakeQueued(PVLAN Vlan);

/* vlanmux_traffic.c */
MINIPORT_SEND_NET_BUFFER_LISTS Send;
MINIPORT_CANCEL_SEND CancelSend;
MINIPORT_RETURN_NET_BUFFER_LISTS Return;
PROTOCOL_RECEIVE_NET_BUFFER_LISTS Receive;
PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE SendComplete;

/* Send what is held, or complete it with @Why, and hold nothing more. */
VOID EndHolding(PLOWER Lower, NDIS_STATUS Why);

#endif
