/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An interrupt object: the lock that its ISR runs under, at a device's IRQL. Embedded
 * in what connects it (ndis/interrupt.h); drivers see a PKINTERRUPT.
 */
#ifndef NRT_KE_INTERRUPT_H
#define NRT_KE_INTERRUPT_H

#include <wdm.h>

/* All devices have one: none is served while another's ISR runs on its processor. */
#define NRT_DIRQL 8

#define NRT_KINTERRUPT_MAGIC 0x544E494Bu

struct _KINTERRUPT {
	uint32_t magic;     /* NRT_KINTERRUPT_MAGIC while it is connected */
	uintptr_t lock;     /* as a KSPIN_LOCK */
	KAFFINITY affinity; /* processors that its ISRs run on */
};

#endif
