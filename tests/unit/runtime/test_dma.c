/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scatter/gather lists of NET_BUFFERs, and who frees them when, between a miniport and
 * a device in this process.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"

#include <nrt/nrt_bus.h>

#include "ke/memory.h"

TestSuite(dma, .init = contract_start, .fini = contract_end, .timeout = 60);
TestSuite(dma_plain, .init = contract_start_plain, .fini = contract_end, .timeout = 60);

static struct stack s;
static NDIS_HANDLE channel;
static NDIS_SG_DMA_DESCRIPTION description;
static NDIS_STATUS register_status;

/* The data of the NET_BUFFER: 100 bytes, then some that span three pages. */
static UCHAR head[100];
static UCHAR *tail;
#define TAIL_OFFSET 4000
#define TAIL_SIZE 5000

static MDL *mdls[2];
static NDIS_HANDLE pool;
static NET_BUFFER *nb;
static NET_BUFFER_LIST *nbl;

/* ------------------------------------------------------------ what is called back */

static struct {
	NDIS_EVENT event;
	SCATTER_GATHER_LIST *list;
	void *context;
	KIRQL irql;
	ULONG calls;
} got;

static VOID process(PDEVICE_OBJECT object, PVOID reserved, PSCATTER_GATHER_LIST list, PVOID context)
{
	(void)object;
	(void)reserved;
	got.list = list;
	got.context = context;
	got.irql = KeGetCurrentIrql();
	got.calls++;
	NdisSetEvent(&got.event);
}

/* ------------------------------------------------------------------- the adapter */

static NDIS_SG_DMA_DESCRIPTION describe(void)
{
	return (NDIS_SG_DMA_DESCRIPTION){
		.Header = { NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, NDIS_SG_DMA_DESCRIPTION_REVISION_1,
			    NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1 },
		.Flags = NDIS_SG_DMA_64_BIT_ADDRESS,
		.MaximumPhysicalMapping = 65536,
		.ProcessSGListHandler = process,
	};
}

static void register_channel(struct fake_adapter *a)
{
	description = describe();
	register_status = NdisMRegisterScatterGatherDma(a->handle, &description, &channel);
}

static void deregister_channel(struct fake_adapter *a)
{
	(void)a;
	NdisMDeregisterScatterGatherDma(channel);
}

static void make_buffer(void)
{
	NET_BUFFER_LIST_POOL_PARAMETERS params = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
		.fAllocateNetBuffer = TRUE,
		.PoolTag = 'amdT',
	};

	tail = (UCHAR *)aligned_alloc(PAGE_SIZE, 4 * PAGE_SIZE) + TAIL_OFFSET;
	mdls[0] = NdisAllocateMdl(NULL, head, sizeof(head));
	mdls[1] = NdisAllocateMdl(NULL, tail, TAIL_SIZE);
	mdls[0]->Next = mdls[1];
	pool = NdisAllocateNetBufferListPool(NULL, &params);
	nbl = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdls[0], 14,
						    sizeof(head) - 14 + TAIL_SIZE);
	cr_assert_not_null(nbl);
	nb = NET_BUFFER_LIST_FIRST_NB(nbl);
}

static void free_buffer(void)
{
	NdisFreeNetBufferList(nbl);
	NdisFreeNetBufferListPool(pool);
	NdisFreeMdl(mdls[0]);
	NdisFreeMdl(mdls[1]);
	free(tail - TAIL_OFFSET);
}

static struct nrt_bus bus;

static void up(void)
{
	NdisInitializeEvent(&got.event);
	s.a.attribute_flags = NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER;
	if (s.a.on_initialized == NULL)
		s.a.on_initialized = register_channel;
	if (s.a.on_halt == NULL)
		s.a.on_halt = deregister_channel;
	cr_assert_eq(stack_up_on(&s, &bus, NULL), 0, "%s", nrt_last_error());
	make_buffer();
}

static void down(void)
{
	free_buffer();
	stack_down(&s);
}

