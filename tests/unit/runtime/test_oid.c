/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OID requests: one at a time to the miniport, each completed once, cancelled
 * in the queue or at the miniport; what the runtime answers itself, and the
 * filters of several bindings as the miniport sees them. Rules RT-08, -21,
 * MP-OID-01, -02, -04, -08, -09, PR-OID-01, -03.
 */
#include <string.h>

#include "contract.h"
#include <criterion/parameterized.h>

#include "operation.h"

TestSuite(oid, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;

#define QUERY NdisRequestQueryInformation
#define SET NdisRequestSetInformation

static struct fake_binding *one_binding(void)
{
	stack_up(&s);
	return stack_binding(&s, 0);
}

/* What the miniport was asked, from the @i-th request on. */
static const struct fake_oid *asked(ULONG i)
{
	cr_assert_lt(i, s.a.n_oids);
	return &s.a.oids[i];
}

/* --------------------------------------------------------------- to the miniport */

Test(oid, MP_OID_01_a_request_the_runtime_does_not_know_goes_to_the_miniport)
{
	struct fake_binding *b = one_binding();
	struct fake_request r = { 0 };
	ULONG value = 0;

	cr_expect_eq(fake_binding_oid(b, QUERY, OID_GEN_XMIT_OK, &value, sizeof(value), &r),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(value, 4711);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.BytesWritten, sizeof(value));
	cr_expect_eq(r.completions, 1);
	cr_expect_eq(s.a.n_oids, 1);
	cr_expect_eq(asked(0)->oid, OID_GEN_XMIT_OK);
	cr_expect(event_irql_is("MiniportOidRequest", PASSIVE_LEVEL));
	stack_down(&s);
}

Test(oid, a_request_the_miniport_does_not_support_says_so)
{
	struct fake_binding *b = one_binding();
	ULONG value;

	cr_expect_eq(fake_binding_oid(b, QUERY, OID_GEN_VENDOR_ID, &value, sizeof(value), NULL),
		     NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(fake_binding_oid(b, SET, OID_GEN_VENDOR_ID, &value, sizeof(value), NULL),
		     NDIS_STATUS_NOT_SUPPORTED);
	stack_down(&s);
}

static enum fake_when ways[] = { FAKE_NOW, FAKE_INSIDE, FAKE_THREAD, FAKE_TIMER, FAKE_WORK_ITEM };

ParameterizedTestParameters(oid, MP_OID_01_a_request_completes_in_every_legal_way)
{
	return cr_make_param_array(enum fake_when, ways, sizeof(ways) / sizeof(ways[0]));
}

ParameterizedTest(enum fake_when *when, oid, MP_OID_01_a_request_completes_in_every_legal_way)
{
	struct fake_binding *b = one_binding();
	struct fake_request r = { 0 };
	ULONG value = 0;

	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = *when;
	for (unsigned int i = 1; i <= 3; i++) {
		cr_expect_eq(fake_binding_oid(b, QUERY, OID_GEN_XMIT_OK, &value, sizeof(value), &r),
			     NDIS_STATUS_SUCCESS);
		cr_expect_eq(r.completions, 1);
	}
	cr_expect_eq(value, 4711);
	cr_expect(!s.a.oids_overlapped);
	stack_down(&s);
}

#define REQUESTS 16

Test(oid, RT_08_requests_reach_the_miniport_one_after_the_other_and_in_order)
{
	struct fake_binding *first = stack_binding(&s, 0), *second = stack_binding(&s, 1);
	static struct fake_request r[REQUESTS];
	static ULONG values[REQUESTS];

	s.n_protocols = 2;
	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_WORK_ITEM;
	stack_up(&s);
	for (unsigned int i = 0; i < REQUESTS; i++)
		fake_binding_begin_oid(i % 2 != 0 ? second : first, &r[i], QUERY, OID_GEN_XMIT_OK,
				       &values[i], 4 + i); /* known by its length */
	for (unsigned int i = 0; i < REQUESTS; i++)
		cr_expect_eq(fake_binding_end_oid(&r[i]), NDIS_STATUS_SUCCESS);
	cr_expect(!s.a.oids_overlapped);
	cr_assert_eq(s.a.n_oids, REQUESTS);
	for (unsigned int i = 0; i < REQUESTS; i++)
		cr_expect_eq(asked(i)->length, 4 + i);
	stack_down(&s);
}

Test(oid, RT_08_the_next_request_waits_for_a_pending_one)
{
	struct fake_binding *b = one_binding();
	static struct fake_request first, second;
	ULONG values[2] = { 0 };

	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_LATER;
	fake_binding_begin_oid(b, &first, QUERY, OID_GEN_XMIT_OK, &values[0], 4);
	fake_binding_begin_oid(b, &second, QUERY, OID_GEN_XMIT_OK, &values[1], 5);
	event_wait("MiniportOidRequest", &s.a, 1);
	cr_expect_eq(s.a.n_oids, 1);
	cr_expect_eq(first.completions, 0);
	fake_answer_later(&s.a.oid);
	fake_binding_end_oid(&first);
	cr_expect_eq(second.completions, 0);
	event_wait("MiniportOidRequest", &s.a, 2);
	fake_answer_later(&s.a.oid);
	fake_binding_end_oid(&second);
	cr_expect_eq(values[1], 4711);
	stack_down(&s);
}

/* The request and its buffer as they were, but for what an answer writes. */
Test(oid, PR_OID_01_a_request_is_handed_down_and_back_unchanged)
{
	struct fake_binding *b = one_binding();
	static struct fake_request r;
	NDIS_OID_REQUEST before;
	ULONG value = 0;

	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_LATER;
	fake_binding_begin_oid(b, &r, QUERY, OID_GEN_XMIT_OK, &value, sizeof(value));
	cr_expect_eq(r.returned, NDIS_STATUS_PENDING);
	event_wait("MiniportOidRequest", &s.a, 1);
	cr_expect_eq(s.a.pending_oid, &r.request, "the very request, not a copy");
	before = r.request;
	fake_answer_later(&s.a.oid);
	fake_binding_end_oid(&r);
	cr_expect_arr_eq(r.request.SourceReserved, before.SourceReserved,
			 sizeof(before.SourceReserved));
	cr_expect_eq(r.request.RequestId, before.RequestId);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.InformationBuffer, &value);
	stack_down(&s);
}

static struct fake_request nested;
static ULONG nested_value;

static void ask_again(struct fake_binding *b, NDIS_OID_REQUEST *request, NDIS_STATUS status)
{
	(void)request;
	(void)status;
	b->on_oid_complete = NULL;
	fake_binding_begin_oid(b, &nested, QUERY, OID_GEN_XMIT_OK, &nested_value,
			       sizeof(nested_value));
}

Test(oid, PR_OID_01_a_completion_may_begin_the_next_request)
{
	struct fake_binding *b = one_binding();
	ULONG value;

	b->on_oid_complete = ask_again;
	fake_binding_oid(b, QUERY, OID_GEN_MAXIMUM_FRAME_SIZE, &value, sizeof(value), NULL);
	cr_expect_eq(fake_binding_end_oid(&nested), NDIS_STATUS_SUCCESS);
	cr_expect_eq(nested_value, 4711);
	stack_down(&s);
}

Test(oid, RS_NB_11_a_malformed_request_is_refused_at_once)
{
	struct fake_binding *b = one_binding();
	NDIS_OID_REQUEST bad = { .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1,
					     NDIS_SIZEOF_OID_REQUEST_REVISION_1 } };

	cr_expect_neq(NdisOidRequest(b->handle, &bad), NDIS_STATUS_PENDING);
	cr_expect(violations_are("RS-NB-11", NULL));
	bad.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
	bad.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1 - 1;
	cr_expect_neq(NdisOidRequest(b->handle, &bad), NDIS_STATUS_PENDING);
	cr_expect(violations_are("RS-NB-11", NULL));
	stack_down(&s);
}

