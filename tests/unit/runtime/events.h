/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The log that the fake drivers write and the contract tests read: which
 * callback ran, for whom, at which IRQL, in which order. Any thread. Waiting
 * for an event replaces sleeping; the limit of a wait only turns a hang into a
 * failure.
 */
#ifndef TEST_EVENTS_H
#define TEST_EVENTS_H

#include <stdbool.h>

/** @name: a callback, a string constant; @who: its adapter or binding, or NULL. */
void event_note(const char *name, const void *who, unsigned char irql);

/** Drop what was noted so far. */
void events_clear(void);

/** How often @name was noted for @who; @who NULL: for anyone. */
unsigned int event_count(const char *name, const void *who);

/** Wait until that is at least @count. */
void event_wait(const char *name, const void *who, unsigned int count);

/** Place of the first @name of @who in the log, -1 when there is none. */
int event_place(const char *name, const void *who);

/** True when no @name was noted at another IRQL than @irql. */
bool event_irql_is(const char *name, unsigned char irql);

/**
 * True when the names noted for everybody are exactly these, NULL-terminated,
 * in this order. Prints the log when they are not.
 */
bool events_are(const char *first, ...) __attribute__((sentinel));

#endif
