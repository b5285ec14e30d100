/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Work that must run at PASSIVE_LEVEL on a thread that may block: a pool of
 * system threads that is never short of one, so that a work item that waits
 * stops no other. Queue from any thread, any IRQL up to DISPATCH_LEVEL.
 */
#ifndef NRT_KE_WORKITEM_H
#define NRT_KE_WORKITEM_H

/* In the caller's object; free to be reused or freed once @fn was called. */
struct nrt_work {
	struct nrt_work *next;
	void (*fn)(struct nrt_work *work);
};

void nrt_work_queue(struct nrt_work *work);

int nrt_work_start(void);

/* Run what is queued, wait for what runs, end the threads. */
void nrt_work_stop(void);

#endif
