/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a driver may ask about the system it runs on: features of the processor, the
 * version of WDM, and who made the request that it serves. Up to DISPATCH_LEVEL.
 */
#include <wdm.h>

#if defined(__x86_64__)
#include <cpuid.h>

#define TSC (1U << 4) /* of leaf 1's EDX; the header has no name for it */
#endif

#include "irql.h"

BOOLEAN IoIsWdmVersionAvailable(UCHAR MajorVersion, UCHAR MinorVersion)
{
	nrt_check_irql("IoIsWdmVersionAvailable", PASSIVE_LEVEL);
	return MajorVersion < WDM_MAJORVERSION ||
	       (MajorVersion == WDM_MAJORVERSION && MinorVersion <= WDM_MINORVERSION);
}

KPROCESSOR_MODE ExGetPreviousMode(VOID)
{
	nrt_check_irql("ExGetPreviousMode", DISPATCH_LEVEL);
	return nrt_self.user_mode ? UserMode : KernelMode;
}

#if defined(__x86_64__)

static BOOLEAN has(unsigned int leaf, char reg, unsigned int bit)
{
	unsigned int a, b, c, d;

	if (__get_cpuid(leaf, &a, &b, &c, &d) == 0)
		return FALSE;
	return ((reg == 'c' ? c : d) & bit) != 0;
}

/* The architecture has some of them always. */
static BOOLEAN present(ULONG feature)
{
	switch (feature) {
	case PF_COMPARE_EXCHANGE_DOUBLE:
	case PF_MMX_INSTRUCTIONS_AVAILABLE:
	case PF_XMMI_INSTRUCTIONS_AVAILABLE:
	case PF_XMMI64_INSTRUCTIONS_AVAILABLE:
	case PF_SSE_DAZ_MODE_AVAILABLE:
	case PF_PAE_ENABLED:
	case PF_NX_ENABLED: /* and the system always enables it */
		return TRUE;
	case PF_RDTSC_INSTRUCTION_AVAILABLE:
		return has(1, 'd', TSC);
	case PF_SSE3_INSTRUCTIONS_AVAILABLE:
		return has(1, 'c', bit_SSE3);
	case PF_COMPARE_EXCHANGE128:
		return has(1, 'c', bit_CMPXCHG16B);
	case PF_XSAVE_ENABLED:
		return has(1, 'c', bit_OSXSAVE);
	case PF_3DNOW_INSTRUCTIONS_AVAILABLE:
		return has(0x80000001, 'd', bit_3DNOW);
	default:
		return FALSE;
	}
}

#else

static BOOLEAN present(ULONG feature)
{
	return feature == PF_COMPARE_EXCHANGE_DOUBLE || feature == PF_NX_ENABLED;
}

#endif

BOOLEAN ExIsProcessorFeaturePresent(ULONG ProcessorFeature)
{
	nrt_check_irql("ExIsProcessorFeaturePresent", PASSIVE_LEVEL);
	return present(ProcessorFeature);
}
