/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NUMA for people: see nodes.h. Main thread; the kernel is asked where memory lies once, at
 * the start, and for each 'show port info'.
 */
#include "nodes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool nodes_check(const struct options *o, struct complaint *why)
{
	bool of_ports = false;
	char nodes[64];

	for (unsigned int i = 0; i < FWD_MAX_PORTS; i++)
		of_ports = of_ports || o->port_node[i] >= 0 || o->rx_node[i] >= 0 ||
			   o->tx_node[i] >= 0;
	pmb_node_list(nodes, sizeof(nodes));
	if (!options_check_nodes(o, pmb_node_exists, nodes, why))
		return false;
	if (o->numa && o->socket_num != FWD_NO_SOCKET)
		host_say("--socket-num %lu has no effect, as in testpmd: it takes --no-numa",
			 o->socket_num);
	if (!o->numa && of_ports)
		host_say("--port-numa-config and --ring-numa-config have no effect with --no-numa, "
			 "as in testpmd");
	return true;
}

int nodes_configured(const struct options *o, unsigned int port)
{
	if (o->numa)
		return o->port_node[port];
	return o->socket_num != FWD_NO_SOCKET ? (int)o->socket_num : 0;
}

int nodes_of_port(const struct options *o, unsigned int port)
{
	struct pmb_device_info limits;

	if (!o->numa || o->adapters != 0)
		return -1;
	if (pmb_port_limits((uint16_t)port, &limits) == 0 && limits.device_node >= 0)
		return limits.device_node;
	return o->port_node[port];
}

/* ------------------------------------------------------------------ what is apart */

/* What is noticed of one port. */
struct apart {
	int node;                 /* the port's */
	const char *verb;         /* what workers on other nodes do with it; NULL: there are none */
	unsigned int worker;      /* the first of them */
	char memory[256];         /* parts that are not where they were wanted */
	size_t used;              /* of memory */
	int is, wanted;           /* nodes of the last of them */
};

static void __attribute__((format(printf, 2, 3))) add(struct apart *a, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(a->memory + a->used, sizeof(a->memory) - a->used, format, args);
	va_end(args);
	a->used = n < 0 || (size_t)n >= sizeof(a->memory) - a->used ? sizeof(a->memory) - 1 :
								      a->used + (size_t)n;
}

static void note_worker(struct apart *a, const struct pmb_part *part)
{
	int node = pmb_worker_node(part->worker);

	if (node < 0 || node == a->node || a->node < 0)
		return;
	/* Who polls is worth more than who only sends: that has another mend. */
	if (a->verb == NULL || (part->polled && strcmp(a->verb, "sends") == 0)) {
		a->verb = part->polled ? "polls" : "sends";
		a->worker = part->worker;
	}
}

/* Of the parts named since the last call. */
static void add_nodes(struct apart *a)
{
	if (a->is == PMB_NODE_SEVERAL)
		add(a, " on several nodes, not %d", a->wanted);
	else
		add(a, " on node %d, not %d", a->is, a->wanted);
}

static void note_memory(struct apart *a, const struct pmb_part *part)
{
	if (part->wanted < 0 || part->node == PMB_NODE_UNKNOWN || part->node == part->wanted ||
	    strstr(a->memory, part->name) != NULL) /* of another queue */
		return;
	if (a->used != 0 && (part->node != a->is || part->wanted != a->wanted)) {
		add_nodes(a);
		add(a, "; %s", part->name);
	} else {
		add(a, "%s%s", a->used == 0 ? "" : ", ", part->name);
	}
	a->is = part->node;
	a->wanted = part->wanted;
}

static void note(const struct pmb_part *part, void *context)
{
	note_worker(context, part);
	note_memory(context, part);
}

static void say_worker(unsigned int port, const struct apart *a)
{
	unsigned int lcore = pmb_worker_lcore(a->worker);
	int node = pmb_worker_node(a->worker);
	char cpus[128];

	pmb_node_cpus(a->node, cpus, sizeof(cpus));
	if (strcmp(a->verb, "polls") == 0)
		host_say("port %u is on NUMA node %d and lcore %u on node %d polls it: every frame "
			 "crosses nodes; name more lcores of node %d (CPUs %s) in --lcores or -l, "
			 "among the first, and use them with --nb-cores", port, a->node, lcore, node,
			 a->node, cpus);
	else
		host_say("port %u is on NUMA node %d and lcore %u on node %d sends on it what "
			 "another port received: these frames cross nodes; pair ports of one node "
			 "with --portlist", port, a->node, lcore, node);
}

