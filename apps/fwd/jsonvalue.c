/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small writer of JSON values, for the files that a run leaves behind. Main thread.
 */
#include "jsonvalue.h"

#include <inttypes.h>

static void put_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

void key(struct json *j, const char *name)
{
	if (j->comma)
		fputc(',', j->out);
	j->comma = true;
	if (name != NULL) {
		put_string(j->out, name);
		fputc(':', j->out);
	}
}

void open_value(struct json *j, const char *name, char bracket)
{
	key(j, name);
	fputc(bracket, j->out);
	j->comma = false;
}

void close_value(struct json *j, char bracket)
{
	fputc(bracket, j->out);
	j->comma = true;
}

void text(struct json *j, const char *name, const char *value)
{
	key(j, name);
	put_string(j->out, value);
}

void number(struct json *j, const char *name, uint64_t value)
{
	key(j, name);
	fprintf(j->out, "%" PRIu64, value);
}

void real(struct json *j, const char *name, double value)
{
	key(j, name);
	fprintf(j->out, "%.3f", value);
}

void missing(struct json *j, const char *name)
{
	key(j, name);
	fputs("null", j->out);
}
