/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device object's own timer, which calls its driver once a second. Set up at
 * PASSIVE_LEVEL, started and stopped up to DISPATCH_LEVEL; the routine runs as
 * the callback of an EX_TIMER and may stop it.
 */
#include <stdatomic.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "device.h"

#define TAG 0x69546f49 /* IoTi */
#define SECOND 10000000LL

struct _IO_TIMER {
	PEX_TIMER timer;
	PDEVICE_OBJECT device;
	_Atomic(PIO_TIMER_ROUTINE) routine;
	PVOID context;
	_Atomic bool started;
};

/* A call that was on its way when the timer was stopped is not made. */
static VOID expired(PEX_TIMER timer, PVOID context)
{
	struct _IO_TIMER *t = context;

	(void)timer;
	if (atomic_load(&t->started))
		atomic_load(&t->routine)(t->device, t->context);
}

NTSTATUS IoInitializeTimer(PDEVICE_OBJECT DeviceObject, PIO_TIMER_ROUTINE TimerRoutine,
			   PVOID Context)
{
	struct _IO_TIMER *t = DeviceObject->Timer;

	nrt_check_irql("IoInitializeTimer", PASSIVE_LEVEL);
	if (TimerRoutine == NULL)
		return STATUS_INVALID_PARAMETER;
	if (t != NULL) { /* "only once per device object" */
		nrt_violation("RS-TIM-01", "IoInitializeTimer: device %p has a timer",
			      (void *)DeviceObject);
		return STATUS_SUCCESS;
	}
	t = nrt_memory_zalloc(sizeof(*t), TAG, NULL);
	if (t == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	t->timer = ExAllocateTimer(expired, t, EX_TIMER_NOTIFICATION);
	if (t->timer == NULL) {
		nrt_memory_free(t, TAG);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	t->device = DeviceObject;
	t->context = Context;
	atomic_store(&t->routine, TimerRoutine);
	DeviceObject->Timer = t;
	return STATUS_SUCCESS;
}

static struct _IO_TIMER *timer_of(PDEVICE_OBJECT device, const char *ddi)
{
	nrt_check_irql(ddi, DISPATCH_LEVEL);
	if (device->Timer == NULL)
		nrt_violation("RS-TIM-01", "%s: device %p has no timer; call IoInitializeTimer",
			      ddi, (void *)device);
	return device->Timer;
}

VOID IoStartTimer(PDEVICE_OBJECT DeviceObject)
{
	struct _IO_TIMER *t = timer_of(DeviceObject, "IoStartTimer");

	if (t != NULL && !atomic_exchange(&t->started, true))
		ExSetTimer(t->timer, -SECOND, SECOND, NULL);
}

VOID IoStopTimer(PDEVICE_OBJECT DeviceObject)
{
	struct _IO_TIMER *t = timer_of(DeviceObject, "IoStopTimer");

	if (t != NULL && atomic_exchange(&t->started, false))
		ExCancelTimer(t->timer, NULL);
}

void nrt_io_timer_delete(PDEVICE_OBJECT device)
{
	struct _IO_TIMER *t = device->Timer;

	device->Timer = NULL;
	atomic_store(&t->started, false);
	ExDeleteTimer(t->timer, TRUE, TRUE, NULL);
	nrt_memory_free(t, TAG);
}
