/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The verifier's records of NBLs under way, in a hash table by address: one
 * from the hand-over by the driver it comes from until that driver gets it back, and one
 * more, which is found first, while an intermediate driver has handed it on.
 * nbltrack.c keeps them at the stack's edges, filter_track.c between filters. Any
 * thread, under the table's lock.
 */
#ifndef NRT_NDIS_NBLRECORD_H
#define NRT_NDIS_NBLRECORD_H

#include <stdbool.h>
#include <stdint.h>

#include <ndis.h>

struct nrt_adapter;
struct nrt_binding;

enum nrt_direction { NRT_SENDING, NRT_RECEIVING };

struct nrt_record {
	struct nrt_record *next;
	const NET_BUFFER_LIST *nbl;
	struct nrt_adapter *adapter;
	const struct nrt_binding *binding; /* sender; owner of a received NBL, NULL: none */
	const void *owner;                 /* adapter (its miniport) or filter that has it; NULL: above */
	NDIS_HANDLE source;                /* whose it is: binding, filter or adapter */
	NET_BUFFER_LIST *link;             /* Next, as the miniport indicated it */
	uint64_t fingerprint;
	uint64_t private_print;
	enum nrt_direction direction;
	bool resources;
	bool cancelled;                    /* a cancel of its id was asked for */
	/* nblwatch.c's: who had it at the last look, since when, and whether that was too long */
	const void *watched;
	uint64_t since;
	bool told;
};

/* A call that cancels sends, while it is under way. */
struct nrt_cancelling {
	struct nrt_cancelling *next;
	const struct nrt_adapter *adapter;
	PVOID id;
};

void nrt_records_lock(void);
void nrt_records_unlock(void);

/* The last one of @nbl. */
struct nrt_record *nrt_record_find(const NET_BUFFER_LIST *nbl);

/* Sends of its id that begin before it has ended count as cancelled. */
void nrt_record_cancelling(struct nrt_cancelling *c);
void nrt_record_cancelled(struct nrt_cancelling *c);

/* Begin a record of @nbl with the prints it has now; its SourceHandle is the source. False
 * when there is one already, which breaks @rule: @nbl belongs to somebody else, who is no
 * intermediate driver passing it on. *@out is
 * NULL when memory is short: then it goes unseen. */
bool nrt_record_begin(struct nrt_adapter *adapter, NET_BUFFER_LIST *nbl,
		      enum nrt_direction direction, const char *rule, struct nrt_record **out);

/* Take @nbl's record out of the table, into *@out, if it is @adapter's in @direction. */
bool nrt_record_take(struct nrt_adapter *adapter, const NET_BUFFER_LIST *nbl,
		     enum nrt_direction direction, struct nrt_record *out);

/* Call @fn for each; those it answers true for are taken out. */
void nrt_records_each(bool (*fn)(struct nrt_record *, void *), void *arg);

/* Call @fn for each; none is taken out. */
void nrt_records_look(void (*fn)(struct nrt_record *, void *), void *arg);

/* The NB list, the MDL chains and every length: what must come back as it went. */
uint64_t nrt_nbl_fingerprint(NET_BUFFER_LIST *nbl);

/* What belongs to the originator of a send (MP-SND-10). */
uint64_t nrt_nbl_private_print(const NET_BUFFER_LIST *nbl);

#endif
