/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The DPDK plugin: --vdev net_softnicN,... makes a NIC, puts it on the PCI bus
 * and has the installed driver probe it. From there on it is a PCI device like
 * any other. Control threads.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_interrupts.h>
#include <rte_pci.h>

#include "args.h"
#include "dpdk_private.h"
#include "message.h"
#include "nic.h"
#include "runner.h"

/* PCI addresses of ours: a domain no machine has. */
#define PCI_DOMAIN 0x5070
#define VENDOR_INTEL 0x8086
#define CLASS_ETHERNET 0x020000

/* ------------------------------------------------------------- interrupts */

/* EAL closes the queues' files when a driver stops, and leaves it to the device to make
 * new ones: at each reset, which comes before the driver looks for them. */
static void arm_queue_fds(struct softnic *nic)
{
	struct rte_pci_device *pci = nic->plugin;
	int n = nic->type->n_rx < 15 ? nic->type->n_rx : 15;

	if (pci == NULL || rte_intr_nb_efd_get(pci->intr_handle) != 0)
		return;
	for (int i = 0; i < n; i++) {
		nic->queue_fd[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		rte_intr_efds_index_set(pci->intr_handle, i, nic->queue_fd[i]);
	}
	rte_intr_nb_efd_set(pci->intr_handle, n);
	rte_intr_max_intr_set(pci->intr_handle, n + 1);
}

static int make_interrupts(struct softnic *nic, struct rte_pci_device *pci)
{
	pci->intr_handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	nic->interrupt_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (pci->intr_handle == NULL || nic->interrupt_fd < 0)
		return -ENOMEM;
	rte_intr_fd_set(pci->intr_handle, nic->interrupt_fd);
	rte_intr_type_set(pci->intr_handle, RTE_INTR_HANDLE_VDEV);
	rte_intr_efd_counter_size_set(pci->intr_handle, sizeof(uint64_t));
	return 0;
}

/* ---------------------------------------------------------- the PCI device */

static void free_pci(struct rte_pci_device *pci)
{
	rte_intr_instance_free(pci->intr_handle);
	free(pci->bus_info);
	free(pci);
}

/* A block of its own, as those of the bus are, which frees it when it removes it. */
static struct rte_pci_device *make_pci(struct softnic *nic, struct softnic_pci_bus *bus,
				       struct rte_pci_driver *driver, uint8_t slot)
{
	struct rte_pci_device *pci = calloc(1, sizeof(*pci));

	if (pci == NULL || make_interrupts(nic, pci) != 0) {
		free(pci);
		return NULL;
	}
	pci->addr = (struct rte_pci_addr){ .domain = PCI_DOMAIN, .bus = slot };
	rte_pci_device_name(&pci->addr, pci->name, sizeof(pci->name));
	pci->bus_info = strdup("software NIC");
	pci->device.name = pci->name;
	pci->device.bus_info = pci->bus_info;
	pci->device.bus = &bus->bus;
	pci->device.numa_node = 0;
	pci->id = (struct rte_pci_id){ .class_id = CLASS_ETHERNET,
				       .vendor_id = VENDOR_INTEL,
				       .device_id = nic->type->device_id,
				       .subsystem_vendor_id = VENDOR_INTEL,
				       .subsystem_device_id = 3 };
	pci->mem_resource[0].addr = nic->driver_view;
	pci->mem_resource[0].len = nic->type->bar_size;
	pci->driver = driver;
	nic->plugin = pci;
	nic->arm_queue_fds = arm_queue_fds;
	arm_queue_fds(nic);
	return pci;
}

/* --------------------------------------------------------------------- NIC */

static int make_generator(struct softnic *nic, struct softnic_args *args)
{
	char error[160];
	int rc;

	if (!args->generate)
		return 0;
	nic->generator = calloc(1, sizeof(*nic->generator));
	if (nic->generator == NULL)
		return -ENOMEM;
	memcpy(args->frames.destination, nic->mac, 6);
	memcpy(args->frames.source, "\x02\x50\x4f\xff\xff\xff", 6);
	args->frames.pcap = args->pcap[0] != '\0' ? args->pcap : NULL;
	rc = softnic_frames_make(&nic->generator->frames, &args->frames, error, sizeof(error));
	if (rc != 0) {
		softnic_say("%s: %s%s%s", nic->name, args->pcap,
			    args->pcap[0] != '\0' ? ": " : "", error);
		return rc;
	}
	nic->generator->prepared = aligned_alloc(
		16, nic->generator->frames.n * sizeof(nic->generator->prepared[0]));
	return nic->generator->prepared != NULL ? 0 : -ENOMEM;
}

static struct softnic *make_nic(const char *name, struct softnic_args *args, uint8_t slot)
{
	uint8_t mac[6] = { 0x02, 0x50, 0x4f, 0, 0, slot };
	struct softnic *nic = softnic_create(args->type, name, args->has_mac ? args->mac : mac);

	if (nic == NULL)
		return NULL;
	nic->iommu = softnic_iommu_create(args->iommu);
	nic->writeback_cycles = rte_get_tsc_hz() / 1000000 * args->writeback_us;
	nic->writeback_steps = args->writeback_steps;
	nic->random = args->seed != 0 ? args->seed : 1;
	softnic_wire_rate(nic, args->rate);
	if (nic->iommu == NULL || make_generator(nic, args) != 0 || softnic_trap(nic) != 0) {
		softnic_untrap(nic);
		softnic_destroy(nic);
		return NULL;
	}
	if (strcmp(args->peer, "self") == 0)
		nic->peer = nic;
	else if (args->peer[0] != '\0')
		softnic_connect(nic, softnic_find(args->peer));
	return nic;
}

static void unmake_nic(struct softnic *nic)
{
	softnic_run_stop(nic);
	softnic_disconnect(nic);
	softnic_untrap(nic);
	if (nic->interrupt_fd >= 0)
		close(nic->interrupt_fd);
	softnic_destroy(nic);
}

static int probe_nic(struct softnic *nic, struct softnic_pci_bus *bus,
		     struct rte_pci_driver *driver, uint8_t slot)
{
	struct rte_pci_device *pci = make_pci(nic, bus, driver, slot);
	int rc;

	if (pci == NULL) {
		softnic_say("%s: out of memory", nic->name);
		return -ENOMEM;
	}
	rc = driver->probe(driver, pci);
	if (rc != 0) {
		softnic_say("%s: %s does not take the %s: %s", nic->name, driver->driver.name,
			    nic->type->name, rte_strerror(rc < 0 ? -rc : rc));
		nic->plugin = NULL;
		free_pci(pci);
		return rc < 0 ? rc : -ENODEV;
	}
	pci->device.driver = &driver->driver;
	softnic_pci_add(bus, pci);
	softnic_run_port(nic, pci->name);
	return 0;
}

static bool peer_ok(const char *name, const struct softnic_args *args)
{
	const struct softnic *peer = softnic_find(args->peer);

	if (peer == NULL || peer->peer == NULL)
		return true;
	softnic_say("%s: peer=%s has a peer already; a wire has two ends", name, args->peer);
	return false;
}

static int vdev_probe(struct rte_vdev_device *vdev)
{
	static uint8_t slot;
	const char *name = vdev->device.name;
	struct softnic_pci_bus *bus;
	struct rte_pci_driver *driver;
	struct softnic_args args;
	struct softnic *nic;
	int rc = softnic_dpdk_check();

	if (rc == 0)
		rc = softnic_args_parse(
			name, vdev->device.devargs != NULL ? vdev->device.devargs->args : NULL, &args);
	if (rc != 0)
		return rc;
	bus = softnic_pci_bus();
	if (bus == NULL || !peer_ok(name, &args))
		return -EINVAL;
	driver = softnic_pci_driver(bus, args.type->pmd);
	if (driver == NULL) {
		softnic_say("%s: DPDK's driver %s is not loaded; install its package or load it "
			    "with -d", name, args.type->pmd);
		return -ENODEV;
	}
	nic = make_nic(name, &args, slot);
	if (nic == NULL)
		return -ENOMEM;
	rc = softnic_run_start(nic, &args);
	if (rc == 0)
		rc = probe_nic(nic, bus, driver, slot++);
	if (rc != 0)
		unmake_nic(nic);
	return rc;
}

/* The PCI bus may have been first, and freed the device. */
static int vdev_remove(struct rte_vdev_device *vdev)
{
	struct softnic *nic = softnic_find(vdev->device.name);
	struct softnic_pci_bus *bus = softnic_pci_bus();
	struct rte_pci_device *pci;

	if (nic == NULL || bus == NULL)
		return 0;
	pci = nic->plugin;
	if (softnic_pci_has(bus, pci)) {
		softnic_pci_remove(bus, pci);
		pci->driver->remove(pci);
		free_pci(pci);
	}
	unmake_nic(nic);
	return 0;
}

static struct rte_vdev_driver softnic_driver = {
	.driver = { .name = "net_softnic" },
	.probe = vdev_probe,
	.remove = vdev_remove,
};

/* As the library is loaded: before EAL loads DPDK's driver of the same name, so that ours is
 * the first in the list. */
__attribute__((constructor)) void softnic_register(void)
{
	static bool registered;

	if (!registered)
		rte_vdev_register(&softnic_driver);
	registered = true;
}
