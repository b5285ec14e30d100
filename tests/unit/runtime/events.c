/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The event log of the contract tests. One lock and one condition for all: the
 * fakes note control callbacks only, never packets.
 */
#include "events.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_EVENTS 65536
#define HANG_SECONDS 60

static struct {
	const char *name;
	const void *who;
	unsigned char irql;
} events[MAX_EVENTS];

static unsigned int n_events;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t noted = PTHREAD_COND_INITIALIZER;

void event_note(const char *name, const void *who, unsigned char irql)
{
	pthread_mutex_lock(&lock);
	if (n_events == MAX_EVENTS) {
		fprintf(stderr, "the event log is full\n");
		abort();
	}
	events[n_events].name = name;
	events[n_events].who = who;
	events[n_events].irql = irql;
	n_events++;
	pthread_cond_broadcast(&noted);
	pthread_mutex_unlock(&lock);
}

void events_clear(void)
{
	pthread_mutex_lock(&lock);
	n_events = 0;
	pthread_mutex_unlock(&lock);
}

static bool matches(unsigned int i, const char *name, const void *who)
{
	return (who == NULL || events[i].who == who) && strcmp(events[i].name, name) == 0;
}

/* Under lock. */
static unsigned int count(const char *name, const void *who)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < n_events; i++)
		n += matches(i, name, who);
	return n;
}

unsigned int event_count(const char *name, const void *who)
{
	unsigned int n;

	pthread_mutex_lock(&lock);
	n = count(name, who);
	pthread_mutex_unlock(&lock);
	return n;
}

void event_wait(const char *name, const void *who, unsigned int wanted)
{
	struct timespec limit;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += HANG_SECONDS;
	pthread_mutex_lock(&lock);
	while (count(name, who) < wanted) {
		if (pthread_cond_timedwait(&noted, &lock, &limit) == ETIMEDOUT) {
			fprintf(stderr, "%s did not come %u times in %d s\n", name, wanted,
				HANG_SECONDS);
			abort();
		}
	}
	pthread_mutex_unlock(&lock);
}

int event_place(const char *name, const void *who)
{
	int place = -1;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < n_events && place < 0; i++)
		if (matches(i, name, who))
			place = (int)i;
	pthread_mutex_unlock(&lock);
	return place;
}

bool event_irql_is(const char *name, unsigned char irql)
{
	bool is = true;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < n_events; i++)
		if (matches(i, name, NULL) && events[i].irql != irql)
			is = false;
	pthread_mutex_unlock(&lock);
	return is;
}

bool events_are(const char *first, ...)
{
	const char *wanted = first;
	unsigned int n = 0;
	bool same = true;
	va_list args;

	pthread_mutex_lock(&lock);
	va_start(args, first);
	for (; wanted != NULL; wanted = va_arg(args, const char *), n++)
		same = same && n < n_events && strcmp(events[n].name, wanted) == 0;
	va_end(args);
	same = same && n == n_events;
	for (unsigned int i = 0; !same && i < n_events; i++)
		fprintf(stderr, "event %u: %s\n", i, events[i].name);
	pthread_mutex_unlock(&lock);
	return same;
}
