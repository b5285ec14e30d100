/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The forwarder as a protocol driver over two scripted miniports, verifier on:
 * what it sends for what it receives, when it gives frames back, and that a
 * pause ends.
 */
#include <string.h>
#include <unistd.h>

#include "../runtime/contract.h"
#include "../runtime/fake_frame.h"
#include "forwarder.h"
#include <nrt/nrt_lower.h>

#define BURST 4
#define SHARED_NBLS (2 * BURST) /* for indications that come on no worker */
#define PATIENCE 60000          /* ms; for what must happen at some time */

static struct fake_miniport m;
static struct fake_adapter a[2];
static struct nrt_adapter *adapter[2];
static struct nrt_driver *miniport, *forwarder;
static struct fwd_settings wanted;

/* Wait until *@value is at least @least, under @of's lock. */
static void wait_for(struct fake_adapter *of, const ULONG *value, ULONG least)
{
	for (unsigned int ms = 0; ms < PATIENCE; ms++) {
		ULONG now;

		NdisAcquireSpinLock(&of->lock);
		now = *value;
		NdisReleaseSpinLock(&of->lock);
		if (now >= least)
			return;
		usleep(1000);
	}
	cr_assert_fail("waited in vain for %u", least);
}

/* Wait until @of was told a packet filter @times times: it lets frames in then,
 * since the first sets it and later ones alternate. */
static void wait_until_open(struct fake_adapter *of, unsigned int times)
{
	event_wait("MiniportOidRequest", of, times);
}

static uint64_t count(unsigned int port, enum fwd_count which)
{
	struct fwd_counts counts;

	fwd_read_counts(port, &counts);
	return counts.value[which];
}

static void wait_for_count(unsigned int port, enum fwd_count which, uint64_t least)
{
	for (unsigned int ms = 0; count(port, which) < least; ms++) {
		cr_assert_lt(ms, PATIENCE, "waited in vain for %s", fwd_count_names[which]);
		usleep(1000);
	}
}

/* Two ports that send what the other receives; both let frames in. */
static void up(enum fwd_mode mode)
{
	static const char *const names[] = { "port0", "port1" };

	wanted.mode = mode;
	wanted.workers = 1;
	wanted.own_nbls = SHARED_NBLS;
	wanted.burst = BURST;
	wanted.max_frame = 1518;
	wanted.segments = 1;
	wanted.segment_length[0] = 64;
	for (unsigned int i = 0; i < 2; i++) {
		wanted.port[i].used = true;
		wanted.port[i].peer = (uint8_t)(1 - i);
		wanted.port[i].peer_mac[0] = 2;
		wanted.port[i].peer_mac[5] = (uint8_t)(0x50 + i);
		if (wanted.port[i].worker_queues[0] == 0)
			wanted.port[i].worker_queues[0] = 1;
	}
	fwd_configure(&wanted);
	cr_assert_eq(load_miniport(&m, &miniport), 0, "%s", nrt_last_error());
	cr_assert_eq(nrt_driver_load_linked("pollport-fwd", DriverEntry, &forwarder), 0, "%s",
		     nrt_last_error());
	fwd_hold(false);
	for (unsigned int i = 0; i < 2; i++)
		cr_assert_eq(add_adapter(&m, &a[i], miniport, names[i], &adapter[i]), 0, "%s",
			     nrt_last_error());
	for (unsigned int i = 0; i < 2; i++)
		wait_until_open(&a[i], 1);
}

static void down(void)
{
	for (unsigned int i = 0; i < 2; i++)
		cr_expect_eq(nrt_adapter_remove(adapter[i]), 0, "%s", nrt_last_error());
	cr_expect_eq(nrt_driver_unload(forwarder), 0, "%s", nrt_last_error());
	cr_expect_eq(unload_miniport(&m, miniport), 0, "%s", nrt_last_error());
}

static int pause_port(void *which)
{
	return nrt_adapter_pause(which);
}

TestSuite(forward, .init = contract_start, .fini = contract_end);

/* -------------------------------------------------------------------- RSS */

