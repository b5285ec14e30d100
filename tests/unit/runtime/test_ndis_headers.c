/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The NDIS headers as a driver meets them: revision sizes, the header triple,
 * the shape of the structures the documents fix, and the version macros of a
 * build that asks for none. What other headers say is compared in tests/oracle.
 */
#include <criterion/criterion.h>
#include <ndis.h>

#define THROUGH(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

struct revisions {
	const char *name;
	size_t size;     /* of the whole structure, as compiled */
	size_t expect[8]; /* size through the documented last member of each revision */
	size_t macro[8]; /* NDIS_SIZEOF_..._REVISION_n */
};

/* One row a structure with several revisions: pages ns-ndis-*, ns-ntddndis-*. */
static const struct revisions table[] = {
	{ "miniport driver characteristics",
	  sizeof(NDIS_MINIPORT_DRIVER_CHARACTERISTICS),
	  { THROUGH(NDIS_MINIPORT_DRIVER_CHARACTERISTICS, CancelOidRequestHandler),
	    THROUGH(NDIS_MINIPORT_DRIVER_CHARACTERISTICS, CancelDirectOidRequestHandler),
	    THROUGH(NDIS_MINIPORT_DRIVER_CHARACTERISTICS, SynchronousOidRequestHandler) },
	  { NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1,
	    NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
	    NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_3 } },
	{ "protocol driver characteristics",
	  sizeof(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS),
	  { THROUGH(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, SendNetBufferListsCompleteHandler),
	    THROUGH(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, DirectOidRequestCompleteHandler) },
	  { NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1,
	    NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2 } },
	{ "filter driver characteristics",
	  sizeof(NDIS_FILTER_DRIVER_CHARACTERISTICS),
	  { THROUGH(NDIS_FILTER_DRIVER_CHARACTERISTICS, StatusHandler),
	    THROUGH(NDIS_FILTER_DRIVER_CHARACTERISTICS, CancelDirectOidRequestHandler),
	    THROUGH(NDIS_FILTER_DRIVER_CHARACTERISTICS, SynchronousOidRequestCompleteHandler) },
	  { NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_1,
	    NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2,
	    NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3 } },
	{ "bind parameters",
	  sizeof(NDIS_BIND_PARAMETERS),
	  { THROUGH(NDIS_BIND_PARAMETERS, BoundAdapterName),
	    THROUGH(NDIS_BIND_PARAMETERS, HDSplitCurrentConfig),
	    THROUGH(NDIS_BIND_PARAMETERS, NicSwitchCapabilities),
	    THROUGH(NDIS_BIND_PARAMETERS, NicSwitchArray) },
	  { NDIS_SIZEOF_BIND_PARAMETERS_REVISION_1, NDIS_SIZEOF_BIND_PARAMETERS_REVISION_2,
	    NDIS_SIZEOF_BIND_PARAMETERS_REVISION_3, NDIS_SIZEOF_BIND_PARAMETERS_REVISION_4 } },
	{ "filter attach parameters",
	  sizeof(NDIS_FILTER_ATTACH_PARAMETERS),
	  { THROUGH(NDIS_FILTER_ATTACH_PARAMETERS, Flags),
	    THROUGH(NDIS_FILTER_ATTACH_PARAMETERS, HDSplitCurrentConfig),
	    THROUGH(NDIS_FILTER_ATTACH_PARAMETERS, NicSwitchCapabilities),
	    THROUGH(NDIS_FILTER_ATTACH_PARAMETERS, NicSwitchArray) },
	  { NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_1,
	    NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_2,
	    NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_3,
	    NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_4 } },
	{ "general attributes",
	  sizeof(NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES),
	  { THROUGH(NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES, AutoNegotiationFlags),
	    THROUGH(NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES, PowerManagementCapabilitiesEx) },
	  { NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1,
	    NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2 } },
	{ "hardware assist attributes",
	  sizeof(NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES),
	  { THROUGH(NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES, HDSplitAttributes),
	    THROUGH(NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES,
		    CurrentNicSwitchCapabilities),
	    THROUGH(NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES, CurrentQosCapabilities) },
	  { NDIS_SIZEOF_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES_REVISION_1,
	    NDIS_SIZEOF_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES_REVISION_2,
	    NDIS_SIZEOF_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES_REVISION_3 } },
	{ "restart general attributes",
	  sizeof(NDIS_RESTART_GENERAL_ATTRIBUTES),
	  { THROUGH(NDIS_RESTART_GENERAL_ATTRIBUTES, SupportedOidListLength),
	    THROUGH(NDIS_RESTART_GENERAL_ATTRIBUTES, MaxLookaheadSizeAccessed) },
	  { NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_1,
	    NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_2 } },
	{ "OID request",
	  sizeof(NDIS_OID_REQUEST),
	  { THROUGH(NDIS_OID_REQUEST, Reserved2), THROUGH(NDIS_OID_REQUEST, Flags) },
	  { NDIS_SIZEOF_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_2 } },
	{ "offload",
	  sizeof(NDIS_OFFLOAD),
	  { THROUGH(NDIS_OFFLOAD, Flags), THROUGH(NDIS_OFFLOAD, IPsecV2),
	    THROUGH(NDIS_OFFLOAD, EncapsulatedPacketTaskOffloadGre),
	    THROUGH(NDIS_OFFLOAD, EncapsulationTypes), THROUGH(NDIS_OFFLOAD, Rfc6877Xlat),
	    THROUGH(NDIS_OFFLOAD, UdpSegmentation), THROUGH(NDIS_OFFLOAD, UdpRsc) },
	  { NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_2,
	    NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_4,
	    NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_5, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6,
	    NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_7 } },
	{ "power management capabilities",
	  sizeof(NDIS_PM_CAPABILITIES),
	  { THROUGH(NDIS_PM_CAPABILITIES, MinLinkChangeWakeUp),
	    THROUGH(NDIS_PM_CAPABILITIES, MediaSpecificWakeUpEvents) },
	  { NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_1,
	    NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_2 } },
	{ "receive scale parameters",
	  sizeof(NDIS_RECEIVE_SCALE_PARAMETERS),
	  { THROUGH(NDIS_RECEIVE_SCALE_PARAMETERS, HashSecretKeyOffset),
	    THROUGH(NDIS_RECEIVE_SCALE_PARAMETERS, ProcessorMasksEntrySize),
	    THROUGH(NDIS_RECEIVE_SCALE_PARAMETERS, DefaultProcessorNumber) },
	  { NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_1,
	    NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2,
	    NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_3 } },
	{ "PnP event notification",
	  sizeof(NET_PNP_EVENT_NOTIFICATION),
	  { THROUGH(NET_PNP_EVENT_NOTIFICATION, Flags),
	    THROUGH(NET_PNP_EVENT_NOTIFICATION, VPortId) },
	  { NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1,
	    NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_2 } },
};

