/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * GUID and DEFINE_GUID. DEFINE_GUID declares, unless <initguid.h> was included
 * before: then it defines. Comes with ntdef.h.
 */
#ifndef NRT_DDK_GUIDDEF_H
#define NRT_DDK_GUIDDEF_H

#include <stdint.h>

#include "ddk_string.h"

#ifndef GUID_DEFINED
#define GUID_DEFINED
typedef struct _GUID {
	uint32_t Data1;
	uint16_t Data2;
	uint16_t Data3;
	uint8_t Data4[8];
} GUID, *PGUID, *LPGUID, IID, *LPIID, CLSID, UUID;
typedef const GUID *LPCGUID;
#endif

#ifdef __cplusplus
#define REFGUID const GUID &
#define REFIID const IID &
#define NRT_GUID_LINKAGE extern "C"
static inline bool operator==(const GUID &a, const GUID &b)
{
	return memcmp(&a, &b, sizeof(GUID)) == 0;
}
static inline bool operator!=(const GUID &a, const GUID &b)
{
	return !(a == b);
}
static inline int IsEqualGUID(const GUID &a, const GUID &b)
{
	return a == b;
}
#else
#define REFGUID const GUID *
#define REFIID const IID *
#define NRT_GUID_LINKAGE extern
#define IsEqualGUID(a, b) (memcmp((a), (b), sizeof(GUID)) == 0)
#endif
#define InlineIsEqualGUID(a, b) IsEqualGUID(a, b)
#define IsEqualIID(a, b) IsEqualGUID(a, b)

#endif

/* Outside the guard: <initguid.h> may come after the first inclusion. */
#undef DEFINE_GUID
#ifdef INITGUID
#ifdef _WIN32
#define NRT_GUID_SHARED __attribute__((selectany))
#else
#define NRT_GUID_SHARED __attribute__((weak, visibility("hidden")))
#endif
#ifdef __cplusplus
#define NRT_GUID_DEFINE(name) extern "C" const GUID name NRT_GUID_SHARED
#else
#define NRT_GUID_DEFINE(name) \
	extern const GUID name; \
	const GUID name NRT_GUID_SHARED
#endif
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
	NRT_GUID_DEFINE(name) = { l, w1, w2, { b1, b2, b3, b4, b5, b6, b7, b8 } }
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
	NRT_GUID_LINKAGE const GUID name
#endif
