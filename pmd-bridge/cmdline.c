/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A table of commands as instructions of librte_cmdline. The library wants each
 * as an array of token descriptions that fill a structure of its own; here all
 * words are strings and the structure is an array of them. The host's thread.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmdline.h>
#include <cmdline_parse.h>
#include <cmdline_parse_string.h>
#include <cmdline_rdline.h>
#include <cmdline_socket.h>

#include <pmb_cmdline.h>

#include "port.h"

_Static_assert(PMB_CMDLINE_WORD == STR_TOKEN_SIZE, "one word is one string token");

struct result {
	cmdline_fixed_string_t word[PMB_CMDLINE_WORDS];
};

struct instruction {
	struct pmb_cmdline *owner;
	int words;
	char *syntax; /* cut into words */
	cmdline_parse_token_string_t token[PMB_CMDLINE_WORDS];
	cmdline_parse_inst_t *inst;
};

struct pmb_cmdline {
	pmb_cmdline_fn *fn;
	void *context;
	bool ended;
	struct cmdline *cl;
	size_t n;
	struct instruction *instructions;
	cmdline_parse_ctx_t *parse; /* of the instructions, NULL at the end */
};

static void dispatch(void *parsed, struct cmdline *cl, void *data)
{
	const struct instruction *i = data;
	const struct result *result = parsed;
	const char *argv[PMB_CMDLINE_WORDS];

	for (int k = 0; k < i->words; k++)
		argv[k] = result->word[k];
	if (i->owner->fn(i->words, argv, i->owner->context))
		return;
	i->owner->ended = true;
	cmdline_quit(cl);
}

static void add_word(struct instruction *i, const char *word)
{
	cmdline_parse_token_string_t *t = &i->token[i->words];

	t->hdr.ops = &cmdline_token_string_ops;
	t->hdr.offset = (unsigned int)((size_t)i->words * STR_TOKEN_SIZE);
	t->string_data.str = word[0] == '<' ? NULL : word;
	i->inst->tokens[i->words++] = &t->hdr;
}

static bool instruct(struct instruction *i, struct pmb_cmdline *owner,
		     const struct pmb_cmdline_command *command)
{
	char *rest, *word;

	i->owner = owner;
	i->syntax = strdup(command->syntax);
	i->inst = calloc(1, sizeof(*i->inst) + (PMB_CMDLINE_WORDS + 1) * sizeof(void *));
	if (i->syntax == NULL || i->inst == NULL)
		return false;
	i->inst->f = dispatch;
	i->inst->data = i;
	i->inst->help_str = command->help;
	for (word = strtok_r(i->syntax, " ", &rest); word != NULL && i->words < PMB_CMDLINE_WORDS;
	     word = strtok_r(NULL, " ", &rest))
		add_word(i, word);
	return true;
}

static void destroy(struct pmb_cmdline *c)
{
	for (size_t i = 0; c->instructions != NULL && i < c->n; i++) {
		free(c->instructions[i].syntax);
		free(c->instructions[i].inst);
	}
	free(c->instructions);
	free(c->parse);
	free(c);
}

static struct pmb_cmdline *create(const struct pmb_cmdline_command *commands, pmb_cmdline_fn *fn,
				  void *context)
{
	struct pmb_cmdline *c = calloc(1, sizeof(*c));
	bool ok;

	if (c == NULL)
		return NULL;
	c->fn = fn;
	c->context = context;
	while (commands[c->n].syntax != NULL)
		c->n++;
	c->instructions = calloc(c->n, sizeof(*c->instructions));
	c->parse = calloc(c->n + 1, sizeof(*c->parse));
	ok = c->instructions != NULL && c->parse != NULL;
	for (size_t i = 0; i < c->n && ok; i++) {
		ok = instruct(&c->instructions[i], c, &commands[i]);
		c->parse[i] = c->instructions[i].inst;
	}
	if (ok)
		return c;
	destroy(c);
	return NULL;
}

int pmb_cmdline_open(const struct pmb_cmdline_command *commands, pmb_cmdline_fn *fn, void *context,
		     const char *prompt, struct pmb_cmdline **out)
{
	struct pmb_cmdline *c = create(commands, fn, context);

	if (c == NULL)
		return -ENOMEM;
	c->cl = cmdline_stdin_new(c->parse, prompt);
	if (c->cl == NULL) {
		destroy(c);
		return -EIO;
	}
	*out = c;
	return 0;
}

bool pmb_cmdline_step(struct pmb_cmdline *c, int ms)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };

	while (!c->ended && poll(&in, 1, ms) > 0) {
		char byte;

		if (read(STDIN_FILENO, &byte, 1) != 1 || cmdline_in(c->cl, &byte, 1) < 0)
			c->ended = true;
		ms = 0;
	}
	return !c->ended;
}

void pmb_cmdline_close(struct pmb_cmdline *c)
{
	cmdline_stdin_exit(c->cl); /* and frees it */
	destroy(c);
}

/* One line of a command file: 0, 1 when its command ends the run, or -EINVAL. */
static int run_line(struct pmb_cmdline *c, char *line, const char *path, unsigned int number)
{
	static const char *const faults[] = { "is ambiguous", "is no command",
					      "has bad arguments" };
	int rc;

	line[strcspn(line, "\r\n")] = '\0';
	if (line[strspn(line, " \t")] == '\0' || line[0] == '#')
		return 0;
	strcat(line, "\n"); /* there is room: see below */
	rc = cmdline_parse(c->cl, line);
	line[strcspn(line, "\n")] = '\0';
	if (rc >= 0)
		return c->ended ? 1 : 0;
	return pmb_fail(-EINVAL, "%s:%u: '%s' %s; 'help' lists the commands", path, number, line,
			faults[rc == CMDLINE_PARSE_AMBIGUOUS ? 0 :
			       rc == CMDLINE_PARSE_NOMATCH   ? 1 :
							       2]);
}

int pmb_cmdline_file(const struct pmb_cmdline_command *commands, pmb_cmdline_fn *fn, void *context,
		     const char *path)
{
	FILE *file = fopen(path, "r");
	struct pmb_cmdline *c = create(commands, fn, context);
	char line[1024 + 2];
	unsigned int number = 0;
	int rc = 0;

	if (file == NULL)
		rc = pmb_fail(-ENOENT, "command file %s: %s", path, strerror(errno));
	else if (c == NULL || (c->cl = cmdline_new(c->parse, "", -1, STDOUT_FILENO)) == NULL)
		rc = pmb_fail(-ENOMEM, "command file %s: out of memory", path);
	while (rc == 0 && fgets(line, 1024, file) != NULL)
		rc = run_line(c, line, path, ++number);
	if (c != NULL) {
		if (c->cl != NULL)
			cmdline_free(c->cl);
		destroy(c);
	}
	if (file != NULL)
		fclose(file);
	return rc;
}
