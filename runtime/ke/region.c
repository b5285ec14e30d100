/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Critical and guarded regions, in which a thread on the other system gets no
 * APC. There is no APC here: a region is a count of the thread's, which locks
 * ask for. Called by drivers below DISPATCH_LEVEL.
 */
#include "region.h"

#include <wdm.h>

#include "irql.h"
#include "verifier.h"

void nrt_check_region(const char *ddi)
{
	if (nrt_verifying && !nrt_region_entered())
		nrt_violation("RS-LCK-01", "%s called outside of a critical region", ddi);
}

VOID KeEnterCriticalRegion(VOID)
{
	nrt_check_irql("KeEnterCriticalRegion", APC_LEVEL);
	nrt_self.critical++;
}

static void leave(const char *ddi, uint32_t *count)
{
	nrt_check_irql(ddi, APC_LEVEL);
	if (*count == 0) {
		nrt_violation("RS-LCK-01", "%s: this thread is in no such region", ddi);
		return;
	}
	(*count)--;
}

VOID KeLeaveCriticalRegion(VOID)
{
	leave("KeLeaveCriticalRegion", &nrt_self.critical);
}

VOID KeEnterGuardedRegion(VOID)
{
	nrt_check_irql("KeEnterGuardedRegion", APC_LEVEL);
	nrt_self.guarded++;
}

VOID KeLeaveGuardedRegion(VOID)
{
	leave("KeLeaveGuardedRegion", &nrt_self.guarded);
}

BOOLEAN KeAreApcsDisabled(VOID)
{
	nrt_check_irql("KeAreApcsDisabled", DISPATCH_LEVEL);
	return nrt_self.critical != 0 || nrt_self.guarded != 0;
}

BOOLEAN KeAreAllApcsDisabled(VOID)
{
	nrt_check_irql("KeAreAllApcsDisabled", DISPATCH_LEVEL);
	return nrt_self.guarded != 0 || nrt_self.irql >= APC_LEVEL;
}
