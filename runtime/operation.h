/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One call into a driver that may answer PENDING and be completed later by
 * another call, from any thread: pause, restart, bind, open, NetPnPEvent.
 * The caller arms it, calls the driver, and waits; an answer that is not due
 * is a violation of the rule the operation was armed with.
 */
#ifndef NRT_OPERATION_H
#define NRT_OPERATION_H

#include <pthread.h>
#include <stdbool.h>

#include <ndis.h>

struct nrt_operation {
	pthread_mutex_t lock;
	pthread_cond_t done_cond;
	const char *rule;   /* broken by an answer too many */
	const char *late_rule; /* broken by one that does not come; the same by default */
	const char *name;   /* "MiniportPause", for the watchdog */
	/* the bug checks that these two are, and the handle of whose they are; NULL: none */
	const char *code, *late_code;
	const void *owner;
	const void *token;  /* what a completion must name; NULL: nothing */
	bool armed;         /* the driver was called, no answer yet */
	bool done;
	bool pending;       /* the driver has answered PENDING, the wait is on */
	NDIS_STATUS status;
};

void nrt_operation_init(struct nrt_operation *op, const char *name, const char *rule);
/* Either rule's breach is a bug check, @owner's: see culprit.h. NULL: it is none. */
void nrt_operation_blame(struct nrt_operation *op, const void *owner, const char *code,
			 const char *late_code);
void nrt_operation_fini(struct nrt_operation *op);

/* How long an answer may take before that is reported; 10 s unless a test has
 * less patience. */
void nrt_operation_set_patience(unsigned int milliseconds);

/* Before the driver is called: its completion may come before it returns. */
void nrt_operation_arm(struct nrt_operation *op, const void *token);

/* The driver returned @status; wait if that was PENDING. The final status. */
NDIS_STATUS nrt_operation_wait(struct nrt_operation *op, NDIS_STATUS status);

/* True when the driver answered PENDING and has not completed it yet. */
bool nrt_operation_pends(struct nrt_operation *op);

/* The driver's completion call. False, and a violation, when none is due. */
bool nrt_operation_complete(struct nrt_operation *op, const void *token, NDIS_STATUS status);

#endif
