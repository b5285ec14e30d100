/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Callback objects: names, order and IRQL of the calls, unregistering while a
 * routine runs, and what is reported.
 */
#include "recorder.h"

#include "gate.h"

TestSuite(excallback, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

static NTSTATUS create_as(const char *text, ULONG attributes, BOOLEAN create, BOOLEAN multiple,
			  PCALLBACK_OBJECT *object)
{
	WCHAR buffer[64];
	UNICODE_STRING name = { .Buffer = buffer };
	OBJECT_ATTRIBUTES oa;

	for (size_t i = 0; text[i] != '\0'; i++)
		buffer[i] = (WCHAR)text[i];
	name.Length = (USHORT)(strlen(text) * sizeof(WCHAR));
	InitializeObjectAttributes(&oa, &name, attributes, NULL, NULL);
	return ExCreateCallback(object, &oa, create, multiple);
}

static PCALLBACK_OBJECT create(BOOLEAN multiple)
{
	PCALLBACK_OBJECT object;

	cr_assert_eq(create_as("\\Callback\\Test", OBJ_CASE_INSENSITIVE, TRUE, multiple, &object),
		     STATUS_SUCCESS);
	return object;
}

static char trace[64];

static VOID note(PVOID context, PVOID argument1, PVOID argument2)
{
	size_t n = strlen(trace);

	snprintf(trace + n, sizeof(trace) - n, "%s%s%s%u ", (const char *)context,
		 (const char *)argument1, (const char *)argument2, KeGetCurrentIrql());
}

Test(excallback, routines_are_called_in_order_at_the_notifiers_irql)
{
	PCALLBACK_OBJECT object = create(TRUE);
	PVOID a = ExRegisterCallback(object, note, "a");
	PVOID b = ExRegisterCallback(object, note, "b");
	KIRQL old;

	cr_assert_not_null(a);
	cr_assert_not_null(b);
	ExNotifyCallback(object, "x", "y");
	cr_expect_str_eq(trace, "axy0 bxy0 ");
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	ExNotifyCallback(object, "", "");
	KeLowerIrql(old);
	cr_expect_str_eq(trace, "axy0 bxy0 a2 b2 ");
	ExUnregisterCallback(a);
	ExNotifyCallback(object, "", "");
	cr_expect_str_eq(trace, "axy0 bxy0 a2 b2 b0 ");
	ExUnregisterCallback(b);
	ExNotifyCallback(object, "", "");
	cr_expect_str_eq(trace, "axy0 bxy0 a2 b2 b0 ");
	ObDereferenceObject(object);
}

Test(excallback, an_object_is_opened_by_its_name)
{
	PCALLBACK_OBJECT object = create(TRUE), opened = NULL;

	cr_expect_eq(create_as("\\CALLBACK\\test", OBJ_CASE_INSENSITIVE, FALSE, FALSE, &opened),
		     STATUS_SUCCESS);
	cr_expect_eq(opened, object);
	ObDereferenceObject(opened);
	cr_expect_eq(create_as("\\CALLBACK\\test", 0, FALSE, FALSE, &opened),
		     STATUS_OBJECT_NAME_NOT_FOUND);
	ObDereferenceObject(object);
	cr_expect_eq(create_as("\\Callback\\Test", 0, FALSE, FALSE, &opened),
		     STATUS_OBJECT_NAME_NOT_FOUND, "it went with its last reference");
}

Test(excallback, a_permanent_object_outlives_its_references)
{
	PCALLBACK_OBJECT object, again;

	cr_assert_eq(create_as("\\Callback\\Test", OBJ_PERMANENT, TRUE, TRUE, &object),
		     STATUS_SUCCESS);
	ObDereferenceObject(object);
	cr_expect_eq(create_as("\\Callback\\Test", 0, FALSE, FALSE, &again), STATUS_SUCCESS);
	cr_expect_eq(again, object);
	ObDereferenceObject(again);
}

Test(excallback, an_object_for_one_routine_takes_one)
{
	PCALLBACK_OBJECT object = create(FALSE), opened;
	PVOID a = ExRegisterCallback(object, note, "a");

	/* What the second one asks for is ignored: the object is there. */
	cr_assert_eq(create_as("\\Callback\\Test", 0, TRUE, TRUE, &opened), STATUS_SUCCESS);
	cr_expect_null(ExRegisterCallback(opened, note, "b"));
	cr_expect_null(ExRegisterCallback(opened, NULL, NULL));
	ObDereferenceObject(opened);
	ExUnregisterCallback(a);
	a = ExRegisterCallback(object, note, "a");
	cr_expect_not_null(a);
	ObDereferenceObject(object);
	ExUnregisterCallback(a); /* its reference was the last */
	cr_expect_eq(create_as("\\Callback\\Test", 0, FALSE, FALSE, &opened),
		     STATUS_OBJECT_NAME_NOT_FOUND);
}

Test(excallback, malformed_attributes_are_answered)
{
	UNICODE_STRING empty = { 0 };
	PCALLBACK_OBJECT object;
	OBJECT_ATTRIBUTES oa;

	cr_expect_eq(ExCreateCallback(&object, NULL, TRUE, TRUE), STATUS_INVALID_PARAMETER);
	InitializeObjectAttributes(&oa, NULL, 0, NULL, NULL);
	cr_expect_eq(ExCreateCallback(&object, &oa, TRUE, TRUE), STATUS_UNSUCCESSFUL);
	oa.ObjectName = &empty;
	cr_expect_eq(ExCreateCallback(&object, &oa, TRUE, TRUE), STATUS_UNSUCCESSFUL);
	empty.Length = 2; /* without a buffer */
	cr_expect_eq(ExCreateCallback(&object, &oa, TRUE, TRUE), STATUS_UNSUCCESSFUL);
	oa.Length--;
	cr_expect_eq(ExCreateCallback(&object, &oa, TRUE, TRUE), STATUS_INVALID_PARAMETER);
	cr_expect_eq(create_as("Test", 0, TRUE, TRUE, &object), STATUS_OBJECT_PATH_SYNTAX_BAD);
	cr_expect_eq(create_as("\\Callback\\Test", 0, FALSE, TRUE, &object),
		     STATUS_OBJECT_NAME_NOT_FOUND);
}

Test(excallback, no_memory_is_answered)
{
	PCALLBACK_OBJECT object;

	for (uint64_t n = 1; n <= 3; n++) { /* two of the system's, then its own */
		fail_allocation(n);
		cr_expect_eq(create_as("\\Callback\\Test", 0, TRUE, TRUE, &object),
			     STATUS_INSUFFICIENT_RESOURCES);
		fail_allocation(0);
		nrt_fini();
		start_runtime();
	}
	object = create(TRUE);
	fail_allocation(1);
	cr_expect_null(ExRegisterCallback(object, note, "a"));
	fail_allocation(0);
	ObDereferenceObject(object);
}

/* ------------------------------------------------------- calls under way */

static PVOID registration;
static struct gate inside = GATE_INIT, go_on = GATE_INIT, done = GATE_INIT;

static VOID block(PVOID context, PVOID argument1, PVOID argument2)
{
	(void)context;
	(void)argument1;
	(void)argument2;
	gate_pass(&inside);
	gate_wait(&go_on, 1);
}

static void *notify(void *object)
{
	ExNotifyCallback(object, NULL, NULL);
	return NULL;
}

static void *unregister(void *arg)
{
	ExUnregisterCallback(arg);
	gate_pass(&done);
	return NULL;
}

Test(excallback, unregistering_waits_for_the_call_under_way)
{
	PCALLBACK_OBJECT object = create(TRUE);
	pthread_t notifier, remover;

	registration = ExRegisterCallback(object, block, NULL);
	pthread_create(&notifier, NULL, notify, object);
	gate_wait(&inside, 1);
	pthread_create(&remover, NULL, unregister, registration);
	for (int i = 0; i < 1000; i++)
		sched_yield();
	cr_expect_eq(gate_count(&done), 0);
	gate_pass(&go_on);
	gate_wait(&done, 1);
	pthread_join(remover, NULL);
	pthread_join(notifier, NULL);
	ObDereferenceObject(object);
}

static VOID remove_itself(PVOID context, PVOID argument1, PVOID argument2)
{
	note(context, argument1, argument2);
	ExUnregisterCallback(registration);
}

Test(excallback, a_routine_may_unregister_itself)
{
	PCALLBACK_OBJECT object = create(TRUE);
	PVOID b;

	registration = ExRegisterCallback(object, remove_itself, "a");
	b = ExRegisterCallback(object, note, "b");
	ExNotifyCallback(object, "", "");
	ExNotifyCallback(object, "", "");
	cr_expect_str_eq(trace, "a0 b0 b0 ");
	ExUnregisterCallback(b);
	ObDereferenceObject(object);
}

/* --------------------------------------------------------- what is wrong */

Test(excallback, the_systems_objects_are_there_and_not_the_drivers_to_notify)
{
	PCALLBACK_OBJECT object;
	PVOID a;

	cr_assert_eq(create_as("\\Callback\\PowerState", OBJ_CASE_INSENSITIVE, FALSE, TRUE,
			       &object), STATUS_SUCCESS);
	a = ExRegisterCallback(object, note, "a");
	cr_expect_not_null(a);
	ExNotifyCallback(object, "", "");
	cr_expect(violated("RS-MEM-02"));
	ExUnregisterCallback(a);
	ObDereferenceObject(object);
	cr_assert_eq(create_as("\\Callback\\SetSystemTime", 0, FALSE, TRUE, &object),
		     STATUS_SUCCESS);
	ObDereferenceObject(object);
}

Test(excallback, RS_MEM_02_a_registration_ends_once)
{
	PCALLBACK_OBJECT object = create(TRUE);
	PVOID a = ExRegisterCallback(object, note, "a");

	ExUnregisterCallback(a);
	ExUnregisterCallback(a);
	cr_expect(violated("RS-MEM-02"));
	ExUnregisterCallback(NULL);
	cr_expect(violated("RS-MEM-02"));
	ObDereferenceObject(object);
}

Test(excallback, RS_MEM_02_what_is_left_behind_is_reported)
{
	PCALLBACK_OBJECT object = create(TRUE);

	cr_assert_not_null(ExRegisterCallback(object, note, "a"));
	cr_assert_eq(nrt_fini(), 0);
	cr_expect_eq(recorded.count, 2, "the object and the registration");
	recorded.count = 0;
	start_runtime();
}
