/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the verifier says of NET_BUFFER_LISTs whose frames do not belong together, or whose
 * MAC header is cut in two: rule RS-NB-10.
 */
#include "filters.h"

#include <string.h>

#include "fake_frame.h"

TestSuite(sendform, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;
static struct filters fs;

#define MAC_END 14
#define IP MAC_END

struct frame {
	ULONG length;
	UCHAR bytes[FRAME_LENGTH];
};

static struct frame plain(void)
{
	struct frame f = { .length = FRAME_LENGTH };

	memcpy(f.bytes, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x88\xB5", MAC_END);
	return f;
}

/* With what two of them may differ in as arguments. */
static struct frame ipv4(UCHAR protocol, UCHAR port)
{
	struct frame f = plain();

	memcpy(f.bytes + 12, "\x08\x00\x45", 3);
	f.bytes[IP + 9] = protocol;
	memcpy(f.bytes + IP + 12, "\x0A\x00\x00\x01\x0A\x00\x00\x02", 8);
	f.bytes[IP + 20] = 0x12;
	f.bytes[IP + 21] = port;
	return f;
}

static struct frame ipv6(UCHAR port)
{
	struct frame f = plain();

	memcpy(f.bytes + 12, "\x86\xDD\x60", 3);
	f.bytes[IP + 6] = 17;
	f.bytes[IP + 8] = f.bytes[IP + 24] = 0x20;
	f.bytes[IP + 39] = 9;
	f.bytes[IP + 41] = port;
	return f;
}

static struct frame tagged(struct frame f)
{
	struct frame t = f;

	memmove(t.bytes + 16, f.bytes + 12, FRAME_LENGTH - 16);
	memcpy(t.bytes + 12, "\x81\x00\x00\x05", 4);
	return t;
}

/* The first frame of @nbl, in one piece. */
static UCHAR *first_of(NET_BUFFER_LIST *nbl)
{
	return NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB(nbl), FRAME_LENGTH, NULL, 1, 0);
}

/* Send @a and, in the same NBL, @b, whose first MDL has @cut bytes (0: all). */
static void send_both(struct fake_binding *binding, struct frame a, struct frame b, ULONG cut)
{
	NET_BUFFER_POOL_PARAMETERS parameters = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 },
		.PoolTag = 'tseT',
	};
	NDIS_HANDLE pool = NdisAllocateNetBufferPool(binding->handle, &parameters);
	NET_BUFFER_LIST *nbl = fake_binding_make(binding, fake_mac, 1, 0);
	ULONG head = cut != 0 ? cut : FRAME_LENGTH;
	MDL *mdl = NdisAllocateMdl(binding->handle, b.bytes, head);
	MDL *rest = cut != 0 ? NdisAllocateMdl(binding->handle, b.bytes + cut, FRAME_LENGTH - cut) :
			       NULL;
	NET_BUFFER *second;

	memcpy(first_of(nbl), a.bytes, FRAME_LENGTH);
	mdl->Next = rest;
	second = NdisAllocateNetBuffer(pool, mdl, 0, b.length);
	NET_BUFFER_NEXT_NB(NET_BUFFER_LIST_FIRST_NB(nbl)) = second;
	fake_binding_send(binding, nbl, 0);
	NET_BUFFER_NEXT_NB(NET_BUFFER_LIST_FIRST_NB(nbl)) = NULL;
	NdisFreeNetBuffer(second);
	NdisFreeNetBufferPool(pool);
	NdisFreeMdl(mdl);
	if (rest != NULL)
		NdisFreeMdl(rest);
}

static struct fake_binding *up(void)
{
	stack_up(&s);
	return stack_binding(&s, 0);
}

Test(sendform, RS_NB_10_frames_of_one_connection_may_go_together)
{
	struct fake_binding *b = up();
	struct frame other = ipv4(6, 80);

	other.bytes[IP + 30] = 0xEE; /* a sequence number, say */
	send_both(b, plain(), plain(), 0);
	send_both(b, ipv4(6, 80), other, 0);
	send_both(b, ipv6(53), ipv6(53), 0);
	send_both(b, tagged(ipv6(53)), tagged(ipv6(53)), 0);
	send_both(b, ipv4(1, 1), ipv4(1, 2), 0); /* ICMP has no ports */
	cr_expect_eq(b->completed, 5);
	cr_expect(no_violations());
	stack_down(&s);
}

