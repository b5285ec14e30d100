/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that a miniport shares with its device: allocated in initialization or later,
 * and freed once.
 */
#include <string.h>

#include "contract.h"

#include <nrt/nrt_bus.h>

#include "ke/memory.h"

TestSuite(sharedmem, .init = contract_start, .fini = contract_end, .timeout = 60);

#define SIZE 20000u

static struct stack s;
static NDIS_HANDLE channel;
static PVOID memory;
static NDIS_PHYSICAL_ADDRESS address;

static struct {
	NDIS_EVENT event;
	NDIS_HANDLE adapter;
	PVOID va;
	NDIS_PHYSICAL_ADDRESS address;
	BOOLEAN has_address;
	ULONG length;
	PVOID context;
	KIRQL irql;
} got;

static VOID process(PDEVICE_OBJECT object, PVOID reserved, PSCATTER_GATHER_LIST list, PVOID context)
{
	(void)object;
	(void)reserved;
	(void)list;
	(void)context;
}

static VOID complete(NDIS_HANDLE adapter, PVOID va, PNDIS_PHYSICAL_ADDRESS physical, ULONG length,
		     PVOID context)
{
	got.adapter = adapter;
	got.va = va;
	got.has_address = physical != NULL;
	if (physical != NULL)
		got.address = *physical;
	got.length = length;
	got.context = context;
	got.irql = KeGetCurrentIrql();
	NdisSetEvent(&got.event);
}

static void register_with(struct fake_adapter *a,
			  MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER handler)
{
	NDIS_SG_DMA_DESCRIPTION d = {
		.Header = { NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, NDIS_SG_DMA_DESCRIPTION_REVISION_1,
			    NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1 },
		.MaximumPhysicalMapping = 65536,
		.ProcessSGListHandler = process,
		.SharedMemAllocateCompleteHandler = handler,
	};

	cr_assert_eq(NdisMRegisterScatterGatherDma(a->handle, &d, &channel), NDIS_STATUS_SUCCESS);
}

static void allocate(struct fake_adapter *a)
{
	memory = &s;
	address.QuadPart = 1;
	NdisMAllocateSharedMemory(a->handle, SIZE, TRUE, &memory, &address);
}

static void release(struct fake_adapter *a)
{
	NdisMFreeSharedMemory(a->handle, SIZE, TRUE, memory, address);
}

static void begin(struct fake_adapter *a)
{
	register_with(a, complete);
	allocate(a);
}

static void end(struct fake_adapter *a)
{
	release(a);
	NdisMDeregisterScatterGatherDma(channel);
}

static void end_without_memory(struct fake_adapter *a)
{
	(void)a;
	NdisMDeregisterScatterGatherDma(channel);
}

static void nothing(struct fake_adapter *a)
{
	(void)a;
}

static struct nrt_bus bus;

static void up(void)
{
	NdisInitializeEvent(&got.event);
	s.a.attribute_flags = NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER;
	if (s.a.on_initialized == NULL)
		s.a.on_initialized = begin;
	if (s.a.on_halt == NULL)
		s.a.on_halt = end;
	cr_assert_eq(stack_up_on(&s, &bus, NULL), 0, "%s", nrt_last_error());
}

Test(sharedmem, it_is_zeroed_aligned_to_a_page_and_has_the_devices_address)
{
	up();
	cr_assert_not_null(memory);
	cr_expect_eq((ULONG_PTR)memory % PAGE_SIZE, 0);
	cr_expect_eq(address.QuadPart, (LONGLONG)(ULONG_PTR)memory, "for a device in this process");
	for (ULONG i = 0; i < SIZE; i++)
		cr_assert_eq(((UCHAR *)memory)[i], 0);
	memset(memory, 0xFF, SIZE);
	stack_down(&s);
}

static uint64_t bus_address(void *context, const void *va, size_t length)
{
	(void)context;
	(void)va;
	return length == SIZE ? 0x1000 : UINT64_MAX;
}

static void allocate_other_too(struct fake_adapter *a)
{
	NDIS_PHYSICAL_ADDRESS none;
	PVOID other;

	begin(a);
	NdisMAllocateSharedMemory(a->handle, SIZE + 1, TRUE, &other, &none);
	cr_expect_null(other, "out of the device's reach");
}

Test(sharedmem, the_address_is_the_buss_if_it_says_one)
{
	bus.dma_address = bus_address;
	s.a.on_initialized = allocate_other_too;
	up();
	cr_assert_not_null(memory);
	cr_expect_eq(address.QuadPart, 0x1000);
	stack_down(&s);
}

static void allocate_without_memory(struct fake_adapter *a)
{
	register_with(a, NULL);
	nrt_memory_fail_nth(1);
	allocate(a);
}

Test(sharedmem, without_memory_there_are_null_pointers)
{
	s.a.on_initialized = allocate_without_memory;
	s.a.on_halt = end_without_memory;
	up();
	cr_expect_null(memory);
	cr_expect_eq(address.QuadPart, 0);
	stack_down(&s);
}

