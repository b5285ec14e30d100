/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control devices through the host's C API: open and close, reads that wait,
 * control requests of each method, cancelling, and drivers that get it wrong.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <nrt/nrt_device.h>

#include "contract.h"
#include "fake_device.h"
#include "io/file.h"
#include "ke/memory.h"

TestSuite(file, .init = contract_start, .fini = contract_end, .timeout = 120);

#define BOTH (NRT_DEVICE_READ | NRT_DEVICE_WRITE)
#define HANG_MS 60000

static struct fake_device d;
static struct nrt_driver *driver;
static struct nrt_device_file *file;

static void load(void)
{
	fake_device_image = &d;
	cr_assert_eq(nrt_driver_load_linked("fake device", (nrt_driver_entry)fake_device_entry,
					    &driver), 0, "%s", nrt_last_error());
}

static void load_and_open(ULONG io_flags)
{
	d.io_flags = io_flags;
	load();
	cr_assert_eq(nrt_device_open("FakeLink", BOTH, &file), 0, "%s", nrt_last_error());
}

static void close_and_unload(void)
{
	cr_expect_eq(nrt_device_close(file), 0);
	cr_expect_eq(nrt_driver_unload(driver), 0, "%s", nrt_last_error());
	cr_expect_eq(d.creates, d.closes);
	cr_expect_eq(d.creates, d.cleanups);
}

/* ------------------------------------------------------------------- open and close */

Test(file, a_device_opens_by_its_name_and_by_each_form_of_its_link)
{
	static const char *const names[] = { "\\Device\\Fake", "\\DosDevices\\FakeLink",
					     "\\??\\FakeLink", "\\GLOBAL??\\FakeLink",
					     "\\\\.\\FakeLink", "\\\\?\\FakeLink", "FakeLink",
					     "\\DEVICE\\fake", "fakelink" };

	load();
	for (size_t i = 0; i < RTL_NUMBER_OF(names); i++) {
		cr_assert_eq(nrt_device_open(names[i], BOTH, &file), 0, "%s: %s", names[i],
			     nrt_last_error());
		cr_expect_eq(d.creates, i + 1);
		cr_expect_eq(d.access, GENERIC_READ | GENERIC_WRITE);
		cr_expect_eq(d.object->ReferenceCount, 1);
		cr_expect_eq(nrt_device_close(file), 0);
		cr_expect_eq(d.cleanups, i + 1);
		cr_expect_eq(d.closes, i + 1);
	}
	cr_expect_eq(nrt_driver_unload(driver), 0);
}

Test(file, what_follows_the_devices_name_is_the_files)
{
	static const char *const names[] = { "\\Device\\Fake\\a\\B", "FakeLink\\a\\B" };

	load();
	for (size_t i = 0; i < RTL_NUMBER_OF(names); i++) {
		cr_assert_eq(nrt_device_open(names[i], NRT_DEVICE_READ, &file), 0);
		cr_expect_arr_eq(d.file_name, u"\\a\\B", sizeof(u"\\a\\B"));
		cr_expect_eq(nrt_device_close(file), 0);
	}
	cr_expect_eq(nrt_driver_unload(driver), 0);
}

Test(file, wrong_names_and_accesses_are_refused)
{
	static char long_name[2000];

	load();
	memset(long_name, 'x', sizeof(long_name) - 1);
	cr_expect_eq(nrt_device_open("FakeLin", BOTH, &file), -ENOENT);
	cr_expect(strstr(nrt_last_error(), "FakeLin") != NULL);
	cr_expect_eq(nrt_device_open("FakeLinks", BOTH, &file), -ENOENT);
	cr_expect_eq(nrt_device_open("\\Device\\Fakes", BOTH, &file), -ENOENT);
	cr_expect_eq(nrt_device_open("\\Device", BOTH, &file), -ENOENT);
	cr_expect_eq(nrt_device_open("\\", BOTH, &file), -ENOENT);
	cr_expect_eq(nrt_device_open("", BOTH, &file), -ENOENT);
	cr_expect_eq(nrt_device_open(long_name, BOTH, &file), -ENAMETOOLONG);
	cr_expect_eq(nrt_device_open("FakeLink", 0, &file), -EINVAL);
	cr_expect_eq(nrt_device_open("FakeLink", 4, &file), -EINVAL);
	cr_expect_eq(d.creates, 0);
	cr_expect_eq(nrt_driver_unload(driver), 0);
	cr_expect_eq(nrt_device_open("FakeLink", BOTH, &file), -ENOENT);
}