/* --------------------------------------------------------------- miniports that err */

Test(oid, MP_OID_01_a_request_completed_and_returned_is_reported)
{
	struct fake_binding *b = one_binding();
	struct fake_request r = { 0 };
	ULONG value;

	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_TWICE;
	fake_binding_oid(b, QUERY, OID_GEN_XMIT_OK, &value, sizeof(value), &r);
	cr_expect(violations_are("MP-OID-01", NULL));
	cr_expect_eq(r.completions, 1);
	stack_down(&s);
}

Test(oid, MP_OID_01_a_completion_of_another_request_is_reported)
{
	struct fake_binding *b = one_binding();
	static struct fake_request r;
	static NDIS_OID_REQUEST another;
	ULONG value;

	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_LATER;
	fake_binding_begin_oid(b, &r, QUERY, OID_GEN_XMIT_OK, &value, sizeof(value));
	event_wait("MiniportOidRequest", &s.a, 1);
	NdisMOidRequestComplete(s.a.handle, &another, NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("MP-OID-01", NULL));
	cr_expect_eq(r.completions, 0);
	fake_answer_later(&s.a.oid);
	cr_expect_eq(fake_binding_end_oid(&r), NDIS_STATUS_SUCCESS);
	stack_down(&s);
}

Test(oid, MP_OID_01_a_completion_without_a_request_is_reported)
{
	static NDIS_OID_REQUEST none;

	one_binding();
	NdisMOidRequestComplete(s.a.handle, &none, NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("MP-OID-01", NULL));
	stack_down(&s);
}

