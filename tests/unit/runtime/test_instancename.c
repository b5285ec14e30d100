/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The friendly name of an adapter, asked for by its miniport and its protocols.
 */
#include "contract.h"

#include "ke/memory.h"

TestSuite(instancename, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;
static NDIS_STRING bind_name;

static void expect_nic0(NDIS_STRING *name)
{
	static const WCHAR wanted[] = { 'n', 'i', 'c', '0', 0 };

	cr_assert_eq(name->Length, 4 * sizeof(WCHAR));
	cr_expect_eq(name->MaximumLength, sizeof(wanted));
	cr_expect_arr_eq(name->Buffer, wanted, sizeof(wanted));
	NdisFreeString(*name);
}

Test(instancename, a_miniport_and_a_binding_get_the_adapters_name)
{
	NDIS_STRING name;

	stack_up(&s);
	cr_assert_eq(NdisMQueryAdapterInstanceName(&name, s.a.handle), NDIS_STATUS_SUCCESS);
	expect_nic0(&name);
	cr_assert_eq(NdisQueryAdapterInstanceName(&name, stack_binding(&s, 0)->handle),
		     NDIS_STATUS_SUCCESS);
	expect_nic0(&name);
	stack_down(&s);
}

static void ask_while_binding(struct fake_binding *b)
{
	cr_expect_eq(NdisQueryBindInstanceName(&bind_name, b->bind_context), NDIS_STATUS_SUCCESS);
}

Test(instancename, a_protocol_gets_it_while_it_binds_and_not_later)
{
	s.p[0].bindings[0].on_bound = ask_while_binding;
	stack_up(&s);
	expect_nic0(&bind_name);
	cr_expect_neq(NdisQueryBindInstanceName(&bind_name, stack_binding(&s, 0)->bind_context),
		      NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("PR-BND-01", NULL));
	stack_down(&s);
}

Test(instancename, there_is_none_without_memory_or_with_a_wrong_handle)
{
	NDIS_STRING name;

	stack_up(&s);
	nrt_memory_fail_nth(1);
	cr_expect_eq(NdisMQueryAdapterInstanceName(&name, s.a.handle), NDIS_STATUS_RESOURCES);
	cr_expect_eq(NdisMQueryAdapterInstanceName(&name, NULL), NDIS_STATUS_RESOURCES);
	cr_expect(violations_are("MP-HLT-05", NULL));
	cr_expect_eq(NdisQueryAdapterInstanceName(&name, NULL), NDIS_STATUS_RESOURCES);
	cr_expect(violations_are("PR-UNB-03", NULL));
	stack_down(&s);
}

Test(instancename, RS_MEM_02_a_name_that_is_not_freed_is_reported)
{
	NDIS_STRING of_miniport, of_binding;

	stack_up(&s);
	NdisMQueryAdapterInstanceName(&of_miniport, s.a.handle);
	NdisQueryAdapterInstanceName(&of_binding, stack_binding(&s, 0)->handle);
	stack_down(&s);
	cr_expect(violations_are("MP-HLT-06", "RS-MEM-02", NULL));
	NdisFreeString(of_miniport);
	NdisFreeString(of_binding);
}
