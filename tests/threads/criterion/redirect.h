/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See criterion.h. Tests of what is printed have nothing to do with threads: they skip.
 */
#ifndef THREADS_CRITERION_REDIRECT_H
#define THREADS_CRITERION_REDIRECT_H

#include "criterion.h"

#define cr_redirect_stderr() threads_skip()
#define cr_get_redirected_stderr() stderr
#define cr_expect_stderr_eq_str(Text, ...) ((void)(Text))

#endif
