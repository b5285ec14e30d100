/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What NDIS bug-checks on: the code and name of it, who did what to which adapter, and the
 * end of the process where that was asked for, which children of the tests come to.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filters.h"

#include "verifier.h"

TestSuite(bugcheck, .timeout = 60);
TestSuite(bugcheck_report, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;
static struct filters fs;

/* ------------------------------------------------------------------------ children */

/* Run @fn in a child; its wait status, and what it wrote to stderr in @said. */
static int in_child(void (*fn)(void), char *said, size_t size)
{
	ssize_t n;
	size_t length = 0;
	int fds[2], status;
	pid_t child;

	cr_assert_eq(pipe(fds), 0);
	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		signal(SIGABRT, SIG_DFL);
		fn();
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], said + length, size - 1 - length)) > 0)
		length += (size_t)n;
	said[length] = '\0';
	close(fds[0]);
	cr_assert_eq(waitpid(child, &status, 0), child);
	return status;
}

static bool aborted(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static unsigned int lines(const char *said)
{
	unsigned int n = 0;

	for (; (said = strchr(said, '\n')) != NULL; said++)
		n++;
	return n;
}

/* The exit status of a child whose runtime does not start. */
#define NO_START 17

static void up_with(enum nrt_bug_checks mode)
{
	const struct nrt_options options = { .workers = 1, .bug_checks = mode };

	if (nrt_init(&options) != 0) {
		fprintf(stderr, "%s\n", nrt_last_error());
		_exit(NO_START);
	}
	stack_up(&s);
}

static void bad_status(void)
{
	NDIS_STATUS_INDICATION status = { .SourceHandle = s.a.handle };

	NdisMIndicateStatusEx(s.a.handle, &status);
}

#define BAD_STATUS                                                                            \
	"MP-STA-01: bug check 0x7C/0x20 NDIS_BUGCHECK_STATUS_INDICATION_INVALID_BUFFER: "     \
	"driver fake miniport, adapter nic0, NdisMIndicateStatusEx: malformed"

static void stop_at_bad_status(void)
{
	up_with(NRT_BUG_CHECKS_STOP);
	bad_status();
}

static void report_bad_status(void)
{
	up_with(NRT_BUG_CHECKS_REPORT);
	bad_status();
}

static void bad_status_by_default(void)
{
	up_with(NRT_BUG_CHECKS_DEFAULT);
	bad_status();
}

Test(bugcheck, a_bug_check_ends_the_process_after_one_line_that_says_who_did_what)
{
	char said[1024];

	cr_expect(aborted(in_child(stop_at_bad_status, said, sizeof(said))));
	cr_expect(strstr(said, "pollport: stopped by a violation of " BAD_STATUS) == said, "%s",
		  said);
	cr_expect_eq(lines(said), 1, "%s", said);
}

Test(bugcheck, a_bug_check_that_is_only_reported_goes_on)
{
	char said[1024];

	cr_expect_eq(in_child(report_bad_status, said, sizeof(said)), 0);
	cr_expect(strstr(said, "pollport: violation of " BAD_STATUS) == said, "%s", said);
	cr_expect_eq(lines(said), 1, "%s", said);
}

Test(bugcheck, the_environment_decides_where_the_host_does_not)
{
	char said[1024];
	int status;

	setenv("POLLPORT_BUG_CHECK", "stop", 1);
	cr_expect(aborted(in_child(bad_status_by_default, said, sizeof(said))));
	cr_expect_eq(in_child(report_bad_status, said, sizeof(said)), 0);
	setenv("POLLPORT_BUG_CHECK", "report", 1);
	cr_expect_eq(in_child(bad_status_by_default, said, sizeof(said)), 0);
	cr_expect(aborted(in_child(stop_at_bad_status, said, sizeof(said))));
	setenv("POLLPORT_BUG_CHECK", "maybe", 1);
	status = in_child(bad_status_by_default, said, sizeof(said));
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == NO_START);
	cr_expect_str_eq(said, "POLLPORT_BUG_CHECK=maybe: set it to stop or report, or unset it\n");
}

Test(bugcheck, the_build_decides_where_nobody_does)
{
	char said[1024];

	unsetenv("POLLPORT_BUG_CHECK");
	cr_expect_eq(aborted(in_child(bad_status_by_default, said, sizeof(said))),
		     NRT_VERIFIER_BUILD);
}

static void other_rule(void)
{
	up_with(NRT_BUG_CHECKS_STOP);
	fake_adapter_link(&s.a, TRUE, 1000000000);
	fake_adapter_link(&s.a, TRUE, 1000000000); /* MP-STA-04 */
}

Test(bugcheck, what_NDIS_does_not_stop_for_does_not_stop)
{
	char said[1024];

	cr_expect_eq(in_child(other_rule, said, sizeof(said)), 0);
	cr_expect(strstr(said, "pollport: violation of MP-STA-04") != NULL, "%s", said);
}

