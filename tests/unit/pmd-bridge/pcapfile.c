/* SPDX-License-Identifier: BSD-3-Clause */
/* Classic pcap, host byte order, microseconds or nanoseconds, as net_pcap has it. */
#include "pcapfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC_MICRO 0xA1B2C3D4u
#define MAGIC_NANO  0xA1B23C4Du
#define ETHERNET    1

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snaplen, link;
};

struct record_header {
	uint32_t seconds, fraction, captured, length;
};

void pcapfile_add(struct pcap_frames *frames, const void *bytes, uint32_t length)
{
	struct pcap_frame *f;

	frames->frame = realloc(frames->frame, (frames->n + 1) * sizeof(*f));
	f = &frames->frame[frames->n++];
	f->length = length;
	f->bytes = malloc(length + 1);
	memcpy(f->bytes, bytes, length);
}

int pcapfile_write(const char *path, const struct pcap_frames *frames)
{
	struct file_header h = { MAGIC_MICRO, 2, 4, 0, 0, 65535, ETHERNET };
	FILE *file = fopen(path, "wb");
	size_t ok;

	if (file == NULL)
		return -errno;
	ok = fwrite(&h, sizeof(h), 1, file);
	for (uint32_t i = 0; i < frames->n && ok == 1; i++) {
		const struct pcap_frame *f = &frames->frame[i];
		struct record_header r = { i, 0, f->length, f->length };

		ok = fwrite(&r, sizeof(r), 1, file);
		ok &= fwrite(f->bytes, f->length, 1, file);
	}
	return fclose(file) == 0 && ok == 1 ? 0 : -EIO;
}

static int read_records(FILE *file, struct pcap_frames *frames)
{
	struct record_header r;
	static uint8_t bytes[65536];

	while (fread(&r, sizeof(r), 1, file) == 1) {
		if (r.captured != r.length || r.length > sizeof(bytes) ||
		    fread(bytes, 1, r.length, file) != r.length)
			return -EINVAL;
		pcapfile_add(frames, bytes, r.length);
	}
	return feof(file) ? 0 : -EIO;
}

int pcapfile_read(const char *path, struct pcap_frames *frames)
{
	FILE *file = fopen(path, "rb");
	struct file_header h;
	int rc = -EINVAL;

	memset(frames, 0, sizeof(*frames));
	if (file == NULL)
		return -errno;
	if (fread(&h, sizeof(h), 1, file) == 1 &&
	    (h.magic == MAGIC_MICRO || h.magic == MAGIC_NANO) && h.link == ETHERNET)
		rc = read_records(file, frames);
	fclose(file);
	return rc;
}

void pcapfile_free(struct pcap_frames *frames)
{
	for (uint32_t i = 0; i < frames->n; i++)
		free(frames->frame[i].bytes);
	free(frames->frame);
	memset(frames, 0, sizeof(*frames));
}
