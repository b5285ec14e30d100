/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The system's DMA controller: a device without bus mastering moves the bytes of the one
 * transfer that its driver has set up.
 */
#include <string.h>

#include "contract.h"
#include <criterion/redirect.h>

#include <nrt/nrt_bus.h>

TestSuite(systemdma, .init = contract_start, .fini = contract_end, .timeout = 60);

#define CHANNEL 5u
#define SIZE 10000u

static struct stack s, other;
static NDIS_HANDLE dma, second;
static NDIS_STATUS status;
static NDIS_DMA_DESCRIPTION description = { .DmaWidth = Width8Bits };
static ULONG limit = ~0u;

static _Atomic(struct nrt_system_dma *) to;

static void connect_dma(void *context, struct nrt_system_dma *channel)
{
	(void)context;
	to = channel;
}

static struct nrt_bus bus = {
	.has_dma_channel = true,
	.dma_channel = CHANNEL,
	.connect_dma = connect_dma,
};

static UCHAR host[SIZE], device[SIZE];
static MDL *mdl;

static void claim(struct fake_adapter *a)
{
	dma = a;
	status = NdisMRegisterDmaChannel(&dma, a->handle, 1, TRUE, &description, limit);
	if (status != NDIS_STATUS_SUCCESS)
		cr_expect_null(dma);
}

static void give_up(struct fake_adapter *a)
{
	(void)a;
	if (status == NDIS_STATUS_SUCCESS)
		NdisMDeregisterDmaChannel(dma);
}

static void up(void)
{
	s.a.on_initialized = claim;
	s.a.on_halt = give_up;
	cr_assert_eq(stack_up_on(&s, &bus, NULL), 0);
	mdl = NdisAllocateMdl(s.a.handle, host, SIZE);
	for (unsigned int i = 0; i < SIZE; i++)
		host[i] = (UCHAR)(i * 7);
}

static void up_claimed(void)
{
	up();
	cr_assert_eq(status, NDIS_STATUS_SUCCESS);
}

static void down(void)
{
	if (mdl != NULL)
		NdisFreeMdl(mdl);
	stack_down(&s);
}

static NDIS_STATUS set_up(ULONG offset, ULONG length, BOOLEAN write)
{
	NDIS_STATUS result = NDIS_STATUS_FAILURE;

	NdisMSetupDmaTransfer(&result, dma, mdl, offset, length, write);
	return result;
}

static NDIS_STATUS complete(ULONG offset, ULONG length, BOOLEAN write)
{
	NDIS_STATUS result = NDIS_STATUS_FAILURE;

	NdisMCompleteDmaTransfer(&result, dma, mdl, offset, length, write);
	return result;
}

/* ----------------------------------------------------------------------- transfers */

Test(systemdma, a_transfer_to_the_device_gives_it_the_bytes_it_asks_for)
{
	up_claimed();
	cr_assert_eq(set_up(10, 9000, TRUE), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisMReadDmaCounter(dma), 9000);
	cr_expect_eq(nrt_bus_dma(to, device, 100), 100);
	cr_expect_eq(NdisMReadDmaCounter(dma), 8900);
	cr_expect_eq(nrt_bus_dma(to, device + 100, SIZE - 100), 8900, "there is no more");
	cr_expect_arr_eq(device, host + 10, 9000);
	cr_expect_eq(device[9000], 0);
	cr_expect_eq(NdisMReadDmaCounter(dma), 0);
	cr_expect_eq(nrt_bus_dma(to, device, 1), 0);
	cr_expect_eq(complete(10, 9000, TRUE), NDIS_STATUS_SUCCESS);
	down();
	cr_expect(no_violations());
}

Test(systemdma, a_transfer_from_the_device_takes_the_bytes_it_has)
{
	up_claimed();
	memset(device, 0xA5, SIZE);
	cr_assert_eq(set_up(4, 100, FALSE), NDIS_STATUS_SUCCESS);
	cr_expect_eq(nrt_bus_dma(to, device, 60), 60);
	cr_expect_eq(NdisMReadDmaCounter(dma), 40, "a frame may be shorter");
	cr_expect_eq(complete(4, 100, FALSE), NDIS_STATUS_SUCCESS);
	cr_expect_eq(host[3], 21);
	cr_expect_arr_eq(host + 4, device, 60);
	cr_expect_eq(host[64], (UCHAR)(64 * 7));
	down();
}

