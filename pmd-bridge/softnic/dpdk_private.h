/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one place for DPDK's private declarations that the plugin needs and that
 * distributions don't ship: the PCI bus, its devices and drivers, virtual
 * devices, and the functions of EAL's internal ABI. The layouts are those of
 * 22.11 to 25.11; softnic_dpdk_check() refuses any other version.
 */
#ifndef SOFTNIC_DPDK_PRIVATE_H
#define SOFTNIC_DPDK_PRIVATE_H

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_interrupts.h>
#include <rte_pci.h>
#include <rte_version.h>

/* DPDK compiles its own lists without the debug members of sys/queue.h. */
#define SOFTNIC_LIST_ENTRY(type) struct { struct type *next; struct type **previous; }
#define SOFTNIC_LIST_HEAD(type) struct { struct type *first; struct type **last; }

struct rte_driver {
	SOFTNIC_LIST_ENTRY(rte_driver) entry;
	const char *name;
	const char *alias;
};

struct rte_device {
	SOFTNIC_LIST_ENTRY(rte_device) entry;
	const char *name;
	const char *bus_info;
	const struct rte_driver *driver;
	const struct rte_bus *bus;
	int numa_node;
	struct rte_devargs *devargs;
};

struct rte_pci_driver;

struct rte_pci_device {
	SOFTNIC_LIST_ENTRY(rte_pci_device) entry;
	struct rte_device device;
	struct rte_pci_addr addr;
	struct rte_pci_id id;
	struct rte_mem_resource mem_resource[6];
	struct rte_intr_handle *intr_handle;
	struct rte_pci_driver *driver;
	uint16_t max_vfs;
	int kdrv;                   /* 0: unknown */
	char name[sizeof("00000000:00:00.0") + 1];
	char *bus_info;
	struct rte_intr_handle *vfio_req_intr_handle;
};

struct rte_pci_driver {
	SOFTNIC_LIST_ENTRY(rte_pci_driver) entry;
	struct rte_driver driver;
	int (*probe)(struct rte_pci_driver *driver, struct rte_pci_device *device);
	int (*remove)(struct rte_pci_device *device);
	void *dma_map, *dma_unmap;
	const struct rte_pci_id *id_table;
	uint32_t drv_flags;
};

/* The generic bus: a list entry, its name, then operations that stay closed to us. */
struct rte_bus {
	SOFTNIC_LIST_ENTRY(rte_bus) entry;
	const char *name;
	void *operations[9];        /* scan ... dma_unmap */
	int scan_mode;
	void *more_operations[5];   /* get_iommu_class ... cleanup */
};

struct softnic_pci_bus {
	struct rte_bus bus;
	SOFTNIC_LIST_HEAD(rte_pci_device) devices;
	SOFTNIC_LIST_HEAD(rte_pci_driver) drivers;
};

struct rte_vdev_device {
	SOFTNIC_LIST_ENTRY(rte_vdev_device) entry;
	struct rte_device device;
};

struct rte_vdev_driver {
	SOFTNIC_LIST_ENTRY(rte_vdev_driver) entry;
	struct rte_driver driver;
	int (*probe)(struct rte_vdev_device *device);
	int (*remove)(struct rte_vdev_device *device);
	void *dma_map, *dma_unmap;
	uint32_t drv_flags;
};

void rte_vdev_register(struct rte_vdev_driver *driver);
/* 0 if the running DPDK has the layouts above, else -ENOTSUP with one line on stderr. */
int softnic_dpdk_check(void);

/* DPDK's PCI bus, its layout looked at; NULL with one line on stderr. */
struct softnic_pci_bus *softnic_pci_bus(void);
struct rte_pci_driver *softnic_pci_driver(const struct softnic_pci_bus *bus, const char *name);
void softnic_pci_add(struct softnic_pci_bus *bus, struct rte_pci_device *device);
bool softnic_pci_has(const struct softnic_pci_bus *bus, const struct rte_pci_device *device);
void softnic_pci_remove(struct softnic_pci_bus *bus, struct rte_pci_device *device);

#endif
