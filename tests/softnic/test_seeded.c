/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The checks notice: the same check that passes on a sound NIC must fail on one
 * whose model makes a mistake on purpose.
 */
#include "bench.h"
#include "checks.h"

TestSuite(seeded, .timeout = 60);

static uint32_t rss(void)
{
	return check_rss(16, 4);
}

/* @at: the end that is at fault. */
static void expect_noticed(const char *type, const struct setup *setup,
			   enum softnic_fault mistake, unsigned int at, uint32_t (*check)(void))
{
	bench_start(type, setup);
	bench.setup.fails = true;
	cr_assert_eq(check(), 0, "sound, and found wrong");
	cr_assert_eq(softnic_fault_set(bench.end[at].model, mistake, true), 0);
	cr_expect_gt(check(), 0, "at fault, and not found");
	cr_assert_eq(softnic_fault_set(bench.end[at].model, mistake, false), 0);
	bench_stop();
}

static void lost_status_is_noticed(const char *type)
{
	expect_noticed(type, &(struct setup){ .rs_thresh = 1,
					      .tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS },
		       SOFTNIC_MODEL_LOST_DD, 0, check_completions);
}
EACH_NIC(seeded, lost_status_is_noticed)

static void early_status_is_noticed(const char *type)
{
	expect_noticed(type, &(struct setup){ .rs_thresh = 1,
					      .tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS },
		       SOFTNIC_MODEL_EARLY_DD, 0, check_completions);
}
EACH_NIC(seeded, early_status_is_noticed)

static void double_count_is_noticed(const char *type)
{
	expect_noticed(type, &(struct setup){ 0 }, SOFTNIC_MODEL_DOUBLE_COUNT, 1, check_counters);
}
EACH_NIC(seeded, double_count_is_noticed)

static void a_wrong_tag_is_noticed(const char *type)
{
	expect_noticed(type, &(struct setup){ .rx_offloads = RTE_ETH_RX_OFFLOAD_VLAN_STRIP },
		       SOFTNIC_MODEL_BAD_TCI, 1, check_stripped_tags);
}
EACH_NIC(seeded, a_wrong_tag_is_noticed)

static void a_wrong_sum_is_noticed(const char *type)
{
	expect_noticed(type, &(struct setup){ .tx_offloads = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
							     RTE_ETH_TX_OFFLOAD_UDP_CKSUM },
		       SOFTNIC_MODEL_SUM_OFF, 0, check_inserted_sums);
}
EACH_NIC(seeded, a_wrong_sum_is_noticed)

static void a_swapped_table_is_noticed(const char *type)
{
	expect_noticed(type, &(struct setup){ .queues = 4,
					      .rx_offloads = RTE_ETH_RX_OFFLOAD_RSS_HASH,
					      .rss = RTE_ETH_RSS_NONFRAG_IPV4_TCP |
						     RTE_ETH_RSS_NONFRAG_IPV4_UDP |
						     RTE_ETH_RSS_NONFRAG_IPV6_TCP |
						     RTE_ETH_RSS_NONFRAG_IPV6_UDP },
		       SOFTNIC_MODEL_RETA_SWAPPED, 1, rss);
}
EACH_ADVANCED_NIC(seeded, a_swapped_table_is_noticed)
