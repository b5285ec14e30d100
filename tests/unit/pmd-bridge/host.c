/* SPDX-License-Identifier: BSD-3-Clause */
/* See host.h. */
#include "host.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <nrt/nrt_lower.h>

#define MAX_ARGS 32

bool host_verifies, host_leaves_eal;
unsigned int host_workers = 1;
unsigned int host_megabytes = 256;
const char *host_tolerates, *host_tolerates_late;
nrt_driver_entry host_virtual;
void (*host_last_check)(void);

static struct nrt_driver *miniport, *protocol, *without_ports;
static struct {
	struct pmb_device *device;
	struct nrt_adapter *adapter;
} ports[PROTO_PORTS];
static char violation[256];
static _Atomic uint64_t tolerated;
static char directory[64];

/* ------------------------------------------------------------------- helpers */

uint64_t host_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

void host_breathe(void)
{
	const struct timespec nap = { .tv_nsec = 200000 };

	nanosleep(&nap, NULL);
}

static bool tolerates(const char *rule, const char *text)
{
	if (host_tolerates != NULL && strstr(host_tolerates, rule) != NULL)
		return true;
	return host_tolerates_late != NULL && strcmp(host_tolerates_late, rule) == 0 &&
	       strstr(text, "has been pending for") != NULL;
}

static void note_violation(const char *rule, const char *text, void *context)
{
	(void)context;
	if (tolerates(rule, text))
		tolerated++;
	else
		snprintf(violation, sizeof(violation), "%s: %s", rule, text);
}

const char *host_violation(void)
{
	return violation;
}

static void remove_directory(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	if (directory[0] != '\0' && system(command) != 0)
		perror(directory);
	directory[0] = '\0';
}

const char *host_file(const char *name)
{
	static char path[4][128];
	static unsigned int next;
	char *p = path[next++ % 4];

	if (directory[0] == '\0') {
		strcpy(directory, "/tmp/pollport-test-XXXXXX");
		cr_assert_not_null(mkdtemp(directory));
	}
	snprintf(p, sizeof(path[0]), "%s/%s", directory, name);
	return p;
}

/* --------------------------------------------------------------------- start */

/* Main lcore 0, workers from 1 on, on the CPUs this process may use in turn. */
static void write_lcores(char *to, size_t size)
{
	cpu_set_t cpus;
	int cpu = -1;
	size_t used = 0;

	sched_getaffinity(0, sizeof(cpus), &cpus);
	for (unsigned int i = 0; i <= host_workers; i++) {
		do
			cpu = (cpu + 1) % CPU_SETSIZE;
		while (!CPU_ISSET((size_t)cpu, &cpus));
		used += (size_t)snprintf(to + used, size - used, "%s%u@%d", i != 0 ? "," : "", i, cpu);
	}
}

static void start_eal(const char *const vdev[], unsigned int n)
{
	char lcores[128], megabytes[16];
	char *argv[MAX_ARGS] = { (char *)"test",       (char *)"--no-huge",
				 (char *)"--no-pci",   (char *)"--no-shconf",
				 (char *)"--no-telemetry", (char *)"--log-level=critical",
				 (char *)"-m",         megabytes,
				 (char *)"--lcores",   lcores };
	int argc = 10;

	snprintf(megabytes, sizeof(megabytes), "%u", host_megabytes);
	write_lcores(lcores, sizeof(lcores));
	for (unsigned int i = 0; i < n; i++) {
		argv[argc++] = (char *)"--vdev";
		argv[argc++] = (char *)(uintptr_t)vdev[i];
	}
	cr_assert_geq(pmb_eal_init(argc, argv), 0, "%s", pmb_last_error());
}

static void load_drivers(void)
{
	const char *path = getenv("POLLPORT_MINIPORT");

	cr_assert_not_null(path, "POLLPORT_MINIPORT does not name the miniport");
	cr_assert_eq(nrt_driver_load(path, &miniport), 0, "%s", nrt_last_error());
	cr_assert_eq(nrt_driver_load_linked("test", (nrt_driver_entry)proto_entry, &protocol), 0,
		     "%s", nrt_last_error());
	if (host_virtual != NULL)
		cr_assert_eq(nrt_driver_load_linked("virtual", host_virtual, &without_ports), 0,
			     "%s", nrt_last_error());
}

static void unload_drivers(void)
{
	cr_expect_eq(nrt_driver_unload(protocol), 0, "%s", nrt_last_error());
	cr_expect_eq(nrt_driver_unload(miniport), 0, "%s", nrt_last_error());
	if (host_virtual != NULL)
		cr_expect_eq(nrt_driver_unload(without_ports), 0, "%s", nrt_last_error());
	cr_expect_eq(nrt_nbl_live(), 0, "%lu NBLs are live", nrt_nbl_live());
	cr_expect_eq(nrt_violation_count(), tolerated, "violation of %s", violation);
}

void host_reload(void)
{
	unload_drivers();
	load_drivers();
}

void host_start(const char *vdev, ...)
{
	const char *vdevs[PROTO_PORTS];
	struct nrt_options options = { .verifier = host_verifies, .workers = host_workers };
	unsigned int n = 0;
	va_list args;

	va_start(args, vdev);
	for (; vdev != NULL; vdev = va_arg(args, const char *))
		vdevs[n++] = vdev;
	va_end(args);
	start_eal(vdevs, n);
	options.platform = pmb_platform();
	nrt_on_violation(note_violation, NULL);
	cr_assert_eq(nrt_init(&options), 0, "%s", nrt_last_error());
	load_drivers();
}

