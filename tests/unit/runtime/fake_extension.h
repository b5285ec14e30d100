/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scriptable extension of the extensible switch: a filter driver that asks for the switch's
 * handlers when it is attached, passes everything on unless a test's functions say otherwise,
 * and makes, clones and frees packets of its own. One module each. It sees <ndis.h> only.
 */
#ifndef TEST_FAKE_EXTENSION_H
#define TEST_FAKE_EXTENSION_H

#include <ndis.h>

#define EXTENSION_OIDS 32

/* What becomes of a packet; what is kept is let go with fake_extension_release(). */
enum extension_verdict { EXTENSION_PASSES, EXTENSION_DROPS, EXTENSION_KEEPS };

struct fake_extension {
	/* knobs */
	enum extension_verdict (*ingress)(struct fake_extension *e, NET_BUFFER_LIST *nbl);
	enum extension_verdict (*egress)(struct fake_extension *e, NET_BUFFER_LIST *nbl);
	/* SUCCESS passes a set request on; PENDING keeps it for fake_extension_pass_kept(). */
	NDIS_STATUS (*set)(struct fake_extension *e, NDIS_OID oid, const void *buffer);
	void (*on_complete)(struct fake_extension *e, NET_BUFFER_LIST *own); /* not freed yet */
	void (*header)(NDIS_OBJECT_HEADER *header);  /* what it makes of the handlers' header */
	ULONG send_flags;                            /* added to what it passes down */
	BOOLEAN no_context_free;                     /* of its own packets */

	/* seen */
	NDIS_HANDLE driver, handle, pool;
	NDIS_STATUS get_status;
	NDIS_SWITCH_CONTEXT context;
	NDIS_SWITCH_OPTIONAL_HANDLERS h;
	volatile LONG activations;                   /* NetEventSwitchActivate */
	ULONG volatile send_seen, receive_seen, complete_seen, return_seen; /* flags, the last ones */
	volatile LONG ingressed, egressed;           /* packets that came by */
	volatile LONG own_out, own_completed, own_returned;
	ULONG n_oids;
	NDIS_OID oids[EXTENSION_OIDS];               /* sets, in order */
	ULONG states[EXTENSION_OIDS];                /* PortState or NicState of those */
	NDIS_STATUS answers[EXTENSION_OIDS];         /* of those that were passed on */

	/* its own */
	NDIS_SPIN_LOCK lock;
	NET_BUFFER_LIST *kept_sends, *kept_receives;
	PNDIS_OID_REQUEST kept_oid;
	NDIS_EVENT oid_kept, own_oid_done;
	NDIS_STATUS own_oid_status;
};

/* See fake_miniport_image. */
extern struct fake_extension *fake_extension_image;
DRIVER_INITIALIZE fake_extension_entry;

/* A packet of its own with a forwarding context; or one that shares @original's data, whose
 * out-of-band data is copied with @flags. */
NET_BUFFER_LIST *fake_extension_make(struct fake_extension *e, const void *frame, ULONG length);
NET_BUFFER_LIST *fake_extension_clone(struct fake_extension *e, NET_BUFFER_LIST *original,
				      UINT32 flags);
/* Down or up the stack; freed when it is back. */
void fake_extension_send(struct fake_extension *e, NET_BUFFER_LIST *own, ULONG flags);
void fake_extension_indicate(struct fake_extension *e, NET_BUFFER_LIST *own, ULONG flags);
void fake_extension_unmake(struct fake_extension *e, NET_BUFFER_LIST *own);

/* What it keeps goes on its way. */
void fake_extension_release(struct fake_extension *e);
void fake_extension_pass_kept(struct fake_extension *e);

/* A query of its own, waited for; @request has the lengths afterwards. */
NDIS_STATUS fake_extension_query(struct fake_extension *e, NDIS_OID oid, void *buffer, ULONG length,
				 NDIS_OID_REQUEST *request);

#endif