static UCHAR rss[1024]; /* the last set that reached adapter 0 */
static ULONG rss_sets;

static void keep_rss(struct fake_adapter *at, const NDIS_OID_REQUEST *r)
{
	(void)at;
	if (r->DATA.SET_INFORMATION.Oid != OID_GEN_RECEIVE_SCALE_PARAMETERS)
		return;
	rss_sets++;
	memcpy(rss, r->DATA.SET_INFORMATION.InformationBuffer,
	       r->DATA.SET_INFORMATION.InformationBufferLength);
}

static void make_capable(NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g)
{
	static NDIS_RECEIVE_SCALE_CAPABILITIES c = {
		.Header = { NDIS_OBJECT_TYPE_RSS_CAPABILITIES,
			    NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_2,
			    NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_2 },
		.CapabilitiesFlags = NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV4 |
				     NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV4 | NdisHashFunctionToeplitz,
		.NumberOfReceiveQueues = 4,
		.NumberOfIndirectionTableEntries = 64,
	};

	g->RecvScaleCapabilities = &c;
}

/* Port 0 has @first queues of worker 0 and @third of worker 2. */
static void up_scaled(enum fwd_rss how, uint8_t first, uint8_t third)
{
	a[0].mutate_general = make_capable;
	a[0].takes_any_set = TRUE;
	a[0].on_set = keep_rss;
	wanted.rss = how;
	wanted.port[0].worker_queues[2] = third;
	wanted.port[0].worker_queues[0] = first;
	up(FWD_IO);
}

static void expect_rss(ULONG types, ULONG first, ULONG third)
{
	NDIS_RECEIVE_SCALE_PARAMETERS p;
	ULONG n[256] = { 0 };

	cr_assert_eq(rss_sets, 1);
	memcpy(&p, rss, sizeof(p));
	cr_expect_eq(p.Flags, 0);
	cr_expect_eq(p.HashInformation, types | NdisHashFunctionToeplitz);
	cr_assert_eq(p.IndirectionTableSize, 64 * sizeof(PROCESSOR_NUMBER));
	for (ULONG i = 0; i < 64; i++) {
		PROCESSOR_NUMBER number;

		memcpy(&number, rss + p.IndirectionTableOffset + i * sizeof(number), sizeof(number));
		cr_expect_eq(number.Group, 0);
		n[number.Number]++;
	}
	cr_expect_eq(n[0], first);
	cr_expect_eq(n[2], third);
}

Test(forward, workers_share_a_ports_frames_by_their_queues)
{
	up_scaled(FWD_RSS_DEFAULT, 1, 3);
	expect_rss(NDIS_HASH_IPV4, 16, 48);
	down();
}

Test(forward, PR_UNB_02_rss_is_cleared_before_the_binding_closes)
{
	NDIS_RECEIVE_SCALE_PARAMETERS p;

	up_scaled(FWD_RSS_UDP, 1, 1);
	expect_rss(NDIS_HASH_UDP_IPV4, 32, 32);
	down();
	cr_expect_eq(rss_sets, 2);
	memcpy(&p, rss, sizeof(p));
	cr_expect(p.Flags & NDIS_RSS_PARAM_FLAG_DISABLE_RSS);
}

Test(forward, a_port_of_one_queue_and_one_that_shall_not_share_get_no_rss)
{
	up_scaled(FWD_RSS_IP, 1, 0);
	cr_expect_eq(rss_sets, 0);
	down();
	up_scaled(FWD_RSS_OFF, 1, 1);
	cr_expect_eq(rss_sets, 0);
	down();
}

