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

struct _KINTERRUPT {
	uintptr_t lock; /* as a KSPIN_LOCK */
};

#endif
