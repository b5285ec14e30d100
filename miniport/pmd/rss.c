/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive side scaling: OID_GEN_RECEIVE_SCALE_PARAMETERS, whose indirection table names
 * processors, becomes a table of the queues those processors poll. Hashes alone:
 * OID_GEN_RECEIVE_HASH, with a table that knows the first queue only. PASSIVE_LEVEL, one OID
 * request at a time [ns-ntddndis-_ndis_receive_scale_parameters].
 */
#include "adapter.h"

#define MIN_SIZE NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2

void rss_fill_capabilities(struct adapter *a)
{
	static const struct {
		ULONG type, flag;
	} flags[] = {
		{ NDIS_HASH_TCP_IPV4, NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV4 },
		{ NDIS_HASH_TCP_IPV6, NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV6 },
		{ NDIS_HASH_UDP_IPV4, NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV4 },
		{ NDIS_HASH_UDP_IPV6, NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV6 },
	};
	NDIS_RECEIVE_SCALE_CAPABILITIES *c = &a->rss.capabilities;

	c->Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_RSS_CAPABILITIES,
					  NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_3,
					  NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_3 };
	c->CapabilitiesFlags = NdisHashFunctionToeplitz | NDIS_RSS_CAPS_CLASSIFICATION_AT_DPC;
	for (ULONG i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (a->info->rss_types & flags[i].type)
			c->CapabilitiesFlags |= flags[i].flag;
	c->NumberOfInterruptMessages = 1;
	c->NumberOfReceiveQueues = a->info->receivers;
	c->NumberOfIndirectionTableEntries = a->info->rss_entries;
}

/* ------------------------------------------------------------------ reading */

/* @size bytes at @offset of the parameters; NULL when they are not in the buffer. */
static const UCHAR *part(const UCHAR *buffer, ULONG length, ULONG offset, ULONG size)
{
	return offset <= length && size <= length - offset ? buffer + offset : NULL;
}

/* The port can hash as @information says. */
static BOOLEAN can_hash(const struct adapter *a, ULONG information)
{
	ULONG types = NDIS_RSS_HASH_TYPE_FROM_HASH_INFO(information);

	return NDIS_RSS_HASH_FUNC_FROM_HASH_INFO(information) == NdisHashFunctionToeplitz &&
	       types != 0 && (types & ~a->info->rss_types) == 0;
}

static BOOLEAN read_hash(const struct adapter *a, const NDIS_RECEIVE_SCALE_PARAMETERS *p,
			 struct rss_parameters *to)
{
	if (!(p->Flags & NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED))
		to->hash_information = p->HashInformation;
	return can_hash(a, to->hash_information);
}

static BOOLEAN read_key(const NDIS_RECEIVE_SCALE_PARAMETERS *p, const UCHAR *buffer, ULONG length,
			struct rss_parameters *to)
{
	const UCHAR *key = part(buffer, length, p->HashSecretKeyOffset, PMB_RSS_KEY);

	if (p->Flags & NDIS_RSS_PARAM_FLAG_HASH_KEY_UNCHANGED)
		return to->has_key;
	if (p->HashSecretKeySize != PMB_RSS_KEY || key == NULL)
		return FALSE;
	NdisMoveMemory(to->key, key, PMB_RSS_KEY);
	to->has_key = TRUE;
	return TRUE;
}

/* Of the queues that @processor polls and that receive, the @nth, in a circle. One that
 * polls none is given the queues in turn, as if it were not in the table: the documents
 * ask for a subset of the processors where there are more of them than queues. */
static UCHAR queue_of(const struct adapter *a, ULONG processor, ULONG nth)
{
	ULONG own = 0;

	for (USHORT i = 0; i < a->info->receivers; i++)
		own += pmb_queue_processor(a->queues[i].queue) == processor;
	if (own == 0)
		return (UCHAR)(nth % a->info->receivers);
	nth %= own;
	for (USHORT i = 0;; i++)
		if (pmb_queue_processor(a->queues[i].queue) == processor && nth-- == 0)
			return (UCHAR)i;
}

static BOOLEAN read_table(const struct adapter *a, const NDIS_RECEIVE_SCALE_PARAMETERS *p,
			  const UCHAR *buffer, ULONG length, struct rss_parameters *to)
{
	const UCHAR *table = part(buffer, length, p->IndirectionTableOffset, p->IndirectionTableSize);
	USHORT n = (USHORT)(p->IndirectionTableSize / sizeof(PROCESSOR_NUMBER));
	USHORT seen[256] = { 0 };

	if (p->Flags & NDIS_RSS_PARAM_FLAG_ITABLE_UNCHANGED)
		return to->entries != 0;
	if (table == NULL || p->IndirectionTableSize % sizeof(PROCESSOR_NUMBER) != 0 || n == 0 ||
	    n > a->info->rss_entries || (n & (n - 1)) != 0)
		return FALSE;
	to->entries = n;
	for (USHORT i = 0; i < n; i++) {
		PROCESSOR_NUMBER processor;

		NdisMoveMemory(&processor, table + i * sizeof(processor), sizeof(processor));
		if (processor.Group != 0 ||
		    processor.Number >= KeQueryActiveProcessorCountEx(processor.Group))
			return FALSE;
		to->table[i] = queue_of(a, processor.Number, seen[processor.Number]++);
	}
	return TRUE;
}

