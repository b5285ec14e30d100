/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisEnumerateFilterModules: the same list for everybody in a stack, from the top.
 */
#include "contract.h"
#include "filters.h"

TestSuite(filter_enum, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;
static struct filters fs;
static struct {
	NDIS_ENUM_FILTERS head;
	NDIS_FILTER_INTERFACE more[3];
} list;
static ULONG needed, written;

static NDIS_STATUS enumerate(NDIS_HANDLE handle, ULONG length)
{
	return NdisEnumerateFilterModules(handle, &list, length, &needed, &written);
}

static void expect_both(NDIS_HANDLE handle, UCHAR revision)
{
	const NDIS_FILTER_INTERFACE *at = list.head.Filter;

	cr_expect_eq(enumerate(handle, sizeof(list)), NDIS_STATUS_SUCCESS);
	cr_expect_eq(list.head.NumberOfFilters, 2);
	cr_expect_eq(list.head.OffsetFirstFilter, offsetof(NDIS_ENUM_FILTERS, Filter));
	cr_expect_eq(needed, list.head.OffsetFirstFilter + 2 * sizeof(*at));
	cr_expect_eq(written, needed);
	for (unsigned int i = 0; i < 2; i++) {
		const struct fake_module *m = module_of(&fs, 1 - i);

		cr_expect_eq(at[i].Header.Revision, revision);
		cr_expect_eq(at[i].IfIndex, m->params.IfIndex);
		cr_expect_eq(at[i].NetLuid.Value, m->params.NetLuid.Value);
		cr_expect_eq(at[i].FilterRunType,
			     i == 0 ? NdisFilterRunTypeMandatory : NdisFilterRunTypeOptional);
		cr_expect(at[i].Flags & NDIS_FILTER_INTERFACE_LW_FILTER);
		cr_expect_gt(at[i].FilterInstanceName.Length, 0);
	}
	cr_expect_neq(at[0].NetLuid.Value, at[1].NetLuid.Value);
}

Test(filter_enum, everybody_gets_the_same_from_the_top)
{
	fs.n = 2;
	fs.f[1].flags = NDIS_FILTER_DRIVER_MANDATORY;
	s.p[0].major = 6;
	s.p[0].minor = 20;
	filters_up(&fs, &s);
	expect_both(s.a.handle, NDIS_FILTER_INTERFACE_REVISION_2);
	expect_both(module_of(&fs, 0)->handle, NDIS_FILTER_INTERFACE_REVISION_2);
	expect_both(stack_binding(&s, 0)->handle, NDIS_FILTER_INTERFACE_REVISION_1);
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

Test(filter_enum, a_short_buffer_takes_what_it_can)
{
	const ULONG one = offsetof(NDIS_ENUM_FILTERS, Filter) + sizeof(NDIS_FILTER_INTERFACE);

	fs.n = 2;
	filters_up(&fs, &s);
	cr_expect_eq(enumerate(s.a.handle, one), NDIS_STATUS_BUFFER_TOO_SHORT);
	cr_expect_eq(list.head.NumberOfFilters, 1);
	cr_expect_eq(written, one);
	cr_expect_eq(list.head.Filter[0].IfIndex, module_of(&fs, 1)->params.IfIndex);
	cr_expect_eq(enumerate(s.a.handle, 4), NDIS_STATUS_BUFFER_TOO_SHORT);
	cr_expect_eq(written, 0);
	cr_expect_eq(needed, one + sizeof(NDIS_FILTER_INTERFACE));
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

Test(filter_enum, without_filters_the_list_is_empty)
{
	ULONG nobody = 0;

	stack_up(&s);
	cr_expect_eq(enumerate(s.a.handle, sizeof(list)), NDIS_STATUS_SUCCESS);
	cr_expect_eq(list.head.NumberOfFilters, 0);
	cr_expect_eq(enumerate(&nobody, sizeof(list)), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(enumerate(NULL, sizeof(list)), NDIS_STATUS_INVALID_PARAMETER);
	stack_down(&s);
	cr_expect(no_violations());
}

static void no_sends(NDIS_FILTER_DRIVER_CHARACTERISTICS *chars)
{
	chars->SendNetBufferListsHandler = NULL;
	chars->SendNetBufferListsCompleteHandler = NULL;
}

Test(filter_enum, a_module_that_is_bypassed_says_so)
{
	fs.f[0].mutate = no_sends;
	filters_up(&fs, &s);
	cr_expect_eq(enumerate(s.a.handle, sizeof(list)), NDIS_STATUS_SUCCESS);
	cr_expect_eq(list.head.Filter[0].Flags, (ULONG)(NDIS_FILTER_INTERFACE_LW_FILTER |
							NDIS_FILTER_INTERFACE_SEND_BYPASS));
	filters_down(&fs, &s);
	cr_expect(no_violations());
}
