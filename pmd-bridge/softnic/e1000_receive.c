/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the registers of the e1000 family have receive do: [8254x] 13.4.22, [82574]
 * 10.2.5, [82576] 8.10. Worked out before frames arrive whenever a register has
 * changed, on whichever thread steps.
 */
#include <string.h>

#include "e1000.h"
#include "regs_e1000.h"

static bool is_82576(const struct softnic *nic)
{
	return nic->type == &softnic_82576;
}

static uint32_t rctl_buffer_size(const struct softnic *nic, uint32_t rctl)
{
	uint32_t flexible = rctl >> RCTL_FLXBUF_SHIFT & 15;
	uint32_t size = 2048u >> (rctl >> RCTL_BSIZE_SHIFT & 3);

	if (is_82576(nic))
		return size;
	if (nic->type == &softnic_82574 && flexible != 0)
		return flexible * 1024;
	return rctl & RCTL_BSEX ? size * 16 : size;
}

static void settle_queues(struct softnic *nic, uint32_t rctl)
{
	for (uint16_t i = 0; i < nic->type->n_rx; i++) {
		struct softnic_rxq *q = &nic->rxq[i];

		q->buffer_size = rctl_buffer_size(nic, rctl);
		q->strip_vlan = softnic_get(nic, CTRL) & CTRL_VME;
		q->drop = false;
		if (is_82576(nic)) {
			uint32_t srrctl = softnic_get(nic, q->ring.reg + SRRCTL);

			if (srrctl & SRRCTL_BSIZEPACKET)
				q->buffer_size = (srrctl & SRRCTL_BSIZEPACKET) * 1024;
			q->drop = srrctl & SRRCTL_DROP_EN;
		}
	}
}

/* MRQC bits 16 and up, by their meaning here. */
static uint32_t rss_types(const struct softnic *nic, uint32_t mrqc)
{
	static const uint32_t igb[] = { SOFTNIC_RSS_TCP4, SOFTNIC_RSS_IP4, SOFTNIC_RSS_TCP6_EX,
					SOFTNIC_RSS_IP6_EX, SOFTNIC_RSS_IP6, SOFTNIC_RSS_TCP6,
					SOFTNIC_RSS_UDP4, SOFTNIC_RSS_UDP6, SOFTNIC_RSS_UDP6_EX };
	static const uint32_t em[] = { SOFTNIC_RSS_TCP4, SOFTNIC_RSS_IP4, SOFTNIC_RSS_TCP6,
				       SOFTNIC_RSS_IP6_EX, SOFTNIC_RSS_IP6 };
	const uint32_t *types = is_82576(nic) ? igb : em;
	uint32_t n = is_82576(nic) ? 9 : 5, found = 0;

	for (uint32_t i = 0; i < n; i++)
		if (mrqc >> (16 + i) & 1)
			found |= types[i];
	return found;
}

static void settle_rss(struct softnic *nic)
{
	struct softnic_rx_settings *rx = &nic->rx;
	uint32_t mrqc = softnic_get(nic, MRQC), key[10];

	rx->rss = (mrqc & MRQC_ENABLE) == (is_82576(nic) ? MRQC_RSS_82576 : MRQC_RSS_82574);
	rx->rss = rx->rss && nic->type != &softnic_82540em;
	if (!rx->rss)
		return;
	rx->rss_types = rss_types(nic, mrqc);
	for (uint32_t i = 0; i < 128; i++) {
		uint32_t entry = softnic_get(nic, RETA + (i & ~3u)) >> (8 * (i & 3));

		/* the 82576 has the queue in bits 3:0, the 82574 in bit 7 */
		rx->reta[i] = is_82576(nic) ? entry & 15 : entry >> 7 & 1;
	}
	for (uint32_t i = 0; i < 10; i++)
		key[i] = softnic_get(nic, RSSRK + 4 * i);
	if (memcmp(rx->rss_key, key, sizeof(key)) != 0) { /* the table is large */
		memcpy(rx->rss_key, key, sizeof(key));
		softnic_toeplitz_init(&rx->toeplitz, rx->rss_key);
	}
}

/* Longest frame with FCS, but for a tag: the limits of the datasheets, 1522 bytes without LPE
 * and RLPML with it, count the tag. */
static uint32_t max_frame(const struct softnic *nic, uint32_t rctl)
{
	uint32_t longest;

	if (!(rctl & RCTL_LPE))
		return 1518;
	if (!is_82576(nic))
		return SOFTNIC_MAX_FRAME - 4;
	longest = softnic_get(nic, RLPML) & 0x3fff;
	return longest > 4 ? longest - 4 : 0;
}

void softnic_e1000_settle(struct softnic *nic)
{
	struct softnic_rx_settings *rx = &nic->rx;
	uint32_t rctl = softnic_get(nic, RCTL), ctrl = softnic_get(nic, CTRL);

	rx->enabled = (rctl & RCTL_EN) && softnic_phy_powered(nic);
	rx->promiscuous = rctl & RCTL_UPE;
	rx->all_multicast = rctl & RCTL_MPE;
	rx->broadcast = rctl & RCTL_BAM;
	rx->vlan_filter = rctl & RCTL_VFE;
	rx->keep_crc = !(rctl & RCTL_SECRC);
	rx->checksums = softnic_get(nic, RXCSUM) & (RXCSUM_IPOFLD | RXCSUM_TUOFLD);
	rx->max_frame = max_frame(nic, rctl);
	rx->heeds_pause = ctrl & CTRL_RFCE;
	rx->sends_pause = ctrl & CTRL_TFCE;
	softnic_filter_add(nic, RAL, 16);
	if (is_82576(nic))
		softnic_filter_add(nic, RAL_16, 8);
	settle_queues(nic, rctl);
	settle_rss(nic);
}
