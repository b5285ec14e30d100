/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a port is and has counted, whether DPDK's or, with --adapters, an adapter of a miniport
 * that needs none. Of such a one nobody below the runtime tells counts; those that people look
 * at are the runtime's, and the ledger has no rows below it. Main thread.
 */
#ifndef FWD_PORTLESS_H
#define FWD_PORTLESS_H

#include "host.h"

/** The adapter of port @i that has no device; as nrt_adapter_add. */
int portless_add(struct host *h, unsigned int i);

/** pmb_device_info of either. */
void portless_info(const struct host *h, unsigned int i, struct pmb_device_info *out);

/** Fill in @terms->pmd of either; the other counts are there. Without a device: frames that the
 * miniport indicated and that the forwarder got back, and no bytes. */
void portless_stats(const struct host_port *p, struct ledger_terms *terms);

#endif
