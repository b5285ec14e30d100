/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way of a received frame below the miniport, up and back: a burst from the
 * PMD becomes a chain of NBLs that live in the mbufs' private areas; a chain
 * that is returned becomes free buffers again. pmb_rx_burst runs on the queue's
 * worker, pmb_rx_put on any thread.
 */
#include <rte_branch_prediction.h>
#include <rte_ethdev.h>
#include <rte_ether.h>

#include <nrt/nrt_lower.h>

#include "pool.h"
#include "port.h"

#define MAX_BURST 64

/* ------------------------------------------------------------ slow frames */

static void drop(struct pmb_rxq *q, struct rte_mbuf *m, _Atomic uint64_t *reason)
{
	pmb_count(reason, 1);
	while (m != NULL) {
		struct rte_mbuf *next = m->next;

		m->next = NULL;
		m->nb_segs = 1;
		if (pmb_pool_has(q->pool, m) && pmb_hot(m)->send == 0)
			pmb_pool_put(m);
		else
			rte_pktmbuf_free_seg(m);
		m = next;
	}
}

/* A copy that was not finished goes back where its buffers came from. */
static void put_copy(struct rte_mbuf *m)
{
	while (m != NULL) {
		struct rte_mbuf *next = m->next;

		m->next = NULL;
		m->nb_segs = 1;
		pmb_pool_put(m);
		m = next;
	}
}

/* A frame in somebody else's buffer, or in one whose send is not over yet: copy
 * it, and free the original, which is what completes that send. */
static struct rte_mbuf *copy_in(struct pmb_rxq *q, struct rte_mbuf *m)
{
	uint32_t left = m->pkt_len, offset = 0;
	struct rte_mbuf *head = NULL, *last = NULL;

	while (left != 0) {
		struct rte_mbuf *copy = rte_mbuf_raw_alloc(q->pool->mp);
		uint16_t n = (uint16_t)RTE_MIN(left, (uint32_t)q->pool->data_room);

		if (copy == NULL) {
			put_copy(head);
			drop(q, m, &q->drop_nobuf);
			return NULL;
		}
		rte_pktmbuf_reset(copy);
		pmb_count(&q->pool->received, 1);
		copy->data_len = n;
		rte_memcpy(rte_pktmbuf_mtod(copy, void *),
			   rte_pktmbuf_read(m, offset, n, rte_pktmbuf_mtod(copy, void *)), n);
		if (head == NULL)
			head = copy;
		else
			last->next = copy;
		last = copy;
		head->nb_segs = (uint16_t)(head->nb_segs + (copy != head));
		offset += n;
		left -= n;
	}
	if (head == NULL) {
		drop(q, m, &q->drop_bad);
		return NULL;
	}
	head->pkt_len = m->pkt_len;
	head->ol_flags = m->ol_flags & (RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED |
					RTE_MBUF_F_RX_RSS_HASH | RTE_MBUF_F_RX_IP_CKSUM_MASK |
					RTE_MBUF_F_RX_L4_CKSUM_MASK);
	head->packet_type = m->packet_type;
	head->hash.rss = m->hash.rss;
	head->vlan_tci = m->vlan_tci;
	pmb_count(&q->copied, 1);
	rte_pktmbuf_free(m);
	return head;
}

/* Bend the MDLs of a frame in several segments: each covers just its data, the
 * first also what lies before it. */
static void chain_mdls(struct rte_mbuf *head)
{
	struct pmb_buf *first = pmb_buf_of(head);
	struct pmb_buf *previous = first;

	first->mdl.ByteCount = (ULONG)head->data_off + head->data_len;
	pmb_hot(head)->marks = PMB_MARK_RESHAPED;
	for (struct rte_mbuf *m = head->next; m != NULL; m = m->next) {
		struct pmb_buf *buf = pmb_buf_of(m);
		uintptr_t va = (uintptr_t)rte_pktmbuf_mtod(m, void *);

		buf->mdl.MappedSystemVa = (void *)va;
		buf->mdl.StartVa = (void *)(va & ~(uintptr_t)(PAGE_SIZE - 1));
		buf->mdl.ByteOffset = (ULONG)(va & (PAGE_SIZE - 1));
		buf->mdl.ByteCount = m->data_len;
		buf->mdl.Next = NULL;
		pmb_hot(m)->marks = PMB_MARK_RESHAPED;
		previous->mdl.Next = &buf->mdl;
		previous = buf;
	}
}

