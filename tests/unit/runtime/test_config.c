/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An adapter's configuration as its miniport reads and writes it: keywords,
 * types, NetworkAddress, and handles that are left open.
 */
#include <string.h>

#include "filters.h"
#include <criterion/parameterized.h>

TestSuite(config, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;
static NDIS_HANDLE config;

static NDIS_HANDLE open_for(NDIS_HANDLE owner)
{
	NDIS_CONFIGURATION_OBJECT object = {
		.Header = { NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT,
			    NDIS_CONFIGURATION_OBJECT_REVISION_1,
			    NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1 },
		.NdisHandle = owner,
	};
	NDIS_HANDLE handle = NULL;

	cr_assert_eq(NdisOpenConfigurationEx(&object, &handle), NDIS_STATUS_SUCCESS);
	return handle;
}

static NDIS_HANDLE open_config(struct fake_adapter *a)
{
	return open_for(a->handle);
}

static void up_with(const char *name, const char *value)
{
	s.no_protocol = true;
	if (name != NULL)
		cr_assert_eq(nrt_config_set("nic0", name, value), 0);
	stack_up(&s);
	config = open_config(&s.a);
}

static void down(void)
{
	NdisCloseConfiguration(config);
	stack_down(&s);
}

/* A counted string, not terminated, as NDIS_STRINGs are. */
static NDIS_STRING string(const char *text, WCHAR buffer[64])
{
	USHORT n = (USHORT)strlen(text);

	memset(buffer, 0xFF, 64 * sizeof(WCHAR));
	for (USHORT i = 0; i < n; i++)
		buffer[i] = (WCHAR)text[i];
	return (NDIS_STRING){ .Length = (USHORT)(2 * n), .MaximumLength = (USHORT)(2 * n),
			      .Buffer = buffer };
}

static NDIS_CONFIGURATION_PARAMETER *read_as(const char *name, NDIS_PARAMETER_TYPE type,
					     NDIS_STATUS *status)
{
	NDIS_CONFIGURATION_PARAMETER *parameter = NULL;
	WCHAR buffer[64];
	NDIS_STRING keyword = string(name, buffer);

	NdisReadConfiguration(status, &parameter, config, &keyword, type);
	return parameter;
}

struct integer_case {
	const char *text;
	NDIS_PARAMETER_TYPE type;
	NDIS_STATUS status;
	ULONG value;
};

static struct integer_case integers[] = {
	{ "0", NdisParameterInteger, NDIS_STATUS_SUCCESS, 0 },
	{ "9014", NdisParameterInteger, NDIS_STATUS_SUCCESS, 9014 },
	{ "0x10", NdisParameterInteger, NDIS_STATUS_SUCCESS, 16 },
	{ "010", NdisParameterInteger, NDIS_STATUS_SUCCESS, 10 }, /* no octal numbers */
	{ "4294967295", NdisParameterInteger, NDIS_STATUS_SUCCESS, 4294967295u },
	{ "4294967296", NdisParameterInteger, NDIS_STATUS_FAILURE, 0 },
	{ "-1", NdisParameterInteger, NDIS_STATUS_FAILURE, 0 },
	{ "", NdisParameterInteger, NDIS_STATUS_FAILURE, 0 },
	{ "12 ", NdisParameterInteger, NDIS_STATUS_FAILURE, 0 },
	{ "many", NdisParameterInteger, NDIS_STATUS_FAILURE, 0 },
	{ "10", NdisParameterHexInteger, NDIS_STATUS_SUCCESS, 16 },
	{ "0xfF", NdisParameterHexInteger, NDIS_STATUS_SUCCESS, 255 },
	{ "fg", NdisParameterHexInteger, NDIS_STATUS_FAILURE, 0 },
};

#define N_INTEGERS (sizeof(integers) / sizeof(integers[0]))

ParameterizedTestParameters(config, integers_are_read_as_the_driver_asks_for_them)
{
	static size_t index[N_INTEGERS];

	for (size_t i = 0; i < N_INTEGERS; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, N_INTEGERS);
}

ParameterizedTest(size_t *i, config, integers_are_read_as_the_driver_asks_for_them)
{
	const struct integer_case *c = &integers[*i];
	NDIS_CONFIGURATION_PARAMETER *parameter;
	NDIS_STATUS status;

	up_with("*JumboPacket", c->text);
	parameter = read_as("*JumboPacket", c->type, &status);
	cr_expect_eq(status, c->status);
	if (status == NDIS_STATUS_SUCCESS) {
		cr_expect_eq(parameter->ParameterType, c->type);
		cr_expect_eq(parameter->ParameterData.IntegerData, c->value);
	}
	down();
}

Test(config, strings_are_counted_and_live_until_the_handle_is_closed)
{
	NDIS_CONFIGURATION_PARAMETER *first, *second;
	static const WCHAR text[] = { 'f', 'a', 's', 't' };
	NDIS_STATUS status;

	up_with("Mode", "fast");
	first = read_as("Mode", NdisParameterString, &status);
	cr_assert_eq(status, NDIS_STATUS_SUCCESS);
	second = read_as("Mode", NdisParameterString, &status);
	cr_expect_neq(first, second);
	cr_expect_eq(first->ParameterType, NdisParameterString);
	cr_expect_eq(first->ParameterData.StringData.Length, sizeof(text));
	cr_expect_arr_eq(first->ParameterData.StringData.Buffer, text, sizeof(text));
	down();
}

Test(config, keywords_and_sections_compare_without_case_and_keep_apart)
{
	NDIS_STATUS status;

	cr_assert_eq(nrt_config_set("NIC1", "Speed", "2"), 0);
	up_with("Speed", "1");
	cr_assert_not_null(read_as("SPEED", NdisParameterInteger, &status));
	cr_expect_eq(read_as("speed", NdisParameterInteger, &status)->ParameterData.IntegerData, 1);
	read_as("Spee", NdisParameterInteger, &status);
	cr_expect_eq(status, NDIS_STATUS_FAILURE);
	cr_assert_eq(nrt_config_set("NIC0", "SPEED", "3"), 0);
	cr_expect_eq(read_as("speed", NdisParameterInteger, &status)->ParameterData.IntegerData, 3);
	down();
}

Test(config, a_keyword_that_is_not_there_is_a_failure)
{
	NDIS_STATUS status;

	up_with(NULL, NULL);
	cr_expect_null(read_as("*FlowControl", NdisParameterInteger, &status));
	cr_expect_eq(status, NDIS_STATUS_FAILURE);
	down();
}

Test(config, predefined_keywords_are_answered)
{
	NDIS_CONFIGURATION_PARAMETER *parameter;
	NDIS_STATUS status;

	up_with(NULL, NULL);
	parameter = read_as("NdisVersion", NdisParameterInteger, &status);
	cr_assert_eq(status, NDIS_STATUS_SUCCESS);
	cr_expect_eq(parameter->ParameterData.IntegerData >> 16, 6);
	cr_expect_geq(parameter->ParameterData.IntegerData & 0xFFFF, 85);
	parameter = read_as("ProcessorType", NdisParameterInteger, &status);
	cr_assert_eq(status, NDIS_STATUS_SUCCESS);
	cr_expect_eq(parameter->ParameterData.IntegerData, NdisProcessorAmd64);
	down();
}

Test(config, what_is_written_is_read)
{
	NDIS_CONFIGURATION_PARAMETER parameter = { .ParameterType = NdisParameterInteger };
	WCHAR name[64], text[64];
	NDIS_STRING keyword = string("Count", name);
	NDIS_STATUS status;

	up_with(NULL, NULL);
	parameter.ParameterData.IntegerData = 12;
	NdisWriteConfiguration(&status, config, &keyword, &parameter);
	cr_expect_eq(status, NDIS_STATUS_SUCCESS);
	cr_expect_eq(read_as("Count", NdisParameterInteger, &status)->ParameterData.IntegerData, 12);
	parameter.ParameterType = NdisParameterHexInteger;
	parameter.ParameterData.IntegerData = 0xAB;
	NdisWriteConfiguration(&status, config, &keyword, &parameter);
	cr_expect_eq(read_as("Count", NdisParameterHexInteger, &status)->ParameterData.IntegerData,
		     0xAB);
	parameter.ParameterType = NdisParameterString;
	parameter.ParameterData.StringData = string("34", text);
	NdisWriteConfiguration(&status, config, &keyword, &parameter);
	cr_expect_eq(status, NDIS_STATUS_SUCCESS);
	cr_expect_eq(read_as("Count", NdisParameterInteger, &status)->ParameterData.IntegerData, 34);
	parameter.ParameterType = NdisParameterBinary;
	NdisWriteConfiguration(&status, config, &keyword, &parameter);
	cr_expect_neq(status, NDIS_STATUS_SUCCESS);
	down();
}

Test(config, a_number_that_is_stored_as_one_is_read_as_it_is)
{
	static const WCHAR text[] = { '1', '6' };
	NDIS_CONFIGURATION_PARAMETER *parameter;
	NDIS_STATUS status;

	up_with("Count", "dword:0x10");
	cr_expect_eq(read_as("Count", NdisParameterInteger, &status)->ParameterData.IntegerData, 16);
	cr_expect_eq(read_as("Count", NdisParameterHexInteger, &status)->ParameterData.IntegerData,
		     16);
	parameter = read_as("Count", NdisParameterString, &status);
	cr_expect_eq(parameter->ParameterData.StringData.Length, sizeof(text));
	cr_expect_arr_eq(parameter->ParameterData.StringData.Buffer, text, sizeof(text));
	cr_assert_eq(nrt_config_set("nic0", "Count", "dword:many"), 0); /* a string after all */
	read_as("Count", NdisParameterInteger, &status);
	cr_expect_eq(status, NDIS_STATUS_FAILURE);
	down();
}

Test(config, the_registry_shows_what_ndis_reads_and_writes)
{
	static const char path[] = "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class"
				   "\\{4D36E972-E325-11CE-BFC1-08002BE10318}\\nic0";
	NDIS_CONFIGURATION_PARAMETER parameter = { .ParameterType = NdisParameterHexInteger };
	ULONG buffer[8], needed, value = 12;
	KEY_VALUE_PARTIAL_INFORMATION *partial = (void *)buffer;
	WCHAR wide[128], name[64];
	UNICODE_STRING key_name = { .Buffer = wide };
	NDIS_STRING keyword = string("Count", name);
	OBJECT_ATTRIBUTES oa;
	NDIS_STATUS status;
	HANDLE key;

	up_with(NULL, NULL);
	for (size_t i = 0; path[i] != '\0'; i++)
		wide[i] = (unsigned char)path[i];
	key_name.Length = (USHORT)(2 * strlen(path));
	InitializeObjectAttributes(&oa, &key_name, OBJ_KERNEL_HANDLE, NULL, NULL);
	cr_assert_eq(ZwOpenKey(&key, KEY_ALL_ACCESS, &oa), STATUS_SUCCESS);
	cr_expect_eq(ZwSetValueKey(key, &keyword, 0, REG_DWORD, &value, sizeof(value)),
		     STATUS_SUCCESS);
	cr_expect_eq(read_as("Count", NdisParameterInteger, &status)->ParameterData.IntegerData, 12);
	parameter.ParameterData.IntegerData = 0xAB;
	NdisWriteConfiguration(&status, config, &keyword, &parameter);
	cr_expect_eq(ZwQueryValueKey(key, &keyword, KeyValuePartialInformation, buffer,
				     sizeof(buffer), &needed), STATUS_SUCCESS);
	cr_expect_eq(partial->Type, REG_DWORD);
	memcpy(&value, partial->Data, sizeof(value));
	cr_expect_eq(value, 0xAB);
	cr_expect_eq(ZwSetValueKey(key, &keyword, 0, REG_BINARY, &value, sizeof(value)),
		     STATUS_SUCCESS);
	read_as("Count", NdisParameterInteger, &status);
	cr_expect_eq(status, NDIS_STATUS_FAILURE, "binary data is no number");
	ZwClose(key);
	down();
}

struct address_case {
	const char *text;
	NDIS_STATUS status;
	UINT length;
	UCHAR bytes[8];
};

static struct address_case addresses[] = {
	{ "0200000000FF", NDIS_STATUS_SUCCESS, 6, { 2, 0, 0, 0, 0, 0xFF } },
	{ "02-00-00-00-00-ab", NDIS_STATUS_SUCCESS, 6, { 2, 0, 0, 0, 0, 0xAB } },
	{ "02:00:00:00:00:ab", NDIS_STATUS_SUCCESS, 6, { 2, 0, 0, 0, 0, 0xAB } },
	/* the driver validates the length, not NDIS */
	{ "0200", NDIS_STATUS_SUCCESS, 2, { 2, 0 } },
	{ "02-00-00-00-00-00-01", NDIS_STATUS_SUCCESS, 7, { 2, 0, 0, 0, 0, 0, 1 } },
	{ "020", NDIS_STATUS_FAILURE, 0, { 0 } },
	{ "02000000000G", NDIS_STATUS_FAILURE, 0, { 0 } },
	{ "", NDIS_STATUS_FAILURE, 0, { 0 } },
	{ "automatic", NDIS_STATUS_FAILURE, 0, { 0 } },
	{ "-", NDIS_STATUS_FAILURE, 0, { 0 } },
	/* 33 bytes, more than any address has */
	{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
	  NDIS_STATUS_FAILURE, 0, { 0 } },
};

#define N_ADDRESSES (sizeof(addresses) / sizeof(addresses[0]))

ParameterizedTestParameters(config, a_network_address_is_read_in_its_documented_forms)
{
	static size_t index[N_ADDRESSES];

	for (size_t i = 0; i < N_ADDRESSES; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, N_ADDRESSES);
}

ParameterizedTest(size_t *i, config, a_network_address_is_read_in_its_documented_forms)
{
	const struct address_case *c = &addresses[*i];
	PVOID address = &s;
	UINT length = 99;
	NDIS_STATUS status;

	up_with("NetworkAddress", c->text);
	NdisReadNetworkAddress(&status, &address, &length, config);
	cr_expect_eq(status, c->status);
	cr_expect_eq(length, c->length);
	if (status == NDIS_STATUS_SUCCESS)
		cr_expect_arr_eq(address, c->bytes, c->length);
	down();
}

Test(config, no_network_address_is_a_failure)
{
	NDIS_STATUS status;
	PVOID address;
	UINT length;

	up_with(NULL, NULL);
	NdisReadNetworkAddress(&status, &address, &length, config);
	cr_expect_eq(status, NDIS_STATUS_FAILURE);
	down();
}

Test(config, RS_NB_11_a_malformed_configuration_object_is_refused)
{
	NDIS_CONFIGURATION_OBJECT object = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_CONFIGURATION_OBJECT_REVISION_1,
			    NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1 },
	};
	NDIS_HANDLE handle;

	up_with(NULL, NULL);
	object.NdisHandle = s.a.handle;
	cr_expect_neq(NdisOpenConfigurationEx(&object, &handle), NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("RS-NB-11", NULL));
	down();
}

