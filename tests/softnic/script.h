/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two wired ports that nic-script works on, one section of the script after
 * the other: each starts them anew, exchanges frames one by one and stops them.
 * All goes through ethdev, so the same program runs on the software NIC and in a
 * guest on QEMU's. What is printed is what tests/softnic/differential.py compares.
 */
#ifndef TEST_SOFTNIC_SCRIPT_H
#define TEST_SOFTNIC_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "bench.h"
#include "packet.h"

/* A frame that does not come in so many seconds does not come. */
#define DEADLINE 5
#define TAG 0x6123              /* priority 3, VLAN 0x123 */

struct section {
	const char *name;           /* begins each line of it */
	uint64_t rx_offloads, tx_offloads;
	uint64_t rss;               /* types; 0: off */
	uint16_t queues;            /* to receive; 0: one */
	uint16_t mtu;               /* 0: 1500 */
	bool selective;             /* only frames for this station, else promiscuous */
};

/* What went wrong and what to do about it, on one line; exit status 1. */
__attribute__((noreturn, format(printf, 1, 2))) void script_fail(const char *format, ...);

/* Configure and start both ports and wait for their links. */
void script_start(const struct section *section);
/* Print the counters, stop the ports. */
void script_stop(void);

/* @bytes in a chain of @segments buffers, or of as few as hold them for @segments 0. */
struct rte_mbuf *script_mbuf(const uint8_t *bytes, uint32_t length, uint16_t segments);
/* FNV-1a of a frame, 64 bits. */
uint64_t script_hash(const uint8_t *bytes, uint32_t length);
void script_send(unsigned int from, struct rte_mbuf *m);
/* The next frame at a port and the queue it came to; NULL: none came until the deadline. */
struct rte_mbuf *script_receive(unsigned int at, uint16_t *queue);
/* One line: its key, then what the frame and its mbuf have, and whether its bytes have the hash
 * @wanted; or "nothing" for NULL. Frees the frame. */
void script_print(const char *key, struct rte_mbuf *m, uint16_t queue, uint64_t wanted);

/* Send a frame, and print what comes at the other end. */
void script_pass(const char *key, unsigned int from, struct rte_mbuf *m, uint64_t wanted);
/* The same for a frame that may be filtered out: a second one that cannot be comes after it, so
 * that nobody has to wait for what does not come. */
void script_probe(const char *key, unsigned int from, struct rte_mbuf *m, uint64_t wanted);

/* What frames are made of. */
enum kind { UDP4, TCP4, UDP6, TCP6, TAGGED_UDP4, TAGGED_TCP6, BAD_IP, BAD_UDP4, BAD_TCP6, ARP,
	    BROADCAST, MULTICAST, OTHER, KINDS };
extern const char *const script_kinds[KINDS];

/* A frame of @size bytes, or as many as its headers need. Returns its length. */
uint32_t script_frame(uint8_t *bytes, enum kind kind, uint32_t size, unsigned int from);
/* The same of an IP packet like @p, whose headers begin at @l3 and @l4. */
uint32_t script_ip(uint8_t *bytes, struct packet *p, uint32_t size, unsigned int from,
		   uint32_t *l3, uint32_t *l4);
/* One whose checksums are wrong, for the NIC to set right; @wanted is the right one's hash. */
struct rte_mbuf *script_unsummed(const struct packet *model, uint32_t size, unsigned int from,
				 uint16_t segments, uint64_t *wanted);

/* 0 or more, or the script ends: @what could not be done to @port. */
void script_must(int rc, const char *what, unsigned int port);

#endif
