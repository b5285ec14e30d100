/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive side scaling by OID: what NDIS answers, what reaches the miniport, and the
 * translation between drivers of before and since NDIS 6.20 [pages
 * oid-gen-receive-scale-parameters, ns-ntddndis-_ndis_receive_scale_parameters].
 */
#include <stddef.h>
#include <string.h>

#include "contract.h"

TestSuite(rss, .init = contract_start, .fini = contract_end, .timeout = 60);

#define QUERY NdisRequestQueryInformation
#define SET NdisRequestSetInformation
#define KEY 40
#define HASH (NDIS_HASH_IPV4 | NDIS_HASH_TCP_IPV4 | NdisHashFunctionToeplitz)

static struct stack s;

struct parameters {
	NDIS_RECEIVE_SCALE_PARAMETERS p;
	UCHAR key[KEY];
	UCHAR table[64];
};

static UCHAR at_miniport[1024]; /* the last set that reached it */
static ULONG at_miniport_length, sets;

static void keep_set(struct fake_adapter *a, const NDIS_OID_REQUEST *r)
{
	(void)a;
	sets++;
	at_miniport_length = r->DATA.SET_INFORMATION.InformationBufferLength;
	memcpy(at_miniport, r->DATA.SET_INFORMATION.InformationBuffer, at_miniport_length);
}

/* On the stack of MiniportInitializeEx: NDIS has to take a copy. */
static void capable(NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g)
{
	static NDIS_RECEIVE_SCALE_CAPABILITIES c;

	c = (NDIS_RECEIVE_SCALE_CAPABILITIES){
		.Header = { NDIS_OBJECT_TYPE_RSS_CAPABILITIES,
			    NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_2,
			    NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_2 },
		.CapabilitiesFlags = NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV4 | NdisHashFunctionToeplitz,
		.NumberOfReceiveQueues = 4,
		.NumberOfIndirectionTableEntries = 128,
	};
	g->RecvScaleCapabilities = &c;
}

static void forget_capabilities(struct fake_adapter *a)
{
	NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES g;

	(void)a;
	capable(&g);
	memset(g.RecvScaleCapabilities, 0xEE, sizeof(*g.RecvScaleCapabilities));
}

static struct fake_binding *up(void)
{
	s.a.mutate_general = capable;
	s.a.on_initialized = forget_capabilities;
	s.a.takes_any_set = TRUE;
	s.a.on_set = keep_set;
	stack_up(&s);
	sets = 0;
	return stack_binding(&s, 0);
}

/* Four entries for processors 0, 1, 1, 2, in the form since 6.20 or the old one. */
static void make(struct parameters *to, bool old)
{
	static const UCHAR processors[] = { 0, 1, 1, 2 };

	memset(to, 0, sizeof(*to));
	to->p.Header.Type = NDIS_OBJECT_TYPE_RSS_PARAMETERS;
	to->p.Header.Revision = old ? NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_1 :
				      NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2;
	to->p.Header.Size = (USHORT)(old ? NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_1 :
					   NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2);
	to->p.HashInformation = HASH;
	to->p.IndirectionTableSize = old ? 4 : 16;
	to->p.IndirectionTableOffset = offsetof(struct parameters, table);
	to->p.HashSecretKeySize = KEY;
	to->p.HashSecretKeyOffset = offsetof(struct parameters, key);
	for (UCHAR i = 0; i < KEY; i++)
		to->key[i] = (UCHAR)(i * 7 + 1);
	for (UCHAR i = 0; i < 4; i++)
		to->table[old ? i : i * 4 + 2] = processors[i];
}

static NDIS_STATUS set(struct fake_binding *b, struct parameters *p)
{
	return fake_binding_oid(b, SET, OID_GEN_RECEIVE_SCALE_PARAMETERS, p, sizeof(*p), NULL);
}

/* The processor of entry @i of the parameters in @buffer. */
static ULONG processor_at(const UCHAR *buffer, ULONG i)
{
	NDIS_RECEIVE_SCALE_PARAMETERS p;
	PROCESSOR_NUMBER n;

	memcpy(&p, buffer, sizeof(p));
	if (p.Header.Revision == NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_1)
		return buffer[p.IndirectionTableOffset + i];
	memcpy(&n, buffer + p.IndirectionTableOffset + i * sizeof(n), sizeof(n));
	return n.Number;
}

