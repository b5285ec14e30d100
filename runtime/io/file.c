/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Open files: the host's requests to control devices become IRPs here, and
 * what a driver's dispatch routine did with one is checked. The host's
 * threads, one IRP a call, at PASSIVE_LEVEL.
 */
#include "file.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wdm.h>
#include <nrt/nrt_device.h>

#include "../error.h"
#include "../thread.h"
#include "device.h"
#include "irp.h"

#define MAX_NAME 1024

unsigned int nrt_irp_patience_ms = 10000;

struct nrt_device_file {
	FILE_OBJECT object;
	struct nrt_io_device *device;
	char *name; /* as it was opened */
	unsigned int access;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	unsigned int users; /* calls that are in it; under the lock */
	bool closed;        /* no more calls; under the lock */
	KEVENT closing;     /* those that wait are to cancel what they wait for */
	/* Made at the open, since a close cannot fail for want of memory. */
	struct nrt_irp *cleanup, *close;
};

/* A call's share of a request. */
struct call {
	struct nrt_irp *r;
	int timeout_ms;
	bool interruptible; /* by the file's close */
	bool timed_out;
};

/* ------------------------------------------------------------------ one request */

static struct nrt_irp *request_new(struct nrt_device_file *f, UCHAR major)
{
	struct nrt_irp *r = nrt_irp_new(f->device->object.StackSize, NRT_IRP_HOST);
	PIO_STACK_LOCATION s;

	if (r == NULL)
		return NULL;
	r->irp.RequestorMode = UserMode;
	r->irp.Tail.Overlay.Thread = KeGetCurrentThread();
	r->irp.Tail.Overlay.OriginalFileObject = &f->object;
	s = IoGetNextIrpStackLocation(&r->irp);
	s->MajorFunction = major;
	s->FileObject = &f->object;
	return r;
}

/* Until the driver has completed it: a driver that does not is reported once, and what
 * it may still write to stays where it is. */
static void await_completion(struct nrt_irp *r, const char *what)
{
	LARGE_INTEGER patience = { .QuadPart = -10000LL * nrt_irp_patience_ms };

	if (KeWaitForSingleObject(&r->done, Executive, UserMode, FALSE, &patience) ==
	    STATUS_SUCCESS)
		return;
	nrt_io_violation("0xC9/0x226", &r->irp,
			 "of %s was cancelled %u ms ago and is not completed", what,
			 nrt_irp_patience_ms);
	KeWaitForSingleObject(&r->done, Executive, UserMode, FALSE, NULL);
}

static void wait_or_cancel(struct nrt_device_file *f, struct call *c, const char *what)
{
	PVOID objects[] = { &c->r->done, &f->closing };
	LARGE_INTEGER timeout = { .QuadPart = -10000LL * c->timeout_ms };
	NTSTATUS status = KeWaitForMultipleObjects(c->interruptible ? 2 : 1, objects, WaitAny,
						   Executive, UserMode, FALSE,
						   c->timeout_ms >= 0 ? &timeout : NULL, NULL);

	if (status == STATUS_WAIT_0)
		return;
	c->timed_out = status == STATUS_TIMEOUT;
	IoCancelIrp(&c->r->irp);
	await_completion(c->r, what);
}

/* Bug check 0xC9's words on dispatch routines. @irp is completed. */
static void check_returned(PIRP irp, NTSTATUS returned, const char *what)
{
	if (returned == STATUS_PENDING && !irp->PendingReturned)
		nrt_io_violation("0xC9/0x23D", irp,
				 "was not marked pending, %s returned STATUS_PENDING", what);
	else if (returned != STATUS_PENDING && irp->PendingReturned)
		nrt_io_violation("0xC9/0x23E", irp, "was marked pending, %s returned 0x%08X",
				 what, (unsigned int)returned);
	else if (returned != STATUS_PENDING && returned != irp->IoStatus.Status)
		nrt_io_violation("0xC9/0x224", irp, "has status 0x%08X, %s returned 0x%08X",
				 (unsigned int)irp->IoStatus.Status, what, (unsigned int)returned);
}

/* What a driver leaves when it neither completes nor keeps an IRP. */
static bool forgotten(struct nrt_irp *r, NTSTATUS returned)
{
	const IO_STACK_LOCATION *top =
		(PIO_STACK_LOCATION)(&r->irp + 1) + r->irp.StackCount - 1;

	return returned != STATUS_PENDING && KeReadStateEvent(&r->done) == 0 &&
	       !(top->Control & SL_PENDING_RETURNED) && nrt_irp_abandon(r);
}

