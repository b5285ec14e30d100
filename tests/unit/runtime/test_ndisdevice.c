/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisRegisterDeviceEx and its reciprocal: what is taken and refused, whose
 * dispatch routines run, and who must be gone before the driver. Rules
 * MP-UNL-01, RS-NB-11, N5-25.
 */
#include <errno.h>
#include <string.h>

#include <wdmsec.h>
#include <nrt/nrt_device.h>

#include "fake_device.h"
#include "filters.h"
#include "ke/memory.h"

TestSuite(ndisdevice, .init = contract_start, .fini = contract_end, .timeout = 60);

#define BOTH (NRT_DEVICE_READ | NRT_DEVICE_WRITE)

static struct fake_miniport m;
static struct fake_protocol p;
static struct fake_device d;
static struct nrt_driver *driver;
static struct nrt_device_file *file;

static void load(void)
{
	cr_assert_eq(load_miniport(&m, &driver), 0);
}

static void unload(void)
{
	cr_expect_eq(unload_miniport(&m, driver), 0, "%s", nrt_last_error());
}

/* Takes what a caller left there, as the page says: NULL on failure. */
static NDIS_STATUS register_with(NDIS_HANDLE handle, NDIS_DEVICE_OBJECT_ATTRIBUTES *a)
{
	NDIS_STATUS status;

	d.object = (PDEVICE_OBJECT)&d;
	status = NdisRegisterDeviceEx(handle, a, &d.object, &d.handle);
	if (status != NDIS_STATUS_SUCCESS)
		cr_expect_null(d.object);
	return status;
}

Test(ndisdevice, MP_UNL_01_a_device_lives_from_registration_to_deregistration)
{
	struct nrt_device_result result;
	char text[] = "abc";

	d.io_flags = DO_DIRECT_IO;
	load();
	cr_assert_eq(fake_device_register(&d, m.handle), NDIS_STATUS_SUCCESS);
	cr_expect_not_null(d.handle);
	cr_expect_eq(d.object->Flags & DO_DEVICE_INITIALIZING, 0);
	cr_expect_eq(d.object->DeviceType, FILE_DEVICE_NETWORK);
	cr_expect_eq(d.object->DriverObject->DeviceObject, d.object);
	cr_expect_null(d.object->DriverObject->MajorFunction[IRP_MJ_READ]);
	cr_assert_eq(nrt_device_open("FakeLink", BOTH, &file), 0);
	cr_expect_eq(nrt_device_write(file, text, 3, 0, 0, &result), 0);
	cr_expect_eq(d.mdl_bytes, 3);
	cr_expect_eq(nrt_device_read(file, text, 3, 0, 0, &result), 0);
	cr_expect_eq(nrt_device_close(file), 0);
	NdisDeregisterDeviceEx(d.handle);
	cr_expect_eq(nrt_device_open("FakeLink", BOTH, &file), -ENOENT);
	cr_expect_eq(nrt_device_open("\\Device\\Fake", BOTH, &file), -ENOENT);
	unload();
}

Test(ndisdevice, MP_UNL_01_a_device_that_a_driver_leaves_is_reported_and_taken_away)
{
	load();
	cr_assert_eq(fake_device_register(&d, m.handle), NDIS_STATUS_SUCCESS);
	unload();
	cr_expect(violations_are("MP-UNL-01", NULL));
	load(); /* its names are free */
	cr_assert_eq(fake_device_register(&d, m.handle), NDIS_STATUS_SUCCESS);
	NdisDeregisterDeviceEx(d.handle);
	unload();
}

Test(ndisdevice, MP_UNL_01_no_driver_goes_while_a_file_of_its_device_is_open)
{
	load();
	cr_assert_eq(fake_device_register(&d, m.handle), NDIS_STATUS_SUCCESS);
	cr_assert_eq(nrt_device_open("FakeLink", BOTH, &file), 0);
	cr_expect_eq(unload_miniport(&m, driver), -EBUSY);
	cr_expect_eq(event_count("MiniportDriverUnload", &m), 0);
	cr_expect_eq(nrt_device_close(file), 0);
	NdisDeregisterDeviceEx(d.handle);
	unload();
}

Test(ndisdevice, MP_UNL_01_deregistering_twice_is_reported)
{
	load();
	cr_assert_eq(fake_device_register(&d, m.handle), NDIS_STATUS_SUCCESS);
	NdisDeregisterDeviceEx(d.handle);
	NdisDeregisterDeviceEx(d.handle);
	NdisDeregisterDeviceEx(NULL);
	cr_expect(violations_are("MP-UNL-01", "MP-UNL-01", NULL));
	unload();
}

