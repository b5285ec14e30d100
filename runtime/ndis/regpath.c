/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tree of keys over the flat configuration store: a key is there when it was
 * created, when it is one of the fixed ones, or when something is below it. Control
 * threads.
 */
#include "regpath.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "configstore.h"

#define PARAMETERS "\\Parameters"

/* Keys that are there from the beginning, and all above them. */
static const char *const fixed[] = {
	NRT_REG_SERVICES,
	NRT_REG_ADAPTERS,
	"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
	"\\Registry\\Machine\\Hardware\\DeviceMap",
	"\\Registry\\User\\CurrentUser",
};

NTSTATUS nrt_reg_narrow(const WCHAR *from, size_t characters, char **to)
{
	char *text;

	if (from == NULL && characters != 0)
		return STATUS_OBJECT_NAME_INVALID;
	text = malloc(characters + 1);
	if (text == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	for (size_t i = 0; i < characters; i++) {
		if (from[i] == 0 || from[i] > 0x7f) {
			free(text);
			return STATUS_OBJECT_NAME_INVALID;
		}
		text[i] = (char)from[i];
	}
	text[characters] = '\0';
	*to = text;
	return STATUS_SUCCESS;
}

NTSTATUS nrt_reg_join(const char *parent, const WCHAR *path, size_t characters, char **joined)
{
	NTSTATUS status;
	char *below;
	int n;

	if (parent == NULL)
		return nrt_reg_narrow(path, characters, joined);
	status = nrt_reg_narrow(path, characters, &below);
	if (!NT_SUCCESS(status))
		return status;
	n = asprintf(joined, "%s%s%s", parent, below[0] != '\0' ? "\\" : "", below);
	free(below);
	return n >= 0 ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* @path is @parent or below it: what follows @parent and its backslash, else NULL. */
static const char *below(const char *path, const char *parent)
{
	size_t n = strlen(parent);

	if (strncasecmp(path, parent, n) != 0)
		return NULL;
	if (path[n] == '\0')
		return path + n;
	return path[n] == '\\' ? path + n + 1 : NULL;
}

bool nrt_reg_canonical(char *path)
{
	size_t n = strlen(path), skip = sizeof(PARAMETERS) - 1;
	const char *name;
	char *at;

	while (n > 0 && path[n - 1] == '\\')
		path[--n] = '\0';
	name = below(path, NRT_REG_SERVICES);
	at = name != NULL ? strchr(path + (name - path), '\\') : NULL;
	if (at == NULL || below(at, PARAMETERS) == NULL)
		return false;
	memmove(at, at + skip, strlen(at + skip) + 1);
	return *at == '\0';
}

const char *nrt_reg_section(const char *path)
{
	const char *rest = below(path, NRT_REG_SERVICES);

	if (rest == NULL)
		rest = below(path, NRT_REG_ADAPTERS);
	return rest != NULL && *rest != '\0' ? rest : path;
}

bool nrt_reg_fixed(const char *path)
{
	for (size_t i = 0; i < RTL_NUMBER_OF(fixed); i++)
		if (below(fixed[i], path) != NULL)
			return true;
	return false;
}

bool nrt_reg_exists(const char *path)
{
	const char *section = nrt_reg_section(path);

	if (nrt_reg_fixed(path))
		return true;
	for (const struct nrt_config_key *k = nrt_config_keys(); k != NULL; k = k->next)
		if (below(k->path, path) != NULL)
			return true;
	for (const struct nrt_config_value *v = nrt_config_values(); v != NULL; v = v->next)
		if (below(v->section, section) != NULL)
			return true;
	return false;
}

/* --------------------------------------------------------------- subkeys */

void nrt_reg_names_free(struct nrt_reg_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i]);
	free(names->name);
	*names = (struct nrt_reg_names){ 0 };
}

/* The first component of @rest, once. False: out of memory. */
static bool add_name(struct nrt_reg_names *names, const char *rest)
{
	size_t n = rest != NULL ? strcspn(rest, "\\") : 0;
	char **more;

	if (n == 0)
		return true;
	for (size_t i = 0; i < names->n; i++)
		if (strncasecmp(names->name[i], rest, n) == 0 && names->name[i][n] == '\0')
			return true;
	more = realloc(names->name, (names->n + 1) * sizeof(*more));
	if (more == NULL)
		return false;
	names->name = more;
	more[names->n] = strndup(rest, n);
	return more[names->n++] != NULL;
}

NTSTATUS nrt_reg_children(const char *path, bool parameters, struct nrt_reg_names *names)
{
	const char *section = nrt_reg_section(path), *rest = below(path, NRT_REG_SERVICES);
	/* A driver's own key shows Parameters, which shows what is below. */
	bool top = rest != NULL && *rest != '\0' && strchr(rest, '\\') == NULL && !parameters;
	bool ok = true;

	*names = (struct nrt_reg_names){ 0 };
	if (top)
		ok = add_name(names, &PARAMETERS[1]);
	for (size_t i = 0; ok && !top && i < RTL_NUMBER_OF(fixed); i++)
		ok = add_name(names, below(fixed[i], path));
	for (const struct nrt_config_key *k = nrt_config_keys(); ok && !top && k != NULL;
	     k = k->next)
		ok = add_name(names, below(k->path, path));
	for (const struct nrt_config_value *v = nrt_config_values(); ok && !top && v != NULL;
	     v = v->next)
		ok = add_name(names, below(v->section, section));
	if (ok)
		return STATUS_SUCCESS;
	nrt_reg_names_free(names);
	return STATUS_INSUFFICIENT_RESOURCES;
}

/* -------------------------------------------------- drivers and adapters */

/* The service is named as the driver's file, without its suffix. */
int nrt_reg_driver_name_length(const char *driver)
{
	size_t n = strlen(driver);

	return (int)(n > 3 && strcmp(driver + n - 3, ".so") == 0 ? n - 3 : n);
}

bool nrt_reg_driver(const char *driver, UNICODE_STRING *path)
{
	char *text;
	size_t n;

	if (asprintf(&text, NRT_REG_SERVICES "\\%.*s", nrt_reg_driver_name_length(driver),
		     driver) < 0)
		return false;
	n = strlen(text);
	path->Buffer = malloc((n + 1) * sizeof(WCHAR));
	if (path->Buffer == NULL || nrt_config_key_add(text) == -ENOMEM) {
		free(path->Buffer);
		free(text);
		return false;
	}
	for (size_t i = 0; i <= n; i++)
		path->Buffer[i] = (unsigned char)text[i];
	path->Length = (USHORT)(n * sizeof(WCHAR));
	path->MaximumLength = (USHORT)((n + 1) * sizeof(WCHAR));
	free(text);
	return true;
}

bool nrt_reg_adapter(const char *adapter)
{
	bool ok;
	char *text;

	if (asprintf(&text, NRT_REG_ADAPTERS "\\%s", adapter) < 0)
		return false;
	ok = nrt_config_key_add(text) != -ENOMEM;
	free(text);
	return ok;
}
