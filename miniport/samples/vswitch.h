/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vswitch.h: a port of the virtual switch, which is an adapter; between vswitch.c, its life and
 * OID requests, and vswitch_data.c, what is sent and received.
 */
#ifndef VSWITCH_H
#define VSWITCH_H

#include <ndis.h>

#define TAG 'wSVP'
#define MAX_PORTS 32
#define MAX_MULTICAST 32
#define MTU 1500
#define MAX_FRAME (14 + MTU)
#define BUFFER_SIZE 1536

enum { Unicast, Multicast, Broadcast, KINDS };

typedef struct _COUNTS { /* interlocked */
	ULONG64 Frames[KINDS], Bytes[KINDS];
	ULONG64 Lost; /* received: no buffer; sent: bad length */
} COUNTS, *PCOUNTS;

typedef struct _CHAIN {
	struct _PORT *Port;
	PNET_BUFFER_LIST Head, *Tail;
	ULONG Count;
} CHAIN, *PCHAIN;

typedef struct _PORT {
	NDIS_HANDLE Handle;
	USHORT Number;         /* its place in Ports */
	UCHAR PermanentAddress[6], CurrentAddress[6];
	ULONG AgeingTime;      /* of what is learned from its sends, in seconds */
	KDPC Dpc;
	NDIS_HANDLE Pool;
	PUCHAR Memory;         /* of the receive buffers */
	ULONG BufferCount;
	COUNTS Received, Sent;

	NDIS_SPIN_LOCK Lock;   /* of what follows; nobody calls NDIS under it (MP-SND-14) */
	enum { Paused, Running, Pausing } State;
	BOOLEAN Resetting, Removed;
	CHAIN Queue;           /* sends; its Count: with those that the DPC has taken */
	ULONG Indicating;      /* DPCs that indicate here now */
	PNET_BUFFER_LIST Free; /* receive buffers at home */
	ULONG FreeCount;

	ULONG PacketFilter;    /* SwitchLock, these three */
	ULONG MulticastCount;
	UCHAR MulticastList[MAX_MULTICAST][6];

	CHAIN To[MAX_PORTS];   /* the DPC's: what it brings to other ports */
	UCHAR Scratch[MAX_FRAME];
} PORT, *PPORT;

/* Of Ports and what each wants: DPCs read, the rest writes. */
extern PNDIS_RW_LOCK_EX SwitchLock;
extern PPORT Ports[MAX_PORTS];
extern NDIS_SPIN_LOCK AddressLock;

MINIPORT_SEND_NET_BUFFER_LISTS Send;
MINIPORT_CANCEL_SEND CancelSend;
MINIPORT_RETURN_NET_BUFFER_LISTS Return;
KDEFERRED_ROUTINE Forward; /* a port's Dpc, its context */

/* Which kind of destination a frame with this address in front has. */
ULONG KindOf(const UCHAR *Address);

/* What was learned to be behind @Port is flooded to from now on. <= DISPATCH_LEVEL. */
VOID Forget(const PORT *Port);

/* Under the port's lock: put received NBLs back. */
VOID PutBuffers(PPORT Port, PNET_BUFFER_LIST Chain);

/* Under the port's lock. TRUE once, when nothing is under way any more (MP-PAU-03, -04); the
 * caller releases the lock and says so to NDIS. */
BOOLEAN PauseEnds(PPORT Port);

#endif
