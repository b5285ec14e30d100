/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The arguments of a software NIC: key=value, each checked here, so that what
 * comes after has nothing to doubt. While the plugin makes a NIC.
 */
#include "args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <rte_ether.h>
#include <rte_kvargs.h>

#include "message.h"

struct parsing {
	const char *name;
	struct softnic_args *args;
};

static int number(const char *text, uint64_t most, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return errno == 0 && end != text && *end == '\0' && text[0] != '-' && *out <= most ? 0 : -1;
}

static int set_type(struct softnic_args *a, const char *value)
{
	a->type = softnic_type_find(value);
	return a->type != NULL ? 0 : -1;
}

static int set_peer(struct softnic_args *a, const char *value)
{
	if (strcmp(value, "self") != 0 && softnic_find(value) == NULL)
		return -1;
	snprintf(a->peer, sizeof(a->peer), "%s", value);
	return 0;
}

/* 10g, 1g, 2500m, or none. */
static int set_rate(struct softnic_args *a, const char *value)
{
	char *end;
	double n = strtod(value, &end);

	a->rate = 0;
	if (strcmp(value, "none") == 0)
		return 0;
	if (end == value || n <= 0 || strlen(end) != 1 || strchr("gGmM", *end) == NULL)
		return -1;
	n *= *end == 'g' || *end == 'G' ? 1e9 : 1e6;
	a->rate = (uint64_t)n;
	return n >= 1e6 && n <= 400e9 ? 0 : -1;
}

static int choose(const char *value, const char *const names[], int n)
{
	for (int i = 0; i < n; i++)
		if (strcasecmp(value, names[i]) == 0)
			return i;
	return -1;
}

static int set_run(struct softnic_args *a, const char *value)
{
	static const char *const names[] = { "auto", "thread", "poll", "step" };
	int i = choose(value, names, 4);

	a->run = i >= 0 ? (enum softnic_run)i : SOFTNIC_RUN_AUTO;
	return i >= 0 ? 0 : -1;
}

static int set_core(struct softnic_args *a, const char *value)
{
	uint64_t n;

	if (number(value, 1023, &n) != 0)
		return -1;
	a->core = (int)n;
	return 0;
}

static int set_iommu(struct softnic_args *a, const char *value)
{
	static const char *const names[] = { "off", "range", "strict" };
	int i = choose(value, names, 3);

	a->iommu = i >= 0 ? (enum softnic_iommu_mode)i : SOFTNIC_IOMMU_STRICT;
	return i >= 0 ? 0 : -1;
}

static int set_mac(struct softnic_args *a, const char *value)
{
	struct rte_ether_addr mac;

	if (rte_ether_unformat_addr(value, &mac) != 0 || !rte_is_valid_assigned_ether_addr(&mac))
		return -1;
	memcpy(a->mac, mac.addr_bytes, 6);
	a->has_mac = true;
	return 0;
}

static int set_writeback_us(struct softnic_args *a, const char *value)
{
	uint64_t n;

	if (number(value, 10000000, &n) != 0)
		return -1;
	a->writeback_us = (uint32_t)n;
	return 0;
}

static int set_writeback_steps(struct softnic_args *a, const char *value)
{
	uint64_t n;

	if (number(value, 1000000, &n) != 0)
		return -1;
	a->writeback_steps = (uint32_t)n;
	return 0;
}

static int set_seed(struct softnic_args *a, const char *value)
{
	return number(value, UINT64_MAX, &a->seed);
}

static int set_pcap(struct softnic_args *a, const char *value)
{
	if (access(value, R_OK) != 0 ||
	    (size_t)snprintf(a->pcap, sizeof(a->pcap), "%s", value) >= sizeof(a->pcap))
		return -1;
	a->frames.pcap = a->pcap;
	a->generate = true;
	return 0;
}

static int set_generate(struct softnic_args *a, const char *value)
{
	uint64_t n;

	if (strcasecmp(value, "imix") == 0) {
		a->frames.imix = true;
	} else if (number(value, SOFTNIC_MAX_FRAME, &n) != 0 || n < 64) {
		return -1;
	} else {
		a->frames.size = (uint32_t)n;
	}
	a->generate = true;
	return 0;
}

static int set_flows(struct softnic_args *a, const char *value)
{
	uint64_t n;

	if (number(value, 65536, &n) != 0 || n == 0)
		return -1;
	a->frames.flows = (uint32_t)n;
	return 0;
}

static int set_bad_checksums(struct softnic_args *a, const char *value)
{
	a->frames.bad_checksums = strcmp(value, "1") == 0;
	return strlen(value) == 1 && strchr("01", value[0]) != NULL ? 0 : -1;
}

static const struct key {
	const char *name;
	int (*set)(struct softnic_args *args, const char *value);
	const char *takes;
} keys[] = {
	{ "type", set_type, "82599, 82576, 82574 or 82540em" },
	{ "peer", set_peer, "self, or the name of a software NIC that comes before it" },
	{ "rate", set_rate, "bits per second as 10g or 100m, or none" },
	{ "run", set_run, "auto, thread, poll or step" },
	{ "core", set_core, "a core's number" },
	{ "iommu", set_iommu, "off, range or strict" },
	{ "mac", set_mac, "a unicast address as 02:00:00:00:00:01" },
	{ "writeback_us", set_writeback_us, "microseconds, 10000000 at most" },
	{ "writeback_steps", set_writeback_steps, "steps, 1000000 at most" },
	{ "seed", set_seed, "a number" },
	{ "pcap", set_pcap, "a capture file that can be read" },
	{ "generate", set_generate, "a frame size with FCS from 64 to 16384, or imix" },
	{ "flows", set_flows, "1 to 65536" },
	{ "bad_checksums", set_bad_checksums, "0 or 1" },
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static int take(const char *key, const char *value, void *opaque)
{
	const struct parsing *p = opaque;

	for (size_t i = 0; i < N_KEYS; i++) {
		if (strcmp(keys[i].name, key) != 0)
			continue;
		if (value != NULL && keys[i].set(p->args, value) == 0)
			return 0;
		softnic_say("%s: %s=%s is not possible; it takes %s", p->name, key,
			    value != NULL ? value : "", keys[i].takes);
		return -1;
	}
	return -1;
}

int softnic_args_parse(const char *name, const char *text, struct softnic_args *args)
{
	struct parsing parsing = { name, args };
	const char *names[N_KEYS + 1] = { NULL };
	struct rte_kvargs *list;
	int rc;

	for (size_t i = 0; i < N_KEYS; i++)
		names[i] = keys[i].name;
	*args = (struct softnic_args){ .type = &softnic_82599,
				       .core = -1,
				       .iommu = SOFTNIC_IOMMU_STRICT,
				       .seed = 1 };
	list = rte_kvargs_parse(text != NULL ? text : "", names);
	if (list == NULL) {
		softnic_say("%s: one of the arguments \"%s\" is unknown; there are type, peer, rate, "
			    "run, core, iommu, mac, writeback_us, writeback_steps, seed, pcap, "
			    "generate, flows and bad_checksums", name, text);
		return -EINVAL;
	}
	rc = rte_kvargs_process(list, NULL, take, &parsing);
	rte_kvargs_free(list);
	if (rc == 0 && args->peer[0] != '\0' && args->generate) {
		softnic_say("%s: peer= and generate= or pcap= exclude each other: one wire has one "
			    "other end", name);
		rc = -1;
	}
	return rc == 0 ? 0 : -EINVAL;
}