Test(oid, MP_OID_02_a_completion_with_status_pending_is_reported_and_is_a_failure)
{
	struct fake_binding *b = one_binding();
	ULONG value;

	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_WORK_ITEM;
	s.a.oid.status = NDIS_STATUS_PENDING;
	cr_expect_eq(fake_binding_oid(b, QUERY, OID_GEN_XMIT_OK, &value, sizeof(value), NULL),
		     NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-OID-02", NULL));
	stack_down(&s);
}

static void with_wake_patterns(NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g)
{
	static NDIS_OID oids[] = { OID_PM_REMOVE_WOL_PATTERN };

	g->SupportedOidList = oids;
	g->SupportedOidListLength = sizeof(oids);
}

static NDIS_STATUS remove_pattern(struct fake_binding *b, NDIS_STATUS status)
{
	ULONG id = 1;

	s.a.own_oid = OID_PM_REMOVE_WOL_PATTERN;
	s.a.takes_any_set = TRUE;
	s.a.oid.when = FAKE_WORK_ITEM;
	s.a.oid.status = status;
	return fake_binding_oid(b, SET, OID_PM_REMOVE_WOL_PATTERN, &id, sizeof(id), NULL);
}

Test(oid, MP_OID_03_who_takes_patterns_may_not_refuse_to_remove_them)
{
	struct fake_binding *b;

	s.a.mutate_general = with_wake_patterns;
	b = one_binding();
	cr_expect_eq(remove_pattern(b, NDIS_STATUS_SUCCESS), NDIS_STATUS_SUCCESS);
	cr_expect_eq(remove_pattern(b, NDIS_STATUS_NOT_ACCEPTED), NDIS_STATUS_NOT_ACCEPTED);
	cr_expect_eq(remove_pattern(b, NDIS_STATUS_REQUEST_ABORTED), NDIS_STATUS_REQUEST_ABORTED);
	cr_expect_eq(nrt_violation_count(), 0);
	cr_expect_eq(remove_pattern(b, NDIS_STATUS_FAILURE), NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-OID-03", NULL));
	stack_down(&s);
}

Test(oid, MP_OID_03_is_no_rule_for_who_has_nothing_of_the_kind)
{
	struct fake_binding *b = one_binding();

	cr_expect_eq(remove_pattern(b, NDIS_STATUS_NOT_SUPPORTED), NDIS_STATUS_NOT_SUPPORTED);
	stack_down(&s);
}

Test(oid, MP_OID_04_more_bytes_written_than_there_is_room_for_is_reported)
{
	struct fake_binding *b = one_binding();
	ULONG value;

	s.a.overstates_written = TRUE;
	fake_binding_oid(b, QUERY, OID_GEN_XMIT_OK, &value, sizeof(value), NULL);
	cr_expect(violations_are("MP-OID-04", NULL));
	stack_down(&s);
}

Test(oid, MP_OID_04_bytes_needed_reach_the_protocol)
{
	struct fake_binding *b = one_binding();
	struct fake_request r = { 0 };
	UCHAR small[2];

	cr_expect_eq(fake_binding_oid(b, QUERY, OID_GEN_XMIT_OK, small, sizeof(small), &r),
		     NDIS_STATUS_INVALID_LENGTH);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.BytesNeeded, 4);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.BytesWritten, 0);
	stack_down(&s);
}