Test(file, a_create_that_the_driver_fails_leaves_no_file)
{
	d.create_status = STATUS_ACCESS_DENIED;
	load();
	cr_expect_eq(nrt_device_open("FakeLink", BOTH, &file), -EACCES);
	cr_expect_eq(d.creates, 1);
	cr_expect_eq(d.cleanups + d.closes, 0);
	cr_expect_eq(d.object->ReferenceCount, 0);
	cr_expect_eq(nrt_driver_unload(driver), 0);
}

Test(file, an_exclusive_device_opens_once_at_a_time)
{
	struct nrt_device_file *second;

	d.exclusive = TRUE;
	load_and_open(0);
	cr_expect_eq(nrt_device_open("FakeLink", BOTH, &second), -EACCES);
	cr_expect_eq(nrt_device_close(file), 0);
	cr_assert_eq(nrt_device_open("FakeLink", BOTH, &file), 0);
	close_and_unload();
}

Test(file, a_driver_with_an_open_file_is_not_unloaded)
{
	load_and_open(DO_BUFFERED_IO);
	cr_expect_eq(nrt_driver_unload(driver), -EBUSY);
	cr_expect(strstr(nrt_last_error(), "open") != NULL);
	cr_expect_eq(nrt_device_write(file, "x", 1, 0, 0, NULL), 0, "it still works");
	cr_expect_eq(nrt_device_read(file, &(char){ 0 }, 1, 0, 0, NULL), 0);
	close_and_unload();
}

static NTSTATUS open_too_early(struct fake_device *device, PDRIVER_OBJECT object)
{
	(void)object;
	device->object->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
	cr_expect_eq(nrt_device_open("FakeLink", BOTH, &file), -ENXIO);
	return STATUS_SUCCESS;
}

Test(file, no_device_opens_before_its_driver_is_loaded)
{
	d.at_entry = open_too_early;
	load();
	cr_expect_eq(d.object->Flags & DO_DEVICE_INITIALIZING, 0);
	cr_expect_eq(d.creates, 0);
	cr_expect_eq(nrt_driver_unload(driver), 0);
}

static VOID open_too_late(struct fake_device *device)
{
	static UNICODE_STRING name = RTL_CONSTANT_STRING(u"\\Device\\Late");
	PDEVICE_OBJECT late;

	cr_expect_eq(nrt_device_open("\\Device\\Fake", BOTH, &file), -ENXIO);
	cr_assert_eq(IoCreateDevice(device->object->DriverObject, 0, &name, 0, 0, FALSE, &late),
		     STATUS_SUCCESS);
	late->Flags = 0;
	cr_expect_eq(nrt_device_open("\\Device\\Late", BOTH, &file), -ENXIO);
	IoDeleteDevice(late);
}

Test(file, no_device_opens_while_its_driver_is_unloaded)
{
	d.at_unload = open_too_late;
	load();
	cr_expect_eq(nrt_driver_unload(driver), 0);
	cr_expect_eq(d.creates, 0);
	cr_expect_eq(nrt_device_open("\\Device\\Fake", BOTH, &file), -ENOENT);
}

static NTSTATUS fail(struct fake_device *device, PDRIVER_OBJECT object)
{
	(void)device;
	(void)object;
	IoDeleteSymbolicLink(&fake_device_link);
	return STATUS_UNSUCCESSFUL;
}

Test(file, MP_UNL_01_devices_that_a_driver_leaves_are_reported_and_deleted)
{
	d.forgets_device = TRUE;
	load();
	cr_expect_eq(nrt_driver_unload(driver), 0);
	cr_expect(violations_are("MP-UNL-01", NULL));
	d.at_entry = fail;
	fake_device_image = &d;
	cr_expect_eq(nrt_driver_load_linked("fake device", (nrt_driver_entry)fake_device_entry,
					    &driver), -EINVAL);
	cr_expect(violations_are("MP-UNL-01", NULL));
	d.at_entry = NULL;
	d.forgets_device = FALSE;
	load_and_open(0); /* the names are free again */
	close_and_unload();
}

