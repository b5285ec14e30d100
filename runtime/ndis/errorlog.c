/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisWriteErrorLogEntry and NdisWriteEventLogEntry: one line on stderr for the
 * administrator, which is where this system's error log begins. Any thread,
 * IRQL <= DISPATCH_LEVEL.
 */
#include <stdarg.h>
#include <stdio.h>

#include "../ke/irql.h"
#include "../ke/unicode.h"
#include "adapter.h"

/* What an administrator reads for each code [nf-ndis-ndiswriteerrorlogentry]. */
static const char *meaning(NDIS_ERROR_CODE code)
{
	static const struct {
		NDIS_ERROR_CODE code;
		const char *text;
	} codes[] = {
		{ NDIS_ERROR_CODE_RESOURCE_CONFLICT, "a resource it needs is taken" },
		{ NDIS_ERROR_CODE_OUT_OF_RESOURCES, "out of resources" },
		{ NDIS_ERROR_CODE_HARDWARE_FAILURE, "hardware failure" },
		{ NDIS_ERROR_CODE_ADAPTER_NOT_FOUND, "adapter not found" },
		{ NDIS_ERROR_CODE_INTERRUPT_CONNECT, "its interrupt could not be registered" },
		{ NDIS_ERROR_CODE_DRIVER_FAILURE, "driver failure" },
		{ NDIS_ERROR_CODE_BAD_VERSION, "versions do not match" },
		{ NDIS_ERROR_CODE_TIMEOUT, "time-out" },
		{ NDIS_ERROR_CODE_NETWORK_ADDRESS, "invalid network address" },
		{ NDIS_ERROR_CODE_UNSUPPORTED_CONFIGURATION, "unsupported configuration" },
		{ NDIS_ERROR_CODE_INVALID_VALUE_FROM_ADAPTER, "invalid value from the adapter" },
		{ NDIS_ERROR_CODE_MISSING_CONFIGURATION_PARAMETER, "a keyword is missing" },
		{ NDIS_ERROR_CODE_BAD_IO_BASE_ADDRESS, "invalid I/O base address" },
		{ NDIS_ERROR_CODE_RECEIVE_SPACE_SMALL, "too little receive memory" },
		{ NDIS_ERROR_CODE_ADAPTER_DISABLED, "the adapter is disabled" },
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code)
			return codes[i].text;
	return "unknown error";
}

/* More values than this do not fit into an entry. */
#define MAX_VALUES 16

VOID NdisWriteErrorLogEntry(NDIS_HANDLE NdisAdapterHandle, NDIS_ERROR_CODE ErrorCode,
			    ULONG NumberOfErrorValues, ...)
{
	const struct nrt_adapter *a = nrt_adapter_of(NdisAdapterHandle, "NdisWriteErrorLogEntry");
	ULONG n = NumberOfErrorValues < MAX_VALUES ? NumberOfErrorValues : MAX_VALUES;
	char values[MAX_VALUES * 11 + 1] = "";
	va_list args;

	if (a == NULL)
		return;
	va_start(args, NumberOfErrorValues);
	for (ULONG i = 0; i < n; i++)
		snprintf(values + i * 11, 12, " 0x%08X", va_arg(args, ULONG));
	va_end(args);
	fprintf(stderr, "pollport: %s: %s (error 0x%08X)%s%s\n", a->device.name,
		meaning(ErrorCode), ErrorCode, n != 0 ? ", values" : "", values);
}

/* Append @s, its characters beyond ASCII as '?'. */
static char *append(char *to, const WCHAR *s)
{
	*to++ = ' ';
	for (; *s != 0; s++)
		*to++ = *s < 128 ? (char)*s : '?';
	return to;
}

/* Strings and data of an entry in bytes, the data padded to whole ULONGs. */
static size_t entry_size(USHORT n, WCHAR *const *strings, ULONG data_size)
{
	size_t size = ((size_t)data_size + 3) & ~(size_t)3;

	for (USHORT i = 0; i < n && size <= MAX_EVENT_LOG_DATA_SIZE; i++)
		size += (nrt_wcslen(strings[i]) + 1) * sizeof(WCHAR);
	return size;
}

/* The first string names the driver or device [nf-ndis-ndiswriteeventlogentry], so the
 * driver object is not looked into. */
NDIS_STATUS NdisWriteEventLogEntry(PVOID LogHandle, NDIS_STATUS EventCode, ULONG UniqueEventValue,
				   USHORT NumStrings, PVOID StringsList, ULONG DataSize, PVOID Data)
{
	char text[2 * MAX_EVENT_LOG_DATA_SIZE + 1], hex[3 * MAX_EVENT_LOG_DATA_SIZE + 1];
	USHORT n = StringsList != NULL ? NumStrings : 0;
	ULONG size = Data != NULL ? DataSize : 0;
	WCHAR *const *strings = StringsList;
	const UCHAR *bytes = Data;
	char *end = text;

	(void)LogHandle;
	nrt_check_irql("NdisWriteEventLogEntry", DISPATCH_LEVEL);
	if (entry_size(n, strings, size) > MAX_EVENT_LOG_DATA_SIZE)
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	for (USHORT i = 0; i < n; i++)
		end = append(end, strings[i]);
	*end = hex[0] = '\0';
	for (ULONG i = 0; i < size; i++)
		snprintf(hex + 3 * i, 4, " %02x", bytes[i]);
	fprintf(stderr, "pollport: event 0x%08X, %u:%s%s%s\n", (unsigned int)EventCode,
		UniqueEventValue, text, size != 0 ? ", data" : "", hex);
	return NDIS_STATUS_SUCCESS;
}
