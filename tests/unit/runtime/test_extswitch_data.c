/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets in the extensible switch: learning and flooding without an extension; extensions
 * that forward and filter, by the handlers about destinations; flags and limits; what is lost
 * and what is not. Packets of extensions' own are in test_extswitch_origin.c.
 */
#include <errno.h>
#include <string.h>

#include "extswitch.h"
#include "ke/memory.h"

TestSuite(extswitch_data, .init = contract_start, .fini = contract_end, .timeout = 60);
TestSuite(extswitch_plain, .init = contract_start_plain, .fini = contract_end, .timeout = 60);

static struct bed bed;

/* ------------------------------------------------------------------ without extensions */

Test(extswitch_data, an_address_nobody_has_seen_is_flooded_and_then_learned)
{
	bed.n_nics = 3;
	bed_up(&bed);
	cr_expect_eq(bed_send(&bed, 1, bed.nic[2].mac), 1);
	cr_expect(bed_got(&bed, 0, 1, 1, -1)); /* never back to its own port */
	cr_expect_eq(bed.nic[2].length, BED_FRAME);
	cr_expect_eq(bed.nic[2].last[5], 2);
	cr_expect_eq(bed.nic[2].last[11], 1);
	cr_expect_eq(bed.nic[2].from, 1);
	cr_expect_eq(bed_send(&bed, 2, bed.nic[1].mac), 1); /* which has been seen */
	cr_expect(bed_got(&bed, 1, 1, 1, -1));
	cr_expect_eq(bed_send(&bed, 1, bed.nic[2].mac), 1); /* as this has, now */
	cr_expect(bed_got(&bed, 1, 2, 1, -1));
	cr_expect_eq(bed_counters(&bed).sent, 3);
	cr_expect_eq(bed_counters(&bed).forwarded, 3);
	cr_expect_eq(bed_counters(&bed).flooded, 1);
	cr_expect_eq(bed_counters(&bed).delivered, 4);
	bed_down(&bed);
	cr_expect(no_violations());
}

Test(extswitch_data, a_broadcast_goes_to_all_and_a_known_address_to_its_own)
{
	bed.n_nics = 3;
	bed.macs_known = true;
	bed_up(&bed);
	bed_send(&bed, 1, broadcast_mac);
	cr_expect(bed_got(&bed, 0, 1, 1, -1));
	bed_send(&bed, 1, bed.nic[3].mac);
	cr_expect(bed_got(&bed, 0, 1, 2, -1));
	bed_send(&bed, 1, bed.nic[1].mac); /* its own network has it already */
	cr_expect(bed_got(&bed, 0, 1, 2, -1));
	cr_expect_eq(bed_counters(&bed).dropped, 1);
	bed_down(&bed);
	cr_expect(no_violations());
}

Test(extswitch_data, what_is_behind_a_nic_is_forgotten_with_it)
{
	bed.n_nics = 3;
	bed.macs_known = true;
	bed_up(&bed);
	nrt_switch_nic_disconnect(bed.nic[2].handle);
	bed_send(&bed, 1, bed.nic[2].mac);
	cr_expect(bed_got(&bed, 0, 0, 1, -1));
	cr_expect_eq(bed_counters(&bed).flooded, 1);
	cr_assert_eq(bed_connect(&bed, 2), 0, "%s", nrt_last_error());
	bed_send(&bed, 1, bed.nic[2].mac);
	cr_expect(bed_got(&bed, 0, 1, 1, -1));
	bed_down(&bed);
	cr_expect(no_violations());
}

Test(extswitch_data, a_flood_reaches_more_ports_than_a_packet_has_room_for)
{
	bed.n_nics = BED_NICS;
	bed_up(&bed);
	for (int i = 0; i < 3; i++)
		bed_send(&bed, 1, broadcast_mac);
	for (unsigned int port = 2; port <= BED_NICS; port++)
		cr_expect_eq(bed.nic[port].got, 3);
	cr_expect_eq(bed_counters(&bed).unreachable, 0);
	bed_down(&bed);
	cr_expect(no_violations());
}

