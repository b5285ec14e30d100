/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The structured exception keywords, as far as they are provided.
 */
#include "recorder.h"

TestSuite(seh, .timeout = 60);

static int trace;

static void mark(int digit)
{
	trace = trace * 10 + digit;
}

Test(seh, a_handler_is_not_run_when_nothing_was_raised)
{
	__try {
		mark(1);
	} __except (EXCEPTION_EXECUTE_HANDLER) {
		mark(2);
	}
	mark(3);
	cr_expect_eq(trace, 13);
}

static int filter_calls;

static int filter(ULONG code)
{
	(void)code;
	return ++filter_calls;
}

Test(seh, a_filter_is_not_evaluated_when_nothing_was_raised)
{
	__try {
		mark(1);
	} __except (filter(GetExceptionCode())) {
		mark(2);
	}
	cr_expect_eq(filter_calls, 0);
}

Test(seh, leave_goes_to_the_end_of_its_own_block)
{
	__try {
		mark(1);
		__try {
			mark(2);
			if (trace == 12)
				__leave;
			mark(9);
		} __finally {
			mark(3);
		}
		mark(4);
		__leave;
		mark(9);
	} __except (EXCEPTION_EXECUTE_HANDLER) {
		mark(9);
	}
	cr_expect_eq(trace, 1234);
}

Test(seh, break_and_continue_reach_the_loop_around_the_block)
{
	int i;

	for (i = 0; i < 10; i++) {
		__try {
			if (i < 3)
				continue;
			if (i == 5)
				break;
			mark(i);
		} __except (EXCEPTION_EXECUTE_HANDLER) {
			mark(9);
		}
	}
	cr_expect_eq(i, 5);
	cr_expect_eq(trace, 34);
}

static int returns_from_a_block(void)
{
	__try {
		return 7;
	} __except (EXCEPTION_EXECUTE_HANDLER) {
		return 8;
	}
}

Test(seh, a_block_may_return)
{
	cr_expect_eq(returns_from_a_block(), 7);
}

Test(seh, a_termination_block_knows_that_nothing_was_abnormal)
{
	__try {
		mark(1);
	} __finally {
		mark(AbnormalTermination() ? 9 : 2);
	}
	cr_expect_eq(trace, 12);
}
