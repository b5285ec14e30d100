/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line: one table of options serves the parser and --help. Names
 * are testpmd's where the meaning is the same. Main thread, before anything is
 * started.
 */
#include "options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "optvalue.h"

enum kind { FLAG, NO_FLAG, NUMBER, TEXT, VALUE, OPTIONAL };

struct spec {
	const char *name;     /* NULL: a heading of --help */
	enum kind kind;
	size_t offset;        /* in struct options */
	uint64_t min, max;
	value_fn *parse;
	const char *argument;
	const char *help;
};

#define AT(member) offsetof(struct options, member)
#define HEADING(text) { NULL, FLAG, 0, 0, 0, NULL, NULL, text }
#define FLAG_OPTION(name, member, help) { name, FLAG, AT(member), 0, 0, NULL, NULL, help }
#define NO_FLAG_OPTION(name, member, help) { name, NO_FLAG, AT(member), 0, 0, NULL, NULL, help }
#define NUMBER_OPTION(name, member, min, max, help) \
	{ name, NUMBER, AT(member), min, max, NULL, "N", help }
#define TEXT_OPTION(name, member, argument, help) \
	{ name, TEXT, AT(member), 0, 0, NULL, argument, help }
#define OPTIONAL_OPTION(name, parse, argument, help) \
	{ name, OPTIONAL, 0, 0, 0, parse, argument, help }
#define VALUE_OPTION(name, parse, argument, help) { name, VALUE, 0, 0, 0, parse, argument, help }

static const struct spec specs[] = {
	HEADING("What to do"),
	VALUE_OPTION("forward-mode", value_mode, "MODE",
		     "io, mac, macswap, flowgen, rxonly, txonly or icmpecho (io)"),
	VALUE_OPTION("port-topology", value_topology, "NAME", "paired, chained or loop (paired)"),
	VALUE_OPTION("portlist", value_portlist, "LIST", "ports to use, as 0,2-3 (all)"),
	VALUE_OPTION("eth-peer", value_eth_peer, "X,MAC",
		     "destination of frames sent on port X in mode mac (02:00:00:00:00:0X)"),
	FLAG_OPTION("tx-first", tx_first, "send one burst on each port at the start"),
	VALUE_OPTION("txpkts", value_txpkts, "X[,Y]*",
		     "segment lengths of generated frames; the first holds 42 or more (64)"),

	HEADING("Cores, queues, memory"),
	NUMBER_OPTION("nb-cores", nb_cores, 1, FWD_MAX_WORKERS, "worker lcores to use (1)"),
	NUMBER_OPTION("rxq", rxq, 1, FWD_MAX_WORKERS, "receive queues per port (1)"),
	NUMBER_OPTION("txq", txq, 1, FWD_MAX_WORKERS, "transmit queues per port, as many (1)"),
	FLAG_OPTION("rss-ip", rss_ip, "share frames among receive queues by addresses (if possible)"),
	FLAG_OPTION("rss-udp", rss_udp, "share them by addresses and UDP ports"),
	FLAG_OPTION("disable-rss", disable_rss, "do not: all come in on the first queue"),
	NUMBER_OPTION("rxd", rxd, 1, 32768, "descriptors of a receive ring (the PMD's)"),
	NUMBER_OPTION("txd", txd, 1, 32768, "descriptors of a transmit ring (the PMD's)"),
	NUMBER_OPTION("burst", burst, 1, FWD_MAX_BURST, "frames per burst (32)"),
	NUMBER_OPTION("rxfreet", rxfreet, 1, 32767, "rx_free_thresh (the PMD's)"),
	NUMBER_OPTION("txfreet", txfreet, 1, 32767, "tx_free_thresh (the PMD's)"),
	NUMBER_OPTION("txrst", txrst, 1, 32767, "tx_rs_thresh (the PMD's)"),
	NUMBER_OPTION("own-nbls", own_nbls, 1, 65536,
		      "frames per queue on their way in own NBLs (txd + 2 bursts)"),
	NUMBER_OPTION("total-num-mbufs", total_mbufs, 1, 16777216,
		      "mbufs of all ports together (what rings and bursts need)"),
	NUMBER_OPTION("mbuf-size", mbuf_size, 256, 65535, "bytes of an mbuf with headroom (2176)"),
	NUMBER_OPTION("max-pkt-len", max_pkt_len, 64, 9728, "longest frame with FCS (1518)"),
	FLAG_OPTION("numa", numa, "memory and workers on their port's NUMA node (the default)"),
	NO_FLAG_OPTION("no-numa", numa, "all memory on one node, workers in their order"),
	NUMBER_OPTION("socket-num", socket_num, 0, 255, "that node, with --no-numa (0)"),
	VALUE_OPTION("port-numa-config", value_port_numa, "(P,S)[,..]",
		     "NUMA node S for rings and pools of port P (the port's)"),
	VALUE_OPTION("ring-numa-config", value_ring_numa, "(P,F,S)[,..]",
		     "node S for rings and pools of port P: F 1 rx, 2 tx, 3 both"),

	HEADING("When to stop, what to show"),
	NUMBER_OPTION("duration", duration, 1, 31536000, "stop after N seconds"),
	NUMBER_OPTION("num-packets", num_packets, 1, UINT64_MAX,
		      "stop when N frames were received, or sent if none is received"),
	NUMBER_OPTION("stop-when-idle", idle_ms, 1, 3600000, "stop after N ms without a frame"),
	NUMBER_OPTION("stats-period", stats_period, 0, 86400,
		      "seconds between tables; 0: none (1 on a terminal, else 0)"),
	TEXT_OPTION("stats-json", stats_json, "FILE", "write the totals and the ledger as JSON"),
	FLAG_OPTION("record-burst-stats", record_bursts, "count receive calls by their size"),
	FLAG_OPTION("record-core-cycles", record_cycles, "measure the time spent per frame"),
	OPTIONAL_OPTION("profile", value_profile, "FILE",
			"show where the workers' cycles go, at the end; FILE: as JSON, too"),

	HEADING("Commands"),
	FLAG_OPTION("interactive", interactive, "-i: read commands from the terminal; see 'help'"),
	TEXT_OPTION("cmdline-file", cmdline_file, "FILE", "run the commands in FILE first"),

	HEADING("Ports and drivers"),
	FLAG_OPTION("no-flush-rx", no_flush_rx, "keep frames that wait in a port at the start"),
	FLAG_OPTION("disable-link-check", disable_link_check, "do not wait for links to come up"),
	TEXT_OPTION("driver", driver, "FILE.so,...",
		    "miniport (pollport-miniport.so), filters and protocols to load"),
	NUMBER_OPTION("adapters", adapters, 1, FWD_MAX_PORTS,
		      "run N adapters of a miniport that needs no DPDK port (one per port)"),
	TEXT_OPTION("virtual", virtuals, "NAME,...",
		    "forward on these adapters of an intermediate driver, one for each port"),
	TEXT_OPTION("config", config, "FILE", "adapter configuration: INI, a section per port<N>"),
	FLAG_OPTION("verifier", verifier, "check the NDIS contract on every call (slower)"),
	FLAG_OPTION("help", help, "-h: this text"),
};

