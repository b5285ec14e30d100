/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cancel-safe queues by themselves: insertion, removal by context and by
 * match, cancels before, during and after; and two threads of which one
 * removes what the other cancels.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "recorder.h"

TestSuite(csq, .init = start_runtime, .fini = stop_runtime, .timeout = 120);

static struct {
	IO_CSQ csq;
	KSPIN_LOCK lock;
	LIST_ENTRY list;
	NTSTATUS insert_status;
	PVOID insert_context, peek_context;
	bool locked;
	BOOLEAN cancels_in_insert; /* IoCancelIrp comes while the IRP goes in */
	_Atomic unsigned int cancelled;
	PIRP last_cancelled;
} q;

static NTSTATUS insert_ex(PIO_CSQ csq, PIRP irp, PVOID context)
{
	cr_expect_eq(csq, &q.csq);
	cr_expect(q.locked);
	q.insert_context = context;
	if (NT_SUCCESS(q.insert_status))
		InsertTailList(&q.list, &irp->Tail.Overlay.ListEntry);
	if (q.cancels_in_insert)
		__atomic_store_n(&irp->Cancel, TRUE, __ATOMIC_SEQ_CST);
	return q.insert_status;
}

static VOID insert(PIO_CSQ csq, PIRP irp)
{
	insert_ex(csq, irp, NULL);
}

static VOID remove_irp(PIO_CSQ csq, PIRP irp)
{
	(void)csq;
	cr_expect(q.locked);
	RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}

/* @context: the Flags the IRP must have, or NULL. */
static PIRP peek(PIO_CSQ csq, PIRP irp, PVOID context)
{
	LIST_ENTRY *e = irp != NULL ? irp->Tail.Overlay.ListEntry.Flink : q.list.Flink;

	(void)csq;
	cr_expect(q.locked);
	q.peek_context = context;
	for (; e != &q.list; e = e->Flink) {
		PIRP next = CONTAINING_RECORD(e, IRP, Tail.Overlay.ListEntry);

		if (context == NULL || next->Flags == (ULONG)(ULONG_PTR)context)
			return next;
	}
	return NULL;
}

static VOID acquire(PIO_CSQ csq, PKIRQL irql)
{
	(void)csq;
	KeAcquireSpinLock(&q.lock, irql);
	q.locked = true;
}

static VOID release(PIO_CSQ csq, KIRQL irql)
{
	(void)csq;
	q.locked = false;
	KeReleaseSpinLock(&q.lock, irql);
}

static VOID cancelled(PIO_CSQ csq, PIRP irp)
{
	(void)csq;
	q.last_cancelled = irp;
	atomic_fetch_add(&q.cancelled, 1);
}

static void setup(bool ex)
{
	InitializeListHead(&q.list);
	if (ex)
		cr_assert_eq(IoCsqInitializeEx(&q.csq, insert_ex, remove_irp, peek, acquire,
					       release, cancelled), STATUS_SUCCESS);
	else
		cr_assert_eq(IoCsqInitialize(&q.csq, insert, remove_irp, peek, acquire, release,
					     cancelled), STATUS_SUCCESS);
}

/* One that is at its only driver. */
static PIRP irp_new(void)
{
	PIRP irp = IoAllocateIrp(1, FALSE);

	cr_assert_not_null(irp);
	IoSetNextIrpStackLocation(irp);
	return irp;
}

static void irp_free(PIRP irp)
{
	IoSkipCurrentIrpStackLocation(irp); /* back to where it came from */
	IoFreeIrp(irp);
}

static bool pending(PIRP irp)
{
	return (IoGetCurrentIrpStackLocation(irp)->Control & SL_PENDING_RETURNED) != 0;
}

Test(csq, irps_come_out_in_the_order_that_the_driver_keeps)
{
	PIRP a = irp_new(), b = irp_new();

	setup(false);
	IoCsqInsertIrp(&q.csq, a, NULL);
	IoCsqInsertIrp(&q.csq, b, NULL);
	cr_expect(pending(a));
	cr_expect_not_null(a->CancelRoutine);
	cr_expect_eq(IoCsqRemoveNextIrp(&q.csq, NULL), a);
	cr_expect_null(a->CancelRoutine);
	cr_expect_eq(IoCsqRemoveNextIrp(&q.csq, NULL), b);
	cr_expect_null(IoCsqRemoveNextIrp(&q.csq, NULL));
	cr_expect_eq(q.cancelled, 0);
	irp_free(a);
	irp_free(b);
}

Test(csq, the_peek_context_chooses)
{
	PIRP a = irp_new(), b = irp_new();

	setup(false);
	a->Flags = 1;
	b->Flags = 2;
	IoCsqInsertIrp(&q.csq, a, NULL);
	IoCsqInsertIrp(&q.csq, b, NULL);
	cr_expect_eq(IoCsqRemoveNextIrp(&q.csq, (PVOID)2), b);
	cr_expect_eq(q.peek_context, (PVOID)2);
	cr_expect_null(IoCsqRemoveNextIrp(&q.csq, (PVOID)2));
	cr_expect_eq(IoCsqRemoveNextIrp(&q.csq, (PVOID)1), a);
	irp_free(a);
	irp_free(b);
}

