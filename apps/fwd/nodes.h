/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NUMA as the host sees it: what the options ask for, where a port's parts and workers are,
 * and what to do where they are apart. Main thread.
 */
#ifndef FWD_NODES_H
#define FWD_NODES_H

#include "host.h"

/* The nodes that options name, and that those options have an effect. */
bool nodes_check(const struct options *o, struct complaint *why);

/* What the options ask for the memory of EAL's port @port; -1: nothing. */
int nodes_configured(const struct options *o, unsigned int port);

/* The node that workers of @port should be on, -1: any. */
int nodes_of_port(const struct options *o, unsigned int port);

/* Say what of each port is not on its node, and how to mend it: a line for its workers, one
 * for its memory. Nothing with --no-numa. */
void nodes_say(const struct host *h);

/* A port's node for its line: the NIC's, and its memory's where an option moved that. */
const char *nodes_port_text(const struct pmb_device_info *info, char text[48]);

/* Where the parts of port @i lie, a line a queue; nothing on a machine with one node. */
void nodes_show_port(const struct host *h, unsigned int i, FILE *out);

/* The workers, and the streams of each. */
void nodes_show_workers(const struct host *h, FILE *out);

#endif