/* At DISPATCH_LEVEL, as it must be. */
static NDIS_STATUS make_list(void *buffer, ULONG size)
{
	NDIS_STATUS status;
	KIRQL old;

	NdisResetEvent(&got.event);
	got.list = NULL;
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	status = NdisMAllocateNetBufferSGList(channel, nb, &got, NDIS_SG_LIST_WRITE_TO_DEVICE,
					      buffer, size);
	KeLowerIrql(old);
	return status;
}

static void free_list(SCATTER_GATHER_LIST *list, NET_BUFFER *of)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisMFreeNetBufferSGList(channel, list, of);
	KeLowerIrql(old);
}

static void *new_buffer(void)
{
	return malloc(description.ScatterGatherListSize);
}

/* ------------------------------------------------------------------------ lists */

/* With no addresses of a platform's, each page is by itself and where it is here. */
static void expect_the_data(const SCATTER_GATHER_LIST *list)
{
	const SCATTER_GATHER_ELEMENT *e = list->Elements;
	const UCHAR *at = tail;

	cr_assert_geq(list->NumberOfElements, 4);
	cr_expect_eq(e[0].Address.QuadPart, (LONGLONG)(ULONG_PTR)head, "from the MDL's beginning");
	e += list->NumberOfElements - 3; /* head may lie across two pages */
	for (ULONG i = 0, left = TAIL_SIZE; i < 3; i++) {
		ULONG in_page = (ULONG)(PAGE_SIZE - ((ULONG_PTR)at & (PAGE_SIZE - 1)));
		ULONG piece = left < in_page ? left : in_page;

		cr_expect_eq(e[i].Address.QuadPart, (LONGLONG)(ULONG_PTR)at);
		cr_expect_eq(e[i].Length, piece);
		at += piece;
		left -= piece;
	}
}

Test(dma_plain, a_list_is_in_the_drivers_buffer_and_handed_over_inside_the_call)
{
	void *buffer;

	up();
	cr_assert_eq(register_status, NDIS_STATUS_SUCCESS);
	buffer = new_buffer();
	for (int i = 0; i < 8; i++) {
		cr_assert_eq(make_list(buffer, description.ScatterGatherListSize),
			     NDIS_STATUS_SUCCESS);
		cr_assert_eq(got.list, buffer);
		cr_expect_eq(got.context, &got);
		cr_expect_eq(got.irql, DISPATCH_LEVEL);
		expect_the_data(got.list);
		free_list(got.list, nb);
	}
	free(buffer);
	down();
}

Test(dma_plain, a_buffer_too_small_is_left_alone)
{
	SCATTER_GATHER_LIST small = { .NumberOfElements = 77 };

	up();
	cr_assert_eq(make_list(&small, sizeof(small)), NDIS_STATUS_SUCCESS);
	cr_expect_neq(got.list, &small);
	cr_expect_eq(small.NumberOfElements, 77);
	expect_the_data(got.list);
	free_list(got.list, nb);
	cr_assert_eq(make_list(NULL, 0), NDIS_STATUS_SUCCESS);
	expect_the_data(got.list);
	free_list(got.list, nb);
	down();
}

Test(dma_plain, without_memory_there_is_no_list)
{
	up();
	nrt_memory_fail_nth(1);
	cr_expect_eq(make_list(NULL, 0), NDIS_STATUS_RESOURCES);
	cr_expect_eq(got.calls, 0);
	down();
}

Test(dma_plain, a_list_ends_where_the_data_does)
{
	up();
	NET_BUFFER_DATA_LENGTH(nb) = 10;
	cr_assert_eq(make_list(NULL, 0), NDIS_STATUS_SUCCESS);
	cr_expect_leq(got.list->NumberOfElements, 2);
	cr_expect_eq(got.list->Elements[got.list->NumberOfElements - 1].Address.QuadPart +
			     got.list->Elements[got.list->NumberOfElements - 1].Length,
		     (LONGLONG)(ULONG_PTR)head + 24);
	free_list(got.list, nb);
	down();
}

static uint64_t far_address(void *context, const void *va, size_t length)
{
	(void)context;
	return length > PAGE_SIZE ? UINT64_MAX : (uint64_t)(uintptr_t)va ^ 0xF000000000000000ull;
}

static uint64_t no_address(void *context, const void *va, size_t length)
{
	(void)context;
	(void)va;
	(void)length;
	return UINT64_MAX;
}

