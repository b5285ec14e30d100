/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Object headers that drivers hand in. Control threads.
 */
#include "header.h"

#include <string.h>

#include "culprit.h"

#define BUG "RS-NB-11", "0x7C/0x21"

bool nrt_header_from(NDIS_HANDLE handle, const NDIS_OBJECT_HEADER *header, UCHAR type,
		     const size_t *sizes, unsigned int revisions, const char *where)
{
	const struct nrt_culprit who = nrt_culprit_of(handle, where);

	if (header->Type != type) {
		nrt_bug_check(BUG, &who, "object type 0x%02X, expected 0x%02X", header->Type, type);
		return false;
	}
	if (header->Revision == 0 || header->Revision > revisions) {
		nrt_bug_check(BUG, &who, "revision %u, expected 1 to %u", header->Revision,
			      revisions);
		return false;
	}
	if (header->Size < sizes[header->Revision - 1]) {
		nrt_bug_check(BUG, &who, "size %u, revision %u has %zu", header->Size,
			      header->Revision, sizes[header->Revision - 1]);
		return false;
	}
	return true;
}

bool nrt_header_ok(const NDIS_OBJECT_HEADER *header, UCHAR type, const size_t *sizes,
		   unsigned int revisions, const char *where)
{
	return nrt_header_from(NULL, header, type, sizes, revisions, where);
}

void nrt_header_copy(void *to, size_t size, const NDIS_OBJECT_HEADER *header)
{
	size_t given = header->Size < size ? header->Size : size;

	memset(to, 0, size);
	memcpy(to, header, given);
}
