/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The macros that walk what OIDs of the extensible switch and of isolation carry, over arrays
 * laid out by hand: elements larger than the structures, gaps, buffers of odd lengths.
 */
#include <criterion/criterion.h>
#include <ndis.h>

#include <stdalign.h>
#include <string.h>

TestSuite(switch);

static alignas(16) UCHAR buffer[4096];

/* Of hand-made structures: an offset from the buffer's beginning. */
static size_t offset_of(const void *p)
{
	return (size_t)((const UCHAR *)p - buffer);
}

/* ---------------------------------------------------------------------- arrays */

Test(switch, ports_lie_as_far_apart_as_the_array_says)
{
	NDIS_SWITCH_PORT_ARRAY *array = (void *)buffer;

	array->FirstElementOffset = 64;
	array->NumElements = 3;
	array->ElementSize = sizeof(NDIS_SWITCH_PORT_PARAMETERS) + 24; /* of a later revision */
	for (USHORT i = 0; i < 3; i++)
		NDIS_SWITCH_PORT_AT_ARRAY_INDEX(array, i)->PortId = 100u + i;
	for (USHORT i = 0; i < 3; i++) {
		const NDIS_SWITCH_PORT_PARAMETERS *port = NDIS_SWITCH_PORT_AT_ARRAY_INDEX(array, i);

		cr_expect_eq(offset_of(port), 64 + i * (sizeof(*port) + 24));
		cr_expect_eq(port->PortId, 100u + i);
	}
}

Test(switch, network_adapters_lie_as_far_apart_as_the_array_says)
{
	NDIS_SWITCH_NIC_ARRAY *array = (void *)buffer;

	array->FirstElementOffset = NDIS_SIZEOF_NDIS_SWITCH_NIC_ARRAY_REVISION_1;
	array->ElementSize = sizeof(NDIS_SWITCH_NIC_PARAMETERS);
	cr_expect_eq(array->FirstElementOffset, 20);
	cr_expect_eq(offset_of(NDIS_SWITCH_NIC_AT_ARRAY_INDEX(array, 0)), 20);
	cr_expect_eq(offset_of(NDIS_SWITCH_NIC_AT_ARRAY_INDEX(array, 1)),
		     20 + sizeof(NDIS_SWITCH_NIC_PARAMETERS));
}

Test(switch, destinations_lie_where_the_first_one_does)
{
	NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY array = {
		.ElementSize = 16, .NumElements = 4, .NumDestinations = 2, .FirstElement = buffer,
	};

	cr_expect_eq(sizeof(NDIS_SWITCH_PORT_DESTINATION), 8);
	NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(&array, 1)->PortId = 7;
	cr_expect_eq(offset_of(NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(&array, 0)), 0);
	cr_expect_eq(offset_of(NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(&array, 1)), 16);
	cr_expect_eq(buffer[16], 7);
}

/* ------------------------------------------------------------------- properties */

Test(switch, a_ports_properties_are_walked_by_their_aligned_lengths)
{
	NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS *parameters = (void *)buffer;
	NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO *info;
	static const ULONG lengths[] = { 5, 0, 8 };
	size_t at = 64;

	parameters->FirstPropertyOffset = 64;
	parameters->NumProperties = 3;
	info = NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS_GET_FIRST_INFO(parameters);
	for (ULONG i = 0; i < parameters->NumProperties; i++) {
		cr_expect_eq(offset_of(info), at);
		info->PropertyBufferOffset = sizeof(*info) + 8;
		info->PropertyBufferLength = lengths[i];
		info->QwordAlignedPropertyBufferLength = (lengths[i] + 7) & ~7u;
		cr_expect_eq(offset_of(NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO_GET_PROPERTY(info)),
			     at + sizeof(*info) + 8);
		at += sizeof(*info) + 8 + ((lengths[i] + 7) & ~7u);
		info = NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO_GET_NEXT(info);
	}
	cr_expect_eq(offset_of(info), at);
}

Test(switch, the_switchs_properties_are_walked_by_their_aligned_lengths)
{
	NDIS_SWITCH_PROPERTY_ENUM_PARAMETERS *parameters = (void *)buffer;
	NDIS_SWITCH_PROPERTY_ENUM_INFO *info;

	parameters->FirstPropertyOffset = 48;
	info = NDIS_SWITCH_PROPERTY_ENUM_PARAMETERS_GET_FIRST_INFO(parameters);
	cr_expect_eq(offset_of(info), 48);
	info->PropertyBufferOffset = 40;
	info->PropertyBufferLength = 3;
	info->QwordAlignedPropertyBufferLength = 8;
	cr_expect_eq(offset_of(NDIS_SWITCH_PROPERTY_ENUM_INFO_GET_PROPERTY(info)), 88);
	cr_expect_eq(offset_of(NDIS_SWITCH_PROPERTY_ENUM_INFO_GET_NEXT(info)), 96);
}

