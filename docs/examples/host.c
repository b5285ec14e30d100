/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a protocol driver on the first DPDK port for a while:
 *   host [EAL options] -- MINIPORT.so PROTOCOL.so MILLISECONDS
 * Main thread, no worker.
 */
#include <nrt/nrt.h>
#include <pmb_host.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void need(int rc, const char *why)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "host: %s\n", why);
	exit(1);
}

int main(int argc, char **argv)
{
	struct nrt_options options = { .platform = pmb_platform(), .workers = 1, .verifier = true };
	struct pmb_device_config config = { .no_flush_rx = true };
	struct nrt_driver *miniport, *protocol;
	struct nrt_adapter *adapter;
	struct pmb_device *device;
	int eal = pmb_eal_init(argc, argv);

	need(eal, pmb_last_error());
	need(argc - eal == 4 ? 0 : -1, "wants [EAL options] -- MINIPORT.so PROTOCOL.so MILLISECONDS");
	argv += eal;
	long ms = atol(argv[3]);

	need(nrt_init(&options), nrt_last_error());
	need(pmb_device_create(0, &config, &device), pmb_last_error());
	need(nrt_driver_load(argv[1], &miniport), nrt_last_error());
	need(nrt_driver_load(argv[2], &protocol), nrt_last_error());
	need(nrt_adapter_add(miniport, pmb_device(device), &adapter), nrt_last_error());
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
	need(nrt_adapter_remove(adapter), nrt_last_error());
	need(nrt_driver_unload(protocol), nrt_last_error());
	need(nrt_driver_unload(miniport), nrt_last_error());
	pmb_device_destroy(device);
	need(nrt_fini(), nrt_last_error());
	pmb_eal_cleanup();
	return 0;
}
