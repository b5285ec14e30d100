/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbered frames from one port to another whose every byte and whose order are checked
 * as they arrive, on the worker. One thread sends a stream; several streams may run at
 * once, one towards each port.
 */
#ifndef TEST_STREAM_H
#define TEST_STREAM_H

#include <stdatomic.h>

#include "host.h"

/* NBLs a stream sends with: more than a transmit ring has, since a send may complete only
 * when the PMD needs its place. */
#define STREAM_NBLS 1024
/* Frames under way: fewer than a receive ring holds, so that none is missed. */
#define STREAM_WINDOW 128

/* Rings the above is right for, with frames of up to 8 buffers. */
extern const struct pmb_device_config stream_rings;

struct stream {
	struct proto_port *from;
	uint16_t to;
	ULONG (*length)(ULONG number);
	bool gaps;                     /* frames may be lost on the way; their order holds */
	UCHAR header[14];

	/* the sending thread */
	struct shaped *nbl[STREAM_NBLS];
	ULONG next;                    /* number to be sent */
	ULONG taken_back;              /* NBLs whose send is over and was looked at */
	ULONG succeeded;               /* of those */

	/* the worker: rw, others: ro */
	_Atomic ULONG arrived, expected, wrong;
	char fault[160];               /* the first */
};

/* Frames of @length(number) bytes, 60 to @longest, from port @from to port @to. */
void stream_open(struct stream *s, uint16_t from, uint16_t to, ULONG longest,
		 ULONG (*length)(ULONG number));

/* Port @to, which receives @s, is another adapter now, with the same address. */
void stream_listen(struct stream *s, uint16_t to);

/* Send what there is room for, up to frame @limit. Returns NBLs sent. */
ULONG stream_pump(struct stream *s, ULONG limit);

/* True when every send has completed; each completed once. */
bool stream_is_over(struct stream *s);

/* Send @n frames more on each of @list and wait until all arrived and all completed. */
void stream_run(struct stream *const list[], unsigned int n_streams, ULONG n);

/* Wait for the sends, check that nothing was wrong, free. */
void stream_close(struct stream *s);

#endif
