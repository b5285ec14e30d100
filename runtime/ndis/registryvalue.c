/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values of registry keys. Called by drivers at PASSIVE_LEVEL; the configuration
 * store has them.
 */
#include "registry.h"

#include <stdlib.h>
#include <strings.h>

#include "../ke/irql.h"
#include "configstore.h"
#include "regpath.h"

#define DATA_ALIGN 4 /* of the data behind a name */

/* A structure with, perhaps, a name and, perhaps, data at @data_at. */
static NTSTATUS answer_value(const void *structure, ULONG fixed, const char *name, ULONG data_at,
			     const struct nrt_config_value *v, PVOID buffer, ULONG length,
			     PULONG needed)
{
	ULONG size = data_at != 0 ? data_at + v->size
				  : fixed + (ULONG)(strlen(name) * sizeof(WCHAR));
	char *answer = calloc(1, size);
	NTSTATUS status;

	if (answer == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	memcpy(answer, structure, fixed);
	nrt_reg_widen(name, (WCHAR *)(void *)(answer + fixed));
	if (data_at != 0)
		memcpy(answer + data_at, v->data, v->size);
	status = nrt_reg_answer(answer, size, fixed, buffer, length, needed);
	free(answer);
	return status;
}

/* Locked. */
static NTSTATUS describe(const struct nrt_config_value *v, KEY_VALUE_INFORMATION_CLASS class,
			 PVOID buffer, ULONG length, PULONG needed)
{
	ULONG name_length = (ULONG)(strlen(v->name) * sizeof(WCHAR));
	ULONG name_end = (ULONG)offsetof(KEY_VALUE_FULL_INFORMATION, Name) + name_length;
	KEY_VALUE_BASIC_INFORMATION basic = { .Type = v->type, .NameLength = name_length };
	KEY_VALUE_FULL_INFORMATION full = {
		.Type = v->type,
		.DataOffset = (ULONG)ALIGN_UP_BY(name_end, DATA_ALIGN),
		.DataLength = v->size,
		.NameLength = name_length,
	};
	KEY_VALUE_PARTIAL_INFORMATION partial = { .Type = v->type, .DataLength = v->size };

	switch (class) {
	case KeyValueBasicInformation:
		return answer_value(&basic, offsetof(KEY_VALUE_BASIC_INFORMATION, Name), v->name, 0,
				    v, buffer, length, needed);
	case KeyValueFullInformation:
		return answer_value(&full, offsetof(KEY_VALUE_FULL_INFORMATION, Name), v->name,
				    full.DataOffset, v, buffer, length, needed);
	case KeyValuePartialInformation:
		return answer_value(&partial, offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data), "",
				    offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data), v, buffer, length,
				    needed);
	default:
		return STATUS_INVALID_PARAMETER;
	}
}

static NTSTATUS narrow_name(PCUNICODE_STRING name, char **text)
{
	if (name == NULL)
		return nrt_reg_narrow(NULL, 0, text);
	return nrt_reg_narrow(name->Buffer, name->Length / sizeof(WCHAR), text);
}

NTSTATUS ZwQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName,
			 KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
			 PVOID KeyValueInformation, ULONG Length, PULONG ResultLength)
{
	const struct nrt_config_value *v;
	struct nrt_reg_key *key;
	NTSTATUS status;
	char *name;

	nrt_check_irql("ZwQueryValueKey", PASSIVE_LEVEL);
	status = nrt_reg_key_of(KeyHandle, KEY_QUERY_VALUE, &key);
	if (!NT_SUCCESS(status))
		return status;
	status = narrow_name(ValueName, &name);
	if (NT_SUCCESS(status)) {
		nrt_config_lock();
		v = nrt_config_find(nrt_reg_section(key->path), name);
		status = v != NULL ? describe(v, KeyValueInformationClass, KeyValueInformation,
					      Length, ResultLength)
				   : STATUS_OBJECT_NAME_NOT_FOUND;
		nrt_config_unlock();
		free(name);
	} else if (status == STATUS_OBJECT_NAME_INVALID) {
		status = STATUS_OBJECT_NAME_NOT_FOUND; /* no value has such a name */
	}
	nrt_object_drop(&key->object);
	return status;
}

NTSTATUS ZwEnumerateValueKey(HANDLE KeyHandle, ULONG Index,
			     KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
			     PVOID KeyValueInformation, ULONG Length, PULONG ResultLength)
{
	NTSTATUS status = STATUS_NO_MORE_ENTRIES;
	struct nrt_reg_key *key;
	const char *section;

	nrt_check_irql("ZwEnumerateValueKey", PASSIVE_LEVEL);
	status = nrt_reg_key_of(KeyHandle, KEY_QUERY_VALUE, &key);
	if (!NT_SUCCESS(status))
		return status;
	status = STATUS_NO_MORE_ENTRIES;
	section = nrt_reg_section(key->path);
	nrt_config_lock();
	for (const struct nrt_config_value *v = nrt_config_values(); v != NULL; v = v->next) {
		if (strcasecmp(v->section, section) != 0 || Index-- != 0)
			continue;
		status = describe(v, KeyValueInformationClass, KeyValueInformation, Length,
				  ResultLength);
		break;
	}
	nrt_config_unlock();
	nrt_object_drop(&key->object);
	return status;
}

NTSTATUS ZwSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type,
		       PVOID Data, ULONG DataSize)
{
	struct nrt_reg_key *key;
	NTSTATUS status;
	char *name;

	(void)TitleIndex;
	nrt_check_irql("ZwSetValueKey", PASSIVE_LEVEL);
	if (Data == NULL && DataSize != 0)
		return STATUS_INVALID_PARAMETER;
	status = nrt_reg_key_of(KeyHandle, KEY_SET_VALUE, &key);
	if (!NT_SUCCESS(status))
		return status;
	status = narrow_name(ValueName, &name);
	if (NT_SUCCESS(status)) {
		if (nrt_config_put(nrt_reg_section(key->path), name, Type, Data, DataSize) != 0)
			status = STATUS_INSUFFICIENT_RESOURCES;
		free(name);
	}
	nrt_object_drop(&key->object);
	return status;
}

NTSTATUS ZwDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName)
{
	struct nrt_reg_key *key;
	NTSTATUS status;
	char *name;

	nrt_check_irql("ZwDeleteValueKey", PASSIVE_LEVEL);
	status = nrt_reg_key_of(KeyHandle, KEY_SET_VALUE, &key);
	if (!NT_SUCCESS(status))
		return status;
	status = narrow_name(ValueName, &name);
	if (NT_SUCCESS(status)) {
		if (!nrt_config_delete(nrt_reg_section(key->path), name))
			status = STATUS_OBJECT_NAME_NOT_FOUND;
		free(name);
	} else if (status == STATUS_OBJECT_NAME_INVALID) {
		status = STATUS_OBJECT_NAME_NOT_FOUND;
	}
	nrt_object_drop(&key->object);
	return status;
}
