/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frame functions by the line, for scapy_judge.py: each line of the input
 * names a function, its numbers and a frame in hexadecimal, and is answered by
 * one line. Ends with status 1 at a line it does not understand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

#define MAX_BYTES 65536

static uint8_t frame[MAX_BYTES + 4];
static uint32_t length;
static uint32_t number[16];
static uint32_t numbers;

static void print_frame(const uint8_t *bytes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		printf("%02x", bytes[i]);
}

static void examine(void)
{
	uint8_t *copy = malloc(length);
	struct softnic_meta meta;
	const struct softnic_headers *h = &meta.headers;

	memcpy(copy, frame, length);
	softnic_examine(copy, length, &meta);
	free(copy);
	printf("%u %u %u %u %u %d %u %d %d %d %d", h->l2_len, h->l3_len, h->l4_len, h->ip_version,
	       h->l4_protocol, h->vlan, h->tci, h->ip_options, h->fragment, (int)meta.ip,
	       (int)meta.l4);
}

static void emit(void *context, const uint8_t *bytes, uint32_t count)
{
	(void)context;
	print_frame(bytes, count);
	putchar(' ');
}

static void segment(void)
{
	const struct softnic_tso tso = {
		.headers = number[0] + number[1] + number[2],
		.mac_len = (uint16_t)number[0], .ip_len = (uint16_t)number[1],
		.l4_len = (uint16_t)number[2], .mss = (uint16_t)number[3],
		.ipv4 = number[4] != 0, .tcp = number[5] != 0,
		.ip_checksum = number[4] != 0, .l4_checksum = true,
	};
	uint8_t *scratch = malloc(tso.headers + tso.mss);

	softnic_segment(&tso, frame, length, scratch, emit, NULL);
	free(scratch);
}

static void hash(void)
{
	static struct softnic_toeplitz table;
	struct softnic_headers h;
	uint8_t key[40], type;
	uint32_t value;

	for (uint32_t i = 0; i < 40; i++)
		key[i] = (uint8_t)(i * 37 + 11);
	softnic_toeplitz_init(&table, key);
	softnic_parse(frame, length, &h);
	value = softnic_rss(&table, number[0], frame, &h, &type);
	printf("%u %u", type, value);
}

/* Returns the line's first word; what follows is in @number and @frame. */
static const char *take(char *line)
{
	char *word = strtok(line, " \n"), *next, *last = NULL;

	numbers = 0;
	length = 0;
	for (next = strtok(NULL, " \n"); next != NULL; next = strtok(NULL, " \n")) {
		if (last != NULL && numbers < 16)
			number[numbers++] = (uint32_t)strtoul(last, NULL, 10);
		last = next;
	}
	while (last != NULL && last[0] != '\0' && last[1] != '\0' && length < MAX_BYTES) {
		const char digits[3] = { last[0], last[1], '\0' };

		frame[length++] = (uint8_t)strtoul(digits, NULL, 16);
		last += 2;
	}
	return word;
}

static int answer(const char *word)
{
	static uint8_t out[MAX_BYTES + 4];

	if (strcmp(word, "examine") == 0 && numbers == 0) {
		examine();
	} else if (strcmp(word, "sum") == 0 && numbers == 3) {
		softnic_sum_into(frame, number[0], number[1], number[2]);
		print_frame(frame, length);
	} else if (strcmp(word, "sctp") == 0 && numbers == 2) {
		softnic_sctp_into(frame, number[0], number[1]);
		print_frame(frame, length);
	} else if (strcmp(word, "vlan") == 0 && numbers == 1) {
		softnic_insert_vlan(out, frame, length, (uint16_t)number[0]);
		print_frame(out, length + 4);
	} else if (strcmp(word, "segment") == 0 && numbers == 6) {
		segment();
	} else if (strcmp(word, "rss") == 0 && numbers == 1) {
		hash();
	} else {
		return 1;
	}
	putchar('\n');
	return 0;
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	int status = 0;

	while (status == 0 && getline(&line, &size, stdin) > 0) {
		const char *word = take(line);

		status = word == NULL ? 1 : answer(word);
	}
	free(line);
	return status;
}
