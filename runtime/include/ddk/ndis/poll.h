/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/poll.h: NDIS poll objects (NDIS 6.85): instead of indicating receives
 * and completing sends itself, a miniport is called with a budget and hands
 * back two chains. NdisPoll and SetPollNotification run at IRQL <=
 * DISPATCH_LEVEL, on the worker that owns the object, never twice at once;
 * NdisRequestPoll may be called at any IRQL from any thread.
 */
#ifndef NRT_DDK_NDIS_POLL_H
#define NRT_DDK_NDIS_POLL_H

#include <ndis/nbl.h>
#include <ndis/objectheader.h>

DECLARE_HANDLE(NDIS_POLL_HANDLE);

/*
 * In a maximum: no limit. In a count the driver reports: please count, or, for
 * what remains: some, but how many is not known.
 */
#define NDIS_ANY_NUMBER_OF_NBLS ((ULONG)-1)

/* Page ns-poll-ndis_poll_transmit_data. */
typedef struct _NDIS_POLL_TRANSMIT_DATA {
	ULONG MaxNblsToComplete;
	ULONG Reserved1[3];
	NET_BUFFER_LIST *CompletedNblChain;
	ULONG NumberOfCompletedNbls;
	ULONG NumberOfRemainingNbls;
	ULONG SendCompleteFlags;
	ULONG Reserved2;
	void *Reserved3[4];
} NDIS_POLL_TRANSMIT_DATA;

/* Page ns-poll-ndis_poll_receive_data. */
typedef struct _NDIS_POLL_RECEIVE_DATA {
	ULONG MaxNblsToIndicate;
	ULONG Reserved1[3];
	NET_BUFFER_LIST *IndicatedNblChain;
	ULONG NumberOfIndicatedNbls;
	ULONG NumberOfRemainingNbls;
	ULONG Flags;
	ULONG Reserved2;
	void *Reserved3[4];
} NDIS_POLL_RECEIVE_DATA;

/* Page ns-poll-ndis_poll_data. */
typedef struct _NDIS_POLL_DATA {
	NDIS_OBJECT_HEADER Header;
	NDIS_POLL_TRANSMIT_DATA Transmit;
	NDIS_POLL_RECEIVE_DATA Receive;
} NDIS_POLL_DATA;

#define NDIS_POLL_DATA_REVISION_1 1
#define NDIS_SIZEOF_NDIS_POLL_DATA_REVISION_1 NRT_SIZEOF_THROUGH(NDIS_POLL_DATA, Receive)

/* Page ns-poll-ndis_poll_notification. */
typedef struct _NDIS_POLL_NOTIFICATION {
	NDIS_OBJECT_HEADER Header;
	BOOLEAN Enabled;
} NDIS_POLL_NOTIFICATION;

#define NDIS_POLL_NOTIFICATION_REVISION_1 1
#define NDIS_SIZEOF_NDIS_POLL_NOTIFICATION_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_POLL_NOTIFICATION, Enabled)

typedef VOID(NDIS_POLL)(void *Context, NDIS_POLL_DATA *PollData);
typedef NDIS_POLL *NDIS_POLL_HANDLER;

typedef VOID(NDIS_SET_POLL_NOTIFICATION)(void *Context, NDIS_POLL_NOTIFICATION *Notification);
typedef NDIS_SET_POLL_NOTIFICATION *NDIS_SET_POLL_NOTIFICATION_HANDLER;

/* Page ns-poll-ndis_poll_characteristics. */
typedef struct _NDIS_POLL_CHARACTERISTICS {
	NDIS_OBJECT_HEADER Header;
	NDIS_SET_POLL_NOTIFICATION_HANDLER SetPollNotificationHandler;
	NDIS_POLL_HANDLER PollHandler;
} NDIS_POLL_CHARACTERISTICS;

#define NDIS_POLL_CHARACTERISTICS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_POLL_CHARACTERISTICS, PollHandler)

NRT_EXTERN_C_BEGIN

NRT_EXPORT NTSTATUS NdisRegisterPoll(NDIS_HANDLE NdisHandle, void *Context,
				     NDIS_POLL_CHARACTERISTICS const *Characteristics,
				     NDIS_POLL_HANDLE *PollHandle);
NRT_EXPORT VOID NdisDeregisterPoll(NDIS_POLL_HANDLE PollHandle);
NRT_EXPORT VOID NdisSetPollAffinity(NDIS_POLL_HANDLE PollHandle,
				    PROCESSOR_NUMBER const *PollAffinity);
NRT_EXPORT VOID NdisRequestPoll(NDIS_POLL_HANDLE PollHandle, void *Reserved);

NRT_EXTERN_C_END

#endif
