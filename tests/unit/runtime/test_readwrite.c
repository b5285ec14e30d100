/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sample protocol with read and write: over a fake miniport, which completes, cancels and
 * resets as a test says, and from port to port of the sample switch.
 */
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* An adapter's file. */
static int open_adapter(const char *name, struct nrt_device_file **f)
{
	char path[100];

	snprintf(path, sizeof(path), "ReadWrite\\%s", name);
	return nrt_device_open(path, NRT_DEVICE_READ | NRT_DEVICE_WRITE, f);
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
	cr_expect_eq(result.bytes, rc == 0 ? FRAME_LENGTH : 0);
	return rc;
}

static void load(void)
{
	cr_assert_eq(nrt_driver_load_linked("readwrite", (nrt_driver_entry)readwrite_entry,
					    &driver),
		     0, "%s", nrt_last_error());
}

/* A fake adapter, open. */
static void up(void)
{
	load();
	stack_up(&s);
	cr_assert_eq(open_adapter("nic0", &file), 0, "%s", nrt_last_error());
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

struct reader {
	struct run run;
	struct nrt_device_file *file;
	_Atomic pid_t thread;
	unsigned int frames;
};

static atomic_uint reads_ended;

static int run_read(void *arg)
{
	struct reader *r = arg;
	int rc;

	atomic_store(&r->thread, gettid());
	rc = (int)read_seq(r->file, WAIT);
	atomic_fetch_add(&reads_ended, 1);
	return rc;
}

/* 'S' when it sleeps. */
static char state_of(pid_t thread)
{
	char path[64], state = 0;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread);
	stat = fopen(path, "r");
	if (stat == NULL)
		return 0;
	if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(stat);
	return state;
}

/* A read that waits for its frame. */
static void start_read(struct reader *r, struct nrt_device_file *f)
{
	r->file = f;
	atomic_store(&r->thread, 0);
	run_start(&r->run, run_read, r);
	while (atomic_load(&r->thread) == 0 || state_of(atomic_load(&r->thread)) != 'S')
		sched_yield();
}

static void wait_reads_ended(unsigned int n)
{
	while (atomic_load(&reads_ended) != n)
		sched_yield();
}

Test(readwrite, reads_wait_for_frames)
{
	struct reader reads[4];
	ULONG seen = 0;

	up();
	for (unsigned int i = 0; i < 4; i++)
		start_read(&reads[i], file);
	cr_expect_eq(atomic_load(&reads_ended), 0);
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 0, 0);
	wait_reads_ended(1);
	fake_adapter_indicate(&s.a, broadcast_mac, 3, 1, 0);
	for (unsigned int i = 0; i < 4; i++)
		seen |= 1u << run_end(&reads[i].run);
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

Test(readwrite, what_is_too_much_for_the_queue_is_dropped)
{
	up();
	fake_adapter_indicate(&s.a, broadcast_mac, 50, 0, 0);
	fake_adapter_indicate(&s.a, broadcast_mac, 50, 50, 0);
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
	struct reader read;

	up();
	cr_expect_neq(s.a.packet_filter & NDIS_PACKET_TYPE_DIRECTED, 0);
	start_read(&read, file);
	close_file();
	cr_expect_eq(run_end(&read.run), -ECANCELED);
	cr_expect_eq(s.a.packet_filter, 0);
	cr_expect_eq(open_adapter("nic0", &file), 0, "another may have it now");
	down();
}

Test(readwrite, a_file_begins_without_frames)
{
	up();
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 3, 0);
	close_file();
	cr_assert_eq(open_adapter("nic0", &file), 0);
	cr_expect_eq(read_seq(file, AT_ONCE), -ETIMEDOUT, "that was another's");
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
	s.a.send_status = NDIS_STATUS_FAILURE;
	cr_expect_eq(write_seq(file, 5, WAIT), -EIO);
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
	cr_expect_eq(s.a.completed, 1);
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
	down();
}

#define HASTY_WRITES 300

static int run_hasty_writes(void *arg)
{
	atomic_uint *ended = arg;
	int rc = 0;

	for (ULONG i = 0; i < HASTY_WRITES && (rc == 0 || rc == -ETIMEDOUT); i++)
		rc = write_seq(file, i, 1);
	atomic_fetch_add(ended, 1);
	return rc == -ETIMEDOUT ? 0 : rc;
}

Test(readwrite, PR_SND_04_a_cancel_may_meet_the_end_of_its_send)
{
	struct run writers[4];
	atomic_uint ended = 0;

	up();
	s.a.sends = FAKE_SENDS_HELD;
	for (unsigned int i = 0; i < 4; i++)
		run_start(&writers[i], run_hasty_writes, &ended);
	for (unsigned int i = 0; atomic_load(&ended) < 4; i++) {
		usleep(1000 + i % 16 * 20); /* about when they give up */
		fake_adapter_complete(&s.a, FAKE_SHUFFLED, i);
	}
	for (unsigned int i = 0; i < 4; i++)
		cr_expect_eq(run_end(&writers[i]), 0);
	cr_expect_gt(s.a.cancel_calls, 0);
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
	struct nrt_device_file *again;

	up();
	s.a.reset.when = FAKE_LATER;
	NdisMResetMiniport(s.a.handle);
	event_wait("MiniportResetEx", &s.a, 1);
	cr_expect_eq(write_seq(file, 1, WAIT), -EAGAIN);
	cr_expect_eq(stack_ledger(&s).tx_submitted, 0, "not even to be refused");
	close_file();
	cr_expect_eq(open_adapter("nic0", &again), -EAGAIN);
	fake_answer_later(&s.a.reset);
	while (open_adapter("nic0", &file) == -EAGAIN)
		sched_yield();
	cr_expect_eq(write_seq(file, 2, WAIT), 0);
	down();
}

