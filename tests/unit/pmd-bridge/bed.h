/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port to send on whose other end the test reads: a ring (frames are copied), a
 * pcap file (freed inside the burst), a slow NIC (goes by reference, held until
 * released). One bed a test. Main thread.
 */
#ifndef TEST_BED_H
#define TEST_BED_H

#include "host.h"
#include "pcapfile.h"
#include "wire.h"

enum bed_kind { BED_RING, BED_PCAP, BED_SLOW };

struct bed {
	enum bed_kind kind;
	struct proto_port *port;
	struct wire *wire;           /* BED_RING */
	struct pcap_frames frames;   /* what has been read */
};

/* Start a host with the bed as port 0, configured with @config (NULL: defaults). */
void bed_start(struct bed *bed, enum bed_kind kind, const struct pmb_device_config *config);

/* Wait until every one of @n sends has completed once, releasing and reading what
 * the port sends meanwhile. All must have @status. Removes a BED_PCAP's port. */
void bed_finish(struct bed *bed, struct shaped *const list[], ULONG n, NDIS_STATUS status);

/* The wire shows all frames of those of @list whose status is SUCCESS, in order,
 * and nothing else. */
void bed_expect_wire(const struct bed *bed, struct shaped *const list[], ULONG n);

/* Free @list, stop the host. */
void bed_stop(struct bed *bed, struct shaped *list[], ULONG n);

#endif
