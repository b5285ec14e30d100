/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VLAN tags: taken off and told, put on, and filtered by.
 */
#include "bench.h"
#include "packet.h"

TestSuite(vlan, .timeout = 60);

#define STRIP RTE_ETH_RX_OFFLOAD_VLAN_STRIP
#define FILTER RTE_ETH_RX_OFFLOAD_VLAN_FILTER
#define INSERT RTE_ETH_TX_OFFLOAD_VLAN_INSERT
#define TOLD (RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED)

static uint8_t plain[LONGEST], tagged[LONGEST + 4];

/* A frame of @length bytes, and the same with @tci. */
static void make(uint32_t length, uint16_t tci)
{
	packet_fill(plain, length, 0, tci);
	memcpy(tagged, plain, 12);
	tagged[12] = 0x81;
	tagged[13] = 0;
	tagged[14] = (uint8_t)(tci >> 8);
	tagged[15] = (uint8_t)tci;
	memcpy(tagged + 16, plain + 12, length - 12);
}

static struct rte_mbuf *exchange(struct rte_mbuf *m)
{
	struct rte_mbuf *got[BURST];

	bench_send(0, 0, &m, 1);
	cr_assert_eq(bench_receive(1, 0, got, BURST), 1);
	return got[0];
}

static void set_at_receiver(int what)
{
	cr_assert_eq(rte_eth_dev_set_vlan_offload(bench.end[1].port, what), 0);
}

static void tags_are_taken_off(const char *type)
{
	static const uint16_t tcis[] = { 1, 0x0FFF, 0x6123, 0xFFFE, 0 };

	bench_start(type, &(struct setup){ .rx_offloads = STRIP });
	for (uint32_t i = 0; i < RTE_DIM(tcis); i++) {
		for (uint32_t length = 60; length <= 1514; length += 727) {
			struct rte_mbuf *m;

			make(length, tcis[i]);
			m = exchange(packet_mbuf(tagged, length + 4, 1));
			packet_expect(m, plain, length);
			cr_expect_eq(m->ol_flags & TOLD, TOLD);
			cr_expect_eq(m->vlan_tci, tcis[i], "%x", m->vlan_tci);
			rte_pktmbuf_free(m);
		}
	}
	bench_stop();
}
EACH_NIC(vlan, tags_are_taken_off)

static void frames_without_a_tag_stay(const char *type)
{
	struct rte_mbuf *m;

	bench_start(type, &(struct setup){ .rx_offloads = STRIP });
	make(100, 5);
	m = exchange(packet_mbuf(plain, 100, 1));
	packet_expect(m, plain, 100);
	cr_expect_eq(m->ol_flags & TOLD, 0);
	rte_pktmbuf_free(m);
	bench_stop();
}
EACH_NIC(vlan, frames_without_a_tag_stay)

/* The longest frame may be longer by a tag, [82599] 8.2.3.22.13 (MAXFRS), [8254x] 13.4.22. */
static void tags_stay_when_nobody_takes_them(const char *type)
{
	struct rte_mbuf *m;

	bench_start(type, &(struct setup){ 0 });
	make(1514, 0x2045);
	m = exchange(packet_mbuf(tagged, 1518, 1));
	packet_expect(m, tagged, 1518);
	cr_expect_eq(m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED, 0);
	rte_pktmbuf_free(m);
	bench_stop();
}
EACH_NIC(vlan, tags_stay_when_nobody_takes_them)

static void stripping_can_be_switched(const char *type)
{
	bench_start(type, &(struct setup){ .rx_offloads = STRIP });
	make(100, 77);
	for (uint32_t i = 0; i < 6; i++) {
		struct rte_mbuf *m;
		bool on = i % 2 != 0;

		set_at_receiver(on ? RTE_ETH_VLAN_STRIP_OFFLOAD : 0);
		m = exchange(packet_mbuf(tagged, 104, 1));
		packet_expect(m, on ? plain : tagged, on ? 100 : 104);
		rte_pktmbuf_free(m);
	}
	bench_stop();
}
EACH_NIC(vlan, stripping_can_be_switched)

static struct rte_mbuf *asks_for_tag(uint32_t length, uint16_t segments, uint16_t tci)
{
	struct rte_mbuf *m = packet_mbuf(plain, length, segments);

	m->ol_flags |= RTE_MBUF_F_TX_VLAN;
	m->vlan_tci = tci;
	return m;
}

/* net_e1000_em's NICs insert only in VLAN mode, CTRL.VME, which that driver sets for stripping
 * alone, [8254x] 3.3.3.2; so the sender strips as well. */
static void tags_are_put_on(const char *type)
{
	bench_start(type, &(struct setup){ .rx_offloads = STRIP,
					   .tx_offloads = INSERT |
							  RTE_ETH_TX_OFFLOAD_MULTI_SEGS });
	set_at_receiver(0);
	for (uint16_t i = 0; i < 12; i++) {
		uint16_t tci = (uint16_t)(0x8001 + i * 0x555);
		uint32_t length = 200 + i * 100u;
		struct rte_mbuf *m;

		make(length, tci);
		m = exchange(asks_for_tag(length, (uint16_t)(1 + i % 3), tci));
		packet_expect(m, tagged, length + 4);
		rte_pktmbuf_free(m);
	}
	bench_stop();
}
EACH_NIC(vlan, tags_are_put_on)

/* A burst in which each frame has another tag or none. */
static void each_frame_has_its_own_tag(const char *type)
{
	struct rte_mbuf *m[BURST];

	bench_start(type, &(struct setup){ .rx_offloads = STRIP, .tx_offloads = INSERT });
	for (uint16_t i = 0; i < BURST; i++) {
		make(100, i);
		m[i] = i % 3 != 0 ? asks_for_tag(100, 1, i) : packet_mbuf(plain, 100, 1);
	}
	bench_send(0, 0, m, BURST);
	cr_assert_eq(bench_receive(1, 0, m, BURST), BURST);
	for (uint16_t i = 0; i < BURST; i++) {
		make(100, i);
		packet_expect(m[i], plain, 100);
		cr_expect_eq(m[i]->ol_flags & TOLD, i % 3 != 0 ? TOLD : 0, "frame %u", i);
		if (i % 3 != 0)
			cr_expect_eq(m[i]->vlan_tci, i);
		rte_pktmbuf_free(m[i]);
	}
	bench_stop();
}
EACH_NIC(vlan, each_frame_has_its_own_tag)

static void expect_member(uint16_t id, bool member)
{
	make(90, id);
	if (member)
		bench_expect_passes(0, tagged, 94);
	else
		bench_expect_filtered(0, tagged, 94);
}

static void only_members_come_in(const char *type)
{
	static const uint16_t ids[] = { 1, 31, 32, 100, 4095 };
	uint16_t port;

	bench_start(type, &(struct setup){ .rx_offloads = FILTER });
	port = bench.end[1].port;
	for (uint32_t i = 0; i < RTE_DIM(ids); i++) {
		expect_member(ids[i], false);
		cr_assert_eq(rte_eth_dev_vlan_filter(port, ids[i], 1), 0);
		expect_member(ids[i], true);
		expect_member(ids[i] | 0xE000, true); /* the priority is no part of the id */
		expect_member(ids[i] ^ 2, false);
	}
	cr_assert_eq(rte_eth_dev_vlan_filter(port, 32, 0), 0);
	expect_member(32, false);
	expect_member(31, true);
	make(90, 0);
	bench_expect_passes(0, plain, 90);
	set_at_receiver(0);
	expect_member(32, true);
	bench_stop();
}
EACH_NIC(vlan, only_members_come_in)
