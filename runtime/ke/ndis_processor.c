/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Processors under their NDIS names. Called by drivers at any IRQL. Counts
 * cover every emulated processor, since a driver sizes its per-processor data
 * by them (processor.h).
 */
#include <ndis/services.h>

#include "irql.h"

CCHAR NdisSystemProcessorCount(VOID)
{
	nrt_check_irql("NdisSystemProcessorCount", PASSIVE_LEVEL);
	return (CCHAR)KeQueryMaximumProcessorCount();
}

ULONG NdisSystemActiveProcessorCount(PKAFFINITY ActiveProcessors)
{
	return KeQueryActiveProcessorCount(ActiveProcessors);
}

ULONG NdisGroupActiveProcessorCount(USHORT Group)
{
	return KeQueryActiveProcessorCountEx(Group);
}

ULONG NdisGroupMaxProcessorCount(USHORT Group)
{
	return KeQueryMaximumProcessorCountEx(Group);
}

KAFFINITY NdisGroupActiveProcessorMask(USHORT Group)
{
	ULONG n = KeQueryActiveProcessorCountEx(Group);

	return n >= 64 ? ~(KAFFINITY)0 : ((KAFFINITY)1 << n) - 1;
}

USHORT NdisMaxGroupCount(VOID)
{
	return KeQueryMaximumGroupCount();
}

USHORT NdisActiveGroupCount(VOID)
{
	return KeQueryActiveGroupCount();
}

ULONG NdisCurrentProcessorIndex(VOID)
{
	return KeGetCurrentProcessorIndex();
}

PROCESSOR_NUMBER NdisCurrentGroupAndProcessor(VOID)
{
	PROCESSOR_NUMBER number;

	KeGetCurrentProcessorNumberEx(&number);
	return number;
}

NDIS_STATUS NdisProcessorIndexToNumber(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNum)
{
	return KeGetProcessorNumberFromIndex(ProcIndex, ProcNum);
}

ULONG NdisProcessorNumberToIndex(PPROCESSOR_NUMBER ProcNum)
{
	return KeGetProcessorIndexFromNumber(ProcNum);
}
