/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IRQL as drivers see it. Called on any thread at any IRQL; the level belongs
 * to the thread, and DISPATCH_LEVEL to one that holds an emulated processor.
 */
#include "irql.h"

#include <string.h>

#include <wdm.h>

static const char *irql_name(KIRQL irql)
{
	static const char *const names[] = { "PASSIVE_LEVEL", "APC_LEVEL", "DISPATCH_LEVEL" };

	return irql < RTL_NUMBER_OF(names) ? names[irql] : "DIRQL";
}

/* Some callbacks run at an IRQL that few functions are for, and have a rule that says so. */
static const char *broken_rule(void)
{
	const char *callback = nrt_self.irql > DISPATCH_LEVEL ? nrt_self.callback : NULL;

	if (callback == NULL)
		return "RS-IRQL-01";
	if (strcmp(callback, "MiniportInterrupt") == 0 ||
	    strcmp(callback, "MiniportMessageInterrupt") == 0)
		return "RS-INT-01";
	return strcmp(callback, "MiniportShutdownEx") == 0 ? "MP-SHU-01" : "RS-IRQL-01";
}

void nrt_report_irql(const char *ddi, KIRQL max)
{
	nrt_violation(broken_rule(), "%s called at %s, allowed up to %s", ddi,
		      irql_name(nrt_self.irql), irql_name(max));
}

KIRQL KeGetCurrentIrql(VOID)
{
	return nrt_self.irql;
}

/* Raising to a lower level is a fatal error there [nf-wdm-keraiseirql]. */
KIRQL KfRaiseIrql(KIRQL NewIrql)
{
	if (NewIrql < nrt_self.irql)
		nrt_violation("RS-IRQL-01", "KeRaiseIrql from %u down to %u", nrt_self.irql,
			      NewIrql);
	return nrt_irql_raise(NewIrql);
}

KIRQL KeRaiseIrqlToDpcLevel(VOID)
{
	return KfRaiseIrql(DISPATCH_LEVEL);
}

VOID KeLowerIrql(KIRQL NewIrql)
{
	if (NewIrql > nrt_self.irql) {
		nrt_violation("RS-IRQL-01", "KeLowerIrql from %u up to %u", nrt_self.irql, NewIrql);
		return;
	}
	if (NewIrql < DISPATCH_LEVEL && nrt_self.locks != 0)
		nrt_violation("RS-LCK-01", "IRQL lowered to %u with %u spin locks held", NewIrql,
			      nrt_self.locks);
	nrt_irql_lower(NewIrql);
}
