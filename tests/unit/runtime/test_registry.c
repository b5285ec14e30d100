/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registry keys and values on the configuration store: paths, handles and what they
 * are opened for, queries into buffers of all sizes, and a driver's RegistryPath.
 */
#include "registry_case.h"

TestSuite(registry, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

static ULONG read_dword(HANDLE key, const char *name)
{
	ULONG buffer[8], needed = 0, value;
	KEY_VALUE_PARTIAL_INFORMATION *partial = (void *)buffer;
	struct wide w;

	cr_assert_eq(ZwQueryValueKey(key, widen(&w, name), KeyValuePartialInformation, buffer,
				     sizeof(buffer), &needed), STATUS_SUCCESS, "%s", name);
	cr_expect_eq(partial->Type, REG_DWORD);
	cr_assert_eq(partial->DataLength, sizeof(value));
	memcpy(&value, partial->Data, sizeof(value));
	return value;
}

/* ------------------------------------------------------------------ paths */

Test(registry, a_drivers_section_is_its_service_and_the_parameters)
{
	HANDLE service, parameters, below;

	cr_assert_eq(nrt_config_set("Drv", "Level", "dword:0x10"), 0);
	service = opened(SERVICES "\\drv", KEY_READ);
	cr_expect_eq(read_dword(service, "LEVEL"), 16);
	parameters = opened(SERVICES "\\DRV\\Parameters", KEY_ALL_ACCESS);
	cr_expect_eq(read_dword(parameters, "level"), 16);
	cr_expect_eq(set_dword(parameters, "Other", 7), STATUS_SUCCESS);
	cr_expect_eq(read_dword(service, "Other"), 7);
	cr_assert_eq(nrt_config_set("drv\\Adapters\\nic0", "Level", "dword:2"), 0);
	below = opened(SERVICES "\\Drv\\Parameters\\Adapters\\nic0\\", KEY_READ);
	cr_expect_eq(read_dword(below, "Level"), 2);
	cr_expect_eq(ZwClose(below), STATUS_SUCCESS);
	cr_expect_eq(open_key(parameters, "Adapters\\nic0", KEY_READ, &below), STATUS_SUCCESS);
	cr_expect_eq(read_dword(below, "Level"), 2);
	ZwClose(below);
	ZwClose(parameters);
	ZwClose(service);
}

Test(registry, an_adapters_section_is_its_key_in_the_class)
{
	HANDLE key;

	cr_assert_eq(nrt_config_set("nic0", "*JumboPacket", "9014"), 0);
	key = opened(ADAPTERS "\\NIC0", KEY_ALL_ACCESS);
	cr_expect_eq(set_dword(key, "Rings", 4), STATUS_SUCCESS);
	ZwClose(key);
	cr_expect_eq(open_key(NULL, ADAPTERS "\\nic1", KEY_READ, &key),
		     STATUS_OBJECT_NAME_NOT_FOUND);
}

Test(registry, other_sections_are_paths_of_their_own)
{
	HANDLE key;

	cr_assert_eq(nrt_config_set("\\Registry\\Machine\\Software\\Acme\\Tool", "On", "dword:1"), 0);
	key = opened("\\REGISTRY\\MACHINE\\software\\acme\\tool", KEY_READ);
	cr_expect_eq(read_dword(key, "On"), 1);
	ZwClose(key);
	ZwClose(opened("\\Registry\\Machine\\Software\\Acme", KEY_READ));
	ZwClose(opened("\\Registry", KEY_READ));
	ZwClose(opened(SERVICES, KEY_READ));
	cr_expect_eq(open_key(NULL, "\\Registry\\Machine\\Software\\Ac", KEY_READ, &key),
		     STATUS_OBJECT_NAME_NOT_FOUND);
}

static VOID end_at_once(PVOID context)
{
	(void)context;
}

Test(registry, malformed_names_and_handles_are_answered)
{
	HANDLE services = opened(SERVICES, KEY_READ), key = NULL, thread;
	OBJECT_ATTRIBUTES oa;
	struct wide w;
	ULONG needed;

	cr_expect_eq(open_key(NULL, "drv", KEY_READ, &key), STATUS_OBJECT_PATH_SYNTAX_BAD);
	cr_expect_eq(open_key(NULL, "", KEY_READ, &key), STATUS_OBJECT_PATH_SYNTAX_BAD);
	cr_expect_eq(open_key(services, "\\drv", KEY_READ, &key), STATUS_OBJECT_PATH_SYNTAX_BAD);
	cr_expect_eq(open_key((HANDLE)(ULONG_PTR)0x1234, "drv", KEY_READ, &key),
		     STATUS_INVALID_HANDLE);
	cr_expect_eq(open_key(NULL, SERVICES "\\n\xfc", KEY_READ, &key), STATUS_OBJECT_NAME_INVALID);
	cr_expect_eq(ZwOpenKey(&key, KEY_READ, NULL), STATUS_INVALID_PARAMETER);
	InitializeObjectAttributes(&oa, NULL, 0, NULL, NULL);
	cr_expect_eq(ZwOpenKey(&key, KEY_READ, &oa), STATUS_INVALID_PARAMETER);
	oa.ObjectName = widen(&w, SERVICES);
	oa.Length++;
	cr_expect_eq(ZwOpenKey(&key, KEY_READ, &oa), STATUS_INVALID_PARAMETER);
	cr_expect_null(key);

	oa.Length--;
	w.string.Buffer = NULL;
	cr_expect_eq(ZwOpenKey(&key, KEY_READ, &oa), STATUS_INVALID_PARAMETER);
	widen(&w, SERVICES);
	cr_expect_eq(ZwOpenKey(NULL, KEY_READ, &oa), STATUS_INVALID_PARAMETER);
	cr_expect_eq(ZwCreateKey(NULL, KEY_READ, &oa, 0, NULL, 0, NULL), STATUS_INVALID_PARAMETER);
	cr_expect_null(key);
	cr_expect_eq(ZwQueryValueKey(NULL, &w.string, KeyValuePartialInformation, NULL, 0, &needed),
		     STATUS_INVALID_HANDLE);
	cr_expect_eq(ZwSetValueKey(key, &w.string, 0, REG_DWORD, &needed, 4), STATUS_INVALID_HANDLE);
	cr_expect_eq(ZwSetValueKey(services, &w.string, 0, REG_DWORD, NULL, 4),
		     STATUS_INVALID_PARAMETER);
	cr_expect_eq(ZwDeleteValueKey(key, &w.string), STATUS_INVALID_HANDLE);
	cr_expect_eq(ZwEnumerateKey(key, 0, KeyBasicInformation, NULL, 0, &needed),
		     STATUS_INVALID_HANDLE);
	cr_assert_eq(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL,
					  end_at_once, NULL), STATUS_SUCCESS);
	cr_expect_eq(ZwFlushKey(thread), STATUS_OBJECT_TYPE_MISMATCH);
	ZwClose(thread);
	cr_expect_eq(ZwFlushKey(services), STATUS_SUCCESS);
	ZwClose(services);
	cr_expect_eq(ZwFlushKey(services), STATUS_INVALID_HANDLE);
}

