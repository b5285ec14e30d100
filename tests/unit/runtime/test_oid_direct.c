/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Direct and synchronous OID requests, with and without filters: on the caller's thread, any
 * number at once, at DISPATCH_LEVEL. Rules RT-10, PR-OID-04, MP-OID-01, -14.
 */
#include <stdlib.h>

#include "filters.h"

TestSuite(oid_direct, .init = contract_start, .fini = contract_end, .timeout = 60);

#define MANY 8

static struct stack s;
static struct filters fs;
static NDIS_OID_REQUEST requests[MANY];
static NDIS_OID_REQUEST *pending[MANY];
static unsigned int n_pending, n_done, n_filter_done;
static NDIS_STATUS last_status, answer;
static PVOID cancelled;
static KIRQL seen_irql;
static bool pends;

/* ------------------------------------------------------------------- the drivers' parts */

static NDIS_STATUS direct_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request)
{
	(void)context;
	seen_irql = KeGetCurrentIrql();
	if (!pends)
		return answer;
	pending[n_pending++] = request;
	return NDIS_STATUS_PENDING;
}

static VOID cancel_direct(NDIS_HANDLE context, PVOID id)
{
	(void)context;
	cancelled = id;
}

static NDIS_STATUS synchronous_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request)
{
	(void)context;
	(void)request;
	seen_irql = KeGetCurrentIrql();
	return answer;
}

static void give_miniport_handlers(NDIS_MINIPORT_DRIVER_CHARACTERISTICS *c)
{
	c->DirectOidRequestHandler = direct_request;
	c->CancelDirectOidRequestHandler = cancel_direct;
	c->SynchronousOidRequestHandler = synchronous_request;
}

static VOID protocol_done(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status)
{
	(void)context;
	(void)request;
	n_done++;
	last_status = status;
}

static void give_protocol_handler(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *c)
{
	c->Header.Revision = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
	c->Header.Size = NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
	c->DirectOidRequestCompleteHandler = protocol_done;
}

/* A filter clones and passes on. */
static NDIS_STATUS filter_direct(NDIS_HANDLE context, PNDIS_OID_REQUEST request)
{
	struct fake_module *m = context;
	PNDIS_OID_REQUEST clone;
	NDIS_STATUS status = NdisAllocateCloneOidRequest(m->handle, request, 'tseT', &clone);

	cr_assert_eq(status, NDIS_STATUS_SUCCESS);
	*(PNDIS_OID_REQUEST *)(PVOID)clone->SourceReserved = request;
	status = NdisFDirectOidRequest(m->handle, clone);
	if (status != NDIS_STATUS_PENDING)
		NdisFreeCloneOidRequest(m->handle, clone);
	return status;
}

static VOID filter_direct_done(NDIS_HANDLE context, PNDIS_OID_REQUEST clone, NDIS_STATUS status)
{
	struct fake_module *m = context;
	PNDIS_OID_REQUEST request = *(PNDIS_OID_REQUEST *)(PVOID)clone->SourceReserved;

	n_filter_done++;
	NdisFreeCloneOidRequest(m->handle, clone);
	NdisFDirectOidRequestComplete(m->handle, request, status);
}

static VOID filter_cancel(NDIS_HANDLE context, PVOID id)
{
	NdisFCancelDirectOidRequest(((struct fake_module *)context)->handle, id);
}

static unsigned int n_asked, n_told;
static struct fake_module *stops;

static NDIS_STATUS filter_synchronous(NDIS_HANDLE context, NDIS_OID_REQUEST *request,
				      PVOID *call_context)
{
	(void)request;
	n_asked++;
	cr_expect_null(*call_context);
	*call_context = context;
	return context == stops ? NDIS_STATUS_ALREADY_COMPLETE : NDIS_STATUS_SUCCESS;
}

static VOID filter_synchronous_done(NDIS_HANDLE context, NDIS_OID_REQUEST *request,
				    NDIS_STATUS *status, PVOID call_context)
{
	(void)request;
	n_told++;
	last_status = *status;
	cr_expect_eq(call_context, context);
}

static void give_filter_handlers(NDIS_FILTER_DRIVER_CHARACTERISTICS *c)
{
	c->Header.Revision = NDIS_FILTER_CHARACTERISTICS_REVISION_3;
	c->Header.Size = NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3;
	c->MinorNdisVersion = 81;
	c->DirectOidRequestHandler = filter_direct;
	c->DirectOidRequestCompleteHandler = filter_direct_done;
	c->CancelDirectOidRequestHandler = filter_cancel;
	c->SynchronousOidRequestHandler = filter_synchronous;
	c->SynchronousOidRequestCompleteHandler = filter_synchronous_done;
}

/* ------------------------------------------------------------------------- the tests */

