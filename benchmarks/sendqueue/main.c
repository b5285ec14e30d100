/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * send-queue-run: one run of one queue, its figures as a line of JSON. benchmarks/send_queue
 * runs it in pairs; by hand it is for perf. Main thread.
 *
 * Exit status: 0 done; 1 no memory or no thread; 2 bad usage.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static const struct candidate *const candidates[] = {
	&candidate_shipped, &candidate_batches, &candidate_links, &candidate_spinlock,
	&candidate_spinlock_polled, &candidate_ring_mp, &candidate_ring_hts, &candidate_ring_rts,
};

static const char usage[] =
	"usage: send-queue-run [--algorithm NAME] [--producers 1..64] [--burst 1..64]\n"
	"       [--seconds S] [--warm-up S] [--cpus PRODUCERS,CONSUMER] [--shuffled] [--latency]\n"
	"       [--pass CYCLES]\n"
	"       send-queue-run --list\n";

static int bad(const char *option, const char *value, const char *wanted)
{
	fprintf(stderr, "send-queue-run: --%s %s: want %s\n", option, value, wanted);
	return 2;
}

static const struct candidate *find(const char *name)
{
	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++)
		if (strcmp(candidates[i]->name, name) == 0)
			return candidates[i];
	return NULL;
}

static bool number(const char *text, long min, long max, unsigned int *out)
{
	char *end;
	long value = strtol(text, &end, 10);

	*out = (unsigned int)value;
	return end != text && *end == '\0' && value >= min && value <= max;
}

static bool duration(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && *end == '\0' && *out >= 0 && *out <= 3600;
}

static bool cpus(const char *text, int *first, int *second)
{
	long most = sysconf(_SC_NPROCESSORS_CONF);
	char rest;

	return sscanf(text, "%d,%d%c", first, second, &rest) == 2 && *first >= 0 &&
	       *second >= 0 && *first < most && *second < most;
}

/* One option into @plan: 0, or the exit status. */
static int option(int c, struct bench_plan *plan)
{
	switch (c) {
	case 'a':
		plan->candidate = find(optarg);
		return plan->candidate != NULL ? 0 : bad("algorithm", optarg, "one of --list");
	case 'p':
		return number(optarg, 1, MAX_PRODUCERS, &plan->producers) ?
			       0 : bad("producers", optarg, "1 to 64");
	case 'b':
		return number(optarg, 1, MAX_BURST, &plan->burst) ? 0 :
								    bad("burst", optarg, "1 to 64");
	case 's':
		return duration(optarg, &plan->seconds) && plan->seconds > 0 ?
			       0 : bad("seconds", optarg, "a time above 0, at most 3600");
	case 'w':
		return duration(optarg, &plan->warm_up) ? 0 : bad("warm-up", optarg, "0 to 3600");
	case 'c':
		return cpus(optarg, &plan->producer_cpu, &plan->consumer_cpu) ?
			       0 : bad("cpus", optarg, "two processors of this machine, as in 0,1");
	case 'S':
		plan->shuffled = true;
		return 0;
	case 'P':
		return number(optarg, 0, 1000000, &plan->pass) ? 0 :
								 bad("pass", optarg, "0 to 1000000");
	case 'l':
		plan->latency = true;
		return 0;
	default:
		fputs(usage, stderr);
		return 2;
	}
}

static int list(void)
{
	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++)
		puts(candidates[i]->name);
	return 0;
}

static void print(const struct bench_plan *plan, const struct bench_result *r)
{
	double per_us = r->cycles / r->seconds / 1e6;

	printf("{\"algorithm\": \"%s\", \"producers\": %u, \"burst\": %u, \"seconds\": %.4f, "
	       "\"mpps\": %.4f, \"cycles_per_nbl\": %.2f, \"nbls_per_take\": %.2f, "
	       "\"cpu_share\": %.4f, \"consumer_share\": %.4f",
	       plan->candidate->name, plan->producers, plan->burst, r->seconds,
	       (double)r->nbls / r->seconds / 1e6,
	       r->nbls != 0 ? r->cycles / (double)r->nbls : 0,
	       r->takes != 0 ? (double)r->nbls / (double)r->takes : 0, r->cpu_share,
	       r->consumer_share);
	if (plan->latency)
		printf(", \"p50_us\": %.3f, \"p99_us\": %.3f, \"p999_us\": %.3f, \"max_us\": %.3f",
		       (double)r->p50 / per_us, (double)r->p99 / per_us,
		       (double)r->p999 / per_us, (double)r->worst / per_us);
	puts("}");
}

int main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "algorithm", required_argument, NULL, 'a' },
		{ "producers", required_argument, NULL, 'p' },
		{ "burst", required_argument, NULL, 'b' },
		{ "seconds", required_argument, NULL, 's' },
		{ "warm-up", required_argument, NULL, 'w' },
		{ "cpus", required_argument, NULL, 'c' },
		{ "pass", required_argument, NULL, 'P' },
		{ "shuffled", no_argument, NULL, 'S' },
		{ "latency", no_argument, NULL, 'l' },
		{ "list", no_argument, NULL, 'L' },
		{ 0 },
	};
	struct bench_plan plan = { .candidate = &candidate_shipped, .producers = 1, .burst = 1,
				   .warm_up = 0.1, .seconds = 0.5,
				   .producer_cpu = -1, .consumer_cpu = -1 };
	struct bench_result result;
	int c, rc;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'L')
			return list();
		rc = option(c, &plan);
		if (rc != 0)
			return rc;
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return 2;
	}
	rc = bench_run(&plan, &result);
	if (rc != 0) {
		fprintf(stderr, "send-queue-run: %s: free memory, or use fewer --producers\n",
			strerror(-rc));
		return 1;
	}
	print(&plan, &result);
	return 0;
}