Test(forward, PR_RCV_01_a_frame_leaves_on_the_peer_and_returns_when_its_send_completes)
{
	a[1].sends = FAKE_SENDS_HELD;
	up(FWD_IO);
	cr_assert_eq(fake_adapter_indicate(&a[0], broadcast_mac, 3, 70, 0), 3);
	cr_expect_eq(a[1].accepted, 3);
	cr_expect_eq(a[1].sent_seq[0], 70);
	cr_expect_eq(a[1].sent_seq[2], 72);
	cr_expect_eq(a[0].returned, 0, "frames are lent until they were sent");
	fake_adapter_complete(&a[1], FAKE_REVERSED, 1);
	cr_expect_eq(a[0].returned, 3);
	cr_expect_eq(a[0].return_errors, 0);
	cr_expect_eq(count(0, FWD_FORWARDED), 3);
	cr_expect_eq(count(0, FWD_COMPLETED), 3);
	cr_expect_eq(count(0, FWD_COPIED), 0);
	down();
}

Test(forward, the_send_shows_the_received_mdl_and_not_a_copy)
{
	NET_BUFFER_LIST *r, *s;

	a[1].sends = FAKE_SENDS_HELD;
	up(FWD_MACSWAP);
	r = fake_adapter_take(&a[0], broadcast_mac, 1);
	NdisMIndicateReceiveNetBufferLists(a[0].handle, r, 0, 1, 0);
	s = a[1].held;
	cr_assert_not_null(s);
	cr_expect_neq(s, r, "a protocol does not send what it received");
	cr_expect_eq(NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(s)),
		     NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(r)));
	fake_adapter_complete(&a[1], FAKE_FORWARD, 0);
	down();
}

/* The bytes of a held send, and those of a frame of the driver's. */
static const UCHAR *bytes(NET_BUFFER_LIST *nbl)
{
	return NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB(nbl), FRAME_LENGTH, NULL, 1, 0);
}

Test(forward, a_read_only_frame_is_changed_in_a_copy_and_returned_at_once)
{
	NET_BUFFER_LIST *r;
	UCHAR before[FRAME_LENGTH];

	a[1].sends = FAKE_SENDS_HELD;
	up(FWD_MACSWAP);
	r = fake_adapter_take(&a[0], broadcast_mac, 9);
	NdisSetNblFlag(r, NDIS_NBL_FLAGS_RECV_READ_ONLY);
	memcpy(before, bytes(r), sizeof(before));
	NdisMIndicateReceiveNetBufferLists(a[0].handle, r, 0, 1, 0);
	cr_expect_eq(a[0].returned, 1);
	cr_expect_arr_eq(bytes(r), before, FRAME_LENGTH, "somebody else reads it too");
	cr_assert_not_null(a[1].held);
	cr_expect_arr_eq(bytes(a[1].held), before + 6, 6, "the addresses are swapped");
	cr_expect_arr_eq(bytes(a[1].held) + 6, before, 6);
	cr_expect_arr_eq(bytes(a[1].held) + 12, before + 12, FRAME_LENGTH - 12);
	cr_expect_eq(count(0, FWD_COPIED), 1);
	NdisClearNblFlag(r, NDIS_NBL_FLAGS_RECV_READ_ONLY);
	fake_adapter_complete(&a[1], FAKE_FORWARD, 0);
	down();
}

Test(forward, a_frame_that_is_copied_among_others_loses_no_own_nbl)
{
	NET_BUFFER_LIST *r[SHARED_NBLS];

	a[1].sends = FAKE_SENDS_HELD;
	up(FWD_MACSWAP);
	for (unsigned int i = 0; i < SHARED_NBLS; i++) {
		r[i] = fake_adapter_take(&a[0], broadcast_mac, i);
		if (i != 0)
			NET_BUFFER_LIST_NEXT_NBL(r[i - 1]) = r[i];
		if (i % 3 == 1)
			NdisSetNblFlag(r[i], NDIS_NBL_FLAGS_RECV_READ_ONLY);
	}
	NdisMIndicateReceiveNetBufferLists(a[0].handle, r[0], 0, SHARED_NBLS, 0);
	cr_assert_eq(a[1].accepted, SHARED_NBLS);
	for (unsigned int i = 0; i < SHARED_NBLS; i++)
		cr_expect_eq(a[1].sent_seq[i], i);
	fake_adapter_complete(&a[1], FAKE_SHUFFLED, 5);
	cr_assert_eq(a[0].returned, SHARED_NBLS);
	for (unsigned int i = 0; i < SHARED_NBLS; i++)
		NdisClearNblFlag(r[i], NDIS_NBL_FLAGS_RECV_READ_ONLY);
	/* Each of them can be used again, and no two are the same. */
	cr_assert_eq(fake_adapter_indicate(&a[0], broadcast_mac, SHARED_NBLS, 100, 0), SHARED_NBLS);
	cr_assert_eq(a[1].accepted, 2 * SHARED_NBLS);
	for (unsigned int i = 0; i < SHARED_NBLS; i++)
		cr_expect_eq(a[1].sent_seq[SHARED_NBLS + i], 100 + i);
	fake_adapter_complete(&a[1], FAKE_FORWARD, 0);
	cr_expect_eq(a[0].returned, 2 * SHARED_NBLS);
	cr_expect_eq(a[0].return_errors, 0);
	down();
}

