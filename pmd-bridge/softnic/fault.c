/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults on demand: by the C interface and by DPDK telemetry,
 *   /softnic/list
 *   /softnic/counters,net_softnic0
 *   /softnic/fault,net_softnic0:link_down:1
 * Control threads.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_telemetry.h>

#include "nic.h"

static const char *const names[SOFTNIC_FAULTS] = {
	[SOFTNIC_LINK_DOWN] = "link_down",
	[SOFTNIC_TX_HANG] = "tx_hang",
	[SOFTNIC_RX_STALL] = "rx_stall",
	[SOFTNIC_TX_NO_WRITEBACK] = "tx_no_writeback",
	[SOFTNIC_RX_DESCRIPTOR_ERROR] = "rx_descriptor_error",
	[SOFTNIC_RX_BAD_CHECKSUM] = "rx_bad_checksum",
	[SOFTNIC_REMOVED] = "removed",
	[SOFTNIC_MODEL_LOST_DD] = "model_lost_dd",
	[SOFTNIC_MODEL_RETA_SWAPPED] = "model_reta_swapped",
	[SOFTNIC_MODEL_DOUBLE_COUNT] = "model_double_count",
	[SOFTNIC_MODEL_EARLY_DD] = "model_early_dd",
	[SOFTNIC_MODEL_BAD_TCI] = "model_bad_tci",
	[SOFTNIC_MODEL_SUM_OFF] = "model_sum_off",
};

int softnic_fault_find(const char *name)
{
	for (int i = 0; i < SOFTNIC_FAULTS; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -EINVAL;
}

/* A removed device answers no access, so the doorbells must trap too. It does not return. */
static int remove_device(struct softnic *nic, bool on)
{
	if (!on)
		return -EINVAL;
	return mprotect(nic->driver_view, nic->type->bar_size, PROT_NONE) == 0 ? 0 : -errno;
}

int softnic_fault_set(struct softnic *nic, enum softnic_fault fault, bool on)
{
	int rc = 0;

	if ((unsigned int)fault >= SOFTNIC_FAULTS)
		return -EINVAL;
	softnic_take(nic);
	if (fault == SOFTNIC_REMOVED)
		rc = remove_device(nic, on);
	if (rc == 0) {
		nic->faults.on[fault] = on;
		nic->dirty = true; /* what is known of generated frames no longer holds */
		softnic_link_settle(nic);
		if (nic->peer != NULL && nic->peer != nic)
			softnic_link_settle(nic->peer);
	}
	softnic_give(nic);
	return rc;
}

/* -------------------------------------------------------------- telemetry */

static int tel_list(const char *cmd, const char *params, struct rte_tel_data *d)
{
	(void)cmd;
	(void)params;
	rte_tel_data_start_array(d, RTE_TEL_STRING_VAL);
	for (unsigned int i = 0; i < SOFTNIC_MAX_NICS; i++) {
		const struct softnic *nic = softnic_slot(i);

		if (nic != NULL)
			rte_tel_data_add_array_string(d, nic->name);
	}
	return 0;
}

static int tel_counters(const char *cmd, const char *params, struct rte_tel_data *d)
{
	struct softnic *nic = params != NULL ? softnic_find(params) : NULL;
	struct softnic_counters c;

	(void)cmd;
	if (nic == NULL)
		return -ENODEV;
	softnic_counters_get(nic, &c);
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_string(d, "type", nic->type->name);
	rte_tel_data_add_dict_u64(d, "tx_frames", c.tx_frames);
	rte_tel_data_add_dict_u64(d, "tx_bytes", c.tx_bytes);
	rte_tel_data_add_dict_u64(d, "tx_lost", c.tx_lost);
	rte_tel_data_add_dict_u64(d, "rx_frames", c.rx_frames);
	rte_tel_data_add_dict_u64(d, "rx_bytes", c.rx_bytes);
	rte_tel_data_add_dict_u64(d, "rx_delivered", c.rx_delivered);
	rte_tel_data_add_dict_u64(d, "rx_filtered", c.rx_filtered);
	rte_tel_data_add_dict_u64(d, "rx_missed", c.rx_missed);
	rte_tel_data_add_dict_u64(d, "generated", c.generated);
	rte_tel_data_add_dict_u64(d, "resets", c.resets);
	rte_tel_data_add_dict_u64(d, "interrupts", c.interrupts);
	rte_tel_data_add_dict_u64(d, "steps", c.steps);
	rte_tel_data_add_dict_u64(d, "busy_steps", c.busy_steps);
	rte_tel_data_add_dict_u64(d, "step_cycles", c.step_cycles);
	rte_tel_data_add_dict_u64(d, "misuses", c.misuses);
	return 0;
}

static int tel_fault(const char *cmd, const char *params, struct rte_tel_data *d)
{
	char name[32], fault[32];
	struct softnic *nic;
	int on, which, rc;

	(void)cmd;
	if (params == NULL || sscanf(params, "%31[^:]:%31[^:]:%d", name, fault, &on) != 3)
		return -EINVAL;
	nic = softnic_find(name);
	which = softnic_fault_find(fault);
	rc = nic == NULL ? -ENODEV : which;
	if (rc >= 0)
		rc = softnic_fault_set(nic, (enum softnic_fault)which, on != 0);
	if (rc == 0) {
		rte_tel_data_start_dict(d);
		rte_tel_data_add_dict_int(d, fault, on);
	}
	return rc;
}

static __attribute__((constructor)) void register_commands(void)
{
	rte_telemetry_register_cmd("/softnic/list", tel_list, "Software NICs. No parameters.");
	rte_telemetry_register_cmd("/softnic/counters", tel_counters,
				   "Counters of a model. Parameters: its name");
	rte_telemetry_register_cmd("/softnic/fault", tel_fault,
				   "Make or end a fault. Parameters: name:fault:0|1");
}
