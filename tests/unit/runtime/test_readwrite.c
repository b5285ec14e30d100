/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sample protocol with read and write: over a fake miniport, which completes, cancels and
 * resets as a test says, and from port to port of the sample switch.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <nrt/nrt_device.h>

#include "contract.h"
#include "fake_frame.h"
#include "ke/memory.h"
#include "readwrite.h"

DRIVER_INITIALIZE readwrite_entry, vswitch_entry;

static void start_two_workers(void)
{
	contract_start_with(2, 0, true);
}

TestSuite(readwrite, .init = contract_start, .fini = contract_end, .timeout = 120);
TestSuite(readwrite_ports, .init = start_two_workers, .fini = contract_end, .timeout = 120);

#define MAX_FRAME READWRITE_MAX_FRAME
#define AT_ONCE 0
#define WAIT NRT_DEVICE_FOREVER
#define FILES 2

static struct stack s = { .no_protocol = true };
static struct nrt_driver *driver, *vswitch;
static struct nrt_adapter *port[FILES];
static struct nrt_device_file *file, *files[FILES];

/* ------------------------------------------------------------------ the device */

static struct nrt_device_file *open_device(void)
{
	struct nrt_device_file *f = NULL;

	cr_assert_eq(nrt_device_open("ReadWrite", NRT_DEVICE_READ | NRT_DEVICE_WRITE, &f), 0, "%s",
		     nrt_last_error());
	return f;
}

static int ioctl(struct nrt_device_file *f, ULONG code, const void *in, size_t in_len, void *out,
		 size_t out_len, size_t *bytes)
{
	struct nrt_device_result result = { 0 };
	int rc = nrt_device_ioctl(f, code, in, in_len, out, out_len, WAIT, &result);

	if (bytes != NULL)
		*bytes = result.bytes;
	return rc;
}

static int open_adapter(struct nrt_device_file *f, const char *name)
{
	WCHAR wide[80];
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		wide[i] = (UCHAR)name[i];
	return ioctl(f, IOCTL_READWRITE_OPEN, wide, n * sizeof(WCHAR), NULL, 0, NULL);
}

static int set_filter(struct nrt_device_file *f, ULONG filter)
{
	READWRITE_OID oid = { .Oid = OID_GEN_CURRENT_PACKET_FILTER };

	memcpy(oid.Data, &filter, sizeof(filter));
	return ioctl(f, IOCTL_READWRITE_SET_OID, &oid, sizeof(oid), NULL, 0, NULL);
}

static READWRITE_STATISTICS statistics(struct nrt_device_file *f)
{
	READWRITE_STATISTICS st;

	cr_assert_eq(ioctl(f, IOCTL_READWRITE_STATISTICS, NULL, 0, &st, sizeof(st), NULL), 0);
	return st;
}

/* The sequence number of the next frame, or -errno. */
static long read_seq(struct nrt_device_file *f, int timeout)
{
	struct nrt_device_result result;
	UCHAR frame[MAX_FRAME];
	int rc = nrt_device_read(f, frame, sizeof(frame), 0, timeout, &result);
	ULONG seq;

	if (rc != 0)
		return rc;
	cr_expect_eq(result.bytes, FRAME_LENGTH);
	memcpy(&seq, frame + FRAME_SEQ_OFFSET, sizeof(seq));
	return seq;
}

static int write_seq(struct nrt_device_file *f, ULONG seq, int timeout)
{
	struct nrt_device_result result = { 0 };
	UCHAR frame[FRAME_LENGTH];
	int rc;

	frame_build(frame, broadcast_mac, seq);
	rc = nrt_device_write(f, frame, sizeof(frame), 0, timeout, &result);
	if (rc == 0)
		cr_expect_eq(result.bytes, FRAME_LENGTH);
	return rc;
}

static void load(void)
{
	cr_assert_eq(nrt_driver_load_linked("readwrite", (nrt_driver_entry)readwrite_entry,
					    &driver),
		     0, "%s", nrt_last_error());
}

