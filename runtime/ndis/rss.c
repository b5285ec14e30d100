/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OID_GEN_RECEIVE_SCALE_PARAMETERS and _CAPABILITIES [pages oid-gen-receive-scale-parameters,
 * rss-configuration], and OID_GEN_RECEIVE_HASH. A set goes to the miniport as it is unless one of
 * the two drivers is older than NDIS 6.20, whose tables hold a byte a processor: then it is
 * translated [ns-ntddndis-_ndis_receive_scale_parameters]. OID thread of the adapter.
 */
#include "rss.h"

#include <stdlib.h>
#include <string.h>

#include "../verifier.h"
#include "driver.h"
#include "header.h"
#include "oid.h"
#include "protocol.h"

#define MAX_ENTRIES (NDIS_RSS_INDIRECTION_TABLE_MAX_SIZE_REVISION_2 / sizeof(PROCESSOR_NUMBER))
#define KEY_SIZE NDIS_RSS_HASH_SECRET_KEY_MAX_SIZE_REVISION_2

/* Hashes without scaling. */
struct receive_hash {
	ULONG information;
	ULONG key_size;
	bool enabled;
	UCHAR key[KEY_SIZE];
};

/* What is in force. */
struct nrt_rss {
	struct receive_hash hash;
	ULONG hash_information; /* 0: RSS is off */
	ULONG entries;
	ULONG key_size;
	PROCESSOR_NUMBER table[MAX_ENTRIES];
	UCHAR key[KEY_SIZE];
};

/* Parameters as they lie in a buffer of ours. */
struct parameters {
	NDIS_RECEIVE_SCALE_PARAMETERS head;
	PROCESSOR_NUMBER table[MAX_ENTRIES]; /* or bytes */
	UCHAR key[KEY_SIZE];
};

/* ------------------------------------------------------------ capabilities */

bool nrt_rss_adopt(struct nrt_adapter *a, const NDIS_RECEIVE_SCALE_CAPABILITIES *c)
{
	static const size_t sizes[] = {
		NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_1,
		NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_2,
		NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_3,
	};

	a->general.RecvScaleCapabilities = NULL;
	if (c == NULL)
		return true;
	if (!nrt_header_from(a, &c->Header, NDIS_OBJECT_TYPE_RSS_CAPABILITIES, sizes, 3,
			     "RecvScaleCapabilities"))
		return false;
	if (c != &a->rss_capabilities)
		nrt_header_copy(&a->rss_capabilities, sizeof(a->rss_capabilities), &c->Header);
	a->general.RecvScaleCapabilities = &a->rss_capabilities;
	return true;
}

