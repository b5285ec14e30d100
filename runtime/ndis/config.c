/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NDIS's view of the configuration store: the keywords of an adapter, a driver, a filter
 * module or a binding, read and written by their driver at PASSIVE_LEVEL.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../ke/irql.h"
#include "../ke/unicode.h"
#include "../verifier.h"
#include "binding.h"
#include "config.h"
#include "configstore.h"
#include "driver.h"
#include "filter.h"
#include "header.h"
#include "protocol.h"
#include "regpath.h"

/* What NdisReadConfiguration gave out; lives until the handle is closed. */
struct given {
	struct given *next;
	NDIS_CONFIGURATION_PARAMETER parameter;
	WCHAR text[];
};

#define CONFIG_MAGIC 0x464E4F43u

struct config_handle {
	uint32_t magic;
	_Atomic int *opens;   /* where its owner counts its handles */
	bool of_adapter;
	struct given *given;
	UCHAR address[NDIS_MAX_PHYS_ADDRESS_LENGTH];
	char section[];       /* of the store */
};

/* A handle to @section, or to what is called @name below it. */
static struct config_handle *handle_new(_Atomic int *opens, const char *section,
					const char *name)
{
	size_t size = strlen(section) + strlen(name) + 2;
	struct config_handle *h = calloc(1, sizeof(*h) + size);

	if (h == NULL)
		return NULL;
	snprintf(h->section, size, "%s%s%s", section, name[0] != '\0' ? "\\" : "", name);
	h->magic = CONFIG_MAGIC;
	h->opens = opens;
	atomic_fetch_add(opens, 1);
	return h;
}

/* A driver's own section, or that of its part in @adapter's stack: the keys that its
 * Parameters and Parameters\Adapters\NAME are. */
static struct config_handle *handle_of_driver(struct nrt_driver *driver, _Atomic int *opens,
					      const struct nrt_adapter *adapter)
{
	int n = nrt_reg_driver_name_length(driver->name);
	struct config_handle *h;
	char *section;

	if (adapter == NULL)
		n = asprintf(&section, "%.*s", n, driver->name);
	else
		n = asprintf(&section, "%.*s\\Adapters\\%s", n, driver->name,
			     adapter->device.name);
	if (n < 0)
		return NULL;
	h = handle_new(opens, section, "");
	free(section);
	return h;
}

/* By the number that each kind of handle begins with; false: it is none of them. */
static bool open_for(NDIS_HANDLE handle, struct config_handle **h)
{
	struct nrt_adapter *a = handle;
	struct nrt_filter *f = handle;
	struct nrt_binding *b = handle;
	struct nrt_driver *driver;

	switch (handle != NULL ? *(const uint32_t *)handle : 0) {
	case NRT_ADAPTER_MAGIC:
		*h = handle_new(&a->open_configs, a->device.name, "");
		if (*h != NULL)
			(*h)->of_adapter = true;
		return true;
	case NRT_FILTER_MAGIC:
		*h = handle_of_driver(f->driver->driver, &f->open_configs, f->adapter);
		return true;
	case NRT_BINDING_MAGIC:
		*h = handle_of_driver(b->protocol->driver, &b->open_configs, b->adapter);
		return true;
	case NRT_MINIPORT_MAGIC:
		driver = ((struct nrt_miniport_driver *)handle)->driver;
		break;
	case NRT_PROTOCOL_MAGIC:
		driver = ((struct nrt_protocol *)handle)->driver;
		break;
	case NRT_FILTER_DRIVER_MAGIC:
		driver = ((struct nrt_filter_driver *)handle)->driver;
		break;
	default:
		return false;
	}
	*h = handle_of_driver(driver, &driver->open_configs, NULL);
	return true;
}