Test(dma_plain, the_bus_has_the_say_where_its_device_finds_memory)
{
	bus.dma_address = far_address;
	up();
	cr_assert_eq(make_list(NULL, 0), NDIS_STATUS_SUCCESS);
	cr_expect_eq(got.list->NumberOfElements, 4);
	cr_expect_eq(got.list->Elements[0].Address.QuadPart,
		     (LONGLONG)((uint64_t)(uintptr_t)head ^ 0xF000000000000000ull));
	free_list(got.list, nb);
	bus.dma_address = no_address;
	cr_expect_eq(make_list(NULL, 0), NDIS_STATUS_RESOURCES);
	down();
}

Test(dma, RS_DMA_03_the_drivers_buffer_is_not_to_be_relied_on)
{
	unsigned int elsewhere = 0;
	void *buffer;

	up();
	buffer = new_buffer();
	for (int i = 0; i < 8; i++) {
		cr_assert_eq(make_list(buffer, description.ScatterGatherListSize),
			     NDIS_STATUS_SUCCESS);
		NdisWaitEvent(&got.event, 0); /* it may come later */
		elsewhere += got.list != buffer;
		cr_expect_eq(got.irql, DISPATCH_LEVEL);
		expect_the_data(got.list);
		free_list(got.list, nb);
	}
	cr_expect_eq(got.calls, 8);
	cr_expect_eq(elsewhere, 4, "every second list");
	free(buffer);
	down();
}

/* A DPC that holds the service thread, so that a late callback is not there yet. */
static _Atomic bool held, let_go;

static VOID hold(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
	(void)dpc;
	(void)context;
	(void)argument1;
	(void)argument2;
	atomic_store(&held, true);
	while (!atomic_load(&let_go))
		YieldProcessor();
}

Test(dma, RS_DMA_02_RS_DMA_03_a_list_is_not_to_be_used_before_its_callback)
{
	static KDPC dpc;
	void *buffer;
	ULONG calls;

	up();
	buffer = new_buffer();
	KeInitializeDpc(&dpc, hold, NULL);
	KeInsertQueueDpc(&dpc, NULL, NULL);
	while (!atomic_load(&held))
		YieldProcessor();
	/* Of four lists two are delivered late, of which one is in this buffer. */
	do {
		calls = got.calls;
		cr_assert_eq(make_list(buffer, description.ScatterGatherListSize),
			     NDIS_STATUS_SUCCESS);
		if (got.calls != calls)
			free_list(got.list, nb);
	} while (got.calls != calls);
	free_list(buffer, nb);
	cr_expect(violations_are("RS-DMA-02", NULL));
	atomic_store(&let_go, true);
	NdisWaitEvent(&got.event, 0);
	cr_expect_eq(got.list, buffer);
	free_list(got.list, nb);
	free(buffer);
	down();
}

Test(dma, RS_DMA_02_a_list_is_freed_once_and_with_its_net_buffer)
{
	NET_BUFFER other = { 0 };

	up();
	cr_assert_eq(make_list(NULL, 0), NDIS_STATUS_SUCCESS);
	NdisWaitEvent(&got.event, 0);
	free_list(got.list, &other);
	cr_expect(violations_are("RS-DMA-02", NULL));
	free_list(got.list, nb);
	cr_expect(no_violations());
	free_list(got.list, nb);
	cr_expect(violations_are("RS-DMA-02", NULL));
	down();
}

Test(dma, RS_DMA_02_a_list_that_outlives_its_channel_is_reported)
{
	up();
	cr_assert_eq(make_list(NULL, 0), NDIS_STATUS_SUCCESS);
	NdisWaitEvent(&got.event, 0);
	down();
	cr_expect(violations_are("RS-DMA-02", NULL));
}

static NET_BUFFER *sent;

static void map_and_complete(struct fake_adapter *a, NET_BUFFER_LIST *chain)
{
	nb = sent = NET_BUFFER_LIST_FIRST_NB(chain);
	cr_assert_eq(make_list(NULL, 0), NDIS_STATUS_SUCCESS);
	NdisWaitEvent(&got.event, 0);
	fake_adapter_complete_chain(a, chain, NDIS_STATUS_SUCCESS);
}

