/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The calling thread's emulated IRQL, for the other parts of the runtime:
 * raising and lowering around a driver callback or a lock, and the check of
 * rule RS-IRQL-01 at the entry of a DDI.
 */
#ifndef NRT_KE_IRQL_H
#define NRT_KE_IRQL_H

#include <wdm_irql.h>

#include "processor.h"
#include "thread.h"
#include "verifier.h"

/* Raise to @irql and return the former level. Raising to what is already there
 * or below changes nothing. */
static inline KIRQL nrt_irql_raise(KIRQL irql)
{
	KIRQL old = nrt_self.irql;

	if (irql > old) {
		if (irql >= DISPATCH_LEVEL && nrt_self.processor == NRT_NO_PROCESSOR)
			nrt_processor_acquire();
		nrt_self.irql = irql;
	}
	return old;
}

/* Back to @irql, what a raise returned. */
static inline void nrt_irql_lower(KIRQL irql)
{
	nrt_self.irql = irql;
	if (irql < DISPATCH_LEVEL &&
	    (nrt_processor_is_control(nrt_self.processor) || nrt_self.lent))
		nrt_processor_release();
}

/* Out of line half of nrt_check_irql. */
void nrt_report_irql(const char *ddi, KIRQL max);

/* @ddi is documented for IRQL <= @max. Costs a load when not verifying. */
static inline void nrt_check_irql(const char *ddi, KIRQL max)
{
	if (__builtin_expect(nrt_verifying, 0) && nrt_self.irql > max)
		nrt_report_irql(ddi, max);
}

#endif
