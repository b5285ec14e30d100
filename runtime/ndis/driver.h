/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A loaded driver: its shared object, its DRIVER_OBJECT, and what its
 * DriverEntry registered (a miniport half, protocol halves).
 */
#ifndef NRT_NDIS_DRIVER_H
#define NRT_NDIS_DRIVER_H

#include <stdatomic.h>
#include <stdbool.h>

#include <ndis.h>
#include <nrt/nrt.h>

struct nrt_filter_driver;
struct nrt_protocol;

#define NRT_MINIPORT_MAGIC 0x4D494E49u

/* NdisMRegisterMiniportDriver's handle. */
struct nrt_miniport_driver {
	uint32_t magic;
	struct nrt_driver *driver;
	NDIS_HANDLE context;                        /* MiniportDriverContext */
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS chars; /* a copy (MP-REG-04) */
	NDIS_MINIPORT_PNP_CHARACTERISTICS pnp;      /* NdisSetOptionalHandlers' */
	NDIS_MINIPORT_SS_CHARACTERISTICS ss;        /* likewise */
	bool options_running;                       /* inside MiniportSetOptions */
};

struct nrt_driver {
	DRIVER_OBJECT object;
	char *name;
	void *module;                        /* dlopen's, NULL when linked in */
	struct nrt_driver *next_loaded;      /* of those with a module */
	_Atomic int open_configs;            /* NdisOpenConfigurationEx without close */
	unsigned int io_work;                /* I/O work items queued or running, and threads */
	struct nrt_driver_extension *extensions; /* io/driverext.c */
	struct nrt_miniport_driver *miniport;
	struct nrt_protocol *protocols;
	struct nrt_filter_driver *filter;
	/* Deregistered; kept until the driver is gone, so that a dead handle is
	 * seen as dead and what it still owns is found. */
	struct nrt_miniport_driver *dead_miniport;
	struct nrt_protocol *dead_protocols;
	struct nrt_filter_driver *dead_filter;
};

/* The driver whose DriverEntry runs on this thread, or NULL. */
struct nrt_driver *nrt_driver_entering(void);

/* IM-01: @driver's DriverEntry has tied its two halves together, if it has them. */
void nrt_intermediate_check(const struct nrt_driver *driver);

/* io/workitem.c: one more (1) or less (-1) of what keeps @driver loaded. */
void nrt_io_work_count(struct nrt_driver *driver, int change);

/* io/driverext.c: its driver object is deleted. */
void nrt_driver_extensions_free(struct nrt_driver *driver);

/* Drivers that are loaded now. */
unsigned int nrt_driver_count(void);

/* Undo a miniport registration, whoever forgot it. */
void nrt_miniport_driver_free(struct nrt_driver *driver);

/* NDIS version a driver registered with, as 0x0006001E for 6.30. */
static inline uint32_t nrt_miniport_version(const struct nrt_miniport_driver *m)
{
	return (uint32_t)m->chars.MajorNdisVersion << 16 | m->chars.MinorNdisVersion;
}

/* True for a version of NDIS 6 that the documents know. */
bool nrt_ndis_version_known(unsigned int major, unsigned int minor);

#endif
