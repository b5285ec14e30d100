/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file nrt_bus.h
 * The device behind a miniport that works registers of its own: what a bus provider
 * gives for it in struct nrt_device. It may be a model in this process, a device of
 * VFIO, or anything else that answers to these calls.
 *
 * A driver reaches it by NDIS's own functions: AllocatedResources and
 * NdisMGetDeviceProperty show the ranges, NdisMMapIoSpace and NdisMRegisterIoPortRange
 * map them, NdisReadRegister..., NdisRawReadPort... and their like arrive at read() and
 * write(), NdisMGetBusData and NdisMSetBusData at config_read() and config_write().
 *
 * Its interrupts arrive at what the driver registers with NdisMRegisterInterruptEx: on a
 * worker, the ISR at DIRQL, its DPCs at DISPATCH_LEVEL between two polls.
 *
 * Concurrency: every function may be called by several threads at once and at any IRQL
 * unless it says so, as often as the driver touches a register; they do not block. The
 * table, the ranges and bus_context live until nrt_adapter_remove() has returned.
 */
#ifndef NRT_NRT_BUS_H
#define NRT_NRT_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nrt/nrt.h>

#ifdef __cplusplus
extern "C" {
#endif

enum nrt_bus_kind {
	NRT_BUS_MEMORY, /* CmResourceTypeMemory, for NdisMMapIoSpace */
	NRT_BUS_PORTS,  /* CmResourceTypePort, for NdisMRegisterIoPortRange */
};

/** Registers or memory of the device, as the bus has placed them. Ranges of one kind do
 * not overlap, also not between devices. */
struct nrt_bus_range {
	enum nrt_bus_kind kind;
	uint64_t start;  /* address on the bus; ports below 2^32 */
	uint32_t length; /* bytes, or ports of a byte each */
};

/** Most messages a device may have. */
#define NRT_BUS_MAX_MESSAGES 64

/** Where a device raises its interrupts, and its channel of the system's DMA controller; the
 * runtime's. */
struct nrt_interrupts;
struct nrt_system_dma;

#define NRT_BUS_BARS 6 /* base address registers of a function */

/**
 * The virtual functions of a device that has some (SR-IOV), numbered from 0; every function is
 * there. What switches them on is the miniport, in the device's own configuration space.
 */
struct nrt_bus_virtual {
	/**
	 * @length bytes at @offset of function @vf's configuration space; how many were read or
	 * written, 0 when there is no such function.
	 */
	uint32_t (*config_read)(void *bus_context, uint16_t vf, uint32_t offset, void *buffer,
				uint32_t length);
	uint32_t (*config_write)(void *bus_context, uint16_t vf, uint32_t offset,
				 const void *buffer, uint32_t length);

	/** Where on the PCI buses @vf is. 0, or a -errno. At PASSIVE_LEVEL, as the next. */
	int (*location)(void *bus_context, uint16_t vf, uint16_t *segment, uint8_t *bus,
			uint8_t *function);

	/** What the device's own base address registers held after all ones were written. */
	int (*probed_bars)(void *bus_context, uint32_t bars[NRT_BUS_BARS]);

	/**
	 * The physical function has changed configuration blocks of @vf: a bit of @mask for each
	 * of the first 64. Masks add up until the driver of @vf has been told. 0, or a -errno.
	 */
	int (*blocks_changed)(void *bus_context, uint16_t vf, uint64_t mask);
};

struct nrt_bus {
	const struct nrt_bus_range *ranges;
	unsigned int n_ranges;

	/**
	 * Read or write @width (1, 2, 4 or 8) bytes at @offset of range @range, all of them
	 * inside it; the order of calls is the order of accesses of one thread.
	 */
	uint64_t (*read)(void *bus_context, unsigned int range, uint64_t offset,
			 unsigned int width);
	void (*write)(void *bus_context, unsigned int range, uint64_t offset, unsigned int width,
		      uint64_t value);

	/**
	 * Where memory range @range is in this process, if accesses need not be seen one by
	 * one; it stays there. NULL, also as function: read() and write() are called.
	 */
	void *(*direct)(void *bus_context, unsigned int range);

	/**
	 * @length bytes at @offset of configuration space @space (0: PCI configuration).
	 * How many were read or written; NULL as function: the bus has no such space.
	 */
	uint32_t (*config_read)(void *bus_context, uint32_t space, uint32_t offset, void *buffer,
				uint32_t length);
	uint32_t (*config_write)(void *bus_context, uint32_t space, uint32_t offset,
				 const void *buffer, uint32_t length);

	/**
	 * Configuration block @block of a virtual function, which its physical function keeps:
	 * read or write @length bytes of it. 0, or a -errno; NULL as function: there is none.
	 * Below DISPATCH_LEVEL.
	 */
	int (*block_read)(void *bus_context, uint32_t block, void *buffer, uint32_t length);
	int (*block_write)(void *bus_context, uint32_t block, const void *buffer, uint32_t length);

	/**
	 * The address at which the device reaches [@va, @va + @length), UINT64_MAX when it
	 * does not. NULL as function: what the platform says, or the virtual address where
	 * that has none, which suits a model in this process.
	 */
	uint64_t (*dma_address)(void *bus_context, const void *va, size_t length);

	/**
	 * The device has @n_messages message interrupts (MSI-X); and, if @has_line, a line
	 * that is level-sensitive. Devices with the same @line share one.
	 */
	unsigned int n_messages;
	bool has_line;
	uint32_t line;

	/** The device asserts its line now. Set when @has_line. */
	bool (*line_asserted)(void *bus_context);

	/**
	 * The driver registered its interrupt: from now on the device raises its line
	 * (@messages 0) or its messages at @to, by nrt_bus_interrupt(). Or it deregistered it
	 * (@to NULL): what is raised later is lost. @to stays good until nrt_fini().
	 * PASSIVE_LEVEL; set when the device has interrupts.
	 */
	void (*connect)(void *bus_context, struct nrt_interrupts *to, unsigned int messages);

	/**
	 * The driver lets the device raise @message (of a line: 0). NULL as function: nobody
	 * knows, and the verifier does not check that drivers enable it again (RS-INT-03).
	 */
	bool (*interrupt_enabled)(void *bus_context, unsigned int message);

	/**
	 * The device is no bus master; channel @dma_channel of the system's DMA controller moves
	 * its data. No two devices have the same in use.
	 */
	bool has_dma_channel;
	uint32_t dma_channel;

	/**
	 * The driver claimed the channel (NdisMRegisterDmaChannel): from now on the device
	 * moves data at @to, by nrt_bus_dma(). Or it gave it up (@to NULL). @to stays good
	 * until nrt_fini(). PASSIVE_LEVEL; set when the device has a channel.
	 */
	void (*connect_dma)(void *bus_context, struct nrt_system_dma *to);

	const struct nrt_bus_virtual *virtual_functions; /* NULL: none */
};

/**
 * The device's line went up, or it sends the message of entry @message of its MSI-X table;
 * entry n is message n unless the driver changed that. Of a line @message is ignored.
 *
 * The ISR of a line is called while the line is asserted, that of a message once for one or
 * more that were sent before it began. Any thread at any IRQL, also inside read() and write();
 * never blocks, and makes a system call only to wake a worker that sleeps.
 */
NRT_API void nrt_bus_interrupt(struct nrt_interrupts *to, unsigned int message);

/**
 * The device has the controller move up to @length bytes of the transfer that the driver set
 * up: from memory to @data if that writes to the device, else from @data to memory. How many
 * were moved; fewer when the transfer has no more, 0 when there is none. In auto-initialize
 * mode a transfer begins anew at its end. Any thread at any IRQL; never blocks.
 */
NRT_API uint32_t nrt_bus_dma(struct nrt_system_dma *to, void *data, uint32_t length);

#ifdef __cplusplus
}
#endif
#endif