Test(ndisdevice, MP_UNL_01_a_registered_device_is_not_IoDeleteDevices_to_delete)
{
	load();
	cr_assert_eq(fake_device_register(&d, m.handle), NDIS_STATUS_SUCCESS);
	IoDeleteDevice(d.object);
	cr_expect(violations_are("0xC9/0x240", NULL));
	cr_assert_eq(nrt_device_open("FakeLink", BOTH, &file), 0, "it is still there");
	cr_expect_eq(nrt_device_close(file), 0);
	NdisDeregisterDeviceEx(d.handle);
	unload();
}

/* The object stays for the file that is open, with its routines and extension. */
Test(ndisdevice, a_deregistered_device_ends_with_its_last_file)
{
	UCHAR *extension;

	load();
	cr_assert_eq(fake_device_register(&d, m.handle), NDIS_STATUS_SUCCESS);
	extension = NdisGetDeviceReservedExtension(d.object);
	cr_assert_eq(nrt_device_open("FakeLink", BOTH, &file), 0);
	NdisDeregisterDeviceEx(d.handle);
	cr_expect_eq(NdisGetDeviceReservedExtension(d.object), extension);
	extension[0] = 1;
	cr_expect_eq(nrt_device_write(file, NULL, 0, 0, 0, NULL), 0);
	cr_expect_eq(nrt_device_read(file, NULL, 0, 0, 0, NULL), 0);
	cr_expect_eq(unload_miniport(&m, driver), -EBUSY);
	cr_assert_eq(fake_device_register(&d, m.handle), NDIS_STATUS_SUCCESS, "its names are free");
	NdisDeregisterDeviceEx(d.handle);
	cr_expect_eq(nrt_device_close(file), 0);
	cr_expect_eq(d.closes, 1);
	unload();
}

Test(ndisdevice, the_drivers_extension_is_zeroed_and_as_large_as_asked)
{
	NDIS_DEVICE_OBJECT_ATTRIBUTES a;
	UCHAR *extension;

	load();
	cr_assert_eq(fake_device_register(&d, m.handle), NDIS_STATUS_SUCCESS);
	extension = NdisGetDeviceReservedExtension(d.object);
	cr_assert_not_null(extension);
	for (int i = 0; i < FAKE_DEVICE_EXTENSION; i++)
		cr_expect_eq(extension[i], 0);
	memset(extension, 0xFF, FAKE_DEVICE_EXTENSION);
	NdisDeregisterDeviceEx(d.handle);
	fake_device_attributes(&a);
	a.ExtensionSize = 0;
	cr_assert_eq(register_with(m.handle, &a), NDIS_STATUS_SUCCESS);
	cr_expect_null(NdisGetDeviceReservedExtension(d.object));
	cr_expect_null(NdisGetDeviceReservedExtension(NULL));
	NdisDeregisterDeviceEx(d.handle);
	unload();
}

Test(ndisdevice, N5_25_the_device_extension_is_that_of_NDIS)
{
	load();
	cr_assert_eq(fake_device_register(&d, m.handle), NDIS_STATUS_SUCCESS);
	d.object->DeviceExtension = &d;
	NdisDeregisterDeviceEx(d.handle);
	cr_expect(violations_are("N5-25", NULL));
	unload();
}

static NTSTATUS never(PDEVICE_OBJECT object, PIRP irp)
{
	(void)object;
	(void)irp;
	cr_assert_fail("a virtual device got a PnP or power IRP");
	return STATUS_SUCCESS;
}

Test(ndisdevice, N5_25_a_device_has_no_dispatch_routine_for_pnp_or_power)
{
	NDIS_DEVICE_OBJECT_ATTRIBUTES a;
	KEVENT event;
	IO_STATUS_BLOCK iosb;
	PIRP irp;

	load();
	fake_device_attributes(&a);
	a.MajorFunctions[IRP_MJ_PNP] = never;
	a.MajorFunctions[IRP_MJ_POWER] = never;
	cr_assert_eq(register_with(m.handle, &a), NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("N5-25", "N5-25", NULL));
	KeInitializeEvent(&event, NotificationEvent, FALSE);
	irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, d.object, NULL, 0, NULL, &event, &iosb);
	cr_assert_not_null(irp);
	cr_expect_eq(IoCallDriver(d.object, irp), STATUS_INVALID_DEVICE_REQUEST);
	cr_expect_eq(iosb.Status, STATUS_INVALID_DEVICE_REQUEST);
	NdisDeregisterDeviceEx(d.handle);
	unload();
}