NDIS_STATUS NdisOpenConfigurationEx(PNDIS_CONFIGURATION_OBJECT ConfigObject,
				    PNDIS_HANDLE ConfigurationHandle)
{
	static const size_t sizes[] = { NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1 };
	struct config_handle *h;

	nrt_check_irql("NdisOpenConfigurationEx", PASSIVE_LEVEL);
	if (!nrt_header_ok(&ConfigObject->Header, NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, sizes, 1,
			   "NdisOpenConfigurationEx"))
		return NDIS_STATUS_INVALID_PARAMETER;
	if (!open_for(ConfigObject->NdisHandle, &h)) {
		nrt_violation("MP-HLT-05", "NdisOpenConfigurationEx: the handle names no live adapter, "
			      "module, binding or driver");
		return NDIS_STATUS_INVALID_PARAMETER;
	}
	if (h == NULL)
		return NDIS_STATUS_RESOURCES;
	*ConfigurationHandle = h;
	return NDIS_STATUS_SUCCESS;
}

static struct config_handle *handle_at(NDIS_HANDLE handle, const char *ddi, KIRQL max)
{
	struct config_handle *h = handle;

	nrt_check_irql(ddi, max);
	if (h != NULL && h->magic == CONFIG_MAGIC)
		return h;
	nrt_violation("RS-MEM-02", "%s: not an open configuration handle", ddi);
	return NULL;
}

static struct config_handle *handle_of(NDIS_HANDLE handle, const char *ddi)
{
	return handle_at(handle, ddi, PASSIVE_LEVEL);
}

VOID NdisCloseConfiguration(NDIS_HANDLE ConfigurationHandle)
{
	struct config_handle *h = handle_of(ConfigurationHandle, "NdisCloseConfiguration");

	if (h == NULL)
		return;
	while (h->given != NULL) {
		struct given *g = h->given;

		h->given = g->next;
		free(g);
	}
	atomic_fetch_sub(h->opens, 1);
	h->magic = 0;
	free(h);
}

/* --------------------------------------------------------------- subkeys */

/* The name of the key directly below @parent through which @section is reached, and its
 * length; 0: @section is not below it. */
static size_t child_of(const char *parent, const char *section, const char **child)
{
	size_t n = strlen(parent);

	*child = NULL;
	if (strncasecmp(parent, section, n) != 0 || section[n] != '\\')
		return 0;
	*child = section + n + 1;
	return strcspn(*child, "\\");
}

static bool same_child(const char *parent, const struct nrt_config_value *v, const char *name,
		       size_t n)
{
	const char *child;
	size_t length = child_of(parent, v->section, &child);

	return length == n && n != 0 && strncasecmp(child, name, n) == 0;
}

/* The @index-th key below @parent, in the order in which they were set. Locked. */
static size_t nth_child(const char *parent, ULONG index, const char **name)
{
	for (const struct nrt_config_value *v = nrt_config_values(); v != NULL; v = v->next) {
		size_t n = child_of(parent, v->section, name);
		const struct nrt_config_value *earlier = nrt_config_values();

		while (earlier != v && !same_child(parent, earlier, *name, n))
			earlier = earlier->next;
		if (n != 0 && earlier == v && index-- == 0)
			return n;
	}
	return 0;
}

/* A key is there when it holds a value, or one below it does. Locked. */
static bool key_exists(const char *parent, const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || strchr(name, '\\') != NULL)
		return false;
	for (const struct nrt_config_value *v = nrt_config_values(); v != NULL; v = v->next)
		if (same_child(parent, v, name, n))
			return true;
	return false;
}

static void open_key(struct config_handle *h, const char *name, PNDIS_STATUS status,
		     PNDIS_HANDLE key)
{
	*key = handle_new(h->opens, h->section, name);
	if (*key != NULL)
		*status = NDIS_STATUS_SUCCESS;
}

VOID NdisOpenConfigurationKeyByName(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle,
				    PNDIS_STRING SubKeyName, PNDIS_HANDLE SubKeyHandle)
{
	struct config_handle *h = handle_at(ConfigurationHandle,
					    "NdisOpenConfigurationKeyByName", APC_LEVEL);
	char name[128];

	*Status = NDIS_STATUS_FAILURE;
	*SubKeyHandle = NULL;
	if (h == NULL || !nrt_unicode_ascii(SubKeyName, name, sizeof(name)))
		return;
	nrt_config_lock();
	if (key_exists(h->section, name))
		open_key(h, name, Status, SubKeyHandle);
	nrt_config_unlock();
}

