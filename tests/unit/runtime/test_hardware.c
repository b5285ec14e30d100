/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A miniport's way to registers, ports and configuration space of a device that is a
 * model in this process; claims and how they are given up.
 */
#include <errno.h>
#include <string.h>

#include "contract.h"
#include <criterion/redirect.h>

#include <nrt/nrt_bus.h>

TestSuite(hardware, .init = contract_start, .fini = contract_end, .timeout = 60);

/* -------------------------------------------------------------------- the model */

#define BAR 0xFEB00000ull
#define BAR_SIZE 0x20000u
#define PORTS 0xC000u
#define N_PORTS 0x20u
#define RAM 0xFEC00800ull /* in the middle of a page */
#define RAM_SIZE 0x100u

enum { RANGE_BAR, RANGE_PORTS, RANGE_RAM };

static struct model {
	unsigned int range, width;
	uint64_t offset, value; /* of the last access */
	unsigned int reads, writes;
	UCHAR config[256];
	UCHAR block[16];
	UCHAR ram[RAM_SIZE];
} model;

/* A range that keeps what is written, behind read and write. */
static UCHAR kept[64];

static uint64_t kept_read(void *context, unsigned int range, uint64_t offset, unsigned int width)
{
	uint64_t value = 0;

	(void)context;
	(void)range;
	memcpy(&value, kept + offset, width);
	return value;
}

static void kept_write(void *context, unsigned int range, uint64_t offset, unsigned int width,
		       uint64_t value)
{
	(void)context;
	(void)range;
	memcpy(kept + offset, &value, width);
}

static const struct nrt_bus_range kept_range = { NRT_BUS_MEMORY, 0xFED00000, sizeof(kept) };
static const struct nrt_bus kept_bus = {
	.ranges = &kept_range, .n_ranges = 1, .read = kept_read, .write = kept_write,
};

static uint64_t model_read(void *context, unsigned int range, uint64_t offset, unsigned int width)
{
	struct model *m = context;

	m->range = range;
	m->offset = offset;
	m->width = width;
	return 0x8877665544332200ull + m->reads++;
}

static void model_write(void *context, unsigned int range, uint64_t offset, unsigned int width,
			uint64_t value)
{
	struct model *m = context;

	m->range = range;
	m->offset = offset;
	m->width = width;
	m->value = value;
	m->writes++;
}

static void *model_direct(void *context, unsigned int range)
{
	return range == RANGE_RAM ? ((struct model *)context)->ram : NULL;
}

static uint32_t model_config_read(void *context, uint32_t space, uint32_t offset, void *buffer,
				  uint32_t length)
{
	struct model *m = context;

	if (space != 0 || offset > sizeof(m->config) || length > sizeof(m->config) - offset)
		return 0;
	memcpy(buffer, m->config + offset, length);
	return length;
}

static uint32_t model_config_write(void *context, uint32_t space, uint32_t offset,
				   const void *buffer, uint32_t length)
{
	struct model *m = context;

	if (space != 0 || offset > sizeof(m->config) || length > sizeof(m->config) - offset)
		return 0;
	memcpy(m->config + offset, buffer, length);
	return length;
}

static int model_block_read(void *context, uint32_t block, void *buffer, uint32_t length)
{
	struct model *m = context;

	if (block != 3 || length > sizeof(m->block))
		return -EINVAL;
	memcpy(buffer, m->block, length);
	return 0;
}

static int model_block_write(void *context, uint32_t block, const void *buffer, uint32_t length)
{
	struct model *m = context;

	if (block != 3 || length > sizeof(m->block))
		return -EINVAL;
	memcpy(m->block, buffer, length);
	return 0;
}

static const struct nrt_bus_range ranges[] = {
	[RANGE_BAR] = { NRT_BUS_MEMORY, BAR, BAR_SIZE },
	[RANGE_PORTS] = { NRT_BUS_PORTS, PORTS, N_PORTS },
	[RANGE_RAM] = { NRT_BUS_MEMORY, RAM, RAM_SIZE },
};

static const struct nrt_bus bus = {
	.ranges = ranges,
	.n_ranges = 3,
	.read = model_read,
	.write = model_write,
	.direct = model_direct,
	.config_read = model_config_read,
	.config_write = model_config_write,
	.block_read = model_block_read,
	.block_write = model_block_write,
};

