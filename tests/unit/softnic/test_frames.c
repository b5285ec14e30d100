/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The generator's frames: template, sizes, IMIX, flows, and capture files good
 * and bad.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "nic.h"
#include "samples.h"

static char path[] = "/tmp/pollport-frames-XXXXXX"; /* of the capture file, if any */

static void remove_pcap(void)
{
	unlink(path);
}

TestSuite(frames, .fini = remove_pcap, .timeout = 120);

static struct softnic_frames frames;
static char error[256];

static int make(const struct softnic_frames_config *config)
{
	return softnic_frames_make(&frames, config, error, sizeof(error));
}

static const uint8_t *frame(uint32_t i)
{
	return frames.bytes + frames.offset[i];
}

/* Refused, with a line that has @words, and nothing left to free. */
static void refused(const struct softnic_frames_config *config, int status, const char *words)
{
	cr_expect_eq(make(config), status, "%s", words);
	cr_expect_not_null(strstr(error, words), "'%s' lacks '%s'", error, words);
	cr_expect_null(strchr(error, '\n'));
	cr_expect_null(frames.bytes);
	cr_expect_eq(frames.n, 0);
}

/* ---------------------------------------------------------------- template */

Test(frames, the_default_is_one_right_frame_of_64_bytes)
{
	const struct softnic_frames_config config = { .source = { 2, 0, 0, 0, 0, 1 },
						      .destination = { 2, 0, 0, 0, 0, 2 } };

	cr_assert_eq(make(&config), 0, "%s", error);
	cr_assert_eq(frames.n, 1);
	cr_expect_eq(frames.length[0], 60, "without FCS");
	cr_expect_arr_eq(frame(0), config.destination, 6);
	cr_expect_arr_eq(frame(0) + 6, config.source, 6);
	cr_expect_eq(frames.meta[0].headers.l4_protocol, 17);
	cr_expect_eq(frames.meta[0].ip, SOFTNIC_CHECKSUM_GOOD);
	cr_expect_eq(frames.meta[0].l4, SOFTNIC_CHECKSUM_GOOD);
	cr_expect_eq(get16(frame(0) + 16), 46);
	cr_expect_eq(get16(frame(0) + 38), 26);
	softnic_frames_free(&frames);
	cr_expect_null(frames.bytes);
}

Test(frames, every_size_has_right_lengths_and_checksums)
{
	for (uint32_t size = 64; size <= SOFTNIC_MAX_FRAME; size += size < 130 ? 1 : 1009) {
		const struct softnic_frames_config config = { .size = size };

		cr_assert_eq(make(&config), 0, "%s", error);
		cr_assert_eq(frames.length[0], size - 4);
		cr_assert_eq(get16(frame(0) + 16), size - 4 - 14);
		cr_assert_eq(frames.meta[0].ip, SOFTNIC_CHECKSUM_GOOD, "%u", size);
		cr_assert_eq(frames.meta[0].l4, SOFTNIC_CHECKSUM_GOOD, "%u", size);
		softnic_frames_free(&frames);
	}
}

static int by_flow(const void *a, const void *b)
{
	return memcmp(*(uint8_t *const *)a + 26, *(uint8_t *const *)b + 26, 10);
}

Test(frames, flows_differ_in_source_address_and_port)
{
	const struct softnic_frames_config config = { .flows = 5000 };
	const uint8_t *by[5000];

	cr_assert_eq(make(&config), 0, "%s", error);
	cr_assert_eq(frames.n, 5000);
	for (uint32_t i = 0; i < 5000; i++) {
		by[i] = frame(i);
		cr_assert_eq(frames.meta[i].l4, SOFTNIC_CHECKSUM_GOOD, "%u", i);
		if (i > 0) {
			cr_assert_neq(get32(frame(i) + 26), get32(frame(i - 1) + 26));
			cr_assert_neq(get16(frame(i) + 34), get16(frame(i - 1) + 34));
		}
	}
	qsort(by, 5000, sizeof(by[0]), by_flow);
	for (uint32_t i = 1; i < 5000; i++)
		cr_assert_neq(memcmp(by[i - 1] + 26, by[i] + 26, 10), 0);
	softnic_frames_free(&frames);
}

