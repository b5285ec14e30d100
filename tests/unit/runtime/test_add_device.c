/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Optional handlers of a miniport (runtime/ndis/add_device.c): in which order they are called,
 * with what, and what their failures end.
 */
#include <errno.h>

#include <nrt/nrt_bus.h>

#include "contract.h"

TestSuite(add_device, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;
static NDIS_STATUS add_status, filter_status, start_status, set_status;
static char context; /* of the device */
static UCHAR minors[2];
static ULONG_PTR offered;
static BOOLEAN replaces;

static void note(const char *name)
{
	event_note(name, NULL, KeGetCurrentIrql());
}

static NDIS_STATUS add_device(NDIS_HANDLE handle, NDIS_HANDLE driver_context)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {
		.AddDeviceRegistrationAttributes = {
			.Header = { NDIS_OBJECT_TYPE_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES,
				    NDIS_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES_REVISION_1,
				    NDIS_SIZEOF_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES_REVISION_1 },
			.MiniportAddDeviceContext = &context,
		},
	};

	note("MiniportAddDevice");
	cr_expect_eq(driver_context, &s.m);
	set_status = NdisMSetMiniportAttributes(handle, &attributes);
	return add_status;
}

static VOID remove_device(NDIS_HANDLE handle)
{
	note("MiniportRemoveDevice");
	cr_expect_eq(handle, &context);
}

/* A list in its place, as the page allows. */
static void replace(PIRP irp)
{
	IO_RESOURCE_REQUIREMENTS_LIST *list = NdisAllocateMemoryWithTagPriority(
		s.m.handle, sizeof(*list), 'tsil', NormalPoolPriority);

	NdisZeroMemory(list, sizeof(*list));
	NdisFreeMemory((PVOID)irp->IoStatus.Information, 0, 0);
	irp->IoStatus.Information = (ULONG_PTR)list;
}

static NDIS_STATUS filter_requirements(NDIS_HANDLE handle, PIRP irp)
{
	PIO_STACK_LOCATION at = IoGetCurrentIrpStackLocation(irp);

	note("MiniportFilterResourceRequirements");
	cr_expect_eq(handle, &context);
	cr_expect_eq(at->MajorFunction, IRP_MJ_PNP);
	minors[0] = at->MinorFunction;
	offered = irp->IoStatus.Information;
	cr_expect_eq((ULONG_PTR)at->Parameters.FilterResourceRequirements.IoResourceRequirementList,
		     offered);
	if (offered != 0) {
		const IO_RESOURCE_REQUIREMENTS_LIST *list = (PVOID)offered;

		cr_expect_gt(list->List[0].Count, 0);
		cr_expect_eq(list->List[0].Descriptors[0].u.Memory.MaximumAddress.QuadPart,
			     list->List[0].Descriptors[0].u.Memory.MinimumAddress.QuadPart +
				     list->List[0].Descriptors[0].u.Memory.Length - 1);
	}
	if (replaces)
		replace(irp);
	return filter_status;
}

static NDIS_STATUS start_device(NDIS_HANDLE handle, PIRP irp)
{
	note("MiniportStartDevice");
	cr_expect_eq(handle, &context);
	minors[1] = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
	return start_status;
}

static NDIS_STATUS registered;

static void set_handlers(struct fake_miniport *m, NDIS_HANDLE handle)
{
	NDIS_MINIPORT_PNP_CHARACTERISTICS pnp = {
		.Header = { NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS,
			    NDIS_MINIPORT_PNP_CHARACTERISTICS_REVISION_1,
			    NDIS_SIZEOF_MINIPORT_PNP_CHARACTERISTICS_REVISION_1 },
		.MiniportAddDeviceHandler = add_device,
		.MiniportRemoveDeviceHandler = remove_device,
		.MiniportFilterResourceRequirementsHandler = filter_requirements,
		.MiniportStartDeviceHandler = start_device,
	};

	(void)m;
	registered = NdisSetOptionalHandlers(handle, &pnp.Header);
}

static int add(void)
{
	s.m.on_set_options = set_handlers;
	cr_assert_eq(load_miniport(&s.m, &s.miniport), 0);
	cr_assert_eq(registered, NDIS_STATUS_SUCCESS);
	return add_adapter(&s.m, &s.a, s.miniport, "nic0", &s.adapter);
}