static void expect_parameters(const UCHAR *buffer, const struct parameters *must, bool old)
{
	static const ULONG processors[] = { 0, 1, 1, 2 };
	NDIS_RECEIVE_SCALE_PARAMETERS p;

	memcpy(&p, buffer, sizeof(p));
	cr_expect_eq(p.Header.Type, NDIS_OBJECT_TYPE_RSS_PARAMETERS);
	cr_expect_eq(p.Header.Revision == NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_1, old);
	cr_expect_eq(p.HashInformation, HASH);
	cr_assert_eq(p.IndirectionTableSize, old ? 4 : 16);
	cr_assert_eq(p.HashSecretKeySize, KEY);
	cr_expect_arr_eq(buffer + p.HashSecretKeyOffset, must->key, KEY);
	for (ULONG i = 0; i < 4; i++)
		cr_expect_eq(processor_at(buffer, i), processors[i]);
}

Test(rss, capabilities_are_answered_from_a_copy_of_the_attributes)
{
	struct fake_binding *b = up();
	NDIS_RECEIVE_SCALE_CAPABILITIES c;
	struct fake_request r = { 0 };
	const ULONG size = NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_2;

	cr_expect_eq(fake_binding_oid(b, QUERY, OID_GEN_RECEIVE_SCALE_CAPABILITIES, &c, size - 1, &r),
		     NDIS_STATUS_BUFFER_TOO_SHORT);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.BytesNeeded, size);
	cr_expect_eq(fake_binding_oid(b, QUERY, OID_GEN_RECEIVE_SCALE_CAPABILITIES, &c, sizeof(c), &r),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.BytesWritten, size);
	cr_expect_eq(c.CapabilitiesFlags,
		     NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV4 | NdisHashFunctionToeplitz);
	cr_expect_eq(c.NumberOfReceiveQueues, 4);
	cr_expect_eq(c.NumberOfIndirectionTableEntries, 128);
	cr_expect_eq(s.a.n_oids, 0, "the miniport was asked");
	cr_assert_not_null(b->params.RcvScaleCapabilities);
	cr_expect_eq(b->params.RcvScaleCapabilities->NumberOfReceiveQueues, 4);
	stack_down(&s);
}

