/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers that a driver maps by their address alone: ranges of buses do not overlap,
 * so the address says which adapter's device they are of. Control threads up to
 * DISPATCH_LEVEL; what is still mapped when that adapter was halted is reported.
 */
#include <pthread.h>
#include <stdlib.h>

#include <nrt/nrt_bus.h>

#include "../ke/io.h"
#include "../ke/irql.h"
#include "../verifier.h"
#include "adapter.h"
#include "hardware.h"

struct mapping {
	struct mapping *next;
	const struct nrt_adapter *adapter;
	struct nrt_io_window io;
	bool direct; /* io.va is the bus's own */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct mapping *mappings;

struct search {
	uint64_t start;
	uint32_t length;
	const struct nrt_adapter *adapter; /* found */
	unsigned int range;
};

static void look(struct nrt_adapter *a, void *arg)
{
	struct search *s = arg;
	const struct nrt_bus *bus = a->device.bus;
	unsigned int range = bus != NULL ? nrt_hardware_range(bus, NRT_BUS_MEMORY, s->start,
							      s->length) : 0;

	if (bus == NULL || range == bus->n_ranges)
		return;
	s->adapter = a;
	s->range = range;
}

static bool map(struct mapping *m)
{
	char *memory = NULL;

	if (m->io.bus->direct != NULL)
		memory = m->io.bus->direct(m->io.bus_context, m->io.range);
	if (memory == NULL)
		return nrt_io_map(&m->io);
	m->direct = true;
	m->io.va = memory + m->io.offset;
	return true;
}

PVOID MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes,
		   MEMORY_CACHING_TYPE CacheType)
{
	struct search s = { .start = (uint64_t)PhysicalAddress.QuadPart,
			    .length = (uint32_t)NumberOfBytes };
	struct mapping *m;

	(void)CacheType; /* it is the bus's */
	nrt_check_irql("MmMapIoSpace", DISPATCH_LEVEL);
	if (NumberOfBytes <= UINT32_MAX)
		nrt_adapter_for_each(look, &s);
	m = s.adapter != NULL ? calloc(1, sizeof(*m)) : NULL;
	if (m == NULL)
		return NULL;
	m->adapter = s.adapter;
	m->io = (struct nrt_io_window){
		.bus = s.adapter->device.bus,
		.bus_context = s.adapter->device.bus_context,
		.range = s.range,
		.offset = s.start - s.adapter->device.bus->ranges[s.range].start,
		.length = s.length,
	};
	if (!map(m)) {
		free(m);
		return NULL;
	}
	pthread_mutex_lock(&lock);
	m->next = mappings;
	mappings = m;
	pthread_mutex_unlock(&lock);
	return m->io.va;
}

/* One way to access the pages, and one at most to cache them. */
PVOID MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect)
{
	ULONG cache = Protect & (PAGE_NOCACHE | PAGE_WRITECOMBINE);
	ULONG access = Protect & ~cache;

	nrt_check_irql("MmMapIoSpaceEx", DISPATCH_LEVEL);
	if ((access != PAGE_READONLY && access != PAGE_READWRITE && access != PAGE_EXECUTE &&
	     access != PAGE_EXECUTE_READ && access != PAGE_EXECUTE_READWRITE) ||
	    cache == (PAGE_NOCACHE | PAGE_WRITECOMBINE))
		return NULL;
	return MmMapIoSpace(PhysicalAddress, NumberOfBytes,
			    cache == PAGE_WRITECOMBINE ? MmWriteCombined : MmNonCached);
}

/* Under lock. */
static void release(struct mapping **link)
{
	struct mapping *m = *link;

	*link = m->next;
	if (!m->direct)
		nrt_io_unmap(&m->io);
	free(m);
}

VOID MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
	struct mapping **link = &mappings;
	bool found;

	nrt_check_irql("MmUnmapIoSpace", DISPATCH_LEVEL);
	pthread_mutex_lock(&lock);
	while (*link != NULL &&
	       ((*link)->io.va != BaseAddress || (*link)->io.length != NumberOfBytes))
		link = &(*link)->next;
	found = *link != NULL;
	if (found)
		release(link);
	pthread_mutex_unlock(&lock);
	if (!found)
		nrt_violation("MP-INI-09", "MmUnmapIoSpace: nothing is mapped at %p with length "
			      "%zu", BaseAddress, NumberOfBytes);
}

void nrt_iospace_check(const struct nrt_adapter *a, const char *rule)
{
	struct mapping **link = &mappings;

	pthread_mutex_lock(&lock);
	while (*link != NULL) {
		if ((*link)->adapter != a) {
			link = &(*link)->next;
			continue;
		}
		nrt_violation(rule, "%s: %u bytes of registers at %p are still mapped by "
			      "MmMapIoSpace", a->device.name, (*link)->io.length,
			      (void *)(*link)->io.va);
		release(link);
	}
	pthread_mutex_unlock(&lock);
}
