/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The VLAN multiplexer of miniport/samples between the fake miniport and fake protocols: the VLANs
 * of NBLs below and above it, the life of virtual adapters, requests, resets and power.
 */
#include <string.h>

#include <nrt/nrt.h>

#include "contract.h"
#include "fake_frame.h"
#include "ndis/binding.h"
/* not the DDK headers of those names */
#include "../../../runtime/ndis/oid.h"
#include "../../../runtime/ndis/protocol.h"

DRIVER_INITIALIZE vlanmux_entry;

TestSuite(vlanmux, .init = contract_start, .fini = contract_end, .timeout = 120);

static void start_pending(void)
{
	contract_start(); /* which takes the reports */
	nrt_fini();
	cr_assert_eq(nrt_init(&(struct nrt_options){ .workers = 1, .verifier = true,
						     .opens_pend = true }), 0);
}

TestSuite(vlanmux_pending, .init = start_pending, .fini = contract_end, .timeout = 120);

#define KEY "vlanmux\\Adapters\\nic0"

static struct stack s;
static struct nrt_driver *mux;
static struct nrt_instance *instance[2];
static struct fake_binding *red, *blue; /* VLAN 10 and VLAN 2748 */

/* What the miniport was given, each frame and what it is to write into its tag. */
static UCHAR wire[64][128];
static ULONG wire_length[64], wire_tci[64], n_wire;

static ULONG tci_of(NET_BUFFER_LIST *nbl)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO info;

	info.Value = NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo);
	return (ULONG)info.TagHeader.UserPriority << 13 | info.TagHeader.VlanId;
}

static void tap(struct fake_adapter *a, NET_BUFFER_LIST *chain)
{
	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		for (NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl); nb != NULL;
		     nb = NET_BUFFER_NEXT_NB(nb)) {
			UCHAR *to = wire[n_wire % 64], *data;

			wire_tci[n_wire % 64] = tci_of(nbl);
			wire_length[n_wire++ % 64] = NET_BUFFER_DATA_LENGTH(nb);
			data = NdisGetDataBuffer(nb, NET_BUFFER_DATA_LENGTH(nb), to, 1, 0);
			if (data != to)
				memcpy(to, data, NET_BUFFER_DATA_LENGTH(nb));
		}
	fake_adapter_complete_chain(a, chain, NDIS_STATUS_SUCCESS);
}

static struct fake_binding *binding_to(const WCHAR *name)
{
	for (unsigned int i = 0; i < s.p[0].n_bindings; i++)
		if (memcmp(s.p[0].bindings[i].adapter_name, name, 10) == 0)
			return &s.p[0].bindings[i];
	cr_assert_fail("the protocol is not bound");
	return NULL;
}

static struct nrt_adapter *adapter_of(unsigned int i)
{
	struct nrt_adapter *a;

	cr_assert_eq(nrt_instance_adapter(instance[i], &a), 0, "%s", nrt_last_error());
	return a;
}

static void let_tag(NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *general)
{
	general->MacOptions |= NDIS_MAC_OPTION_8021Q_VLAN | NDIS_MAC_OPTION_8021P_PRIORITY;
}

static void up(void)
{
	s.a.mutate_general = let_tag;
	cr_assert_eq(nrt_config_set(KEY, "vred0", "dword:10"), 0);
	cr_assert_eq(nrt_config_set(KEY, "vblue", "dword:2748"), 0);
	cr_assert_eq(nrt_config_set(KEY, "vwrong", "dword:4095"), 0);
	cr_assert_eq(nrt_config_set(KEY, "vtext", "12"), 0);
	cr_assert_eq(nrt_driver_load_linked("vlanmux.so", (nrt_driver_entry)vlanmux_entry, &mux), 0,
		     "%s", nrt_last_error());
	cr_assert_eq(nrt_instance_add(mux, "vred0", &instance[0]), 0);
	cr_assert_eq(nrt_instance_add(mux, "vblue", &instance[1]), 0);
	stack_up(&s);
	adapter_of(0);
	adapter_of(1);
	red = binding_to(u"vred0");
	blue = binding_to(u"vblue");
	cr_assert_eq(fake_binding_filter(red, NDIS_PACKET_TYPE_BROADCAST), NDIS_STATUS_SUCCESS);
	cr_assert_eq(fake_binding_filter(blue, NDIS_PACKET_TYPE_PROMISCUOUS), NDIS_STATUS_SUCCESS);
}

