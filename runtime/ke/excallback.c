/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Callback objects. Created and registered with by drivers below DISPATCH_LEVEL,
 * notified up to it. A routine is called without the lock; a registration that
 * is called just now stays in the list until the call is over.
 */
#include "excallback.h"

#include <pthread.h>
#include <stdbool.h>

#include <wdm.h>

#include "irql.h"
#include "memory.h"
#include "object.h"
#include "verifier.h"

#define OBJECT_TAG 0x6c6c6143       /* Call */
#define REGISTRATION_TAG 0x72626343 /* Ccbr */

struct _CALLBACK_OBJECT {
	struct nrt_object object; /* first */
	LIST_ENTRY link;          /* objects */
	LIST_ENTRY registrations;
	bool multiple, permanent, system;
	UNICODE_STRING name;
	WCHAR text[];
};

struct registration {
	LIST_ENTRY link; /* _CALLBACK_OBJECT.registrations */
	PCALLBACK_OBJECT object;
	PCALLBACK_FUNCTION function;
	PVOID context;
	unsigned int busy; /* calls under way */
	bool removed;      /* no new call */
	bool orphan;       /* freed by the last call under way */
};

/* A call under way on this thread. */
struct call {
	struct call *outer;
	struct registration *registration;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER; /* to ExUnregisterCallback */
static LIST_ENTRY objects = { &objects, &objects };
static __thread struct call *calls;

static PCALLBACK_OBJECT from_link(LIST_ENTRY *link)
{
	return CONTAINING_RECORD(link, struct _CALLBACK_OBJECT, link);
}

static void destroy(struct nrt_object *object)
{
	PCALLBACK_OBJECT callback = CONTAINING_RECORD(object, struct _CALLBACK_OBJECT, object);

	pthread_mutex_lock(&lock);
	RemoveEntryList(&callback->link);
	pthread_mutex_unlock(&lock);
	nrt_memory_free(callback, OBJECT_TAG);
}

/* Locked. A reference, unless the object is about to go. */
static PCALLBACK_OBJECT find(PCUNICODE_STRING name, bool ignore_case)
{
	for (LIST_ENTRY *link = objects.Flink; link != &objects; link = link->Flink)
		if (RtlCompareUnicodeString(&from_link(link)->name, name, ignore_case) == 0 &&
		    nrt_object_ref_if_alive(&from_link(link)->object))
			return from_link(link);
	return NULL;
}

static PCALLBACK_OBJECT create(PCUNICODE_STRING name)
{
	PCALLBACK_OBJECT callback =
		nrt_memory_zalloc(sizeof(*callback) + name->Length, OBJECT_TAG, NULL);

	if (callback == NULL)
		return NULL;
	nrt_object_init(&callback->object, NRT_OBJECT_CALLBACK, destroy);
	InitializeListHead(&callback->registrations);
	memcpy(callback->text, name->Buffer, name->Length);
	callback->name = (UNICODE_STRING){ name->Length, name->Length, callback->text };
	InsertTailList(&objects, &callback->link);
	return callback;
}

/* The documented objects of the system's own, once somebody asks for any. */
static bool create_system_objects(void)
{
	static const char *const names[] = { "\\Callback\\SetSystemTime",
					     "\\Callback\\PowerState" };

	for (size_t i = 0; i < RTL_NUMBER_OF(names); i++) {
		WCHAR text[32];
		UNICODE_STRING name = { .Buffer = text };
		PCALLBACK_OBJECT callback;

		for (size_t n = 0; names[i][n] != '\0'; n++) {
			text[n] = (UCHAR)names[i][n];
			name.Length = (USHORT)((n + 1) * sizeof(WCHAR));
		}
		callback = find(&name, true);
		if (callback != NULL) {
			nrt_object_drop(&callback->object); /* never the last one */
			continue;
		}
		callback = create(&name);
		if (callback == NULL)
			return false;
		callback->multiple = callback->permanent = callback->system = true;
	}
	return true;
}

static NTSTATUS check_attributes(const OBJECT_ATTRIBUTES *attributes)
{
	if (attributes == NULL || attributes->Length != sizeof(*attributes))
		return STATUS_INVALID_PARAMETER;
	if (attributes->ObjectName == NULL || attributes->ObjectName->Length == 0 ||
	    attributes->ObjectName->Buffer == NULL)
		return STATUS_UNSUCCESSFUL;
	if (attributes->RootDirectory != NULL)
		return STATUS_INVALID_HANDLE; /* there are no object directories */
	if (attributes->ObjectName->Buffer[0] != '\\')
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	return STATUS_SUCCESS;
}

NTSTATUS ExCreateCallback(PCALLBACK_OBJECT *CallbackObject, POBJECT_ATTRIBUTES ObjectAttributes,
			  BOOLEAN Create, BOOLEAN AllowMultipleCallbacks)
{
	PCALLBACK_OBJECT callback = NULL;
	NTSTATUS status;

	nrt_check_irql("ExCreateCallback", APC_LEVEL);
	status = check_attributes(ObjectAttributes);
	if (!NT_SUCCESS(status))
		return status;
	pthread_mutex_lock(&lock);
	if (!create_system_objects()) {
		status = STATUS_INSUFFICIENT_RESOURCES;
		goto unlock;
	}
	callback = find(ObjectAttributes->ObjectName,
			(ObjectAttributes->Attributes & OBJ_CASE_INSENSITIVE) != 0);
	if (callback != NULL)
		goto unlock;
	if (!Create) {
		status = STATUS_OBJECT_NAME_NOT_FOUND;
		goto unlock;
	}
	callback = create(ObjectAttributes->ObjectName);
	if (callback == NULL) {
		status = STATUS_INSUFFICIENT_RESOURCES;
		goto unlock;
	}
	callback->multiple = AllowMultipleCallbacks != FALSE;
	callback->permanent = (ObjectAttributes->Attributes & OBJ_PERMANENT) != 0;
	if (callback->permanent)
		nrt_object_ref(&callback->object); /* its name's own */
unlock:
	pthread_mutex_unlock(&lock);
	if (NT_SUCCESS(status))
		*CallbackObject = callback;
	return status;
}

PVOID ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction,
			 PVOID CallbackContext)
{
	struct registration *r;
	bool full;

	nrt_check_irql("ExRegisterCallback", APC_LEVEL);
	if (CallbackFunction == NULL)
		return NULL;
	r = nrt_memory_zalloc(sizeof(*r), REGISTRATION_TAG, NULL);
	if (r == NULL)
		return NULL;
	r->object = CallbackObject;
	r->function = CallbackFunction;
	r->context = CallbackContext;
	nrt_object_ref(&CallbackObject->object); /* pairs with the drop in forget() */
	pthread_mutex_lock(&lock);
	full = !CallbackObject->multiple && !IsListEmpty(&CallbackObject->registrations);
	if (!full)
		InsertTailList(&CallbackObject->registrations, &r->link);
	pthread_mutex_unlock(&lock);
	if (!full)
		return r;
	nrt_object_drop(&CallbackObject->object);
	nrt_memory_free(r, REGISTRATION_TAG);
	return NULL;
}

