/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tables of counts for people. Main thread, between looks at the limits.
 */
#include "stats.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include <nrt/nrt_profile.h>

#include "nodes.h"
#include "portless.h"

uint64_t stats_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void stats_start(struct stats *s, struct host *h, bool redraw)
{
	memset(s, 0, sizeof(*s));
	s->host = h;
	s->redraw = redraw;
	s->last_ns = stats_now_ns();
	for (unsigned int i = 0; i < h->n; i++)
		host_read(h, i, &s->last[i]);
	for (unsigned int i = 0; i < h->workers; i++)
		nrt_worker_cycles(i, &s->cycles[i].busy, &s->cycles[i].idle);
}

static uint64_t dropped(const struct ledger_terms *t)
{
	return ledger_bridge_drops(&t->pmd) + t->ndis.rx_drop_filter + t->ndis.rx_drop_paused +
	       ledger_app_drops(&t->received) + t->pmd.imissed + t->pmd.oerrors;
}

static double rate(uint64_t now, uint64_t before, double seconds)
{
	return now > before ? (double)(now - before) / seconds : 0;
}

static void table_row(const struct stats *s, unsigned int i, const struct ledger_terms *now,
		      double seconds, FILE *out)
{
	const struct pmb_device_stats *p = &now->pmd, *before = &s->last[i].pmd;
	const struct ledger_terms *zero = &s->clear[i];

	fprintf(out,
		"%4u %15" PRIu64 " %15" PRIu64 " %12" PRIu64 " %8" PRIu64
		" %12.0f %12.0f %9.1f %9.1f\n",
		s->host->port[i].port, p->ipackets - zero->pmd.ipackets,
		p->opackets - zero->pmd.opackets, dropped(now) - dropped(zero), p->tx_outstanding,
		rate(p->ipackets, before->ipackets, seconds),
		rate(p->opackets, before->opackets, seconds),
		rate(p->ibytes, before->ibytes, seconds) * 8e-6,
		rate(p->obytes, before->obytes, seconds) * 8e-6);
}

/* Counts go back by a pass now and then: see nrt_profile.h. */
static double percent_busy(const struct worker_cycles *now, const struct worker_cycles *before)
{
	double busy = now->busy > before->busy ? (double)(now->busy - before->busy) : 0;
	double idle = now->idle > before->idle ? (double)(now->idle - before->idle) : 0;

	return busy + idle > 0 ? 100 * busy / (busy + idle) : 0;
}

/* Of the time since the last table. */
static void table_workers(struct stats *s, FILE *out)
{
	fputs("busy", out);
	for (unsigned int i = 0; i < s->host->workers; i++) {
		struct worker_cycles now = { 0 };

		nrt_worker_cycles(i, &now.busy, &now.idle);
		fprintf(out, "  worker %u: %.1f %%", i, percent_busy(&now, &s->cycles[i]));
		s->cycles[i] = now;
	}
	fputs("   \n", out); /* over what a longer line left there */
}

void stats_table(struct stats *s, FILE *out)
{
	uint64_t now_ns = stats_now_ns();
	double seconds = (double)(now_ns - s->last_ns) * 1e-9;

	if (s->redraw && s->drawn)
		fprintf(out, "\033[%uA", s->host->n + 2);
	s->drawn = true;
	s->last_ns = now_ns;
	fprintf(out, "%4s %15s %15s %12s %8s %12s %12s %9s %9s\n", "port", "received", "sent",
		"dropped", "queued", "rx/s", "tx/s", "rx Mbit/s", "tx Mbit/s");
	for (unsigned int i = 0; i < s->host->n; i++) {
		struct ledger_terms now;

		host_read(s->host, i, &now);
		table_row(s, i, &now, seconds, out);
		s->last[i] = now;
	}
	table_workers(s, out);
	fflush(out);
}

void stats_show_info(const struct host *h, unsigned int i, FILE *out)
{
	struct pmb_device_info info;
	char node[48];

	portless_info(h, i, &info);
	if (h->port[i].device == NULL) {
		fprintf(out, "Port %u: %s (%s), without a device, link %s at %u Mbit/s\n", info.port,
			info.name, info.driver, info.link_up ? "up" : "down", info.link_mbps);
		return;
	}
	fprintf(out,
		"Port %u: %s (%s), %s, %02X:%02X:%02X:%02X:%02X:%02X, MTU %u, link %s",
		info.port, info.name, info.driver, nodes_port_text(&info, node), info.mac[0],
		info.mac[1], info.mac[2], info.mac[3], info.mac[4], info.mac[5], info.mtu,
		info.link_up ? "up" : "down");
	if (info.link_up && info.link_mbps != 0)
		fprintf(out, " at %u Mbit/s", info.link_mbps);
	fprintf(out,
		"\n  %u queue pairs, rings of %u rx and %u tx descriptors, %u mbufs (%u needed)\n"
		"  RX path: %s\n  TX path: %s\n",
		info.rx_queues, info.rx_desc, info.tx_desc, info.mbufs, info.needed_mbufs,
		info.rx_path, info.tx_path);
	nodes_show_port(h, i, out);
}

