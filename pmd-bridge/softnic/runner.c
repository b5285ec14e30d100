/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who steps a NIC. One thread of the model does it for all NICs with run=thread,
 * on a core where nobody polls; with run=poll it is the thread that polls queue
 * 0 of the port, through an ethdev callback, so that one core does both and the
 * model's share can be measured. A second thread, which sleeps, watches over
 * NICs that are not polled at the moment: registers must answer and links come up.
 */
#include "runner.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>
#include <rte_lcore.h>

#include "message.h"

/* How long a NIC may go without a step before the watcher does one. */
#define WATCH_US 1000
/* Sleep of the model's thread while no NIC has a ring. */
#define IDLE_US 50

enum owner { NOBODY, THREAD, POLLER };

static struct runner {
	struct softnic *_Atomic nic;
	_Atomic int owner;
	char port_name[RTE_ETH_NAME_MAX_LEN];
	_Atomic bool port_known;
	bool called_back;           /* watcher: rw */
	uint64_t steps_seen;        /* watcher: rw */
} runners[SOFTNIC_MAX_NICS];

static pthread_t thread, watcher;
static bool thread_runs, watcher_runs;
static _Atomic bool stop_threads;
/* Held while a thread of ours steps; taken to be sure that none does. */
static pthread_mutex_t stepping = PTHREAD_MUTEX_INITIALIZER;

/* ---------------------------------------------------------------- threads */

static bool has_rings(const struct softnic *nic)
{
	return nic->n_rx_active != 0 || nic->n_tx_active != 0;
}

/* A round of all NICs that are this thread's; true: one of them has work to expect. */
static bool step_round(void)
{
	bool awake = false;

	pthread_mutex_lock(&stepping);
	for (unsigned int i = 0; i < SOFTNIC_MAX_NICS; i++) {
		struct softnic *nic = runners[i].nic;

		if (nic == NULL || runners[i].owner != THREAD)
			continue;
		softnic_make_way(nic);
		softnic_step(nic);
		awake |= has_rings(nic);
	}
	pthread_mutex_unlock(&stepping);
	return awake;
}

static void *run_thread(void *arg)
{
	(void)arg;
	while (!stop_threads) {
		if (!step_round())
			usleep(IDLE_US);
	}
	return NULL;
}

static uint16_t step_before_burst(uint16_t port, uint16_t queue, struct rte_mbuf *bufs[],
				  uint16_t n, uint16_t max, void *arg)
{
	(void)port;
	(void)queue;
	(void)bufs;
	(void)max;
	softnic_step(arg);
	return n;
}

/* The callback can be added once the port has queues. */
static void call_back(struct runner *r, struct softnic *nic)
{
	uint16_t port;

	if (r->called_back || !r->port_known ||
	    rte_eth_dev_get_port_by_name(r->port_name, &port) != 0 || !nic->rx.enabled)
		return;
	r->called_back = rte_eth_add_rx_callback(port, 0, step_before_burst, nic) != NULL;
}

static void watch(struct runner *r)
{
	struct softnic *nic = r->nic;

	if (nic == NULL || r->owner != POLLER)
		return;
	if (nic->steps == r->steps_seen)
		softnic_try_step(nic); /* who holds it, steps it or is about to */
	r->steps_seen = nic->steps;
	call_back(r, nic);
}

static void *run_watcher(void *arg)
{
	(void)arg;
	while (!stop_threads) {
		pthread_mutex_lock(&stepping);
		for (unsigned int i = 0; i < SOFTNIC_MAX_NICS; i++)
			watch(&runners[i]);
		pthread_mutex_unlock(&stepping);
		usleep(WATCH_US);
	}
	return NULL;
}

static int launch(pthread_t *id, void *(*fn)(void *), int core)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old); /* signals are the program's */
	rc = pthread_create(id, NULL, fn, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc == 0 && core >= 0) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET((unsigned int)core, &set);
		rc = pthread_setaffinity_np(*id, sizeof(set), &set);
	}
	return -rc;
}

/* ------------------------------------------------------------------- core */

/* The lcore that polls on @core, or -1. The main lcore sleeps while others poll. */
static int poller_on(int core)
{
	bool main_polls = rte_lcore_count() < 2;

	for (unsigned int lcore = rte_get_next_lcore(UINT_MAX, 0, 0); lcore < RTE_MAX_LCORE;
	     lcore = rte_get_next_lcore(lcore, 0, 0)) {
		rte_cpuset_t set = rte_lcore_cpuset(lcore);

		if (CPU_ISSET((unsigned int)core, &set) &&
		    (main_polls || lcore != rte_get_main_lcore()))
			return (int)lcore;
	}
	return -1;
}

