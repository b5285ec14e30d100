/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The names of devices: \Device\NAME, and links to them in \??, which is what
 * \DosDevices and \GLOBAL?? are called here. Without case, as there. Under
 * nrt_io_lock, on control threads.
 */
#include <string.h>

#include "../ke/memory.h"
#include "../ke/unicode.h"
#include "../verifier.h"
#include "device.h"

#define MAX_LINKS 8 /* that lead from one to the next */

struct name {
	struct name *next;
	struct nrt_io_device *device; /* or NULL: a link */
	UNICODE_STRING target;        /* of a link */
	UNICODE_STRING name;
};

static struct name *names;

static const UNICODE_STRING local = RTL_CONSTANT_STRING(u"\\??");

/* -------------------------------------------------------------------- strings */

static void free_string(UNICODE_STRING *s)
{
	nrt_memory_free(s->Buffer, NRT_STRING_TAG);
	*s = (UNICODE_STRING){ 0, 0, NULL };
}

/* @a and @b in one string. */
static NTSTATUS join(PCUNICODE_STRING a, PCUNICODE_STRING b, UNICODE_STRING *out)
{
	size_t length = (size_t)a->Length + b->Length;

	*out = (UNICODE_STRING){ 0, 0, NULL };
	if (length > UNICODE_STRING_MAX_BYTES)
		return STATUS_NAME_TOO_LONG;
	out->Buffer = nrt_memory_alloc(length + sizeof(WCHAR), NRT_STRING_TAG, NULL);
	if (out->Buffer == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	memcpy(out->Buffer, a->Buffer, a->Length);
	if (b->Length != 0)
		memcpy((char *)out->Buffer + a->Length, b->Buffer, b->Length);
	out->Length = (USHORT)length;
	out->MaximumLength = (USHORT)length;
	return STATUS_SUCCESS;
}

static UNICODE_STRING from(PCUNICODE_STRING s, USHORT offset)
{
	return (UNICODE_STRING){ (USHORT)(s->Length - offset), (USHORT)(s->Length - offset),
				 s->Buffer + offset / sizeof(WCHAR) };
}

static bool leads(PCUNICODE_STRING prefix, PCUNICODE_STRING path)
{
	return RtlPrefixUnicodeString(prefix, path, TRUE) &&
	       (path->Length == prefix->Length ||
		path->Buffer[prefix->Length / sizeof(WCHAR)] == '\\');
}

/* @path from the root on, with one name for the directory that has three. */
static NTSTATUS canonical(PCUNICODE_STRING path, UNICODE_STRING *out)
{
	static const UNICODE_STRING aliases[] = {
		RTL_CONSTANT_STRING(u"\\DosDevices"),
		RTL_CONSTANT_STRING(u"\\GLOBAL??"),
	};
	static const UNICODE_STRING nothing;

	if (path == NULL || path->Buffer == NULL || path->Length == 0 || path->Length % 2 != 0 ||
	    path->Length > path->MaximumLength)
		return STATUS_OBJECT_NAME_INVALID;
	if (path->Buffer[0] != '\\')
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	for (size_t i = 0; i < RTL_NUMBER_OF(aliases); i++) {
		if (leads(&aliases[i], path)) {
			UNICODE_STRING rest = from(path, aliases[i].Length);

			return join(&local, &rest, out);
		}
	}
	return join(path, &nothing, out);
}

/* The name is one that an object can have: in a directory that there is. */
static NTSTATUS check_place(PCUNICODE_STRING name)
{
	static const UNICODE_STRING directories[] = {
		RTL_CONSTANT_STRING(u""),
		RTL_CONSTANT_STRING(u"\\Device"),
		RTL_CONSTANT_STRING(u"\\??"),
	};
	USHORT last = (USHORT)(name->Length / sizeof(WCHAR) - 1);
	UNICODE_STRING parent = *name;

	if (name->Buffer[last] == '\\')
		return STATUS_OBJECT_NAME_INVALID;
	while (name->Buffer[last] != '\\')
		last--;
	parent.Length = (USHORT)(last * sizeof(WCHAR));
	for (size_t i = 0; i < RTL_NUMBER_OF(directories); i++)
		if (RtlEqualUnicodeString(name, &directories[i], TRUE))
			return STATUS_OBJECT_NAME_COLLISION;
	for (size_t i = 0; i < RTL_NUMBER_OF(directories); i++)
		if (RtlEqualUnicodeString(&parent, &directories[i], TRUE))
			return STATUS_SUCCESS;
	return STATUS_OBJECT_PATH_NOT_FOUND;
}

/* ---------------------------------------------------------------------- names */

static struct name **find(PCUNICODE_STRING name)
{
	struct name **link = &names;

	while (*link != NULL && !RtlEqualUnicodeString(&(*link)->name, name, TRUE))
		link = &(*link)->next;
	return link;
}

static void remove_name(struct name **link)
{
	struct name *n = *link;

	*link = n->next;
	free_string(&n->name);
	free_string(&n->target);
	nrt_memory_free(n, NRT_STRING_TAG);
}

static NTSTATUS fill(struct name *n, PCUNICODE_STRING name, PCUNICODE_STRING target)
{
	NTSTATUS status = canonical(name, &n->name);

	if (status == STATUS_SUCCESS)
		status = check_place(&n->name);
	if (status == STATUS_SUCCESS && n->device == NULL)
		status = canonical(target, &n->target);
	if (status == STATUS_SUCCESS && *find(&n->name) != NULL)
		status = STATUS_OBJECT_NAME_COLLISION;
	return status;
}

NTSTATUS nrt_io_name_add(PCUNICODE_STRING name, struct nrt_io_device *device,
			 PCUNICODE_STRING target)
{
	struct name *n = nrt_memory_zalloc(sizeof(*n), NRT_STRING_TAG, NULL);
	NTSTATUS status;

	if (n == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	n->device = device;
	status = fill(n, name, target);
	n->next = names;
	names = n;
	if (status != STATUS_SUCCESS)
		remove_name(&names);
	return status;
}

NTSTATUS nrt_io_link_remove(PCUNICODE_STRING name)
{
	UNICODE_STRING path;
	NTSTATUS status = canonical(name, &path);
	struct name **link;

	if (status != STATUS_SUCCESS)
		return status;
	link = find(&path);
	free_string(&path);
	if (*link == NULL)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	if ((*link)->device != NULL)
		return STATUS_OBJECT_TYPE_MISMATCH;
	remove_name(link);
	return STATUS_SUCCESS;
}

void nrt_io_names_remove(const struct nrt_io_device *device)
{
	struct name **link = &names;

	while (*link != NULL)
		if ((*link)->device == device)
			remove_name(link);
		else
			link = &(*link)->next;
}

/* What @path begins with. One at most: no object is in another one's place (check_place). */
static const struct name *first_part(PCUNICODE_STRING path)
{
	const struct name *n = names;

	while (n != NULL && !leads(&n->name, path))
		n = n->next;
	return n;
}

NTSTATUS nrt_io_name_find(PCUNICODE_STRING path, struct nrt_io_device **device,
			  UNICODE_STRING *rest)
{
	static const UNICODE_STRING nothing;
	UNICODE_STRING at;
	NTSTATUS status = canonical(path, &at);

	for (int links = 0; status == STATUS_SUCCESS; links++) {
		const struct name *n = first_part(&at);
		UNICODE_STRING left, before = at;

		if (n == NULL || links == MAX_LINKS) {
			free_string(&at);
			return STATUS_OBJECT_NAME_NOT_FOUND;
		}
		left = from(&at, n->name.Length);
		*device = n->device;
		status = n->device != NULL ? join(&left, &nothing, rest)
					   : join(&n->target, &left, &at);
		free_string(&before);
		if (*device != NULL)
			break;
	}
	return status;
}

void nrt_io_names_fini(void)
{
	while (names != NULL) {
		nrt_violation("RS-MEM-02", "a symbolic link was created and never deleted");
		remove_name(&names);
	}
}