Test(readwrite, PR_PNP_02_nothing_is_sent_and_asked_in_a_sleep)
{
	struct nrt_device_file *again;

	s.a.pm_aware = s.a.can_wake = TRUE;
	up();
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0, "%s", nrt_last_error());
	cr_expect_eq(write_seq(file, 1, WAIT), -EAGAIN);
	close_file();
	cr_expect_eq(open_adapter("nic0", &again), -EAGAIN);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 0), 0, "%s", nrt_last_error());
	cr_expect_eq(open_adapter("nic0", &file), 0);
	cr_expect_eq(write_seq(file, 2, WAIT), 0);
	down();
}

Test(readwrite, PR_UNB_04_an_adapter_may_go_while_it_is_read)
{
	struct nrt_device_file *again;
	struct reader read;

	up();
	start_read(&read, file);
	cr_expect_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect_eq(run_end(&read.run), -ENXIO);
	cr_expect_eq(s.a.packet_filter, 0, "PR-UNB-02");
	cr_expect_eq(read_seq(file, WAIT), -ENXIO);
	cr_expect_eq(write_seq(file, 1, WAIT), -ENXIO);
	cr_expect_eq(open_adapter("nic0", &again), -ENOENT);
	down();
}

Test(readwrite, a_driver_whose_device_is_open_stays)
{
	up();
	cr_expect_eq(nrt_driver_unload(driver), -EBUSY);
	down();
}

/* ---------------------------------------------------------------------- opening */

Test(readwrite, adapters_are_opened_by_their_names)
{
	struct nrt_device_file *another;
	char long_name[70];

	load();
	stack_up(&s);
	memset(long_name, 'n', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = 0;
	cr_expect_eq(open_adapter(long_name, &file), -ENOENT);
	cr_expect_eq(open_adapter("nic", &file), -ENOENT);
	cr_expect_eq(open_adapter("nic00", &file), -ENOENT);
	cr_expect_eq(open_adapter("", &file), -ENOENT);
	cr_expect_eq(nrt_device_open("ReadWrite", NRT_DEVICE_READ, &file), -ENOENT);
	cr_expect_eq(open_adapter("NIC0", &file), 0, "in any case");
	cr_expect_eq(open_adapter("nic0", &another), -EBUSY);
	cr_expect_eq(nrt_device_ioctl(file, CTL_CODE(FILE_DEVICE_NETWORK, 0x8FF, METHOD_BUFFERED,
						     FILE_ANY_ACCESS),
				      NULL, 0, NULL, 0, WAIT, NULL),
		     -EOPNOTSUPP);
	down();
}

Test(readwrite, PR_OID_01_the_filters_request_may_pend_or_fail)
{
	load();
	stack_up(&s);
	s.a.own_oid = OID_GEN_CURRENT_PACKET_FILTER;
	s.a.oid.when = FAKE_THREAD;
	s.a.oid.status = NDIS_STATUS_RESOURCES;
	cr_expect_eq(open_adapter("nic0", &file), -ENOMEM);
	s.a.oid.status = NDIS_STATUS_SUCCESS;
	cr_expect_eq(open_adapter("nic0", &file), 0, "it is nobody's");
	cr_expect_neq(s.a.packet_filter & NDIS_PACKET_TYPE_BROADCAST, 0);
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
		if (open_adapter("nic0", &file) == 0)
			break;
		refusals++;
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
		cr_assert_eq(open_adapter(names[i], &files[i]), 0, "%s", nrt_last_error());
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
	int rc = 0;

	for (ULONG i = 0; i < MANY && rc == 0; i++)
		while ((rc = write_seq(arg, i, WAIT)) == -EAGAIN)
			sched_yield();
	return rc;
}

/* Frames of one sender in the order that it wrote them; up to the last, which ends it. */
static int run_reads(void *arg)
{
	struct reader *r = arg;
	long last = -1, seq;

	while ((seq = read_seq(r->file, WAIT)) >= 0) {
		if (seq <= last)
			return -1;
		last = seq;
		r->frames++;
	}
	return (int)seq;
}

Test(readwrite_ports, PR_PAU_01_traffic_both_ways_goes_on_over_pauses)
{
	struct reader readers[FILES] = { 0 };
	struct run writes[FILES];

	ports_up();
	for (unsigned int i = 0; i < FILES; i++) {
		readers[i].file = files[i];
		run_start(&readers[i].run, run_reads, &readers[i]);
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
		cr_expect_eq(nrt_adapter_remove(port[i]), 0);
		cr_expect_eq(run_end(&readers[i].run), -ENXIO, "in order, up to the end");
		cr_expect(readers[i].frames > 0 && readers[i].frames <= MANY + 1);
		port[i] = NULL;
	}
	for (unsigned int i = 0; i < FILES; i++)
		cr_expect_eq(nrt_device_close(files[i]), 0);
	cr_expect_eq(nrt_driver_unload(vswitch), 0, "%s", nrt_last_error());
	cr_expect_eq(nrt_driver_unload(driver), 0, "%s", nrt_last_error());
	cr_expect(no_violations());
}
