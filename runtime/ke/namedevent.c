/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events by name, which drivers share with each other. Created and opened at
 * PASSIVE_LEVEL; each goes with its last handle or reference.
 */
#include <pthread.h>

#include <wdm.h>

#include "irql.h"
#include "memory.h"
#include "object.h"

#define TAG 0x6e657645 /* Even */

/* The KEVENT that drivers get is the object's header, and all there is of it. */
_Static_assert(sizeof(KEVENT) == sizeof(DISPATCHER_HEADER), "a KEVENT is its header");

struct named_event {
	struct nrt_object object; /* first */
	LIST_ENTRY link;          /* of all, under lock */
	UNICODE_STRING name;
	WCHAR text[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_ENTRY events = { &events, &events };

static struct named_event *from_link(LIST_ENTRY *link)
{
	return CONTAINING_RECORD(link, struct named_event, link);
}

static void destroy(struct nrt_object *object)
{
	struct named_event *e = CONTAINING_RECORD(object, struct named_event, object);

	pthread_mutex_lock(&lock);
	RemoveEntryList(&e->link);
	pthread_mutex_unlock(&lock);
	nrt_memory_free(e, TAG);
}

/* Locked. A reference. */
static struct named_event *find(PCUNICODE_STRING name, bool ignore_case)
{
	for (LIST_ENTRY *link = events.Flink; link != &events; link = link->Flink)
		if (RtlCompareUnicodeString(&from_link(link)->name, name, ignore_case) == 0 &&
		    nrt_object_ref_if_alive(&from_link(link)->object))
			return from_link(link);
	return NULL;
}

/* Locked. One reference, signalled. */
static struct named_event *create(PCUNICODE_STRING name, EVENT_TYPE type)
{
	struct named_event *e = nrt_memory_zalloc(sizeof(*e) + name->Length, TAG, NULL);

	if (e == NULL)
		return NULL;
	nrt_object_init(&e->object, NRT_OBJECT_EVENT, destroy);
	e->object.header.nrt_auto_reset = type == SynchronizationEvent;
	e->object.header.SignalState = 1;
	memcpy(e->text, name->Buffer, name->Length);
	e->name = (UNICODE_STRING){ name->Length, name->Length, e->text };
	InsertTailList(&events, &e->link);
	return e;
}

/* A name in a directory there is, and no directory below it. */
static NTSTATUS check_name(PCUNICODE_STRING name)
{
	static const UNICODE_STRING directories[] = {
		RTL_CONSTANT_STRING(u"\\BaseNamedObjects\\"),
		RTL_CONSTANT_STRING(u"\\KernelObjects\\"),
	};

	if (name == NULL || name->Buffer == NULL || name->Length == 0)
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	if (name->Length % sizeof(WCHAR) != 0)
		return STATUS_OBJECT_NAME_INVALID;
	if (name->Buffer[0] != '\\')
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	for (size_t i = 0; i < RTL_NUMBER_OF(directories); i++) {
		size_t at = directories[i].Length / sizeof(WCHAR);

		if (!RtlPrefixUnicodeString(&directories[i], name, TRUE))
			continue;
		if (at == name->Length / sizeof(WCHAR))
			return STATUS_OBJECT_NAME_INVALID;
		while (at < name->Length / sizeof(WCHAR) && name->Buffer[at] != '\\')
			at++;
		return at == name->Length / sizeof(WCHAR) ? STATUS_SUCCESS
							  : STATUS_OBJECT_PATH_NOT_FOUND;
	}
	return STATUS_OBJECT_PATH_NOT_FOUND;
}

/* The handle takes over the reference. */
static PKEVENT open(struct named_event *e, ACCESS_MASK access, HANDLE *handle)
{
	if (e == NULL)
		return NULL;
	if (NT_SUCCESS(nrt_handle_open(&e->object, access, handle)))
		return (PKEVENT)&e->object.header;
	nrt_object_drop(&e->object);
	return NULL;
}

static PKEVENT create_or_open(const char *ddi, PCUNICODE_STRING name, EVENT_TYPE type,
			      HANDLE *handle)
{
	struct named_event *e;

	nrt_check_irql(ddi, PASSIVE_LEVEL);
	if (check_name(name) != STATUS_SUCCESS)
		return NULL;
	pthread_mutex_lock(&lock);
	e = find(name, true);
	if (e == NULL)
		e = create(name, type);
	pthread_mutex_unlock(&lock);
	return open(e, EVENT_ALL_ACCESS, handle);
}

PKEVENT IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle)
{
	return create_or_open("IoCreateNotificationEvent", EventName, NotificationEvent,
			      EventHandle);
}

PKEVENT IoCreateSynchronizationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle)
{
	return create_or_open("IoCreateSynchronizationEvent", EventName, SynchronizationEvent,
			      EventHandle);
}

NTSTATUS ZwOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
		     POBJECT_ATTRIBUTES ObjectAttributes)
{
	POBJECT_ATTRIBUTES a = ObjectAttributes;
	struct named_event *e;
	NTSTATUS status;

	nrt_check_irql("ZwOpenEvent", PASSIVE_LEVEL);
	if (a == NULL || a->Length != sizeof(*a))
		return STATUS_INVALID_PARAMETER;
	if (a->RootDirectory != NULL)
		return STATUS_INVALID_HANDLE; /* there are no object directories */
	status = check_name(a->ObjectName);
	if (status != STATUS_SUCCESS)
		return status;
	pthread_mutex_lock(&lock);
	e = find(a->ObjectName, (a->Attributes & OBJ_CASE_INSENSITIVE) != 0);
	pthread_mutex_unlock(&lock);
	if (e == NULL)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	return open(e, DesiredAccess, EventHandle) != NULL ? STATUS_SUCCESS
							   : STATUS_INSUFFICIENT_RESOURCES;
}
