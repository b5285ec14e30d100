/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The extensible switch beside its data path: what NdisFGetOptionalSwitchHandlers answers where,
 * the requests in the lives of ports and NICs with their vetoes, references that hold them back,
 * what extensions can ask for, and the host's side of it.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "extswitch.h"
#include "ke/memory.h"

TestSuite(extswitch, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct bed bed;

static void expect_oids(const struct fake_extension *e, unsigned int n, const NDIS_OID *oids)
{
	cr_expect_eq(e->n_oids, n, "%u requests", e->n_oids);
	for (unsigned int i = 0; i < n && i < e->n_oids; i++)
		cr_expect_eq(e->oids[i], oids[i], "request %u is 0x%08X", i, e->oids[i]);
}

/* Long enough for what should not happen to happen. */
static void a_while(void)
{
	const struct timespec pause = { 0, 20000000 };

	nanosleep(&pause, NULL);
}

/* -------------------------------------------------------------------------- the handlers */

Test(extswitch, an_extension_gets_each_handler_under_its_documented_name)
{
	const NDIS_SWITCH_OPTIONAL_HANDLERS *h = &bed.e[0].h;

	bed.n_extensions = 1;
	bed_up(&bed);
	cr_assert_eq(bed.e[0].get_status, NDIS_STATUS_SUCCESS);
	cr_expect_not_null(bed.e[0].context);
	NDIS_SWITCH_ALLOCATE_NET_BUFFER_LIST_FORWARDING_CONTEXT *allocate =
		h->AllocateNetBufferListForwardingContext;
	NDIS_SWITCH_FREE_NET_BUFFER_LIST_FORWARDING_CONTEXT *give_back =
		h->FreeNetBufferListForwardingContext;
	NDIS_SWITCH_SET_NET_BUFFER_LIST_SOURCE *set_source = h->SetNetBufferListSource;
	NDIS_SWITCH_ADD_NET_BUFFER_LIST_DESTINATION *add = h->AddNetBufferListDestination;
	NDIS_SWITCH_GROW_NET_BUFFER_LIST_DESTINATIONS *grow = h->GrowNetBufferListDestinations;
	NDIS_SWITCH_GET_NET_BUFFER_LIST_DESTINATIONS *get = h->GetNetBufferListDestinations;
	NDIS_SWITCH_UPDATE_NET_BUFFER_LIST_DESTINATIONS *update =
		h->UpdateNetBufferListDestinations;
	NDIS_SWITCH_COPY_NET_BUFFER_LIST_INFO *copy = h->CopyNetBufferListInfo;
	NDIS_SWITCH_REFERENCE_SWITCH_NIC *reference_nic = h->ReferenceSwitchNic;
	NDIS_SWITCH_DEREFERENCE_SWITCH_NIC *dereference_nic = h->DereferenceSwitchNic;
	NDIS_SWITCH_REFERENCE_SWITCH_PORT *reference_port = h->ReferenceSwitchPort;
	NDIS_SWITCH_DEREFERENCE_SWITCH_PORT *dereference_port = h->DereferenceSwitchPort;
	NDIS_SWITCH_REPORT_FILTERED_NET_BUFFER_LISTS *report = h->ReportFilteredNetBufferLists;
	NDIS_SWITCH_SET_NET_BUFFER_LIST_SWITCH_CONTEXT *set_context =
		h->SetNetBufferListSwitchContext;
	NDIS_SWITCH_GET_NET_BUFFER_LIST_SWITCH_CONTEXT *get_context =
		h->GetNetBufferListSwitchContext;

	cr_expect(allocate && give_back && set_source && add && grow && get && update && copy);
	cr_expect(reference_nic && dereference_nic && reference_port && dereference_port);
	cr_expect(report && set_context && get_context);
	cr_expect_null(h->SwitchPDReserved);
	bed_down(&bed);
	cr_expect(no_violations());
}

static void of_the_type_in_ntddndis(NDIS_OBJECT_HEADER *header)
{
	header->Type = NDIS_OBJECT_TYPE_SWITCH_OPTIONAL_HANDLERS;
}

Test(extswitch, the_handlers_header_may_have_the_type_that_is_named_after_them)
{
	bed.n_extensions = 1;
	bed.e[0].header = of_the_type_in_ntddndis;
	bed_up(&bed);
	cr_expect_eq(bed.e[0].get_status, NDIS_STATUS_SUCCESS);
	bed_down(&bed);
	cr_expect(no_violations());
}

static void of_no_size(NDIS_OBJECT_HEADER *header)
{
	header->Size = sizeof(*header);
}

Test(extswitch, RS_NB_11_a_wrong_header_gets_no_handlers)
{
	bed.n_extensions = 1;
	bed.e[0].header = of_no_size;
	bed_up(&bed);
	cr_expect_eq(bed.e[0].get_status, NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_null(bed.e[0].h.AllocateNetBufferListForwardingContext);
	cr_expect_eq(NdisFGetOptionalSwitchHandlers(bed.e[0].handle, NULL, &bed.e[0].h),
		     NDIS_STATUS_INVALID_PARAMETER);
	bed_down(&bed);
	cr_expect(violations_are("RS-NB-11", NULL));
}

Test(extswitch, in_any_other_adapters_stack_there_is_no_switch)
{
	static struct stack s;
	struct fake_extension *e = &bed.e[0];

	cr_assert_eq(load_extension(e, &bed.driver[0]), 0, "%s", nrt_last_error());
	stack_up(&s);
	cr_expect_eq(e->get_status, NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_null(e->h.AllocateNetBufferListForwardingContext);
	stack_down(&s);
	cr_expect_eq(unload_extension(e, bed.driver[0]), 0, "%s", nrt_last_error());
	cr_expect(no_violations());
}

/* --------------------------------------------------------- the requests and their vetoes */

Test(extswitch, each_step_of_a_port_and_its_nic_is_a_request)
{
	static const NDIS_OID oids[] = {
		OID_GEN_CURRENT_PACKET_FILTER, OID_SWITCH_PORT_CREATE,
		OID_SWITCH_NIC_CREATE,         OID_SWITCH_NIC_CONNECT,
		OID_SWITCH_NIC_DISCONNECT,     OID_SWITCH_NIC_DELETE,
		OID_SWITCH_PORT_TEARDOWN,      OID_SWITCH_PORT_DELETE,
	};
	static const ULONG states[] = {
		0,
		NdisSwitchPortStateCreated,
		NdisSwitchNicStateCreated,
		NdisSwitchNicStateConnected,
		NdisSwitchNicStateDisconnected,
		NdisSwitchNicStateDeleted,
		NdisSwitchPortStateTeardown,
		NdisSwitchPortStateDeleted,
	};

	bed.n_nics = 1;
	bed.n_extensions = 1;
	bed_up(&bed);
	cr_assert_eq(nrt_switch_port_remove(bed.sw, 1), 0, "%s", nrt_last_error());
	expect_oids(&bed.e[0], 8, oids);
	for (unsigned int i = 0; i < 8; i++) {
		cr_expect_eq(bed.e[0].states[i], states[i], "state %u of request %u",
			     bed.e[0].states[i], i);
		cr_expect_eq(bed.e[0].answers[i], NDIS_STATUS_SUCCESS);
	}
	cr_expect_eq(nrt_switch_port_remove(bed.sw, 1), -ENOENT);
	bed_down(&bed);
	cr_expect(no_violations());
}

static NDIS_OID vetoed;
static NDIS_STATUS veto_status;

static NDIS_STATUS veto(struct fake_extension *e, NDIS_OID oid, const void *buffer)
{
	(void)e;
	(void)buffer;
	return oid == vetoed ? veto_status : NDIS_STATUS_SUCCESS;
}

Test(extswitch, an_extension_vetoes_a_port)
{
	bed.n_extensions = 2; /* the lower one does, and the upper one sees it */
	bed.e[0].set = veto;
	bed_up(&bed);
	vetoed = OID_SWITCH_PORT_CREATE;
	veto_status = NDIS_STATUS_DATA_NOT_ACCEPTED;
	cr_expect_eq(bed_port(&bed, 1), -EACCES);
	cr_expect_eq(bed.e[1].answers[1], NDIS_STATUS_DATA_NOT_ACCEPTED);
	cr_expect_eq(bed_connect(&bed, 1), -ENOENT);
	cr_expect_eq(bed.e[0].h.ReferenceSwitchPort(bed.e[0].context, 1),
		     NDIS_STATUS_INVALID_PARAMETER);
	veto_status = NDIS_STATUS_RESOURCES;
	cr_expect_eq(bed_port(&bed, 1), -EAGAIN);
	vetoed = 0;
	cr_expect_eq(bed_port(&bed, 1), 0);
	bed_down(&bed);
	cr_expect(no_violations());
}

Test(extswitch, an_extension_vetoes_a_nic)
{
	bed.n_extensions = 1;
	bed.n_nics = 2;
	bed_up(&bed);
	cr_assert_eq(bed_port(&bed, 3), 0);
	bed.e[0].set = veto;
	vetoed = OID_SWITCH_NIC_CREATE;
	veto_status = NDIS_STATUS_DATA_NOT_ACCEPTED;
	cr_expect_eq(bed_connect(&bed, 3), -EACCES);
	bed_send(&bed, 1, broadcast_mac);
	cr_expect(bed_got(&bed, 0, 1, 0, -1));
	vetoed = 0;
	cr_expect_eq(bed_connect(&bed, 3), 0);
	bed_send(&bed, 1, broadcast_mac);
	cr_expect(bed_got(&bed, 0, 2, 1, -1));
	bed_down(&bed);
	cr_expect(no_violations());
}

Test(extswitch, a_nic_whose_connection_an_extension_fails_is_deleted_again)
{
	bed.n_extensions = 1;
	bed.e[0].set = veto;
	bed_up(&bed);
	cr_assert_eq(bed_port(&bed, 1), 0);
	vetoed = OID_SWITCH_NIC_CONNECT; /* which it must not */
	veto_status = NDIS_STATUS_FAILURE;
	cr_expect_eq(bed_connect(&bed, 1), -EACCES);
	cr_expect_eq(bed.e[0].oids[bed.e[0].n_oids - 1], OID_SWITCH_NIC_DELETE);
	vetoed = 0;
	cr_expect_eq(bed_connect(&bed, 1), 0, "%s", nrt_last_error());
	bed_down(&bed);
	cr_expect(no_violations());
}

/* ---------------------------------------------------------------------------- references */

static int disconnect_1(void *unused)
{
	(void)unused;
	nrt_switch_nic_disconnect(bed.nic[1].handle);
	return 0;
}

static int remove_1(void *unused)
{
	(void)unused;
	return nrt_switch_port_remove(bed.sw, 1);
}

/* Until the extension has had @n requests. */
static void await_oids(const struct fake_extension *e, ULONG n)
{
	while (*(const volatile ULONG *)&e->n_oids < n)
		a_while();
	a_while();
}

Test(extswitch, a_reference_holds_back_the_deletion_of_a_nic)
{
	struct fake_extension *e = &bed.e[0];
	struct run run;
	ULONG before;

	bed.n_nics = 2;
	bed.n_extensions = 1;
	bed_up(&bed);
	before = e->n_oids;
	cr_assert_eq(e->h.ReferenceSwitchNic(e->context, 1, 0), NDIS_STATUS_SUCCESS);
	run_start(&run, disconnect_1, NULL);
	await_oids(e, before + 1);
	cr_expect_eq(e->n_oids, before + 1);
	cr_expect_eq(e->oids[before], OID_SWITCH_NIC_DISCONNECT);
	cr_expect_eq(e->h.ReferenceSwitchNic(e->context, 1, 0), NDIS_STATUS_INVALID_PARAMETER);
	bed_send(&bed, 2, broadcast_mac); /* nobody gets it any more */
	cr_expect(bed_got(&bed, 0, 0, -1));
	cr_expect_eq(e->h.DereferenceSwitchNic(e->context, 1, 0), NDIS_STATUS_SUCCESS);
	run_end(&run);
	cr_expect_eq(e->n_oids, before + 2);
	cr_expect_eq(e->oids[before + 1], OID_SWITCH_NIC_DELETE);
	cr_expect_eq(e->h.DereferenceSwitchNic(e->context, 1, 0), NDIS_STATUS_INVALID_PARAMETER);
	bed_down(&bed);
	cr_expect(no_violations());
}

Test(extswitch, a_reference_holds_back_the_deletion_of_a_port)
{
	struct fake_extension *e = &bed.e[0];
	struct run run;
	ULONG before;

	bed.n_extensions = 1;
	bed_up(&bed);
	cr_expect_eq(e->h.ReferenceSwitchPort(e->context, 1), NDIS_STATUS_INVALID_PARAMETER);
	cr_assert_eq(bed_port(&bed, 1), 0);
	before = e->n_oids;
	cr_assert_eq(e->h.ReferenceSwitchPort(e->context, 1), NDIS_STATUS_SUCCESS);
	run_start(&run, remove_1, NULL);
	await_oids(e, before + 1);
	cr_expect_eq(e->n_oids, before + 1);
	cr_expect_eq(e->oids[before], OID_SWITCH_PORT_TEARDOWN);
	cr_expect_eq(e->h.ReferenceSwitchPort(e->context, 1), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(e->h.DereferenceSwitchPort(e->context, 1), NDIS_STATUS_SUCCESS);
	cr_expect_eq(run_end(&run), 0);
	cr_expect_eq(e->oids[before + 1], OID_SWITCH_PORT_DELETE);
	cr_expect_eq(e->h.DereferenceSwitchPort(e->context, 1), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(e->h.ReferenceSwitchPort(e->context, 4711), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(e->h.ReferenceSwitchNic(e->context, 1, 33), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(e->h.ReferenceSwitchPort(NULL, 1), NDIS_STATUS_INVALID_PARAMETER);
	bed_down(&bed);
	cr_expect(no_violations());
}

static enum extension_verdict keep(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	(void)e;
	(void)nbl;
	return EXTENSION_KEEPS;
}

Test(extswitch, a_packet_under_way_holds_back_the_deletion_of_where_it_goes)
{
	struct fake_extension *e = &bed.e[0];
	struct run run;
	ULONG before;

	bed.n_nics = 2;
	bed.n_extensions = 1;
	bed.e[0].egress = keep;
	bed_up(&bed);
	before = e->n_oids;
	bed_send(&bed, 2, broadcast_mac);
	run_start(&run, disconnect_1, NULL);
	await_oids(e, before + 1);
	cr_expect_eq(e->n_oids, before + 1);
	cr_expect(bed_got(&bed, 0, 0, -1));
	e->egress = NULL;
	fake_extension_release(e);
	run_end(&run);
	cr_expect(bed_got(&bed, 1, 0, -1)); /* it was on its way already */
	cr_expect_eq(e->oids[before + 1], OID_SWITCH_NIC_DELETE);
	bed_down(&bed);
	cr_expect(no_violations());
}

static NDIS_STATUS keep_disconnect(struct fake_extension *e, NDIS_OID oid, const void *buffer)
{
	(void)e;
	(void)buffer;
	return oid == OID_SWITCH_NIC_DISCONNECT ? NDIS_STATUS_PENDING : NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS add_status;

static enum extension_verdict forward_to_1(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	NDIS_SWITCH_PORT_DESTINATION to = { .PortId = 1 };

	add_status = e->h.AddNetBufferListDestination(e->context, nbl, &to);
	return EXTENSION_PASSES;
}

Test(extswitch, until_it_passes_the_disconnect_on_an_extension_may_forward_to_the_nic)
{
	struct fake_extension *e = &bed.e[0];
	struct run run;

	bed.n_nics = 3;
	bed.n_extensions = 1;
	bed.e[0].set = keep_disconnect;
	bed.e[0].ingress = forward_to_1;
	bed_up(&bed);
	run_start(&run, disconnect_1, NULL);
	NdisWaitEvent(&e->oid_kept, 0);
	bed_send(&bed, 2, broadcast_mac);
	cr_expect_eq(add_status, NDIS_STATUS_SUCCESS);
	cr_expect(bed_got(&bed, 1, 0, 0, -1));
	e->set = NULL;
	fake_extension_pass_kept(e);
	run_end(&run);
	bed_send(&bed, 2, broadcast_mac);
	cr_expect_eq(add_status, NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(bed_got(&bed, 1, 0, 1, -1)); /* the switch's own decision */
	bed_down(&bed);
	cr_expect(no_violations());
}

/* ------------------------------------------------------------------------------- queries */

static bool is_text(const IF_COUNTED_STRING *string, const char *text)
{
	bool same = string->Length == strlen(text) * sizeof(WCHAR);

	for (size_t i = 0; same && text[i] != '\0'; i++)
		same = string->String[i] == (unsigned char)text[i];
	return same;
}

Test(extswitch, an_extension_asks_what_switch_it_is_in)
{
	NDIS_SWITCH_PARAMETERS parameters;
	NDIS_OID_REQUEST request;

	bed.n_nics = 3;
	bed.n_extensions = 1;
	bed_up(&bed);
	cr_expect_eq(bed.e[0].activations, 1);
	cr_expect_eq(fake_extension_query(&bed.e[0], OID_SWITCH_PARAMETERS, &parameters,
					  sizeof(parameters) - 1, &request),
		     NDIS_STATUS_INVALID_LENGTH);
	cr_expect_eq(request.DATA.QUERY_INFORMATION.BytesNeeded, sizeof(parameters));
	cr_assert_eq(fake_extension_query(&bed.e[0], OID_SWITCH_PARAMETERS, &parameters,
					  sizeof(parameters), &request),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(parameters.Header.Size, NDIS_SIZEOF_NDIS_SWITCH_PARAMETERS_REVISION_1);
	cr_expect(is_text(&parameters.SwitchName, "switch0"));
	cr_expect_eq(parameters.NumSwitchPorts, 3);
	cr_expect(parameters.IsActive);
	bed_down(&bed);
	cr_expect(no_violations());
}

Test(extswitch, an_extension_that_comes_later_lists_the_ports_and_nics_there_are)
{
	static _Alignas(8) UCHAR buffer[16384];
	NDIS_SWITCH_PORT_ARRAY *ports = (void *)buffer;
	NDIS_SWITCH_NIC_ARRAY *nics = (void *)buffer;
	struct fake_extension *e = &bed.e[0];
	NDIS_OID_REQUEST request;

	bed.n_nics = 2;
	bed.macs_known = true;
	bed_up(&bed);
	cr_assert_eq(bed_port(&bed, 9), 0);
	cr_assert_eq(load_extension(e, &bed.driver[0]), 0);
	cr_expect_eq(e->get_status, NDIS_STATUS_SUCCESS);
	cr_assert_eq(fake_extension_query(e, OID_SWITCH_PORT_ARRAY, buffer, sizeof(buffer),
					  &request),
		     NDIS_STATUS_SUCCESS);
	cr_assert_eq(ports->NumElements, 3);
	cr_expect_eq(NDIS_SWITCH_PORT_AT_ARRAY_INDEX(ports, 1)->PortId, 2);
	cr_expect_eq(NDIS_SWITCH_PORT_AT_ARRAY_INDEX(ports, 2)->PortId, 9);
	cr_expect_eq(NDIS_SWITCH_PORT_AT_ARRAY_INDEX(ports, 2)->PortState,
		     NdisSwitchPortStateCreated);
	cr_expect_eq(NDIS_SWITCH_PORT_AT_ARRAY_INDEX(ports, 2)->PortType,
		     NdisSwitchPortTypeSynthetic);
	cr_expect(is_text(&NDIS_SWITCH_PORT_AT_ARRAY_INDEX(ports, 2)->PortName, "port 9"));
	cr_assert_eq(fake_extension_query(e, OID_SWITCH_NIC_ARRAY, buffer, sizeof(buffer),
					  &request),
		     NDIS_STATUS_SUCCESS);
	cr_assert_eq(nics->NumElements, 2);
	cr_expect_eq(NDIS_SWITCH_NIC_AT_ARRAY_INDEX(nics, 1)->PortId, 2);
	cr_expect_eq(NDIS_SWITCH_NIC_AT_ARRAY_INDEX(nics, 1)->NicState,
		     NdisSwitchNicStateConnected);
	cr_expect_eq(NDIS_SWITCH_NIC_AT_ARRAY_INDEX(nics, 1)->CurrentMacAddress[5], 2);
	cr_expect_eq(fake_extension_query(e, OID_SWITCH_NIC_ARRAY, buffer, 30, &request),
		     NDIS_STATUS_INVALID_LENGTH);
	cr_expect_eq(request.DATA.QUERY_INFORMATION.BytesNeeded,
		     sizeof(*nics) + 2 * sizeof(NDIS_SWITCH_NIC_PARAMETERS));
	cr_expect_eq(fake_extension_query(e, OID_SWITCH_PORT_ARRAY, buffer, 30, &request),
		     NDIS_STATUS_INVALID_LENGTH);
	cr_expect_eq(fake_extension_query(e, OID_SWITCH_PORT_PROPERTY_ENUM, buffer, 30, &request),
		     NDIS_STATUS_NOT_SUPPORTED);
	bed_send(&bed, 1, broadcast_mac);
	cr_expect_eq(e->egressed, 1);
	cr_expect_eq(unload_extension(e, bed.driver[0]), 0);
	bed_send(&bed, 1, broadcast_mac);
	cr_expect(bed_got(&bed, 0, 2, -1));
	bed_down(&bed);
	cr_expect(no_violations());
}

Test(extswitch, MP_OID_06_queries_take_buffers_at_any_address)
{
	static const NDIS_OID oids[] = { OID_SWITCH_PARAMETERS, OID_SWITCH_PORT_ARRAY,
					 OID_SWITCH_NIC_ARRAY };
	static _Alignas(16) UCHAR aligned[16384], beside[16384 + 1];
	struct fake_extension *e = &bed.e[0];
	NDIS_OID_REQUEST request;

	bed.n_nics = 3;
	bed.n_extensions = 1;
	bed_up(&bed);
	for (size_t i = 0; i < 3; i++) {
		ULONG length;

		cr_assert_eq(fake_extension_query(e, oids[i], aligned, sizeof(aligned), &request),
			     NDIS_STATUS_SUCCESS);
		length = request.DATA.QUERY_INFORMATION.BytesWritten;
		cr_expect_gt(length, 0);
		cr_assert_eq(fake_extension_query(e, oids[i], beside + 1, sizeof(beside) - 1,
						  &request),
			     NDIS_STATUS_SUCCESS);
		cr_expect_eq(request.DATA.QUERY_INFORMATION.BytesWritten, length);
		cr_expect_arr_eq(beside + 1, aligned, length, "OID 0x%08X", oids[i]);
	}
	bed_down(&bed);
	cr_expect(no_violations());
}

/* ------------------------------------------------------------------------------- the host */

static void ignore(void *context, const struct nrt_switch_frame *frame)
{
	(void)frame;
	++*(int *)context;
}

Test(extswitch, an_external_port_has_a_nic_for_each_physical_one)
{
	int team = 0, first = 0;
	struct nrt_switch_nic_options options = {
		.port = 5, .kind = NRT_SWITCH_EXTERNAL, .deliver = ignore, .context = &team,
	};
	struct nrt_switch_nic *nic, *physical;

	bed.n_nics = 1;
	bed_up(&bed);
	cr_assert_eq(nrt_switch_port_add(bed.sw, 5, NRT_SWITCH_EXTERNAL, "out"), 0);
	cr_assert_eq(nrt_switch_nic_connect(bed.sw, &options, &nic), 0, "%s", nrt_last_error());
	cr_expect_eq(nrt_switch_nic_connect(bed.sw, &options, &nic), -EEXIST);
	options.index = 1;
	options.context = &first;
	options.mac[0] = 2;
	options.mac[5] = 0x77;
	cr_assert_eq(nrt_switch_nic_connect(bed.sw, &options, &physical), 0, "%s",
		     nrt_last_error());
	bed_send(&bed, 1, broadcast_mac);
	cr_expect_eq(team, 1); /* once a port */
	cr_expect_eq(first, 0);
	bed_send(&bed, 1, options.mac);
	cr_expect_eq(first, 1);
	options.index = 2;
	options.port = 1;
	cr_expect_eq(nrt_switch_nic_connect(bed.sw, &options, &nic), -EINVAL);
	bed_down(&bed);
	cr_expect(no_violations());
}

Test(extswitch, what_a_switch_cannot_be_asked_for)
{
	struct nrt_switch_options options = { .name = NULL };
	struct nrt_switch_nic_options nic = { .port = 1 };
	struct nrt_switch_nic *out;
	struct nrt_switch *sw;

	cr_expect_eq(nrt_switch_create(&options, &sw), -EINVAL);
	options.name = "x";
	options.max_frame = NRT_SWITCH_MAX_FRAME + 1;
	cr_expect_eq(nrt_switch_create(&options, &sw), -EINVAL);
	options.max_frame = 0;
	options.packets = 65537;
	cr_expect_eq(nrt_switch_create(&options, &sw), -EINVAL);
	bed_up(&bed);
	cr_expect_eq(bed_port(&bed, 0), -EINVAL);
	cr_expect_eq(bed_port(&bed, NRT_SWITCH_MAX_PORT + 1), -EINVAL);
	cr_expect_eq(bed_port(&bed, NRT_SWITCH_MAX_PORT), 0);
	cr_expect_eq(bed_port(&bed, NRT_SWITCH_MAX_PORT), -EEXIST);
	cr_expect_eq(nrt_switch_nic_connect(bed.sw, &nic, &out), -EINVAL);
	nic.deliver = ignore;
	cr_expect_eq(nrt_switch_nic_connect(bed.sw, &nic, &out), -ENOENT);
	nic.index = NRT_SWITCH_MAX_NIC + 1;
	cr_expect_eq(nrt_switch_nic_connect(bed.sw, &nic, &out), -EINVAL);
	cr_expect_eq(nrt_switch_port_remove(bed.sw, 77), -ENOENT);
	bed_down(&bed);
	cr_expect(no_violations());
}

/* Until it does not fail any more. */
Test(extswitch, a_switch_that_memory_does_not_suffice_for_leaves_nothing_behind)
{
	const struct nrt_switch_options options = { .name = "poor", .packets = 2 };
	struct nrt_switch *sw = NULL;
	unsigned int n = 0;
	int rc;

	do {
		nrt_memory_fail_nth(++n);
		rc = nrt_switch_create(&options, &sw);
		nrt_memory_fail_nth(0);
		cr_expect(rc == 0 || nrt_memory_live() == 0);
	} while (rc != 0 && n < 100);
	cr_assert_eq(rc, 0, "%s", nrt_last_error());
	cr_expect_gt(n, 4);
	nrt_switch_destroy(sw);
	cr_expect(no_violations());
}

Test(extswitch, switches_and_other_adapters_do_not_see_each_other)
{
	const struct nrt_switch_options options = { .name = "switch1" };
	static struct stack s;
	struct nrt_switch *other;

	bed.n_nics = 2;
	stack_up(&s);
	bed_up(&bed);
	cr_assert_eq(nrt_switch_create(&options, &other), 0, "%s", nrt_last_error());
	cr_expect_eq(nrt_adapter_count(), 3);
	cr_expect_eq(s.p[0].n_bindings, 1); /* to nic0 alone */
	bed_send(&bed, 1, broadcast_mac);
	cr_expect(bed_got(&bed, 0, 1, -1));
	nrt_switch_destroy(other);
	bed_send(&bed, 1, broadcast_mac);
	cr_expect(bed_got(&bed, 0, 2, -1));
	bed_down(&bed);
	stack_down(&s);
	cr_expect(no_violations());
}
