/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ways of a PENDING answer. Called from the fakes' callbacks at
 * PASSIVE_LEVEL.
 */
#include "fake_answer.h"

#include "events.h"

static VOID from_thread(PVOID context)
{
	fake_answer_later(context);
}

static VOID from_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
	UNREFERENCED_PARAMETER(dpc);
	UNREFERENCED_PARAMETER(argument1);
	UNREFERENCED_PARAMETER(argument2);
	fake_answer_later(context);
}

static VOID from_work_item(PVOID context, NDIS_HANDLE item)
{
	NdisFreeIoWorkItem(item); /* first: what is completed may lead to the unload */
	fake_answer_later(context);
}

static NDIS_STATUS start_thread(struct fake_answer *a)
{
	HANDLE thread;

	if (PsCreateSystemThread(&thread, 0, NULL, NULL, NULL, from_thread, a) != STATUS_SUCCESS)
		return NDIS_STATUS_RESOURCES;
	ZwClose(thread);
	return NDIS_STATUS_PENDING;
}

static NDIS_STATUS start_timer(struct fake_answer *a)
{
	LARGE_INTEGER due;

	due.QuadPart = -10000; /* a millisecond */
	KeInitializeTimer(&a->timer);
	KeInitializeDpc(&a->dpc, from_dpc, a);
	KeSetTimer(&a->timer, due, &a->dpc);
	return NDIS_STATUS_PENDING;
}

static NDIS_STATUS start_work_item(struct fake_answer *a, NDIS_HANDLE owner)
{
	NDIS_HANDLE item = NdisAllocateIoWorkItem(owner);

	if (item == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisQueueIoWorkItem(item, from_work_item, a);
	return NDIS_STATUS_PENDING;
}

NDIS_STATUS fake_answer(struct fake_answer *a, const char *name, void *who, NDIS_HANDLE owner,
			void (*complete)(void *who, NDIS_STATUS status))
{
	enum fake_when when = a->when;

	a->complete = complete;
	a->who = who;
	event_note(name, who, KeGetCurrentIrql());
	if (a->hook != NULL)
		a->hook(who);
	switch (when) {
	case FAKE_THREAD:
		return start_thread(a);
	case FAKE_TIMER:
		return start_timer(a);
	case FAKE_WORK_ITEM:
		return start_work_item(a, owner);
	case FAKE_INSIDE:
		complete(who, a->status);
		return NDIS_STATUS_PENDING;
	case FAKE_LATER:
		return NDIS_STATUS_PENDING;
	case FAKE_TWICE:
		complete(who, a->status);
		return a->status;
	default:
		return a->status;
	}
}

void fake_answer_later(struct fake_answer *a)
{
	a->complete(a->who, a->status);
}
