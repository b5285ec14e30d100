/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pool memory under all its names. A header before each allocation links it
 * into the ledger. Called by drivers and by the runtime on their behalf, on
 * any thread; drivers do not allocate per packet, so one lock is enough.
 */
#include "memory.h"

#include <ctype.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include <ndis/services.h>
#include <nrt/nrt.h>

#include "irql.h"
#include "verifier.h"

#define MAGIC_LIVE 0x6c6c6f50U
#define MAGIC_FREED 0x65657246U
#define FILL_NEW 0xcd /* shown to drivers that take memory for zeroed */

/* One cache line, directly before the caller's memory. */
struct header {
	_Alignas(64) LIST_ENTRY link;
	void *base; /* what the platform gave */
	const void *owner;
	size_t size;
	uint32_t tag;
	uint32_t magic;
};

_Static_assert(sizeof(struct header) == 64, "data begins on the next cache line");

static const struct nrt_platform *platform;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_ENTRY ledger = { &ledger, &ledger };
static uint64_t live;
static _Atomic int64_t fail_countdown;
static __thread int preferred_node = -1;

void nrt_memory_init(const struct nrt_platform *from)
{
	platform = from;
}

int nrt_memory_prefer(int node)
{
	int before = preferred_node;

	preferred_node = node;
	return before;
}

void nrt_memory_fail_nth(uint64_t n)
{
	atomic_store(&fail_countdown, (int64_t)n);
}

static bool must_fail(void)
{
	int64_t n = atomic_load_explicit(&fail_countdown, memory_order_relaxed);

	return n > 0 && atomic_fetch_sub(&fail_countdown, 1) == 1;
}

/*
 * AddressSanitizer sees overruns and uses after free only in memory that it
 * allocated piece by piece, ThreadSanitizer does not see the platform's lock, so
 * they take its place.
 */
static bool use_platform(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
	return false;
#endif
#endif
	return platform != NULL;
}

static void *base_alloc(size_t size, size_t align)
{
	void *va;

	if (use_platform())
		return platform->mem_alloc(size, align, preferred_node);
	return posix_memalign(&va, align, size) == 0 ? va : NULL;
}

static void base_free(void *base)
{
	if (use_platform())
		platform->mem_free(base);
	else
		free(base);
}

uint64_t nrt_memory_iova(const void *va, size_t len)
{
	return platform != NULL ? platform->mem_iova(va, len) : UINT64_MAX;
}

void *nrt_memory_alloc(size_t size, uint32_t tag, const void *owner)
{
	size_t align = size >= PAGE_SIZE ? PAGE_SIZE : sizeof(struct header);
	struct header *h;
	char *base;

	if (must_fail() || size > SIZE_MAX - align)
		return NULL;
	base = base_alloc(align + size, align);
	if (base == NULL)
		return NULL;
	h = (struct header *)(base + align) - 1;
	*h = (struct header){ .base = base, .owner = owner, .size = size, .tag = tag,
			      .magic = MAGIC_LIVE };
	if (nrt_verifying)
		memset(h + 1, FILL_NEW, size);
	pthread_mutex_lock(&lock);
	InsertTailList(&ledger, &h->link);
	live++;
	pthread_mutex_unlock(&lock);
	return h + 1;
}

void *nrt_memory_zalloc(size_t size, uint32_t tag, const void *owner)
{
	void *va = nrt_memory_alloc(size, tag, owner);

	return va != NULL ? memset(va, 0, size) : NULL;
}

/* A tag as people read it, its characters in memory order. */
static const char *tag_text(uint32_t tag, char text[5])
{
	memcpy(text, &tag, 4);
	for (int i = 0; i < 4; i++)
		if (!isprint((unsigned char)text[i]))
			text[i] = '.';
	text[4] = '\0';
	return text;
}

/* NULL when @va cannot have come from here. */
static struct header *header_of(void *va)
{
	return (uintptr_t)va % sizeof(struct header) == 0 ? (struct header *)va - 1 : NULL;
}

void nrt_memory_free(void *va, uint32_t tag)
{
	struct header *h;
	char was[5], is[5];

	if (va == NULL)
		return;
	h = header_of(va);
	if (h == NULL || h->magic != MAGIC_LIVE) {
		nrt_violation("RS-MEM-02", "%p freed, which is %s", va,
			      h != NULL && h->magic == MAGIC_FREED ? "free already"
								   : "no pool memory");
		return;
	}
	if (tag != 0 && tag != h->tag)
		nrt_violation("RS-MEM-01", "%p allocated with tag '%s' freed with tag '%s'", va,
			      tag_text(h->tag, was), tag_text(tag, is));
	h->magic = MAGIC_FREED;
	pthread_mutex_lock(&lock);
	RemoveEntryList(&h->link);
	live--;
	pthread_mutex_unlock(&lock);
	base_free(h->base);
}

/* ---------------------------------------------------------------- ledger */

uint64_t nrt_memory_live(void)
{
	uint64_t n;

	pthread_mutex_lock(&lock);
	n = live;
	pthread_mutex_unlock(&lock);
	return n;
}

static struct header *from_link(LIST_ENTRY *link)
{
	return CONTAINING_RECORD(link, struct header, link);
}

uint64_t nrt_memory_live_of(const void *owner)
{
	uint64_t n = 0;

	pthread_mutex_lock(&lock);
	for (LIST_ENTRY *link = ledger.Flink; link != &ledger; link = link->Flink)
		n += from_link(link)->owner == owner;
	pthread_mutex_unlock(&lock);
	return n;
}

uint64_t nrt_memory_bytes_of(uint32_t tag)
{
	uint64_t bytes = 0;

	pthread_mutex_lock(&lock);
	for (LIST_ENTRY *link = ledger.Flink; link != &ledger; link = link->Flink)
		if (from_link(link)->tag == tag)
			bytes += from_link(link)->size;
	pthread_mutex_unlock(&lock);
	return bytes;
}

uint64_t nrt_memory_report(const void *owner)
{
	uint64_t n = 0;
	char text[5];

	pthread_mutex_lock(&lock);
	for (LIST_ENTRY *link = ledger.Flink; link != &ledger; link = link->Flink) {
		struct header *h = from_link(link);

		if (h->owner != owner)
			continue;
		n++;
		nrt_violation("RS-MEM-02", "%zu bytes at %p, tag '%s', were not freed", h->size,
			      (void *)(h + 1), tag_text(h->tag, text));
	}
	pthread_mutex_unlock(&lock);
	return n;
}
