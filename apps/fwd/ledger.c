/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The equations of the ledger and their print. Main thread, after the adapters
 * were paused and before they are removed.
 */
#include "ledger.h"

#include <inttypes.h>

uint64_t ledger_app_drops(const struct fwd_counts *c)
{
	return c->value[FWD_DROP_CONSUMED] + c->value[FWD_DROP_STOPPED] +
	       c->value[FWD_DROP_NO_NBL] + c->value[FWD_DROP_UNWANTED] +
	       c->value[FWD_DROP_MALFORMED];
}

uint64_t ledger_bridge_drops(const struct pmb_device_stats *p)
{
	return p->rx_drop_filter + p->rx_drop_paused + p->rx_drop_nobuf + p->rx_drop_bad;
}

/* Received, as the PMD says, and never seen above the bridge. */
static uint64_t lost_below(const struct pmb_device_stats *p)
{
	return p->rx_left + ledger_bridge_drops(p);
}

uint64_t ledger_app_sends(const struct fwd_counts *c)
{
	return c->value[FWD_FORWARDED] + c->value[FWD_GENERATED];
}

static unsigned int add(struct ledger_row *row, const char *text, uint64_t left, uint64_t right)
{
	*row = (struct ledger_row){ text, left, right };
	return 1;
}

/* The adapter that the forwarder is bound to. What an intermediate driver keeps and makes lies
 * between that and the port's. */
static const struct nrt_ledger *above(const struct ledger_terms *t)
{
	return t->has_upper ? &t->upper : &t->ndis;
}

/* Upwards: each party against the next, and back again. What filters keep and make lies
 * between what went into them and what came out. */
static unsigned int receive_rows(const struct ledger_terms *t, struct ledger_row *rows)
{
	const struct pmb_device_stats *p = &t->pmd;
	const struct nrt_ledger *n = &t->ndis, *u = above(t);
	const struct fwd_counts *app = &t->received;
	unsigned int i = 0;

	if (!t->portless) {
		i += add(&rows[i], "PMD received = bridge took + left in its rings", p->ipackets,
			 p->rx_frames + p->rx_left);
		i += add(&rows[i], "bridge took = indicated + dropped", p->rx_frames,
			 p->rx_indicated + ledger_bridge_drops(p));
		i += add(&rows[i], "bridge indicated = runtime saw indicated", p->rx_indicated,
			 n->rx_indicated);
	}
	i += add(&rows[i], "runtime saw indicated = delivered + dropped",
		 n->rx_indicated - n->rx_into_filters + n->rx_out_of_filters,
		 n->rx_delivered + n->rx_drop_filter + n->rx_drop_paused);
	if (!t->others)
		i += add(&rows[i], "runtime delivered + copied + looped = forwarder got",
			 u->rx_delivered + u->rx_copies + u->rx_looped, app->value[FWD_DELIVERED]);
	i += add(&rows[i], "forwarder got = forwarded + dropped", app->value[FWD_DELIVERED],
		 app->value[FWD_FORWARDED] + ledger_app_drops(app));
	i += add(&rows[i], "runtime saw returned = indicated", n->rx_returned, n->rx_indicated);
	if (t->portless)
		return i;
	i += add(&rows[i], "bridge got back = indicated", p->rx_returned, p->rx_indicated);
	i += add(&rows[i], "received NBLs outstanding = 0", p->rx_outstanding, 0);
	i += add(&rows[i], "pool free + held by PMD + above = size",
		 p->pool_free + p->pool_pmd + p->pool_above, p->pool_size);
	i += add(&rows[i], "pool buffers above = 0", p->pool_above, 0);
	return i;
}

