/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host side of the forwarder: EAL, runtime, drivers, devices and adapters
 * from the start of a run to its end. Main thread only; functions that fail
 * have printed one line that says why and what to do.
 */
#ifndef FWD_HOST_H
#define FWD_HOST_H

#include <nrt/nrt.h>
#include <pmb_host.h>

#include "ledger.h"
#include "options.h"

/** Most drivers that one run loads, its own protocol aside. */
#define HOST_MAX_DRIVERS 16

struct host_port {
	unsigned int port;              /* EAL's number, and the driver's */
	struct pmb_device *device;      /* NULL with --adapters */
	struct nrt_adapter *adapter;
	struct nrt_instance *instance;  /* --virtual: the forwarder is bound to this one's */
	struct nrt_adapter *upper;      /* adapter, else NULL */
	bool running;
	unsigned int rx_worker[FWD_MAX_WORKERS], tx_worker[FWD_MAX_WORKERS]; /* per queue */
};

struct host {
	const struct options *options;
	struct fwd_settings settings;
	unsigned int workers;
	unsigned int n;                 /* ports */
	struct host_port port[FWD_MAX_PORTS];
	struct nrt_driver *miniport, *intermediate, *protocol;
	char miniport_file[32];         /* its name, cut off */
	struct nrt_driver *driver[HOST_MAX_DRIVERS]; /* of --driver, or the one by default */
	unsigned int n_drivers;
	bool other_protocols;           /* some of them are protocols, too, and bind everywhere */
	bool eal_up, runtime_up;
};

/* One line on stderr, with the program's name in front. */
void __attribute__((format(printf, 1, 2))) host_say(const char *format, ...);

/*
 * Everything up to bound and paused adapters, before any frame has moved.
 * @argv up to @argc is for EAL.
 * On failure the rest is left to host_close, which is called in any case.
 */
enum exit_code host_open(struct host *h, struct options *o, int argc, char **argv);

/* Take all down, in order. The ledger is read before: see host_read. EXIT_OK, or
 * what went wrong only now. */
enum exit_code host_close(struct host *h);

/* Restart or pause one stack, or all; true when they are as asked. */
bool host_port_start(struct host *h, unsigned int i);
bool host_port_stop(struct host *h, unsigned int i);
bool host_start(struct host *h);
bool host_stop(struct host *h);
bool host_is_running(const struct host *h);

/* Tell the driver of changed settings; a port takes them up when it restarts. */
void host_configure(struct host *h);

/* All counts of port @i; exact while no traffic flows. */
void host_read(const struct host *h, unsigned int i, struct ledger_terms *out);

#endif