/* Out of the list; not locked. */
static void forget(struct registration *r)
{
	PCALLBACK_OBJECT object = r->object;

	nrt_memory_free(r, REGISTRATION_TAG);
	nrt_object_drop(&object->object);
}

/* Locked: an open registration, which alone is looked at. */
static struct registration *registration_of(const void *handle)
{
	for (LIST_ENTRY *o = objects.Flink; o != &objects; o = o->Flink) {
		LIST_ENTRY *head = &from_link(o)->registrations;

		for (LIST_ENTRY *l = head->Flink; l != head; l = l->Flink) {
			struct registration *r = CONTAINING_RECORD(l, struct registration, link);

			if (r == handle && !r->removed)
				return r;
		}
	}
	return NULL;
}

static unsigned int own_calls(const struct registration *r)
{
	unsigned int n = 0;

	for (const struct call *c = calls; c != NULL; c = c->outer)
		n += c->registration == r;
	return n;
}

VOID ExUnregisterCallback(PVOID CallbackRegistration)
{
	struct registration *r;
	bool last = false;

	nrt_check_irql("ExUnregisterCallback", APC_LEVEL);
	pthread_mutex_lock(&lock);
	r = registration_of(CallbackRegistration);
	if (r != NULL) {
		r->removed = true;
		while (r->busy != own_calls(r))
			pthread_cond_wait(&idle, &lock);
		last = r->busy == 0;
		r->orphan = !last;
		if (last)
			RemoveEntryList(&r->link);
	}
	pthread_mutex_unlock(&lock);
	if (r == NULL)
		nrt_violation("RS-MEM-02", "ExUnregisterCallback: %p is not registered",
			      CallbackRegistration);
	else if (last)
		forget(r);
}

/* Locked; unlocked during the call. The entry to go on with. */
static LIST_ENTRY *call_one(struct registration *r, PVOID argument1, PVOID argument2,
			    LIST_ENTRY *dead)
{
	struct call call = { .outer = calls, .registration = r };
	LIST_ENTRY *next;

	r->busy++;
	pthread_mutex_unlock(&lock);
	calls = &call;
	r->function(r->context, argument1, argument2);
	calls = call.outer;
	pthread_mutex_lock(&lock);
	r->busy--;
	next = r->link.Flink;
	if (r->orphan && r->busy == 0) {
		RemoveEntryList(&r->link);
		InsertTailList(dead, &r->link);
	}
	pthread_cond_broadcast(&idle);
	return next;
}

VOID ExNotifyCallback(PVOID CallbackObject, PVOID Argument1, PVOID Argument2)
{
	PCALLBACK_OBJECT callback = CallbackObject;
	LIST_ENTRY dead, *link;

	nrt_check_irql("ExNotifyCallback", DISPATCH_LEVEL);
	if (callback->system)
		nrt_violation("RS-MEM-02", "ExNotifyCallback: a driver notifies the system's own "
			      "callback object %p", CallbackObject);
	InitializeListHead(&dead);
	pthread_mutex_lock(&lock);
	link = callback->registrations.Flink;
	while (link != &callback->registrations) {
		struct registration *r = CONTAINING_RECORD(link, struct registration, link);

		link = r->removed ? link->Flink : call_one(r, Argument1, Argument2, &dead);
	}
	pthread_mutex_unlock(&lock);
	while (!IsListEmpty(&dead))
		forget(CONTAINING_RECORD(RemoveHeadList(&dead), struct registration, link));
}

void nrt_callback_objects_end(void)
{
	while (!IsListEmpty(&objects)) {
		PCALLBACK_OBJECT callback = from_link(objects.Flink);

		if (!callback->permanent)
			nrt_violation("RS-MEM-02", "callback object %p was not dereferenced",
				      (void *)callback);
		while (!IsListEmpty(&callback->registrations)) {
			struct registration *r = CONTAINING_RECORD(
				RemoveHeadList(&callback->registrations), struct registration, link);

			nrt_violation("RS-MEM-02", "callback %p was not unregistered", (void *)r);
			nrt_memory_free(r, REGISTRATION_TAG);
		}
		RemoveEntryList(&callback->link);
		nrt_memory_free(callback, OBJECT_TAG);
	}
}
