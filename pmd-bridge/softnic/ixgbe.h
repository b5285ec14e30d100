/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the 82599's files share.
 */
#ifndef SOFTNIC_IXGBE_H
#define SOFTNIC_IXGBE_H

struct softnic;

/* Move what was counted into the statistics registers; ixgbe_stats.c. */
void ixgbe_publish(struct softnic *nic);

#endif
