/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parsers of single option values, for options.c. Main thread.
 */
#include "optvalue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A decimal number at the start of *@text, which moves behind it. */
static bool take_number(const char **text, uint64_t min, uint64_t max, uint64_t *out)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	*out = strtoull(*text, &end, 10);
	*text = end;
	return errno == 0 && *out >= min && *out <= max;
}

bool value_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t n;

	if (!take_number(&text, min, max, &n) || *text != '\0')
		return false;
	*out = n;
	return true;
}

enum fwd_mode options_mode(const char *word)
{
	enum fwd_mode mode = 0;

	while (mode < FWD_MODES && strcmp(word, fwd_mode_names[mode]) != 0)
		mode++;
	return mode;
}

bool value_mode(const char *arg, struct options *o, struct complaint *why)
{
	enum fwd_mode mode = options_mode(arg);

	if (mode == FWD_MODES)
		return complain(why, "--forward-mode %s is unknown: io, mac, macswap, flowgen, "
				"rxonly, txonly, icmpecho", arg);
	o->mode = mode;
	return true;
}

bool value_topology(const char *arg, struct options *o, struct complaint *why)
{
	static const char *const names[] = { "paired", "chained", "loop" };

	for (unsigned int i = 0; i < 3; i++) {
		if (strcmp(arg, names[i]) == 0) {
			o->topology = (enum topology)i;
			return true;
		}
	}
	return complain(why, "--port-topology %s is unknown: paired, chained, loop", arg);
}

static bool add_port(struct options *o, uint64_t port)
{
	for (unsigned int i = 0; i < o->ports; i++)
		if (o->portlist[i] == port)
			return false;
	o->portlist[o->ports++] = (unsigned int)port;
	return true;
}

bool value_portlist(const char *arg, struct options *o, struct complaint *why)
{
	const char *at = arg;
	uint64_t first, last;
	bool ok;

	o->ports = 0;
	do {
		at += at != arg; /* the comma */
		ok = take_number(&at, 0, FWD_MAX_PORTS - 1, &first);
		last = first;
		if (ok && *at == '-') {
			at++;
			ok = take_number(&at, first, FWD_MAX_PORTS - 1, &last);
		}
		for (uint64_t port = first; ok && port <= last; port++)
			ok = add_port(o, port);
	} while (ok && *at == ',');
	if (ok && *at == '\0')
		return true;
	return complain(why, "--portlist %s: ports 0 to %d, each once, as 0,2-3 are wanted", arg,
			FWD_MAX_PORTS - 1);
}

static bool take_mac(const char *text, uint8_t mac[6])
{
	for (unsigned int i = 0; i < 6; i++) {
		char *end;
		unsigned long byte = strtoul(text, &end, 16);

		if (end == text || end - text > 2 || byte > 255 || *end != (i < 5 ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)byte;
		text = end + 1;
	}
	return true;
}

bool value_eth_peer(const char *arg, struct options *o, struct complaint *why)
{
	const char *at = arg;
	uint64_t port;
	uint8_t mac[6];

	if (!take_number(&at, 0, FWD_MAX_PORTS - 1, &port) || *at != ',' || !take_mac(at + 1, mac))
		return complain(why, "--eth-peer %s: a port and an address, as "
				"1,02:00:00:00:00:07, are wanted", arg);
	if (mac[0] & 1)
		return complain(why, "--eth-peer %s: a group address is no peer", arg);
	memcpy(o->peer_mac[port], mac, 6);
	return true;
}

/* 42 bytes: the Ethernet, IPv4 and UDP headers, which must be in one piece. */
bool value_txpkts(const char *arg, struct options *o, struct complaint *why)
{
	const char *at = arg;
	uint64_t length;
	bool ok = true;

	o->segments = 0;
	do {
		at += at != arg;
		ok = o->segments < FWD_MAX_SEGMENTS &&
		     take_number(&at, o->segments == 0 ? 42 : 1, 9724, &length);
		if (ok)
			o->segment_length[o->segments++] = (uint32_t)length;
	} while (ok && *at == ',');
	if (ok && *at == '\0')
		return true;
	return complain(why, "--txpkts %s: up to %d lengths, the first 42 or more, are wanted", arg,
			FWD_MAX_SEGMENTS);
}

/* Most ports and nodes that testpmd's syntax has room for; which there are is known later. */
#define MAX_NODE 255

/* "(a,b)" or "(a,b,c)" at *@text, which moves behind it. @max: of each of the @n numbers. */
static bool take_tuple(const char **text, unsigned int n, const uint64_t max[], uint64_t out[])
{
	for (unsigned int i = 0; i < n; i++)
		if (*(*text)++ != (i == 0 ? '(' : ',') || !take_number(text, 0, max[i], &out[i]))
			return false;
	return *(*text)++ == ')';
}

bool value_port_numa(const char *arg, struct options *o, struct complaint *why)
{
	static const uint64_t max[] = { FWD_MAX_PORTS - 1, MAX_NODE };
	const char *at = arg;
	uint64_t n[2];
	bool ok;

	do {
		at += at != arg;
		ok = take_tuple(&at, 2, max, n);
		if (ok)
			o->port_node[n[0]] = (int)n[1];
	} while (ok && *at == ',');
	if (ok && *at == '\0')
		return true;
	return complain(why, "--port-numa-config %s: (port,node)[,(port,node)] with ports 0 to %d is "
			"wanted", arg, FWD_MAX_PORTS - 1);
}

/* The flag as testpmd has it: 1 the receive rings, 2 the transmit rings, 3 both. */
bool value_ring_numa(const char *arg, struct options *o, struct complaint *why)
{
	static const uint64_t max[] = { FWD_MAX_PORTS - 1, 3, MAX_NODE };
	const char *at = arg;
	uint64_t n[3];
	bool ok;

	do {
		at += at != arg;
		ok = take_tuple(&at, 3, max, n) && n[1] != 0;
		if (ok && (n[1] & 1))
			o->rx_node[n[0]] = (int)n[2];
		if (ok && (n[1] & 2))
			o->tx_node[n[0]] = (int)n[2];
	} while (ok && *at == ',');
	if (ok && *at == '\0')
		return true;
	return complain(why, "--ring-numa-config %s: (port,flag,node)[,(port,flag,node)] with ports 0 "
			"to %d and flag 1 for receive, 2 for transmit, 3 for both is wanted", arg,
			FWD_MAX_PORTS - 1);
}

bool value_profile(const char *arg, struct options *o, struct complaint *why)
{
	if (arg != NULL && *arg == '\0')
		return complain(why, "--profile=: the name of a file is wanted, or --profile alone");
	o->profile = true;
	o->profile_file = arg;
	return true;
}
