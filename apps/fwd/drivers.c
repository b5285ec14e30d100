/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loading and unloading of a run's drivers. Main thread.
 */
#include "drivers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driverfile.h"
#include "forwarder.h"

static enum exit_code take_intermediate(struct host *h, struct nrt_driver *driver, const char *path)
{
	if (h->intermediate != NULL) {
		host_say("--driver names two intermediate drivers, %s the second; ports lie over one",
			 path);
		return EXIT_DRIVER;
	}
	if (h->options->virtuals == NULL) {
		host_say("%s is an intermediate driver: name its adapters with --virtual=NAME,..., "
			 "one for each port", path);
		return EXIT_USAGE;
	}
	h->intermediate = driver;
	return EXIT_OK;
}

static enum exit_code load(struct host *h, const char *path)
{
	struct nrt_driver **driver = &h->driver[h->n_drivers];

	if (h->n_drivers == HOST_MAX_DRIVERS) {
		host_say("--driver names more than %u drivers", HOST_MAX_DRIVERS);
		return EXIT_DRIVER;
	}
	if (nrt_driver_load(path, driver) != 0) {
		host_say("%s", nrt_last_error());
		return EXIT_DRIVER;
	}
	h->n_drivers++;
	if (nrt_driver_is_intermediate(*driver))
		return take_intermediate(h, *driver, path);
	h->other_protocols |= nrt_driver_is_protocol(*driver);
	if (!nrt_driver_is_miniport(*driver))
		return EXIT_OK;
	if (h->miniport != NULL) {
		host_say("--driver names two miniports, %s the second; all ports have the same",
			 path);
		return EXIT_DRIVER;
	}
	h->miniport = *driver;
	snprintf(h->miniport_file, sizeof(h->miniport_file), "%s", basename(path));
	return EXIT_OK;
}

static enum exit_code load_named(struct host *h)
{
	char *names = strdup(h->options->driver), *rest = names;
	enum exit_code rc = EXIT_OK;
	const char *path;

	if (names == NULL) {
		host_say("out of memory");
		return EXIT_OTHER;
	}
	while (rc == EXIT_OK && (path = strsep(&rest, ",")) != NULL)
		rc = load(h, path);
	free(names);
	return rc;
}

static enum exit_code load_reference(struct host *h)
{
	const char *path = driverfile_find();

	if (path != NULL)
		return load(h, path);
	host_say("%s is nowhere: build it, or name it with --driver or its directory with "
		 "POLLPORT_DRIVER_DIR", DRIVER_FILE);
	return EXIT_DRIVER;
}

enum exit_code drivers_load(struct host *h)
{
	enum exit_code rc = EXIT_OK;

	if (h->options->driver != NULL)
		rc = load_named(h);
	if (rc == EXIT_OK && h->miniport == NULL && h->options->adapters != 0) {
		host_say("--adapters %lu: none that --driver names is a miniport",
			 h->options->adapters);
		rc = EXIT_DRIVER;
	}
	if (rc == EXIT_OK && h->options->virtuals != NULL && h->intermediate == NULL) {
		host_say("--virtual %s: no driver of --driver is an intermediate one",
			 h->options->virtuals);
		rc = EXIT_USAGE;
	}
	if (rc == EXIT_OK && h->miniport == NULL)
		rc = load_reference(h);
	if (rc == EXIT_OK &&
	    nrt_driver_load_linked("pollport-fwd", DriverEntry, &h->protocol) != 0) {
		host_say("%s", nrt_last_error());
		rc = EXIT_DRIVER;
	}
	return rc;
}

static int unload_all(struct host *h)
{
	if (h->protocol != NULL && nrt_driver_unload(h->protocol) != 0)
		return -1;
	while (h->n_drivers != 0)
		if (nrt_driver_unload(h->driver[--h->n_drivers]) != 0)
			return -1;
	return 0;
}

enum exit_code drivers_close(struct host *h)
{
	if (unload_all(h) != 0) {
		host_say("%s", nrt_last_error());
		return EXIT_DRIVER;
	}
	if (nrt_nbl_live() != 0) {
		host_say("%lu NBLs were never freed", nrt_nbl_live());
		return EXIT_LEDGER;
	}
	if (nrt_violation_count() != 0) {
		host_say("%lu violations of the NDIS contract, see above", nrt_violation_count());
		return EXIT_DRIVER;
	}
	return EXIT_OK;
}
