/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ethdev ports as the host knows them: limits, configuration, facts. Control
 * threads.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cfgfile.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include "pool.h"
#include "port.h"

#define DEFAULT_DESC 1024
#define DEFAULT_BURST 32

const char pmb_bus_type;

static __thread char last_error[256];

int pmb_fail(int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(last_error, sizeof(last_error), fmt, args);
	va_end(args);
	return code;
}

const char *pmb_last_error(void)
{
	return last_error;
}

unsigned int pmb_port_count(void)
{
	return rte_eth_dev_count_avail();
}

/* Smallest receive pool that can't starve: full rings, and bursts in hands. */
static uint32_t needed_mbufs(const struct pmb_device_config *c)
{
	return (uint32_t)c->rx_queues * (c->rx_desc + 2u * c->burst) +
	       (uint32_t)c->tx_queues * c->tx_desc;
}

static void set_defaults(struct pmb_device_config *c, const struct rte_eth_dev_info *info)
{
	uint16_t rx = info->default_rxportconf.ring_size;
	uint16_t tx = info->default_txportconf.ring_size;

	c->rx_queues = c->rx_queues != 0 ? c->rx_queues : 1;
	c->tx_queues = c->tx_queues != 0 ? c->tx_queues : 1;
	c->rx_desc = c->rx_desc != 0 ? c->rx_desc : rx != 0 ? rx : DEFAULT_DESC;
	c->tx_desc = c->tx_desc != 0 ? c->tx_desc : tx != 0 ? tx : DEFAULT_DESC;
	c->burst = c->burst != 0 ? c->burst : DEFAULT_BURST;
	if (c->mbuf_data_size == 0)
		c->mbuf_data_size = RTE_MBUF_DEFAULT_DATAROOM;
	else
		c->mbuf_data_size = (uint16_t)(c->mbuf_data_size - RTE_PKTMBUF_HEADROOM);
	c->max_frame = c->max_frame != 0 ? c->max_frame : RTE_ETHER_MAX_LEN;
	if (c->mbufs == 0)
		c->mbufs = needed_mbufs(c) + 1024;
}

static int check_limits(uint16_t port, const struct pmb_device_config *c,
			const struct rte_eth_dev_info *info)
{
	if (c->rx_queues > RTE_MIN(info->max_rx_queues, PMB_MAX_QUEUES))
		return pmb_fail(-EINVAL, "port %u has %u rx queues, %u were asked for; use --rxq=%u",
				port, info->max_rx_queues, c->rx_queues, info->max_rx_queues);
	if (c->tx_queues > RTE_MIN(info->max_tx_queues, PMB_MAX_QUEUES))
		return pmb_fail(-EINVAL, "port %u has %u tx queues, %u were asked for; use --txq=%u",
				port, info->max_tx_queues, c->tx_queues, info->max_tx_queues);
	if (c->burst > 64)
		return pmb_fail(-EINVAL, "a burst of %u frames is more than 64", c->burst);
	if (c->max_frame < RTE_ETHER_MIN_LEN ||
	    c->max_frame - RTE_ETHER_HDR_LEN - RTE_ETHER_CRC_LEN > info->max_mtu)
		return pmb_fail(-EINVAL, "port %u takes frames of %u to %u bytes, not %u", port,
				RTE_ETHER_MIN_LEN,
				info->max_mtu + RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN,
				c->max_frame);
	if (c->mbufs < needed_mbufs(c))
		return pmb_fail(-EINVAL,
				"port %u needs at least %u mbufs: %u rx queues x (%u descriptors + 2 "
				"x %u burst) + %u tx queues x %u descriptors; it has %u",
				port, needed_mbufs(c), c->rx_queues, c->rx_desc, c->burst,
				c->tx_queues, c->tx_desc, c->mbufs);
	return 0;
}

static void deal_queues(struct pmb_device *d, const struct pmb_device_config *config)
{
	unsigned int workers = RTE_MAX(nrt_worker_count(), 1u);

	for (unsigned int i = 0; i < PMB_MAX_QUEUES; i++) {
		d->rx_worker[i] = d->tx_worker[i] = i % workers;
		if (config->rx_worker != NULL && i < d->config.rx_queues)
			d->rx_worker[i] = d->tx_worker[i] = config->rx_worker[i];
		if (config->tx_worker != NULL && i < d->config.tx_queues)
			d->tx_worker[i] = config->tx_worker[i];
	}
}

static int choose_node(const struct pmb_device *d, const struct pmb_device_config *config,
		       unsigned int direction, struct pmb_ring_node *out)
{
	int asked = config->ring_node != NULL ? config->ring_node[direction] : -1;
	char nodes[64];

	out->fixed = asked >= 0 || config->node >= 0;
	out->node = asked >= 0 ? asked : d->nrt.node;
	if (!out->fixed || pmb_node_exists(out->node))
		return 0;
	pmb_node_list(nodes, sizeof(nodes));
	return pmb_fail(-EINVAL, "port %u: there is no NUMA node %d; nodes are %s", d->id,
			out->node, nodes);
}

/* A device that does not say where it is, a vdev or on a machine without NUMA, is as near to
 * one node as to another: then what counts is who looks into its rings. */
