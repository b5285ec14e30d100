/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frames of the contract tests: 60 bytes of Ethernet with a sequence
 * number behind the header, by which a frame is known wherever it turns up.
 */
#ifndef TEST_FAKE_FRAME_H
#define TEST_FAKE_FRAME_H

#include <ndis.h>

#define FRAME_LENGTH 60
#define FRAME_SEQ_OFFSET 14

static inline void frame_build(UCHAR frame[FRAME_LENGTH], const UCHAR dst[6], ULONG seq)
{
	static const UCHAR source_and_type[8] = { 0x02, 0, 0, 0, 0, 0x77, 0x88, 0xB5 };

	NdisZeroMemory(frame, FRAME_LENGTH);
	NdisMoveMemory(frame, dst, 6);
	NdisMoveMemory(frame + 6, source_and_type, sizeof(source_and_type));
	NdisMoveMemory(frame + FRAME_SEQ_OFFSET, &seq, sizeof(seq));
}

/* The sequence number of @nb's frame, (ULONG)-1 when it is too short. */
static inline ULONG frame_seq(NET_BUFFER *nb)
{
	UCHAR storage[FRAME_SEQ_OFFSET + sizeof(ULONG)];
	const UCHAR *data = (const UCHAR *)NdisGetDataBuffer(nb, sizeof(storage), storage, 1, 0);
	ULONG seq = (ULONG)-1;

	if (data != NULL)
		NdisMoveMemory(&seq, data + FRAME_SEQ_OFFSET, sizeof(seq));
	return seq;
}

#endif