Test(registry, an_empty_name_below_a_key_is_the_key_itself)
{
	HANDLE services = opened(SERVICES, KEY_READ), again;

	cr_expect_eq(open_key(services, "", KEY_READ, &again), STATUS_SUCCESS);
	ZwClose(again);
	ZwClose(services);
}

/* ---------------------------------------------------------------- create */

Test(registry, a_key_is_created_below_one_that_is_there)
{
	HANDLE key, below, read_only;
	ULONG disposition = 0;

	cr_expect_eq(create_key(NULL, SERVICES "\\drv", &disposition, &key), STATUS_SUCCESS);
	cr_expect_eq(disposition, REG_CREATED_NEW_KEY);
	cr_expect_eq(create_key(key, "Sub", &disposition, &below), STATUS_SUCCESS);
	cr_expect_eq(disposition, REG_CREATED_NEW_KEY);
	ZwClose(below);
	cr_expect_eq(create_key(NULL, SERVICES "\\DRV\\sub", &disposition, &below), STATUS_SUCCESS);
	cr_expect_eq(disposition, REG_OPENED_EXISTING_KEY);
	ZwClose(below);
	cr_expect_eq(create_key(key, "No\\Sub", NULL, &below), STATUS_OBJECT_NAME_NOT_FOUND);
	ZwClose(key);
	read_only = opened(SERVICES "\\drv", KEY_READ);
	cr_expect_eq(create_key(read_only, "Sub2", NULL, &below), STATUS_ACCESS_DENIED);
	ZwClose(read_only);
}

