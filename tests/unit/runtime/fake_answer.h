/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a fake driver answers a call that may be answered PENDING: at once, from
 * inside the call, from a thread, a timer or a work item, when the test says
 * so, or (wrongly) twice. A driver's code: <ndis.h> only.
 */
#ifndef TEST_FAKE_ANSWER_H
#define TEST_FAKE_ANSWER_H

#include <ndis.h>

enum fake_when {
	FAKE_NOW,       /* the status is what the call returns */
	FAKE_INSIDE,    /* completed before the call returns PENDING */
	FAKE_THREAD,
	FAKE_TIMER,     /* a DPC, at DISPATCH_LEVEL */
	FAKE_WORK_ITEM,
	FAKE_LATER,     /* by fake_answer_later() */
	FAKE_TWICE,     /* returned, and completed as well: a broken driver */
};

struct fake_answer {
	/* the test's */
	enum fake_when when;
	NDIS_STATUS status;
	void (*hook)(void *who);         /* runs first, inside the call */
	/* the fake's */
	void (*complete)(void *who, NDIS_STATUS status);
	void *who;
	KTIMER timer;
	KDPC dpc;
};

/*
 * Note the event @name, then answer for @who, whose completion call is @complete;
 * what the call returns. When a test sees the event, the knobs have been read and
 * fake_answer_later() may be called.
 */
NDIS_STATUS fake_answer(struct fake_answer *answer, const char *name, void *who,
			NDIS_HANDLE owner, void (*complete)(void *who, NDIS_STATUS status));

/* Complete what was left PENDING by FAKE_LATER. */
void fake_answer_later(struct fake_answer *answer);

#endif
