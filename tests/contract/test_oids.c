/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The OID sweep: every OID there is, asked for and set with buffers of no bytes, too few,
 * just enough and more, wherever they lie. Nothing is written outside of them, each ends
 * with a documented status [nc-ndis-miniport_oid_request], and what is refused changes
 * nothing. Main thread.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	NDIS_OID oid;
} every_oid[] = {
#include "every_oid.h"
};

#define N_OIDS (sizeof(every_oid) / sizeof(every_oid[0]))

/* All that an adapter must have (page mandatory-oids-for-miniport-drivers), and 802.3's. */
static const struct {
	NDIS_OID oid;
	bool query, set;
} mandatory[] = {
	{ OID_GEN_CURRENT_LOOKAHEAD, true, true },
	{ OID_GEN_CURRENT_PACKET_FILTER, true, true },
	{ OID_GEN_INTERRUPT_MODERATION, true, true },
	{ OID_GEN_LINK_PARAMETERS, false, true },
	{ OID_GEN_MAXIMUM_TOTAL_SIZE, true, false },
	{ OID_GEN_RCV_OK, true, false },
	{ OID_GEN_RECEIVE_BLOCK_SIZE, true, false },
	{ OID_GEN_RECEIVE_BUFFER_SPACE, true, false },
	{ OID_GEN_STATISTICS, true, false },
	{ OID_GEN_TRANSMIT_BLOCK_SIZE, true, false },
	{ OID_GEN_TRANSMIT_BUFFER_SPACE, true, false },
	{ OID_GEN_VENDOR_DESCRIPTION, true, false },
	{ OID_GEN_VENDOR_DRIVER_VERSION, true, false },
	{ OID_GEN_VENDOR_ID, true, false },
	{ OID_GEN_XMIT_OK, true, false },
	{ OID_802_3_CURRENT_ADDRESS, true, false },
	{ OID_802_3_MAXIMUM_LIST_SIZE, true, false },
	{ OID_802_3_MULTICAST_LIST, true, true },
	{ OID_802_3_PERMANENT_ADDRESS, true, false },
};

#define N_MANDATORY (sizeof(mandatory) / sizeof(mandatory[0]))

/* ------------------------------------------------------------ guarded buffers */

#define GUARD 64
#define LARGEST 4096
#define FILL 0xA5

static UCHAR memory[GUARD + 8 + LARGEST + GUARD];

/* @length bytes between guards, @misalign bytes off. */
static UCHAR *guarded(ULONG length, ULONG misalign)
{
	cr_assert_leq(length, LARGEST);
	memset(memory, FILL, sizeof(memory));
	return memory + GUARD + misalign;
}

static void expect_guards(const char *name, const UCHAR *buffer, ULONG length)
{
	for (const UCHAR *at = memory; at < memory + sizeof(memory); at++)
		if (at < buffer || at >= buffer + length)
			cr_assert_eq(*at, FILL, "%s: wrote %ld bytes off a buffer of %u", name,
				     (long)(at - buffer), length);
}

static bool is_too_short(NDIS_STATUS status)
{
	return status == NDIS_STATUS_BUFFER_TOO_SHORT || status == NDIS_STATUS_INVALID_LENGTH;
}

static bool is_unknown(NDIS_STATUS status)
{
	return status == NDIS_STATUS_NOT_SUPPORTED || status == NDIS_STATUS_INVALID_OID;
}

/* -------------------------------------------------------------------- queries */

static NDIS_STATUS query(struct proto_port *p, NDIS_REQUEST_TYPE type, ULONG i, ULONG length,
			 ULONG misalign, struct proto_answer *a)
{
	UCHAR *buffer = guarded(length, misalign);
	NDIS_STATUS status = proto_ask(p, type, every_oid[i].oid, buffer, length, a);

	expect_guards(every_oid[i].name, buffer, length);
	cr_assert_leq(a->written, length, "%s: wrote %u bytes into %u", every_oid[i].name, a->written,
		      length);
	return status;
}

static void expect_too_short(ULONG i, NDIS_STATUS status, const struct proto_answer *a, ULONG length)
{
	cr_expect(is_too_short(status), "%s in %u bytes: 0x%08X", every_oid[i].name, length,
		  (unsigned int)status);
	cr_expect_gt(a->needed, length, "%s needs %u bytes and does not fit in %u", every_oid[i].name,
		     a->needed, length);
	cr_expect_eq(a->written, 0, "%s: wrote %u of %u bytes", every_oid[i].name, a->written,
		     a->needed);
}

