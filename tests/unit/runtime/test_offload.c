/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Task offloads as NDIS hands them on: what the miniport says of them reaches bindings and
 * queries, what protocols set reaches the configuration and the miniport (pages
 * oid-tcp-offload-parameters, oid-offload-encapsulation).
 */
#include <string.h>

#include "contract.h"

TestSuite(offload, .init = contract_start, .fini = contract_end, .timeout = 60);

#define QUERY NdisRequestQueryInformation
#define SET NdisRequestSetInformation

static struct stack s;
static NDIS_OFFLOAD current, hardware; /* what the miniport hands in */
static NDIS_STATUS adopted;

static NDIS_OFFLOAD offload_of(ULONG encapsulation)
{
	NDIS_OFFLOAD o = { .Header = { NDIS_OBJECT_TYPE_OFFLOAD, NDIS_OFFLOAD_REVISION_1,
				       NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1 } };

	o.Checksum.IPv4Transmit.Encapsulation = encapsulation;
	return o;
}

/* NDIS has to take copies: ours are overwritten at once. */
static void hand_in(struct fake_adapter *a)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = { 0 };

	attributes.OffloadAttributes = (NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES){
		.Header = { NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES,
			    NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1,
			    NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1 },
		.DefaultOffloadConfiguration = &current,
		.HardwareOffloadCapabilities = &hardware,
	};
	adopted = NdisMSetMiniportAttributes(a->handle, &attributes);
	memset(&current, 0xEE, sizeof(current));
	memset(&hardware, 0xEE, sizeof(hardware));
}

static struct fake_binding *with_offloads(void)
{
	current = offload_of(1);
	hardware = offload_of(3);
	s.a.on_initialized = hand_in;
	s.a.takes_any_set = TRUE;
	stack_up(&s);
	cr_assert_eq(adopted, NDIS_STATUS_SUCCESS);
	return stack_binding(&s, 0);
}

static void expect_offload(NDIS_OID oid, ULONG encapsulation)
{
	NDIS_OFFLOAD o = { .Flags = 0 };
	struct fake_request r = { 0 };

	cr_expect_eq(fake_binding_oid(stack_binding(&s, 0), QUERY, oid, &o, sizeof(o), &r),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.BytesWritten,
		     NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1);
	cr_expect_eq(o.Checksum.IPv4Transmit.Encapsulation, encapsulation);
}

Test(offload, what_the_miniport_says_is_answered_above_it)
{
	with_offloads();
	expect_offload(OID_TCP_OFFLOAD_CURRENT_CONFIG, 1);
	expect_offload(OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES, 3);
	cr_expect_eq(s.a.n_oids, 0);
	stack_down(&s);
}

Test(offload, an_adapter_without_says_so)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NDIS_OFFLOAD o;

	stack_up(&s);
	cr_expect_eq(fake_binding_oid(b, QUERY, OID_TCP_OFFLOAD_CURRENT_CONFIG, &o, sizeof(o), NULL),
		     NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(fake_binding_oid(b, QUERY, OID_OFFLOAD_ENCAPSULATION, &o, sizeof(o), NULL),
		     NDIS_STATUS_NOT_SUPPORTED);
	stack_down(&s);
}

Test(offload, MP_OID_04_a_short_buffer_is_told_the_size_of_the_revision)
{
	struct fake_binding *b = with_offloads();
	struct fake_request r = { 0 };
	NDIS_OFFLOAD o;

	cr_expect_eq(fake_binding_oid(b, QUERY, OID_TCP_OFFLOAD_CURRENT_CONFIG, &o, 7, &r),
		     NDIS_STATUS_BUFFER_TOO_SHORT);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.BytesNeeded,
		     NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1);
	stack_down(&s);
}

Test(offload, the_last_one_indicated_is_the_current_one)
{
	NDIS_OFFLOAD next = offload_of(2);

	with_offloads();
	fake_adapter_status(&s.a, NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG, &next,
			    NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1);
	expect_offload(OID_TCP_OFFLOAD_CURRENT_CONFIG, 2);
	expect_offload(OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES, 3);
	stack_down(&s);
}

Test(offload, MP_STA_01_an_indication_that_is_no_NDIS_OFFLOAD_is_reported)
{
	NDIS_OFFLOAD next = offload_of(2);

	with_offloads();
	fake_adapter_status(&s.a, NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG, &next, 8);
	cr_expect(violations_are("MP-STA-01", NULL));
	expect_offload(OID_TCP_OFFLOAD_CURRENT_CONFIG, 1);
	stack_down(&s);
}

