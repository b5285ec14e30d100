/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file nrt_device.h
 * Drivers' control devices as their host sees them: what an application does
 * there with CreateFile, ReadFile, WriteFile, DeviceIoControl and CloseHandle.
 *
 * Legal order of calls: nrt_device_open, then any number of nrt_device_read,
 * _write and _ioctl, then nrt_device_close, once. While a file is open its
 * driver is not unloaded: nrt_driver_unload returns -EBUSY.
 *
 * Concurrency: any thread that is not a worker, several at once on one file.
 * Each call blocks until the driver has completed its request; dispatch
 * routines run on the calling thread at PASSIVE_LEVEL. A close may come while
 * other threads are in calls on the file, and ends them; calls that begin once
 * it has returned are errors of the host's.
 *
 * Errors: 0 or -errno, and nrt_last_error() says more. A failed request has the
 * errno of its NTSTATUS:
 *
 *   STATUS_CANCELLED                                        -ECANCELED
 *   STATUS_TIMEOUT, STATUS_IO_TIMEOUT                       -ETIMEDOUT
 *   STATUS_INVALID_DEVICE_REQUEST, STATUS_NOT_SUPPORTED     -EOPNOTSUPP
 *   STATUS_NOT_IMPLEMENTED                                  -ENOSYS
 *   STATUS_INVALID_PARAMETER, STATUS_INFO_LENGTH_MISMATCH,
 *   STATUS_INVALID_BUFFER_SIZE, STATUS_OBJECT_NAME_INVALID,
 *   STATUS_OBJECT_PATH_SYNTAX_BAD                           -EINVAL
 *   STATUS_BUFFER_TOO_SMALL, STATUS_BUFFER_OVERFLOW         -EMSGSIZE
 *   STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_MEMORY         -ENOMEM
 *   STATUS_ACCESS_DENIED                                    -EACCES
 *   STATUS_DEVICE_BUSY, STATUS_SHARING_VIOLATION            -EBUSY
 *   STATUS_DEVICE_NOT_READY                                 -EAGAIN
 *   STATUS_NO_SUCH_DEVICE, STATUS_DELETE_PENDING,
 *   STATUS_DEVICE_DOES_NOT_EXIST                            -ENXIO
 *   STATUS_OBJECT_NAME_NOT_FOUND,
 *   STATUS_OBJECT_PATH_NOT_FOUND, STATUS_NOT_FOUND          -ENOENT
 *   STATUS_END_OF_FILE                                      -ENODATA
 *   other warnings and errors                               -EIO
 */
#ifndef NRT_NRT_DEVICE_H
#define NRT_NRT_DEVICE_H

#include <nrt/nrt.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An open control device. */
struct nrt_device_file;

/** What an open file may be used for; a control code says which of them it needs. */
#define NRT_DEVICE_READ 1u
#define NRT_DEVICE_WRITE 2u

/** Wait for ever. */
#define NRT_DEVICE_FOREVER (-1)

/** What the driver said of a request. */
struct nrt_device_result {
	int32_t status; /* NTSTATUS */
	size_t bytes;   /* IO_STATUS_BLOCK.Information */
};

/**
 * Open a device by its name ("\\Device\\NAME"), by a link to it
 * ("\\DosDevices\\NAME", "\\??\\NAME", "\\\\.\\NAME") or by the link's last
 * part ("NAME"), in UTF-8, without regard to case. What follows the device's
 * name is the file's name for the driver. Sends IRP_MJ_CREATE.
 *
 * Returns 0, -ENOENT (no such name), -ENXIO (its driver is being loaded or
 * unloaded), -EACCES (exclusive, and open), -ENAMETOOLONG, -EINVAL, -ENOMEM or
 * what the driver failed IRP_MJ_CREATE with.
 */
NRT_API int nrt_device_open(const char *name, unsigned int access, struct nrt_device_file **file);

/**
 * Read up to @len bytes (IRP_MJ_READ). @timeout_ms: after so many milliseconds
 * the request is cancelled, and the call returns -ETIMEDOUT once the driver has
 * completed it with STATUS_CANCELLED; a request that was done all the same has
 * its own result. 0 takes only what is there at once. The time begins when the
 * dispatch routine has returned, which nothing can cut short.
 *
 * With DO_BUFFERED_IO the driver gets a copy, with DO_DIRECT_IO an MDL over @to
 * (16 MB at most), else @to as Irp->UserBuffer; in each case the driver is done
 * with @to when the call returns.
 *
 * @result (may be NULL) is filled when 0 is returned and when the driver failed
 * the request. Also returns -EBADF (closed, or not opened for this) and -EINVAL
 * (no buffer, or 4 GB and more).
 */
NRT_API int nrt_device_read(struct nrt_device_file *file, void *to, size_t len, uint64_t offset,
			    int timeout_ms, struct nrt_device_result *result);

/** The same for IRP_MJ_WRITE. */
NRT_API int nrt_device_write(struct nrt_device_file *file, const void *from, size_t len,
			     uint64_t offset, int timeout_ms, struct nrt_device_result *result);

/**
 * IRP_MJ_DEVICE_CONTROL with @code. Its method says how the driver sees the
 * buffers: METHOD_BUFFERED one copy for both, METHOD_IN_DIRECT and
 * METHOD_OUT_DIRECT a copy of @in and an MDL over @out, METHOD_NEITHER the
 * addresses themselves. Returns as nrt_device_read; -EACCES when @code needs
 * an access that the file was not opened with.
 */
NRT_API int nrt_device_ioctl(struct nrt_device_file *file, uint32_t code, const void *in,
			     size_t in_len, void *out, size_t out_len, int timeout_ms,
			     struct nrt_device_result *result);

/**
 * IRP_MJ_CLEANUP; then what other threads still wait for is cancelled, and they
 * return -ECANCELED; then IRP_MJ_CLOSE. The file is gone in any case. Returns 0
 * or -EBADF (another thread closes it).
 */
NRT_API int nrt_device_close(struct nrt_device_file *file);

/** The errno, negative, of an NTSTATUS; 0 for success and information. */
NRT_API int nrt_device_errno(int32_t status);

#ifdef __cplusplus
}
#endif
#endif
