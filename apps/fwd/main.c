/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pollport-fwd: forward frames between DPDK ports through NDIS drivers, in the
 * way of dpdk-testpmd. From the command line to the exit code; main thread.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "interactive.h"
#include "json.h"
#include "portless.h"

#define LINK_WAIT_MS 9000 /* as long as testpmd waits */
#define TICK_MS 20

static volatile sig_atomic_t signalled;

static void on_signal(int number)
{
	signalled = number;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void sleep_ms(unsigned int ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL); /* a signal ends it early, as it should */
}

static unsigned int links_down(const struct host *h)
{
	struct pmb_device_info info;
	unsigned int down = 0;

	for (unsigned int i = 0; i < h->n; i++) {
		portless_info(h, i, &info);
		down += !info.link_up;
	}
	return down;
}

static void wait_for_links(const struct host *h)
{
	for (unsigned int ms = 0; ms < LINK_WAIT_MS && !signalled; ms += 100) {
		if (links_down(h) == 0)
			return;
		sleep_ms(100);
	}
	if (!signalled)
		host_say("%u links are down after %u s; going on", links_down(h),
			 LINK_WAIT_MS / 1000);
}

/* --duration, --num-packets and --stop-when-idle. */
struct limits {
	uint64_t start_ns, moved_ns;
	uint64_t moved; /* frames, in either direction, at moved_ns */
};

static bool limit_reached(struct limits *l, const struct host *h, uint64_t now_ns)
{
	const struct options *o = h->options;
	uint64_t received, sent;

	if (o->duration != 0 && now_ns - l->start_ns >= o->duration * 1000000000u)
		return true;
	if (o->num_packets == 0 && o->idle_ms == 0)
		return false;
	/* A worker that a PMD keeps waiting, on a slow disk say, or the kernel, is not idle: the
	 * pass that it is in has to end, and a whole one to find nothing. */
	if (o->idle_ms != 0 && now_ns - l->moved_ns >= o->idle_ms * 1000000u) {
		nrt_workers_quiesce();
		nrt_workers_quiesce();
	}
	stats_totals(h, &received, &sent);
	if (o->num_packets != 0 && (received != 0 ? received : sent) >= o->num_packets)
		return true;
	if (received + sent != l->moved || !host_is_running(h)) {
		l->moved = received + sent;
		l->moved_ns = now_ns;
	}
	return o->idle_ms != 0 && now_ns - l->moved_ns >= o->idle_ms * 1000000u;
}

/* Until a signal, a limit, or the end of @cmdline if there is one. */
static void loop(struct session *s, struct limits *l, struct pmb_cmdline *cmdline)
{
	uint64_t period_ns = s->host->options->stats_period * 1000000000u;
	uint64_t table_ns = l->start_ns + period_ns;

	while (!signalled) {
		uint64_t now_ns = stats_now_ns();

		if (limit_reached(l, s->host, now_ns))
			return;
		if (period_ns != 0 && now_ns >= table_ns) {
			stats_table(s->stats, stdout);
			table_ns += period_ns;
		}
		if (cmdline == NULL)
			sleep_ms(TICK_MS);
		else if (!pmb_cmdline_step(cmdline, TICK_MS))
			return;
	}
}

static enum exit_code interact(struct session *s, struct limits *l)
{
	struct pmb_cmdline *cmdline;
	int rc = pmb_cmdline_open(interactive_commands, interactive_run, s, "pollport> ", &cmdline);

	if (rc != 0) {
		host_say("no terminal to read commands from; use --cmdline-file");
		return EXIT_OTHER;
	}
	loop(s, l, cmdline);
	pmb_cmdline_close(cmdline);
	return EXIT_OK;
}

/* Commands first, then what the options say, until it is over. */
static enum exit_code run(struct session *s, struct limits *l)
{
	const struct options *o = s->host->options;
	int rc = 0;

