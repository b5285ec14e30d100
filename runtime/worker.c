/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The workers' loop, from which every packet starts its way: a poll object
 * that was requested is run, and posted calls are served between two polls.
 * A worker with nothing requested sleeps on a futex until it is woken.
 */
#include "worker.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ndis.h>
#include <nrt/nrt_lower.h>

#include "cycles.h"
#include "error.h"
#include "ndis/poll.h"
#include "profile.h"
#include "thread.h"

#define MAX_POLLS 64
/* Idle passes before a worker sleeps: some 100 us, longer than any gap between
 * a SetPollNotification and the request that answers it in busy mode. */
#define IDLE_PASSES 100000

/* A post that somebody waits for. */
struct call {
	struct nrt_worker_post post;
	void (*fn)(void *);
	void *arg;
	pthread_mutex_t lock;
	pthread_cond_t done_cond;
	bool done;
};

struct nrt_worker {
	struct nrt_poll *polls[MAX_POLLS]; /* worker: rw; others through calls */
	unsigned int n_polls;
	unsigned int index;
	bool stopping;                     /* worker: rw */
	struct nrt_cycles cycles;          /* worker: rw, any: nrt_cycles_read */
	struct nrt_profiler *profiler;     /* NULL: no pass is measured */
	_Alignas(64) _Atomic(struct nrt_worker_post *) posts; /* any: push, worker: take all */
	_Atomic uint32_t asleep;           /* futex; worker: 1, waker: 0 */
	_Atomic bool running;
	_Atomic bool counts;               /* worker: w; cycles and profiler may be read */
};

static struct nrt_worker workers[NRT_MAX_WORKERS];
static struct nrt_profiler profilers[NRT_MAX_WORKERS];
static _Atomic unsigned int n_workers;
static unsigned int profile_every; /* control: w, before workers start */
static const struct nrt_platform *platform;

unsigned int nrt_worker_count(void)
{
	return n_workers;
}

int nrt_worker_node(unsigned int worker)
{
	return platform->worker_node(worker);
}

int nrt_worker_self(void)
{
	return nrt_self.worker;
}

static void futex(_Atomic uint32_t *word, int op, uint32_t value)
{
	syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

void nrt_worker_wake(unsigned int worker)
{
	struct nrt_worker *w = &workers[worker];

	/* Pairs with the fence in sleep(): either it sees the request, or this
	 * sees it asleep. */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&w->asleep, memory_order_relaxed) &&
	    atomic_exchange(&w->asleep, 0))
		futex(&w->asleep, FUTEX_WAKE, 1);
}

static bool has_work(const struct nrt_worker *w)
{
	if (atomic_load_explicit(&w->posts, memory_order_relaxed) != NULL)
		return true;
	for (unsigned int i = 0; i < w->n_polls; i++)
		if (nrt_poll_requested(w->polls[i]))
			return true;
	return false;
}

bool nrt_worker_wanted(void)
{
	return has_work(&workers[nrt_self.worker]);
}

static void sleep_until_woken(struct nrt_worker *w)
{
	atomic_store(&w->asleep, 1);
	atomic_thread_fence(memory_order_seq_cst);
	if (has_work(w)) {
		atomic_store(&w->asleep, 0);
		return;
	}
	while (atomic_load(&w->asleep))
		futex(&w->asleep, FUTEX_WAIT, 1);
}

static void run_posts(struct nrt_worker *w)
{
	struct nrt_worker_post *list =
		atomic_exchange_explicit(&w->posts, NULL, memory_order_acquire);
	struct nrt_worker_post *ordered = NULL;

	while (list != NULL) { /* pushed last in, first out */
		struct nrt_worker_post *post = list;

		list = post->next;
		post->next = ordered;
		ordered = post;
	}
	while (ordered != NULL) {
		struct nrt_worker_post *post = ordered;

		ordered = post->next; /* it may be gone after its function */
		post->fn(post->arg);
	}
}

/* What a pass over the poll objects had. */
#define RAN 1u      /* a poll was requested */
#define PROGRESS 2u /* and received or completed something */