/* ------------------------------------------------------------------ the adapter */

static struct stack s;

static int add(const struct nrt_bus *behind)
{
	return stack_up_on(&s, behind, &model);
}

static void up(void)
{
	cr_assert_eq(add(&bus), 0, "%s", nrt_last_error());
}

static NDIS_STATUS map(ULONG64 at, UINT length, void **va)
{
	NDIS_PHYSICAL_ADDRESS physical = { .QuadPart = (LONGLONG)at };

	*va = &model;
	return NdisMMapIoSpace(va, s.a.handle, physical, length);
}

static NDIS_STATUS status;
static void *bar, *ports, *ram;

static void map_all(struct fake_adapter *a)
{
	cr_assert_eq(map(BAR, BAR_SIZE, &bar), NDIS_STATUS_SUCCESS);
	cr_assert_eq(map(RAM, RAM_SIZE, &ram), NDIS_STATUS_SUCCESS);
	cr_assert_eq(NdisMRegisterIoPortRange(&ports, a->handle, PORTS, N_PORTS),
		     NDIS_STATUS_SUCCESS);
}

static void unmap_all(struct fake_adapter *a)
{
	NdisMUnmapIoSpace(a->handle, bar, BAR_SIZE);
	NdisMUnmapIoSpace(a->handle, ram, RAM_SIZE);
	NdisMDeregisterIoPortRange(a->handle, PORTS, N_PORTS, ports);
}

static void up_mapped(void)
{
	s.a.on_initialized = map_all;
	s.a.on_halt = unmap_all;
	up();
}

/* --------------------------------------------------------------------- registers */

Test(hardware, each_register_access_is_one_of_the_device_with_its_width)
{
	UCHAR byte;
	USHORT word;
	ULONG dword;

	up_mapped();
	NdisReadRegisterUlong((PULONG)((char *)bar + 0x10), &dword);
	cr_expect_eq(dword, 0x44332200);
	cr_expect_eq(model.range, RANGE_BAR);
	cr_expect_eq(model.offset, 0x10);
	cr_expect_eq(model.width, 4);
	NdisReadRegisterUshort((PUSHORT)((char *)bar + BAR_SIZE - 2), &word);
	cr_expect_eq(word, 0x2201);
	cr_expect_eq(model.offset, BAR_SIZE - 2);
	NdisReadRegisterUchar((PUCHAR)bar, &byte);
	cr_expect_eq(byte, 0x02);
	cr_expect_eq(READ_REGISTER_ULONG64((volatile ULONG64 *)bar), 0x8877665544332203ull);
	NdisWriteRegisterUlong((PULONG)((char *)bar + 8), 0x12345678);
	cr_expect_eq(model.value, 0x12345678);
	cr_expect_eq(model.offset, 8);
	NdisWriteRegisterUshort((PUSHORT)bar, 0xFFFF);
	cr_expect_eq(model.value, 0xFFFF);
	cr_expect_eq(model.width, 2);
	NdisWriteRegisterUchar((PUCHAR)bar, 0x80);
	cr_expect_eq(model.value, 0x80);
	WRITE_REGISTER_ULONG64((volatile ULONG64 *)bar, 1ull << 63);
	cr_expect_eq(model.value, 1ull << 63);
	cr_expect_eq(model.reads, 4);
	cr_expect_eq(model.writes, 4);
	stack_down(&s);
}

Test(hardware, ports_are_read_and_written_also_by_the_buffer)
{
	UCHAR bytes[3], byte;
	USHORT word;
	ULONG dwords[2] = { 5, 6 };

	up_mapped();
	NdisRawReadPortUchar((ULONG_PTR)ports + 3, &byte);
	cr_expect_eq(byte, 0);
	cr_expect_eq(model.range, RANGE_PORTS);
	cr_expect_eq(model.offset, 3);
	NdisRawReadPortUshort((ULONG_PTR)ports + N_PORTS - 2, &word);
	cr_expect_eq(word, 0x2201);
	NdisRawReadPortBufferUchar((ULONG_PTR)ports + 7, bytes, 3);
	cr_expect_eq(bytes[0], 2);
	cr_expect_eq(bytes[2], 4);
	cr_expect_eq(model.offset, 7, "one port, again and again");
	NdisRawWritePortBufferUlong((ULONG_PTR)ports + 4, dwords, 2);
	cr_expect_eq(model.writes, 2);
	cr_expect_eq(model.value, 6);
	cr_expect_eq(model.offset, 4);
	NdisRawWritePortUshort((ULONG_PTR)ports, 0x1234);
	cr_expect_eq(model.width, 2);
	cr_expect_eq(model.value, 0x1234);
	stack_down(&s);
}