	l->start_ns = l->moved_ns = stats_now_ns();
	if (o->cmdline_file != NULL)
		rc = pmb_cmdline_file(interactive_commands, interactive_run, s, o->cmdline_file);
	if (rc < 0) {
		host_say("%s", pmb_last_error());
		return rc == -EINVAL ? EXIT_USAGE : EXIT_OTHER;
	}
	if (rc == 1)
		return EXIT_OK;
	if (o->interactive)
		return interact(s, l);
	if (!host_start(s->host))
		return EXIT_PORT;
	loop(s, l, NULL);
	return EXIT_OK;
}

/* The ledger is read while the adapters are paused and still there. */
static enum exit_code report(const struct host *h, double seconds)
{
	struct ledger_terms terms[FWD_MAX_PORTS];
	uint64_t unexplained;

	for (unsigned int i = 0; i < h->n; i++)
		host_read(h, i, &terms[i]);
	for (unsigned int i = 0; i < h->n; i++) {
		ledger_print(stdout, h->port[i].port, &terms[i]);
		if (h->settings.record)
			stats_show_record(h, i, stdout);
	}
	unexplained = ledger_print_totals(stdout, terms, h->n);
	fflush(stdout);
	if (h->options->stats_json != NULL &&
	    !json_write(h->options->stats_json, h, terms, seconds)) {
		host_say("--stats-json %s: %s", h->options->stats_json, strerror(errno));
		return EXIT_OTHER;
	}
	return unexplained == 0 ? EXIT_OK : EXIT_LEDGER;
}

/* The workers still run: what happened since the ports stopped is idle time. */
static enum exit_code report_profile(const struct profile *p, double seconds)
{
	const struct options *o = p->host->options;

	if (!o->profile)
		return EXIT_OK;
	profile_show(p, stdout);
	fflush(stdout);
	if (o->profile_file != NULL && !profile_write(p, o->profile_file, seconds)) {
		host_say("--profile=%s: %s", o->profile_file, strerror(errno));
		return EXIT_OTHER;
	}
	return EXIT_OK;
}

static enum exit_code forward(struct host *h)
{
	struct profile profile;
	struct session session = { .host = h, .profile = &profile };
	struct stats stats;
	struct limits limits = { 0 };
	enum exit_code rc, ledger, profiled;
	double seconds;

	session.stats = &stats;
	for (unsigned int i = 0; i < h->n; i++)
		stats_show_info(h, i, stdout);
	fflush(stdout);
	if (!h->options->disable_link_check)
		wait_for_links(h);
	stats_start(&stats, h, isatty(STDOUT_FILENO) && !h->options->interactive);
	profile_start(&profile, h);
	rc = run(&session, &limits);
	if (signalled)
		printf("\n%s: stopping\n", strsignal(signalled));
	if (!host_stop(h) && rc == EXIT_OK)
		rc = EXIT_PORT;
	seconds = (double)(stats_now_ns() - limits.start_ns) * 1e-9;
	ledger = report(h, seconds);
	profiled = report_profile(&profile, seconds);
	if (ledger == EXIT_OK)
		ledger = profiled;
	return rc != EXIT_OK ? rc : ledger;
}

int main(int argc, char **argv)
{
	int own = options_own_start(argc, argv);
	struct complaint why;
	struct options o;
	struct host h;
	enum exit_code rc, closing;

	if (own == 2 && argc == 2 &&
	    (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		options_help(stdout);
		return EXIT_OK;
	}
	if (!options_parse(own < argc ? argc - own : 1, own < argc ? argv + own : argv, &o, &why)) {
		host_say("%s", why.text);
		return EXIT_USAGE;
	}
	if (o.help) {
		options_help(stdout);
		return EXIT_OK;
	}
	if (!o.stats_period_given && !o.interactive && isatty(STDOUT_FILENO))
		o.stats_period = 1;
	catch_signals();
	rc = host_open(&h, &o, own, argv);
	if (rc == EXIT_OK)
		rc = forward(&h);
	closing = host_close(&h);
	return rc != EXIT_OK ? (int)rc : (int)closing;
}
