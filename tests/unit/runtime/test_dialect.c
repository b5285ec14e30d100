/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A driver's dialect against the runtime's: dialect_driver.c is compiled with
 * a 2-byte wchar_t, this file is not, and both use the same headers.
 */
#include "recorder.h"

#include "dialect_driver.h"

TestSuite(dialect, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

Test(dialect, a_drivers_wchar_has_two_bytes_and_ours_is_unchanged)
{
	cr_expect_eq(dialect_wchar_size(), 2);
	cr_expect_eq(sizeof(L'x'), 4);
	cr_expect_eq(sizeof(WCHAR), 2);
	cr_expect_eq(sizeof(ULONG), 4);
}

Test(dialect, driver_entry_compares_a_literal_with_the_hosts_string)
{
	DRIVER_OBJECT object = { .DriverUnload = NULL };
	UNICODE_STRING path;

	RtlInitUnicodeString(&path, (PCWSTR)u"\\REGISTRY\\dialect");
	cr_expect_eq(DialectEntry(&object, &path), STATUS_SUCCESS);
	cr_assert_not_null(object.DriverUnload);
	object.DriverUnload(&object);
	RtlInitUnicodeString(&path, (PCWSTR)u"other");
	cr_expect_eq(DialectEntry(&object, &path), STATUS_OBJECT_NAME_INVALID);
}

Test(dialect, literals_pass_through_every_string_function)
{
	cr_expect(dialect_strings());
}

Test(dialect, unnamed_members_alignment_and_inlining_work)
{
	cr_expect_eq(dialect_members(), 42);
}

Test(dialect, a_guid_is_defined_where_initguid_was_included)
{
	cr_expect(dialect_guid());
}

Test(dialect, exception_blocks_leave_loops_alone)
{
	cr_expect_eq(dialect_loop(), 0 + 2 + 4);
}
