/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The software NIC's inside: one struct softnic is one NIC, a register file and
 * descriptor rings as the datasheet has them. The driver sees a view of the
 * registers whose pages trap (trap.c), but for those of the doorbells; a step
 * (step.c) looks at the doorbells and moves frames. Everything below runs under
 * the NIC's wire lock, on whichever thread accesses a register or steps.
 *
 * Datasheets cited as: [82599] Intel 82599 10 GbE Controller, 331520; [82576]
 * Intel 82576EB, 320961; [82574] Intel 82574 Family, 317694; [8254x] PCI/PCI-X
 * Family Software Developer's Manual, 317453.
 */
#ifndef SOFTNIC_NIC_H
#define SOFTNIC_NIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "rxdesc.h"
#include "softnic.h"
#include "tally.h"

#define SOFTNIC_MAX_NICS 16
#define SOFTNIC_MAX_QUEUES 64
#define SOFTNIC_MAX_FRAME 16384     /* longest frame, the SRAM of a packet buffer aside */
#define SOFTNIC_MAX_TSO 262144      /* longest send that TSO cuts */
#define SOFTNIC_MAX_SEGMENTS 40     /* data descriptors of one frame, [82599] 7.2.1.1 */

struct softnic_type;

/* A descriptor ring: base, length, head and tail registers at @reg. */
struct softnic_ring {
	uint8_t *base;              /* NULL: not usable */
	uint64_t iova;              /* as last loaded from the registers */
	uint32_t reg;               /* offset of its BAL register */
	uint32_t n;                 /* descriptors */
	uint32_t head;              /* next to use; the register follows at the step's end */
	uint32_t published;         /* what the head register was last set to */
	uint32_t tail;              /* as last read */
	uint16_t index;             /* queue number */
	bool running;
	uint64_t frames, bytes, dropped;             /* since the last reset */
	uint64_t seen_frames, seen_bytes, seen_dropped; /* when statistics were last published */
};

struct softnic_rxq {
	struct softnic_ring ring;
	uint32_t buffer_size;       /* bytes a descriptor's buffer takes */
	uint32_t control;           /* RXDCTL when last settled: its page does not trap */
	bool strip_vlan;
	bool drop;                  /* no descriptor: drop here, not in the packet buffer */
	bool interrupt;             /* frames came since the last one */
};

/* What a context descriptor said, or an em one. */
struct softnic_tx_context {
	bool valid;
	uint16_t mac_len, ip_len, l4_len, mss, vlan;
	bool ipv4, tcp, udp, sctp;
	/* em only: bytes to sum and where the sum goes, [8254x] 3.3.6 */
	uint16_t ip_start, ip_offset, ip_end, l4_start, l4_offset, l4_end;
	uint16_t header_len;
};

/* The frame whose descriptors are being fetched. */
struct softnic_tx_frame {
	uint32_t length;            /* gathered so far */
	uint16_t segments;
	bool tso, insert_vlan, ip_checksum, l4_checksum, bad;
	uint16_t vlan;
	uint16_t context;           /* index */
	/* em's legacy descriptors: sum from @sum_start to the end, store at @sum_offset */
	bool sum;
	uint8_t sum_start, sum_offset;
};

/* A descriptor whose status is to be written back later. */
struct softnic_writeback {
	uint32_t index;             /* descriptor */
	uint64_t due;               /* step number, or TSC with a delay in time */
};

struct softnic_txq {
	struct softnic_ring ring;
	struct softnic_tx_context context[2];
	struct softnic_tx_frame frame;
	uint8_t *gather;            /* SOFTNIC_MAX_TSO bytes */
	struct softnic_writeback *writeback; /* a ring of @ring.n entries; head, tail count up */
	uint32_t writeback_size, writeback_head, writeback_tail;
};

/* What receive does, worked out from the registers whenever one of them changes. */
struct softnic_rx_settings {
	bool enabled;
	bool promiscuous, all_multicast, broadcast, vlan_filter;
	bool keep_crc;
	bool checksums;             /* look at checksums and report bad ones */
	bool rss;
	uint32_t rss_types;         /* SOFTNIC_RSS_* */
	uint32_t max_frame;         /* with FCS; a tag more is allowed */
	uint8_t rss_key[40];
	uint8_t reta[128];
	struct softnic_toeplitz toeplitz;
	uint16_t n_addresses;       /* unicast addresses to take, as the bytes lie in memory */
	uint64_t addresses[128];
	bool sends_pause;           /* 802.3x: XOFF when a frame finds no descriptor */
	bool heeds_pause;
};