/* A fake adapter, opened by @file, which receives everything. */
static void up(void)
{
	load();
	stack_up(&s);
	file = open_device();
	cr_assert_eq(open_adapter(file, "nic0"), 0, "%s", nrt_last_error());
	cr_assert_eq(set_filter(file, NDIS_PACKET_TYPE_PROMISCUOUS), 0);
}

static void close_file(void)
{
	if (file != NULL)
		cr_expect_eq(nrt_device_close(file), 0);
	file = NULL;
}

static void down(void)
{
	close_file();
	stack_down(&s);
	cr_expect_eq(nrt_driver_unload(driver), 0, "%s", nrt_last_error());
	cr_expect_eq(s.a.indicated, s.a.returned);
	cr_expect_eq(s.a.accepted, s.a.completed);
	cr_expect(no_violations());
}

static void wait_accepted(ULONG n)
{
	ULONG now;

	do {
		sched_yield();
		NdisAcquireSpinLock(&s.a.lock);
		now = s.a.accepted;
		NdisReleaseSpinLock(&s.a.lock);
	} while (now < n);
}

/* --------------------------------------------------------------------- reading */

Test(readwrite, frames_are_read_in_the_order_they_came)
{
	up();
	cr_expect_eq(read_seq(file, AT_ONCE), -ETIMEDOUT, "nothing there");
	fake_adapter_indicate(&s.a, broadcast_mac, 5, 10, 0);
	for (long i = 10; i < 15; i++)
		cr_expect_eq(read_seq(file, AT_ONCE), i);
	cr_expect_eq(read_seq(file, AT_ONCE), -ETIMEDOUT);
	cr_expect_eq(statistics(file).Received, 5);
	down();
}

Test(readwrite, PR_RCV_02_frames_that_are_only_lent_are_copied)
{
	up();
	fake_adapter_indicate(&s.a, broadcast_mac, 3, 1, NDIS_RECEIVE_FLAGS_RESOURCES);
	for (long i = 1; i < 4; i++)
		cr_expect_eq(read_seq(file, AT_ONCE), i);
	down();
}

static void wait_reads(ULONG64 n)
{
	while (statistics(file).Waiting != n)
		sched_yield();
}

static int run_read(void *arg)
{
	return (int)read_seq(arg, WAIT);
}

Test(readwrite, reads_wait_for_frames)
{
	struct run reads[4];
	ULONG seen = 0;

	up();
	for (unsigned int i = 0; i < 4; i++)
		run_start(&reads[i], run_read, file);
	wait_reads(4);
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 0, 0);
	wait_reads(3);
	fake_adapter_indicate(&s.a, broadcast_mac, 3, 1, 0);
	for (unsigned int i = 0; i < 4; i++)
		seen |= 1u << run_end(&reads[i]);
	cr_expect_eq(seen, 15u, "each read another frame");
	down();
}

Test(readwrite, a_read_that_is_cancelled_takes_no_frame)
{
	up();
	cr_expect_eq(read_seq(file, 20), -ETIMEDOUT);
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 7, 0);
	cr_expect_eq(read_seq(file, AT_ONCE), 7);
	down();
}

Test(readwrite, what_is_too_much_for_the_queue_is_dropped_and_counted)
{
	READWRITE_STATISTICS st;

	up();
	fake_adapter_indicate(&s.a, broadcast_mac, 50, 0, 0);
	fake_adapter_indicate(&s.a, broadcast_mac, 50, 50, 0);
	st = statistics(file);
	cr_expect_eq(st.Received, READWRITE_QUEUE);
	cr_expect_eq(st.Dropped, 100 - READWRITE_QUEUE);
	for (long i = 0; i < READWRITE_QUEUE; i++)
		cr_expect_eq(read_seq(file, AT_ONCE), i);
	cr_expect_eq(read_seq(file, AT_ONCE), -ETIMEDOUT);
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 7, 0);
	cr_expect_eq(read_seq(file, AT_ONCE), 7);
	down();
}

