/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registry keys: opening, creating, querying and listing them. Called by drivers at
 * PASSIVE_LEVEL. A handle is a key's path and what it may be used for; the key is
 * looked up each time.
 */
#include "registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "../ke/irql.h"
#include "configstore.h"
#include "regpath.h"

#define NO_CLASS 0xffffffffU /* ClassOffset of a key without one */
#define MAXIMUM_ALLOWED 0x02000000
#define GENERIC_ALL 0x10000000
#define GENERIC_EXECUTE 0x20000000

static void key_free(struct nrt_object *object)
{
	struct nrt_reg_key *key = CONTAINING_RECORD(object, struct nrt_reg_key, object);

	nrt_reg_key_closed(key);
	free(key);
}

NTSTATUS nrt_reg_key_of(HANDLE handle, ACCESS_MASK access, struct nrt_reg_key **key)
{
	struct nrt_object *object;
	ACCESS_MASK granted;
	NTSTATUS status;

	status = nrt_handle_object(handle, NRT_OBJECT_KEY, &object, &granted);
	if (!NT_SUCCESS(status))
		return status;
	*key = CONTAINING_RECORD(object, struct nrt_reg_key, object);
	if ((granted & access) != access)
		status = STATUS_ACCESS_DENIED;
	else if (nrt_reg_key_deleted(*key))
		status = STATUS_KEY_DELETED;
	if (!NT_SUCCESS(status))
		nrt_object_drop(object);
	return status;
}

static ACCESS_MASK map_generic(ACCESS_MASK access)
{
	if ((access & (GENERIC_ALL | MAXIMUM_ALLOWED)) != 0)
		access |= KEY_ALL_ACCESS;
	if ((access & (GENERIC_READ | GENERIC_EXECUTE)) != 0)
		access |= KEY_READ;
	if ((access & GENERIC_WRITE) != 0)
		access |= KEY_WRITE;
	return access;
}

/* The path that @attributes name, canonical, to be freed. */
static NTSTATUS path_of(const OBJECT_ATTRIBUTES *attributes, ACCESS_MASK root_access, char **path,
			bool *parameters)
{
	const UNICODE_STRING *name;
	struct nrt_reg_key *root = NULL;
	NTSTATUS status;

	if (attributes == NULL || attributes->Length != sizeof(*attributes) ||
	    attributes->ObjectName == NULL)
		return STATUS_INVALID_PARAMETER;
	name = attributes->ObjectName;
	if (name->Buffer == NULL && name->Length != 0)
		return STATUS_INVALID_PARAMETER;
	if (attributes->RootDirectory != NULL) {
		status = nrt_reg_key_of(attributes->RootDirectory, root_access, &root);
		if (!NT_SUCCESS(status))
			return status;
	}
	if ((root != NULL) == (name->Length != 0 && name->Buffer[0] == '\\'))
		status = STATUS_OBJECT_PATH_SYNTAX_BAD;
	else
		status = nrt_reg_join(root != NULL ? root->path : NULL, name->Buffer,
				      name->Length / sizeof(WCHAR), path);
	if (NT_SUCCESS(status)) {
		bool below = name->Length != 0;

		*parameters = nrt_reg_canonical(*path) || (!below && root->parameters);
	}
	if (root != NULL)
		nrt_object_drop(&root->object);
	return status;
}

static NTSTATUS open_path(const char *path, bool parameters, ACCESS_MASK access, HANDLE *handle)
{
	size_t size = strlen(path) + 1;
	struct nrt_reg_key *key = malloc(sizeof(*key) + size);
	NTSTATUS status;

	if (key == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	nrt_object_init(&key->object, NRT_OBJECT_KEY, key_free);
	key->parameters = parameters;
	key->deleted = false;
	nrt_reg_key_opened(key);
	memcpy(key->path, path, size);
	status = nrt_handle_open(&key->object, map_generic(access), handle);
	if (!NT_SUCCESS(status))
		nrt_object_drop(&key->object);
	return status;
}

bool nrt_reg_is_key(const char *path)
{
	bool is;

	nrt_config_lock();
	is = nrt_reg_exists(path);
	nrt_config_unlock();
	return is;
}

NTSTATUS ZwOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
		     POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions)
{
	NTSTATUS status;
	bool parameters;
	char *path;

	(void)OpenOptions;
	nrt_check_irql("ZwOpenKey", PASSIVE_LEVEL);
	if (KeyHandle == NULL)
		return STATUS_INVALID_PARAMETER;
	status = path_of(ObjectAttributes, 0, &path, &parameters);
	if (!NT_SUCCESS(status))
		return status;
	if (nrt_reg_is_key(path))
		status = open_path(path, parameters, DesiredAccess, KeyHandle);
	else
		status = STATUS_OBJECT_NAME_NOT_FOUND;
	free(path);
	return status;
}

