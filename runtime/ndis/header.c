/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Object headers that drivers hand in. Control threads.
 */
#include "header.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "culprit.h"

/* Who it was is looked for now: a handle may be anything where the header is right. */
static bool wrong(NDIS_HANDLE handle, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static bool wrong(NDIS_HANDLE handle, const char *where, const char *fmt, ...)
{
	const struct nrt_culprit who = nrt_culprit_of(handle, where);
	char what[96];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	nrt_bug_check("RS-NB-11", "0x7C/0x21", &who, "%s", what);
	return false;
}

bool nrt_header_from(NDIS_HANDLE handle, const NDIS_OBJECT_HEADER *header, UCHAR type,
		     const size_t *sizes, unsigned int revisions, const char *where)
{
	if (header->Type != type)
		return wrong(handle, where, "object type 0x%02X, expected 0x%02X", header->Type,
			     type);
	if (header->Revision == 0 || header->Revision > revisions)
		return wrong(handle, where, "revision %u, expected 1 to %u", header->Revision,
			     revisions);
	if (header->Size < sizes[header->Revision - 1])
		return wrong(handle, where, "size %u, revision %u has %zu", header->Size,
			     header->Revision, sizes[header->Revision - 1]);
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
