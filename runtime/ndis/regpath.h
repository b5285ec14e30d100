/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registry paths and the sections of the configuration store that they are
 * (wdm_registry.h says which). Paths here are ASCII, canonical, and compare without
 * case: no backslash at the end, and Services\NAME\Parameters is Services\NAME.
 */
#ifndef NRT_NDIS_REGPATH_H
#define NRT_NDIS_REGPATH_H

#include <stdbool.h>
#include <stddef.h>

#include <wdm.h>

#define NRT_REG_SET "\\Registry\\Machine\\System\\CurrentControlSet"
#define NRT_REG_SERVICES NRT_REG_SET "\\Services"
#define NRT_REG_ADAPTERS \
	NRT_REG_SET "\\Control\\Class\\{4D36E972-E325-11CE-BFC1-08002BE10318}"

/* ASCII of a counted string, to be freed. STATUS_OBJECT_NAME_INVALID for other
 * characters, STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS nrt_reg_narrow(const WCHAR *from, size_t characters, char **to);

/* @path, or @path below @parent, as it is written; to be freed. */
NTSTATUS nrt_reg_join(const char *parent, const WCHAR *path, size_t characters, char **joined);

/* In place: make @path canonical. True when it ended in a driver's Parameters. */
bool nrt_reg_canonical(char *path);

/* The section of a canonical path, which lies in it. */
const char *nrt_reg_section(const char *path);

/* The key is there always, or one below it is. */
bool nrt_reg_fixed(const char *path);

/* Locked: there is such a key. */
bool nrt_reg_exists(const char *path);

/* Locked. Names of a key's subkeys, an array to be freed by nrt_reg_names_free. */
struct nrt_reg_names {
	char **name;
	size_t n;
};
NTSTATUS nrt_reg_children(const char *path, bool parameters, struct nrt_reg_names *names);
void nrt_reg_names_free(struct nrt_reg_names *names);

/* How much of a driver's name its section and its key have: all but .so. */
int nrt_reg_driver_name_length(const char *driver);

/* A driver's RegistryPath; its key exists from now on. Buffer is to be freed. False:
 * out of memory. */
bool nrt_reg_driver(const char *driver, UNICODE_STRING *path);

/* An adapter's key exists from now on. False: out of memory. */
bool nrt_reg_adapter(const char *adapter);

#endif
