/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Evidence of sending, where a PMD's freeing comes too late to be it: the worker remembers
 * what it handed over, and ends sends when a descriptor's status or the NIC's own count
 * says that they left. Their buffers stay PMB_SEND_HELD until the PMD frees them. tx.c
 * calls on the queue's worker; the count is read on a control thread of each port.
 */
#include "evidence.h"

#include <errno.h>
#include <time.h>

#include <rte_atomic.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

/* Pauses of the thread that reads counts, in microseconds: the first while a queue waits,
 * then doubled up to the last. The last, one reading of the registers (0.2 ms) and a
 * worker's look stay within PMB_TX_SILENCE_MS. */
#define FIRST_PAUSE_US 2000
#define LAST_PAUSE_US 16000

_Static_assert(LAST_PAUSE_US + 2000 < PMB_TX_SILENCE_MS * 1000, "the bound pmb.h promises");

enum way {
	BY_FREEING, /* the PMD frees inside its burst, or when rte_eth_tx_done_cleanup asks */
	BY_STATUS,  /* the descriptor of each frame tells */
	BY_COUNT,   /* the NIC's count of frames transmitted tells when it has caught up */
};

/*
 * By name, since no call of ethdev tells how exact another is. What both need of a PMD: it
 * frees in the order of its ring, and only inside tx_burst and dev_stop.
 */
static const struct {
	const char *driver;
	enum way way;
	uint16_t rs_thresh;             /* without which it does not work; 0: any will do */
} ways[] = {
	/* Frees a buffer when its slot is used again and has no tx_done_cleanup. With
	 * tx_rs_thresh 1 each frame's last descriptor is reported; with more, its
	 * descriptor_status looks at descriptors that are not. */
	{ "net_e1000_em", BY_STATUS, 1 },
	/* Frees likewise, reports each frame. Its tx_done_cleanup is exact, but takes a
	 * frame in several segments apart into slots whose descriptors were never reported;
	 * tx_burst then waits for those for ever. */
	{ "net_e1000_igb", BY_STATUS, 0 },
	/* Reports one descriptor in 32, and nothing of a group that is not full; its
	 * descriptor_status looks at the descriptor behind the reported one. QPTC counts
	 * what the MAC was given of each queue [82599 datasheet, statistics registers]. */
	{ "net_ixgbe", BY_COUNT, 0 },
};

/* What a queue handed over and has not got back: a ring of segments. Positions count
 * from the first ever. */
struct pmb_evidence {
	/* worker: rw */
	enum way way;
	uint16_t n_desc;
	uint32_t mask;
	uint64_t head;                  /* the PMD has freed those before */
	uint64_t done;                  /* the sends before are over, or freed: see catch_up */
	uint64_t seen;                  /* tail at the last look */
	/* worker: w, counter: ro */
	_Alignas(64) _Atomic uint64_t turn; /* odd inside tx_burst, another one after it */
	_Atomic uint64_t tail;
	_Atomic uint64_t frames;        /* handed over */
	_Atomic bool asks;              /* silent, with sends that are not over */
	/* counter: w, worker: ro */
	_Alignas(64) _Atomic uint64_t left; /* what was before has left */
	/* counter: rw, of the look at hand */
	uint64_t turn_before, tail_before;
	struct rte_mbuf *ring[];
};

/* One per port with queues that learn BY_COUNT. */
struct pmb_counter {
	struct pmb_port *port;
	pthread_t thread;
	_Atomic bool quit;              /* control: w, counter: ro */
	/* under the device's registers_lock */
	bool running;
	unsigned int n;                 /* counters in use; queue i is counted by i % n */
	/* When they were last known to agree: frames handed over, and the NIC's count. */
	struct {
		uint64_t handed, counted;
		uint64_t last;          /* count read last */
		bool reset;             /* somebody reset the count since */
	} agreed[RTE_ETHDEV_QUEUE_STAT_CNTRS];
};

/* ------------------------------------------------------------------ worker */

/* A frame that the PMD took; returns the tail. One in a single piece is known by the
 * mbuf's first line. */
