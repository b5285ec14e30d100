/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests, status indications and PnP events through filters. Rules RT-09, RT-19, FL-OID,
 * FL-STA-01, FL-PNP-01, FL-PAU-05.
 */
#include "filters.h"

TestSuite(filter_oid, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;
static struct filters fs;
static char id;

static struct fake_binding *up(unsigned int n)
{
	fs.n = n;
	filters_up(&fs, &s);
	return stack_binding(&s, 0);
}

static void down(void)
{
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

/* --------------------------------------------------------------------- passing on */

Test(filter_oid, FL_OID_01_a_request_goes_by_each_module_and_its_answer_back)
{
	ULONG value = 0;
	struct fake_binding *b = up(3);

	cr_expect_eq(fake_binding_oid(b, NdisRequestQueryInformation, OID_GEN_XMIT_OK,
				      &value, sizeof(value), NULL),
		     NDIS_STATUS_SUCCESS);
	for (unsigned int i = 0; i < 3; i++) {
		cr_expect_eq(module_of(&fs, i)->last_oid, (NDIS_OID)OID_GEN_XMIT_OK);
		cr_expect_eq(module_of(&fs, i)->oid_answers, module_of(&fs, i)->oids);
	}
	cr_expect_eq(value, 4711);
	down();
}

Test(filter_oid, FL_OID_04_what_was_written_and_needed_comes_back)
{
	struct fake_request r = { 0 };
	struct fake_binding *b = up(2);

	cr_expect_eq(fake_binding_oid(b, NdisRequestQueryInformation, OID_GEN_XMIT_OK,
				      NULL, 0, &r),
		     NDIS_STATUS_INVALID_LENGTH);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.BytesNeeded, sizeof(ULONG));
	down();
}

Test(filter_oid, the_packet_filter_goes_by_the_modules)
{
	struct fake_binding *b = up(1);

	cr_expect_eq(fake_binding_filter(b, NDIS_PACKET_TYPE_DIRECTED), NDIS_STATUS_SUCCESS);
	cr_expect_eq(module_of(&fs, 0)->last_oid, (NDIS_OID)OID_GEN_CURRENT_PACKET_FILTER);
	cr_expect_eq(s.a.packet_filter, NDIS_PACKET_TYPE_DIRECTED);
	down();
}

Test(filter_oid, FL_OID_02_a_module_may_answer_itself_in_its_own_time)
{
	struct fake_request r = { 0 };
	ULONG value;
	struct fake_binding *b = up(2);

	module_of(&fs, 1)->own_oid = OID_GEN_XMIT_OK;
	module_of(&fs, 1)->oid.when = FAKE_LATER;
	fake_binding_begin_oid(b, &r, NdisRequestQueryInformation, OID_GEN_XMIT_OK,
			       &value, sizeof(value));
	event_wait("FilterOidRequest", module_of(&fs, 1), 1);
	cr_expect_eq(r.completions, 0);
	fake_answer_later(&module_of(&fs, 1)->oid);
	cr_expect_eq(fake_binding_end_oid(&r), NDIS_STATUS_SUCCESS);
	cr_expect_neq(module_of(&fs, 0)->last_oid, (NDIS_OID)OID_GEN_XMIT_OK);
	down();
}

Test(filter_oid, FL_OID_02_two_answers_are_one_too_many)
{
	ULONG value;
	struct fake_binding *b = up(1);

	module_of(&fs, 0)->own_oid = OID_GEN_XMIT_OK;
	module_of(&fs, 0)->oid.when = FAKE_TWICE;
	cr_expect_eq(fake_binding_oid(b, NdisRequestQueryInformation, OID_GEN_XMIT_OK,
				      &value, sizeof(value), NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("FL-OID-02", NULL));
	module_of(&fs, 0)->own_oid = 0;
	down();
}

/* A host thread that asks without end what the module passes on. */
static int ask(void *arg)
{
	ULONG value;

	for (unsigned int i = 0; i < 200; i++)
		fake_binding_oid(arg, NdisRequestQueryInformation, OID_GEN_XMIT_OK,
				 &value, sizeof(value), NULL);
	return 0;
}

static int ask_itself(void *arg)
{
	ULONG value;

	for (unsigned int i = 0; i < 200; i++)
		cr_expect_eq(fake_module_query(arg, OID_GEN_XMIT_OK, &value,
					       sizeof(value)),
			     NDIS_STATUS_SUCCESS);
	return 0;
}

Test(filter_oid, RT_08_and_RT_09_requests_come_one_at_a_time_to_each_module_and_the_miniport)
{
	struct run run[5];

	s.n_protocols = 2;
	up(3);
	run_start(&run[0], ask, stack_binding(&s, 0));
	run_start(&run[1], ask, stack_binding(&s, 1));
	for (unsigned int i = 0; i < 3; i++)
		run_start(&run[2 + i], ask_itself, module_of(&fs, i));
	for (unsigned int i = 0; i < 5; i++)
		run_end(&run[i]);
	cr_expect(!s.a.oids_overlapped);
	for (unsigned int i = 0; i < 3; i++)
		cr_expect(!module_of(&fs, i)->oids_overlapped);
	cr_expect_geq(module_of(&fs, 2)->oids, 400);
	cr_expect_geq(module_of(&fs, 1)->oids, 600);
	down();
}

Test(filter_oid, FL_OID_03_a_cancel_goes_to_who_has_the_request)
{
	struct fake_request r = { .request.RequestId = &id };
	ULONG value;
	struct fake_binding *b = up(2);

	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_LATER;
	s.a.oid.status = NDIS_STATUS_REQUEST_ABORTED;
	fake_binding_begin_oid(b, &r, NdisRequestQueryInformation, OID_GEN_XMIT_OK,
			       &value, sizeof(value));
	event_wait("MiniportOidRequest", &s.a, 1);
	NdisCancelOidRequest(b->handle, &id);
	cr_expect_eq(module_of(&fs, 1)->cancelled_oid, &id);
	cr_expect_eq(module_of(&fs, 0)->cancelled_oid, &id);
	cr_expect_eq(s.a.cancelled_oid, &id);
	fake_answer_later(&s.a.oid);
	cr_expect_eq(fake_binding_end_oid(&r), NDIS_STATUS_REQUEST_ABORTED);
	down();
}

Test(filter_oid, FL_PAU_05_requests_and_status_pass_a_paused_module)
{
	ULONG value;
	struct fake_binding *b = up(1);

	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect_eq(fake_binding_oid(b, NdisRequestQueryInformation, OID_GEN_XMIT_OK,
				      &value, sizeof(value), NULL),
		     NDIS_STATUS_SUCCESS);
	fake_adapter_link(&s.a, FALSE, 0);
	cr_expect_eq(module_of(&fs, 0)->statuses, 1);
	cr_expect_eq(b->last_status, NDIS_STATUS_LINK_STATE);
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	down();
}

static void no_oids(NDIS_FILTER_DRIVER_CHARACTERISTICS *c)
{
	c->OidRequestHandler = NULL;
	c->OidRequestCompleteHandler = NULL;
	c->CancelOidRequestHandler = NULL;
}

Test(filter_oid, FL_BYP_01_a_module_that_handles_no_requests_is_skipped)
{
	ULONG value;
	struct fake_binding *b;

	fs.f[1].mutate = no_oids;
	b = up(3);
	cr_expect_eq(fake_binding_oid(b, NdisRequestQueryInformation, OID_GEN_XMIT_OK,
				      &value, sizeof(value), NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(module_of(&fs, 1)->oids, 0);
	cr_expect_neq(module_of(&fs, 0)->oids, 0);
	cr_expect_eq(fake_module_query(module_of(&fs, 1), OID_GEN_XMIT_OK, &value,
				       sizeof(value)),
		     NDIS_STATUS_FAILURE);
	cr_expect(violations_are("FL-REG-02", NULL));
	down();
}

Test(filter_oid, RT_19_a_reset_restores_what_was_set_though_a_request_is_on_its_way)
{
	struct fake_request r = { 0 };
	ULONG value;
	struct fake_binding *b = up(1);

	cr_expect_eq(fake_binding_filter(b, NDIS_PACKET_TYPE_DIRECTED), NDIS_STATUS_SUCCESS);
	s.a.addressing_reset = TRUE;
	s.a.reset.when = FAKE_LATER;
	module_of(&fs, 0)->own_oid = OID_GEN_XMIT_OK;
	module_of(&fs, 0)->oid.when = FAKE_LATER;
	fake_binding_begin_oid(b, &r, NdisRequestQueryInformation, OID_GEN_XMIT_OK,
			       &value, sizeof(value));
	event_wait("FilterOidRequest", module_of(&fs, 0), 1);
	NdisMResetMiniport(s.a.handle);
	event_wait("MiniportResetEx", &s.a, 1);
	s.a.packet_filter = 0;
	fake_answer_later(&s.a.reset);
	event_wait("NDIS_STATUS_RESET_END", b, 1);
	cr_expect_eq(s.a.packet_filter, NDIS_PACKET_TYPE_DIRECTED);
	fake_answer_later(&module_of(&fs, 0)->oid);
	cr_expect_eq(fake_binding_end_oid(&r), NDIS_STATUS_SUCCESS);
	down();
}

static void ask_and_leave(struct fake_module *m)
{
	static NDIS_OID_REQUEST request;
	static ULONG value;

	request.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
	request.Header.Revision = NDIS_OID_REQUEST_REVISION_1;
	request.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
	request.DATA.QUERY_INFORMATION.Oid = OID_GEN_XMIT_OK;
	request.DATA.QUERY_INFORMATION.InformationBuffer = &value;
	request.DATA.QUERY_INFORMATION.InformationBufferLength = sizeof(value);
	cr_expect_eq(NdisFOidRequest(m->handle, &request), NDIS_STATUS_PENDING);
}

static int answer_the_miniports(void *arg)
{
	(void)arg;
	violation_wait("FL-DET-01");
	event_wait("MiniportOidRequest", &s.a, 1);
	fake_answer_later(&s.a.oid);
	return 0;
}

Test(filter_oid, FL_DET_01_a_module_that_asked_is_waited_for)
{
	struct run answers;

	module_of(&fs, 0)->on_detach = ask_and_leave;
	up(1);
	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_LATER;
	run_start(&answers, answer_the_miniports, NULL);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	run_end(&answers);
	cr_expect(violations_are("FL-DET-01", NULL));
	cr_expect_eq(module_of(&fs, 0)->oid_answers, module_of(&fs, 0)->oids + 1);
	down();
}

Test(filter_oid, a_clone_shares_the_buffer_and_has_reserved_places_of_its_own)
{
	static const UCHAR zeroes[sizeof(((NDIS_OID_REQUEST *)NULL)->NdisReserved)];
	NDIS_OID_REQUEST request;
	PNDIS_OID_REQUEST clone = NULL;
	ULONG value;

	up(1);
	memset(&request, 0x5A, sizeof(request));
	request.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
	request.Header.Revision = NDIS_OID_REQUEST_REVISION_1;
	request.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
	request.DATA.QUERY_INFORMATION.InformationBuffer = &value;
	cr_assert_eq(NdisAllocateCloneOidRequest(module_of(&fs, 0)->handle, &request, 'tseT',
						 &clone),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(clone->DATA.QUERY_INFORMATION.InformationBuffer, &value);
	cr_expect_eq(clone->RequestHandle, module_of(&fs, 0)->handle);
	cr_expect_arr_eq(clone->SourceReserved, zeroes, sizeof(clone->SourceReserved));
	cr_expect_arr_eq(clone->MiniportReserved, zeroes, sizeof(clone->MiniportReserved));
	cr_expect_arr_eq(clone->NdisReserved, zeroes, sizeof(clone->NdisReserved));
	NdisFreeCloneOidRequest(module_of(&fs, 0)->handle, clone);
	down();
}

/* ------------------------------------------------------------- status and PnP events */

Test(filter_oid, FL_STA_01_a_module_may_keep_a_status_to_itself_or_make_one)
{
	NDIS_STATUS_INDICATION own = {
		.Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1,
			    NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
		.StatusCode = NDIS_STATUS_MEDIA_SPECIFIC_INDICATION,
	};
	struct fake_binding *b = up(2);
	ULONG before;

	module_of(&fs, 1)->swallows_status = TRUE;
	before = b->statuses;
	fake_adapter_link(&s.a, FALSE, 0);
	cr_expect_eq(module_of(&fs, 0)->statuses, 1);
	cr_expect_eq(module_of(&fs, 1)->statuses, 1);
	cr_expect_eq(b->statuses, before);
	own.SourceHandle = module_of(&fs, 1)->handle;
	NdisFIndicateStatus(module_of(&fs, 1)->handle, &own);
	cr_expect_eq(b->last_status, NDIS_STATUS_MEDIA_SPECIFIC_INDICATION);
	own.Header.Size = 4;
	NdisFIndicateStatus(module_of(&fs, 1)->handle, &own);
	cr_expect(violations_are("FL-STA-01", NULL));
	down();
}

Test(filter_oid, FL_PNP_01_events_go_up_as_modules_pass_them_on)
{
	ULONG profile = NdisPowerProfileBattery;
	NET_DEVICE_PNP_EVENT device = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_DEVICE_PNP_EVENT_REVISION_1,
			    NDIS_SIZEOF_NET_DEVICE_PNP_EVENT_REVISION_1 },
		.DevicePnPEvent = NdisDevicePnPEventPowerProfileChanged,
		.InformationBuffer = &profile,
		.InformationBufferLength = sizeof(profile),
	};
	struct nrt_driver *late;

	up(2);
	module_of(&fs, 1)->swallows_events = TRUE;
	events_clear();
	cr_assert_eq(load_filter(&fs.f[2], &late), 0);
	cr_expect_eq(module_of(&fs, 0)->events, 1);
	cr_expect_eq(module_of(&fs, 1)->events, 1);
	cr_expect_eq(module_of(&fs, 2)->events, 0);
	cr_expect_eq(event_count("ProtocolNetPnPEvent", NULL), 0);
	NdisFDevicePnPEventNotify(module_of(&fs, 2)->handle, &device);
	cr_expect_eq(event_count("FilterDevicePnPEventNotify", module_of(&fs, 1)), 1);
	cr_expect_eq(event_count("FilterDevicePnPEventNotify", module_of(&fs, 0)), 1);
	cr_expect_eq(s.a.power_profiles, 2);
	cr_expect_eq(s.a.last_power_profile, (ULONG)NdisPowerProfileBattery);
	cr_assert_eq(unload_filter(&fs.f[2], late), 0);
	down();
}

Test(filter_oid, a_malformed_request_or_event_is_refused)
{
	NDIS_OID_REQUEST request = { .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1, 8 } };
	NET_PNP_EVENT_NOTIFICATION event = { .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1, 2 } };
	PNDIS_OID_REQUEST clone = NULL;

	up(1);
	cr_expect_eq(NdisFOidRequest(module_of(&fs, 0)->handle, &request),
		     NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(NdisAllocateCloneOidRequest(module_of(&fs, 0)->handle, &request, 'tseT',
						 &clone),
		     NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(NdisFNetPnPEvent(module_of(&fs, 0)->handle, &event),
		     NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("RS-NB-11", "FL-PNP-01", NULL));
	down();
}