Test(config, RS_MEM_02_every_handle_left_open_is_counted)
{
	NDIS_HANDLE second;

	up_with(NULL, NULL);
	second = open_config(&s.a);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("MP-HLT-06", NULL));
	NdisCloseConfiguration(config);
	NdisCloseConfiguration(second);
	stack_down(&s);
}

/* --------------------------------------------------------------------- subkeys */

static NDIS_HANDLE subkey(NDIS_HANDLE parent, const char *name)
{
	WCHAR buffer[64];
	NDIS_STRING key = string(name, buffer);
	NDIS_HANDLE handle = &handle;
	NDIS_STATUS status = 0x55;

	NdisOpenConfigurationKeyByName(&status, parent, &key, &handle);
	cr_expect_eq(status, handle != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE);
	return handle;
}

static ULONG read_integer(NDIS_HANDLE handle, const char *name)
{
	NDIS_CONFIGURATION_PARAMETER *parameter;
	WCHAR buffer[64];
	NDIS_STRING keyword = string(name, buffer);
	NDIS_STATUS status;

	NdisReadConfiguration(&status, &parameter, handle, &keyword, NdisParameterInteger);
	return status == NDIS_STATUS_SUCCESS ? parameter->ParameterData.IntegerData : 0xFFFFFFFF;
}