Test(readwrite, a_read_with_too_little_room_takes_no_frame)
{
	UCHAR small[MAX_FRAME - 1];

	up();
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 7, 0);
	cr_expect_eq(nrt_device_read(file, small, sizeof(small), 0, WAIT, NULL), -EMSGSIZE);
	cr_expect_eq(read_seq(file, AT_ONCE), 7);
	down();
}

Test(readwrite, a_close_ends_the_reads_that_wait)
{
	struct run read;

	up();
	run_start(&read, run_read, file);
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 3, 0);
	cr_expect_eq(run_end(&read), 3, "it is there");
	run_start(&read, run_read, file);
	wait_reads(1);
	close_file();
	cr_expect_eq(run_end(&read), -ECANCELED);
	file = open_device();
	cr_expect_eq(open_adapter(file, "nic0"), 0, "another may have it now");
	cr_expect_eq(statistics(file).Received, 0);
	down();
}

/* --------------------------------------------------------------------- writing */

Test(readwrite, what_is_written_is_sent)
{
	up();
	for (ULONG i = 0; i < 5; i++)
		cr_expect_eq(write_seq(file, i, WAIT), 0);
	cr_expect_eq(s.a.n_sent, 5);
	cr_expect_eq(s.a.sent_seq[4], 4);
	cr_expect_eq(statistics(file).Sent, 5);
	s.a.send_status = NDIS_STATUS_FAILURE;
	cr_expect_eq(write_seq(file, 5, WAIT), -EIO);
	cr_expect_eq(statistics(file).SendsFailed, 1);
	down();
}

Test(readwrite, frames_of_bad_length_are_not_sent)
{
	static UCHAR frame[MAX_FRAME + 1];

	up();
	cr_expect_eq(nrt_device_write(file, frame, 13, 0, WAIT, NULL), -EINVAL);
	cr_expect_eq(nrt_device_write(file, frame, sizeof(frame), 0, WAIT, NULL), -EINVAL);
	cr_expect_eq(nrt_device_write(file, frame, sizeof(frame) - 1, 0, WAIT, NULL), 0);
	cr_expect_eq(s.a.n_sent, 1);
	down();
}

Test(readwrite, PR_SND_04_a_write_that_is_cancelled_cancels_its_send_alone)
{
	up();
	s.a.sends = FAKE_SENDS_HELD;
	cr_expect_eq(write_seq(file, 1, 20), -ETIMEDOUT);
	cr_expect_eq(s.a.cancel_calls, 1);
	cr_expect_eq(statistics(file).SendsFailed, 1);
	down();
}

struct write {
	struct run run;
	ULONG seq;
};

static int run_write(void *arg)
{
	return write_seq(file, ((struct write *)arg)->seq, WAIT);
}

Test(readwrite, PR_SND_03_writes_end_in_any_order)
{
	struct write writes[8];

	up();
	s.a.sends = FAKE_SENDS_HELD;
	for (ULONG i = 0; i < 8; i++) {
		writes[i].seq = i;
		run_start(&writes[i].run, run_write, &writes[i]);
	}
	wait_accepted(8);
	fake_adapter_complete(&s.a, FAKE_SHUFFLED, 3);
	for (ULONG i = 0; i < 8; i++)
		cr_expect_eq(run_end(&writes[i].run), 0);
	cr_expect_eq(statistics(file).Sent, 8);
	down();
}

/* ---------------------------------------------------------------- pause, reset, unbind */

