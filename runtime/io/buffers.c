/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The buffers of reads, writes and control requests, as a device's flags or a
 * control code ask for them: a copy, an MDL over the requester's own, or its
 * bare address; and the requests that drivers build from them. The requester's
 * thread, and the one that completes what a driver built.
 * [N/kernel: methods for accessing data buffers]
 */
#include <string.h>

#include "../ke/irql.h"
#include "../ke/mdl.h"
#include "../ke/memory.h"
#include "irp.h"

#define BUFFER_TAG 0x42206f49 /* Io B */

/* An MDL whose pages are there and mapped, as all are here. */
static NTSTATUS lend_pages(struct nrt_irp *r, void *buffer, ULONG length, bool written)
{
	PMDL mdl = nrt_mdl_alloc(buffer, length, NULL);

	if (mdl == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	MmBuildMdlForNonPagedPool(mdl);
	mdl->MdlFlags = (CSHORT)((mdl->MdlFlags & ~MDL_SOURCE_IS_NONPAGED_POOL) |
				 MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA |
				 (written ? MDL_WRITE_OPERATION : 0));
	r->irp.MdlAddress = mdl;
	return STATUS_SUCCESS;
}

/* A system buffer of @size bytes that begins with @in and, if @out is not NULL, ends there. */
static NTSTATUS lend_copy(struct nrt_irp *r, ULONG size, const void *in, ULONG in_length,
			  void *out, ULONG out_length)
{
	void *copy = nrt_memory_zalloc(size, BUFFER_TAG, NULL);

	if (copy == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (in_length != 0)
		memcpy(copy, in, in_length);
	r->irp.AssociatedIrp.SystemBuffer = copy;
	r->irp.Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
	if (out != NULL) {
		r->irp.Flags |= IRP_INPUT_OPERATION;
		r->copy_to = out;
		r->copy_max = out_length;
	}
	return STATUS_SUCCESS;
}

NTSTATUS nrt_irp_lend_transfer(struct nrt_irp *r, ULONG device_flags, bool read, void *buffer,
			       ULONG length)
{
	r->irp.UserBuffer = buffer;
	r->irp.Flags |= read ? IRP_READ_OPERATION : IRP_WRITE_OPERATION;
	if ((device_flags & DO_BUFFERED_IO) && (device_flags & DO_DIRECT_IO))
		nrt_io_violation("0xC9/0x245", &r->irp,
				 "goes to a device with DO_BUFFERED_IO and DO_DIRECT_IO");
	if (length == 0)
		return STATUS_SUCCESS;
	if (device_flags & DO_BUFFERED_IO)
		return lend_copy(r, length, buffer, read ? 0 : length, read ? buffer : NULL,
				 length);
	if (device_flags & DO_DIRECT_IO)
		return lend_pages(r, buffer, length, read);
	return STATUS_SUCCESS;
}

NTSTATUS nrt_irp_lend_control(struct nrt_irp *r, ULONG code, const void *in, ULONG in_length,
			      void *out, ULONG out_length)
{
	ULONG method = METHOD_FROM_CTL_CODE(code);
	NTSTATUS status = STATUS_SUCCESS;

	if (method == METHOD_NEITHER) {
		r->irp.UserBuffer = out;
		IoGetNextIrpStackLocation(&r->irp)->Parameters.DeviceIoControl.Type3InputBuffer =
			(PVOID)(ULONG_PTR)in;
		return STATUS_SUCCESS;
	}
	if (method == METHOD_BUFFERED) {
		ULONG size = max(in_length, out_length);

		r->irp.UserBuffer = out;
		return size == 0 ? status
				 : lend_copy(r, size, in, in_length, out_length != 0 ? out : NULL,
					     out_length);
	}
	if (in_length != 0)
		status = lend_copy(r, in_length, in, in_length, NULL, 0);
	if (status == STATUS_SUCCESS && out_length != 0)
		status = lend_pages(r, out, out_length, method == METHOD_OUT_DIRECT);
	return status;
}

void nrt_irp_collect(struct nrt_irp *r)
{
	PIRP irp = &r->irp;
	ULONG_PTR n = irp->IoStatus.Information;

	if (r->copy_to != NULL && !NT_ERROR(irp->IoStatus.Status)) {
		if (n > r->copy_max) {
			nrt_io_violation("0xC9/0x200", irp,
					 "has %llu bytes in a buffer that holds %u",
					 (unsigned long long)n, r->copy_max);
			n = irp->IoStatus.Information = r->copy_max;
		}
		memcpy(r->copy_to, irp->AssociatedIrp.SystemBuffer, n);
	}
	r->copy_to = NULL;
	if (irp->Flags & IRP_DEALLOCATE_BUFFER)
		nrt_memory_free(irp->AssociatedIrp.SystemBuffer, BUFFER_TAG);
	irp->Flags &= ~(ULONG)(IRP_DEALLOCATE_BUFFER | IRP_INPUT_OPERATION);
	irp->AssociatedIrp.SystemBuffer = NULL;
	while (irp->MdlAddress != NULL) {
		PMDL mdl = irp->MdlAddress;

		irp->MdlAddress = mdl->Next;
		if ((mdl->MdlFlags & MDL_PAGES_LOCKED) != 0) /* a driver's may not be */
			MmUnlockPages(mdl);
		IoFreeMdl(mdl);
	}
}

/* ------------------------------------------------------- drivers' own requests */

void nrt_irp_built_done(struct nrt_irp *r)
{
	PKEVENT event = r->irp.UserEvent;

	nrt_irp_collect(r);
	if (r->irp.UserIosb != NULL)
		*r->irp.UserIosb = r->irp.IoStatus;
	nrt_irp_free(r);
	if (event != NULL)
		KeSetEvent(event, IO_NO_INCREMENT, FALSE); /* the requester's stack may go */
}

static struct nrt_irp *build(PDEVICE_OBJECT device, ULONG major, PKEVENT event,
			     PIO_STATUS_BLOCK status)
{
	struct nrt_irp *r = nrt_irp_new(device->StackSize, NRT_IRP_BUILT);

	if (r == NULL)
		return NULL;
	r->irp.RequestorMode = KernelMode;
	r->irp.UserEvent = event;
	r->irp.UserIosb = status;
	r->irp.Tail.Overlay.Thread = KeGetCurrentThread();
	IoGetNextIrpStackLocation(&r->irp)->MajorFunction = (UCHAR)major;
	return r;
}

static PIRP built(struct nrt_irp *r, NTSTATUS status)
{
	if (status == STATUS_SUCCESS)
		return &r->irp;
	r->irp.IoStatus.Status = status;
	nrt_irp_collect(r);
	nrt_irp_free(r);
	return NULL;
}

PIRP IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject,
				   PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
				   ULONG OutputBufferLength, BOOLEAN InternalDeviceIoControl,
				   PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock)
{
	struct nrt_irp *r;
	PIO_STACK_LOCATION s;

	nrt_check_irql("IoBuildDeviceIoControlRequest", APC_LEVEL);
	if ((InputBuffer == NULL && InputBufferLength != 0) ||
	    (OutputBuffer == NULL && OutputBufferLength != 0)) {
		nrt_io_violation("0xC9/0x09", NULL,
				 "IoBuildDeviceIoControlRequest: a length without a buffer");
		return NULL;
	}
	r = build(DeviceObject,
		  InternalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL,
		  Event, IoStatusBlock);
	if (r == NULL)
		return NULL;
	s = IoGetNextIrpStackLocation(&r->irp);
	s->Parameters.DeviceIoControl.IoControlCode = IoControlCode;
	s->Parameters.DeviceIoControl.InputBufferLength = InputBufferLength;
	s->Parameters.DeviceIoControl.OutputBufferLength = OutputBufferLength;
	return built(r, nrt_irp_lend_control(r, IoControlCode, InputBuffer, InputBufferLength,
					     OutputBuffer, OutputBufferLength));
}

PIRP IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer,
				  ULONG Length, PLARGE_INTEGER StartingOffset, PKEVENT Event,
				  PIO_STATUS_BLOCK IoStatusBlock)
{
	struct nrt_irp *r;
	PIO_STACK_LOCATION s;
	bool read = MajorFunction == IRP_MJ_READ;

	nrt_check_irql("IoBuildSynchronousFsdRequest", APC_LEVEL);
	if (Buffer == NULL && Length != 0) {
		nrt_io_violation("0xC9/0x08", NULL,
				 "IoBuildSynchronousFsdRequest: a length without a buffer");
		return NULL;
	}
	r = build(DeviceObject, MajorFunction, Event, IoStatusBlock);
	if (r == NULL || (!read && MajorFunction != IRP_MJ_WRITE))
		return r != NULL ? &r->irp : NULL;
	s = IoGetNextIrpStackLocation(&r->irp);
	s->Parameters.Read.Length = Length; /* Write's is in the same place */
	if (StartingOffset != NULL)
		s->Parameters.Read.ByteOffset = *StartingOffset;
	return built(r, nrt_irp_lend_transfer(r, DeviceObject->Flags, read, Buffer, Length));
}
