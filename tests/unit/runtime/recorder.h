/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the runtime's unit tests share: a runtime with one worker, verifier on,
 * whose violations are recorded, and whose memory can be made to run out. A test
 * takes each violation it provokes with violated(); what is left at its end is
 * an error.
 */
#ifndef TEST_RECORDER_H
#define TEST_RECORDER_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <ndis.h>
#include <nrt/nrt.h>
#include <nrt/nrt_lower.h>

#include "ending.h"
#include "ke/memory.h"

static struct {
	char rule[16];
	char text[200];
	unsigned int count;
} recorded;

static inline void record_violation(const char *rule, const char *text, void *context)
{
	(void)context;
	snprintf(recorded.rule, sizeof(recorded.rule), "%s", rule);
	snprintf(recorded.text, sizeof(recorded.text), "%s", text);
	recorded.count++;
}

/* True when exactly one violation was recorded since, and of @rule. */
static inline bool violated(const char *rule)
{
	bool is = recorded.count == 1 && strcmp(recorded.rule, rule) == 0;

	if (!is)
		fprintf(stderr, "expected one violation of %s, have %u, last %s: %s\n", rule,
			recorded.count, recorded.rule, recorded.text);
	recorded.count = 0;
	return is;
}

/*
 * Let the @nth allocation of the runtime from now fail, 1 being the next; 0 ends
 * this. "Nothing may be allocated here" is said by fail_allocation(1).
 */
static inline void fail_allocation(uint64_t nth)
{
	nrt_memory_fail_nth(nth);
}

/* For .init and .fini of a suite. */
static inline void start_runtime(void)
{
	const struct nrt_options options = {
		.workers = 1,
		.verifier = true,
	};

	nrt_on_violation(record_violation, NULL);
	cr_assert_eq(nrt_init(&options), 0, "%s", nrt_last_error());
}

static inline void stop_runtime(void)
{
	ending_must(nrt_nbl_live() == 0, "NBLs are live");
	ending_must(nrt_fini() == 0, nrt_last_error());
	ending_must(nrt_memory_live() == 0, "allocations are live");
	if (recorded.count != 0)
		ending_must(false, recorded.text);
}

/* --------------------------------------------------------------- pools */

static inline NDIS_HANDLE nbl_pool(BOOLEAN with_nb, USHORT context, ULONG data)
{
	NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
		.fAllocateNetBuffer = with_nb,
		.ContextSize = context,
		.PoolTag = 0x74736554,
		.DataSize = data,
	};

	return NdisAllocateNetBufferListPool(NULL, &parameters);
}

static inline NDIS_HANDLE nb_pool(ULONG data)
{
	NET_BUFFER_POOL_PARAMETERS parameters = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 },
		.PoolTag = 0x74736554,
		.DataSize = data,
	};

	return NdisAllocateNetBufferPool(NULL, &parameters);
}

/* ------------------------------------------------------------ MDL chains */

static inline MDL *make_mdl(void *va, ULONG length, MDL *next)
{
	MDL *mdl = IoAllocateMdl(va, length, FALSE, FALSE, NULL);

	cr_assert_not_null(mdl);
	MmBuildMdlForNonPagedPool(mdl);
	mdl->Next = next;
	return mdl;
}

static inline void free_mdls(MDL *mdl)
{
	while (mdl != NULL) {
		MDL *next = mdl->Next;

		IoFreeMdl(mdl);
		mdl = next;
	}
}

/* The used data of @nb, read by a walk from the chain's beginning. */
static inline ULONG read_data(const NET_BUFFER *nb, unsigned char *to, ULONG max)
{
	ULONG skip = nb->DataOffset, left = nb->DataLength, n = 0;

	for (MDL *mdl = nb->MdlChain; mdl != NULL && left != 0; mdl = mdl->Next) {
		const unsigned char *va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

		for (ULONG i = 0; i < MmGetMdlByteCount(mdl) && left != 0; i++) {
			if (skip != 0) {
				skip--;
				continue;
			}
			if (n < max)
				to[n] = va[i];
			n++;
			left--;
		}
	}
	return n;
}

/* ------------------------------------------------------------- randomness */

/* xorshift64*: the same numbers for the same seed everywhere. */
static inline uint32_t random32(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)((*state * 0x2545F4914F6CDD1DULL) >> 32);
}

static inline uint64_t random_begin(uint64_t seed)
{
	return seed * 0x9E3779B97F4A7C15ULL + 1;
}

static inline uint32_t random_below(uint64_t *state, uint32_t limit)
{
	return limit == 0 ? 0 : random32(state) % limit;
}

#endif