static void set_keys(void)
{
	cr_assert_eq(nrt_config_set("nic0\\Queues", "Count", "4"), 0);
	cr_assert_eq(nrt_config_set("nic0\\Ports\\First", "Count", "1"), 0);
	cr_assert_eq(nrt_config_set("nic0\\QUEUES", "Depth", "512"), 0);
	cr_assert_eq(nrt_config_set("nic0123\\Other", "Count", "9"), 0);
}

Test(config, a_subkey_is_opened_by_name_with_the_values_it_holds)
{
	NDIS_HANDLE queues, ports, first;

	set_keys();
	up_with("Count", "2");
	queues = subkey(config, "queues");
	cr_assert_not_null(queues);
	cr_expect_eq(read_integer(config, "Count"), 2);
	cr_expect_eq(read_integer(queues, "Count"), 4);
	cr_expect_eq(read_integer(queues, "Depth"), 512);
	ports = subkey(config, "Ports"); /* holds no value, but a key */
	cr_assert_not_null(ports);
	first = subkey(ports, "First");
	cr_assert_not_null(first);
	cr_expect_eq(read_integer(first, "Count"), 1);
	NdisCloseConfiguration(first);
	NdisCloseConfiguration(ports);
	NdisCloseConfiguration(queues);
	down();
}

