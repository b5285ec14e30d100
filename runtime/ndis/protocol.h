/* SPDX-License-Identifier: BSD-3-Clause */
/* A registered protocol driver. */
#ifndef NRT_NDIS_PROTOCOL_H
#define NRT_NDIS_PROTOCOL_H

#include <stdbool.h>

#include <ndis.h>

struct nrt_adapter;
struct nrt_driver;
struct nrt_miniport_driver;

#define NRT_PROTOCOL_MAGIC 0x544F5250u

/* Most protocols at once; also most bindings of an adapter. */
#define NRT_MAX_PROTOCOLS 64

struct nrt_protocol {
	uint32_t magic;
	unsigned int users;                    /* holds it in the list, under the lock */
	_Atomic bool uninstalled;              /* ProtocolUninstall was called, or is next */
	struct nrt_driver *driver;             /* NULL if registered outside DriverEntry */
	NDIS_HANDLE context;                   /* ProtocolDriverContext */
	NDIS_PROTOCOL_DRIVER_CHARACTERISTICS chars; /* a copy */
	const struct nrt_miniport_driver *intermediate; /* NdisIMAssociateMiniport's, or NULL */
	struct nrt_protocol *next;             /* all, under the list's lock */
	struct nrt_protocol *next_of_driver;
};

/* Offer every adapter to @protocol and start the bindings it makes. */
void nrt_protocol_bind_all(struct nrt_protocol *protocol);

/* The same for a new one, which then hears that this was all (NetEventBindsComplete). */
void nrt_protocol_begin(struct nrt_protocol *protocol);

/* Offer @adapter to every protocol that is not bound to it. */
void nrt_protocols_bind_all(struct nrt_adapter *adapter);

/* Unbind it from every adapter. */
void nrt_protocol_unbind_all(struct nrt_protocol *protocol);

/* Keep it registered: who deregisters it waits for the release. False: it is on its way out. */
bool nrt_protocol_hold(struct nrt_protocol *protocol);
void nrt_protocol_release(struct nrt_protocol *protocol);

/* ProtocolUninstall, if it has one, once it is unbound from every adapter; once. PASSIVE_LEVEL. */
void nrt_protocol_uninstall(struct nrt_protocol *protocol);

/* Call @fn for each protocol; none goes away meanwhile. */
void nrt_protocol_for_each(void (*fn)(struct nrt_protocol *, void *), void *arg);

#endif
