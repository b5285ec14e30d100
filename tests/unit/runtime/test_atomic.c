/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The interlocked operations in all their forms: what each returns and leaves, and
 * that those which count lose nothing between threads.
 */
#include "recorder.h"

TestSuite(atomic, .timeout = 60);

/* One operation on 6, with what it returns and what is there then. */
#define CHECK(type, call, returned, left) \
	do { \
		type v = 6; \
		cr_expect_eq(call, returned, #call); \
		cr_expect_eq(v, left, #call); \
	} while (0)

#define CHECK_WIDTH(type, order, width) \
	CHECK(type, InterlockedIncrement##order##width(&v), 7, 7); \
	CHECK(type, InterlockedDecrement##order##width(&v), 5, 5); \
	CHECK(type, InterlockedAdd##order##width(&v, 4), 10, 10); \
	CHECK(type, InterlockedExchangeAdd##order##width(&v, 4), 6, 10); \
	CHECK(type, InterlockedCompareExchange##order##width(&v, 1, 6), 6, 1); \
	CHECK(type, InterlockedCompareExchange##order##width(&v, 1, 5), 6, 6); \
	CHECK(type, InterlockedAnd##width##order(&v, 3), 6, 2); \
	CHECK(type, InterlockedOr##width##order(&v, 3), 6, 7); \
	CHECK(type, InterlockedXor##width##order(&v, 3), 6, 5)

Test(atomic, each_order_does_what_the_full_one_does)
{
	CHECK_WIDTH(LONG, , );
	CHECK_WIDTH(LONG, Acquire, );
	CHECK_WIDTH(LONG, Release, );
	CHECK_WIDTH(LONG, NoFence, );
	CHECK_WIDTH(LONG64, , 64);
	CHECK_WIDTH(LONG64, Acquire, 64);
	CHECK_WIDTH(LONG64, Release, 64);
	CHECK_WIDTH(LONG64, NoFence, 64);
}

Test(atomic, exchange_in_its_orders)
{
	CHECK(LONG, InterlockedExchange(&v, 1), 6, 1);
	CHECK(LONG, InterlockedExchangeAcquire(&v, 1), 6, 1);
	CHECK(LONG, InterlockedExchangeNoFence(&v, 1), 6, 1);
	CHECK(LONG64, InterlockedExchange64(&v, 1), 6, 1);
	CHECK(LONG64, InterlockedExchangeAcquire64(&v, 1), 6, 1);
	CHECK(LONG64, InterlockedExchangeNoFence64(&v, 1), 6, 1);
	CHECK(SHORT, InterlockedExchange16Acquire(&v, 1), 6, 1);
}

Test(atomic, underlined_and_small_forms)
{
	CHECK(LONG64, _InterlockedIncrement64(&v), 7, 7);
	CHECK(LONG64, _InterlockedCompareExchange64(&v, 1, 6), 6, 1);
	CHECK(LONG64, _InterlockedXor64(&v, 3), 6, 5);
	CHECK(SHORT, _InterlockedIncrement16(&v), 7, 7);
	CHECK(SHORT, InterlockedIncrement16NoFence(&v), 7, 7);
	CHECK(SHORT, InterlockedCompareExchange16Acquire(&v, 1, 6), 6, 1);
	CHECK(SHORT, _InterlockedAnd16(&v, 3), 6, 2);
	CHECK(SHORT, InterlockedOr16Release(&v, 3), 6, 7);
	CHECK(CHAR, InterlockedXor8NoFence(&v, 3), 6, 5);
	CHECK(CHAR, _InterlockedOr8(&v, 3), 6, 7);
	CHECK(CHAR, _InterlockedExchange8(&v, 3), 6, 3);
	CHECK(LONG, _interlockedbittestandset(&v, 0), 0, 7);
	CHECK(LONG, _interlockedbittestandreset(&v, 1), 1, 4);
}

Test(atomic, pointers_and_the_form_with_a_lock)
{
	int a, b;
	PVOID p = &a;
	LONGLONG value = 1LL << 40, one = 1, comparand = 1LL << 40;

	cr_expect_eq(InterlockedExchangePointerNoFence(&p, &b), &a);
	cr_expect_eq(InterlockedCompareExchangePointerAcquire(&p, &a, &a), &b);
	cr_expect_eq(p, &b);
	cr_expect_eq(_InterlockedCompareExchangePointer(&p, &a, &b), &b);
	cr_expect_eq(p, &a);
	cr_expect_eq(ExInterlockedCompareExchange64(&value, &one, &comparand, NULL), 1LL << 40);
	cr_expect_eq(value, 1);
	cr_expect_eq(ExInterlockedCompareExchange64(&value, &comparand, &comparand, NULL), 1);
	cr_expect_eq(value, 1);
}

Test(atomic, loads_and_stores_of_small_types)
{
	UCHAR u8 = 0;
	USHORT u16 = 0;
	CHAR i8 = 0;
	SHORT i16 = 0;

	WriteUCharRelease(&u8, 200);
	WriteUShortNoFence(&u16, 60000);
	Write8NoFence(&i8, -3);
	Write16Release(&i16, -30000);
	cr_expect_eq(ReadUCharAcquire(&u8), 200);
	cr_expect_eq(ReadUShortAcquire(&u16), 60000);
	cr_expect_eq(Read8NoFence(&i8), -3);
	cr_expect_eq(Read16Acquire(&i16), -30000);
}

static LONG64 counter;

static void *count(void *arg)
{
	(void)arg;
	for (int i = 0; i < 100000; i++)
		InterlockedIncrementNoFence64(&counter);
	return NULL;
}

Test(atomic, counts_from_several_threads_add_up)
{
	pthread_t ids[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&ids[i], NULL, count, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(ids[i], NULL);
	cr_expect_eq(counter, 400000);
}