static void rule_is_a_code(void)
{
	up_with(NRT_BUG_CHECKS_STOP);
	nrt_violation("0x44", "MULTIPLE_IRP_COMPLETE_REQUESTS: driver x, in y: twice");
}

Test(bugcheck, what_the_IO_manager_stops_for_stops)
{
	char said[1024];

	cr_expect(aborted(in_child(rule_is_a_code, said, sizeof(said))));
	cr_expect(strstr(said, "pollport: stopped by a violation of 0x44: MULTIPLE_IRP") == said,
		  "%s", said);
}

static void driver_gives_up(void)
{
	KeBugCheckEx(0xE2, 1, 2, 3, 4);
}

Test(bugcheck, a_driver_may_stop_the_process_itself)
{
	char said[1024];

	cr_expect(aborted(in_child(driver_gives_up, said, sizeof(said))));
	cr_expect(strstr(said, "pollport: bug check 0xE2 (0x1, 0x2, 0x3, 0x4): driver ") == said,
		  "%s", said);
	cr_expect(strstr(said, ", KeBugCheckEx in no callback\n") != NULL, "%s", said);
	cr_expect(strstr(said, "not known") == NULL, "%s", said);
}

/* ------------------------------------------------------------------------- reports */

static char report[600];

static void keep_report(const char *rule, const char *text, void *context)
{
	(void)context;
	snprintf(report, sizeof(report), "%s: %s", rule, text);
}

/* @wanted begins the report of what was done last. */
static void expect_report(const char *wanted)
{
	cr_expect(strstr(report, wanted) == report, "wanted: %s\n   got: %s", wanted, report);
	report[0] = '\0';
}

static void begin(void)
{
	filters_up(&fs, &s);
	nrt_on_violation(keep_report, NULL);
}

#define MINIPORT "driver fake miniport, adapter nic0, "
#define FILTER "driver fake filter, adapter nic0, "
#define PROTOCOL "driver fake protocol, adapter nic0, "

Test(bugcheck_report, each_malformed_object_names_who_gave_it)
{
	struct fake_module *m = module_of(&fs, 0);
	NET_BUFFER_LIST_POOL_PARAMETERS pool = { .Header = { 0x81, 1, 8 } };
	NET_PNP_EVENT_NOTIFICATION event = { .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1, 2 } };
	NDIS_STATUS_INDICATION status = { .Header = { 0x81, 1, 8 } };
	NDIS_OID_REQUEST request = { .Header = { 0x81, 1, 8 } };

	begin();
	NdisAllocateNetBufferListPool(s.a.handle, &pool);
	expect_report("RS-NB-11: bug check 0x7C/0x21 NDIS_BUGCHECK_INVALID_OBJECT_HEADER: "
		      MINIPORT "NdisAllocateNetBufferListPool: object type 0x81");
	NdisFOidRequest(m->handle, &request);
	expect_report("RS-NB-11: bug check 0x7C/0x21 NDIS_BUGCHECK_INVALID_OBJECT_HEADER: "
		      FILTER "NdisFOidRequest: ");
	NdisOidRequest(stack_binding(&s, 0)->handle, &request);
	expect_report("RS-NB-11: bug check 0x7C/0x21 NDIS_BUGCHECK_INVALID_OBJECT_HEADER: "
		      PROTOCOL "NdisOidRequest: ");
	NdisFIndicateStatus(m->handle, &status);
	expect_report("FL-STA-01: bug check 0x7C/0x20 "
		      "NDIS_BUGCHECK_STATUS_INDICATION_INVALID_BUFFER: " FILTER
		      "NdisFIndicateStatus: ");
	NdisFNetPnPEvent(m->handle, &event);
	expect_report("FL-PNP-01: bug check 0x7C/0x22 NDIS_BUGCHECK_ILLEGAL_NET_PNP_EVENT: "
		      FILTER "NdisFNetPnPEvent: ");
	filters_down(&fs, &s);
}

Test(bugcheck_report, a_handle_is_not_looked_at_while_the_header_is_right)
{
	NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
		.PoolTag = 'tseT',
	};
	NDIS_HANDLE pool = NdisAllocateNetBufferListPool((NDIS_HANDLE)0x1000, &parameters);

	cr_assert_not_null(pool);
	NdisFreeNetBufferListPool(pool);
	nrt_on_violation(keep_report, NULL);
	parameters.Header.Type = 0x81;
	cr_expect_null(NdisAllocateNetBufferListPool(NULL, &parameters));
	expect_report("RS-NB-11: bug check 0x7C/0x21 NDIS_BUGCHECK_INVALID_OBJECT_HEADER: "
		      "driver not known, adapter none, NdisAllocateNetBufferListPool: ");
}

