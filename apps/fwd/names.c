/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words for modes and counts, as options, tables and JSON spell them. Plain
 * data for both sides of forwarder.h.
 */
#include "forwarder.h"

const char *const fwd_mode_names[FWD_MODES] = {
	[FWD_IO] = "io",
	[FWD_MAC] = "mac",
	[FWD_MACSWAP] = "macswap",
	[FWD_FLOWGEN] = "flowgen",
	[FWD_RXONLY] = "rxonly",
	[FWD_TXONLY] = "txonly",
	[FWD_ICMPECHO] = "icmpecho",
};

const char *const fwd_count_names[FWD_COUNTS] = {
	[FWD_DELIVERED] = "delivered",
	[FWD_FORWARDED] = "forwarded",
	[FWD_COPIED] = "copied",
	[FWD_DROP_CONSUMED] = "consumed",
	[FWD_DROP_STOPPED] = "stopped",
	[FWD_DROP_NO_NBL] = "no_nbl",
	[FWD_DROP_UNWANTED] = "unwanted",
	[FWD_DROP_MALFORMED] = "malformed",
	[FWD_GENERATED] = "generated",
	[FWD_COMPLETED] = "completed",
	[FWD_SENT_NBLS] = "sent NBLs",
	[FWD_COMPLETED_NBLS] = "completed NBLs",
	[FWD_FAILED] = "failed",
};