VOID NdisOpenConfigurationKeyByIndex(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle,
				     ULONG Index, PNDIS_STRING KeyName, PNDIS_HANDLE KeyHandle)
{
	struct config_handle *h = handle_at(ConfigurationHandle,
					    "NdisOpenConfigurationKeyByIndex", APC_LEVEL);
	const char *found;
	char name[128];
	size_t n;

	*Status = NDIS_STATUS_FAILURE;
	*KeyHandle = NULL;
	if (h == NULL || KeyName == NULL)
		return;
	nrt_config_lock();
	n = nth_child(h->section, Index, &found);
	if (n != 0 && n < sizeof(name) && n * sizeof(WCHAR) <= KeyName->MaximumLength) {
		memcpy(name, found, n);
		name[n] = '\0';
		for (size_t i = 0; i < n; i++)
			KeyName->Buffer[i] = (unsigned char)name[i];
		KeyName->Length = (USHORT)(n * sizeof(WCHAR));
		open_key(h, name, Status, KeyHandle);
	}
	nrt_config_unlock();
}

/* ---------------------------------------------------------------- values */

static struct given *give(struct config_handle *h, const char *text)
{
	size_t n = strlen(text);
	struct given *g = calloc(1, sizeof(*g) + (n + 1) * sizeof(WCHAR));