/* Downwards, and the completions. */
static unsigned int send_rows(const struct ledger_terms *t, struct ledger_row *rows)
{
	const struct pmb_device_stats *p = &t->pmd;
	const struct nrt_ledger *n = &t->ndis;
	unsigned int i = 0;

	if (!t->others)
		i += add(&rows[i], "forwarder sent = runtime was given",
			 t->sent.value[FWD_SENT_NBLS], above(t)->tx_submitted);
	i += add(&rows[i], "runtime was given = handed down + rejected",
		 n->tx_submitted - n->tx_into_filters + n->tx_out_of_filters,
		 n->tx_handed + n->tx_rejected);
	if (t->portless) {
		i += add(&rows[i], "runtime handed down = saw completed", n->tx_handed,
			 n->tx_returned);
	} else {
		i += add(&rows[i], "runtime handed down = bridge accepted", n->tx_handed,
			 p->tx_accepted);
		i += add(&rows[i], "bridge accepted = completed", p->tx_accepted, p->tx_completed);
		i += add(&rows[i], "bridge completed = runtime saw completed", p->tx_completed,
			 n->tx_returned);
	}
	i += add(&rows[i], "runtime saw completed + rejected = completed upwards",
		 n->tx_returned - n->done_into_filters + n->done_out_of_filters + n->tx_rejected,
		 n->tx_completed);
	if (!t->others)
		i += add(&rows[i], "runtime completed upwards = forwarder got back",
			 above(t)->tx_completed, t->sent.value[FWD_COMPLETED_NBLS]);
	i += add(&rows[i], "frames: forwarder sent = got back", ledger_app_sends(&t->sent),
		 t->sent.value[FWD_COMPLETED]);
	if (t->portless)
		return i;
	i += add(&rows[i], "frames: bridge was offered = PMD took + unsent", p->tx_offered,
		 p->tx_frames + p->tx_unsent);
	i += add(&rows[i], "PMD took + sent though recalled = sent + failed + recalled",
		 p->tx_frames + p->tx_doubtful, p->opackets + p->oerrors + p->tx_recalled);
	return i;
}

_Static_assert(LEDGER_ROWS == 11 + 10, "receive_rows and send_rows fill all rows at most");

uint64_t ledger_close(const struct ledger_terms *terms, struct ledger_row rows[LEDGER_ROWS])
{
	uint64_t unexplained = 0;
	unsigned int n = receive_rows(terms, rows);

	n += send_rows(terms, rows + n);
	for (unsigned int i = n; i < LEDGER_ROWS; i++)
		rows[i] = (struct ledger_row){ NULL, 0, 0 };
	for (unsigned int i = 0; i < n; i++)
		unexplained += rows[i].left > rows[i].right ? rows[i].left - rows[i].right :
							      rows[i].right - rows[i].left;
	return unexplained;
}

static void print_reason(FILE *out, const char *name, uint64_t n)
{
	if (n != 0)
		fprintf(out, ", %s %" PRIu64, name, n);
}

/* What filters let go no further, and what they made; nothing without them. */
static void print_filters(FILE *out, const struct nrt_ledger *n)
{
	if (n->rx_into_filters + n->rx_out_of_filters + n->tx_into_filters + n->tx_out_of_filters ==
	    0)
		return;
	fprintf(out, "  filters      %16" PRIu64 "  NBLs received, %" PRIu64 " came out; %" PRIu64
		     " sent, %" PRIu64 " came out\n",
		n->rx_into_filters, n->rx_out_of_filters, n->tx_into_filters, n->tx_out_of_filters);
}

/* What an intermediate driver let through to the forwarder and from it. */
static void print_upper(FILE *out, const struct ledger_terms *t)
{
	if (t->has_upper)
		fprintf(out, "  virtual      %16" PRIu64 "  NBLs received, of %" PRIu64
			" below; %" PRIu64 " sent, %" PRIu64 " below\n", t->upper.rx_indicated,
			t->ndis.rx_delivered, t->upper.tx_submitted, t->ndis.tx_submitted);
}

static void print_drops(FILE *out, const struct ledger_terms *t)
{
	const struct pmb_device_stats *p = &t->pmd;

	fprintf(out, "  dropped      %16" PRIu64 " ",
		lost_below(p) + t->ndis.rx_drop_filter + t->ndis.rx_drop_paused +
			ledger_app_drops(&t->received));
	print_reason(out, "filter", p->rx_drop_filter + t->ndis.rx_drop_filter);
	print_reason(out, "paused", p->rx_drop_paused + t->ndis.rx_drop_paused);
	print_reason(out, "no buffer", p->rx_drop_nobuf);
	print_reason(out, "bad frame", p->rx_drop_bad);
	print_reason(out, "left in the NIC", p->rx_left);
	for (unsigned int i = FWD_DROP_CONSUMED; i <= FWD_DROP_MALFORMED; i++)
		print_reason(out, fwd_count_names[i], t->received.value[i]);
	fputc('\n', out);
}

