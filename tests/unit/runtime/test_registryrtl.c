/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RtlQueryRegistryValues and the functions for one value: tables, defaults, direct
 * storage and its checks.
 */
#include "registry_case.h"

static char trace[256];
static NTSTATUS answer;
static HANDLE key;

static void start(void)
{
	start_runtime();
	cr_assert_eq(nrt_config_set("drv", "Speed", "fast"), 0);
	cr_assert_eq(nrt_config_set("drv", "Level", "dword:5"), 0);
	cr_assert_eq(nrt_config_set("drv\\Sub", "Level", "dword:6"), 0);
	key = opened(SERVICES "\\drv", KEY_ALL_ACCESS);
}

static void stop(void)
{
	ZwClose(key);
	stop_runtime();
}

TestSuite(registryrtl, .init = start, .fini = stop, .timeout = 60);

static struct wide path, name;

static NTSTATUS query(RTL_QUERY_REGISTRY_TABLE *table)
{
	widen(&path, "drv\\Parameters");
	return RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, path.buffer, table, "c", NULL);
}

static WCHAR *wide_name(const char *text)
{
	return widen(&name, text)->Buffer;
}

static NTSTATUS set(const char *text, ULONG type, const void *data, ULONG size)
{
	struct wide w;

	return ZwSetValueKey(key, widen(&w, text), 0, type, (PVOID)(uintptr_t)data, size);
}

/* name:type:length:first character or number, and both contexts */
static NTSTATUS note(PWSTR value, ULONG type, PVOID data, ULONG size, PVOID context, PVOID entry)
{
	size_t n = strlen(trace);
	char text[64] = "-";

	for (size_t i = 0; value != NULL && i < sizeof(text) - 1; i++) {
		text[i] = (char)value[i];
		if (value[i] == 0)
			break;
	}
	snprintf(trace + n, sizeof(trace) - n, "%s:%u:%u:%c%s%s ", text, type, size,
		 data == NULL || size == 0 ? '-' :
		 type == REG_DWORD ? (char)('0' + *(ULONG *)data) : *(char *)data,
		 (const char *)context, entry != NULL ? (const char *)entry : "");
	return answer;
}

/* --------------------------------------------------------------- routines */

Test(registryrtl, a_routine_gets_a_value_or_its_default_or_nothing)
{
	ULONG number = 9;
	WCHAR text[] = { 'x', 'y', 0 };
	RTL_QUERY_REGISTRY_TABLE table[2] = { { .QueryRoutine = note, .EntryContext = "e" } };

	table[0].Name = wide_name("LEVEL");
	cr_expect_eq(query(table), STATUS_SUCCESS);
	table[0].Name = wide_name("None");
	cr_expect_eq(query(table), STATUS_SUCCESS);
	cr_expect_str_eq(trace, "Level:4:4:5ce ");
	table[0].DefaultType = REG_DWORD;
	table[0].DefaultData = &number;
	table[0].DefaultLength = sizeof(number);
	cr_expect_eq(query(table), STATUS_SUCCESS);
	table[0].DefaultType = REG_SZ;
	table[0].DefaultData = text;
	table[0].DefaultLength = 0;
	cr_expect_eq(query(table), STATUS_SUCCESS);
	cr_expect_str_eq(trace, "Level:4:4:5ce None:4:4:9ce None:1:6:xce ");
	table[0].Flags = RTL_QUERY_REGISTRY_REQUIRED;
	cr_expect_eq(query(table), STATUS_OBJECT_NAME_NOT_FOUND);
}

Test(registryrtl, a_routine_without_a_name_gets_all_or_is_just_called)
{
	RTL_QUERY_REGISTRY_TABLE table[3] = {
		{ .QueryRoutine = note },
		{ .QueryRoutine = note, .Flags = RTL_QUERY_REGISTRY_NOVALUE },
	};

	cr_expect_eq(query(table), STATUS_SUCCESS);
	cr_expect_str_eq(trace, "Speed:1:10:fc Level:4:4:5c -:0:0:-c ");
}

