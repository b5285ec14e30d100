/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A miniport's log: a ring that it writes and its host reads.
 */
#include <string.h>

#include "contract.h"

#include "ke/memory.h"

TestSuite(log, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;
static NDIS_HANDLE handle;

static void up(UINT size)
{
	stack_up(&s);
	cr_assert_eq(NdisMCreateLog(s.a.handle, size, &handle), NDIS_STATUS_SUCCESS);
}

static void down(void)
{
	NdisMCloseLog(handle);
	stack_down(&s);
}

static void write_text(const char *text)
{
	cr_expect_eq(NdisMWriteLogData(handle, (PVOID)(ULONG_PTR)text, (UINT)strlen(text)),
		     NDIS_STATUS_SUCCESS);
}

static const char *read_text(size_t size)
{
	static char text[64];

	text[nrt_adapter_log_read(s.adapter, text, size)] = '\0';
	return text;
}

Test(log, bytes_are_read_in_the_order_in_which_they_were_written_and_once)
{
	up(16);
	cr_expect_str_eq(read_text(60), "");
	write_text("one ");
	write_text("two");
	cr_expect_str_eq(read_text(5), "one t");
	write_text("!");
	cr_expect_str_eq(read_text(60), "wo!");
	cr_expect_str_eq(read_text(60), "");
	down();
}

Test(log, old_bytes_give_way_to_new_ones)
{
	up(8);
	write_text("abcdef");
	write_text("ghijk");
	cr_expect_str_eq(read_text(60), "defghijk");
	write_text("12345678");
	write_text("9");
	cr_expect_str_eq(read_text(60), "23456789");
	down();
}

Test(log, data_larger_than_the_log_is_refused_and_changes_nothing)
{
	char data[9] = "";

	up(8);
	write_text("abc");
	cr_expect_eq(NdisMWriteLogData(handle, data, sizeof(data)), NDIS_STATUS_BUFFER_OVERFLOW);
	cr_expect_str_eq(read_text(60), "abc");
	down();
}

Test(log, a_flush_forgets_what_is_in_it)
{
	up(8);
	write_text("abcdefgh");
	NdisMFlushLog(handle);
	cr_expect_str_eq(read_text(60), "");
	write_text("xy");
	cr_expect_str_eq(read_text(60), "xy");
	down();
}

Test(log, there_is_one_of_an_adapter_and_another_after_it_is_closed)
{
	NDIS_HANDLE second;

	up(8);
	cr_expect_eq(NdisMCreateLog(s.a.handle, 8, &second), NDIS_STATUS_FAILURE);
	NdisMCloseLog(handle);
	cr_expect_eq(nrt_adapter_log_read(s.adapter, &second, 1), 0);
	cr_assert_eq(NdisMCreateLog(s.a.handle, 8, &handle), NDIS_STATUS_SUCCESS);
	down();
}

Test(log, there_is_none_without_memory)
{
	stack_up(&s);
	nrt_memory_fail_nth(1);
	cr_expect_eq(NdisMCreateLog(s.a.handle, 8, &handle), NDIS_STATUS_RESOURCES);
	stack_down(&s);
}

Test(log, MP_HLT_05_a_handle_that_is_no_log_is_reported)
{
	int other;

	up(8);
	cr_expect_neq(NdisMWriteLogData(NULL, &other, 1), NDIS_STATUS_SUCCESS);
	NdisMFlushLog(&other);
	NdisMCloseLog(&other);
	cr_expect(violations_are("MP-HLT-05", "MP-HLT-05", "MP-HLT-05", NULL));
	down();
}

Test(log, MP_HLT_06_one_that_is_left_is_reported)
{
	up(8);
	stack_down(&s);
	cr_expect(violations_are("MP-HLT-06", NULL));
	nrt_memory_free(handle, 0);
}