Test(extswitch_data, a_flood_without_memory_reaches_those_that_fit)
{
	bed.n_nics = BED_NICS;
	bed.options.packets = 1;
	bed_up(&bed);
	nrt_memory_fail_nth(1);
	bed_send(&bed, 1, broadcast_mac);
	nrt_memory_fail_nth(0);
	cr_expect_eq(bed_counters(&bed).delivered + bed_counters(&bed).unreachable, BED_NICS - 1);
	cr_expect_geq(bed_counters(&bed).unreachable, 1);
	bed_down(&bed);
	cr_expect(no_violations());
}

/* ------------------------------------------------------------- extensions that forward */

static enum extension_verdict forward_to_3(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	note(add(e, nbl, 3));
	return EXTENSION_PASSES;
}

Test(extswitch_data, a_forwarding_extension_names_a_destination)
{
	bed.n_nics = 3;
	bed.n_extensions = 1;
	bed.macs_known = true;
	bed.e[0].ingress = forward_to_3;
	bed_up(&bed);
	bed_send(&bed, 1, bed.nic[2].mac); /* for 2, but the extension knows better */
	cr_expect_eq(noted[0], NDIS_STATUS_SUCCESS);
	cr_expect(bed_got(&bed, 0, 0, 1, -1));
	cr_expect_eq(bed_counters(&bed).forwarded, 0); /* the switch had nothing to find */
	bed_down(&bed);
	cr_expect(no_violations());
}

/* Destinations 2.. as many as there are NICs. */
static enum extension_verdict forward_to_all(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY *array = destinations(e, nbl);
	ULONG wanted = bed.n_nics - 1, room = (ULONG)detail(nbl)->NumAvailableDestinations;

	cr_expect_eq(array->NumDestinations, 0);
	cr_expect_eq(array->NumElements, room);
	cr_expect_lt(room, wanted);
	note(e->h.GrowNetBufferListDestinations(e->context, nbl, wanted - room, &array));
	cr_expect_eq(array->NumElements, wanted);
	cr_expect_eq(detail(nbl)->NumAvailableDestinations, wanted);
	for (ULONG i = 0; i < wanted; i++)
		*NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(array, array->NumDestinations + i) =
			to_port(2 + i);
	note(e->h.UpdateNetBufferListDestinations(e->context, nbl, wanted, array));
	cr_expect_eq(array->NumDestinations, wanted);
	cr_expect_eq(detail(nbl)->NumAvailableDestinations, 0);
	note(e->h.UpdateNetBufferListDestinations(e->context, nbl, 1, array)); /* no room */
	return EXTENSION_PASSES;
}

Test(extswitch_data, the_array_of_destinations_grows_beyond_what_is_available)
{
	bed.n_nics = BED_NICS;
	bed.n_extensions = 1;
	bed.options.packets = 1;
	bed.e[0].ingress = forward_to_all;
	bed_up(&bed);
	bed_send(&bed, 1, broadcast_mac);
	cr_expect_eq(noted[0], NDIS_STATUS_SUCCESS);
	cr_expect_eq(noted[1], NDIS_STATUS_SUCCESS);
	cr_expect_eq(noted[2], NDIS_STATUS_INVALID_PARAMETER);
	for (unsigned int port = 2; port <= BED_NICS; port++)
		cr_expect_eq(bed.nic[port].got, 1);
	cr_expect_eq(bed_counters(&bed).flooded, 0);
	bed_down(&bed);
	cr_expect(no_violations());
}

static enum extension_verdict grow_without_memory(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY *array = NULL;

	nrt_memory_fail_nth(1);
	note(e->h.GrowNetBufferListDestinations(e->context, nbl, 1, &array));
	nrt_memory_fail_nth(0);
	note(e->h.GrowNetBufferListDestinations(e->context, nbl, UINT32_MAX, &array));
	return EXTENSION_PASSES;
}

