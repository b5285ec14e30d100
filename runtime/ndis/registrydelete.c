/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Deleting registry keys. Called by drivers at PASSIVE_LEVEL. All handles to a key that
 * was deleted are bad from then on, also when a key of its name is made again; so open
 * keys are in a list. [nf-wdm-zwdeletekey]
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#include "../ke/irql.h"
#include "configstore.h"
#include "registry.h"
#include "regpath.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_ENTRY open_keys = { &open_keys, &open_keys };

void nrt_reg_key_opened(struct nrt_reg_key *key)
{
	pthread_mutex_lock(&lock);
	InsertTailList(&open_keys, &key->link);
	pthread_mutex_unlock(&lock);
}

void nrt_reg_key_closed(struct nrt_reg_key *key)
{
	pthread_mutex_lock(&lock);
	RemoveEntryList(&key->link);
	pthread_mutex_unlock(&lock);
}

bool nrt_reg_key_deleted(const struct nrt_reg_key *key)
{
	bool deleted;

	pthread_mutex_lock(&lock);
	deleted = key->deleted;
	pthread_mutex_unlock(&lock);
	return deleted;
}

static void mark_deleted(const char *path)
{
	pthread_mutex_lock(&lock);
	for (LIST_ENTRY *link = open_keys.Flink; link != &open_keys; link = link->Flink) {
		struct nrt_reg_key *key = CONTAINING_RECORD(link, struct nrt_reg_key, link);

		if (strcasecmp(key->path, path) == 0)
			key->deleted = true;
	}
	pthread_mutex_unlock(&lock);
}

/* A key may be there only because the one below it is. */
static NTSTATUS keep_parent(const char *path)
{
	char *parent = strdup(path), *end;
	int rc;

	if (parent == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	end = strrchr(parent, '\\');
	*end = '\0';
	rc = *parent != '\0' ? nrt_config_key_add(parent) : 0;
	free(parent);
	return rc != -ENOMEM ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS delete_key(const struct nrt_reg_key *key)
{
	struct nrt_reg_names below = { 0 };
	NTSTATUS status;
	size_t n;

	/* A driver's Parameters are one with its service here. */
	if (key->parameters || nrt_reg_fixed(key->path))
		return STATUS_CANNOT_DELETE;
	nrt_config_lock();
	status = nrt_reg_children(key->path, false, &below);
	nrt_config_unlock();
	n = below.n;
	nrt_reg_names_free(&below);
	if (!NT_SUCCESS(status))
		return status;
	if (n != 0)
		return STATUS_CANNOT_DELETE;
	status = keep_parent(key->path);
	if (!NT_SUCCESS(status))
		return status;
	nrt_config_key_remove(key->path, nrt_reg_section(key->path));
	mark_deleted(key->path);
	return STATUS_SUCCESS;
}

NTSTATUS ZwDeleteKey(HANDLE KeyHandle)
{
	struct nrt_reg_key *key;
	NTSTATUS status;

	nrt_check_irql("ZwDeleteKey", PASSIVE_LEVEL);
	status = nrt_reg_key_of(KeyHandle, DELETE, &key);
	if (!NT_SUCCESS(status))
		return status;
	status = delete_key(key);
	nrt_object_drop(&key->object);
	return status;
}