Test(dma, RS_DMA_02_a_send_is_not_completed_before_its_list_is_freed)
{
	NdisInitializeEvent(&got.event);
	s.a.attribute_flags = NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER;
	s.a.on_initialized = register_channel;
	s.a.on_halt = deregister_channel;
	s.a.on_send = map_and_complete;
	stack_up(&s);
	fake_binding_send(stack_binding(&s, 0),
			  fake_binding_make(stack_binding(&s, 0), broadcast_mac, 1, 1), 0);
	cr_expect(violations_are("RS-DMA-02", NULL));
	free_list(got.list, sent);
	stack_down(&s);
}

Test(dma, lists_are_made_and_freed_at_dispatch_level)
{
	up();
	cr_assert_eq(NdisMAllocateNetBufferSGList(channel, nb, NULL, 0, NULL, 0),
		     NDIS_STATUS_SUCCESS);
	NdisWaitEvent(&got.event, 0);
	NdisMFreeNetBufferSGList(channel, got.list, nb);
	cr_expect(violations_are("RS-IRQL-01", "RS-IRQL-01", NULL));
	down();
}

/* ---------------------------------------------------------------------- channels */

Test(dma, a_list_of_the_announced_size_holds_any_data_that_may_be_mapped)
{
	up();
	cr_expect_geq(description.ScatterGatherListSize,
		      sizeof(SCATTER_GATHER_LIST) + 17 * sizeof(SCATTER_GATHER_ELEMENT));
	cr_expect_eq(NdisMGetDmaAlignment(s.a.handle), 64);
	down();
}

static void nothing(struct fake_adapter *a)
{
	(void)a;
}

Test(dma, RS_DMA_04_a_channel_that_a_halt_leaves_is_reported)
{
	s.a.on_halt = nothing;
	up();
	down();
	cr_expect(violations_are("RS-DMA-04", NULL));
	NdisMDeregisterScatterGatherDma(NULL);
	cr_expect(violations_are("RS-DMA-04", NULL));
}

Test(dma, RS_DMA_04_a_channel_that_a_failing_initialization_leaves_is_reported)
{
	const struct nrt_device device = { .name = "nic0", .node = -1 };

	s.a.attribute_flags = NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER;
	s.a.on_initialized = register_channel;
	s.a.fail_at = 6;
	s.a.fail_status = NDIS_STATUS_RESOURCES;
	cr_assert_eq(load_miniport(&s.m, &s.miniport), 0);
	s.m.next = &s.a;
	cr_expect_neq(nrt_adapter_add(s.miniport, &device, &s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("RS-DMA-04", NULL));
	stack_down(&s);
}

Test(dma, MP_INI_01_a_channel_comes_after_the_registration_attributes)
{
	s.a.on_begin = register_channel;
	s.a.on_initialized = nothing;
	s.a.on_halt = nothing;
	up();
	cr_expect_eq(register_status, NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_null(channel);
	register_channel(&s.a); /* and not after initialization */
	cr_expect_eq(register_status, NDIS_STATUS_NOT_SUPPORTED);
	cr_expect(violations_are("MP-INI-01", "MP-INI-01", NULL));
	down();
}

static void register_wrongly(struct fake_adapter *a)
{
	NDIS_SG_DMA_DESCRIPTION d = describe();

	d.Header.Revision = 9;
	cr_expect_eq(NdisMRegisterScatterGatherDma(a->handle, &d, &channel),
		     NDIS_STATUS_BAD_VERSION);
	cr_expect(violations_are("RS-NB-11", NULL));
	d = describe();
	d.ProcessSGListHandler = NULL;
	cr_expect_eq(NdisMRegisterScatterGatherDma(a->handle, &d, &channel),
		     NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_null(channel);
}

Test(dma, a_wrong_description_is_refused)
{
	s.a.on_initialized = register_wrongly;
	s.a.on_halt = nothing;
	up();
	down();
}

Test(dma, a_device_that_is_no_bus_master_has_no_channel)
{
	s.a.on_initialized = register_channel;
	stack_up(&s);
	cr_expect_eq(register_status, NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_null(channel);
	stack_down(&s);
}