/* A model of a NIC: constants and behaviour. */
struct softnic_type {
	const char *name;           /* as in type=NAME */
	const char *pmd;            /* DPDK driver that takes it */
	uint16_t device_id;
	uint32_t bar_size;
	uint16_t n_rx, n_tx;
	bool advanced;              /* advanced descriptors; else legacy and em's */
	struct softnic_rx_errors rx_errors; /* advanced: where a status has them */
	uint32_t mta, vfta;         /* 128 words each; MTA's 4096 bits by bits 47:36 (MO 0) */
	uint32_t first_statistic;   /* reading it publishes the counters of the rings */
	const uint32_t *plain_pages;/* pages that don't trap, ended by UINT32_MAX */
	uint32_t (*rx_reg)(uint16_t queue);
	uint32_t (*tx_reg)(uint16_t queue);
	int (*create)(struct softnic *nic);       /* allocate nic->phy; 0 or -1 */
	void (*reset)(struct softnic *nic);
	uint32_t (*read)(struct softnic *nic, uint32_t reg);
	void (*write)(struct softnic *nic, uint32_t reg, uint32_t value);
	bool (*rx_on)(const struct softnic *nic, uint16_t queue);
	bool (*tx_on)(const struct softnic *nic, uint16_t queue);
	void (*settle)(struct softnic *nic);      /* fill nic->rx and the rx queues */
	void (*publish)(struct softnic *nic);
	void (*link_changed)(struct softnic *nic);
	void (*rx_cause)(struct softnic *nic, uint16_t queue);
};

/* The lock of a wire: of one NIC, or of two that are peers. */
struct softnic_lock {
	_Alignas(64) atomic_flag held;
	_Atomic uint32_t waiting;   /* threads in softnic_take that found it held */
};

struct softnic {
	const struct softnic_type *type;
	struct softnic_lock *_Atomic lock;
	volatile uint8_t *bar;      /* the model's view, never traps */
	uint8_t *driver_view;
	int bar_fd;
	char name[32];              /* of the vdev */
	uint8_t mac[6];
	uint16_t eeprom[2048];
	void *phy;                  /* the type's own state: PHY, SFP, microwire */

	/* wire */
	struct softnic *peer;       /* itself: loopback; NULL: sink */
	struct softnic_generator *generator;
	bool cable;                 /* plugged in */
	bool link;                  /* up, as the registers tell */
	uint64_t rate;              /* bits per second, 0: unpaced */
	uint64_t cycles_per_byte_16;/* TSC cycles a byte takes on the wire, times 65536 */
	uint64_t tx_free_at, generator_free_at; /* TSC */
	bool paused;                /* the peer said XOFF */
	struct softnic_tally tx_tally, rx_tally, rx_tally_seen, tx_tally_seen;
	uint64_t xoff_sent, xon_sent, xoff_heard, xon_heard, too_long, missed;
	uint64_t lost_bytes;        /* of those too long or missed, without FCS */
	uint64_t segmented;         /* frames that segmentation cut */
	/* the same when statistics were last published */
	uint64_t xoff_seen, xon_seen, xoff_heard_seen, xon_heard_seen, too_long_seen, missed_seen;
	uint64_t lost_bytes_seen, segmented_seen;
	softnic_transmit_fn on_transmit;
	void *on_transmit_context;

	/* rings */
	struct softnic_rx_settings rx;
	bool dirty;                 /* a register behind @rx changed */
	uint32_t settings;          /* counts the times @rx was worked out */
	uint16_t n_rx_active, n_tx_active;
	uint16_t rx_active[SOFTNIC_MAX_QUEUES], tx_active[SOFTNIC_MAX_QUEUES];
	struct softnic_rxq rxq[SOFTNIC_MAX_QUEUES];
	struct softnic_txq txq[SOFTNIC_MAX_QUEUES];

	/* running */
	uint64_t steps;
	uint32_t writeback_steps;   /* most steps a status may wait */
	uint64_t writeback_cycles;  /* TSC cycles every status waits */
	uint64_t random;            /* seeded */
	struct softnic_iommu *iommu;
	struct softnic_counters counters;
	struct softnic_faults faults;
	uint64_t misuses[8];        /* by enum softnic_misuse */
	uint64_t lost_dd;           /* statuses counted for that fault */

	/* interrupts: to EAL's interrupt thread, and a queue's own */
	int interrupt_fd;
	int queue_fd[SOFTNIC_MAX_QUEUES];
	void (*arm_queue_fds)(struct softnic *nic); /* at reset: the driver closed them */
	void *plugin;
};

/* ------------------------------------------------------------- registers */