Test(ndis_headers, a_revision_ends_with_its_documented_last_member)
{
	for (size_t i = 0; i < ARRAYSIZE(table); i++)
		for (size_t r = 0; r < ARRAYSIZE(table[i].expect); r++)
			cr_expect_eq(table[i].macro[r], table[i].expect[r], "%s, revision %zu",
				     table[i].name, r + 1);
}

Test(ndis_headers, a_newer_revision_is_larger_and_none_exceeds_the_structure)
{
	for (size_t i = 0; i < ARRAYSIZE(table); i++) {
		const struct revisions *t = &table[i];

		cr_expect_gt(t->macro[0], sizeof(NDIS_OBJECT_HEADER), "%s", t->name);
		for (size_t r = 1; r < ARRAYSIZE(t->macro) && t->macro[r] != 0; r++)
			cr_expect_gt(t->macro[r], t->macro[r - 1], "%s, revision %zu", t->name,
				     r + 1);
		for (size_t r = 0; r < ARRAYSIZE(t->macro); r++)
			cr_expect_leq(t->macro[r], t->size, "%s, revision %zu", t->name, r + 1);
	}
}

/* Page ns-objectheader-ndis_object_header: Type, Revision, Size in 4 bytes. */
Test(ndis_headers, the_object_header_is_four_bytes_and_opens_every_object)
{
	cr_expect_eq(sizeof(NDIS_OBJECT_HEADER), 4);
	cr_expect_eq(offsetof(NDIS_OBJECT_HEADER, Revision), 1);
	cr_expect_eq(offsetof(NDIS_OBJECT_HEADER, Size), 2);
	cr_expect_eq(offsetof(NDIS_MINIPORT_DRIVER_CHARACTERISTICS, Header), 0);
	cr_expect_eq(offsetof(NDIS_BIND_PARAMETERS, Header), 0);
	cr_expect_eq(offsetof(NDIS_POLL_DATA, Header), 0);
	cr_expect_eq(offsetof(NDIS_STATUS_INDICATION, Header), 0);
}

