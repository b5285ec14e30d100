/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * readwrite_binding.h: the read/write protocol's binding to an adapter; between readwrite.c, its
 * life, requests and control device, and readwrite_data.c, what is read and written.
 */
#ifndef READWRITE_BINDING_H
#define READWRITE_BINDING_H

#include <ndis.h>

#include "readwrite.h"

#define TAG 'wRWR'

typedef struct _BINDING {
	LIST_ENTRY Link;                 /* BindingsLock */
	LONG References;                 /* its bind and its file */
	NDIS_HANDLE Handle;
	EX_RUNDOWN_REF Sends, Uses;
	NDIS_HANDLE Pool;
	NDIS_EVENT Done;                 /* of an open or close that was pending */
	NDIS_STATUS Status;
	LONG Resetting;
	READWRITE_ADAPTER Adapter;       /* Opened, Connected: BindingsLock */

	NDIS_SPIN_LOCK Lock;             /* of what follows */
	IO_CSQ Reads;
	LIST_ENTRY Irps;
	NTSTATUS Refusal;                /* of reads; STATUS_SUCCESS: they may wait */
	PUCHAR Frames;                   /* a ring of READWRITE_QUEUE */
	ULONG Lengths[READWRITE_QUEUE];
	ULONG First, Count;
	READWRITE_STATISTICS Statistics;
} BINDING, *PBINDING;

PROTOCOL_RECEIVE_NET_BUFFER_LISTS Receive;
PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE SendComplete;

/* Fill in what reads need, the lock with it, which is to be freed. */
VOID InitializeReads(PBINDING Binding);

/* From now on reads end with @Refusal, those that wait, too; STATUS_SUCCESS: they may wait, and
 * what is counted begins anew. */
VOID SetRefusal(PBINDING Binding, NTSTATUS Refusal);

/* Of IRP_MJ_READ and IRP_MJ_WRITE. STATUS_PENDING: @Irp is taken; else it is the caller's. */
NTSTATUS Read(PBINDING Binding, PIRP Irp, ULONG Length);
NTSTATUS Write(PBINDING Binding, PIRP Irp, ULONG Length);

VOID Complete(PIRP Irp, NTSTATUS Result, ULONG_PTR Information);

/* The high byte of our cancel ids. */
extern UCHAR PartialCancelId;

#endif
