/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Handles and references: what is no handle is answered, what is left open is
 * reported.
 */
#include "recorder.h"

#include "gate.h"
#include "ke/object.h"

TestSuite(object, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

static unsigned int destroyed;

static void destroy(struct nrt_object *object)
{
	(void)object;
	destroyed++;
}

static struct nrt_object objects[200];

static HANDLE open_handle(struct nrt_object *object)
{
	HANDLE handle = NULL;

	nrt_object_init(object, NRT_OBJECT_EVENT, destroy);
	cr_assert_eq(nrt_handle_open(object, GENERIC_READ, &handle), STATUS_SUCCESS);
	return handle;
}

Test(object, the_last_reference_destroys_it)
{
	HANDLE handle = open_handle(&objects[0]);
	PVOID object;

	cr_expect_eq(ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &object, NULL),
		     STATUS_SUCCESS);
	cr_expect_eq(object, &objects[0]);
	ObReferenceObject(object);
	cr_expect_eq(ObReferenceObjectByPointer(object, 0, NULL, KernelMode), STATUS_SUCCESS);
	cr_expect_eq(ZwClose(handle), STATUS_SUCCESS);
	ObDereferenceObject(object);
	ObDereferenceObject(object);
	cr_expect_eq(destroyed, 0);
	ObDereferenceObject(object);
	cr_expect_eq(destroyed, 1);
}

Test(object, references_with_tags_count_as_those_without)
{
	HANDLE handle = open_handle(&objects[0]);
	PVOID object;

	cr_expect_eq(ObReferenceObjectByHandleWithTag(handle, 0, NULL, KernelMode, 'gaT1', &object,
						      NULL), STATUS_SUCCESS);
	cr_expect_eq(object, &objects[0]);
	cr_expect_eq(ObReferenceObjectWithTag(object, 'gaT1'), 3);
	cr_expect_eq(ObReferenceObjectByPointerWithTag(object, 0, NULL, KernelMode, 'gaT1'),
		     STATUS_SUCCESS);
	cr_expect(ObReferenceObjectSafe(object));
	ZwClose(handle);
	for (LONG_PTR left = 3; left >= 0; left--)
		cr_expect_eq(ObDereferenceObjectWithTag(object, 'gaT1'), left);
	cr_expect_eq(destroyed, 1);
	cr_expect_not(ObReferenceObjectSafe(object), "it is being deleted");
	cr_expect_eq(objects[0].references, 0);
}

Test(object, what_is_no_open_handle_is_answered)
{
	static const ULONG_PTR bad[] = { 0, 1, 3, 4, 0x7fffffff, ~(ULONG_PTR)0, ~(ULONG_PTR)3,
					 (ULONG_PTR)&bad };
	HANDLE handle = open_handle(&objects[0]);
	PVOID object = &objects[1];

	for (size_t i = 0; i < RTL_NUMBER_OF(bad); i++) {
		cr_expect_eq(ZwClose((HANDLE)bad[i]), STATUS_INVALID_HANDLE);
		cr_expect_eq(ObReferenceObjectByHandle((HANDLE)bad[i], 0, NULL, KernelMode, &object,
						       NULL), STATUS_INVALID_HANDLE);
		cr_expect_null(object);
	}
	cr_expect_eq(ZwClose((HANDLE)((ULONG_PTR)handle | 1)), STATUS_INVALID_HANDLE);
	cr_expect_eq(ZwClose(handle), STATUS_SUCCESS);
	cr_expect_eq(ZwClose(handle), STATUS_INVALID_HANDLE);
	cr_expect_neq(open_handle(&objects[1]), handle, "the old number stays dead");
	cr_expect_eq(ZwClose(handle), STATUS_INVALID_HANDLE);
	nrt_handles_end();
	cr_expect(violated("RS-MEM-02"));
}

Test(object, the_type_of_an_object_is_looked_at)
{
	HANDLE handle = open_handle(&objects[0]);
	struct nrt_object *object;
	ACCESS_MASK granted;

	cr_expect_eq(nrt_handle_object(handle, NRT_OBJECT_THREAD, &object, NULL),
		     STATUS_OBJECT_TYPE_MISMATCH);
	cr_expect_eq(nrt_handle_object(handle, NRT_OBJECT_EVENT, &object, &granted),
		     STATUS_SUCCESS);
	cr_expect_eq(granted, GENERIC_READ);
	nrt_object_drop(object);
	ZwClose(handle);
}

Test(object, there_are_as_many_handles_as_are_asked_for)
{
	HANDLE handles[RTL_NUMBER_OF(objects)];

	for (size_t i = 0; i < RTL_NUMBER_OF(objects); i++)
		handles[i] = open_handle(&objects[i]);
	for (size_t i = 0; i < RTL_NUMBER_OF(objects); i++) {
		struct nrt_object *object;

		cr_assert_eq(nrt_handle_object(handles[i], 0, &object, NULL), STATUS_SUCCESS);
		cr_expect_eq(object, &objects[i]);
		nrt_object_drop(object);
		cr_expect_eq(ZwClose(handles[i]), STATUS_SUCCESS);
	}
	cr_expect_eq(destroyed, RTL_NUMBER_OF(objects));
}

Test(object, RS_MEM_02_a_handle_that_is_left_open_is_reported)
{
	open_handle(&objects[0]);
	nrt_handles_end();
	cr_expect(violated("RS-MEM-02"));
	cr_expect_eq(destroyed, 1);
}
