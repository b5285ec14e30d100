/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frame of the contract tests: a runtime on pthreads and malloc, fake
 * drivers loaded into it, and the violations it reported, of which a test names
 * every one it provokes, in order: one more or one less is a failure.
 */
#ifndef TEST_CONTRACT_H
#define TEST_CONTRACT_H

#include <pthread.h>
#include <stdbool.h>

#include <criterion/criterion.h>

#include <nrt/nrt.h>

#include "events.h"
#include "fake_miniport.h"
#include "fake_protocol.h"

#define STACK_PROTOCOLS 3

/* One adapter and the protocols over it; knobs are set before stack_up(). */
struct stack {
	unsigned int n_protocols; /* 0 is taken for 1; see no_protocol */
	bool no_protocol;
	struct fake_miniport m;
	struct fake_adapter a;
	struct fake_protocol p[STACK_PROTOCOLS];

	struct nrt_driver *miniport;
	struct nrt_driver *protocol[STACK_PROTOCOLS];
	struct nrt_adapter *adapter;
};

/* For .init and .fini: one worker, verifier on; _plain: verifier off. */
void contract_start(void);
void contract_start_plain(void);
void contract_end(void);

/* nrt_init with what is asked for, for tests that start their own. */
void contract_start_with(unsigned int workers, unsigned int budget, bool verifier);

/* One worker, one pass in @every measured (0: none), verifier off. */
void contract_start_profiled(unsigned int every);

/* Take the violations reported so far: true when their rules are exactly these,
 * NULL-terminated, in this order; or there was none. */
bool violations_are(const char *first, ...) __attribute__((sentinel));
bool no_violations(void);

/* Wait until one of @rule was reported; it stays to be taken. */
void violation_wait(const char *rule);

int load_miniport(struct fake_miniport *m, struct nrt_driver **driver);
int load_protocol(struct fake_protocol *p, struct nrt_driver **driver);
int unload_miniport(struct fake_miniport *m, struct nrt_driver *driver);
int unload_protocol(struct fake_protocol *p, struct nrt_driver *driver);
int add_adapter(struct fake_miniport *m, struct fake_adapter *a, struct nrt_driver *driver,
		const char *name, struct nrt_adapter **adapter);

/* Load the drivers, protocols first, and add the adapter "nic0"; all succeed. */
void stack_up(struct stack *s);
/* Without protocols, the adapter on @bus: returns what nrt_adapter_add did. */
int stack_up_on(struct stack *s, const struct nrt_bus *bus, void *bus_context);
/* The reverse, for what is there. */
void stack_down(struct stack *s);

/* The first binding of protocol @i. */
struct fake_binding *stack_binding(struct stack *s, unsigned int i);

struct nrt_ledger stack_ledger(const struct stack *s);

/* A thread of the host that calls @fn. */
struct run {
	pthread_t thread;
	int (*fn)(void *arg);
	void *arg;
	int rc;
};

void run_start(struct run *run, int (*fn)(void *arg), void *arg);
int run_end(struct run *run);

/* Two threads, one that sends on a binding as long as that lets it, one that indicates. */
struct traffic {
	struct fake_binding *b;
	struct fake_adapter *a;
	struct run sends, receives;
	_Atomic bool stop;
};

void traffic_start(struct traffic *t, struct fake_binding *b, struct fake_adapter *a);
void traffic_end(struct traffic *t);

/* For those: nrt_adapter_pause, _restart and _remove of a struct stack. */
int run_pause(void *stack);
int run_restart(void *stack);
int run_remove(void *stack);

extern const UCHAR broadcast_mac[6];

#endif