NTSTATUS ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
		   POBJECT_ATTRIBUTES ObjectAttributes)
{
	return ZwOpenKeyEx(KeyHandle, DesiredAccess, ObjectAttributes, 0);
}

NTSTATUS nrt_reg_create(char *path, ULONG *disposition)
{
	char *name = strrchr(path, '\\');
	bool parent;

	*disposition = REG_OPENED_EXISTING_KEY;
	if (nrt_reg_is_key(path))
		return STATUS_SUCCESS;
	if (name == NULL || name == path)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	*name = '\0';
	parent = nrt_reg_is_key(path);
	*name = '\\';
	if (!parent)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	*disposition = REG_CREATED_NEW_KEY;
	return nrt_config_key_add(path) != -ENOMEM ? STATUS_SUCCESS
						   : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS ZwCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
		     POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex, PUNICODE_STRING Class,
		     ULONG CreateOptions, PULONG Disposition)
{
	ULONG disposition;
	NTSTATUS status;
	bool parameters;
	char *path;

	(void)TitleIndex;
	(void)Class;
	(void)CreateOptions; /* nothing outlives the runtime */
	nrt_check_irql("ZwCreateKey", PASSIVE_LEVEL);
	if (KeyHandle == NULL)
		return STATUS_INVALID_PARAMETER;
	status = path_of(ObjectAttributes, KEY_CREATE_SUB_KEY, &path, &parameters);
	if (!NT_SUCCESS(status))
		return status;
	status = nrt_reg_create(path, &disposition);
	if (NT_SUCCESS(status))
		status = open_path(path, parameters, DesiredAccess, KeyHandle);
	if (NT_SUCCESS(status) && Disposition != NULL)
		*Disposition = disposition;
	free(path);
	return status;
}

NTSTATUS ZwFlushKey(HANDLE KeyHandle)
{
	struct nrt_reg_key *key;
	NTSTATUS status;

	nrt_check_irql("ZwFlushKey", PASSIVE_LEVEL);
	status = nrt_reg_key_of(KeyHandle, 0, &key);
	if (NT_SUCCESS(status))
		nrt_object_drop(&key->object);
	return status;
}

/* --------------------------------------------------------------- queries */