Test(readwrite, PR_PAU_01_a_pause_waits_for_the_writes)
{
	struct write write = { .seq = 1 };
	struct run pause;
	int rc;

	up();
	s.a.sends = FAKE_SENDS_HELD;
	run_start(&write.run, run_write, &write);
	wait_accepted(1);
	run_start(&pause, run_pause, &s);
	while ((rc = write_seq(file, 2, 1)) == -ETIMEDOUT)
		sched_yield(); /* until it pauses */
	cr_expect_eq(rc, -EAGAIN);
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_expect_eq(run_end(&pause), 0);
	cr_expect_eq(run_end(&write.run), 0);
	cr_expect_eq(write_seq(file, 2, WAIT), -EAGAIN);
	s.a.sends = FAKE_SENDS_INSIDE;
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	cr_expect_eq(write_seq(file, 2, WAIT), 0);
	down();
}

Test(readwrite, PR_RST_01_nothing_is_sent_and_asked_in_a_reset)
{
	READWRITE_OID oid = { .Oid = OID_GEN_MAXIMUM_FRAME_SIZE };

	up();
	s.a.reset.when = FAKE_LATER;
	NdisMResetMiniport(s.a.handle);
	event_wait("MiniportResetEx", &s.a, 1);
	cr_expect_eq(write_seq(file, 1, WAIT), -EAGAIN);
	cr_expect_eq(stack_ledger(&s).tx_submitted, 0, "not even to be refused");
	cr_expect_eq(ioctl(file, IOCTL_READWRITE_QUERY_OID, &oid, 4, &oid, 8, NULL), -EAGAIN);
	fake_answer_later(&s.a.reset);
	while (write_seq(file, 1, WAIT) == -EAGAIN)
		sched_yield();
	cr_expect_eq(write_seq(file, 2, WAIT), 0);
	down();
}

Test(readwrite, PR_UNB_04_an_adapter_may_go_while_it_is_read)
{
	struct run read;

	up();
	run_start(&read, run_read, file);
	wait_reads(1);
	cr_expect_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect_eq(run_end(&read), -ENXIO);
	cr_expect_eq(s.a.packet_filter, 0, "PR-UNB-02");
	cr_expect_eq(read_seq(file, WAIT), -ENXIO);
	cr_expect_eq(write_seq(file, 1, WAIT), -ENXIO);
	cr_expect_eq(set_filter(file, 1), -ENXIO);
	cr_expect_eq(open_adapter(file, "nic0"), -ENOENT);
	down();
}

Test(readwrite, a_driver_whose_device_is_open_stays)
{
	up();
	cr_expect_eq(nrt_driver_unload(driver), -EBUSY);
	down();
}

/* --------------------------------------------------------------------- requests */