/* ------------------------------------------------------------------------- rules */

static void allocate_at_dispatch(struct fake_adapter *a)
{
	KIRQL old;

	register_with(a, NULL);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	allocate(a);
	KeLowerIrql(old);
}

Test(sharedmem, RS_DMA_01_it_is_allocated_at_passive_level_only)
{
	s.a.on_initialized = allocate_at_dispatch;
	s.a.on_halt = end_without_memory;
	up();
	cr_expect_null(memory);
	cr_expect(violations_are("RS-DMA-01", NULL));
	stack_down(&s);
}

Test(sharedmem, RS_DMA_01_it_is_freed_once_and_as_it_was_allocated)
{
	NDIS_PHYSICAL_ADDRESS wrong;
	KIRQL old;

	s.a.on_halt = end_without_memory;
	up();
	wrong.QuadPart = address.QuadPart + 1;
	NdisMFreeSharedMemory(s.a.handle, SIZE - 1, TRUE, memory, address);
	NdisMFreeSharedMemory(s.a.handle, SIZE, TRUE, (char *)memory + 1, address);
	NdisMFreeSharedMemory(s.a.handle, SIZE, TRUE, memory, wrong);
	cr_expect(violations_are("RS-DMA-01", "RS-DMA-01", "RS-DMA-01", NULL));
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	release(&s.a);
	KeLowerIrql(old);
	cr_expect(no_violations());
	release(&s.a);
	cr_expect(violations_are("RS-DMA-01", NULL));
	stack_down(&s);
}

Test(sharedmem, MP_INI_01_MP_INI_04_attributes_and_a_channel_come_before_it)
{
	s.a.on_begin = allocate;
	s.a.on_initialized = allocate;
	s.a.on_halt = nothing;
	up();
	cr_expect_null(memory);
	cr_expect(violations_are("MP-INI-01", "MP-INI-04", NULL));
	NdisMGetDmaAlignment(s.a.handle);
	cr_expect(violations_are("MP-INI-04", NULL));
	stack_down(&s);
}

Test(sharedmem, MP_HLT_06_what_a_halt_leaves_is_reported)
{
	s.a.on_halt = end_without_memory;
	up();
	stack_down(&s);
	cr_expect(violations_are("MP-HLT-06", NULL));
}

/* ------------------------------------------------------------------------- later */

Test(sharedmem, more_comes_later_at_passive_level)
{
	KIRQL old;

	up();
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	cr_assert_eq(NdisMAllocateSharedMemoryAsyncEx(channel, 3000, TRUE, &got),
		     NDIS_STATUS_PENDING);
	KeLowerIrql(old);
	NdisWaitEvent(&got.event, 0);
	cr_expect_eq(got.adapter, &s.a);
	cr_assert_not_null(got.va);
	cr_expect(got.has_address);
	cr_expect_eq(got.length, 3000);
	cr_expect_eq(got.context, &got);
	cr_expect_eq(got.irql, PASSIVE_LEVEL);
	NdisMFreeSharedMemory(s.a.handle, 3000, TRUE, got.va, got.address);
	stack_down(&s);
}

Test(sharedmem, when_there_is_no_more_null_pointers_come_later)
{
	up();
	nrt_memory_fail_nth(1);
	cr_assert_eq(NdisMAllocateSharedMemoryAsyncEx(channel, 3000, TRUE, &got),
		     NDIS_STATUS_PENDING);
	NdisWaitEvent(&got.event, 0);
	cr_expect_null(got.va);
	cr_expect_not(got.has_address);
	stack_down(&s);
}

static void begin_without_handler(struct fake_adapter *a)
{
	register_with(a, NULL);
	allocate(a);
}

Test(sharedmem, nothing_comes_later_to_whom_that_could_not_be_told)
{
	s.a.on_initialized = begin_without_handler;
	up();
	cr_expect_eq(NdisMAllocateSharedMemoryAsyncEx(channel, 3000, TRUE, &got),
		     NDIS_STATUS_FAILURE);
	stack_down(&s);
}

/* Late, so that who does not wait for it is seen. */
static VOID complete_slowly(NDIS_HANDLE adapter, PVOID va, PNDIS_PHYSICAL_ADDRESS physical,
			    ULONG length, PVOID context)
{
	NdisMSleep(50000);
	complete(adapter, va, physical, length, context);
}

static void begin_slowly(struct fake_adapter *a)
{
	register_with(a, complete_slowly);
	allocate(a);
}

static void ask_and_end(struct fake_adapter *a)
{
	release(a);
	NdisMAllocateSharedMemoryAsyncEx(channel, 3000, TRUE, &got);
	NdisMDeregisterScatterGatherDma(channel);
	cr_expect_not_null(got.va, "a channel closes when what was asked of it has come");
	NdisMFreeSharedMemory(a->handle, 3000, TRUE, got.va, got.address);
}

Test(sharedmem, a_channel_waits_for_what_was_asked_of_it)
{
	s.a.on_initialized = begin_slowly;
	s.a.on_halt = ask_and_end;
	up();
	stack_down(&s);
}
