/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON, value by value: commas come by themselves, the order of calls is the caller's.
 */
#ifndef FWD_JSONVALUE_H
#define FWD_JSONVALUE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	bool comma; /* a value stands before */
};

/* Each value has a @name in an object, NULL in an array and on top. */
void key(struct json *j, const char *name); /* whose value the caller prints */
void open_value(struct json *j, const char *name, char bracket);
void close_value(struct json *j, char bracket);
void text(struct json *j, const char *name, const char *value);
void number(struct json *j, const char *name, uint64_t value);
void real(struct json *j, const char *name, double value);
void missing(struct json *j, const char *name); /* null */

#endif