Test(registryrtl, subkeys_and_the_way_back)
{
	struct wide sub, none;
	RTL_QUERY_REGISTRY_TABLE table[5] = {
		{ .Flags = RTL_QUERY_REGISTRY_SUBKEY, .Name = widen(&sub, "Sub")->Buffer },
		{ .QueryRoutine = note, .Name = wide_name("Level") },
		{ .QueryRoutine = note, .Name = name.buffer, .Flags = RTL_QUERY_REGISTRY_TOPKEY },
		{ .QueryRoutine = note, .Name = sub.buffer, .Flags = RTL_QUERY_REGISTRY_SUBKEY },
	};

	cr_expect_eq(query(table), STATUS_SUCCESS);
	cr_expect_str_eq(trace, "Level:4:4:6c Level:4:4:5c Level:4:4:6c ");
	table[0].Name = widen(&none, "None")->Buffer;
	table[2].QueryRoutine = NULL; /* ends the table with its name */
	table[2].Name = NULL;
	cr_expect_eq(query(table), STATUS_SUCCESS);
	table[0].Flags |= RTL_QUERY_REGISTRY_REQUIRED;
	cr_expect_eq(query(table), STATUS_OBJECT_NAME_NOT_FOUND);
}

Test(registryrtl, a_routines_error_ends_the_table_but_for_one)
{
	RTL_QUERY_REGISTRY_TABLE table[2] = { { .QueryRoutine = note } };

	answer = STATUS_BUFFER_TOO_SMALL;
	cr_expect_eq(query(table), STATUS_SUCCESS);
	cr_expect_str_eq(trace, "Speed:1:10:fc Level:4:4:5c ");
	answer = STATUS_NO_SUCH_DEVICE;
	trace[0] = '\0';
	cr_expect_eq(query(table), STATUS_NO_SUCH_DEVICE);
	cr_expect_str_eq(trace, "Speed:1:10:fc ");
}

Test(registryrtl, lists_come_string_by_string_unless_raw)
{
	static const WCHAR list[] = { 'a', 0, 'b', 'c', 0, 0 };
	static const WCHAR no_end[] = { 'a', 0, 'b' };
	RTL_QUERY_REGISTRY_TABLE table[2] = { { .QueryRoutine = note, .Name = wide_name("List") } };

	cr_assert_eq(set("List", REG_MULTI_SZ, list, sizeof(list)), STATUS_SUCCESS);
	cr_expect_eq(query(table), STATUS_SUCCESS);
	cr_expect_str_eq(trace, "List:1:4:ac List:1:6:bc ");
	trace[0] = '\0';
	table[0].Flags = RTL_QUERY_REGISTRY_NOEXPAND;
	cr_expect_eq(query(table), STATUS_SUCCESS);
	cr_expect_str_eq(trace, "List:7:12:ac ");
	trace[0] = '\0';
	table[0].Flags = 0;
	cr_assert_eq(set("List", REG_MULTI_SZ, no_end, sizeof(no_end)), STATUS_SUCCESS);
	cr_expect_eq(query(table), STATUS_SUCCESS);
	cr_expect_str_eq(trace, "List:1:4:ac List:1:4:bc ");
	trace[0] = '\0';
	table[0].DefaultType = REG_MULTI_SZ;
	table[0].DefaultData = (PVOID)(uintptr_t)list;
	table[0].Name = wide_name("Other");
	cr_expect_eq(query(table), STATUS_SUCCESS);
	cr_expect_str_eq(trace, "Other:1:4:ac Other:1:6:bc ");
}

Test(registryrtl, a_value_may_be_deleted_once_it_was_read)
{
	RTL_QUERY_REGISTRY_TABLE table[2] = { {
		.QueryRoutine = note, .Name = wide_name("Level"), .Flags = RTL_QUERY_REGISTRY_DELETE,
	} };

	cr_expect_eq(query(table), STATUS_SUCCESS);
	cr_expect_eq(query(table), STATUS_SUCCESS);
	cr_expect_str_eq(trace, "Level:4:4:5c ");
}

/* ----------------------------------------------------------------- direct */

#define CHECKED (RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK)

static NTSTATUS direct(const char *value, ULONG flags, ULONG expected, void *to)
{
	RTL_QUERY_REGISTRY_TABLE table[2] = { {
		.Name = wide_name(value),
		.Flags = RTL_QUERY_REGISTRY_DIRECT | flags,
		.DefaultType = expected << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT | REG_NONE,
		.EntryContext = to,
	} };

	return query(table);
}

Test(registryrtl, numbers_are_stored_where_they_are_wanted)
{
	ULONG number = 77;

	cr_expect_eq(direct("Level", CHECKED, REG_DWORD, &number), STATUS_SUCCESS);
	cr_expect_eq(number, 5);
	number = 77;
	cr_expect_eq(direct("None", CHECKED, REG_DWORD, &number), STATUS_SUCCESS);
	cr_expect_eq(number, 77);
	cr_expect_eq(direct("Speed", CHECKED, REG_DWORD, &number), STATUS_OBJECT_TYPE_MISMATCH);
	cr_expect_eq(number, 77);
}

