/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ledger's equations: closed when every party counted alike, and open by
 * just as much as any one of them counted otherwise.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ledger.h"

/* 1000 frames came, 10 were dropped for want of an NBL, 5 by the bridge; 900
 * left in 90 NBLs, one of them by a failed send and two aborted. */
static struct ledger_terms closed_terms(void)
{
	struct ledger_terms t;

	memset(&t, 0, sizeof(t));
	t.pmd.ipackets = t.pmd.rx_frames = 1000;
	t.pmd.rx_drop_paused = 5;
	t.pmd.rx_indicated = t.pmd.rx_returned = 995;
	t.ndis.rx_indicated = t.ndis.rx_returned = t.ndis.rx_delivered = 995;
	t.received.value[FWD_DELIVERED] = 995;
	t.received.value[FWD_FORWARDED] = 985;
	t.received.value[FWD_DROP_NO_NBL] = 10;
	t.sent.value[FWD_FORWARDED] = 800;
	t.sent.value[FWD_GENERATED] = 100;
	t.sent.value[FWD_COMPLETED] = 900;
	t.sent.value[FWD_FAILED] = 3;
	t.sent.value[FWD_SENT_NBLS] = t.sent.value[FWD_COMPLETED_NBLS] = 90;
	t.ndis.tx_submitted = t.ndis.tx_handed = t.ndis.tx_returned = t.ndis.tx_completed = 90;
	t.pmd.tx_accepted = t.pmd.tx_completed = 90;
	t.pmd.tx_offered = 900;
	t.pmd.tx_unsent = 2;
	t.pmd.tx_frames = 898;
	t.pmd.opackets = 897;
	t.pmd.oerrors = 1;
	t.pmd.pool_size = 2048;
	t.pmd.pool_free = 1536;
	t.pmd.pool_pmd = 512;
	return t;
}

static uint64_t unexplained(const struct ledger_terms *t)
{
	struct ledger_row rows[LEDGER_ROWS];

	return ledger_close(t, rows);
}

/* The equations that do not hold, joined. */
static const char *broken(const struct ledger_terms *t)
{
	static char text[1024];
	struct ledger_row rows[LEDGER_ROWS];

	text[0] = '\0';
	ledger_close(t, rows);
	for (unsigned int i = 0; i < LEDGER_ROWS; i++) {
		if (rows[i].left == rows[i].right)
			continue;
		strcat(text, rows[i].text);
		strcat(text, "; ");
	}
	return text;
}

Test(ledger, closes_when_all_parties_counted_alike)
{
	struct ledger_terms t = closed_terms();

	cr_assert_eq(unexplained(&t), 0, "%s", broken(&t));
}

Test(ledger, a_leaked_nbl_is_unexplained_and_outstanding)
{
	struct ledger_terms t = closed_terms();

	t.ndis.rx_returned--;
	t.pmd.rx_returned--;
	t.pmd.rx_outstanding = 1;
	t.pmd.pool_above = 1;
	t.pmd.pool_free--;
	cr_expect_gt(unexplained(&t), 0);
	cr_expect_not_null(strstr(broken(&t), "runtime saw returned = indicated"));
	cr_expect_not_null(strstr(broken(&t), "outstanding = 0"));
	cr_expect_not_null(strstr(broken(&t), "pool buffers above = 0"));
}

Test(ledger, an_nbl_that_vanished_from_the_pool_is_unexplained)
{
	struct ledger_terms t = closed_terms();

	t.pmd.pool_free--;
	cr_expect_eq(unexplained(&t), 1);
	cr_expect_not_null(strstr(broken(&t), "pool free"));
}

Test(ledger, a_double_completion_is_unexplained)
{
	struct ledger_terms t = closed_terms();

	t.ndis.tx_returned++; /* the runtime saw one more than the bridge completed */
	t.ndis.tx_completed++;
	t.sent.value[FWD_COMPLETED_NBLS]++;
	cr_expect_eq(unexplained(&t), 1);
	cr_expect_not_null(strstr(broken(&t), "bridge completed = runtime saw completed"));
}

Test(ledger, a_send_that_never_completes_is_unexplained)
{
	struct ledger_terms t = closed_terms();

	t.pmd.tx_completed--;
	t.ndis.tx_returned--;
	t.ndis.tx_completed--;
	t.sent.value[FWD_COMPLETED_NBLS]--;
	t.sent.value[FWD_COMPLETED] -= 10; /* its frames */
	cr_expect_eq(unexplained(&t), 11);
	cr_expect_not_null(strstr(broken(&t), "frames: forwarder sent = got back"));
	cr_expect_not_null(strstr(broken(&t), "bridge accepted = completed"));
}

