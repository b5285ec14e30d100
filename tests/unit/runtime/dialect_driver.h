/* SPDX-License-Identifier: BSD-3-Clause */
/* What test_dialect.c calls in dialect_driver.c; right in either dialect. */
#ifndef TEST_DIALECT_DRIVER_H
#define TEST_DIALECT_DRIVER_H

#include <ndis.h>

NTSTATUS DialectEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath);
ULONG dialect_wchar_size(void);
BOOLEAN dialect_strings(void);
ULONG dialect_members(void);
BOOLEAN dialect_guid(void);
ULONG dialect_loop(void);

#endif
