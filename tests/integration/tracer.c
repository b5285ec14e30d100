/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Preloaded into a program built with -finstrument-functions: notes which functions
 * the workers enter, in order. A worker's life is cut into passes, each one call made
 * from its loop; a pass like one before is forgotten, so that a million idle ones cost
 * nothing. Every other pass goes to $TRACE_FILE as a line of module+offset, at once:
 * a driver's module may be gone when the program ends.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUIET __attribute__((no_instrument_function, visibility("default")))

/* Calls open when the loop makes the next: the launch wrapper's, the worker's and the loop's
 * own. */
#define LOOP_DEPTH 3
#define MAX_CALLS 20000
#define MAX_PASSES 10000

static uint64_t known[MAX_PASSES]; /* hashes of the passes written */
static unsigned int n_known;
static FILE *out;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static __thread int depth, is_worker = -1;
static __thread unsigned int n_now;
static __thread void *now[MAX_CALLS];

QUIET void __cyg_profile_func_enter(void *fn, void *from);
QUIET void __cyg_profile_func_exit(void *fn, void *from);

static __attribute__((no_instrument_function)) bool on_worker(void)
{
	char name[32] = "";

	if (is_worker < 0) {
		pthread_getname_np(pthread_self(), name, sizeof(name));
		is_worker = strstr(name, "worker") != NULL;
	}
	return is_worker;
}

static __attribute__((no_instrument_function)) bool is_new(uint64_t hash)
{
	for (unsigned int i = 0; i < n_known; i++)
		if (known[i] == hash)
			return false;
	if (n_known == MAX_PASSES)
		return false;
	known[n_known++] = hash;
	return true;
}

static __attribute__((no_instrument_function)) void write_pass(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		Dl_info info;

		if (dladdr(now[i], &info) != 0)
			fprintf(out, "%s+%lx ", info.dli_fname,
				(unsigned long)now[i] - (unsigned long)info.dli_fbase);
	}
	fprintf(out, "\n");
}

static __attribute__((no_instrument_function)) void end_pass(void)
{
	uint64_t hash = 0xCBF29CE484222325ull;

	for (unsigned int i = 0; i < n_now; i++)
		hash = (hash ^ (uintptr_t)now[i]) * 0x100000001B3ull;
	pthread_mutex_lock(&lock);
	if (out != NULL && is_new(hash))
		write_pass(n_now);
	pthread_mutex_unlock(&lock);
	n_now = 0;
}

void __cyg_profile_func_enter(void *fn, void *from)
{
	(void)from;
	if (!on_worker())
		return;
	if (depth++ >= LOOP_DEPTH && n_now < MAX_CALLS)
		now[n_now++] = fn;
}

void __cyg_profile_func_exit(void *fn, void *from)
{
	(void)fn;
	(void)from;
	if (on_worker() && --depth == LOOP_DEPTH)
		end_pass();
}

static __attribute__((constructor, no_instrument_function)) void open_trace(void)
{
	const char *path = getenv("TRACE_FILE");

	if (path != NULL)
		out = fopen(path, "w");
}

static __attribute__((destructor, no_instrument_function)) void close_trace(void)
{
	if (out != NULL)
		fclose(out);
}