/* ------------------------------------------------------ outcomes that are indicated */

#define MOBILE_BROADBAND_OID 0x0E010101 /* OID_WWAN_DEVICE_CAPS */

/* A query of @oid, which the miniport answers as one whose outcome it will indicate. */
static void ask_for_indication(struct fake_binding *b, NDIS_OID oid, struct fake_request *r)
{
	static ULONG value;

	s.a.own_oid = oid;
	s.a.oid.status = NDIS_STATUS_INDICATION_REQUIRED;
	r->request.RequestId = r;
	cr_expect_eq(fake_binding_oid(b, QUERY, oid, &value, sizeof(value), r),
		     NDIS_STATUS_INDICATION_REQUIRED);
}

static void indicate_outcome(NDIS_HANDLE destination, PVOID request)
{
	NDIS_STATUS_INDICATION status = {
		.Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1,
			    NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
		.SourceHandle = s.a.handle,
		.StatusCode = (NDIS_STATUS)0x40041000, /* NDIS_STATUS_WWAN_DEVICE_CAPS */
		.DestinationHandle = destination,
		.RequestId = request,
	};

	NdisMIndicateStatusEx(s.a.handle, &status);
}

Test(oid, MP_OID_08_an_answer_that_is_to_be_indicated_for_an_oid_without_is_reported)
{
	static const NDIS_OID oids[] = { OID_GEN_XMIT_OK, OID_GEN_VENDOR_DESCRIPTION,
					 OID_802_3_MAC_OPTIONS, OID_802_3_RCV_OVERRUN };
	struct fake_binding *b = one_binding();

	for (unsigned int i = 0; i < RTL_NUMBER_OF(oids); i++) {
		struct fake_request r = { 0 };

		ask_for_indication(b, oids[i], &r);
		cr_expect(violations_are("MP-OID-08", NULL), "case %u", i);
	}
	stack_down(&s);
}