static void down(void)
{
	for (unsigned int i = 0; i < 2; i++)
		nrt_instance_remove(instance[i]);
	stack_down(&s);
	cr_expect_eq(nrt_driver_unload(mux), 0, "%s", nrt_last_error());
	cr_expect(no_violations());
}

/* --------------------------------------------------------------------------- sending */

static void expect_on_wire(ULONG n, ULONG tci, ULONG seq)
{
	UCHAR frame[FRAME_LENGTH];

	frame_build(frame, broadcast_mac, seq);
	cr_expect_eq(wire_length[n], FRAME_LENGTH);
	cr_expect_arr_eq(wire[n], frame, FRAME_LENGTH);
	cr_expect_eq(wire_tci[n], tci);
}

Test(vlanmux, IM_05_sends_are_tagged_and_keep_their_order)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO info = { .TagHeader = { .UserPriority = 5 } };
	NET_BUFFER_LIST *chain;

	up();
	s.a.on_send = tap;
	chain = fake_binding_make(red, broadcast_mac, 3, 0);
	NET_BUFFER_LIST_INFO(chain, Ieee8021QNetBufferListInfo) = info.Value;
	fake_binding_send(red, chain, 0);
	fake_binding_send(blue, fake_binding_make(blue, broadcast_mac, 1, 3), 0);
	cr_assert_eq(n_wire, 4);
	expect_on_wire(0, 5 << 13 | 10, 0);
	expect_on_wire(1, 10, 1);
	expect_on_wire(2, 10, 2);
	expect_on_wire(3, 2748, 3);
	cr_expect_eq(red->completed, 3);
	cr_expect_eq(blue->completed, 1);
	cr_expect_eq(red->complete_errors + blue->complete_errors, 0);
	cr_expect_eq(NET_BUFFER_LIST_INFO(chain, Ieee8021QNetBufferListInfo), info.Value,
		     "the sender's again");
	down();
}

Test(vlanmux, IM_05_a_send_is_completed_after_the_lower_one_with_its_status)
{
	up();
	s.a.sends = FAKE_SENDS_HELD;
	fake_binding_send(red, fake_binding_make(red, broadcast_mac, 2, 0), 0);
	fake_binding_send(blue, fake_binding_make(blue, broadcast_mac, 2, 2), 0);
	cr_expect_eq(red->completed + blue->completed, 0);
	s.a.send_status = NDIS_STATUS_FAILURE;
	fake_adapter_complete(&s.a, FAKE_SHUFFLED, 0);
	cr_expect_eq(red->completed, 2);
	cr_expect_eq(blue->completed, 2);
	cr_expect_eq(red->completed_status[0], NDIS_STATUS_FAILURE);
	down();
}

Test(vlanmux, IM_05_every_frame_of_an_nbl_is_tagged)
{
	NET_BUFFER_POOL_PARAMETERS params = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 },
		.PoolTag = 'tset',
	};
	NET_BUFFER_LIST *nbl;
	NET_BUFFER *first, *second;
	NDIS_HANDLE pool;

	up();
	s.a.on_send = tap;
	pool = NdisAllocateNetBufferPool(red->handle, &params);
	nbl = fake_binding_make(red, broadcast_mac, 1, 7);
	first = NET_BUFFER_LIST_FIRST_NB(nbl);
	second = NdisAllocateNetBuffer(pool, NET_BUFFER_FIRST_MDL(first),
				       NET_BUFFER_DATA_OFFSET(first), FRAME_LENGTH);
	NET_BUFFER_NEXT_NB(first) = second;
	fake_binding_send(red, nbl, 0);
	cr_assert_eq(red->completed, 1);
	cr_assert_eq(n_wire, 2);
	expect_on_wire(0, 10, 7);
	expect_on_wire(1, 10, 7);
	NET_BUFFER_NEXT_NB(first) = NULL;
	NdisFreeNetBuffer(second);
	NdisFreeNetBufferPool(pool);
	down();
}

Test(vlanmux, IM_05_a_cancelled_send_is_cancelled_below)
{
	up();
	s.a.sends = FAKE_SENDS_HELD;
	fake_binding_send(red, fake_binding_make(red, broadcast_mac, 1, 0), 0);
	NdisCancelSendNetBufferLists(red->handle, red);
	cr_expect_eq(s.a.cancel_calls, 1);
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	down();
}

/* ------------------------------------------------------------------------- receiving */

