/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Debug output, assertions and bug checks. Called by drivers on any thread at
 * any IRQL. One message is one write to stderr, so messages do not mix.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <nrt/nrt.h>
#include <wdm.h>

#include "../ndis/culprit.h"
#include "../thread.h"
#include "format.h"

#define MAX_MESSAGE 512 /* the documented limit of one DbgPrint */

struct message {
	struct nrt_sink sink; /* first */
	size_t len;
	char text[MAX_MESSAGE];
};

static void put(struct nrt_sink *sink, WCHAR c)
{
	struct message *m = (struct message *)sink;

	if (m->len < sizeof(m->text))
		m->text[m->len++] = c < 0x80 ? (char)c : '?';
}

/*
 * Errors are shown, other levels only when a mask asks for them
 * [nf-wdm-dbgprintex]; there are no masks here. DbgPrint always shows.
 */
static bool shown(ULONG level)
{
	return level == DPFLTR_ERROR_LEVEL || (level > 31 && (level & (1U << DPFLTR_ERROR_LEVEL)));
}

static void print(PCSTR format, va_list args)
{
	struct message m = { .sink = { .put = put } };
	ssize_t written;

	nrt_format(&m.sink, format, args);
	written = write(STDERR_FILENO, m.text, m.len);
	(void)written; /* nowhere to report a failure to */
}

ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, va_list arglist)
{
	(void)ComponentId;
	if (shown(Level))
		print(Format, arglist);
	return (ULONG)STATUS_SUCCESS;
}

ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...)
{
	va_list args;
	ULONG status;

	va_start(args, Format);
	status = vDbgPrintEx(ComponentId, Level, Format, args);
	va_end(args);
	return status;
}

ULONG DbgPrint(PCSTR Format, ...)
{
	va_list args;

	va_start(args, Format);
	print(Format, args);
	va_end(args);
	return (ULONG)STATUS_SUCCESS;
}

VOID DbgBreakPoint(VOID)
{
	raise(SIGTRAP);
}

/* A driver's own bug check, which ends the process in every build, as it never returns. */
static DECLSPEC_NORETURN void bug_check(const struct nrt_culprit who, ULONG code,
					const ULONG_PTR parameters[4])
{
	fprintf(stderr, "pollport: bug check 0x%X (0x%lX, 0x%lX, 0x%lX, 0x%lX): driver %s, %s in %s\n",
		code, parameters[0], parameters[1], parameters[2], parameters[3],
		who.driver != NULL ? who.driver : "not known", who.call,
		nrt_self.callback != NULL ? nrt_self.callback : "no callback");
	nrt_shutdown_devices();
	abort();
}

VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
		  ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4)
{
	const ULONG_PTR parameters[4] = { BugCheckParameter1, BugCheckParameter2,
					  BugCheckParameter3, BugCheckParameter4 };

	bug_check(nrt_culprit_at(__builtin_return_address(0), "KeBugCheckEx"), BugCheckCode,
		  parameters);
}

VOID KeBugCheck(ULONG BugCheckCode)
{
	const ULONG_PTR parameters[4] = { 0 };

	bug_check(nrt_culprit_at(__builtin_return_address(0), "KeBugCheck"), BugCheckCode,
		  parameters);
}

VOID RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName, ULONG LineNumber, PSTR MutableMessage)
{
	fprintf(stderr, "pollport: %s:%u: driver assertion failed: %s %s\n",
		(const char *)VoidFileName, LineNumber, (const char *)VoidFailedAssertion,
		MutableMessage != NULL ? MutableMessage : "");
	abort();
}
