/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Identity of the calling thread, and system threads that drivers start with
 * PsCreateSystemThread. Called by drivers at PASSIVE_LEVEL; KeGetCurrentThread
 * at any IRQL. A system thread's object dies with its last reference: the
 * thread's own, the handle, and each ObReference.
 */
#include "thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/syscall.h>

#include <wdm.h>

#include "dispatcher.h"
#include "irql.h"
#include "object.h"
#include "verifier.h"

struct _KTHREAD {
	struct nrt_object object; /* first */
	PKSTART_ROUTINE routine;
	PVOID context;
};

__thread struct nrt_thread nrt_self = {
	.processor = NRT_NO_PROCESSOR,
	.worker = -1,
};

static __thread PKTHREAD system_thread;

PKTHREAD KeGetCurrentThread(VOID)
{
	return system_thread != NULL ? system_thread : (PKTHREAD)&nrt_self;
}

HANDLE PsGetCurrentThreadId(VOID)
{
	return (HANDLE)(ULONG_PTR)syscall(SYS_gettid);
}

static void destroy(struct nrt_object *object)
{
	free(CONTAINING_RECORD(object, struct _KTHREAD, object));
}

static void thread_end(PKTHREAD thread)
{
	nrt_dispatcher_lock();
	thread->object.header.SignalState = 1;
	nrt_dispatcher_signal(&thread->object.header);
	nrt_dispatcher_unlock();
	nrt_object_drop(&thread->object);
}

/* Also bug check 20, KERNEL_APC_PENDING_DURING_EXIT: a region was not left. */
static void check_end(void)
{
	if (nrt_self.irql != PASSIVE_LEVEL || nrt_self.locks != 0)
		nrt_violation("RS-LCK-01", "system thread ends at IRQL %u with %u spin locks held",
			      nrt_self.irql, nrt_self.locks);
	if (nrt_self.critical != 0 || nrt_self.guarded != 0)
		nrt_violation("RS-LCK-01", "system thread ends inside %u critical and %u guarded "
			      "regions", nrt_self.critical, nrt_self.guarded);
}

static void *thread_main(void *arg)
{
	system_thread = arg;
	system_thread->routine(system_thread->context);
	check_end();
	thread_end(system_thread);
	return NULL;
}

static int start_detached(PKTHREAD thread)
{
	pthread_attr_t attr;
	pthread_t id;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&id, &attr, thread_main, thread);
	pthread_attr_destroy(&attr);
	return rc;
}

NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess,
			      POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
			      PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext)
{
	PKTHREAD thread;
	HANDLE handle;

	(void)ObjectAttributes;
	(void)ProcessHandle;
	nrt_check_irql("PsCreateSystemThread", PASSIVE_LEVEL);
	thread = calloc(1, sizeof(*thread));
	if (thread == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	nrt_object_init(&thread->object, NRT_OBJECT_THREAD, destroy); /* the handle's */
	nrt_object_ref(&thread->object);                              /* the thread's own */
	thread->routine = StartRoutine;
	thread->context = StartContext;
	if (!NT_SUCCESS(nrt_handle_open(&thread->object, DesiredAccess, &handle))) {
		free(thread);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	if (ClientId != NULL)
		*ClientId = (CLIENT_ID){ NULL, (HANDLE)thread };
	if (start_detached(thread) != 0) {
		ZwClose(handle);
		free(thread); /* its own reference was the last */
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	*ThreadHandle = handle;
	return STATUS_SUCCESS;
}

/* Ends the calling system thread; returns only when it is none. */
NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus)
{
	(void)ExitStatus;
	if (system_thread == NULL)
		return STATUS_INVALID_PARAMETER;
	check_end();
	thread_end(system_thread);
	pthread_exit(NULL);
}
