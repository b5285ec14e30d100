/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SR-IOV from the physical function's miniport: the capability in configuration space, and what
 * the bus says of virtual functions.
 */
#include <errno.h>
#include <string.h>

#include "contract.h"
#include <nrt/nrt_bus.h>

#define SR_IOV_AT 0x160
#define N_VFS 8
#define VF_SPACE 64

static struct {
	uint8_t config[4096];
	uint8_t vf_config[N_VFS][VF_SPACE];
	uint64_t changed[N_VFS];
} model;

static struct stack s;

static void put(uint32_t offset, uint32_t value, size_t width)
{
	memcpy(model.config + offset, &value, width);
}

static uint16_t word(uint32_t offset)
{
	uint16_t value;

	memcpy(&value, model.config + offset, sizeof(value));
	return value;
}

static uint32_t config_read(void *context, uint32_t space, uint32_t offset, void *buffer,
			    uint32_t length)
{
	(void)context;
	if (space != 0 || offset + length > sizeof(model.config))
		return 0;
	memcpy(buffer, model.config + offset, length);
	return length;
}

static uint32_t config_write(void *context, uint32_t space, uint32_t offset, const void *buffer,
			     uint32_t length)
{
	(void)context;
	if (space != 0 || offset + length > sizeof(model.config))
		return 0;
	memcpy(model.config + offset, buffer, length);
	return length;
}

static uint32_t vf_read(void *context, uint16_t vf, uint32_t offset, void *buffer, uint32_t length)
{
	(void)context;
	if (vf >= N_VFS || offset + length > VF_SPACE)
		return 0;
	memcpy(buffer, model.vf_config[vf] + offset, length);
	return length;
}

static uint32_t vf_write(void *context, uint16_t vf, uint32_t offset, const void *buffer,
			 uint32_t length)
{
	(void)context;
	if (vf >= N_VFS || offset + length > VF_SPACE)
		return 0;
	memcpy(model.vf_config[vf] + offset, buffer, length);
	return length;
}

static int location(void *context, uint16_t vf, uint16_t *segment, uint8_t *bus, uint8_t *function)
{
	(void)context;
	if (vf >= N_VFS)
		return -ENODEV;
	*segment = 1;
	*bus = 3;
	*function = (uint8_t)(0x80 + 2 * vf);
	return 0;
}

static int probed_bars(void *context, uint32_t bars[NRT_BUS_BARS])
{
	(void)context;
	for (uint32_t i = 0; i < NRT_BUS_BARS; i++)
		bars[i] = 0xFFFE0000u | i;
	return 0;
}

static int blocks_changed(void *context, uint16_t vf, uint64_t mask)
{
	(void)context;
	if (vf >= N_VFS)
		return -ENODEV;
	model.changed[vf] |= mask;
	return 0;
}

static const struct nrt_bus_virtual virtual_functions = {
	vf_read, vf_write, location, probed_bars, blocks_changed,
};

static const struct nrt_bus bus = {
	.config_read = config_read,
	.config_write = config_write,
	.virtual_functions = &virtual_functions,
};

/* Extended capabilities: another first, which leads to SR-IOV with room for eight functions. */
static void start(void)
{
	contract_start();
	memset(&model, 0, sizeof(model));
	put(0x100, 0x0001u | 1u << 16 | (uint32_t)SR_IOV_AT << 20, 4);
	put(SR_IOV_AT, 0x0010u | 1u << 16, 4);
	put(SR_IOV_AT + 0x08, 0x0010, 2); /* ARI capable hierarchy: not ours to change */
	put(SR_IOV_AT + 0x0E, N_VFS, 2);
}

TestSuite(virtualization, .init = start, .fini = contract_end, .timeout = 60);

static NDIS_STATUS enable(USHORT vfs, BOOLEAN on)
{
	return NdisMEnableVirtualization(s.a.handle, vfs, FALSE, FALSE, on);
}

Test(virtualization, virtual_functions_are_switched_on_and_off_in_configuration_space)
{
	cr_assert_eq(stack_up_on(&s, &bus, NULL), 0);
	cr_expect_eq(enable(5, TRUE), NDIS_STATUS_SUCCESS);
	cr_expect_eq(word(SR_IOV_AT + 0x10), 5);
	cr_expect_eq(word(SR_IOV_AT + 0x08), 0x0011);
	cr_expect_eq(enable(4, TRUE), NDIS_STATUS_FAILURE, "they are on");
	cr_expect_eq(word(SR_IOV_AT + 0x10), 5);
	cr_expect_eq(enable(0, FALSE), NDIS_STATUS_SUCCESS);
	cr_expect_eq(word(SR_IOV_AT + 0x10), 0);
	cr_expect_eq(word(SR_IOV_AT + 0x08), 0x0010);
	stack_down(&s);
}

