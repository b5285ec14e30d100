/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The registry in one call: several values by a table, or one by its path. Called
 * by drivers at PASSIVE_LEVEL; their query routines are called on the same thread.
 */
#include "registry.h"

#include <stdlib.h>
#include <strings.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../ke/unicode.h"
#include "configstore.h"
#include "regpath.h"

static const char *const bases[RTL_REGISTRY_MAXIMUM] = {
	[RTL_REGISTRY_ABSOLUTE] = NULL,
	[RTL_REGISTRY_SERVICES] = NRT_REG_SERVICES,
	[RTL_REGISTRY_CONTROL] = NRT_REG_SET "\\Control",
	[RTL_REGISTRY_WINDOWS_NT] =
		"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
	[RTL_REGISTRY_DEVICEMAP] = "\\Registry\\Machine\\Hardware\\DeviceMap",
	[RTL_REGISTRY_USER] = "\\Registry\\User\\CurrentUser",
};

/* The canonical path, to be freed. @path is a handle with RTL_REGISTRY_HANDLE. */
static NTSTATUS resolve(ULONG relative_to, PCWSTR path, char **full)
{
	ULONG base = relative_to & ~(RTL_REGISTRY_HANDLE | RTL_REGISTRY_OPTIONAL);
	struct nrt_reg_key *key;
	NTSTATUS status;

	if ((relative_to & RTL_REGISTRY_HANDLE) != 0) {
		status = nrt_reg_key_of((HANDLE)(ULONG_PTR)path, 0, &key);
		if (!NT_SUCCESS(status))
			return status;
		*full = strdup(key->path);
		nrt_object_drop(&key->object);
		return *full != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
	}
	if (base >= RTL_REGISTRY_MAXIMUM || path == NULL)
		return STATUS_INVALID_PARAMETER;
	status = nrt_reg_join(bases[base], path, nrt_wcslen(path), full);
	if (NT_SUCCESS(status))
		nrt_reg_canonical(*full);
	return status;
}

/* ------------------------------------------------------------ one value */

/* A copy of a value, or an entry's default. */
struct found {
	ULONG type, size;
	UCHAR *data; /* to be freed */
	WCHAR *name; /* likewise */
	bool is_default;
};

static void found_free(struct found *f)
{
	free(f->data);
	free(f->name);
}

/* Copies with a zero character behind them, whatever the store has. */
static bool copy(struct found *f, const char *name, ULONG type, const void *data, ULONG size)
{
	*f = (struct found){ .type = type, .size = size };
	f->data = calloc(1, size + 2 * sizeof(WCHAR));
	f->name = calloc(strlen(name) + 1, sizeof(WCHAR));
	if (f->data == NULL || f->name == NULL) {
		found_free(f);
		return false;
	}
	if (size != 0)
		memcpy(f->data, data, size);
	nrt_reg_widen(name, f->name);
	return true;
}

/* Value @name of @section or, without a name, the one of @index. */
static NTSTATUS look_up(const char *section, const char *name, ULONG index, struct found *f)
{
	NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;

	nrt_config_lock();
	for (const struct nrt_config_value *v = nrt_config_values(); v != NULL; v = v->next) {
		if (strcasecmp(v->section, section) != 0)
			continue;
		if (name != NULL ? strcasecmp(v->name, name) != 0 : index-- != 0)
			continue;
		status = copy(f, v->name, v->type, v->data, v->size)
				 ? STATUS_SUCCESS
				 : STATUS_INSUFFICIENT_RESOURCES;
		break;
	}
	nrt_config_unlock();
	return status;
}

static bool is_string(ULONG type)
{
	return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;
}

/* With its end; a list has one of its own. */
static ULONG string_size(ULONG type, const WCHAR *s)
{
	size_t n = 0;

	if (type != REG_MULTI_SZ)
		n = nrt_wcslen(s);
	else
		while (s[n] != 0)
			n += nrt_wcslen(s + n) + 1;
	return (ULONG)((n + 1) * sizeof(WCHAR));
}

