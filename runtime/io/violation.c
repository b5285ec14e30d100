/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reports of what the I/O manager stops a system for: the code and name of the
 * bug check, the driver and the callback it was in. Any thread.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../ndis/driver.h"
#include "../thread.h"
#include "../verifier.h"
#include "device.h"
#include "irp.h"

static const char *name_of(const char *code)
{
	static const struct {
		const char *code;
		const char *name;
	} names[] = {
		{ "0x35", "NO_MORE_IRP_STACK_LOCATIONS" },
		{ "0x44", "MULTIPLE_IRP_COMPLETE_REQUESTS" },
		{ "0x48", "CANCEL_STATE_IN_COMPLETED_IRP" },
		{ "0xC9", "DRIVER_VERIFIER_IOMANAGER_VIOLATION" },
	};

	for (size_t i = 0; i < RTL_NUMBER_OF(names); i++)
		if (strncmp(code, names[i].code, 4) == 0)
			return names[i].name;
	return code;
}

void nrt_irp_note_driver(PIRP irp, PDEVICE_OBJECT device)
{
	struct nrt_irp *r = nrt_irp_of(irp);
	const char *name;

	if (!(irp->AllocationFlags & NRT_IRP_OURS))
		return;
	name = CONTAINING_RECORD(device->DriverObject, struct nrt_driver, object)->name;
	snprintf(r->driver, sizeof(r->driver), "%s", name);
}

void nrt_io_violation(const char *code, PIRP irp, const char *fmt, ...)
{
	bool ours = irp != NULL && (irp->Type == IO_TYPE_IRP || irp->Type == NRT_IRP_DEAD) &&
		    (irp->AllocationFlags & NRT_IRP_OURS);
	const struct nrt_driver *entering = nrt_driver_entering();
	const char *driver = entering != NULL ? entering->name : "not known";
	const char *callback = nrt_self.callback != NULL ? nrt_self.callback : "no callback";
	char text[160];
	va_list args;

	if (ours && nrt_irp_of(irp)->driver[0] != '\0')
		driver = nrt_irp_of(irp)->driver;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (irp == NULL)
		nrt_violation(code, "%s: driver %s, in %s: %s", name_of(code), driver, callback,
			      text);
	else
		nrt_violation(code, "%s: driver %s, in %s: IRP %p %s", name_of(code), driver,
			      callback, (void *)irp, text);
}
