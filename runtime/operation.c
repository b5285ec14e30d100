/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PENDING and its completion, as every asynchronous control call of NDIS has
 * it. Waits happen on control threads; completions come from any thread.
 */
#include "operation.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "ndis/culprit.h"
#include "verifier.h"

/* As long as the filter pause rule allows (NdisFilterTimedPauseComplete). */
static unsigned int patience_ms = 10000;

void nrt_operation_set_patience(unsigned int milliseconds)
{
	patience_ms = milliseconds;
}

void nrt_operation_init(struct nrt_operation *op, const char *name, const char *rule)
{
	pthread_condattr_t attr;

	*op = (struct nrt_operation){ .rule = rule, .late_rule = rule, .name = name };
	pthread_mutex_init(&op->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&op->done_cond, &attr);
	pthread_condattr_destroy(&attr);
}

void nrt_operation_blame(struct nrt_operation *op, const void *owner, const char *code,
			 const char *late_code)
{
	op->owner = owner;
	op->code = code;
	op->late_code = late_code;
}

void nrt_operation_fini(struct nrt_operation *op)
{
	pthread_cond_destroy(&op->done_cond);
	pthread_mutex_destroy(&op->lock);
}

void nrt_operation_arm(struct nrt_operation *op, const void *token)
{
	pthread_mutex_lock(&op->lock);
	op->armed = true;
	op->done = false;
	op->token = token;
	pthread_mutex_unlock(&op->lock);
}

static void report(const struct nrt_operation *op, const char *rule, const char *code,
		   const char *what)
{
	const struct nrt_culprit who = nrt_culprit_of(op->owner, op->name);

	if (code != NULL)
		nrt_bug_check(rule, code, &who, "%s", what);
	else
		nrt_violation(rule, "%s %s", op->name, what);
}

static void report_late(const struct nrt_operation *op)
{
	char what[64];

	snprintf(what, sizeof(what), "has been pending for %u ms", patience_ms);
	report(op, op->late_rule, op->late_code, what);
}

static void report_twice(const struct nrt_operation *op, NDIS_STATUS status)
{
	char what[64];

	snprintf(what, sizeof(what), "returned 0x%08X and was also completed",
		 (unsigned int)status);
	report(op, op->rule, op->code, what);
}

/* Wait for the answer; past the watchdog say so once and go on waiting. */
static void wait_done(struct nrt_operation *op)
{
	struct timespec deadline;
	bool told = false;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_nsec += (long)(patience_ms % 1000) * 1000000;
	deadline.tv_sec += (time_t)(patience_ms / 1000) + deadline.tv_nsec / 1000000000;
	deadline.tv_nsec %= 1000000000;
	while (!op->done) {
		if (told) {
			pthread_cond_wait(&op->done_cond, &op->lock);
		} else if (pthread_cond_timedwait(&op->done_cond, &op->lock, &deadline) ==
			   ETIMEDOUT) {
			report_late(op);
			told = true;
		}
	}
}

NDIS_STATUS nrt_operation_wait(struct nrt_operation *op, NDIS_STATUS status)
{
	pthread_mutex_lock(&op->lock);
	if (status == NDIS_STATUS_PENDING) {
		op->pending = true;
		wait_done(op);
		op->pending = false;
		status = op->status;
	} else if (op->done) {
		report_twice(op, status);
	}
	op->armed = false;
	pthread_mutex_unlock(&op->lock);
	return status;
}

bool nrt_operation_pends(struct nrt_operation *op)
{
	bool pends;

	pthread_mutex_lock(&op->lock);
	pends = op->pending && !op->done;
	pthread_mutex_unlock(&op->lock);
	return pends;
}

bool nrt_operation_complete(struct nrt_operation *op, const void *token, NDIS_STATUS status)
{
	bool due;

	pthread_mutex_lock(&op->lock);
	due = op->armed && !op->done && op->token == token;
	if (due) {
		op->done = true;
		op->status = status;
		pthread_cond_signal(&op->done_cond);
	}
	pthread_mutex_unlock(&op->lock);
	if (!due)
		report(op, op->rule, op->code, "was completed but none is pending");
	return due;
}
