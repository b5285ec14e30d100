/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Identity of the calling thread, and system threads that drivers start with
 * PsCreateSystemThread. Called by drivers at PASSIVE_LEVEL; KeGetCurrentThread
 * at any IRQL. A system thread's object is the handle as well; it dies with
 * its last reference: the thread's own, the handle, and each ObReference.
 */
#include "thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/syscall.h>

#include <wdm.h>

#include "dispatcher.h"
#include "irql.h"
#include "verifier.h"

struct _KTHREAD {
	DISPATCHER_HEADER header; /* first: KeWaitForSingleObject gets this */
	_Atomic unsigned int references;
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

static void drop(PKTHREAD thread)
{
	if (atomic_fetch_sub(&thread->references, 1) == 1)
		free(thread);
}

static void thread_end(PKTHREAD thread)
{
	nrt_dispatcher_lock();
	thread->header.SignalState = 1;
	nrt_dispatcher_signal(&thread->header);
	nrt_dispatcher_unlock();
	drop(thread);
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

NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess,
			      POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
			      PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext)
{
	pthread_attr_t attr;
	pthread_t id;
	PKTHREAD thread;
	int rc;

	(void)DesiredAccess;
	(void)ObjectAttributes;
	(void)ProcessHandle;
	nrt_check_irql("PsCreateSystemThread", PASSIVE_LEVEL);
	thread = calloc(1, sizeof(*thread));
	if (thread == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	nrt_dispatcher_init(&thread->header, NRT_OBJECT_THREAD, false, 0);
	thread->references = 2; /* the thread and the handle */
	thread->routine = StartRoutine;
	thread->context = StartContext;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&id, &attr, thread_main, thread);
	pthread_attr_destroy(&attr);
	if (rc != 0) {
		free(thread);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	if (ClientId != NULL)
		*ClientId = (CLIENT_ID){ NULL, (HANDLE)thread };
	*ThreadHandle = (HANDLE)thread;
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

NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess,
				   POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
				   PVOID *Object, POBJECT_HANDLE_INFORMATION HandleInformation)
{
	PKTHREAD thread = Handle;

	(void)DesiredAccess;
	(void)ObjectType;
	(void)AccessMode;
	(void)HandleInformation;
	nrt_check_irql("ObReferenceObjectByHandle", PASSIVE_LEVEL);
	if (thread == NULL || thread->header.Type != NRT_OBJECT_THREAD)
		return STATUS_INVALID_HANDLE;
	atomic_fetch_add(&thread->references, 1);
	*Object = thread;
	return STATUS_SUCCESS;
}

LONG_PTR ObfDereferenceObject(PVOID Object)
{
	PKTHREAD thread = Object;
	LONG_PTR left = (LONG_PTR)atomic_load(&thread->references) - 1;

	drop(thread);
	return left;
}

NTSTATUS ZwClose(HANDLE Handle)
{
	nrt_check_irql("ZwClose", PASSIVE_LEVEL);
	if (Handle == NULL)
		return STATUS_INVALID_HANDLE;
	drop(Handle);
	return STATUS_SUCCESS;
}