Test(registryrtl, a_default_is_stored_whatever_type_is_expected)
{
	ULONG number = 77, otherwise = 3;
	RTL_QUERY_REGISTRY_TABLE table[2] = { {
		.Name = wide_name("None"), .Flags = CHECKED, .EntryContext = &number,
		.DefaultType = REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT | REG_DWORD,
		.DefaultData = &otherwise, .DefaultLength = sizeof(otherwise),
	} };

	cr_expect_eq(query(table), STATUS_SUCCESS);
	cr_expect_eq(number, 3);
}

Test(registryrtl, strings_go_to_a_counted_string_or_to_the_pool)
{
	WCHAR buffer[5];
	UNICODE_STRING string = { .MaximumLength = sizeof(buffer), .Buffer = buffer };

	cr_expect_eq(direct("Speed", CHECKED, REG_SZ, &string), STATUS_SUCCESS);
	cr_expect(same(string.Buffer, string.Length, "fast"));
	cr_expect_eq(buffer[4], 0);
	string.MaximumLength = sizeof(buffer) - 2;
	cr_expect_eq(direct("Speed", CHECKED, REG_SZ, &string), STATUS_BUFFER_TOO_SMALL);
	string = (UNICODE_STRING){ 0 };
	cr_expect_eq(direct("Speed", CHECKED, REG_SZ, &string), STATUS_SUCCESS);
	cr_expect(same(string.Buffer, string.Length, "fast"));
	RtlFreeUnicodeString(&string);
	fail_allocation(1);
	cr_expect_eq(direct("Speed", CHECKED, REG_SZ, &string), STATUS_NO_MEMORY);
	fail_allocation(0);
	cr_expect_null(string.Buffer);
}

Test(registryrtl, a_list_is_stored_raw_only)
{
	static const WCHAR list[] = { 'a', 0, 0 };
	WCHAR buffer[3];
	UNICODE_STRING string = { .MaximumLength = sizeof(buffer), .Buffer = buffer };

	cr_assert_eq(set("List", REG_MULTI_SZ, list, sizeof(list)), STATUS_SUCCESS);
	cr_expect_eq(direct("List", CHECKED, REG_MULTI_SZ, &string), STATUS_INVALID_PARAMETER);
	cr_expect_eq(direct("List", CHECKED | RTL_QUERY_REGISTRY_NOEXPAND, REG_MULTI_SZ, &string),
		     STATUS_SUCCESS);
	cr_expect_arr_eq(buffer, list, sizeof(list));
	cr_expect_eq(string.Length, sizeof(list) - 2);
}

Test(registryrtl, longer_data_comes_with_the_size_of_its_buffer)
{
	static const UCHAR data[] = { 1, 2, 3, 4, 5, 6 };
	struct {
		LONG size;
		ULONG type;
		UCHAR data[6];
	} to = { .size = 14 };
	union {
		LONG size;
		UCHAR data[6];
	} bare = { .size = -6 };

	cr_assert_eq(set("Data", REG_BINARY, data, sizeof(data)), STATUS_SUCCESS);
	cr_expect_eq(direct("Data", CHECKED, REG_BINARY, &to), STATUS_SUCCESS);
	cr_expect_eq(to.size, 6);
	cr_expect_eq(to.type, REG_BINARY);
	cr_expect_arr_eq(to.data, data, 6);
	cr_expect_eq(direct("Data", CHECKED, REG_BINARY, &bare), STATUS_SUCCESS);
	cr_expect_arr_eq(bare.data, data, 6);
	to.size = 13;
	cr_expect_eq(direct("Data", CHECKED, REG_BINARY, &to), STATUS_BUFFER_TOO_SMALL);
	to.size = 0;
	cr_expect_eq(direct("Data", CHECKED, REG_BINARY, &to), STATUS_BUFFER_TOO_SMALL);
	bare.size = -5;
	cr_expect_eq(direct("Data", CHECKED, REG_BINARY, &bare), STATUS_BUFFER_TOO_SMALL);
	bare.size = INT32_MIN;
	cr_expect_eq(direct("Data", CHECKED, REG_BINARY, &bare), STATUS_SUCCESS);
}

/* ------------------------------------------------------ what is malformed */

