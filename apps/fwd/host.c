/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run's life: EAL -> runtime -> devices -> drivers -> adapters, and back.
 * Main thread, which is no worker.
 */
#include "host.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <nrt/nrt_profile.h>

#include "assign.h"
#include "drivers.h"
#include "nodes.h"
#include "pcapfile.h"
#include "portless.h"

/* Sends that each adapter without a port may have under way, unless --own-nbls says. */
#define PORTLESS_TXD 512

void host_say(const char *format, ...)
{
	va_list args;

	fputs("pollport-fwd: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static enum exit_code usage(const struct complaint *why)
{
	host_say("%s", why->text);
	return EXIT_USAGE;
}

/* Streams are dealt to workers as testpmd deals them: queue by queue over all
 * ports, in runs, so that both directions of a pair share a worker where the
 * numbers allow it; with --numa each on the node of its port, if it can. Who
 * receives a stream sends it, too. */
static void deal_queues(struct host *h)
{
	const struct options *o = h->options;
	unsigned int streams = h->n * (unsigned int)o->rxq;
	int stream_node[FWD_MAX_PORTS * FWD_MAX_WORKERS], worker_node[FWD_MAX_WORKERS];
	unsigned int worker_of[FWD_MAX_PORTS * FWD_MAX_WORKERS];

	h->workers = o->nb_cores < streams ? (unsigned int)o->nb_cores : streams;
	if (h->workers < o->nb_cores)
		host_say("%u queues in all: %u of %lu cores are used", streams, h->workers,
			 o->nb_cores);
	for (unsigned int w = 0; w < h->workers; w++)
		worker_node[w] = pmb_worker_node(w);
	for (unsigned int s = 0; s < streams; s++)
		stream_node[s] = nodes_of_port(o, h->port[s % h->n].port);
	assign_streams(stream_node, streams, worker_node, h->workers, worker_of);
	for (unsigned int s = 0; s < streams; s++) {
		unsigned int i = s % h->n, q = s / h->n;

		h->port[i].rx_worker[q] = worker_of[s];
		h->port[options_peer(o, i)].tx_worker[q] = worker_of[s];
	}
}

static enum exit_code check_pools(struct host *h, uint64_t *txd)
{
	const struct options *o = h->options;
	struct pmb_device_info limits;
	struct complaint why;
	uint64_t rxd = 0;

	*txd = PORTLESS_TXD;
	if (o->adapters != 0)
		return EXIT_OK;
	*txd = 0;
	for (unsigned int i = 0; i < h->n; i++) {
		if (pmb_port_limits((uint16_t)h->port[i].port, &limits) != 0) {
			host_say("%s", pmb_last_error());
			return EXIT_PORT;
		}
		if (o->rxq > limits.max_rx_queues || o->txq > limits.max_tx_queues) {
			host_say("port %u: %lu queues wanted, %s has %u for receive and %u for "
				 "transmit; lower --rxq and --txq", h->port[i].port, o->rxq,
				 limits.driver, limits.max_rx_queues, limits.max_tx_queues);
			return EXIT_PORT;
		}
		rxd = o->rxd != 0 ? o->rxd : limits.rx_desc > rxd ? limits.rx_desc : rxd;
		*txd = o->txd != 0 ? o->txd : limits.tx_desc > *txd ? limits.tx_desc : *txd;
	}
	return options_check_pool(o, rxd, *txd, &why) ? EXIT_OK : usage(&why);
}

static enum exit_code create_devices(struct host *h)
{
	const struct options *o = h->options;

	for (unsigned int i = 0; i < h->n && o->adapters == 0; i++) {
		struct host_port *p = &h->port[i];
		const int ring_node[] = { o->rx_node[p->port], o->tx_node[p->port] };
		struct pmb_device_config config = {
			.rx_queues = (uint16_t)o->rxq,
			.tx_queues = (uint16_t)o->txq,
			.rx_desc = (uint16_t)o->rxd,
			.tx_desc = (uint16_t)o->txd,
			.rx_free_thresh = (uint16_t)o->rxfreet,
			.tx_free_thresh = (uint16_t)o->txfreet,
			.tx_rs_thresh = (uint16_t)o->txrst,
			.burst = (uint16_t)o->burst,
			.mbuf_data_size = (uint16_t)o->mbuf_size,
			.max_frame = (uint32_t)o->max_pkt_len,
			.mbufs = (uint32_t)(o->total_mbufs / h->n), /* 0: as needed */
			.node = nodes_configured(o, p->port),
			.ring_node = o->numa ? ring_node : NULL,
			.rx_worker = p->rx_worker,
			.tx_worker = p->tx_worker,
			.no_flush_rx = o->no_flush_rx,
			.flows_stay = true, /* it forwards where it receives */
		};

		if (pmb_device_create((uint16_t)p->port, &config, &p->device) != 0) {
			host_say("%s", pmb_last_error());
			return EXIT_PORT;
		}
	}
	return EXIT_OK;
}

static enum exit_code fill_settings(struct host *h, uint64_t txd)
{
	const struct options *o = h->options;
	struct fwd_settings *s = &h->settings;
	struct complaint why;

	s->mode = o->mode;
	s->workers = h->workers;
	s->burst = (unsigned int)o->burst;
	s->own_nbls = (unsigned int)(o->own_nbls != 0 ? o->own_nbls : txd + 2 * o->burst);
	s->max_frame = (unsigned int)o->max_pkt_len;
	s->tx_first = o->tx_first;
	s->record = o->record_bursts || o->record_cycles;
	s->rss = o->rss_ip ? FWD_RSS_IP : o->rss_udp ? FWD_RSS_UDP : o->disable_rss ? FWD_RSS_OFF :
									     FWD_RSS_DEFAULT;
	s->segments = o->segments;
	memcpy(s->segment_length, o->segment_length, sizeof(s->segment_length));
	for (unsigned int i = 0; i < h->n; i++) {
		unsigned int port = h->port[i].port;

		if (!options_virtual(o, i, s->port[port].adapter, FWD_MAX_NAME, &why))
			return usage(&why);
		s->port[port].used = true;
		s->port[port].peer = (uint8_t)h->port[options_peer(o, i)].port;
		memcpy(s->port[port].peer_mac, o->peer_mac[port], 6);
		for (unsigned int q = 0; q < o->rxq; q++)
			s->port[port].worker_queues[h->port[i].rx_worker[q]]++;
	}
	host_configure(h);
	return EXIT_OK;
}

/* A miniport that fails says why through the bridge, if it uses it. */
static void say_not_started(const struct host *h, unsigned int port)
{
	const char *bridge = pmb_last_error();

	if (h->options->adapters != 0) {
		host_say("port %u did not start: %s; --adapters is for a miniport that needs no "
			 "DPDK port", port, nrt_last_error());
		return;
	}
	host_say("port %u did not start: %s%s%s", port, nrt_last_error(),
		 bridge[0] != '\0' ? "; " : "", bridge);
}

/* Over the adapter that has just come up: its driver asks for it by then, if it knows of it. */
static bool add_virtual(struct host *h, struct host_port *p)
{
	const char *name = h->settings.port[p->port].adapter;
	int rc = nrt_instance_add(h->intermediate, name, &p->instance);

	if (rc == 0)
		rc = nrt_instance_adapter(p->instance, &p->upper);
	if (rc != 0)
		host_say("port %u: %s%s", p->port, nrt_last_error(), rc != -EAGAIN ? "" :
			 "; say in --config which virtual adapters lie over which port");
	return rc == 0;
}

static enum exit_code add_adapters(struct host *h)
{
	for (unsigned int i = 0; i < h->n; i++) {
		struct host_port *p = &h->port[i];

		int rc = p->device != NULL ?
				 nrt_adapter_add(h->miniport, pmb_device(p->device), &p->adapter) :
				 portless_add(h, i);

		if (rc != 0) {
			say_not_started(h, p->port);
			return EXIT_PORT;
		}
		p->running = true;
		if (h->intermediate != NULL && !add_virtual(h, p))
			return EXIT_PORT;
		if (fwd_is_unscalable(p->port)) {
			host_say("port %u cannot share its frames as --%s says; leave that out, or "
				 "use --disable-rss", p->port, h->options->rss_udp ? "rss-udp" : "rss-ip");
			return EXIT_PORT;
		}
		if (!fwd_is_bound(p->port)) {
			host_say("port %u: no memory for %u own NBLs a queue; lower --own-nbls or "
				 "give EAL more with -m", p->port, h->settings.own_nbls);
			return EXIT_PORT;
		}
	}
	return EXIT_OK;
}

/* Network devices that --vdev asks for. EAL goes on without one that fails. */
static unsigned int vdevs_wanted(int argc, char **argv)
{
	unsigned int n = 0;

	for (int i = 1; i < argc; i++) {
		const char *value = NULL;

		if (strncmp(argv[i], "--vdev=", 7) == 0)
			value = argv[i] + 7;
		else if (strcmp(argv[i], "--vdev") == 0 && i + 1 < argc)
			value = argv[i + 1];
		n += value != NULL && strncmp(value, "net_", 4) == 0;
	}
	return n;
}

static enum exit_code start_eal(struct host *h, struct options *o, int argc, char **argv)
{
	unsigned int wanted = vdevs_wanted(argc, argv); /* before EAL sorts the arguments */
	struct complaint why;

	if (!pcapfile_check(argc, argv, &why)) {
		host_say("%s", why.text);
		return EXIT_PORT;
	}
	if (pmb_eal_init(argc, argv) < 0) {
		host_say("%s", pmb_last_error());
		return EXIT_OTHER;
	}
	h->eal_up = true;
	if (pmb_port_count() < wanted) {
		host_say("%u of %u --vdev ports could not be made; EAL says why above: check their "
			 "names, files and interfaces", wanted - pmb_port_count(), wanted);
		return EXIT_PORT;
	}
	if (!options_check_ports(o, pmb_port_count(), &why) || !nodes_check(o, &why))
		return usage(&why);
	if (o->nb_cores > pmb_worker_count()) {
		host_say("--nb-cores %lu: EAL has %u worker lcores; give it %lu lcores with -l",
			 o->nb_cores, pmb_worker_count(), o->nb_cores + 1);
		return EXIT_USAGE;
	}
	h->n = o->ports;
	for (unsigned int i = 0; i < h->n; i++)
		h->port[i].port = o->portlist[i];
	deal_queues(h);
	return EXIT_OK;
}

static enum exit_code start_runtime(struct host *h)
{
	struct nrt_options options = {
		.platform = pmb_platform(),
		.workers = h->workers,
		.poll_budget = (unsigned int)h->options->burst,
		.verifier = h->options->verifier,
		.profile = h->options->profile ? NRT_PROFILE_DEFAULT : 0,
	};

	if (nrt_init(&options) != 0) {
		host_say("%s", nrt_last_error());
		return EXIT_OTHER;
	}
	h->runtime_up = true;
	if (h->options->config != NULL && pmb_config_load(h->options->config) != 0) {
		host_say("%s", pmb_last_error());
		return EXIT_OTHER;
	}
	return EXIT_OK;
}

enum exit_code host_open(struct host *h, struct options *o, int argc, char **argv)
{
	uint64_t txd = 0;
	enum exit_code rc;

	memset(h, 0, sizeof(*h));
	h->options = o;
	rc = start_eal(h, o, argc, argv);
	if (rc == EXIT_OK)
		rc = check_pools(h, &txd);
	if (rc == EXIT_OK)
		rc = start_runtime(h);
	if (rc == EXIT_OK)
		rc = create_devices(h);
	if (rc == EXIT_OK)
		rc = fill_settings(h, txd);
	if (rc == EXIT_OK)
		rc = drivers_load(h);
	if (rc == EXIT_OK)
		rc = add_adapters(h);
	if (rc == EXIT_OK)
		nodes_say(h);
	if (rc == EXIT_OK && !host_stop(h))
		rc = EXIT_PORT;
	return rc;
}

enum exit_code host_close(struct host *h)
{
	enum exit_code rc = EXIT_OK;

	for (unsigned int i = 0; i < h->n; i++)
		if (h->port[i].instance != NULL)
			nrt_instance_remove(h->port[i].instance);
	for (unsigned int i = 0; i < h->n; i++)
		if (h->port[i].adapter != NULL && nrt_adapter_remove(h->port[i].adapter) != 0) {
			host_say("port %u: %s", h->port[i].port, nrt_last_error());
			rc = EXIT_DRIVER;
		}
	if (h->runtime_up && rc == EXIT_OK)
		rc = drivers_close(h);
	for (unsigned int i = 0; i < h->n; i++)
		if (h->port[i].device != NULL)
			pmb_device_destroy(h->port[i].device);
	if (h->runtime_up && nrt_fini() != 0)
		host_say("%s", nrt_last_error());
	if (h->eal_up)
		pmb_eal_cleanup();
	return rc;
}

void host_configure(struct host *h)
{
	fwd_configure(&h->settings);
}

bool host_port_start(struct host *h, unsigned int i)
{
	struct host_port *p = &h->port[i];

	if (p->running)
		return true;
	fwd_hold(false);
	if (nrt_adapter_restart(p->adapter) != 0 ||
	    (p->upper != NULL && nrt_adapter_restart(p->upper) != 0)) {
		say_not_started(h, p->port);
		return false;
	}
	p->running = true;
	return true;
}

bool host_port_stop(struct host *h, unsigned int i)
{
	struct host_port *p = &h->port[i];

	if (!p->running)
		return true;
	if ((p->upper != NULL && nrt_adapter_pause(p->upper) != 0) ||
	    nrt_adapter_pause(p->adapter) != 0) {
		host_say("port %u did not stop: %s", p->port, nrt_last_error());
		return false;
	}
	p->running = false;
	return true;
}

bool host_start(struct host *h)
{
	bool ok = true;

	for (unsigned int i = 0; i < h->n; i++)
		ok = host_port_start(h, i) && ok;
	return ok;
}

bool host_stop(struct host *h)
{
	bool ok = true;

	fwd_hold(true); /* first, so that what is on its way arrives */
	for (unsigned int i = 0; i < h->n; i++)
		ok = host_port_stop(h, i) && ok;
	return ok;
}

bool host_is_running(const struct host *h)
{
	for (unsigned int i = 0; i < h->n; i++)
		if (h->port[i].running)
			return true;
	return false;
}

/* The port that sends on this one: its counts of sends are this one's. */
static unsigned int sender(const struct host *h, unsigned int i)
{
	for (unsigned int k = 0; k < h->n; k++)
		if (options_peer(h->options, k) == i)
			return h->port[k].port;
	return h->port[i].port;
}

void host_read(const struct host *h, unsigned int i, struct ledger_terms *out)
{
	const struct host_port *p = &h->port[i];

	nrt_adapter_ledger(p->adapter, &out->ndis);
	out->has_upper = p->upper != NULL;
	if (out->has_upper)
		nrt_adapter_ledger(p->upper, &out->upper);
	fwd_read_counts(p->port, &out->received);
	fwd_read_counts(sender(h, i), &out->sent);
	portless_stats(p, out);
	out->others = h->other_protocols;
}
