/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NBLs of every legal shape, with the flat bytes they must be on the wire
 * (contract MP-SND-11). Sees <ndis.h> only; any thread.
 */
#ifndef TEST_SHAPE_H
#define TEST_SHAPE_H

#include "protocol.h"

#define SHAPE_PIECES 24

/* How a frame's bytes are laid out over MDLs. Zero for all: one MDL, no room. */
struct shape_cut {
	ULONG before;                 /* bytes before the data in the MDL they begin in */
	ULONG before_mdls;            /* MDLs of 16 bytes wholly before the data */
	ULONG after;                  /* bytes behind the data in the last MDL */
	ULONG n;                      /* MDLs the data lie in; 0 is 1 */
	ULONG piece[SHAPE_PIECES];    /* data bytes in each but the last; 0: an empty MDL */
	ULONG misalign;               /* of the memory, 0..63 */
	BOOLEAN not_dma;              /* memory the NIC can't reach: not from NDIS */
};

struct shape_frame {
	ULONG length;
	struct shape_cut cut;
};

/* An NBL, its memory, its record. */
struct shaped {
	struct proto_send send;       /* first: on_done gets the whole */
	ULONG n_frames;
	struct shaped_frame {
		NET_BUFFER *nb;
		ULONG length;
		UCHAR *flat;          /* what the wire must show, without padding */
		UCHAR *memory;
		ULONG memory_size;
		BOOLEAN not_dma;
	} frame[];
};

/* An NBL of @n frames. Bytes: @dst, @src, type 0x88B5, then @id, the frame's number
 * in the NBL, and a pattern that depends on both. NULL when out of memory. */
struct shaped *shape_new(const struct shape_frame frames[], ULONG n, const UCHAR dst[6],
			 const UCHAR src[6], ULONG id);

/* The bytes of frame @number of NBL @id. */
void shape_fill(UCHAR *flat, ULONG length, const UCHAR dst[6], const UCHAR src[6], ULONG id,
		ULONG number);

/* @n NBLs of one frame of @length bytes in one MDL, ids from @id on. */
void shape_plain(struct shaped *to[], ULONG n, ULONG length, ULONG id);

/* Prepare for @port and chain; the first's NBL is the chain's head. */
NET_BUFFER_LIST *shape_chain(struct proto_port *port, struct shaped *const list[], ULONG n);

void shape_free(struct shaped *s);
void shape_free_all(struct shaped *list[], ULONG n);

/* Overwrite all the memory behind @send's frames; fits proto_send.on_done. */
void shape_scribble(struct proto_send *send);

/* What @frame must be on the wire: flat bytes, zeros up to 60. Returns the length. */
ULONG shape_wire(const struct shaped_frame *frame, UCHAR *to);

/* ------------------------------------------------------------- randomness */

/* xorshift64*: the same numbers for the same seed everywhere. */
ULONG shape_random(ULONG64 *state);

/* A random legal layout of @length bytes; the Ethernet header stays in one MDL. */
void shape_cut_random(struct shape_cut *cut, ULONG length, ULONG64 *state);

#endif
