/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The legacy receive descriptor as the 8254x and 82574 write it back, [8254x]
 * 3.2.3; net_e1000_em uses no other. The buffer's address stays, and the packet
 * checksum, which that driver never reads, is 0.
 */
#include <stdatomic.h>

#include "nic.h"
#include "regs_e1000.h"
#include "rxdesc.h"

#define STATUS_DD 0x01u
#define STATUS_EOP 0x02u
#define STATUS_IXSM 0x04u           /* ignore the checksum bits */
#define STATUS_VP 0x08u
#define STATUS_TCPCS 0x20u
#define STATUS_IPCS 0x40u

#define ERROR_TCPE 0x20u
#define ERROR_IPE 0x40u
#define ERROR_RXE 0x80u

#define STATUS_SHIFT 32
#define ERRORS_SHIFT 40
#define SPECIAL_SHIFT 48

static uint32_t checksum_status(const struct softnic *nic, const struct softnic_meta *m,
				uint32_t *errors)
{
	uint32_t rxcsum = softnic_get(nic, RXCSUM), status = 0;

	if ((rxcsum & RXCSUM_IPOFLD) && m->ip != SOFTNIC_CHECKSUM_NONE) {
		status |= STATUS_IPCS;
		if (m->ip == SOFTNIC_CHECKSUM_BAD)
			*errors |= ERROR_IPE;
	}
	if ((rxcsum & RXCSUM_TUOFLD) && m->l4 != SOFTNIC_CHECKSUM_NONE) {
		status |= STATUS_TCPCS;
		if (m->l4 == SOFTNIC_CHECKSUM_BAD)
			*errors |= ERROR_TCPE;
	}
	return status != 0 ? status : STATUS_IXSM;
}

void softnic_rx_write_em(struct softnic *nic, uint64_t *desc, const struct softnic_rx_report *r)
{
	uint32_t status = STATUS_DD, errors = 0;
	uint64_t word;

	if (r->eop) {
		status |= STATUS_EOP | (r->tagged ? STATUS_VP : 0);
		errors = r->bad ? ERROR_RXE : 0;
		status |= r->checked ? checksum_status(nic, &r->meta, &errors) : STATUS_IXSM;
	}
	word = (uint16_t)r->length | (uint64_t)status << STATUS_SHIFT |
	       (uint64_t)errors << ERRORS_SHIFT |
	       (uint64_t)(r->tagged ? r->tci : 0) << SPECIAL_SHIFT;
	/* One store: a driver that sees DD sees the rest. Release, for the buffer's bytes. */
	atomic_store_explicit((_Atomic uint64_t *)&desc[1], word, memory_order_release);
}
