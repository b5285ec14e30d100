/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The extensible switch under many threads: senders that share few packets, extensions that
 * forward and clone, and network adapters that come and go. Every frame that was taken is
 * delivered once to each that it was for.
 */
#include "extswitch.h"
#include "../../../runtime/ndis/switch.h"

#include <pthread.h>

TestSuite(extswitch_threads, .init = contract_start, .fini = contract_end, .timeout = 300);

#define SENDERS 3
#define BURSTS 20000
#define BURST 4
#define COMES_AND_GOES 4 /* port of the adapter that does */

static struct bed bed;
static unsigned int taken[SENDERS + 1][2]; /* by port: to the next one, to all */
static _Atomic bool over;
static unsigned int came;

static unsigned int next_of(unsigned int port)
{
	return port % SENDERS + 1;
}

/* Every eighth burst goes to all. */
static void *sender(void *arg)
{
	unsigned int port = (unsigned int)(uintptr_t)arg;

	for (unsigned int i = 0; i < BURSTS; i++) {
		bool all = i % 8 == 0;
		int n = bed_send_many(&bed, port, all ? broadcast_mac : bed.nic[next_of(port)].mac,
				      BURST);

		cr_assert_geq(n, 0, "%d", n);
		taken[port][all] += (unsigned int)n;
	}
	return NULL;
}

static void *comer(void *arg)
{
	(void)arg;
	while (!atomic_load(&over)) {
		nrt_switch_nic_disconnect(bed.nic[COMES_AND_GOES].handle);
		cr_assert_eq(bed_connect(&bed, COMES_AND_GOES), 0, "%s", nrt_last_error());
		came++;
	}
	return NULL;
}

static void run_threads(void)
{
	pthread_t senders[SENDERS + 1], comes;

	cr_assert_eq(pthread_create(&comes, NULL, comer, NULL), 0);
	for (unsigned int port = 1; port <= SENDERS; port++)
		cr_assert_eq(pthread_create(&senders[port], NULL, sender, (void *)(uintptr_t)port), 0);
	for (unsigned int port = 1; port <= SENDERS; port++)
		pthread_join(senders[port], NULL);
	atomic_store(&over, true);
	pthread_join(comes, NULL);
	cr_expect_gt(came, 0);
}

static void expect_all_delivered(void)
{
	struct nrt_switch_counters counters = bed_counters(&bed);
	uint64_t sent = 0;

	for (unsigned int port = 1; port <= SENDERS; port++) {
		unsigned int wanted = 0;

		for (unsigned int from = 1; from <= SENDERS; from++) {
			if (from == port)
				continue;
			wanted += taken[from][1] + (next_of(from) == port ? taken[from][0] : 0);
		}
		sent += taken[port][0] + taken[port][1];
		cr_expect_gt(taken[port][0], 0);
		cr_expect_eq(bed.nic[port].got, wanted, "NIC %u got %u of %u frames", port,
			     bed.nic[port].got, wanted);
	}
	cr_expect_eq(counters.sent, sent);
	cr_expect_eq(counters.dropped, 0);
	cr_expect_eq(counters.unreachable, 0);
}

static void up(unsigned int n_extensions)
{
	bed.n_nics = COMES_AND_GOES;
	bed.n_extensions = n_extensions;
	bed.macs_known = true;
	bed.options.packets = 16; /* fewer than the senders could use at once, at times */
	for (unsigned int port = 1; port <= COMES_AND_GOES; port++)
		bed.nic[port].counts_only = true;
	bed_up(&bed);
}

Test(extswitch_threads, the_switch_delivers_each_frame_once)
{
	up(0);
	run_threads();
	expect_all_delivered();
	bed_down(&bed);
	cr_expect(no_violations());
}

/* Only packets for one; those for all are left to the switch. */
static enum extension_verdict forward(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	UCHAR storage[6];
	const UCHAR *dst =
		NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB(nbl), sizeof(storage), storage, 1, 0);

	if (!(dst[0] & 1))
		cr_assert_eq(add(e, nbl, dst[5]), NDIS_STATUS_SUCCESS);
	return EXTENSION_PASSES;
}

Test(extswitch_threads, an_extension_forwards_each_frame_once)
{
	bed.e[0].ingress = forward;
	up(2);
	run_threads();
	expect_all_delivered();
	cr_expect_eq((unsigned long)bed.e[0].ingressed, bed_counters(&bed).sent);
	cr_expect_eq((unsigned long)bed.e[1].egressed, bed_counters(&bed).sent);
	bed_down(&bed);
	cr_expect(no_violations());
}

/* In its place goes a clone of it, with a forwarding context of its own. */
static enum extension_verdict replace(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	NET_BUFFER_LIST *clone = fake_extension_clone(e, nbl, 0);

	cr_assert_not_null(clone);
	fake_extension_send(e, clone, 0);
	return EXTENSION_DROPS;
}

Test(extswitch_threads, clones_are_delivered_once)
{
	bed.e[0].ingress = replace;
	up(1);
	run_threads();
	expect_all_delivered();
	bed_down(&bed);
	cr_expect_eq(bed.e[0].own_completed, bed.e[0].own_out);
	cr_expect(no_violations());
}

/* ------------------------------------------------------------------ stacks of indices */

#define INDICES 3
#define TAKES 8000000

static struct nrt_index_stack stack;
static _Atomic unsigned int holders[INDICES];
static _Atomic unsigned int twice;

/* Two at a time, back in the other order: what a thread saw on top is there again, over others. */
static void *taker(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < TAKES; i++) {
		uint32_t a, b;

		if (!nrt_index_stack_pop(&stack, &a))
			continue;
		twice += holders[a]++ != 0;
		if (nrt_index_stack_pop(&stack, &b)) {
			twice += holders[b]++ != 0;
			holders[b]--;
			holders[a]--;
			nrt_index_stack_push(&stack, b);
		} else {
			holders[a]--;
		}
		nrt_index_stack_push(&stack, a);
	}
	return NULL;
}

Test(extswitch_threads, an_index_is_taken_by_one_at_a_time)
{
	pthread_t takers[SENDERS];
	uint32_t index;
	unsigned int n = 0;

	cr_assert(nrt_index_stack_init(&stack, INDICES));
	for (unsigned int i = 0; i < SENDERS; i++)
		cr_assert_eq(pthread_create(&takers[i], NULL, taker, NULL), 0);
	for (unsigned int i = 0; i < SENDERS; i++)
		pthread_join(takers[i], NULL);
	cr_expect_eq(twice, 0);
	while (n <= INDICES && nrt_index_stack_pop(&stack, &index))
		n++;
	cr_expect_eq(n, INDICES);
	nrt_index_stack_fini(&stack);
}
