/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that extensions of the extensible switch originate and clone, and the handlers about
 * a packet's forwarding context: allocated, freed, its source, what is copied from one to
 * another, and the contexts that extensions put on it.
 */
#include "extswitch.h"

TestSuite(extswitch_origin, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct bed bed;

/* ------------------------------------------------- extensions that originate and clone */

static void note_status(struct fake_extension *e, NET_BUFFER_LIST *own)
{
	(void)e;
	note(NET_BUFFER_LIST_STATUS(own));
}

Test(extswitch_origin, an_extension_originates_a_packet_of_the_default_port)
{
	UCHAR frame[BED_FRAME];
	struct fake_extension *e = &bed.e[0];
	NET_BUFFER_LIST *own;

	bed.n_nics = 2;
	bed.n_extensions = 2; /* the other one is above and sees it on its way out only */
	e->on_complete = note_status;
	bed_up(&bed);
	bed_frame(frame, broadcast_mac, bed.nic[1].mac);
	own = fake_extension_make(e, frame, sizeof(frame));
	cr_assert_not_null(own);
	cr_expect_eq(detail(own)->SourcePortId, NDIS_SWITCH_DEFAULT_PORT_ID);
	cr_expect_eq(detail(own)->SourceNicIndex, NDIS_SWITCH_DEFAULT_NIC_INDEX);
	cr_expect_gt(detail(own)->NumAvailableDestinations, 0);
	fake_extension_send(e, own, 0);
	cr_expect(bed_got(&bed, 1, 1, -1));
	cr_expect_eq(bed.nic[1].from, 0);
	cr_expect_eq(e->own_completed, 1);
	cr_expect_eq(noted[0], NDIS_STATUS_SUCCESS);
	cr_expect_eq(e->egressed, 1);
	cr_expect_eq(bed.e[1].ingressed, 0);
	cr_expect_eq(bed.e[1].egressed, 1);
	bed_send(&bed, 2, bed.nic[1].mac); /* what it seemed to come from was not learned */
	cr_expect_eq(bed_counters(&bed).flooded, 2);
	bed_down(&bed);
	cr_expect(no_violations());
}

Test(extswitch_origin, a_source_that_is_set_is_where_the_packet_comes_from)
{
	UCHAR frame[BED_FRAME];
	struct fake_extension *e = &bed.e[0];
	NET_BUFFER_LIST *own;

	bed.n_nics = 3;
	bed.n_extensions = 1;
	bed_up(&bed);
	bed_frame(frame, broadcast_mac, bed.nic[2].mac);
	own = fake_extension_make(e, frame, sizeof(frame));
	cr_expect_eq(e->h.SetNetBufferListSource(e->context, own, 77, 0),
		     NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(e->h.SetNetBufferListSource(e->context, own, 2, 1),
		     NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(e->h.SetNetBufferListSource(e->context, own, 2, 0), NDIS_STATUS_SUCCESS);
	cr_expect_eq(detail(own)->SourcePortId, 2);
	fake_extension_send(e, own, 0);
	cr_expect(bed_got(&bed, 1, 0, 1, -1));
	cr_expect_eq(bed.nic[1].from, 2);
	bed_down(&bed);
	cr_expect(no_violations());
}

static enum extension_verdict clone_and_drop(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	NET_BUFFER_LIST *clone;

	if (nbl->NdisPoolHandle == e->pool)
		return EXTENSION_PASSES;
	add(e, nbl, 2);
	NET_BUFFER_LIST_INFO(nbl, NetBufferListHashValue) = (PVOID)0x1234;
	clone = fake_extension_clone(e, nbl, 0);
	cr_assert_not_null(clone);
	cr_expect_eq(detail(clone)->SourcePortId, 1);
	cr_expect_eq(NET_BUFFER_LIST_INFO(clone, NetBufferListHashValue), (PVOID)0x1234);
	cr_expect_eq(destinations(e, clone)->NumDestinations, 0);
	cr_expect_eq(detail(clone)->NumAvailableDestinations, destinations(e, clone)->NumElements);
	add(e, clone, 3);
	fake_extension_send(e, clone, 0); /* comes back before the original goes */
	return EXTENSION_DROPS;
}

Test(extswitch_origin, a_clone_on_its_way_in_has_destinations_of_its_own)
{
	bed.n_nics = 3;
	bed.n_extensions = 1;
	bed.e[0].ingress = clone_and_drop;
	bed_up(&bed);
	bed_send(&bed, 1, broadcast_mac);
	cr_expect(bed_got(&bed, 0, 0, 1, -1));
	cr_expect_eq(bed.nic[3].from, 1);
	cr_expect_eq(bed.nic[3].last[11], 1);
	cr_expect_eq(bed.e[0].own_completed, 1);
	bed_down(&bed);
	cr_expect(no_violations());
}

static enum extension_verdict clone_up(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	NET_BUFFER_LIST *clone =
		fake_extension_clone(e, nbl, NDIS_SWITCH_COPY_NBL_INFO_FLAGS_PRESERVE_DESTINATIONS);
	NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY *array;

	cr_assert_not_null(clone);
	array = destinations(e, clone);
	cr_expect_eq(array->NumDestinations, destinations(e, nbl)->NumDestinations);
	cr_expect_eq(NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(array, 0)->PortId, 2);
	cr_expect_eq(detail(clone)->NumAvailableDestinations,
		     array->NumElements - array->NumDestinations);
	fake_extension_indicate(e, clone, 0);
	return EXTENSION_DROPS;
}

Test(extswitch_origin, a_clone_on_its_way_out_keeps_the_destinations)
{
	bed.n_nics = BED_NICS; /* more than fit before it grows */
	bed.n_extensions = 2;
	bed.e[0].egress = clone_up;
	bed_up(&bed);
	bed_send(&bed, 1, broadcast_mac);
	for (unsigned int port = 2; port <= BED_NICS; port++)
		cr_expect_eq(bed.nic[port].got, 1);
	cr_expect_eq(bed.e[0].own_returned, 1);
	bed_down(&bed);
	cr_expect(no_violations());
}

static enum extension_verdict clone_up_as_lent(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	fake_extension_indicate(
		e, fake_extension_clone(e, nbl,
					NDIS_SWITCH_COPY_NBL_INFO_FLAGS_PRESERVE_DESTINATIONS),
		NDIS_RECEIVE_FLAGS_RESOURCES);
	return EXTENSION_DROPS;
}

Test(extswitch_origin, what_is_indicated_as_lent_is_returned_as_well)
{
	bed.n_nics = 2;
	bed.n_extensions = 2;
	bed.e[0].egress = clone_up_as_lent;
	bed_up(&bed);
	bed_send(&bed, 1, broadcast_mac);
	cr_expect(bed_got(&bed, 0, 1, -1));
	cr_expect_eq(bed.e[1].receive_seen, 0);
	cr_expect_eq(bed.e[0].own_returned, 1);
	bed_down(&bed);
	cr_expect(no_violations());
}

static enum extension_verdict call_wrongly(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY *array;
	UCHAR frame[BED_FRAME] = { 2 };
	NET_BUFFER_LIST *bare = fake_extension_make(e, frame, sizeof(frame));
	NDIS_SWITCH_PORT_DESTINATION to = to_port(2);

	note(e->h.AllocateNetBufferListForwardingContext(e->context, nbl)); /* it has one */
	note(e->h.FreeNetBufferListForwardingContext(e->context, nbl)); /* the switch's */
	cr_expect_eq(e->h.FreeNetBufferListForwardingContext(e->context, bare),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(detail(bare)->AsUINT64, 0);
	note(e->h.FreeNetBufferListForwardingContext(e->context, bare)); /* it has none now */
	note(e->h.SetNetBufferListSource(e->context, bare, 1, 0));
	note(e->h.AddNetBufferListDestination(e->context, bare, &to));
	note(e->h.GetNetBufferListDestinations(e->context, bare, &array));
	note(e->h.GrowNetBufferListDestinations(e->context, bare, 1, &array));
	note(e->h.CopyNetBufferListInfo(e->context, bare, nbl, 0));
	fake_extension_unmake(e, bare);
	return EXTENSION_PASSES;
}

Test(extswitch_origin, what_has_no_forwarding_context_or_has_one_is_refused)
{
	bed.n_nics = 2;
	bed.n_extensions = 1;
	bed.e[0].ingress = call_wrongly;
	bed_up(&bed);
	bed_send(&bed, 1, broadcast_mac);
	cr_assert_eq(n_noted, 8);
	for (unsigned int i = 0; i < n_noted; i++)
		cr_expect_eq(noted[i], NDIS_STATUS_INVALID_PARAMETER, "%u", i);
	cr_expect(bed_got(&bed, 0, 1, -1));
	bed_down(&bed);
	cr_expect(no_violations());
}

Test(extswitch_origin, a_packet_without_a_forwarding_context_goes_nowhere_and_comes_back)
{
	UCHAR frame[BED_FRAME];
	struct fake_extension *e = &bed.e[0];
	NET_BUFFER_LIST *own;

	bed.n_nics = 2;
	bed.n_extensions = 1;
	bed_up(&bed);
	bed_frame(frame, broadcast_mac, bed.nic[1].mac);
	own = fake_extension_make(e, frame, sizeof(frame));
	e->h.FreeNetBufferListForwardingContext(e->context, own);
	fake_extension_send(e, own, 0);
	cr_expect(bed_got(&bed, 0, 0, -1));
	cr_expect_eq(e->own_completed, 1);
	cr_expect_eq(bed_counters(&bed).dropped, 1);
	bed_down(&bed);
	cr_expect(no_violations());
}

/* More than are made beforehand come out of the pool. */
Test(extswitch_origin, there_are_as_many_forwarding_contexts_as_are_asked_for)
{
	UCHAR frame[BED_FRAME] = { 2 };
	struct fake_extension *e = &bed.e[0];
	NET_BUFFER_LIST *own[8];

	bed.n_extensions = 1;
	bed.options.packets = 2;
	bed_up(&bed);
	for (int i = 0; i < 8; i++) {
		own[i] = fake_extension_make(e, frame, sizeof(frame));
		cr_assert_not_null(own[i]);
		cr_expect_eq(detail(own[i])->SourcePortId, 0);
	}
	for (int i = 0; i < 8; i++)
		fake_extension_unmake(e, own[i]);
	bed_down(&bed);
	cr_expect(no_violations());
}

Test(extswitch_origin, RS_MEM_02_a_forwarding_context_that_is_left_is_reported)
{
	UCHAR frame[BED_FRAME] = { 2 };
	NET_BUFFER_LIST *own;

	bed.n_extensions = 1;
	bed_up(&bed);
	own = fake_extension_make(&bed.e[0], frame, sizeof(frame));
	bed.e[0].no_context_free = TRUE;
	fake_extension_unmake(&bed.e[0], own);
	bed_down(&bed);
	cr_expect(violations_are("RS-MEM-02", NULL));
}

/* ------------------------------------------------------------ contexts of extensions */

static const GUID extension_id = { 1, 2, 3, { 4 } };

NDIS_DECLARE_SWITCH_NET_BUFFER_LIST_CONTEXT_TYPE(first_type, extension_id);
NDIS_DECLARE_SWITCH_NET_BUFFER_LIST_CONTEXT_TYPE(second_type, extension_id);

static int first_context, second_context;

static enum extension_verdict put_contexts(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	NDIS_SWITCH_GET_NET_BUFFER_LIST_SWITCH_CONTEXT *get = e->h.GetNetBufferListSwitchContext;
	NDIS_SWITCH_SET_NET_BUFFER_LIST_SWITCH_CONTEXT *set = e->h.SetNetBufferListSwitchContext;
	NET_BUFFER_LIST *clone;

	cr_expect_null(get(e->context, nbl, &first_type)); /* of the last packet in this memory */
	note(set(e->context, nbl, &first_type, &second_context));
	note(set(e->context, nbl, &first_type, &first_context));
	note(set(e->context, nbl, &second_type, &second_context));
	clone = fake_extension_clone(e, nbl, 0);
	cr_expect_null(get(e->context, clone, &first_type));
	fake_extension_unmake(e, clone);
	return EXTENSION_PASSES;
}

static enum extension_verdict look_at_contexts(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	NDIS_SWITCH_GET_NET_BUFFER_LIST_SWITCH_CONTEXT *get = e->h.GetNetBufferListSwitchContext;

	cr_expect_eq(get(e->context, nbl, &first_type), &first_context);
	cr_expect_eq(get(e->context, nbl, &second_type), &second_context);
	return EXTENSION_PASSES;
}

Test(extswitch_origin, a_context_that_was_set_on_the_way_in_is_there_on_the_way_out)
{
	bed.n_nics = 2;
	bed.n_extensions = 1;
	bed.options.packets = 1;
	bed.e[0].ingress = put_contexts;
	bed.e[0].egress = look_at_contexts;
	bed_up(&bed);
	bed_send(&bed, 1, broadcast_mac);
	bed_send(&bed, 1, broadcast_mac);
	cr_expect_eq(n_noted, 6);
	for (unsigned int i = 0; i < n_noted; i++)
		cr_expect_eq(noted[i], NDIS_STATUS_SUCCESS);
	cr_expect_eq(bed.e[0].egressed, 2);
	bed_down(&bed);
	cr_expect(no_violations());
}

Test(extswitch_origin, a_packet_has_contexts_of_eight_types)
{
	static NDIS_SWITCH_NET_BUFFER_LIST_CONTEXT_TYPE types[9];
	struct fake_extension *e = &bed.e[0];
	UCHAR frame[BED_FRAME] = { 2 };
	NET_BUFFER_LIST *own;

	bed.n_extensions = 1;
	bed_up(&bed);
	own = fake_extension_make(e, frame, sizeof(frame));
	for (int i = 0; i < 9; i++)
		cr_expect_eq(e->h.SetNetBufferListSwitchContext(e->context, own, &types[i],
								&types[i]),
			     i < 8 ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES);
	cr_expect_eq(e->h.GetNetBufferListSwitchContext(e->context, own, &types[7]), &types[7]);
	cr_expect_null(e->h.GetNetBufferListSwitchContext(e->context, own, &types[8]));
	fake_extension_unmake(e, own);
	cr_expect_null(e->h.GetNetBufferListSwitchContext(e->context, NULL, &types[0]));
	bed_down(&bed);
	cr_expect(no_violations());
}
