/* SPDX-License-Identifier: BSD-3-Clause */
/* See nics.h. */
#include "nics.h"

#include <stdio.h>
#include <string.h>

static struct softnic *nics[2];
static uint16_t n_nics;

struct softnic *nics_get(uint16_t port)
{
	return nics[port];
}

ULONG64 nics_speed(const char *type)
{
	return strcmp(type, "82599") == 0 ? 10000000000ull : 1000000000ull;
}

static bool is_connected(struct proto_port *p)
{
	ULONG state = NdisMediaStateDisconnected;

	cr_assert_eq(proto_query(p, OID_GEN_MEDIA_CONNECT_STATUS, &state, sizeof(state)),
		     NDIS_STATUS_SUCCESS);
	return state == NdisMediaStateConnected;
}

void nics_wait_link(uint16_t port)
{
	HOST_WAIT((softnic_step_all(), is_connected(proto_port(port))));
}

void nics_start(const char *type, uint16_t n, const char *args,
		const struct pmb_device_config *config)
{
	char vdev[2][160];

	snprintf(vdev[0], sizeof(vdev[0]), "net_softnic0,type=%s%s", type, args);
	snprintf(vdev[1], sizeof(vdev[1]), "net_softnic1,type=%s%s,peer=net_softnic0", type, args);
	host_start(vdev[0], n > 1 ? vdev[1] : NULL, NULL);
	n_nics = n;
	nics[0] = softnic_find("net_softnic0");
	nics[1] = softnic_find("net_softnic1");
	for (uint16_t i = 0; i < n; i++) {
		cr_assert_not_null(nics[i]);
		host_open(i, config);
	}
	for (uint16_t i = 0; i < n; i++)
		nics_wait_link(i);
}

void nics_expect_counts(uint16_t port)
{
	struct softnic_counters c;
	struct pmb_device_stats s = host_stats(port);
	struct nrt_ledger l;

	softnic_counters_get(nics[port], &c);
	nrt_adapter_ledger(host_adapter(port), &l);
	cr_expect_eq(c.tx_frames, s.opackets, "port %u: %lu frames left, the PMD counted %lu", port,
		     c.tx_frames, s.opackets);
	cr_expect_eq(s.tx_frames, s.opackets, "port %u: the PMD took %lu and sent %lu", port,
		     s.tx_frames, s.opackets);
	cr_expect_eq(c.tx_lost, 0);
	cr_expect_eq(c.rx_frames, c.rx_delivered + c.rx_filtered + c.rx_missed);
	cr_expect_eq(c.rx_delivered, s.ipackets, "port %u: %lu received, the PMD counted %lu", port,
		     c.rx_delivered, s.ipackets);
	cr_expect_eq(c.rx_missed, s.imissed, "port %u: %lu missed, the PMD counted %lu", port,
		     c.rx_missed, s.imissed);
	cr_expect_eq(s.ipackets, s.rx_frames, "port %u: the PMD received %lu and gave %lu", port,
		     s.ipackets, s.rx_frames);
	cr_expect_eq(s.rx_indicated, l.rx_indicated);
	cr_expect_eq(l.rx_delivered, (uint64_t)proto_port(port)->received);
}

void nics_stop(void)
{
	for (uint16_t i = 0; i < n_nics; i++) {
		struct softnic_counters c;

		softnic_counters_get(nics[i], &c);
		cr_expect_eq(c.misuses, 0, "NIC %u was misused %lu times", i, c.misuses);
		cr_expect_eq(c.tx_lost, 0, "NIC %u could not send %lu frames", i, c.tx_lost);
		softnic_on_transmit(nics[i], NULL, NULL);
	}
	host_stop();
}
