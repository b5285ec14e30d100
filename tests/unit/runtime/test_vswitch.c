/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sample miniport: fake bindings over several ports of the virtual switch see what a switch
 * lets them see, and no rule is broken while ports send, pause and go.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "contract.h"
#include "fake_frame.h"
#include "ke/memory.h"

DRIVER_INITIALIZE vswitch_entry;

static void start_two_workers(void)
{
	contract_start_with(2, 0, true);
}

TestSuite(vswitch, .init = contract_start, .fini = contract_end, .timeout = 120);
TestSuite(vswitch_traffic, .init = start_two_workers, .fini = contract_end, .timeout = 120);

#define PORTS 4
#define MAX_PORTS 32 /* of the switch, as the rest of these */
#define MAX_MULTICAST 32
#define BUFFERS 1024

static const UCHAR one[6] = { 2, 0, 0, 0, 1, 1 };
static const UCHAR other[6] = { 2, 0, 0, 0, 2, 2 };
static const UCHAR group[6] = { 1, 0, 0x5E, 0, 0, 1 };

static struct fake_protocol p;
static struct nrt_driver *protocol, *miniport;
static struct nrt_adapter *adapter[PORTS];

static struct nrt_adapter *plug(const char *name)
{
	const struct nrt_device device = { .name = name, .node = -1 };
	struct nrt_adapter *a = NULL;

	cr_assert_eq(nrt_adapter_add(miniport, &device, &a), 0, "%s", nrt_last_error());
	return a;
}

/* @n ports with a binding each, which receives what @filter says. */
static void up_with(unsigned int n, ULONG filter)
{
	static const char *const names[PORTS] = { "vs0", "vs1", "vs2", "vs3" };

	cr_assert_eq(load_protocol(&p, &protocol), 0, "%s", nrt_last_error());
	cr_assert_eq(nrt_driver_load_linked("vswitch", (nrt_driver_entry)vswitch_entry, &miniport),
		     0, "%s", nrt_last_error());
	for (unsigned int i = 0; i < n; i++) {
		p.bindings[i].packet_filter = filter;
		adapter[i] = plug(names[i]);
	}
}

static void up(unsigned int n)
{
	up_with(n, NDIS_PACKET_TYPE_PROMISCUOUS);
}

static void down(void)
{
	struct nrt_ledger ledger;

	for (unsigned int i = 0; i < PORTS; i++) {
		if (adapter[i] == NULL)
			continue;
		nrt_adapter_pause(adapter[i]);
		nrt_adapter_ledger(adapter[i], &ledger);
		cr_expect_eq(ledger.tx_handed, ledger.tx_returned);
		cr_expect_eq(ledger.rx_indicated, ledger.rx_returned);
		cr_expect_eq(p.bindings[i].sent, p.bindings[i].completed);
		cr_expect_eq(p.bindings[i].complete_errors, 0);
		cr_expect_not(p.bindings[i].flags_lied);
		cr_expect_eq(nrt_adapter_remove(adapter[i]), 0, "%s", nrt_last_error());
	}
	cr_expect_eq(unload_protocol(&p, protocol), 0, "%s", nrt_last_error());
	cr_expect_eq(nrt_driver_unload(miniport), 0, "%s", nrt_last_error());
	cr_expect(no_violations());
}

static UCHAR *data_of(NET_BUFFER_LIST *nbl)
{
	return MmGetMdlVirtualAddress(NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(nbl)));
}

static ULONG sends_of(struct fake_binding *b)
{
	ULONG n;

	NdisAcquireSpinLock(&b->lock);
	n = b->sent - b->completed;
	NdisReleaseSpinLock(&b->lock);
	return n;
}

/* What completed is with the ports it goes to, whose DPCs are on their way. */
static void wait_delivered(unsigned int from)
{
	while (sends_of(&p.bindings[from]) != 0)
		sched_yield();
	KeFlushQueuedDpcs();
}

/* One frame from port @from, and what the ports have received for it as a bit each. */
static unsigned int take(unsigned int from, const UCHAR dst[6], const UCHAR src[6])
{
	NET_BUFFER_LIST *nbl = fake_binding_make(&p.bindings[from], dst, 1, 0);
	ULONG before[PORTS];
	unsigned int got = 0;

	for (unsigned int i = 0; i < PORTS; i++)
		before[i] = p.bindings[i].n_seen;
	NdisMoveMemory(data_of(nbl) + 6, src, 6);
	fake_binding_send(&p.bindings[from], nbl, 0);
	wait_delivered(from);
	for (unsigned int i = 0; i < PORTS; i++)
		got |= (unsigned int)(p.bindings[i].n_seen != before[i]) << i;
	return got;
}

