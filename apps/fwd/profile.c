/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cycle ledger for people and for programs: what the runtime measured of each
 * worker since the run began. Main thread, while the workers run.
 */
#include "profile.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "jsonvalue.h"

/* One worker's. */
struct sheet {
	struct nrt_profile counts;
	struct nrt_profile_row row[NRT_ROWS];
	uint64_t total;     /* cycles, busy and idle */
	uint64_t packets;   /* received or sent, whichever are more */
	double explained;   /* see nrt_profile_rows */
	double ran;         /* part of the time in which the kernel let the worker run */
};

void profile_start(struct profile *p, const struct host *h)
{
	memset(p, 0, sizeof(*p));
	p->host = h;
	for (unsigned int i = 0; h->options->profile && i < h->workers; i++)
		nrt_profile_read(i, &p->begin[i]);
}

static bool read_sheet(const struct profile *p, unsigned int worker, struct sheet *s)
{
	if (nrt_profile_read(worker, &s->counts) != 0)
		return false;
	nrt_profile_since(&s->counts, &p->begin[worker]);
	s->explained = nrt_profile_rows(&s->counts, s->row);
	s->total = s->counts.busy + s->counts.idle;
	s->ran = s->total == 0 ? 0 : (double)s->counts.cpu_ns * 1e-9 *
				     (double)s->counts.ticks_per_second / (double)s->total;
	s->packets = s->row[NRT_STAGE_RX].packets;
	if (s->packets < s->row[NRT_STAGE_TX].packets) /* txonly, flowgen */
		s->packets = s->row[NRT_STAGE_TX].packets;
	return true;
}

static double part(uint64_t of, uint64_t all)
{
	return all != 0 ? (double)of / (double)all : 0;
}

/* ------------------------------------------------------------------ table */

/* "-" where there is nothing to divide by. */
static void put_ratio(FILE *out, int width, uint64_t of, uint64_t by)
{
	if (by != 0)
		fprintf(out, " %*.2f", width, part(of, by));
	else
		fprintf(out, " %*s", width, "-");
}

static void put_row(FILE *out, const char *name, const struct nrt_profile_row *row, uint64_t total)
{
	fprintf(out, "  %-10s %13" PRIu64 " %14" PRIu64, name, row->calls, row->packets);
	put_ratio(out, 12, row->packets, row->packets != 0 ? row->calls : 0);
	fprintf(out, " %15" PRIu64 " %6.2f", row->cycles, 100 * part(row->cycles, total));
	put_ratio(out, 13, row->cycles, row->packets);
	fputc('\n', out);
}

static void put_perf(FILE *out, const struct sheet *s)
{
	const struct nrt_perf *perf = &s->counts.perf;
	uint64_t known = perf->error == 0 ? s->packets : 0;

	fputs("  per packet: instructions", out);
	put_ratio(out, 0, perf->instructions, known);
	fputs(", L1d misses", out);
	put_ratio(out, 0, perf->l1d_misses, perf->has_l1d ? known : 0);
	fputs(", LLC misses", out);
	put_ratio(out, 0, perf->llc_misses, perf->has_llc ? known : 0);
	fputs("; instructions per cycle", out);
	put_ratio(out, 0, perf->instructions, perf->error == 0 ? perf->cycles : 0);
	fputc('\n', out);
}

static void put_sheet(FILE *out, unsigned int worker, const struct sheet *s)
{
	uint64_t rows = 0;

	fprintf(out, "Worker %u: %.1f %% busy, %" PRIu64 " cycles in all, ", worker,
		100 * part(s->counts.busy, s->total), s->total);
	if (s->packets != 0)
		fprintf(out, "%.2f busy cycles a packet\n", part(s->counts.busy, s->packets));
	else
		fputs("no packets measured\n", out);
	fprintf(out, "  %-10s %13s %14s %12s %15s %6s %13s\n", "stage", "calls", "packets",
		"packets/call", "cycles", "%", "cycles/packet");
	for (unsigned int i = 0; i < NRT_ROWS; i++) {
		put_row(out, nrt_stage_names[i], &s->row[i], s->total);
		rows += s->row[i].cycles;
	}
	fprintf(out, "  %-10s %13s %14" PRIu64 " %12s %15" PRIu64 " %6.2f", "sum", "", s->packets,
		"", rows, 100 * part(rows, s->total));
	put_ratio(out, 13, rows, s->packets);
	fprintf(out, "\n  %" PRIu64 " of %" PRIu64 " busy passes measured, %" PRIu64
		     " interrupted; by them the stages are %.1f %% of the busy cycles;\n"
		     "  the kernel let the worker run %.1f %% of the time\n",
		s->counts.measured_passes, s->counts.busy_passes, s->counts.interrupted_passes,
		100 * s->explained, 100 * s->ran);
	put_perf(out, s);
}

