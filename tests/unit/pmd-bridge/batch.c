/* SPDX-License-Identifier: BSD-3-Clause */
/* See batch.h. */
#include "batch.h"

#define CHAIN 50

void batch_make(struct shaped *list[], ULONG n, ULONG length, const UCHAR to[6])
{
	for (ULONG i = 0; i < n; i++) {
		const struct shape_frame f = { .length = length - i % 7 };

		list[i] = shape_new(&f, 1, to, proto_port(0)->mac, i);
		cr_assert_not_null(list[i]);
		list[i]->send.on_done = shape_scribble;
	}
}

void batch_send(struct shaped *const list[], ULONG n)
{
	struct proto_port *p = proto_port(0);

	for (ULONG i = 0; i < n; i += CHAIN)
		cr_assert(proto_send(p, shape_chain(p, list + i, n - i < CHAIN ? n - i : CHAIN)));
}

ULONG batch_done(struct shaped *const list[], ULONG n)
{
	ULONG done = 0;

	for (ULONG i = 0; i < n; i++)
		done += list[i]->send.done != 0;
	return done;
}

void batch_expect_ended(struct shaped *const list[], ULONG n, NDIS_STATUS status)
{
	for (ULONG i = 0; i < n; i++) {
		cr_assert_eq(list[i]->send.done, 1, "NBL %u completed %d times", i,
			     list[i]->send.done);
		cr_expect_eq(list[i]->send.status, status, "NBL %u ended with 0x%08X", i,
			     (unsigned int)list[i]->send.status);
	}
}

void batch_expect_in_order(struct shaped *const list[], ULONG n)
{
	for (ULONG i = 1; i < n; i++)
		cr_expect_gt(list[i]->send.order, list[i - 1]->send.order,
			     "NBL %u overtook the one before", i);
}
