/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames the fast path of tx.c does not take: several MDLs, memory of others,
 * out-of-band data, short ones, and buffers that are on their way already. They
 * go by reference where the PMD and the memory allow it, else as a copy in a
 * buffer of the queue's transmit pool. The queue's worker.
 */
#include <rte_ether.h>
#include <rte_ethdev.h>
#include <rte_ip.h>

#include "pool.h"
#include "port.h"
#include "txq.h"

/* Below this a copy costs less than attaching and detaching foreign memory. */
#define REFERENCE_MIN 256
/* More than an 82599 takes in one descriptor; only sends to be segmented have such pieces. */
#define REFERENCE_MAX 15360

static void lend(struct pmb_txq *q, struct rte_mbuf *m, NET_BUFFER_LIST *nbl)
{
	struct pmb_hot *hot = pmb_hot(m);

	hot->send = (uintptr_t)nbl | PMB_SEND_COUNTED;
	hot->txq = q;
	++*pmb_send_count(nbl);
}

/* One piece of a frame: @length bytes at @offset of @mdl. */
struct piece {
	MDL *mdl;
	uint32_t offset, length;
};

/* Walk the frame's pieces; empty MDLs give none. False at the end. */
static bool next_piece(struct piece *p, uint32_t *left)
{
	while (p->mdl != NULL && p->offset >= p->mdl->ByteCount) {
		p->offset -= p->mdl->ByteCount;
		p->mdl = p->mdl->Next;
	}
	if (p->mdl == NULL || *left == 0)
		return false;
	p->length = RTE_MIN(p->mdl->ByteCount - p->offset, *left);
	*left -= p->length;
	return true;
}

static uint8_t *piece_va(const struct piece *p)
{
	return (uint8_t *)p->mdl->MappedSystemVa + p->offset;
}

/* Bus address of a DMA-able MDL's first byte. */
static rte_iova_t mdl_iova(const MDL *mdl)
{
	const PFN_NUMBER *pfn = (const PFN_NUMBER *)(mdl + 1);

	return ((rte_iova_t)pfn[0] << PAGE_SHIFT) + mdl->ByteOffset;
}

/* @buf, in which @p lies, lent; NULL if it is not ours to lend now. */
static struct rte_mbuf *lend_own(struct pmb_buf *buf, const struct piece *p)
{
	struct rte_mbuf *m = pmb_mbuf_of(buf);

	if (!pmb_pool_own(buf->pool) || pmb_hot(m)->send != 0)
		return NULL; /* see own_buf in tx.c; on its way already */
	m->data_off = (uint16_t)(piece_va(p) - (uint8_t *)m->buf_addr);
	return m;
}

static rte_iova_t piece_iova(const struct pmb_buf *buf, const struct piece *p)
{
	const struct rte_mbuf *m = pmb_mbuf_of(buf);

	return rte_mbuf_iova_get(m) + (rte_iova_t)(piece_va(p) - (uint8_t *)m->buf_addr);
}

/* The piece's memory, at bus address @iova, attached to a buffer of the transmit pool. */
static struct rte_mbuf *attach(struct pmb_txq *q, const struct piece *p, rte_iova_t iova)
{
	struct rte_mbuf *m;

	if (p->length < REFERENCE_MIN || p->length > REFERENCE_MAX)
		return NULL;
	m = rte_mbuf_raw_alloc(q->pool->mp);
	if (m == NULL)
		return NULL;
	rte_mbuf_ext_refcnt_set(&pmb_buf_of(m)->shinfo, 1);
	rte_pktmbuf_attach_extbuf(m, piece_va(p), iova, (uint16_t)p->length,
				  &pmb_buf_of(m)->shinfo);
	m->data_off = 0;
	return m;
}

/* An mbuf over the piece itself: the buffer it lies in, or a buffer of the transmit
 * pool with the memory attached. NULL if neither is possible. */
static struct rte_mbuf *by_reference(struct pmb_txq *q, const struct piece *p)
{
	struct pmb_buf *buf = pmb_buf_of_mdl(p->mdl);
	struct rte_mbuf *m = NULL;

	if (buf != NULL) {
		m = lend_own(buf, p);
		if (m == NULL)
			m = attach(q, p, piece_iova(buf, p));
	} else if (p->mdl->MdlFlags & NRT_MDL_DMA) {
		m = attach(q, p, mdl_iova(p->mdl) + p->offset);
	}
	if (m == NULL)
		return NULL;
	m->data_len = (uint16_t)p->length;
	m->ol_flags &= RTE_MBUF_F_EXTERNAL;
	m->next = NULL;
	m->nb_segs = 1;
	return m;
}