Test(hardware, ports_of_each_width_have_all_forms)
{
	UCHAR bytes[2] = { 0x11, 0x12 };
	USHORT words[2] = { 0x2221, 0x2223 };
	ULONG dwords[2] = { 0x33333331, 0x33333334 }, dword;

	up_mapped();
	NdisRawReadPortUlong((ULONG_PTR)ports + 8, &dword);
	cr_expect_eq(dword, 0x44332200);
	cr_expect_eq(model.width, 4);
	NdisRawWritePortUchar((ULONG_PTR)ports + 9, 0x77);
	cr_expect_eq(model.width, 1);
	cr_expect_eq(model.value, 0x77);
	cr_expect_eq(model.offset, 9);
	NdisRawWritePortUlong((ULONG_PTR)ports + 12, 0x01020304);
	cr_expect_eq(model.width, 4);
	cr_expect_eq(model.value, 0x01020304);
	NdisRawWritePortBufferUchar((ULONG_PTR)ports, bytes, 2);
	cr_expect_eq(model.value, 0x12);
	cr_expect_eq(model.width, 1);
	NdisRawWritePortBufferUshort((ULONG_PTR)ports, words, 2);
	cr_expect_eq(model.value, 0x2223);
	cr_expect_eq(model.width, 2);
	NdisRawReadPortBufferUshort((ULONG_PTR)ports + 2, words, 2);
	cr_expect_eq(words[0], 0x2201);
	cr_expect_eq(words[1], 0x2202);
	NdisRawReadPortBufferUlong((ULONG_PTR)ports + 4, dwords, 2);
	cr_expect_eq(dwords[1], 0x44332204);
	cr_expect_eq(model.offset, 4);
	cr_expect_eq(model.reads, 5);
	cr_expect_eq(model.writes, 6);
	stack_down(&s);
}

Test(hardware, memory_that_the_bus_shows_directly_is_just_memory)
{
	up_mapped();
	cr_expect_eq(ram, (void *)model.ram);
	WRITE_REGISTER_ULONG((PULONG)ram, 0xABCD);
	cr_expect_eq(*(ULONG *)ram, 0xABCD);
	cr_expect_eq(model.writes, 0);
	stack_down(&s);
}

static void map_kept(struct fake_adapter *a)
{
	(void)a;
	cr_assert_eq(map(kept_range.start, sizeof(kept), &bar), NDIS_STATUS_SUCCESS);
}

static void unmap_kept(struct fake_adapter *a)
{
	NdisMUnmapIoSpace(a->handle, bar, sizeof(kept));
}

Test(hardware, mapped_memory_is_moved_zeroed_and_read_in_rows)
{
	const UCHAR text[8] = "mapped!";
	UCHAR back[8];
	USHORT words[2] = { 0x1122, 0x3344 };
	ULONG dwords[2] = { 0x55667788, 0x99AABBCC };
	ULONG64 qwords[2] = { 1, 2 };

	s.a.on_initialized = map_kept;
	s.a.on_halt = unmap_kept;
	cr_assert_eq(add(&kept_bus), 0);
	NdisMoveToMappedMemory((char *)bar + 3, text, 8);
	cr_expect_arr_eq(kept + 3, text, 8);
	NdisMoveFromMappedMemory(back, (char *)bar + 3, 8);
	cr_expect_arr_eq(back, text, 8);
	NdisZeroMappedMemory((char *)bar + 4, 6);
	cr_expect_eq(kept[3], 'm');
	cr_expect_eq(kept[4], 0);
	cr_expect_eq(kept[9], 0);
	WRITE_REGISTER_BUFFER_UCHAR((PUCHAR)bar + 60, back, 4);
	cr_expect_arr_eq(kept + 60, text, 4);
	READ_REGISTER_BUFFER_UCHAR((PUCHAR)bar + 60, back + 4, 4);
	cr_expect_arr_eq(back + 4, text, 4);
	WRITE_REGISTER_BUFFER_USHORT((PUSHORT)bar, words, 2);
	READ_REGISTER_BUFFER_USHORT((PUSHORT)bar, words, 2);
	cr_expect_eq(words[1], 0x3344);
	WRITE_REGISTER_BUFFER_ULONG((PULONG)bar + 4, dwords, 2);
	cr_expect_eq(kept[20], 0xCC);
	READ_REGISTER_BUFFER_ULONG((PULONG)bar + 4, dwords, 2);
	cr_expect_eq(dwords[0], 0x55667788);
	WRITE_REGISTER_BUFFER_ULONG64((PULONG64)bar + 4, qwords, 2);
	cr_expect_eq(kept[40], 2);
	READ_REGISTER_BUFFER_ULONG64((PULONG64)bar + 4, qwords, 2);
	cr_expect_eq(qwords[1], 2);
	stack_down(&s);
}

