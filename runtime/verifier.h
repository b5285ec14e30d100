/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reports broken rules of the contract. Cheap checks always run; those that
 * cost something on the data path run only when nrt_verifying is set. What
 * Windows stops for is a bug check: its report has Microsoft's code and name,
 * and ends the process where that was asked for (see nrt_options.bug_checks).
 */
#ifndef NRT_VERIFIER_H
#define NRT_VERIFIER_H

#include <stdbool.h>

struct nrt_options;

/* Set once by nrt_init, before any driver is loaded. */
extern bool nrt_verifying;

/* Report that @rule (an id of the contract, e.g. "MP-SND-02") was broken. A @rule that is the
 * code of a bug check ("0x44", "0xC9/0x226") is one. */
void nrt_violation(const char *rule, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Who breaks a rule, as ndis/culprit.h finds them; NULL: not known, or none. */
struct nrt_culprit {
	const char *driver, *adapter;
	const char *call; /* the DDI that was called, or the handler that was answered */
};

/* The same when it is bug check @code there ("0x7C/0x21"). */
void nrt_bug_check(const char *rule, const char *code, const struct nrt_culprit *who,
		   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* nrt_init: clear the count, choose the modes. 0, or -EINVAL and an error. */
int nrt_verifier_start(const struct nrt_options *options);

#endif