Test(switch, a_property_and_its_own_buffer_are_where_their_offsets_say)
{
	NDIS_SWITCH_PORT_PROPERTY_PARAMETERS *port = (void *)buffer;
	NDIS_SWITCH_PROPERTY_PARAMETERS *whole = (void *)(buffer + 1024);
	NDIS_SWITCH_PORT_PROPERTY_CUSTOM *of_port;
	NDIS_SWITCH_PROPERTY_CUSTOM *of_whole;

	port->PropertyBufferOffset = 80;
	of_port = NDIS_SWITCH_PORT_PROPERTY_PARAMETERS_GET_PROPERTY(port);
	cr_expect_eq(offset_of(of_port), 80);
	of_port->PropertyBufferOffset = NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_CUSTOM_REVISION_1;
	cr_expect_eq(offset_of(NDIS_SWITCH_PORT_PROPERTY_CUSTOM_GET_BUFFER(of_port)), 96);
	whole->PropertyBufferOffset = 72;
	of_whole = NDIS_SWITCH_PROPERTY_PARAMETERS_GET_PROPERTY(whole);
	cr_expect_eq(offset_of(of_whole), 1024 + 72);
	of_whole->PropertyBufferOffset = 24;
	cr_expect_eq(offset_of(NDIS_SWITCH_PROPERTY_CUSTOM_GET_BUFFER(of_whole)), 1024 + 96);
}

/* ------------------------------------------------------------------- isolation */

Test(switch, routing_domains_and_their_isolation_entries_are_walked)
{
	NDIS_ISOLATION_PARAMETERS *parameters = (void *)buffer;
	NDIS_ROUTING_DOMAIN_ENTRY *domain;
	size_t at = 32;

	parameters->FirstRoutingDomainEntryOffset = 32;
	parameters->NumRoutingDomainEntries = 3;
	domain = NDIS_ISOLATION_PARAMETERS_GET_FIRST_ROUTING_DOMAIN_ENTRY(parameters);
	for (ULONG i = 0; i < parameters->NumRoutingDomainEntries; i++) {
		NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY *entry;

		cr_expect_eq(offset_of(domain), at);
		domain->NumIsolationEntries = i; /* one domain has none */
		domain->FirstIsolationEntryOffset = sizeof(*domain);
		at += sizeof(*domain);
		entry = NDIS_ROUTING_DOMAIN_ENTRY_GET_FIRST_ISOLATION_ENTRY(domain);
		for (ULONG j = 0; j < i; j++) {
			cr_expect_eq(offset_of(entry), at);
			at += sizeof(*entry);
			entry = NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY_GET_NEXT(entry);
		}
		domain = NDIS_ROUTING_DOMAIN_ENTRY_GET_NEXT(domain);
	}
	cr_expect_eq(offset_of(domain), at);
}

Test(switch, a_ports_routing_domain_has_its_first_isolation_entry)
{
	NDIS_SWITCH_PORT_PROPERTY_ROUTING_DOMAIN *domain = (void *)buffer;
	NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY *entry;

	domain->FirstIsolationEntryOffset = 400;
	entry = NDIS_SWITCH_PORT_PROPERTY_ROUTING_DOMAIN_GET_FIRST_ISOLATION_ENTRY(domain);
	cr_expect_eq(offset_of(entry), 400);
	entry->IsolationId = 0;
	entry->VlanId = 0xABC;
	cr_expect_eq(entry->IsolationId, 0xABC);
	cr_expect_eq(entry->VirtualSubnetId, 0xABC);
}

/* ------------------------------------------------------------ NET_BUFFER_LISTs */

Test(switch, the_forwarding_detail_is_in_its_slot)
{
	static NET_BUFFER_LIST nbl;
	NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO *detail =
		NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(&nbl);

	detail->SourcePortId = 0x1234;
	detail->SourceNicIndex = 0x56;
	detail->IsPacketDataSafe = 1;
	cr_expect_eq((ULONG_PTR)NET_BUFFER_LIST_INFO(&nbl, SwitchForwardingDetail),
		     0x12340000u | 0x56ull << 32 | 1ull << 42);
	cr_expect_eq(detail->AsUINT64, 0x12340000u | 0x56ull << 32 | 1ull << 42);
}

static const GUID extension = { 1, 2, 3, { 4 } };

NDIS_DECLARE_SWITCH_NET_BUFFER_LIST_CONTEXT_TYPE(first_context, extension);
NDIS_DECLARE_SWITCH_NET_BUFFER_LIST_CONTEXT_TYPE(second_context, extension);

Test(switch, each_context_type_is_one_of_its_own)
{
	PNDIS_SWITCH_NET_BUFFER_LIST_CONTEXT_TYPE first = &first_context, second = &second_context;

	cr_expect_neq(first, second);
	cr_expect_eq(memcmp(first->ExtensionId, &extension, sizeof(extension)), 0);
	cr_expect_eq(first->ExtensionId, second->ExtensionId);
	cr_expect_str_eq(second->ContextName, "second_context");
}
