/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The runtime's side of an IRP: what it keeps before each one that it
 * allocated, whoever asked for it. Any thread, up to DISPATCH_LEVEL.
 */
#ifndef NRT_IO_IRP_H
#define NRT_IO_IRP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <wdm.h>

/* IRP.AllocationFlags: there is a struct nrt_irp around this one. */
#define NRT_IRP_OURS 0x80

/* IRP.Type of one that was freed; a while later its memory is reused. */
#define NRT_IRP_DEAD 0x44

/* Who is told when the last driver has completed it. */
enum nrt_irp_kind {
	NRT_IRP_DRIVER, /* IoAllocateIrp: nobody, its completion routine keeps it */
	NRT_IRP_BUILT,  /* IoBuild*Request: the caller's event, and it is freed */
	NRT_IRP_HOST,   /* file.c: the host's thread waits for @done */
};

struct nrt_irp {
	LIST_ENTRY all; /* under the lock of irp.c */
	enum nrt_irp_kind kind;
	char driver[24]; /* name of the last one it was sent to, for reports */
	_Atomic bool finished; /* whoever sets it tells the requester, once */
	KEVENT done;
	/* The requester's buffer that what a driver left in SystemBuffer is copied to. */
	void *copy_to;
	ULONG copy_max;
	IRP irp; /* its stack locations follow */
};

static inline struct nrt_irp *nrt_irp_of(PIRP irp)
{
	return CONTAINING_RECORD(irp, struct nrt_irp, irp);
}

/* One with @stack locations, or NULL. */
struct nrt_irp *nrt_irp_new(CCHAR stack, enum nrt_irp_kind kind);

/* Not in use any more; also by a driver that completes it again, which is noticed. */
void nrt_irp_free(struct nrt_irp *r);

/* "IRP_MJ_READ" */
const char *nrt_irp_major_name(UCHAR major);

/* violation.c: report what is bug check @code there ("0x44", "0xC9/0x226"): its name, the
 * driver that has @irp (may be NULL), and the callback come first. */
void nrt_io_violation(const char *code, PIRP irp, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* violation.c: @irp goes to @device's driver now. */
void nrt_irp_note_driver(PIRP irp, PDEVICE_OBJECT device);

/* complete.c: the requester gives up: true when nobody has completed @r, nor will. */
bool nrt_irp_abandon(struct nrt_irp *r);

/* csq.c: the cancel routine of what is in a cancel-safe queue. */
DRIVER_CANCEL nrt_csq_cancel;

/* buffers.c: lend @r the buffers of a read, write or control request, as the
 * device's flags or the control code say. STATUS_SUCCESS or
 * STATUS_INSUFFICIENT_RESOURCES; nrt_irp_collect in either case. */
NTSTATUS nrt_irp_lend_transfer(struct nrt_irp *r, ULONG device_flags, bool read, void *buffer,
			       ULONG length);
NTSTATUS nrt_irp_lend_control(struct nrt_irp *r, ULONG code, const void *in, ULONG in_length,
			      void *out, ULONG out_length);

/* Bring the data home and take the buffers back. */
void nrt_irp_collect(struct nrt_irp *r);

/* buffers.c: the end of an NRT_IRP_BUILT. */
void nrt_irp_built_done(struct nrt_irp *r);

/* Report IRPs that were never freed; the runtime stops. */
void nrt_irps_fini(void);

#endif
