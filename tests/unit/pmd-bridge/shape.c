/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The generator of NBL shapes. Memory comes from NdisAllocateMemoryWithTagPriority
 * (the NIC can reach it) or from malloc (it can't). Any thread.
 */
#include "shape.h"

#include <stdlib.h>
#include <string.h>

#define HEADER 14

/* ------------------------------------------------------------------- bytes */

void shape_fill(UCHAR *flat, ULONG length, const UCHAR dst[6], const UCHAR src[6], ULONG id,
		ULONG number)
{
	ULONG64 state = (ULONG64)id * 0x9E3779B97F4A7C15ULL + number + 1;
	UCHAR head[HEADER + 8];

	memcpy(head, dst, 6);
	memcpy(head + 6, src, 6);
	head[12] = 0x88;
	head[13] = 0xB5;
	memcpy(head + HEADER, &id, 4);
	memcpy(head + HEADER + 4, &number, 4);
	for (ULONG i = 0; i < length; i++)
		flat[i] = i < sizeof(head) ? head[i] : (UCHAR)shape_random(&state);
}

ULONG shape_wire(const struct shaped_frame *frame, UCHAR *to)
{
	ULONG length = frame->length < 60 ? 60 : frame->length;

	memset(to, 0, length);
	memcpy(to, frame->flat, frame->length);
	return length;
}

/* -------------------------------------------------------------------- MDLs */

static UCHAR *get_memory(struct shaped_frame *f, const struct shape_cut *cut, ULONG size)
{
	f->memory_size = size + cut->misalign;
	f->not_dma = cut->not_dma;
	if (cut->not_dma)
		f->memory = malloc(f->memory_size);
	else
		f->memory = NdisAllocateMemoryWithTagPriority(NULL, f->memory_size, PROTO_TAG,
							      NormalPoolPriority);
	if (f->memory == NULL)
		return NULL;
	memset(f->memory, 0xEE, f->memory_size); /* room shows when it gets on the wire */
	return f->memory + cut->misalign;
}

static void free_memory(struct shaped_frame *f)
{
	if (f->not_dma)
		free(f->memory);
	else if (f->memory != NULL)
		NdisFreeMemoryWithTagPriority(NULL, f->memory, PROTO_TAG);
}

static BOOLEAN add_mdl(MDL ***end, UCHAR *at, ULONG length)
{
	MDL *mdl = NdisAllocateMdl(NULL, at, length);

	if (mdl == NULL)
		return FALSE;
	mdl->Next = NULL;
	**end = mdl;
	*end = &mdl->Next;
	return TRUE;
}

static void free_mdls(MDL *mdl)
{
	while (mdl != NULL) {
		MDL *next = mdl->Next;

		NdisFreeMdl(mdl);
		mdl = next;
	}
}

static ULONG pieces(const struct shape_cut *cut)
{
	return cut->n != 0 ? cut->n : 1;
}

/* Lay the frame out; returns the MDL chain, *offset where the data begin in it. */
static MDL *lay_out(struct shaped_frame *f, const struct shape_cut *cut, ULONG *offset)
{
	ULONG gap = 8; /* between MDLs: they are not one piece by chance */
	ULONG size = cut->before_mdls * (16 + gap) + cut->before + f->length + cut->after +
		     pieces(cut) * gap;
	UCHAR *at = get_memory(f, cut, size);
	MDL *chain = NULL, **end = &chain;
	const UCHAR *from = f->flat;
	ULONG left = f->length;
	BOOLEAN ok = at != NULL;

	for (ULONG i = 0; ok && i < cut->before_mdls; i++, at += 16 + gap)
		ok = add_mdl(&end, at, 16);
	for (ULONG i = 0; ok && i < pieces(cut); i++) {
		BOOLEAN last = i + 1 == pieces(cut);
		ULONG before = i == 0 ? cut->before : 0;
		ULONG n = last || cut->piece[i] > left ? left : cut->piece[i];

		ok = add_mdl(&end, at, before + n + (last ? cut->after : 0));
		memcpy(at + before, from, n);
		from += n;
		left -= n;
		at += before + n + (last ? cut->after : 0) + gap;
	}
	*offset = cut->before_mdls * 16 + cut->before;
	if (!ok) {
		free_mdls(chain);
		return NULL;
	}
	return chain;
}

/* --------------------------------------------------------------------- NBL */

static BOOLEAN add_frame(struct shaped *s, const struct shape_frame *shape)
{
	struct shaped_frame *f = &s->frame[s->n_frames];
	MDL *chain;
	ULONG offset;

	chain = lay_out(f, &shape->cut, &offset);
	if (chain == NULL) {
		free_memory(f);
		return FALSE;
	}
	if (s->send.nbl == NULL) {
		s->send.nbl = NdisAllocateNetBufferAndNetBufferList(proto_nbl_pool(), 0, 0, chain,
								    offset, f->length);
		f->nb = s->send.nbl != NULL ? NET_BUFFER_LIST_FIRST_NB(s->send.nbl) : NULL;
	} else {
		f->nb = NdisAllocateNetBuffer(proto_nb_pool(), chain, offset, f->length);
		NET_BUFFER_NEXT_NB(s->frame[s->n_frames - 1].nb) = f->nb;
	}
	if (f->nb == NULL) {
		free_mdls(chain);
		free_memory(f);
		return FALSE;
	}
	s->n_frames++;
	return TRUE;
}

struct shaped *shape_new(const struct shape_frame frames[], ULONG n, const UCHAR dst[6],
			 const UCHAR src[6], ULONG id)
{
	struct shaped *s = calloc(1, sizeof(*s) + n * sizeof(s->frame[0]));

	if (s == NULL)
		return NULL;
	for (ULONG i = 0; i < n; i++) {
		struct shaped_frame *f = &s->frame[i];

		f->length = frames[i].length;
		f->flat = malloc(f->length + 1);
		if (f->flat == NULL) {
			shape_free(s);
			return NULL;
		}
		shape_fill(f->flat, f->length, dst, src, id, i);
		if (!add_frame(s, &frames[i])) {
			free(f->flat);
			shape_free(s);
			return NULL;
		}
	}
	return s;
}

void shape_plain(struct shaped *to[], ULONG n, ULONG length, ULONG id)
{
	static const UCHAR dst[6] = { 2, 0, 0, 0, 0, 0xD }, src[6] = { 2, 0, 0, 0, 0, 0x5 };
	struct shape_frame frame = { .length = length };

	for (ULONG i = 0; i < n; i++)
		to[i] = shape_new(&frame, 1, dst, src, id + i);
}

NET_BUFFER_LIST *shape_chain(struct proto_port *port, struct shaped *const list[], ULONG n)
{
	for (ULONG i = 0; i < n; i++) {
		proto_prepare(port, &list[i]->send, list[i]->send.nbl);
		NET_BUFFER_LIST_NEXT_NBL(list[i]->send.nbl) =
			i + 1 < n ? list[i + 1]->send.nbl : NULL;
	}
	return list[0]->send.nbl;
}

void shape_free(struct shaped *s)
{
	if (s == NULL)
		return;
	for (ULONG i = 0; i < s->n_frames; i++) {
		struct shaped_frame *f = &s->frame[i];

		free_mdls(NET_BUFFER_FIRST_MDL(f->nb));
		if (i != 0)
			NdisFreeNetBuffer(f->nb);
		free_memory(f);
		free(f->flat);
	}
	if (s->send.nbl != NULL) {
		NET_BUFFER_NEXT_NB(NET_BUFFER_LIST_FIRST_NB(s->send.nbl)) = NULL;
		NdisFreeNetBufferList(s->send.nbl);
	}
	free(s);
}

void shape_free_all(struct shaped *list[], ULONG n)
{
	for (ULONG i = 0; i < n; i++)
		shape_free(list[i]);
}

void shape_scribble(struct proto_send *send)
{
	struct shaped *s = CONTAINING_RECORD(send, struct shaped, send);

	for (ULONG i = 0; i < s->n_frames; i++)
		memset(s->frame[i].memory, 0xAA, s->frame[i].memory_size);
	InterlockedIncrement(&send->done);
}

/* ------------------------------------------------------------- randomness */

ULONG shape_random(ULONG64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (ULONG)((*state * 0x2545F4914F6CDD1DULL) >> 32);
}

void shape_cut_random(struct shape_cut *cut, ULONG length, ULONG64 *state)
{
	ULONG n = 1 + shape_random(state) % SHAPE_PIECES;
	ULONG left = length;

	memset(cut, 0, sizeof(*cut));
	cut->n = n;
	cut->before = shape_random(state) % 3 == 0 ? 0 : shape_random(state) % 300;
	cut->before_mdls = shape_random(state) % 4 == 0 ? shape_random(state) % 3 : 0;
	cut->after = shape_random(state) % 3 == 0 ? 0 : shape_random(state) % 200;
	cut->misalign = shape_random(state) % 64;
	cut->not_dma = shape_random(state) % 4 == 0;
	for (ULONG i = 0; i + 1 < n && left != 0; i++) {
		ULONG most = left < 2 * length / n ? left : 2 * length / n;

		cut->piece[i] = shape_random(state) % 4 == 0 ? 0 : shape_random(state) % (most + 1);
		if (left == length && cut->piece[i] != 0 && cut->piece[i] < HEADER)
			cut->piece[i] = HEADER < left ? HEADER : left; /* RS-NB-10 */
		left -= cut->piece[i];
	}
}
