/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What NDIS this is and what it has: its version, and its functions by name.
 * Called by drivers, mostly from DriverEntry.
 */
#include <dlfcn.h>
#include <string.h>

#include <ndis.h>

#include "../ke/irql.h"
#include "../ke/unicode.h"
#include "config.h"

#define LONGEST_NAME 128

UINT NdisGetVersion(VOID)
{
	nrt_check_irql("NdisGetVersion", DISPATCH_LEVEL);
	return NRT_NDIS_VERSION;
}

/* The handle of the shared object that holds this function, for dlsym. It is loaded, since
 * it runs; the reference that dlopen takes on it is given back at once. */
static void *own_library(void)
{
	static const char anchor;
	Dl_info own;
	void *library;

	if (dladdr(&anchor, &own) == 0)
		return NULL;
	library = dlopen(own.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	if (library != NULL)
		dlclose(library);
	return library;
}

/* dlsym also finds what is not NDIS's: the host's functions, the kernel's, other libraries'.
 * NDIS routines are known by their names. */
PVOID NdisGetRoutineAddress(PNDIS_STRING NdisRoutineName)
{
	char name[LONGEST_NAME];
	void *library;

	nrt_check_irql("NdisGetRoutineAddress", PASSIVE_LEVEL);
	if (!nrt_unicode_ascii(NdisRoutineName, name, sizeof(name)) ||
	    strncmp(name, "Ndis", 4) != 0)
		return NULL;
	library = own_library();
	return library != NULL ? dlsym(library, name) : NULL;
}
