/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisWriteErrorLogEntry: the line an administrator reads.
 */
#include "contract.h"
#include <criterion/redirect.h>

TestSuite(errorlog, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;

Test(errorlog, an_entry_names_the_adapter_the_error_and_the_values)
{
	stack_up(&s);
	cr_redirect_stderr();
	NdisWriteErrorLogEntry(s.a.handle, NDIS_ERROR_CODE_HARDWARE_FAILURE, 2, 0x10, 0xDEADBEEF);
	NdisWriteErrorLogEntry(s.a.handle, NDIS_ERROR_CODE_NETWORK_ADDRESS, 0);
	NdisWriteErrorLogEntry(s.a.handle, 0x12345678, 1, 0);
	fflush(stderr);
	cr_expect_stderr_eq_str(
		"pollport: nic0: hardware failure (error 0xC000138A), values 0x00000010 0xDEADBEEF\n"
		"pollport: nic0: invalid network address (error 0xC0001390)\n"
		"pollport: nic0: unknown error (error 0x12345678), values 0x00000000\n");
	stack_down(&s);
}

Test(errorlog, an_entry_of_many_values_is_cut)
{
	stack_up(&s);
	cr_redirect_stderr();
	NdisWriteErrorLogEntry(s.a.handle, NDIS_ERROR_CODE_TIMEOUT, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
			       11, 12, 13, 14, 15, 16, 17, 18);
	fflush(stderr);
	cr_expect_stderr_eq_str(
		"pollport: nic0: time-out (error 0x8000138F), values 0x00000001 0x00000002 "
		"0x00000003 0x00000004 0x00000005 0x00000006 0x00000007 0x00000008 0x00000009 "
		"0x0000000A 0x0000000B 0x0000000C 0x0000000D 0x0000000E 0x0000000F 0x00000010\n");
	stack_down(&s);
}

Test(errorlog, MP_HLT_05_a_halted_adapter_logs_nothing)
{
	stack_up(&s);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_redirect_stderr();
	NdisWriteErrorLogEntry(s.a.handle, NDIS_ERROR_CODE_TIMEOUT, 0);
	fflush(stderr);
	cr_expect_stderr_eq_str("");
	cr_expect(violations_are("MP-HLT-05", NULL));
	stack_down(&s);
}
