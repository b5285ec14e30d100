/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A switch in a test: extensions, ports 1.. with one NIC each, and what those got.
 */
#ifndef TEST_EXTSWITCH_H
#define TEST_EXTSWITCH_H

#include <stdatomic.h>

#include <nrt/nrt_switch.h>

#include "contract.h"
#include "fake_extension.h"

#define BED_NICS 16
#define BED_EXTENSIONS 2
#define BED_FRAME 60

struct bed_nic {
	struct nrt_switch_nic *handle;
	UCHAR mac[6];                /* 02:00:00:00:00:PORT */
	bool counts_only;            /* it has frames on several threads */
	_Atomic unsigned int got;
	UCHAR last[BED_FRAME];       /* the last frame, when it is as long */
	size_t length;
	unsigned int from, from_nic;
	uint16_t tag;
};

struct bed {
	unsigned int n_nics, n_extensions; /* the first extension is the lowest */
	bool macs_known;                   /* NICs are connected with their addresses */
	struct nrt_switch_options options;
	struct fake_extension e[BED_EXTENSIONS];
	struct nrt_driver *driver[BED_EXTENSIONS];
	struct nrt_switch *sw;
	struct bed_nic nic[BED_NICS + 1];  /* by port; 0 is not used */
};

int load_extension(struct fake_extension *e, struct nrt_driver **driver);
int unload_extension(struct fake_extension *e, struct nrt_driver *driver);

/* All succeed. */
void bed_up(struct bed *bed);
void bed_down(struct bed *bed);

/* Port @port and its NIC; as the host API returns it. */
int bed_port(struct bed *bed, unsigned int port);
int bed_connect(struct bed *bed, unsigned int port);

/* Frames of BED_FRAME bytes from NIC @port to @dst, one or several in a chain; what was taken. */
void bed_frame(UCHAR frame[BED_FRAME], const UCHAR dst[6], const UCHAR src[6]);
int bed_send(struct bed *bed, unsigned int port, const UCHAR dst[6]);
int bed_send_many(struct bed *bed, unsigned int port, const UCHAR dst[6], unsigned int n);

/* Who got how many: NICs 1.. of @bed, ended by -1. */
bool bed_got(const struct bed *bed, ...);

struct nrt_switch_counters bed_counters(struct bed *bed);

/* ---- for tests' functions inside an extension */

/* What they have noted: the first few. */
#define NOTED 8
extern NDIS_STATUS noted[NOTED];
extern unsigned int n_noted;

void note(NDIS_STATUS status);

static inline NDIS_SWITCH_PORT_DESTINATION to_port(NDIS_SWITCH_PORT_ID port)
{
	return (NDIS_SWITCH_PORT_DESTINATION){ .PortId = port };
}

static inline NDIS_STATUS add(struct fake_extension *e, NET_BUFFER_LIST *nbl,
			      NDIS_SWITCH_PORT_ID port)
{
	NDIS_SWITCH_PORT_DESTINATION to = to_port(port);

	return e->h.AddNetBufferListDestination(e->context, nbl, &to);
}

static inline NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY *destinations(struct fake_extension *e,
								     NET_BUFFER_LIST *nbl)
{
	NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY *array = NULL;

	cr_assert_eq(e->h.GetNetBufferListDestinations(e->context, nbl, &array),
		     NDIS_STATUS_SUCCESS);
	return array;
}

static inline NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO *detail(NET_BUFFER_LIST *nbl)
{
	return NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(nbl);
}

#endif