/* Send @c's request and wait for its end; the buffers are the requester's again. */
static void run(struct nrt_device_file *f, struct call *c)
{
	PIRP irp = &c->r->irp;
	const char *what = nrt_irp_major_name(IoGetNextIrpStackLocation(irp)->MajorFunction);
	NTSTATUS returned;

	nrt_self.user_mode = 1; /* ExGetPreviousMode */
	returned = IofCallDriver(&f->device->object, irp);
	nrt_self.user_mode = 0;
	if (forgotten(c->r, returned)) {
		nrt_io_violation("0xC9/0x226", irp, "is not completed, %s returned 0x%08X", what,
				 (unsigned int)returned);
		irp->IoStatus.Status = STATUS_DRIVER_INTERNAL_ERROR;
		irp->IoStatus.Information = 0;
	} else {
		wait_or_cancel(f, c, what);
		check_returned(irp, returned, what);
	}
	nrt_irp_collect(c->r);
}

static NTSTATUS run_create(struct nrt_device_file *f)
{
	IO_SECURITY_CONTEXT security = {
		.DesiredAccess = (f->access & NRT_DEVICE_READ ? GENERIC_READ : 0) |
				 (f->access & NRT_DEVICE_WRITE ? GENERIC_WRITE : 0),
	};
	struct call c = { .timeout_ms = NRT_DEVICE_FOREVER };
	PIO_STACK_LOCATION s;
	NTSTATUS status;

	c.r = request_new(f, IRP_MJ_CREATE);
	if (c.r == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	c.r->irp.Flags |= IRP_CREATE_OPERATION;
	s = IoGetNextIrpStackLocation(&c.r->irp);
	s->Parameters.Create.SecurityContext = &security;
	s->Parameters.Create.Options = FILE_OPEN << 24;
	s->Parameters.Create.FileAttributes = FILE_ATTRIBUTE_NORMAL;
	s->Parameters.Create.ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE;
	run(f, &c);
	status = c.r->irp.IoStatus.Status;
	nrt_irp_free(c.r);
	return status;
}

/* IRP_MJ_CLEANUP or IRP_MJ_CLOSE, which a driver need not care for. */
static void run_ending(struct nrt_device_file *f, struct nrt_irp *r)
{
	struct call c = { .r = r, .timeout_ms = NRT_DEVICE_FOREVER };
	UCHAR major = IoGetNextIrpStackLocation(&r->irp)->MajorFunction;

	if (nrt_io_dispatch(&f->device->object, major) != NULL)
		run(f, &c);
}

/* ------------------------------------------------------------------ open, close */

static void file_free(struct nrt_device_file *f)
{
	if (f->cleanup != NULL)
		nrt_irp_free(f->cleanup);
	if (f->close != NULL)
		nrt_irp_free(f->close);
	RtlFreeUnicodeString(&f->object.FileName);
	if (f->device != NULL)
		nrt_io_put(f->device);
	pthread_cond_destroy(&f->idle);
	pthread_mutex_destroy(&f->lock);
	free(f->name);
	free(f);
}

static struct nrt_device_file *file_new(const char *name, unsigned int access)
{
	struct nrt_device_file *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->name = strdup(name);
	if (f->name == NULL) {
		free(f);
		return NULL;
	}
	f->access = access;
	f->object.Type = IO_TYPE_FILE;
	f->object.Size = sizeof(f->object);
	f->object.ReadAccess = (access & NRT_DEVICE_READ) != 0;
	f->object.WriteAccess = (access & NRT_DEVICE_WRITE) != 0;
	f->object.SharedRead = TRUE;
	f->object.SharedWrite = TRUE;
	f->object.Flags = FO_SYNCHRONOUS_IO;
	InitializeListHead(&f->object.IrpList);
	KeInitializeEvent(&f->object.Lock, SynchronizationEvent, FALSE);
	KeInitializeEvent(&f->object.Event, NotificationEvent, FALSE);
	KeInitializeEvent(&f->closing, NotificationEvent, FALSE);
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->idle, NULL);
	return f;
}