static void set_tag(NET_BUFFER_LIST *nbl, uint16_t tci)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO info = { .Value = NULL };

	info.TagHeader.UserPriority = tci >> 13 & 7u;
	info.TagHeader.CanonicalFormatId = tci >> 12 & 1u;
	info.TagHeader.VlanId = tci & 0xFFFu;
	NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo) = info.Value;
}

/* Take the 802.1Q header of a port whose PMD does not strip it. */
static void strip_in_software(struct rte_mbuf *m)
{
	if (!(m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) && m->data_len >= 18)
		rte_vlan_strip(m);
}

static bool filter_takes(const struct pmb_filter *f, const struct rte_mbuf *m)
{
	const struct rte_ether_addr *dst = rte_pktmbuf_mtod(m, const struct rte_ether_addr *);

	if (!rte_is_multicast_ether_addr(dst))
		return (f->packet_types & NDIS_PACKET_TYPE_DIRECTED) &&
		       rte_is_same_ether_addr(dst, &f->mac);
	if (rte_is_broadcast_ether_addr(dst))
		return f->packet_types & NDIS_PACKET_TYPE_BROADCAST;
	if (f->packet_types & NDIS_PACKET_TYPE_ALL_MULTICAST)
		return true;
	if (!(f->packet_types & NDIS_PACKET_TYPE_MULTICAST))
		return false;
	for (ULONG i = 0; i < f->count; i++)
		if (rte_is_same_ether_addr(dst, &f->multicast[i]))
			return true;
	return false;
}

/* True when the frame goes up; it is dropped and counted otherwise. */
static bool passes(struct pmb_rxq *q, struct rte_mbuf *m)
{
	if (m->data_len < RTE_ETHER_HDR_LEN)
		drop(q, m, &q->drop_bad);
	else if (q->mode == PMB_RX_CHECK && !filter_takes(q->filter, m))
		drop(q, m, &q->drop_filter);
	else
		return true;
	return false;
}

/* Everything but a plain frame of the queue's own pool that goes up as it is. */
static struct rte_mbuf *rx_slow(struct pmb_rxq *q, struct rte_mbuf *m)
{
	struct pmb_buf *buf;

	if (!pmb_pool_has(q->pool, m) || pmb_hot(m)->send != 0) {
		m = copy_in(q, m);
	} else {
		for (struct rte_mbuf *s = m; s != NULL; s = s->next)
			pmb_count(&q->pool->received, 1);
	}
	if (m == NULL || !passes(q, m))
		return NULL;
	if (q->strip)
		strip_in_software(m);
	buf = pmb_buf_of(m);
	if (m->nb_segs > 1)
		chain_mdls(m);
	if (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED)
		set_tag(&buf->nbl, m->vlan_tci);
	return m;
}

/* ------------------------------------------------------------------ burst */

/* What the drivers above may have changed is put right here, or in clean_nbl. */
static inline NET_BUFFER_LIST *describe(struct rte_mbuf *m)
{
	struct pmb_buf *buf = pmb_buf_of(m);
	NET_BUFFER *nb = &buf->nb;
	ULONG offset = m->data_off, length = m->pkt_len;

	NET_BUFFER_NEXT_NB(nb) = NULL;
	NET_BUFFER_CURRENT_MDL(nb) = &buf->mdl;
	NET_BUFFER_CURRENT_MDL_OFFSET(nb) = offset;
	NET_BUFFER_DATA_LENGTH(nb) = length;
	NET_BUFFER_FIRST_MDL(nb) = &buf->mdl;
	NET_BUFFER_DATA_OFFSET(nb) = offset;
	return &buf->nbl;
}

static inline unsigned int hash_kind(uint32_t packet_type)
{
	uint32_t l4 = packet_type & RTE_PTYPE_L4_MASK;
	unsigned int over = l4 == RTE_PTYPE_L4_TCP ? 1 : l4 == RTE_PTYPE_L4_UDP ? 2 : 0;

	return RTE_ETH_IS_IPV4_HDR(packet_type) ? PMB_HASH_IPV4 + over :
	       RTE_ETH_IS_IPV6_HDR(packet_type) ? PMB_HASH_IPV6 + over :
						  PMB_HASH_NONE;
}

/* The PMD tells the hash, and by the packet's type what it is of. Nothing is set unless
 * both are known (page indicating-rss-receive-data). */
static inline void set_hash(const struct pmb_rxq *q, NET_BUFFER_LIST *nbl, const struct rte_mbuf *m)
{
	ULONG info = q->hash_info[hash_kind(m->packet_type)];

	if (!(m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) || info == 0)
		return;
	NET_BUFFER_LIST_SET_HASH_VALUE(nbl, m->hash.rss);
	NET_BUFFER_LIST_INFO(nbl, NetBufferListHashInfo) = (PVOID)(ULONG_PTR)info;
}

