/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traffic both ways between ports 0 and 1, of NBLs of every shape, that goes on whatever
 * becomes of the adapters: a thread for each way sends as long as its binding lets it, each
 * port checks every byte of what comes and keeps some of it for a while. The main thread
 * starts, disturbs and ends it.
 */
#ifndef CONTRACT_TRAFFIC_H
#define CONTRACT_TRAFFIC_H

#include "bench.h"

/* Of four NBLs in a row each has another of these cancel ids. Only those with the first two
 * may be cancelled. */
PVOID traffic_cancel_id(ULONG i);

/* Send both ways. @may: what sends may end with besides SUCCESS; 0 follows the last. */
void traffic_start(const NDIS_STATUS may[]);

/* Port @port was opened anew. */
void traffic_attach(uint16_t port);

/* Wait until frames that are sent from now on have arrived both ways. */
void traffic_expect_flow(void);

/* Call @fn on the worker when sends of all cancel ids, of both ways, wait for it. */
void traffic_on_late_worker(void (*fn)(void));

/* Wait until @n sends of both ways have ended with @status. */
void traffic_expect_ended(NDIS_STATUS status, ULONG n);

/* Stop sending. Each NBL has completed once, with a status it may have, and those that
 * succeeded in their order; what arrived is what was sent, once and in order, and nothing of
 * what was not; the ledgers of both ports close; and a few frames more each way all arrive. */
void traffic_end(void);

#endif
