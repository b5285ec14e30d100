/* SPDX-License-Identifier: BSD-3-Clause */
/* 16-bit strings inside the runtime. Any thread, any IRQL. */
#ifndef NRT_KE_UNICODE_H
#define NRT_KE_UNICODE_H

#include <stddef.h>

#include <ntdef.h>

/* Characters before the terminator. */
size_t nrt_wcslen(const WCHAR *s);

/* Pool tag of strings that the Rtl functions allocate. */
#define NRT_STRING_TAG 0x67727453U /* Strg */

#endif