Test(registryrtl, malformed_tables_and_paths_are_answered)
{
	ULONG number;
	RTL_QUERY_REGISTRY_TABLE entries[] = {
		{ .Name = wide_name("Level") },                               /* no routine */
		{ .Name = name.buffer, .Flags = RTL_QUERY_REGISTRY_DIRECT },  /* no context */
		{ .QueryRoutine = note, .Flags = RTL_QUERY_REGISTRY_DIRECT }, /* no name */
		{ .QueryRoutine = note, .Name = name.buffer, .EntryContext = &number,
		  .Flags = RTL_QUERY_REGISTRY_DIRECT },                       /* a routine as well */
		{ .Name = name.buffer, .EntryContext = &number,
		  .Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_SUBKEY },
		{ .QueryRoutine = note, .Flags = RTL_QUERY_REGISTRY_SUBKEY }, /* no name */
	};
	RTL_QUERY_REGISTRY_TABLE none = { 0 };
	struct wide w;

	for (size_t i = 0; i < RTL_NUMBER_OF(entries); i++) {
		RTL_QUERY_REGISTRY_TABLE table[2] = { entries[i] };

		cr_expect_eq(query(table), STATUS_INVALID_PARAMETER, "entry %zu", i);
	}
	widen(&w, "drv2");
	cr_expect_eq(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, w.buffer, &none, NULL, NULL),
		     STATUS_OBJECT_NAME_NOT_FOUND);
	cr_expect_eq(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES | RTL_REGISTRY_OPTIONAL, w.buffer,
					    &none, NULL, NULL), STATUS_SUCCESS);
	cr_expect_eq(RtlQueryRegistryValues(RTL_REGISTRY_MAXIMUM, w.buffer, &none, NULL, NULL),
		     STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, w.buffer, NULL, NULL, NULL),
		     STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, NULL, &none, NULL, NULL),
		     STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlQueryRegistryValues(RTL_REGISTRY_HANDLE, (PCWSTR)(ULONG_PTR)0x1234, &none,
					    NULL, NULL), STATUS_INVALID_HANDLE);
}

Test(registryrtl, a_handle_or_a_whole_path_does_for_the_place)
{
	ULONG number = 0;
	RTL_QUERY_REGISTRY_TABLE table[2] = { {
		.Name = wide_name("Level"), .Flags = RTL_QUERY_REGISTRY_DIRECT,
		.EntryContext = &number,
	} };
	struct wide w;

	cr_expect_eq(RtlQueryRegistryValues(RTL_REGISTRY_HANDLE, (PCWSTR)key, table, NULL, NULL),
		     STATUS_SUCCESS);
	cr_expect_eq(number, 5);
	number = 0;
	widen(&w, SERVICES "\\drv");
	cr_expect_eq(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, w.buffer, table, NULL, NULL),
		     STATUS_SUCCESS);
	cr_expect_eq(number, 5);
}

/* ---------------------------------------------------------- one at a time */

Test(registryrtl, keys_and_values_one_at_a_time)
{
	struct wide w, v;
	ULONG number = 8, read = 0;
	HANDLE other;

	widen(&w, "drv\\New");
	cr_expect_eq(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, w.buffer),
		     STATUS_OBJECT_NAME_NOT_FOUND);
	cr_expect_eq(RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, w.buffer), STATUS_SUCCESS);
	cr_expect_eq(RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, w.buffer), STATUS_SUCCESS);
	cr_expect_eq(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, w.buffer), STATUS_SUCCESS);
	widen(&w, "drv");
	widen(&v, "Written");
	cr_expect_eq(RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, w.buffer, v.buffer, REG_DWORD,
					   &number, sizeof(number)), STATUS_SUCCESS);
	cr_expect_eq(direct("Written", CHECKED, REG_DWORD, &read), STATUS_SUCCESS);
	cr_expect_eq(read, 8);
	cr_expect_eq(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, w.buffer, v.buffer),
		     STATUS_SUCCESS);
	cr_expect_eq(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, w.buffer, v.buffer),
		     STATUS_OBJECT_NAME_NOT_FOUND);
	cr_expect_eq(RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, w.buffer, NULL, REG_DWORD,
					   &number, 4), STATUS_INVALID_PARAMETER);
	widen(&w, "a\\b\\c");
	cr_expect_eq(RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, w.buffer, v.buffer, REG_DWORD,
					   &number, 4), STATUS_OBJECT_NAME_NOT_FOUND);
	other = opened(SERVICES "\\drv", KEY_READ);
	cr_expect_eq(RtlCheckRegistryKey(RTL_REGISTRY_HANDLE, other), STATUS_SUCCESS);
	cr_expect_eq(ZwClose(other), STATUS_INVALID_HANDLE, "closed by the check, as documented");
}

Test(registryrtl, RS_IRQL_01_all_of_it_is_for_passive_level)
{
	RTL_QUERY_REGISTRY_TABLE none = { 0 };
	KIRQL old;

	KeRaiseIrql(APC_LEVEL, &old);
	query(&none);
	cr_expect(violated("RS-IRQL-01"));
	KeLowerIrql(old);
}
