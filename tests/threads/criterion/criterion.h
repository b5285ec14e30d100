/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * As much of Criterion as our tests use, for ThreadSanitizer builds: Criterion keeps its
 * tests in memory at addresses that ThreadSanitizer does not let a program have, so it
 * does not start there. Each test is a process, as with Criterion; runner.c runs them.
 */
#ifndef THREADS_CRITERION_H
#define THREADS_CRITERION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct criterion_test_params {
	size_t size;
	void *params;
	size_t length;
};

struct threads_test {
	const char *suite, *name;                     /* no name: the suite's own entry */
	void (*run)(void);
	struct criterion_test_params (*params)(void); /* then run_one instead of run */
	void (*run_one)(void *);
	void (*init)(void), (*fini)(void);
	double timeout;                               /* seconds */
	struct threads_test *next;
};

void threads_register(struct threads_test *test);

/* Print where and why; fatal ends the test. */
void threads_failed(bool fatal, const char *file, int line, const char *what, const char *format,
		    ...) __attribute__((format(printf, 5, 6)));
void threads_skip(void) __attribute__((noreturn));

#define THREADS_REGISTER(Id, ...)                                                \
	__attribute__((constructor)) static void Id##_register(void)             \
	{                                                                        \
		static struct threads_test test = { __VA_ARGS__ };               \
		threads_register(&test);                                         \
	}

#define TestSuite(Suite, ...) THREADS_REGISTER(Suite##_suite, .suite = #Suite, __VA_ARGS__)

#define Test(Suite, Name, ...)                                                   \
	static void Suite##_##Name##_test(void);                                 \
	THREADS_REGISTER(Suite##_##Name, .suite = #Suite, .name = #Name,         \
			 .run = Suite##_##Name##_test, ##__VA_ARGS__)            \
	static void Suite##_##Name##_test(void)

#define THREADS_CHECK(Fatal, Holds, What, ...)                                   \
	((Holds) ? (void)0 : threads_failed(Fatal, __FILE__, __LINE__, What, " " __VA_ARGS__))

#define cr_assert(C, ...) THREADS_CHECK(true, C, #C, __VA_ARGS__)
#define cr_expect(C, ...) THREADS_CHECK(false, C, #C, __VA_ARGS__)
#define cr_assert_not(C, ...) THREADS_CHECK(true, !(C), "not " #C, __VA_ARGS__)
#define cr_expect_not(C, ...) THREADS_CHECK(false, !(C), "not " #C, __VA_ARGS__)
#define cr_assert_fail(...) THREADS_CHECK(true, false, "failed", __VA_ARGS__)
#define cr_expect_fail(...) THREADS_CHECK(false, false, "failed", __VA_ARGS__)
#define cr_assert_null(P, ...) THREADS_CHECK(true, (P) == NULL, #P " is NULL", __VA_ARGS__)
#define cr_expect_null(P, ...) THREADS_CHECK(false, (P) == NULL, #P " is NULL", __VA_ARGS__)
#define cr_assert_not_null(P, ...) THREADS_CHECK(true, (P) != NULL, #P " is not NULL", __VA_ARGS__)
#define cr_expect_not_null(P, ...) THREADS_CHECK(false, (P) != NULL, #P " is not NULL", __VA_ARGS__)
#define cr_assert_eq(A, B, ...) THREADS_CHECK(true, (A) == (B), #A " == " #B, __VA_ARGS__)
#define cr_expect_eq(A, B, ...) THREADS_CHECK(false, (A) == (B), #A " == " #B, __VA_ARGS__)
#define cr_assert_neq(A, B, ...) THREADS_CHECK(true, (A) != (B), #A " != " #B, __VA_ARGS__)
#define cr_expect_neq(A, B, ...) THREADS_CHECK(false, (A) != (B), #A " != " #B, __VA_ARGS__)
#define cr_assert_lt(A, B, ...) THREADS_CHECK(true, (A) < (B), #A " < " #B, __VA_ARGS__)
#define cr_expect_lt(A, B, ...) THREADS_CHECK(false, (A) < (B), #A " < " #B, __VA_ARGS__)
#define cr_assert_leq(A, B, ...) THREADS_CHECK(true, (A) <= (B), #A " <= " #B, __VA_ARGS__)
#define cr_expect_leq(A, B, ...) THREADS_CHECK(false, (A) <= (B), #A " <= " #B, __VA_ARGS__)
#define cr_assert_gt(A, B, ...) THREADS_CHECK(true, (A) > (B), #A " > " #B, __VA_ARGS__)
#define cr_expect_gt(A, B, ...) THREADS_CHECK(false, (A) > (B), #A " > " #B, __VA_ARGS__)
#define cr_assert_geq(A, B, ...) THREADS_CHECK(true, (A) >= (B), #A " >= " #B, __VA_ARGS__)
#define cr_expect_geq(A, B, ...) THREADS_CHECK(false, (A) >= (B), #A " >= " #B, __VA_ARGS__)
#define cr_expect_str_eq(A, B, ...)                                              \
	THREADS_CHECK(false, strcmp(A, B) == 0, #A " is " #B, __VA_ARGS__)
#define cr_assert_arr_eq(A, B, N, ...)                                           \
	THREADS_CHECK(true, memcmp(A, B, N) == 0, #A " is " #B, __VA_ARGS__)
#define cr_expect_arr_eq(A, B, N, ...)                                           \
	THREADS_CHECK(false, memcmp(A, B, N) == 0, #A " is " #B, __VA_ARGS__)
#define cr_skip_test(...) threads_skip()

#endif