#define SPECS (sizeof(specs) / sizeof(specs[0]))

const char options_overload[] =
	"Where testpmd drops a frame that the transmit ring does not take, NDIS queues it: a send "
	"is never refused. The bound is how many frames the forwarder's own NBLs carry "
	"(--own-nbls); when a port's peer has as many, frames are returned at once and counted as "
	"no_nbl.";

bool complain(struct complaint *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return false;
}

int options_own_start(int argc, char **argv)
{
	int i = 1;

	while (i < argc && strcmp(argv[i], "--") != 0)
		i++;
	return i;
}

static void set_defaults(struct options *o)
{
	memset(o, 0, sizeof(*o));
	o->nb_cores = 1;
	o->numa = true;
	o->socket_num = FWD_NO_SOCKET;
	o->burst = 32;
	o->mbuf_size = 2048 + 128;
	o->max_pkt_len = 1518;
	o->segments = 1;
	o->segment_length[0] = 64;
	for (unsigned int i = 0; i < FWD_MAX_PORTS; i++) {
		o->peer_mac[i][0] = 2;
		o->peer_mac[i][5] = (uint8_t)i;
		o->port_node[i] = o->rx_node[i] = o->tx_node[i] = -1;
	}
}

static bool apply(const struct spec *spec, const char *arg, struct options *o,
		  struct complaint *why)
{
	void *member = (char *)o + spec->offset;

	switch (spec->kind) {
	case FLAG:
		*(bool *)member = true;
		return true;
	case NO_FLAG:
		*(bool *)member = false;
		return true;
	case TEXT:
		*(const char **)member = arg;
		return true;
	case NUMBER:
		if (value_number(arg, spec->min, spec->max, member))
			return true;
		if (spec->max == UINT64_MAX)
			return complain(why, "--%s %s: a number from %lu is wanted", spec->name,
					arg, spec->min);
		return complain(why, "--%s %s: a number from %lu to %lu is wanted", spec->name, arg,
				spec->min, spec->max);
	default:
		return spec->parse(arg, o, why);
	}
}