/* A frame out of which the adapter has taken a tag with @tci, the priority and VLAN. */
static NET_BUFFER_LIST *tagged(const UCHAR dst[6], ULONG tci, ULONG seq)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO info = {
		.TagHeader = { .UserPriority = tci >> 13 & 7, .VlanId = tci & 0xFFF },
	};
	NET_BUFFER_LIST *nbl = fake_adapter_take(&s.a, dst, seq);

	NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo) = info.Value;
	return nbl;
}

static void indicate(NET_BUFFER_LIST *first, NET_BUFFER_LIST *second, ULONG flags)
{
	NET_BUFFER_LIST_NEXT_NBL(first) = second;
	NdisMIndicateReceiveNetBufferLists(s.a.handle, first, NDIS_DEFAULT_PORT_NUMBER,
					   second != NULL ? 2 : 1, flags);
	if (flags & NDIS_RECEIVE_FLAGS_RESOURCES)
		fake_adapter_take_back(&s.a, first);
}

/* The bytes of the last frame that came; under a hook, for they go with the call. */
static UCHAR came[FRAME_LENGTH];
static ULONG came_length;

static void look(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(chain);
	UCHAR *data = NdisGetDataBuffer(nb, NET_BUFFER_DATA_LENGTH(nb), came, 1, 0);

	came_length = NET_BUFFER_DATA_LENGTH(nb);
	if (data != came)
		memcpy(came, data, came_length);
	if (!(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
		fake_binding_return(b, chain, 0);
}

Test(vlanmux, IM_06_receives_lose_their_tag_and_find_their_vlan)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO info;
	UCHAR frame[FRAME_LENGTH];

	up();
	frame_build(frame, broadcast_mac, 7);
	red->on_receive = look;
	indicate(tagged(broadcast_mac, 3 << 13 | 10, 7), tagged(broadcast_mac, 2748, 8), 0);
	cr_expect_eq(red->received, 1);
	cr_expect_eq(came_length, FRAME_LENGTH);
	cr_expect_arr_eq(came, frame, FRAME_LENGTH);
	info.Value = red->seen[0].vlan;
	cr_expect_eq(info.TagHeader.UserPriority, 3);
	cr_expect_eq(info.TagHeader.VlanId, 0);
	cr_expect_eq(blue->received, 1);
	cr_expect_eq(blue->seen[0].seq, 8);
	indicate(tagged(broadcast_mac, 11, 9), NULL, 0);            /* no VLAN of ours */
	indicate(tagged(broadcast_mac, 0, 10), NULL, 0);            /* no tag */
	cr_expect_eq(red->received + blue->received, 2);
	cr_expect_eq(s.a.returned, 4);
	cr_expect_eq(s.a.return_errors, 0);
	down();
}

Test(vlanmux, IM_06_the_lower_adapter_finds_its_nbls_as_they_were)
{
	static const ULONG flags[] = { 0, NDIS_RECEIVE_FLAGS_RESOURCES };
	NET_BUFFER_LIST *first, *second;

	up();
	for (unsigned int i = 0; i < 2; i++) {
		first = tagged(broadcast_mac, 1 << 13 | 10, 0);
		second = tagged(broadcast_mac, 2 << 13 | 2748, 1);
		indicate(first, second, flags[i]);
		cr_expect_eq(tci_of(first), 1 << 13 | 10);
		cr_expect_eq(tci_of(second), 2 << 13 | 2748);
		cr_expect_eq(first->SourceHandle, s.a.handle);
		cr_expect_eq(second->SourceHandle, s.a.handle);
	}
	cr_expect_eq(red->received + blue->received, 2);
	cr_expect_eq(red->received_resources + blue->received_resources, 2);
	down();
}

Test(vlanmux, IM_06_nbls_go_back_below_when_they_come_back_from_above)
{
	up();
	red->holds = TRUE;
	indicate(tagged(broadcast_mac, 10, 0), tagged(broadcast_mac, 10, 1), 0);
	cr_expect_eq(red->received, 2);
	cr_expect_eq(s.a.returned, 0);
	fake_binding_return(red, fake_binding_take_held(red, 0), 0);
	cr_expect_eq(s.a.returned, 2);
	red->holds = FALSE;
	indicate(tagged(broadcast_mac, 10, 2), tagged(broadcast_mac, 11, 3),
		 NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_expect_eq(red->received_resources, 1);
	down();
}

Test(vlanmux, frames_pass_the_filter_of_their_own_vlan)
{
	static const UCHAR other[6] = { 0x02, 0, 0, 0, 0, 0x99 };

	up();
	cr_expect_eq(s.a.packet_filter,
		     NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_PROMISCUOUS, "both together");
	indicate(tagged(other, 10, 0), tagged(other, 2748, 1), 0);
	cr_expect_eq(red->received, 0);
	cr_expect_eq(blue->received, 1);
	cr_assert_eq(fake_binding_filter(red, NDIS_PACKET_TYPE_DIRECTED), NDIS_STATUS_SUCCESS);
	indicate(tagged(fake_mac, 10, 2), tagged(broadcast_mac, 10, 3), 0);
	cr_expect_eq(red->received, 1);
	cr_expect_eq(red->seen[0].seq, 2);
	down();
}

/* -------------------------------------------------------------------------- requests */

/* What NDIS tells the virtual miniport below @b; no protocol may. */
static NDIS_STATUS tell_power(struct fake_binding *b, NDIS_DEVICE_POWER_STATE state, ULONG length)
{
	const struct nrt_binding *binding = b->handle;
	NDIS_OID_REQUEST r = {
		.Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
			    NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
		.RequestType = NdisRequestSetInformation,
		.DATA.SET_INFORMATION = { .Oid = OID_PNP_SET_POWER,
					  .InformationBuffer = &state,
					  .InformationBufferLength = length },
	};

	return nrt_oid_to_miniport(binding->adapter, &r);
}

static NDIS_STATUS set_power(struct fake_binding *b, NDIS_DEVICE_POWER_STATE state)
{
	return tell_power(b, state, sizeof(state));
}

Test(vlanmux, IM_07_queries_go_below_and_power_is_our_own)
{
	NDIS_DEVICE_POWER_STATE state = NdisDeviceStateD0;
	ULONG value = 0, below;

	up();
	cr_expect_eq(fake_binding_oid(red, NdisRequestQueryInformation, OID_GEN_XMIT_OK, &value,
				      sizeof(value), NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(value, 4711);
	below = s.a.n_oids;
	cr_expect_eq(fake_binding_oid(red, NdisRequestQueryInformation, OID_PNP_QUERY_POWER, &state,
				      sizeof(state), NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(set_power(red, state), NDIS_STATUS_SUCCESS);
	cr_expect_eq(tell_power(red, state, 1), NDIS_STATUS_NOT_ACCEPTED);
	cr_expect_eq(fake_binding_oid(red, NdisRequestSetInformation, OID_GEN_MACHINE_NAME, &state,
				      sizeof(state), NULL),
		     NDIS_STATUS_NOT_SUPPORTED, "it would be the others' as well");
	cr_expect_eq(s.a.n_oids, below);
	down();
}

Test(vlanmux, IM_07_a_request_that_pends_below_can_be_cancelled)
{
	struct fake_request r = { .request = { .RequestId = &r } };
	ULONG value;

	up();
	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid = (struct fake_answer){ .when = FAKE_LATER, .status = NDIS_STATUS_REQUEST_ABORTED };
	events_clear();
	fake_binding_begin_oid(red, &r, NdisRequestQueryInformation, OID_GEN_XMIT_OK, &value,
			       sizeof(value));
	event_wait("MiniportOidRequest", &s.a, 1);
	NdisCancelOidRequest(red->handle, &r);
	event_wait("MiniportCancelOidRequest", &s.a, 1);
	fake_answer_later(&s.a.oid);
	cr_expect_eq(fake_binding_end_oid(&r), NDIS_STATUS_REQUEST_ABORTED);
	down();
}

Test(vlanmux, IM_13_offloads_are_not_offered)
{
	UCHAR offload[256];

	up();
	cr_expect_eq(fake_binding_oid(red, NdisRequestQueryInformation,
				      OID_TCP_OFFLOAD_CURRENT_CONFIG, offload, sizeof(offload), NULL),
		     NDIS_STATUS_NOT_SUPPORTED);
	for (ULONG i = 0; i < s.a.n_oids; i++)
		cr_expect_neq(s.a.oids[i].oid, OID_TCP_OFFLOAD_CURRENT_CONFIG);
	down();
}

/* ------------------------------------------------------------ power, reset and status */

/* To the multiplexer's lower edge alone. */
static void set_lower_power(NDIS_DEVICE_POWER_STATE state)
{
	NET_PNP_EVENT_NOTIFICATION event = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_PNP_EVENT_NOTIFICATION_REVISION_1,
			    NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1 },
		.NetPnPEvent = { .NetEvent = NetEventSetPower, .Buffer = &state,
				 .BufferLength = sizeof(state) },
	};

	for (struct nrt_binding *b = s.adapter->bindings; b != NULL; b = b->next)
		if (b->protocol->intermediate != NULL)
			cr_expect_eq(b->protocol->chars.NetPnPEventHandler(b->context, &event),
				     NDIS_STATUS_SUCCESS);
}

Test(vlanmux, IM_08_nothing_is_sent_and_no_status_told_while_either_edge_sleeps)
{
	ULONG statuses;

	up();
	set_lower_power(NdisDeviceStateD3);
	fake_binding_send(red, fake_binding_make(red, broadcast_mac, 1, 0), 0);
	cr_expect_eq(red->completed_status[0], NDIS_STATUS_PAUSED);
	statuses = red->statuses;
	fake_adapter_link(&s.a, FALSE, 0);
	cr_expect_eq(red->statuses, statuses);
	set_lower_power(NdisDeviceStateD0);
	fake_binding_send(red, fake_binding_make(red, broadcast_mac, 1, 1), 0);
	cr_expect_eq(red->completed_status[1], NDIS_STATUS_SUCCESS);
	cr_expect_eq(set_power(red, NdisDeviceStateD3), NDIS_STATUS_SUCCESS);
	fake_binding_send(red, fake_binding_make(red, broadcast_mac, 1, 2), 0);
	cr_expect_eq(red->completed_status[2], NDIS_STATUS_PAUSED);
	indicate(tagged(broadcast_mac, 10, 0), NULL, 0);
	cr_expect_eq(red->received, 0);
	cr_expect_eq(s.a.n_sent, 1);
	cr_expect_eq(set_power(red, NdisDeviceStateD0), NDIS_STATUS_SUCCESS);
	down();
}

static NDIS_STATUS query_sent(ULONG *value)
{
	return fake_binding_oid(red, NdisRequestQueryInformation, OID_GEN_XMIT_OK, value,
				sizeof(*value), NULL);
}

Test(vlanmux, IM_08_no_request_goes_to_a_lower_adapter_that_sleeps)
{
	ULONG value = 0, below;

	up();
	below = s.a.n_oids;
	set_lower_power(NdisDeviceStateD3);
	cr_expect_eq(query_sent(&value), NDIS_STATUS_FAILURE);
	/* The virtual adapter wakes first. */
	cr_expect_eq(set_power(red, NdisDeviceStateD0), NDIS_STATUS_SUCCESS);
	cr_expect_eq(query_sent(&value), NDIS_STATUS_FAILURE);
	cr_expect_eq(s.a.n_oids, below);
	set_lower_power(NdisDeviceStateD0);
	cr_expect_eq(query_sent(&value), NDIS_STATUS_SUCCESS);
	cr_expect_eq(value, 4711);
	down();
}

Test(vlanmux, IM_09_sends_wait_for_the_end_of_a_reset_and_aborted_ones_are_sent_again)
{
	up();
	s.a.sends = FAKE_SENDS_HELD;
	s.a.reset = (struct fake_answer){ .when = FAKE_LATER };
	fake_binding_send(red, fake_binding_make(red, broadcast_mac, 2, 0), 0);
	events_clear();
	NdisMResetMiniport(s.a.handle);
	event_wait("MiniportResetEx", &s.a, 1);
	fake_binding_send(blue, fake_binding_make(blue, broadcast_mac, 1, 2), 0);
	cr_expect_eq(red->completed + blue->completed, 0);
	cr_expect_eq(s.a.n_sent, 2);
	indicate(tagged(broadcast_mac, 10, 0), NULL, 0);
	cr_expect_eq(red->received, 0, "no indications either");
	s.a.sends = FAKE_SENDS_INSIDE;
	fake_answer_later(&s.a.reset);
	event_wait("NDIS_STATUS_RESET_END", &s.p[0].bindings[0], 1);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0); /* all that is on its way has come back */
	cr_expect_eq(s.a.n_sent, 5);
	cr_expect_eq(red->completed, 2);
	cr_expect_eq(blue->completed, 1);
	cr_expect_eq(red->completed_status[0], NDIS_STATUS_SUCCESS);
	cr_expect_eq(blue->completed_status[0], NDIS_STATUS_SUCCESS);
	down();
}

Test(vlanmux, virtual_adapters_lie_on_the_lower_one_in_the_table_of_interfaces)
{
	NET_IFINDEX lower;

	up();
	lower = binding_to(u"nic0\0")->params.BoundIfIndex;
	cr_expect_eq(NdisIfDeleteIfStackEntry(red->params.BoundIfIndex, lower),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisIfDeleteIfStackEntry(blue->params.BoundIfIndex, lower),
		     NDIS_STATUS_SUCCESS);
	down();
}

Test(vlanmux, the_link_of_the_lower_adapter_is_that_of_all)
{
	up();
	fake_adapter_link(&s.a, FALSE, 0);
	cr_expect_eq(red->last_status, NDIS_STATUS_LINK_STATE);
	cr_expect_eq(red->link.MediaConnectState, MediaConnectStateDisconnected);
	cr_expect_eq(blue->link.MediaConnectState, MediaConnectStateDisconnected);
	down();
}

/* ------------------------------------------------------------------- coming and going */

Test(vlanmux, IM_10_sends_fail_while_the_lower_adapter_is_paused)
{
	up();
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	fake_binding_send(red, fake_binding_make(red, broadcast_mac, 3, 0), 0);
	cr_expect_eq(red->completed, 3);
	cr_expect_eq(red->completed_status[0], NDIS_STATUS_PAUSED);
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	fake_binding_send(red, fake_binding_make(red, broadcast_mac, 1, 3), 0);
	cr_expect_eq(red->completed_status[3], NDIS_STATUS_SUCCESS);
	down();
}

Test(vlanmux, IM_03_virtual_adapters_come_and_go_with_the_lower_one)
{
	up();
	for (unsigned int i = 0; i < 50; i++) {
		cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
		cr_expect_eq(nrt_adapter_count(), 0);
		s.p[0].n_bindings = 0;
		cr_assert_eq(add_adapter(&s.m, &s.a, s.miniport, "nic0", &s.adapter), 0);
		if (i % 2 != 0) { /* else it is removed while they come up */
			adapter_of(0);
			adapter_of(1);
		}
	}
	adapter_of(0);
	down();
}

Test(vlanmux, an_adapter_that_does_not_tag_is_not_bound_to)
{
	up();
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.a.mutate_general = NULL;
	s.p[0].n_bindings = 0;
	cr_assert_eq(add_adapter(&s.m, &s.a, s.miniport, "nic0", &s.adapter), 0);
	cr_expect_eq(nrt_adapter_count(), 1, "none over it");
	for (struct nrt_binding *b = s.adapter->bindings; b != NULL; b = b->next)
		cr_expect_null(b->protocol->intermediate);
	down();
}

Test(vlanmux, IM_03_the_host_takes_one_away_and_leaves_the_other)
{
	up();
	nrt_instance_remove(instance[0]);
	cr_expect_eq(s.a.packet_filter, NDIS_PACKET_TYPE_PROMISCUOUS);
	fake_binding_send(blue, fake_binding_make(blue, broadcast_mac, 1, 0), 0);
	cr_expect_eq(blue->completed, 1);
	indicate(tagged(broadcast_mac, 10, 0), NULL, 0);
	cr_expect_eq(red->received, 0);
	cr_assert_eq(nrt_instance_add(mux, "VRED0", &instance[0]), 0);
	adapter_of(0); /* it is there again */
	nrt_instance_remove(instance[0]);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect_eq(nrt_adapter_count(), 0);
	instance[0] = instance[1];
	nrt_instance_remove(instance[1]);
	stack_down(&s);
	cr_expect_eq(nrt_driver_unload(mux), 0, "%s", nrt_last_error());
}

Test(vlanmux, pauses_of_both_edges_under_traffic_leave_nothing_behind)
{
	struct traffic traffic;
	struct nrt_adapter *a;

	up();
	a = adapter_of(0);
	traffic_start(&traffic, red, &s.a);
	for (unsigned int i = 0; i < 100; i++) {
		cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
		cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
		cr_assert_eq(nrt_adapter_pause(a), 0);
		cr_assert_eq(nrt_adapter_restart(a), 0);
	}
	traffic_end(&traffic);
	cr_expect_eq(red->sent, red->completed);
	cr_expect_eq(s.a.indicated, s.a.returned);
	down();
}

Test(vlanmux_pending, opens_and_closes_that_pend_are_waited_for)
{
	up();
	fake_binding_send(red, fake_binding_make(red, broadcast_mac, 1, 0), 0);
	cr_expect_eq(red->completed, 1);
	down();
}