static inline uint32_t softnic_get(const struct softnic *nic, uint32_t reg)
{
	return *(const volatile uint32_t *)(nic->bar + reg);
}

static inline void softnic_set(struct softnic *nic, uint32_t reg, uint32_t value)
{
	*(volatile uint32_t *)(nic->bar + reg) = value;
}

/* Add to a 32-bit clear-on-read counter, and to a pair of low and high. */
static inline void softnic_add(struct softnic *nic, uint32_t reg, uint64_t n)
{
	softnic_set(nic, reg, softnic_get(nic, reg) + (uint32_t)n);
}

static inline void softnic_add64(struct softnic *nic, uint32_t low, uint64_t n)
{
	uint64_t v = (softnic_get(nic, low) | (uint64_t)softnic_get(nic, low + 4) << 32) + n;

	softnic_set(nic, low, (uint32_t)v);
	softnic_set(nic, low + 4, (uint32_t)(v >> 32));
}

/* Offsets from a ring's BAL register; all types share them. */
enum {
	SOFTNIC_BAL = 0x00,
	SOFTNIC_BAH = 0x04,
	SOFTNIC_LEN = 0x08,
	SOFTNIC_HEAD = 0x10,
	SOFTNIC_TAIL = 0x18,
	SOFTNIC_DCTL = 0x28,        /* RXDCTL, TXDCTL */
};

#define SOFTNIC_DCTL_ENABLE 0x02000000u

extern const struct softnic_type softnic_82599, softnic_82576, softnic_82574, softnic_82540em;

/* ------------------------------------------------------------------ nic.c */

struct softnic *softnic_create(const struct softnic_type *type, const char *name,
			       const uint8_t mac[6]);
void softnic_destroy(struct softnic *nic);
const struct softnic_type *softnic_type_find(const char *name);

/* The NIC of a slot 0..SOFTNIC_MAX_NICS - 1, or NULL. */
struct softnic *softnic_slot(unsigned int slot);

/* Wire two NICs back to back; @nic is new. And take them apart. */
void softnic_connect(struct softnic *nic, struct softnic *peer);
void softnic_disconnect(struct softnic *nic);

void softnic_take(struct softnic *nic);
bool softnic_try_take(struct softnic *nic);
void softnic_give(struct softnic *nic);
/* Who steps without end lets others in first: drivers' accesses to registers. */
void softnic_make_way(struct softnic *nic);

/* A register access of the driver; takes the lock. */
uint32_t softnic_mmio_read(struct softnic *nic, uint32_t reg);
void softnic_mmio_write(struct softnic *nic, uint32_t reg, uint32_t value);

/* What all types' resets share: registers to zero, rings forgotten. */
void softnic_reset_common(struct softnic *nic);

/* Set the link as cable and faults have it; tells the type when it changes. */
void softnic_link_settle(struct softnic *nic);

/* Raise the NIC's own interrupt line, and a queue's vector. */
void softnic_interrupt(struct softnic *nic);
void softnic_interrupt_clear(struct softnic *nic);
void softnic_queue_interrupt(struct softnic *nic, uint16_t vector);

/* A step, unless somebody holds the NIC; step.c. */
uint32_t softnic_try_step(struct softnic *nic);

/* A count of the model's own kind went up: misuse, a bad address. Says so once a kind. */
enum softnic_misuse {
	SOFTNIC_BAD_ADDRESS,        /* outside DMA memory, or over an element's end */
	SOFTNIC_BAD_TAIL,           /* past the ring */
	SOFTNIC_BAD_CONTEXT,        /* an offload without its context descriptor */
	SOFTNIC_TOO_MANY_SEGMENTS,
	SOFTNIC_RUNT,               /* under 17 bytes */
	SOFTNIC_TOO_LONG,
	SOFTNIC_BAD_DESCRIPTOR,
	SOFTNIC_MISUSES
};
void softnic_misused(struct softnic *nic, enum softnic_misuse what);

/* ----------------------------------------------------------------- ring.c */

/* Look at a ring's registers; true when it may be worked on. */
bool softnic_ring_look(struct softnic *nic, struct softnic_ring *ring, bool on);
void softnic_ring_publish(struct softnic *nic, struct softnic_ring *ring);

/* Find the queues in use. */
void softnic_rings_scan(struct softnic *nic);

static inline uint64_t *softnic_ring_desc(const struct softnic_ring *r, uint32_t i)
{
	return (uint64_t *)(r->base + 16 * (size_t)i);
}

static inline uint32_t softnic_ring_room(const struct softnic_ring *r)
{
	return r->tail >= r->head ? r->tail - r->head : r->tail + r->n - r->head;
}

