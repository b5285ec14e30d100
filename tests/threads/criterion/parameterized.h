/* SPDX-License-Identifier: BSD-3-Clause */
/* See criterion.h: a test that runs once for each of an array's elements. */
#ifndef THREADS_CRITERION_PARAMETERIZED_H
#define THREADS_CRITERION_PARAMETERIZED_H

#include "criterion.h"

#define cr_make_param_array(Type, Array, Length, ...)                            \
	((struct criterion_test_params){ sizeof(Type), (void *)(Array), (Length) })

#define ParameterizedTestParameters(Suite, Name)                                 \
	static struct criterion_test_params Suite##_##Name##_params(void)

#define ParameterizedTest(Parameter, Suite, Name, ...)                           \
	static void Suite##_##Name##_test(Parameter);                            \
	THREADS_REGISTER(Suite##_##Name, .suite = #Suite, .name = #Name,         \
			 .params = Suite##_##Name##_params,                      \
			 .run_one = (void (*)(void *))Suite##_##Name##_test,     \
			 ##__VA_ARGS__)                                          \
	static void Suite##_##Name##_test(Parameter)

#endif
