/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Objects that the runtime owns and drivers refer to: system threads, callback
 * objects, open registry keys. Each dies with its last reference. A handle is a
 * reference by number, so that one that was made up or closed is seen as such.
 */
#ifndef NRT_KE_OBJECT_H
#define NRT_KE_OBJECT_H

#include <wdm.h>

#include "dispatcher.h"

struct nrt_object {
	DISPATCHER_HEADER header; /* first: KeWaitForSingleObject gets this */
	unsigned int references;  /* atomic */
	void (*destroy)(struct nrt_object *object);
};

/* One reference, the caller's. Not signalled. */
void nrt_object_init(struct nrt_object *object, enum nrt_object_type type,
		     void (*destroy)(struct nrt_object *object));
void nrt_object_ref(struct nrt_object *object);

/* False when the last reference is gone; its memory must not be. */
bool nrt_object_ref_if_alive(struct nrt_object *object);

/* A reference less; how many are left. */
unsigned int nrt_object_drop(struct nrt_object *object);

/* A handle that takes the caller's reference over; STATUS_INSUFFICIENT_RESOURCES
 * leaves it with the caller. */
NTSTATUS nrt_handle_open(struct nrt_object *object, ACCESS_MASK granted, HANDLE *handle);

/* A new reference to what @handle stands for, of @type (0: any); with what access
 * it was opened, unless @granted is NULL. STATUS_INVALID_HANDLE,
 * STATUS_OBJECT_TYPE_MISMATCH. */
NTSTATUS nrt_handle_object(HANDLE handle, int type, struct nrt_object **object,
			   ACCESS_MASK *granted);

/* nrt_ke_fini: report and close what drivers left open. */
void nrt_handles_end(void);

#endif
