/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capture files that are to be replayed: net_pcap takes one that ends in the
 * middle of a frame for one that ends before it, and nobody is told.
 */
#ifndef FWD_PCAPFILE_H
#define FWD_PCAPFILE_H

#include "options.h"

/**
 * Check the files that "rx_pcap=" names in the --vdev arguments among @argv.
 * Files that cannot be opened or are no pcap files are left to net_pcap, which
 * refuses them itself. Returns true, or false and the complaint.
 */
bool pcapfile_check(int argc, char **argv, struct complaint *why);

#endif
