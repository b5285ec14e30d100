/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pool of PASSIVE_LEVEL system threads. A thread that takes the last idle
 * place starts a successor before it calls the driver, so a thread is always
 * waiting for work however many block. Surplus threads end after a while.
 */
#include "workitem.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "dispatcher.h"
#include "thread.h"
#include "verifier.h"

#define IDLE_SECONDS 5 /* a surplus thread's patience */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work_cond;  /* to idle threads */
static pthread_cond_t ended_cond; /* to nrt_work_stop */
static struct nrt_work *first, **last = &first;
static unsigned int threads, idle;
static bool stopping;

void nrt_work_queue(struct nrt_work *work)
{
	work->next = NULL;
	pthread_mutex_lock(&lock);
	*last = work;
	last = &work->next;
	pthread_cond_signal(&work_cond);
	pthread_mutex_unlock(&lock);
}

static void *pool_main(void *arg);

/* Locked. The new thread counts as idle from now on. */
static int start_thread(void)
{
	pthread_attr_t attr;
	pthread_t id;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&id, &attr, pool_main, NULL);
	pthread_attr_destroy(&attr);
	if (rc == 0) {
		threads++;
		idle++;
	}
	return -rc;
}

/* Locked. False when the thread has waited long enough and others are idle. */
static bool wait_for_work(void)
{
	struct timespec at = nrt_clock_timespec(nrt_clock_now() + IDLE_SECONDS * NRT_NS_PER_S);
	int rc = 0;

	while (first == NULL && !stopping && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&work_cond, &lock, &at);
	return first != NULL || (!stopping && idle == 1);
}

static void run_first(void)
{
	struct nrt_work *work = first;

	first = work->next;
	if (first == NULL)
		last = &first;
	idle--;
	if (idle == 0)
		start_thread(); /* without it, this thread comes back for the rest */
	pthread_mutex_unlock(&lock);
	work->fn(work);
	if (nrt_self.irql != 0 || nrt_self.locks != 0)
		nrt_violation("MP-INI-11",
			      "work item returned at IRQL %u with %u spin locks held",
			      nrt_self.irql, nrt_self.locks);
	if (nrt_self.critical != 0 || nrt_self.guarded != 0) {
		nrt_violation("RS-LCK-01", "work item returned inside %u critical and %u guarded "
			      "regions", nrt_self.critical, nrt_self.guarded);
		nrt_self.critical = nrt_self.guarded = 0; /* the thread serves others */
	}
	pthread_mutex_lock(&lock);
	idle++;
}

static void *pool_main(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	while (wait_for_work())
		if (first != NULL)
			run_first();
	idle--;
	threads--;
	if (threads == 0)
		pthread_cond_signal(&ended_cond);
	pthread_mutex_unlock(&lock);
	return NULL;
}

int nrt_work_start(void)
{
	int rc;

	nrt_cond_init(&work_cond);
	nrt_cond_init(&ended_cond);
	pthread_mutex_lock(&lock);
	stopping = false;
	rc = start_thread();
	pthread_mutex_unlock(&lock);
	return rc;
}

void nrt_work_stop(void)
{
	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_cond_broadcast(&work_cond);
	while (threads != 0)
		pthread_cond_wait(&ended_cond, &lock);
	pthread_mutex_unlock(&lock);
}
