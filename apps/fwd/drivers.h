/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The NDIS drivers of a run: those that --driver names, the reference miniport if none of
 * them is one, and the forwarder's own protocol. Main thread.
 */
#ifndef FWD_DRIVERS_H
#define FWD_DRIVERS_H

#include "host.h"

/** Load them in the order they are named, before there is an adapter: the first filter is
 * the lowest. EXIT_DRIVER when one does not load, or two are miniports or intermediate;
 * EXIT_USAGE when --virtual is given without the latter, or the other way round. */
enum exit_code drivers_load(struct host *host);

/** Unload them, the last one first; adapters are gone. EXIT_DRIVER when one of them broke the
 * contract, EXIT_LEDGER when an NBL was never freed. */
enum exit_code drivers_close(struct host *host);

#endif