	if (g == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		g->text[i] = (unsigned char)text[i];
	g->parameter.ParameterData.StringData.Buffer = g->text;
	g->parameter.ParameterData.StringData.Length = (USHORT)(n * sizeof(WCHAR));
	g->parameter.ParameterData.StringData.MaximumLength = (USHORT)((n + 1) * sizeof(WCHAR));
	g->parameter.ParameterType = NdisParameterString;
	g->next = h->given;
	h->given = g;
	return g;
}

/* Decimal (or hexadecimal with 0x) where an integer is asked for, hexadecimal
 * where a hexadecimal one is; 010 is ten. */
static bool parse_integer(const char *text, NDIS_PARAMETER_TYPE type, ULONG *value)
{
	bool prefixed = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	unsigned long number;
	char *end;

	if (!isxdigit((unsigned char)text[0]))
		return false; /* strtoul would take blanks and signs */
	number = strtoul(text, &end, type == NdisParameterHexInteger || prefixed ? 16 : 10);
	if (end == text || *end != '\0' || number > UINT32_MAX)
		return false;
	*value = (ULONG)number;
	return true;
}

/* Keywords that NDIS itself answers [nf-ndis-ndisreadconfiguration]. */
static const char *predefined(const char *name)
{
	if (strcasecmp(name, "NdisVersion") == 0)
		return NRT_NDIS_VERSION_TEXT;
	if (strcasecmp(name, "ProcessorType") == 0)
		return "4"; /* NdisProcessorAmd64 */
	return NULL;
}

/* Locked. A number that is stored as one is what it is. */
static bool integer_of(const struct nrt_config_value *v, const char *text,
		       NDIS_PARAMETER_TYPE type, ULONG *number)
{
	if (v == NULL || v->type != REG_DWORD || v->size != sizeof(*number))
		return parse_integer(text, type, number);
	memcpy(number, v->data, sizeof(*number));
	return true;
}

VOID NdisReadConfiguration(PNDIS_STATUS Status, PNDIS_CONFIGURATION_PARAMETER *ParameterValue,
			   NDIS_HANDLE ConfigurationHandle, PNDIS_STRING Keyword,
			   NDIS_PARAMETER_TYPE ParameterType)
{
	struct config_handle *h = handle_of(ConfigurationHandle, "NdisReadConfiguration");
	const struct nrt_config_value *v;
	struct given *g = NULL;
	const char *text;
	char name[128];

	*Status = NDIS_STATUS_FAILURE;
	*ParameterValue = NULL;
	if (h == NULL || !nrt_unicode_ascii(Keyword, name, sizeof(name)))
		return;
	nrt_config_lock();
	v = nrt_config_find(h->section, name);
	text = v != NULL ? v->text : predefined(name);
	if (text != NULL)
		g = give(h, text);
	if (g != NULL && (ParameterType == NdisParameterInteger ||
			  ParameterType == NdisParameterHexInteger)) {
		g->parameter.ParameterType = ParameterType;
		if (!integer_of(v, text, ParameterType, &g->parameter.ParameterData.IntegerData))
			g = NULL; /* the text stays with the handle */
	}
	nrt_config_unlock();
	if (g == NULL)
		return;
	*ParameterValue = &g->parameter;
	*Status = NDIS_STATUS_SUCCESS;
}

/* In the store a string has its end. */
static int put_string(const char *section, const char *name, const UNICODE_STRING *string)
{
	size_t n = string->Length / sizeof(WCHAR);
	WCHAR *ended = malloc((n + 1) * sizeof(WCHAR));
	int rc;

	if (ended == NULL)
		return -1;
	memcpy(ended, string->Buffer, n * sizeof(WCHAR));
	ended[n] = 0;
	rc = nrt_config_put(section, name, REG_SZ, ended, (ULONG)((n + 1) * sizeof(WCHAR)));
	free(ended);
	return rc;
}

VOID NdisWriteConfiguration(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle,
			    PNDIS_STRING Keyword, PNDIS_CONFIGURATION_PARAMETER ParameterValue)
{
	struct config_handle *h = handle_of(ConfigurationHandle, "NdisWriteConfiguration");
	char name[128];
	int rc;

	*Status = NDIS_STATUS_FAILURE;
	if (h == NULL || !nrt_unicode_ascii(Keyword, name, sizeof(name)))
		return;
	switch (ParameterValue->ParameterType) {
	case NdisParameterInteger:
	case NdisParameterHexInteger:
		rc = nrt_config_put(h->section, name, REG_DWORD,
				    &ParameterValue->ParameterData.IntegerData, sizeof(ULONG));
		break;
	case NdisParameterString:
		rc = put_string(h->section, name, &ParameterValue->ParameterData.StringData);
		break;
	default:
		*Status = NDIS_STATUS_NOT_SUPPORTED;
		return;
	}
	*Status = rc == 0 ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

/* Pairs of hexadecimal digits, with or without separators between them. How many
 * bytes, which the driver has to judge; 0: this is no address. */
static unsigned int parse_address(const char *text, UCHAR *address, unsigned int max)
{
	unsigned int n;

	for (n = 0; *text != '\0' && n < max; n++) {
		char digits[3] = { 0 };

		if (n != 0 && (*text == ':' || *text == '-'))
			text++;
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]))
			return 0;
		memcpy(digits, text, 2);
		address[n] = (UCHAR)strtoul(digits, NULL, 16);
		text += 2;
	}
	return *text == '\0' ? n : 0;
}

VOID NdisReadNetworkAddress(PNDIS_STATUS Status, PVOID *NetworkAddress, PUINT NetworkAddressLength,
			    NDIS_HANDLE ConfigurationHandle)
{
	struct config_handle *h = handle_of(ConfigurationHandle, "NdisReadNetworkAddress");
	const struct nrt_config_value *v;

	*Status = NDIS_STATUS_FAILURE;
	*NetworkAddress = NULL;
	*NetworkAddressLength = 0;
	if (h == NULL || !h->of_adapter)
		return;
	nrt_config_lock();
	v = nrt_config_find(h->section, "NetworkAddress");
	if (v != NULL && v->text != NULL)
		*NetworkAddressLength = parse_address(v->text, h->address, sizeof(h->address));
	if (*NetworkAddressLength != 0) {
		*NetworkAddress = h->address;
		*Status = NDIS_STATUS_SUCCESS;
	}
	nrt_config_unlock();
}