/* Returns whether the adapter answers it. */
static bool sweep_query(struct proto_port *p, NDIS_REQUEST_TYPE type, ULONG i, ULONG misalign)
{
	struct proto_answer a, again;
	NDIS_STATUS status = query(p, type, i, 0, misalign, &a);

	if (is_unknown(status)) {
		cr_expect(is_unknown(query(p, type, i, LARGEST, misalign, &a)), "%s", every_oid[i].name);
		return false;
	}
	if (status == NDIS_STATUS_SUCCESS) { /* an empty list */
		cr_expect_eq(a.written, 0);
		return true;
	}
	expect_too_short(i, status, &a, 0);
	status = query(p, type, i, a.needed - 1, misalign, &again);
	expect_too_short(i, status, &again, a.needed - 1);
	for (ULONG more = 0; more <= 64; more += 13) {
		status = query(p, type, i, a.needed + more, misalign, &again);
		cr_expect_eq(status, NDIS_STATUS_SUCCESS, "%s in %u bytes: 0x%08X", every_oid[i].name,
			     a.needed + more, (unsigned int)status);
		cr_expect_geq(again.written, a.needed, "%s: wrote %u bytes, needed %u",
			      every_oid[i].name, again.written, a.needed);
	}
	return true;
}

STAGE_TEST(oids, MP_OID_04_queries_fit_their_buffers_or_say_what_they_need)
{
	struct proto_port *p = bench_start(bench);
	ULONG answered = 0;

	for (ULONG i = 0; i < N_OIDS; i++)
		for (ULONG misalign = 0; misalign < 8; misalign += misalign == 0 ? 1 : 4) {
			answered += sweep_query(p, NdisRequestQueryInformation, i, misalign);
			sweep_query(p, NdisRequestQueryStatistics, i, misalign);
		}
	cr_expect_geq(answered, 3 * 30, "only %u OIDs are answered", answered / 3);
	bench_stop(bench);
}

/* ----------------------------------------------------------------------- sets */

/* What sets may change and queries tell. */
struct settings {
	ULONG filter, lookahead, moderation, multicast_bytes;
	UCHAR multicast[128 * 6];
	NDIS_STATUS rss_status;
	UCHAR rss[512];
};

static void look(struct proto_port *p, struct settings *s)
{
	struct proto_answer a;

	memset(s, 0, sizeof(*s));
	proto_query(p, OID_GEN_CURRENT_PACKET_FILTER, &s->filter, sizeof(s->filter));
	proto_query(p, OID_GEN_CURRENT_LOOKAHEAD, &s->lookahead, sizeof(s->lookahead));
	proto_ask(p, NdisRequestQueryInformation, OID_802_3_MULTICAST_LIST, s->multicast,
		  sizeof(s->multicast), &a);
	s->multicast_bytes = a.written;
	s->rss_status = proto_query(p, OID_GEN_RECEIVE_SCALE_PARAMETERS, s->rss, sizeof(s->rss));
}

/* Contents that no set has: nothing, everything, and a header that says too much. */
static void fill(UCHAR *buffer, ULONG length, ULONG pattern)
{
	const NDIS_OBJECT_HEADER header = { NDIS_OBJECT_TYPE_DEFAULT, 1, 0xFFFF };

	memset(buffer, pattern == 1 ? 0xFF : 0, length);
	if (pattern == 2)
		memcpy(buffer, &header, length < sizeof(header) ? length : sizeof(header));
}

static bool is_documented(NDIS_STATUS status)
{
	return status == NDIS_STATUS_SUCCESS || is_too_short(status) || is_unknown(status) ||
	       status == NDIS_STATUS_INVALID_DATA || status == NDIS_STATUS_MULTICAST_FULL ||
	       status == NDIS_STATUS_NOT_ACCEPTED;
}

static void sweep_set(struct proto_port *p, ULONG i, ULONG length, ULONG pattern, ULONG misalign)
{
	static UCHAR before[LARGEST];
	static struct settings was, is;
	UCHAR *buffer = guarded(length, misalign);
	struct proto_answer a;
	NDIS_STATUS status;

	fill(buffer, length, pattern);
	memcpy(before, buffer, length);
	look(p, &was);
	status = proto_ask(p, NdisRequestSetInformation, every_oid[i].oid, buffer, length, &a);
	expect_guards(every_oid[i].name, buffer, length);
	cr_expect_eq(memcmp(before, buffer, length), 0, "%s: a set wrote", every_oid[i].name);
	cr_expect(is_documented(status), "%s of %u bytes: 0x%08X", every_oid[i].name, length,
		  (unsigned int)status);
	cr_expect_leq(a.read, length, "%s: read %u of %u bytes", every_oid[i].name, a.read, length);
	if (status == NDIS_STATUS_SUCCESS)
		return;
	look(p, &is);
	cr_expect_eq(memcmp(&was, &is, sizeof(is)), 0, "%s of %u bytes: refused, and not without effect",
		     every_oid[i].name, length);
}

