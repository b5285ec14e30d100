/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file softnic.h
 * The software NIC's face to tests and hosts that link with it: step it, look at
 * its counters, break it. A program that only loads the plugin (-d
 * librte_net_softnic.so) does without, and uses telemetry for the faults.
 *
 * Concurrency: every call takes the NIC's lock and may come from any thread;
 * none may be made from inside a transmit callback.
 */
#ifndef SOFTNIC_H
#define SOFTNIC_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SOFTNIC_API __attribute__((visibility("default")))

struct softnic;

/** Counters of the model itself, since the NIC was made; nothing resets them. */
struct softnic_counters {
	uint64_t tx_frames, tx_bytes;      /* left on the wire, without FCS */
	uint64_t rx_frames, rx_bytes;      /* arrived from the wire, before any filter */
	uint64_t rx_delivered;             /* written into buffers */
	uint64_t rx_filtered;              /* address, VLAN, length: not for us */
	uint64_t rx_missed;                /* no descriptor, or receive was off */
	uint64_t tx_lost;                  /* descriptors no frame could be made of: misuse */
	uint64_t generated;
	uint64_t resets, reads, writes;    /* of registers: those that trap */
	uint64_t interrupts;
	uint64_t steps, busy_steps;
	uint64_t step_cycles;              /* TSC cycles spent in steps that moved frames */
	uint64_t misuses;                  /* what no driver may do; 0 in a healthy run */
};

/** Faults on demand. Each stays until it is taken back; all survive a reset of the NIC,
 *  but SOFTNIC_TX_HANG and SOFTNIC_RX_STALL, which a reset of the NIC (CTRL.RST) mends. */
enum softnic_fault {
	SOFTNIC_LINK_DOWN,          /* the cable is out */
	SOFTNIC_TX_HANG,            /* no descriptor is fetched any more */
	SOFTNIC_RX_STALL,           /* nothing is received any more */
	SOFTNIC_TX_NO_WRITEBACK,    /* frames leave, no status is written */
	SOFTNIC_RX_DESCRIPTOR_ERROR,/* the next frame is received with an error status */
	SOFTNIC_RX_BAD_CHECKSUM,    /* frames' checksums are found bad */
	SOFTNIC_REMOVED,            /* all registers read ones, nothing moves */
	/* mistakes of the model itself, for tests that must notice */
	SOFTNIC_MODEL_LOST_DD,      /* every 64th status is never written */
	SOFTNIC_MODEL_RETA_SWAPPED, /* two entries of the indirection table are exchanged */
	SOFTNIC_MODEL_DOUBLE_COUNT, /* frame counters count double */
	SOFTNIC_MODEL_EARLY_DD,     /* a status is written before the frame left */
	SOFTNIC_MODEL_BAD_TCI,      /* a stripped tag is off by one */
	SOFTNIC_MODEL_SUM_OFF,      /* checksums that are inserted are off by one */
	SOFTNIC_FAULTS
};

struct softnic_faults {
	bool on[SOFTNIC_FAULTS];
};

/**
 * Make --vdev net_softnicN,... known to EAL: before rte_eal_init, by a program that is linked
 * with the plugin; one that loads it with -d need not. Takes the name from DPDK's own
 * net_softnic, a traffic manager without a NIC. Any number of times.
 */
SOFTNIC_API void softnic_register(void);

/** The NIC that vdev @name (net_softnic0 ...) made; NULL: there is none. */
SOFTNIC_API struct softnic *softnic_find(const char *name);

/** Do a step of @nic, or of all: fetch, send, receive, write back. Returns frames moved. */
SOFTNIC_API uint32_t softnic_step(struct softnic *nic);
SOFTNIC_API uint32_t softnic_step_all(void);

/** Make a fault, or take it back. 0, or -EINVAL for one there is not. */
SOFTNIC_API int softnic_fault_set(struct softnic *nic, enum softnic_fault fault, bool on);
/** The fault of a name (link_down, tx_hang ...), or -EINVAL. */
SOFTNIC_API int softnic_fault_find(const char *name);

SOFTNIC_API void softnic_counters_get(struct softnic *nic, struct softnic_counters *out);

/** A frame (without FCS) arrives from the wire. */
SOFTNIC_API void softnic_inject(struct softnic *nic, const void *frame, uint32_t length);

/** Call @fn for each frame that leaves, in order, under the NIC's lock; NULL: stop. */
typedef void (*softnic_transmit_fn)(void *context, const uint8_t *frame, uint32_t length);
SOFTNIC_API void softnic_on_transmit(struct softnic *nic, softnic_transmit_fn fn, void *context);

/** Every status is written @cycles TSC cycles late, or up to @steps steps, at random from @seed. */
SOFTNIC_API void softnic_writeback(struct softnic *nic, uint64_t cycles, uint32_t steps,
				   uint64_t seed);

#ifdef __cplusplus
}
#endif
#endif