Test(sendform, RS_NB_10_frames_of_another_kind_may_not)
{
	struct fake_binding *b = up();
	struct frame mac = plain(), type = plain(), address = ipv4(17, 80);

	mac.bytes[5] = 7;
	type.bytes[13] = 0xB6;
	address.bytes[IP + 19] = 3;
	send_both(b, plain(), mac, 0);
	cr_expect(violations_are("RS-NB-10", NULL), "MAC addresses");
	send_both(b, plain(), type, 0);
	cr_expect(violations_are("RS-NB-10", NULL), "EtherType");
	send_both(b, ipv4(17, 80), ipv6(80), 0);
	cr_expect(violations_are("RS-NB-10", NULL), "IP version");
	send_both(b, ipv4(17, 80), address, 0);
	cr_expect(violations_are("RS-NB-10", NULL), "IP addresses");
	send_both(b, ipv4(17, 80), ipv4(6, 80), 0);
	cr_expect(violations_are("RS-NB-10", NULL), "protocol");
	send_both(b, ipv4(6, 80), ipv4(6, 81), 0);
	cr_expect(violations_are("RS-NB-10", NULL), "port of IPv4");
	send_both(b, ipv6(53), ipv6(54), 0);
	cr_expect(violations_are("RS-NB-10", NULL), "port of IPv6");
	send_both(b, tagged(ipv4(6, 80)), tagged(ipv4(6, 81)), 0);
	cr_expect(violations_are("RS-NB-10", NULL), "port behind a tag");
	stack_down(&s);
}

Test(sendform, RS_NB_10_a_later_fragment_has_no_ports)
{
	struct fake_binding *b = up();
	struct frame first = ipv4(17, 80), second = ipv4(17, 81);

	first.bytes[IP + 6] = second.bytes[IP + 6] = 0x20; /* more of them */
	second.bytes[IP + 7] = 4;
	send_both(b, first, second, 0);
	cr_expect(no_violations());
	stack_down(&s);
}

Test(sendform, RS_NB_10_a_MAC_header_and_its_tag_lie_in_one_MDL)
{
	struct fake_binding *b = up();

	send_both(b, plain(), plain(), 13);
	cr_expect(violations_are("RS-NB-10", NULL));
	send_both(b, plain(), plain(), 14);
	cr_expect(no_violations());
	send_both(b, tagged(plain()), tagged(plain()), 17);
	cr_expect(violations_are("RS-NB-10", NULL));
	send_both(b, tagged(plain()), tagged(plain()), 18);
	cr_expect(no_violations());
	stack_down(&s);
}

/* It is a malformed frame all the same, but of another rule. */
Test(sendform, headers_that_are_cut_short_are_not_read)
{
	struct fake_binding *b = up();
	struct frame f = ipv4(17, 80);

	f.bytes[IP] = 0x4F; /* 60 bytes of header in a frame of 60 */
	send_both(b, f, f, 0);
	f = ipv4(17, 80);
	f.length = 20; /* an IPv4 header that ends in the middle, and so no connection to compare */
	send_both(b, f, f, 0);
	cr_expect(violations_are("RS-NB-10", NULL), "the second has no connection");
	f.length = 8;
	send_both(b, f, f, 0);
	cr_expect(violations_are("RS-NB-10", NULL), "nor addresses");
	stack_down(&s);
}

static void send_two_kinds(struct fake_module *m, NET_BUFFER_LIST *chain, ULONG flags)
{
	first_of(chain)[5] ^= 1; /* passed on, not originated: not looked at again */
	NdisFSendNetBufferLists(m->handle, chain, 0, flags);
}

Test(sendform, only_the_originator_is_looked_at)
{
	struct fake_binding *b;

	filters_up(&fs, &s);
	b = stack_binding(&s, 0);
	module_of(&fs, 0)->on_send = send_two_kinds;
	send_both(b, plain(), plain(), 0);
	cr_expect(no_violations());
	filters_down(&fs, &s);
}

/* Freed by the fake as its own, but for the second MDL. */
Test(sendform, RS_NB_10_a_filter_that_originates_is_looked_at)
{
	struct fake_module *m = module_of(&fs, 0);
	struct frame f = plain();
	NET_BUFFER_LIST *nbl;
	MDL *head, *rest;
	UCHAR *data;

	filters_up(&fs, &s);
	data = NdisAllocateMemoryWithTagPriority(m->handle, FRAME_LENGTH, 'tseT', NormalPoolPriority);
	memcpy(data, f.bytes, FRAME_LENGTH);
	head = NdisAllocateMdl(m->handle, data, 10);
	rest = NdisAllocateMdl(m->handle, data + 10, FRAME_LENGTH - 10);
	head->Next = rest;
	nbl = NdisAllocateNetBufferAndNetBufferList(m->pool, 0, 0, head, 0, FRAME_LENGTH);
	nbl->SourceHandle = m->handle;
	nbl->ProtocolReserved[0] = data;
	NdisFSendNetBufferLists(m->handle, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
	cr_expect(violations_are("RS-NB-10", NULL));
	NdisFreeMdl(rest);
	filters_down(&fs, &s);
}
