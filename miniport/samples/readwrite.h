/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * readwrite.h: what applications do with the read/write protocol. Include <ndis.h> or, in an
 * application on Windows, <winioctl.h> first.
 *
 * Open the device, name an adapter with IOCTL_READWRITE_OPEN, set its packet filter with
 * IOCTL_READWRITE_SET_OID. A read then waits for the next frame, a write sends one and ends when
 * that is done; frames begin with the Ethernet header. An adapter is one file's at a time.
 * When it goes, all ends with STATUS_NO_SUCH_DEVICE; while it is paused or reset, writes and
 * requests end with STATUS_DEVICE_NOT_READY.
 */
#ifndef READWRITE_H
#define READWRITE_H

#define READWRITE_DEVICE_NAME L"\\Device\\ReadWrite"
#define READWRITE_LINK_NAME L"\\DosDevices\\ReadWrite"

#define READWRITE_QUEUE 64 /* frames that wait for reads; more are dropped, and counted */
#define READWRITE_MAX_FRAME 1514 /* longer ones, too; a read has room for that, or fails */

typedef struct _READWRITE_STATISTICS {
	ULONG64 Received; /* frames that reads got or will get */
	ULONG64 Dropped;  /* received when the queue was full */
	ULONG64 Sent, SendsFailed;
	ULONG64 Waiting;  /* reads that wait for a frame now */
} READWRITE_STATISTICS, *PREADWRITE_STATISTICS;

/* In front of what is asked or set. */
typedef struct _READWRITE_OID {
	ULONG Oid;
	UCHAR Data[4]; /* as much as there is */
} READWRITE_OID, *PREADWRITE_OID;

#define READWRITE_CODE(Function, Access) \
	CTL_CODE(FILE_DEVICE_NETWORK, Function, METHOD_BUFFERED, Access)

/* In: the adapter's name in WCHARs. STATUS_DEVICE_BUSY: it, or this file, is opened. */
#define IOCTL_READWRITE_OPEN READWRITE_CODE(0x811, FILE_ANY_ACCESS)
/* Out: a READWRITE_STATISTICS, since the adapter was opened. */
#define IOCTL_READWRITE_STATISTICS READWRITE_CODE(0x813, FILE_ANY_ACCESS)
/* In: the Oid; out: that and the answer. */
#define IOCTL_READWRITE_QUERY_OID READWRITE_CODE(0x814, FILE_READ_ACCESS)
/* In: the Oid and its value. */
#define IOCTL_READWRITE_SET_OID READWRITE_CODE(0x815, FILE_WRITE_ACCESS)

#endif