static int choose_nodes(struct pmb_device *d, const struct pmb_device_config *config)
{
	int rc;

	d->nrt.node = config->node >= 0 ? config->node : rte_eth_dev_socket_id(d->id);
	if (d->nrt.node < 0)
		d->nrt.node = pmb_worker_node(d->rx_worker[0]);
	rc = choose_node(d, config, 0, &d->rx_ring);
	return rc == 0 ? choose_node(d, config, 1, &d->tx_ring) : rc;
}

int pmb_device_create(uint16_t port, const struct pmb_device_config *config,
		      struct pmb_device **out)
{
	struct pmb_device *d = calloc(1, sizeof(*d));
	int rc;

	if (d == NULL)
		return pmb_fail(-ENOMEM, "port %u: out of memory", port);
	d->id = port;
	d->config = *config;
	rc = rte_eth_dev_info_get(port, &d->info);
	if (rc != 0) {
		free(d);
		return pmb_fail(-ENODEV, "there is no port %u; ports are 0 to %u", port,
				pmb_port_count() - 1);
	}
	set_defaults(&d->config, &d->info);
	rc = check_limits(port, &d->config, &d->info);
	if (rc != 0) {
		free(d);
		return rc;
	}
	deal_queues(d, config);
	snprintf(d->name, sizeof(d->name), "port%u", port);
	d->nrt = (struct nrt_device){
		.name = d->name,
		.bus_type = &pmb_bus_type,
		.bus_context = d,
	};
	rc = choose_nodes(d, config);
	if (rc != 0) {
		free(d);
		return rc;
	}
	rte_eth_macaddr_get(port, &d->permanent_mac);
	pthread_mutex_init(&d->registers_lock, NULL);
	*out = d;
	return 0;
}

void pmb_device_destroy(struct pmb_device *device)
{
	if (device != NULL)
		pthread_mutex_destroy(&device->registers_lock);
	free(device);
}

const struct nrt_device *pmb_device(const struct pmb_device *device)
{
	return &device->nrt;
}

/* The path a PMD runs, where it tells; ixgbe in 22.11 does not. */
static void burst_path(uint16_t port, bool started, bool rx, char *out, size_t size)
{
	struct rte_eth_burst_mode mode = { 0 };
	int rc = rx ? rte_eth_rx_burst_mode_get(port, 0, &mode) :
		      rte_eth_tx_burst_mode_get(port, 0, &mode);

	if (rc == 0 && mode.info[0] != '\0')
		snprintf(out, size, "%.40s", mode.info);
	else
		snprintf(out, size, "%s", started ? "the PMD's only one" : "not started");
}

static void common_info(uint16_t port, const struct rte_eth_dev_info *info,
			struct pmb_device_info *out)
{
	struct rte_eth_link link = { 0 };
	struct rte_ether_addr mac = { { 0 } };

	out->port = port;
	out->max_rx_queues = info->max_rx_queues;
	out->max_tx_queues = info->max_tx_queues;
	out->node = out->device_node = rte_eth_dev_socket_id(port);
	snprintf(out->driver, sizeof(out->driver), "%s", info->driver_name);
	rte_eth_dev_get_name_by_port(port, out->name);
	rte_eth_macaddr_get(port, &mac);
	memcpy(out->mac, mac.addr_bytes, 6);
	rte_eth_link_get_nowait(port, &link);
	out->link_up = link.link_status == RTE_ETH_LINK_UP;
	out->link_mbps = link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed;
}

int pmb_port_limits(uint16_t port, struct pmb_device_info *out)
{
	struct pmb_device_config defaults = { 0 };
	struct rte_eth_dev_info info;

	memset(out, 0, sizeof(*out));
	if (rte_eth_dev_info_get(port, &info) != 0)
		return pmb_fail(-ENODEV, "there is no port %u; ports are 0 to %u", port,
				pmb_port_count() - 1);
	common_info(port, &info, out);
	set_defaults(&defaults, &info);
	out->rx_desc = defaults.rx_desc;
	out->tx_desc = defaults.tx_desc;
	return 0;
}

void pmb_device_info(const struct pmb_device *d, struct pmb_device_info *out)
{
	bool started = d->port != NULL && d->port->started;

	memset(out, 0, sizeof(*out));
	common_info(d->id, &d->info, out);
	out->rx_queues = d->config.rx_queues;
	out->tx_queues = d->config.tx_queues;
	out->rx_desc = d->config.rx_desc;
	out->tx_desc = d->config.tx_desc;
	out->mbufs = d->config.mbufs;
	out->needed_mbufs = needed_mbufs(&d->config);
	rte_eth_dev_get_mtu(d->id, &out->mtu);
	out->node = d->nrt.node;
	burst_path(d->id, started, true, out->rx_path, sizeof(out->rx_path));
	burst_path(d->id, started, false, out->tx_path, sizeof(out->tx_path));
}

int pmb_config_load(const char *path)
{
	struct rte_cfgfile *file = rte_cfgfile_load(path, 0);
	int n, rc = 0;

	if (file == NULL)
		return pmb_fail(-EINVAL, "configuration file %s can't be read as INI", path);
	n = rte_cfgfile_num_sections(file, "", 0);
	for (int i = 0; rc == 0 && i < n; i++) {
		struct rte_cfgfile_entry entries[64];
		char section[CFG_NAME_LEN];
		int count;

		count = rte_cfgfile_section_entries_by_index(file, i, section, entries,
							     RTE_DIM(entries));
		for (int k = 0; rc == 0 && k < count; k++)
			rc = nrt_config_set(section, entries[k].name, entries[k].value);
	}
	rte_cfgfile_close(file);
	return rc;
}