/* With constant @p and @meter: the compiler makes a loop of it for each kind of pass. */
static inline __attribute__((always_inline)) unsigned int
pass(struct nrt_worker *w, struct nrt_profiler *p, struct nrt_meter *meter)
{
	unsigned int had = 0;

	for (unsigned int i = 0; i < w->n_polls; i++) {
		struct nrt_poll *poll = w->polls[i];
		bool progress;

		if (!nrt_poll_requested(poll))
			continue;
		progress = meter == NULL ? nrt_poll_run(poll) : nrt_poll_run_measured(poll, meter);
		had |= progress ? RAN | PROGRESS : RAN;
		if (meter != NULL)
			nrt_profiler_poll_end(p, progress);
		if (p != NULL && !progress)
			nrt_profile_count(&p->idle_polls);
	}
	if (p != NULL && (had & PROGRESS))
		nrt_profile_count(&p->busy_passes);
	return had;
}

static unsigned int run_polls(struct nrt_worker *w)
{
	return pass(w, NULL, NULL);
}

static unsigned int run_polls_profiled(struct nrt_worker *w)
{
	struct nrt_profiler *p = w->profiler;
	struct nrt_meter *meter;
	unsigned int had;

	if (__builtin_expect(!nrt_profiler_due(p), 1))
		return pass(w, p, NULL);
	meter = nrt_profiler_begin(p);
	had = meter == NULL ? pass(w, p, NULL) : pass(w, p, meter);
	nrt_profiler_end(p, had & PROGRESS);
	return had;
}

/* With a constant @polls. */
static inline __attribute__((always_inline)) void
loop(struct nrt_worker *w, unsigned int (*polls)(struct nrt_worker *))
{
	unsigned int idle = 0;

	while (!w->stopping) {
		unsigned int had = polls(w);

		if (had != 0)
			idle = 0;
		if (atomic_load_explicit(&w->posts, memory_order_relaxed) != NULL) {
			run_posts(w);
			had |= PROGRESS;
		} else if (++idle > IDLE_PASSES) {
			sleep_until_woken(w);
			idle = 0;
		}
		nrt_cycles_pass(&w->cycles, had & PROGRESS);
	}
}

static int worker_main(void *arg)
{
	struct nrt_worker *w = arg;

	nrt_self.worker = (int)w->index;
	nrt_self.processor = w->index;
	nrt_self.irql = DISPATCH_LEVEL;
	if (w->profiler != NULL)
		nrt_profiler_start(w->profiler, profile_every);
	nrt_cycles_start(&w->cycles);
	/* release: pairs with the acquire in counting() */
	atomic_store_explicit(&w->counts, true, memory_order_release);
	if (w->profiler != NULL)
		loop(w, run_polls_profiled);
	else
		loop(w, run_polls);
	atomic_store(&w->counts, false);
	if (w->profiler != NULL)
		nrt_profiler_stop(w->profiler);
	nrt_self.irql = PASSIVE_LEVEL;
	nrt_self.worker = -1;
	nrt_self.processor = NRT_NO_PROCESSOR;
	return 0;
}

void nrt_worker_post(unsigned int index, struct nrt_worker_post *post)
{
	struct nrt_worker *w = &workers[index];
	struct nrt_worker_post *head = atomic_load_explicit(&w->posts, memory_order_relaxed);

	do {
		post->next = head;
		/* release: pairs with the acquire in run_posts() */
	} while (!atomic_compare_exchange_weak_explicit(&w->posts, &head, post,
							memory_order_release,
							memory_order_relaxed));
	nrt_worker_wake(index);
}

static void run_call(void *arg)
{
	struct call *c = arg;

	c->fn(c->arg);
	pthread_mutex_lock(&c->lock);
	c->done = true;
	pthread_cond_signal(&c->done_cond);
	pthread_mutex_unlock(&c->lock); /* c dies with its waiter */
}

void nrt_worker_call(unsigned int index, void (*fn)(void *), void *arg)
{
	struct nrt_worker *w = &workers[index];
	struct call c = { .fn = fn, .arg = arg };

	if (index >= n_workers || nrt_self.worker == (int)index || !atomic_load(&w->running)) {
		fn(arg);
		return;
	}
	pthread_mutex_init(&c.lock, NULL);
	pthread_cond_init(&c.done_cond, NULL);
	c.post.fn = run_call;
	c.post.arg = &c;
	nrt_worker_post(index, &c.post);
	pthread_mutex_lock(&c.lock);
	while (!c.done)
		pthread_cond_wait(&c.done_cond, &c.lock);
	pthread_mutex_unlock(&c.lock);
	pthread_cond_destroy(&c.done_cond);
	pthread_mutex_destroy(&c.lock);
}