static NTSTATUS take_default(const RTL_QUERY_REGISTRY_TABLE *entry, const char *name,
			     struct found *f)
{
	ULONG type = entry->DefaultType & 0xff, size = entry->DefaultLength;

	if (type == REG_NONE)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	if (entry->DefaultData == NULL)
		size = 0;
	else if (size == 0 && is_string(type))
		size = string_size(type, entry->DefaultData);
	if (!copy(f, name, type, entry->DefaultData, size))
		return STATUS_INSUFFICIENT_RESOURCES;
	f->is_default = true;
	return STATUS_SUCCESS;
}

/* -------------------------------------------------------------- delivery */

static NTSTATUS store_string(const struct found *f, PUNICODE_STRING to)
{
	const WCHAR *text = (const WCHAR *)(const void *)f->data;
	ULONG size = f->size & ~1U;

	if (size > MAXUSHORT)
		return STATUS_BUFFER_TOO_SMALL;
	if (to->Buffer == NULL) {
		to->Buffer = nrt_memory_alloc(size != 0 ? size : sizeof(WCHAR), NRT_STRING_TAG, NULL);
		if (to->Buffer == NULL)
			return STATUS_NO_MEMORY;
		to->MaximumLength = (USHORT)size;
	} else if (size > to->MaximumLength) {
		return STATUS_BUFFER_TOO_SMALL;
	}
	memcpy(to->Buffer, text, size);
	/* Length does not count the end. */
	if (size != 0 && text[size / sizeof(WCHAR) - 1] == 0)
		size -= (ULONG)sizeof(WCHAR);
	to->Length = (USHORT)size;
	return STATUS_SUCCESS;
}

/* A buffer that begins with its size: negative, and it is for the data alone. */
static NTSTATUS store_long(const struct found *f, void *to)
{
	LONG size;
	ULONG room;

	memcpy(&size, to, sizeof(size));
	room = size < 0 ? 0 - (ULONG)size : (ULONG)size;
	if (size < 0) {
		if (f->size > room)
			return STATUS_BUFFER_TOO_SMALL;
		memcpy(to, f->data, f->size);
		return STATUS_SUCCESS;
	}
	if (room < 2 * sizeof(ULONG) || f->size > room - 2 * sizeof(ULONG))
		return STATUS_BUFFER_TOO_SMALL;
	memcpy(to, &f->size, sizeof(ULONG));
	memcpy((char *)to + sizeof(ULONG), &f->type, sizeof(ULONG));
	memcpy((char *)to + 2 * sizeof(ULONG), f->data, f->size);
	return STATUS_SUCCESS;
}

static NTSTATUS store(const RTL_QUERY_REGISTRY_TABLE *entry, const struct found *f)
{
	ULONG expected = entry->DefaultType >> RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;

	if ((entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK) != 0 && !f->is_default &&
	    f->type != expected)
		return STATUS_OBJECT_TYPE_MISMATCH;
	if (f->type == REG_MULTI_SZ && (entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND) == 0)
		return STATUS_INVALID_PARAMETER;
	if (is_string(f->type))
		return store_string(f, entry->EntryContext);
	if (f->size > sizeof(ULONG))
		return store_long(f, entry->EntryContext);
	memcpy(entry->EntryContext, f->data, f->size);
	return STATUS_SUCCESS;
}

static NTSTATUS call(const RTL_QUERY_REGISTRY_TABLE *entry, PWSTR name, ULONG type, PVOID data,
		     ULONG size, PVOID context)
{
	NTSTATUS status = entry->QueryRoutine(name, type, data, size, context, entry->EntryContext);

	return status == STATUS_BUFFER_TOO_SMALL ? STATUS_SUCCESS : status;
}

