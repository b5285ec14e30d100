/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host of shortcut.c: two ports forwarded by bridge and poll alone, for raw_pmd.
 *   raw_bridge_loop [EAL options] -- [options of loop_options.h but those of the pool]
 * The miniport is shortcut-miniport.so beside this program. Main thread; the first
 * worker lcore polls until SIGINT or SIGTERM.
 *
 * exit status: 0 stopped as asked; 1 EAL, memory, a port or the driver failed; 2 the
 * command line is wrong
 */
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <nrt/nrt.h>
#include <pmb_host.h>

#include "loop_options.h"

#define NAME "raw_bridge_loop"
#define DRIVER "shortcut-miniport.so"
#define PORTS 2

static struct pmb_device *devices[PORTS];
static struct nrt_adapter *adapters[PORTS];

/* The path of DRIVER in @path; false when there is no saying where this program is. */
static bool find_driver(char path[PATH_MAX + sizeof(DRIVER)])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	if (n <= 0)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL)
		strcpy(slash + 1, DRIVER);
	return slash != NULL;
}

static int create_device(uint16_t port, const struct loop_options *o)
{
	static const unsigned int worker = 0;
	struct pmb_device_config config = {
		.rx_desc = (uint16_t)o->rxd,
		.tx_desc = (uint16_t)o->txd,
		.rx_free_thresh = (uint16_t)o->rxfreet,
		.tx_free_thresh = (uint16_t)o->txfreet,
		.tx_rs_thresh = (uint16_t)o->txrst,
		.burst = (uint16_t)o->burst,
		.mbufs = (uint32_t)(o->mbufs / PORTS),
		.node = -1,
		.rx_worker = &worker,
		.tx_worker = &worker,
	};

	return pmb_device_create(port, &config, &devices[port]);
}

static int start(const struct loop_options *o, struct nrt_driver **driver)
{
	char path[PATH_MAX + sizeof(DRIVER)];

	for (uint16_t port = 0; port < PORTS; port++)
		if (create_device(port, o) != 0)
			return loop_fail(NAME, "%s", pmb_last_error());
	if (!find_driver(path))
		return loop_fail(NAME, "no " DRIVER ": /proc is not there");
	if (nrt_driver_load(path, driver) != 0)
		return loop_fail(NAME, "%s", nrt_last_error());
	for (int i = 0; i < PORTS; i++)
		if (nrt_adapter_add(*driver, pmb_device(devices[i]), &adapters[i]) != 0)
			return loop_fail(NAME, "%s %s", nrt_last_error(), pmb_last_error());
	return 0;
}

/* Both paused first: each is where the other's frames wait. */
static int stop(struct nrt_driver *driver)
{
	int rc = 0;

	for (int i = 0; i < PORTS; i++)
		if (adapters[i] != NULL && nrt_adapter_pause(adapters[i]) != 0)
			rc = loop_fail(NAME, "%s", nrt_last_error());
	for (int i = 0; i < PORTS; i++)
		if (adapters[i] != NULL && nrt_adapter_remove(adapters[i]) != 0)
			rc = loop_fail(NAME, "%s", nrt_last_error());
	if (driver != NULL && nrt_driver_unload(driver) != 0)
		rc = loop_fail(NAME, "%s", nrt_last_error());
	for (int i = 0; i < PORTS; i++)
		if (devices[i] != NULL)
			pmb_device_destroy(devices[i]);
	if (nrt_nbl_live() != 0 || nrt_violation_count() != 0)
		rc = loop_fail(NAME, "%lu NBLs were never freed, %lu violations of the contract",
			       nrt_nbl_live(), nrt_violation_count());
	return rc;
}

static int run(const struct loop_options *o, const sigset_t *signals)
{
	struct nrt_options options = { .platform = pmb_platform(), .workers = 1,
				       .poll_budget = (unsigned int)o->burst };
	struct nrt_driver *driver = NULL;
	int status, number;

	if (pmb_port_count() != PORTS || pmb_worker_count() < 1)
		return loop_fail(NAME, "%u ports and %u worker lcores, two and one are wanted: give "
				 "two --vdev, or two -a, and --lcores 0@0,1@1", pmb_port_count(),
				 pmb_worker_count());
	if (nrt_init(&options) != 0)
		return loop_fail(NAME, "%s", nrt_last_error());
	status = start(o, &driver);
	if (status == 0)
		sigwait(signals, &number);
	if (stop(driver) != 0)
		status = 1;
	nrt_fini();
	return status;
}

static bool parse(int argc, char **argv, struct loop_options *o)
{
	if (!loop_options_parse(NAME, argc, argv, o))
		return false;
	if (o->mode != LOOP_IO)
		loop_fail(NAME, "--forward-mode=io is the only mode there is");
	return o->mode == LOOP_IO;
}

int main(int argc, char **argv)
{
	struct loop_options o;
	sigset_t signals;
	int used, status;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL); /* in EAL's threads as well */
	used = pmb_eal_init(argc, argv);
	if (used < 0)
		return loop_fail(NAME, "%s", pmb_last_error());
	status = parse(argc - used, argv + used, &o) ? run(&o, &signals) : 2;
	pmb_eal_cleanup();
	return status;
}
