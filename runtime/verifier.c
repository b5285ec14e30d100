/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where broken rules are reported: counted, and told to the host's listener or
 * to stderr. Called from any thread, also on the data path, where a report is
 * the exception that may cost what it likes.
 */
#include "verifier.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#include <nrt/nrt.h>

bool nrt_verifying;

static _Atomic uint64_t violations;
static nrt_violation_fn listener;
static void *listener_context;

void nrt_verifier_start(bool verifying)
{
	nrt_verifying = verifying;
	atomic_store(&violations, 0);
}

void nrt_on_violation(nrt_violation_fn fn, void *context)
{
	listener = fn;
	listener_context = context;
}

uint64_t nrt_violation_count(void)
{
	return atomic_load(&violations);
}

void nrt_violation(const char *rule, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	atomic_fetch_add(&violations, 1);
	if (listener != NULL)
		listener(rule, text, listener_context);
	else
		fprintf(stderr, "pollport: violation of %s: %s\n", rule, text);
}
