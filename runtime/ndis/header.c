/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Object headers that drivers hand in. Control threads.
 */
#include "header.h"

#include <string.h>

#include "../verifier.h"

bool nrt_header_ok(const NDIS_OBJECT_HEADER *header, UCHAR type, const size_t *sizes,
		   unsigned int revisions, const char *where)
{
	if (header->Type != type) {
		nrt_violation("RS-NB-11", "%s: object type 0x%02X, expected 0x%02X", where,
			      header->Type, type);
		return false;
	}
	if (header->Revision == 0 || header->Revision > revisions) {
		nrt_violation("RS-NB-11", "%s: revision %u, expected 1 to %u", where,
			      header->Revision, revisions);
		return false;
	}
	if (header->Size < sizes[header->Revision - 1]) {
		nrt_violation("RS-NB-11", "%s: size %u, revision %u has %zu", where, header->Size,
			      header->Revision, sizes[header->Revision - 1]);
		return false;
	}
	return true;
}

void nrt_header_copy(void *to, size_t size, const NDIS_OBJECT_HEADER *header)
{
	size_t given = header->Size < size ? header->Size : size;

	memset(to, 0, size);
	memcpy(to, header, given);
}