Test(registry, a_handle_is_for_what_it_was_opened_for)
{
	HANDLE set, query, all;
	ULONG buffer[16], needed;
	struct wide w;

	cr_assert_eq(nrt_config_set("drv", "A", "1"), 0);
	set = opened(SERVICES "\\drv", KEY_SET_VALUE);
	query = opened(SERVICES "\\drv", GENERIC_READ);
	widen(&w, "A");
	cr_expect_eq(ZwQueryValueKey(set, &w.string, KeyValuePartialInformation, buffer,
				     sizeof(buffer), &needed), STATUS_ACCESS_DENIED);
	cr_expect_eq(ZwEnumerateValueKey(set, 0, KeyValuePartialInformation, buffer,
					 sizeof(buffer), &needed), STATUS_ACCESS_DENIED);
	cr_expect_eq(ZwQueryKey(set, KeyFullInformation, buffer, sizeof(buffer), &needed),
		     STATUS_ACCESS_DENIED);
	cr_expect_eq(ZwEnumerateKey(set, 0, KeyBasicInformation, buffer, sizeof(buffer), &needed),
		     STATUS_ACCESS_DENIED);
	cr_expect_eq(set_dword(query, "A", 1), STATUS_ACCESS_DENIED);
	cr_expect_eq(ZwDeleteValueKey(query, &w.string), STATUS_ACCESS_DENIED);
	cr_expect_eq(ZwEnumerateValueKey(query, 0, KeyValuePartialInformation, buffer,
					 sizeof(buffer), &needed), STATUS_SUCCESS);
	all = opened(SERVICES "\\drv", GENERIC_READ | GENERIC_WRITE);
	cr_expect_eq(set_dword(all, "B", 1), STATUS_SUCCESS);
	cr_expect_eq(ZwDeleteValueKey(all, &w.string), STATUS_SUCCESS);
	cr_expect_eq(ZwDeleteValueKey(all, &w.string), STATUS_OBJECT_NAME_NOT_FOUND);
	ZwClose(all);
	ZwClose(query);
	ZwClose(set);
}

/* ---------------------------------------------------------------- values */

Test(registry, a_value_is_queried_into_buffers_of_all_sizes)
{
	static const KEY_VALUE_INFORMATION_CLASS classes[] = {
		KeyValueBasicInformation, KeyValueFullInformation, KeyValuePartialInformation };
	static const ULONG fixed[] = { 12, 20, 12 }, whole[] = { 12 + 10, 20 + 10 + 2 + 10, 12 + 10 };
	HANDLE key;
	struct wide w;

	cr_assert_eq(nrt_config_set("drv", "Speed", "fast"), 0);
	key = opened(SERVICES "\\drv", KEY_QUERY_VALUE);
	widen(&w, "Speed");
	for (int c = 0; c < 3; c++) {
		UCHAR all[64];
		ULONG ignored;

		cr_assert_eq(ZwQueryValueKey(key, &w.string, classes[c], all, sizeof(all), &ignored),
			     STATUS_SUCCESS);
		for (ULONG length = 0; length <= whole[c] + 4; length++) {
			/* ULONG by ULONG, behind which a sanitizer looks */
			UCHAR *buffer = malloc(length + 1);
			NTSTATUS status, expected = STATUS_SUCCESS;
			ULONG needed = 0;

			memset(buffer, 0xee, length + 1);
			status = ZwQueryValueKey(key, &w.string, classes[c], buffer, length,
						 &needed);
			if (length < whole[c])
				expected = STATUS_BUFFER_OVERFLOW;
			if (length < fixed[c])
				expected = STATUS_BUFFER_TOO_SMALL;
			cr_expect_eq(status, expected, "class %d, %u bytes", classes[c], length);
			cr_expect_eq(needed, whole[c]);
			cr_expect_eq(buffer[length], 0xee);
			if (length < fixed[c] && length != 0)
				cr_expect_eq(buffer[0], 0xee, "nothing is written");
			if (length >= fixed[c])
				cr_expect_arr_eq(buffer, all, min(length, whole[c]));
			free(buffer);
		}
	}
	ZwClose(key);
}

