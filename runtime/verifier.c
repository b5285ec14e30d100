/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where broken rules are reported: counted, and told to the host's listener or
 * to stderr. Called from any thread, also on the data path, where a report is
 * the exception that may cost what it likes.
 */
#include "verifier.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nrt/nrt.h>

#include "error.h"
#include "thread.h"

#define STOP_VARIABLE "POLLPORT_BUG_CHECK"
#define MAX_TEXT 512

bool nrt_verifying;

static bool stops; /* at a bug check */
static _Atomic uint64_t violations;
static nrt_violation_fn listener;
static void *listener_context;

/* What the user's environment says, or else the build. */
static int default_stops(bool *out)
{
	const char *said = getenv(STOP_VARIABLE);

	if (said == NULL)
		*out = NRT_VERIFIER_BUILD;
	else if (strcmp(said, "stop") == 0 || strcmp(said, "report") == 0)
		*out = strcmp(said, "stop") == 0;
	else
		return nrt_fail(-EINVAL, STOP_VARIABLE "=%s: set it to stop or report, or unset it",
				said);
	return 0;
}

int nrt_verifier_start(const struct nrt_options *options)
{
	int rc = 0;

	if (options->bug_checks == NRT_BUG_CHECKS_DEFAULT)
		rc = default_stops(&stops);
	else
		stops = options->bug_checks == NRT_BUG_CHECKS_STOP;
	nrt_verifying = options->verifier;
	atomic_store(&violations, 0);
	return rc;
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

/* One line, whoever reads it. After that of a bug check that stops, the debugger or the core
 * has the thread that did it. */
static void report(const char *rule, const char *text, bool bug_check)
{
	bool last = bug_check && stops;

	atomic_fetch_add(&violations, 1);
	if (listener != NULL)
		listener(rule, text, listener_context);
	if (last)
		fprintf(stderr, "pollport: stopped by a violation of %s: %s (" STOP_VARIABLE
				"=report goes on)\n", rule, text);
	else if (listener == NULL)
		fprintf(stderr, "pollport: violation of %s: %s\n", rule, text);
	if (last)
		abort();
}

void nrt_violation(const char *rule, const char *fmt, ...)
{
	char text[MAX_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	report(rule, text, strncmp(rule, "0x", 2) == 0);
}

/* [bug-check-0x7c, and the page of each NDIS rule of Driver Verifier] */
static const char *name_of(const char *code)
{
	static const struct {
		const char *code, *name;
	} names[] = {
		{ "0x7C/0x01", "NDIS_BUGCHECK_ALLOCATE_SHARED_MEM_HIGH_IRQL" },
		{ "0x7C/0x03", "NDIS_BUGCHECK_FREE_INVALID_SHARED_MEM" },
		{ "0x7C/0x05", "NDIS_BUGCHECK_RECVD_PACKET_IN_USE" },
		{ "0x7C/0x0A", "NDIS_BUGCHECK_DRIVER_UNLOAD_UNEXPECTED" },
		{ "0x7C/0x0F", "NDIS_BUGCHECK_RESET_COMPLETE_UNEXPECTED" },
		{ "0x7C/0x14", "NDIS_BUGCHECK_WAIT_EVENT_HIGH_IRQL" },
		{ "0x7C/0x16", "NDIS_BUGCHECK_INVALID_OPEN_IN_BIND_CONTEXT" },
		{ "0x7C/0x17", "NDIS_BUGCHECK_IFPROVIDER_DEREGISTER_UNEXPECTED" },
		{ "0x7C/0x1B", "NDIS_BUGCHECK_IF_STACK_TABLE_LOOP" },
		{ "0x7C/0x1D", "NDIS_BUGCHECK_OID_REQUEST_INVALID_BUFFER" },
		{ "0x7C/0x1F", "NDIS_BUGCHECK_ILLEGAL_MINIPORT_STATE_TRANSITION" },
		{ "0x7C/0x20", "NDIS_BUGCHECK_STATUS_INDICATION_INVALID_BUFFER" },
		{ "0x7C/0x21", "NDIS_BUGCHECK_INVALID_OBJECT_HEADER" },
		{ "0x7C/0x22", "NDIS_BUGCHECK_ILLEGAL_NET_PNP_EVENT" },
		{ "0x7C/0x25", "NDIS_BUGCHECK_WATCHDOG" },
		{ "0x7C/0x26", "NDIS_BUGCHECK_INVALID_OID_COMPLETION" },
		{ "0x7C/0x27", "NDIS_BUGCHECK_LEAKED_NBL" },
		{ "0xC4/0x00091001", "NdisOidComplete" },
		{ "0xC4/0x00091002", "NdisOidDoubleComplete" },
		{ "0xC4/0x0009100E", "NdisOidDoubleRequest" },
		{ "0xC4/0x0009200D", "NdisTimedDataSend" },
		{ "0xC4/0x0009200F", "NdisTimedDataHang" },
		{ "0xC4/0x00092010", "NdisFilterTimedPauseComplete" },
		{ "0xC4/0x00092011", "NdisFilterTimedDataSend" },
		{ "0xC4/0x00092012", "NdisFilterTimedDataReceive" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(code, names[i].code) == 0)
			return names[i].name;
	return "of no name";
}

void nrt_bug_check(const char *rule, const char *code, const struct nrt_culprit *who,
		   const char *fmt, ...)
{
	const char *inside = nrt_self.callback;
	char what[MAX_TEXT / 2], text[MAX_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	snprintf(text, sizeof(text), "bug check %s %s: driver %s, adapter %s, %s%s%s: %s", code,
		 name_of(code), who->driver != NULL ? who->driver : "not known",
		 who->adapter != NULL ? who->adapter : "none",
		 who->call != NULL ? who->call : "no call", inside != NULL ? " in " : "",
		 inside != NULL ? inside : "", what);
	report(rule, text, true);
}