Test(ledger, a_frame_dropped_without_a_reason_is_unexplained)
{
	struct ledger_terms t = closed_terms();

	t.received.value[FWD_DROP_NO_NBL]--; /* in the forwarder */
	cr_expect_eq(unexplained(&t), 1);
	t = closed_terms();
	t.pmd.rx_drop_paused--; /* in the bridge */
	cr_expect_eq(unexplained(&t), 1);
	t = closed_terms();
	t.received.value[FWD_DELIVERED]--; /* between runtime and forwarder */
	t.received.value[FWD_FORWARDED]--;
	cr_expect_eq(unexplained(&t), 1);
}

Test(ledger, a_frame_the_device_lost_after_taking_it_is_unexplained)
{
	struct ledger_terms t = closed_terms();

	t.pmd.oerrors = 0;
	cr_expect_eq(unexplained(&t), 1);
	cr_expect_not_null(strstr(broken(&t), "PMD took + sent though recalled = sent + failed"));
}

Test(ledger, sends_rejected_by_a_paused_path_are_explained)
{
	struct ledger_terms t = closed_terms();

	t.sent.value[FWD_FORWARDED] += 20;
	t.sent.value[FWD_COMPLETED] += 20;
	t.sent.value[FWD_SENT_NBLS] += 7;
	t.sent.value[FWD_COMPLETED_NBLS] += 7;
	t.ndis.tx_submitted += 7;
	t.ndis.tx_rejected += 7;
	t.ndis.tx_completed += 7;
	cr_expect_eq(unexplained(&t), 0, "%s", broken(&t));
}

Test(ledger, an_error_one_way_does_not_cancel_one_the_other_way)
{
	struct ledger_terms t = closed_terms();

	t.pmd.ipackets++;    /* the PMD counted one that the bridge did not get */
	t.pmd.pool_free++;   /* and a buffer appeared from nowhere */
	cr_expect_eq(unexplained(&t), 2);
}

/* Whatever single count is changed, the ledger notices: no term is unused and
 * none is derived from the others. */
Test(ledger, no_term_can_change_alone_unnoticed)
{
	struct ledger_terms t;
	uint64_t *terms[] = {
		&t.pmd.ipackets, &t.pmd.opackets, &t.pmd.oerrors, &t.pmd.rx_frames,
		&t.pmd.rx_indicated, &t.pmd.rx_drop_filter, &t.pmd.rx_drop_paused,
		&t.pmd.rx_drop_nobuf, &t.pmd.rx_drop_bad, &t.pmd.rx_returned, &t.pmd.tx_accepted,
		&t.pmd.tx_completed, &t.pmd.tx_offered, &t.pmd.tx_unsent, &t.pmd.tx_recalled,
		&t.pmd.tx_frames,
		&t.pmd.rx_left, &t.pmd.tx_doubtful, &t.pmd.rx_outstanding,
		&t.pmd.pool_size, &t.pmd.pool_free, &t.pmd.pool_pmd, &t.pmd.pool_above,
		&t.ndis.rx_indicated, &t.ndis.rx_returned, &t.ndis.rx_delivered, &t.ndis.rx_copies,
		&t.ndis.rx_looped, &t.ndis.rx_drop_filter, &t.ndis.rx_drop_paused,
		&t.ndis.tx_submitted, &t.ndis.tx_rejected, &t.ndis.tx_completed, &t.ndis.tx_handed,
		&t.ndis.tx_returned, &t.ndis.rx_into_filters, &t.ndis.rx_out_of_filters,
		&t.ndis.tx_into_filters, &t.ndis.tx_out_of_filters, &t.ndis.done_into_filters,
		&t.ndis.done_out_of_filters, &t.received.value[FWD_DELIVERED],
		&t.received.value[FWD_FORWARDED], &t.received.value[FWD_DROP_CONSUMED],
		&t.received.value[FWD_DROP_STOPPED], &t.received.value[FWD_DROP_NO_NBL],
		&t.received.value[FWD_DROP_UNWANTED], &t.received.value[FWD_DROP_MALFORMED],
		&t.sent.value[FWD_FORWARDED], &t.sent.value[FWD_GENERATED],
		&t.sent.value[FWD_COMPLETED], &t.sent.value[FWD_SENT_NBLS],
		&t.sent.value[FWD_COMPLETED_NBLS],
	};

	for (unsigned int i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		t = closed_terms();
		++*terms[i];
		cr_expect_gt(unexplained(&t), 0, "term %u changed and nothing was said", i);
	}
}

