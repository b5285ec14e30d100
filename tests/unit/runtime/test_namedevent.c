/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events by name: who finds them, how long they last, and names that are none.
 */
#include "recorder.h"

TestSuite(namedevent, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

static UNICODE_STRING name(PCWSTR text)
{
	UNICODE_STRING s;

	RtlInitUnicodeString(&s, text);
	return s;
}

static OBJECT_ATTRIBUTES attributes(UNICODE_STRING *s, ULONG flags)
{
	OBJECT_ATTRIBUTES a;

	InitializeObjectAttributes(&a, s, flags, NULL, NULL);
	return a;
}

static NTSTATUS poll(PVOID object)
{
	LARGE_INTEGER at_once = { .QuadPart = 0 };

	return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, &at_once);
}

Test(namedevent, an_event_is_signalled_when_it_is_new_and_found_by_its_name)
{
	UNICODE_STRING upper = name(u"\\BaseNamedObjects\\Pollport"),
		       lower = name(u"\\basenamedobjects\\POLLPORT");
	HANDLE first, second;
	PKEVENT event = IoCreateNotificationEvent(&upper, &first);

	cr_assert_not_null(event);
	cr_expect_eq(poll(event), STATUS_SUCCESS);
	cr_expect_eq(poll(event), STATUS_SUCCESS, "a notification event stays set");
	KeClearEvent(event);
	cr_expect_eq(IoCreateSynchronizationEvent(&lower, &second), event, "it is opened");
	cr_expect_neq(second, first);
	cr_expect_eq(KeReadStateEvent(event), 0);
	ZwClose(first);
	KeSetEvent(event, 0, FALSE);
	cr_expect_eq(poll(event), STATUS_SUCCESS, "the other handle keeps it");
	ZwClose(second);
	cr_expect_eq(nrt_memory_live(), 0);
	event = IoCreateSynchronizationEvent(&upper, &first);
	cr_expect_eq(poll(event), STATUS_SUCCESS);
	cr_expect_eq(poll(event), STATUS_TIMEOUT, "a synchronization event lets one go");
	ZwClose(first);
}

Test(namedevent, an_existing_event_is_opened_by_its_attributes)
{
	UNICODE_STRING exact = name(u"\\KernelObjects\\Pollport"),
		       other = name(u"\\KernelObjects\\POLLPORT");
	OBJECT_ATTRIBUTES a = attributes(&exact, OBJ_KERNEL_HANDLE);
	HANDLE handle, opened;
	PVOID object;
	PKEVENT event;

	cr_expect_eq(ZwOpenEvent(&opened, EVENT_ALL_ACCESS, &a), STATUS_OBJECT_NAME_NOT_FOUND);
	event = IoCreateNotificationEvent(&exact, &handle);
	cr_expect_eq(ZwOpenEvent(&opened, EVENT_MODIFY_STATE, &a), STATUS_SUCCESS);
	cr_expect_eq(ObReferenceObjectByHandle(opened, 0, NULL, KernelMode, &object, NULL),
		     STATUS_SUCCESS);
	cr_expect_eq(object, (PVOID)event);
	ZwClose(handle);
	ZwClose(opened);
	a = attributes(&other, 0);
	cr_expect_eq(ZwOpenEvent(&opened, 0, &a), STATUS_OBJECT_NAME_NOT_FOUND);
	a = attributes(&other, OBJ_CASE_INSENSITIVE);
	cr_expect_eq(ZwOpenEvent(&opened, 0, &a), STATUS_SUCCESS, "the reference keeps it");
	ZwClose(opened);
	ObDereferenceObject(object);
	cr_expect_eq(ZwOpenEvent(&opened, 0, &a), STATUS_OBJECT_NAME_NOT_FOUND);
}

Test(namedevent, what_is_no_name_is_answered)
{
	static const struct {
		PCWSTR text;
		NTSTATUS status;
	} bad[] = {
		{ u"", STATUS_OBJECT_PATH_SYNTAX_BAD },
		{ u"Pollport", STATUS_OBJECT_PATH_SYNTAX_BAD },
		{ u"\\Pollport", STATUS_OBJECT_PATH_NOT_FOUND },
		{ u"\\BaseNamedObjects", STATUS_OBJECT_PATH_NOT_FOUND },
		{ u"\\BaseNamedObjects\\", STATUS_OBJECT_NAME_INVALID },
		{ u"\\BaseNamedObjects\\a\\b", STATUS_OBJECT_PATH_NOT_FOUND },
		{ u"\\BaseNamedObjectsa", STATUS_OBJECT_PATH_NOT_FOUND },
	};
	HANDLE handle = &handle;
	OBJECT_ATTRIBUTES a;
	UNICODE_STRING s;

	for (size_t i = 0; i < RTL_NUMBER_OF(bad); i++) {
		s = name(bad[i].text);
		a = attributes(&s, 0);
		cr_expect_eq(ZwOpenEvent(&handle, 0, &a), bad[i].status, "%zu", i);
		cr_expect_null(IoCreateNotificationEvent(&s, &handle));
		cr_expect_null(IoCreateSynchronizationEvent(&s, &handle));
	}
	s = name(u"\\BaseNamedObjects\\a");
	s.Length--;
	cr_expect_eq(ZwOpenEvent(&handle, 0, &a), STATUS_OBJECT_NAME_INVALID);
	s.Buffer = NULL;
	cr_expect_eq(ZwOpenEvent(&handle, 0, &a), STATUS_OBJECT_PATH_SYNTAX_BAD);
	a.ObjectName = NULL;
	cr_expect_eq(ZwOpenEvent(&handle, 0, &a), STATUS_OBJECT_PATH_SYNTAX_BAD);
	a.RootDirectory = &a;
	cr_expect_eq(ZwOpenEvent(&handle, 0, &a), STATUS_INVALID_HANDLE);
	a.Length--;
	cr_expect_eq(ZwOpenEvent(&handle, 0, &a), STATUS_INVALID_PARAMETER);
	cr_expect_eq(ZwOpenEvent(&handle, 0, NULL), STATUS_INVALID_PARAMETER);
	cr_expect_null(IoCreateNotificationEvent(NULL, &handle));
	cr_expect_eq(handle, &handle);
	s = name(u"\\BaseNamedObjects\\a");
	fail_allocation(1);
	cr_expect_null(IoCreateNotificationEvent(&s, &handle));
	fail_allocation(0);
}

Test(namedevent, RS_IRQL_01_names_are_for_passive_level)
{
	UNICODE_STRING s = name(u"\\BaseNamedObjects\\a");
	OBJECT_ATTRIBUTES a = attributes(&s, 0);
	HANDLE handle;
	KIRQL old;

	KeRaiseIrql(APC_LEVEL, &old);
	ZwOpenEvent(&handle, 0, &a);
	KeLowerIrql(old);
	cr_expect(violated("RS-IRQL-01"));
}