static inline uint64_t push(struct pmb_evidence *e, uint64_t tail, struct rte_mbuf *m)
{
	uint16_t more = m->nb_segs;

	e->ring[tail++ & e->mask] = m;
	while (--more != 0) {
		m = m->next;
		e->ring[tail++ & e->mask] = m;
	}
	return tail;
}

uint16_t pmb_evidence_burst(struct pmb_txq *q, struct rte_mbuf **m, uint16_t n)
{
	struct pmb_evidence *e = q->evidence;
	uint64_t turn = atomic_load_explicit(&e->turn, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&e->tail, memory_order_relaxed);
	uint32_t before = q->n_done + q->let_go_quietly;
	uint16_t sent;

	/* Before the doorbell: a frame that is counted was announced. Pairs with compare. */
	atomic_store_explicit(&e->turn, turn + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	sent = rte_eth_tx_burst(q->port, q->queue, m, n);
	/* Within the call nothing but the PMD's freeing moved these. */
	e->head += (uint32_t)(q->n_done + q->let_go_quietly - before);
	for (uint16_t i = 0; i < sent; i++)
		tail = push(e, tail, m[i]);
	atomic_store_explicit(&e->tail, tail, memory_order_relaxed);
	atomic_store_explicit(&e->frames,
			      atomic_load_explicit(&e->frames, memory_order_relaxed) + sent,
			      memory_order_relaxed);
	/* Releases both to snapshot's acquire. */
	atomic_store_explicit(&e->turn, turn + 2, memory_order_release);
	return sent;
}

/* Sends whose buffers the PMD freed since are over. */
static void catch_up(struct pmb_evidence *e)
{
	e->done = RTE_MAX(e->done, e->head);
}

/* The sends of all segments before @upto are over; the PMD has their buffers still. */
static void end_sends(struct pmb_txq *q, uint64_t upto)
{
	struct pmb_evidence *e = q->evidence;

	for (; e->done < upto; e->done++) {
		uintptr_t *word = &pmb_hot(e->ring[e->done & e->mask])->send;
		uintptr_t send = *word;

		/* A driver at fault may return a buffer now, while its send is under way. */
		while (!__atomic_compare_exchange_n(word, &send,
						    PMB_SEND_HELD | (send & PMB_SEND_RETURNED),
						    false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			;
		pmb_send_over(q, send);
	}
}

/* True when the NIC is done with the frame that segment @at is in. */
static bool is_reported(const struct pmb_txq *q, uint64_t at, uint64_t tail)
{
	const struct pmb_evidence *e = q->evidence;

	while (e->ring[at & e->mask]->next != NULL)
		at++; /* a frame's last descriptor is the one that is reported */
	/* Offsets count from the next free descriptor, so that the ring's size less one is
	 * the last that was used. Descriptors without a segment, for offloads, would only
	 * make this look at a later frame. */
	return rte_eth_tx_descriptor_status(q->port, q->queue,
					    (uint16_t)(e->n_desc - (tail - at))) ==
	       RTE_ETH_TX_DESC_DONE;
}

/* Statuses come in order, so one tells of all frames before it: the newest first, which is
 * what a silent queue is about, then the older by halves. A PMD clears a status when it
 * cleans up, so one that is not there proves nothing: what is found is a lower bound. */
static void look_at_statuses(struct pmb_txq *q)
{
	struct pmb_evidence *e = q->evidence;
	uint64_t tail = atomic_load_explicit(&e->tail, memory_order_relaxed);
	uint64_t first = e->done, last = tail - 1;

	if (is_reported(q, last, tail)) {
		end_sends(q, tail);
		return;
	}
	while (first < last) {
		uint64_t middle = first + (last - first) / 2;

		if (is_reported(q, middle, tail))
			first = middle + 1;
		else
			last = middle;
	}
	end_sends(q, first);
}

static void look_at_count(struct pmb_txq *q)
{
	struct pmb_evidence *e = q->evidence;
	uint64_t tail = atomic_load_explicit(&e->tail, memory_order_relaxed);
	bool asks;

	/* Pairs with publish. */
	end_sends(q, atomic_load_explicit(&e->left, memory_order_acquire));
	asks = e->done != tail && e->seen == tail; /* and nothing was sent since the last look */
	e->seen = tail;
	if (asks != atomic_load_explicit(&e->asks, memory_order_relaxed))
		atomic_store_explicit(&e->asks, asks, memory_order_relaxed);
}

void pmb_evidence_look(struct pmb_txq *q)
{
	struct pmb_evidence *e = q->evidence;

	catch_up(e);
	if (e->way == BY_COUNT)
		look_at_count(q);
	else if (e->done != atomic_load_explicit(&e->tail, memory_order_relaxed))
		look_at_statuses(q);
}

/* ------------------------------------------------------------ counter thread */

/* The queues with evidence of @c's port, one after the other; NULL at the end. */
static struct pmb_evidence *next_counted(const struct pmb_counter *c, uint16_t *i,
					 unsigned int *by)
{
	while (*i < c->port->n_queues) {
		const struct pmb_txq *q = &c->port->queues[(*i)++]->tx;

		*by = q->queue % c->n;
		if (q->evidence != NULL)
			return q->evidence;
	}
	return NULL;
}

/* Note where each queue is; sums by counter. */
static void snapshot(struct pmb_counter *c, uint64_t handed[])
{
	struct pmb_evidence *e;
	unsigned int by;

	for (uint16_t i = 0; (e = next_counted(c, &i, &by)) != NULL;) {
		e->turn_before = atomic_load_explicit(&e->turn, memory_order_acquire);
		e->tail_before = atomic_load_explicit(&e->tail, memory_order_relaxed);
		handed[by] += atomic_load_explicit(&e->frames, memory_order_relaxed);
	}
}

/* Find the counters whose queues handed nothing over since the snapshot, or were about to. */
static void compare(struct pmb_counter *c, bool still[])
{
	struct pmb_evidence *e;
	unsigned int by;

	for (by = 0; by < c->n; by++)
		still[by] = true;
	for (uint16_t i = 0; (e = next_counted(c, &i, &by)) != NULL;)
		still[by] = still[by] && e->turn_before % 2 == 0 &&
			    atomic_load_explicit(&e->turn, memory_order_relaxed) == e->turn_before;
}

/* All that the queues of counter @by had handed over has left. */
static void publish(struct pmb_counter *c, unsigned int by)
{
	struct pmb_evidence *e;
	unsigned int its;

	for (uint16_t i = 0; (e = next_counted(c, &i, &its)) != NULL;)
		if (its == by)
			atomic_store_explicit(&e->left, e->tail_before, memory_order_release);
}

/*
 * The NIC has caught up when it counted as many frames since they last agreed as were
 * handed over since. A count that went down was reset and began at 0: what it shows left
 * after that agreement. A count that lost frames, by a reset while some left, or by one
 * that nobody saw, never agrees again until the PMD is started anew: then sends of a
 * silent queue stay, and the miniport's watch for hangs resets the port.
 */
static bool has_caught_up(const struct pmb_counter *c, unsigned int by, uint64_t handed,
			  uint64_t counted)
{
	return (c->agreed[by].reset ? counted : counted - c->agreed[by].counted) ==
	       handed - c->agreed[by].handed;
}

static void agree(struct pmb_counter *c, unsigned int by, uint64_t handed, uint64_t counted)
{
	c->agreed[by].handed = handed;
	c->agreed[by].counted = c->agreed[by].last = counted;
	c->agreed[by].reset = false;
}

void pmb_evidence_note(struct pmb_port *port, const struct rte_eth_stats *s)
{
	struct pmb_counter *c = port->counter;

	for (unsigned int by = 0; c != NULL && by < c->n; by++) {
		c->agreed[by].reset |= s->q_opackets[by] < c->agreed[by].last;
		c->agreed[by].last = s->q_opackets[by];
	}
}

/* Read the counts and tell the workers what they prove; under the device's registers_lock.
 * False: some queue is not done, or no more is known than before. */
static bool read_counts(struct pmb_counter *c)
{
	uint64_t handed[RTE_ETHDEV_QUEUE_STAT_CNTRS] = { 0 };
	bool still[RTE_ETHDEV_QUEUE_STAT_CNTRS];
	struct rte_eth_stats s;
	bool all = true;

	snapshot(c, handed);
	if (rte_eth_stats_get(c->port->id, &s) != 0)
		return false;
	rte_io_rmb(); /* the registers before what follows: pairs with pmb_evidence_burst */
	atomic_thread_fence(memory_order_acquire);
	compare(c, still);
	pmb_evidence_note(c->port, &s);
	for (unsigned int by = 0; by < c->n; by++) {
		if (!still[by] || !has_caught_up(c, by, handed[by], s.q_opackets[by])) {
			all = false;
			continue;
		}
		agree(c, by, handed[by], s.q_opackets[by]);
		publish(c, by);
	}
	return all;
}

/* True when a queue asks and has no answer yet that it only has to look at. */
static bool somebody_asks(const struct pmb_counter *c)
{
	struct pmb_evidence *e;
	unsigned int by;

	for (uint16_t i = 0; (e = next_counted(c, &i, &by)) != NULL;)
		if (atomic_load_explicit(&e->asks, memory_order_relaxed) &&
		    atomic_load_explicit(&e->left, memory_order_relaxed) !=
			    atomic_load_explicit(&e->tail, memory_order_relaxed))
			return true;
	return false;
}

static void *run_counter(void *arg)
{
	struct pmb_counter *c = arg;
	struct timespec pause = { .tv_nsec = FIRST_PAUSE_US * 1000 };

	while (!atomic_load_explicit(&c->quit, memory_order_relaxed)) {
		bool again = false;

		nanosleep(&pause, NULL);
		if (somebody_asks(c)) {
			pmb_registers_lock(c->port->device);
			again = c->running && !read_counts(c);
			pmb_registers_unlock(c->port->device);
		}
		pause.tv_nsec = !again ? FIRST_PAUSE_US * 1000 :
					 RTE_MIN(2 * pause.tv_nsec, LAST_PAUSE_US * 1000);
	}
	return NULL;
}

/* -------------------------------------------------------------------- life */

/* A frame that is segmented counts several times; but then the PMD takes its full path,
 * which reports each frame with tx_rs_thresh 1.
 * Sets *@rs_thresh to what the way needs; 0: nothing. Who asks for another threshold gets
 * it, and no bound. */
static enum way choose(const struct pmb_port *port, uint16_t *rs_thresh)
{
	const struct pmb_device *d = port->device;
	bool segments = port->info.send_offloads & (PMB_OFFLOAD_LSO_IPV4 | PMB_OFFLOAD_LSO_IPV6);
	uint16_t asked = d->config.tx_rs_thresh;

	*rs_thresh = 0;
	for (size_t i = 0; i < RTE_DIM(ways); i++) {
		if (strcmp(ways[i].driver, d->info.driver_name) != 0)
			continue;
		if (ways[i].rs_thresh != 0 && asked != 0 && asked != ways[i].rs_thresh)
			return BY_FREEING;
		*rs_thresh = ways[i].rs_thresh;
		if (ways[i].way == BY_COUNT && segments) {
			*rs_thresh = 1;
			return asked <= 1 ? BY_STATUS : BY_FREEING;
		}
		return ways[i].way;
	}
	return BY_FREEING;
}

int pmb_evidence_setup(struct pmb_port *port, struct pmb_txq *q, struct rte_eth_txconf *conf)
{
	const struct pmb_device *d = port->device;
	uint16_t rs_thresh;
	enum way way = choose(port, &rs_thresh);
	uint32_t size = rte_align32pow2(d->config.tx_desc); /* the most a PMD can have */
	struct pmb_evidence *e;

	if (way == BY_FREEING)
		return 0;
	if (rs_thresh != 0)
		conf->tx_rs_thresh = rs_thresh;
	e = pmb_zalloc_near(sizeof(*e) + size * sizeof(e->ring[0]), 64,
			    pmb_worker_node(d->tx_worker[q->queue]));
	if (e == NULL)
		return pmb_fail(-ENOMEM, "port %u: no memory for tx queue %u; give EAL more with -m",
				port->id, q->queue);
	e->way = way;
	e->n_desc = d->config.tx_desc;
	e->mask = size - 1;
	q->evidence = e;
	return 0;
}

/* A counter for each queue as far as there are counters, else one for all. */
static unsigned int map_counters(const struct pmb_port *port)
{
	uint16_t queues = port->device->config.tx_queues;
	unsigned int n = RTE_MIN((unsigned int)queues, (unsigned int)RTE_ETHDEV_QUEUE_STAT_CNTRS);

	for (uint16_t i = 0; i < queues; i++)
		if (rte_eth_dev_set_tx_queue_stats_mapping(port->id, i, (uint8_t)(i % n)) != 0)
			n = 1;
	for (uint16_t i = 0; n == 1 && i < queues; i++)
		rte_eth_dev_set_tx_queue_stats_mapping(port->id, i, 0);
	return n;
}

int pmb_evidence_open(struct pmb_port *port)
{
	struct pmb_counter *c;
	uint16_t rs_thresh;
	int rc;

	if (choose(port, &rs_thresh) != BY_COUNT)
		return 0;
	c = rte_zmalloc(NULL, sizeof(*c), 0);
	if (c == NULL)
		return pmb_fail(-ENOMEM, "port %u: no memory to count sends; give EAL more with -m",
				port->id);
	c->port = port;
	c->n = map_counters(port);
	rc = rte_ctrl_thread_create(&c->thread, "pmb-counter", NULL, run_counter, c);
	if (rc != 0) {
		rte_free(c);
		return pmb_fail(rc, "port %u: no thread to count sends: %s", port->id,
				rte_strerror(-rc));
	}
	port->counter = c;
	return 0;
}

void pmb_evidence_start(struct pmb_port *port)
{
	struct pmb_counter *c = port->counter;
	uint64_t handed[RTE_ETHDEV_QUEUE_STAT_CNTRS] = { 0 };
	struct rte_eth_stats s;

	if (c == NULL)
		return;
	pmb_registers_lock(port->device);
	snapshot(c, handed);
	c->running = rte_eth_stats_get(port->id, &s) == 0;
	for (unsigned int by = 0; c->running && by < c->n; by++)
		agree(c, by, handed[by], s.q_opackets[by]);
	pmb_registers_unlock(port->device);
}

void pmb_evidence_stop(struct pmb_port *port)
{
	struct pmb_counter *c = port->counter;

	if (c != NULL) {
		pmb_registers_lock(port->device);
		if (c->running)
			read_counts(c);
		c->running = false;
		pmb_registers_unlock(port->device);
	}
	for (uint16_t i = 0; i < port->n_queues; i++)
		if (port->queues[i]->tx.evidence != NULL)
			pmb_evidence_look(&port->queues[i]->tx);
}

void pmb_evidence_give_up(struct pmb_port *port)
{
	for (uint16_t i = 0; i < port->n_queues; i++) {
		struct pmb_txq *q = &port->queues[i]->tx;

		if (q->evidence != NULL)
			end_sends(q, atomic_load_explicit(&q->evidence->tail,
							  memory_order_relaxed));
	}
}

void pmb_evidence_forget(struct pmb_port *port)
{
	for (uint16_t i = 0; i < port->n_queues; i++) {
		struct pmb_evidence *e = port->queues[i]->tx.evidence;

		if (e != NULL)
			e->head = e->done = atomic_load_explicit(&e->tail, memory_order_relaxed);
	}
}

void pmb_evidence_close(struct pmb_port *port)
{
	struct pmb_counter *c = port->counter;

	if (c != NULL) {
		atomic_store_explicit(&c->quit, true, memory_order_relaxed);
		pthread_join(c->thread, NULL);
		rte_free(c);
		port->counter = NULL;
	}
	for (uint16_t i = 0; i < port->n_queues; i++)
		rte_free(port->queues[i]->tx.evidence);
}