Test(virtualization, what_cannot_be_switched_on_is_refused)
{
	cr_assert_eq(stack_up_on(&s, &bus, NULL), 0);
	cr_expect_eq(enable(N_VFS + 1, TRUE), NDIS_STATUS_FAILURE);
	cr_expect_eq(enable(1, FALSE), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(NdisMEnableVirtualization(s.a.handle, 1, TRUE, FALSE, TRUE),
		     NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(word(SR_IOV_AT + 0x08), 0x0010);
	put(0x100, 0x0001u | 1u << 16 | 0x100u << 20, 4); /* a list that runs in a circle */
	cr_expect_eq(enable(1, TRUE), NDIS_STATUS_NOT_SUPPORTED);
	put(0x100, 0, 4);
	cr_expect_eq(enable(1, TRUE), NDIS_STATUS_NOT_SUPPORTED);
	stack_down(&s);
}

Test(virtualization, configuration_space_of_a_virtual_function_is_its_own)
{
	UCHAR out[4] = { 1, 2, 3, 4 }, in[4] = { 0 };
	KIRQL old;

	cr_assert_eq(stack_up_on(&s, &bus, NULL), 0);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	cr_expect_eq(NdisMSetVirtualFunctionBusData(s.a.handle, 2, out, 8, 4), 4);
	cr_expect_eq(NdisMGetVirtualFunctionBusData(s.a.handle, 2, in, 8, 4), 4);
	KeLowerIrql(old);
	cr_expect_arr_eq(in, out, 4);
	cr_expect_arr_eq(model.vf_config[2] + 8, out, 4);
	cr_expect_eq(NdisMGetVirtualFunctionBusData(s.a.handle, N_VFS, in, 0, 4), 0);
	cr_expect_eq(NdisMSetVirtualFunctionBusData(s.a.handle, 2, out, VF_SPACE, 4), 0);
	stack_down(&s);
}

Test(virtualization, the_bus_tells_where_a_virtual_function_is)
{
	USHORT segment = 0;
	UCHAR on = 0, function = 0;

	cr_assert_eq(stack_up_on(&s, &bus, NULL), 0);
	cr_expect_eq(NdisMGetVirtualFunctionLocation(s.a.handle, 3, &segment, &on, &function),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(NDIS_MAKE_RID(segment, on, function), 0x00010386u);
	cr_expect_eq(NdisMGetVirtualFunctionLocation(s.a.handle, N_VFS, &segment, &on, &function),
		     NDIS_STATUS_FAILURE);
	stack_down(&s);
}

Test(virtualization, probed_registers_and_changed_blocks_pass_through_the_bus)
{
	ULONG bars[NRT_BUS_BARS] = { 0 };

	cr_assert_eq(stack_up_on(&s, &bus, NULL), 0);
	cr_expect_eq(NdisMQueryProbedBars(s.a.handle, bars), NDIS_STATUS_SUCCESS);
	for (ULONG i = 0; i < NRT_BUS_BARS; i++)
		cr_expect_eq(bars[i], 0xFFFE0000u | i);
	cr_expect_eq(NdisMInvalidateConfigBlock(s.a.handle, 1, 1), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisMInvalidateConfigBlock(s.a.handle, 1, 1ull << 63), NDIS_STATUS_SUCCESS);
	cr_expect_eq(model.changed[1], 1ull << 63 | 1);
	cr_expect_eq(NdisMInvalidateConfigBlock(s.a.handle, N_VFS, 1), NDIS_STATUS_FAILURE);
	stack_down(&s);
}

Test(virtualization, a_device_that_is_not_on_such_a_bus_has_no_virtual_functions)
{
	ULONG bars[NRT_BUS_BARS];
	USHORT segment;
	UCHAR on, function, byte;

	cr_assert_eq(stack_up_on(&s, NULL, NULL), 0);
	cr_expect_eq(enable(1, TRUE), NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(NdisMGetVirtualFunctionBusData(s.a.handle, 0, &byte, 0, 1), 0);
	cr_expect_eq(NdisMSetVirtualFunctionBusData(s.a.handle, 0, &byte, 0, 1), 0);
	cr_expect_eq(NdisMGetVirtualFunctionLocation(s.a.handle, 0, &segment, &on, &function),
		     NDIS_STATUS_FAILURE);
	cr_expect_eq(NdisMQueryProbedBars(s.a.handle, bars), NDIS_STATUS_FAILURE);
	cr_expect_eq(NdisMInvalidateConfigBlock(s.a.handle, 0, 1), NDIS_STATUS_FAILURE);
	cr_expect_eq(enable(0, FALSE), NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(NdisMEnableVirtualization(NULL, 0, FALSE, FALSE, FALSE), NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-HLT-05", NULL));
	stack_down(&s);
}
