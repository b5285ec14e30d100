/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shared memory that drivers get from a provider: NDIS, a driver over the adapter, or the
 * miniport below it; and what may not be done about it.
 */
#include <string.h>

#include "contract.h"

TestSuite(sharedprovider, .init = contract_start, .fini = contract_end, .timeout = 60);

#define SIZE 20000u

static struct stack s;
static NDIS_HANDLE channel, block;
static NDIS_STATUS status;

/* One element more than none. */
static union {
	SCATTER_GATHER_LIST list;
	UCHAR bytes[sizeof(SCATTER_GATHER_LIST) + sizeof(SCATTER_GATHER_ELEMENT)];
} sg;

static NDIS_SHARED_MEMORY_PARAMETERS params;

static NDIS_STATUS allocate(NDIS_HANDLE handle)
{
	params.Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_DEFAULT,
					      NDIS_SHARED_MEMORY_PARAMETERS_REVISION_2,
					      NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_2 };
	params.PreferredNode = MM_ANY_NODE_OK;
	params.Usage = NdisSharedMemoryUsageReceive;
	params.Length = SIZE;
	params.VirtualAddress = params.SharedMemoryHandle = NULL;
	params.SGListBufferLength = sizeof(sg);
	params.SGListBuffer = &sg.list;
	block = &s;
	return NdisAllocateSharedMemory(handle, &params, &block);
}

static VOID process(PDEVICE_OBJECT object, PVOID reserved, PSCATTER_GATHER_LIST list, PVOID context)
{
	(void)object;
	(void)reserved;
	(void)list;
	(void)context;
}

static void open_channel(struct fake_adapter *a)
{
	NDIS_SG_DMA_DESCRIPTION d = {
		.Header = { NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, NDIS_SG_DMA_DESCRIPTION_REVISION_1,
			    NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1 },
		.MaximumPhysicalMapping = 65536,
		.ProcessSGListHandler = process,
	};

	cr_assert_eq(NdisMRegisterScatterGatherDma(a->handle, &d, &channel), NDIS_STATUS_SUCCESS);
}

static void close_channel(struct fake_adapter *a)
{
	(void)a;
	NdisMDeregisterScatterGatherDma(channel);
}

static void up(void)
{
	s.a.attribute_flags = NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER;
	s.a.on_initialized = open_channel;
	s.a.on_halt = close_channel;
	stack_up(&s);
}

/* ---------------------------------------------------------------------- from NDIS */

