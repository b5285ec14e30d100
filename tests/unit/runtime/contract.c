/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Start and end of a contract test and the violations reported in between.
 */
#include "contract.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ending.h"
#include "ke/memory.h"

#define MAX_VIOLATIONS 256
#define HANG_SECONDS 60

const UCHAR broadcast_mac[6] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };

static struct {
	char rule[16];
	char text[224];
} violations[MAX_VIOLATIONS];

static unsigned int n_violations;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t reported = PTHREAD_COND_INITIALIZER;

static void report(const char *rule, const char *text, void *context)
{
	(void)context;
	pthread_mutex_lock(&lock);
	if (n_violations < MAX_VIOLATIONS) {
		snprintf(violations[n_violations].rule, sizeof(violations[0].rule), "%s", rule);
		snprintf(violations[n_violations].text, sizeof(violations[0].text), "%s", text);
		n_violations++;
	}
	pthread_cond_broadcast(&reported);
	pthread_mutex_unlock(&lock);
}

bool violations_are(const char *first, ...)
{
	const char *wanted = first;
	unsigned int n = 0;
	bool same = true;
	va_list args;

	pthread_mutex_lock(&lock);
	va_start(args, first);
	for (; wanted != NULL; wanted = va_arg(args, const char *), n++)
		same = same && n < n_violations && strcmp(violations[n].rule, wanted) == 0;
	va_end(args);
	same = same && n == n_violations;
	for (unsigned int i = 0; !same && i < n_violations; i++)
		fprintf(stderr, "violation %u: %s: %s\n", i, violations[i].rule,
			violations[i].text);
	n_violations = 0;
	pthread_mutex_unlock(&lock);
	return same;
}

bool no_violations(void)
{
	return violations_are(NULL, NULL);
}

/* Under lock. */
static bool was_reported(const char *rule)
{
	for (unsigned int i = 0; i < n_violations; i++)
		if (strcmp(violations[i].rule, rule) == 0)
			return true;
	return false;
}

void violation_wait(const char *rule)
{
	struct timespec limit;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += HANG_SECONDS;
	pthread_mutex_lock(&lock);
	while (!was_reported(rule)) {
		if (pthread_cond_timedwait(&reported, &lock, &limit) == ETIMEDOUT) {
			fprintf(stderr, "%s was not reported in %d s\n", rule, HANG_SECONDS);
			abort();
		}
	}
	pthread_mutex_unlock(&lock);
}

static void start(const struct nrt_options *options)
{
	nrt_on_violation(report, NULL);
	cr_assert_eq(nrt_init(options), 0, "%s", nrt_last_error());
}

void contract_start_with(unsigned int workers, unsigned int budget, bool verifier)
{
	const struct nrt_options options = {
		.workers = workers,
		.poll_budget = budget,
		.verifier = verifier,
		.bug_checks = NRT_BUG_CHECKS_REPORT,
	};

	start(&options);
}

void contract_start_profiled(unsigned int every)
{
	const struct nrt_options options = {
		.workers = 1,
		.profile = every,
		.bug_checks = NRT_BUG_CHECKS_REPORT,
	};

	start(&options);
}

void contract_start(void)
{
	contract_start_with(1, 0, true);
}

void contract_start_plain(void)
{
	contract_start_with(1, 0, false);
}

/* The first violation that nobody took, or NULL. */
static const char *left_violation(void)
{
	static char text[256];

	pthread_mutex_lock(&lock);
	if (n_violations != 0)
		snprintf(text, sizeof(text), "violation of %s: %s", violations[0].rule,
			 violations[0].text);
	pthread_mutex_unlock(&lock);
	return text[0] != '\0' ? text : NULL;
}

void contract_end(void)
{
	const char *left;

	ending_must(nrt_adapter_count() == 0, "adapters are left");
	ending_must(nrt_nbl_live() == 0, "NBLs are live");
	ending_must(nrt_fini() == 0, nrt_last_error());
	ending_must(nrt_memory_live() == 0, "allocations are live");
	left = left_violation();
	ending_must(left == NULL, left);
}

/* --------------------------------------------------------------------- drivers */

int load_miniport(struct fake_miniport *m, struct nrt_driver **driver)
{
	fake_miniport_image = m;
	return nrt_driver_load_linked("fake miniport", (nrt_driver_entry)fake_miniport_entry,
				      driver);
}

int load_protocol(struct fake_protocol *p, struct nrt_driver **driver)
{
	fake_protocol_image = p;
	return nrt_driver_load_linked("fake protocol", (nrt_driver_entry)fake_protocol_entry,
				      driver);
}

