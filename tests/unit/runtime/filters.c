/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loading of fake filters.
 */
#include "filters.h"

int load_filter(struct fake_filter *f, struct nrt_driver **driver)
{
	fake_filter_image = f;
	return nrt_driver_load_linked("fake filter", (nrt_driver_entry)fake_filter_entry, driver);
}

int unload_filter(struct fake_filter *f, struct nrt_driver *driver)
{
	fake_filter_image = f;
	return nrt_driver_unload(driver);
}

void filters_up(struct filters *filters, struct stack *s)
{
	if (filters->n == 0)
		filters->n = 1;
	for (unsigned int i = 0; i < filters->n; i++)
		cr_assert_eq(load_filter(&filters->f[i], &filters->driver[i]), 0, "%s",
			     nrt_last_error());
	stack_up(s);
}

void filters_down(struct filters *filters, struct stack *s)
{
	stack_down(s);
	for (unsigned int i = 0; i < filters->n; i++)
		cr_expect_eq(unload_filter(&filters->f[i], filters->driver[i]), 0, "%s",
			     nrt_last_error());
}