static NDIS_STATISTICS_INFO statistics_of(unsigned int port)
{
	NDIS_STATISTICS_INFO info;

	cr_assert_eq(fake_binding_oid(&p.bindings[port], NdisRequestQueryInformation,
				      OID_GEN_STATISTICS, &info, sizeof(info), NULL),
		     NDIS_STATUS_SUCCESS);
	return info;
}

static ULONG64 count_of(unsigned int port, NDIS_OID oid)
{
	ULONG64 count = 0;

	cr_assert_eq(fake_binding_oid(&p.bindings[port], NdisRequestQueryInformation, oid, &count,
				      sizeof(count), NULL),
		     NDIS_STATUS_SUCCESS);
	return count;
}

/* ------------------------------------------------------------------ forwarding */

Test(vswitch, what_is_unknown_goes_to_all_but_the_sender)
{
	up(3);
	cr_expect_eq(take(0, other, one), 6u);
	cr_expect_eq(take(2, broadcast_mac, one), 3u);
	cr_expect_eq(take(1, group, one), 5u);
	down();
}

Test(vswitch, what_has_sent_is_learned_and_may_move)
{
	up(3);
	take(1, broadcast_mac, other);
	cr_expect_eq(take(0, other, one), 2u, "only where it is");
	cr_expect_eq(take(2, one, other), 1u);
	cr_expect_eq(take(0, other, one), 4u, "where it is now");
	cr_expect_eq(take(2, other, group), 0u, "it is behind the sender itself");
	cr_expect_eq(take(1, group, group), 5u, "a group is never a place");
	down();
}

Test(vswitch, a_paused_port_is_forgotten)
{
	up(3);
	take(1, broadcast_mac, other);
	nrt_adapter_pause(adapter[1]);
	cr_expect_eq(take(0, other, one), 4u, "flooded, but not to a port that is paused");
	nrt_adapter_restart(adapter[1]);
	cr_expect_eq(take(0, other, one), 6u);
	down();
}

/* More than the table holds: the newest are known. */
Test(vswitch, the_table_has_room_for_what_is_new)
{
	UCHAR source[6] = { 2, 9, 9, 9, 0, 0 };

	up(3);
	for (unsigned int i = 0; i < 3000; i++) {
		source[4] = (UCHAR)(i >> 8);
		source[5] = (UCHAR)i;
		take(1, broadcast_mac, source);
		cr_assert_eq(take(0, source, one), 2u, "address %u", i);
	}
	down();
}

Test(vswitch, MP_RCV_14_the_packet_filter_says_what_comes_in)
{
	UCHAR own[6], none = 0;

	up_with(2, NDIS_PACKET_TYPE_DIRECTED);
	fake_binding_oid(&p.bindings[1], NdisRequestQueryInformation, OID_802_3_CURRENT_ADDRESS,
			 own, sizeof(own), NULL);
	cr_expect_eq(take(0, own, one), 2u);
	cr_expect_eq(take(0, other, one), 0u);
	cr_expect_eq(take(0, broadcast_mac, one), 0u);
	cr_expect_eq(take(0, group, one), 0u);
	fake_binding_filter(&p.bindings[1],
			    NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_MULTICAST);
	cr_expect_eq(take(0, own, one), 0u);
	cr_expect_eq(take(0, broadcast_mac, one), 2u);
	cr_expect_eq(take(0, group, one), 0u, "it is not in the list");
	fake_binding_oid(&p.bindings[1], NdisRequestSetInformation, OID_802_3_MULTICAST_LIST,
			 (void *)(ULONG_PTR)group, 6, NULL);
	cr_expect_eq(take(0, group, one), 2u);
	fake_binding_oid(&p.bindings[1], NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, &none,
			 0, NULL);
	cr_expect_eq(take(0, group, one), 0u);
	fake_binding_filter(&p.bindings[1], NDIS_PACKET_TYPE_ALL_MULTICAST);
	cr_expect_eq(take(0, group, one), 2u);
	down();
}

Test(vswitch, MP_INI_08_nothing_comes_in_before_a_filter_is_set)
{
	struct nrt_ledger ledger;

	up_with(2, 0);
	cr_expect_eq(take(0, broadcast_mac, one), 0u);
	nrt_adapter_ledger(adapter[1], &ledger);
	cr_expect_eq(ledger.rx_indicated, 0, "the miniport keeps them");
	down();
}