int unload_miniport(struct fake_miniport *m, struct nrt_driver *driver)
{
	fake_miniport_image = m;
	return nrt_driver_unload(driver);
}

int unload_protocol(struct fake_protocol *p, struct nrt_driver *driver)
{
	fake_protocol_image = p;
	return nrt_driver_unload(driver);
}

int add_adapter(struct fake_miniport *m, struct fake_adapter *a, struct nrt_driver *driver,
		const char *name, struct nrt_adapter **adapter)
{
	const struct nrt_device device = { .name = name, .node = -1 };

	m->next = a;
	return nrt_adapter_add(driver, &device, adapter);
}

/* ----------------------------------------------------------------------- stacks */

void stack_up(struct stack *s)
{
	if (s->n_protocols == 0 && !s->no_protocol)
		s->n_protocols = 1;
	for (unsigned int i = 0; i < s->n_protocols; i++)
		cr_assert_eq(load_protocol(&s->p[i], &s->protocol[i]), 0, "%s", nrt_last_error());
	cr_assert_eq(load_miniport(&s->m, &s->miniport), 0, "%s", nrt_last_error());
	cr_assert_eq(add_adapter(&s->m, &s->a, s->miniport, "nic0", &s->adapter), 0, "%s",
		     nrt_last_error());
}

int stack_up_on(struct stack *s, const struct nrt_bus *bus, void *bus_context)
{
	const struct nrt_device device = {
		.name = "nic0", .node = -1, .bus = bus, .bus_context = bus_context,
	};

	cr_assert_eq(load_miniport(&s->m, &s->miniport), 0, "%s", nrt_last_error());
	s->m.next = &s->a;
	return nrt_adapter_add(s->miniport, &device, &s->adapter);
}

void stack_down(struct stack *s)
{
	if (s->adapter != NULL)
		cr_expect_eq(nrt_adapter_remove(s->adapter), 0, "%s", nrt_last_error());
	s->adapter = NULL;
	for (unsigned int i = 0; i < STACK_PROTOCOLS; i++)
		if (s->protocol[i] != NULL)
			cr_expect_eq(unload_protocol(&s->p[i], s->protocol[i]), 0, "%s",
				     nrt_last_error());
	if (s->miniport != NULL)
		cr_expect_eq(unload_miniport(&s->m, s->miniport), 0, "%s", nrt_last_error());
}

struct fake_binding *stack_binding(struct stack *s, unsigned int i)
{
	return &s->p[i].bindings[0];
}

struct nrt_ledger stack_ledger(const struct stack *s)
{
	struct nrt_ledger ledger;

	nrt_adapter_ledger(s->adapter, &ledger);
	return ledger;
}

/* ---------------------------------------------------------------------- threads */

static void *run_main(void *arg)
{
	struct run *run = arg;

	run->rc = run->fn(run->arg);
	return NULL;
}

void run_start(struct run *run, int (*fn)(void *arg), void *arg)
{
	run->fn = fn;
	run->arg = arg;
	cr_assert_eq(pthread_create(&run->thread, NULL, run_main, run), 0);
}

int run_end(struct run *run)
{
	pthread_join(run->thread, NULL);
	return run->rc;
}

/* What may not be sent now is sent later. */
static int send_all_the_time(void *arg)
{
	struct traffic *t = arg;

	while (!t->stop) {
		NET_BUFFER_LIST *chain = fake_binding_make(t->b, broadcast_mac, 3, 0);

		if (!fake_binding_try_send(t->b, chain, 0))
			fake_binding_unmake(t->b, chain);
	}
	return 0;
}

static int receive_all_the_time(void *arg)
{
	struct traffic *t = arg;

	while (!t->stop)
		fake_adapter_indicate(t->a, broadcast_mac, 5, 0, 0);
	return 0;
}

void traffic_start(struct traffic *t, struct fake_binding *b, struct fake_adapter *a)
{
	t->b = b;
	t->a = a;
	t->stop = false;
	run_start(&t->sends, send_all_the_time, t);
	run_start(&t->receives, receive_all_the_time, t);
}

void traffic_end(struct traffic *t)
{
	t->stop = true;
	run_end(&t->sends);
	run_end(&t->receives);
}

int run_pause(void *stack)
{
	return nrt_adapter_pause(((struct stack *)stack)->adapter);
}

int run_restart(void *stack)
{
	return nrt_adapter_restart(((struct stack *)stack)->adapter);
}

int run_remove(void *stack)
{
	return nrt_adapter_remove(((struct stack *)stack)->adapter);
}
