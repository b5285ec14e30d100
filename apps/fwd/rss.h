/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive side scaling of the ports that have several queues.
 */
#ifndef FWD_RSS_H
#define FWD_RSS_H

#include <ndis.h>

struct port;

/*
 * Have @port's frames dealt to the workers that poll its queues, as settings.rss says and
 * @capabilities (NULL: none) allow. Where the adapter has no RSS, frames come as its PMD
 * deals them. A port that was just bound; PASSIVE_LEVEL.
 * Returns NDIS_STATUS_NOT_SUPPORTED when the hash that was asked for by name is missing.
 */
NDIS_STATUS rss_set(struct port *port, const NDIS_RECEIVE_SCALE_CAPABILITIES *capabilities);

/* Leave the adapter without it, as it was found (PR-UNB-02). */
void rss_clear(struct port *port);

#endif