Test(ndisdevice, only_an_ndis_driver_registers_devices)
{
	NDIS_DEVICE_OBJECT_ATTRIBUTES a;
	ULONG other[8] = { 0 };
	NDIS_HANDLE dead;

	fake_device_attributes(&a);
	cr_expect_eq(register_with(NULL, &a), NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(register_with(other, &a), NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(register_with((char *)other + 1, &a), NDIS_STATUS_NOT_SUPPORTED);
	m.forgets_to_deregister = TRUE;
	load();
	dead = m.handle;
	NdisMDeregisterMiniportDriver(m.handle);
	cr_expect_eq(register_with(dead, &a), NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(nrt_driver_unload(driver), 0);
}

Test(ndisdevice, a_protocol_may_have_a_device_too)
{
	cr_assert_eq(load_protocol(&p, &driver), 0);
	cr_assert_eq(fake_device_register(&d, p.handle), NDIS_STATUS_SUCCESS);
	cr_assert_eq(nrt_device_open("FakeLink", BOTH, &file), 0);
	cr_expect_eq(nrt_device_close(file), 0);
	NdisDeregisterDeviceEx(d.handle);
	cr_expect_eq(unload_protocol(&p, driver), 0);
}

/* ----------------------------------------------------------------- malformed attributes */

Test(ndisdevice, RS_NB_11_attributes_with_a_wrong_header_are_refused)
{
	NDIS_DEVICE_OBJECT_ATTRIBUTES a;

	load();
	fake_device_attributes(&a);
	a.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	cr_expect_eq(register_with(m.handle, &a), NDIS_STATUS_INVALID_PARAMETER);
	fake_device_attributes(&a);
	a.Header.Revision = 0;
	cr_expect_eq(register_with(m.handle, &a), NDIS_STATUS_INVALID_PARAMETER);
	fake_device_attributes(&a);
	a.Header.Revision = 2;
	cr_expect_eq(register_with(m.handle, &a), NDIS_STATUS_INVALID_PARAMETER);
	fake_device_attributes(&a);
	a.Header.Size--;
	cr_expect_eq(register_with(m.handle, &a), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("RS-NB-11", "RS-NB-11", "RS-NB-11", "RS-NB-11", NULL));
	cr_expect_eq(register_with(m.handle, NULL), NDIS_STATUS_INVALID_PARAMETER);
	unload();
}

static NDIS_STATUS register_named(UNICODE_STRING *name, UNICODE_STRING *link)
{
	NDIS_DEVICE_OBJECT_ATTRIBUTES a;

	fake_device_attributes(&a);
	a.DeviceName = name;
	a.SymbolicName = link;
	return register_with(m.handle, &a);
}

Test(ndisdevice, names_that_are_none_are_refused)
{
	static UNICODE_STRING relative = RTL_CONSTANT_STRING(u"Fake");
	static UNICODE_STRING nowhere = RTL_CONSTANT_STRING(u"\\Nowhere\\Fake");
	static UNICODE_STRING slash = RTL_CONSTANT_STRING(u"\\Device\\");
	static UNICODE_STRING directory = RTL_CONSTANT_STRING(u"\\Device");
	UNICODE_STRING empty = { 0, 0, NULL }, odd = fake_device_name, too_long = fake_device_name;

	load();
	odd.Length--;
	too_long.MaximumLength = 4;
	cr_expect_eq(register_named(NULL, &fake_device_link), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(register_named(&fake_device_name, NULL), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(register_named(&empty, &fake_device_link), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(register_named(&odd, &fake_device_link), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(register_named(&too_long, &fake_device_link), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(register_named(&relative, &fake_device_link), STATUS_OBJECT_PATH_SYNTAX_BAD);
	cr_expect_eq(register_named(&fake_device_name, &relative), STATUS_OBJECT_PATH_SYNTAX_BAD);
	cr_expect_eq(register_named(&nowhere, &fake_device_link), STATUS_OBJECT_PATH_NOT_FOUND);
	cr_expect_eq(register_named(&slash, &fake_device_link), STATUS_OBJECT_NAME_INVALID);
	cr_expect_eq(register_named(&directory, &fake_device_link), STATUS_OBJECT_NAME_COLLISION);
	unload();
}

Test(ndisdevice, a_name_or_link_that_is_taken_is_refused_and_the_first_stays)
{
	static UNICODE_STRING other = RTL_CONSTANT_STRING(u"\\Device\\Other");
	static UNICODE_STRING other_link = RTL_CONSTANT_STRING(u"\\??\\Other");
	static UNICODE_STRING same_link = RTL_CONSTANT_STRING(u"\\??\\FAKELINK");
	NDIS_HANDLE first;

	load();
	cr_assert_eq(fake_device_register(&d, m.handle), NDIS_STATUS_SUCCESS);
	first = d.handle;
	cr_expect_eq(register_named(&fake_device_name, &other_link), STATUS_OBJECT_NAME_COLLISION);
	cr_expect_eq(register_named(&other, &same_link), STATUS_OBJECT_NAME_COLLISION);
	cr_expect_eq(nrt_device_open("\\Device\\Other", BOTH, &file), -ENOENT);
	cr_assert_eq(nrt_device_open("FakeLink", BOTH, &file), 0);
	cr_expect_eq(nrt_device_close(file), 0);
	cr_assert_eq(register_named(&other, &other_link), NDIS_STATUS_SUCCESS);
	NdisDeregisterDeviceEx(d.handle);
	NdisDeregisterDeviceEx(first);
	unload();
}

Test(ndisdevice, other_attributes_are_looked_at)
{
	static const UNICODE_STRING bad = RTL_CONSTANT_STRING(u"everyone");
	NDIS_DEVICE_OBJECT_ATTRIBUTES a;

	load();
	fake_device_attributes(&a);
	a.MajorFunctions = NULL;
	cr_expect_eq(register_with(m.handle, &a), NDIS_STATUS_INVALID_PARAMETER);
	fake_device_attributes(&a);
	a.DefaultSDDLString = &bad;
	cr_expect_eq(register_with(m.handle, &a), NDIS_STATUS_INVALID_PARAMETER);
	a.DefaultSDDLString = &SDDL_DEVOBJ_SYS_ALL_ADM_ALL;
	cr_assert_eq(register_with(m.handle, &a), NDIS_STATUS_SUCCESS);
	NdisDeregisterDeviceEx(d.handle);
	unload();
}

Test(ndisdevice, each_allocation_may_fail)
{
	NDIS_DEVICE_OBJECT_ATTRIBUTES a;
	NDIS_STATUS status = NDIS_STATUS_FAILURE;
	uint64_t live;
	int failures = -1;

	load();
	live = nrt_memory_live();
	fake_device_attributes(&a);
	for (uint64_t n = 1; n < 30 && status != NDIS_STATUS_SUCCESS; n++, failures++) {
		nrt_memory_fail_nth(n);
		status = register_with(m.handle, &a);
		nrt_memory_fail_nth(0);
		if (status == NDIS_STATUS_SUCCESS)
			break;
		cr_expect_eq(status, STATUS_INSUFFICIENT_RESOURCES);
		cr_expect_eq(nrt_memory_live(), live);
	}
	cr_expect_eq(status, NDIS_STATUS_SUCCESS);
	cr_expect_geq(failures, 4);
	NdisDeregisterDeviceEx(d.handle);
	unload();
}

Test(ndisdevice, a_filter_driver_registers_one_with_its_own_handle)
{
	static struct fake_filter f;
	char out[4] = "";

	cr_assert_eq(load_filter(&f, &driver), 0);
	cr_assert_eq(fake_device_register(&d, f.handle), NDIS_STATUS_SUCCESS);
	cr_assert_eq(nrt_device_open("FakeLink", BOTH, &file), 0, "%s", nrt_last_error());
	cr_expect_eq(nrt_device_ioctl(file, FAKE_REVERSE, "abc", 3, out, 3, 0, NULL), 0);
	cr_expect_str_eq(out, "cba");
	nrt_device_close(file);
	NdisDeregisterDeviceEx(d.handle);
	cr_expect_eq(unload_filter(&f, driver), 0, "%s", nrt_last_error());
}

Test(ndisdevice, FL_REG_01_a_filter_driver_that_leaves_one_is_reported)
{
	static struct fake_filter f;

	cr_assert_eq(load_filter(&f, &driver), 0);
	cr_assert_eq(fake_device_register(&d, f.handle), NDIS_STATUS_SUCCESS);
	cr_expect_eq(unload_filter(&f, driver), 0, "%s", nrt_last_error());
	cr_expect(violations_are("FL-REG-01", NULL));
}
