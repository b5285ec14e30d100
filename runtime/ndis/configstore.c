/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration store: what the host set with nrt_config_set and drivers wrote.
 * Any control thread; no driver is called from here.
 */
#include "configstore.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include <nrt/nrt.h>

#include "../error.h"
#include "../ke/clock.h"

#define DWORD_PREFIX "dword:"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct nrt_config_value *values;
static struct nrt_config_key *keys, **last_key = &keys;

void nrt_config_lock(void)
{
	pthread_mutex_lock(&lock);
}

void nrt_config_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

const struct nrt_config_value *nrt_config_values(void)
{
	return values;
}

const struct nrt_config_key *nrt_config_keys(void)
{
	return keys;
}

/* The link that leads to the value, or the last one, which leads nowhere. */
static struct nrt_config_value **link_to(const char *section, const char *name)
{
	struct nrt_config_value **link = &values;

	while (*link != NULL && (strcasecmp((*link)->section, section) != 0 ||
				 strcasecmp((*link)->name, name) != 0))
		link = &(*link)->next;
	return link;
}

const struct nrt_config_value *nrt_config_find(const char *section, const char *name)
{
	return *link_to(section, name);
}

/* What NDIS reads as text: strings of the first 256 characters, numbers in decimal. */
static char *text_of(ULONG type, const void *data, ULONG size)
{
	const WCHAR *wide = data;
	ULONG n = 0, number;
	char *text;

	if (type == REG_DWORD && size == sizeof(number)) {
		memcpy(&number, data, sizeof(number));
		return asprintf(&text, "%u", number) >= 0 ? text : NULL;
	}
	if (type != REG_SZ && type != REG_EXPAND_SZ)
		return NULL;
	text = malloc(size / sizeof(WCHAR) + 1);
	if (text == NULL)
		return NULL;
	while (n < size / sizeof(WCHAR) && wide[n] != 0 && wide[n] < 0x100) {
		text[n] = (char)wide[n];
		n++;
	}
	text[n] = '\0';
	if (n == size / sizeof(WCHAR) || wide[n] == 0)
		return text;
	free(text); /* other characters */
	return NULL;
}

static void value_free(struct nrt_config_value *v)
{
	if (v == NULL)
		return;
	free(v->section);
	free(v->name);
	free(v->text);
	free(v->data);
	free(v);
}

static struct nrt_config_value *value_new(const char *section, const char *name, ULONG type,
					  const void *data, ULONG size)
{
	struct nrt_config_value *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->section = strdup(section);
	v->name = strdup(name);
	v->data = malloc(size + 1U);
	if (v->section == NULL || v->name == NULL || v->data == NULL) {
		value_free(v);
		return NULL;
	}
	v->type = type;
	v->size = size;
	if (size != 0)
		memcpy(v->data, data, size);
	v->text = text_of(type, v->data, size);
	v->written = nrt_clock_system();
	return v;
}

int nrt_config_put(const char *section, const char *name, ULONG type, const void *data, ULONG size)
{
	struct nrt_config_value *v = value_new(section, name, type, data, size), *old, **link;

	if (v == NULL)
		return -ENOMEM;
	nrt_config_lock();
	link = link_to(section, name);
	old = *link;
	v->next = old != NULL ? old->next : NULL;
	*link = v;
	nrt_config_unlock();
	value_free(old);
	return 0;
}

bool nrt_config_delete(const char *section, const char *name)
{
	struct nrt_config_value **link, *v;

	nrt_config_lock();
	link = link_to(section, name);
	v = *link;
	if (v != NULL)
		*link = v->next;
	nrt_config_unlock();
	value_free(v);
	return v != NULL;
}

void nrt_config_key_remove(const char *path, const char *section)
{
	struct nrt_config_value **v = &values;

	nrt_config_lock();
	last_key = &keys;
	while (*last_key != NULL) {
		struct nrt_config_key *key = *last_key;

		if (strcasecmp(key->path, path) != 0) {
			last_key = &key->next;
			continue;
		}
		*last_key = key->next;
		free(key);
	}
	while (*v != NULL) {
		struct nrt_config_value *value = *v;

		if (strcasecmp(value->section, section) != 0) {
			v = &value->next;
			continue;
		}
		*v = value->next;
		value_free(value);
	}
	nrt_config_unlock();
}

int nrt_config_key_add(const char *path)
{
	size_t size = strlen(path) + 1;
	struct nrt_config_key *key = malloc(sizeof(*key) + size), *k;

	if (key == NULL)
		return -ENOMEM;
	key->next = NULL;
	key->created = nrt_clock_system();
	memcpy(key->path, path, size);
	nrt_config_lock();
	for (k = keys; k != NULL && strcasecmp(k->path, path) != 0; k = k->next)
		;
	if (k == NULL) {
		*last_key = key;
		last_key = &key->next;
	}
	nrt_config_unlock();
	if (k == NULL)
		return 0;
	free(key);
	return -EEXIST;
}

void nrt_config_clear(void)
{
	while (values != NULL) {
		struct nrt_config_value *v = values;

		values = v->next;
		value_free(v);
	}
	while (keys != NULL) {
		struct nrt_config_key *k = keys;

		keys = k->next;
		free(k);
	}
	last_key = &keys;
}

/* ------------------------------------------------------------- the host's */

/* "dword:" and a number, decimal or with 0x. */
static bool parse_dword(const char *text, ULONG *number)
{
	unsigned long n;
	char *end;

	if (strncasecmp(text, DWORD_PREFIX, sizeof(DWORD_PREFIX) - 1) != 0)
		return false;
	text += sizeof(DWORD_PREFIX) - 1;
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	n = strtoul(text, &end, text[1] == 'x' || text[1] == 'X' ? 16 : 10);
	*number = (ULONG)n;
	return errno == 0 && *end == '\0' && n <= UINT32_MAX;
}

int nrt_config_set(const char *section, const char *name, const char *text)
{
	size_t n = strlen(text) + 1;
	WCHAR *wide = malloc(n * sizeof(WCHAR));
	ULONG number;
	int rc = -ENOMEM;

	if (parse_dword(text, &number)) {
		rc = nrt_config_put(section, name, REG_DWORD, &number, sizeof(number));
	} else if (wide != NULL) {
		for (size_t i = 0; i < n; i++)
			wide[i] = (unsigned char)text[i];
		rc = nrt_config_put(section, name, REG_SZ, wide, (ULONG)(n * sizeof(WCHAR)));
	}
	free(wide);
	return rc == 0 ? 0 : nrt_fail(rc, "configuration of %s: out of memory", section);
}