/* --------------------------------------------------------------------- read and write */

static int read_in_thread(void *arg)
{
	struct nrt_device_result *result = arg;
	static char text[16];

	return nrt_device_read(file, text, sizeof(text), 7, NRT_DEVICE_FOREVER, result);
}

Test(file, a_read_waits_for_a_write)
{
	struct nrt_device_result result, written;
	struct run run;

	load_and_open(DO_BUFFERED_IO);
	run_start(&run, read_in_thread, &result);
	cr_assert(NdisWaitEvent(&d.was_queued, HANG_MS));
	cr_expect_eq(d.offset, 7);
	cr_expect_eq(d.mode, UserMode);
	cr_expect_eq(nrt_device_write(file, "hello", 5, 0, NRT_DEVICE_FOREVER, &written), 0);
	cr_expect_eq(written.bytes, 5);
	cr_expect_eq(run_end(&run), 0);
	cr_expect_eq(result.status, STATUS_SUCCESS);
	cr_expect_eq(result.bytes, 5);
	close_and_unload();
}

static void read_and_write(ULONG io_flags)
{
	char sent[] = "through and through", got[sizeof(sent)] = "";
	struct nrt_device_result result;

	load_and_open(io_flags);
	cr_expect_eq(nrt_device_write(file, sent, sizeof(sent), 0, 0, &result), 0);
	cr_expect_eq(result.bytes, sizeof(sent));
	cr_expect_eq(d.had_system_buffer, io_flags == DO_BUFFERED_IO);
	cr_expect_eq(d.mdl_bytes, io_flags == DO_DIRECT_IO ? sizeof(sent) : 0);
	cr_expect_eq(d.mdl_flags & MDL_WRITE_OPERATION, 0);
	cr_expect_eq(nrt_device_read(file, got, sizeof(got), 0, 0, &result), 0);
	cr_expect_eq(result.bytes, sizeof(sent));
	cr_expect_str_eq(got, sent);
	cr_expect_eq(d.had_system_buffer, io_flags == DO_BUFFERED_IO);
	cr_expect_eq(d.mdl_bytes, io_flags == DO_DIRECT_IO ? sizeof(sent) : 0);
	if (io_flags == DO_DIRECT_IO)
		cr_expect_eq(d.mdl_flags & (MDL_PAGES_LOCKED | MDL_WRITE_OPERATION),
			     MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
	cr_expect_eq(nrt_device_write(file, NULL, 0, 0, 0, NULL), 0, "no byte is possible, too");
	cr_expect_eq(nrt_device_read(file, NULL, 0, 0, 0, NULL), 0);
	close_and_unload();
}

Test(file, buffered_io_goes_through_a_copy)
{
	read_and_write(DO_BUFFERED_IO);
}

Test(file, direct_io_goes_through_an_mdl)
{
	read_and_write(DO_DIRECT_IO);
}

Test(file, neither_of_them_takes_the_address)
{
	read_and_write(0);
}

Test(file, a_device_has_one_of_them)
{
	load_and_open(DO_BUFFERED_IO | DO_DIRECT_IO);
	cr_expect_eq(nrt_device_write(file, "x", 1, 0, 0, NULL), 0);
	cr_expect(d.had_system_buffer);
	cr_expect_eq(nrt_device_read(file, &(char){ 0 }, 1, 0, 0, NULL), 0);
	cr_expect(violations_are("0xC9/0x245", "0xC9/0x245", NULL));
	close_and_unload();
}

Test(file, a_file_is_used_for_what_it_was_opened_for)
{
	char byte = 0;

	load();
	cr_assert_eq(nrt_device_open("FakeLink", NRT_DEVICE_READ, &file), 0);
	cr_expect_eq(nrt_device_write(file, &byte, 1, 0, 0, NULL), -EBADF);
	cr_expect_eq(nrt_device_ioctl(file, FAKE_WRITER, NULL, 0, NULL, 0, 0, NULL), -EACCES);
	cr_expect_eq(nrt_device_close(file), 0);
	cr_assert_eq(nrt_device_open("FakeLink", NRT_DEVICE_WRITE, &file), 0);
	cr_expect_eq(nrt_device_read(file, &byte, 1, 0, 0, NULL), -EBADF);
	cr_expect_eq(nrt_device_ioctl(file, FAKE_WRITER, NULL, 0, NULL, 0, 0, NULL), 0);
	close_and_unload();
}

/* ------------------------------------------------------------------ control requests */

Test(file, method_buffered_has_one_copy_for_both)
{
	char in[] = "abcdef", out[6] = "";
	struct nrt_device_result result;

	load_and_open(0);
	cr_expect_eq(nrt_device_ioctl(file, FAKE_REVERSE, in, 6, out, 6, 0, &result), 0);
	cr_expect_eq(result.bytes, 6);
	cr_expect_arr_eq(out, "fedcba", 6);
	cr_expect_str_eq(in, "abcdef");
	cr_expect(d.had_system_buffer);
	/* A warning brings what there is room for. */
	memset(out, '.', sizeof(out));
	cr_expect_eq(nrt_device_ioctl(file, FAKE_REVERSE, in, 6, out, 2, 0, &result), -EMSGSIZE);
	cr_expect_eq(result.status, STATUS_BUFFER_OVERFLOW);
	cr_expect_eq(result.bytes, 2);
	cr_expect_arr_eq(out, "fe....", 6);
	close_and_unload();
}

Test(file, method_in_direct_reads_the_second_buffer_through_an_mdl)
{
	unsigned char in[] = { 1, 2 }, more[] = { 10, 20, 30 };

	load_and_open(0);
	cr_expect_eq(nrt_device_ioctl(file, FAKE_SUM, in, 2, more, 3, 0, NULL), 0);
	cr_expect_eq(d.sum, 63);
	cr_expect_eq(d.mdl_bytes, 3);
	cr_expect_eq(d.mdl_flags & (MDL_PAGES_LOCKED | MDL_WRITE_OPERATION), MDL_PAGES_LOCKED);
	close_and_unload();
}

Test(file, method_out_direct_writes_through_an_mdl)
{
	static unsigned char out[3 * 4096 + 5];
	struct nrt_device_result result;

	load_and_open(0);
	cr_expect_eq(nrt_device_ioctl(file, FAKE_FILL, "z", 1, out, sizeof(out), 0, &result), 0);
	cr_expect_eq(result.bytes, sizeof(out));
	cr_expect_eq(d.mdl_bytes, sizeof(out));
	cr_expect_neq(d.mdl_flags & MDL_WRITE_OPERATION, 0);
	for (size_t i = 0; i < sizeof(out); i++)
		cr_assert_eq(out[i], 'z');
	close_and_unload();
}

Test(file, method_neither_passes_the_addresses)
{
	char in[] = "as it is", out[sizeof(in)] = "";

	load_and_open(0);
	cr_expect_eq(nrt_device_ioctl(file, FAKE_COPY, in, sizeof(in), out, sizeof(out), 0, NULL),
		     0);
	cr_expect_str_eq(out, in);
	cr_expect_not(d.had_system_buffer);
	cr_expect_eq(d.mdl_bytes, 0);
	close_and_unload();
}

Test(file, an_unknown_code_is_the_drivers_to_refuse)
{
	load_and_open(0);
	cr_expect_eq(nrt_device_ioctl(file, CTL_CODE(FILE_DEVICE_NETWORK, 1, 0, 0), NULL, 0, NULL,
				      0, 0, NULL), -EOPNOTSUPP);
	close_and_unload();
}

Test(file, a_request_without_its_buffer_is_refused)
{
	char byte = 0;

	load_and_open(DO_BUFFERED_IO);
	cr_expect_eq(nrt_device_read(file, NULL, 1, 0, 0, NULL), -EINVAL);
	cr_expect(strstr(nrt_last_error(), "no buffer") != NULL);
	cr_expect_eq(nrt_device_write(file, NULL, 1, 0, 0, NULL), -EINVAL);
	cr_expect_eq(nrt_device_ioctl(file, FAKE_SUM, NULL, 1, &byte, 1, 0, NULL), -EINVAL);
	cr_expect_eq(nrt_device_ioctl(file, FAKE_SUM, &byte, 1, NULL, 1, 0, NULL), -EINVAL);
	cr_expect_eq(nrt_device_read(file, &byte, 0x100000000, 0, 0, NULL), -EINVAL);
	cr_expect_eq(nrt_device_ioctl(file, FAKE_SUM, &byte, 0x100000000, NULL, 0, 0, NULL),
		     -EINVAL);
	close_and_unload();
}

Test(file, a_status_has_its_errno)
{
	static const struct {
		LONG status;
		int error;
	} table[] = {
		{ STATUS_SUCCESS, 0 },
		{ STATUS_NOT_IMPLEMENTED, -ENOSYS },
		{ STATUS_INSUFFICIENT_RESOURCES, -ENOMEM },
		{ STATUS_DEVICE_NOT_READY, -EAGAIN },
		{ STATUS_BUFFER_TOO_SMALL, -EMSGSIZE },
		{ STATUS_CANCELLED, -ECANCELED }, /* not of our doing: no time-out */
		{ STATUS_END_OF_FILE, -ENODATA },
		{ STATUS_NO_MORE_ENTRIES, -EIO },
		{ STATUS_UNSUCCESSFUL, -EIO },
	};
	struct nrt_device_result result;

	load_and_open(0);
	for (size_t i = 0; i < RTL_NUMBER_OF(table); i++) {
		LONG say[2] = { table[i].status, 8 };

		cr_expect_eq(nrt_device_ioctl(file, FAKE_SAY, say, 8, say, 8, NRT_DEVICE_FOREVER,
					      &result), table[i].error);
		cr_expect_eq(result.status, table[i].status);
	}
	close_and_unload();
}

/* A number of bytes that the buffer does not have would overrun the caller's. */
Test(file, more_bytes_than_the_buffer_holds_are_reported_and_not_copied)
{
	LONG say[3] = { STATUS_SUCCESS, 4096, 77 };
	struct nrt_device_result result;

	load_and_open(0);
	cr_expect_eq(nrt_device_ioctl(file, FAKE_SAY, say, 8, say, 8, 0, &result), 0);
	cr_expect_eq(result.bytes, 8);
	cr_expect_eq(say[2], 77);
	cr_expect(violations_are("0xC9/0x200", NULL));
	close_and_unload();
}

/* ----------------------------------------------------------------------- cancelling */

Test(file, a_time_out_cancels_the_read_in_the_queue)
{
	struct nrt_device_result result;
	char byte;

	load_and_open(DO_BUFFERED_IO);
	cr_expect_eq(nrt_device_read(file, &byte, 1, 0, 20, &result), -ETIMEDOUT);
	cr_expect_eq(result.status, STATUS_CANCELLED);
	cr_expect_eq(nrt_device_read(file, &byte, 1, 0, 0, &result), -ETIMEDOUT);
	cr_expect_eq(d.queued, 2);
	cr_expect_eq(d.cancelled, 2);
	cr_expect(IsListEmpty(&d.waiting));
	close_and_unload();
}

Test(file, a_close_ends_what_other_threads_wait_for)
{
	struct nrt_device_result result;
	struct run run;

	load_and_open(DO_BUFFERED_IO);
	run_start(&run, read_in_thread, &result);
	cr_assert(NdisWaitEvent(&d.was_queued, HANG_MS));
	close_and_unload(); /* the driver's cleanup completes it */
	cr_expect_eq(run_end(&run), -ECANCELED);
	cr_expect_eq(result.status, STATUS_CANCELLED);
	cr_expect_eq(d.cancelled, 0);
}

Test(file, a_close_cancels_what_the_drivers_cleanup_leaves)
{
	struct nrt_device_result result;
	struct run run;

	d.cleanup_leaves = TRUE;
	load_and_open(DO_BUFFERED_IO);
	run_start(&run, read_in_thread, &result);
	cr_assert(NdisWaitEvent(&d.was_queued, HANG_MS));
	close_and_unload();
	cr_expect_eq(run_end(&run), -ECANCELED);
	cr_expect_eq(d.cancelled, 1);
}

static int abuse_in_thread(void *arg)
{
	(void)arg;
	return nrt_device_ioctl(file, FAKE_ABUSE, NULL, 0, NULL, 0, 1, NULL);
}

Test(file, an_irp_that_is_never_completed_is_reported)
{
	struct run run;

	nrt_irp_patience_ms = 20;
	d.abuse = FAKE_IGNORES_CANCEL;
	load_and_open(0);
	run_start(&run, abuse_in_thread, NULL);
	violation_wait("0xC9/0x226");
	fake_device_release(&d);
	cr_expect_eq(run_end(&run), 0, "it was done all the same");
	cr_expect(violations_are("0xC9/0x226", NULL));
	close_and_unload();
}

static int close_in_thread(void *arg)
{
	(void)arg;
	return nrt_device_close(file);
}

/* The IRP has no cancel routine, so the close waits for the driver. */
Test(file, a_close_waits_for_irps_that_cannot_be_cancelled)
{
	struct run reader, closer;

	d.abuse = FAKE_IGNORES_CANCEL;
	load_and_open(0);
	run_start(&reader, abuse_in_thread, NULL);
	cr_assert(NdisWaitEvent(&d.was_kept, HANG_MS));
	run_start(&closer, close_in_thread, NULL);
	cr_expect_eq(d.closes, 0);
	fake_device_release(&d);
	cr_expect_eq(run_end(&reader), 0);
	cr_expect_eq(run_end(&closer), 0);
	cr_expect_eq(d.closes, 1);
	cr_expect_eq(nrt_driver_unload(driver), 0);
}

/* ------------------------------------------------------------- drivers that get it wrong */

static int abused(enum fake_abuse abuse, int timeout_ms)
{
	d.abuse = abuse;
	return nrt_device_ioctl(file, FAKE_ABUSE, NULL, 0, NULL, 0, timeout_ms, NULL);
}

Test(file, each_way_to_lose_an_irp_is_reported_by_its_bug_check)
{
	load_and_open(0);
	cr_expect_eq(abused(FAKE_COMPLETES_TWICE, 0), 0);
	cr_expect(violations_are("0x44", NULL));
	cr_expect_eq(abused(FAKE_FORGETS, NRT_DEVICE_FOREVER), -EIO);
	cr_expect(violations_are("0xC9/0x226", NULL));
	fake_device_release(&d); /* too late: the request is over */
	cr_expect(violations_are("0x44", NULL));
	cr_expect_eq(abused(FAKE_PENDS_UNMARKED, 0), 0);
	cr_expect(violations_are("0xC9/0x23D", NULL));
	cr_expect_eq(abused(FAKE_MARKS_AND_SUCCEEDS, 0), 0);
	cr_expect(violations_are("0xC9/0x23E", NULL));
	cr_expect_eq(abused(FAKE_RETURNS_OTHER, 0), -EBUSY);
	cr_expect(violations_are("0xC9/0x224", NULL));
	cr_expect_eq(abused(FAKE_COMPLETES_PENDING, 0), -EIO);
	cr_expect(violations_are("0xC9/0x06", NULL));
	cr_expect_eq(abused(FAKE_KEEPS_CANCEL, 0), 0);
	cr_expect(violations_are("0x48", NULL));
	cr_expect_eq(abused(FAKE_COMPLETES_LOCKED, 0), 0);
	cr_expect(violations_are("RS-LCK-01", NULL));
	close_and_unload();
}

static char report[256];

static void keep_report(const char *rule, const char *text, void *context)
{
	(void)context;
	snprintf(report, sizeof(report), "%s %s", rule, text);
}

Test(file, a_report_names_the_bug_check_the_driver_and_the_callback)
{
	nrt_on_violation(keep_report, NULL);
	load_and_open(0);
	cr_expect_eq(abused(FAKE_COMPLETES_TWICE, 0), 0);
	cr_expect(strstr(report, "0x44 MULTIPLE_IRP_COMPLETE_REQUESTS: driver fake device, "
				 "in IRP_MJ_DEVICE_CONTROL: IRP") == report, "%s", report);
	close_and_unload();
}

/* It stays in the queue, from where the time-out takes it. */
Test(file, an_irp_in_a_cancel_safe_queue_is_not_completed_there)
{
	load_and_open(0);
	cr_expect_eq(abused(FAKE_COMPLETES_QUEUED, 10), -ETIMEDOUT);
	cr_expect(violations_are("0x48", NULL));
	cr_expect_eq(d.cancelled, 1);
	close_and_unload();
}

/* ------------------------------------------------------------------ memory and threads */

static int use_all(void)
{
	char out[8];
	int rc = nrt_device_open("FakeLink", BOTH, &file);

	if (rc != 0)
		return rc;
	rc = nrt_device_write(file, "abc", 3, 0, 0, NULL);
	if (rc == 0)
		rc = nrt_device_read(file, out, 3, 0, 0, NULL);
	if (rc == 0)
		rc = nrt_device_ioctl(file, FAKE_FILL, "z", 1, out, 8, 0, NULL);
	if (rc == 0)
		rc = nrt_device_ioctl(file, FAKE_REVERSE, "abc", 3, out, 8, 0, NULL);
	nrt_device_close(file);
	return rc;
}

/* Take messages that were written and not read. */
static void drain(void)
{
	char byte;

	cr_assert_eq(nrt_device_open("FakeLink", BOTH, &file), 0);
	while (nrt_device_read(file, &byte, 1, 0, 0, NULL) == 0)
		;
	cr_expect_eq(nrt_device_close(file), 0);
	cr_expect_eq(d.creates, d.closes);
}

Test(file, each_allocation_may_fail)
{
	unsigned int failures = 0;
	int rc = -ENOMEM;

	d.io_flags = DO_BUFFERED_IO;
	load();
	cr_assert_eq(use_all(), 0);
	for (uint64_t n = 1; n < 100 && rc != 0; n++) {
		nrt_memory_fail_nth(n);
		rc = use_all();
		nrt_memory_fail_nth(0);
		failures += rc != 0;
		cr_expect(rc == 0 || rc == -ENOMEM, "allocation %u: %d", (unsigned int)n, rc);
		drain();
	}
	cr_expect_eq(rc, 0);
	cr_expect_geq(failures, 8);
	cr_expect_eq(nrt_driver_unload(driver), 0);
}

#define PAIRS 4
#define MESSAGES 400

static uint64_t sums[PAIRS];

static int write_many(void *arg)
{
	uint32_t base = (uint32_t)(uintptr_t)arg * MESSAGES;

	for (uint32_t i = 0; i < MESSAGES; i++) {
		uint32_t value = base + i;

		if (nrt_device_write(file, &value, sizeof(value), 0, NRT_DEVICE_FOREVER, NULL) != 0)
			return -1;
	}
	return 0;
}

/* Impatient, so that cancels meet the writes that complete the same reads. */
static int read_many(void *arg)
{
	size_t self = (size_t)(uintptr_t)arg;

	for (uint32_t i = 0; i < MESSAGES;) {
		struct nrt_device_result result;
		uint32_t value;
		int rc = nrt_device_read(file, &value, sizeof(value), 0, (int)(i % 3), &result);

		if (rc == 0 && result.bytes == sizeof(value)) {
			sums[self] += value;
			i++;
		} else if (rc != -ETIMEDOUT) {
			return -1;
		}
	}
	return 0;
}

Test(file, eight_threads_lose_and_double_nothing)
{
	struct run readers[PAIRS], writers[PAIRS];
	uint64_t sum = 0, n = PAIRS * MESSAGES;

	load_and_open(DO_BUFFERED_IO);
	for (uintptr_t i = 0; i < PAIRS; i++) {
		run_start(&readers[i], read_many, (void *)i);
		run_start(&writers[i], write_many, (void *)i);
	}
	for (uintptr_t i = 0; i < PAIRS; i++) {
		cr_expect_eq(run_end(&writers[i]), 0);
		cr_expect_eq(run_end(&readers[i]), 0);
		sum += sums[i];
	}
	cr_expect_eq(sum, n * (n - 1) / 2);
	cr_expect(IsListEmpty(&d.messages));
	cr_expect(IsListEmpty(&d.waiting));
	close_and_unload();
}
