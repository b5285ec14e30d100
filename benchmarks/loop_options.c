/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line of the bare loops. Main thread, after EAL has taken its part.
 */
#include "loop_options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct number {
	const char *name;
	size_t offset;
	unsigned long min, max;
};

static const struct number numbers[] = {
	{ "burst", offsetof(struct loop_options, burst), 1, LOOP_MAX_BURST },
	{ "rxd", offsetof(struct loop_options, rxd), 1, 32768 },
	{ "txd", offsetof(struct loop_options, txd), 1, 32768 },
	{ "total-num-mbufs", offsetof(struct loop_options, mbufs), 1, 16777216 },
	{ "rxfreet", offsetof(struct loop_options, rxfreet), 0, 32767 },
	{ "txfreet", offsetof(struct loop_options, txfreet), 0, 32767 },
	{ "txrst", offsetof(struct loop_options, txrst), 0, 32767 },
	{ "mbcache", offsetof(struct loop_options, cache), 0, 512 },
	{ "private", offsetof(struct loop_options, private_bytes), 0, 4096 },
};

enum { MODE = sizeof(numbers) / sizeof(numbers[0]), POOL_OPS, OPTIONS };

int loop_fail(const char *program, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return 1;
}

static bool set_number(const char *program, const struct number *n, const char *text,
		       struct loop_options *o)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end != '\0' || text[0] == '-' || value < n->min || value > n->max) {
		loop_fail(program, "--%s %s: a number from %lu to %lu is wanted", n->name, text,
			  n->min, n->max);
		return false;
	}
	*(unsigned long *)((char *)o + n->offset) = value;
	return true;
}

static bool set_mode(const char *program, const char *word, struct loop_options *o)
{
	if (strcmp(word, "io") != 0 && strcmp(word, "rxonly") != 0) {
		loop_fail(program, "--forward-mode %s: io or rxonly is wanted", word);
		return false;
	}
	o->mode = strcmp(word, "io") == 0 ? LOOP_IO : LOOP_RXONLY;
	return true;
}

bool loop_options_parse(const char *program, int argc, char **argv, struct loop_options *o)
{
	struct option table[OPTIONS + 1] = { 0 };
	int i, c;

	*o = (struct loop_options){ .burst = 32, .rxd = 512, .txd = 512, .mbufs = 16384,
				    .cache = 256 };
	for (i = 0; i < MODE; i++)
		table[i] = (struct option){ numbers[i].name, required_argument, NULL, 0 };
	table[MODE] = (struct option){ "forward-mode", required_argument, NULL, 0 };
	table[POOL_OPS] = (struct option){ "mbuf-pool-ops", required_argument, NULL, 0 };
	optind = 0; /* EAL has used getopt before */
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+", table, &i)) != -1) {
		if (c != 0) {
			loop_fail(program, "%s is no option, or wants a value", argv[optind - 1]);
			return false;
		}
		if (i < MODE && !set_number(program, &numbers[i], optarg, o))
			return false;
		if (i == MODE && !set_mode(program, optarg, o))
			return false;
		if (i == POOL_OPS)
			o->pool_ops = optarg;
	}
	if (optind < argc)
		loop_fail(program, "unexpected argument '%s'", argv[optind]);
	return optind >= argc;
}
