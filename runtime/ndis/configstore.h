/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration store itself: typed values by section and name, both ASCII and
 * compared without case, and keys that exist without values. NDIS's configuration
 * functions (config.c) and the registry's (registry*.c) are two views of it. What
 * says "locked" is called between nrt_config_lock and nrt_config_unlock, and what
 * it returns is good until then.
 */
#ifndef NRT_NDIS_CONFIGSTORE_H
#define NRT_NDIS_CONFIGSTORE_H

#include <stdbool.h>
#include <stddef.h>

#include <wdm.h>

struct nrt_config_value {
	struct nrt_config_value *next;
	char *section, *name;
	char *text;         /* a string or a number, in ASCII; else NULL */
	ULONG type;         /* REG_SZ... */
	ULONG size;
	UCHAR *data;        /* as the registry has it: REG_SZ in UTF-16 with its end */
	LONGLONG written;   /* system time */
};

struct nrt_config_key {
	struct nrt_config_key *next;
	LONGLONG created;
	char path[];
};

void nrt_config_lock(void);
void nrt_config_unlock(void);

/* Locked. NULL: there is none. */
const struct nrt_config_value *nrt_config_find(const char *section, const char *name);

/* Locked. All values and all keys, in the order they came. */
const struct nrt_config_value *nrt_config_values(void);
const struct nrt_config_key *nrt_config_keys(void);

/* Make or replace a value; 0 or -ENOMEM. */
int nrt_config_put(const char *section, const char *name, ULONG type, const void *data,
		   ULONG size);

/* False: there was none. */
bool nrt_config_delete(const char *section, const char *name);

/* A key by its registry path; 0, -EEXIST or -ENOMEM. */
int nrt_config_key_add(const char *path);

/* Forget the key, if it is one by itself, and the values of its section. */
void nrt_config_key_remove(const char *path, const char *section);

/* Everything is forgotten. */
void nrt_config_clear(void);

#endif
