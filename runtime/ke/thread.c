/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Identity, time and priority of threads, and system threads that drivers start
 * with PsCreateSystemThread. Called by drivers at PASSIVE_LEVEL; KeGetCurrentThread
 * at any IRQL. A system thread's object dies with its last reference: the
 * thread's own, the handle, and each ObReference.
 */
#include "thread.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <wdm.h>

#include "clock.h"
#include "dispatcher.h"
#include "irql.h"
#include "object.h"
#include "systhread.h"
#include "verifier.h"

#define NORMAL 8 /* the priority of a process, and of a thread nobody gave one */

struct _KTHREAD {
	struct nrt_object object; /* first */
	PKSTART_ROUTINE routine;
	PVOID context;
	nrt_thread_end *ended; /* or NULL; after the last of the driver's code */
	void *ended_arg;
	jmp_buf end;           /* out of its routine */
	/* dispatcher lock: */
	pid_t tid;             /* 0: not yet, or over */
	int8_t priority;
	uint64_t ran;          /* nanoseconds, once it is over */
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

HANDLE PsGetCurrentProcessId(VOID)
{
	return (HANDLE)(ULONG_PTR)getpid();
}

/* Nanoseconds that a thread of this process has run; its clock's name is Linux's own. */
static uint64_t ran_for(pid_t tid)
{
	clockid_t clock = (clockid_t)(~(unsigned int)tid << 3 | 6);
	struct timespec t = { 0, 0 };

	if (tid != 0 && clock_gettime(clock, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * NRT_NS_PER_S + (uint64_t)t.tv_nsec;
}

/* One step of priority is two of niceness; only where what is lowered can be raised again. */
static void apply_priority(pid_t tid, KPRIORITY priority)
{
	int nice = priority != 0 ? (NORMAL - priority) * 2 : 0;
	struct rlimit limit;

	if (tid == 0 || getrlimit(RLIMIT_NICE, &limit) != 0 ||
	    (geteuid() != 0 && limit.rlim_cur < 20))
		return;
	setpriority(PRIO_PROCESS, (id_t)tid, nice); /* within its range, as it lets us */
}

static void destroy(struct nrt_object *object)
{
	free(CONTAINING_RECORD(object, struct _KTHREAD, object));
}

static void thread_end(PKTHREAD thread)
{
	nrt_dispatcher_lock();
	thread->ran = ran_for(thread->tid);
	thread->tid = 0;
	thread->object.header.SignalState = 1;
	nrt_dispatcher_signal(&thread->object.header);
	nrt_dispatcher_unlock();
	if (thread->ended != NULL)
		thread->ended(thread->ended_arg);
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
	nrt_dispatcher_lock();
	system_thread->tid = gettid();
	apply_priority(system_thread->tid, system_thread->priority);
	nrt_dispatcher_unlock();
	if (setjmp(system_thread->end) == 0)
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

NTSTATUS nrt_thread_create(HANDLE *handle, CLIENT_ID *id, ACCESS_MASK access,
			   PKSTART_ROUTINE routine, void *context, nrt_thread_end *ended,
			   void *ended_arg)
{
	PKTHREAD thread = calloc(1, sizeof(*thread));

	if (thread == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	nrt_object_init(&thread->object, NRT_OBJECT_THREAD, destroy); /* the handle's */
	nrt_object_ref(&thread->object);                              /* the thread's own */
	thread->routine = routine;
	thread->context = context;
	thread->ended = ended;
	thread->ended_arg = ended_arg;
	if (!NT_SUCCESS(nrt_handle_open(&thread->object, access, handle))) {
		free(thread);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	if (id != NULL)
		*id = (CLIENT_ID){ NULL, (HANDLE)thread };
	if (start_detached(thread) != 0) {
		ZwClose(*handle);
		free(thread); /* its own reference was the last */
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	return STATUS_SUCCESS;
}

NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess,
			      POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
			      PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext)
{
	HANDLE handle;
	NTSTATUS status;

	(void)ObjectAttributes;
	(void)ProcessHandle;
	nrt_check_irql("PsCreateSystemThread", PASSIVE_LEVEL);
	status = nrt_thread_create(&handle, ClientId, DesiredAccess, StartRoutine, StartContext,
				   NULL, NULL);
	if (NT_SUCCESS(status))
		*ThreadHandle = handle;
	return status;
}

/* Ends the calling system thread; returns only when it is none. */
NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus)
{
	(void)ExitStatus;
	if (system_thread == NULL)
		return STATUS_INVALID_PARAMETER;
	longjmp(system_thread->end, 1); /* the driver may be gone once thread_end() has run */
}

/* -------------------------------------------------------- time and priority */

/* A thread is named by its object or, when the driver did not create it, by nrt_self, whose
 * first byte is an IRQL. */
static bool is_system(const void *thread)
{
	return *(const UCHAR *)thread == NRT_OBJECT_THREAD;
}

static uint64_t run_time(PKTHREAD thread)
{
	uint64_t ns = 0;

	if (thread == (PKTHREAD)&nrt_self)
		return ran_for(gettid());
	if (!is_system(thread))
		return 0;
	nrt_dispatcher_lock();
	ns = thread->tid != 0 ? ran_for(thread->tid) : thread->ran;
	nrt_dispatcher_unlock();
	return ns;
}

/* Drivers' code is the kernel's, on whatever thread. */
ULONG KeQueryRuntimeThread(PKTHREAD Thread, PULONG UserTime)
{
	nrt_check_irql("KeQueryRuntimeThread", PASSIVE_LEVEL);
	*UserTime = 0;
	return (ULONG)(run_time(Thread) / 100 / KeQueryTimeIncrement());
}

ULONG64 KeQueryTotalCycleTimeThread(PKTHREAD Thread, PULONG64 CycleTimeStamp)
{
	*CycleTimeStamp = nrt_clock_now();
	return run_time(Thread);
}

static KPRIORITY exchange_priority(PKTHREAD thread, KPRIORITY priority)
{
	KPRIORITY before = 0;

	nrt_dispatcher_lock();
	if (is_system(thread)) {
		before = thread->priority;
		thread->priority = (int8_t)priority;
		apply_priority(thread->tid, priority);
	} else if (thread == (PKTHREAD)&nrt_self) {
		before = nrt_self.priority;
		nrt_self.priority = (int8_t)priority;
		apply_priority(gettid(), priority);
	}
	nrt_dispatcher_unlock();
	return before != 0 ? before : NORMAL;
}

KPRIORITY KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority)
{
	nrt_check_irql("KeSetPriorityThread", PASSIVE_LEVEL);
	if (Priority <= LOW_PRIORITY || Priority > HIGH_PRIORITY) {
		nrt_violation("RS-IRQL-01", "KeSetPriorityThread: %d is no thread's priority",
			      Priority);
		return KeQueryPriorityThread(Thread);
	}
	return exchange_priority(Thread, Priority);
}

KPRIORITY KeQueryPriorityThread(PKTHREAD Thread)
{
	int8_t priority = is_system(Thread) ? Thread->priority : 0;

	nrt_check_irql("KeQueryPriorityThread", PASSIVE_LEVEL);
	if (Thread == (PKTHREAD)&nrt_self)
		priority = nrt_self.priority;
	return priority != 0 ? priority : NORMAL;
}

LONG KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment)
{
	LONG wanted = Increment < 1 - NORMAL ? 1 - NORMAL : Increment;

	nrt_check_irql("KeSetBasePriorityThread", PASSIVE_LEVEL);
	if (wanted > LOW_REALTIME_PRIORITY - 1 - NORMAL)
		wanted = LOW_REALTIME_PRIORITY - 1 - NORMAL;
	return exchange_priority(Thread, NORMAL + wanted) - NORMAL;
}
