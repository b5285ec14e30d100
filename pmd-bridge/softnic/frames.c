/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The generator's frames, made before the run and constant from then on: UDP over
 * IPv4 in the sizes and flows asked for, or what a capture file holds. Each comes
 * with what receive would find out about it. Main thread, at probe.
 */
#include "frame.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "bytes.h"

enum {
	FCS_BYTES = 4,
	LEAST_SIZE = 64,
	MOST_SIZE = 16384,          /* SOFTNIC_MAX_FRAME; the test holds them together */
	MOST_FLOWS = 65536,
	ALIGNMENT = 64,             /* of each frame: copies start on a cache line */
	IMIX_FRAMES = 12,
};

/* 7:4:1, and no two of the rare ones in a row. */
static const uint16_t imix[IMIX_FRAMES] = {
	64, 570, 64, 64, 570, 64, 1518, 64, 570, 64, 570, 64,
};

/* Where a frame list is being made, and where it says what went wrong. */
struct making {
	struct softnic_frames *frames;
	uint32_t room;              /* elements of the arrays */
	uint64_t used, bytes_room;
	char *error;
	uint32_t error_size;
};

__attribute__((format(printf, 3, 4)))
static int fail(struct making *m, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(m->error, m->error_size, format, args);
	va_end(args);
	return status;
}

static int no_memory(struct making *m)
{
	return fail(m, -ENOMEM, "no memory for %u frames: ask for fewer flows or smaller frames",
		    m->frames->n + 1);
}

static int grow_lists(struct making *m)
{
	struct softnic_frames *f = m->frames;
	uint32_t room = m->room == 0 ? 64 : m->room * 2;
	uint32_t *offset, *length;

	offset = realloc(f->offset, room * sizeof(*offset));
	if (offset == NULL)
		return no_memory(m);
	f->offset = offset;
	length = realloc(f->length, room * sizeof(*length));
	if (length == NULL)
		return no_memory(m);
	f->length = length;
	m->room = room;
	return 0;
}

static int grow_bytes(struct making *m, uint64_t want)
{
	uint64_t room = m->bytes_room == 0 ? 65536 : m->bytes_room;
	uint8_t *bytes;

	while (room < want)
		room *= 2;
	if (room > UINT32_MAX) /* offsets have 32 bits */
		return no_memory(m);
	bytes = aligned_alloc(ALIGNMENT, room);
	if (bytes == NULL)
		return no_memory(m);
	if (m->used > 0)
		memcpy(bytes, m->frames->bytes, m->used);
	free(m->frames->bytes);
	m->frames->bytes = bytes;
	m->bytes_room = room;
	return 0;
}

