/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Link changes (NDISTest LinkCheck): an adapter that is initialized with its link up or
 * down says so at once, every change is indicated once, and the state is right after the
 * driver was unloaded without a link and loaded with one. Main thread.
 */
#include "bench.h"

#include <stdio.h>

TestSuite(link, .timeout = 300);

static void cable(bool out)
{
	cr_assert_eq(softnic_fault_set(nics_get(0), SOFTNIC_LINK_DOWN, out), 0);
}

static bool is_connected(void)
{
	ULONG state = 99;

	cr_assert_eq(proto_query(proto_port(0), OID_GEN_MEDIA_CONNECT_STATUS, &state, sizeof(state)),
		     NDIS_STATUS_SUCCESS);
	return state == NdisMediaStateConnected;
}

static NDIS_LINK_STATE state_of(void)
{
	NDIS_LINK_STATE link = { .PauseFunctions = 0 };

	cr_assert_eq(proto_query(proto_port(0), OID_GEN_LINK_STATE, &link, sizeof(link)),
		     NDIS_STATUS_SUCCESS);
	return link;
}

static void expect_link(const char *type, bool up)
{
	NDIS_LINK_STATE link = state_of();

	cr_expect_eq(link.MediaConnectState,
		     up ? MediaConnectStateConnected : MediaConnectStateDisconnected);
	cr_expect_eq(link.MediaDuplexState, up ? MediaDuplexStateFull : MediaDuplexStateUnknown);
	cr_expect_eq(link.XmitLinkSpeed, up ? nics_speed(type) : NDIS_LINK_SPEED_UNKNOWN);
	cr_expect_eq(link.RcvLinkSpeed, link.XmitLinkSpeed);
}

/* Until the adapter says @up; the change is indicated once. */
static void change(const char *type, bool up)
{
	LONG before = proto_port(0)->link_changes, ups = proto_port(0)->link_ups;

	cable(!up);
	HOST_WAIT((softnic_step_all(), is_connected() == up));
	HOST_WAIT(proto_port(0)->link_changes != before);
	cr_expect_eq(proto_port(0)->link_changes, before + 1);
	cr_expect_eq(proto_port(0)->link_ups, ups + up);
	expect_link(type, up);
}

NIC_TEST(link, every_change_is_indicated_once)
{
	nics_start(type, 1, "", NULL);
	for (unsigned int i = 0; i < 5; i++) {
		change(type, false);
		change(type, true);
	}
	nics_stop();
}

/* The adapter is halted, its driver unloaded, and both come again. */
static void reload(void)
{
	host_remove(0);
	host_reload();
	host_open(0, NULL);
}

NIC_TEST(link, MP_STA_06_an_adapter_without_a_link_says_so_from_the_beginning)
{
	nics_start(type, 1, "", NULL);
	change(type, false);
	reload();
	cr_expect_not(is_connected());
	expect_link(type, false);
	change(type, true);
	nics_stop();
}

NIC_TEST(link, a_link_that_came_while_the_driver_was_not_there_is_seen)
{
	nics_start(type, 1, "", NULL);
	change(type, false);
	host_remove(0);
	cable(false);
	host_reload();
	host_open(0, NULL);
	HOST_WAIT((softnic_step_all(), is_connected()));
	expect_link(type, true);
	nics_stop();
}

/* ----------------------------------------------------------- OID_GEN_LINK_PARAMETERS */

static NDIS_STATUS set_parameters(NDIS_SUPPORTED_PAUSE_FUNCTIONS pause, ULONG negotiated)
{
	const NDIS_LINK_PARAMETERS p = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_LINK_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_LINK_PARAMETERS_REVISION_1 },
		.MediaDuplexState = MediaDuplexStateFull,
		.XmitLinkSpeed = 100000000,
		.RcvLinkSpeed = 100000000,
		.PauseFunctions = pause,
		.AutoNegotiationFlags = negotiated,
	};

	return proto_set(proto_port(0), OID_GEN_LINK_PARAMETERS, &p, sizeof(p));
}

#define SPEED_AND_DUPLEX 0x7
#define PAUSE 0x8

NIC_TEST(link, pause_frames_are_set_and_indicated)
{
	LONG before;

	nics_start(type, 1, "", NULL);
	before = proto_port(0)->link_changes;
	cr_expect_eq(set_parameters(0, SPEED_AND_DUPLEX | PAUSE), NDIS_STATUS_SUCCESS);
	cr_expect_eq(set_parameters(NdisPauseFunctionsReceiveOnly, SPEED_AND_DUPLEX),
		     NDIS_STATUS_SUCCESS);
	HOST_WAIT(state_of().PauseFunctions == NdisPauseFunctionsReceiveOnly);
	HOST_WAIT(proto_port(0)->link_changes == before + 1);
	cr_expect_eq(set_parameters(0, SPEED_AND_DUPLEX | PAUSE), NDIS_STATUS_SUCCESS);
	HOST_WAIT(state_of().PauseFunctions == NdisPauseFunctionsUnknown);
	nics_stop();
}

NIC_TEST(link, what_the_port_cannot_do_of_link_parameters_is_refused)
{
	nics_start(type, 1, "", NULL);
	cr_expect_eq(set_parameters(0, PAUSE), NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(set_parameters(NdisPauseFunctionsUnknown, SPEED_AND_DUPLEX),
		     NDIS_STATUS_INVALID_DATA);
	cr_expect_eq(set_parameters(0, 0xF0), NDIS_STATUS_INVALID_DATA);
	cr_expect_eq(state_of().PauseFunctions, NdisPauseFunctionsUnknown);
	nics_stop();
}

Test(link, a_port_without_pause_frames_says_so)
{
	bench_start("ring");
	cr_expect_eq(set_parameters(NdisPauseFunctionsSendAndReceive, SPEED_AND_DUPLEX),
		     NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(set_parameters(0, SPEED_AND_DUPLEX | PAUSE), NDIS_STATUS_SUCCESS);
	bench_stop("ring");
}