static void map_in_parts(struct fake_adapter *a)
{
	(void)a;
	cr_assert_eq(map(BAR + 0x1234, 0x10, &bar), NDIS_STATUS_SUCCESS);
	cr_assert_eq(map(BAR + 0x1244, 4, &ram), NDIS_STATUS_SUCCESS);
}

static void unmap_parts(struct fake_adapter *a)
{
	NdisMUnmapIoSpace(a->handle, bar, 0x10);
	NdisMUnmapIoSpace(a->handle, ram, 4);
}

Test(hardware, parts_of_a_range_are_mapped_by_themselves)
{
	s.a.on_initialized = map_in_parts;
	s.a.on_halt = unmap_parts;
	up();
	READ_REGISTER_ULONG((PULONG)((char *)bar + 0xC));
	cr_expect_eq(model.offset, 0x1240);
	READ_REGISTER_ULONG((PULONG)ram);
	cr_expect_eq(model.offset, 0x1244);
	cr_expect_eq((ULONG_PTR)bar & 0xFFF, 0x234, "an offset in a page is kept");
	stack_down(&s);
}

Test(hardware, MP_INI_09_access_beyond_what_is_mapped_is_reported_and_reads_ones)
{
	up_mapped();
	cr_expect_eq(READ_REGISTER_ULONG((PULONG)((char *)bar + BAR_SIZE)), 0xFFFFFFFF);
	cr_expect_eq(READ_REGISTER_ULONG((PULONG)((char *)bar + BAR_SIZE - 2)), 0xFFFFFFFF);
	WRITE_REGISTER_ULONG((PULONG)((char *)bar + BAR_SIZE), 1);
	cr_expect_eq(READ_PORT_UCHAR((PUCHAR)ports + N_PORTS), 0xFF);
	cr_expect_eq(READ_PORT_UCHAR((PUCHAR)(ULONG_PTR)PORTS), 0xFF);
	cr_expect_eq(model.reads + model.writes, 0);
	cr_expect(violations_are("MP-INI-09", "MP-INI-09", "MP-INI-09", "MP-INI-09", "MP-INI-09",
				 NULL));
	stack_down(&s);
	cr_expect_eq(READ_REGISTER_UCHAR((PUCHAR)bar), 0xFF);
	cr_expect(violations_are("MP-INI-09", NULL));
}

/* ------------------------------------------------- registers by their address alone */

static PHYSICAL_ADDRESS at(ULONG64 address)
{
	return (PHYSICAL_ADDRESS){ .QuadPart = (LONGLONG)address };
}

static void map_by_address(struct fake_adapter *a)
{
	(void)a;
	bar = MmMapIoSpace(at(BAR + 0x1234), 0x10, MmNonCached);
	ram = MmMapIoSpaceEx(at(RAM), RAM_SIZE, PAGE_READWRITE | PAGE_WRITECOMBINE);
}

static void unmap_by_address(struct fake_adapter *a)
{
	(void)a;
	MmUnmapIoSpace(bar, 0x10);
	MmUnmapIoSpace(ram, RAM_SIZE);
}

Test(hardware, registers_are_mapped_by_their_address_alone)
{
	void *again;

	s.a.on_initialized = map_by_address;
	s.a.on_halt = unmap_by_address;
	up();
	cr_assert_not_null(bar);
	READ_REGISTER_ULONG((PULONG)((char *)bar + 0xC));
	cr_expect_eq(model.offset, 0x1240);
	cr_expect_eq(model.range, RANGE_BAR);
	cr_expect_eq(ram, (void *)model.ram);
	again = MmMapIoSpace(at(BAR + 0x1234), 0x10, MmNonCached);
	cr_expect_not_null(again, "more than once");
	cr_expect_neq(again, bar);
	MmUnmapIoSpace(again, 0x10);
	stack_down(&s);
}

