/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the command line of pollport-fwd asks for, and whether it makes sense.
 * No EAL, no runtime: main.c calls this first and last on the main thread, and
 * the unit tests call it alone.
 */
#ifndef FWD_OPTIONS_H
#define FWD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "forwarder.h"

/* Exit codes, documented in --help. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_OTHER = 1,  /* EAL, memory, files, signals that kill */
	EXIT_USAGE = 2,  /* the command line */
	EXIT_PORT = 3,   /* a device or port is missing, refused its set-up or did not start */
	EXIT_DRIVER = 4, /* a driver failed to load or to start */
	EXIT_LEDGER = 5, /* packets are unaccounted for */
};

#define FWD_NO_SOCKET UINT64_MAX

enum topology { TOPOLOGY_PAIRED, TOPOLOGY_CHAINED, TOPOLOGY_LOOP };

/* All numbers are uint64_t, so that one table of --options can set them. */
struct options {
	enum fwd_mode mode;
	enum topology topology;
	uint64_t nb_cores, rxq, txq, rxd, txd, burst, own_nbls;
	uint64_t adapters;                      /* without a port; 0: those of EAL's ports */
	uint64_t rxfreet, txfreet, txrst;
	uint64_t total_mbufs, mbuf_size, max_pkt_len;
	uint64_t stats_period, duration, num_packets, idle_ms;
	bool stats_period_given;
	bool tx_first, interactive, no_flush_rx, disable_link_check;
	bool record_bursts, record_cycles, verifier, help;
	bool rss_ip, rss_udp, disable_rss;
	const char *cmdline_file, *stats_json, *config, *driver, *virtuals;
	bool profile;
	const char *profile_file;               /* or NULL: the table alone */
	unsigned int segments;
	uint32_t segment_length[FWD_MAX_SEGMENTS];
	uint8_t peer_mac[FWD_MAX_PORTS][6];
	bool numa;                              /* --numa, else --no-numa */
	uint64_t socket_num;                    /* FWD_NO_SOCKET: not given */
	int port_node[FWD_MAX_PORTS];           /* -1: the port's own node */
	int rx_node[FWD_MAX_PORTS], tx_node[FWD_MAX_PORTS]; /* of rings; -1: as port_node */
	unsigned int ports;                     /* in portlist; 0: all there are */
	unsigned int portlist[FWD_MAX_PORTS];
};

/** A line for people: what is wrong and what to do about it. */
struct complaint {
	char text[512];
};

/** What the EAL arguments end at: the index of "--", or @argc. */
int options_own_start(int argc, char **argv);

/**
 * Parse argv[1..argc-1], the program's own options. argv[0] is not looked at.
 * Returns true, or false and the complaint.
 */
bool options_parse(int argc, char **argv, struct options *o, struct complaint *why);

/**
 * Complete and check the port list against the @available ports EAL has.
 * Returns true, or false and the complaint.
 */
bool options_check_ports(struct options *o, unsigned int available, struct complaint *why);

/** Name of the adapter that portlist[@i] is to be, by --virtual, in @name with @size bytes;
 * "" without that option. False, and the complaint, when it names too few, too many, or one too
 * long. After options_check_ports. */
bool options_virtual(const struct options *o, unsigned int i, char *name, size_t size,
		     struct complaint *why);

/** Ask @exists of each node that an option names. Returns true, or false and the complaint,
 * which names the @nodes there are. */
bool options_check_nodes(const struct options *o, bool (*exists)(int node), const char *nodes,
			 struct complaint *why);

/** Position in the port list of the port that sends what portlist[@i] receives. */
unsigned int options_peer(const struct options *o, unsigned int i);

/** Frames of one port's pool that rings and bursts may hold at a time, with
 * @rxd and @txd descriptors per ring. */
uint64_t options_port_mbufs(const struct options *o, uint64_t rxd, uint64_t txd);

/** Check --total-num-mbufs against what all ports together need. */
bool options_check_pool(const struct options *o, uint64_t rxd, uint64_t txd,
			struct complaint *why);

/** The word for @mode, or FWD_MODES when there is no such mode. */
enum fwd_mode options_mode(const char *word);

void options_help(FILE *out);

/** What happens when more arrives than can leave; one paragraph. */
extern const char options_overload[];

bool __attribute__((format(printf, 2, 3))) complain(struct complaint *why, const char *format, ...);

#endif
