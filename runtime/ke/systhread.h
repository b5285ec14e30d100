/* SPDX-License-Identifier: BSD-3-Clause */
/* System threads, for the DDIs that make them. PASSIVE_LEVEL. */
#ifndef NRT_KE_SYSTHREAD_H
#define NRT_KE_SYSTHREAD_H

#include <wdm.h>

typedef void nrt_thread_end(void *arg);

/* Start a thread in @routine, with a handle to it. @ended(@ended_arg), unless NULL, is called
 * on it when it runs no more of its driver's code. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS nrt_thread_create(HANDLE *handle, CLIENT_ID *id, ACCESS_MASK access,
			   PKSTART_ROUTINE routine, void *context, nrt_thread_end *ended,
			   void *ended_arg);

#endif
