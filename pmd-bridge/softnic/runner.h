/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who steps a NIC: a thread of the model, the thread that polls the port, or a
 * test. Control threads, one at a time.
 */
#ifndef SOFTNIC_RUNNER_H
#define SOFTNIC_RUNNER_H

#include "args.h"

/* Choose how @nic runs and begin: before the driver probes it, since that waits for the NIC.
 * 0, or -errno with one line on stderr. */
int softnic_run_start(struct softnic *nic, const struct softnic_args *args);

/* The ethdev port the driver made of it, "0000:..." by name. */
void softnic_run_port(struct softnic *nic, const char *port_name);

/* No step of @nic runs when this returns, and none begins. */
void softnic_run_stop(struct softnic *nic);

#endif