Test(csq, a_context_finds_its_irp_until_that_is_gone)
{
	PIRP a = irp_new(), b = irp_new();
	IO_CSQ_IRP_CONTEXT of_a, of_b;

	setup(false);
	IoCsqInsertIrp(&q.csq, a, &of_a);
	IoCsqInsertIrp(&q.csq, b, &of_b);
	cr_expect_eq(IoCsqRemoveIrp(&q.csq, &of_b), b);
	cr_expect_null(IoCsqRemoveIrp(&q.csq, &of_b));
	cr_expect_eq(IoCsqRemoveNextIrp(&q.csq, NULL), a);
	cr_expect_null(IoCsqRemoveIrp(&q.csq, &of_a), "removed by other means");
	irp_free(a);
	irp_free(b);
}

Test(csq, a_cancel_takes_the_irp_out_and_completes_it)
{
	PIRP a = irp_new(), b = irp_new();
	IO_CSQ_IRP_CONTEXT of_a;

	setup(false);
	IoCsqInsertIrp(&q.csq, a, &of_a);
	IoCsqInsertIrp(&q.csq, b, NULL);
	cr_expect(IoCancelIrp(a));
	cr_expect_eq(q.last_cancelled, a);
	cr_expect_null(IoCsqRemoveIrp(&q.csq, &of_a));
	cr_expect_not(IoCancelIrp(a), "once");
	cr_expect(IoCancelIrp(b));
	cr_expect_eq(q.last_cancelled, b);
	cr_expect_eq(q.cancelled, 2);
	cr_expect(IsListEmpty(&q.list));
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
	irp_free(a);
	irp_free(b);
}

Test(csq, an_irp_that_is_cancelled_already_is_not_inserted)
{
	PIRP irp = irp_new();
	IO_CSQ_IRP_CONTEXT context;

	setup(true);
	IoCancelIrp(irp);
	cr_expect_eq(IoCsqInsertIrpEx(&q.csq, irp, &context, &q), STATUS_SUCCESS);
	cr_expect_null(q.insert_context, "the driver's routine was not called");
	cr_expect_eq(q.last_cancelled, irp);
	cr_expect(pending(irp));
	cr_expect_null(IoCsqRemoveIrp(&q.csq, &context));
	irp_free(irp);
}

Test(csq, an_irp_that_is_cancelled_while_it_goes_in_comes_out_again)
{
	PIRP irp = irp_new();

	setup(true);
	q.cancels_in_insert = TRUE;
	cr_expect_eq(IoCsqInsertIrpEx(&q.csq, irp, NULL, NULL), STATUS_SUCCESS);
	cr_expect_eq(q.last_cancelled, irp);
	cr_expect(IsListEmpty(&q.list));
	cr_expect_null(irp->CancelRoutine);
	irp_free(irp);
}

Test(csq, a_driver_may_refuse_an_insertion)
{
	PIRP irp = irp_new();
	IO_CSQ_IRP_CONTEXT context;

	setup(true);
	q.insert_status = STATUS_DEVICE_BUSY;
	cr_expect_eq(IoCsqInsertIrpEx(&q.csq, irp, &context, &context), STATUS_DEVICE_BUSY);
	cr_expect_eq(q.insert_context, &context);
	cr_expect_not(pending(irp), "it is the driver's to complete now");
	cr_expect_null(irp->CancelRoutine);
	cr_expect_null(IoCsqRemoveIrp(&q.csq, &context));
	cr_expect_eq(q.cancelled, 0);
	irp_free(irp);
}

/* ------------------------------------------------------------------- two threads */

#define ROUNDS 20000

static PIRP irps[ROUNDS];
static _Atomic unsigned int inserted;

static void *cancel_all(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		while (atomic_load(&inserted) <= i)
			YieldProcessor();
		IoCancelIrp(irps[i]);
	}
	return NULL;
}

Test(csq, a_remover_and_a_canceller_share_the_irps_without_rest)
{
	unsigned int removed = 0;
	pthread_t thread;

	setup(false);
	for (unsigned int i = 0; i < ROUNDS; i++)
		irps[i] = irp_new();
	cr_assert_eq(pthread_create(&thread, NULL, cancel_all, NULL), 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		if (i % 2 == 0) {
			IoCsqInsertIrp(&q.csq, irps[i], NULL);
			atomic_store(&inserted, i + 1);
		} else { /* cancelled while it goes in */
			atomic_store(&inserted, i + 1);
			IoCsqInsertIrp(&q.csq, irps[i], NULL);
		}
		while (IoCsqRemoveNextIrp(&q.csq, NULL) != NULL)
			removed++;
	}
	pthread_join(thread, NULL);
	cr_expect(IsListEmpty(&q.list));
	cr_expect_eq(removed + q.cancelled, ROUNDS, "%u removed, %u cancelled", removed,
		     q.cancelled);
	for (unsigned int i = 0; i < ROUNDS; i++)
		irp_free(irps[i]);
}
