/* SPDX-License-Identifier: BSD-3-Clause */
/* 16-bit strings inside the runtime. Any thread, any IRQL. */
#ifndef NRT_KE_UNICODE_H
#define NRT_KE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>

#include <ntdef.h>

/* Characters before the terminator. */
size_t nrt_wcslen(const WCHAR *s);

/* @from with a terminator; false when it is not all ASCII, has a null character in it or
 * is too long for @size, as no name the runtime knows is. */
bool nrt_unicode_ascii(const UNICODE_STRING *from, char *to, size_t size);

/* Pool tag of strings that the Rtl functions allocate. */
#define NRT_STRING_TAG 0x67727453U /* Strg */

#endif