static UCHAR last_frame[256];
static ULONG last_length;
static PVOID last_tag;

static void keep_frame(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(chain);
	UCHAR storage[256];

	last_length = NET_BUFFER_DATA_LENGTH(nb);
	NdisMoveMemory(last_frame, NdisGetDataBuffer(nb, last_length, storage, 1, 0), last_length);
	last_tag = NET_BUFFER_LIST_INFO(chain, Ieee8021QNetBufferListInfo);
	fake_binding_return(b, chain,
			    flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL ?
				    NDIS_RETURN_FLAGS_DISPATCH_LEVEL :
				    0);
}

Test(vswitch, MP_SND_08_short_frames_are_padded_with_zeros)
{
	NET_BUFFER_LIST *nbl;

	p.bindings[1].on_receive = keep_frame;
	up(2);
	take(0, broadcast_mac, one); /* the buffer has been used */
	nbl = fake_binding_make(&p.bindings[0], broadcast_mac, 1, 0x55555555);
	NdisFillMemory(data_of(nbl) + 14, FRAME_LENGTH - 14, 0x55);
	NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(nbl)) = 17;
	NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo) = (PVOID)(ULONG_PTR)5;
	fake_binding_send(&p.bindings[0], nbl, 0);
	wait_delivered(0);
	cr_expect_eq(last_length, 60);
	cr_expect_eq(last_frame[16], 0x55);
	for (unsigned int i = 17; i < 60; i++)
		cr_assert_eq(last_frame[i], 0);
	cr_expect_eq(last_tag, (PVOID)(ULONG_PTR)5, "its priority comes along");
	down();
}

Test(vswitch, MP_SND_05_frames_of_bad_length_are_refused)
{
	NET_BUFFER_LIST *nbl;

	up(2);
	nbl = fake_binding_make(&p.bindings[0], broadcast_mac, 1, 0);
	NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(nbl)) = 13;
	fake_binding_send(&p.bindings[0], nbl, 0);
	wait_delivered(0);
	cr_expect_eq(p.bindings[0].completed_status[0], NDIS_STATUS_INVALID_LENGTH);
	cr_expect_eq(statistics_of(0).ifOutErrors, 1);
	cr_expect_eq(p.bindings[1].n_seen, 0);
	down();
}

Test(vswitch, MP_SND_07_frames_arrive_and_complete_in_order)
{
	struct fake_binding *b = &p.bindings[0];

	up(2);
	for (ULONG i = 0; i < 10; i++)
		fake_binding_send(b, fake_binding_make(b, broadcast_mac, 100, 100 * i), 0);
	wait_delivered(0);
	cr_expect_eq(p.bindings[1].n_seen + statistics_of(1).ifInDiscards, 1000);
	for (ULONG i = 0; i < 1000; i++)
		cr_assert_eq(p.bindings[0].completed_seq[i], i);
	for (ULONG i = 1; i < p.bindings[1].n_seen; i++)
		cr_assert_gt(p.bindings[1].seen[i].seq, p.bindings[1].seen[i - 1].seq);
	down();
}

/* --------------------------------------------------------------- receive buffers */

Test(vswitch, MP_RCV_03_buffers_that_are_held_are_not_filled_again)
{
	p.bindings[1].holds = TRUE;
	up(2);
	for (unsigned int i = 0; i < BUFFERS; i++)
		cr_expect_eq(take(0, broadcast_mac, one), 2u, "frame %u arrives", i);
	cr_expect_eq(take(0, broadcast_mac, one), 0u);
	cr_expect_eq(statistics_of(1).ifInDiscards, 1, "and is counted");
	fake_binding_return(&p.bindings[1], fake_binding_take_held(&p.bindings[1], 0), 0);
	cr_expect_eq(take(0, broadcast_mac, one), 2u, "given again");
	cr_expect_eq(p.bindings[1].received, BUFFERS + 1);
	fake_binding_send(&p.bindings[0],
			  fake_binding_make(&p.bindings[0], broadcast_mac, BUFFERS + 10, 0), 0);
	wait_delivered(0);
	cr_expect_eq(p.bindings[1].received + statistics_of(1).ifInDiscards,
		     BUFFERS + 2 + BUFFERS + 10);
	down();
}