Test(config, keys_that_are_not_there_cannot_be_opened)
{
	set_keys();
	up_with(NULL, NULL);
	cr_expect_null(subkey(config, "Queue"));
	cr_expect_null(subkey(config, "Other"));
	cr_expect_null(subkey(config, ""));
	cr_expect_null(subkey(config, "Ports\\First"));
	cr_expect_null(subkey(config, "Count"));
	down();
}

Test(config, subkeys_are_gone_through_by_index_until_there_is_none)
{
	static const char *const names[] = { "Queues", "Ports" };
	WCHAR buffer[64], wanted[64];
	NDIS_STRING key = { .Buffer = buffer, .MaximumLength = sizeof(buffer) };
	NDIS_HANDLE handle;
	NDIS_STATUS status;

	set_keys();
	up_with(NULL, NULL);
	for (ULONG i = 0; i < 2; i++) {
		NDIS_STRING name = string(names[i], wanted);

		NdisOpenConfigurationKeyByIndex(&status, config, i, &key, &handle);
		cr_assert_eq(status, NDIS_STATUS_SUCCESS);
		cr_expect(NdisEqualUnicodeString(&key, &name, FALSE));
		NdisCloseConfiguration(handle);
	}
	NdisOpenConfigurationKeyByIndex(&status, config, 2, &key, &handle);
	cr_expect_eq(status, NDIS_STATUS_FAILURE);
	key.MaximumLength = 4; /* too short for its name */
	NdisOpenConfigurationKeyByIndex(&status, config, 0, &key, &handle);
	cr_expect_eq(status, NDIS_STATUS_FAILURE);
	cr_expect_null(handle);
	down();
}