/* ------------------------------------------------------------------ setting */

static NDIS_STATUS set_port(struct adapter *a, const struct pmb_rss *rss)
{
	NDIS_STATUS status;

	lock_port(a);
	status = pmb_port_set_rss(a->port, rss);
	unlock_port(a);
	return status;
}

static NDIS_STATUS apply(struct adapter *a, const struct rss_parameters *next)
{
	const struct pmb_rss rss = {
		.types = NDIS_RSS_HASH_TYPE_FROM_HASH_INFO(next->hash_information),
		.key = next->key,
		.table = next->table,
		.entries = next->entries,
	};
	NDIS_STATUS status = set_port(a, &rss);

	if (status != NDIS_STATUS_SUCCESS)
		return status;
	a->rss.now = *next;
	flow_steer(a);
	return NDIS_STATUS_SUCCESS;
}

static BOOLEAN disables(const NDIS_RECEIVE_SCALE_PARAMETERS *p)
{
	return (p->Flags & NDIS_RSS_PARAM_FLAG_DISABLE_RSS) ||
	       (!(p->Flags & NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED) &&
		NDIS_RSS_HASH_FUNC_FROM_HASH_INFO(p->HashInformation) == 0);
}

/* Nothing changes unless all of it is right (MP-OID-05); the buffer may lie anywhere
 * (MP-OID-06). Off, everything is as after initialization: what was set before is gone
 * (page rss-configuration). */
NDIS_STATUS rss_set(struct adapter *a, PNDIS_OID_REQUEST r)
{
	static const struct rss_parameters off;
	struct rss_parameters next = a->rss.now;
	NDIS_RECEIVE_SCALE_PARAMETERS p = { 0 };
	ULONG length;
	const void *buffer = oid_set_buffer(r, &length);

	if (length < MIN_SIZE)
		return oid_set_too_short(r, MIN_SIZE);
	NdisMoveMemory(&p, buffer, length < sizeof(p) ? length : sizeof(p));
	if (p.Header.Type != NDIS_OBJECT_TYPE_RSS_PARAMETERS ||
	    p.Header.Revision < NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2 ||
	    p.Header.Size < MIN_SIZE || p.Header.Size > length)
		return NDIS_STATUS_INVALID_DATA;
	r->SupportedRevision = NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2; /* MP-OID-07 */
	if (a->rss.hash.on) /* so that this is off, and stays so */
		return disables(&p) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_NOT_SUPPORTED;
	if (disables(&p))
		return apply(a, &off);
	if (!read_hash(a, &p, &next) || !read_key(&p, buffer, length, &next) ||
	    !read_table(a, &p, buffer, length, &next))
		return NDIS_STATUS_INVALID_DATA;
	return apply(a, &next);
}

/* --------------------------------------------------------------- hashes alone */

static BOOLEAN read_hash_parameters(const struct adapter *a, const NDIS_RECEIVE_HASH_PARAMETERS *p,
				    const UCHAR *buffer, ULONG length, struct hash_parameters *to)
{
	const UCHAR *key = part(buffer, length, p->HashSecretKeyOffset, PMB_RSS_KEY);

	if (!(p->Flags & NDIS_RECEIVE_HASH_FLAG_HASH_INFO_UNCHANGED))
		to->information = p->HashInformation;
	if (!can_hash(a, to->information))
		return FALSE;
	if (p->Flags & NDIS_RECEIVE_HASH_FLAG_HASH_KEY_UNCHANGED)
		return to->has_key;
	if (p->HashSecretKeySize != PMB_RSS_KEY || key == NULL)
		return FALSE;
	NdisMoveMemory(to->key, key, PMB_RSS_KEY);
	to->has_key = TRUE;
	return TRUE;
}

static NDIS_STATUS apply_hash(struct adapter *a, const struct hash_parameters *next)
{
	static const UCHAR first[] = { 0 };
	const struct pmb_rss rss = {
		.types = next->on ? NDIS_RSS_HASH_TYPE_FROM_HASH_INFO(next->information) : 0,
		.key = next->key,
		.table = first,
		.entries = next->on,
	};
	NDIS_STATUS status = set_port(a, &rss);

	if (status == NDIS_STATUS_SUCCESS)
		a->rss.hash = *next;
	return status;
}

NDIS_STATUS hash_set(struct adapter *a, PNDIS_OID_REQUEST r)
{
	struct hash_parameters next = a->rss.hash;
	NDIS_RECEIVE_HASH_PARAMETERS p;
	const void *buffer;
	ULONG length;

	buffer = oid_set_buffer(r, &length);
	if (length < sizeof(p))
		return oid_set_too_short(r, sizeof(p));
	NdisMoveMemory(&p, buffer, sizeof(p));
	r->SupportedRevision = NDIS_RECEIVE_HASH_PARAMETERS_REVISION_1; /* MP-OID-07 */
	next.on = (p.Flags & NDIS_RECEIVE_HASH_FLAG_ENABLE_HASH) != 0;
	if (!next.on)
		return a->rss.hash.on ? apply_hash(a, &next) : NDIS_STATUS_SUCCESS;
	if (a->rss.now.entries != 0)
		return NDIS_STATUS_NOT_SUPPORTED;
	if (!read_hash_parameters(a, &p, buffer, length, &next))
		return NDIS_STATUS_INVALID_DATA;
	return apply_hash(a, &next);
}
