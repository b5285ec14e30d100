/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OID queries that the runtime answers from the adapter's attributes, with room
 * enough, too little and none: rule MP-OID-04 holds for its answers as well.
 */
#include <string.h>

#include "contract.h"
#include <criterion/parameterized.h>

TestSuite(oidanswer, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;

#define QUERY NdisRequestQueryInformation
#define SET NdisRequestSetInformation

struct ulong_case {
	NDIS_OID oid;
	ULONG value;
};

static struct ulong_case ulongs[] = {
	{ OID_GEN_MEDIA_SUPPORTED, NdisMedium802_3 },
	{ OID_GEN_MEDIA_IN_USE, NdisMedium802_3 },
	{ OID_GEN_PHYSICAL_MEDIUM, NdisPhysicalMedium802_3 },
	{ OID_GEN_MAXIMUM_FRAME_SIZE, 1500 },
	{ OID_GEN_MAXIMUM_TOTAL_SIZE, 1514 },
	{ OID_GEN_MAXIMUM_LOOKAHEAD, 1514 },
	{ OID_GEN_CURRENT_LOOKAHEAD, 1514 },
	{ OID_GEN_MAC_OPTIONS, NDIS_MAC_OPTION_NO_LOOPBACK },
	{ OID_GEN_CURRENT_PACKET_FILTER, 0 },
	{ OID_GEN_MEDIA_CONNECT_STATUS, NdisMediaStateConnected },
	{ OID_GEN_LINK_SPEED, 100000000 }, /* in units of 100 bits per second */
	{ OID_802_3_MAXIMUM_LIST_SIZE, 4 },
};

#define N_ULONGS (sizeof(ulongs) / sizeof(ulongs[0]))

ParameterizedTestParameters(oidanswer, what_the_attributes_say_is_answered_above_the_miniport)
{
	return cr_make_param_array(struct ulong_case, ulongs, N_ULONGS);
}

ParameterizedTest(struct ulong_case *c, oidanswer,
		  what_the_attributes_say_is_answered_above_the_miniport)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct fake_request r = { 0 };
	ULONG value = 0xFFFFFFFF;

	stack_up(&s);
	cr_expect_eq(fake_binding_oid(b, QUERY, c->oid, &value, sizeof(value), &r),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(value, c->value);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.BytesWritten, sizeof(value));
	cr_expect_eq(s.a.n_oids, 0);
	stack_down(&s);
}

static NDIS_OID oids[] = {
	OID_GEN_MAXIMUM_FRAME_SIZE, OID_GEN_LINK_STATE,	       OID_802_3_CURRENT_ADDRESS,
	OID_802_3_PERMANENT_ADDRESS, OID_GEN_SUPPORTED_LIST, OID_GEN_MEDIA_CONNECT_STATUS,
};

#define N_OIDS (sizeof(oids) / sizeof(oids[0]))

static ULONG size_of(NDIS_OID oid)
{
	switch (oid) {
	case OID_GEN_LINK_STATE:
		return sizeof(NDIS_LINK_STATE);
	case OID_802_3_CURRENT_ADDRESS:
	case OID_802_3_PERMANENT_ADDRESS:
		return 6;
	case OID_GEN_SUPPORTED_LIST:
		return 4 * sizeof(NDIS_OID);
	default:
		return sizeof(ULONG);
	}
}

ParameterizedTestParameters(oidanswer, MP_OID_04_a_short_buffer_is_told_how_much_is_needed)
{
	return cr_make_param_array(NDIS_OID, oids, N_OIDS);
}

ParameterizedTest(NDIS_OID *oid, oidanswer, MP_OID_04_a_short_buffer_is_told_how_much_is_needed)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct fake_request r = { 0 };
	UCHAR buffer[128];
	ULONG size = size_of(*oid);

	stack_up(&s);
	memset(buffer, 0xEE, sizeof(buffer));
	cr_expect_eq(fake_binding_oid(b, QUERY, *oid, buffer, size - 1, &r),
		     NDIS_STATUS_BUFFER_TOO_SHORT);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.BytesNeeded, size);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.BytesWritten, 0);
	cr_expect_eq(buffer[0], 0xEE);
	cr_expect_eq(fake_binding_oid(b, QUERY, *oid, NULL, 0, &r), NDIS_STATUS_BUFFER_TOO_SHORT);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.BytesNeeded, size);
	cr_expect_eq(fake_binding_oid(b, QUERY, *oid, buffer, size, &r), NDIS_STATUS_SUCCESS);
	cr_expect_eq(buffer[size], 0xEE);
	stack_down(&s);
}

ParameterizedTestParameters(oidanswer, MP_OID_06_a_buffer_may_be_anywhere_and_larger_than_needed)
{
	return cr_make_param_array(NDIS_OID, oids, N_OIDS);
}

ParameterizedTest(NDIS_OID *oid, oidanswer,
		  MP_OID_06_a_buffer_may_be_anywhere_and_larger_than_needed)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct fake_request r = { 0 };
	ULONG size = size_of(*oid);
	UCHAR buffer[128], moved[128];

	stack_up(&s);
	cr_expect_eq(fake_binding_oid(b, QUERY, *oid, buffer, size, &r), NDIS_STATUS_SUCCESS);
	cr_expect_eq(fake_binding_oid(b, QUERY, *oid, moved + 1, sizeof(moved) - 1, &r),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.BytesWritten, size);
	cr_expect_arr_eq(moved + 1, buffer, size);
	stack_down(&s);
}