Test(extswitch_data, growth_without_memory_is_refused_and_costs_nothing)
{
	bed.n_nics = 2;
	bed.n_extensions = 1;
	bed.e[0].ingress = grow_without_memory;
	bed_up(&bed);
	bed_send(&bed, 1, broadcast_mac);
	cr_expect_eq(noted[0], NDIS_STATUS_RESOURCES);
	cr_expect_eq(noted[1], NDIS_STATUS_RESOURCES);
	cr_expect(bed_got(&bed, 0, 1, -1));
	bed_down(&bed);
	cr_expect(no_violations());
}

/* 2, and one that is not there: none of the two counts. Then 2, and what may not be changed. */
static enum extension_verdict commit_wrongly(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY *array = destinations(e, nbl);
	NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY other = *array;
	NDIS_SWITCH_PORT_DESTINATION *first = NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(array, 0);

	*first = to_port(2);
	*NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(array, 1) = to_port(77);
	note(e->h.UpdateNetBufferListDestinations(e->context, nbl, 2, array));
	cr_expect_eq(array->NumDestinations, 0);
	note(add(e, nbl, 77));
	note(e->h.UpdateNetBufferListDestinations(e->context, nbl, 1, &other));
	*first = to_port(2);
	note(e->h.UpdateNetBufferListDestinations(e->context, nbl, 1, array));
	first->PortId = 3;
	note(e->h.UpdateNetBufferListDestinations(e->context, nbl, 0, array));
	cr_expect_eq(first->PortId, 2);
	return EXTENSION_PASSES;
}

Test(extswitch_data, a_destination_that_is_not_there_or_changes_is_not_committed)
{
	bed.n_nics = 3;
	bed.n_extensions = 1;
	bed.e[0].ingress = commit_wrongly;
	bed_up(&bed);
	bed_send(&bed, 1, broadcast_mac);
	for (unsigned int i = 0; i < 5; i++)
		cr_expect_eq(noted[i], i == 3 ? NDIS_STATUS_SUCCESS : NDIS_STATUS_INVALID_PARAMETER,
			     "%u", i);
	cr_expect(bed_got(&bed, 0, 1, 0, -1));
	bed_down(&bed);
	cr_expect(no_violations());
}

static enum extension_verdict tag_and_forward(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO info = { .Value = NULL };
	NDIS_SWITCH_PORT_DESTINATION vlan = to_port(2), priority = to_port(3), none = to_port(4);

	info.TagHeader.VlanId = 100;
	info.TagHeader.UserPriority = 5;
	NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo) = info.Value;
	vlan.PreserveVLAN = 1;
	priority.PreservePriority = 1;
	e->h.AddNetBufferListDestination(e->context, nbl, &vlan);
	e->h.AddNetBufferListDestination(e->context, nbl, &priority);
	e->h.AddNetBufferListDestination(e->context, nbl, &none);
	return EXTENSION_PASSES;
}

Test(extswitch_data, a_destination_keeps_of_the_tag_what_it_preserves)
{
	bed.n_nics = 4;
	bed.n_extensions = 1;
	bed.e[0].ingress = tag_and_forward;
	bed_up(&bed);
	bed_send(&bed, 1, broadcast_mac);
	cr_expect_eq(bed.nic[2].tag, 100);
	cr_expect_eq(bed.nic[3].tag, 5 << 13);
	cr_expect_eq(bed.nic[4].tag, 0);
	bed.e[0].ingress = NULL; /* the next packet has nothing of it left */
	bed_send(&bed, 1, broadcast_mac);
	cr_expect_eq(bed.nic[2].tag, 0);
	bed_down(&bed);
	cr_expect(no_violations());
}

/* -------------------------------------------------------------- extensions that filter */

