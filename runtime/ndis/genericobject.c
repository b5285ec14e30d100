/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generic objects: NDIS handles for code that has none of its own, to allocate
 * other objects with. Called by drivers up to DISPATCH_LEVEL; in the ledger of
 * the driver until they are freed (RS-MEM-02).
 */
#include <ndis.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "driver.h"

/* Whose leak it would be: the driver that is named, or the one that is loading. */
static const void *owner_of(PDRIVER_OBJECT named)
{
	struct nrt_driver *entering = nrt_driver_entering();

	if (named != NULL)
		return named;
	return entering != NULL ? &entering->object : NULL;
}

PNDIS_GENERIC_OBJECT NdisAllocateGenericObject(PDRIVER_OBJECT DriverObject, ULONG Tag, USHORT Size)
{
	PNDIS_GENERIC_OBJECT object;

	nrt_check_irql("NdisAllocateGenericObject", DISPATCH_LEVEL);
	object = nrt_memory_zalloc(sizeof(*object) + Size, Tag, owner_of(DriverObject));
	if (object == NULL)
		return NULL;
	object->Header.Type = NDIS_OBJECT_TYPE_GENERIC_OBJECT;
	object->Header.Revision = NDIS_GENERIC_OBJECT_REVISION_1;
	object->Header.Size = sizeof(*object);
	object->DriverObject = DriverObject;
	return object;
}

VOID NdisFreeGenericObject(PNDIS_GENERIC_OBJECT NdisObject)
{
	nrt_check_irql("NdisFreeGenericObject", DISPATCH_LEVEL);
	if (NdisObject != NULL)
		nrt_memory_report(NdisObject); /* what was allocated with it as handle */
	nrt_memory_free(NdisObject, 0);
}