Test(systemdma, there_is_one_transfer_at_a_time)
{
	up_claimed();
	cr_expect_eq(nrt_bus_dma(to, device, 1), 0);
	cr_assert_eq(set_up(0, 8, TRUE), NDIS_STATUS_SUCCESS);
	cr_expect_eq(set_up(0, 8, TRUE), NDIS_STATUS_RESOURCES);
	cr_expect_eq(complete(0, 8, FALSE), NDIS_STATUS_RESOURCES, "another than was set up");
	cr_expect_eq(nrt_bus_dma(to, device, 1), 0, "the channel is free all the same");
	cr_expect_eq(complete(0, 8, TRUE), NDIS_STATUS_RESOURCES);
	cr_assert_eq(set_up(8, 8, TRUE), NDIS_STATUS_SUCCESS);
	cr_expect_eq(nrt_bus_dma(to, device, 1), 1);
	cr_expect_eq(device[0], host[8]);
	cr_expect_eq(complete(8, 8, TRUE), NDIS_STATUS_SUCCESS);
	down();
}

Test(systemdma, what_the_buffer_or_the_controller_has_no_room_for_is_refused)
{
	description.DmaWidth = Width16Bits;
	limit = 500;
	up_claimed();
	cr_expect_eq(set_up(0, 0, TRUE), NDIS_STATUS_RESOURCES);
	cr_expect_eq(set_up(0, 501, TRUE), NDIS_STATUS_RESOURCES);
	cr_expect_eq(set_up(0, 499, TRUE), NDIS_STATUS_RESOURCES, "16 bits at a time");
	cr_expect_eq(set_up(SIZE - 2, 4, TRUE), NDIS_STATUS_RESOURCES);
	cr_expect_eq(set_up(SIZE + 1, 2, TRUE), NDIS_STATUS_RESOURCES);
	NdisMSetupDmaTransfer(&status, dma, NULL, 0, 2, TRUE);
	cr_expect_eq(status, NDIS_STATUS_RESOURCES);
	status = NDIS_STATUS_SUCCESS;
	cr_expect_eq(set_up(SIZE - 4, 4, TRUE), NDIS_STATUS_SUCCESS);
	cr_expect_eq(nrt_bus_dma(to, device, 3), 2);
	cr_expect_eq(complete(SIZE - 4, 4, TRUE), NDIS_STATUS_SUCCESS);
	down();
}

Test(systemdma, in_auto_initialize_mode_a_transfer_begins_anew)
{
	description.AutoInitialize = TRUE;
	up_claimed();
	cr_assert_eq(set_up(0, 100, TRUE), NDIS_STATUS_SUCCESS);
	cr_expect_eq(nrt_bus_dma(to, device, 250), 250);
	cr_expect_arr_eq(device, host, 100);
	cr_expect_arr_eq(device + 100, host, 100);
	cr_expect_arr_eq(device + 200, host, 50);
	cr_expect_eq(NdisMReadDmaCounter(dma), 50);
	cr_expect_eq(complete(0, 100, TRUE), NDIS_STATUS_SUCCESS);
	down();
}

/* A device that goes on while transfers come and go. */
static _Atomic bool stop;

static int move_all_the_time(void *arg)
{
	struct nrt_system_dma *channel = arg;

	while (!stop)
		nrt_bus_dma(channel, device, 64);
	return 0;
}

Test(systemdma, a_device_may_ask_at_any_time)
{
	struct run run;

	up_claimed();
	run_start(&run, move_all_the_time, to);
	for (int i = 0; i < 1000; i++) {
		cr_assert_eq(set_up(0, SIZE, FALSE), NDIS_STATUS_SUCCESS);
		cr_assert_eq(complete(0, SIZE, FALSE), NDIS_STATUS_SUCCESS);
		memset(host, i, SIZE); /* the driver's again */
	}
	down();
	stop = true;
	run_end(&run);
	cr_expect(no_violations());
}

