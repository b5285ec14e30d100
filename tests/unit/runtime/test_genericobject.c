/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generic objects: what they look like, what they are good for, and the ledger.
 */
#include "contract.h"

#include "ke/memory.h"
#include "ndis/driver.h"

TestSuite(genericobject, .init = contract_start, .fini = contract_end, .timeout = 60);

#define TAG 'jbOG'

static struct stack s;

Test(genericobject, an_object_names_its_driver_and_has_zeroed_room_behind_it)
{
	PNDIS_GENERIC_OBJECT object;
	UCHAR *room;

	stack_up(&s);
	object = NdisAllocateGenericObject(&s.miniport->object, TAG, 100);
	cr_assert_not_null(object);
	cr_expect_eq(object->Header.Type, NDIS_OBJECT_TYPE_GENERIC_OBJECT);
	cr_expect_eq(object->Header.Revision, NDIS_GENERIC_OBJECT_REVISION_1);
	cr_expect_eq(object->Header.Size, sizeof(*object));
	cr_expect_eq(object->DriverObject, &s.miniport->object);
	room = (UCHAR *)(object + 1);
	for (int i = 0; i < 100; i++)
		cr_expect_eq(room[i], 0);
	cr_expect_geq(nrt_memory_bytes_of(TAG), sizeof(*object) + 100);
	NdisFreeGenericObject(object);
	cr_expect_eq(nrt_memory_bytes_of(TAG), 0);
	stack_down(&s);
}

Test(genericobject, it_is_an_ndis_handle_for_pools_and_memory)
{
	NET_BUFFER_LIST_POOL_PARAMETERS params = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
		.fAllocateNetBuffer = TRUE,
		.PoolTag = TAG,
	};
	PNDIS_GENERIC_OBJECT object = NdisAllocateGenericObject(NULL, TAG, 0);
	NDIS_HANDLE pool = NdisAllocateNetBufferListPool(object, &params);
	PVOID memory = NdisAllocateMemoryWithTagPriority(object, 64, TAG, NormalPoolPriority);

	cr_expect_null(object->DriverObject);
	cr_assert_not_null(pool);
	cr_assert_not_null(memory);
	NdisFreeMemory(memory, 0, 0);
	NdisFreeNetBufferListPool(pool);
	NdisFreeGenericObject(object);
}

Test(genericobject, RS_MEM_02_an_object_that_its_driver_leaves_is_reported)
{
	PNDIS_GENERIC_OBJECT object;

	stack_up(&s);
	object = NdisAllocateGenericObject(&s.miniport->object, TAG, 0);
	stack_down(&s);
	cr_expect(violations_are("RS-MEM-02", NULL));
	NdisFreeGenericObject(object);
}

Test(genericobject, RS_MEM_02_what_was_allocated_with_it_and_outlives_it_is_reported)
{
	PNDIS_GENERIC_OBJECT object = NdisAllocateGenericObject(NULL, TAG, 0);
	PVOID memory = NdisAllocateMemoryWithTagPriority(object, 64, TAG, NormalPoolPriority);

	NdisFreeGenericObject(object);
	cr_expect(violations_are("RS-MEM-02", NULL));
	NdisFreeMemory(memory, 0, 0);
}

Test(genericobject, there_is_none_when_memory_is_out)
{
	nrt_memory_fail_nth(1);
	cr_expect_null(NdisAllocateGenericObject(NULL, TAG, 0));
	NdisFreeGenericObject(NULL);
}
