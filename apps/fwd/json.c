/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The run's totals and ledger as one JSON object. Main thread, after the ports
 * were stopped.
 */
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <nrt/nrt_profile.h>

#include "jsonvalue.h"
#include "portless.h"

static void put_parameters(struct json *j, const struct host *h)
{
	static const char *const topologies[] = { "paired", "chained", "loop" };
	const struct options *o = h->options;

	open_value(j, "parameters", '{');
	text(j, "forward_mode", fwd_mode_names[h->settings.mode]);
	text(j, "port_topology", topologies[o->topology]);
	number(j, "nb_cores", h->workers);
	number(j, "queues", o->rxq);
	number(j, "burst", h->settings.burst);
	number(j, "own_nbls", h->settings.own_nbls);
	number(j, "max_pkt_len", o->max_pkt_len);
	key(j, "verifier");
	fputs(o->verifier ? "true" : "false", j->out);
	close_value(j, '}');
}

static void put_drops(struct json *j, const struct ledger_terms *t)
{
	open_value(j, "dropped", '{');
	number(j, "missed", t->pmd.imissed);
	number(j, "filter", t->pmd.rx_drop_filter + t->ndis.rx_drop_filter);
	number(j, "paused", t->pmd.rx_drop_paused + t->ndis.rx_drop_paused);
	number(j, "no_buffer", t->pmd.rx_drop_nobuf);
	number(j, "bad_frame", t->pmd.rx_drop_bad);
	number(j, "left_in_nic", t->pmd.rx_left);
	for (unsigned int i = FWD_DROP_CONSUMED; i <= FWD_DROP_MALFORMED; i++)
		number(j, fwd_count_names[i], t->received.value[i]);
	number(j, "tx_errors", t->pmd.oerrors);
	close_value(j, '}');
}

static void put_ledger(struct json *j, const struct ledger_terms *t)
{
	struct ledger_row rows[LEDGER_ROWS];
	uint64_t unexplained = ledger_close(t, rows);

	open_value(j, "ledger", '[');
	for (unsigned int i = 0; i < LEDGER_ROWS && rows[i].text != NULL; i++) {
		open_value(j, NULL, '{');
		text(j, "equation", rows[i].text);
		number(j, "left", rows[i].left);
		number(j, "right", rows[i].right);
		close_value(j, '}');
	}
	close_value(j, ']');
	number(j, "unexplained", unexplained);
}

static void put_record(struct json *j, const struct host *h, unsigned int i)
{
	struct fwd_record r;

	if (!h->settings.record)
		return;
	fwd_read_record(h->port[i].port, &r);
	open_value(j, "record", '{');
	number(j, "ticks", r.ticks);
	number(j, "frames", r.frames);
	number(j, "ticks_per_second", r.ticks_per_second);
	open_value(j, "receive_calls_by_frames", '[');
	for (unsigned int n = 0; n <= FWD_MAX_BURST; n++)
		number(j, NULL, r.bursts[n]);
	close_value(j, ']');
	close_value(j, '}');
}

static void put_port(struct json *j, const struct host *h, unsigned int i,
		     const struct ledger_terms *t)
{
	struct pmb_device_info info;

	portless_info(h, i, &info);
	open_value(j, NULL, '{');
	number(j, "port", info.port);
	text(j, "name", info.name);
	text(j, "driver", info.driver);
	text(j, "rx_path", info.rx_path);
	text(j, "tx_path", info.tx_path);
	number(j, "rx_packets", t->pmd.ipackets);
	number(j, "tx_packets", t->pmd.opackets);
	number(j, "rx_bytes", t->pmd.ibytes);
	number(j, "tx_bytes", t->pmd.obytes);
	number(j, "rx_errors", t->pmd.ierrors);
	number(j, "forwarded", t->received.value[FWD_FORWARDED]);
	number(j, "copied", t->received.value[FWD_COPIED]);
	number(j, "sent", ledger_app_sends(&t->sent));
	number(j, "completed", t->sent.value[FWD_COMPLETED]);
	number(j, "failed", t->sent.value[FWD_FAILED]);
	number(j, "outstanding", t->pmd.rx_outstanding + t->pmd.tx_outstanding);
	put_drops(j, t);
	put_ledger(j, t);
	put_record(j, h, i);
	close_value(j, '}');
}

static void put_workers(struct json *j, const struct host *h)
{
	open_value(j, "workers", '[');
	for (unsigned int i = 0; i < h->workers; i++) {
		uint64_t busy = 0, idle = 0;

		nrt_worker_cycles(i, &busy, &idle);
		open_value(j, NULL, '{');
		number(j, "worker", i);
		number(j, "busy_cycles", busy);
		number(j, "idle_cycles", idle);
		close_value(j, '}');
	}
	close_value(j, ']');
}

bool json_write(const char *path, const struct host *h, const struct ledger_terms *terms,
		double seconds)
{
	struct json j = { .out = fopen(path, "w") };
	struct ledger_row rows[LEDGER_ROWS];
	uint64_t unexplained = 0;
	bool ok;

	if (j.out == NULL)
		return false;
	open_value(&j, NULL, '{');
	text(&j, "program", "pollport-fwd");
	real(&j, "duration_s", seconds);
	put_parameters(&j, h);
	text(&j, "overload", options_overload);
	put_workers(&j, h);
	open_value(&j, "ports", '[');
	for (unsigned int i = 0; i < h->n; i++) {
		put_port(&j, h, i, &terms[i]);
		unexplained += ledger_close(&terms[i], rows);
	}
	close_value(&j, ']');
	number(&j, "violations", nrt_violation_count());
	number(&j, "unexplained", unexplained);
	close_value(&j, '}');
	fputc('\n', j.out);
	ok = ferror(j.out) == 0;
	return fclose(j.out) == 0 && ok;
}
