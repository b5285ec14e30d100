/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which frames a NIC takes: unicast by RAL/RAH, multicast by the hash table MTA,
 * broadcast, VLANs by VFTA; [82599] 7.1.2, [8254x] 3.2.1.
 */
#include <string.h>

#include "nic.h"

static uint64_t address_of(const uint8_t *bytes)
{
	uint64_t a = 0;

	memcpy(&a, bytes, 6);
	return a;
}

/* RAH.AV, the entry is valid. */
#define RAH_VALID 0x80000000u

void softnic_filter_add(struct softnic *nic, uint32_t ral, uint32_t n)
{
	struct softnic_rx_settings *rx = &nic->rx;
	uint32_t most = sizeof(rx->addresses) / sizeof(rx->addresses[0]);

	for (uint32_t i = 0; i < n && rx->n_addresses < most; i++) {
		uint32_t low = softnic_get(nic, ral + 8 * i);
		uint32_t high = softnic_get(nic, ral + 8 * i + 4);

		if (high & RAH_VALID)
			rx->addresses[rx->n_addresses++] = low | (uint64_t)(high & 0xffff) << 32;
	}
}

static bool bit(const struct softnic *nic, uint32_t table, uint32_t i)
{
	return softnic_get(nic, table + 4 * (i / 32)) >> (i % 32) & 1;
}

/* Bits 47:36 of the address as it is written index 4096 bits (MO 0). */
static bool multicast_hit(const struct softnic *nic, const uint8_t *address)
{
	return bit(nic, nic->type->mta, (uint32_t)address[4] >> 4 | (uint32_t)address[5] << 4);
}

static bool address_fits(const struct softnic *nic, const uint8_t *address)
{
	const struct softnic_rx_settings *rx = &nic->rx;
	uint64_t a = address_of(address);

	if (a == 0xffffffffffffull)
		return rx->broadcast || (rx->promiscuous && rx->all_multicast);
	if (address[0] & 1)
		return rx->all_multicast || multicast_hit(nic, address);
	if (rx->promiscuous)
		return true;
	for (uint16_t i = 0; i < rx->n_addresses; i++)
		if (rx->addresses[i] == a)
			return true;
	return false;
}

bool softnic_filter(const struct softnic *nic, const uint8_t *frame, uint32_t length)
{
	const struct softnic_rx_settings *rx = &nic->rx;

	if (length < 14)
		return false;
	if (rx->promiscuous && rx->all_multicast && !rx->vlan_filter)
		return true;
	if (!address_fits(nic, frame))
		return false;
	/* untagged frames pass the VLAN filter, and so do priority tags only as VLAN 0 */
	if (rx->vlan_filter && length >= 18 && frame[12] == 0x81 && frame[13] == 0)
		return bit(nic, nic->type->vfta, ((uint32_t)frame[14] << 8 | frame[15]) & 0xfff);
	return true;
}