/* 65536 flows meet UDP sums of every value, 0 among them, which goes out as 0xFFFF. */
Test(frames, the_most_flows_have_checksums_all)
{
	const struct softnic_frames_config config = { .flows = 65536 };
	uint32_t all_ones = 0;

	cr_assert_eq(make(&config), 0, "%s", error);
	cr_assert_eq(frames.n, 65536);
	for (uint32_t i = 0; i < frames.n; i++) {
		cr_assert_eq(frames.meta[i].ip, SOFTNIC_CHECKSUM_GOOD, "%u", i);
		cr_assert_eq(frames.meta[i].l4, SOFTNIC_CHECKSUM_GOOD, "%u", i);
		all_ones += get16(frame(i) + 40) == 0xFFFF;
	}
	cr_expect_gt(all_ones, 0);
	softnic_frames_free(&frames);
}

static void expect_mix(uint32_t flows)
{
	const struct softnic_frames_config config = { .imix = true, .flows = flows };

	cr_assert_eq(make(&config), 0, "%s", error);
	cr_assert_eq(frames.n, 12 * flows);
	for (uint32_t flow = 0; flow < flows; flow++) {
		uint32_t small = 0, middle = 0, large = 0;

		for (uint32_t i = flow; i < frames.n; i += flows) {
			small += frames.length[i] == 60;
			middle += frames.length[i] == 566;
			large += frames.length[i] == 1514;
			cr_expect_eq(get32(frame(i) + 26), get32(frame(flow) + 26));
		}
		cr_expect(small == 7 && middle == 4 && large == 1, "flow %u of %u: %u:%u:%u", flow,
			  flows, small, middle, large);
	}
	softnic_frames_free(&frames);
}

Test(frames, imix_is_7_4_1_for_each_flow)
{
	static const uint32_t flows[] = { 1, 5, 11, 12, 23, 24, 64 };

	for (uint32_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++)
		expect_mix(flows[i]);
}

Test(frames, bad_checksums_are_bad_in_every_frame)
{
	const struct softnic_frames_config config = { .bad_checksums = true, .flows = 65536 };

	cr_assert_eq(make(&config), 0, "%s", error);
	for (uint32_t i = 0; i < frames.n; i++) {
		cr_assert_eq(frames.meta[i].ip, SOFTNIC_CHECKSUM_BAD, "%u", i);
		cr_assert_eq(frames.meta[i].l4, SOFTNIC_CHECKSUM_BAD, "%u", i);
	}
	softnic_frames_free(&frames);
}

Test(frames, what_cannot_be_made_is_refused_with_what_can)
{
	const struct softnic_frames_config runt = { .size = 63 };
	const struct softnic_frames_config giant = { .size = SOFTNIC_MAX_FRAME + 1 };
	const struct softnic_frames_config many = { .flows = 65537 };
	const struct softnic_frames_config both = { .imix = true, .size = 64 };
	const struct softnic_frames_config sized = { .pcap = "x.pcap", .size = 64 };

	refused(&runt, -EINVAL, "64 to 16384");
	refused(&giant, -EINVAL, "64 to 16384");
	refused(&many, -EINVAL, "at most 65536");
	refused(&both, -EINVAL, "imix has sizes of its own");
	refused(&sized, -EINVAL, "leave out generate and flows");
}

/* -------------------------------------------------------------------- pcap */

static FILE *file;

static void open_pcap(uint32_t link)
{
	const uint32_t header[6] = { 0xA1B2C3D4, 0x00040002, 0, 0, 262144, link };
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	file = fdopen(fd, "wb");
	cr_assert_eq(fwrite(header, sizeof(header), 1, file), 1);
}

static void put_record(const uint8_t *bytes, uint32_t stored, uint32_t length)
{
	const uint32_t record[4] = { 1, 2, stored, length };

	cr_assert_eq(fwrite(record, sizeof(record), 1, file), 1);
	cr_assert_eq(fwrite(bytes, 1, stored, file), stored);
}

static struct softnic_frames_config close_pcap(void)
{
	cr_assert_eq(fclose(file), 0);
	return (struct softnic_frames_config){ .pcap = path };
}

