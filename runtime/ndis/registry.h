/* SPDX-License-Identifier: BSD-3-Clause */
/* What the registry's files share: an open key, and the answer of a query. */
#ifndef NRT_NDIS_REGISTRY_H
#define NRT_NDIS_REGISTRY_H

#include <stdbool.h>

#include <wdm.h>

#include "../ke/object.h"

struct nrt_reg_key {
	struct nrt_object object; /* first */
	LIST_ENTRY link;          /* of open keys; registrydelete.c, as is the next */
	bool deleted;
	bool parameters;          /* opened as a driver's Parameters */
	char path[];              /* canonical */
};

/* The key of @handle, opened with all of @access; its reference is dropped with
 * nrt_object_drop. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
 * STATUS_ACCESS_DENIED, STATUS_KEY_DELETED. */
NTSTATUS nrt_reg_key_of(HANDLE handle, ACCESS_MASK access, struct nrt_reg_key **key);

/* registrydelete.c: a key is opened, its last reference is gone; ZwDeleteKey was called. */
void nrt_reg_key_opened(struct nrt_reg_key *key);
void nrt_reg_key_closed(struct nrt_reg_key *key);
bool nrt_reg_key_deleted(const struct nrt_reg_key *key);

/* There is such a key; create one below a key that is there, and say which of the two
 * (REG_CREATED_NEW_KEY...). STATUS_OBJECT_NAME_NOT_FOUND without a parent. */
bool nrt_reg_is_key(const char *path);
NTSTATUS nrt_reg_create(char *path, ULONG *disposition);

/* Answer a query with @size bytes of @answer, of which @fixed are the structure that
 * must fit. */
NTSTATUS nrt_reg_answer(const void *answer, ULONG size, ULONG fixed, PVOID buffer, ULONG length,
			PULONG needed);

/* @name as 16-bit characters, in place at @to. */
void nrt_reg_widen(const char *name, WCHAR *to);

#endif