/* The name in the runtime's own words: a path from the root. */
static NTSTATUS path_of(const char *name, UNICODE_STRING *path)
{
	char text[MAX_NAME];
	ANSI_STRING ansi;
	int length;

	if (strncmp(name, "\\\\.\\", 4) == 0 || strncmp(name, "\\\\?\\", 4) == 0)
		length = snprintf(text, sizeof(text), "\\??\\%s", name + 4);
	else
		length = snprintf(text, sizeof(text), "%s%s", name[0] == '\\' ? "" : "\\??\\",
				  name);
	if (length < 0 || (size_t)length >= sizeof(text))
		return STATUS_NAME_TOO_LONG;
	RtlInitAnsiString(&ansi, text);
	return RtlAnsiStringToUnicodeString(path, &ansi, TRUE);
}

static int open_failed(const char *name, NTSTATUS status)
{
	if (status == STATUS_NAME_TOO_LONG)
		return nrt_fail(-ENAMETOOLONG, "device name of more than %d bytes", MAX_NAME - 1);
	return nrt_fail(nrt_device_errno(status), "device %s: %s (status 0x%08X)", name,
			status == STATUS_OBJECT_NAME_NOT_FOUND ? "no driver has made it" :
			status == STATUS_NO_SUCH_DEVICE ? "its driver is being loaded or unloaded" :
							  "it cannot be opened",
			(unsigned int)status);
}

