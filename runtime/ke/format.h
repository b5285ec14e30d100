/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * printf in the other system's dialect: long is 32 bits, %I64 and %I32 are
 * sizes, %s and %c follow the width of the format string and %S and %C are the
 * other width, %Z and %wZ are counted strings, %p is 16 hex digits. No
 * floating point, as in its kernel.
 */
#ifndef NRT_KE_FORMAT_H
#define NRT_KE_FORMAT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <ntdef.h>

/* Where the characters go; @wide only says what put() is given. */
struct nrt_sink {
	void (*put)(struct nrt_sink *sink, WCHAR c);
	bool wide;
};

/* @fmt is PCWSTR when @sink->wide, else PCSTR. */
void nrt_format(struct nrt_sink *sink, const void *fmt, va_list args);

#endif
