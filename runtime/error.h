/* SPDX-License-Identifier: BSD-3-Clause */
/* The one line behind a failed nrt_ call; see nrt_last_error() in nrt.h. */
#ifndef NRT_ERROR_H
#define NRT_ERROR_H

/* Note the line for the calling thread and return @code (a -errno). */
int nrt_fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