/* All that makes a frame special, in one word. */
static inline uint64_t oddity(const struct rte_mempool *mp, struct rte_mbuf *m)
{
	return ((uintptr_t)m->pool ^ (uintptr_t)mp) | (m->nb_segs ^ 1u) |
	       (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) | pmb_hot(m)->send;
}

/* At least one frame, as they come from a NIC that has nothing to say of them: no branch
 * a frame. */
static inline NET_BUFFER_LIST *rx_plain(struct rte_mbuf **m, uint16_t n)
{
	struct rte_mbuf *frame = m[0];

	for (uint16_t i = 1; i < n; i++) {
		NET_BUFFER_LIST *nbl = describe(frame);

		frame = m[i];
		NET_BUFFER_LIST_NEXT_NBL(nbl) = &pmb_buf_of(frame)->nbl;
	}
	NET_BUFFER_LIST_NEXT_NBL(describe(frame)) = NULL;
	return &pmb_buf_of(m[0])->nbl;
}

/* Of the checksums that may be told of the frame, those that the PMD found right or wrong. */
static inline void set_checksums(const struct pmb_rxq *q, NET_BUFFER_LIST *nbl,
				 const struct rte_mbuf *m)
{
	const NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO
		ip_good = { .Receive.IpChecksumSucceeded = 1 },
		ip_bad = { .Receive.IpChecksumFailed = 1 },
		l4_good = { .Receive = { .TcpChecksumSucceeded = 1, .UdpChecksumSucceeded = 1 } },
		l4_bad = { .Receive = { .TcpChecksumFailed = 1, .UdpChecksumFailed = 1 } };
	uint64_t ip = m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	uint64_t l4 = m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
	uintptr_t told = 0;

	if (ip == RTE_MBUF_F_RX_IP_CKSUM_GOOD)
		told |= (uintptr_t)ip_good.Value;
	else if (ip == RTE_MBUF_F_RX_IP_CKSUM_BAD)
		told |= (uintptr_t)ip_bad.Value;
	if (l4 == RTE_MBUF_F_RX_L4_CKSUM_GOOD)
		told |= (uintptr_t)l4_good.Value;
	else if (l4 == RTE_MBUF_F_RX_L4_CKSUM_BAD)
		told |= (uintptr_t)l4_bad.Value;
	NET_BUFFER_LIST_INFO(nbl, TcpIpChecksumNetBufferListInfo) =
		(PVOID)(told & q->checksum_info[hash_kind(m->packet_type)]);
}

static inline void set_notes(const struct pmb_rxq *q, NET_BUFFER_LIST *nbl,
			     const struct rte_mbuf *m)
{
	if (q->hashes)
		set_hash(q, nbl, m);
	if (q->checks)
		set_checksums(q, nbl, m);
}

/* Apart, so that a burst without notes is as if there were none. */
static __rte_noinline void set_all_notes(const struct pmb_rxq *q, struct rte_mbuf **m, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		set_notes(q, &pmb_buf_of(m[i])->nbl, m[i]);
}

/* The same for frames of which some are special or must be looked at; *@special and
 * *@dropped are how many. */
static NET_BUFFER_LIST **rx_mixed(struct pmb_rxq *q, struct rte_mbuf **m, uint16_t n,
				  NET_BUFFER_LIST **tail, uint16_t *special, uint16_t *dropped)
{
	bool look = q->mode != PMB_RX_PASS || q->strip;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *frame = m[i];

		if (look || oddity(q->pool->mp, frame) != 0) {
			++*special;
			frame = rx_slow(q, frame);
			if (frame == NULL) {
				++*dropped;
				continue;
			}
		}
		*tail = describe(frame);
		if (q->notes)
			set_notes(q, *tail, frame);
		tail = &NET_BUFFER_LIST_NEXT_NBL(*tail);
	}
	return tail;
}

/* No frame of the burst is special; each is of a pool, so one that differs changes the
 * sum or the product of their bits, as a frame of several segments does. */