/* -------------------------------------------------------------------------- claims */

static void claim_too(struct fake_adapter *a)
{
	cr_redirect_stderr();
	status = NdisMRegisterDmaChannel(&second, a->handle, 0, FALSE, &description, limit);
	cr_expect_null(second);
	fflush(stderr);
	cr_expect_stderr_eq_str(
		"pollport: nic0: a resource it needs is taken (error 0xC0001388)\n");
}

Test(systemdma, a_channel_is_claimed_once)
{
	up_claimed();
	other.a.on_initialized = claim_too;
	cr_assert_eq(stack_up_on(&other, &bus, NULL), 0);
	cr_expect_eq(status, NDIS_STATUS_RESOURCE_CONFLICT);
	stack_down(&other);
	status = NDIS_STATUS_SUCCESS;
	down();
	cr_expect_null(to);
}

Test(systemdma, another_channel_than_the_devices_is_not_claimed)
{
	description.DmaChannelSpecified = TRUE;
	description.DmaChannel = CHANNEL + 1;
	cr_redirect_stderr();
	up();
	cr_expect_eq(status, NDIS_STATUS_RESOURCE_CONFLICT);
	down();
}

Test(systemdma, a_bus_master_of_another_bus_than_ISA_has_no_channel)
{
	s.a.attribute_flags = NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER;
	up();
	cr_expect_eq(status, NDIS_STATUS_FAILURE);
	down();
}

Test(systemdma, a_width_that_no_controller_has_is_refused)
{
	description.DmaWidth = Width64Bits;
	up();
	cr_expect_eq(status, NDIS_STATUS_FAILURE);
	down();
}

Test(systemdma, a_device_without_a_channel_claims_none)
{
	bus.has_dma_channel = false;
	up();
	cr_expect_eq(status, NDIS_STATUS_FAILURE);
	down();
}

Test(systemdma, MP_INI_01_a_channel_is_claimed_in_initialization)
{
	s.a.on_begin = claim;
	cr_assert_eq(stack_up_on(&s, &bus, NULL), 0);
	cr_expect_eq(status, NDIS_STATUS_FAILURE);
	claim(&s.a);
	cr_expect_eq(status, NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-INI-01", "MP-INI-01", NULL));
	down();
}

Test(systemdma, MP_HLT_06_a_channel_that_a_halt_leaves_is_reported)
{
	up_claimed();
	s.a.on_halt = NULL;
	down();
	cr_expect(violations_are("MP-HLT-06", NULL));
	cr_expect_null(to);
}

Test(systemdma, RS_DMA_04_a_channel_is_given_up_when_its_transfer_is_completed_and_once)
{
	struct nrt_system_dma *stale;

	up_claimed();
	stale = to;
	cr_assert_eq(set_up(0, 8, TRUE), NDIS_STATUS_SUCCESS);
	NdisFreeMdl(mdl);
	mdl = NULL;
	stack_down(&s);
	cr_expect(violations_are("RS-DMA-04", NULL));
	cr_expect_eq(nrt_bus_dma(stale, device, 8), 0, "what is left of it is no transfer");
	NdisMDeregisterDmaChannel(dma);
	cr_expect_eq(NdisMReadDmaCounter(dma), 0);
	cr_expect_eq(NdisMReadDmaCounter(NULL), 0);
	cr_expect(violations_are("RS-DMA-04", "RS-DMA-04", "RS-DMA-04", NULL));
}

Test(systemdma, its_resource_is_the_channel)
{
	PCM_RESOURCE_LIST list;

	up_claimed();
	NdisMGetDeviceProperty(s.a.handle, NULL, NULL, NULL, NULL, &list);
	cr_assert_eq(list->List[0].PartialResourceList.Count, 1);
	cr_expect_eq(list->List[0].PartialResourceList.PartialDescriptors[0].Type, CmResourceTypeDma);
	cr_expect_eq(list->List[0].PartialResourceList.PartialDescriptors[0].u.Dma.Channel, CHANNEL);
	down();
}