Test(oidanswer, MP_OID_06_sets_are_read_from_anywhere)
{
	struct fake_binding *b = stack_binding(&s, 0);
	UCHAR buffer[16] = { 0 };
	ULONG filter = NDIS_PACKET_TYPE_BROADCAST;

	stack_up(&s);
	memcpy(buffer + 3, &filter, sizeof(filter));
	cr_expect_eq(fake_binding_oid(b, SET, OID_GEN_CURRENT_PACKET_FILTER, buffer + 3, 4, NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(s.a.packet_filter, NDIS_PACKET_TYPE_BROADCAST);
	stack_down(&s);
}

Test(oidanswer, addresses_are_those_of_the_attributes)
{
	struct fake_binding *b = stack_binding(&s, 0);
	UCHAR address[6] = { 0 };

	stack_up(&s);
	cr_expect_eq(fake_binding_oid(b, QUERY, OID_802_3_CURRENT_ADDRESS, address, 6, NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect_arr_eq(address, fake_mac, 6);
	memset(address, 0, 6);
	cr_expect_eq(fake_binding_oid(b, QUERY, OID_802_3_PERMANENT_ADDRESS, address, 6, NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect_arr_eq(address, fake_mac, 6);
	stack_down(&s);
}

Test(oidanswer, the_link_state_is_the_last_one_indicated)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NDIS_LINK_STATE link;
	ULONG status = 0;

	stack_up(&s);
	fake_binding_oid(b, QUERY, OID_GEN_LINK_STATE, &link, sizeof(link), NULL);
	cr_expect_eq(link.MediaConnectState, MediaConnectStateConnected);
	cr_expect_eq(link.XmitLinkSpeed, 10000000000ULL);
	fake_adapter_link(&s.a, FALSE, 0);
	fake_binding_oid(b, QUERY, OID_GEN_LINK_STATE, &link, sizeof(link), NULL);
	cr_expect_eq(link.MediaConnectState, MediaConnectStateDisconnected);
	fake_binding_oid(b, QUERY, OID_GEN_MEDIA_CONNECT_STATUS, &status, sizeof(status), NULL);
	cr_expect_eq(status, NdisMediaStateDisconnected);
	fake_adapter_link(&s.a, TRUE, 1000000000);
	fake_binding_oid(b, QUERY, OID_GEN_LINK_SPEED, &status, sizeof(status), NULL);
	cr_expect_eq(status, 10000000);
	stack_down(&s);
}

Test(oidanswer, the_lookahead_is_a_bindings_own_and_not_more_than_the_adapters)
{
	struct fake_binding *first = stack_binding(&s, 0), *second = stack_binding(&s, 1);
	ULONG lookahead = 256, other = 0;

	s.n_protocols = 2;
	stack_up(&s);
	cr_expect_eq(fake_binding_oid(first, SET, OID_GEN_CURRENT_LOOKAHEAD, &lookahead, 4, NULL),
		     NDIS_STATUS_SUCCESS);
	fake_binding_oid(first, QUERY, OID_GEN_CURRENT_LOOKAHEAD, &other, 4, NULL);
	cr_expect_eq(other, 256);
	fake_binding_oid(second, QUERY, OID_GEN_CURRENT_LOOKAHEAD, &other, 4, NULL);
	cr_expect_eq(other, 1514);
	cr_expect_eq(s.a.lookahead, 1514, "the miniport is told what the most is that one wants");
	fake_binding_oid(second, SET, OID_GEN_CURRENT_LOOKAHEAD, &lookahead, 4, NULL);
	cr_expect_eq(s.a.lookahead, 256);
	lookahead = 1515;
	cr_expect_neq(fake_binding_oid(first, SET, OID_GEN_CURRENT_LOOKAHEAD, &lookahead, 4, NULL),
		      NDIS_STATUS_SUCCESS);
	cr_expect_neq(fake_binding_oid(first, SET, OID_GEN_CURRENT_LOOKAHEAD, &lookahead, 2, NULL),
		      NDIS_STATUS_SUCCESS);
	stack_down(&s);
}

Test(oidanswer, the_supported_list_is_a_copy_of_the_miniports)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NDIS_OID list[4] = { 0 };

	stack_up(&s);
	cr_expect_eq(fake_binding_oid(b, QUERY, OID_GEN_SUPPORTED_LIST, list, sizeof(list), NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(list[2], OID_GEN_XMIT_OK);
	stack_down(&s);
}

Test(oidanswer, a_number_is_not_there_when_the_miniport_has_no_statistics)
{
	struct fake_binding *b = stack_binding(&s, 0);
	ULONG64 n;

	stack_up(&s);
	cr_expect_eq(fake_binding_oid(b, QUERY, OID_GEN_XMIT_DISCARDS, &n, sizeof(n), NULL),
		     NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(s.a.n_oids, 1);
	cr_expect_eq(s.a.oids[0].oid, OID_GEN_STATISTICS);
	stack_down(&s);
}
