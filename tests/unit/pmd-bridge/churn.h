/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traffic that does not mind: threads that send as long as the binding lets them, a
 * receiver that keeps a few NBLs for a while, a thread that pauses and restarts. All
 * on one port each; the main thread starts and stops them.
 */
#ifndef TEST_CHURN_H
#define TEST_CHURN_H

#include <pthread.h>
#include <stdatomic.h>

#include "host.h"

#define CHURN_SENDERS 2
#define CHURN_NBLS 48

struct churn;

struct churn_sender {
	struct churn *churn;
	pthread_t thread;
	struct shaped *nbl[CHURN_NBLS];
	uint64_t sent;                 /* NBLs */
	uint64_t ended[3];             /* with SUCCESS, SEND_ABORTED, PAUSED */
	uint64_t wrong;                /* with another status, or completed twice */
};

struct churn {
	uint16_t id;
	struct proto_port *port;
	unsigned int cycles;           /* asked for */
	_Atomic unsigned int cycled;
	_Atomic int error;             /* of a pause or restart */
	_Atomic bool stop;
	_Atomic unsigned int stopped;  /* senders that have ended */
	pthread_t cycler;
	struct churn_sender sender[CHURN_SENDERS];
};

/* Start holding, sending and cycling on port @id, which was opened by host_add. */
void churn_start(struct churn *c, uint16_t id, unsigned int cycles);

/* True when all cycles are through. */
bool churn_done(struct churn *c);

/* Ask the senders to end; true when they have. Until then the port must be able to
 * send: they wait for their last completions. */
bool churn_stop(struct churn *c);

/* Join the threads and check what became of each NBL. */
void churn_end(struct churn *c);

/* Stop the thread that gives held NBLs back, after the last churn_end. */
void churn_end_holding(void);

#endif