Test(registry, a_query_without_a_buffer_or_a_name_is_answered)
{
	ULONG buffer[8], needed = 0;
	HANDLE key;
	struct wide w;

	cr_assert_eq(nrt_config_set("drv", "Speed", "fast"), 0);
	key = opened(SERVICES "\\drv", KEY_ALL_ACCESS);
	widen(&w, "Speed");
	cr_expect_eq(ZwQueryValueKey(key, &w.string, KeyValuePartialInformation, NULL, 100, &needed),
		     STATUS_BUFFER_TOO_SMALL);
	cr_expect_eq(needed, 22);
	cr_expect_eq(ZwQueryValueKey(key, &w.string, KeyValuePartialInformation, buffer,
				     sizeof(buffer), NULL), STATUS_SUCCESS);
	cr_expect_eq(ZwQueryKey(key, KeyFullInformation, NULL, 100, &needed),
		     STATUS_BUFFER_TOO_SMALL);
	w.string.Buffer = NULL; /* but a length */
	cr_expect_eq(ZwQueryValueKey(key, &w.string, KeyValuePartialInformation, buffer,
				     sizeof(buffer), &needed), STATUS_OBJECT_NAME_NOT_FOUND);
	cr_expect_eq(ZwSetValueKey(key, &w.string, 0, REG_NONE, NULL, 0),
		     STATUS_OBJECT_NAME_INVALID);
	cr_expect_eq(ZwDeleteValueKey(key, &w.string), STATUS_OBJECT_NAME_NOT_FOUND);
	ZwClose(key);
}

Test(registry, the_structures_of_a_value_say_what_is_where)
{
	ULONG buffer[16], needed;
	KEY_VALUE_BASIC_INFORMATION *basic = (void *)buffer;
	KEY_VALUE_FULL_INFORMATION *full = (void *)buffer;
	KEY_VALUE_PARTIAL_INFORMATION *partial = (void *)buffer;
	HANDLE key;
	struct wide w;

	cr_assert_eq(nrt_config_set("drv", "Speed", "fast"), 0);
	key = opened(SERVICES "\\drv", KEY_QUERY_VALUE);
	widen(&w, "SPEED");
	ZwQueryValueKey(key, &w.string, KeyValueBasicInformation, buffer, sizeof(buffer), &needed);
	cr_expect_eq(basic->Type, REG_SZ);
	cr_expect(same(basic->Name, basic->NameLength, "Speed"));
	ZwQueryValueKey(key, &w.string, KeyValueFullInformation, buffer, sizeof(buffer), &needed);
	cr_expect_eq(full->Type, REG_SZ);
	cr_expect(same(full->Name, full->NameLength, "Speed"));
	cr_expect_eq(full->DataLength, 10, "with its end");
	cr_expect_eq(full->DataOffset % 4, 0);
	cr_expect(same((WCHAR *)(void *)((char *)buffer + full->DataOffset), 8, "fast"));
	ZwQueryValueKey(key, &w.string, KeyValuePartialInformation, buffer, sizeof(buffer), &needed);
	cr_expect_eq(partial->DataLength, 10);
	cr_expect_eq(((WCHAR *)(void *)partial->Data)[4], 0);
	cr_expect_eq(ZwQueryValueKey(key, &w.string, MaxKeyValueInfoClass, buffer, sizeof(buffer),
				     &needed), STATUS_INVALID_PARAMETER);
	cr_expect_eq(ZwQueryValueKey(key, widen(&w, "Sp"), KeyValueBasicInformation, buffer,
				     sizeof(buffer), &needed), STATUS_OBJECT_NAME_NOT_FOUND);
	cr_expect_eq(ZwQueryValueKey(key, widen(&w, "Sp\xe9" "ed"), KeyValueBasicInformation, buffer,
				     sizeof(buffer), &needed), STATUS_OBJECT_NAME_NOT_FOUND);
	ZwClose(key);
}