static NTSTATUS deliver(const RTL_QUERY_REGISTRY_TABLE *entry, const struct found *f, PVOID context)
{
	bool expand = (entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND) == 0;
	NTSTATUS status = STATUS_SUCCESS;
	WCHAR *s;

	if ((entry->Flags & RTL_QUERY_REGISTRY_DIRECT) != 0)
		return store(entry, f);
	if (f->type == REG_EXPAND_SZ && expand)
		return call(entry, f->name, REG_SZ, f->data, f->size, context);
	if (f->type != REG_MULTI_SZ || !expand)
		return call(entry, f->name, f->type, f->data, f->size, context);
	s = (WCHAR *)(void *)f->data;
	while (NT_SUCCESS(status) && *s != 0) { /* two ends are behind the copy at least */
		ULONG size = string_size(REG_SZ, s);

		status = call(entry, f->name, REG_SZ, s, size, context);
		s += size / sizeof(WCHAR);
	}
	return status;
}

/* ------------------------------------------------------------- the table */

static NTSTATUS not_found(const RTL_QUERY_REGISTRY_TABLE *entry)
{
	return (entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0 ? STATUS_OBJECT_NAME_NOT_FOUND
								 : STATUS_SUCCESS;
}

static NTSTATUS query_all(const RTL_QUERY_REGISTRY_TABLE *entry, const char *path, PVOID context)
{
	NTSTATUS status;
	struct found f;

	for (ULONG i = 0;; i++) {
		status = look_up(nrt_reg_section(path), NULL, i, &f);
		if (status == STATUS_OBJECT_NAME_NOT_FOUND)
			return i == 0 ? not_found(entry) : STATUS_SUCCESS;
		if (!NT_SUCCESS(status))
			return status;
		status = deliver(entry, &f, context);
		found_free(&f);
		if (!NT_SUCCESS(status))
			return status;
	}
}

static NTSTATUS query_one(const RTL_QUERY_REGISTRY_TABLE *entry, const char *path, PVOID context)
{
	NTSTATUS status;
	struct found f;
	char *name;

	status = nrt_reg_narrow(entry->Name, nrt_wcslen(entry->Name), &name);
	if (!NT_SUCCESS(status))
		return status;
	status = look_up(nrt_reg_section(path), name, 0, &f);
	if (status == STATUS_OBJECT_NAME_NOT_FOUND &&
	    (entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) == 0)
		status = take_default(entry, name, &f);
	if (NT_SUCCESS(status)) {
		status = deliver(entry, &f, context);
		if (NT_SUCCESS(status) && (entry->Flags & RTL_QUERY_REGISTRY_DELETE) != 0)
			nrt_config_delete(nrt_reg_section(path), name);
		found_free(&f);
	} else if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
		status = not_found(entry);
	}
	free(name);
	return status;
}

static bool is_malformed(const RTL_QUERY_REGISTRY_TABLE *entry)
{
	bool subkey = (entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) != 0;

	if ((entry->Flags & RTL_QUERY_REGISTRY_DIRECT) != 0)
		return subkey || entry->Name == NULL || entry->QueryRoutine != NULL ||
		       entry->EntryContext == NULL;
	return subkey ? entry->Name == NULL : entry->QueryRoutine == NULL;
}

/* From here on the entries are for the key below @top that @entry names. */
static NTSTATUS enter_subkey(const RTL_QUERY_REGISTRY_TABLE *entry, const char *top, char **current)
{
	NTSTATUS status;
	char *path;

	status = nrt_reg_join(top, entry->Name, nrt_wcslen(entry->Name), &path);
	if (!NT_SUCCESS(status))
		return status;
	nrt_reg_canonical(path);
	free(*current);
	*current = path;
	return nrt_reg_is_key(path) ? STATUS_SUCCESS : not_found(entry);
}

static NTSTATUS process(const RTL_QUERY_REGISTRY_TABLE *entry, const char *top, char **current,
			PVOID context)
{
	NTSTATUS status;

	if (is_malformed(entry))
		return STATUS_INVALID_PARAMETER;
	if ((entry->Flags & (RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_SUBKEY)) != 0) {
		free(*current);
		*current = NULL; /* @top */
	}
	if ((entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) != 0) {
		status = enter_subkey(entry, top, current);
		if (!NT_SUCCESS(status) || entry->QueryRoutine == NULL)
			return status;
		return query_all(entry, *current, context);
	}
	if (entry->Name != NULL)
		return query_one(entry, *current != NULL ? *current : top, context);
	if ((entry->Flags & RTL_QUERY_REGISTRY_NOVALUE) != 0)
		return call(entry, NULL, REG_NONE, NULL, 0, context);
	return query_all(entry, *current != NULL ? *current : top, context);
}

