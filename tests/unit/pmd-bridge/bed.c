/* SPDX-License-Identifier: BSD-3-Clause */
/* See bed.h. */
#include "bed.h"

#include <stdio.h>
#include <string.h>

#define LONGEST 16384

static const char *out_file;

void bed_start(struct bed *bed, enum bed_kind kind, const struct pmb_device_config *config)
{
	char vdev[200];

	memset(bed, 0, sizeof(*bed));
	bed->kind = kind;
	switch (kind) {
	case BED_RING:
		host_start(NULL);
		wire_ring_port("bed", 64, &bed->wire);
		break;
	case BED_PCAP:
		out_file = host_file("out.pcap");
		snprintf(vdev, sizeof(vdev), "net_pcap0,tx_pcap=%s", out_file);
		host_start(vdev, NULL);
		break;
	case BED_SLOW:
		host_start("net_null0,no-rx=1", NULL);
		break;
	}
	bed->port = host_add(0, config);
	if (kind == BED_SLOW)
		slow_begin(0);
}

/* Read what is on the wire now. */
static void read_wire(struct bed *bed)
{
	static UCHAR bytes[LONGEST];
	uint32_t length;

	if (bed->kind == BED_RING) {
		while ((length = wire_take(bed->wire, bytes, sizeof(bytes))) != 0)
			pcapfile_add(&bed->frames, bytes, length);
	} else if (bed->kind == BED_SLOW) {
		while (bed->frames.n < slow_accepted(0)) {
			length = slow_frame(0, bed->frames.n, bytes, sizeof(bytes));
			pcapfile_add(&bed->frames, bytes, length);
		}
		cr_assert(slow_release(0, ~0u), "a frame changed while the NIC had it");
	}
}

static ULONG count_done(struct shaped *const list[], ULONG n)
{
	ULONG done = 0;

	for (ULONG i = 0; i < n; i++)
		done += list[i]->send.done != 0;
	return done;
}

void bed_finish(struct bed *bed, struct shaped *const list[], ULONG n, NDIS_STATUS status)
{
	HOST_WAIT((read_wire(bed), count_done(list, n) == n));
	for (ULONG i = 0; i < n; i++) {
		cr_assert_eq(list[i]->send.done, 1, "NBL %u completed %d times", i,
			     list[i]->send.done);
		cr_assert_eq(list[i]->send.status, status, "NBL %u ended with 0x%08X", i,
			     (unsigned int)list[i]->send.status);
	}
	if (bed->kind == BED_PCAP) {
		host_remove(0);
		cr_assert_eq(pcapfile_read(out_file, &bed->frames), 0);
		return;
	}
	read_wire(bed);
	host_expect_balanced(0);
}

void bed_expect_wire(const struct bed *bed, struct shaped *const list[], ULONG n)
{
	static UCHAR must[LONGEST];
	uint32_t seen = 0;

	for (ULONG i = 0; i < n; i++) {
		if (list[i]->send.status != NDIS_STATUS_SUCCESS)
			continue;
		for (ULONG k = 0; k < list[i]->n_frames; k++) {
			ULONG length = shape_wire(&list[i]->frame[k], must);
			const struct pcap_frame *f = &bed->frames.frame[seen];

			cr_assert_lt(seen, bed->frames.n, "frame %u of NBL %u is missing", k, i);
			cr_assert_eq(f->length, length, "NBL %u frame %u: %u bytes, not %u", i, k,
				     f->length, length);
			cr_assert_eq(memcmp(f->bytes, must, length), 0,
				     "NBL %u frame %u has other bytes", i, k);
			seen++;
		}
	}
	cr_assert_eq(seen, bed->frames.n, "%u frames more than were sent", bed->frames.n - seen);
}

void bed_stop(struct bed *bed, struct shaped *list[], ULONG n)
{
	shape_free_all(list, n);
	pcapfile_free(&bed->frames);
	host_stop();
}