void stats_show_counts(const struct stats *s, unsigned int i, FILE *out)
{
	const struct ledger_terms *zero = &s->clear[i];
	struct ledger_terms now;

	host_read(s->host, i, &now);
	fprintf(out, "Port %u:\n  received %" PRIu64 " frames, %" PRIu64 " bytes; missed %" PRIu64
		     ", errors %" PRIu64 "\n", s->host->port[i].port,
		now.pmd.ipackets - zero->pmd.ipackets, now.pmd.ibytes - zero->pmd.ibytes,
		now.pmd.imissed - zero->pmd.imissed, now.pmd.ierrors - zero->pmd.ierrors);
	fprintf(out, "  sent %" PRIu64 " frames, %" PRIu64 " bytes; errors %" PRIu64 ", queued %"
		     PRIu64 "\n", now.pmd.opackets - zero->pmd.opackets,
		now.pmd.obytes - zero->pmd.obytes, now.pmd.oerrors - zero->pmd.oerrors,
		now.pmd.tx_outstanding);
	fputs("  forwarder:", out);
	for (unsigned int k = 0; k < FWD_COUNTS; k++)
		fprintf(out, " %s %" PRIu64, fwd_count_names[k],
			now.received.value[k] - zero->received.value[k]);
	fputc('\n', out);
}

static void show_xstat(const char *name, uint64_t value, void *out)
{
	fprintf(out, "  %s: %" PRIu64 "\n", name, value);
}

void stats_show_xstats(const struct host *h, unsigned int i, FILE *out)
{
	fprintf(out, "Port %u:\n", h->port[i].port);
	if (h->port[i].device != NULL)
		pmb_device_xstats(h->port[i].device, show_xstat, out);
}

void stats_show_summary(const struct host *h, unsigned int i, FILE *out)
{
	struct pmb_device_info info;
	uint64_t bps;
	bool up = fwd_link_up(h->port[i].port, &bps);

	portless_info(h, i, &info);
	fprintf(out, "%4u %-20s %-16s %-8s NDIS link %s, %" PRIu64 " Mbit/s\n", info.port,
		info.name, info.driver, h->port[i].running ? "running" : "stopped",
		up ? "up" : "down", bps / 1000000);
}

void stats_show_workers(const struct stats *s, FILE *out)
{
	static const struct worker_cycles start;

	for (unsigned int i = 0; i < s->host->workers; i++) {
		struct worker_cycles now = { 0 };

		nrt_worker_cycles(i, &now.busy, &now.idle);
		fprintf(out, "worker %u: busy %" PRIu64 " cycles, idle %" PRIu64 ", %.1f %% busy\n",
			i, now.busy, now.idle, percent_busy(&now, &start));
	}
}

void stats_clear(struct stats *s, unsigned int i)
{
	host_read(s->host, i, &s->clear[i]);
}

static void show_bursts(const struct fwd_record *r, FILE *out)
{
	uint64_t calls = 0;

	for (unsigned int n = 0; n <= FWD_MAX_BURST; n++)
		calls += r->bursts[n];
	fprintf(out, "  receive calls %" PRIu64, calls);
	for (unsigned int n = FWD_MAX_BURST; n > 0; n--)
		if (r->bursts[n] * 100 > calls) /* one in a hundred and more */
			fprintf(out, ", of %u: %.0f %%", n,
				100.0 * (double)r->bursts[n] / (double)calls);
	fputc('\n', out);
}

void stats_show_record(const struct host *h, unsigned int i, FILE *out)
{
	struct fwd_record r;

	fwd_read_record(h->port[i].port, &r);
	fprintf(out, "Port %u:\n", h->port[i].port);
	if (h->options->record_bursts)
		show_bursts(&r, out);
	if (h->options->record_cycles && r.frames != 0)
		fprintf(out, "  %.2f ticks a frame in receive calls, sends included; %" PRIu64
			     " ticks a second\n", (double)r.ticks / (double)r.frames,
			r.ticks_per_second);
}

void stats_totals(const struct host *h, uint64_t *received, uint64_t *sent)
{
	*received = *sent = 0;
	for (unsigned int i = 0; i < h->n; i++) {
		struct ledger_terms t;

		host_read(h, i, &t);
		*received += t.pmd.ipackets;
		*sent += ledger_app_sends(&t.sent);
	}
}
