/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other end of the cable, played by the test itself with DPDK: rings behind a
 * net_ring port, and a "slow NIC", a port that keeps transmitted mbufs until the
 * test lets it free them, as hardware does. Main thread unless said otherwise.
 */
#ifndef TEST_WIRE_H
#define TEST_WIRE_H

#include <stdbool.h>
#include <stdint.h>

/* ------------------------------------------------------------------ rings */

struct wire;

/* A net_ring port with @size slots each way (a power of 2; one stays unused);
 * returns the ethdev port. */
uint16_t wire_ring_port(const char *name, unsigned int size, struct wire **wire);

/* Two net_ring ports back to back: what one sends the other receives. */
void wire_ring_pair(unsigned int size, uint16_t port[2]);

/* Put a frame of @length bytes on the wire in buffers of @segment bytes each (0: one
 * buffer). False: the ring is full. */
bool wire_put(struct wire *w, const void *bytes, uint32_t length, uint32_t segment);

/* Take the oldest frame off; its length, 0 if there is none. */
uint32_t wire_take(struct wire *w, void *bytes, uint32_t size);

/* Frames on the wire from the port. Any thread. */
unsigned int wire_count(const struct wire *w);

/* Frames on the wire to the port. Any thread. */
unsigned int wire_waiting(const struct wire *w);

/* -------------------------------------------------------------- slow NIC */

/* Turn a started net_null port into a slow NIC. */
void slow_begin(uint16_t port);

/* How many more frames it accepts from now on; the rest it leaves. Any thread. */
void slow_allow(uint16_t port, unsigned int frames);

/* Frames it has accepted, and those it still holds. Any thread. */
unsigned int slow_accepted(uint16_t port);
unsigned int slow_held(uint16_t port);

/* Copy the @index-th frame it ever accepted, as it was then. Its length. */
uint32_t slow_frame(uint16_t port, unsigned int index, void *bytes, uint32_t size);

/* Let go of the @n oldest frames on this thread, no worker. False: the bytes of one
 * have changed since it was accepted. */
bool slow_release(uint16_t port, unsigned int n);

/* The same for the newest: the order of completion is the NIC's business. */
bool slow_release_newest(uint16_t port, unsigned int n);

/* Frames it may let go of inside its next bursts, on the worker. */
void slow_release_in_burst(uint16_t port, unsigned int n);

#endif
