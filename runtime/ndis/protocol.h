/* SPDX-License-Identifier: BSD-3-Clause */
/* A registered protocol driver. */
#ifndef NRT_NDIS_PROTOCOL_H
#define NRT_NDIS_PROTOCOL_H

#include <ndis.h>

struct nrt_driver;
struct nrt_miniport_driver;

#define NRT_PROTOCOL_MAGIC 0x544F5250u

/* Most protocols at once; also most bindings of an adapter. */
#define NRT_MAX_PROTOCOLS 64

struct nrt_protocol {
	uint32_t magic;
	unsigned int users;                    /* holds it in the list, under the lock */
	struct nrt_driver *driver;             /* NULL if registered outside DriverEntry */
	NDIS_HANDLE context;                   /* ProtocolDriverContext */
	NDIS_PROTOCOL_DRIVER_CHARACTERISTICS chars; /* a copy */
	const struct nrt_miniport_driver *intermediate; /* NdisIMAssociateMiniport's, or NULL */
	struct nrt_protocol *next;             /* all, under the list's lock */
	struct nrt_protocol *next_of_driver;
};

/* Offer every adapter to @protocol and start the bindings it makes. */
void nrt_protocol_bind_all(struct nrt_protocol *protocol);

/* Call @fn for each protocol; none goes away meanwhile. */
void nrt_protocol_for_each(void (*fn)(struct nrt_protocol *, void *), void *arg);

#endif
