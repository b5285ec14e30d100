/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A translation unit written the way drivers are: compiled with the drivers'
 * flags (2-byte wchar_t), annotated, with the other compiler's keywords and
 * pragmas. test_dialect.c calls it; what matters most is that it compiles.
 */
#include <initguid.h>
#include <ndis.h>
#include <ntstrsafe.h>
#include <ntintsafe.h>
#include <netioapi.h>

#include "dialect_driver.h"

DEFINE_GUID(GUID_DIALECT_DRIVER, 0x12345678, 0x1234, 0x5678, 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34,
	    0x56, 0x78);

#define DIALECT_TAG 'tlaD'

C_ASSERT(sizeof(wchar_t) == 2);
C_ASSERT(sizeof(L"ab") == 6);
C_ASSERT(FIELD_OFFSET(UNICODE_STRING, Buffer) == 8);

DRIVER_INITIALIZE DialectEntry;
static DRIVER_UNLOAD DialectUnload;

#pragma NDIS_INIT_FUNCTION(DialectEntry)
#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DialectEntry)
#pragma alloc_text(PAGE, DialectUnload)
#endif
#pragma warning(disable : 4201)
__pragma(warning(push))

static const UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\Dialect");
DECLARE_CONST_UNICODE_STRING(short_name, L"short");
static NDIS_STRING ndis_name = NDIS_STRING_CONST("constant");

typedef struct DECLSPEC_ALIGN(64) _DIALECT_CONTEXT {
	LIST_ENTRY Link;
	union {
		ULONG AsUlong;
		struct {
			USHORT Low;
			USHORT High;
		} DUMMYSTRUCTNAME;
	} DUMMYUNIONNAME;
	__int64 Wide;
	_Field_size_bytes_(Length) UCHAR *Buffer;
	ULONG Length;
} DIALECT_CONTEXT, *PDIALECT_CONTEXT;

FORCEINLINE
_IRQL_requires_max_(DISPATCH_LEVEL)
ULONG
Twice(_In_ ULONG Value)
{
	return Value + Value;
}

static __forceinline VOID __cdecl SetLow(_Inout_ PDIALECT_CONTEXT Context, IN USHORT Value)
{
	Context->Low = Value;
}

_Use_decl_annotations_
static VOID NTAPI DialectUnload(PDRIVER_OBJECT DriverObject)
{
	UNREFERENCED_PARAMETER(DriverObject);
	PAGED_CODE();
}

_Use_decl_annotations_
NTSTATUS
DialectEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	NTSTATUS status = STATUS_SUCCESS;
	UNICODE_STRING path;

	PAGED_CODE();
	RtlInitUnicodeString(&path, L"\\Registry\\Dialect");
	__try {
		if (!RtlEqualUnicodeString(&path, RegistryPath, TRUE)) {
			status = STATUS_OBJECT_NAME_INVALID;
			__leave;
		}
		DriverObject->DriverUnload = DialectUnload;
	} __finally {
		KdPrint(("entry of %wZ: 0x%08lx\n", RegistryPath, status));
	}
	return status;
}

ULONG dialect_wchar_size(void)
{
	return sizeof(L'x');
}

/* L"..." literals through every kind of string the headers have. */
BOOLEAN dialect_strings(void)
{
	DECLARE_UNICODE_STRING_SIZE(buffer, 32);
	WCHAR text[16];
	UNICODE_STRING expected;

	if (!NT_SUCCESS(RtlAppendUnicodeToString(&buffer, L"\\Device")) ||
	    !NT_SUCCESS(RtlStringCbPrintfW(text, sizeof(text), L"%c%ws%d", L'\\', L"Dialect", 7)))
		return FALSE;
	text[8] = UNICODE_NULL;
	RtlAppendUnicodeToString(&buffer, text);
	RtlInitUnicodeString(&expected, L"short");
	return RtlEqualUnicodeString(&buffer, &device_name, FALSE) &&
	       RtlEqualUnicodeString(&expected, &short_name, FALSE) && ndis_name.Length == 16;
}

ULONG dialect_members(void)
{
	PDIALECT_CONTEXT context;
	ULONG value = 0;

	context = (PDIALECT_CONTEXT)NdisAllocateMemoryWithTagPriority(NULL, sizeof(*context),
								      DIALECT_TAG,
								      NormalPoolPriority);
	if (context == NULL)
		return 0;
	NdisZeroMemory(context, sizeof(*context));
	SetLow(context, 21);
	value = Twice(context->AsUlong);
	NdisFreeMemory(context, 0, 0);
	return value;
}

BOOLEAN dialect_guid(void)
{
	const GUID same = { 0x12345678, 0x1234, 0x5678,
			    { 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34, 0x56, 0x78 } };

	return IsEqualGUID(&GUID_DIALECT_DRIVER, &same);
}

ULONG dialect_loop(void)
{
	ULONG i, kept = 0;

	for (i = 0; i < 8; i++) {
		__try {
			if (i & 1)
				continue;
			if (i == 6)
				break;
			kept += i;
		} __except (EXCEPTION_EXECUTE_HANDLER) {
			kept = GetExceptionCode();
		}
	}
	return kept;
}

__pragma(warning(pop))