Test(forward, PR_RCV_02_frames_with_resources_are_copied_and_not_returned)
{
	a[1].sends = FAKE_SENDS_HELD;
	up(FWD_IO);
	cr_assert_eq(fake_adapter_indicate(&a[0], broadcast_mac, 3, 5,
					   NDIS_RECEIVE_FLAGS_RESOURCES), 3);
	cr_expect_eq(a[0].returned, 0);
	cr_expect_eq(a[0].return_errors, 0);
	cr_expect_eq(a[1].accepted, 3);
	cr_expect_eq(a[1].sent_seq[2], 7);
	cr_expect_eq(count(0, FWD_COPIED), 3);
	fake_adapter_complete(&a[1], FAKE_FORWARD, 0);
	cr_expect_eq(count(0, FWD_COMPLETED), 3);
	down();
}

Test(forward, only_the_802_1q_slot_is_carried_over)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO tag = { .Value = NULL };
	NET_BUFFER_LIST *r;

	tag.TagHeader.VlanId = 77;
	a[1].sends = FAKE_SENDS_HELD;
	up(FWD_IO);
	r = fake_adapter_take(&a[0], broadcast_mac, 1);
	NET_BUFFER_LIST_INFO(r, Ieee8021QNetBufferListInfo) = tag.Value;
	NET_BUFFER_LIST_INFO(r, TcpIpChecksumNetBufferListInfo) = (PVOID)0x10;
	NdisMIndicateReceiveNetBufferLists(a[0].handle, r, 0, 1, 0);
	cr_assert_not_null(a[1].held);
	cr_expect_eq(NET_BUFFER_LIST_INFO(a[1].held, Ieee8021QNetBufferListInfo), tag.Value);
	cr_expect_null(NET_BUFFER_LIST_INFO(a[1].held, TcpIpChecksumNetBufferListInfo));
	NET_BUFFER_LIST_INFO(r, TcpIpChecksumNetBufferListInfo) = NULL;
	NET_BUFFER_LIST_INFO(r, Ieee8021QNetBufferListInfo) = NULL;
	fake_adapter_complete(&a[1], FAKE_FORWARD, 0);
	down();
}

Test(forward, when_all_own_nbls_are_in_use_frames_return_at_once_and_are_counted)
{
	a[1].sends = FAKE_SENDS_HELD;
	up(FWD_IO);
	cr_assert_eq(fake_adapter_indicate(&a[0], broadcast_mac, SHARED_NBLS + 3, 0, 0),
		     SHARED_NBLS + 3);
	cr_expect_eq(a[1].accepted, SHARED_NBLS);
	cr_expect_eq(a[0].returned, 3);
	cr_expect_eq(count(0, FWD_DROP_NO_NBL), 3);
	fake_adapter_complete(&a[1], FAKE_SHUFFLED, 3);
	cr_assert_eq(fake_adapter_indicate(&a[0], broadcast_mac, SHARED_NBLS, 0, 0), SHARED_NBLS);
	cr_expect_eq(a[1].accepted, 2 * SHARED_NBLS, "all of them were found again");
	cr_expect_eq(count(0, FWD_DROP_NO_NBL), 3);
	fake_adapter_complete(&a[1], FAKE_FORWARD, 0);
	down();
}

