/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The calling thread's last error, one line. Control threads only.
 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

#include <nrt/nrt.h>

static __thread char last_error[512];

int nrt_fail(int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(last_error, sizeof(last_error), fmt, args);
	va_end(args);
	return code;
}

const char *nrt_last_error(void)
{
	return last_error;
}