Test(add_device, they_are_called_around_the_life_of_the_adapter)
{
	cr_assert_eq(add(), 0);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(events_are("MiniportAddDevice", "MiniportFilterResourceRequirements",
			     "MiniportStartDevice", "MiniportInitializeEx", "initialized",
			     "MiniportRestart", "MiniportPause", "MiniportHaltEx",
			     "MiniportRemoveDevice", NULL));
	cr_expect_eq(set_status, NDIS_STATUS_SUCCESS);
	cr_expect_eq(s.a.add_device_context, &context);
	cr_expect_eq(minors[0], IRP_MN_FILTER_RESOURCE_REQUIREMENTS);
	cr_expect_eq(minors[1], IRP_MN_START_DEVICE);
	cr_expect_eq(offered, 0, "a device without a bus needs nothing");
	cr_expect(event_irql_is("MiniportAddDevice", PASSIVE_LEVEL));
	stack_down(&s);
	cr_expect(no_violations());
}

Test(add_device, what_a_device_has_is_what_it_needs)
{
	const struct nrt_bus_range range = { .kind = NRT_BUS_MEMORY, .start = 0x1000,
					     .length = 256 };
	const struct nrt_bus bus = { .ranges = &range, .n_ranges = 1 };

	s.m.on_set_options = set_handlers;
	replaces = TRUE;
	filter_status = NDIS_STATUS_FAILURE; /* then the bus's list counts */
	cr_assert_eq(stack_up_on(&s, &bus, NULL), 0, "%s", nrt_last_error());
	cr_expect_neq(offered, 0);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(add_device, a_device_that_is_not_added_is_not_initialized)
{
	add_status = NDIS_STATUS_RESOURCES;
	cr_expect_eq(add(), -ENODEV);
	cr_expect(events_are("MiniportAddDevice", NULL));
	s.adapter = NULL;
	stack_down(&s);
	cr_expect(no_violations());
}

Test(add_device, one_that_does_not_start_is_removed)
{
	start_status = NDIS_STATUS_FAILURE;
	cr_expect_eq(add(), -ENODEV);
	cr_expect(events_are("MiniportAddDevice", "MiniportFilterResourceRequirements",
			     "MiniportStartDevice", "MiniportRemoveDevice", NULL));
	s.adapter = NULL;
	stack_down(&s);
	cr_expect(no_violations());
}

Test(add_device, one_that_does_not_initialize_is_removed)
{
	s.a.fail_at = 2;
	s.a.fail_status = NDIS_STATUS_FAILURE;
	cr_expect_eq(add(), -ENODEV);
	cr_expect_eq(event_count("MiniportRemoveDevice", NULL), 1);
	s.adapter = NULL;
	stack_down(&s);
	cr_expect(no_violations());
}

Test(add_device, a_halt_for_a_sleep_is_no_removal)
{
	cr_assert_eq(add(), 0);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0);
	cr_expect_eq(event_count("MiniportHaltEx", NULL), 1);
	s.m.next = &s.a;
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 0), 0);
	cr_expect_eq(event_count("MiniportAddDevice", NULL), 1);
	cr_expect_eq(event_count("MiniportRemoveDevice", NULL), 0);
	cr_expect_eq(s.a.add_device_context, &context);
	stack_down(&s);
	cr_expect_eq(event_count("MiniportRemoveDevice", NULL), 1);
	cr_expect(no_violations());
}

Test(add_device, MP_INI_03_its_attributes_are_set_in_it_only)
{
	stack_up(&s);
	add_status = add_device(s.a.handle, &s.m);
	cr_expect_eq(set_status, NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("MP-INI-03", NULL));
	set_handlers(&s.m, s.m.handle);
	cr_expect_eq(registered, NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-REG-04", NULL));
	stack_down(&s);
}

static void set_malformed(struct fake_miniport *m, NDIS_HANDLE handle)
{
	NDIS_OBJECT_HEADER header = { NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS,
				      NDIS_MINIPORT_PNP_CHARACTERISTICS_REVISION_1,
				      sizeof(NDIS_OBJECT_HEADER) };

	(void)m;
	registered = NdisSetOptionalHandlers(handle, &header);
	header.Type = NDIS_OBJECT_TYPE_CO_MINIPORT_CHARACTERISTICS;
	set_status = NdisSetOptionalHandlers(handle, &header);
}

Test(add_device, malformed_handlers_are_refused)
{
	s.m.on_set_options = set_malformed;
	stack_up(&s);
	cr_expect_eq(registered, NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(set_status, NDIS_STATUS_NOT_SUPPORTED);
	cr_expect(violations_are("RS-NB-11", NULL));
	stack_down(&s);
}