Test(vswitch, MP_PAU_03_a_pause_waits_for_the_last_buffer)
{
	struct stack s = { 0 };
	struct nrt_ledger ledger;
	struct run pause;

	p.bindings[1].holds = p.bindings[1].holds_over_pause = TRUE;
	up(2);
	take(0, broadcast_mac, one);
	take(0, broadcast_mac, one);
	s.adapter = adapter[1];
	run_start(&pause, run_pause, &s);
	while (take(0, broadcast_mac, one) == 2u)
		sched_yield(); /* until it is pausing */
	nrt_adapter_ledger(adapter[1], &ledger);
	cr_expect_lt(ledger.rx_returned, ledger.rx_indicated);
	fake_binding_return(&p.bindings[1], fake_binding_take_held(&p.bindings[1], 0), 0);
	cr_expect_eq(run_end(&pause), 0);
	down();
}

/* ------------------------------------------------------- sends that do not get through */

Test(vswitch, MP_PAU_05_a_paused_port_refuses_sends)
{
	up(2);
	cr_assert_eq(nrt_adapter_pause(adapter[0]), 0);
	cr_expect_eq(take(0, broadcast_mac, one), 0u);
	cr_expect_eq(p.bindings[0].completed_status[0], NDIS_STATUS_PAUSED);
	cr_assert_eq(nrt_adapter_restart(adapter[0]), 0);
	cr_expect_eq(take(0, broadcast_mac, one), 2u);
	cr_expect_eq(p.bindings[0].completed_status[1], NDIS_STATUS_SUCCESS);
	down();
}

Test(vswitch, MP_CAN_01_no_send_waits_to_be_cancelled)
{
	static int id;
	NET_BUFFER_LIST *chain;

	up(2);
	chain = fake_binding_make(&p.bindings[0], broadcast_mac, 3, 0);
	NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(chain, &id);
	fake_binding_send(&p.bindings[0], chain, 0);
	cr_expect_eq(p.bindings[0].completed, 3);
	NdisCancelSendNetBufferLists(p.bindings[0].handle, &id);
	wait_delivered(0);
	cr_expect_eq(p.bindings[1].n_seen, 3);
	down();
}

/* ------------------------------------------------------------------------- requests */

Test(vswitch, MP_OID_13_all_that_it_lists_is_answered)
{
	struct fake_binding *b = &p.bindings[0];
	struct fake_request r;
	UCHAR buffer[256];
	ULONG list[64];

	up(1);
	NdisZeroMemory(&r, sizeof(r));
	cr_assert_eq(fake_binding_oid(b, NdisRequestQueryInformation, OID_GEN_SUPPORTED_LIST, list,
				      sizeof(list), &r),
		     NDIS_STATUS_SUCCESS);
	for (ULONG i = 0; i < r.request.DATA.QUERY_INFORMATION.BytesWritten / 4; i++) {
		struct fake_request q;
		NDIS_STATUS status;
		ULONG written;

		if (list[i] == OID_GEN_LINK_PARAMETERS || list[i] == OID_PNP_SET_POWER)
			continue; /* for sets only */
		NdisZeroMemory(&q, sizeof(q));
		status = fake_binding_oid(b, NdisRequestQueryInformation, list[i], buffer + 1,
					  sizeof(buffer) - 1, &q); /* MP-OID-06 */
		written = q.request.DATA.QUERY_INFORMATION.BytesWritten;
		cr_expect_eq(status, NDIS_STATUS_SUCCESS, "OID 0x%08X: 0x%08X", list[i],
			     (unsigned int)status);
		if (written == 0)
			continue;
		NdisZeroMemory(&q, sizeof(q));
		status = fake_binding_oid(b, NdisRequestQueryInformation, list[i], buffer,
					  written > 4 ? 1 : written - 1, &q);
		cr_expect(status == NDIS_STATUS_BUFFER_TOO_SHORT ||
				  status == NDIS_STATUS_INVALID_LENGTH,
			  "MP-OID-04: OID 0x%08X: 0x%08X", list[i], (unsigned int)status);
		cr_expect_gt(q.request.DATA.QUERY_INFORMATION.BytesNeeded, 1);
	}
	cr_expect_eq(fake_binding_oid(b, NdisRequestQueryInformation, 0x0001FFFF, buffer, 4, NULL),
		     NDIS_STATUS_NOT_SUPPORTED);
	down();
}