Test(hardware, addresses_of_no_device_and_bad_protections_map_nothing)
{
	up();
	cr_expect_null(MmMapIoSpace(at(BAR - 1), 2, MmNonCached));
	cr_expect_null(MmMapIoSpace(at(BAR), BAR_SIZE + 1, MmNonCached));
	cr_expect_null(MmMapIoSpace(at(BAR), 0, MmNonCached));
	cr_expect_null(MmMapIoSpace(at(BAR), (SIZE_T)1 << 32 | 4, MmNonCached));
	cr_expect_null(MmMapIoSpace(at(PORTS), 1, MmNonCached));
	cr_expect_null(MmMapIoSpaceEx(at(BAR), 4, PAGE_NOCACHE));
	cr_expect_null(MmMapIoSpaceEx(at(BAR), 4, PAGE_READONLY | PAGE_READWRITE));
	cr_expect_null(MmMapIoSpaceEx(at(BAR), 4, PAGE_READWRITE | PAGE_NOCACHE |
							  PAGE_WRITECOMBINE));
	stack_down(&s);
	cr_expect_null(MmMapIoSpace(at(BAR), 4, MmNonCached), "the device is gone");
}

Test(hardware, MP_INI_09_unmapping_what_is_not_mapped_so_is_reported)
{
	s.a.on_initialized = map_by_address;
	s.a.on_halt = unmap_by_address;
	up();
	MmUnmapIoSpace(bar, 0x11);
	MmUnmapIoSpace((char *)bar + 1, 0x10);
	cr_expect(violations_are("MP-INI-09", "MP-INI-09", NULL));
	stack_down(&s);
	MmUnmapIoSpace(bar, 0x10);
	cr_expect(violations_are("MP-INI-09", NULL));
}

Test(hardware, MP_HLT_06_registers_still_mapped_by_address_after_the_halt_are_reported)
{
	s.a.on_initialized = map_by_address;
	up();
	stack_down(&s);
	cr_expect(violations_are("MP-HLT-06", "MP-HLT-06", NULL));
}

/* ------------------------------------------------------------------------ claims */

static void map_wrongly(struct fake_adapter *a)
{
	void *va;

	cr_expect_eq(map(BAR - 1, 2, &va), NDIS_STATUS_FAILURE);
	cr_expect_null(va);
	cr_expect_eq(map(BAR, BAR_SIZE + 1, &va), NDIS_STATUS_FAILURE);
	cr_expect_eq(map(BAR + BAR_SIZE, 1, &va), NDIS_STATUS_FAILURE);
	cr_expect_eq(map(BAR, 0, &va), NDIS_STATUS_FAILURE);
	cr_expect_eq(map(PORTS, N_PORTS, &va), NDIS_STATUS_FAILURE);
	cr_expect_eq(NdisMRegisterIoPortRange(&va, a->handle, PORTS, N_PORTS + 1),
		     NDIS_STATUS_FAILURE);
	cr_expect_eq(NdisMRegisterIoPortRange(&va, a->handle, (UINT)BAR, 1), NDIS_STATUS_FAILURE);
}

Test(hardware, what_is_not_the_devices_cannot_be_mapped)
{
	s.a.on_initialized = map_wrongly;
	up();
	stack_down(&s);
}

Test(hardware, a_device_without_a_bus_has_nothing_to_map)
{
	s.a.on_initialized = map_wrongly;
	cr_assert_eq(add(NULL), 0);
	stack_down(&s);
}

static void map_twice(struct fake_adapter *a)
{
	void *va;

	map_all(a);
	cr_redirect_stderr();
	cr_expect_eq(map(BAR + 0x100, 4, &va), NDIS_STATUS_RESOURCE_CONFLICT);
	cr_expect_null(va);
	cr_expect_eq(NdisMRegisterIoPortRange(&va, a->handle, PORTS + 1, 1),
		     NDIS_STATUS_RESOURCE_CONFLICT);
	fflush(stderr);
	cr_expect_stderr_eq_str(
		"pollport: nic0: a resource it needs is taken (error 0xC0001388)\n"
		"pollport: nic0: a resource it needs is taken (error 0xC0001388)\n");
}

