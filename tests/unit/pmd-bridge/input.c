/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The input of input.h. The test's thread.
 */
#include "input.h"

#include <stdio.h>
#include <string.h>

struct pcap_frames input;

/* Frame @i: sizes all over the range, some with a tag, all different. */
static void add_input(ULONG i, ULONG longest, bool tagged)
{
	static UCHAR bytes[16384];
	ULONG length = 60 + i * 37 % (longest - 59);
	ULONG64 state = i + 1;

	for (ULONG k = 0; k < length; k++)
		bytes[k] = (UCHAR)shape_random(&state);
	bytes[0] = 2;
	memcpy(bytes + 12, tagged && i % 3 == 0 ? "\x81\x00\x61\x05\x08\x00" : "\x88\xB5\0\0\0\0", 6);
	pcapfile_add(&input, bytes, length);
}

const char *input_write(ULONG n, ULONG longest, bool tagged)
{
	static char vdev[200];
	const char *path = host_file("in.pcap");

	for (ULONG i = 0; i < n; i++)
		add_input(i, longest, tagged);
	cr_assert_eq(pcapfile_write(path, &input), 0);
	snprintf(vdev, sizeof(vdev), "net_pcap0,rx_pcap=%s", path);
	return vdev;
}

void input_to_slow(ULONG n, proto_receive_fn *receive)
{
	host_start(input_write(n, 1514, false), "net_null1,no-rx=1", "net_null2,no-rx=1", NULL);
	host_add(0, NULL)->receive = receive;
	host_add(1, NULL);
	host_add(2, NULL);
	slow_begin(1);
	slow_begin(2);
	proto_port(0)->forward_to = proto_port(1);
}

void input_flow(void)
{
	cr_assert_eq(proto_set_filter(proto_port(0), NDIS_PACKET_TYPE_PROMISCUOUS),
		     NDIS_STATUS_SUCCESS);
}

void input_expect(const struct pcap_frames *out)
{
	cr_assert_eq(out->n, input.n, "%u frames in, %u out", input.n, out->n);
	for (uint32_t i = 0; i < input.n; i++) {
		cr_assert_eq(out->frame[i].length, input.frame[i].length, "frame %u", i);
		cr_assert_eq(memcmp(out->frame[i].bytes, input.frame[i].bytes,
				    input.frame[i].length),
			     0, "frame %u has other bytes", i);
	}
}

struct pcap_frames input_accepted(uint16_t port)
{
	struct pcap_frames out = { 0 };
	static UCHAR bytes[16384];

	for (unsigned int i = 0; i < slow_accepted(port); i++) {
		uint32_t length = slow_frame(port, i, bytes, sizeof(bytes));

		pcapfile_add(&out, bytes, length);
	}
	return out;
}

void input_end(void)
{
	host_stop();
	pcapfile_free(&input);
}