Test(rss, an_adapter_without_capabilities_has_no_rss)
{
	struct fake_binding *b;
	struct parameters p;

	s.a.takes_any_set = TRUE;
	stack_up(&s);
	b = stack_binding(&s, 0);
	make(&p, false);
	cr_expect_eq(set(b, &p), NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(fake_binding_oid(b, QUERY, OID_GEN_RECEIVE_SCALE_PARAMETERS, &p, sizeof(p), NULL),
		     NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(fake_binding_oid(b, QUERY, OID_GEN_RECEIVE_SCALE_CAPABILITIES, &p, sizeof(p),
				      NULL),
		     NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(s.a.n_oids, 0);
	stack_down(&s);
}

Test(rss, parameters_go_to_the_miniport_and_come_back_in_a_query)
{
	struct fake_binding *b = up();
	UCHAR buffer[1024];
	struct fake_request r = { 0 };
	struct parameters p;
	ULONG size;

	make(&p, false);
	cr_assert_eq(set(b, &p), NDIS_STATUS_SUCCESS);
	cr_assert_eq(at_miniport_length, sizeof(p));
	cr_expect_arr_eq(at_miniport, &p, sizeof(p));
	cr_expect_eq(fake_binding_oid(b, QUERY, OID_GEN_RECEIVE_SCALE_PARAMETERS, buffer, 0, &r),
		     NDIS_STATUS_BUFFER_TOO_SHORT);
	size = r.request.DATA.QUERY_INFORMATION.BytesNeeded;
	cr_assert_leq(size, sizeof(buffer));
	cr_expect_eq(fake_binding_oid(b, QUERY, OID_GEN_RECEIVE_SCALE_PARAMETERS, buffer, size, &r),
		     NDIS_STATUS_SUCCESS);
	expect_parameters(buffer, &p, false);
	cr_expect_eq(sets, 1, "the query is not the miniport's");
	stack_down(&s);
}

/* The parts that are said to be unchanged need not be in the buffer. */
Test(rss, what_is_unchanged_stays_in_the_answer)
{
	struct fake_binding *b = up();
	struct parameters p, key;
	UCHAR buffer[1024];

	make(&p, false);
	cr_assert_eq(set(b, &p), NDIS_STATUS_SUCCESS);
	key = p;
	memset(key.key, 0x5A, KEY);
	memset(key.table, 0xEE, sizeof(key.table));
	key.p.Flags = NDIS_RSS_PARAM_FLAG_ITABLE_UNCHANGED | NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED;
	key.p.HashInformation = 0;
	key.p.IndirectionTableOffset = 1u << 30;
	cr_assert_eq(set(b, &key), NDIS_STATUS_SUCCESS);
	cr_assert_eq(fake_binding_oid(b, QUERY, OID_GEN_RECEIVE_SCALE_PARAMETERS, buffer,
				      sizeof(buffer), NULL),
		     NDIS_STATUS_SUCCESS);
	expect_parameters(buffer, &key, false);
	stack_down(&s);
}

static void expect_off(struct fake_binding *b)
{
	NDIS_RECEIVE_SCALE_PARAMETERS off;
	UCHAR buffer[1024];

	cr_assert_eq(fake_binding_oid(b, QUERY, OID_GEN_RECEIVE_SCALE_PARAMETERS, buffer,
				      sizeof(buffer), NULL),
		     NDIS_STATUS_SUCCESS);
	memcpy(&off, buffer, sizeof(off));
	cr_expect_eq(off.HashInformation, 0);
	cr_expect_eq(off.IndirectionTableSize, 0);
}

Test(rss, disabling_goes_down_and_the_answer_says_off)
{
	struct fake_binding *b = up();
	struct parameters p;

	expect_off(b);
	make(&p, false);
	cr_assert_eq(set(b, &p), NDIS_STATUS_SUCCESS);
	p.p.Flags = NDIS_RSS_PARAM_FLAG_DISABLE_RSS;
	cr_assert_eq(set(b, &p), NDIS_STATUS_SUCCESS);
	cr_expect_eq(sets, 2);
	expect_off(b);
	make(&p, false);
	cr_assert_eq(set(b, &p), NDIS_STATUS_SUCCESS);
	p.p.HashInformation = NDIS_HASH_IPV4; /* no function */
	cr_assert_eq(set(b, &p), NDIS_STATUS_SUCCESS);
	expect_off(b);
	stack_down(&s);
}

Test(rss, what_the_miniport_refuses_is_not_in_force)
{
	struct fake_binding *b = up();
	struct parameters p;

	make(&p, false);
	s.a.takes_any_set = FALSE;
	cr_expect_eq(set(b, &p), NDIS_STATUS_NOT_SUPPORTED);
	expect_off(b);
	stack_down(&s);
}

Test(rss, parameters_too_short_or_of_another_kind_do_not_reach_the_miniport)
{
	struct fake_binding *b = up();
	struct fake_request r = { 0 };
	struct parameters p;

	make(&p, false);
	cr_expect_eq(fake_binding_oid(b, SET, OID_GEN_RECEIVE_SCALE_PARAMETERS, &p,
				      NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_1 - 1, &r),
		     NDIS_STATUS_INVALID_LENGTH);
	cr_expect_eq(r.request.DATA.SET_INFORMATION.BytesNeeded,
		     NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_1);
	cr_expect_eq(fake_binding_oid(b, SET, OID_GEN_RECEIVE_SCALE_PARAMETERS, &p,
				      NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_1, &r),
		     NDIS_STATUS_INVALID_DATA, "its header says more");
	p.p.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	cr_expect_eq(set(b, &p), NDIS_STATUS_INVALID_DATA);
	cr_expect_eq(sets, 0);
	stack_down(&s);
}

Test(rss, MP_OID_05_a_miniport_that_takes_a_table_outside_the_buffer_is_reported)
{
	struct fake_binding *b = up();
	struct parameters p;

	make(&p, false);
	p.p.IndirectionTableOffset = sizeof(p) - 15;
	cr_expect_eq(set(b, &p), NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("MP-OID-05", NULL));
	make(&p, false);
	p.p.HashSecretKeyOffset = ~0u;
	cr_expect_eq(set(b, &p), NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("MP-OID-05", NULL));
	expect_off(b);
	stack_down(&s);
}

Test(rss, an_old_protocols_table_is_translated_for_a_miniport_of_6_20)
{
	struct fake_binding *b;
	struct parameters p;
	UCHAR buffer[1024];

	s.p[0].major = 6;
	s.p[0].minor = 1;
	b = up();
	make(&p, true);
	cr_assert_eq(set(b, &p), NDIS_STATUS_SUCCESS);
	expect_parameters(at_miniport, &p, false);
	cr_assert_eq(fake_binding_oid(b, QUERY, OID_GEN_RECEIVE_SCALE_PARAMETERS, buffer,
				      sizeof(buffer), NULL),
		     NDIS_STATUS_SUCCESS);
	expect_parameters(buffer, &p, true);
	p.p.IndirectionTableOffset = sizeof(p);
	cr_expect_eq(set(b, &p), NDIS_STATUS_INVALID_DATA);
	cr_expect_eq(sets, 1);
	stack_down(&s);
}

Test(rss, a_protocol_of_6_20s_table_is_translated_for_an_old_miniport)
{
	struct fake_binding *b;
	struct parameters p;

	s.m.major = 6;
	s.m.minor = 1;
	b = up();
	make(&p, false);
	cr_assert_eq(set(b, &p), NDIS_STATUS_SUCCESS);
	expect_parameters(at_miniport, &p, true);
	stack_down(&s);
}

/* --------------------------------------------------------------- hash alone */

struct hash_parameters {
	NDIS_RECEIVE_HASH_PARAMETERS p;
	UCHAR key[KEY];
};

static void make_hash(struct hash_parameters *to, ULONG flags)
{
	memset(to, 0, sizeof(*to));
	to->p.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	to->p.Header.Revision = NDIS_RECEIVE_HASH_PARAMETERS_REVISION_1;
	to->p.Header.Size = NDIS_SIZEOF_RECEIVE_HASH_PARAMETERS_REVISION_1;
	to->p.Flags = flags;
	to->p.HashInformation = HASH;
	to->p.HashSecretKeySize = KEY;
	to->p.HashSecretKeyOffset = offsetof(struct hash_parameters, key);
	for (UCHAR i = 0; i < KEY; i++)
		to->key[i] = (UCHAR)(i * 5 + 3);
}

static NDIS_STATUS set_hash(struct fake_binding *b, struct hash_parameters *p)
{
	return fake_binding_oid(b, SET, OID_GEN_RECEIVE_HASH, p, sizeof(*p), NULL);
}

/* What a query finds; @must NULL: hashes are off. */
static void expect_hash(struct fake_binding *b, const struct hash_parameters *must)
{
	UCHAR buffer[128];
	NDIS_RECEIVE_HASH_PARAMETERS p;

	cr_assert_eq(fake_binding_oid(b, QUERY, OID_GEN_RECEIVE_HASH, buffer, sizeof(buffer), NULL),
		     NDIS_STATUS_SUCCESS);
	memcpy(&p, buffer, sizeof(p));
	cr_expect_eq(p.Header.Type, NDIS_OBJECT_TYPE_DEFAULT);
	cr_expect_eq(p.Header.Size, NDIS_SIZEOF_RECEIVE_HASH_PARAMETERS_REVISION_1);
	cr_expect_eq(p.Flags, must != NULL ? NDIS_RECEIVE_HASH_FLAG_ENABLE_HASH : 0);
	cr_expect_eq(p.HashInformation, must != NULL ? HASH : 0);
	cr_assert_eq(p.HashSecretKeySize, must != NULL ? KEY : 0);
	if (must != NULL)
		cr_expect_arr_eq(buffer + p.HashSecretKeyOffset, must->key, KEY);
}

Test(rss, hashes_alone_are_set_by_the_miniport_and_answered_by_NDIS)
{
	struct fake_binding *b = up();
	struct fake_request r = { 0 };
	struct hash_parameters p;
	UCHAR small[8];

	expect_hash(b, NULL);
	make_hash(&p, NDIS_RECEIVE_HASH_FLAG_ENABLE_HASH);
	cr_expect_eq(set_hash(b, &p), NDIS_STATUS_SUCCESS);
	cr_expect_eq(sets, 1);
	cr_assert_eq(at_miniport_length, sizeof(p));
	cr_expect_arr_eq(at_miniport, (UCHAR *)&p, sizeof(p));
	expect_hash(b, &p);
	cr_expect_eq(fake_binding_oid(b, QUERY, OID_GEN_RECEIVE_HASH, small, sizeof(small), &r),
		     NDIS_STATUS_BUFFER_TOO_SHORT);
	cr_expect_eq(r.request.DATA.QUERY_INFORMATION.BytesNeeded, sizeof(p));
	p.p.Flags = 0;
	cr_expect_eq(set_hash(b, &p), NDIS_STATUS_SUCCESS);
	expect_hash(b, NULL);
	stack_down(&s);
}

Test(rss, hash_parameters_that_are_said_to_be_unchanged_are_kept)
{
	struct fake_binding *b = up();
	struct hash_parameters p, next;

	make_hash(&p, NDIS_RECEIVE_HASH_FLAG_ENABLE_HASH);
	cr_expect_eq(set_hash(b, &p), NDIS_STATUS_SUCCESS);
	make_hash(&next, NDIS_RECEIVE_HASH_FLAG_ENABLE_HASH |
				 NDIS_RECEIVE_HASH_FLAG_HASH_INFO_UNCHANGED |
				 NDIS_RECEIVE_HASH_FLAG_HASH_KEY_UNCHANGED);
	next.p.HashInformation = 0;
	memset(next.key, 0xEE, KEY);
	cr_expect_eq(set_hash(b, &next), NDIS_STATUS_SUCCESS);
	expect_hash(b, &p);
	stack_down(&s);
}

Test(rss, scaling_that_ends_leaves_hashes_alone)
{
	struct fake_binding *b = up();
	struct hash_parameters hash;
	struct parameters p;

	make_hash(&hash, NDIS_RECEIVE_HASH_FLAG_ENABLE_HASH);
	cr_expect_eq(set_hash(b, &hash), NDIS_STATUS_SUCCESS);
	make(&p, false);
	p.p.Flags = NDIS_RSS_PARAM_FLAG_DISABLE_RSS;
	cr_expect_eq(set(b, &p), NDIS_STATUS_SUCCESS);
	expect_hash(b, &hash);
	stack_down(&s);
}

Test(rss, MP_OID_05_wrong_hash_parameters_are_refused)
{
	struct fake_binding *b = up();
	struct fake_request r = { 0 };
	struct hash_parameters p;

	make_hash(&p, NDIS_RECEIVE_HASH_FLAG_ENABLE_HASH);
	cr_expect_eq(fake_binding_oid(b, SET, OID_GEN_RECEIVE_HASH, &p, 12, &r),
		     NDIS_STATUS_INVALID_LENGTH);
	cr_expect_eq(r.request.DATA.SET_INFORMATION.BytesNeeded,
		     NDIS_SIZEOF_RECEIVE_HASH_PARAMETERS_REVISION_1);
	p.p.Header.Type = NDIS_OBJECT_TYPE_RSS_PARAMETERS;
	cr_expect_eq(set_hash(b, &p), NDIS_STATUS_INVALID_DATA);
	make_hash(&p, NDIS_RECEIVE_HASH_FLAG_ENABLE_HASH);
	p.p.Header.Size = sizeof(p) + 1;
	cr_expect_eq(set_hash(b, &p), NDIS_STATUS_INVALID_DATA);
	cr_expect_eq(sets, 0);
	expect_hash(b, NULL);
	make_hash(&p, NDIS_RECEIVE_HASH_FLAG_ENABLE_HASH);
	p.p.HashSecretKeyOffset = sizeof(p) - KEY + 1; /* which the fake takes all the same */
	cr_expect_eq(set_hash(b, &p), NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("MP-OID-05", NULL));
	expect_hash(b, NULL);
	stack_down(&s);
}

Test(rss, what_the_miniport_does_not_take_does_not_show)
{
	struct hash_parameters p;
	struct fake_binding *b;

	b = up();
	s.a.takes_any_set = FALSE;
	make_hash(&p, NDIS_RECEIVE_HASH_FLAG_ENABLE_HASH);
	cr_expect_eq(set_hash(b, &p), NDIS_STATUS_NOT_SUPPORTED);
	expect_hash(b, NULL);
	stack_down(&s);
}
