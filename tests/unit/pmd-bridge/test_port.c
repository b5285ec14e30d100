/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of a port (pmd-bridge/port.c) under traffic: thousands of pauses and
 * restarts with sends from foreign threads, a transmit ring that is mostly full, and
 * received NBLs that are held; ports stopped to make the PMD let go; several workers.
 */
#include "churn.h"
#include "netdev.h"
#include "pcapfile.h"
#include "wire.h"

#include <stdio.h>
#include <unistd.h>

/* --------------------------------------------------------------- 1000 cycles */

static void write_some_frames(const char *path)
{
	struct pcap_frames frames = { 0 };
	UCHAR bytes[600] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xB5 };

	for (ULONG i = 0; i < 64; i++)
		pcapfile_add(&frames, bytes, 60 + 8 * i);
	cr_assert_eq(pcapfile_write(path, &frames), 0);
	pcapfile_free(&frames);
}

/* Keep a little traffic on @w and, now and then, take what the port sent: its ring is
 * full nearly all the time. */
static void serve_ring(struct wire *w)
{
	static unsigned int calls;
	static UCHAR bytes[2048] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xB5 };

	if (wire_waiting(w) < 32)
		wire_put(w, bytes, 60, 0);
	if (++calls % 8 != 0)
		return;
	for (unsigned int i = 0; i < 40 && wire_take(w, bytes, sizeof(bytes)) != 0; i++)
		;
}

static void empty_ring(struct wire *w)
{
	static UCHAR bytes[2048];

	while (wire_take(w, bytes, sizeof(bytes)) != 0)
		;
}

/* The other ends of the cables, for a moment. */
static void serve(struct wire *ring, int fd)
{
	static const UCHAR frame[100] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xB5 };

	if (ring != NULL)
		serve_ring(ring);
	if (fd >= 0)
		netdev_send(fd, frame, sizeof(frame));
	host_breathe();
}

/* @n ports of ids 0.., one of them behind @ring or @fd. */
static void cycle_ports(unsigned int n, struct wire *ring, int fd, unsigned int cycles)
{
	static struct churn churn[4];
	unsigned int done;

	for (uint16_t i = 0; i < n; i++)
		churn_start(&churn[i], i, cycles);
	do {
		serve(ring, fd);
		done = 0;
		for (unsigned int i = 0; i < n; i++)
			done += churn_done(&churn[i]) && churn_stop(&churn[i]);
	} while (done < n);
	for (unsigned int i = 0; i < n; i++)
		churn_end(&churn[i]);
	churn_end_holding();
	for (uint16_t i = 0; i < n; i++)
		host_expect_balanced(i);
}

static void cycles_on_software_ports(unsigned int cycles)
{
	const char *path = host_file("in.pcap");
	struct wire *ring;
	char vdev[200];

	write_some_frames(path);
	snprintf(vdev, sizeof(vdev), "net_pcap1,rx_pcap=%s,tx_pcap=/dev/null,infinite_rx=1", path);
	host_start("net_null0", vdev, NULL);
	wire_ring_port("r2", 64, &ring);
	for (uint16_t i = 0; i < 3; i++)
		host_add(i, NULL);
	cycle_ports(3, ring, -1, cycles);
	cr_expect_gt(host_stats(2).tx_queue_full, cycles, "the ring was not full");
	empty_ring(ring);
	host_stop();
}

Test(port, MP_PAU_04_1000_pauses_of_null_pcap_and_ring_account_for_every_NBL, .timeout = 170)
{
	cycles_on_software_ports(1000);
}

Test(port, MP_PAU_04_200_verified_pauses_of_null_pcap_and_ring_break_no_rule, .timeout = 170)
{
	host_verifies = true;
	cycles_on_software_ports(200);
}

static void cycles_on_af_packet(unsigned int cycles)
{
	netdev_namespace();
	netdev_veth("ours", "theirs");
	host_start("net_af_packet0,iface=ours,framecnt=256", NULL);
	host_add(0, NULL);
	cycle_ports(1, NULL, netdev_open("theirs"), cycles);
	host_stop();
}

Test(port, MP_PAU_04_1000_pauses_of_af_packet_account_for_every_NBL, .timeout = 170)
{
	cycles_on_af_packet(1000);
}

Test(port, MP_PAU_04_200_verified_pauses_of_af_packet_break_no_rule, .timeout = 170)
{
	host_verifies = true;
	cycles_on_af_packet(200);
}

/* --------------------------------------------------------------- while paused */

BRIDGE_TEST(port, MP_PAU_08_a_paused_port_keeps_its_buffers_and_answers_requests)
{
	struct pmb_device_stats before, paused;
	UCHAR mac[6] = { 0 };

	host_start("net_null0", NULL);
	host_open(0, NULL)->receive = proto_count;
	HOST_WAIT(proto_port(0)->received > 100);
	before = host_stats(0);
	for (unsigned int i = 0; i < 20; i++) {
		host_pause(0);
		paused = host_stats(0);
		cr_expect_eq(paused.pool_size, before.pool_size);
		cr_expect_eq(paused.pool_free + paused.pool_pmd, before.pool_size);
		cr_expect_eq(proto_query(proto_port(0), OID_802_3_CURRENT_ADDRESS, mac, 6),
			     NDIS_STATUS_SUCCESS);
		cr_expect_eq(memcmp(mac, proto_port(0)->mac, 6), 0);
		host_restart(0);
		HOST_WAIT(host_stats(0).rx_frames > paused.rx_frames);
	}
	host_stop();
}