Test(forward, a_worker_forwards_what_its_polls_indicate)
{
	m.major = 6;
	m.minor = 85; /* poll objects came with it */
	for (unsigned int i = 0; i < 2; i++) {
		a[i].poll_mode = TRUE;
		a[i].sends = FAKE_SENDS_POLLED;
	}
	up(FWD_IO);
	for (ULONG round = 1; round <= 50; round++) {
		fake_adapter_ready(&a[0], broadcast_mac, SHARED_NBLS, round * SHARED_NBLS);
		wait_for(&a[1], &a[1].n_sent, round * SHARED_NBLS);
		fake_adapter_complete(&a[1], FAKE_FORWARD, 0);
		wait_for(&a[0], &a[0].returned, round * SHARED_NBLS);
	}
	for (ULONG i = 0; i < 50 * SHARED_NBLS; i++)
		cr_assert_eq(a[1].sent_seq[i], SHARED_NBLS + i);
	cr_expect_eq(count(0, FWD_DROP_NO_NBL), 0);
	cr_expect_not(a[1].flags_lied);
	down();
}

/* Received NBLs @first.. in a chain. */
static NET_BUFFER_LIST *take_chain(NET_BUFFER_LIST *r[], ULONG n, ULONG first)
{
	for (ULONG i = 0; i < n; i++) {
		r[i] = fake_adapter_take(&a[0], broadcast_mac, first + i);
		if (i != 0)
			NET_BUFFER_LIST_NEXT_NBL(r[i - 1]) = r[i];
	}
	return r[0];
}

static void indicate_here(void *chain)
{
	ULONG n = 0;

	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		n++;
	NdisMIndicateReceiveNetBufferLists(a[0].handle, chain, 0, n,
					   NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
}

static void complete_here(void *unused)
{
	(void)unused;
	fake_adapter_complete(&a[1], FAKE_FORWARD, 0);
}

/* NBLs that the peer's miniport holds. */
static ULONG held_by_peer(void)
{
	ULONG n = 0;

	for (NET_BUFFER_LIST *nbl = a[1].held; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		n++;
	return n;
}

Test(forward, a_burst_on_a_worker_leaves_in_NBLs_with_many_frames)
{
	NET_BUFFER_LIST *r[2 * BURST];

	a[1].sends = FAKE_SENDS_HELD;
	up(FWD_IO);
	for (ULONG n = BURST; n <= 2 * BURST; n++) { /* few are not worth it */
		ULONG before = a[1].n_sent;

		nrt_worker_call(0, indicate_here, take_chain(r, n, 100 * n));
		cr_expect_eq(held_by_peer(), n / BURST + n % BURST);
		cr_assert_eq(a[1].n_sent - before, n);
		for (ULONG i = 0; i < n; i++)
			cr_expect_eq(a[1].sent_seq[before + i], 100 * n + i);
		nrt_worker_call(0, complete_here, NULL);
		cr_expect_eq(a[0].returned, a[1].n_sent);
	}
	cr_expect_eq(count(0, FWD_FORWARDED), a[1].n_sent);
	cr_expect_eq(count(0, FWD_COMPLETED), a[1].n_sent);
	cr_expect_eq(count(0, FWD_SENT_NBLS), a[1].accepted);
	cr_expect_eq(count(0, FWD_COMPLETED_NBLS), a[1].accepted);
	cr_expect_eq(a[0].return_errors, 0);
	down();
}

Test(forward, a_frame_that_is_not_like_the_others_leaves_alone_and_in_its_place)
{
	NET_BUFFER_LIST *r[SHARED_NBLS], *held;
	ULONG tagged = 0;

	a[1].sends = FAKE_SENDS_HELD;
	up(FWD_MACSWAP);
	take_chain(r, SHARED_NBLS, 0);
	NET_BUFFER_LIST_INFO(r[1], Ieee8021QNetBufferListInfo) = (PVOID)(ULONG_PTR)0x50;
	NdisSetNblFlag(r[5], NDIS_NBL_FLAGS_RECV_READ_ONLY);
	nrt_worker_call(0, indicate_here, r[0]);
	cr_assert_eq(a[1].n_sent, SHARED_NBLS);
	for (ULONG i = 0; i < SHARED_NBLS; i++)
		cr_expect_eq(a[1].sent_seq[i], i);
	for (held = a[1].held; held != NULL; held = NET_BUFFER_LIST_NEXT_NBL(held)) {
		NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(held);

		if (NET_BUFFER_LIST_INFO(held, Ieee8021QNetBufferListInfo) == NULL)
			continue;
		tagged++;
		cr_expect_null(NET_BUFFER_NEXT_NB(nb), "what is out of band is the NBL's");
	}
	cr_expect_eq(tagged, 1);
	NET_BUFFER_LIST_INFO(r[1], Ieee8021QNetBufferListInfo) = NULL;
	nrt_worker_call(0, complete_here, NULL);
	NdisClearNblFlag(r[5], NDIS_NBL_FLAGS_RECV_READ_ONLY);
	cr_expect_eq(a[0].returned, SHARED_NBLS);
	cr_expect_eq(a[0].return_errors, 0);
	down();
}

static UCHAR *frame_of(NET_BUFFER_LIST *nbl)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);

	return (UCHAR *)MmGetSystemAddressForMdlSafe(NET_BUFFER_CURRENT_MDL(nb),
						     NormalPagePriority) +
	       NET_BUFFER_CURRENT_MDL_OFFSET(nb);
}

