/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A filter written the way drivers for another compiler are: headers named without
 * regard to case and with backslashes, a trace preprocessor's header and macros,
 * annotations, anonymous members, wide strings, structured exception handling.
 * tests/integration/build_driver.py has tools/build-driver build it and
 * pollport-fwd run it; it says what it found, and lets all traffic pass.
 */
#include <NDIS.h>
#include <NtStrSafe.H>
#include "..\Inc\COMMON.H"
#include "Sub/Names.H"
#include "driver.tmh"

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#endif

#if !defined(NDIS630) || NDIS_FILTER_MINOR_VERSION != 30
#error "built for another version"
#endif

C_ASSERT(sizeof(ULONG) == 4);
C_ASSERT(sizeof(L"ab") == 6);
C_ASSERT(TYPE_ALIGNMENT(FOREIGN_COUNTS) == 16);

static NDIS_HANDLE FilterHandle;

_Use_decl_annotations_
NDIS_STATUS
FilterAttach(NDIS_HANDLE NdisFilterHandle, NDIS_HANDLE FilterDriverContext,
	     PNDIS_FILTER_ATTACH_PARAMETERS AttachParameters)
{
	NDIS_FILTER_ATTRIBUTES Attributes = { 0 };

	UNREFERENCED_PARAMETER(FilterDriverContext);
	TraceEvents(TRACE_LEVEL_INFORMATION, DBG_ATTACH, "attached to %wZ",
		    AttachParameters->BaseMiniportInstanceName);
	Attributes.Header.Type = NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES;
	Attributes.Header.Revision = NDIS_FILTER_ATTRIBUTES_REVISION_1;
	Attributes.Header.Size = NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1;
	return NdisFSetAttributes(NdisFilterHandle, NdisFilterHandle, &Attributes);
}

_Use_decl_annotations_
VOID
FilterDetach(NDIS_HANDLE FilterModuleContext)
{
	UNREFERENCED_PARAMETER(FilterModuleContext);
}

_Use_decl_annotations_
NDIS_STATUS
FilterRestart(NDIS_HANDLE FilterModuleContext, PNDIS_FILTER_RESTART_PARAMETERS RestartParameters)
{
	UNREFERENCED_PARAMETER(FilterModuleContext);
	UNREFERENCED_PARAMETER(RestartParameters);
	return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_
NDIS_STATUS
FilterPause(NDIS_HANDLE FilterModuleContext, PNDIS_FILTER_PAUSE_PARAMETERS PauseParameters)
{
	UNREFERENCED_PARAMETER(FilterModuleContext);
	UNREFERENCED_PARAMETER(PauseParameters);
	return NDIS_STATUS_SUCCESS;
}

static __declspec(noinline) VOID Unload(_In_ PDRIVER_OBJECT DriverObject)
{
	NdisFDeregisterFilterDriver(FilterHandle);
	WPP_CLEANUP(DriverObject);
}

/* What both headers of one name and the other compiler's extensions came to. */
static __forceinline VOID Report(VOID)
{
	FOREIGN_COUNTS Counts = { 0 };
	WCHAR Text[32];

	__try {
		Counts.Low = 0x5678;
		Counts.High = 0x1234;
		RtlStringCchPrintfW(Text, ARRAYSIZE(Text), L"%s-%08x", FOREIGN_NAME, Counts.Both);
		DbgPrint("foreign: %ws, %s, %s\n", Text, NAME_NEAR_SOURCE, NAME_NEAR_HEADER);
	} __except (EXCEPTION_EXECUTE_HANDLER) {
		DbgPrint("foreign: an exception\n");
	}
}

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
	NDIS_FILTER_DRIVER_CHARACTERISTICS Characteristics = { 0 };
	NDIS_STRING Name = NDIS_STRING_CONST("Foreign");
	NTSTATUS Status;

	WPP_INIT_TRACING(DriverObject, RegistryPath);
	UNREFERENCED_PARAMETER(RegistryPath);
	DriverObject->DriverUnload = Unload;
	Characteristics.Header.Type = NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS;
	Characteristics.Header.Revision = NDIS_FILTER_CHARACTERISTICS_REVISION_2;
	Characteristics.Header.Size = NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2;
	Characteristics.MajorNdisVersion = NDIS_FILTER_MAJOR_VERSION;
	Characteristics.MinorNdisVersion = NDIS_FILTER_MINOR_VERSION;
	Characteristics.FriendlyName = Name;
	Characteristics.UniqueName = Name;
	Characteristics.ServiceName = Name;
	Characteristics.AttachHandler = FilterAttach;
	Characteristics.DetachHandler = FilterDetach;
	Characteristics.RestartHandler = FilterRestart;
	Characteristics.PauseHandler = FilterPause;
	Status = NdisFRegisterFilterDriver(DriverObject, NULL, &Characteristics, &FilterHandle);
	if (NT_SUCCESS(Status))
		Report();
	DoTraceMessage(DBG_ATTACH, "registered: %!STATUS!", Status);
	return Status;
}
