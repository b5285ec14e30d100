/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisWriteErrorLogEntry, NdisWriteEventLogEntry: the line an administrator reads.
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

/* ---------------------------------------------------------------------- events */

Test(errorlog, an_event_shows_its_strings_and_data)
{
	WCHAR name[] = { 'p', 'r', 'o', 't', 'o', 0 }, what[] = { 'n', 0x00E4, 'h', 'e', 0 };
	PWSTR strings[] = { name, what };
	UCHAR data[] = { 0x01, 0xAB, 0xCD };

	cr_redirect_stderr();
	cr_expect_eq(NdisWriteEventLogEntry(NULL, NDIS_STATUS_MEDIA_CONNECT, 7, 2, strings,
					    sizeof(data), data),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisWriteEventLogEntry(NULL, NDIS_STATUS_FAILURE, 1, 0, NULL, 0, NULL),
		     NDIS_STATUS_SUCCESS);
	fflush(stderr);
	cr_expect_stderr_eq_str("pollport: event 0x4001000B, 7: proto n?he, data 01 ab cd\n"
				"pollport: event 0xC0000001, 1:\n");
}

Test(errorlog, an_event_of_more_than_an_entry_holds_is_not_logged)
{
	WCHAR name[] = { 0 };
	PWSTR strings[] = { name };
	UCHAR data[MAX_EVENT_LOG_DATA_SIZE] = { 0 };

	cr_redirect_stderr();
	cr_expect_eq(NdisWriteEventLogEntry(NULL, 0, 0, 1, strings, sizeof(data) - 4, data),
		     NDIS_STATUS_SUCCESS);
	fflush(stderr);
	/* The string takes two bytes; with padding, one more of data is four. */
	cr_expect_eq(NdisWriteEventLogEntry(NULL, 0, 0, 1, strings, sizeof(data) - 3, data),
		     NDIS_STATUS_BUFFER_TOO_SHORT);
	cr_expect_eq(NdisWriteEventLogEntry(NULL, 0, 0, 0, NULL, 0xFFFFFFFF, data),
		     NDIS_STATUS_BUFFER_TOO_SHORT);
}