/* Write @n bytes into all frames, others into every second one, and look what goes together. */
static void expect_apart(ULONG at, const char *bytes, ULONG n, ULONG differs_at)
{
	NET_BUFFER_LIST *r[2 * BURST], *held;
	ULONG before = a[1].n_sent;

	take_chain(r, 8, before);
	for (ULONG i = 0; i < 8; i++) {
		RtlCopyMemory(frame_of(r[i]) + at, bytes, n);
		if (i % 2 != 0)
			frame_of(r[i])[differs_at] ^= 1;
	}
	nrt_worker_call(0, indicate_here, r[0]);
	cr_assert_eq(a[1].n_sent - before, 8);
	for (ULONG i = 0; n <= 2 && i < 8; i++) /* what is longer is where the number was */
		cr_expect_eq(a[1].sent_seq[before + i], before + i);
	for (held = a[1].held; held != NULL; held = NET_BUFFER_LIST_NEXT_NBL(held))
		cr_expect_null(NET_BUFFER_NEXT_NB(NET_BUFFER_LIST_FIRST_NB(held)),
			       "frames that differ at byte %u are in one NBL", differs_at);
	nrt_worker_call(0, complete_here, NULL);
	cr_expect_eq(a[0].returned, a[1].n_sent);
}

Test(forward, RS_NB_10_frames_that_do_not_belong_together_have_NBLs_of_their_own)
{
	a[1].sends = FAKE_SENDS_HELD;
	up(FWD_MACSWAP);
	expect_apart(0, "", 0, 5);
	expect_apart(0, "", 0, 11);
	expect_apart(12, "\x08\x06", 2, 13);
	for (ULONG i = 26; i < 38; i += 3) /* IPv4 addresses and ports */
		expect_apart(12, "\x08\x00\x45\x00\x00\x40\x00\x00\x00\x00\x40\x11", 12, i);
	expect_apart(12, "\x08\x00\x45\x00\x00\x40\x00\x00\x00\x00\x40\x11", 12, 23);
	for (ULONG i = 20; i < 22; i++) /* the second is a fragment */
		expect_apart(12, "\x08\x00\x45\x00\x00\x40\x00\x00\x00\x00\x40\x11", 12, i);
	expect_apart(12, "\x08\x00\x45\x00\x00\x40\x00\x00\x00\x00\x40\x11", 12, 14);
	/* These stay apart whatever follows: fragments, options. */
	expect_apart(12, "\x08\x00\x45\x00\x00\x40\x00\x00\x20\x00\x40\x11", 12, 50);
	expect_apart(12, "\x08\x00\x45\x00\x00\x40\x00\x00\x00\x01\x40\x11", 12, 50);
	expect_apart(12, "\x08\x00\x46\x00\x00\x40\x00\x00\x00\x00\x40\x11", 12, 50);
	expect_apart(12, "\x86\xDD\x60\x00\x00\x00\x00\x10\x06", 9, 20);
	for (ULONG i = 22; i < 58; i += 5) /* IPv6 */
		expect_apart(12, "\x86\xDD\x60\x00\x00\x00\x00\x10\x06", 9, i);
	expect_apart(12, "\x81\x00\x00\x05", 4, 30);
	cr_expect_eq(a[0].return_errors, 0);
	down();
}

