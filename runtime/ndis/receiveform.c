/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NDIS_RECEIVE_FLAGS_SINGLE_ETHER_TYPE and _SINGLE_VLAN spare those above a look at each
 * frame, so they have to be true of all [nf-ndis-ndismindicatereceivenetbufferlists]. On the
 * indicating thread, in a verified runtime.
 */
#include "receiveform.h"

#include "../verifier.h"

#define MAC_HEADER 14
#define TAG 4
#define TYPE_VLAN 0x8100

struct types {
	ULONG outer, inner; /* before and behind a tag; the same without one */
};

static ULONG big16(const UCHAR *p)
{
	return (ULONG)p[0] << 8 | p[1];
}

/* False: the frame is too short for one. */
static bool types_of(const NET_BUFFER_LIST *nbl, struct types *t)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);
	UCHAR storage[MAC_HEADER + TAG];
	ULONG n = sizeof(storage);
	const UCHAR *p;

	if (nb == NULL)
		return false;
	if (NET_BUFFER_DATA_LENGTH(nb) < n)
		n = MAC_HEADER;
	p = NdisGetDataBuffer(nb, n, storage, 1, 0);
	if (p == NULL)
		return false;
	t->outer = big16(p + 12);
	t->inner = t->outer == TYPE_VLAN && n > MAC_HEADER ? big16(p + 16) : t->outer;
	return true;
}

static ULONG vlan_of(const NET_BUFFER_LIST *nbl)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO info = {
		.Value = NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo),
	};

	return info.TagHeader.VlanId;
}

/* Whose type is meant, the tag's or that behind it, no document says: either will do. */
static bool one_type(const NET_BUFFER_LIST *chain)
{
	struct types first, t;

	if (!types_of(chain, &first))
		return true;
	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		if (types_of(chain, &t) && t.outer != first.outer && t.inner != first.inner)
			return false;
	return true;
}

static bool one_vlan(const NET_BUFFER_LIST *chain)
{
	ULONG first = vlan_of(chain);

	while (chain != NULL && vlan_of(chain) == first)
		chain = NET_BUFFER_LIST_NEXT_NBL(chain);
	return chain == NULL;
}

void nrt_receiveform_check(const char *rule, const char *who, NET_BUFFER_LIST *chain, ULONG flags)
{
	if (chain == NULL)
		return;
	if ((flags & NDIS_RECEIVE_FLAGS_SINGLE_ETHER_TYPE) && !one_type(chain))
		nrt_violation(rule, "%s indicates frames of several EtherTypes as of a single one",
			      who);
	if ((flags & NDIS_RECEIVE_FLAGS_SINGLE_VLAN) && !one_vlan(chain))
		nrt_violation(rule, "%s indicates frames of several VLANs as of a single one", who);
}