static NDIS_STATUS answer(NDIS_OID_REQUEST *r, const void *value, ULONG length)
{
	r->DATA.QUERY_INFORMATION.BytesNeeded = length;
	r->DATA.QUERY_INFORMATION.BytesWritten = 0;
	if (r->DATA.QUERY_INFORMATION.InformationBufferLength < length)
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	memcpy(r->DATA.QUERY_INFORMATION.InformationBuffer, value, length);
	r->DATA.QUERY_INFORMATION.BytesWritten = length;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS nrt_rss_query_capabilities(struct nrt_adapter *a, NDIS_OID_REQUEST *r)
{
	const NDIS_RECEIVE_SCALE_CAPABILITIES *c = a->general.RecvScaleCapabilities;

	return c != NULL ? answer(r, c, c->Header.Size) : NDIS_STATUS_NOT_SUPPORTED;
}

/* --------------------------------------------------------- old and new form */

static bool is_old(UCHAR major, UCHAR minor)
{
	return major == 6 && minor < 20;
}

static bool protocol_is_old(const struct nrt_binding *b)
{
	return is_old(b->protocol->chars.MajorNdisVersion, b->protocol->chars.MinorNdisVersion);
}

static bool miniport_is_old(const struct nrt_adapter *a)
{
	return is_old(a->driver->chars.MajorNdisVersion, a->driver->chars.MinorNdisVersion);
}

/* @rss for a driver of the old or the new form; returns the length. */
static ULONG write_parameters(const struct nrt_rss *rss, bool old, struct parameters *to)
{
	size_t entry = old ? 1 : sizeof(to->table[0]);

	memset(to, 0, sizeof(*to));
	to->head.Header.Type = NDIS_OBJECT_TYPE_RSS_PARAMETERS;
	to->head.Header.Revision = old ? NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_1 :
					 NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2;
	to->head.Header.Size = (USHORT)(old ? NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_1 :
					      NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2);
	to->head.HashInformation = rss->hash_information;
	to->head.IndirectionTableSize = (USHORT)(rss->entries * entry);
	to->head.IndirectionTableOffset = offsetof(struct parameters, table);
	to->head.HashSecretKeySize = (USHORT)rss->key_size;
	to->head.HashSecretKeyOffset = offsetof(struct parameters, key);
	for (ULONG i = 0; i < rss->entries; i++) {
		if (old)
			((UCHAR *)to->table)[i] = rss->table[i].Number;
		else
			to->table[i] = rss->table[i];
	}
	memcpy(to->key, rss->key, rss->key_size);
	return sizeof(*to);
}

/* The head of @r's parameters, which may lie anywhere. */
static bool read_head(const NDIS_OID_REQUEST *r, NDIS_RECEIVE_SCALE_PARAMETERS *p)
{
	ULONG length = r->DATA.SET_INFORMATION.InformationBufferLength;

	memset(p, 0, sizeof(*p));
	memcpy(p, r->DATA.SET_INFORMATION.InformationBuffer,
	       length < sizeof(*p) ? length : sizeof(*p));
	return p->Header.Type == NDIS_OBJECT_TYPE_RSS_PARAMETERS &&
	       p->Header.Revision >= NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_1 &&
	       p->Header.Size <= length;
}

/* @size bytes at @offset of @r's buffer; NULL when they are not in it. */
static const UCHAR *part(const NDIS_OID_REQUEST *r, ULONG offset, ULONG size)
{
	const UCHAR *buffer = r->DATA.SET_INFORMATION.InformationBuffer;
	ULONG length = r->DATA.SET_INFORMATION.InformationBufferLength;

	return offset <= length && size <= length - offset ? buffer + offset : NULL;
}

static bool merge_table(struct nrt_rss *rss, const NDIS_OID_REQUEST *r,
			const NDIS_RECEIVE_SCALE_PARAMETERS *p)
{
	bool old = p->Header.Revision == NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_1;
	ULONG n = p->IndirectionTableSize / (old ? 1u : (ULONG)sizeof(rss->table[0]));
	const UCHAR *from = part(r, p->IndirectionTableOffset, p->IndirectionTableSize);

	if (from == NULL || n > MAX_ENTRIES)
		return false;
	rss->entries = n;
	for (ULONG i = 0; i < n; i++) {
		if (old)
			rss->table[i] = (PROCESSOR_NUMBER){ .Number = from[i] };
		else
			memcpy(&rss->table[i], from + i * sizeof(rss->table[0]),
			       sizeof(rss->table[0]));
	}
	return true;
}

static bool merge_key(struct nrt_rss *rss, const NDIS_OID_REQUEST *r,
		      const NDIS_RECEIVE_SCALE_PARAMETERS *p)
{
	const UCHAR *from = part(r, p->HashSecretKeyOffset, p->HashSecretKeySize);

	if (from == NULL || p->HashSecretKeySize > KEY_SIZE)
		return false;
	rss->key_size = p->HashSecretKeySize;
	memcpy(rss->key, from, rss->key_size);
	return true;
}

/* What is in force once @r is. False: its parts are not in its buffer. */
static bool merge(struct nrt_rss *rss, const NDIS_OID_REQUEST *r,
		  const NDIS_RECEIVE_SCALE_PARAMETERS *p)
{
	if (!(p->Flags & NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED))
		rss->hash_information = p->HashInformation;
	if (p->Flags & NDIS_RSS_PARAM_FLAG_DISABLE_RSS ||
	    NDIS_RSS_HASH_FUNC_FROM_HASH_INFO(rss->hash_information) == 0) {
		*rss = (struct nrt_rss){ .hash = rss->hash };
		return true;
	}
	return ((p->Flags & NDIS_RSS_PARAM_FLAG_ITABLE_UNCHANGED) || merge_table(rss, r, p)) &&
	       ((p->Flags & NDIS_RSS_PARAM_FLAG_HASH_KEY_UNCHANGED) || merge_key(rss, r, p));
}

/* -------------------------------------------------------------- parameters */

NDIS_STATUS nrt_rss_query(struct nrt_binding *b, NDIS_OID_REQUEST *r)
{
	static const struct nrt_rss off;
	const struct nrt_rss *rss = b->adapter->rss != NULL ? b->adapter->rss : &off;
	struct parameters p;

	if (b->adapter->general.RecvScaleCapabilities == NULL)
		return NDIS_STATUS_NOT_SUPPORTED;
	return answer(r, &p, write_parameters(rss, protocol_is_old(b), &p));
}

/* Hand @r down in the miniport's form: @next is what it makes of all parameters. */
static NDIS_STATUS translate(struct nrt_adapter *a, const struct nrt_rss *next,
			     NDIS_OID_REQUEST *r, USHORT flags)
{
	struct parameters p;
	NDIS_OID_REQUEST own = *r;
	NDIS_STATUS status;

	own.DATA.SET_INFORMATION.InformationBuffer = &p;
	own.DATA.SET_INFORMATION.InformationBufferLength =
		write_parameters(next, miniport_is_old(a), &p);
	p.head.Flags = flags;
	status = nrt_oid_down(a, &own);
	if (status == NDIS_STATUS_SUCCESS)
		r->DATA.SET_INFORMATION.BytesRead = r->DATA.SET_INFORMATION.InformationBufferLength;
	return status;
}

static bool make_room(struct nrt_adapter *a)
{
	if (a->rss == NULL)
		a->rss = calloc(1, sizeof(*a->rss));
	return a->rss != NULL;
}

NDIS_STATUS nrt_rss_set(struct nrt_binding *b, NDIS_OID_REQUEST *r)
{
	struct nrt_adapter *a = b->adapter;
	NDIS_RECEIVE_SCALE_PARAMETERS p;
	struct nrt_rss next;
	NDIS_STATUS status;
	bool whole;

	if (a->general.RecvScaleCapabilities == NULL)
		return NDIS_STATUS_NOT_SUPPORTED;
	if (r->DATA.SET_INFORMATION.InformationBufferLength <
	    NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_1) {
		r->DATA.SET_INFORMATION.BytesNeeded =
			NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_1;
		return NDIS_STATUS_INVALID_LENGTH;
	}
	if (!read_head(r, &p))
		return NDIS_STATUS_INVALID_DATA;
	if (!make_room(a))
		return NDIS_STATUS_RESOURCES;
	next = *a->rss;
	whole = merge(&next, r, &p);
	if ((p.Header.Revision == NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_1) == miniport_is_old(a))
		status = nrt_oid_down(a, r);
	else
		status = whole ? translate(a, &next, r, p.Flags) : NDIS_STATUS_INVALID_DATA;
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	if (whole)
		*a->rss = next;
	else
		nrt_violation("MP-OID-05", "%s took RSS parameters that are not in their buffer",
			      a->device.name);
	return status;
}

/* --------------------------------------------------------------- hash alone */

/* The settings that were last taken; the miniport is not asked [oid-gen-receive-hash]. */
NDIS_STATUS nrt_rss_query_hash(struct nrt_adapter *a, NDIS_OID_REQUEST *r)
{
	struct {
		NDIS_RECEIVE_HASH_PARAMETERS head;
		UCHAR key[KEY_SIZE];
	} p;
	const struct receive_hash *hash = a->rss != NULL ? &a->rss->hash : NULL;

	memset(&p, 0, sizeof(p));
	p.head.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	p.head.Header.Revision = NDIS_RECEIVE_HASH_PARAMETERS_REVISION_1;
	p.head.Header.Size = NDIS_SIZEOF_RECEIVE_HASH_PARAMETERS_REVISION_1;
	p.head.HashSecretKeyOffset = sizeof(p.head);
	if (hash != NULL && hash->enabled) {
		p.head.Flags = NDIS_RECEIVE_HASH_FLAG_ENABLE_HASH;
		p.head.HashInformation = hash->information;
		p.head.HashSecretKeySize = (USHORT)hash->key_size;
		memcpy(p.key, hash->key, hash->key_size);
	}
	return answer(r, &p, sizeof(p.head) + p.head.HashSecretKeySize);
}

/* What is in force once @r is. False: its key is not in its buffer. */
static bool merge_hash(struct receive_hash *hash, const NDIS_OID_REQUEST *r,
		       const NDIS_RECEIVE_HASH_PARAMETERS *p)
{
	const UCHAR *key = part(r, p->HashSecretKeyOffset, p->HashSecretKeySize);

	hash->enabled = p->Flags & NDIS_RECEIVE_HASH_FLAG_ENABLE_HASH;
	if (!hash->enabled)
		return true;
	if (!(p->Flags & NDIS_RECEIVE_HASH_FLAG_HASH_INFO_UNCHANGED))
		hash->information = p->HashInformation;
	if (p->Flags & NDIS_RECEIVE_HASH_FLAG_HASH_KEY_UNCHANGED)
		return true;
	if (key == NULL || p->HashSecretKeySize > KEY_SIZE)
		return false;
	hash->key_size = p->HashSecretKeySize;
	memcpy(hash->key, key, hash->key_size);
	return true;
}

NDIS_STATUS nrt_rss_set_hash(struct nrt_adapter *a, NDIS_OID_REQUEST *r)
{
	const ULONG size = NDIS_SIZEOF_RECEIVE_HASH_PARAMETERS_REVISION_1;
	ULONG length = r->DATA.SET_INFORMATION.InformationBufferLength;
	NDIS_RECEIVE_HASH_PARAMETERS p = { 0 };
	struct receive_hash next;
	NDIS_STATUS status;
	bool whole;

	if (length < size) {
		r->DATA.SET_INFORMATION.BytesNeeded = size;
		return NDIS_STATUS_INVALID_LENGTH;
	}
	memcpy(&p, r->DATA.SET_INFORMATION.InformationBuffer, size);
	if (p.Header.Type != NDIS_OBJECT_TYPE_DEFAULT ||
	    p.Header.Revision < NDIS_RECEIVE_HASH_PARAMETERS_REVISION_1 || p.Header.Size < size ||
	    p.Header.Size > length)
		return NDIS_STATUS_INVALID_DATA;
	if (!make_room(a))
		return NDIS_STATUS_RESOURCES;
	next = a->rss->hash;
	whole = merge_hash(&next, r, &p);
	status = nrt_oid_down(a, r);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	if (whole)
		a->rss->hash = next;
	else
		nrt_violation("MP-OID-05", "%s took a hash key that is not in its buffer",
			      a->device.name);
	return status;
}
