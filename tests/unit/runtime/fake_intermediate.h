/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scriptable intermediate driver: the fake miniport above the fake protocol, tied together.
 * Over each adapter it binds to it asks for the virtual miniports named in a row, and passes
 * the NBLs themselves on in both directions, its own handle in their SourceHandle and the
 * former one in their context space. It sees <ndis.h> only.
 */
#ifndef TEST_FAKE_INTERMEDIATE_H
#define TEST_FAKE_INTERMEDIATE_H

#include "fake_miniport.h"
#include "fake_protocol.h"

#define FAKE_VIRTUALS 3

/* A virtual miniport; its address is its DeviceContext. */
struct fake_virtual {
	struct fake_adapter a;
	const WCHAR *name;               /* NULL: none */
	struct fake_binding *lower;      /* NULL: not bound */
	NDIS_STATUS asked, cancelled, ended; /* what the functions returned last */
	BOOLEAN up;                      /* between MiniportInitializeEx and MiniportHaltEx */
	ULONG asks;
	ULONG reenabled;                 /* events that said so */
};

struct fake_intermediate {
	struct fake_miniport m;
	struct fake_protocol p;
	struct fake_virtual virtuals[FAKE_VIRTUALS];
	/* knobs; all zero is a good driver */
	BOOLEAN no_flag;                 /* NDIS_INTERMEDIATE_DRIVER */
	BOOLEAN does_not_associate;
	BOOLEAN has_reset;
	BOOLEAN keeps_virtuals;          /* over the unbind of the lower adapter */
	BOOLEAN keeps_source;            /* its own handle stays in SourceHandle */
	BOOLEAN completes_early, returns_early; /* while it is above or below still */
	BOOLEAN asks_twice;
	NDIS_STATUS reenable_status;     /* the answer to NetEventIMReEnableDevice */
	BOOLEAN keeps_protocol, keeps_miniport; /* over its unload */
	void (*on_entry)(struct fake_intermediate *); /* end of DriverEntry */
};

extern struct fake_intermediate *fake_intermediate_image;
DRIVER_INITIALIZE fake_intermediate_entry;

/* NdisIMInitializeDeviceInstanceEx and its reciprocals for @v. */
NDIS_STATUS fake_virtual_ask(struct fake_virtual *v);
NDIS_STATUS fake_virtual_cancel(struct fake_virtual *v);
NDIS_STATUS fake_virtual_end(struct fake_virtual *v);

/* Complete @chain upwards, which came back from below or did not get there. */
void fake_virtual_complete(struct fake_virtual *v, NET_BUFFER_LIST *chain, ULONG flags);

#endif
