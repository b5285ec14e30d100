/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small reader and writer of pcap files, independent of libpcap, for what goes
 * into net_pcap and comes out of it. Main thread.
 */
#ifndef TEST_PCAPFILE_H
#define TEST_PCAPFILE_H

#include <stdint.h>

struct pcap_frame {
	uint32_t length;
	uint8_t *bytes;
};

struct pcap_frames {
	uint32_t n;
	struct pcap_frame *frame;
};

/* Write @frames to @path as Ethernet; 0 or -errno. */
int pcapfile_write(const char *path, const struct pcap_frames *frames);

/* Read @path; 0 or -errno (-EINVAL: not an Ethernet pcap, or truncated). */
int pcapfile_read(const char *path, struct pcap_frames *frames);

/* Append a copy of @length bytes at @bytes. */
void pcapfile_add(struct pcap_frames *frames, const void *bytes, uint32_t length);

void pcapfile_free(struct pcap_frames *frames);

#endif
