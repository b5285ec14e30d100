/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flowgen, txonly and --tx-first: frames of our own. Self-clocked: a window of
 * NBLs is sent once, and each is sent again when it completes.
 */
#ifndef FWD_GENERATE_H
#define FWD_GENERATE_H

#include "port.h"

/* Send what waits: the whole window of a port that has just opened, and frames
 * that could not be sent again at once. The service thread, control held. */
void generator_run(struct port *port);

/* A run of generated frames came back: send it again if the mode does, or keep
 * it for generator_run. Data path; @here is the caller's lane. */
void generator_completed(struct port *port, struct lane *here, NET_BUFFER_LIST *head,
			 NET_BUFFER_LIST *tail, ULONG n, ULONG failed, BOOLEAN at_dispatch);

void generator_free(struct port *port);

#endif
