/* SPDX-License-Identifier: BSD-3-Clause */
/* What the registry's tests share: strings, attributes and keys by their paths. */
#ifndef TEST_REGISTRY_CASE_H
#define TEST_REGISTRY_CASE_H

#include "recorder.h"

#define SERVICES "\\Registry\\Machine\\System\\CurrentControlSet\\Services"
#define ADAPTERS \
	"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\" \
	"{4d36e972-e325-11ce-bfc1-08002be10318}"

struct wide {
	UNICODE_STRING string;
	WCHAR buffer[160];
};

/* Not terminated by more than the buffer's zeros; no pointer into a copy. */
static inline UNICODE_STRING *widen(struct wide *w, const char *text)
{
	memset(w, 0, sizeof(*w));
	for (size_t i = 0; text[i] != '\0'; i++)
		w->buffer[i] = (unsigned char)text[i];
	w->string.Buffer = w->buffer;
	w->string.Length = (USHORT)(strlen(text) * sizeof(WCHAR));
	w->string.MaximumLength = sizeof(w->buffer);
	return &w->string;
}

static inline NTSTATUS open_key(HANDLE root, const char *path, ACCESS_MASK access, HANDLE *key)
{
	OBJECT_ATTRIBUTES oa;
	struct wide w;

	InitializeObjectAttributes(&oa, widen(&w, path), OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE,
				   root, NULL);
	return ZwOpenKey(key, access, &oa);
}

static inline NTSTATUS create_key(HANDLE root, const char *path, ULONG *disposition, HANDLE *key)
{
	OBJECT_ATTRIBUTES oa;
	struct wide w;

	InitializeObjectAttributes(&oa, widen(&w, path), OBJ_KERNEL_HANDLE, root, NULL);
	return ZwCreateKey(key, KEY_ALL_ACCESS, &oa, 0, NULL, REG_OPTION_VOLATILE, disposition);
}

static inline HANDLE opened(const char *path, ACCESS_MASK access)
{
	HANDLE key = NULL;

	cr_assert_eq(open_key(NULL, path, access, &key), STATUS_SUCCESS, "%s", path);
	return key;
}

static inline NTSTATUS set_dword(HANDLE key, const char *name, ULONG value)
{
	struct wide w;

	return ZwSetValueKey(key, widen(&w, name), 0, REG_DWORD, &value, sizeof(value));
}

/* True when @wide is exactly @text. */
static inline bool same(const WCHAR *wide, ULONG bytes, const char *text)
{
	if (bytes != strlen(text) * sizeof(WCHAR))
		return false;
	for (size_t i = 0; text[i] != '\0'; i++)
		if (wide[i] != (unsigned char)text[i])
			return false;
	return true;
}

#endif