Test(sharedprovider, NDIS_gives_a_block_and_its_address)
{
	NDIS_HANDLE first;

	up();
	cr_assert_eq(allocate(s.a.handle), NDIS_STATUS_SUCCESS);
	cr_assert_not_null(block);
	cr_assert_not_null(params.VirtualAddress);
	cr_expect_not_null(params.SharedMemoryHandle);
	memset(params.VirtualAddress, 0xA5, SIZE);
	cr_expect_eq(sg.list.NumberOfElements, 1);
	cr_expect_eq(sg.list.Elements[0].Length, SIZE);
	cr_expect_eq(sg.list.Elements[0].Address.QuadPart, (LONGLONG)(ULONG_PTR)params.VirtualAddress,
		     "a device in this process");
	first = block;
	params.Flags = NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS;
	cr_assert_eq(allocate(s.a.handle), NDIS_STATUS_SUCCESS);
	cr_expect_neq(block, first);
	NdisFreeSharedMemory(s.a.handle, block);
	NdisFreeSharedMemory(s.a.handle, first);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(sharedprovider, a_protocol_gets_memory_that_the_device_below_reaches)
{
	up();
	cr_assert_eq(allocate(stack_binding(&s, 0)->handle), NDIS_STATUS_SUCCESS);
	cr_expect_not_null(params.VirtualAddress);
	NdisFreeSharedMemory(stack_binding(&s, 0)->handle, block);
	stack_down(&s);
	cr_expect(no_violations());
}

static void refused(void)
{
	block = &s;
	cr_expect_eq(NdisAllocateSharedMemory(s.a.handle, &params, &block),
		     NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_null(block);
}

Test(sharedprovider, malformed_parameters_are_refused)
{
	up();
	cr_assert_eq(allocate(s.a.handle), NDIS_STATUS_SUCCESS);
	NdisFreeSharedMemory(s.a.handle, block);
	params.Length = 0;
	refused();
	params.Length = SIZE;
	params.Usage = NdisSharedMemoryUsageMax;
	refused();
	params.Usage = NdisSharedMemoryUsageUndefined;
	refused();
	params.Usage = NdisSharedMemoryUsageOther;
	params.SGListBufferLength--;
	refused();
	params.SGListBufferLength++;
	params.SGListBuffer = NULL;
	refused();
	params.SGListBuffer = &sg.list;
	params.Flags = 2;
	refused();
	params.Flags = 0;
	cr_expect(no_violations());
	params.Header.Size--;
	refused();
	cr_expect(violations_are("RS-NB-11", NULL));
	cr_expect_eq(allocate(NULL), NDIS_STATUS_FAILURE);
	cr_expect_eq(allocate(s.m.handle), NDIS_STATUS_FAILURE, "a driver has no device");
	stack_down(&s);
}

Test(sharedprovider, MP_INI_04_there_is_none_without_a_DMA_channel)
{
	stack_up(&s);
	cr_expect_eq(allocate(s.a.handle), NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-INI-04", NULL));
	cr_expect_eq(allocate(stack_binding(&s, 0)->handle), NDIS_STATUS_FAILURE);
	stack_down(&s);
}

Test(sharedprovider, RS_DMA_01_a_block_is_freed_once_and_by_who_has_it)
{
	up();
	cr_assert_eq(allocate(s.a.handle), NDIS_STATUS_SUCCESS);
	NdisFreeSharedMemory(stack_binding(&s, 0)->handle, block);
	cr_expect(violations_are("RS-DMA-01", NULL));
	NdisFreeSharedMemory(s.a.handle, block);
	cr_expect(no_violations());
	NdisFreeSharedMemory(s.a.handle, block);
	NdisFreeSharedMemory(s.a.handle, NULL);
	cr_expect(violations_are("RS-DMA-01", "RS-DMA-01", NULL));
	stack_down(&s);
}

Test(sharedprovider, MP_HLT_06_a_block_that_a_halt_leaves_is_reported)
{
	up();
	cr_assert_eq(allocate(s.a.handle), NDIS_STATUS_SUCCESS);
	stack_down(&s);
	cr_expect(violations_are("MP-HLT-06", NULL));
}

Test(sharedprovider, RS_DMA_01_a_block_that_a_binding_leaves_is_reported)
{
	up();
	cr_assert_eq(allocate(stack_binding(&s, 0)->handle), NDIS_STATUS_SUCCESS);
	stack_down(&s);
	cr_expect(violations_are("RS-DMA-01", NULL));
}

Test(sharedprovider, memory_is_shared_at_PASSIVE_LEVEL)
{
	KIRQL old;

	up();
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	cr_assert_eq(allocate(s.a.handle), NDIS_STATUS_SUCCESS);
	NdisFreeSharedMemory(s.a.handle, block);
	KeLowerIrql(old);
	cr_expect(violations_are("RS-IRQL-01", "RS-IRQL-01", NULL));
	stack_down(&s);
}

/* ------------------------------------------------------------------- from a driver */

static UCHAR own_memory[SIZE];
static int own_context, own_block;
static NDIS_STATUS own_status;
static ULONG allocations, frees;

static NDIS_STATUS provide(NDIS_HANDLE context, PNDIS_SHARED_MEMORY_PARAMETERS p,
			   PNDIS_HANDLE handle)
{
	cr_expect_eq(context, &own_context);
	cr_expect_eq(p, &params);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
	allocations++;
	if (own_status != NDIS_STATUS_SUCCESS)
		return own_status;
	p->VirtualAddress = own_memory;
	*handle = &own_block;
	return NDIS_STATUS_SUCCESS;
}

static VOID take_back(NDIS_HANDLE context, NDIS_HANDLE handle)
{
	cr_expect_eq(context, &own_context);
	cr_expect_eq(handle, &own_block);
	frees++;
}

static NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS provider = {
	.Header = { NDIS_OBJECT_TYPE_SHARED_MEMORY_PROVIDER_CHARACTERISTICS,
		    NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS_REVISION_1,
		    NDIS_SIZEOF_SHARED_MEMORY_PROVIDER_CHARACTERISTICS_REVISION_1 },
	.ProviderContext = &own_context,
	.AllocateSharedMemoryHandler = provide,
	.FreeSharedMemoryHandler = take_back,
};

static void set_for_binding(struct fake_binding *b)
{
	status = NdisSetOptionalHandlers(b->handle, &provider.Header);
}

static void uses_the_provider(NDIS_HANDLE handle)
{
	cr_assert_eq(allocate(handle), NDIS_STATUS_SUCCESS);
	cr_expect_eq(params.VirtualAddress, own_memory);
	cr_expect_not_null(params.SharedMemoryHandle);
	cr_expect_neq(block, &own_block, "the handle is NDIS's own");
	NdisFreeSharedMemory(handle, block);
	cr_expect_eq(allocations, 1);
	cr_expect_eq(frees, 1);
	own_status = NDIS_STATUS_RESOURCES;
	cr_expect_eq(allocate(handle), NDIS_STATUS_RESOURCES);
	cr_expect_null(block);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(sharedprovider, a_binding_provides_for_the_miniport_below)
{
	s.p[0].bindings[0].on_bound = set_for_binding;
	up();
	cr_assert_eq(status, NDIS_STATUS_SUCCESS);
	uses_the_provider(s.a.handle);
}

Test(sharedprovider, a_protocol_provides_for_the_miniports_below)
{
	up();
	cr_assert_eq(NdisSetOptionalHandlers(s.p[0].handle, &provider.Header), NDIS_STATUS_SUCCESS);
	uses_the_provider(s.a.handle);
}

static NDIS_STATUS set_options(NDIS_HANDLE handle, NDIS_HANDLE context)
{
	(void)context;
	status = NdisSetOptionalHandlers(handle, &provider.Header);
	return status;
}

static void give_options(NDIS_MINIPORT_DRIVER_CHARACTERISTICS *c)
{
	c->SetOptionsHandler = set_options;
}

Test(sharedprovider, a_miniport_provides_for_its_bindings)
{
	s.m.mutate = give_options;
	up();
	cr_assert_eq(status, NDIS_STATUS_SUCCESS);
	uses_the_provider(stack_binding(&s, 0)->handle);
}

Test(sharedprovider, RS_DMA_01_a_provider_that_goes_with_blocks_in_use_is_reported)
{
	s.p[0].bindings[0].on_bound = set_for_binding;
	up();
	cr_assert_eq(allocate(s.a.handle), NDIS_STATUS_SUCCESS);
	stack_down(&s);
	cr_expect(violations_are("RS-DMA-01", "MP-HLT-06", NULL));
	cr_expect_eq(frees, 0, "it is not called any more");
}

Test(sharedprovider, who_cannot_provide_is_not_set)
{
	const ALLOCATE_SHARED_MEMORY_HANDLER allocates = provider.AllocateSharedMemoryHandler;
	const FREE_SHARED_MEMORY_HANDLER frees_it = provider.FreeSharedMemoryHandler;

	up();
	provider.FreeSharedMemoryHandler = NULL;
	cr_expect_eq(NdisSetOptionalHandlers(s.p[0].handle, &provider.Header), NDIS_STATUS_FAILURE);
	provider.FreeSharedMemoryHandler = frees_it;
	provider.AllocateSharedMemoryHandler = NULL;
	cr_expect_eq(NdisSetOptionalHandlers(s.p[0].handle, &provider.Header), NDIS_STATUS_FAILURE);
	provider.AllocateSharedMemoryHandler = allocates;
	cr_expect_eq(NdisSetOptionalHandlers(s.a.handle, &provider.Header), NDIS_STATUS_FAILURE,
		     "an adapter's handle");
	provider.Header.Size--;
	cr_expect_eq(NdisSetOptionalHandlers(s.p[0].handle, &provider.Header), NDIS_STATUS_FAILURE);
	cr_expect(violations_are("RS-NB-11", NULL));
	stack_down(&s);
}
