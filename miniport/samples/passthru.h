/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * passthru.h: what the pass-through filter tells applications. Include <ndis.h> or, in an
 * application on Windows, <winioctl.h> first.
 */
#ifndef PASSTHRU_H
#define PASSTHRU_H

#define PASSTHRU_DEVICE_NAME L"\\Device\\PassThru"
#define PASSTHRU_LINK_NAME L"\\DosDevices\\PassThru"

/* One module, which is one adapter. Since it was attached; sends that completed and frames
 * that were received, of these those that did not get through. */
typedef struct _PASSTHRU_STATISTICS {
	WCHAR AdapterName[64]; /* cut off if longer, always ended by a 0 */
	ULONG64 FramesSent, BytesSent, SendsFailed;
	ULONG64 FramesReceived, BytesReceived;
	ULONG64 Requests, StatusIndications;
} PASSTHRU_STATISTICS, *PPASSTHRU_STATISTICS;

/* Out: as many PASSTHRU_STATISTICS as there are modules and the buffer has room for; at least
 * one must fit, else STATUS_BUFFER_TOO_SMALL. */
#define IOCTL_PASSTHRU_QUERY_STATISTICS \
	CTL_CODE(FILE_DEVICE_NETWORK, 0x800, METHOD_BUFFERED, FILE_READ_ACCESS)

/* No data: all counts become 0. */
#define IOCTL_PASSTHRU_CLEAR_STATISTICS \
	CTL_CODE(FILE_DEVICE_NETWORK, 0x801, METHOD_BUFFERED, FILE_WRITE_ACCESS)

#endif