Test(hardware, what_is_claimed_is_claimed_once_and_a_conflict_is_logged)
{
	s.a.on_initialized = map_twice;
	s.a.on_halt = unmap_all;
	up();
	stack_down(&s);
}

static void try_map(struct fake_adapter *a)
{
	(void)a;
	status = map(BAR, BAR_SIZE, &bar);
}

Test(hardware, MP_INI_01_nothing_is_claimed_before_the_registration_attributes)
{
	s.a.on_begin = try_map;
	up();
	cr_expect_eq(status, NDIS_STATUS_FAILURE);
	cr_expect_null(bar);
	cr_expect(violations_are("MP-INI-01", NULL));
	stack_down(&s);
}

Test(hardware, MP_INI_09_memory_is_mapped_in_initialization_only)
{
	up();
	cr_expect_eq(map(BAR, BAR_SIZE, &bar), NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-INI-09", NULL));
	stack_down(&s);
}

Test(hardware, MP_INI_10_ports_are_registered_in_initialization_only)
{
	up();
	cr_expect_eq(NdisMRegisterIoPortRange(&ports, s.a.handle, PORTS, N_PORTS),
		     NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-INI-10", NULL));
	stack_down(&s);
}

static void unmap_differently(struct fake_adapter *a)
{
	NdisMUnmapIoSpace(a->handle, bar, BAR_SIZE - 1);
	NdisMUnmapIoSpace(a->handle, (char *)bar + 4, BAR_SIZE);
	cr_expect(violations_are("MP-INI-09", "MP-INI-09", NULL));
	NdisMDeregisterIoPortRange(a->handle, PORTS, N_PORTS - 1, ports);
	cr_expect(violations_are("MP-INI-10", NULL));
	READ_REGISTER_ULONG(bar);
	READ_PORT_UCHAR(ports);
	cr_expect_eq(model.reads, 2, "they are there still");
	unmap_all(a);
	cr_expect(no_violations());
	NdisMUnmapIoSpace(a->handle, bar, BAR_SIZE);
	cr_expect(violations_are("MP-INI-09", NULL));
}

Test(hardware, MP_INI_09_MP_INI_10_claims_are_given_up_as_they_were_made_and_once)
{
	s.a.on_initialized = map_all;
	s.a.on_halt = unmap_differently;
	up();
	stack_down(&s);
}

Test(hardware, MP_INI_05_claims_that_a_failing_initialization_leaves_are_reported)
{
	s.a.on_initialized = map_all;
	s.a.fail_at = 6;
	s.a.fail_status = NDIS_STATUS_ADAPTER_NOT_FOUND;
	cr_expect_neq(add(&bus), 0);
	s.adapter = NULL;
	cr_expect(violations_are("MP-INI-05", "MP-INI-05", "MP-INI-05", NULL));
	stack_down(&s);
}

Test(hardware, MP_HLT_06_claims_that_a_halt_leaves_are_reported)
{
	s.a.on_initialized = map_all;
	up();
	stack_down(&s);
	cr_expect(violations_are("MP-HLT-06", "MP-HLT-06", "MP-HLT-06", NULL));
}

/* --------------------------------------------------------------------- resources */

static NDIS_MINIPORT_INIT_PARAMETERS given;
static MINIPORT_INITIALIZE_HANDLER own_initialize;
static ULONG n_given;

static NDIS_STATUS note_parameters(NDIS_HANDLE handle, NDIS_HANDLE context,
				   PNDIS_MINIPORT_INIT_PARAMETERS parameters)
{
	given = *parameters;
	n_given = given.AllocatedResources != NULL ? given.AllocatedResources->Count : 0;
	return own_initialize(handle, context, parameters);
}

static void wrap_initialize(NDIS_MINIPORT_DRIVER_CHARACTERISTICS *chars)
{
	own_initialize = chars->InitializeHandlerEx;
	chars->InitializeHandlerEx = note_parameters;
}

Test(hardware, the_resources_are_the_buss_ranges)
{
	PDEVICE_OBJECT physical, functional, next;
	PCM_RESOURCE_LIST raw, translated;
	const CM_PARTIAL_RESOURCE_DESCRIPTOR *d;

	s.m.mutate = wrap_initialize;
	up();
	cr_expect_eq(n_given, 3);
	NdisMGetDeviceProperty(s.a.handle, &physical, &functional, &next, &raw, &translated);
	cr_expect_not_null(physical);
	cr_expect_neq(functional, physical);
	cr_expect_eq(next, physical);
	cr_assert_not_null(raw);
	cr_expect_eq(raw->Count, 1);
	cr_expect_eq(raw->List[0].PartialResourceList.Count, 3);
	cr_expect_eq(translated->List[0].PartialResourceList.Count, 3);
	d = raw->List[0].PartialResourceList.PartialDescriptors;
	cr_expect_eq(d[0].Type, CmResourceTypeMemory);
	cr_expect_eq(d[0].u.Memory.Start.QuadPart, (LONGLONG)BAR);
	cr_expect_eq(d[0].u.Memory.Length, BAR_SIZE);
	cr_expect_eq(d[1].Type, CmResourceTypePort);
	cr_expect_eq(d[1].Flags, CM_RESOURCE_PORT_IO);
	cr_expect_eq(d[1].u.Port.Start.QuadPart, PORTS);
	NdisMGetDeviceProperty(s.a.handle, NULL, NULL, NULL, NULL, NULL);
	stack_down(&s);
}

Test(hardware, a_device_without_a_bus_has_no_resources)
{
	PCM_RESOURCE_LIST raw = (PCM_RESOURCE_LIST)&given;
	UCHAR byte;

	s.m.mutate = wrap_initialize;
	cr_assert_eq(add(NULL), 0);
	cr_expect_null(given.AllocatedResources);
	NdisMGetDeviceProperty(s.a.handle, NULL, NULL, NULL, &raw, NULL);
	cr_expect_null(raw);
	cr_expect_eq(NdisMGetBusData(s.a.handle, 0, 0, &byte, 1), 0);
	cr_expect_eq(NdisMSetBusData(s.a.handle, 0, 0, &byte, 1), 0);
	cr_expect_eq(NdisMReadConfigBlock(s.a.handle, 3, &byte, 1), NDIS_STATUS_FAILURE);
	cr_expect_eq(NdisMWriteConfigBlock(s.a.handle, 3, &byte, 1), NDIS_STATUS_FAILURE);
	stack_down(&s);
}

Test(hardware, configuration_space_is_read_and_written_at_any_irql)
{
	const UCHAR ids[4] = { 0x86, 0x80, 0xFB, 0x10 };
	UCHAR buffer[4], command = 7;
	KIRQL old;

	memcpy(model.config, ids, sizeof(ids));
	up();
	cr_expect_eq(NdisMGetBusData(s.a.handle, 0, 0, buffer, 4), 4);
	cr_expect_arr_eq(buffer, ids, 4);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	cr_expect_eq(NdisMSetBusData(s.a.handle, 0, 4, &command, 1), 1);
	KeLowerIrql(old);
	cr_expect_eq(model.config[4], 7);
	cr_expect_eq(NdisMGetBusData(s.a.handle, 0, 254, buffer, 4), 0);
	cr_expect_eq(NdisMGetBusData(s.a.handle, 1, 0, buffer, 4), 0);
	cr_expect_eq(NdisMGetBusData(NULL, 0, 0, buffer, 4), 0);
	cr_expect(violations_are("MP-HLT-05", NULL));
	stack_down(&s);
}

Test(hardware, blocks_of_a_virtual_function_go_to_its_bus)
{
	UCHAR out[4] = { 1, 2, 3, 4 }, in[4] = { 0 }, large[17];

	up();
	cr_expect_eq(NdisMWriteConfigBlock(s.a.handle, 3, out, 4), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisMReadConfigBlock(s.a.handle, 3, in, 4), NDIS_STATUS_SUCCESS);
	cr_expect_arr_eq(in, out, 4);
	cr_expect_eq(NdisMReadConfigBlock(s.a.handle, 4, in, 4), NDIS_STATUS_FAILURE);
	cr_expect_eq(NdisMWriteConfigBlock(s.a.handle, 3, large, 17), NDIS_STATUS_FAILURE);
	cr_expect_eq(NdisMReadConfigBlock(NULL, 3, in, 4), NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-HLT-05", NULL));
	stack_down(&s);
}