NTSTATUS nrt_reg_answer(const void *answer, ULONG size, ULONG fixed, PVOID buffer, ULONG length,
			PULONG needed)
{
	if (needed != NULL)
		*needed = size;
	if (buffer == NULL || length < fixed)
		return STATUS_BUFFER_TOO_SMALL;
	memcpy(buffer, answer, size < length ? size : length);
	return size <= length ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

void nrt_reg_widen(const char *name, WCHAR *to)
{
	for (size_t i = 0; name[i] != '\0'; i++)
		to[i] = (unsigned char)name[i];
}

/* Locked. What @path's values and subkeys amount to. */
static NTSTATUS measure(const char *path, bool parameters, KEY_FULL_INFORMATION *full)
{
	const char *section = nrt_reg_section(path);
	struct nrt_reg_names names;
	NTSTATUS status;

	*full = (KEY_FULL_INFORMATION){ .ClassOffset = NO_CLASS };
	status = nrt_reg_children(path, parameters, &names);
	if (!NT_SUCCESS(status))
		return status;
	full->SubKeys = (ULONG)names.n;
	for (size_t i = 0; i < names.n; i++)
		full->MaxNameLen = max(full->MaxNameLen,
				       (ULONG)(strlen(names.name[i]) * sizeof(WCHAR)));
	nrt_reg_names_free(&names);
	for (const struct nrt_config_key *k = nrt_config_keys(); k != NULL; k = k->next)
		if (strcasecmp(k->path, path) == 0)
			full->LastWriteTime.QuadPart = k->created;
	for (const struct nrt_config_value *v = nrt_config_values(); v != NULL; v = v->next) {
		if (strcasecmp(v->section, section) != 0)
			continue;
		full->Values++;
		full->MaxValueNameLen = max(full->MaxValueNameLen,
					    (ULONG)(strlen(v->name) * sizeof(WCHAR)));
		full->MaxValueDataLen = max(full->MaxValueDataLen, v->size);
		full->LastWriteTime.QuadPart = max(full->LastWriteTime.QuadPart, v->written);
	}
	return STATUS_SUCCESS;
}

/* A structure whose last member is a name: @fixed bytes, then the name. */
static NTSTATUS answer_name(const void *structure, ULONG fixed, const char *name, PVOID buffer,
			    ULONG length, PULONG needed)
{
	ULONG size = fixed + (ULONG)(strlen(name) * sizeof(WCHAR));
	char *answer = malloc(size);
	NTSTATUS status;

	if (answer == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	memcpy(answer, structure, fixed);
	nrt_reg_widen(name, (WCHAR *)(void *)(answer + fixed));
	status = nrt_reg_answer(answer, size, fixed, buffer, length, needed);
	free(answer);
	return status;
}

static NTSTATUS describe(const char *path, bool parameters, KEY_INFORMATION_CLASS class,
			 PVOID buffer, ULONG length, PULONG needed)
{
	const char *name = parameters ? "Parameters" : strrchr(path, '\\') + 1;
	ULONG name_length = (ULONG)(strlen(name) * sizeof(WCHAR));
	KEY_NODE_INFORMATION node = { .ClassOffset = NO_CLASS, .NameLength = name_length };
	KEY_BASIC_INFORMATION basic = { .NameLength = name_length };
	KEY_FULL_INFORMATION full;
	NTSTATUS status;

	nrt_config_lock();
	status = measure(path, parameters, &full);
	nrt_config_unlock();
	if (!NT_SUCCESS(status))
		return status;
	node.LastWriteTime = basic.LastWriteTime = full.LastWriteTime;
	switch (class) {
	case KeyBasicInformation:
		return answer_name(&basic, offsetof(KEY_BASIC_INFORMATION, Name), name, buffer,
				   length, needed);
	case KeyNodeInformation:
		return answer_name(&node, offsetof(KEY_NODE_INFORMATION, Name), name, buffer,
				   length, needed);
	case KeyFullInformation:
		return nrt_reg_answer(&full, offsetof(KEY_FULL_INFORMATION, Class),
				      offsetof(KEY_FULL_INFORMATION, Class), buffer, length, needed);
	default:
		return STATUS_INVALID_PARAMETER;
	}
}

/* The whole path, with the Parameters that the canonical one lost. */
static NTSTATUS describe_name(const struct nrt_reg_key *key, PVOID buffer, ULONG length,
			      PULONG needed)
{
	KEY_NAME_INFORMATION name;
	NTSTATUS status;
	char *path;

	if (asprintf(&path, "%s%s", key->path, key->parameters ? "\\Parameters" : "") < 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	name.NameLength = (ULONG)(strlen(path) * sizeof(WCHAR));
	status = answer_name(&name, offsetof(KEY_NAME_INFORMATION, Name), path, buffer, length,
			     needed);
	free(path);
	return status;
}

NTSTATUS ZwQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass,
		    PVOID KeyInformation, ULONG Length, PULONG ResultLength)
{
	bool name = KeyInformationClass == KeyNameInformation;
	struct nrt_reg_key *key;
	NTSTATUS status;

	nrt_check_irql("ZwQueryKey", PASSIVE_LEVEL);
	status = nrt_reg_key_of(KeyHandle, name ? 0 : KEY_QUERY_VALUE, &key);
	if (!NT_SUCCESS(status))
		return status;
	if (name)
		status = describe_name(key, KeyInformation, Length, ResultLength);
	else
		status = describe(key->path, key->parameters, KeyInformationClass, KeyInformation,
				  Length, ResultLength);
	nrt_object_drop(&key->object);
	return status;
}

/* The path of subkey @index, as it is written; to be freed. */
static NTSTATUS subkey_path(const struct nrt_reg_key *key, ULONG index, char **path)
{
	struct nrt_reg_names names;
	NTSTATUS status;

	nrt_config_lock();
	status = nrt_reg_children(key->path, key->parameters, &names);
	nrt_config_unlock();
	if (!NT_SUCCESS(status))
		return status;
	if (index >= names.n)
		status = STATUS_NO_MORE_ENTRIES;
	else if (asprintf(path, "%s\\%s", key->path, names.name[index]) < 0)
		status = STATUS_INSUFFICIENT_RESOURCES;
	nrt_reg_names_free(&names);
	return status;
}

NTSTATUS ZwEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass,
			PVOID KeyInformation, ULONG Length, PULONG ResultLength)
{
	struct nrt_reg_key *key;
	NTSTATUS status;
	char *path;

	nrt_check_irql("ZwEnumerateKey", PASSIVE_LEVEL);
	status = nrt_reg_key_of(KeyHandle, KEY_ENUMERATE_SUB_KEYS, &key);
	if (!NT_SUCCESS(status))
		return status;
	status = subkey_path(key, Index, &path);
	if (NT_SUCCESS(status)) {
		bool parameters = nrt_reg_canonical(path);

		status = describe(path, parameters, KeyInformationClass, KeyInformation, Length,
				  ResultLength);
		free(path);
	}
	nrt_object_drop(&key->object);
	return status;
}
