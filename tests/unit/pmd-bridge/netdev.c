/* SPDX-License-Identifier: BSD-3-Clause */
/* See netdev.h. */
#include "netdev.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <criterion/criterion.h>

static void run(const char *command)
{
	cr_assert_eq(system(command), 0, "%s", command);
}

void netdev_namespace(void)
{
	if (unshare(CLONE_NEWNET) != 0)
		cr_skip_test("a network namespace needs root: %s", strerror(errno));
	if (system("ip link set lo up") != 0)
		cr_skip_test("ip is missing (package iproute2)");
	/* Its own chatter would come between the test's frames. */
	if (system("echo 1 2>/dev/null >/proc/sys/net/ipv6/conf/default/disable_ipv6") != 0)
		fprintf(stderr, "IPv6 stays on\n");
}

void netdev_up(const char *name)
{
	char command[200];

	snprintf(command, sizeof(command), "ip link set dev %s up", name);
	run(command);
}

void netdev_veth(const char *a, const char *b)
{
	char command[200];

	snprintf(command, sizeof(command), "ip link add %s type veth peer name %s", a, b);
	if (system(command) != 0)
		cr_skip_test("the kernel has no veth interfaces");
	netdev_up(a);
	netdev_up(b);
}

int netdev_open(const char *name)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));
	int one = 1, room = 8 << 20;

	cr_assert_geq(fd, 0, "%s", strerror(errno));
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0, "%s: %s", name,
		     strerror(errno));
	setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	return fd;
}

void netdev_send(int fd, const void *bytes, size_t length)
{
	cr_assert_eq(send(fd, bytes, length, 0), (ssize_t)length, "%s", strerror(errno));
}

/* The kernel takes an 802.1Q header out and puts it beside: back where it was. */
static size_t put_tag_back(struct msghdr *m, uint8_t *bytes, size_t length)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		struct tpacket_auxdata aux;

		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
			continue;
		memmove(bytes + 16, bytes + 12, length - 12);
		bytes[12] = 0x81;
		bytes[13] = 0;
		bytes[14] = (uint8_t)(aux.tp_vlan_tci >> 8);
		bytes[15] = (uint8_t)aux.tp_vlan_tci;
		return length + 4;
	}
	return length;
}

static bool is_ours(const struct sockaddr_ll *from, const uint8_t *bytes, size_t length)
{
	const uint8_t *type = bytes + 12;

	if (from->sll_pkttype == PACKET_OUTGOING || length < 18)
		return false;
	if (type[0] == 0x81 && type[1] == 0)
		type += 4;
	return type[0] == 0x88 && type[1] == 0xB5;
}

size_t netdev_receive(int fd, void *bytes, size_t size)
{
	char control[256];
	struct sockaddr_ll from;
	struct iovec room = { bytes, size - 4 };
	ssize_t n;

	do {
		struct msghdr m = { .msg_name = &from,
				    .msg_namelen = sizeof(from),
				    .msg_iov = &room,
				    .msg_iovlen = 1,
				    .msg_control = control,
				    .msg_controllen = sizeof(control) };

		n = recvmsg(fd, &m, 0);
		if (n <= 0)
			return 0;
		n = (ssize_t)put_tag_back(&m, bytes, (size_t)n);
	} while (!is_ours(&from, bytes, (size_t)n));
	return (size_t)n;
}
