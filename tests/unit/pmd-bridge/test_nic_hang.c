/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NICs that stop sending for good: the reference miniport finds it by itself
 * (miniport/pmd/reset.c), asks for a reset, and the reset mends the NIC.
 */
#include "batch.h"
#include "nics.h"
#include "stream.h"

#define SENDS 300

static struct stream there, back;
static struct stream *const both[] = { &there, &back };

static ULONG mixed(ULONG number)
{
	return 60 + number * 37 % 1455;
}

/* More sends than the ring takes; the reset ends all of them. */
static void hang_once(struct shaped *list[SENDS], LONG round)
{
	struct proto_port *p = proto_port(0);

	cr_assert_eq(softnic_fault_set(nics_get(0), SOFTNIC_TX_HANG, true), 0);
	batch_send(list, SENDS);
	HOST_WAIT(p->reset_ends == round);
	cr_expect_eq(p->reset_starts, round);
	cr_expect_eq(batch_done(list, SENDS), SENDS, "MP-RST-02: the reset ended before the sends");
	batch_expect_ended(list, SENDS, NDIS_STATUS_REQUEST_ABORTED);
	nics_wait_link(0);
}

NIC_TEST(nic_hang, MP_RST_03_it_is_found_and_reset_and_traffic_goes_on)
{
	struct shaped *list[SENDS];

	nics_start(type, 2, "", &stream_rings);
	stream_open(&there, 0, 1, 1514, mixed);
	stream_open(&back, 1, 0, 1514, mixed);
	stream_run(both, 2, 300);
	batch_make(list, SENDS, 400, proto_port(1)->mac);
	for (LONG round = 1; round <= 2; round++) {
		hang_once(list, round);
		stream_run(both, 2, 1000);
	}
	cr_expect_eq(proto_port(1)->reset_starts, 0);
	for (unsigned int i = 0; i < 2; i++)
		stream_close(both[i]);
	shape_free_all(list, SENDS);
	for (uint16_t i = 0; i < 2; i++)
		host_expect_balanced(i);
	nics_stop();
}