/* ------------------------------------------------------------------ adapters */

int host_try_add(uint16_t port, const struct pmb_device_config *config)
{
	struct pmb_device_config defaults = { .node = -1 };
	int rc = pmb_device_create(port, config != NULL ? config : &defaults, &ports[port].device);

	if (rc != 0)
		return rc;
	rc = nrt_adapter_add(miniport, pmb_device(ports[port].device), &ports[port].adapter);
	if (rc != 0) {
		pmb_device_destroy(ports[port].device);
		ports[port].device = NULL;
	}
	return rc;
}

struct proto_port *host_add(uint16_t port, const struct pmb_device_config *config)
{
	cr_assert_eq(host_try_add(port, config), 0, "port %u: %s; %s", port, nrt_last_error(),
		     pmb_last_error());
	cr_assert_not_null(proto_port(port));
	return proto_port(port);
}

static struct proto_port *take_everything(struct proto_port *p)
{
	NDIS_STATUS status = proto_set_filter(p, NDIS_PACKET_TYPE_PROMISCUOUS);

	cr_assert_eq(status, NDIS_STATUS_SUCCESS, "packet filter: 0x%08X", (unsigned int)status);
	return p;
}

struct proto_port *host_open(uint16_t port, const struct pmb_device_config *config)
{
	return take_everything(host_add(port, config));
}

struct proto_port *host_plug(uint16_t port)
{
	char name[16];
	const struct nrt_device device = { .name = name, .node = -1 };

	snprintf(name, sizeof(name), "port%u", port);
	cr_assert_eq(nrt_adapter_add(without_ports, &device, &ports[port].adapter), 0, "%s",
		     nrt_last_error());
	return take_everything(proto_port(port));
}

struct nrt_adapter *host_adapter(uint16_t port)
{
	return ports[port].adapter;
}

struct pmb_device *host_device(uint16_t port)
{
	return ports[port].device;
}

void host_pause(uint16_t port)
{
	cr_assert_eq(nrt_adapter_pause(ports[port].adapter), 0, "%s", nrt_last_error());
}

void host_restart(uint16_t port)
{
	cr_assert_eq(nrt_adapter_restart(ports[port].adapter), 0, "%s", nrt_last_error());
}

struct pmb_device_stats host_stats(uint16_t port)
{
	struct pmb_device_stats s;

	pmb_device_stats(ports[port].device, &s);
	return s;
}

void host_on_worker(void (*fn)(void *), void *arg)
{
	nrt_worker_call(0, fn, arg);
}

/* Sums that hold whenever nothing of the port is under way. */
static void expect_closed(uint16_t port)
{
	const struct pmb_device_stats stats = host_stats(port), *s = &stats;

	cr_expect_eq(s->pool_free + s->pool_pmd + s->pool_above, s->pool_size,
		     "port %u: %lu free + %lu PMD + %lu above of %lu buffers", port, s->pool_free,
		     s->pool_pmd, s->pool_above, s->pool_size);
	cr_expect_leq(s->pool_pmd, s->pool_size, "port %u: %ld buffers with the PMD", port,
		      (long)s->pool_pmd);
	cr_expect_eq(s->pool_above, 0, "port %u: %ld buffers above", port, (long)s->pool_above);
	cr_expect_eq(s->rx_indicated, s->rx_returned, "port %u: %lu indicated, %lu returned", port,
		     s->rx_indicated, s->rx_returned);
	cr_expect_eq(s->rx_frames, s->rx_indicated + s->rx_drop_filter + s->rx_drop_paused +
					   s->rx_drop_nobuf + s->rx_drop_bad,
		     "port %u: %lu frames, %lu indicated", port, s->rx_frames, s->rx_indicated);
	cr_expect_eq(s->tx_accepted, s->tx_completed, "port %u: %lu accepted, %lu completed", port,
		     s->tx_accepted, s->tx_completed);
}

static void expect_ledger(uint16_t port)
{
	struct nrt_ledger l;

	nrt_adapter_ledger(ports[port].adapter, &l);
	cr_expect_eq(l.rx_indicated, l.rx_returned, "port %u: %lu indicated, %lu returned", port,
		     l.rx_indicated, l.rx_returned);
	cr_expect_eq(l.tx_submitted, l.tx_completed, "port %u: %lu submitted, %lu completed", port,
		     l.tx_submitted, l.tx_completed);
	cr_expect_eq(l.tx_handed, l.tx_returned, "port %u: %lu handed down, %lu came back", port,
		     l.tx_handed, l.tx_returned);
}

void host_expect_balanced(uint16_t port)
{
	host_pause(port);
	if (ports[port].device != NULL)
		expect_closed(port);
	expect_ledger(port);
	host_restart(port);
}

void host_remove(uint16_t port)
{
	cr_assert_eq(nrt_adapter_remove(ports[port].adapter), 0, "%s", nrt_last_error());
	if (ports[port].device != NULL) {
		expect_closed(port); /* its last moment */
		pmb_device_destroy(ports[port].device);
	}
	ports[port].device = NULL;
	ports[port].adapter = NULL;
}

void host_stop(void)
{
	for (uint16_t i = 0; i < PROTO_PORTS; i++)
		if (ports[i].adapter != NULL)
			host_remove(i);
	unload_drivers();
	cr_expect_eq(nrt_fini(), 0, "%s", nrt_last_error());
	cr_expect_eq(nrt_violation_count(), tolerated, "violation of %s", violation);
	if (host_last_check != NULL)
		host_last_check();
	if (!host_leaves_eal)
		pmb_eal_cleanup();
	remove_directory();
}
