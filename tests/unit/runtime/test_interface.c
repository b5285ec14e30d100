/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Network interfaces: NET_LUIDs and indices of adapters and of what drivers
 * register, the interface stack, and the queries their providers answer.
 */
#include <errno.h>
#include <string.h>

#include "contract.h"

TestSuite(interface, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;

/* ------------------------------------------------------------------- a provider */

static struct {
	NDIS_HANDLE context;
	NET_IF_OBJECT_ID oid;
	ULONG length;
	KIRQL irql;
} asked;

static NDIS_STATUS query_object(NDIS_HANDLE context, NET_IF_OBJECT_ID oid, PULONG length,
				PVOID buffer)
{
	const ULONG value = 4711;

	asked.context = context;
	asked.oid = oid;
	asked.length = *length;
	asked.irql = KeGetCurrentIrql();
	if (oid == OID_GEN_PROMISCUOUS_MODE) /* a provider that takes it away just now */
		NdisIfDeregisterInterface(*(NET_IFINDEX *)context);
	if (oid == OID_GEN_INTERFACE_INFO) { /* a provider that overstates */
		*length += 1;
		return NDIS_STATUS_SUCCESS;
	}
	if (oid != OID_GEN_ADMIN_STATUS)
		return NDIS_STATUS_NOT_SUPPORTED;
	if (*length < sizeof(value))
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	memcpy(buffer, &value, sizeof(value));
	*length = sizeof(value);
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS set_object(NDIS_HANDLE context, NET_IF_OBJECT_ID oid, ULONG length, PVOID buffer)
{
	(void)context;
	(void)oid;
	(void)length;
	(void)buffer;
	return NDIS_STATUS_NOT_SUPPORTED;
}

static NDIS_IF_PROVIDER_CHARACTERISTICS characteristics(void)
{
	return (NDIS_IF_PROVIDER_CHARACTERISTICS){
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_OBJECT_REVISION_1,
			    NDIS_SIZEOF_IF_PROVIDER_CHARACTERISTICS_REVISION_1 },
		.QueryObjectHandler = query_object,
		.SetObjectHandler = set_object,
	};
}

static NDIS_HANDLE provider_new(void)
{
	NDIS_IF_PROVIDER_CHARACTERISTICS c = characteristics();
	NDIS_HANDLE provider = NULL;

	cr_assert_eq(NdisIfRegisterProvider(&c, NULL, &provider), NDIS_STATUS_SUCCESS);
	return provider;
}

static NET_IF_INFORMATION information(void)
{
	return (NET_IF_INFORMATION){
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_OBJECT_REVISION_1,
			    NDIS_SIZEOF_NET_IF_INFORMATION_REVISION_1 },
		.WanTunnelType = NIIF_WAN_TUNNEL_TYPE_UNKNOWN,
		.AccessType = NET_IF_ACCESS_BROADCAST,
		.ConnectionType = NET_IF_CONNECTION_DEDICATED,
		.MediaType = NdisMedium802_3,
	};
}

static NET_LUID luid_new(void)
{
	NET_LUID luid;
	UINT32 index;

	cr_assert_eq(NdisIfAllocateNetLuidIndex(IF_TYPE_PROP_VIRTUAL, &index),
		     NDIS_STATUS_SUCCESS);
	NDIS_MAKE_NET_LUID(&luid, IF_TYPE_PROP_VIRTUAL, index);
	return luid;
}

static NET_IFINDEX interface_new(NDIS_HANDLE provider, NDIS_HANDLE context)
{
	NET_IF_INFORMATION info = information();
	NET_IFINDEX index = 0;

	cr_assert_eq(NdisIfRegisterInterface(provider, luid_new(), context, &info, &index),
		     NDIS_STATUS_SUCCESS);
	cr_assert_neq(index, 0);
	return index;
}

/* --------------------------------------------------------------- NET_LUID indices */