struct poll_change {
	struct nrt_worker *worker;
	struct nrt_poll *poll;
	int result;
};

static void add_poll(void *arg)
{
	struct poll_change *change = arg;
	struct nrt_worker *w = change->worker;

	if (w->n_polls == MAX_POLLS) {
		change->result = -ENOSPC;
		return;
	}
	w->polls[w->n_polls++] = change->poll;
}

static void remove_poll(void *arg)
{
	struct poll_change *change = arg;
	struct nrt_worker *w = change->worker;

	for (unsigned int i = 0; i < w->n_polls; i++) {
		if (w->polls[i] != change->poll)
			continue;
		for (unsigned int j = i + 1; j < w->n_polls; j++)
			w->polls[j - 1] = w->polls[j];
		w->n_polls--;
		return;
	}
}

int nrt_worker_add_poll(unsigned int worker, struct nrt_poll *poll)
{
	struct poll_change change = { &workers[worker], poll, 0 };

	nrt_worker_call(worker, add_poll, &change);
	return change.result;
}

void nrt_worker_remove_poll(unsigned int worker, struct nrt_poll *poll)
{
	struct poll_change change = { &workers[worker], poll, 0 };

	nrt_worker_call(worker, remove_poll, &change);
}

static void end_of_pass(void *arg)
{
	(void)arg;
}

void nrt_workers_quiesce(void)
{
	for (unsigned int i = 0; i < n_workers; i++)
		nrt_worker_call(i, end_of_pass, NULL);
}

static void stop_self(void *arg)
{
	struct nrt_worker *w = arg;

	w->stopping = true;
}

void nrt_workers_stop(void)
{
	for (unsigned int i = 0; i < n_workers; i++) {
		if (!atomic_load(&workers[i].running))
			continue;
		nrt_worker_call(i, stop_self, &workers[i]);
		platform->worker_join(i);
		atomic_store(&workers[i].running, false);
	}
	n_workers = 0;
}

int nrt_workers_start(unsigned int count, const struct nrt_platform *from, unsigned int every)
{
	platform = from;
	profile_every = every;
	n_workers = count;
	for (unsigned int i = 0; i < count; i++) {
		int rc;

		workers[i] = (struct nrt_worker){
			.index = i, .profiler = every != 0 ? &profilers[i] : NULL
		};
		rc = platform->worker_launch(i, worker_main, &workers[i]);
		if (rc != 0) {
			nrt_workers_stop();
			return nrt_fail(rc, "worker %u did not start: %s", i, strerror(-rc));
		}
		atomic_store(&workers[i].running, true);
	}
	return 0;
}

/* ----------------------------------------------------------------- cycles */

/* Worker @index while its cycles may be read, else NULL. */
static struct nrt_worker *counting(unsigned int index)
{
	if (index >= n_workers ||
	    !atomic_load_explicit(&workers[index].counts, memory_order_acquire))
		return NULL;
	return &workers[index];
}

int nrt_worker_cycles(unsigned int worker, uint64_t *busy, uint64_t *idle)
{
	const struct nrt_worker *w = counting(worker);

	if (w == NULL)
		return nrt_fail(-ENOENT, "there is no worker %u", worker);
	nrt_cycles_read(&w->cycles, busy, idle);
	return 0;
}

int nrt_profile_read(unsigned int worker, struct nrt_profile *out)
{
	struct nrt_worker *w = counting(worker);

	if (w == NULL)
		return nrt_fail(-ENOENT, "there is no worker %u", worker);
	if (w->profiler == NULL)
		return nrt_fail(-ENOENT, "no profile is taken; ask for one when the runtime starts");
	nrt_profiler_read(w->profiler, out);
	nrt_cycles_read(&w->cycles, &out->busy, &out->idle);
	return 0;
}