static const ULONG lengths[] = { 0, 1, 3, 4, 5, 6, 7, 12, 16, 23, 24, 40, 64, 131, 512 };

STAGE_TEST(oids, MP_OID_05_sets_of_nonsense_are_refused_and_change_nothing)
{
	struct proto_port *p = bench_start(bench);

	for (ULONG i = 0; i < N_OIDS; i++)
		for (ULONG k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++)
			sweep_set(p, i, lengths[k], (i + k) % 3, (i * 5 + k) % 8);
	for (ULONG i = 0; i < N_MANDATORY; i++)
		for (ULONG k = 0; k < N_OIDS * 3 * 8; k++)
			if (every_oid[k / 24].oid == mandatory[i].oid)
				sweep_set(p, k / 24, lengths[k % 15], k % 3, k % 8);
	bench_stop(bench);
}

/* ---------------------------------------------------------- what there must be */

static ULONG supported(struct proto_port *p, NDIS_OID list[256])
{
	struct proto_answer a;

	cr_assert_eq(proto_ask(p, NdisRequestQueryInformation, OID_GEN_SUPPORTED_LIST, list,
			       256 * sizeof(list[0]), &a),
		     NDIS_STATUS_SUCCESS);
	return a.written / (ULONG)sizeof(list[0]);
}

static bool is_in(NDIS_OID oid, const NDIS_OID list[], ULONG n)
{
	for (ULONG i = 0; i < n; i++)
		if (list[i] == oid)
			return true;
	return false;
}

static NDIS_STATUS empty(struct proto_port *p, NDIS_REQUEST_TYPE type, NDIS_OID oid)
{
	struct proto_answer a;

	return proto_ask(p, type, oid, guarded(0, 0), 0, &a);
}

STAGE_TEST(oids, MP_OID_13_what_an_adapter_must_have_is_there)
{
	struct proto_port *p = bench_start(bench);
	NDIS_OID list[256];
	ULONG n = supported(p, list);

	for (ULONG i = 0; i < N_MANDATORY; i++) {
		NDIS_OID oid = mandatory[i].oid;

		cr_expect(is_in(oid, list, n), "OID 0x%08X is not in the list", (unsigned int)oid);
		cr_expect_eq(is_unknown(empty(p, NdisRequestQueryInformation, oid)),
			     !mandatory[i].query, "query of OID 0x%08X", (unsigned int)oid);
		cr_expect_eq(is_unknown(empty(p, NdisRequestSetInformation, oid)), !mandatory[i].set,
			     "set of OID 0x%08X", (unsigned int)oid);
	}
	bench_stop(bench);
}

/* Page oid-gen-supported-list: what is in the list is fully supported. */
STAGE_TEST(oids, what_is_in_the_list_of_supported_OIDs_is_answered)
{
	struct proto_port *p = bench_start(bench);
	NDIS_OID list[256];
	ULONG n = supported(p, list);

	for (ULONG i = 0; i < n; i++)
		cr_expect(!is_unknown(empty(p, NdisRequestQueryInformation, list[i])) ||
				  !is_unknown(empty(p, NdisRequestSetInformation, list[i])),
			  "OID 0x%08X is in the list alone", (unsigned int)list[i]);
	bench_stop(bench);
}

