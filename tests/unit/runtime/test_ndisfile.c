/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files that drivers open, from the folder their host named.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "contract.h"
#include <criterion/parameterized.h>

#include "ke/memory.h"

static char folder[] = "/tmp/pollport-file-XXXXXX";
static char path[64], below[64], outside[64];

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

static void start(void)
{
	contract_start();
	cr_assert_not_null(mkdtemp(folder));
	snprintf(below, sizeof(below), "%s/sub", folder);
	snprintf(path, sizeof(path), "%s/sub/fw.bin", folder);
	snprintf(outside, sizeof(outside), "%s/secret", folder);
	cr_assert_eq(mkdir(below, 0700), 0);
	write_file(path, "firmware");
	write_file(outside, "not yours");
	cr_assert_eq(nrt_files_set(below), 0);
}

static void end(void)
{
	contract_end();
	unlink(path);
	unlink(outside);
	rmdir(below);
	rmdir(folder);
}

TestSuite(ndisfile, .init = start, .fini = end, .timeout = 60);

static const NDIS_PHYSICAL_ADDRESS anywhere = { .QuadPart = -1 };

static NDIS_STATUS open_file(const char *text, NDIS_HANDLE *handle, UINT *length)
{
	WCHAR buffer[300];
	NDIS_STRING name = { .Buffer = buffer };
	NDIS_STATUS status;

	for (size_t i = 0; i < strlen(text); i++)
		buffer[i] = (WCHAR)(UCHAR)text[i];
	name.Length = name.MaximumLength = (USHORT)(strlen(text) * sizeof(WCHAR));
	NdisOpenFile(&status, handle, length, &name, anywhere);
	return status;
}

Test(ndisfile, a_file_is_read_mapped_by_one_at_a_time_and_closed)
{
	NDIS_HANDLE handle;
	NDIS_STATUS status;
	PVOID data;
	UINT length;

	cr_assert_eq(open_file("fw.bin", &handle, &length), NDIS_STATUS_SUCCESS);
	cr_expect_eq(length, 8);
	NdisMapFile(&status, &data, handle);
	cr_assert_eq(status, NDIS_STATUS_SUCCESS);
	cr_expect_arr_eq(data, "firmware", 8);
	NdisMapFile(&status, &data, handle);
	cr_expect_eq(status, NDIS_STATUS_ALREADY_MAPPED);
	cr_expect_null(data);
	NdisUnmapFile(handle);
	NdisMapFile(&status, &data, handle);
	cr_expect_eq(status, NDIS_STATUS_SUCCESS);
	NdisCloseFile(handle); /* which unmaps it */
}

static char bad[][32] = {
	"none.bin", "", "..\\secret", "../secret", "x\\..\\..\\secret", "/etc/passwd", "\\fw.bin",
	"..", ".", "fw.bin\x80",
};

ParameterizedTestParameters(ndisfile, other_names_are_not_found)
{
	return cr_make_param_array(char[32], bad, sizeof(bad) / sizeof(bad[0]));
}

ParameterizedTest(char name[32], ndisfile, other_names_are_not_found)
{
	NDIS_HANDLE handle = &handle;
	UINT length = 1;

	cr_expect_eq(open_file(name, &handle, &length), NDIS_STATUS_FILE_NOT_FOUND, "%s", name);
	cr_expect_null(handle);
	cr_expect_eq(length, 0);
}

Test(ndisfile, nothing_is_found_while_the_host_names_no_folder)
{
	NDIS_HANDLE handle;
	UINT length;

	cr_assert_eq(nrt_files_set(NULL), 0);
	cr_expect_eq(open_file("fw.bin", &handle, &length), NDIS_STATUS_FILE_NOT_FOUND);
	cr_expect_eq(nrt_files_set(path), -ENOTDIR);
	cr_expect_str_neq(nrt_last_error(), "");
}

Test(ndisfile, without_memory_there_is_the_documented_status)
{
	NDIS_HANDLE handle;
	UINT length;

	nrt_memory_fail_nth(1);
	cr_expect_eq(open_file("fw.bin", &handle, &length), NDIS_STATUS_RESOURCES);
}

Test(ndisfile, RS_MEM_02_a_handle_that_is_not_open_is_reported)
{
	NDIS_HANDLE handle;
	NDIS_STATUS status;
	PVOID data;
	UINT length;

	cr_assert_eq(open_file("fw.bin", &handle, &length), NDIS_STATUS_SUCCESS);
	NdisCloseFile(handle);
	NdisMapFile(&status, &data, handle);
	cr_expect_neq(status, NDIS_STATUS_SUCCESS);
	cr_expect_null(data);
	NdisUnmapFile(NULL);
	NdisCloseFile(handle);
	cr_expect(violations_are("RS-MEM-02", "RS-MEM-02", "RS-MEM-02", NULL));
}

static struct stack s;
static NDIS_HANDLE kept;

static void open_and_keep(struct fake_adapter *a)
{
	UINT length;

	(void)a;
	cr_expect_eq(open_file("fw.bin", &kept, &length), NDIS_STATUS_SUCCESS);
}

Test(ndisfile, RS_MEM_02_one_that_initialization_leaves_open_is_reported_and_closed)
{
	s.a.on_initialized = open_and_keep;
	stack_up(&s);
	cr_expect(violations_are("RS-MEM-02", NULL));
	NdisCloseFile(kept);
	cr_expect(violations_are("RS-MEM-02", NULL));
	stack_down(&s);
}
