/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NICs that are pulled out while frames go both ways: no register answers any more. The
 * sends that could not leave end with a failure, once, when the adapter is reset or
 * halted, or when DPDK says that the port is gone; the neighbour, whose link is down then, can be
 * halted too.
 */
#include <pthread.h>

#include <rte_ethdev.h>

#include "batch.h"
#include "nics.h"
#include "stream.h"

#define SENDS 300

/* What a PMD calls that is told of a removal by its bus; the headers of PMDs are not
 * installed. Those of these NICs never do: the test does in their place. */
struct rte_eth_dev *rte_eth_dev_get_by_name(const char *name);
int rte_eth_dev_callback_process(struct rte_eth_dev *device, enum rte_eth_event_type event,
				 void *result);

static struct stream there, back;
static struct stream *const both[] = { &there, &back };
static struct shaped *list[SENDS];

static ULONG mixed(ULONG number)
{
	return 60 + number * 37 % 1455;
}

static void pull_out(const char *type)
{
	nics_start(type, 2, "", &stream_rings);
	host_tolerates = "PR-PAU-01";
	host_leaves_eal = true;
	stream_open(&there, 0, 1, 1514, mixed);
	stream_open(&back, 1, 0, 1514, mixed);
	/* The protocol does not wait for sends that nobody will end before the miniport
	 * pauses. */
	proto_port(0)->pause_mode = proto_port(1)->pause_mode = PROTO_DONT_WAIT;
	stream_run(both, 2, 300);
	there.gaps = back.gaps = true;
	for (unsigned int i = 0; i < 20; i++) {
		stream_pump(&there, ~0u);
		stream_pump(&back, ~0u);
	}
	cr_assert_eq(softnic_fault_set(nics_get(0), SOFTNIC_REMOVED, true), 0);
	batch_make(list, SENDS, 400, proto_port(1)->mac);
	batch_send(list, SENDS);
}

static void expect_failed(void)
{
	cr_expect_eq(batch_done(list, SENDS), SENDS);
	for (ULONG i = 0; i < SENDS; i++) {
		cr_expect_eq(list[i]->send.done, 1);
		cr_expect_neq(list[i]->send.status, NDIS_STATUS_SUCCESS,
			      "NBL %u was sent by a NIC that is not there", i);
	}
}

static void remove_both(void)
{
	for (uint16_t i = 0; i < 2; i++) {
		host_remove(i);
		cr_expect(stream_is_over(both[i]));
		stream_close(both[i]);
	}
	expect_failed();
	shape_free_all(list, SENDS);
	nics_stop();
}

/* Its registers read ones: the PMD takes that for a link that is down, or for a NIC that
 * does not send, which the miniport resets. */
NIC_TEST(nic_removal, sends_end_when_the_adapter_is_halted)
{
	struct proto_port *p;

	pull_out(type);
	p = proto_port(0);
	HOST_WAIT(p->link_changes > p->link_ups || p->reset_ends != 0);
	remove_both();
}

/* A PMD may wait long for registers: some of its waits add up to half a minute. */
#define LONG_WAIT(condition)                                                           \
	({                                                                             \
		bool over_ = false;                                                    \
		for (unsigned int i_ = 0; i_ < 5 && !over_; i_++)                      \
			over_ = HOST_EVENTUALLY(condition);                            \
		cr_assert(over_, "waited in vain: " #condition);                       \
	})

NIC_TEST(nic_removal, sends_end_when_the_adapter_is_reset)
{
	pull_out(type);
	host_tolerates_late = "MP-RST-01"; /* for the same reason, on a busy machine */
	NdisMResetMiniport(host_adapter(0));
	LONG_WAIT(proto_port(0)->reset_ends != 0);
	HOST_WAIT(stream_is_over(&there));
	expect_failed();
	remove_both();
}

/* As it is: DPDK's own thread says so, and has nothing else to do with it. */
static void *say_gone(void *arg)
{
	char name[RTE_ETH_NAME_MAX_LEN];

	(void)arg;
	if (rte_eth_dev_get_name_by_port(0, name) == 0)
		rte_eth_dev_callback_process(rte_eth_dev_get_by_name(name),
					     RTE_ETH_EVENT_INTR_RMV, NULL);
	return NULL;
}

NIC_TEST(nic_removal, MP_PNP_01_sends_end_when_dpdk_says_that_the_nic_is_gone)
{
	pthread_t thread;

	pull_out(type);
	cr_assert_eq(pthread_create(&thread, NULL, say_gone, NULL), 0);
	pthread_join(thread, NULL);
	LONG_WAIT(stream_is_over(&there) && batch_done(list, SENDS) == SENDS);
	for (ULONG i = 0; i < SENDS; i++)
		cr_expect(list[i]->send.status == NDIS_STATUS_NOT_ACCEPTED ||
				  list[i]->send.status == NDIS_STATUS_PAUSED,
			  "NBL %u ended with 0x%08X", i, (unsigned int)list[i]->send.status);
	remove_both();
}