Test(config, RS_MEM_02_a_subkey_that_is_left_open_is_counted)
{
	NDIS_HANDLE queues;

	set_keys();
	up_with(NULL, NULL);
	queues = subkey(config, "Queues");
	NdisCloseConfiguration(config);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("MP-HLT-06", NULL));
	NdisCloseConfiguration(queues);
	stack_down(&s);
}

/* ------------------------------------------------------ others than a miniport's adapter */

static struct filters fs;

static void stack_with_a_filter(void)
{
	cr_assert_eq(nrt_config_set("nic0", "Speed", "1"), 0);
	cr_assert_eq(nrt_config_set("fake miniport", "Speed", "2"), 0);
	cr_assert_eq(nrt_config_set("fake protocol", "Speed", "3"), 0);
	cr_assert_eq(nrt_config_set("fake filter", "Speed", "4"), 0);
	cr_assert_eq(nrt_config_set("fake protocol\\Adapters\\nic0", "Speed", "5"), 0);
	cr_assert_eq(nrt_config_set("fake filter\\Adapters\\nic0", "Speed", "6"), 0);
	filters_up(&fs, &s);
}

/* What @owner's handle finds under Speed. */
static ULONG speed_of(NDIS_HANDLE owner)
{
	NDIS_CONFIGURATION_PARAMETER *parameter;
	NDIS_STATUS status;
	ULONG speed;

	config = open_for(owner);
	parameter = read_as("Speed", NdisParameterInteger, &status);
	speed = status == NDIS_STATUS_SUCCESS ? parameter->ParameterData.IntegerData : 0;
	NdisCloseConfiguration(config);
	return speed;
}

