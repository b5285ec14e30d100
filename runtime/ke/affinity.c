/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which emulated processors a thread runs on by a driver's wish. Below DISPATCH_LEVEL
 * that is an answer to KeGetCurrentProcessorNumberEx; at DISPATCH_LEVEL the thread holds
 * such a processor. One that another thread owns for ever, a worker or the service
 * thread, is lent by it: it stands still until the borrower lowers its IRQL.
 */
#include <pthread.h>

#include <wdm.h>

#include "../worker.h"
#include "irql.h"
#include "processor.h"
#include "service.h"
#include "thread.h"

#define GROUP_SIZE 64

/* The borrower's; it lives as long as its thread, and is in use once at a time. */
struct loan {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum { ASKED, LENT, RETURNED, OVER } state;
	struct nrt_worker_post post; /* to a worker, or */
	KDPC dpc;                    /* to the service thread */
};

static __thread struct loan loan;

static void lend(void *arg)
{
	struct loan *l = arg;

	pthread_mutex_lock(&l->lock);
	l->state = LENT;
	pthread_cond_signal(&l->changed);
	while (l->state != RETURNED)
		pthread_cond_wait(&l->changed, &l->lock);
	l->state = OVER;
	pthread_cond_signal(&l->changed);
	pthread_mutex_unlock(&l->lock); /* l dies with its borrower */
}

static void lend_service(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
	(void)dpc;
	(void)argument1;
	(void)argument2;
	lend(context);
}

static void wait_for(struct loan *l, int state)
{
	pthread_mutex_lock(&l->lock);
	while ((int)l->state != state)
		pthread_cond_wait(&l->changed, &l->lock);
	pthread_mutex_unlock(&l->lock);
}

static void ask_owner(uint32_t number)
{
	struct loan *l = &loan;

	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->changed, NULL);
	l->state = ASKED;
	if (number == nrt_processor_service()) {
		KeInitializeDpc(&l->dpc, lend_service, l);
		KeInsertQueueDpc(&l->dpc, NULL, NULL);
	} else {
		l->post = (struct nrt_worker_post){ .fn = lend, .arg = l };
		nrt_worker_post(number, &l->post);
	}
	wait_for(l, LENT);
}

static uint32_t first_number(void)
{
	return nrt_self.affinity_group * GROUP_SIZE + (uint32_t)__builtin_ctzll(nrt_self.affinity);
}

uint32_t nrt_affinity_control(void)
{
	uint32_t mask = 0;

	for (uint32_t i = 0; i < NRT_CONTROL_PROCESSORS; i++) {
		uint32_t number = nrt_processor_workers + i;

		if (number / GROUP_SIZE == nrt_self.affinity_group &&
		    (nrt_self.affinity >> number % GROUP_SIZE & 1) != 0)
			mask |= UINT32_C(1) << i;
	}
	return mask;
}

void nrt_affinity_borrow(void)
{
	uint32_t number = first_number();

	ask_owner(number);
	nrt_self.processor = number;
	nrt_self.lent = 1;
}

void nrt_affinity_return(void)
{
	struct loan *l = &loan;

	nrt_self.processor = NRT_NO_PROCESSOR;
	nrt_self.lent = 0;
	pthread_mutex_lock(&l->lock);
	l->state = RETURNED;
	pthread_cond_signal(&l->changed);
	pthread_mutex_unlock(&l->lock);
	wait_for(l, OVER);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
}

uint32_t nrt_affinity_first(void)
{
	return nrt_self.affinity != 0 ? first_number() : 0;
}

/* ------------------------------------------------------- as drivers see it */

static bool valid(KAFFINITY mask, USHORT group)
{
	return mask != 0 && (mask & ~KeQueryGroupAffinity(group)) == 0;
}

static void set(KAFFINITY mask, USHORT group)
{
	nrt_self.affinity = mask;
	nrt_self.affinity_group = group;
}

KAFFINITY KeSetSystemAffinityThreadEx(KAFFINITY Affinity)
{
	KAFFINITY before = nrt_self.affinity;

	nrt_check_irql("KeSetSystemAffinityThreadEx", DISPATCH_LEVEL);
	if (!valid(Affinity, 0))
		return 0;
	set(Affinity, 0);
	return before;
}

VOID KeRevertToUserAffinityThreadEx(KAFFINITY Affinity)
{
	nrt_check_irql("KeRevertToUserAffinityThreadEx", DISPATCH_LEVEL);
	if (Affinity == 0 || valid(Affinity, 0))
		set(Affinity, 0);
}

VOID KeSetSystemAffinityThread(KAFFINITY Affinity)
{
	KeSetSystemAffinityThreadEx(Affinity);
}

VOID KeRevertToUserAffinityThread(VOID)
{
	KeRevertToUserAffinityThreadEx(0);
}

VOID KeSetSystemGroupAffinityThread(PGROUP_AFFINITY Affinity, PGROUP_AFFINITY PreviousAffinity)
{
	GROUP_AFFINITY before = { .Mask = nrt_self.affinity, .Group = nrt_self.affinity_group };
	GROUP_AFFINITY wanted = *Affinity; /* both may be the same */
	bool ok = valid(wanted.Mask, wanted.Group);

	nrt_check_irql("KeSetSystemGroupAffinityThread", DISPATCH_LEVEL);
	if (ok)
		set(wanted.Mask, wanted.Group);
	else
		memset(&before, 0, sizeof(before));
	if (PreviousAffinity != NULL)
		*PreviousAffinity = before;
}

VOID KeRevertToUserGroupAffinityThread(PGROUP_AFFINITY PreviousAffinity)
{
	nrt_check_irql("KeRevertToUserGroupAffinityThread", DISPATCH_LEVEL);
	if (PreviousAffinity->Mask == 0 && PreviousAffinity->Group == 0)
		set(0, 0);
	else if (valid(PreviousAffinity->Mask, PreviousAffinity->Group))
		set(PreviousAffinity->Mask, PreviousAffinity->Group);
}
