/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the runtime knows of the calling thread: its emulated IRQL, processor
 * and worker. Thread-local, written by the thread itself only.
 */
#ifndef NRT_THREAD_H
#define NRT_THREAD_H

#include <stdint.h>

struct nrt_worker;

#define NRT_NO_PROCESSOR UINT32_MAX

struct nrt_thread {
	uint8_t irql;            /* KIRQL; 0 PASSIVE_LEVEL, 2 DISPATCH_LEVEL */
	uint8_t in_dpc;          /* a DPC's routine is being run */
	uint8_t lent;            /* processor is another thread's; ke/affinity.c */
	uint8_t user_mode;       /* a request of the host's own program is dispatched */
	int8_t priority;         /* KPRIORITY of a thread that is no system thread; 0: 8 */
	uint16_t affinity_group; /* of affinity */
	uint32_t processor;      /* held while at DISPATCH_LEVEL, else NRT_NO_PROCESSOR */
	int worker;              /* index of the worker this thread is, or -1 */
	uint32_t locks;          /* spin locks held, for the lock ledger */
	uint32_t critical;       /* critical regions entered and not left */
	uint32_t guarded;        /* guarded ones */
	uint32_t cancels;        /* cancels of sends that have reached a miniport's edge */
	uint32_t indicated;      /* NBLs that miniports indicated, while verifying */
	uint64_t affinity;       /* KAFFINITY a driver set; 0: none */
	const char *callback;    /* driver callback being run, for the verifier; or NULL */
	const void *reset_of;    /* binding that it knows is being reset, or was */
	uint32_t reset;          /* and by which of its resets */
};

extern __thread struct nrt_thread nrt_self __attribute__((tls_model("initial-exec")));

#endif