Test(forward, RS_NB_10_frames_of_one_connection_share_an_NBL)
{
	static const char *const headers[] = {
		"\x08\x00\x45\x00\x00\x40\x00\x00\x40\x00\x40\x11", /* whole, not to be split */
		"\x86\xDD\x60\x00\x00\x00\x00\x10\x06\x40\x00\x00",
	};
	NET_BUFFER_LIST *r[2 * BURST];

	a[1].sends = FAKE_SENDS_HELD;
	up(FWD_IO);
	for (ULONG k = 0; k < 2; k++) {
		take_chain(r, BURST, 100 * k);
		for (ULONG i = 0; i < BURST; i++)
			RtlCopyMemory(frame_of(r[i]) + 12, headers[k], 12);
		nrt_worker_call(0, indicate_here, r[0]);
		cr_expect_eq(held_by_peer(), 1);
		nrt_worker_call(0, complete_here, NULL);
	}
	down();
}

Test(forward, no_more_frames_wait_for_the_peer_than_own_nbls_says)
{
	NET_BUFFER_LIST *r[SHARED_NBLS + 3];

	a[1].sends = FAKE_SENDS_HELD;
	up(FWD_IO);
	for (ULONG round = 1; round <= 3; round++) {
		/* some alone, some together; completed on the worker and elsewhere */
		nrt_worker_call(0, indicate_here, take_chain(r, 1, 0));
		nrt_worker_call(0, indicate_here, take_chain(r, 1, 1));
		nrt_worker_call(0, indicate_here, take_chain(r, SHARED_NBLS + 1, 2));
		cr_expect_eq(a[1].n_sent, round * SHARED_NBLS);
		cr_expect_eq(count(0, FWD_DROP_NO_NBL), 3 * round);
		if (round % 2)
			nrt_worker_call(0, complete_here, NULL);
		else
			complete_here(NULL);
		cr_expect_eq(a[0].returned, round * (SHARED_NBLS + 3));
	}
	cr_expect_eq(a[0].return_errors, 0);
	down();
}

Test(forward, frames_that_the_mode_does_not_answer_return_and_are_counted)
{
	up(FWD_ICMPECHO);
	cr_assert_eq(fake_adapter_indicate(&a[0], broadcast_mac, 2, 0, 0), 2);
	cr_expect_eq(a[0].returned, 2);
	cr_expect_eq(a[1].accepted, 0);
	cr_expect_eq(count(0, FWD_DROP_UNWANTED), 2);
	down();
}

Test(forward, rxonly_consumes_everything)
{
	up(FWD_RXONLY);
	cr_assert_eq(fake_adapter_indicate(&a[0], broadcast_mac, 2, 0, 0), 2);
	cr_expect_eq(a[0].returned, 2);
	cr_expect_eq(count(0, FWD_DROP_CONSUMED), 2);
	down();
}

Test(forward, frames_for_a_paused_peer_return_at_once)
{
	up(FWD_IO);
	cr_assert_eq(nrt_adapter_pause(adapter[1]), 0);
	cr_assert_eq(fake_adapter_indicate(&a[0], broadcast_mac, 2, 0, 0), 2);
	cr_expect_eq(a[0].returned, 2);
	cr_expect_eq(count(0, FWD_DROP_STOPPED), 2);
	cr_assert_eq(nrt_adapter_restart(adapter[1]), 0);
	wait_until_open(&a[1], 3);
	cr_assert_eq(fake_adapter_indicate(&a[0], broadcast_mac, 2, 0, 0), 2);
	cr_expect_eq(count(0, FWD_FORWARDED), 2);
	down();
}

