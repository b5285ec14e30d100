/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The wire: frames leave for the peer, for the NIC itself (loopback) or for the
 * sink, at most at its rate; a generator brings frames by itself. Under the
 * wire's lock.
 */
#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_cycles.h>

#include "nic.h"

/* Beside a frame: FCS, preamble and start delimiter, the gap; [IEEE 802.3] 4.4.2. */
#define WIRE_OVERHEAD (4 + 8 + 12)
#define MIN_FRAME 60
#define MIN_SENT 17                 /* [82599] 7.2.1.2, shorter ones hang a real MAC */

/* Frames a generator brings in one step. */
#define GENERATOR_BATCH 64

/* Descriptors that the longest frame may take. */
#define MOST_DESCRIPTORS 16

/* A step that comes late makes up for so much time; a wire has no memory of more. */
#define CATCH_UP_US 1000

void softnic_wire_rate(struct softnic *nic, uint64_t rate)
{
	nic->rate = rate;
	if (rate != 0)
		nic->cycles_per_byte_16 = (uint64_t)((double)rte_get_tsc_hz() * 8 * 65536 /
						     (double)rate);
	nic->tx_free_at = nic->generator_free_at = rte_rdtsc();
}

static uint64_t wire_cycles(const struct softnic *nic, uint32_t length)
{
	if (length < MIN_FRAME)
		length = MIN_FRAME;
	return ((length + WIRE_OVERHEAD) * nic->cycles_per_byte_16) >> 16;
}

/* The time from which the wire is free again after a frame from @free_at on. */
static uint64_t occupy(const struct softnic *nic, uint64_t free_at, uint64_t now, uint32_t length)
{
	uint64_t earliest = now - rte_get_tsc_hz() / 1000000 * CATCH_UP_US;

	return (free_at < earliest ? earliest : free_at) + wire_cycles(nic, length);
}

/* 802.3x: the peer has no room and says so, and we heed it. */
static bool held_by_pause(struct softnic *nic)
{
	struct softnic *peer = nic->peer;
	bool xoff = nic->rx.heeds_pause && peer->rx.sends_pause && peer->rx.enabled &&
		    nic->link && softnic_rx_room(peer) < MOST_DESCRIPTORS;

	if (xoff == nic->paused)
		return xoff;
	nic->paused = xoff;
	if (xoff) {
		peer->xoff_sent++;
		nic->xoff_heard++;
	} else {
		peer->xon_sent++;
		nic->xon_heard++;
	}
	return xoff;
}

/* Without a link the MAC takes nothing from memory: frames wait in the ring. */
bool softnic_wire_free(struct softnic *nic, uint64_t now)
{
	if (unlikely(!nic->link) || (nic->rate != 0 && nic->tx_free_at > now))
		return false;
	return nic->peer == NULL || !held_by_pause(nic);
}

void softnic_wire_send(struct softnic *nic, const uint8_t *frame, uint32_t length)
{
	uint8_t padded[MIN_FRAME];

	if (unlikely(length < MIN_FRAME)) {
		if (length < MIN_SENT) {
			softnic_misused(nic, SOFTNIC_RUNT);
			nic->counters.tx_lost++;
			return;
		}
		memcpy(padded, frame, length);
		memset(padded + length, 0, sizeof(padded) - length);
		frame = padded;
		length = sizeof(padded);
	}
	if (nic->rate != 0)
		nic->tx_free_at = occupy(nic, nic->tx_free_at, rte_rdtsc(), length);
	nic->counters.tx_frames++;
	nic->counters.tx_bytes += length;
	softnic_tally_add(&nic->tx_tally, frame, length);
	if (nic->on_transmit != NULL)
		nic->on_transmit(nic->on_transmit_context, frame, length);
	if (nic->peer != NULL)
		softnic_rx_frame(nic->peer, frame, length, NULL);
}

static void prepare(struct softnic *nic)
{
	struct softnic_generator *g = nic->generator;

	g->settings = nic->settings;
	for (uint32_t i = 0; i < g->frames.n; i++)
		softnic_rx_prepare(nic, g->frames.bytes + g->frames.offset[i], g->frames.length[i],
				   &g->frames.meta[i], &g->prepared[i]);
}

/* The next frame arrives, whatever becomes of it. Returns the descriptors it takes, at most. */
static uint32_t bring(struct softnic *nic)
{
	struct softnic_generator *g = nic->generator;
	uint32_t i = g->next;
	uint32_t length = g->frames.length[i];

	g->next = i + 1 == g->frames.n ? 0 : i + 1;
	softnic_rx_frame(nic, g->frames.bytes + g->frames.offset[i], length, &g->frames.meta[i]);
	return length / 1024 + 1;
}

/* As many as find room. */
static uint32_t bring_all(struct softnic *nic)
{
	struct softnic_generator *g = nic->generator;
	uint32_t n = 0, room = softnic_rx_room(nic);

	while (n < GENERATOR_BATCH && room > MOST_DESCRIPTORS) {
		uint32_t most = room - MOST_DESCRIPTORS, plain;

		if (most > GENERATOR_BATCH - n)
			most = GENERATOR_BATCH - n;
		plain = g->prepared[g->next].plain ? softnic_rx_plain(nic, g, most) : 0;
		n += plain != 0 ? plain : 1;
		room -= plain != 0 ? plain : bring(nic);
	}
	return n;
}

/* Whether or not they are wanted: those whose time has come. */
static uint32_t bring_paced(struct softnic *nic, uint64_t now)
{
	struct softnic_generator *g = nic->generator;
	uint32_t n = 0;

	for (; n < GENERATOR_BATCH && nic->generator_free_at <= now; n++) {
		nic->generator_free_at =
			occupy(nic, nic->generator_free_at, now, g->frames.length[g->next]);
		if (!g->prepared[g->next].plain || softnic_rx_plain(nic, g, 1) == 0)
			bring(nic);
	}
	return n;
}

uint32_t softnic_generate(struct softnic *nic)
{
	uint32_t n;

	if (!nic->rx.enabled || !nic->link)
		return 0;
	if (unlikely(nic->generator->settings != nic->settings))
		prepare(nic);
	n = nic->rate != 0 ? bring_paced(nic, rte_rdtsc()) : bring_all(nic);
	nic->counters.generated += n;
	return n;
}

void softnic_inject(struct softnic *nic, const void *frame, uint32_t length)
{
	softnic_take(nic);
	softnic_rx_begin(nic);
	softnic_rx_frame(nic, frame, length, NULL);
	softnic_rx_end(nic);
	softnic_give(nic);
}

void softnic_on_transmit(struct softnic *nic, softnic_transmit_fn fn, void *context)
{
	softnic_take(nic);
	nic->on_transmit = fn;
	nic->on_transmit_context = context;
	softnic_give(nic);
}