static void say_memory(unsigned int port, struct apart *a)
{
	add_nodes(a);
	if (!pmb_has_hugepages())
		host_say("port %u: %s: without hugepages EAL cannot choose the "
			 "node; leave out --no-huge",
			 port, a->memory);
	else
		host_say("port %u: %s: too little memory there; run dpdk-hugepages.py -p 2M "
			 "--reserve 1G --node %d", port, a->memory, a->wanted);
}

/* What the driver's side of a port allocated: the runtime wanted it near the port. */
static void note_driver(struct apart *a, const struct host_port *p)
{
	struct pmb_part part = { .name = "lanes" };
	struct pmb_device_info info;
	const void *own[2];

	pmb_device_info(p->device, &info);
	part.wanted = info.node;
	fwd_memory(p->port, own);
	for (unsigned int i = 0; i < 2 && own[i] != NULL; i++) {
		part.node = pmb_node_of(own[i], 1);
		note_memory(a, &part);
		part.name = "own NBLs";
	}
}

void nodes_say(const struct host *h)
{
	for (unsigned int i = 0; i < h->n && h->options->numa; i++) {
		const struct host_port *p = &h->port[i];
		struct apart apart = { .node = nodes_of_port(h->options, p->port) };

		if (p->device == NULL)
			continue;
		pmb_device_parts(p->device, note, &apart);
		note_driver(&apart, p);
		if (apart.verb != NULL)
			say_worker(p->port, &apart);
		if (apart.used != 0)
			say_memory(p->port, &apart);
	}
}

/* ------------------------------------------------------------------ who is where */

static const char *node_text(int node, char text[16])
{
	if (node == PMB_NODE_UNKNOWN)
		return "?";
	if (node == PMB_NODE_SEVERAL)
		return "several";
	snprintf(text, 16, "%d", node);
	return text;
}

const char *nodes_port_text(const struct pmb_device_info *info, char text[48])
{
	if (info->device_node >= 0 && info->device_node != info->node)
		snprintf(text, 48, "node %d, memory on node %d", info->device_node, info->node);
	else
		snprintf(text, 48, "node %d", info->node);
	return text;
}

struct show {
	FILE *out;
	bool begun; /* the line of a queue */
};

static void show_part(const struct pmb_part *part, void *context)
{
	struct show *show = context;
	char text[16];

	if (!show->begun)
		fprintf(show->out, "  lcore %u on node %s:", pmb_worker_lcore(part->worker),
			node_text(pmb_worker_node(part->worker), text));
	show->begun = strcmp(part->name, "queue state") != 0;
	if (show->begun)
		fprintf(show->out, " %s %u on node %s,", part->name, part->queue,
			node_text(part->node, text));
	else
		fprintf(show->out, " %s on node %s\n", part->name, node_text(part->node, text));
}

void nodes_show_port(const struct host *h, unsigned int i, FILE *out)
{
	struct show show = { .out = out };
	const void *own[2];
	char lanes[16], nbls[16];

	if (pmb_node_count() < 2 || h->port[i].device == NULL)
		return;
	pmb_device_parts(h->port[i].device, show_part, &show);
	fwd_memory(h->port[i].port, own);
	if (own[0] != NULL && own[1] != NULL)
		fprintf(out, "  forwarder: lanes on node %s, own NBLs on node %s\n",
			node_text(pmb_node_of(own[0], 1), lanes),
			node_text(pmb_node_of(own[1], 1), nbls));
}

void nodes_show_workers(const struct host *h, FILE *out)
{
	for (unsigned int w = 0; w < h->workers; w++) {
		char text[16];

		fprintf(out, "lcore %u on node %s:", pmb_worker_lcore(w),
			node_text(pmb_worker_node(w), text));
		for (unsigned int q = 0; q < h->options->rxq; q++)
			for (unsigned int i = 0; i < h->n; i++)
				if (h->port[i].rx_worker[q] == w)
					fprintf(out, " port %u queue %u -> port %u;",
						h->port[i].port, q,
						h->port[options_peer(h->options, i)].port);
		fputc('\n', out);
	}
}
