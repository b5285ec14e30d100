/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the bridge learns that a NIC is done with the memory of a send, on queues
 * whose PMD frees too late to tell: docs/decisions/0005. Bridge-internal.
 *
 * Life: pmb_evidence_setup before rte_eth_tx_queue_setup, pmb_evidence_open when all queues
 * are set up, pmb_evidence_start and _stop around each run of the PMD,
 * pmb_evidence_close. All these with the port's queues in the caller's hands.
 */
#ifndef PMB_EVIDENCE_H
#define PMB_EVIDENCE_H

#include "port.h"

/* Choose how @q learns it, and set in @conf what that needs. 0 or -ENOMEM. */
int pmb_evidence_setup(struct pmb_port *port, struct pmb_txq *q, struct rte_eth_txconf *conf);

/* What concerns the whole port: counters, and who reads them. 0 or -errno. */
int pmb_evidence_open(struct pmb_port *port);

/* The PMD was started: nothing is on its way. */
void pmb_evidence_start(struct pmb_port *port);

/* The PMD will be stopped: take what can be known of sends that are over. */
void pmb_evidence_stop(struct pmb_port *port);

/* The PMD is about to be stopped: end what has no evidence, oldest first; the caller owns
 * the queues and says with which status. */
void pmb_evidence_give_up(struct pmb_port *port);

/* The PMD was stopped and has freed all it had. */
void pmb_evidence_forget(struct pmb_port *port);

/* The PMD's statistics were read, under the device's registers_lock: notice that somebody
 * reset them. */
void pmb_evidence_note(struct pmb_port *port, const struct rte_eth_stats *s);

void pmb_evidence_close(struct pmb_port *port);

/* rte_eth_tx_burst on a queue with evidence; the queue's worker. */
uint16_t pmb_evidence_burst(struct pmb_txq *q, struct rte_mbuf **m, uint16_t n);

/* The queue has unfinished sends and none came to its end for a while: look whether some
 * have. The queue's owner. */
void pmb_evidence_look(struct pmb_txq *q);

#endif
