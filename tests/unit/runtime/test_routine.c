/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NDIS's functions by their names, as a driver finds them that must load without
 * them. Linked with the shared library, whose exports these are.
 */
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <ndis.h>

TestSuite(routine, .timeout = 60);

static PVOID address_of(const char *text)
{
	WCHAR buffer[512];
	NDIS_STRING name = { .Buffer = buffer };

	for (size_t i = 0; i < strlen(text); i++)
		buffer[i] = (WCHAR)text[i];
	name.Length = name.MaximumLength = (USHORT)(strlen(text) * sizeof(WCHAR));
	return NdisGetRoutineAddress(&name);
}

Test(routine, a_function_is_found_and_is_that_function)
{
	UINT (*version)(VOID) = (UINT(*)(VOID))(ULONG_PTR)address_of("NdisGetVersion");

	cr_assert_not_null(version);
	cr_expect_eq(version(), 0x00060055);
	cr_expect_not_null(address_of("NdisMSendNetBufferListsComplete"));
	cr_expect_not_null(address_of("NdisGetRoutineAddress"));
}

static char absent[][40] = {
	"NdisNoSuchFunction",          /* no such thing */
	"NdisClMakeCall",              /* documented, not there */
	"NdisZeroMemory",              /* a macro */
	"nrt_init",                    /* exported, but the host's */
	"KeStallExecutionProcessor",   /* exported, but the kernel's */
	"malloc",                      /* of another library */
	"ndisgetversion",              /* names are exact */
	"Ndis",
	"",
};

ParameterizedTestParameters(routine, others_are_not_found)
{
	return cr_make_param_array(char[40], absent, sizeof(absent) / sizeof(absent[0]));
}

ParameterizedTest(char name[40], routine, others_are_not_found)
{
	cr_expect_null(address_of(name), "%s", name);
}

Test(routine, names_that_are_none_are_not_found)
{
	WCHAR with_null[] = { 'N', 'd', 'i', 's', 0, 'x' };
	NDIS_STRING string = { sizeof(with_null), sizeof(with_null), with_null };
	char tall[400];

	cr_expect_null(NdisGetRoutineAddress(&string));
	with_null[4] = 0x20AC;
	cr_expect_null(NdisGetRoutineAddress(&string));
	string = (NDIS_STRING){ 0 };
	cr_expect_null(NdisGetRoutineAddress(&string));
	cr_expect_null(NdisGetRoutineAddress(NULL));
	memset(tall, 'N', sizeof(tall) - 1);
	tall[sizeof(tall) - 1] = '\0';
	memcpy(tall, "Ndis", 4);
	cr_expect_null(address_of(tall));
}