Test(registry, what_is_set_is_read_listed_and_deleted)
{
	static const UCHAR binary[] = { 0, 1, 2, 255 };
	HANDLE key;
	ULONG buffer[16], needed, n = 0;
	KEY_VALUE_FULL_INFORMATION *full = (void *)buffer;
	struct wide w;

	cr_assert_eq(create_key(NULL, SERVICES "\\drv", NULL, &key), STATUS_SUCCESS);
	cr_expect_eq(set_dword(key, "A", 1), STATUS_SUCCESS);
	cr_expect_eq(ZwSetValueKey(key, widen(&w, "B"), 0, REG_BINARY, (PVOID)(uintptr_t)binary, 4),
		     STATUS_SUCCESS);
	cr_expect_eq(ZwSetValueKey(key, NULL, 0, REG_NONE, NULL, 0), STATUS_SUCCESS);
	cr_expect_eq(set_dword(key, "a", 2), STATUS_SUCCESS); /* replaces A, and its place */
	cr_expect_eq(read_dword(key, "A"), 2);
	while (ZwEnumerateValueKey(key, n, KeyValueFullInformation, buffer, sizeof(buffer),
				   &needed) == STATUS_SUCCESS) {
		static const char *const names[] = { "a", "B", "" };
		static const ULONG types[] = { REG_DWORD, REG_BINARY, REG_NONE };

		cr_assert_lt(n, 3);
		cr_expect(same(full->Name, full->NameLength, names[n]));
		cr_expect_eq(full->Type, types[n]);
		n++;
	}
	cr_expect_eq(n, 3);
	cr_expect_eq(ZwEnumerateValueKey(key, n, KeyValueFullInformation, buffer, sizeof(buffer),
					 &needed), STATUS_NO_MORE_ENTRIES);
	cr_expect_eq(ZwDeleteValueKey(key, widen(&w, "A")), STATUS_SUCCESS);
	cr_expect_eq(ZwEnumerateValueKey(key, 2, KeyValueFullInformation, buffer, sizeof(buffer),
					 &needed), STATUS_NO_MORE_ENTRIES);
	cr_expect_eq(ZwSetValueKey(key, widen(&w, "n\xfc"), 0, REG_NONE, NULL, 0),
		     STATUS_OBJECT_NAME_INVALID);
	ZwClose(key);
}

/* ------------------------------------------------------------------ keys */

Test(registry, subkeys_are_listed_once_and_parameters_between)
{
	static const char *const listed[] = { "Adapters", "Extra" };
	ULONG buffer[32], needed;
	KEY_BASIC_INFORMATION *basic = (void *)buffer;
	HANDLE service, parameters, extra;

	cr_assert_eq(nrt_config_set("drv\\Adapters\\a", "X", "1"), 0);
	cr_assert_eq(nrt_config_set("drv\\ADAPTERS\\b", "X", "1"), 0);
	service = opened(SERVICES "\\drv", KEY_READ);
	cr_expect_eq(ZwEnumerateKey(service, 0, KeyBasicInformation, buffer, sizeof(buffer),
				    &needed), STATUS_SUCCESS);
	cr_expect(same(basic->Name, basic->NameLength, "Parameters"));
	cr_expect_eq(ZwEnumerateKey(service, 1, KeyBasicInformation, buffer, sizeof(buffer),
				    &needed), STATUS_NO_MORE_ENTRIES);
	cr_assert_eq(create_key(NULL, SERVICES "\\drv\\Parameters\\Extra", NULL, &extra),
		     STATUS_SUCCESS);
	ZwClose(extra);
	parameters = opened(SERVICES "\\drv\\Parameters", KEY_READ);
	for (ULONG i = 0; i < 2; i++) {
		cr_expect_eq(ZwEnumerateKey(parameters, i, KeyBasicInformation, buffer,
					    sizeof(buffer), &needed), STATUS_SUCCESS);
		cr_expect(same(basic->Name, basic->NameLength, listed[1 - i]) ||
			  same(basic->Name, basic->NameLength, listed[i]));
	}
	cr_expect_eq(ZwEnumerateKey(parameters, 2, KeyBasicInformation, buffer, sizeof(buffer),
				    &needed), STATUS_NO_MORE_ENTRIES);
	cr_expect_eq(ZwEnumerateKey(parameters, 0, KeyNameInformation, buffer, sizeof(buffer),
				    &needed), STATUS_INVALID_PARAMETER);
	ZwClose(parameters);
	ZwClose(service);
}

