/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Device instances of intermediate drivers: virtual miniports that are initialized when the
 * host has added them (which plays IRP_MN_START_DEVICE) and their driver has asked for them,
 * whichever comes first.
 */
#ifndef NRT_NDIS_INSTANCE_H
#define NRT_NDIS_INSTANCE_H

#include <stdbool.h>

#include <ndis.h>

struct nrt_adapter;
struct nrt_driver;

/* NdisIMInitializeDeviceInstanceEx, its documented status or NDIS_STATUS_RESOURCES. */
NDIS_STATUS nrt_instance_request(struct nrt_driver *driver, const char *name, NDIS_HANDLE context);

/* Take a request back; false: there is none, or its initialization has begun. */
bool nrt_instance_cancel(struct nrt_driver *driver, const char *name);

/* Its driver has ended @adapter: it may ask for the instance again. */
void nrt_instance_ended(const struct nrt_adapter *adapter);

/* Instances of @driver that the host has added and not removed. */
unsigned int nrt_instances_of(const struct nrt_driver *driver);

/* The host has taken instance @name away and brings it back: tell @driver, which may ask for it
 * again (NetEventIMReEnableDevice). */
void nrt_intermediate_reenable(const struct nrt_driver *driver, const char *name);

/* @driver is unloaded: report and forget what it still asks for. */
void nrt_instances_driver_gone(const struct nrt_driver *driver);

#endif