/* One line on why the processor's own counters are missing. */
static void explain_perf(FILE *out, int error)
{
	if (error == ENOENT || error == EOPNOTSUPP || error == ENODEV)
		fputs("No instructions and misses: this machine has no performance counters, as "
		      "most virtual machines; give it a PMU (QEMU: -cpu host,pmu=on)\n", out);
	else
		fprintf(out, "No instructions and misses: perf_event_open: %s; allow it with "
			     "sysctl kernel.perf_event_paranoid=2, or CAP_PERFMON in a container\n",
			strerror(error));
}

void profile_show(const struct profile *p, FILE *out)
{
	int error = 0;

	if (!p->host->options->profile) {
		fputs("no profile is taken: start with --profile\n", out);
		return;
	}
	for (unsigned int i = 0; i < p->host->workers; i++) {
		struct sheet s;

		if (!read_sheet(p, i, &s))
			continue;
		put_sheet(out, i, &s);
		error = s.counts.perf.error;
	}
	if (error != 0)
		explain_perf(out, error);
}

/* ------------------------------------------------------------------- JSON */

static void ratio(struct json *j, const char *name, uint64_t of, uint64_t by)
{
	if (by != 0)
		real(j, name, part(of, by));
	else
		missing(j, name);
}

static void write_row(struct json *j, const char *name, const struct nrt_profile_row *row,
		      uint64_t total)
{
	open_value(j, NULL, '{');
	text(j, "stage", name);
	number(j, "calls", row->calls);
	number(j, "packets", row->packets);
	ratio(j, "packets_per_call", row->packets, row->packets != 0 ? row->calls : 0);
	number(j, "cycles", row->cycles);
	ratio(j, "percent", 100 * row->cycles, total);
	ratio(j, "cycles_per_packet", row->cycles, row->packets);
	close_value(j, '}');
}

static void write_perf(struct json *j, const struct sheet *s)
{
	const struct nrt_perf *perf = &s->counts.perf;
	uint64_t known = perf->error == 0 ? s->packets : 0;

	open_value(j, "perf", '{');
	if (perf->error != 0)
		text(j, "error", strerror(perf->error));
	else
		missing(j, "error");
	ratio(j, "instructions_per_packet", perf->instructions, known);
	ratio(j, "instructions_per_cycle", perf->instructions,
	      perf->error == 0 ? perf->cycles : 0);
	ratio(j, "l1d_misses_per_packet", perf->l1d_misses, perf->has_l1d ? known : 0);
	ratio(j, "llc_misses_per_packet", perf->llc_misses, perf->has_llc ? known : 0);
	close_value(j, '}');
}

static void write_sheet(struct json *j, unsigned int worker, const struct sheet *s)
{
	open_value(j, NULL, '{');
	number(j, "worker", worker);
	number(j, "cycles_per_second", s->counts.ticks_per_second);
	number(j, "total_cycles", s->total);
	number(j, "busy_cycles", s->counts.busy);
	number(j, "idle_cycles", s->counts.idle);
	number(j, "packets", s->packets);
	ratio(j, "busy_cycles_per_packet", s->counts.busy, s->packets);
	number(j, "busy_passes", s->counts.busy_passes);
	number(j, "measured_passes", s->counts.measured_passes);
	number(j, "interrupted_passes", s->counts.interrupted_passes);
	real(j, "explained_percent", 100 * s->explained);
	real(j, "running_percent", 100 * s->ran);
	open_value(j, "stages", '[');
	for (unsigned int i = 0; i < NRT_ROWS; i++)
		write_row(j, nrt_stage_names[i], &s->row[i], s->total);
	close_value(j, ']');
	write_perf(j, s);
	close_value(j, '}');
}

bool profile_write(const struct profile *p, const char *path, double seconds)
{
	struct json j = { .out = fopen(path, "w") };
	bool ok;

	if (j.out == NULL)
		return false;
	open_value(&j, NULL, '{');
	text(&j, "program", "pollport-fwd");
	text(&j, "forward_mode", fwd_mode_names[p->host->settings.mode]);
	real(&j, "duration_s", seconds);
	open_value(&j, "workers", '[');
	for (unsigned int i = 0; i < p->host->workers; i++) {
		struct sheet s;

		if (read_sheet(p, i, &s))
			write_sheet(&j, i, &s);
	}
	close_value(&j, ']');
	close_value(&j, '}');
	fputc('\n', j.out);
	ok = ferror(j.out) == 0;
	return fclose(j.out) == 0 && ok;
}