Test(oid, MP_OID_08_an_outcome_is_indicated_to_who_asked)
{
	struct fake_request r = { 0 };

	s.n_protocols = 2;
	stack_up(&s);
	ask_for_indication(stack_binding(&s, 1), MOBILE_BROADBAND_OID, &r);
	indicate_outcome(r.request.RequestHandle, r.request.RequestId);
	cr_expect_eq(stack_binding(&s, 0)->statuses, 0);
	cr_expect_eq(stack_binding(&s, 1)->statuses, 1);
	indicate_outcome(NULL, NULL);
	cr_expect_eq(stack_binding(&s, 0)->statuses, 1);
	cr_expect_eq(stack_binding(&s, 1)->statuses, 2);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(oid, MP_OID_08_an_outcome_for_nobody_is_reported)
{
	struct fake_binding *b = one_binding();
	struct fake_request r = { 0 };

	ask_for_indication(b, MOBILE_BROADBAND_OID, &r);
	indicate_outcome(NULL, r.request.RequestId);
	cr_expect(violations_are("MP-OID-08", NULL));
	cr_expect_eq(b->statuses, 1, "and told to all");
	stack_down(&s);
}

Test(oid, MP_OID_09_a_request_that_takes_too_long_is_reported_and_waited_for)
{
	struct fake_binding *b = one_binding();
	static struct fake_request r;
	ULONG value;

	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_LATER;
	nrt_operation_set_patience(1);
	fake_binding_begin_oid(b, &r, QUERY, OID_GEN_XMIT_OK, &value, sizeof(value));
	violation_wait("MP-OID-09");
	nrt_operation_set_patience(10000);
	fake_answer_later(&s.a.oid);
	cr_expect_eq(fake_binding_end_oid(&r), NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("MP-OID-09", NULL));
	stack_down(&s);
}

/* ----------------------------------------------------------------------- cancelling */

static PVOID id_of(ULONG_PTR n)
{
	return (PVOID)n;
}

static void begin_with_id(struct fake_binding *b, struct fake_request *r, ULONG_PTR id,
			  ULONG *value)
{
	r->request.RequestId = id_of(id);
	fake_binding_begin_oid(b, r, QUERY, OID_GEN_XMIT_OK, value, sizeof(*value));
}

Test(oid, PR_OID_03_a_queued_request_is_cancelled_by_its_id)
{
	struct fake_binding *b = one_binding();
	static struct fake_request r[3];
	static ULONG values[3];

	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_LATER;
	for (unsigned int i = 0; i < 3; i++)
		begin_with_id(b, &r[i], 10 + i, &values[i]);
	event_wait("MiniportOidRequest", &s.a, 1);
	NdisCancelOidRequest(b->handle, id_of(11));
	cr_expect_eq(fake_binding_end_oid(&r[1]), NDIS_STATUS_REQUEST_ABORTED);
	cr_expect_eq(event_count("MiniportCancelOidRequest", NULL), 0);
	fake_answer_later(&s.a.oid);
	cr_expect_eq(fake_binding_end_oid(&r[0]), NDIS_STATUS_SUCCESS);
	event_wait("MiniportOidRequest", &s.a, 2);
	fake_answer_later(&s.a.oid);
	cr_expect_eq(fake_binding_end_oid(&r[2]), NDIS_STATUS_SUCCESS);
	cr_expect_eq(s.a.n_oids, 2, "the cancelled one never got there");
	for (unsigned int i = 0; i < 3; i++)
		cr_expect_eq(r[i].completions, 1);
	stack_down(&s);
}

Test(oid, PR_OID_03_the_last_queued_request_is_cancelled_and_the_queue_goes_on)
{
	struct fake_binding *b = one_binding();
	static struct fake_request r[3];
	static ULONG values[3];

	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_LATER;
	begin_with_id(b, &r[0], 1, &values[0]);
	event_wait("MiniportOidRequest", &s.a, 1);
	begin_with_id(b, &r[1], 2, &values[1]);
	NdisCancelOidRequest(b->handle, id_of(2));
	cr_expect_eq(fake_binding_end_oid(&r[1]), NDIS_STATUS_REQUEST_ABORTED);
	s.a.oid.when = FAKE_NOW;
	begin_with_id(b, &r[2], 3, &values[2]);
	fake_answer_later(&s.a.oid);
	cr_expect_eq(fake_binding_end_oid(&r[0]), NDIS_STATUS_SUCCESS);
	cr_expect_eq(fake_binding_end_oid(&r[2]), NDIS_STATUS_SUCCESS);
	stack_down(&s);
}

Test(oid, PR_OID_03_MP_OID_10_a_request_at_the_miniport_is_cancelled_there)
{
	struct fake_binding *b = one_binding();
	static struct fake_request r;
	static ULONG value;

	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_LATER;
	s.a.oid.status = NDIS_STATUS_REQUEST_ABORTED;
	begin_with_id(b, &r, 42, &value);
	event_wait("MiniportOidRequest", &s.a, 1);
	NdisCancelOidRequest(b->handle, id_of(42));
	cr_expect_eq(event_count("MiniportCancelOidRequest", &s.a), 1);
	cr_expect_eq(s.a.cancelled_oid, id_of(42));
	cr_expect_eq(r.completions, 0, "the miniport ends it");
	fake_answer_later(&s.a.oid);
	cr_expect_eq(fake_binding_end_oid(&r), NDIS_STATUS_REQUEST_ABORTED);
	stack_down(&s);
}

Test(oid, PR_OID_03_a_cancel_reaches_only_requests_of_its_id_and_binding)
{
	struct fake_binding *b = stack_binding(&s, 0), *other = stack_binding(&s, 1);
	static struct fake_request r;
	static ULONG value;

	s.n_protocols = 2;
	stack_up(&s);
	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_LATER;
	begin_with_id(b, &r, 5, &value);
	event_wait("MiniportOidRequest", &s.a, 1);
	NdisCancelOidRequest(b->handle, id_of(6));
	NdisCancelOidRequest(other->handle, id_of(5));
	cr_expect_eq(event_count("MiniportCancelOidRequest", NULL), 0);
	fake_answer_later(&s.a.oid);
	cr_expect_eq(fake_binding_end_oid(&r), NDIS_STATUS_SUCCESS);
	stack_down(&s);
}

/* ----------------------------------------------------------- filters and their union */

Test(oid, RT_21_the_miniport_sees_the_union_of_all_filters_and_only_changes)
{
	struct fake_binding *first = stack_binding(&s, 0), *second = stack_binding(&s, 1);

	s.n_protocols = 2;
	stack_up(&s);
	fake_binding_filter(first, NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST);
	fake_binding_filter(second, NDIS_PACKET_TYPE_BROADCAST);
	cr_expect_eq(s.a.n_oids, 1, "the union did not change");
	fake_binding_filter(second, NDIS_PACKET_TYPE_MULTICAST);
	cr_expect_eq(s.a.packet_filter, NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST |
						NDIS_PACKET_TYPE_MULTICAST);
	fake_binding_filter(first, 0);
	cr_expect_eq(s.a.packet_filter, NDIS_PACKET_TYPE_MULTICAST);
	for (ULONG i = 0; i < s.a.n_oids; i++) {
		cr_expect_eq(asked(i)->type, SET);
		cr_expect_eq(asked(i)->oid, OID_GEN_CURRENT_PACKET_FILTER);
		cr_expect_eq(asked(i)->length, 4);
	}
	stack_down(&s);
}

Test(oid, each_binding_reads_its_own_filter)
{
	struct fake_binding *first = stack_binding(&s, 0), *second = stack_binding(&s, 1);
	ULONG filter = 0;

	s.n_protocols = 2;
	first->packet_filter = NDIS_PACKET_TYPE_DIRECTED;
	second->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	stack_up(&s);
	cr_expect_eq(fake_binding_oid(first, QUERY, OID_GEN_CURRENT_PACKET_FILTER, &filter, 4, NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(filter, NDIS_PACKET_TYPE_DIRECTED);
	cr_expect_eq(s.a.n_oids, 2, "two sets; a query is answered above the miniport");
	stack_down(&s);
}

Test(oid, a_filter_the_miniport_refuses_is_not_the_bindings_either)
{
	struct fake_binding *b = one_binding();
	ULONG filter = 0;

	cr_assert_eq(fake_binding_filter(b, NDIS_PACKET_TYPE_DIRECTED), NDIS_STATUS_SUCCESS);
	s.a.own_oid = OID_GEN_CURRENT_PACKET_FILTER;
	s.a.oid.status = NDIS_STATUS_NOT_SUPPORTED;
	cr_expect_eq(fake_binding_filter(b, NDIS_PACKET_TYPE_SOURCE_ROUTING),
		     NDIS_STATUS_NOT_SUPPORTED);
	s.a.own_oid = 0;
	fake_binding_oid(b, QUERY, OID_GEN_CURRENT_PACKET_FILTER, &filter, 4, NULL);
	cr_expect_eq(filter, NDIS_PACKET_TYPE_DIRECTED);
	fake_adapter_indicate(&s.a, fake_mac, 1, 0, 0);
	cr_expect_eq(b->n_seen, 1);
	stack_down(&s);
}

Test(oid, a_filter_of_a_wrong_length_is_refused_with_the_bytes_needed)
{
	struct fake_binding *b = one_binding();
	struct fake_request r = { 0 };
	UCHAR filter[3] = { 1, 0, 0 };

	cr_expect_eq(fake_binding_oid(b, SET, OID_GEN_CURRENT_PACKET_FILTER, filter, 3, &r),
		     NDIS_STATUS_INVALID_LENGTH);
	cr_expect_eq(r.request.DATA.SET_INFORMATION.BytesNeeded, 4);
	cr_expect_eq(s.a.n_oids, 0);
	stack_down(&s);
}

static const UCHAR groups[5][6] = {
	{ 1, 0, 0x5E, 0, 0, 1 }, { 1, 0, 0x5E, 0, 0, 2 }, { 1, 0, 0x5E, 0, 0, 3 },
	{ 1, 0, 0x5E, 0, 0, 4 }, { 1, 0, 0x5E, 0, 0, 5 },
};

static NDIS_STATUS set_groups(struct fake_binding *b, ULONG first, ULONG n)
{
	return fake_binding_oid(b, SET, OID_802_3_MULTICAST_LIST,
				(void *)(uintptr_t)groups[first], n * 6, NULL);
}

Test(oid, RT_21_multicast_lists_are_read_above_the_miniport_and_cleared_by_nothing)
{
	struct fake_binding *b = one_binding();
	struct fake_request r = { 0 };
	UCHAR list[12];

	cr_expect_eq(set_groups(b, 0, 2), NDIS_STATUS_SUCCESS);
	cr_expect_eq(s.a.multicast_bytes, 12);
	cr_expect_eq(fake_binding_oid(b, QUERY, OID_802_3_MULTICAST_LIST, list, 12, &r),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.BytesWritten, 12);
	cr_expect_arr_eq(list, groups, 12);
	cr_expect_eq(s.a.n_oids, 1, "the miniport saw no query");
	cr_expect_eq(set_groups(b, 0, 0), NDIS_STATUS_SUCCESS);
	cr_expect_eq(s.a.n_oids, 2);
	cr_expect_eq(s.a.multicast_bytes, 0);
	stack_down(&s);
}

Test(oid, RT_21_more_multicast_addresses_than_the_adapter_has_room_for_are_refused)
{
	struct fake_binding *first = stack_binding(&s, 0), *second = stack_binding(&s, 1);
	struct fake_request r = { 0 };
	UCHAR list[24];

	s.n_protocols = 2;
	stack_up(&s);
	cr_expect_eq(set_groups(first, 0, 3), NDIS_STATUS_SUCCESS);
	cr_expect_eq(set_groups(second, 3, 2), NDIS_STATUS_MULTICAST_FULL);
	cr_expect_eq(s.a.multicast_bytes, 18, "the miniport has the old list");
	fake_binding_oid(second, QUERY, OID_802_3_MULTICAST_LIST, list, sizeof(list), &r);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.BytesWritten, 0);
	cr_expect_eq(set_groups(second, 3, 1), NDIS_STATUS_SUCCESS);
	cr_expect_eq(s.a.multicast_bytes, 24);
	stack_down(&s);
}

Test(oid, a_multicast_list_of_a_broken_length_is_refused)
{
	struct fake_binding *b = one_binding();

	cr_expect_eq(fake_binding_oid(b, SET, OID_802_3_MULTICAST_LIST,
				      (void *)(uintptr_t)groups[0], 7, NULL),
		     NDIS_STATUS_INVALID_LENGTH);
	cr_expect_eq(s.a.n_oids, 0);
	stack_down(&s);
}

Test(oid, a_multicast_address_that_two_want_is_given_down_once)
{
	struct fake_binding *first = stack_binding(&s, 0), *second = stack_binding(&s, 1);

	s.n_protocols = 2;
	stack_up(&s);
	cr_expect_eq(set_groups(first, 0, 3), NDIS_STATUS_SUCCESS);
	cr_expect_eq(set_groups(second, 1, 3), NDIS_STATUS_SUCCESS);
	cr_expect_eq(s.a.multicast_bytes, 24);
	stack_down(&s);
}

/* Page oid-802-3-multicast-list. */
Test(oid, an_address_of_one_station_is_not_taken_for_a_multicast_address)
{
	struct fake_binding *b = one_binding();
	UCHAR list[12] = { 1, 0, 0x5E, 0, 0, 1, 2, 0, 0, 0, 0, 1 };

	cr_expect_eq(fake_binding_oid(b, SET, OID_802_3_MULTICAST_LIST, list, 12, NULL),
		     NDIS_STATUS_MULTICAST_FULL);
	cr_expect_eq(s.a.n_oids, 0);
	stack_down(&s);
}
