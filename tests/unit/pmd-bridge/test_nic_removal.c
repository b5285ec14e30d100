/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NICs that are pulled out while frames go both ways: no register answers any more. The
 * sends that could not leave end with a failure, once, when the adapter is reset or
 * halted; the neighbour, whose link is down then, can be halted too.
 */
#include "batch.h"
#include "nics.h"
#include "stream.h"

#define SENDS 300

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

/* The protocol does not wait for sends that nobody will end before the miniport pauses. */
static void remove_both(void)
{
	for (uint16_t i = 0; i < 2; i++) {
		proto_port(i)->pause_mode = PROTO_DONT_WAIT;
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
static bool wait_for_reset(void)
{
	bool is = false;

	for (unsigned int i = 0; i < 5 && !is; i++)
		is = HOST_EVENTUALLY(proto_port(0)->reset_ends != 0);
	return is;
}

NIC_TEST(nic_removal, sends_end_when_the_adapter_is_reset)
{
	pull_out(type);
	NdisMResetMiniport(host_adapter(0));
	cr_assert(wait_for_reset());
	HOST_WAIT(stream_is_over(&there));
	expect_failed();
	remove_both();
}
