/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * References to objects, by pointer and by handle. References are taken and
 * dropped by drivers up to DISPATCH_LEVEL, handles opened and closed at
 * PASSIVE_LEVEL.
 */
#include "object.h"

#include <pthread.h>
#include <stdlib.h>

#include "irql.h"
#include "verifier.h"

/* A handle: generation, slot plus one, and two bits that are 0. */
#define SLOT_BITS 16
#define SLOT_MASK ((1U << SLOT_BITS) - 1)
#define MAX_SLOTS SLOT_MASK

struct slot {
	struct nrt_object *object; /* NULL: free */
	ACCESS_MASK granted;
	uint32_t generation;       /* of the handle last given out for it */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot *slots;
static uint32_t n_slots;

void nrt_object_init(struct nrt_object *object, enum nrt_object_type type,
		     void (*destroy)(struct nrt_object *object))
{
	nrt_dispatcher_init(&object->header, type, false, 0);
	object->references = 1;
	object->destroy = destroy;
}

void nrt_object_ref(struct nrt_object *object)
{
	__atomic_fetch_add(&object->references, 1, __ATOMIC_RELAXED);
}

bool nrt_object_ref_if_alive(struct nrt_object *object)
{
	unsigned int seen = __atomic_load_n(&object->references, __ATOMIC_RELAXED);

	while (seen != 0)
		if (__atomic_compare_exchange_n(&object->references, &seen, seen + 1, true,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return true;
	return false;
}

unsigned int nrt_object_drop(struct nrt_object *object)
{
	unsigned int left = __atomic_sub_fetch(&object->references, 1, __ATOMIC_ACQ_REL);

	if (left == 0)
		object->destroy(object);
	return left;
}

/* --------------------------------------------------------------- handles */

static bool grow(void)
{
	uint32_t wanted = n_slots != 0 ? 2 * n_slots : 64;
	struct slot *more;

	if (wanted > MAX_SLOTS)
		return false;
	more = realloc(slots, wanted * sizeof(*more));
	if (more == NULL)
		return false;
	memset(more + n_slots, 0, (wanted - n_slots) * sizeof(*more));
	slots = more;
	n_slots = wanted;
	return true;
}

static uint32_t find_free(void)
{
	uint32_t i = 0;

	while (i < n_slots && slots[i].object != NULL)
		i++;
	return i;
}

NTSTATUS nrt_handle_open(struct nrt_object *object, ACCESS_MASK granted, HANDLE *handle)
{
	NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
	uint32_t i;

	pthread_mutex_lock(&lock);
	i = find_free();
	if (i < n_slots || grow()) {
		slots[i].object = object;
		slots[i].granted = granted;
		slots[i].generation++;
		*handle = (HANDLE)(((ULONG_PTR)slots[i].generation << SLOT_BITS | (i + 1)) << 2);
		status = STATUS_SUCCESS;
	}
	pthread_mutex_unlock(&lock);
	return status;
}

/* Locked. NULL: no open handle. */
static struct slot *slot_of(HANDLE handle)
{
	ULONG_PTR number = (ULONG_PTR)handle >> 2;
	uint32_t i = (uint32_t)(number & SLOT_MASK) - 1;

	if (((ULONG_PTR)handle & 3) != 0 || i >= n_slots || slots[i].object == NULL ||
	    slots[i].generation != number >> SLOT_BITS)
		return NULL;
	return &slots[i];
}

NTSTATUS nrt_handle_object(HANDLE handle, int type, struct nrt_object **object,
			   ACCESS_MASK *granted)
{
	NTSTATUS status = STATUS_SUCCESS;
	struct slot *slot;

	pthread_mutex_lock(&lock);
	slot = slot_of(handle);
	if (slot == NULL)
		status = STATUS_INVALID_HANDLE;
	else if (type != 0 && slot->object->header.Type != type)
		status = STATUS_OBJECT_TYPE_MISMATCH;
	if (status == STATUS_SUCCESS) {
		nrt_object_ref(slot->object);
		*object = slot->object;
		if (granted != NULL)
			*granted = slot->granted;
	}
	pthread_mutex_unlock(&lock);
	return status;
}

NTSTATUS ZwClose(HANDLE Handle)
{
	struct nrt_object *object = NULL;
	struct slot *slot;

	nrt_check_irql("ZwClose", PASSIVE_LEVEL);
	pthread_mutex_lock(&lock);
	slot = slot_of(Handle);
	if (slot != NULL) {
		object = slot->object;
		slot->object = NULL;
	}
	pthread_mutex_unlock(&lock);
	if (object == NULL)
		return STATUS_INVALID_HANDLE;
	nrt_object_drop(object);
	return STATUS_SUCCESS;
}

void nrt_handles_end(void)
{
	for (uint32_t i = 0; i < n_slots; i++) {
		if (slots[i].object == NULL)
			continue;
		nrt_violation("RS-MEM-02", "handle %p was not closed",
			      (void *)(((ULONG_PTR)slots[i].generation << SLOT_BITS | (i + 1)) << 2));
		nrt_object_drop(slots[i].object);
	}
	free(slots);
	slots = NULL;
	n_slots = 0;
}

/* ---------------------------------------------------------- by pointer */

NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess,
				   POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
				   PVOID *Object, POBJECT_HANDLE_INFORMATION HandleInformation)
{
	struct nrt_object *object;
	NTSTATUS status;

	(void)DesiredAccess; /* ignored for kernel mode [nf-wdm-obreferenceobjectbyhandle] */
	(void)ObjectType;
	(void)AccessMode;
	(void)HandleInformation;
	nrt_check_irql("ObReferenceObjectByHandle", PASSIVE_LEVEL);
	*Object = NULL;
	status = nrt_handle_object(Handle, 0, &object, NULL);
	if (NT_SUCCESS(status))
		*Object = object;
	return status;
}

NTSTATUS ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess,
				    POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode)
{
	(void)DesiredAccess;
	(void)ObjectType;
	(void)AccessMode;
	nrt_check_irql("ObReferenceObjectByPointer", DISPATCH_LEVEL);
	nrt_object_ref(Object);
	return STATUS_SUCCESS;
}

/* Both return the count afterwards, for debugging. */
LONG_PTR ObfReferenceObject(PVOID Object)
{
	struct nrt_object *object = Object;

	nrt_check_irql("ObReferenceObject", DISPATCH_LEVEL);
	nrt_object_ref(object);
	return __atomic_load_n(&object->references, __ATOMIC_RELAXED);
}

LONG_PTR ObfDereferenceObject(PVOID Object)
{
	nrt_check_irql("ObDereferenceObject", DISPATCH_LEVEL);
	return nrt_object_drop(Object);
}

BOOLEAN ObReferenceObjectSafe(PVOID Object)
{
	nrt_check_irql("ObReferenceObjectSafe", DISPATCH_LEVEL);
	return nrt_object_ref_if_alive(Object);
}

/* ------------------------------------------------------------- with tags */

/* Tags are for a trace of references, which is off [kernel/object-reference-tracing-with-tags]. */
NTSTATUS ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess,
					  POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
					  ULONG Tag, PVOID *Object,
					  POBJECT_HANDLE_INFORMATION HandleInformation)
{
	(void)Tag;
	return ObReferenceObjectByHandle(Handle, DesiredAccess, ObjectType, AccessMode, Object,
					 HandleInformation);
}

NTSTATUS ObReferenceObjectByPointerWithTag(PVOID Object, ACCESS_MASK DesiredAccess,
					   POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
					   ULONG Tag)
{
	(void)Tag;
	return ObReferenceObjectByPointer(Object, DesiredAccess, ObjectType, AccessMode);
}

LONG_PTR ObfReferenceObjectWithTag(PVOID Object, ULONG Tag)
{
	(void)Tag;
	return ObfReferenceObject(Object);
}

LONG_PTR ObfDereferenceObjectWithTag(PVOID Object, ULONG Tag)
{
	(void)Tag;
	return ObfDereferenceObject(Object);
}
