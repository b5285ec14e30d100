/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frame around a call into a driver: which callback this thread is in, and
 * the check that it returns at the IRQL it was entered at and holding no lock
 * more (MP-INI-11). Around every control callback; on the data path only when
 * nrt_verifying.
 */
#ifndef NRT_NDIS_CALLBACK_H
#define NRT_NDIS_CALLBACK_H

#include <stdint.h>

#include "../thread.h"

struct nrt_callback {
	const char *outer; /* the callback this one was called from, or NULL */
	uint32_t locks;
	uint8_t irql;
};

static inline struct nrt_callback nrt_callback_begin(const char *name)
{
	const struct nrt_callback c = { nrt_self.callback, nrt_self.locks, nrt_self.irql };

	nrt_self.callback = name;
	return c;
}

/* Report what @c's callback left behind, and put it right. */
void nrt_callback_unbalanced(const struct nrt_callback *c);

static inline void nrt_callback_end(const struct nrt_callback *c)
{
	if (__builtin_expect(nrt_self.irql != c->irql || nrt_self.locks != c->locks, 0))
		nrt_callback_unbalanced(c);
	nrt_self.callback = c->outer;
}

#endif
