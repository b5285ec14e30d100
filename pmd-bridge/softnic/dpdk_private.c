/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether the running DPDK is one whose private structures we know, and the few
 * steps on its PCI bus. Called while the plugin makes or removes a NIC.
 */
#include "dpdk_private.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "message.h"

/* Oldest and newest release with these layouts; the development branch after the newest
 * moved the lists into the generic bus. */
#define OLDEST RTE_VERSION_NUM(22, 11, 0, 0)
#define NEWEST RTE_VERSION_NUM(25, 11, 99, 99)

int softnic_dpdk_check(void)
{
	uint32_t running = RTE_VERSION_NUM(rte_version_year(), rte_version_month(),
					   rte_version_minor(), rte_version_release());

	if (running >= OLDEST && running <= NEWEST)
		return 0;
	softnic_say("this DPDK is %s; the software NIC knows 22.11 to 25.11: use one of these",
		    rte_version());
	return -ENOTSUP;
}

struct softnic_pci_bus *softnic_pci_bus(void)
{
	struct softnic_pci_bus *bus = (struct softnic_pci_bus *)rte_bus_find_by_name("pci");

	if (bus == NULL) {
		softnic_say("DPDK has no PCI bus: load its librte_bus_pci");
		return NULL;
	}
	/* a list's head names the end of its list: so it is one, and where we think */
	if (strcmp(rte_bus_name(&bus->bus), bus->bus.name) != 0 || bus->devices.last == NULL ||
	    *bus->devices.last != NULL || bus->drivers.last == NULL ||
	    *bus->drivers.last != NULL) {
		softnic_say("the PCI bus of DPDK %s is not laid out as in 22.11 to 25.11",
			    rte_version());
		return NULL;
	}
	return bus;
}

struct rte_pci_driver *softnic_pci_driver(const struct softnic_pci_bus *bus, const char *name)
{
	struct rte_pci_driver *d = bus->drivers.first;

	while (d != NULL && strcmp(d->driver.name, name) != 0)
		d = d->entry.next;
	return d;
}

void softnic_pci_add(struct softnic_pci_bus *bus, struct rte_pci_device *device)
{
	device->entry.next = NULL;
	device->entry.previous = bus->devices.last;
	*bus->devices.last = device;
	bus->devices.last = &device->entry.next;
}

bool softnic_pci_has(const struct softnic_pci_bus *bus, const struct rte_pci_device *device)
{
	const struct rte_pci_device *d = bus->devices.first;

	while (d != NULL && d != device)
		d = d->entry.next;
	return d != NULL;
}

void softnic_pci_remove(struct softnic_pci_bus *bus, struct rte_pci_device *device)
{
	if (device->entry.next != NULL)
		device->entry.next->entry.previous = device->entry.previous;
	else
		bus->devices.last = device->entry.previous;
	*device->entry.previous = device->entry.next;
}
