/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Device registers and ports that a driver has mapped: windows of address space that
 * hold nothing, so that every access by the register and port functions finds the
 * device's bus, and any other access to them faults.
 */
#ifndef NRT_KE_IO_H
#define NRT_KE_IO_H

#include <stdbool.h>

#include <nrt/nrt_bus.h>

struct nrt_io_window {
	const struct nrt_bus *bus;
	void *bus_context;
	unsigned int range; /* of the bus */
	uint64_t offset;    /* of the window in the range */
	uint32_t length;
	char *va;           /* nrt_io_map: w */
};

/* Make @window reachable; it stays the caller's. False: no address space is left.
 * Control threads. */
bool nrt_io_map(struct nrt_io_window *window);

/* No access to @window is under way, by the driver's word, and none finds it any more. */
void nrt_io_unmap(struct nrt_io_window *window);

/* All windows lie in one piece of address space: [nrt_io_base, + NRT_IO_SPACE). Before
 * the first it begins where no pointer points. */
#define NRT_IO_SPACE (UINT64_C(256) << 20)
extern uintptr_t nrt_io_base; /* first nrt_io_map: w, then constant */

static inline bool nrt_io_holds(const volatile void *address)
{
	return (uintptr_t)address - nrt_io_base < NRT_IO_SPACE;
}

/* One access of @width bytes; a report, and all ones, where nothing is mapped. */
uint64_t nrt_io_read(const volatile void *address, unsigned int width);
void nrt_io_write(volatile void *address, unsigned int width, uint64_t value);

#endif
