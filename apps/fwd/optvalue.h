/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values of options that are more than a word: numbers, lists, addresses.
 */
#ifndef FWD_OPTVALUE_H
#define FWD_OPTVALUE_H

#include "options.h"

/** Parse @arg into @o. Returns true, or false and the complaint. */
typedef bool value_fn(const char *arg, struct options *o, struct complaint *why);

/* NULL for an optional value that is not given. */
value_fn value_profile;

value_fn value_mode, value_topology, value_portlist, value_eth_peer, value_txpkts;
value_fn value_port_numa, value_ring_numa;

/** All of @text is a decimal number in @min..@max. */
bool value_number(const char *text, uint64_t min, uint64_t max, uint64_t *out);

#endif