static inline uint32_t softnic_ring_next(const struct softnic_ring *r, uint32_t i)
{
	return i + 1 == r->n ? 0 : i + 1;
}

/* ------------------------------------------------------------------- tx.c */

/* Fetch and send what the wire takes; returns frames. */
uint32_t softnic_tx_step(struct softnic *nic);

/* txdesc.c: one descriptor of either format into @q->frame or a context. Returns false
 * for a context descriptor, or a bad one: no data. */
struct softnic_tx_data {
	uint64_t iova;
	uint32_t length;
	bool eop, rs;
};
bool softnic_tx_decode_advanced(struct softnic *nic, struct softnic_txq *q, const uint64_t *desc,
				struct softnic_tx_data *data);
bool softnic_tx_decode_em(struct softnic *nic, struct softnic_txq *q, const uint64_t *desc,
			  struct softnic_tx_data *data);

/* txoffload.c: do what the gathered frame asks for and send the result. */
void softnic_tx_finish(struct softnic *nic, struct softnic_txq *q);

/* ------------------------------------------------------------------- rx.c */

struct softnic_generator;

/* A frame whose way in is known: plain, to one queue, with this write-back. */
struct softnic_prepared {
	_Alignas(16) uint64_t desc[2];
	uint16_t queue;
	bool plain;                 /* else: softnic_rx_frame */
};
void softnic_rx_prepare(struct softnic *nic, const uint8_t *frame, uint32_t length,
			const struct softnic_meta *meta, struct softnic_prepared *prepared);
/* Up to @most frames of @g in turn, as long as they are plain, for one queue, and find
 * descriptors; returns how many. */
uint32_t softnic_rx_plain(struct softnic *nic, struct softnic_generator *g, uint32_t most);

/* A frame without FCS arrives from the wire. @meta: what is known of it, or NULL. */
void softnic_rx_frame(struct softnic *nic, const uint8_t *frame, uint32_t length,
		      const struct softnic_meta *meta);
/* Descriptors that the fullest of the queues in use has left. */
uint32_t softnic_rx_room(const struct softnic *nic);
/* Look at all rx rings before a batch, publish them after it. */
void softnic_rx_begin(struct softnic *nic);
void softnic_rx_end(struct softnic *nic);

/* filter.c: by destination and VLAN; true: let it in. The types' MTA, VFTA and MO differ
 * in place only. */
bool softnic_filter(const struct softnic *nic, const uint8_t *frame, uint32_t length);
/* For settle(): note the valid ones of @n pairs RAL, RAH from @ral on. */
void softnic_filter_add(struct softnic *nic, uint32_t ral, uint32_t n);

/* ----------------------------------------------------------------- wire.c */

/* A frame leaves the NIC. */
void softnic_wire_send(struct softnic *nic, const uint8_t *frame, uint32_t length);
/* Bytes on the wire may be sent now: pacing. */
bool softnic_wire_free(struct softnic *nic, uint64_t now);
uint32_t softnic_generate(struct softnic *nic);
void softnic_wire_rate(struct softnic *nic, uint64_t rate);

/* ---------------------------------------------------------------- iommu.c */

struct softnic_iommu;

enum softnic_iommu_mode { SOFTNIC_IOMMU_OFF, SOFTNIC_IOMMU_RANGE, SOFTNIC_IOMMU_STRICT };

/* SOFTNIC_IOMMU_OFF looks at nothing where IOVAs are virtual addresses. */
struct softnic_iommu *softnic_iommu_create(enum softnic_iommu_mode mode);
void softnic_iommu_destroy(struct softnic_iommu *iommu);
/* The memory behind @length bytes at @iova, or NULL when the device may not touch it. */
void *softnic_iommu_map(struct softnic_iommu *iommu, uint64_t iova, uint32_t length);
/* The same for a descriptor ring, which is no mempool element. */
void *softnic_iommu_map_ring(struct softnic_iommu *iommu, uint64_t iova, uint32_t length);
/* Where @iova probably is, to prefetch it. */
const void *softnic_iommu_peek(const struct softnic_iommu *iommu, uint64_t iova);

/* Frames that the wire brings by itself: taken in turn for ever. What a NIC makes of each is
 * worked out once for as long as its settings stay. */
struct softnic_generator {
	struct softnic_frames frames;
	uint32_t next;
	uint32_t settings;          /* nic->settings of @prepared */
	struct softnic_prepared *prepared;
};

/* ------------------------------------------------------------------ trap.c */

int softnic_trap(struct softnic *nic);
void softnic_untrap(struct softnic *nic);

#endif