static bool has_tag(const NET_BUFFER_LIST *nbl, uint16_t *tci)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO info;

	info.Value = NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo);
	*tci = (uint16_t)(info.TagHeader.UserPriority << 13 |
			  info.TagHeader.CanonicalFormatId << 12 | info.TagHeader.VlanId);
	return info.Value != NULL;
}

/* All pieces by reference, chained; NULL if one of them can't be. */
static struct rte_mbuf *reference_frame(struct pmb_txq *q, NET_BUFFER_LIST *nbl, NET_BUFFER *nb)
{
	struct piece p = { NET_BUFFER_CURRENT_MDL(nb), NET_BUFFER_CURRENT_MDL_OFFSET(nb), 0 };
	uint32_t left = NET_BUFFER_DATA_LENGTH(nb);
	struct rte_mbuf *head = NULL, *last = NULL;

	while (next_piece(&p, &left)) {
		struct rte_mbuf *m =
			head == NULL || head->nb_segs < q->max_segs ? by_reference(q, &p) : NULL;

		if (m == NULL) {
			if (head != NULL)
				pmb_tx_unlend(head);
			return NULL;
		}
		lend(q, m, nbl);
		if (head == NULL)
			head = m;
		else
			last->next = m;
		last = m;
		head->nb_segs = (uint16_t)(head->nb_segs + (m != head));
		p.offset += p.length;
	}
	if (head != NULL)
		head->pkt_len = NET_BUFFER_DATA_LENGTH(nb);
	return head;
}

/* Append @length bytes at @from (zeros if NULL) to the chain, adding buffers. */
static bool append(struct pmb_txq *q, struct rte_mbuf *head, const uint8_t *from, uint32_t length)
{
	while (length != 0) {
		struct rte_mbuf *last = rte_pktmbuf_lastseg(head);
		uint16_t room = rte_pktmbuf_tailroom(last);
		uint32_t n = RTE_MIN(length, (uint32_t)room);
		uint8_t *to = rte_pktmbuf_mtod_offset(last, uint8_t *, last->data_len);

		if (n == 0) {
			struct rte_mbuf *m =
				head->nb_segs < q->max_segs ? rte_mbuf_raw_alloc(q->pool->mp) : NULL;

			if (m == NULL)
				return false;
			rte_pktmbuf_reset(m);
			last->next = m;
			head->nb_segs++;
			continue;
		}
		if (from != NULL) {
			memcpy(to, from, n);
			from += n;
		} else {
			memset(to, 0, n);
		}
		last->data_len = (uint16_t)(last->data_len + n);
		head->pkt_len += n;
		length -= n;
	}
	return true;
}

/* The 802.1Q header a software port does not insert: behind the addresses. */
static bool insert_tag(struct rte_mbuf *m, uint16_t tci)
{
	struct rte_ether_hdr *old = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	uint8_t addresses[2 * RTE_ETHER_ADDR_LEN];
	struct rte_vlan_hdr *tag;
	uint8_t *start;

	memcpy(addresses, old, sizeof(addresses));
	start = (uint8_t *)rte_pktmbuf_prepend(m, sizeof(*tag));
	if (start == NULL)
		return false;
	memcpy(start, addresses, sizeof(addresses));
	start[12] = RTE_ETHER_TYPE_VLAN >> 8;
	start[13] = RTE_ETHER_TYPE_VLAN & 0xFF;
	start[14] = (uint8_t)(tci >> 8);
	start[15] = (uint8_t)tci;
	return true;
}

/* The bytes of @nb into @head, which has none; most frames are one piece that fits. */
static inline bool copy_bytes(struct pmb_txq *q, struct rte_mbuf *head, NET_BUFFER *nb)
{
	struct piece p = { NET_BUFFER_CURRENT_MDL(nb), NET_BUFFER_CURRENT_MDL_OFFSET(nb), 0 };
	uint32_t left = NET_BUFFER_DATA_LENGTH(nb);

	if (likely(p.mdl != NULL && (uint64_t)p.offset + left <= MmGetMdlByteCount(p.mdl) &&
		   left <= rte_pktmbuf_tailroom(head))) {
		memcpy(rte_pktmbuf_mtod(head, uint8_t *), piece_va(&p), left);
		head->data_len = (uint16_t)left;
		head->pkt_len = left;
		return true;
	}
	while (next_piece(&p, &left)) {
		if (!append(q, head, piece_va(&p), p.length))
			return false;
		p.offset += p.length;
	}
	return true;
}