static bool main_on(int core)
{
	rte_cpuset_t set = rte_lcore_cpuset(rte_get_main_lcore());

	return CPU_ISSET((unsigned int)core, &set);
}

static bool may_use(int core)
{
	cpu_set_t old, set;
	bool ok;

	if (sched_getaffinity(0, sizeof(old), &old) != 0)
		return false;
	CPU_ZERO(&set);
	CPU_SET((unsigned int)core, &set);
	ok = sched_setaffinity(0, sizeof(set), &set) == 0;
	sched_setaffinity(0, sizeof(old), &old);
	return ok;
}

/* A core for the model: one without an lcore, else the main lcore's; -1: all poll. */
static int free_core(void)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);
	int mains = -1;

	for (int core = 0; core < n && core < CPU_SETSIZE; core++) {
		if (poller_on(core) >= 0 || !may_use(core))
			continue;
		if (!main_on(core))
			return core;
		mains = core;
	}
	return mains;
}

static int start_thread(struct softnic *nic, const struct softnic_args *args)
{
	int core = args->core >= 0 ? args->core : free_core();
	int rc;

	if (thread_runs)
		return 0;
	if (args->core >= 0 && poller_on(core) >= 0) {
		softnic_say("%s: lcore %d polls on core %d, a model there makes both crawl; give "
			    "another core=, or run=poll", nic->name, poller_on(core), core);
		return -EBUSY;
	}
	if (core < 0) {
		softnic_say("%s: no core is free for run=thread; use run=poll, or fewer lcores",
			    nic->name);
		return -EBUSY;
	}
	rc = launch(&thread, run_thread, core);
	if (rc != 0) {
		softnic_say("%s: no thread on core %d: %s; give another core=, or run=poll",
			    nic->name, core, strerror(-rc));
		return rc;
	}
	thread_runs = true;
	return 0;
}

static int start_watcher(struct softnic *nic)
{
	int rc = watcher_runs ? 0 : launch(&watcher, run_watcher, -1);

	if (rc != 0)
		softnic_say("%s: no thread to watch it: %s", nic->name, strerror(-rc));
	watcher_runs |= rc == 0;
	return rc;
}

/* ------------------------------------------------------------------- life */

static struct runner *runner_of(const struct softnic *nic)
{
	for (unsigned int i = 0; i < SOFTNIC_MAX_NICS; i++)
		if (runners[i].nic == nic)
			return &runners[i];
	return NULL;
}

int softnic_run_start(struct softnic *nic, const struct softnic_args *args)
{
	struct runner *r = runner_of(NULL);
	enum softnic_run run = args->run;
	int rc = 0;

	if (r == NULL)
		return -ENOSPC;
	if (run == SOFTNIC_RUN_AUTO)
		run = thread_runs || free_core() >= 0 ? SOFTNIC_RUN_THREAD : SOFTNIC_RUN_POLL;
	if (run == SOFTNIC_RUN_THREAD)
		rc = start_thread(nic, args);
	else if (run == SOFTNIC_RUN_POLL)
		rc = start_watcher(nic);
	if (rc != 0)
		return rc;
	r->port_known = false;
	r->called_back = false;
	r->owner = run == SOFTNIC_RUN_THREAD ? THREAD : run == SOFTNIC_RUN_POLL ? POLLER : NOBODY;
	r->nic = nic;
	return 0;
}

void softnic_run_port(struct softnic *nic, const char *port_name)
{
	struct runner *r = runner_of(nic);

	if (r == NULL)
		return;
	snprintf(r->port_name, sizeof(r->port_name), "%s", port_name);
	r->port_known = true;
}

static void stop_all_threads(void)
{
	stop_threads = true;
	if (thread_runs)
		pthread_join(thread, NULL);
	if (watcher_runs)
		pthread_join(watcher, NULL);
	thread_runs = watcher_runs = false;
	stop_threads = false;
}

void softnic_run_stop(struct softnic *nic)
{
	struct runner *r = runner_of(nic);
	bool last = true;

	if (r == NULL)
		return;
	r->nic = NULL;
	pthread_mutex_lock(&stepping); /* who was stepping has seen it */
	pthread_mutex_unlock(&stepping);
	for (unsigned int i = 0; i < SOFTNIC_MAX_NICS; i++)
		last &= runners[i].nic == NULL;
	if (last)
		stop_all_threads();
}