Test(config, each_kind_of_handle_opens_a_section_of_its_own)
{
	stack_with_a_filter();
	cr_expect_eq(speed_of(s.a.handle), 1);
	cr_expect_eq(speed_of(s.m.handle), 2);
	cr_expect_eq(speed_of(s.p[0].handle), 3);
	cr_expect_eq(speed_of(fs.f[0].handle), 4);
	cr_expect_eq(speed_of(stack_binding(&s, 0)->handle), 5);
	cr_expect_eq(speed_of(module_of(&fs, 0)->handle), 6);
	filters_down(&fs, &s);
}

Test(config, only_an_adapter_has_a_network_address)
{
	NDIS_HANDLE handle;
	PVOID address = &address;
	NDIS_STATUS status;
	UINT length = 1;

	cr_assert_eq(nrt_config_set("fake filter", "NetworkAddress", "020000000001"), 0);
	stack_with_a_filter();
	handle = open_for(fs.f[0].handle);
	NdisReadNetworkAddress(&status, &address, &length, handle);
	cr_expect_eq(status, NDIS_STATUS_FAILURE);
	cr_expect_null(address);
	cr_expect_eq(length, 0);
	NdisCloseConfiguration(handle);
	filters_down(&fs, &s);
}

Test(config, a_handle_of_another_kind_is_refused)
{
	NDIS_CONFIGURATION_OBJECT object = {
		.Header = { NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT,
			    NDIS_CONFIGURATION_OBJECT_REVISION_1,
			    NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1 },
		.NdisHandle = &object,
	};
	NDIS_HANDLE handle;

	cr_expect_eq(NdisOpenConfigurationEx(&object, &handle), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("MP-HLT-05", NULL));
	object.NdisHandle = NULL;
	cr_expect_eq(NdisOpenConfigurationEx(&object, &handle), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("MP-HLT-05", NULL));
}

Test(config, RS_MEM_02_what_modules_and_bindings_leave_open_is_counted)
{
	NDIS_HANDLE of_module, of_binding;

	stack_with_a_filter();
	of_module = open_for(module_of(&fs, 0)->handle);
	of_binding = open_for(stack_binding(&s, 0)->handle);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("RS-MEM-02", "FL-DET-01", NULL));
	NdisCloseConfiguration(of_module);
	NdisCloseConfiguration(of_binding);
	filters_down(&fs, &s);
}

static volatile NDIS_HANDLE left_open; /* so that its memory counts as in use */

static void open_and_forget(struct fake_module *m)
{
	left_open = open_for(m->filter->handle);
}

Test(config, RS_MEM_02_what_a_driver_leaves_open_is_counted)
{
	stack_with_a_filter();
	open_and_forget(module_of(&fs, 0));
	stack_down(&s);
	cr_expect(no_violations());
	cr_expect_eq(unload_filter(&fs.f[0], fs.driver[0]), 0);
	cr_expect(violations_are("RS-MEM-02", NULL));
}
