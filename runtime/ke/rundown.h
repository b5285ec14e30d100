/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the two kinds of rundown sleep. A release that was the last one says so
 * here after its last access to the driver's memory, which may be gone by then;
 * so the lock and the condition are the runtime's, one pair for all objects.
 */
#ifndef NRT_KE_RUNDOWN_H
#define NRT_KE_RUNDOWN_H

#include <stdbool.h>

/* Sleep until @left(@object), which is asked under the lock, is false. */
void nrt_rundown_sleep(bool (*left)(const void *object), const void *object);

/* The last user of an object that is run down is gone. */
void nrt_rundown_wake(void);

#endif
