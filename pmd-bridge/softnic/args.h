/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The arguments of a --vdev net_softnicN,... as one structure.
 */
#ifndef SOFTNIC_ARGS_H
#define SOFTNIC_ARGS_H

#include "nic.h"

enum softnic_run { SOFTNIC_RUN_AUTO, SOFTNIC_RUN_THREAD, SOFTNIC_RUN_POLL, SOFTNIC_RUN_STEP };

struct softnic_args {
	const struct softnic_type *type;
	char peer[32];              /* a vdev's name, "self", or empty: a sink */
	uint64_t rate;              /* bits per second, 0: unpaced */
	enum softnic_run run;
	int core;                   /* of the model's thread, -1: choose */
	enum softnic_iommu_mode iommu;
	bool has_mac;
	uint8_t mac[6];
	uint32_t writeback_us, writeback_steps;
	uint64_t seed;
	bool generate;
	char pcap[256];
	struct softnic_frames_config frames;
};

/* Parse @text ("type=82599,peer=net_softnic0,..."). 0, or -EINVAL with one line on stderr that
 * says what is wrong and what there is. */
int softnic_args_parse(const char *name, const char *text, struct softnic_args *args);

#endif