/* What was sent, and what of it is where. */
static void print_sent(FILE *out, const struct ledger_terms *t)
{
	const struct pmb_device_stats *p = &t->pmd;

	fprintf(out, "  sent         %16" PRIu64 "  accepted %" PRIu64 ", completed %" PRIu64
		     ", failed %" PRIu64 "\n", ledger_app_sends(&t->sent),
		t->portless ? t->ndis.tx_handed : p->tx_offered, t->sent.value[FWD_COMPLETED],
		t->sent.value[FWD_FAILED]);
	if (t->portless) {
		fprintf(out, "  outstanding  %16" PRIu64 "  received, %" PRIu64 " sent\n",
			p->rx_outstanding, p->tx_outstanding);
		return;
	}
	fprintf(out, "  transmitted  %16" PRIu64 "  by the PMD; errors %" PRIu64, p->opackets,
		p->oerrors);
	print_reason(out, "recalled", p->tx_recalled);
	print_reason(out, "of these sent all the same", p->tx_doubtful);
	fputc('\n', out);
	fprintf(out, "  outstanding  %16" PRIu64 "  received, %" PRIu64 " sent; pool %" PRIu64
		     " = %" PRIu64 " free + %" PRIu64 " in the PMD + %" PRIu64 " above\n",
		p->rx_outstanding, p->tx_outstanding, p->pool_size, p->pool_free, p->pool_pmd,
		p->pool_above);
}

void ledger_print(FILE *out, unsigned int port, const struct ledger_terms *t)
{
	const struct pmb_device_stats *p = &t->pmd;
	struct ledger_row rows[LEDGER_ROWS];
	uint64_t unexplained = ledger_close(t, rows);

	fprintf(out, "Port %u\n", port);
	if (t->portless)
		fprintf(out, "  received     %16" PRIu64 "  by the miniport\n", p->ipackets);
	else
		fprintf(out, "  received     %16" PRIu64 "  by the PMD; missed %" PRIu64
			     ", errors %" PRIu64 "\n", p->ipackets, p->imissed, p->ierrors);
	fprintf(out, "  delivered    %16" PRIu64 "  of these forwarded %" PRIu64 ", copied %" PRIu64
		     "\n", t->received.value[FWD_DELIVERED], t->received.value[FWD_FORWARDED],
		t->received.value[FWD_COPIED]);
	print_drops(out, t);
	print_filters(out, &t->ndis);
	print_upper(out, t);
	print_sent(out, t);
	fprintf(out, "  unexplained  %16" PRIu64 "\n", unexplained);
	for (unsigned int i = 0; i < LEDGER_ROWS; i++)
		if (rows[i].left != rows[i].right)
			fprintf(out, "    does not hold: %s: %" PRIu64 " != %" PRIu64 "\n",
				rows[i].text, rows[i].left, rows[i].right);
}

uint64_t ledger_print_totals(FILE *out, const struct ledger_terms *t, unsigned int n)
{
	uint64_t received = 0, dropped = 0, sent = 0, completed = 0, outstanding = 0;
	uint64_t unexplained = 0;
	struct ledger_row rows[LEDGER_ROWS];

	for (unsigned int i = 0; i < n; i++) {
		received += t[i].pmd.ipackets;
		dropped += lost_below(&t[i].pmd) + t[i].ndis.rx_drop_filter +
			   t[i].ndis.rx_drop_paused + ledger_app_drops(&t[i].received);
		sent += ledger_app_sends(&t[i].sent);
		completed += t[i].sent.value[FWD_COMPLETED];
		outstanding += t[i].pmd.rx_outstanding + t[i].pmd.tx_outstanding;
		unexplained += ledger_close(&t[i], rows);
	}
	fprintf(out, "Total: received %" PRIu64 ", dropped %" PRIu64 ", sent %" PRIu64
		     ", completed %" PRIu64 ", outstanding %" PRIu64 ", unexplained %" PRIu64 "\n",
		received, dropped, sent, completed, outstanding, unexplained);
	return unexplained;
}
