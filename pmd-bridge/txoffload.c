/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a send asks of the NIC: checksums and TCP segmentation, from the NBL's slots and the
 * frame's headers to the mbuf's fields. For queues that were opened with task offloads and
 * NBLs that ask; the queue's worker [ns-nblchecksum-ndis_tcp_ip_checksum_net_buffer_list_info,
 * ns-nbllso-ndis_tcp_large_send_offload_net_buffer_list_info].
 */
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include <pmb.h>

#include "txq.h"

/* Ethernet, a tag, IPv4 or IPv6 with options, TCP with options; more is refused. */
#define HEADERS 256

struct headers {
	uint8_t bytes[HEADERS];
	uint32_t n;
};

static void read_headers(NET_BUFFER *nb, struct headers *h)
{
	const MDL *mdl = NET_BUFFER_CURRENT_MDL(nb);
	uint32_t offset = NET_BUFFER_CURRENT_MDL_OFFSET(nb);
	uint32_t left = RTE_MIN(NET_BUFFER_DATA_LENGTH(nb), (ULONG)HEADERS);

	h->n = 0;
	for (; mdl != NULL && left != 0; mdl = mdl->Next, offset = 0) {
		uint32_t n = mdl->ByteCount > offset ? mdl->ByteCount - offset : 0;

		n = RTE_MIN(n, left);
		memcpy(h->bytes + h->n, (const uint8_t *)mdl->MappedSystemVa + offset, n);
		h->n += n;
		left -= n;
	}
}

static uint32_t be16_at(const struct headers *h, uint32_t at)
{
	return (uint32_t)h->bytes[at] << 8 | h->bytes[at + 1];
}

/* Where layer 3 begins, behind the address and a tag; 0: nowhere. */
static uint16_t l3_start(const struct headers *h, bool ipv6)
{
	uint16_t at = RTE_ETHER_HDR_LEN;

	if (h->n < RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN)
		return 0;
	if (be16_at(h, at - 2u) == RTE_ETHER_TYPE_VLAN)
		at = (uint16_t)(at + RTE_VLAN_HLEN);
	return be16_at(h, at - 2u) == (ipv6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4) ? at : 0;
}

/* The length of the IP header, of IPv6 without extensions; 0: there is none. @l4 is what
 * comes behind. */
static uint16_t l3_length(const struct headers *h, uint16_t at, bool ipv6, uint8_t *l4)
{
	uint16_t length = ipv6 ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr);

	if (at + length > h->n || h->bytes[at] >> 4 != (ipv6 ? 6 : 4))
		return 0;
	*l4 = h->bytes[at + (ipv6 ? 6 : 9)];
	if (!ipv6)
		length = (uint16_t)((h->bytes[at] & 0xF) * 4);
	return length >= sizeof(struct rte_ipv4_hdr) && at + length <= h->n ? length : 0;
}

static bool find_l3(const struct headers *h, bool ipv6, struct pmb_ask *ask, uint8_t *l4)
{
	ask->l2_len = l3_start(h, ipv6);
	ask->l3_len = ask->l2_len != 0 ? l3_length(h, ask->l2_len, ipv6, l4) : 0;
	if (ask->l3_len == 0)
		return false;
	ask->ol_flags = ipv6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4;
	return true;
}

/* Have the IP header's checksum made. */
static void ask_ip(const struct headers *h, struct pmb_ask *ask)
{
	ask->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
	ask->clear_ip_sum = be16_at(h, ask->l2_len + 10u) != 0;
}

/* The length of the TCP header that is there; 0: none. */
static uint16_t tcp_length(const struct headers *h, const struct pmb_ask *ask)
{
	uint32_t at = (uint32_t)ask->l2_len + ask->l3_len;
	uint16_t length;

	if (at + sizeof(struct rte_tcp_hdr) > h->n)
		return 0;
	length = (uint16_t)((h->bytes[at + 12] >> 4) * 4);
	return length >= sizeof(struct rte_tcp_hdr) && at + length <= h->n ? length : 0;
}

static bool in_force(const struct pmb_txq *q, bool ipv6, ULONG over_ipv4, ULONG over_ipv6)
{
	return q->offloads & (ipv6 ? over_ipv6 : over_ipv4);
}