NTSTATUS RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable,
				PVOID Context, PVOID Environment)
{
	char *top, *current = NULL;
	NTSTATUS status;

	(void)Environment;
	nrt_check_irql("RtlQueryRegistryValues", PASSIVE_LEVEL);
	if (QueryTable == NULL)
		return STATUS_INVALID_PARAMETER;
	status = resolve(RelativeTo, Path, &top);
	if (!NT_SUCCESS(status))
		return status;
	if (!nrt_reg_is_key(top) && (RelativeTo & RTL_REGISTRY_OPTIONAL) == 0)
		status = STATUS_OBJECT_NAME_NOT_FOUND;
	for (; NT_SUCCESS(status) && (QueryTable->QueryRoutine != NULL || QueryTable->Name != NULL);
	     QueryTable++)
		status = process(QueryTable, top, &current, Context);
	free(current);
	free(top);
	return NT_SUCCESS(status) ? STATUS_SUCCESS : status;
}

/* --------------------------------------------------------- one at a time */

NTSTATUS RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path)
{
	NTSTATUS status;
	char *full;

	nrt_check_irql("RtlCheckRegistryKey", PASSIVE_LEVEL);
	status = resolve(RelativeTo, Path, &full);
	if (!NT_SUCCESS(status))
		return status;
	status = nrt_reg_is_key(full) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
	free(full);
	if ((RelativeTo & RTL_REGISTRY_HANDLE) != 0)
		ZwClose(Path); /* a documented side effect */
	return status;
}

NTSTATUS RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path)
{
	ULONG disposition;
	NTSTATUS status;
	char *full;

	nrt_check_irql("RtlCreateRegistryKey", PASSIVE_LEVEL);
	status = resolve(RelativeTo, Path, &full);
	if (!NT_SUCCESS(status))
		return status;
	status = nrt_reg_create(full, &disposition);
	free(full);
	return status;
}

NTSTATUS RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType,
			       PVOID ValueData, ULONG ValueLength)
{
	ULONG disposition;
	NTSTATUS status;
	char *full, *name;

	nrt_check_irql("RtlWriteRegistryValue", PASSIVE_LEVEL);
	if (ValueName == NULL || (ValueData == NULL && ValueLength != 0))
		return STATUS_INVALID_PARAMETER;
	status = resolve(RelativeTo, Path, &full);
	if (!NT_SUCCESS(status))
		return status;
	status = nrt_reg_create(full, &disposition);
	if (NT_SUCCESS(status))
		status = nrt_reg_narrow(ValueName, nrt_wcslen(ValueName), &name);
	if (NT_SUCCESS(status)) {
		if (nrt_config_put(nrt_reg_section(full), name, ValueType, ValueData,
				   ValueLength) != 0)
			status = STATUS_INSUFFICIENT_RESOURCES;
		free(name);
	}
	free(full);
	return status;
}

NTSTATUS RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName)
{
	NTSTATUS status;
	char *full, *name;

	nrt_check_irql("RtlDeleteRegistryValue", PASSIVE_LEVEL);
	if (ValueName == NULL)
		return STATUS_INVALID_PARAMETER;
	status = resolve(RelativeTo, Path, &full);
	if (!NT_SUCCESS(status))
		return status;
	status = nrt_reg_narrow(ValueName, nrt_wcslen(ValueName), &name);
	if (NT_SUCCESS(status)) {
		if (!nrt_config_delete(nrt_reg_section(full), name))
			status = STATUS_OBJECT_NAME_NOT_FOUND;
		free(name);
	}
	free(full);
	return status;
}
