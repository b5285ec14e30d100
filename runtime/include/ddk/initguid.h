/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Included by a driver in one source file before the headers whose GUIDs it
 * wants defined: DEFINE_GUID defines from here on.
 */
#ifndef INITGUID
#define INITGUID
#endif
#undef NRT_GUID_DEFINE
#include "guiddef.h"