Test(frames, frames_come_in_the_files_order_and_are_examined)
{
	struct softnic_frames_config config;
	struct sample s[SAMPLES];

	open_pcap(1);
	for (uint32_t round = 0; round < 50; round++) {
		for (uint32_t i = 0; i < SAMPLES; i++) {
			sample_make(i, &s[i]);
			put_record(s[i].bytes, s[i].length, s[i].length);
		}
	}
	config = close_pcap();
	cr_assert_eq(make(&config), 0, "%s", error);
	cr_assert_eq(frames.n, 50 * SAMPLES);
	for (uint32_t i = 0; i < frames.n; i++) {
		const struct sample *want = &s[i % SAMPLES];

		cr_assert_eq(frames.length[i], want->length < 60 ? 60 : want->length);
		cr_assert_arr_eq(frame(i), want->bytes, want->length);
		for (uint32_t b = want->length; b < frames.length[i]; b++)
			cr_assert_eq(frame(i)[b], 0, "padding");
	}
	cr_expect_eq(frames.meta[2].headers.tci, 0x6123);
	cr_expect_eq(frames.meta[4].headers.l4_protocol, 132);
	softnic_frames_free(&frames);
}

Test(frames, checksums_of_a_file_are_spoilt_on_demand)
{
	struct softnic_frames_config config;
	struct softnic_meta meta;
	struct sample s;

	sample_make(6, &s);
	softnic_parse(s.bytes, s.length, &meta.headers);
	put16(s.bytes + 18 + 40 + 6, slow_l4(s.bytes, &meta.headers));
	open_pcap(1);
	put_record(s.bytes, s.length, s.length);
	config = close_pcap();
	cr_assert_eq(make(&config), 0, "%s", error);
	cr_expect_eq(frames.meta[0].l4, SOFTNIC_CHECKSUM_GOOD);
	softnic_frames_free(&frames);
	config.bad_checksums = true;
	cr_assert_eq(make(&config), 0, "%s", error);
	cr_expect_eq(frames.meta[0].l4, SOFTNIC_CHECKSUM_BAD);
	softnic_frames_free(&frames);
}

Test(frames, a_frame_cut_by_the_snap_length_is_refused)
{
	struct softnic_frames_config config;
	struct sample s;

	sample_make(0, &s);
	open_pcap(1);
	put_record(s.bytes, s.length, s.length);
	put_record(s.bytes, s.length, 1514);
	config = close_pcap();
	refused(&config, -EINVAL, "frame 2 of ");
	cr_expect_not_null(strstr(error, "53 of its 1514 bytes"), "%s", error);
	cr_expect_not_null(strstr(error, "tcpdump -s 0"), "%s", error);
}

Test(frames, a_file_that_ends_within_a_frame_is_refused)
{
	struct softnic_frames_config config;
	struct sample s;

	sample_make(0, &s);
	open_pcap(1);
	put_record(s.bytes, s.length, s.length);
	put_record(s.bytes, s.length, s.length);
	cr_assert_eq(fflush(file), 0);
	cr_assert_eq(ftruncate(fileno(file), 24 + 2 * (16 + (long)s.length) - 1), 0);
	config = close_pcap();
	refused(&config, -EINVAL, "cut or damaged after frame 1");
}

Test(frames, a_file_without_frames_is_refused)
{
	struct softnic_frames_config config;

	open_pcap(1);
	config = close_pcap();
	refused(&config, -EINVAL, "holds no frames");
}

Test(frames, a_file_of_another_link_type_is_refused)
{
	struct softnic_frames_config config;

	open_pcap(101); /* raw IP */
	config = close_pcap();
	refused(&config, -EINVAL, "no Ethernet frames");
}

Test(frames, a_runt_is_refused)
{
	struct softnic_frames_config config;
	struct sample s;

	sample_make(0, &s);
	open_pcap(1);
	put_record(s.bytes, 13, 13);
	config = close_pcap();
	refused(&config, -EINVAL, "has 13 bytes: keep those of 14 to 16380");
}

Test(frames, a_file_that_is_no_capture_or_not_there_is_refused)
{
	struct softnic_frames_config config = { .pcap = "/nonexistent/x.pcap" };

	refused(&config, -EINVAL, "/nonexistent/x.pcap");
	open_pcap(1);
	rewind(file);
	fputs("no capture file, but long enough to be one", file);
	config = close_pcap();
	refused(&config, -EINVAL, "give a pcap file that can be read");
}
