/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the commands of -i and --cmdline-file do, under testpmd's names. Main
 * thread; the words were matched against the table by pmb_cmdline.
 */
#include "interactive.h"

#include <stdlib.h>
#include <string.h>

#include "nodes.h"
#include "optvalue.h"

const struct pmb_cmdline_command interactive_commands[] = {
	{ "start", "start: forward on all ports" },
	{ "start tx_first", "start tx_first: the same, after one burst sent on each port" },
	{ "stop", "stop: pause all ports" },
	{ "show port info#stats#xstats#summary <port>",
	  "show port info|stats|xstats|summary N|all: facts and counts of a port" },
	{ "show workers", "show workers: how busy each is" },
	{ "show profile", "show profile: where their cycles went, with --profile" },
	{ "show config fwd", "show config fwd: mode, topology, burst, workers" },
	{ "clear port stats <port>", "clear port stats N|all: count from 0 again" },
	{ "set fwd io#mac#macswap#flowgen#rxonly#txonly#icmpecho",
	  "set fwd MODE: forwarding mode, from the next start on" },
	{ "set burst <n>", "set burst N: frames per burst, up to --burst" },
	{ "port start#stop <port>", "port start|stop N|all: restart or pause a port" },
	{ "help", "help: this list" },
	{ "quit", "quit: stop and show the ledger" },
	{ NULL, NULL },
};

typedef void port_fn(struct session *s, unsigned int i);

static void show_info(struct session *s, unsigned int i)
{
	stats_show_info(s->host, i, stdout);
}

static void show_counts(struct session *s, unsigned int i)
{
	stats_show_counts(s->stats, i, stdout);
}

static void show_xstats(struct session *s, unsigned int i)
{
	stats_show_xstats(s->host, i, stdout);
}

static void show_summary(struct session *s, unsigned int i)
{
	stats_show_summary(s->host, i, stdout);
}

static void clear(struct session *s, unsigned int i)
{
	stats_clear(s->stats, i);
}

static void start_port(struct session *s, unsigned int i)
{
	host_port_start(s->host, i);
}

static void stop_port(struct session *s, unsigned int i)
{
	host_port_stop(s->host, i);
}

static void for_ports(struct session *s, const char *which, port_fn *fn)
{
	bool all = strcmp(which, "all") == 0, any = false;
	uint64_t port = 0;

	if (!all && !value_number(which, 0, FWD_MAX_PORTS - 1, &port)) {
		printf("%s: a port's number or 'all' is wanted\n", which);
		return;
	}
	for (unsigned int i = 0; i < s->host->n; i++) {
		if (all || s->host->port[i].port == port) {
			fn(s, i);
			any = true;
		}
	}
	if (!any)
		printf("port %s is not in use\n", which);
}

static void start(struct session *s, bool tx_first)
{
	if (host_is_running(s->host)) {
		puts("ports are running; 'stop' first");
		return;
	}
	s->host->settings.tx_first = tx_first;
	host_configure(s->host);
	host_start(s->host);
}

static void show(struct session *s, const char *const argv[])
{
	static const struct {
		const char *word;
		port_fn *fn;
	} what[] = { { "info", show_info },
		     { "stats", show_counts },
		     { "xstats", show_xstats },
		     { "summary", show_summary } };

	if (strcmp(argv[1], "config") == 0) {
		printf("mode %s, burst %u, %u cores, %u own NBLs a queue, %s\n",
		       fwd_mode_names[s->host->settings.mode], s->host->settings.burst,
		       s->host->workers, s->host->settings.own_nbls,
		       host_is_running(s->host) ? "running" : "stopped");
		for (unsigned int i = 0; i < s->host->n; i++)
			printf("port %u -> port %u\n", s->host->port[i].port,
			       s->host->port[options_peer(s->host->options, i)].port);
		nodes_show_workers(s->host, stdout);
		return;
	}
	if (strcmp(argv[1], "workers") == 0) {
		stats_show_workers(s->stats, stdout);
		return;
	}
	if (strcmp(argv[1], "profile") == 0) {
		profile_show(s->profile, stdout);
		return;
	}
	for (unsigned int i = 0; i < 4; i++)
		if (strcmp(argv[2], what[i].word) == 0)
			for_ports(s, argv[3], what[i].fn);
}

static void set(struct session *s, const char *const argv[])
{
	uint64_t n;

	if (host_is_running(s->host)) {
		puts("ports are running; 'stop' first");
		return;
	}
	if (strcmp(argv[1], "fwd") == 0) {
		s->host->settings.mode = options_mode(argv[2]);
	} else if (value_number(argv[2], 1, s->host->options->burst, &n)) {
		s->host->settings.burst = (unsigned int)n;
		nrt_set_poll_budget((unsigned int)n);
	} else {
		printf("set burst %s: 1 to %lu is possible\n", argv[2], s->host->options->burst);
	}
	host_configure(s->host);
}

static void help(void)
{
	for (const struct pmb_cmdline_command *c = interactive_commands; c->syntax != NULL; c++)
		printf("  %s\n", c->help);
}

bool interactive_run(int argc, const char *const argv[], void *context)
{
	struct session *s = context;

	if (strcmp(argv[0], "start") == 0)
		start(s, argc > 1);
	else if (strcmp(argv[0], "stop") == 0)
		host_stop(s->host);
	else if (strcmp(argv[0], "show") == 0)
		show(s, argv);
	else if (strcmp(argv[0], "clear") == 0)
		for_ports(s, argv[3], clear);
	else if (strcmp(argv[0], "set") == 0)
		set(s, argv);
	else if (strcmp(argv[0], "port") == 0)
		for_ports(s, argv[2], strcmp(argv[1], "start") == 0 ? start_port : stop_port);
	else if (strcmp(argv[0], "help") == 0)
		help();
	fflush(stdout);
	return strcmp(argv[0], "quit") != 0;
}
