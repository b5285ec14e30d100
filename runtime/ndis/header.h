/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NDIS_OBJECT_HEADER as drivers give it: type, revision and size are enforced
 * (contract RS-NB-11, bug check 0x7C/0x21), every older revision is accepted.
 */
#ifndef NRT_NDIS_HEADER_H
#define NRT_NDIS_HEADER_H

#include <stdbool.h>

#include <ndis.h>

/* True when @header has @type, a revision from 1 to @revisions, and at least
 * the size that revision has: @sizes[revision - 1]. Reports otherwise, naming
 * @where. */
bool nrt_header_ok(const NDIS_OBJECT_HEADER *header, UCHAR type, const size_t *sizes,
		   unsigned int revisions, const char *where);

/* The same for a report that names the driver and adapter of @handle, see culprit.h. */
bool nrt_header_from(NDIS_HANDLE handle, const NDIS_OBJECT_HEADER *header, UCHAR type,
		     const size_t *sizes, unsigned int revisions, const char *where);

/* Copy what @header's size says into @to of @size bytes, the rest zero. */
void nrt_header_copy(void *to, size_t size, const NDIS_OBJECT_HEADER *header);

#endif
