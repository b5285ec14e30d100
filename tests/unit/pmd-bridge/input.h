/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pcap file of frames that port 0 reads, so that they lie in the bridge's own
 * buffers, and what must become of them. One per test, on the test's thread.
 */
#ifndef TEST_INPUT_H
#define TEST_INPUT_H

#include "bed.h"

/* The frames of the file. */
extern struct pcap_frames input;

/* Write @n frames of 60 to @longest bytes, some with a tag if @tagged; the vdev that
 * reads them. */
const char *input_write(ULONG n, ULONG longest, bool tagged);

/* Port 0 reads @n frames from a file; ports 1 and 2 are slow NICs. Nothing flows
 * before input_flow(). */
void input_to_slow(ULONG n, proto_receive_fn *receive);
void input_flow(void);

/* @out must be the input, frame by frame. */
void input_expect(const struct pcap_frames *out);

/* All frames that slow NIC @port has accepted until now, oldest first. */
struct pcap_frames input_accepted(uint16_t port);

/* Stop the host and forget the frames. */
void input_end(void);

#endif