/* @least is the length on the wire, a tag to come not counted. */
static inline struct rte_mbuf *copy_frame(struct pmb_txq *q, NET_BUFFER *nb, uint32_t least)
{
	struct rte_mbuf *head = rte_mbuf_raw_alloc(q->pool->mp);
	bool ok;

	if (head == NULL)
		return NULL;
	rte_pktmbuf_reset(head);
	ok = copy_bytes(q, head, nb);
	if (ok && head->pkt_len < least) /* MP-SND-08 */
		ok = append(q, head, NULL, least - head->pkt_len);
	if (!ok) {
		rte_pktmbuf_free(head);
		return NULL;
	}
	pmb_count(&q->copied, 1);
	return head;
}

/* False: @nb is short and begins in memory of others, so that reference_frame() would end there. */
static inline bool may_refer(NET_BUFFER *nb)
{
	const MDL *mdl = NET_BUFFER_CURRENT_MDL(nb);

	return NET_BUFFER_DATA_LENGTH(nb) >= REFERENCE_MIN || mdl == NULL ||
	       pmb_buf_of_mdl(mdl) != NULL;
}

static void tag_frame(struct pmb_txq *q, struct rte_mbuf *head, uint16_t tci)
{
	if (q->vlan_insert) {
		head->ol_flags |= RTE_MBUF_F_TX_VLAN;
		head->vlan_tci = tci;
	} else {
		insert_tag(head, tci); /* the headroom of a copy always has the room */
	}
}

/* A checksum field is part of its own sum; only a copy's may be written. */
static void put_ask(struct rte_mbuf *head, const struct pmb_ask *ask)
{
	if (ask->clear_ip_sum)
		rte_pktmbuf_mtod_offset(head, struct rte_ipv4_hdr *, ask->l2_len)->hdr_checksum = 0;
	head->ol_flags |= ask->ol_flags;
	head->tx_offload = rte_mbuf_tx_offload(ask->l2_len, ask->l3_len, ask->l4_len, ask->mss, 0, 0,
					       0);
}

/* @ask: NULL where nothing is asked for. One body, compiled for both. */
static inline __attribute__((always_inline)) struct rte_mbuf *
make_frame(struct pmb_txq *q, NET_BUFFER_LIST *nbl, NET_BUFFER *nb, struct pmb_ask *ask)
{
	uint16_t tci;
	bool tagged = has_tag(nbl, &tci);
	struct rte_mbuf *head = NULL;
	uint32_t least = PMB_MIN_FRAME;

	if (ask != NULL && (ask->ol_flags & RTE_MBUF_F_TX_TCP_SEG))
		least = 0; /* what pads the frame would be payload; the NIC pads the segments */
	if (!q->copies && NET_BUFFER_DATA_LENGTH(nb) >= least && (!tagged || q->vlan_insert) &&
	    (ask == NULL || !ask->clear_ip_sum) && may_refer(nb))
		head = reference_frame(q, nbl, nb);
	if (head == NULL) {
		head = copy_frame(q, nb, tagged && least != 0 ? least - RTE_VLAN_HLEN : least);
		if (head == NULL)
			return NULL;
		for (struct rte_mbuf *m = head; m != NULL && !q->copies; m = m->next)
			lend(q, m, nbl);
	}
	if (tagged)
		tag_frame(q, head, tci);
	if (ask != NULL) {
		if (tagged && !q->vlan_insert)
			ask->l2_len = (uint16_t)(ask->l2_len + RTE_VLAN_HLEN);
		put_ask(head, ask);
	}
	return head;
}

/* On a queue that has task offloads. What @nb asks for was found right before; half-sent, it may
 * have been switched off since. */
static __attribute__((noinline)) struct rte_mbuf *slow_asking(struct pmb_txq *q, NET_BUFFER_LIST *nbl,
							       NET_BUFFER *nb)
{
	struct pmb_ask ask;

	if (pmb_tx_ask(q, nbl, nb, &ask) && ask.ol_flags != 0)
		return make_frame(q, nbl, nb, &ask);
	return make_frame(q, nbl, nb, NULL);
}

struct rte_mbuf *pmb_tx_slow(struct pmb_txq *q, NET_BUFFER_LIST *nbl, NET_BUFFER *nb)
{
	return likely(!q->asks) ? make_frame(q, nbl, nb, NULL) : slow_asking(q, nbl, nb);
}

void pmb_tx_unlend(struct rte_mbuf *head)
{
	while (head != NULL) {
		struct rte_mbuf *m = head;
		uintptr_t send = pmb_hot(m)->send;

		head = m->next;
		if (send & PMB_SEND_COUNTED)
			--*pmb_send_count(pmb_send_nbl(send));
		pmb_hot(m)->send = 0;
		if (pmb_buf_of(m)->pool->transmit) {
			m->next = NULL;
			m->nb_segs = 1;
			rte_pktmbuf_free_seg(m);
		}
	}
}