STAGE_TEST(oids, MP_OID_07_a_set_says_which_revision_of_its_structure_it_took)
{
	struct proto_port *p = bench_start(bench);
	NDIS_LINK_PARAMETERS link = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_LINK_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_LINK_PARAMETERS_REVISION_1 },
		.AutoNegotiationFlags = 0xF,
	};
	struct proto_answer a;

	cr_expect_eq(proto_ask(p, NdisRequestSetInformation, OID_GEN_LINK_PARAMETERS, &link,
			       sizeof(link), &a),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(a.revision, NDIS_LINK_PARAMETERS_REVISION_1);
	cr_expect_eq(a.read, sizeof(link));
	link.Header.Revision = 2; /* of a later NDIS: longer, and begins as revision 1 does */
	cr_expect_eq(proto_ask(p, NdisRequestSetInformation, OID_GEN_LINK_PARAMETERS, &link,
			       sizeof(link), &a),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(a.revision, NDIS_LINK_PARAMETERS_REVISION_1);
	bench_stop(bench);
}

/* Page oid-gen-interrupt-moderation. */
STAGE_TEST(oids, a_polled_port_has_no_interrupts_to_moderate)
{
	struct proto_port *p = bench_start(bench);
	NDIS_INTERRUPT_MODERATION_PARAMETERS m = { .InterruptModeration = 0 };

	cr_expect_eq(proto_query(p, OID_GEN_INTERRUPT_MODERATION, &m, sizeof(m)),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(m.Header.Type, NDIS_OBJECT_TYPE_DEFAULT);
	cr_expect_eq(m.Header.Revision, NDIS_INTERRUPT_MODERATION_PARAMETERS_REVISION_1);
	cr_expect_eq(m.Header.Size, NDIS_SIZEOF_INTERRUPT_MODERATION_PARAMETERS_REVISION_1);
	cr_expect_eq(m.InterruptModeration, NdisInterruptModerationNotSupported);
	m.InterruptModeration = NdisInterruptModerationEnabled;
	cr_expect_eq(proto_set(p, OID_GEN_INTERRUPT_MODERATION, &m, sizeof(m)),
		     NDIS_STATUS_INVALID_DATA);
	bench_stop(bench);
}

/* Page oid-gen-xmit-discards and its like: NDIS answers them, from OID_GEN_STATISTICS. */
static const struct {
	NDIS_OID oid;
	ULONG flag;
	size_t member;
} numbers[] = {
	{ OID_GEN_BYTES_RCV, NDIS_STATISTICS_FLAGS_VALID_BYTES_RCV,
	  offsetof(NDIS_STATISTICS_INFO, ifHCInOctets) },
	{ OID_GEN_RCV_DISCARDS, NDIS_STATISTICS_FLAGS_VALID_RCV_DISCARDS,
	  offsetof(NDIS_STATISTICS_INFO, ifInDiscards) },
	{ OID_GEN_XMIT_ERROR, NDIS_STATISTICS_FLAGS_VALID_XMIT_ERROR,
	  offsetof(NDIS_STATISTICS_INFO, ifOutErrors) },
	{ OID_GEN_DIRECTED_FRAMES_RCV, NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_RCV,
	  offsetof(NDIS_STATISTICS_INFO, ifHCInUcastPkts) },
	{ OID_GEN_BROADCAST_FRAMES_RCV, NDIS_STATISTICS_FLAGS_VALID_BROADCAST_FRAMES_RCV,
	  offsetof(NDIS_STATISTICS_INFO, ifHCInBroadcastPkts) },
	{ OID_GEN_MULTICAST_BYTES_XMIT, NDIS_STATISTICS_FLAGS_VALID_MULTICAST_BYTES_XMIT,
	  offsetof(NDIS_STATISTICS_INFO, ifHCOutMulticastOctets) },
};

static void receive_some(struct proto_port *p, const char *bench)
{
	UCHAR frame[60] = { 0 };

	if (strcmp(bench, "null") == 0)
		return;
	cr_assert_eq(proto_set_filter(p, NDIS_PACKET_TYPE_PROMISCUOUS), NDIS_STATUS_SUCCESS);
	memcpy(frame, p->mac, 6);
	for (ULONG i = 0; i < 7; i++) {
		bench_put(bench, frame, sizeof(frame));
		frame[0] = 0xFF;
		memset(frame, 0xFF, 6);
	}
	HOST_WAIT(host_stats(0).rx_frames == 7);
}

STAGE_TEST(oids, MP_OID_13_numbers_are_those_of_the_statistics)
{
	struct proto_port *p = bench_start(bench);
	NDIS_STATISTICS_INFO info = { .SupportedStatistics = 0 };

	receive_some(p, bench);
	cr_assert_eq(proto_query(p, OID_GEN_STATISTICS, &info, sizeof(info)), NDIS_STATUS_SUCCESS);
	for (ULONG i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		bool has = info.SupportedStatistics & numbers[i].flag;
		ULONG64 must, is = ~0ull;

		memcpy(&must, (const char *)&info + numbers[i].member, sizeof(must));
		cr_expect_eq(proto_query(p, numbers[i].oid, &is, sizeof(is)),
			     has ? NDIS_STATUS_SUCCESS : NDIS_STATUS_NOT_SUPPORTED);
		cr_expect_eq(is, has ? must : ~0ull, "OID 0x%08X says %llu, not %llu",
			     (unsigned int)numbers[i].oid, (unsigned long long)is,
			     (unsigned long long)must);
	}
	cr_expect_eq((info.SupportedStatistics & NDIS_STATISTICS_FLAGS_VALID_BYTES_RCV) != 0,
		     bench_is_nic(bench));
	cr_expect_eq(info.ifHCInOctets, bench_is_nic(bench) ? 7 * 60 : 0);
	bench_stop(bench);
}
