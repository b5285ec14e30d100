/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The runtime's own lock for a handful of instructions. Unlike KSPIN_LOCK it
 * does not touch the caller's IRQL, so it may be taken anywhere; its holder may
 * be preempted (control threads are), so a spin is bounded and then yields.
 * Never held across a call to a driver or the platform.
 */
#ifndef NRT_SPIN_H
#define NRT_SPIN_H

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

struct nrt_spin {
	_Atomic uint32_t held;
};

static inline void nrt_spin_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

static inline void nrt_spin_lock(struct nrt_spin *lock)
{
	/* acquire: pairs with the release in nrt_spin_unlock() */
	while (atomic_exchange_explicit(&lock->held, 1, memory_order_acquire) != 0) {
		unsigned int spins = 0;

		while (atomic_load_explicit(&lock->held, memory_order_relaxed) != 0) {
			if (++spins < 200)
				nrt_spin_pause();
			else
				sched_yield();
		}
	}
}

static inline void nrt_spin_unlock(struct nrt_spin *lock)
{
	atomic_store_explicit(&lock->held, 0, memory_order_release);
}

#endif