Test(bugcheck_report, each_answer_that_nobody_waits_for_names_who_gave_it)
{
	NDIS_OID_REQUEST request = { .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, 1, 8 } };

	begin();
	NdisMRestartComplete(s.a.handle, NDIS_STATUS_SUCCESS);
	expect_report("MP-RES-01: bug check 0x7C/0x1F "
		      "NDIS_BUGCHECK_ILLEGAL_MINIPORT_STATE_TRANSITION: " MINIPORT
		      "MiniportRestart: was completed");
	NdisMPauseComplete(s.a.handle);
	expect_report("MP-PAU-02: bug check 0x7C/0x1F "
		      "NDIS_BUGCHECK_ILLEGAL_MINIPORT_STATE_TRANSITION: " MINIPORT
		      "MiniportPause: was completed");
	NdisMResetComplete(s.a.handle, NDIS_STATUS_SUCCESS, FALSE);
	expect_report("MP-RST-01: bug check 0x7C/0x0F NDIS_BUGCHECK_RESET_COMPLETE_UNEXPECTED: "
		      MINIPORT "MiniportResetEx: was completed");
	NdisMOidRequestComplete(s.a.handle, &request, NDIS_STATUS_SUCCESS);
	expect_report("MP-OID-01: bug check 0x7C/0x26 NDIS_BUGCHECK_INVALID_OID_COMPLETION: "
		      MINIPORT "MiniportOidRequest: was completed");
	NdisFOidRequestComplete(module_of(&fs, 0)->handle, &request, NDIS_STATUS_SUCCESS);
	expect_report("FL-OID-02: bug check 0x7C/0x26 NDIS_BUGCHECK_INVALID_OID_COMPLETION: "
		      FILTER "FilterOidRequest: was completed");
	NdisFPauseComplete(module_of(&fs, 0)->handle);
	expect_report("FL-PAU-01: bug check 0xC4/0x00092010 NdisFilterTimedPauseComplete: "
		      FILTER "FilterPause: was completed");
	filters_down(&fs, &s);
}

Test(bugcheck_report, other_bug_checks_name_who_did_it)
{
	NDIS_PHYSICAL_ADDRESS nowhere = { .QuadPart = 0 };
	struct fake_binding *b = stack_binding(&s, 0);
	NET_BUFFER_LIST *nbl;
	NDIS_HANDLE handle;
	NDIS_EVENT event;
	KIRQL old;

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	b->holds = TRUE;
	begin();
	NdisMFreeSharedMemory(s.a.handle, 64, FALSE, &event, nowhere);
	expect_report("RS-DMA-01: bug check 0x7C/0x03 NDIS_BUGCHECK_FREE_INVALID_SHARED_MEM: "
		      MINIPORT "NdisMFreeSharedMemory: 64 bytes");
	NdisMDeregisterMiniportDriver(s.m.handle);
	expect_report("MP-UNL-01: bug check 0x7C/0x0A NDIS_BUGCHECK_DRIVER_UNLOAD_UNEXPECTED: "
		      "driver fake miniport, adapter none, NdisMDeregisterMiniportDriver: ");
	cr_expect_eq(NdisOpenAdapterEx(s.p[0].handle, b, NULL, b->bind_context, &handle),
		     NDIS_STATUS_FAILURE);
	expect_report("PR-BND-01: bug check 0x7C/0x16 NDIS_BUGCHECK_INVALID_OPEN_IN_BIND_CONTEXT: "
		      "driver fake protocol, adapter none, NdisOpenAdapterEx: ");
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 0, 0);
	nbl = fake_binding_take_held(b, 0);
	NdisMIndicateReceiveNetBufferLists(s.a.handle, nbl, 0, 1, 0);
	expect_report("MP-RCV-04: bug check 0x7C/0x05 NDIS_BUGCHECK_RECVD_PACKET_IN_USE: "
		      MINIPORT "NdisMIndicateReceiveNetBufferLists: NBL");
	fake_binding_return(b, nbl, 0);
	NdisInitializeEvent(&event);
	NdisSetEvent(&event);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisWaitEvent(&event, 1);
	KeLowerIrql(old);
	expect_report("RS-LCK-04: bug check 0x7C/0x14 NDIS_BUGCHECK_WAIT_EVENT_HIGH_IRQL: driver ");
	filters_down(&fs, &s);
}

Test(bugcheck_report, a_leak_names_whose_it_is)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	b->holds = b->holds_over_pause = TRUE;
	s.a.own_pause = TRUE;
	begin();
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 0, 0);
	cr_expect_not_null(fake_binding_take_held(b, 0));
	cr_expect_eq(unload_protocol(&s.p[0], s.protocol[0]), 0);
	s.protocol[0] = NULL;
	expect_report("PR-UNB-04: bug check 0x7C/0x27 NDIS_BUGCHECK_LEAKED_NBL: " PROTOCOL
		      "ProtocolUnbindAdapterEx in DriverUnload: 1 NBLs");
	filters_down(&fs, &s);
}
