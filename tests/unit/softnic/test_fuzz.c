/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * No register value and no descriptor makes the model touch memory that is not
 * the driver's: random ones from fixed seeds, which the sanitizer build watches.
 * What a misused NIC answers is free; that it can be reset and works again is not.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_malloc.h>

#include "nic.h"

#define RING 64
#define ROUNDS 1000
#define BUFFERS 16
#define BUFFER_SIZE 2048
/* Behind buffers and rings: a NIC that was told they are larger writes there. */
#define SLACK (64 * 1024)

static uint64_t state;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16) % below;
}

static void start_eal(void)
{
	char prefix[64];
	char *argv[] = { (char *)"fuzz", (char *)"--no-huge", (char *)"-m", (char *)"64",
			 (char *)"--no-pci", (char *)"--no-telemetry", (char *)"--no-shconf",
			 (char *)"-l", (char *)"0", prefix };

	snprintf(prefix, sizeof(prefix), "--file-prefix=fuzz%d", getpid());
	cr_assert_geq(rte_eal_init(10, argv), 0);
}

static uint8_t *ring_memory, *buffers;

static struct softnic *make(const char *type)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
	struct softnic *nic;

	start_eal();
	nic = softnic_create(softnic_type_find(type), "fuzz", mac);
	cr_assert_not_null(nic);
	nic->iommu = softnic_iommu_create(SOFTNIC_IOMMU_STRICT);
	softnic_wire_rate(nic, 0);
	nic->peer = nic;
	ring_memory = rte_zmalloc(NULL, 16 * RING * 2 + SLACK, 128);
	buffers = rte_zmalloc(NULL, BUFFERS * BUFFER_SIZE + SLACK, 64);
	cr_assert(ring_memory != NULL && buffers != NULL && nic->iommu != NULL);
	return nic;
}

/* An address: mostly a buffer's, now and then one that no driver may give. */
static uint64_t any_address(void)
{
	switch (draw(16)) {
	case 0:
		return 0;
	case 1:
		return (uint64_t)draw(UINT32_MAX) << draw(33);
	case 2:
		return (uint64_t)(uintptr_t)&state;
	default:
		return (uint64_t)(uintptr_t)(buffers + BUFFER_SIZE * draw(BUFFERS) + draw(64));
	}
}

/* Random words, but often with the bits that make them a descriptor. */
static void scatter(bool advanced)
{
	for (uint32_t i = 0; i < 2 * RING; i++) {
		uint64_t *d = (uint64_t *)(ring_memory + 16 * i);
		uint64_t low = draw(UINT32_MAX), high = draw(UINT32_MAX);

		d[0] = any_address();
		if (draw(4) != 0) { /* a plausible length, DEXT, and one of the kinds */
			low = (low & 0xdb000000) | draw(1600) | (draw(4) != 0 ? 1u << 24 : 0);
			low |= (advanced ? 2u + draw(2) : draw(2)) << 20 | 1u << 29;
		}
		d[1] = low | high << 32;
	}
}

static void set_ring(struct softnic *nic, uint32_t reg, const uint8_t *at)
{
	uint64_t iova = draw(20) != 0 ? (uint64_t)(uintptr_t)at : any_address();

	softnic_mmio_write(nic, reg + SOFTNIC_BAL, (uint32_t)iova);
	softnic_mmio_write(nic, reg + SOFTNIC_BAH, (uint32_t)(iova >> 32));
	softnic_mmio_write(nic, reg + SOFTNIC_LEN, draw(20) != 0 ? 16 * RING : draw(4096));
	softnic_mmio_write(nic, reg + SOFTNIC_HEAD, draw(20) != 0 ? 0 : draw(2 * RING));
	softnic_mmio_write(nic, reg + SOFTNIC_TAIL, draw(20) != 0 ? draw(RING) : draw(UINT32_MAX));
	softnic_mmio_write(nic, reg + SOFTNIC_DCTL, SOFTNIC_DCTL_ENABLE | draw(UINT32_MAX));
}

/* Receive and transmit on, by every register that may say so. */
static void enable(struct softnic *nic)
{
	static const uint32_t both[] = { 0x00100, 0x00400, 0x03000, 0x04a80, 0x05080 };

	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++)
		softnic_mmio_write(nic, both[i], draw(8) != 0 ? 0x0000871fu | draw(4) << 16 :
								draw(UINT32_MAX));
	/* the 82599's SRRCTL(0): buffers of 2 KB; nothing of the others */
	softnic_mmio_write(nic, 0x02100, draw(8) != 0 ? 2 : draw(UINT32_MAX));
}

static void disturb(struct softnic *nic)
{
	uint32_t reg = draw(nic->type->bar_size / 4) * 4;

	if (draw(2) != 0)
		softnic_mmio_read(nic, reg);
	else
		softnic_mmio_write(nic, reg, draw(UINT32_MAX));
}

static void fuzz(const char *type, uint64_t seed)
{
	struct softnic *nic = make(type);

	state = seed;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint8_t frame[64];

		if (round % 50 == 0)
			nic->type->reset(nic);
		scatter(nic->type->advanced);
		enable(nic);
		set_ring(nic, nic->type->rx_reg(0), ring_memory);
		set_ring(nic, nic->type->tx_reg(0), ring_memory + 16 * RING);
		for (uint32_t i = draw(20); i != 0; i--)
			disturb(nic);
		for (uint32_t i = 0; i < sizeof(frame); i++)
			frame[i] = (uint8_t)draw(256);
		softnic_step(nic);
		softnic_inject(nic, frame, sizeof(frame));
		softnic_step(nic);
	}
	cr_expect_gt(nic->counters.tx_frames, 0, "nothing was ever sent: the fuzzer does not reach the rings");
	cr_expect_gt(nic->counters.rx_delivered, 0, "nothing was ever received");
	cr_expect_gt(nic->counters.misuses, 0, "nothing was ever refused");
	softnic_destroy(nic);
}

Test(fuzz, registers_and_descriptors_of_the_82599)
{
	fuzz("82599", 1);
	rte_eal_cleanup();
}

Test(fuzz, registers_and_descriptors_of_the_82576)
{
	fuzz("82576", 2);
	rte_eal_cleanup();
}

Test(fuzz, registers_and_descriptors_of_the_82574)
{
	fuzz("82574", 3);
	rte_eal_cleanup();
}

Test(fuzz, registers_and_descriptors_of_the_82540em)
{
	fuzz("82540em", 4);
	rte_eal_cleanup();
}
