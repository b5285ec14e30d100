/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A NIC whose transmit ring is full for seconds: every send is accepted, none completes
 * before it left, and in the end all have left, in order, and completed once.
 */
#include "batch.h"
#include "bed.h"
#include "nics.h"

#include <stdlib.h>

#define SENDS 300
#define RING 64

static struct bed out; /* .frames: what the NIC sent */

static void on_wire(void *context, const uint8_t *frame, uint32_t length)
{
	(void)context;
	pcapfile_add(&out.frames, frame, length);
}

/* First nothing leaves, then 12 ms of wire for each frame: for all of them longer than it
 * takes to find a hang, but some complete all the time. */
NIC_TEST(nic_ring, MP_SND_06_one_that_is_full_for_seconds_refuses_and_loses_nothing)
{
	static const struct pmb_device_config c = { .node = -1, .tx_desc = RING };
	static const UCHAR to[6] = { 2, 0, 0, 0, 0, 0xD };
	struct shaped *list[SENDS];

	nics_start(type, 1, ",rate=1m", &c);
	softnic_on_transmit(nics_get(0), on_wire, NULL);
	batch_make(list, SENDS, 1514, to);
	cr_assert_eq(softnic_fault_set(nics_get(0), SOFTNIC_TX_HANG, true), 0);
	batch_send(list, SENDS);
	HOST_WAIT(host_stats(0).tx_queue_full > 1000);
	cr_expect_eq(batch_done(list, SENDS), 0);
	cr_expect_eq(out.frames.n, 0);
	cr_assert_eq(softnic_fault_set(nics_get(0), SOFTNIC_TX_HANG, false), 0);
	HOST_WAIT(batch_done(list, SENDS) == SENDS);
	batch_expect_ended(list, SENDS, NDIS_STATUS_SUCCESS);
	batch_expect_in_order(list, SENDS);
	cr_expect_eq(proto_port(0)->reset_starts, 0, "a slow wire is no hang");
	host_expect_balanced(0);
	nics_expect_counts(0);
	softnic_on_transmit(nics_get(0), NULL, NULL);
	bed_expect_wire(&out, list, SENDS);
	pcapfile_free(&out.frames);
	shape_free_all(list, SENDS);
	nics_stop();
}
