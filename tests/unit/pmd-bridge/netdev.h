/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's end of a cable: interfaces in a network namespace of the test's own
 * and a raw socket on one of them. Main thread, root only.
 */
#ifndef TEST_NETDEV_H
#define TEST_NETDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Move the process into a new network namespace, which goes away with it; skips the
 * test where that is not allowed. Before host_start. */
void netdev_namespace(void);

/* A veth pair, both ends up. */
void netdev_veth(const char *a, const char *b);

/* Bring an interface up that somebody else made. */
void netdev_up(const char *name);

/* A raw socket that sees what arrives on @name and sends out of it. */
int netdev_open(const char *name);

void netdev_send(int fd, const void *bytes, size_t length);

/* The next frame of type 0x88B5 that arrived, its 802.1Q header in place; its length,
 * 0: none is there now. */
size_t netdev_receive(int fd, void *bytes, size_t size);

#endif
