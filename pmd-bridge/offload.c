/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Task offloads of a port: what the PMD has of them, and which are in force. PASSIVE_LEVEL.
 */
#include <rte_ethdev.h>

#include "port.h"

/* What an offload takes of the PMD, each way. */
static const struct {
	ULONG offloads;
	uint64_t tx, rx;
} kinds[] = {
	{ PMB_OFFLOAD_IPV4, RTE_ETH_TX_OFFLOAD_IPV4_CKSUM, RTE_ETH_RX_OFFLOAD_IPV4_CKSUM },
	{ PMB_OFFLOAD_TCP_IPV4 | PMB_OFFLOAD_TCP_IPV6, RTE_ETH_TX_OFFLOAD_TCP_CKSUM,
	  RTE_ETH_RX_OFFLOAD_TCP_CKSUM },
	{ PMB_OFFLOAD_UDP_IPV4 | PMB_OFFLOAD_UDP_IPV6, RTE_ETH_TX_OFFLOAD_UDP_CKSUM,
	  RTE_ETH_RX_OFFLOAD_UDP_CKSUM },
	{ PMB_OFFLOAD_LSO_IPV4 | PMB_OFFLOAD_LSO_IPV6, RTE_ETH_TX_OFFLOAD_TCP_TSO, 0 },
};

/* A PMD that does not say what a frame is, em's, cannot be asked which sum was right. */
static bool tells_types(const struct pmb_port *port)
{
	return rte_eth_dev_get_supported_ptypes(port->id, RTE_PTYPE_L4_MASK, NULL, 0) > 0;
}

void pmb_offload_info(struct pmb_port *port, bool wanted)
{
	const struct rte_eth_dev_info *info = &port->device->info;
	bool types = tells_types(port);

	/* Software ports write into the frame itself, which is not theirs to change. */
	wanted = wanted && port->hw_filter;
	for (size_t i = 0; wanted && i < RTE_DIM(kinds); i++) {
		if (info->tx_offload_capa & kinds[i].tx) {
			port->info.send_offloads |= kinds[i].offloads;
			port->tx_offloads |= kinds[i].tx;
		}
		if (types && info->rx_offload_capa & kinds[i].rx) {
			port->info.receive_offloads |= kinds[i].offloads;
			port->rx_offloads |= kinds[i].rx;
		}
	}
}

struct setting {
	ULONG send, receive;
};

/* Bits of the info for a frame of @tcp's or @udp's kind. */
static ULONG told(ULONG receive, ULONG ip, ULONG tcp, ULONG udp)
{
	NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info = { .Value = NULL };

	info.Receive.IpChecksumSucceeded = info.Receive.IpChecksumFailed = (receive & ip) != 0;
	info.Receive.TcpChecksumSucceeded = info.Receive.TcpChecksumFailed = (receive & tcp) != 0;
	info.Receive.UdpChecksumSucceeded = info.Receive.UdpChecksumFailed = (receive & udp) != 0;
	return (ULONG)(uintptr_t)info.Value;
}

static void put(struct pmb_queue *q, void *arg)
{
	const struct setting *s = arg;
	ULONG *info = q->rx.checksum_info;

	q->tx.offloads = s->send;
	info[PMB_HASH_IPV4] = told(s->receive, PMB_OFFLOAD_IPV4, 0, 0);
	info[PMB_HASH_IPV4 + 1] = told(s->receive, PMB_OFFLOAD_IPV4, PMB_OFFLOAD_TCP_IPV4, 0);
	info[PMB_HASH_IPV4 + 2] = told(s->receive, PMB_OFFLOAD_IPV4, 0, PMB_OFFLOAD_UDP_IPV4);
	info[PMB_HASH_IPV6 + 1] = told(s->receive, 0, PMB_OFFLOAD_TCP_IPV6, 0);
	info[PMB_HASH_IPV6 + 2] = told(s->receive, 0, 0, PMB_OFFLOAD_UDP_IPV6);
	q->rx.checks = s->receive != 0;
	q->rx.notes = q->rx.hashes || q->rx.checks;
}

NDIS_STATUS pmb_port_set_offloads(struct pmb_port *port, ULONG send, ULONG receive)
{
	struct setting s = { send, receive };

	if ((send & ~port->info.send_offloads) != 0 ||
	    (receive & ~port->info.receive_offloads) != 0)
		return NDIS_STATUS_INVALID_PARAMETER;
	pmb_on_owner(port, put, &s);
	return NDIS_STATUS_SUCCESS;
}
