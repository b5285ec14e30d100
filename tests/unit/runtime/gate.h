/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tests with several threads wait on instead of sleeping: a count that
 * one thread raises and another waits for.
 */
#ifndef TEST_GATE_H
#define TEST_GATE_H

#include <pthread.h>

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned int count;
};

#define GATE_INIT { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 }

static inline void gate_pass(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->count++;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
}

/* Wait until it was passed @count times. */
static inline void gate_wait(struct gate *g, unsigned int count)
{
	pthread_mutex_lock(&g->lock);
	while (g->count < count)
		pthread_cond_wait(&g->changed, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static inline unsigned int gate_count(struct gate *g)
{
	unsigned int n;

	pthread_mutex_lock(&g->lock);
	n = g->count;
	pthread_mutex_unlock(&g->lock);
	return n;
}

#endif
