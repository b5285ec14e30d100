/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The service thread: at DISPATCH_LEVEL on its own processor it expires timers
 * and runs DPCs, one at a time, from nrt_ke_init to nrt_ke_fini. What follows
 * is called with the dispatcher lock held.
 */
#ifndef NRT_KE_SERVICE_H
#define NRT_KE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <wdm.h>

int nrt_service_start(void);
void nrt_service_stop(void);

/* True on the service thread. */
bool nrt_service_self(void);

/* There is a DPC, or an earlier timer, than the service thread knows of. */
void nrt_service_wake(void);

/* timer.c: expire what is due at @now; when the next timer is due, or
 * UINT64_MAX. */
uint64_t nrt_timers_expire(uint64_t now);

/* Set @timer, whose DPC is set already, for @due; @period in ms, in 100 ns when @fine,
 * 0: once. Cancel it. Both say whether it was set. */
bool nrt_timer_set(KTIMER *timer, uint64_t due, uint32_t period, bool fine);
bool nrt_timer_cancel(KTIMER *timer);

/* Is any timer due that was not expired yet? */
bool nrt_timer_due(uint64_t now);

/* dpc.c: queue one; take the next out of the queue, which is the running one
 * from then until it returns or its routine calls nrt_dpc_end. */
bool nrt_dpc_insert(KDPC *dpc, void *argument1, void *argument2);
KDPC *nrt_dpc_take(void);
bool nrt_dpc_running(const KDPC *dpc);
void nrt_dpc_end(void);

/* DPCs in the queue now. Not locked; takes the lock itself. */
unsigned int nrt_dpc_depth(void);

/* Forget what an earlier run left behind. Before the thread starts. */
void nrt_dpcs_reset(void);
void nrt_timers_reset(void);

#endif
