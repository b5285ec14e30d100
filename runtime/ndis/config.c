/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NDIS's view of the configuration store: an adapter's keywords, read and written
 * by its miniport at PASSIVE_LEVEL.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../ke/irql.h"
#include "../verifier.h"
#include "adapter.h"
#include "configstore.h"
#include "header.h"

/* What NdisReadConfiguration gave out; lives until the handle is closed. */
struct given {
	struct given *next;
	NDIS_CONFIGURATION_PARAMETER parameter;
	WCHAR text[];
};

#define CONFIG_MAGIC 0x464E4F43u

struct config_handle {
	uint32_t magic;
	const struct nrt_adapter *adapter;
	struct given *given;
	UCHAR address[NDIS_MAX_PHYS_ADDRESS_LENGTH];
};

NDIS_STATUS NdisOpenConfigurationEx(PNDIS_CONFIGURATION_OBJECT ConfigObject,
				    PNDIS_HANDLE ConfigurationHandle)
{
	static const size_t sizes[] = { NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1 };
	struct config_handle *h;
	struct nrt_adapter *a;

	nrt_check_irql("NdisOpenConfigurationEx", PASSIVE_LEVEL);
	if (!nrt_header_ok(&ConfigObject->Header, NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, sizes, 1,
			   "NdisOpenConfigurationEx"))
		return NDIS_STATUS_INVALID_PARAMETER;
	a = nrt_adapter_of(ConfigObject->NdisHandle, "NdisOpenConfigurationEx");
	if (a == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return NDIS_STATUS_RESOURCES;
	h->magic = CONFIG_MAGIC;
	h->adapter = a;
	atomic_fetch_add(&a->open_configs, 1);
	*ConfigurationHandle = h;
	return NDIS_STATUS_SUCCESS;
}

static struct config_handle *handle_of(NDIS_HANDLE handle, const char *ddi)
{
	struct config_handle *h = handle;

	nrt_check_irql(ddi, PASSIVE_LEVEL);
	if (h != NULL && h->magic == CONFIG_MAGIC)
		return h;
	nrt_violation("RS-MEM-02", "%s: not an open configuration handle", ddi);
	return NULL;
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
	atomic_fetch_sub(&((struct nrt_adapter *)(uintptr_t)h->adapter)->open_configs, 1);
	h->magic = 0;
	free(h);
}

/* Keywords are ASCII; false for one that is not or is too long. */
static bool narrow(const UNICODE_STRING *from, char *to, size_t size)
{
	size_t n = from->Length / sizeof(WCHAR);

	if (n >= size)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (from->Buffer[i] > 127)
			return false;
		to[i] = (char)from->Buffer[i];
	}
	to[n] = '\0';
	return true;
}

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
		return "0x00060055"; /* 6.85 */
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
	if (h == NULL || !narrow(Keyword, name, sizeof(name)))
		return;
	nrt_config_lock();
	v = nrt_config_find(h->adapter->device.name, name);
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
	const char *section;
	char name[128];
	int rc;

	*Status = NDIS_STATUS_FAILURE;
	if (h == NULL || !narrow(Keyword, name, sizeof(name)))
		return;
	section = h->adapter->device.name;
	switch (ParameterValue->ParameterType) {
	case NdisParameterInteger:
	case NdisParameterHexInteger:
		rc = nrt_config_put(section, name, REG_DWORD,
				    &ParameterValue->ParameterData.IntegerData, sizeof(ULONG));
		break;
	case NdisParameterString:
		rc = put_string(section, name, &ParameterValue->ParameterData.StringData);
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
	if (h == NULL)
		return;
	nrt_config_lock();
	v = nrt_config_find(h->adapter->device.name, "NetworkAddress");
	if (v != NULL && v->text != NULL)
		*NetworkAddressLength = parse_address(v->text, h->address, sizeof(h->address));
	if (*NetworkAddressLength != 0) {
		*NetworkAddress = h->address;
		*Status = NDIS_STATUS_SUCCESS;
	}
	nrt_config_unlock();
}