Test(forward, no_packet_filter_is_set_while_frames_could_not_be_sent_on)
{
	up(FWD_IO);
	cr_assert_eq(nrt_adapter_pause(adapter[0]), 0);
	cr_expect_eq(a[0].packet_filter, 0);
	cr_assert_eq(nrt_adapter_restart(adapter[0]), 0);
	wait_until_open(&a[0], 3);
	fwd_hold(true);
	cr_expect_eq(a[0].packet_filter, 0);
	cr_expect_eq(a[1].packet_filter, 0);
	down();
}

/* The fake completes what is cancelled, as MP-CAN-01 has it. */
Test(forward, MP_CAN_02_a_pause_cancels_its_frames_in_the_peers_stuck_queue)
{
	a[1].sends = FAKE_SENDS_HELD;
	up(FWD_IO);
	cr_assert_eq(fake_adapter_indicate(&a[0], broadcast_mac, 2, 0, 0), 2);
	cr_assert_eq(nrt_adapter_pause(adapter[0]), 0, "it ends");
	cr_expect_geq(a[1].cancel_calls, 1);
	cr_expect_eq(a[0].returned, 2);
	cr_expect_eq(count(0, FWD_FAILED), 2);
	cr_expect_eq(count(0, FWD_COMPLETED), 2);
	down();
}

static NET_BUFFER_LIST *kept;

static void keep(struct fake_adapter *adapter_, NET_BUFFER_LIST *chain)
{
	(void)adapter_;
	kept = chain;
}

Test(forward, PR_PAU_01_a_pause_waits_for_every_send_on_the_port)
{
	struct run pausing;

	a[1].on_send = keep; /* where no cancel finds them */
	up(FWD_IO);
	cr_assert_eq(fake_adapter_indicate(&a[0], broadcast_mac, 2, 0, 0), 2);
	run_start(&pausing, pause_port, adapter[1]);
	wait_for(&a[1], &a[1].cancel_calls, 2); /* it has tried, and waits on */
	cr_expect_eq(a[0].returned, 0);
	fake_adapter_complete_chain(&a[1], kept, NDIS_STATUS_SUCCESS);
	cr_expect_eq(run_end(&pausing), 0);
	cr_expect_eq(a[0].returned, 2);
	down();
}

Test(forward, tx_first_sends_one_burst_and_no_more)
{
	wanted.tx_first = true;
	up(FWD_IO);
	wait_for(&a[1], &a[1].completed, BURST);
	cr_assert_eq(nrt_adapter_pause(adapter[1]), 0);
	cr_assert_eq(nrt_adapter_restart(adapter[1]), 0);
	wait_until_open(&a[1], 3);
	cr_expect_eq(a[1].accepted, BURST, "one start, one burst");
	down();
}

Test(forward, txonly_goes_on_for_a_miniport_that_completes_inside_the_send)
{
	up(FWD_TXONLY);
	wait_for_count(0, FWD_COMPLETED, 20 * SHARED_NBLS);
	cr_assert_eq(nrt_adapter_pause(adapter[0]), 0);
	cr_assert_eq(nrt_adapter_pause(adapter[1]), 0);
	cr_expect_eq(count(0, FWD_GENERATED), count(0, FWD_COMPLETED));
	down();
}

Test(forward, the_link_is_what_was_indicated_last)
{
	uint64_t bps;

	up(FWD_IO);
	fake_adapter_link(&a[0], TRUE, 1000000000);
	cr_expect(fwd_link_up(0, &bps));
	cr_expect_eq(bps, 1000000000);
	fake_adapter_link(&a[0], FALSE, (ULONG64)-1);
	cr_expect_not(fwd_link_up(0, &bps));
	cr_expect_eq(bps, 0, "unknown");
	down();
}