Test(vswitch, MP_OID_05_what_is_wrong_in_a_set_is_refused)
{
	static UCHAR many[(MAX_MULTICAST + 1) * 6];
	struct fake_binding *b = &p.bindings[0];
	ULONG filter = 0x80000000, power = 1;

	up(1);
	cr_expect_eq(fake_binding_filter(b, filter), NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(fake_binding_oid(b, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER,
				      &filter, 3, NULL),
		     NDIS_STATUS_INVALID_LENGTH);
	cr_expect_eq(fake_binding_oid(b, NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, many,
				      7, NULL),
		     NDIS_STATUS_INVALID_LENGTH);
	cr_expect_eq(fake_binding_oid(b, NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, many,
				      sizeof(many), NULL),
		     NDIS_STATUS_MULTICAST_FULL);
	cr_expect_eq(fake_binding_oid(b, NdisRequestSetInformation, OID_GEN_LINK_PARAMETERS, &power,
				      sizeof(power), NULL),
		     NDIS_STATUS_INVALID_DATA);
	cr_expect_eq(fake_binding_oid(b, NdisRequestSetInformation, OID_GEN_VENDOR_ID, &power,
				      sizeof(power), NULL),
		     NDIS_STATUS_NOT_SUPPORTED);
	down();
}

Test(vswitch, statistics_tell_the_kinds_of_frames_apart)
{
	NDIS_STATISTICS_INFO in, out;

	up(2);
	take(0, other, one);
	take(0, other, one);
	take(0, group, one);
	take(0, broadcast_mac, one);
	out = statistics_of(0);
	in = statistics_of(1);
	cr_expect_eq(out.ifHCOutUcastPkts, 2);
	cr_expect_eq(out.ifHCOutMulticastPkts, 1);
	cr_expect_eq(out.ifHCOutBroadcastPkts, 1);
	cr_expect_eq(out.ifHCOutUcastOctets, 2 * FRAME_LENGTH);
	cr_expect_eq(out.ifHCOutOctets, 4 * FRAME_LENGTH);
	cr_expect_eq(out.ifHCInOctets, 0);
	cr_expect_eq(in.ifHCInUcastPkts, 2);
	cr_expect_eq(in.ifHCInMulticastOctets, FRAME_LENGTH);
	cr_expect_eq(in.ifHCInBroadcastPkts, 1);
	cr_expect_eq(in.ifHCInBroadcastOctets, FRAME_LENGTH);
	cr_expect_eq(in.ifHCInOctets, 4 * FRAME_LENGTH);
	cr_expect_eq(count_of(0, OID_GEN_XMIT_OK), 4);
	cr_expect_eq(count_of(1, OID_GEN_RCV_OK), 4);
	down();
}

Test(vswitch, its_address_is_its_place)
{
	UCHAR current[6], permanent[6];

	up_with(3, NDIS_PACKET_TYPE_DIRECTED);
	for (unsigned int i = 0; i < 3; i++) {
		fake_binding_oid(&p.bindings[i], NdisRequestQueryInformation,
				 OID_802_3_CURRENT_ADDRESS, current, 6, NULL);
		fake_binding_oid(&p.bindings[i], NdisRequestQueryInformation,
				 OID_802_3_PERMANENT_ADDRESS, permanent, 6, NULL);
		cr_expect_eq(permanent[0], 2, "locally administered");
		cr_expect_eq(permanent[5], i + 1, "each has another");
		cr_expect_eq(memcmp(current, permanent, 6), 0);
	}
	cr_expect_eq(take(0, current, one), 4u);
	down();
}

Test(vswitch, MP_INI_05_a_port_too_many_is_refused)
{
	struct nrt_device device = { .node = -1 };
	struct nrt_adapter *many[MAX_PORTS + 1];
	char name[16];

	cr_assert_eq(nrt_driver_load_linked("vswitch", (nrt_driver_entry)vswitch_entry, &miniport),
		     0);
	device.name = name;
	for (unsigned int i = 0; i <= MAX_PORTS; i++) {
		snprintf(name, sizeof(name), "vs%u", i);
		cr_assert_eq(nrt_adapter_add(miniport, &device, &many[i]),
			     i < MAX_PORTS ? 0 : -ENODEV);
	}
	cr_expect_eq(nrt_adapter_remove(many[7]), 0);
	cr_expect_eq(nrt_adapter_add(miniport, &device, &many[7]), 0, "its place is free again");
	for (unsigned int i = 0; i < MAX_PORTS; i++)
		cr_expect_eq(nrt_adapter_remove(many[i]), 0);
	cr_expect_eq(nrt_driver_unload(miniport), 0);
	cr_expect(no_violations());
}

/* Whichever allocation fails, nothing is left behind. */
Test(vswitch, MP_INI_05_every_allocation_may_fail)
{
	const struct nrt_device device = { .name = "vs0", .node = -1 };
	unsigned int refusals = 0;
	int rc;

	for (uint64_t n = 1;; n++) {
		nrt_memory_fail_nth(n);
		rc = nrt_driver_load_linked("vswitch", (nrt_driver_entry)vswitch_entry, &miniport);
		if (rc == 0)
			rc = nrt_adapter_add(miniport, &device, &adapter[0]);
		nrt_memory_fail_nth(0);
		if (rc == 0)
			break;
		refusals++;
		if (miniport != NULL)
			cr_expect_eq(nrt_driver_unload(miniport), 0);
		miniport = NULL;
		cr_assert_eq(nrt_nbl_live(), 0);
	}
	cr_expect_geq(refusals, 2, "the pool and the buffers");
	cr_expect_eq(nrt_adapter_remove(adapter[0]), 0);
	cr_expect_eq(nrt_driver_unload(miniport), 0);
	cr_expect(no_violations());
}

/* -------------------------------------------------------------------------- traffic */

static _Atomic bool stop;

/* A pause has to wait for what is under way, so that is not without bound. */
static int send_all_the_time(void *arg)
{
	struct fake_binding *b = arg;

	for (ULONG n = 0; !stop; n++) {
		NET_BUFFER_LIST *chain;

		while (sends_of(b) > 60)
			sched_yield();
		chain = fake_binding_make(b, n % 3 == 0 ? broadcast_mac : other, 3, 0);
		if (!fake_binding_try_send(b, chain, 0))
			fake_binding_unmake(b, chain);
		sched_yield(); /* to the DPCs: a send does not wait for them */
	}
	return 0;
}

static void senders_start(struct run runs[], unsigned int n)
{
	stop = false;
	for (unsigned int i = 0; i < n; i++)
		run_start(&runs[i], send_all_the_time, &p.bindings[i]);
}

static void senders_end(struct run runs[], unsigned int n)
{
	stop = true;
	for (unsigned int i = 0; i < n; i++)
		run_end(&runs[i]);
	for (unsigned int i = 0; i < n; i++)
		wait_delivered(i);
}

/* What one port sends each of the others receives, or counts as lost. */
Test(vswitch_traffic, no_frame_is_lost_without_a_count)
{
	ULONG64 sent[PORTS], all = 0;
	struct run runs[PORTS];

	up(PORTS);
	for (unsigned int i = 0; i < PORTS; i++)
		fake_binding_filter(&p.bindings[i], NDIS_PACKET_TYPE_BROADCAST);
	senders_start(runs, PORTS);
	while (count_of(0, OID_GEN_XMIT_OK) < 3000)
		sched_yield();
	senders_end(runs, PORTS);
	for (unsigned int i = 0; i < PORTS; i++) {
		NDIS_STATISTICS_INFO info = statistics_of(i);

		sent[i] = info.ifHCOutBroadcastPkts;
		all += sent[i];
		cr_expect_eq(info.ifHCOutUcastPkts + info.ifHCOutBroadcastPkts, p.bindings[i].sent);
	}
	for (unsigned int i = 0; i < PORTS; i++) {
		cr_expect_eq(count_of(i, OID_GEN_RCV_OK) + statistics_of(i).ifInDiscards,
			     all - sent[i]);
		cr_expect_eq(count_of(i, OID_GEN_RCV_OK),
			     p.bindings[i].received + p.bindings[i].received_resources);
	}
	down();
}

Test(vswitch_traffic, MP_PAU_04_pauses_under_traffic_leave_nothing_behind)
{
	struct run runs[PORTS];

	up(PORTS);
	senders_start(runs, PORTS);
	for (unsigned int i = 0; i < 200; i++) {
		cr_assert_eq(nrt_adapter_pause(adapter[i % PORTS]), 0);
		cr_assert_eq(nrt_adapter_restart(adapter[i % PORTS]), 0);
	}
	senders_end(runs, PORTS);
	down();
}

Test(vswitch_traffic, MP_HLT_04_a_port_may_go_while_others_send)
{
	struct run runs[PORTS];

	up(PORTS);
	senders_start(runs, 3);
	for (unsigned int i = 0; i < 20; i++) {
		cr_assert_eq(nrt_adapter_remove(adapter[3]), 0);
		p.n_bindings = 3;
		adapter[3] = plug("vs3");
	}
	senders_end(runs, 3);
	down();
}