static struct fake_binding *up(unsigned int n)
{
	s.m.major = 6;
	s.m.minor = 82;
	if (s.m.mutate == NULL)
		s.m.mutate = give_miniport_handlers;
	if (s.p[0].mutate == NULL)
		s.p[0].mutate = give_protocol_handler;
	fs.n = n;
	for (unsigned int i = 0; i < n; i++)
		if (fs.f[i].mutate == NULL)
			fs.f[i].mutate = give_filter_handlers;
	if (n != 0)
		filters_up(&fs, &s);
	else
		stack_up(&s);
	for (unsigned int i = 0; i < MANY; i++) {
		requests[i].Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
		requests[i].Header.Revision = NDIS_OID_REQUEST_REVISION_1;
		requests[i].Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
		requests[i].DATA.QUERY_INFORMATION.Oid = OID_GEN_XMIT_OK;
	}
	return stack_binding(&s, 0);
}

static void down(void)
{
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

Test(oid_direct, RT_10_requests_are_answered_on_the_callers_thread_at_its_IRQL)
{
	struct fake_binding *b = up(0);
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	cr_expect_eq(NdisDirectOidRequest(b->handle, &requests[0]), NDIS_STATUS_SUCCESS);
	cr_expect_eq(seen_irql, DISPATCH_LEVEL);
	answer = NDIS_STATUS_INVALID_OID;
	cr_expect_eq(NdisSynchronousOidRequest(b->handle, &requests[0]), NDIS_STATUS_INVALID_OID);
	KeLowerIrql(irql);
	cr_expect_eq(n_done, 0);
	down();
}

static void many_at_once(unsigned int n_filters)
{
	struct fake_binding *b = up(n_filters);

	pends = true;
	for (unsigned int i = 0; i < MANY; i++)
		cr_expect_eq(NdisDirectOidRequest(b->handle, &requests[i]), NDIS_STATUS_PENDING);
	cr_expect_eq(n_pending, MANY, "none waits for another");
	for (unsigned int i = MANY; i-- != 0;)
		NdisMDirectOidRequestComplete(s.a.handle, pending[i], NDIS_STATUS_NOT_ACCEPTED);
	cr_expect_eq(n_done, MANY);
	cr_expect_eq(n_filter_done, MANY * n_filters);
	cr_expect_eq(last_status, NDIS_STATUS_NOT_ACCEPTED);
	down();
}

Test(oid_direct, RT_10_many_are_under_way_at_once)
{
	many_at_once(0);
}

Test(oid_direct, RT_10_many_are_under_way_at_once_through_filters)
{
	many_at_once(2);
}

Test(oid_direct, MP_OID_01_one_is_completed_once)
{
	struct fake_binding *b = up(0);

	pends = true;
	NdisDirectOidRequest(b->handle, &requests[0]);
	NdisMDirectOidRequestComplete(s.a.handle, pending[0], NDIS_STATUS_SUCCESS);
	NdisMDirectOidRequestComplete(s.a.handle, pending[0], NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("MP-OID-01", NULL));
	cr_expect_eq(n_done, 1);
	down();
}

static VOID free_it(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status)
{
	(void)context;
	(void)status;
	free(request);
}

static void frees(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *c)
{
	give_protocol_handler(c);
	c->DirectOidRequestCompleteHandler = free_it;
}

Test(oid_direct, MP_OID_01_a_second_completion_does_not_look_into_what_was_freed)
{
	NDIS_OID_REQUEST *request = malloc(sizeof(*request));
	struct fake_binding *b;

	s.p[0].mutate = frees;
	b = up(0);
	*request = requests[0];
	pends = true;
	cr_expect_eq(NdisDirectOidRequest(b->handle, request), NDIS_STATUS_PENDING);
	NdisMDirectOidRequestComplete(s.a.handle, pending[0], NDIS_STATUS_SUCCESS);
	NdisMDirectOidRequestComplete(s.a.handle, pending[0], NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("MP-OID-01", NULL));
	down();
}

static NDIS_STATUS both_ways(NDIS_HANDLE context, PNDIS_OID_REQUEST request)
{
	(void)context;
	NdisMDirectOidRequestComplete(s.a.handle, request, NDIS_STATUS_NOT_ACCEPTED);
	return NDIS_STATUS_SUCCESS;
}

static void answers_both_ways(NDIS_MINIPORT_DRIVER_CHARACTERISTICS *c)
{
	give_miniport_handlers(c);
	c->DirectOidRequestHandler = both_ways;
}

Test(oid_direct, MP_OID_01_one_that_is_completed_is_not_answered_as_well)
{
	struct fake_binding *b;

	s.m.mutate = answers_both_ways;
	b = up(0);
	cr_expect_eq(NdisDirectOidRequest(b->handle, &requests[0]), NDIS_STATUS_PENDING);
	cr_expect(violations_are("MP-OID-01", NULL));
	cr_expect_eq(n_done, 1);
	down();
}

static NDIS_STATUS pass_the_original(NDIS_HANDLE context, PNDIS_OID_REQUEST request)
{
	return NdisFDirectOidRequest(((struct fake_module *)context)->handle, request);
}

static void passes_the_original(NDIS_FILTER_DRIVER_CHARACTERISTICS *c)
{
	give_filter_handlers(c);
	c->DirectOidRequestHandler = pass_the_original;
}

Test(oid_direct, FL_OID_01_a_filter_passes_a_clone_on_not_the_original)
{
	struct fake_binding *b;

	fs.f[0].mutate = passes_the_original;
	b = up(1);
	cr_expect_eq(NdisDirectOidRequest(b->handle, &requests[0]), NDIS_STATUS_FAILURE);
	cr_expect(violations_are("FL-OID-01", NULL));
	cr_expect_eq(n_done, 0);
	down();
}

Test(oid_direct, PR_OID_01_a_request_is_made_again_only_when_it_is_completed)
{
	struct fake_binding *b = up(0);

	pends = true;
	cr_expect_eq(NdisDirectOidRequest(b->handle, &requests[0]), NDIS_STATUS_PENDING);
	cr_expect_eq(NdisDirectOidRequest(b->handle, &requests[0]), NDIS_STATUS_FAILURE);
	cr_expect(violations_are("PR-OID-01", NULL));
	NdisMDirectOidRequestComplete(s.a.handle, pending[0], NDIS_STATUS_SUCCESS);
	cr_expect_eq(n_done, 1);
	cr_expect_eq(NdisDirectOidRequest(b->handle, &requests[0]), NDIS_STATUS_PENDING);
	NdisMDirectOidRequestComplete(s.a.handle, pending[1], NDIS_STATUS_SUCCESS);
	cr_expect_eq(n_done, 2);
	down();
}

Test(oid_direct, a_cancel_reaches_the_miniport_through_filters)
{
	static char id;
	struct fake_binding *b = up(2);

	NdisCancelDirectOidRequest(b->handle, &id);
	cr_expect_eq(cancelled, &id);
	down();
}

static void give_nothing(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *c)
{
	(void)c;
}

Test(oid_direct, PR_OID_04_who_has_no_completion_handler_makes_no_direct_request)
{
	struct fake_binding *b;

	s.p[0].mutate = give_nothing;
	stack_up(&s);
	b = stack_binding(&s, 0);
	requests[0].Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
	requests[0].Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
	cr_expect_eq(NdisDirectOidRequest(b->handle, &requests[0]), NDIS_STATUS_NOT_SUPPORTED);
	cr_expect(violations_are("PR-OID-04", NULL));
	cr_expect_eq(NdisSynchronousOidRequest(b->handle, &requests[0]), NDIS_STATUS_NOT_SUPPORTED,
		     "the miniport has no handler");
	requests[0].Header.Size = 3;
	cr_expect_eq(NdisSynchronousOidRequest(b->handle, &requests[0]),
		     NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("RS-NB-11", NULL));
	stack_down(&s);
}

Test(oid_direct, filters_see_a_synchronous_request_on_its_way_down_and_up)
{
	struct fake_binding *b = up(3);

	answer = NDIS_STATUS_NOT_ACCEPTED;
	cr_expect_eq(NdisSynchronousOidRequest(b->handle, &requests[0]), NDIS_STATUS_NOT_ACCEPTED);
	cr_expect_eq(n_asked, 3);
	cr_expect_eq(n_told, 3);
	cr_expect_eq(last_status, NDIS_STATUS_NOT_ACCEPTED);
	stops = module_of(&fs, 1);
	cr_expect_eq(NdisSynchronousOidRequest(b->handle, &requests[0]), NDIS_STATUS_SUCCESS);
	cr_expect_eq(n_asked, 5);
	cr_expect_eq(n_told, 4, "the one above is told, the one that did it is not");
	stops = NULL;
	cr_expect_eq(NdisFSynchronousOidRequest(module_of(&fs, 1)->handle, &requests[0]),
		     NDIS_STATUS_NOT_ACCEPTED);
	cr_expect_eq(n_asked, 6);
	down();
}

Test(oid_direct, MP_OID_14_a_synchronous_request_does_not_pend)
{
	struct fake_binding *b = up(0);

	answer = NDIS_STATUS_PENDING;
	cr_expect_eq(NdisSynchronousOidRequest(b->handle, &requests[0]), NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-OID-14", NULL));
	answer = NDIS_STATUS_SUCCESS;
	down();
}