static inline bool all_plain(const struct pmb_rxq *q, struct rte_mbuf **m, uint16_t n)
{
	uintptr_t mp = (uintptr_t)q->pool->mp;
	uintptr_t some = mp, all = mp;
	uint64_t sends = 0, flags = 0;
	unsigned int segments = 1;

	for (uint16_t i = 0; i < n; i++) {
		some |= (uintptr_t)m[i]->pool;
		all &= (uintptr_t)m[i]->pool;
		sends |= pmb_hot(m[i])->send;
		flags |= m[i]->ol_flags;
		segments |= m[i]->nb_segs;
	}
	return ((some ^ all) | sends | (flags & RTE_MBUF_F_RX_VLAN_STRIPPED) | (segments ^ 1) |
		(q->mode ^ PMB_RX_PASS) | q->strip) == 0;
}

/* One body, compiled with and without a meter. */
static inline __attribute__((always_inline)) ULONG
rx_burst(struct pmb_queue *queue, ULONG max, NET_BUFFER_LIST **chain, struct nrt_meter *meter)
{
	struct pmb_rxq *q = &queue->rx;
	struct rte_mbuf *m[MAX_BURST];
	uint16_t n, special = 0, dropped = 0;
	uint32_t outer;

	/* Without a packet filter, too, frames wait in the NIC: nobody asks for them. */
	if (unlikely(!q->running || q->mode >= PMB_RX_NOTHING))
		return 0;
	outer = nrt_stage_begin(meter, NRT_STAGE_RX);
	n = rte_eth_rx_burst(q->port, q->queue, m, (uint16_t)RTE_MIN(max, (ULONG)q->burst));
	nrt_stage_end(meter, outer, n);
	if (n == 0)
		return 0;
	if (likely(all_plain(q, m, n))) {
		*chain = rx_plain(m, n);
		if (unlikely(q->notes))
			set_all_notes(q, m, n);
	} else {
		*rx_mixed(q, m, n, chain, &special, &dropped) = NULL;
	}
	pmb_count(&q->frames, n);
	pmb_count(&q->pool->received, (uint64_t)n - special);
	pmb_count(&q->indicated, (uint64_t)n - dropped);
	return (ULONG)(n - dropped);
}

static __attribute__((noinline)) ULONG rx_burst_measured(struct pmb_queue *queue, ULONG max,
							 NET_BUFFER_LIST **chain)
{
	uint32_t outer = nrt_stage_begin(nrt_meter, NRT_STAGE_BUILD);
	ULONG n = rx_burst(queue, max, chain, nrt_meter);

	nrt_stage_end(nrt_meter, outer, n);
	return n;
}

ULONG pmb_rx_burst(struct pmb_queue *queue, ULONG max, NET_BUFFER_LIST **chain)
{
	if (unlikely(nrt_meter != NULL))
		return rx_burst_measured(queue, max, chain);
	return rx_burst(queue, max, chain, NULL);
}

/* ----------------------------------------------------------------- return */

/* What a driver above may have left in an NBL: flags, status and slots, which are
 * the four lines from NblFlags on, with nothing but padding behind them. Seldom used,
 * so they are looked at as wide as the CPU can, and written only when need be: a line
 * that is only read costs no way out of the store buffer. */
typedef uint64_t wide __attribute__((vector_size(32), may_alias));

#define SOILABLE offsetof(NET_BUFFER_LIST, NblFlags)

_Static_assert(SOILABLE % 64 == 0 && sizeof(NET_BUFFER_LIST) == SOILABLE + 8 * sizeof(wide) &&
		       NDIS_STATUS_SUCCESS == 0,
	       "flags, status and slots are four lines of zeros");

/* Or all that was written to @nbl into *@any. */
static inline void add_soil(wide *any, const NET_BUFFER_LIST *nbl)
{
	const wide *at = (const wide *)((const char *)nbl + SOILABLE);

	*any |= ((at[0] | at[1]) | (at[2] | at[3])) | ((at[4] | at[5]) | (at[6] | at[7]));
}

static inline bool is_soil(const wide *any)
{
	return ((*any)[0] | (*any)[1] | (*any)[2] | (*any)[3]) != 0;
}

/* A received NBL as it left pmb_rx_burst, whatever was done to it above. */
static void clean_nbl(NET_BUFFER_LIST *nbl)
{
	wide soil = { 0 };

	add_soil(&soil, nbl);
	if (is_soil(&soil))
		memset((char *)nbl + SOILABLE, 0, sizeof(*nbl) - SOILABLE);
}

/* All segments of a frame in several. */
static void put_segments(struct pmb_buf *buf)
{
	MDL *mdl = &buf->mdl;

	while (mdl != NULL) {
		struct pmb_buf *segment = pmb_buf_of_mdl(mdl);

		mdl = mdl->Next;
		pmb_buf_straighten(segment);
		pmb_pool_put_lent(pmb_mbuf_of(segment));
	}
}