static UNICODE_STRING text_of(const WCHAR *text, size_t bytes)
{
	return (UNICODE_STRING){ (USHORT)bytes, (USHORT)bytes, (WCHAR *)(ULONG_PTR)text };
}

static void report(struct fake_extension *e, NET_BUFFER_LIST *nbl, NDIS_SWITCH_PORT_ID port,
		   UINT32 flags, UINT32 packets)
{
	static const WCHAR guid[] = { '{', '1', '}' }, name[] = { 'w', 'a', 0xE9 },
			   why[] = { 'n', 'o' };
	UNICODE_STRING guid_string = text_of(guid, sizeof(guid));
	UNICODE_STRING name_string = text_of(name, sizeof(name));
	UNICODE_STRING why_string = text_of(why, sizeof(why));

	e->h.ReportFilteredNetBufferLists(e->context, &guid_string, &name_string, port, flags,
					  packets, nbl, &why_string);
}

static enum extension_verdict exclude_2(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY *array = destinations(e, nbl);

	for (ULONG i = 0; i < array->NumDestinations; i++) {
		NDIS_SWITCH_PORT_DESTINATION *to =
			NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(array, i);

		if (to->PortId == 2)
			to->IsExcluded = TRUE;
	}
	note(e->h.UpdateNetBufferListDestinations(e->context, nbl, 0, array));
	report(e, nbl, 2, 0, 3); /* as if for three */
	return EXTENSION_PASSES;
}

Test(extswitch_data, a_filtering_extension_excludes_a_destination)
{
	struct nrt_switch_filtered filtered;

	bed.n_nics = 3;
	bed.n_extensions = 1;
	bed.e[0].egress = exclude_2;
	bed_up(&bed);
	cr_expect_eq(nrt_switch_last_filtered(bed.sw, &filtered), -ENOENT);
	bed_send(&bed, 1, broadcast_mac);
	cr_expect_eq(noted[0], NDIS_STATUS_SUCCESS);
	cr_expect(bed_got(&bed, 0, 0, 1, -1));
	cr_expect_eq(bed_counters(&bed).excluded, 1);
	cr_expect_eq(bed_counters(&bed).filtered, 3);
	cr_assert_eq(nrt_switch_last_filtered(bed.sw, &filtered), 0);
	cr_expect_str_eq(filtered.extension, "wa?");
	cr_expect_str_eq(filtered.guid, "{1}");
	cr_expect_str_eq(filtered.reason, "no");
	cr_expect_eq(filtered.port, 2);
	cr_expect_not(filtered.incoming);
	cr_expect_eq(filtered.packets, 3);
	bed_down(&bed);
	cr_expect(no_violations());
}

/* Above the one that excludes. */
static enum extension_verdict include_2(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY *array = destinations(e, nbl);
	NDIS_SWITCH_PORT_DESTINATION *to = NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(array, 0);

	cr_expect_eq(to->PortId, 2);
	cr_expect(to->IsExcluded);
	to->IsExcluded = FALSE;
	note(e->h.UpdateNetBufferListDestinations(e->context, nbl, 0, array));
	cr_expect(to->IsExcluded);
	to = NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(array, 1);
	to->IsExcluded = TRUE; /* and not committed */
	return EXTENSION_PASSES;
}

