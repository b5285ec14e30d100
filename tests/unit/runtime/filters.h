/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Filter drivers in a contract test's stack: loaded before stack_up(), the first one
 * lowest, and unloaded after stack_down().
 */
#ifndef TEST_FILTERS_H
#define TEST_FILTERS_H

#include "contract.h"
#include "fake_filter.h"

struct filters {
	unsigned int n; /* 0 is taken for 1 */
	struct fake_filter f[FAKE_FILTERS];
	struct nrt_driver *driver[FAKE_FILTERS];
};

int load_filter(struct fake_filter *f, struct nrt_driver **driver);
int unload_filter(struct fake_filter *f, struct nrt_driver *driver);

/* All succeed. */
void filters_up(struct filters *filters, struct stack *s);
void filters_down(struct filters *filters, struct stack *s);

/* The first module of filter @i. */
static inline struct fake_module *module_of(struct filters *filters, unsigned int i)
{
	return &filters->f[i].modules[0];
}

#endif
