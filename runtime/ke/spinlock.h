/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The runtime's spin lock word: 0 when free, else the holder (the address of
 * its nrt_self). Test-and-test-and-set; uncontended it is one atomic.
 */
#ifndef NRT_KE_SPINLOCK_H
#define NRT_KE_SPINLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "thread.h"

static inline uintptr_t nrt_spin_owner(void)
{
	return (uintptr_t)&nrt_self;
}

/* Wait until @word is 0 and take it; the contended half of nrt_spin_acquire. */
void nrt_spin_contend(uintptr_t *word);

/* One turn of a spin that has lasted @turns: a pause, or, when the holder may
 * have been preempted, sched_yield, which is counted. */
void nrt_spin_relax(unsigned int turns);

/* How often a spin gave its time slice away, since the start. */
uint64_t nrt_spin_yields(void);

static inline bool nrt_spin_try(uintptr_t *word)
{
	uintptr_t expected = 0;

	/* Acquire pairs with the release in nrt_spin_release. */
	return __atomic_compare_exchange_n(word, &expected, nrt_spin_owner(), false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void nrt_spin_acquire(uintptr_t *word)
{
	if (!nrt_spin_try(word))
		nrt_spin_contend(word);
	nrt_self.locks++;
}

static inline bool nrt_spin_held(const uintptr_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED) == nrt_spin_owner();
}

/* Report RS-LCK-01 for a release of a lock that this thread does not hold. */
void nrt_spin_unheld(const uintptr_t *word);

static inline void nrt_spin_release(uintptr_t *word)
{
	if (__builtin_expect(!nrt_spin_held(word), 0)) {
		nrt_spin_unheld(word);
		return;
	}
	nrt_self.locks--;
	__atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

#endif