Test(registry, a_key_tells_its_name_and_what_is_in_it)
{
	ULONG buffer[64], needed;
	KEY_BASIC_INFORMATION *basic = (void *)buffer;
	KEY_NODE_INFORMATION *node = (void *)buffer;
	KEY_FULL_INFORMATION *full = (void *)buffer;
	KEY_NAME_INFORMATION *name = (void *)buffer;
	HANDLE key;

	cr_assert_eq(nrt_config_set("drv", "Speed", "fast"), 0);
	cr_assert_eq(nrt_config_set("drv", "Level", "dword:1"), 0);
	cr_assert_eq(nrt_config_set("drv\\Subkey", "X", "1"), 0);
	key = opened(SERVICES "\\drv\\Parameters", KEY_READ);
	cr_expect_eq(ZwQueryKey(key, KeyFullInformation, buffer, sizeof(buffer), &needed),
		     STATUS_SUCCESS);
	cr_expect_eq(full->Values, 2);
	cr_expect_eq(full->SubKeys, 1);
	cr_expect_eq(full->MaxNameLen, 12);
	cr_expect_eq(full->MaxValueNameLen, 10);
	cr_expect_eq(full->MaxValueDataLen, 10);
	cr_expect_gt(full->LastWriteTime.QuadPart, 0);
	cr_expect_eq(ZwQueryKey(key, KeyBasicInformation, buffer, sizeof(buffer), &needed),
		     STATUS_SUCCESS);
	cr_expect(same(basic->Name, basic->NameLength, "Parameters"));
	cr_expect_eq(ZwQueryKey(key, KeyNodeInformation, buffer, sizeof(buffer), &needed),
		     STATUS_SUCCESS);
	cr_expect(same(node->Name, node->NameLength, "Parameters"));
	cr_expect_eq(node->ClassLength, 0);
	cr_expect_eq(ZwQueryKey(key, KeyNameInformation, buffer, sizeof(buffer), &needed),
		     STATUS_SUCCESS);
	cr_expect(same(name->Name, name->NameLength, SERVICES "\\drv\\Parameters"));
	cr_expect_eq(ZwQueryKey(key, KeyBasicInformation, buffer, 15, &needed),
		     STATUS_BUFFER_TOO_SMALL);
	cr_expect_eq(ZwQueryKey(key, KeyBasicInformation, buffer, 20, &needed),
		     STATUS_BUFFER_OVERFLOW);
	cr_expect_eq(needed, 16 + 20);
	cr_expect_eq(ZwQueryKey(key, KeyCachedInformation, buffer, sizeof(buffer), &needed),
		     STATUS_INVALID_PARAMETER);
	ZwClose(key);
}

/* ----------------------------------------------------------- DriverEntry */

static NTSTATUS entry_status;
static char entry_path[160];
static ULONG entry_value;

static NTSTATUS read_own_key(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
	OBJECT_ATTRIBUTES oa;
	HANDLE key;

	(void)driver;
	for (USHORT i = 0; i < path->Length / sizeof(WCHAR); i++)
		entry_path[i] = (char)path->Buffer[i];
	InitializeObjectAttributes(&oa, path, OBJ_KERNEL_HANDLE, NULL, NULL);
	entry_status = ZwOpenKey(&key, KEY_READ, &oa);
	if (!NT_SUCCESS(entry_status))
		return entry_status;
	entry_value = read_dword(key, "Level");
	return ZwClose(key);
}

Test(registry, a_drivers_registry_path_opens_its_own_section)
{
	nrt_driver_entry entry = (nrt_driver_entry)(uintptr_t)read_own_key;
	struct nrt_driver *driver;

	cr_assert_eq(nrt_config_set("first", "Level", "dword:1"), 0);
	cr_assert_eq(nrt_config_set("second", "Level", "dword:2"), 0);
	cr_assert_eq(nrt_driver_load_linked("second.so", entry, &driver), 0);
	cr_expect_eq(entry_status, STATUS_SUCCESS);
	cr_expect_str_eq(entry_path, SERVICES "\\second");
	cr_expect_eq(entry_value, 2);
	cr_assert_eq(nrt_driver_unload(driver), 0);
}

static NTSTATUS open_own_key(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
	OBJECT_ATTRIBUTES oa;
	HANDLE key;

	(void)driver;
	InitializeObjectAttributes(&oa, path, OBJ_KERNEL_HANDLE, NULL, NULL);
	entry_status = ZwOpenKey(&key, KEY_READ, &oa);
	return NT_SUCCESS(entry_status) ? ZwClose(key) : entry_status;
}

Test(registry, a_drivers_key_is_there_without_a_value)
{
	struct nrt_driver *driver;

	cr_assert_eq(nrt_driver_load_linked("empty", (nrt_driver_entry)(uintptr_t)open_own_key,
					    &driver), 0);
	cr_expect_eq(entry_status, STATUS_SUCCESS);
	cr_assert_eq(nrt_driver_unload(driver), 0);
}

