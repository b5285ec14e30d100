/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which worker gets which stream (apps/fwd/assign.c), on machines of two nodes that need not
 * be there: testpmd's order where nodes don't matter, near where they do.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "assign.h"

#define MAX 8

static unsigned int of[MAX];

/* Nodes as digits, '-' unknown: deal @streams to @workers, the result as digits. */
static const char *deal(const char *streams, const char *workers)
{
	static char text[MAX + 1];
	unsigned int n = (unsigned int)strlen(streams), w = (unsigned int)strlen(workers);
	int stream_node[MAX] = { 0 }, worker_node[MAX] = { 0 };

	for (unsigned int i = 0; i < n; i++)
		stream_node[i] = streams[i] == '-' ? -1 : streams[i] - '0';
	for (unsigned int i = 0; i < w; i++)
		worker_node[i] = workers[i] == '-' ? -1 : workers[i] - '0';
	assign_streams(stream_node, n, worker_node, w, of);
	for (unsigned int i = 0; i < n; i++)
		text[i] = (char)('0' + of[i]);
	text[n] = '\0';
	return text;
}

/* [DPDK, app/test-pmd: setup_fwd_config_of_each_lcore] */
Test(assign, on_one_node_streams_go_in_testpmds_runs)
{
	cr_expect_str_eq(deal("0", "0"), "0");
	cr_expect_str_eq(deal("0000", "00"), "0011");
	cr_expect_str_eq(deal("00000", "000"), "01122", "the last ones have one more");
	cr_expect_str_eq(deal("00000000", "000"), "00111222");
}

Test(assign, unknown_nodes_change_nothing)
{
	cr_expect_str_eq(deal("----", "01"), "0011");
	cr_expect_str_eq(deal("0101", "--"), "0011");
	cr_expect_str_eq(deal("----", "--"), "0011");
}

Test(assign, a_stream_goes_to_a_worker_of_its_ports_node)
{
	cr_expect_str_eq(deal("01", "10"), "10");
	cr_expect_str_eq(deal("0101", "01"), "0101");
	cr_expect_str_eq(deal("1100", "01"), "1100");
	cr_expect_str_eq(deal("01010101", "0011"), "02021313", "in order on each node");
}

Test(assign, a_stream_without_a_node_takes_what_the_others_leave)
{
	cr_expect_str_eq(deal("-1-1", "10"), "1010");
}

Test(assign, a_full_node_gives_its_last_streams_away)
{
	cr_expect_str_eq(deal("0001", "01"), "0011");
	cr_expect_str_eq(deal("1000", "01"), "1001");
	cr_expect_str_eq(deal("1111", "00"), "0011", "there is none of their node");
}

static unsigned int count(const char *text, char c)
{
	unsigned int n = 0;

	for (; *text != '\0'; text++)
		n += *text == c;
	return n;
}

/* Room of the workers on @node: testpmd's shares, whoever gets what. */
static unsigned int room_on(char node, const char *workers, unsigned int streams)
{
	unsigned int n = (unsigned int)strlen(workers), room = 0;

	for (unsigned int w = 0; w < n; w++)
		if (workers[w] == node)
			room += streams / n + (w >= n - streams % n);
	return room;
}

static void check(const char *streams, const char *workers)
{
	unsigned int n = (unsigned int)strlen(streams), w = (unsigned int)strlen(workers);
	unsigned int near = 0, could = 0;
	const char *got = deal(streams, workers);

	for (unsigned int i = 0; i < w; i++)
		cr_assert_eq(count(got, (char)('0' + i)), n / w + (i >= w - n % w),
			     "%s to %s: %s: worker %u", streams, workers, got, i);
	for (unsigned int i = 0; i < n; i++)
		near += workers[of[i]] == streams[i];
	for (char node = '0'; node < '3'; node++) {
		unsigned int room = room_on(node, workers, n), want = count(streams, node);

		could += want < room ? want : room;
	}
	cr_assert_eq(near, could, "%s to %s: %s: %u near, %u could be", streams, workers, got, near,
		     could);
}

/* @n as @digits digits of base 3. */
static const char *nodes(unsigned int n, unsigned int digits, char *text)
{
	text[digits] = '\0';
	for (unsigned int i = 0; i < digits; i++, n /= 3)
		text[i] = (char)('0' + n % 3);
	return text;
}

Test(assign, shares_are_testpmds_and_as_many_are_near_as_can_be)
{
	static const unsigned int power[] = { 1, 3, 9, 27, 81, 243 };
	char streams[MAX], workers[MAX];

	for (unsigned int n = 1; n <= 5; n++)
		for (unsigned int w = 1; w <= 3 && w <= n; w++)
			for (unsigned int a = 0; a < power[n]; a++)
				for (unsigned int b = 0; b < power[w]; b++)
					check(nodes(a, n, streams), nodes(b, w, workers));
}