Test(readwrite, adapters_are_opened_by_their_names)
{
	struct nrt_device_file *another;
	char long_name[70];

	load();
	stack_up(&s);
	file = open_device();
	another = open_device();
	memset(long_name, 'n', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = 0;
	cr_expect_eq(open_adapter(file, long_name), -ENOENT);
	cr_expect_eq(open_adapter(file, "nic"), -ENOENT);
	cr_expect_eq(open_adapter(file, "nic00"), -ENOENT);
	cr_expect_eq(open_adapter(file, ""), -ENOENT);
	cr_expect_eq(open_adapter(file, "nic0"), 0);
	cr_expect_eq(open_adapter(file, "nic0"), -EBUSY, "by this file");
	cr_expect_eq(open_adapter(another, "nic0"), -EBUSY, "by another");
	cr_expect_eq(nrt_device_close(another), 0);
	down();
}

Test(readwrite, a_file_without_an_adapter_does_nothing)
{
	UCHAR frame[MAX_FRAME] = { 0 };

	load();
	file = open_device();
	cr_expect_eq(nrt_device_read(file, frame, sizeof(frame), 0, WAIT, NULL), -EINVAL);
	cr_expect_eq(nrt_device_write(file, frame, 60, 0, WAIT, NULL), -EINVAL);
	cr_expect_eq(set_filter(file, 1), -EINVAL);
	close_file();
	cr_expect_eq(nrt_driver_unload(driver), 0);
	cr_expect(no_violations());
}

Test(readwrite, PR_OID_01_requests_are_passed_on)
{
	struct {
		READWRITE_OID oid;
		UCHAR more[60];
	} r = { .oid.Oid = OID_GEN_MAXIMUM_FRAME_SIZE };
	size_t bytes;
	ULONG value;

	up();
	cr_expect_eq(ioctl(file, IOCTL_READWRITE_QUERY_OID, &r, 4, &r, sizeof(r), &bytes), 0);
	cr_expect_eq(bytes, 8);
	memcpy(&value, r.oid.Data, 4);
	cr_expect_eq(value, 1500);
	cr_expect_eq(ioctl(file, IOCTL_READWRITE_QUERY_OID, &r, 4, &r, 6, NULL), -EMSGSIZE);
	cr_expect_eq(ioctl(file, IOCTL_READWRITE_QUERY_OID, &r, 3, &r, 8, NULL), -EMSGSIZE);
	cr_expect_eq(ioctl(file, IOCTL_READWRITE_QUERY_OID, &r, 4, &r, 3, NULL), -EMSGSIZE);
	r.oid.Oid = 0x0001FFFF;
	cr_expect_eq(ioctl(file, IOCTL_READWRITE_QUERY_OID, &r, 4, &r, 8, NULL), -EOPNOTSUPP);
	r.oid.Oid = OID_GEN_CURRENT_PACKET_FILTER;
	value = NDIS_PACKET_TYPE_BROADCAST;
	memcpy(r.oid.Data, &value, 4);
	cr_expect_eq(ioctl(file, IOCTL_READWRITE_SET_OID, &r, 8, NULL, 0, NULL), 0);
	cr_expect_eq(s.a.packet_filter, NDIS_PACKET_TYPE_BROADCAST);
	cr_expect_eq(ioctl(file, IOCTL_READWRITE_SET_OID, &r, 7, NULL, 0, NULL), -EMSGSIZE);
	cr_expect_eq(ioctl(file, IOCTL_READWRITE_STATISTICS, NULL, 0, &r, 8, NULL), -EMSGSIZE);
	cr_expect_eq(ioctl(file, READWRITE_CODE(0x8FF, FILE_ANY_ACCESS), NULL, 0, NULL, 0, NULL),
		     -EOPNOTSUPP);
	s.a.own_oid = OID_GEN_CURRENT_PACKET_FILTER;
	s.a.oid.when = FAKE_THREAD; /* it pends */
	cr_expect_eq(set_filter(file, NDIS_PACKET_TYPE_DIRECTED), 0);
	cr_expect_eq(s.a.packet_filter, NDIS_PACKET_TYPE_DIRECTED);
	down();
}

/* An adapter that cannot be bound is not there, and no memory is lost with it; a write that
 * cannot be sent says so. */
Test(readwrite, PR_BND_03_every_allocation_may_fail)
{
	unsigned int refusals = 0;

	stack_up(&s);
	for (uint64_t n = 1;; n++) {
		nrt_memory_fail_nth(n);
		if (nrt_driver_load_linked("readwrite", (nrt_driver_entry)readwrite_entry,
					   &driver) != 0) {
			nrt_memory_fail_nth(0);
			refusals++;
			continue;
		}
		nrt_memory_fail_nth(0);
		file = open_device();
		if (open_adapter(file, "nic0") == 0)
			break;
		refusals++;
		close_file();
		cr_expect_eq(nrt_driver_unload(driver), 0);
	}
	cr_expect_gt(refusals, 2);
	nrt_memory_fail_nth(1);
	cr_expect_eq(write_seq(file, 1, WAIT), -ENOMEM);
	nrt_memory_fail_nth(0);
	cr_expect_eq(write_seq(file, 1, WAIT), 0);
	down();
}

/* ------------------------------------------------------------ over the sample switch */

static void ports_up(void)
{
	static const char *const names[FILES] = { "vs0", "vs1" };

	load();
	cr_assert_eq(nrt_driver_load_linked("vswitch", (nrt_driver_entry)vswitch_entry, &vswitch),
		     0, "%s", nrt_last_error());
	for (unsigned int i = 0; i < FILES; i++) {
		const struct nrt_device device = { .name = names[i], .node = -1 };

		cr_assert_eq(nrt_adapter_add(vswitch, &device, &port[i]), 0, "%s",
			     nrt_last_error());
		files[i] = open_device();
		cr_assert_eq(open_adapter(files[i], names[i]), 0);
		cr_assert_eq(set_filter(files[i], NDIS_PACKET_TYPE_BROADCAST), 0);
	}
}

static void ports_down(void)
{
	for (unsigned int i = 0; i < FILES; i++) {
		cr_expect_eq(nrt_adapter_remove(port[i]), 0, "%s", nrt_last_error());
		cr_expect_eq(nrt_device_close(files[i]), 0);
	}
	cr_expect_eq(nrt_driver_unload(vswitch), 0, "%s", nrt_last_error());
	cr_expect_eq(nrt_driver_unload(driver), 0, "%s", nrt_last_error());
	cr_expect(no_violations());
}

Test(readwrite_ports, what_one_writes_the_other_reads)
{
	ports_up();
	for (ULONG i = 0; i < 200; i++) {
		cr_assert_eq(write_seq(files[i % 2], i, WAIT), 0);
		cr_assert_eq(read_seq(files[(i + 1) % 2], WAIT), (long)i);
	}
	cr_expect_eq(read_seq(files[0], AT_ONCE), -ETIMEDOUT, "not what it wrote itself");
	ports_down();
}

#define MANY 3000

static int run_writes(void *arg)
{
	for (ULONG i = 0; i < MANY; i++)
		while (write_seq(arg, i, WAIT) == -EAGAIN)
			sched_yield();
	return 0;
}

/* Frames of one sender in the order that it wrote them; up to the last, which ends it. */
static int run_reads(void *arg)
{
	long last = -1, seq;

	while ((seq = read_seq(arg, WAIT)) >= 0) {
		if (seq <= last)
			return -1;
		last = seq;
	}
	return (int)seq;
}

Test(readwrite_ports, PR_PAU_01_traffic_both_ways_goes_on_over_pauses)
{
	struct run writes[FILES], reads[FILES];

	ports_up();
	for (unsigned int i = 0; i < FILES; i++) {
		run_start(&reads[i], run_reads, files[i]);
		run_start(&writes[i], run_writes, files[i]);
	}
	for (unsigned int i = 0; i < 30; i++) {
		cr_assert_eq(nrt_adapter_pause(port[i % 2]), 0);
		cr_assert_eq(nrt_adapter_restart(port[i % 2]), 0);
	}
	for (unsigned int i = 0; i < FILES; i++)
		cr_expect_eq(run_end(&writes[i]), 0);
	/* What went to a paused port is lost; this is not. */
	for (unsigned int i = 0; i < FILES; i++)
		cr_expect_eq(write_seq(files[i], MANY, WAIT), 0);
	KeFlushQueuedDpcs(); /* in which the switch delivers */
	for (unsigned int i = 0; i < FILES; i++) {
		READWRITE_STATISTICS st = statistics(files[i]);

		cr_expect_eq(st.Sent, MANY + 1);
		cr_expect_gt(st.Received, 0);
		cr_expect_leq(st.Received + st.Dropped, MANY + 1);
	}
	for (unsigned int i = 0; i < FILES; i++) {
		cr_expect_eq(nrt_adapter_remove(port[i]), 0);
		cr_expect_eq(run_end(&reads[i]), -ENXIO, "in order, up to the end");
		port[i] = NULL;
	}
	for (unsigned int i = 0; i < FILES; i++)
		cr_expect_eq(nrt_device_close(files[i]), 0);
	cr_expect_eq(nrt_driver_unload(vswitch), 0, "%s", nrt_last_error());
	cr_expect_eq(nrt_driver_unload(driver), 0, "%s", nrt_last_error());
	cr_expect(no_violations());
}