/* Find the device and have the driver open it. */
static NTSTATUS attach(struct nrt_device_file *f)
{
	UNICODE_STRING path;
	NTSTATUS status = path_of(f->name, &path);

	if (status != STATUS_SUCCESS)
		return status;
	status = nrt_io_get(&path, &f->device, &f->object.FileName);
	RtlFreeUnicodeString(&path);
	if (status != STATUS_SUCCESS)
		return status;
	f->object.DeviceObject = &f->device->object;
	f->cleanup = request_new(f, IRP_MJ_CLEANUP);
	f->close = request_new(f, IRP_MJ_CLOSE);
	if (f->cleanup == NULL || f->close == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	return run_create(f);
}

int nrt_device_open(const char *name, unsigned int access, struct nrt_device_file **file)
{
	struct nrt_device_file *f;
	NTSTATUS status;

	if (access == 0 || (access & ~(NRT_DEVICE_READ | NRT_DEVICE_WRITE)))
		return nrt_fail(-EINVAL, "device %s: access %u, 1 to 3 are possible", name, access);
	f = file_new(name, access);
	if (f == NULL)
		return nrt_fail(-ENOMEM, "device %s: out of memory", name);
	status = attach(f);
	if (!NT_SUCCESS(status)) {
		file_free(f);
		return open_failed(name, status);
	}
	f->object.Flags |= FO_HANDLE_CREATED;
	*file = f;
	return 0;
}

int nrt_device_close(struct nrt_device_file *file)
{
	bool closed;

	pthread_mutex_lock(&file->lock);
	closed = file->closed;
	file->closed = true;
	pthread_mutex_unlock(&file->lock);
	if (closed)
		return nrt_fail(-EBADF, "device %s is being closed already", file->name);
	run_ending(file, file->cleanup);
	file->object.Flags |= FO_CLEANUP_COMPLETE;
	KeSetEvent(&file->closing, IO_NO_INCREMENT, FALSE);
	pthread_mutex_lock(&file->lock);
	while (file->users != 0)
		pthread_cond_wait(&file->idle, &file->lock);
	pthread_mutex_unlock(&file->lock);
	run_ending(file, file->close);
	file_free(file);
	return 0;
}

/* ---------------------------------------------------------- read, write, control */

static int enter(struct nrt_device_file *f, unsigned int access)
{
	bool closed;

	if ((f->access & access) != access)
		return nrt_fail(-EBADF, "device %s is not open for %s", f->name,
				access == NRT_DEVICE_READ ? "reading" : "writing");
	pthread_mutex_lock(&f->lock);
	closed = f->closed;
	if (!closed)
		f->users++;
	pthread_mutex_unlock(&f->lock);
	return closed ? nrt_fail(-EBADF, "device %s is being closed", f->name) : 0;
}

static void leave(struct nrt_device_file *f)
{
	pthread_mutex_lock(&f->lock);
	if (--f->users == 0)
		pthread_cond_signal(&f->idle);
	pthread_mutex_unlock(&f->lock);
}

/* One request's worth of bytes. */
static int check_buffer(const struct nrt_device_file *f, const void *buffer, size_t len)
{
	if (len > UINT32_MAX)
		return nrt_fail(-EINVAL, "device %s: %zu bytes in one request; %u are possible",
				f->name, len, UINT32_MAX);
	if (buffer == NULL && len != 0)
		return nrt_fail(-EINVAL, "device %s: %zu bytes, but no buffer", f->name, len);
	return 0;
}

/* The end of every call: @lent says whether there were buffers for it. */
static int conclude(struct nrt_device_file *f, struct call *c, NTSTATUS lent,
		    struct nrt_device_result *result)
{
	struct nrt_device_result said;
	int rc;

	if (lent == STATUS_SUCCESS) {
		run(f, c);
	} else {
		c->r->irp.IoStatus.Status = lent;
		nrt_irp_collect(c->r);
	}
	said.status = c->r->irp.IoStatus.Status;
	said.bytes = c->r->irp.IoStatus.Information;
	nrt_irp_free(c->r);
	if (result != NULL)
		*result = said;
	rc = nrt_device_errno(said.status);
	if (rc == -ECANCELED && c->timed_out)
		rc = nrt_fail(-ETIMEDOUT, "device %s: not done in %d ms, and cancelled", f->name,
			      c->timeout_ms);
	else if (rc != 0)
		nrt_fail(rc, "device %s: its driver %s (status 0x%08X)", f->name,
			 rc == -ECANCELED ? "cancelled the request" : "failed the request",
			 (unsigned int)said.status);
	leave(f);
	return rc;
}

static int transfer(struct nrt_device_file *f, UCHAR major, void *buffer, size_t len,
		    uint64_t offset, int timeout_ms, struct nrt_device_result *result)
{
	bool read = major == IRP_MJ_READ;
	struct call c = { .timeout_ms = timeout_ms, .interruptible = true };
	PIO_STACK_LOCATION s;
	int rc = check_buffer(f, buffer, len);

	if (rc != 0)
		return rc;
	rc = enter(f, read ? NRT_DEVICE_READ : NRT_DEVICE_WRITE);
	if (rc != 0)
		return rc;
	c.r = request_new(f, major);
	if (c.r == NULL) {
		leave(f);
		return nrt_fail(-ENOMEM, "device %s: no memory for an IRP", f->name);
	}
	s = IoGetNextIrpStackLocation(&c.r->irp);
	s->Parameters.Read.Length = (ULONG)len; /* Write's is in the same place */
	s->Parameters.Read.ByteOffset.QuadPart = (LONGLONG)offset;
	return conclude(f, &c,
			nrt_irp_lend_transfer(c.r, f->device->object.Flags, read, buffer,
					      (ULONG)len),
			result);
}

int nrt_device_read(struct nrt_device_file *file, void *to, size_t len, uint64_t offset,
		    int timeout_ms, struct nrt_device_result *result)
{
	return transfer(file, IRP_MJ_READ, to, len, offset, timeout_ms, result);
}

int nrt_device_write(struct nrt_device_file *file, const void *from, size_t len, uint64_t offset,
		     int timeout_ms, struct nrt_device_result *result)
{
	return transfer(file, IRP_MJ_WRITE, (void *)(uintptr_t)from, len, offset, timeout_ms,
			result);
}

int nrt_device_ioctl(struct nrt_device_file *file, uint32_t code, const void *in, size_t in_len,
		     void *out, size_t out_len, int timeout_ms, struct nrt_device_result *result)
{
	struct call c = { .timeout_ms = timeout_ms, .interruptible = true };
	unsigned int access = code >> 14 & 3;
	PIO_STACK_LOCATION s;
	int rc = check_buffer(file, in, in_len);

	if (rc == 0)
		rc = check_buffer(file, out, out_len);
	if (rc != 0)
		return rc;
	if ((file->access & access) != access)
		return nrt_fail(-EACCES, "device %s: control code 0x%08X needs access %u, not %u",
				file->name, code, access, file->access);
	rc = enter(file, 0);
	if (rc != 0)
		return rc;
	c.r = request_new(file, IRP_MJ_DEVICE_CONTROL);
	if (c.r == NULL) {
		leave(file);
		return nrt_fail(-ENOMEM, "device %s: no memory for an IRP", file->name);
	}
	s = IoGetNextIrpStackLocation(&c.r->irp);
	s->Parameters.DeviceIoControl.IoControlCode = code;
	s->Parameters.DeviceIoControl.InputBufferLength = (ULONG)in_len;
	s->Parameters.DeviceIoControl.OutputBufferLength = (ULONG)out_len;
	return conclude(file, &c,
			nrt_irp_lend_control(c.r, code, in, (ULONG)in_len, out, (ULONG)out_len),
			result);
}
