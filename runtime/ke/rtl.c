/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory comparison and pseudo-random numbers. Called by drivers at any IRQL.
 */
#include <wdm.h>

SIZE_T RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length)
{
	const UCHAR *a = Source1;
	const UCHAR *b = Source2;
	SIZE_T n = 0;

	while (n < Length && a[n] == b[n])
		n++;
	return n;
}

PVOID RtlSecureZeroMemory(PVOID ptr, SIZE_T cnt)
{
	explicit_bzero(ptr, cnt);
	return ptr;
}

/* Uniform on 0..MAXLONG-1 [nf-ntddk-rtlrandomex]; the seed is the whole state. */
ULONG RtlRandomEx(PULONG Seed)
{
	ULONGLONG next = *Seed * 48271ULL % MAXLONG; /* Lehmer, modulus 2^31 - 1 */

	if (next == 0)
		next = 1;
	*Seed = (ULONG)next;
	return (ULONG)next;
}

ULONG RtlRandom(PULONG Seed)
{
	return RtlRandomEx(Seed);
}