/* What no single option can tell. */
static bool check_together(struct options *o, struct complaint *why)
{
	uint64_t length = 0;

	if (o->rxq == 0)
		o->rxq = o->txq;
	if (o->txq == 0)
		o->txq = o->rxq;
	if (o->rxq == 0)
		o->rxq = o->txq = 1;
	if (o->rxq != o->txq)
		return complain(why, "--rxq %lu --txq %lu: ports run queue pairs, give both the "
				"same", o->rxq, o->txq);
	if (o->adapters != 0 && o->driver == NULL)
		return complain(why, "--adapters %lu: name their miniport with --driver: the "
				"reference miniport's adapters are ports", o->adapters);
	if (o->adapters != 0 && o->rxq != 1)
		return complain(why, "--adapters %lu --rxq %lu: an adapter without a port has no "
				"queues; leave out --rxq and --txq", o->adapters, o->rxq);
	if (o->rss_ip + o->rss_udp + o->disable_rss > 1)
		return complain(why, "--rss-ip, --rss-udp and --disable-rss exclude each other: "
				"give one");
	for (unsigned int i = 0; i < o->segments; i++)
		length += o->segment_length[i];
	if (length + 4 > o->max_pkt_len)
		return complain(why, "--txpkts makes %lu bytes and 4 of FCS: --max-pkt-len %lu is "
				"less", length, o->max_pkt_len);
	if (o->interactive && !o->stats_period_given)
		o->stats_period = 0;
	return true;
}

static int argument_of(enum kind kind)
{
	if (kind <= NO_FLAG)
		return no_argument;
	return kind == OPTIONAL ? optional_argument : required_argument;
}

static void make_long_options(struct option *out)
{
	for (size_t i = 0; i < SPECS; i++) {
		if (specs[i].name == NULL)
			continue;
		*out++ = (struct option){ specs[i].name, argument_of(specs[i].kind), NULL,
					  (int)(256 + i) };
	}
	*out = (struct option){ 0 };
}

bool options_parse(int argc, char **argv, struct options *o, struct complaint *why)
{
	struct option long_options[SPECS + 1];
	int c;

	set_defaults(o);
	make_long_options(long_options);
	optind = 0; /* EAL may have used getopt before */
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:ih", long_options, NULL)) != -1) {
		if (c == '?' && optopt != 0 && optopt < 256)
			return complain(why, "unknown option -%c; see --help", optopt);
		if (c == '?')
			return complain(why, "unknown option %s; see --help", argv[optind - 1]);
		if (c == ':')
			return complain(why, "%s wants a value; see --help", argv[optind - 1]);
		if (c == 'i')
			o->interactive = true;
		else if (c == 'h')
			o->help = true;
		else if (!apply(&specs[c - 256], optarg, o, why))
			return false;
		if (c >= 256 && strcmp(specs[c - 256].name, "stats-period") == 0)
			o->stats_period_given = true;
	}
	if (optind < argc)
		return complain(why, "unexpected argument '%s'; see --help", argv[optind]);
	return check_together(o, why);
}

/* That a port has memory somewhere makes sense only if there is that port. */
static bool check_numa_ports(const struct options *o, unsigned int available,
			     struct complaint *why)
{
	for (unsigned int i = available; i < FWD_MAX_PORTS; i++) {
		if (o->port_node[i] >= 0)
			return complain(why, "--port-numa-config: port %u does not exist, EAL has %u",
					i, available);
		if (o->rx_node[i] >= 0 || o->tx_node[i] >= 0)
			return complain(why, "--ring-numa-config: port %u does not exist, EAL has %u",
					i, available);
	}
	return true;
}

bool options_check_nodes(const struct options *o, bool (*exists)(int node), const char *nodes,
			 struct complaint *why)
{
	if (o->socket_num != FWD_NO_SOCKET && !exists((int)o->socket_num))
		return complain(why, "--socket-num %lu: there is no such NUMA node; nodes are %s",
				o->socket_num, nodes);
	for (unsigned int i = 0; i < FWD_MAX_PORTS; i++) {
		const int named[] = { o->port_node[i], o->rx_node[i], o->tx_node[i] };

		for (unsigned int k = 0; k < 3; k++)
			if (named[k] >= 0 && !exists(named[k]))
				return complain(why, "--%s-numa-config: port %u: there is no NUMA "
						"node %d; nodes are %s", k == 0 ? "port" : "ring",
						i, named[k], nodes);
	}
	return true;
}