Test(registry, RS_MEM_02_a_key_that_is_left_open_is_reported)
{
	opened(SERVICES, KEY_READ);
	cr_assert_eq(nrt_fini(), 0);
	cr_expect(violated("RS-MEM-02"));
	start_runtime();
}

Test(registry, RS_IRQL_01_the_registry_is_for_passive_level)
{
	HANDLE key;
	KIRQL old;

	KeRaiseIrql(APC_LEVEL, &old);
	cr_expect_eq(open_key(NULL, SERVICES, KEY_READ, &key), STATUS_SUCCESS);
	cr_expect(violated("RS-IRQL-01"));
	KeLowerIrql(old);
	ZwClose(key);
}

/* --------------------------------------------------------------- deletion */

#define TOOL "\\Registry\\Machine\\Software\\Acme\\Tool"

Test(registry, a_deleted_key_is_gone_with_its_values_and_handles)
{
	HANDLE key, other, again;
	ULONG disposition;
	struct wide w;
	ULONG needed;

	cr_assert_eq(nrt_config_set(TOOL, "On", "dword:1"), 0);
	key = opened(TOOL, KEY_ALL_ACCESS);
	other = opened(TOOL, KEY_READ);
	cr_expect_eq(ZwDeleteKey(other), STATUS_ACCESS_DENIED, "not opened for DELETE");
	cr_expect_eq(ZwDeleteKey(key), STATUS_SUCCESS);
	cr_expect_eq(ZwDeleteKey(key), STATUS_KEY_DELETED);
	cr_expect_eq(open_key(NULL, TOOL, KEY_READ, &again), STATUS_OBJECT_NAME_NOT_FOUND);
	ZwClose(opened("\\Registry\\Machine\\Software\\Acme", KEY_READ));
	cr_expect_eq(create_key(NULL, TOOL, &disposition, &again), STATUS_SUCCESS);
	cr_expect_eq(disposition, REG_CREATED_NEW_KEY);
	cr_expect_eq(ZwQueryValueKey(again, widen(&w, "On"), KeyValuePartialInformation, &w, 0,
				     &needed), STATUS_OBJECT_NAME_NOT_FOUND);
	cr_expect_eq(set_dword(key, "On", 2), STATUS_KEY_DELETED, "the new key is another");
	cr_expect_eq(ZwFlushKey(other), STATUS_KEY_DELETED);
	cr_expect_eq(set_dword(again, "On", 2), STATUS_SUCCESS);
	cr_expect_eq(read_dword(again, "On"), 2);
	cr_expect_eq(ZwClose(key), STATUS_SUCCESS);
	cr_expect_eq(ZwClose(other), STATUS_SUCCESS);
	ZwClose(again);
}

Test(registry, a_key_with_subkeys_and_one_that_is_always_there_stay)
{
	HANDLE key, below;

	cr_assert_eq(nrt_config_set(TOOL "\\Sub", "On", "dword:1"), 0);
	key = opened(TOOL, KEY_ALL_ACCESS);
	cr_expect_eq(ZwDeleteKey(key), STATUS_CANNOT_DELETE);
	below = opened(TOOL "\\Sub", KEY_ALL_ACCESS);
	cr_expect_eq(ZwDeleteKey(below), STATUS_SUCCESS);
	ZwClose(below);
	cr_expect_eq(ZwDeleteKey(key), STATUS_SUCCESS, "now it has none");
	ZwClose(key);
	cr_assert_eq(nrt_config_set("drv", "On", "dword:1"), 0);
	key = opened(SERVICES "\\drv", KEY_ALL_ACCESS);
	cr_expect_eq(ZwDeleteKey(key), STATUS_CANNOT_DELETE, "it has its Parameters");
	ZwClose(key);
	key = opened(SERVICES "\\drv\\Parameters", KEY_ALL_ACCESS);
	cr_expect_eq(ZwDeleteKey(key), STATUS_CANNOT_DELETE);
	ZwClose(key);
	key = opened(SERVICES, KEY_ALL_ACCESS);
	cr_expect_eq(ZwDeleteKey(key), STATUS_CANNOT_DELETE);
	ZwClose(key);
	cr_expect_eq(ZwDeleteKey(NULL), STATUS_INVALID_HANDLE);
}
