/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The send queue (pmd-bridge/nblqueue.h) as spin sees it: PRODUCERS senders that push
 * PUSHES chains each, of which each has OWN that come back to it, and the owner that
 * takes, or sends directly after draining. run.py checks it and its mutants.
 *
 * Memory is weak: what a sender writes to a chain lies in its store buffer until a
 * release (or chance) lets it out, and the owner may have an old copy until an acquire
 * (or chance) makes it look. What is not wholly visible is read as old or as new.
 *
 * Mutants: -DNO_RELEASE (push), -DNO_ACQUIRE (take), -DNO_REVERSAL (take), -DNO_DRAIN
 * (direct send), -DEXCHANGE_PUSH (the head is exchanged and the chain linked afterwards,
 * which would need no second try).
 */
#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef PUSHES
#define PUSHES 3
#endif
#ifndef OWN
#define OWN 2
#endif
#define CHAINS (PRODUCERS * OWN)

/* How far a write has come. */
#define BUFFERED 0 /* in the writer's store buffer */
#define IN_MEMORY 1 /* the owner may still have an old copy */
#define SEEN 2

/* A chain is named 1..CHAINS, 0 is none. The link is what nblqueue.h puts into Next or
 * MiniportReserved; the payload stands for all else that a sender wrote. */
byte link[CHAINS + 1], link_before[CHAINS + 1], link_at[CHAINS + 1];
byte payload[CHAINS + 1], payload_before[CHAINS + 1], payload_at[CHAINS + 1];
bool queued[CHAINS + 1]; /* not back with its sender; that way is not the model's */

byte head;             /* the one atomic */
bool must_see;         /* the owner knows of a push since its last take */

/* Ghosts, for the properties. */
byte told[PRODUCERS];      /* pushes of each that have ended, as everybody may know */
byte delivered[PRODUCERS]; /* of each, to the PMD */
byte first_before[CHAINS + 1]; /* what the sender of a chain knew of the others' pushes */
byte running = PRODUCERS;

#define OWNER_OF(c) (((c) - 1) / OWN)

inline write_link(c, value)
{
	link_before[c] = link[c];
	link[c] = value;
	link_at[c] = BUFFERED
}

/* All that sender @p wrote goes out before what follows. */
inline release(p)
{
	for (r : 1 .. CHAINS) {
		if
		:: OWNER_OF(r) == p && link_at[r] == BUFFERED -> link_at[r] = IN_MEMORY
		:: else
		fi;
		if
		:: OWNER_OF(r) == p && payload_at[r] == BUFFERED -> payload_at[r] = IN_MEMORY
		:: else
		fi
	}
	r = 0
}

/* The owner looks anew at all that is in memory. */
inline acquire()
{
	for (r : 1 .. CHAINS) {
		if
		:: link_at[r] == IN_MEMORY -> link_at[r] = SEEN
		:: else
		fi;
		if
		:: payload_at[r] == IN_MEMORY -> payload_at[r] = SEEN
		:: else
		fi
	}
	r = 0
}

/* Plain loads of the owner: what is not SEEN may be old, and stays new once it was new. */
inline read_link(c, value)
{
	if
	:: value = link[c]; link_at[c] = SEEN
	:: link_at[c] != SEEN -> value = link_before[c]
	fi
}

inline read_payload(c, value)
{
	if
	:: value = payload[c]; payload_at[c] = SEEN
	:: payload_at[c] != SEEN -> value = payload_before[c]
	fi
}

proctype sender(byte me)
{
	byte c, expected, n, r, other;

	do
	:: n < PUSHES ->
		c = me * OWN + n % OWN + 1;
		!queued[c];
		d_step {
			payload_before[c] = payload[c];
			payload[c] = n + 1;
			payload_at[c] = BUFFERED;
			write_link(c, 0); /* Next of the last NBL is NULL */
			queued[c] = true;
			other = (me + 1) % PRODUCERS;
			first_before[c] = told[other]; /* acquired from that sender */
			expected = 0
		};
#ifdef EXCHANGE_PUSH
		atomic { release(me); expected = head; head = c };
		atomic { write_link(c, expected); release(me) };
#else
		do
		:: atomic {
			head == expected ->
#ifndef NO_RELEASE
			release(me);
#endif
			head = c };
			break
		:: atomic {
			/* Also when it is equal: a weak compare-and-swap may fail so. */
			expected = head;
			write_link(c, expected) }
		od;
#endif
		skip;
		d_step { n++; told[me] = n; expected = 0; c = 0; other = 0 }
	:: else -> break
	od;
	running--
}

/* One chain to the PMD: the next of its sender, whole, and nothing that it followed is
 * still to come. */
inline deliver(c)
{
	read_payload(c, value);
	assert(value == delivered[OWNER_OF(c)] + 1); /* not lost, twice, late or torn */
	delivered[OWNER_OF(c)]++;
	assert(delivered[(OWNER_OF(c) + 1) % PRODUCERS] >= first_before[c]);
	value = 0
}

/* In one step from the exchange on: nobody writes to what the owner reads here but a
 * sender that publishes too early, and then the owner reads old values all the same. */
inline take()
{
	atomic {
		at = head;
		head = 0;
		must_see = false;
#ifndef NO_ACQUIRE
		acquire();
#endif
		do
		:: at != 0 ->
			assert(n < CHAINS); /* a chain comes twice */
			stack[n] = at;
			n++;
			read_link(stack[n - 1], at)
		:: else -> break
		od;
		do
		:: at < n ->
#ifdef NO_REVERSAL
			deliver(stack[at]);
#else
			deliver(stack[n - 1 - at]);
#endif
			at++
		:: else -> break
		od;
		do
		:: n > 0 ->
			n--;
			queued[stack[n]] = false;
			link[stack[n]] = 0; /* the owner has linked them its own way */
			link_before[stack[n]] = 0;
			first_before[stack[n]] = 0;
			stack[n] = 0
		:: else -> break
		od;
		at = 0
	}
}

/* pmb_nblqueue_empty is a plain load: while the owner does not know better it may see the
 * empty queue of its last take. */
inline look(found)
{
	if
	:: found = (head != 0)
	:: !must_see -> found = false
	fi
}

proctype owner()
{
	byte stack[CHAINS];
	byte at, n, r, value;
	bool found;

	do
	:: atomic {
		look(found);
		if
		:: found -> take()
		:: else
		fi;
		found = false }
	:: atomic {
		/* A send of its own, which happened after all pushes it knows of. */
		for (r : 0 .. PRODUCERS - 1) {
			if
			:: told[r] > delivered[r] -> must_see = true
			:: else
			fi
		}
#ifndef NO_DRAIN
		look(found);
		if
		:: found -> take()
		:: else
		fi;
		found = false;
#endif
		for (r : 0 .. PRODUCERS - 1) {
			assert(delivered[r] >= told[r])
		}
		r = 0 }
	:: atomic { running == 0 && head == 0 -> break }
	od;
	skip;
	d_step {
		for (r : 0 .. PRODUCERS - 1) {
			assert(delivered[r] == PUSHES)
		}
	}
}

init
{
	atomic {
		byte i;

		for (i : 0 .. PRODUCERS - 1) {
			run sender(i)
		}
		run owner()
	}
}
