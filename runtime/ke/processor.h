/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Emulated processors. Numbers: 0..workers-1 the workers, each its own for
 * ever; then NRT_CONTROL_PROCESSORS that other threads take while they are at
 * DISPATCH_LEVEL; the last one belongs to the service thread.
 */
#ifndef NRT_KE_PROCESSOR_H
#define NRT_KE_PROCESSOR_H

#include <stdbool.h>
#include <stdint.h>

#define NRT_CONTROL_PROCESSORS 16

extern uint32_t nrt_processor_workers; /* nrt_processors_init: w, then constant */

int nrt_processors_init(unsigned int workers);
void nrt_processors_fini(void);

/* Number of processors of all kinds. */
uint32_t nrt_processor_count(void);

/* The service thread's. */
uint32_t nrt_processor_service(void);

static inline bool nrt_processor_is_control(uint32_t number)
{
	return number - nrt_processor_workers < NRT_CONTROL_PROCESSORS;
}

/* Take a processor for the calling thread, which has none: a control processor, or one
 * that its affinity names, and wait for one when all are taken; give it back. */
void nrt_processor_acquire(void);
void nrt_processor_release(void);

/* Does a thread wait for a control processor? Any thread. */
bool nrt_processor_wanted(void);

/* The same for control processor @number: wait until nobody holds it. The
 * caller's own processor is set aside until the release. */
void nrt_processor_borrow(uint32_t number);
void nrt_processor_unborrow(uint32_t own);

/* The NUMA node of processor @number; those that are no workers' lie on 0. */
uint32_t nrt_processor_node(uint32_t number);

/* affinity.c. Of the calling thread's affinity: the control processors, one bit each;
 * the first processor, 0 without one; that one, from the thread that owns it, and back. */
uint32_t nrt_affinity_control(void);
uint32_t nrt_affinity_first(void);
void nrt_affinity_borrow(void);
void nrt_affinity_return(void);

#endif
