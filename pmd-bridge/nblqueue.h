/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The queue between senders on any thread and the one owner of a transmit queue: a chain
 * of NBLs goes in with one compare-and-swap, all chains come out with one exchange, in
 * the order they went in. The NBLs are its only memory, so it is never full: it refuses
 * nothing, and no thread waits for another. docs/decisions/0006-send-queue.md says why
 * it is this one; tests/model/nblqueue.pml is its model.
 */
#ifndef PMB_NBLQUEUE_H
#define PMB_NBLQUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ndis.h>

/*
 * Names a chain by its first NBL. Bit 0 is set when that is all of the chain: then what
 * was pushed before it is in its Next, and nobody touches more of it than that line. Else
 * that is in MiniportReserved[0] of the first NBL, and the last NBL in [1].
 */
#define PMB_NBLQUEUE_SINGLE ((uintptr_t)1)

struct pmb_nblqueue {
	_Atomic uintptr_t head; /* the chain pushed last, 0: none; any: push, owner: take */
};

_Static_assert(_Alignof(NET_BUFFER_LIST) > 1, "bit 0 of an NBL's address is free");

/* True when nothing is queued. The owner: a plain load sees at least what was pushed
 * before whatever led to this call, since a head is not read older than one known of. */
static inline bool pmb_nblqueue_empty(const struct pmb_nblqueue *q)
{
	return atomic_load_explicit(&q->head, memory_order_relaxed) == 0;
}

/* The same on any thread, which then sees what the owner wrote before it took. */
static inline bool pmb_nblqueue_taken(const struct pmb_nblqueue *q)
{
	/* Acquires what pmb_nblqueue_take releases. */
	return atomic_load_explicit(&q->head, memory_order_acquire) == 0;
}

/*
 * Queue @chain, one NBL or more; the last one's Next is NULL.
 *
 * Ownership: the NBLs are the queue's, then those of who takes them. Nothing of them may
 *            be touched after this call.
 * Context:   any thread. It tries again when another push came between, so of senders
 *            that meet one always gets on, wherever the others were preempted.
 */
static inline void pmb_nblqueue_push(struct pmb_nblqueue *q, NET_BUFFER_LIST *chain)
{
	PVOID *older = (PVOID *)&NET_BUFFER_LIST_NEXT_NBL(chain);
	uintptr_t name = (uintptr_t)chain, head = 0;

	if (*older == NULL) {
		name |= PMB_NBLQUEUE_SINGLE;
	} else {
		NET_BUFFER_LIST *last = NET_BUFFER_LIST_NEXT_NBL(chain);

		while (NET_BUFFER_LIST_NEXT_NBL(last) != NULL)
			last = NET_BUFFER_LIST_NEXT_NBL(last);
		older = chain->MiniportReserved;
		older[0] = NULL;
		older[1] = last;
	}
	/* The first try takes the queue for empty. A look before it would ask for the
	 * head's line twice, to read it and then to write. */
	while (!atomic_compare_exchange_weak_explicit(&q->head, &head, name,
						      /* Releases the chain to take's acquire. */
						      memory_order_release, memory_order_relaxed))
		*older = (PVOID)head;
}

/*
 * Take all that is queued as one chain, oldest first; *@end becomes its last NBL. Both
 * are NULL when there is nothing.
 *
 * Ownership: the NBLs are the caller's.
 * Context:   one thread at a time, the owner. It looks at no NBL but the first and the
 *            last of each chain that was pushed.
 */
static inline NET_BUFFER_LIST *pmb_nblqueue_take(struct pmb_nblqueue *q, NET_BUFFER_LIST **end)
{
	/* Acquires what push released; releases to pmb_nblqueue_taken. */
	uintptr_t name = atomic_exchange_explicit(&q->head, 0, memory_order_acq_rel);
	NET_BUFFER_LIST *ordered = NULL;

	*end = NULL;
	while (name != 0) { /* last in is first here */
		NET_BUFFER_LIST *first = (NET_BUFFER_LIST *)(name & ~PMB_NBLQUEUE_SINGLE);
		NET_BUFFER_LIST *last = first;

		if (name & PMB_NBLQUEUE_SINGLE) {
			name = (uintptr_t)NET_BUFFER_LIST_NEXT_NBL(first);
		} else {
			name = (uintptr_t)first->MiniportReserved[0];
			last = first->MiniportReserved[1];
		}
		if (ordered == NULL)
			*end = last;
		NET_BUFFER_LIST_NEXT_NBL(last) = ordered;
		ordered = first;
	}
	return ordered;
}

#endif
