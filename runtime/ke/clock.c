/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time as drivers see it, kernel and NDIS: system time, interrupt time, the
 * performance counter, delays. Queries at any IRQL; sleeping below
 * DISPATCH_LEVEL only.
 */
#include "clock.h"

#include <errno.h>

#include <ndis/services.h>

#include "dispatcher.h"
#include "irql.h"
#include "verifier.h"

#define NS_PER_UNIT 100
#define EPOCH_1601 INT64_C(116444736000000000) /* 1601 to 1970 in units */
#define TICK_UNITS 10000                      /* 1 ms */

static uint64_t read_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * NRT_NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t nrt_clock_now(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

int64_t nrt_clock_system(void)
{
	return (int64_t)(read_ns(CLOCK_REALTIME) / NS_PER_UNIT) + EPOCH_1601;
}

uint64_t nrt_clock_deadline(LARGE_INTEGER due)
{
	uint64_t now = nrt_clock_now();
	uint64_t units;

	if (due.QuadPart < 0) {
		units = 0 - (uint64_t)due.QuadPart;
	} else {
		int64_t system = nrt_clock_system();

		units = due.QuadPart > system ? (uint64_t)(due.QuadPart - system) : 0;
	}
	/* Farther than the clock counts: for ever. */
	if (units > (UINT64_MAX / 2 - now) / NS_PER_UNIT)
		return UINT64_MAX / 2;
	return now + units * NS_PER_UNIT;
}

LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency)
{
	LARGE_INTEGER count = { .QuadPart = (LONGLONG)nrt_clock_now() };

	if (PerformanceFrequency != NULL)
		PerformanceFrequency->QuadPart = (LONGLONG)NRT_NS_PER_S;
	return count;
}

VOID KeQuerySystemTime(PLARGE_INTEGER CurrentTime)
{
	CurrentTime->QuadPart = nrt_clock_system();
}

VOID KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime)
{
	CurrentTime->QuadPart = nrt_clock_system();
}

ULONGLONG KeQueryInterruptTime(VOID)
{
	return nrt_clock_now() / NS_PER_UNIT;
}

ULONGLONG KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp)
{
	uint64_t now = nrt_clock_now();

	*QpcTimeStamp = now;
	return now / NS_PER_UNIT;
}

/* The monotonic clock does not count sleep. */
ULONGLONG KeQueryUnbiasedInterruptTime(VOID)
{
	return nrt_clock_now() / NS_PER_UNIT;
}

ULONG KeQueryTimeIncrement(VOID)
{
	return TICK_UNITS;
}

/* Timers do not wait for ticks, so their length is one and the same always. */
VOID ExQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime, PULONG CurrentTime)
{
	*MaximumTime = *MinimumTime = *CurrentTime = TICK_UNITS;
}

/* A longer tick than there is changes nothing, a shorter one is not supported; both are
 * answered with the one there is [nf-wdm-exsettimerresolution]. */
ULONG ExSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution)
{
	(void)DesiredTime;
	(void)SetResolution;
	nrt_check_irql("ExSetTimerResolution", APC_LEVEL);
	return TICK_UNITS;
}

VOID KeQueryTickCount(PLARGE_INTEGER CurrentCount)
{
	CurrentCount->QuadPart = (LONGLONG)(KeQueryInterruptTime() / TICK_UNITS);
}

static void sleep_until(uint64_t deadline)
{
	struct timespec at = nrt_clock_timespec(deadline);

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
				PLARGE_INTEGER Interval)
{
	(void)WaitMode;
	(void)Alertable;
	nrt_check_wait("KeDelayExecutionThread");
	sleep_until(nrt_clock_deadline(*Interval));
	return STATUS_SUCCESS;
}

VOID KeStallExecutionProcessor(ULONG MicroSeconds)
{
	uint64_t end = nrt_clock_now() + MicroSeconds * UINT64_C(1000);

	if (MicroSeconds > 50)
		nrt_violation("MP-RST-06", "a driver stalls the processor for %u us, not 50 at most",
			      MicroSeconds);
	while (nrt_clock_now() < end)
		YieldProcessor();
}

VOID NdisMSleep(ULONG MicrosecondsToSleep)
{
	nrt_check_wait("NdisMSleep");
	sleep_until(nrt_clock_now() + MicrosecondsToSleep * UINT64_C(1000));
}

VOID NdisGetCurrentSystemTime(PLARGE_INTEGER CurrentSystemTime)
{
	KeQuerySystemTime(CurrentSystemTime);
}

VOID NdisGetSystemUpTimeEx(PLARGE_INTEGER SystemUpTime)
{
	SystemUpTime->QuadPart = (LONGLONG)(nrt_clock_now() / NRT_NS_PER_MS);
}

VOID NdisGetSystemUpTime(PULONG SystemUpTime)
{
	*SystemUpTime = (ULONG)(nrt_clock_now() / NRT_NS_PER_MS);
}
