/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reports broken rules of the contract. Cheap checks always run; those that
 * cost something on the data path run only when nrt_verifying is set.
 */
#ifndef NRT_VERIFIER_H
#define NRT_VERIFIER_H

#include <stdbool.h>

/* Set once by nrt_init, before any driver is loaded. */
extern bool nrt_verifying;

/* Report that @rule (an id of the contract, e.g. "MP-SND-02") was broken. */
void nrt_violation(const char *rule, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* nrt_init: clear the count, choose the mode. */
void nrt_verifier_start(bool verifying);

#endif