/* The same of an adapter that no PMD and no bridge is below. */
Test(ledger, without_a_port_each_count_is_held_against_another)
{
	struct ledger_terms t;
	uint64_t *terms[] = {
		&t.ndis.rx_indicated, &t.ndis.rx_returned, &t.ndis.rx_delivered, &t.ndis.rx_copies,
		&t.ndis.rx_looped, &t.ndis.rx_drop_filter, &t.ndis.rx_drop_paused,
		&t.ndis.tx_submitted, &t.ndis.tx_rejected, &t.ndis.tx_completed, &t.ndis.tx_handed,
		&t.ndis.tx_returned, &t.received.value[FWD_DELIVERED],
		&t.received.value[FWD_FORWARDED], &t.received.value[FWD_DROP_NO_NBL],
		&t.sent.value[FWD_FORWARDED], &t.sent.value[FWD_COMPLETED],
		&t.sent.value[FWD_SENT_NBLS], &t.sent.value[FWD_COMPLETED_NBLS],
	};

	for (unsigned int i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		t = closed_terms();
		memset(&t.pmd, 0, sizeof(t.pmd));
		t.portless = true;
		cr_expect_eq(unexplained(&t), 0, "%s", broken(&t));
		++*terms[i];
		cr_expect_gt(unexplained(&t), 0, "term %u changed and nothing was said", i);
	}
}

Test(ledger, the_printed_total_says_unexplained_0)
{
	struct ledger_terms t[2] = { closed_terms(), closed_terms() };
	static char text[1024];
	FILE *out = fmemopen(text, sizeof(text), "w");

	cr_assert_eq(ledger_print_totals(out, t, 2), 0);
	fclose(out);
	cr_expect_not_null(strstr(text, "received 2000"), "%s", text);
	cr_expect_not_null(strstr(text, "unexplained 0\n"), "%s", text);
}

Test(ledger, the_printed_port_names_the_equation_that_does_not_hold)
{
	struct ledger_terms t = closed_terms();
	static char text[4096];
	FILE *out = fmemopen(text, sizeof(text), "w");

	t.pmd.tx_accepted = 89;
	ledger_print(out, 7, &t);
	fclose(out);
	cr_expect_not_null(strstr(text, "Port 7\n"));
	cr_expect_not_null(strstr(text, "does not hold: runtime handed down = bridge accepted: "
					"90 != 89"), "%s", text);
}

/* A filter kept 5 of the frames from the forwarder and made 2; of its sends it kept 3, which
 * it completed itself, and made 4. */
Test(ledger, what_filters_keep_and_make_is_between_what_went_in_and_what_came_out)
{
	struct ledger_terms t = closed_terms();

	t.ndis.rx_into_filters = 995;
	t.ndis.rx_out_of_filters = 992;
	t.ndis.rx_delivered = t.received.value[FWD_DELIVERED] = 992;
	t.received.value[FWD_FORWARDED] = 982;
	t.ndis.tx_into_filters = 90;
	t.ndis.tx_out_of_filters = t.ndis.tx_handed = t.ndis.tx_returned = 91;
	t.pmd.tx_accepted = t.pmd.tx_completed = 91;
	t.ndis.done_into_filters = 91;
	t.ndis.done_out_of_filters = 90;
	cr_expect_eq(unexplained(&t), 0, "%s", broken(&t));
	t.ndis.rx_out_of_filters--;
	cr_expect_eq(unexplained(&t), 1, "one that went in and never came out is missed");
}

Test(ledger, what_other_protocols_do_is_not_held_against_the_forwarder)
{
	struct ledger_terms t = closed_terms();

	t.ndis.rx_copies += 7;
	cr_expect_eq(unexplained(&t), 7);
	t.others = true;
	cr_expect_eq(unexplained(&t), 0);
	t.ndis.rx_returned--;
	cr_expect_eq(unexplained(&t), 1, "but what the runtime saw is");
}

/* An intermediate driver kept 15 of the frames and made 2 sends of its own. */
Test(ledger, the_forwarder_is_held_against_the_virtual_adapter_it_is_bound_to)
{
	struct ledger_terms t = closed_terms();

	t.has_upper = true;
	t.upper = t.ndis;
	t.upper.rx_indicated = t.upper.rx_returned = t.upper.rx_delivered =
		t.received.value[FWD_DELIVERED] = 980;
	t.received.value[FWD_FORWARDED] -= 15;
	t.upper.tx_submitted = t.upper.tx_handed = t.upper.tx_returned = t.upper.tx_completed = 88;
	t.sent.value[FWD_SENT_NBLS] = t.sent.value[FWD_COMPLETED_NBLS] = 88;
	cr_expect_eq(unexplained(&t), 0, "%s", broken(&t));
	t.upper.rx_delivered--;
	t.upper.tx_submitted--;
	t.upper.tx_completed++;
	cr_expect_eq(unexplained(&t), 3);
}
