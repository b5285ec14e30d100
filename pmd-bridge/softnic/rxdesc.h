/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is written back of a received frame, and the two formats it is written
 * in. Included by the way in only.
 */
#ifndef SOFTNIC_RXDESC_H
#define SOFTNIC_RXDESC_H

#include "frame.h"

struct softnic;

struct softnic_rx_report {
	struct softnic_meta meta;
	uint32_t length;            /* bytes in this descriptor's buffer */
	uint32_t wire_length;       /* of the frame as it came, without FCS */
	uint32_t hash;
	uint16_t tci;
	uint8_t rss_type;
	bool eop, tagged, bad;
	bool checked;               /* checksums are reported */
};

/* The bits of extended errors that NICs place differently. */
struct softnic_rx_errors {
	uint32_t rxe, l4e, ipe;
};

/* Advanced write-back format, [82599] 7.1.6.2, [82576] 7.1.5.2. */
void softnic_rx_write_advanced(uint64_t *desc, const struct softnic_rx_report *report,
			       const struct softnic_rx_errors *errors);

/* Legacy format, [8254x] 3.2.3; the buffer's address stays. rxdesc_em.c */
void softnic_rx_write_em(struct softnic *nic, uint64_t *desc,
			 const struct softnic_rx_report *report);

#endif