Test(offload, RS_NB_11_attributes_of_another_size_are_refused)
{
	current = offload_of(1);
	hardware = offload_of(3);
	hardware.Header.Size = 12;
	s.a.on_initialized = hand_in;
	stack_up(&s);
	cr_expect_eq(adopted, NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("RS-NB-11", NULL));
	stack_down(&s);
}

/* -------------------------------------------------------------------------- sets */

static NDIS_STATUS set_parameters(struct fake_binding *b, UCHAR tcp, UCHAR lso, ULONG flags)
{
	NDIS_OFFLOAD_PARAMETERS p = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_OFFLOAD_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1 },
		.TCPIPv4Checksum = tcp,
		.LsoV2IPv6 = lso,
		.Flags = flags,
	};

	return fake_binding_oid(b, SET, OID_TCP_OFFLOAD_PARAMETERS, &p, p.Header.Size, NULL);
}

static void expect_keyword(const WCHAR *name, ULONG value)
{
	NDIS_CONFIGURATION_OBJECT object = {
		.Header = { NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT,
			    NDIS_CONFIGURATION_OBJECT_REVISION_1,
			    NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1 },
		.NdisHandle = s.a.handle,
	};
	NDIS_CONFIGURATION_PARAMETER *parameter;
	NDIS_STRING keyword;
	NDIS_HANDLE configuration;
	NDIS_STATUS status;

	NdisInitUnicodeString(&keyword, name);
	cr_assert_eq(NdisOpenConfigurationEx(&object, &configuration), NDIS_STATUS_SUCCESS);
	NdisReadConfiguration(&status, &parameter, configuration, &keyword, NdisParameterInteger);
	cr_expect_eq(status == NDIS_STATUS_SUCCESS, value != ~0u);
	if (status == NDIS_STATUS_SUCCESS)
		cr_expect_eq(parameter->ParameterData.IntegerData, value);
	NdisCloseConfiguration(configuration);
}

Test(offload, parameters_become_keywords_before_the_miniport_is_asked)
{
	static const WCHAR tcp[] = u"*TCPChecksumOffloadIPv4", udp[] = u"*UDPChecksumOffloadIPv4",
			   lso[] = u"*LsoV2IPv6";
	struct fake_binding *b = with_offloads();

	cr_expect_eq(set_parameters(b, NDIS_OFFLOAD_PARAMETERS_RX_ENABLED_TX_DISABLED,
				    NDIS_OFFLOAD_PARAMETERS_LSOV2_DISABLED, 0),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(s.a.oids[0].oid, OID_TCP_OFFLOAD_PARAMETERS);
	expect_keyword(tcp, 2);
	expect_keyword(lso, 0);
	expect_keyword(udp, ~0u);
	cr_expect_eq(set_parameters(b, NDIS_OFFLOAD_PARAMETERS_TX_RX_DISABLED, 0,
				    NDIS_OFFLOAD_PARAMETERS_SKIP_REGISTRY_UPDATE),
		     NDIS_STATUS_SUCCESS);
	expect_keyword(tcp, 2);
	cr_expect_eq(set_parameters(b, 77, 77, 0), NDIS_STATUS_SUCCESS, "it is the miniport's to say");
	expect_keyword(tcp, 2);
	stack_down(&s);
}

Test(offload, the_encapsulation_that_was_set_is_answered_above_the_miniport)
{
	struct fake_binding *b = with_offloads();
	NDIS_OFFLOAD_ENCAPSULATION e = { .IPv4 = { NDIS_OFFLOAD_SET_ON, 2, 14 } }, is = { 0 };
	ULONG n;

	cr_expect_eq(fake_binding_oid(b, SET, OID_OFFLOAD_ENCAPSULATION, &e, sizeof(e), NULL),
		     NDIS_STATUS_SUCCESS);
	n = s.a.n_oids;
	cr_expect_eq(fake_binding_oid(b, QUERY, OID_OFFLOAD_ENCAPSULATION, &is, sizeof(is), NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(memcmp(&e, &is, sizeof(e)), 0);
	cr_expect_eq(s.a.n_oids, n);
	stack_down(&s);
}
