/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPDK's telemetry about the runtime's workers: how busy they are, and where their
 * cycles go if the runtime takes a profile. Telemetry's own thread, at any time, before
 * and after the runtime too: then there are no workers.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_telemetry.h>

#include <nrt/nrt_profile.h>

#include "port.h"

static int add_cycles(struct rte_tel_data *d, unsigned int worker, uint64_t busy, uint64_t idle)
{
	struct rte_tel_data *one = rte_tel_data_alloc();
	char name[16];

	if (one == NULL)
		return -ENOMEM;
	snprintf(name, sizeof(name), "%u", worker);
	rte_tel_data_start_dict(one);
	rte_tel_data_add_dict_u64(one, "busy_cycles", busy);
	rte_tel_data_add_dict_u64(one, "idle_cycles", idle);
	return rte_tel_data_add_dict_container(d, name, one, 0);
}

static int tel_workers(const char *cmd, const char *params, struct rte_tel_data *d)
{
	uint64_t busy, idle;
	int rc = 0;

	(void)cmd;
	(void)params;
	rte_tel_data_start_dict(d);
	for (unsigned int i = 0; rc == 0 && nrt_worker_cycles(i, &busy, &idle) == 0; i++)
		rc = add_cycles(d, i, busy, idle);
	return rc;
}

/* A name in telemetry has no spaces. */
static int add_row(struct rte_tel_data *d, const char *stage, const struct nrt_profile_row *row)
{
	struct rte_tel_data *one = rte_tel_data_alloc();
	char name[16];

	if (one == NULL)
		return -ENOMEM;
	snprintf(name, sizeof(name), "%s", stage);
	for (char *c = name; *c != '\0'; c++)
		*c = *c == ' ' ? '_' : *c;
	rte_tel_data_start_dict(one);
	rte_tel_data_add_dict_u64(one, "cycles", row->cycles);
	rte_tel_data_add_dict_u64(one, "calls", row->calls);
	rte_tel_data_add_dict_u64(one, "packets", row->packets);
	return rte_tel_data_add_dict_container(d, name, one, 0);
}

/* Parameters: a worker's number, or none for worker 0. */
static int parse_worker(const char *params, unsigned int *worker)
{
	unsigned long n = 0;
	char *end;

	if (params != NULL && *params != '\0') {
		if (*params < '0' || *params > '9')
			return -EINVAL;
		n = strtoul(params, &end, 10);
		if (*end != '\0' || n >= NRT_MAX_WORKERS)
			return -EINVAL;
	}
	*worker = (unsigned int)n;
	return 0;
}

static int tel_profile(const char *cmd, const char *params, struct rte_tel_data *d)
{
	struct nrt_profile_row rows[NRT_ROWS];
	struct nrt_profile profile;
	unsigned int worker;
	int rc = parse_worker(params, &worker);

	(void)cmd;
	if (rc == 0)
		rc = nrt_profile_read(worker, &profile);
	if (rc != 0)
		return rc;
	nrt_profile_rows(&profile, rows);
	rte_tel_data_start_dict(d);
	for (unsigned int i = 0; rc == 0 && i < NRT_ROWS; i++)
		rc = add_row(d, nrt_stage_names[i], &rows[i]);
	return rc;
}

int pmb_telemetry_register(void)
{
	int rc = rte_telemetry_register_cmd("/pollport/workers", tel_workers,
					    "Busy and idle cycles of all workers. No parameters.");

	if (rc == 0)
		rc = rte_telemetry_register_cmd("/pollport/profile", tel_profile,
						"The cycle ledger of a worker, if one is taken. "
						"Parameters: its number (0)");
	return rc;
}