Test(interface, a_luid_index_is_given_out_once_until_it_is_freed)
{
	UINT32 first, second, other_type, again;

	NdisIfAllocateNetLuidIndex(IF_TYPE_PROP_VIRTUAL, &first);
	NdisIfAllocateNetLuidIndex(IF_TYPE_PROP_VIRTUAL, &second);
	cr_expect_neq(first, second);
	NdisIfAllocateNetLuidIndex(IF_TYPE_TUNNEL, &other_type);
	cr_expect_eq(other_type, first, "types are counted apart");
	cr_expect_eq(NdisIfFreeNetLuidIndex(IF_TYPE_TUNNEL, second), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(NdisIfFreeNetLuidIndex(IF_TYPE_PROP_VIRTUAL, first), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisIfFreeNetLuidIndex(IF_TYPE_PROP_VIRTUAL, first),
		     NDIS_STATUS_INVALID_PARAMETER);
	NdisIfAllocateNetLuidIndex(IF_TYPE_PROP_VIRTUAL, &again);
	cr_expect_neq(again, second);
}

Test(interface, a_luid_holds_its_type_and_index)
{
	NET_LUID luid = { .Value = ~0ULL };

	NDIS_MAKE_NET_LUID(&luid, IF_TYPE_TUNNEL, 0x123456);
	cr_expect_eq(luid.Info.IfType, IF_TYPE_TUNNEL);
	cr_expect_eq(luid.Info.NetLuidIndex, 0x123456);
	cr_expect_eq(luid.Info.Reserved, 0);
}

/* ------------------------------------------------------------- drivers' interfaces */

Test(interface, a_registered_interface_is_found_by_luid_and_by_index)
{
	NDIS_HANDLE provider = provider_new();
	NET_IFINDEX index = interface_new(provider, NULL), found = 0;
	NET_LUID luid, none = { .Value = 0 };

	cr_assert_eq(NdisIfGetNetLuidFromInterfaceIndex(index, &luid), NDIS_STATUS_SUCCESS);
	cr_assert_eq(NdisIfGetInterfaceIndexFromNetLuid(luid, &found), NDIS_STATUS_SUCCESS);
	cr_expect_eq(found, index);
	cr_expect_eq(NdisIfGetInterfaceIndexFromNetLuid(none, &found),
		     NDIS_STATUS_INTERFACE_NOT_FOUND);
	NdisIfDeregisterInterface(index);
	cr_expect_eq(NdisIfGetNetLuidFromInterfaceIndex(index, &luid),
		     NDIS_STATUS_INTERFACE_NOT_FOUND);
	NdisIfDeregisterProvider(provider);
}

Test(interface, a_luid_is_registered_once_also_one_kept_from_before)
{
	NDIS_HANDLE provider = provider_new();
	NET_IF_INFORMATION info = information();
	NET_IFINDEX index, second;
	NET_LUID luid;

	NDIS_MAKE_NET_LUID(&luid, IF_TYPE_PROP_VIRTUAL, 77); /* from persistent storage */
	cr_assert_eq(NdisIfRegisterInterface(provider, luid, NULL, &info, &index),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisIfRegisterInterface(provider, luid, NULL, &info, &second),
		     NDIS_STATUS_DUPLICATE_OBJECTID);
	NdisIfDeregisterInterface(index);
	cr_expect_eq(NdisIfFreeNetLuidIndex(IF_TYPE_PROP_VIRTUAL, 77), NDIS_STATUS_SUCCESS);
	NdisIfDeregisterProvider(provider);
}

Test(interface, wrong_information_is_refused)
{
	NDIS_HANDLE provider = provider_new();
	NET_IF_INFORMATION info = information();
	NET_LUID luid = luid_new(), none = { .Value = 0 };
	NET_IFINDEX index;

	cr_expect_eq(NdisIfRegisterInterface(provider, none, NULL, &info, &index),
		     NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(NdisIfRegisterInterface(provider, luid, NULL, NULL, &index),
		     NDIS_STATUS_INVALID_PARAMETER);
	info.AccessType = NET_IF_ACCESS_MAXIMUM;
	cr_expect_eq(NdisIfRegisterInterface(provider, luid, NULL, &info, &index),
		     NDIS_STATUS_INVALID_PARAMETER);
	info = information();
	info.PhysAddressLength = IF_MAX_PHYS_ADDRESS_LENGTH + 1;
	cr_expect_eq(NdisIfRegisterInterface(provider, luid, NULL, &info, &index),
		     NDIS_STATUS_INVALID_PARAMETER);
	info = information();
	info.Header.Size--;
	cr_expect_eq(NdisIfRegisterInterface(provider, luid, NULL, &info, &index),
		     NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("RS-NB-11", NULL));
	NdisIfDeregisterProvider(provider);
}

Test(interface, wrong_characteristics_are_refused)
{
	NDIS_IF_PROVIDER_CHARACTERISTICS c = characteristics();
	NDIS_HANDLE provider;

	c.Header.Revision = 2;
	cr_expect_eq(NdisIfRegisterProvider(&c, NULL, &provider), NDIS_STATUS_NOT_SUPPORTED);
	c = characteristics();
	c.Header.Type++;
	cr_expect_eq(NdisIfRegisterProvider(&c, NULL, &provider), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("RS-NB-11", "RS-NB-11", NULL));
	c = characteristics();
	c.QueryObjectHandler = NULL;
	cr_expect_eq(NdisIfRegisterProvider(&c, NULL, &provider), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_null(provider);
}

Test(interface, IM_12_a_provider_that_deregisters_before_its_interfaces_is_reported)
{
	NDIS_HANDLE provider = provider_new();
	NET_IFINDEX index = interface_new(provider, NULL);
	NET_LUID luid;

	NdisIfDeregisterProvider(provider);
	cr_expect(violations_are("IM-12", NULL));
	cr_expect_eq(NdisIfGetNetLuidFromInterfaceIndex(index, &luid),
		     NDIS_STATUS_INTERFACE_NOT_FOUND);
}

Test(interface, IM_12_wrong_handles_and_indices_are_reported)
{
	NDIS_HANDLE provider = provider_new();
	NET_IF_INFORMATION info = information();
	NET_IFINDEX index;

	NdisIfDeregisterProvider(provider);
	NdisIfDeregisterProvider(provider);
	NdisIfDeregisterProvider(NULL);
	cr_expect_eq(NdisIfRegisterInterface(&info, luid_new(), NULL, &info, &index),
		     NDIS_STATUS_INVALID_PARAMETER);
	NdisIfDeregisterInterface(4711);
	cr_expect(violations_are("IM-12", "IM-12", "IM-12", "IM-12", NULL));
}

static NDIS_HANDLE early_provider;

static void register_in_entry(NDIS_MINIPORT_DRIVER_CHARACTERISTICS *chars)
{
	(void)chars;
	early_provider = provider_new();
}

Test(interface, IM_12_a_driver_that_is_unloaded_as_a_provider_is_reported)
{
	s.m.mutate = register_in_entry;
	stack_up(&s);
	interface_new(early_provider, NULL);
	stack_down(&s);
	cr_expect(violations_are("IM-12", "IM-12", NULL));
}

/* -------------------------------------------------------------------------- stack */

Test(interface, IM_12_an_entry_that_closes_a_cycle_is_refused_and_reported)
{
	NDIS_HANDLE provider = provider_new();
	NET_IFINDEX top = interface_new(provider, NULL), middle = interface_new(provider, NULL),
		    bottom = interface_new(provider, NULL);

	cr_expect_eq(NdisIfAddIfStackEntry(top, middle), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisIfAddIfStackEntry(middle, bottom), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisIfAddIfStackEntry(top, bottom), NDIS_STATUS_SUCCESS);
	cr_expect(no_violations());
	cr_expect_neq(NdisIfAddIfStackEntry(bottom, top), NDIS_STATUS_SUCCESS);
	cr_expect_neq(NdisIfAddIfStackEntry(middle, middle), NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("IM-12", "IM-12", NULL));
	cr_expect_eq(NdisIfDeleteIfStackEntry(top, middle), NDIS_STATUS_SUCCESS);
	cr_expect_neq(NdisIfDeleteIfStackEntry(top, middle), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisIfAddIfStackEntry(middle, top), NDIS_STATUS_SUCCESS, "no cycle any more");
	NdisIfDeregisterInterface(bottom);
	cr_expect_neq(NdisIfDeleteIfStackEntry(middle, bottom), NDIS_STATUS_SUCCESS,
		      "an interface takes its entries along");
	cr_expect_eq(NdisIfAddIfStackEntry(top, bottom), NDIS_STATUS_INTERFACE_NOT_FOUND);
	NdisIfDeregisterInterface(top);
	NdisIfDeregisterInterface(middle);
	NdisIfDeregisterProvider(provider);
}

/* ----------------------------------------------------------------------- adapters */

static NDIS_MINIPORT_INIT_PARAMETERS initialized_with;

static MINIPORT_INITIALIZE_HANDLER own_initialize;

static NDIS_STATUS note_parameters(NDIS_HANDLE handle, NDIS_HANDLE context,
				   PNDIS_MINIPORT_INIT_PARAMETERS parameters)
{
	initialized_with = *parameters;
	return own_initialize(handle, context, parameters);
}

static void wrap_initialize(NDIS_MINIPORT_DRIVER_CHARACTERISTICS *chars)
{
	own_initialize = chars->InitializeHandlerEx;
	chars->InitializeHandlerEx = note_parameters;
}

Test(interface, an_adapter_has_one_index_and_luid_for_all_who_ask)
{
	NET_IFINDEX bound, lowest, index = 0;
	NET_LUID bound_luid, lowest_luid, luid;
	const struct fake_binding *b = stack_binding(&s, 0);

	s.m.mutate = wrap_initialize;
	stack_up(&s);
	cr_assert_eq(NdisIfQueryBindingIfIndex(b->handle, &bound, &bound_luid, &lowest,
					       &lowest_luid),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(bound, initialized_with.IfIndex);
	cr_expect_eq(lowest, bound);
	cr_expect_eq(bound_luid.Value, initialized_with.NetLuid.Value);
	cr_expect_eq(lowest_luid.Value, bound_luid.Value);
	cr_expect_eq(b->params.BoundIfNetluid.Value, bound_luid.Value);
	cr_expect_eq(b->params.LowestIfNetluid.Value, bound_luid.Value);
	cr_expect_eq(bound_luid.Info.IfType, IF_TYPE_ETHERNET_CSMACD);
	cr_expect_eq(NdisIfGetNetLuidFromInterfaceIndex(bound, &luid), NDIS_STATUS_SUCCESS);
	cr_expect_eq(luid.Value, bound_luid.Value);
	NdisIfDeregisterInterface(bound); /* is not the driver's */
	cr_expect(violations_are("IM-12", NULL));
	stack_down(&s);
	cr_expect_eq(NdisIfGetInterfaceIndexFromNetLuid(bound_luid, &index),
		     NDIS_STATUS_INTERFACE_NOT_FOUND);
}

Test(interface, a_binding_that_is_none_has_no_interface)
{
	NET_IFINDEX bound, lowest;
	NET_LUID bound_luid, lowest_luid;

	cr_expect_eq(NdisIfQueryBindingIfIndex(NULL, &bound, &bound_luid, &lowest, &lowest_luid),
		     NDIS_STATUS_INTERFACE_NOT_FOUND);
	cr_expect(violations_are("PR-UNB-03", NULL));
}

/* ------------------------------------------------------------------------ queries */

Test(interface, a_provider_is_asked_with_its_context_at_passive_level)
{
	NDIS_HANDLE provider = provider_new();
	NET_IFINDEX index = interface_new(provider, &asked);
	uint32_t value, length = sizeof(value);

	cr_assert_eq(nrt_interface_query(index, OID_GEN_ADMIN_STATUS, &value, &length), 0);
	cr_expect_eq(value, 4711);
	cr_expect_eq(length, sizeof(value));
	cr_expect_eq(asked.context, &asked);
	cr_expect_eq(asked.oid, OID_GEN_ADMIN_STATUS);
	cr_expect_eq(asked.irql, PASSIVE_LEVEL);
	length = 3;
	cr_expect_eq(nrt_interface_query(index, OID_GEN_ADMIN_STATUS, &value, &length), -EIO);
	cr_expect_eq(asked.length, 3);
	length = sizeof(value);
	cr_expect_eq(nrt_interface_query(index, OID_GEN_ALIAS, &value, &length), -EIO);
	cr_expect_eq(nrt_interface_query(index, OID_GEN_INTERFACE_INFO, &value, &length), -EIO);
	cr_expect_eq(nrt_interface_query(index + 1, OID_GEN_ALIAS, &value, &length), -ENODEV);
	NdisIfDeregisterInterface(index);
	NdisIfDeregisterProvider(provider);
}

Test(interface, a_provider_may_deregister_an_interface_while_it_is_asked)
{
	NET_IFINDEX index;
	NDIS_HANDLE provider = provider_new();
	uint32_t value, length = sizeof(value);

	index = interface_new(provider, &index);
	cr_expect_eq(nrt_interface_query(index, OID_GEN_PROMISCUOUS_MODE, &value, &length), -EIO);
	cr_expect_eq(nrt_interface_query(index, OID_GEN_ADMIN_STATUS, &value, &length), -ENODEV);
	NdisIfDeregisterProvider(provider);
}

static uint32_t number(uint32_t index, uint32_t oid)
{
	uint32_t value = 0, length = sizeof(value);

	cr_expect_eq(nrt_interface_query(index, oid, &value, &length), 0, "%s", nrt_last_error());
	return value;
}

Test(interface, the_runtime_answers_for_an_adapter)
{
	static const WCHAR wide[] = { 'n', 'i', 'c', '0' };
	IF_COUNTED_STRING name;
	NDIS_LINK_SPEED speed;
	uint32_t length = sizeof(name), index;
	UCHAR mac[6];

	stack_up(&s);
	index = nrt_interface_next(0);
	cr_assert_neq(index, 0);
	cr_expect_eq(nrt_interface_next(index), 0);
	cr_assert_eq(nrt_interface_query(index, OID_GEN_ALIAS, &name, &length), 0);
	cr_expect_eq(name.Length, sizeof(wide));
	cr_expect_arr_eq(name.String, wide, sizeof(wide));
	length = sizeof(mac);
	cr_assert_eq(nrt_interface_query(index, OID_802_3_CURRENT_ADDRESS, mac, &length), 0);
	cr_expect_arr_eq(mac, fake_mac, 6);
	length = sizeof(speed);
	cr_assert_eq(nrt_interface_query(index, OID_GEN_LINK_SPEED_EX, &speed, &length), 0);
	cr_expect_eq(speed.RcvLinkSpeed, 10000000000ULL);
	cr_expect_eq(number(index, OID_GEN_MAXIMUM_FRAME_SIZE), 1500);
	cr_expect_eq(number(index, OID_GEN_ADMIN_STATUS), NET_IF_ADMIN_STATUS_UP);
	cr_expect_eq(number(index, OID_GEN_OPERATIONAL_STATUS), NET_IF_OPER_STATUS_UP);
	fake_adapter_link(&s.a, FALSE, 0);
	cr_expect_eq(number(index, OID_GEN_OPERATIONAL_STATUS), NET_IF_OPER_STATUS_DOWN);
	cr_expect_eq(number(index, OID_GEN_MEDIA_CONNECT_STATUS_EX),
		     MediaConnectStateDisconnected);
	length = 2;
	cr_expect_eq(nrt_interface_query(index, OID_GEN_LINK_SPEED_EX, &speed, &length), -EIO);
	length = sizeof(speed);
	cr_expect_eq(nrt_interface_query(index, OID_GEN_STATISTICS, &speed, &length), -EIO);
	stack_down(&s);
	cr_expect_eq(nrt_interface_next(0), 0);
}