/* A buffer of a pool that is not this thread's, of a frame in several segments,
 * or one that the PMD still has. */
static void put_special(struct pmb_buf *buf)
{
	struct rte_mbuf *m = pmb_mbuf_of(buf);

	if (pmb_hot(m)->marks & PMB_MARK_RESHAPED)
		put_segments(buf);
	else
		pmb_pool_put_lent(m);
}

/* ThreadSanitizer is not up yet when the loader asks which clone to take. */
#if defined(__SANITIZE_THREAD__)
#define WIDEST_VECTORS
#else
#define WIDEST_VECTORS __attribute__((target_clones("avx2", "default")))
#endif

/* Take the head of @chain onto @pool's stack as long as it is ordinary buffers of
 * that pool; returns the rest. Compiled for each width of vectors; the loader
 * picks the CPU's. */
WIDEST_VECTORS static NET_BUFFER_LIST *
put_plain(struct pmb_pool *pool, NET_BUFFER_LIST *chain)
{
	const struct rte_mempool *mp = pool->mp;
	uint32_t base = pmb_pool_top(pool);
	struct rte_mbuf **first = &pool->stack[base];
	struct rte_mbuf **top = first;
	wide soil = { 0 };

	while (chain != NULL) {
		struct rte_mbuf *m = pmb_mbuf_of(pmb_buf_of_nbl(chain));

		if (unlikely(m->pool != mp || (pmb_hot(m)->send | pmb_hot(m)->marks) != 0))
			break;
		add_soil(&soil, chain);
		*top++ = m;
		chain = NET_BUFFER_LIST_NEXT_NBL(chain);
	}
	if (unlikely(is_soil(&soil)))
		for (struct rte_mbuf **m = first; m != top; m++)
			clean_nbl(&pmb_buf_of(*m)->nbl);
	pmb_pool_set_top(pool, base + (uint32_t)(top - first));
	pmb_count(&pool->above_put, (uint64_t)(top - first));
	return chain;
}

/* The same on a thread that does not own @pool: they go to its inbox in one push. *@n
 * grows by their number. */
static NET_BUFFER_LIST *put_elsewhere(struct pmb_pool *pool, NET_BUFFER_LIST *chain, uint64_t *n)
{
	struct pmb_buf *first = NULL, *last = NULL;
	uint64_t put = 0;

	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain)) {
		struct pmb_buf *buf = pmb_buf_of_nbl(chain);
		struct rte_mbuf *m = pmb_mbuf_of(buf);

		/* Acquires what let the buffer go, as pmb_pool_put_lent does. */
		if (m->pool != pool->mp || pmb_hot(m)->marks != 0 ||
		    __atomic_load_n(&pmb_hot(m)->send, __ATOMIC_ACQUIRE) != 0)
			break;
		clean_nbl(&buf->nbl);
		pmb_hot(m)->marks = PMB_MARK_RETURNED;
		if (first == NULL)
			first = buf;
		else
			last->link = buf;
		last = buf;
		put++;
	}
	if (put != 0)
		pmb_pool_put_elsewhere(pool, first, last, put);
	*n += put;
	return chain;
}

/* The first of @chain alone, whatever it is; returns the rest. */
static NET_BUFFER_LIST *put_one(NET_BUFFER_LIST *chain)
{
	struct pmb_buf *buf = pmb_buf_of_nbl(chain);

	chain = NET_BUFFER_LIST_NEXT_NBL(chain); /* the buffer may be in use again at once */
	clean_nbl(&buf->nbl);
	put_special(buf);
	return chain;
}

void pmb_rx_put(struct pmb_port *port, NET_BUFFER_LIST *chain)
{
	struct pmb_rxq *q = &port->queues[0]->rx;
	uint64_t n = 0;

	while (chain != NULL) {
		struct pmb_pool *pool = pmb_mbuf_of(pmb_buf_of_nbl(chain))->pool->pool_data;

		if (likely(pmb_pool_own(pool))) {
			uint32_t top = pmb_pool_top(pool);

			chain = put_plain(pool, chain);
			n += pmb_pool_top(pool) - top;
			if (likely(pmb_pool_top(pool) != top))
				continue;
		} else {
			uint64_t before = n;

			chain = put_elsewhere(pool, chain, &n);
			if (likely(n != before))
				continue;
		}
		chain = put_one(chain);
		n++;
	}
	if (pmb_pool_own(q->pool))
		pmb_count(&q->returned_here, n);
	else
		atomic_fetch_add_explicit(&q->returned_elsewhere, n, memory_order_relaxed);
}
