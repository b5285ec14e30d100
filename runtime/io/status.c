/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NTSTATUS as errno, for the host; nrt_device.h documents it. What is one, for drivers.
 * Any thread.
 */
#include <errno.h>

#include <wdm.h>
#include <nrt/nrt_device.h>

#define CUSTOMER_BIT 0x20000000U
#define RESERVED_BIT 0x10000000U
#define MAX_FACILITY 0xff

int nrt_device_errno(int32_t status)
{
	static const struct {
		NTSTATUS status;
		int error;
	} table[] = {
		{ STATUS_CANCELLED, -ECANCELED },
		{ STATUS_TIMEOUT, -ETIMEDOUT },
		{ STATUS_IO_TIMEOUT, -ETIMEDOUT },
		{ STATUS_INVALID_DEVICE_REQUEST, -EOPNOTSUPP },
		{ STATUS_NOT_SUPPORTED, -EOPNOTSUPP },
		{ STATUS_NOT_IMPLEMENTED, -ENOSYS },
		{ STATUS_INVALID_PARAMETER, -EINVAL },
		{ STATUS_INFO_LENGTH_MISMATCH, -EINVAL },
		{ STATUS_INVALID_BUFFER_SIZE, -EINVAL },
		{ STATUS_OBJECT_NAME_INVALID, -EINVAL },
		{ STATUS_OBJECT_PATH_SYNTAX_BAD, -EINVAL },
		{ STATUS_BUFFER_TOO_SMALL, -EMSGSIZE },
		{ STATUS_BUFFER_OVERFLOW, -EMSGSIZE },
		{ STATUS_INSUFFICIENT_RESOURCES, -ENOMEM },
		{ STATUS_NO_MEMORY, -ENOMEM },
		{ STATUS_ACCESS_DENIED, -EACCES },
		{ STATUS_DEVICE_BUSY, -EBUSY },
		{ STATUS_SHARING_VIOLATION, -EBUSY },
		{ STATUS_DEVICE_NOT_READY, -EAGAIN },
		{ STATUS_NO_SUCH_DEVICE, -ENXIO },
		{ STATUS_DELETE_PENDING, -ENXIO },
		{ STATUS_DEVICE_DOES_NOT_EXIST, -ENXIO },
		{ STATUS_OBJECT_NAME_NOT_FOUND, -ENOENT },
		{ STATUS_OBJECT_PATH_NOT_FOUND, -ENOENT },
		{ STATUS_NOT_FOUND, -ENOENT },
		{ STATUS_END_OF_FILE, -ENODATA },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].status == status)
			return table[i].error;
	return NT_SUCCESS(status) ? 0 : -EIO;
}

/* A status of Microsoft's has no reserved bit set and a facility there is; a customer's may
 * be anything [nf-ntddk-ioisvalidirpstatus]. */
BOOLEAN IoIsValidIrpStatus(NTSTATUS Status)
{
	ULONG status = (ULONG)Status;

	if ((status & CUSTOMER_BIT) != 0)
		return TRUE;
	return (status & RESERVED_BIT) == 0 && (status >> 16 & 0xfff) <= MAX_FACILITY;
}