/* Room for one more frame of @length bytes, zeroed; NULL and the reason in @status. */
static uint8_t *add_frame(struct making *m, uint32_t length, int *status)
{
	struct softnic_frames *f = m->frames;
	uint64_t end = (m->used + length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	uint8_t *frame;

	*status = f->n == m->room ? grow_lists(m) : 0;
	if (*status == 0 && end > m->bytes_room)
		*status = grow_bytes(m, end);
	if (*status != 0)
		return NULL;
	frame = f->bytes + m->used;
	memset(frame, 0, end - m->used);
	f->offset[f->n] = (uint32_t)m->used;
	f->length[f->n] = length;
	f->n++;
	m->used = end;
	return frame;
}

/* ---------------------------------------------------------------- template */

/* Addresses of the range for benchmarks, RFC 2544 appendix C.2.2, and the discard port. */
static void fill_template(uint8_t *frame, uint32_t length,
			  const struct softnic_frames_config *config, uint32_t flow)
{
	uint8_t *ip = frame + ETHER_BYTES, *udp = ip + IPV4_BYTES;
	uint32_t ip_bytes = length - ETHER_BYTES, l4 = ETHER_BYTES + IPV4_BYTES;

	memcpy(frame, config->destination, 6);
	memcpy(frame + 6, config->source, 6);
	store16(frame + 12, TYPE_IPV4);
	ip[0] = 0x45;
	store16(ip + 2, (uint16_t)ip_bytes);
	ip[8] = 64;
	ip[9] = PROTO_UDP;
	store32(ip + 12, 0xC6120001u + flow);   /* 198.18.0.1 on */
	store32(ip + 16, 0xC613FF01u);          /* 198.19.255.1 */
	store16(udp, (uint16_t)(1024 + flow % (65536 - 1024)));
	store16(udp + 2, 9);
	store16(udp + 4, (uint16_t)(ip_bytes - IPV4_BYTES));
	for (uint32_t i = l4 + UDP_BYTES; i < length; i++)
		frame[i] = (uint8_t)i;
	softnic_sum_into(frame, ETHER_BYTES, l4, ETHER_BYTES + 10);
	/* The pseudo header: addresses are summed with the rest, protocol and length go first. */
	store16(udp + 6, (uint16_t)(PROTO_UDP + ip_bytes - IPV4_BYTES));
	softnic_sum_into(frame, ETHER_BYTES + 12, length, l4 + 6);
	if (load16(udp + 6) == 0) /* the sum began at the addresses, so it's not seen as UDP's */
		store16(udp + 6, 0xFFFF);
}

static int make_template(struct making *m, const struct softnic_frames_config *config)
{
	uint32_t flows = config->flows == 0 ? 1 : config->flows;
	uint32_t size = config->size == 0 ? LEAST_SIZE : config->size;
	uint32_t rounds = config->imix ? IMIX_FRAMES : 1;

	if (size < LEAST_SIZE || size > MOST_SIZE)
		return fail(m, -EINVAL, "generate=%u: give %u to %u bytes, FCS included", size,
			    LEAST_SIZE, MOST_SIZE);
	if (config->imix && config->size != 0)
		return fail(m, -EINVAL, "imix has sizes of its own: leave out %u", size);
	if (flows > MOST_FLOWS)
		return fail(m, -EINVAL, "flows=%u: give at most %u", flows, MOST_FLOWS);
	/* Flows alternate, and with IMIX every flow gets every size. */
	for (uint32_t i = 0; i < flows * rounds; i++) {
		uint32_t flow = i % flows;
		uint32_t wire = config->imix ? imix[(i / flows + flow) % IMIX_FRAMES] : size;
		int status;
		uint8_t *frame = add_frame(m, wire - FCS_BYTES, &status);

		if (frame == NULL)
			return status;
		fill_template(frame, wire - FCS_BYTES, config, flow);
	}
	return 0;
}

/* -------------------------------------------------------------------- pcap */

/* As the sender's MAC would: short frames are padded to 60 bytes, IEEE 802.3 4.2.3.3. */
static int take_record(struct making *m, const char *path, const struct pcap_pkthdr *record,
		       const uint8_t *data)
{
	uint32_t number = m->frames->n + 1, length = record->len;
	uint8_t *frame;
	int status;

	if (record->caplen < record->len)
		return fail(m, -EINVAL, "frame %u of %s has %u of its %u bytes: "
			    "capture anew with 'tcpdump -s 0'", number, path, record->caplen,
			    record->len);
	if (length < ETHER_BYTES || length > MOST_SIZE - FCS_BYTES)
		return fail(m, -EINVAL, "frame %u of %s has %u bytes: keep those of %u to %u",
			    number, path, length, ETHER_BYTES, MOST_SIZE - FCS_BYTES);
	if (length < LEAST_SIZE - FCS_BYTES)
		length = LEAST_SIZE - FCS_BYTES;
	frame = add_frame(m, length, &status);
	if (frame != NULL)
		memcpy(frame, data, record->len);
	return status;
}

static int take_records(struct making *m, const char *path, pcap_t *pcap)
{
	struct pcap_pkthdr *record;
	const uint8_t *data;
	int got;

	if (pcap_datalink(pcap) != DLT_EN10MB)
		return fail(m, -EINVAL, "%s holds no Ethernet frames: capture on an Ethernet port",
			    path);
	while ((got = pcap_next_ex(pcap, &record, &data)) == 1) {
		int status = take_record(m, path, record, data);

		if (status != 0)
			return status;
	}
	if (got != PCAP_ERROR_BREAK)
		return fail(m, -EINVAL, "%s is cut or damaged after frame %u: write what is whole "
			    "with 'tcpdump -r OLD -w NEW'", path, m->frames->n);
	if (m->frames->n == 0)
		return fail(m, -EINVAL, "%s holds no frames: give one with at least one", path);
	return 0;
}

static int make_from_pcap(struct making *m, const struct softnic_frames_config *config)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *pcap;
	int status;

	if (config->size != 0 || config->imix || config->flows != 0)
		return fail(m, -EINVAL, "a pcap has its own sizes and flows: "
			    "leave out generate and flows");
	pcap = pcap_open_offline(config->pcap, why);
	if (pcap == NULL)
		return fail(m, -EINVAL, "%s; give a pcap file that can be read", why);
	status = take_records(m, config->pcap, pcap);
	pcap_close(pcap);
	return status;
}

/* ------------------------------------------------------------------- both */

/* One off, but never 0: that would say that UDP has none. Nor its equal, 0 for 0xFFFF. */
static void spoil(uint8_t *checksum)
{
	uint16_t v = load16(checksum);

	store16(checksum, v == 1 ? 2 : v ^ 1);
}

static void spoil_frame(uint8_t *frame, uint32_t length)
{
	struct softnic_headers h;
	uint8_t *ip = frame;

	softnic_parse(frame, length, &h);
	ip += h.l2_len;
	if (h.ip_version == 4)
		spoil(ip + 10);
	if (h.l4_protocol == PROTO_UDP)
		spoil(ip + h.l3_len + 6);
}

static int finish(struct making *m, bool bad_checksums)
{
	struct softnic_frames *f = m->frames;

	f->meta = calloc(f->n, sizeof(*f->meta));
	if (f->meta == NULL)
		return no_memory(m);
	for (uint32_t i = 0; i < f->n; i++) {
		if (bad_checksums)
			spoil_frame(f->bytes + f->offset[i], f->length[i]);
		softnic_examine(f->bytes + f->offset[i], f->length[i], &f->meta[i]);
	}
	return 0;
}

int softnic_frames_make(struct softnic_frames *frames, const struct softnic_frames_config *config,
			char *error, uint32_t error_size)
{
	struct making m = { .frames = frames, .error = error, .error_size = error_size };
	int status;

	memset(frames, 0, sizeof(*frames));
	error[0] = '\0';
	status = config->pcap != NULL ? make_from_pcap(&m, config) : make_template(&m, config);
	if (status == 0)
		status = finish(&m, config->bad_checksums);
	if (status != 0)
		softnic_frames_free(frames);
	return status;
}

void softnic_frames_free(struct softnic_frames *frames)
{
	free(frames->offset);
	free(frames->length);
	free(frames->meta);
	free(frames->bytes);
	memset(frames, 0, sizeof(*frames));
}