/* The attributes union is told apart by the Type of the header they share. */
Test(ndis_headers, every_member_of_the_attributes_union_starts_with_its_header)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES a = { 0 };

	a.GeneralAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
	cr_expect_eq(a.AddDeviceRegistrationAttributes.Header.Type, 0x9F);
	cr_expect_eq(a.RegistrationAttributes.Header.Type, 0x9F);
	cr_expect_eq(a.OffloadAttributes.Header.Type, 0x9F);
	cr_expect_eq(a.HardwareAssistAttributes.Header.Type, 0x9F);
	cr_expect_eq(a.NDKAttributes.Header.Type, 0x9F);
}

/* Page ns-ndis-_ndis_restart_attributes: Data holds any structure. */
Test(ndis_headers, restart_attribute_data_is_aligned_for_any_structure)
{
	cr_expect_eq(offsetof(NDIS_RESTART_ATTRIBUTES, Data) % MEMORY_ALLOCATION_ALIGNMENT, 0);
	cr_expect_geq(_Alignof(NDIS_RESTART_ATTRIBUTES),
		      _Alignof(NDIS_RESTART_GENERAL_ATTRIBUTES));
}

/* An NDIS_STATUS is an NTSTATUS: severity in the top two bits, 32 bits wide. */
Test(ndis_headers, status_values_carry_their_severity)
{
	cr_expect_eq(sizeof(NDIS_STATUS), 4);
	cr_expect(NT_SUCCESS(NDIS_STATUS_SUCCESS));
	cr_expect(NT_SUCCESS(NDIS_STATUS_PENDING));
	cr_expect(NT_INFORMATION(NDIS_STATUS_LINK_STATE));
	cr_expect(NT_INFORMATION(NDIS_STATUS_INDICATION_REQUIRED));
	cr_expect(NT_WARNING(NDIS_STATUS_BUFFER_OVERFLOW));
	cr_expect(NT_ERROR(NDIS_STATUS_PAUSED));
	cr_expect(NT_ERROR(NDIS_STATUS_RESET_IN_PROGRESS));
	cr_expect_neq(NDIS_STATUS_SEND_ABORTED, NDIS_STATUS_REQUEST_ABORTED);
}

/* Flags that a driver ORs together must not overlap. */
Test(ndis_headers, packet_filter_bits_are_distinct)
{
	static const ULONG bits[] = {
		NDIS_PACKET_TYPE_DIRECTED,     NDIS_PACKET_TYPE_MULTICAST,
		NDIS_PACKET_TYPE_ALL_MULTICAST, NDIS_PACKET_TYPE_BROADCAST,
		NDIS_PACKET_TYPE_SOURCE_ROUTING, NDIS_PACKET_TYPE_PROMISCUOUS,
		NDIS_PACKET_TYPE_SMT,          NDIS_PACKET_TYPE_ALL_LOCAL,
		NDIS_PACKET_TYPE_GROUP,        NDIS_PACKET_TYPE_ALL_FUNCTIONAL,
		NDIS_PACKET_TYPE_FUNCTIONAL,   NDIS_PACKET_TYPE_MAC_FRAME,
		NDIS_PACKET_TYPE_NO_LOCAL,
	};
	ULONG seen = 0;

	for (size_t i = 0; i < ARRAYSIZE(bits); i++) {
		cr_expect_eq(bits[i] & (bits[i] - 1), 0, "bit %zu", i);
		cr_expect_eq(seen & bits[i], 0, "bit %zu", i);
		seen |= bits[i];
	}
}

/* No version asked for, as in the runtime's own build: the newest (version.h). */
Test(ndis_headers, a_build_without_a_version_gets_the_newest)
{
	cr_expect_eq(NDIS_MINIPORT_MAJOR_VERSION, 6);
	cr_expect_eq(NDIS_MINIPORT_MINOR_VERSION, NRT_NDIS_NEWEST_MINOR);
	cr_expect_eq(NDIS_PROTOCOL_MINOR_VERSION, NRT_NDIS_NEWEST_MINOR);
	cr_expect_eq(NDIS_FILTER_MINOR_VERSION, NRT_NDIS_NEWEST_MINOR);
	cr_expect(NDIS_SUPPORT_NDIS6 && NDIS_SUPPORT_NDIS61 && NDIS_SUPPORT_NDIS685);
	cr_expect_eq(NDIS_RUNTIME_VERSION_685, 0x00060055);
}
