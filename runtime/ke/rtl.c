/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory comparison and fills, pseudo-random numbers, called by drivers at any
 * IRQL; and what system this is, at PASSIVE_LEVEL.
 */
#include <dlfcn.h>

#include <wdm.h>

#include "irql.h"

#define BUILD 22000 /* of NDIS 6.85 */

SIZE_T RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length)
{
	const UCHAR *a = Source1;
	const UCHAR *b = Source2;
	SIZE_T n = 0;

	while (n < Length && a[n] == b[n])
		n++;
	return n;
}

SIZE_T RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern)
{
	const ULONG *at = Source;
	SIZE_T n = 0;

	while (n < Length / sizeof(ULONG) && at[n] == Pattern)
		n++;
	return n * sizeof(ULONG);
}

VOID RtlFillMemoryUlong(PVOID Destination, SIZE_T Length, ULONG Pattern)
{
	ULONG *at = Destination;

	for (SIZE_T n = 0; n < Length / sizeof(Pattern); n++)
		at[n] = Pattern;
}

VOID RtlFillMemoryUlonglong(PVOID Destination, SIZE_T Length, ULONGLONG Pattern)
{
	ULONGLONG *at = Destination;

	for (SIZE_T n = 0; n < Length / sizeof(Pattern); n++)
		at[n] = Pattern;
}

PVOID RtlSecureZeroMemory(PVOID ptr, SIZE_T cnt)
{
	explicit_bzero(ptr, cnt);
	return ptr;
}

BOOLEAN RtlIsZeroMemory(PVOID Buffer, SIZE_T Length)
{
	const UCHAR *at = Buffer;

	for (SIZE_T n = 0; n < Length; n++)
		if (at[n] != 0)
			return FALSE;
	return TRUE;
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

/* ---------------------------------------------------------------- system */

NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW lpVersionInformation)
{
	ULONG size = lpVersionInformation->dwOSVersionInfoSize;
	RTL_OSVERSIONINFOEXW version = {
		.dwOSVersionInfoSize = size,
		.dwMajorVersion = 10,
		.dwBuildNumber = BUILD,
		.dwPlatformId = VER_PLATFORM_WIN32_NT,
		.wProductType = VER_NT_WORKSTATION,
	};

	nrt_check_irql("RtlGetVersion", PASSIVE_LEVEL);
	/* Any other size is taken for the smaller structure, which it must have. */
	memcpy(lpVersionInformation, &version,
	       size == sizeof(version) ? sizeof(version) : sizeof(*lpVersionInformation));
	return STATUS_SUCCESS;
}

/* Only what lies in the same object as this: not the C library's, nor a driver's. */
PVOID MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName)
{
	USHORT n = SystemRoutineName->Length / sizeof(WCHAR);
	Dl_info own, found;
	char name[128];
	void *routine;

	nrt_check_irql("MmGetSystemRoutineAddress", PASSIVE_LEVEL);
	if (n >= sizeof(name))
		return NULL;
	for (USHORT i = 0; i < n; i++)
		name[i] = (char)(SystemRoutineName->Buffer[i] < 0x80 ? SystemRoutineName->Buffer[i]
								     : '?');
	name[n] = '\0';
	routine = dlsym(RTLD_DEFAULT, name);
	if (routine == NULL || strncmp(name, "nrt_", 4) == 0 || dladdr(routine, &found) == 0 ||
	    dladdr((void *)(ULONG_PTR)RtlGetVersion, &own) == 0 || found.dli_fbase != own.dli_fbase)
		return NULL;
	return routine;
}

BOOLEAN PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber,
		     PUNICODE_STRING CSDVersion)
{
	RTL_OSVERSIONINFOW version = { .dwOSVersionInfoSize = sizeof(version) };

	nrt_check_irql("PsGetVersion", PASSIVE_LEVEL);
	RtlGetVersion(&version);
	if (MajorVersion != NULL)
		*MajorVersion = version.dwMajorVersion;
	if (MinorVersion != NULL)
		*MinorVersion = version.dwMinorVersion;
	if (BuildNumber != NULL)
		*BuildNumber = version.dwBuildNumber;
	if (CSDVersion != NULL) /* no service pack */
		memset(CSDVersion, 0, sizeof(*CSDVersion));
	return FALSE;
}
