/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Status indications: to every open binding, in order, and which are refused.
 * Rules MP-STA-01, -02, -04, -05.
 */
#include <string.h>

#include "contract.h"

TestSuite(status, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;

Test(status, MP_STA_04_a_link_change_reaches_every_binding_running_or_not)
{
	s.n_protocols = 3;
	stack_up(&s);
	fake_adapter_link(&s.a, FALSE, 0);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	fake_adapter_link(&s.a, TRUE, 1000000000);
	for (unsigned int i = 0; i < 3; i++) {
		const struct fake_binding *b = stack_binding(&s, i);

		cr_expect_eq(b->statuses, 2);
		cr_expect_eq(b->last_status, NDIS_STATUS_LINK_STATE);
		cr_expect_eq(b->link.MediaConnectState, MediaConnectStateConnected);
		cr_expect_eq(b->link.XmitLinkSpeed, 1000000000);
	}
	stack_down(&s);
}

Test(status, MP_STA_04_a_link_state_that_did_not_change_is_reported)
{
	stack_up(&s);
	fake_adapter_link(&s.a, FALSE, 0);
	fake_adapter_link(&s.a, FALSE, 0);
	cr_expect(violations_are("MP-STA-04", NULL));
	stack_down(&s);
}

Test(status, MP_STA_04_a_change_of_flow_control_is_a_change)
{
	NDIS_LINK_STATE link = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_LINK_STATE_REVISION_1,
			    NDIS_SIZEOF_LINK_STATE_REVISION_1 },
		.MediaConnectState = MediaConnectStateConnected,
		.MediaDuplexState = MediaDuplexStateFull,
		.XmitLinkSpeed = 10000000000ULL,
		.RcvLinkSpeed = 10000000000ULL,
		.PauseFunctions = NdisPauseFunctionsSendAndReceive,
	};

	stack_up(&s);
	fake_adapter_status(&s.a, NDIS_STATUS_LINK_STATE, &link, sizeof(link));
	link.AutoNegotiationFlags = NDIS_LINK_STATE_XMIT_LINK_SPEED_AUTO_NEGOTIATED;
	fake_adapter_status(&s.a, NDIS_STATUS_LINK_STATE, &link, sizeof(link));
	cr_expect_eq(stack_binding(&s, 0)->statuses, 2);
	stack_down(&s);
}

Test(status, MP_STA_01_a_status_the_runtime_does_not_know_is_passed_on)
{
	ULONG payload = 7;

	stack_up(&s);
	fake_adapter_status(&s.a, NDIS_STATUS_MEDIA_SPECIFIC_INDICATION, &payload, sizeof(payload));
	cr_expect_eq(stack_binding(&s, 0)->last_status, NDIS_STATUS_MEDIA_SPECIFIC_INDICATION);
	stack_down(&s);
}

static NDIS_STATUS_INDICATION good(void)
{
	return (NDIS_STATUS_INDICATION){
		.Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1,
			    NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
		.SourceHandle = s.a.handle,
		.StatusCode = NDIS_STATUS_MEDIA_SPECIFIC_INDICATION,
	};
}

static void refused(NDIS_STATUS_INDICATION status)
{
	NdisMIndicateStatusEx(s.a.handle, &status);
	cr_expect(violations_are("MP-STA-01", NULL));
	cr_expect_eq(stack_binding(&s, 0)->statuses, 0);
}

Test(status, MP_STA_01_malformed_indications_are_refused)
{
	NDIS_STATUS_INDICATION status;

	stack_up(&s);
	status = good();
	status.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	refused(status);
	status = good();
	status.Header.Size = NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 - 1;
	refused(status);
	status = good();
	status.SourceHandle = NULL;
	refused(status);
	status = good();
	status.StatusCode = NDIS_STATUS_LINK_STATE;
	refused(status);
	status.StatusBuffer = &status;
	status.StatusBufferSize = sizeof(NDIS_LINK_STATE) - 1;
	refused(status);
	status = good();
	NdisMIndicateStatusEx(s.a.handle, &status);
	cr_expect_eq(stack_binding(&s, 0)->statuses, 1);
	stack_down(&s);
}

Test(status, MP_STA_05_a_miniport_does_not_indicate_its_reset)
{
	stack_up(&s);
	fake_adapter_status(&s.a, NDIS_STATUS_RESET_START, NULL, 0);
	cr_expect(violations_are("MP-STA-05", NULL));
	fake_adapter_status(&s.a, NDIS_STATUS_RESET_END, NULL, 0);
	cr_expect(violations_are("MP-STA-05", NULL));
	cr_expect_eq(stack_binding(&s, 0)->statuses, 0);
	stack_down(&s);
}

Test(status, MP_STA_02_an_indication_after_the_halt_is_reported)
{
	NDIS_STATUS_INDICATION status;

	stack_up(&s);
	status = good();
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	NdisMIndicateStatusEx(s.a.handle, &status);
	cr_expect(violations_are("MP-STA-02", NULL));
	stack_down(&s);
}

static struct fake_request asked;

static void ask_and_wait_not(struct fake_binding *b, NDIS_STATUS_INDICATION *indication)
{
	static ULONG value;

	(void)indication;
	fake_binding_begin_oid(b, &asked, NdisRequestQueryInformation, OID_GEN_XMIT_OK, &value,
			       sizeof(value));
}

Test(status, a_binding_may_begin_a_request_inside_an_indication)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->on_status = ask_and_wait_not;
	stack_up(&s);
	fake_adapter_link(&s.a, FALSE, 0);
	event_wait("MiniportOidRequest", &s.a, 1);
	fake_binding_end_oid(&asked); /* before its binding closes (PR-UNB-02) */
	stack_down(&s);
}
