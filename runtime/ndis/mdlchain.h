/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * New MDL chains over old data: partial MDLs for a stretch of a chain, all in
 * one block of memory. Used by the clone functions; any thread.
 */
#ifndef NRT_NDIS_MDLCHAIN_H
#define NRT_NDIS_MDLCHAIN_H

#include <stddef.h>

#include "netbuffer.h"

/* Bytes of MDLs that describe @length bytes from @from on. */
size_t nrt_mdlchain_size(struct nrt_mdl_pos from, ULONG length);

struct nrt_mdlchain {
	char *space; /* where the next MDL goes, 16-byte aligned */
	MDL *first;
	MDL **end;   /* where the next MDL is linked */
};

static inline struct nrt_mdlchain nrt_mdlchain_begin(void *space)
{
	return (struct nrt_mdlchain){ .space = space };
}

/* Append MDLs for @length bytes from @from on; @space has room for them. */
void nrt_mdlchain_add(struct nrt_mdlchain *chain, struct nrt_mdl_pos from, ULONG length);

#endif
