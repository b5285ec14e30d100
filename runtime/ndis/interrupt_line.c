/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupt lines, which devices may share. A line is level-sensitive: while one of its
 * devices asserts it, the ISRs of those connected are called in turn until one says that
 * its device did. That happens on the line's worker, which has a poll object for it.
 */
#include <pthread.h>
#include <stdlib.h>

#include <nrt/nrt_bus.h>
#include <nrt/nrt_lower.h>

#include "../verifier.h"
#include "../worker.h"
#include "adapter.h"
#include "interrupt.h"

/* A line that stays up: so many calls in which no ISR knew its device, or in which one
 * did but did not quiet it, before the line is left alone. */
#define UNCLAIMED_CALLS 1000
#define CLAIMED_CALLS 100000

struct nrt_line {
	struct nrt_line *next;
	uint32_t number;
	struct nrt_poll poll;
	struct nrt_interrupts *first;   /* connected; the line's worker, as the rest */
	unsigned int unclaimed, claimed; /* calls since the line was down */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct nrt_line *lines; /* under lock; they stay until nrt_fini */

static const struct nrt_interrupts *asserting(const struct nrt_line *line)
{
	const struct nrt_interrupts *to = line->first;

	while (to != NULL && !to->bus->line_asserted(to->adapter->device.bus_context))
		to = to->next_on_line;
	return to;
}

static bool call_isrs(struct nrt_line *line)
{
	for (struct nrt_interrupts *to = line->first; to != NULL; to = to->next_on_line)
		if (nrt_interrupt_isr(to, 0))
			return true;
	return false;
}

/* Ask for one more call, or say once that it is enough: only a device that raises its line
 * anew has an ISR called again then. */
static void again(struct nrt_line *line, const struct nrt_interrupts *up, bool claimed)
{
	unsigned int *calls = claimed ? &line->claimed : &line->unclaimed;
	unsigned int limit = claimed ? CLAIMED_CALLS : UNCLAIMED_CALLS;

	if (*calls > limit)
		return;
	if (++*calls <= limit)
		NdisRequestPoll((NDIS_POLL_HANDLE)&line->poll, NULL);
	else
		nrt_violation("RS-INT-01", "%s: interrupt storm: it asserts line %u and %s",
			      up->adapter->device.name, line->number,
			      claimed ? "its ISR does not stop it" :
					"no ISR says that the interrupt is its own");
}

static void run_line(void *context, NDIS_POLL_DATA *data)
{
	struct nrt_line *line = context;
	const struct nrt_interrupts *up = asserting(line);
	bool claimed = false;

	(void)data;
	line->poll.worked = up != NULL;
	if (up != NULL)
		claimed = call_isrs(line);
	if (claimed)
		line->unclaimed = 0;
	up = asserting(line);
	if (up != NULL)
		again(line, up, claimed);
	else
		line->claimed = line->unclaimed = 0;
}

void nrt_line_raise(struct nrt_line *line)
{
	NdisRequestPoll((NDIS_POLL_HANDLE)&line->poll, NULL);
}

static struct nrt_line *find(uint32_t number)
{
	struct nrt_line *line;

	pthread_mutex_lock(&lock);
	for (line = lines; line != NULL && line->number != number;)
		line = line->next;
	if (line == NULL && (line = calloc(1, sizeof(*line))) != NULL) {
		line->number = number;
		nrt_interrupt_poll_init(&line->poll, nrt_interrupt_processor(number), run_line,
					line);
		line->next = lines;
		lines = line;
	}
	pthread_mutex_unlock(&lock);
	return line;
}

/* MP-INI-07: an ISR is ready at once. Another device's interrupt would look like this. */
static void call_spuriously(struct nrt_interrupts *to)
{
	void *device = to->adapter->device.bus_context;
	bool up = to->bus->line_asserted(device);
	bool ours = nrt_interrupt_isr(to, 0);

	if (ours && !up && !to->bus->line_asserted(device))
		nrt_violation("RS-INT-01", "%s: MiniportInterrupt returns TRUE, but its device "
			      "does not interrupt", to->adapter->device.name);
}

static void connect_here(void *arg)
{
	struct nrt_interrupts *to = arg, **link = &to->line->first;

	while (*link != NULL)
		link = &(*link)->next_on_line;
	*link = to;
	to->next_on_line = NULL;
	atomic_store(&to->mode, NRT_INTERRUPT_LINE);
	if (nrt_verifying)
		call_spuriously(to);
}

static void disconnect_here(void *arg)
{
	struct nrt_interrupts *to = arg, **link = &to->line->first;

	while (*link != to)
		link = &(*link)->next_on_line;
	*link = to->next_on_line;
}

/* The line has a poll object while somebody is connected. */
bool nrt_line_connect(struct nrt_interrupts *to)
{
	struct nrt_line *line = find(to->bus->line);
	bool connected;

	if (line == NULL)
		return false;
	to->line = line;
	pthread_mutex_lock(&lock);
	connected = line->first != NULL || nrt_worker_add_poll(line->poll.worker, &line->poll) == 0;
	if (connected)
		nrt_worker_call(line->poll.worker, connect_here, to);
	pthread_mutex_unlock(&lock);
	return connected;
}

void nrt_line_disconnect(struct nrt_interrupts *to)
{
	struct nrt_line *line = to->line;

	pthread_mutex_lock(&lock);
	nrt_worker_call(line->poll.worker, disconnect_here, to);
	if (line->first == NULL)
		nrt_worker_remove_poll(line->poll.worker, &line->poll);
	pthread_mutex_unlock(&lock);
}

void nrt_lines_fini(void)
{
	while (lines != NULL) {
		struct nrt_line *line = lines;

		lines = line->next;
		free(line);
	}
}