Test(extswitch_data, who_is_excluded_stays_so_and_who_is_not_committed_is_not)
{
	bed.n_nics = 3;
	bed.n_extensions = 2;
	bed.e[0].egress = exclude_2;
	bed.e[1].egress = include_2;
	bed_up(&bed);
	bed_send(&bed, 1, broadcast_mac);
	cr_expect_eq(noted[0], NDIS_STATUS_SUCCESS);
	cr_expect_eq(noted[1], NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(bed_got(&bed, 0, 0, 1, -1));
	bed_down(&bed);
	cr_expect(no_violations());
}

static enum extension_verdict drop_from_1(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	if (detail(nbl)->SourcePortId != 1)
		return EXTENSION_PASSES;
	report(e, nbl, 1, NDIS_SWITCH_REPORT_FILTERED_NBL_FLAGS_IS_INCOMING, 1);
	return EXTENSION_DROPS;
}

Test(extswitch_data, a_packet_is_dropped_on_its_way_in_and_on_its_way_out)
{
	struct nrt_switch_filtered filtered;

	bed.n_nics = 2;
	bed.n_extensions = 1;
	bed.e[0].ingress = drop_from_1;
	bed_up(&bed);
	bed_send(&bed, 1, broadcast_mac);
	bed_send(&bed, 2, broadcast_mac);
	cr_expect(bed_got(&bed, 1, 0, -1));
	cr_assert_eq(nrt_switch_last_filtered(bed.sw, &filtered), 0);
	cr_expect(filtered.incoming);
	bed.e[0].ingress = NULL;
	bed.e[0].egress = drop_from_1;
	bed_send(&bed, 1, broadcast_mac);
	cr_expect(bed_got(&bed, 1, 0, -1));
	cr_expect_eq(bed_counters(&bed).filtered, 2);
	bed_down(&bed);
	cr_expect(no_violations());
}

/* ----------------------------------------------------------------------- flags, limits */

Test(extswitch_data, the_flags_of_groups_are_those_of_the_documents)
{
	struct fake_extension *low = &bed.e[0], *high = &bed.e[1];

	bed.n_nics = 2;
	bed.n_extensions = 2;
	low->send_flags = NDIS_SEND_FLAGS_SWITCH_DESTINATION_GROUP;
	bed_up(&bed);
	cr_expect_eq(bed_send_many(&bed, 1, broadcast_mac, 3), 3);
	cr_expect(bed_got(&bed, 0, 3, -1));
	cr_expect_eq(high->send_seen, NDIS_SEND_FLAGS_SWITCH_SINGLE_SOURCE);
	cr_expect_eq(high->receive_seen, NDIS_RECEIVE_FLAGS_SWITCH_SINGLE_SOURCE |
						 NDIS_RECEIVE_FLAGS_SWITCH_DESTINATION_GROUP);
	cr_expect_eq(high->return_seen, NDIS_RETURN_FLAGS_SWITCH_SINGLE_SOURCE);
	cr_expect_eq(high->complete_seen, NDIS_SEND_COMPLETE_FLAGS_SWITCH_SINGLE_SOURCE);
	bed_down(&bed);
	cr_expect(no_violations());
}

static enum extension_verdict keep_all(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	(void)e;
	(void)nbl;
	return EXTENSION_KEEPS;
}

Test(extswitch_data, fewer_frames_are_taken_when_the_packets_are_under_way)
{
	bed.n_nics = 2;
	bed.n_extensions = 1;
	bed.options.packets = 4;
	bed.e[0].ingress = keep_all;
	bed_up(&bed);
	cr_expect_eq(bed_send_many(&bed, 1, broadcast_mac, 3), 3);
	cr_expect_eq(bed_send_many(&bed, 1, broadcast_mac, 3), 1);
	cr_expect_eq(bed_send_many(&bed, 1, broadcast_mac, 3), 0);
	cr_expect(bed_got(&bed, 0, 0, -1));
	bed.e[0].ingress = NULL;
	fake_extension_release(&bed.e[0]);
	cr_expect(bed_got(&bed, 0, 4, -1));
	cr_expect_eq(bed_send_many(&bed, 1, broadcast_mac, 3), 3);
	bed_down(&bed);
	cr_expect(no_violations());
}

Test(extswitch_data, a_frame_that_is_too_long_or_too_short_is_refused)
{
	static UCHAR frame[2000];
	struct iovec frames[2] = { { frame, BED_FRAME }, { frame, 1519 } };

	bed.n_nics = 2;
	bed_up(&bed);
	bed_frame(frame, broadcast_mac, bed.nic[1].mac);
	cr_expect_eq(nrt_switch_nic_send(bed.nic[1].handle, frames, 2), -EMSGSIZE);
	frames[1].iov_len = 13;
	cr_expect_eq(nrt_switch_nic_send(bed.nic[1].handle, frames, 2), -EMSGSIZE);
	frames[1].iov_len = 1518;
	cr_expect_eq(nrt_switch_nic_send(bed.nic[1].handle, frames, 2), 2);
	cr_expect(bed_got(&bed, 0, 2, -1));
	cr_expect_eq(bed.nic[2].length, 1518);
	nrt_switch_nic_disconnect(bed.nic[1].handle);
	cr_expect_eq(bed_send(&bed, 1, broadcast_mac), -ENOTCONN);
	bed_down(&bed);
	cr_expect(no_violations());
}

Test(extswitch_data, a_switch_that_is_paused_takes_nothing)
{
	bed.n_nics = 2;
	bed.n_extensions = 1;
	bed_up(&bed);
	cr_assert_eq(nrt_adapter_pause(nrt_switch_adapter(bed.sw)), 0);
	cr_expect_eq(bed_send(&bed, 1, broadcast_mac), -ENETDOWN);
	cr_assert_eq(nrt_adapter_restart(nrt_switch_adapter(bed.sw)), 0);
	cr_expect_eq(bed_send(&bed, 1, broadcast_mac), 1);
	cr_expect(bed_got(&bed, 0, 1, -1));
	bed_down(&bed);
	cr_expect(no_violations());
}

/* --------------------------------------------------------------------------- accounting */

static enum extension_verdict mirror(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	NET_BUFFER_LIST *clone;

	if (nbl->NdisPoolHandle == e->pool)
		return EXTENSION_PASSES;
	clone = fake_extension_clone(e, nbl, 0);
	add(e, clone, 4);
	fake_extension_send(e, clone, 0);
	return EXTENSION_PASSES;
}

static int send_a_lot(void *port)
{
	int taken = 0;

	for (int i = 0; i < 500; i++)
		taken += bed_send_many(&bed, (unsigned int)(size_t)port, bed.nic[3].mac, 4);
	return taken;
}

static void expect_nothing_is_lost(void)
{
	struct nrt_ledger ledger;
	struct run first, second;
	uint64_t before = nrt_nbl_live();

	bed.n_nics = 4;
	bed.n_extensions = 2;
	bed.macs_known = true;
	bed.nic[3].counts_only = bed.nic[4].counts_only = true;
	bed.e[1].ingress = mirror;
	bed_up(&bed);
	run_start(&first, send_a_lot, (void *)1);
	run_start(&second, send_a_lot, (void *)2);
	cr_expect_eq(run_end(&first), 2000);
	cr_expect_eq(run_end(&second), 2000);
	cr_expect(bed_got(&bed, 0, 0, 4000, 4000, -1));
	cr_expect_eq(bed_counters(&bed).sent, 4000);
	cr_expect_eq(bed_counters(&bed).delivered, 8000);
	cr_expect_eq(bed.e[1].own_completed, 4000);
	nrt_adapter_ledger(nrt_switch_adapter(bed.sw), &ledger);
	cr_expect_eq(ledger.tx_submitted, 4000);
	cr_expect_eq(ledger.tx_completed, 4000);
	cr_expect_eq(ledger.tx_handed, 8000);
	cr_expect_eq(ledger.tx_returned, 8000);
	cr_expect_eq(ledger.rx_indicated, 8000);
	cr_expect_eq(ledger.rx_returned, 8000);
	bed_down(&bed);
	cr_expect_eq(nrt_nbl_live(), before);
	cr_expect(no_violations());
}

Test(extswitch_data, two_senders_lose_nothing_and_all_comes_back)
{
	expect_nothing_is_lost();
}

Test(extswitch_plain, without_the_verifier_nothing_is_lost_either)
{
	expect_nothing_is_lost();
}