static bool ask_checksum(const struct pmb_txq *q, const struct headers *h,
			 NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info, struct pmb_ask *ask)
{
	bool ipv6 = info.Transmit.IsIPv6;
	uint8_t l4;

	if (info.Transmit.IsIPv4 == info.Transmit.IsIPv6 || !find_l3(h, ipv6, ask, &l4))
		return false;
	if (info.Transmit.IpHeaderChecksum) {
		if (ipv6 || !(q->offloads & PMB_OFFLOAD_IPV4))
			return false;
		ask_ip(h, ask);
	}
	if (info.Transmit.TcpChecksum) {
		ask->l4_len = tcp_length(h, ask);
		ask->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM;
		return l4 == IPPROTO_TCP && ask->l4_len != 0 && !info.Transmit.UdpChecksum &&
		       in_force(q, ipv6, PMB_OFFLOAD_TCP_IPV4, PMB_OFFLOAD_TCP_IPV6);
	}
	if (info.Transmit.UdpChecksum) {
		ask->l4_len = sizeof(struct rte_udp_hdr);
		ask->ol_flags |= RTE_MBUF_F_TX_UDP_CKSUM;
		return l4 == IPPROTO_UDP && (uint32_t)ask->l2_len + ask->l3_len + ask->l4_len <= h->n &&
		       in_force(q, ipv6, PMB_OFFLOAD_UDP_IPV4, PMB_OFFLOAD_UDP_IPV6);
	}
	return true;
}

static bool ask_segments(const struct pmb_txq *q, const struct headers *h,
			 NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info, struct pmb_ask *ask)
{
	bool ipv6 = info.LsoV2Transmit.IPVersion == NDIS_TCP_LARGE_SEND_OFFLOAD_IPv6;
	uint32_t headers;
	uint8_t l4;

	if (info.LsoV2Transmit.Type != NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE ||
	    !in_force(q, ipv6, PMB_OFFLOAD_LSO_IPV4, PMB_OFFLOAD_LSO_IPV6) ||
	    !find_l3(h, ipv6, ask, &l4) || l4 != IPPROTO_TCP)
		return false;
	ask->l4_len = tcp_length(h, ask);
	ask->mss = (uint16_t)info.LsoV2Transmit.MSS;
	if (!ipv6)
		ask_ip(h, ask);
	ask->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_TCP_SEG;
	headers = (uint32_t)ask->l2_len + ask->l3_len + ask->l4_len;
	return ask->l4_len != 0 && info.LsoV2Transmit.MSS != 0 &&
	       info.LsoV2Transmit.TcpHeaderOffset == ask->l2_len + ask->l3_len &&
	       headers + info.LsoV2Transmit.MSS <= q->max_frame;
}

bool pmb_tx_ask(const struct pmb_txq *q, const NET_BUFFER_LIST *nbl, NET_BUFFER *nb,
		struct pmb_ask *ask)
{
	NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO sum;
	NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO lso;
	struct headers h;

	*ask = (struct pmb_ask){ .ol_flags = 0 };
	sum.Value = NET_BUFFER_LIST_INFO(nbl, TcpIpChecksumNetBufferListInfo);
	lso.Value = NET_BUFFER_LIST_INFO(nbl, TcpLargeSendNetBufferListInfo);
	if (sum.Value == NULL && lso.Value == NULL)
		return true;
	read_headers(nb, &h);
	return lso.Value != NULL ? ask_segments(q, &h, lso, ask) : ask_checksum(q, &h, sum, ask);
}

bool pmb_tx_asks_ok(const struct pmb_txq *q, NET_BUFFER_LIST *nbl)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);

	if (nb == NULL)
		return false;
	for (; nb != NULL; nb = NET_BUFFER_NEXT_NB(nb)) {
		struct pmb_ask ask;
		bool large;
		ULONG most;

		if (!pmb_tx_ask(q, nbl, nb, &ask))
			return false;
		large = ask.ol_flags & RTE_MBUF_F_TX_TCP_SEG;
		most = large ? PMB_LSO_SIZE + ask.l2_len + ask.l3_len + ask.l4_len : q->max_frame;
		if (NET_BUFFER_DATA_LENGTH(nb) > most ||
		    (large && nb != NET_BUFFER_LIST_FIRST_NB(nbl)))
			return false;
	}
	return true;
}

void pmb_tx_answer(NET_BUFFER_LIST *nbl)
{
	NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO done = { .Value = NULL };

	if (NET_BUFFER_LIST_INFO(nbl, TcpLargeSendNetBufferListInfo) == NULL)
		return;
	done.LsoV2TransmitComplete.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
	NET_BUFFER_LIST_INFO(nbl, TcpLargeSendNetBufferListInfo) = done.Value;
}