bool options_check_ports(struct options *o, unsigned int available, struct complaint *why)
{
	if (o->adapters != 0 && available != 0)
		return complain(why, "--adapters %lu, and EAL has %u ports: a run has one or the "
				"other; leave out --vdev, or --adapters, and with NICs bound to "
				"DPDK give --no-pci", o->adapters, available);
	if (o->adapters != 0)
		available = (unsigned int)o->adapters;
	if (available == 0)
		return complain(why, "no ports: give EAL a device, as --vdev=net_null0 "
				"--vdev=net_null1, or bind a NIC with dpdk-devbind.py");
	if (o->ports == 0) {
		if (available > FWD_MAX_PORTS)
			return complain(why, "%u ports are more than %u: choose with --portlist",
					available, FWD_MAX_PORTS);
		for (; o->ports < available; o->ports++)
			o->portlist[o->ports] = o->ports;
	}
	for (unsigned int i = 0; i < o->ports; i++)
		if (o->portlist[i] >= available)
			return complain(why, "--portlist: port %u does not exist, %s %u",
					o->portlist[i], o->adapters != 0 ? "--adapters says" :
									   "EAL has",
					available);
	if (o->topology == TOPOLOGY_PAIRED && o->ports % 2 != 0)
		return complain(why, "%u ports cannot be paired: add one, or use "
				"--port-topology=chained or loop", o->ports);
	return check_numa_ports(o, available, why);
}

bool options_virtual(const struct options *o, unsigned int i, char *name, size_t size,
		     struct complaint *why)
{
	const char *at = o->virtuals;
	unsigned int n = 1;

	name[0] = '\0';
	if (at == NULL)
		return true;
	for (const char *p = at; *p != '\0'; p++)
		n += *p == ',';
	if (n != o->ports)
		return complain(why, "--virtual %s: %u names for %u ports; give one for each",
				o->virtuals, n, o->ports);
	while (i-- != 0)
		at = strchr(at, ',') + 1;
	n = (unsigned int)strcspn(at, ",");
	if (n == 0 || n >= size)
		return complain(why, "--virtual %s: a name has 1 to %zu characters", o->virtuals,
				size - 1);
	snprintf(name, size, "%.*s", (int)n, at);
	return true;
}

unsigned int options_peer(const struct options *o, unsigned int i)
{
	if (o->topology == TOPOLOGY_PAIRED)
		return i ^ 1u;
	if (o->topology == TOPOLOGY_CHAINED)
		return (i + 1) % o->ports;
	return i;
}

/* A frame is in a receive ring, in a burst on its way up, or held by an own NBL
 * until the peer has sent it and the others of that NBL, which are a burst at most. */
uint64_t options_port_mbufs(const struct options *o, uint64_t rxd, uint64_t txd)
{
	return o->rxq * (rxd + txd) + o->rxq * 3 * o->burst;
}

bool options_check_pool(const struct options *o, uint64_t rxd, uint64_t txd, struct complaint *why)
{
	uint64_t needed = o->ports * options_port_mbufs(o, rxd, txd);

	if (o->total_mbufs == 0 || o->total_mbufs >= needed)
		return true;
	return complain(why,
			"--total-num-mbufs %lu is too small: %u ports x %lu queues x (%lu rxd + "
			"%lu txd) + bursts %lu = %lu are needed",
			o->total_mbufs, o->ports, o->rxq, rxd, txd,
			o->ports * o->rxq * 3 * o->burst, needed);
}

static void help_option(FILE *out, const struct spec *spec)
{
	char left[48];

	if (spec->argument == NULL)
		snprintf(left, sizeof(left), "--%s", spec->name);
	else
		snprintf(left, sizeof(left), spec->kind == OPTIONAL ? "--%s[=%s]" : "--%s=%s",
			 spec->name, spec->argument);
	fprintf(out, "  %-28s %s\n", left, spec->help);
}

void options_help(FILE *out)
{
	fputs("pollport-fwd: forward frames between DPDK ports through NDIS drivers\n\n"
	      "  pollport-fwd [EAL options] -- [options]\n\n"
	      "Defaults are in parentheses.\n",
	      out);
	for (size_t i = 0; i < SPECS; i++) {
		if (specs[i].name == NULL)
			fprintf(out, "\n%s:\n", specs[i].help);
		else
			help_option(out, &specs[i]);
	}
	fprintf(out, "\nOverload:\n  %s\n", options_overload);
	fputs("\nExit codes:\n"
	      "  0  stopped as asked, every packet accounted for\n"
	      "  1  EAL, memory or a file failed\n"
	      "  2  the command line is wrong\n"
	      "  3  a port is missing, refused its set-up or did not start\n"
	      "  4  a driver did not load or start\n"
	      "  5  the ledger does not close: packets are unaccounted for\n"
	      "\n"
	      "The miniport is looked for in $POLLPORT_DRIVER_DIR, beside this program, in the\n"
	      "build tree, and where it was installed.\n",
	      out);
}
