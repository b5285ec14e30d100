/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The space that mapped registers and ports lie in, and the way from an address in it
 * to the device. Windows come and go on control threads; accesses on any thread at any
 * IRQL take no lock.
 */
#include "io.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include <wdm.h>

#include "verifier.h"

#define PAGES (NRT_IO_SPACE / PAGE_SIZE)

uintptr_t nrt_io_base = (uintptr_t)1 << 63;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(struct nrt_io_window *) page_window[PAGES];

static bool reserve(void)
{
	void *space;

	if (nrt_io_base != (uintptr_t)1 << 63)
		return true;
	space = mmap(NULL, NRT_IO_SPACE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		     0);
	if (space == MAP_FAILED)
		return false;
	nrt_io_base = (uintptr_t)space;
	return true;
}

/* The first of @n free pages in a row, with a free one before them, so that what runs over
 * a window does not run into another; PAGES: none. */
static size_t find_free(size_t n)
{
	size_t run = 0;

	for (size_t i = 0; i < PAGES; i++) {
		run = atomic_load_explicit(&page_window[i], memory_order_relaxed) == NULL ? run + 1
											: 0;
		if (run == n + 1)
			return i - n + 1;
	}
	return PAGES;
}

static void set_pages(size_t first, size_t n, struct nrt_io_window *window)
{
	/* Release: who finds the window finds it filled in; pairs with the acquire in find(). */
	for (size_t i = first; i < first + n; i++)
		atomic_store_explicit(&page_window[i], window, memory_order_release);
}

/* A window begins at the offset in its page that the range has on the bus. */
bool nrt_io_map(struct nrt_io_window *w)
{
	uint64_t bus_address = w->bus->ranges[w->range].start + w->offset;
	size_t n = ADDRESS_AND_SIZE_TO_SPAN_PAGES((char *)(uintptr_t)bus_address, w->length);
	size_t first = PAGES;

	pthread_mutex_lock(&lock);
	if (reserve())
		first = find_free(n);
	if (first != PAGES) {
		w->va = (char *)nrt_io_base + first * PAGE_SIZE + bus_address % PAGE_SIZE;
		set_pages(first, n, w);
	}
	pthread_mutex_unlock(&lock);
	return first != PAGES;
}

void nrt_io_unmap(struct nrt_io_window *w)
{
	size_t first = ((uintptr_t)w->va - nrt_io_base) / PAGE_SIZE;

	pthread_mutex_lock(&lock);
	set_pages(first, ADDRESS_AND_SIZE_TO_SPAN_PAGES(w->va, w->length), NULL);
	pthread_mutex_unlock(&lock);
}

/* The window that holds all of [@address, @address + @width); else NULL and a report. */
static struct nrt_io_window *find(uintptr_t address, unsigned int width)
{
	struct nrt_io_window *w = NULL;

	if (address - nrt_io_base < NRT_IO_SPACE)
		w = atomic_load_explicit(&page_window[(address - nrt_io_base) / PAGE_SIZE],
					 memory_order_acquire);
	if (w != NULL && address - (uintptr_t)w->va <= w->length &&
	    w->length - (address - (uintptr_t)w->va) >= width)
		return w;
	nrt_violation("MP-INI-09", "access of %u bytes to %p, where no register or port is mapped",
		      width, (void *)address);
	return NULL;
}

uint64_t nrt_io_read(const volatile void *address, unsigned int width)
{
	struct nrt_io_window *w = find((uintptr_t)address, width);

	if (w == NULL)
		return UINT64_MAX; /* as a bus does that nobody answers on */
	return w->bus->read(w->bus_context, w->range,
			    w->offset + ((uintptr_t)address - (uintptr_t)w->va), width);
}

void nrt_io_write(volatile void *address, unsigned int width, uint64_t value)
{
	struct nrt_io_window *w = find((uintptr_t)address, width);

	if (w != NULL)
		w->bus->write(w->bus_context, w->range,
			      w->offset + ((uintptr_t)address - (uintptr_t)w->va), width, value);
}
