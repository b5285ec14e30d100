/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Indications whose flags say of all frames what is true of some: rules MP-RCV-12, FL-RCV-04.
 */
#include "filters.h"

#include <string.h>

#include "fake_frame.h"

TestSuite(receiveform, .init = contract_start, .fini = contract_end, .timeout = 60);

#define LENT NDIS_RECEIVE_FLAGS_RESOURCES
#define ONE_TYPE (LENT | NDIS_RECEIVE_FLAGS_SINGLE_ETHER_TYPE)
#define ONE_VLAN (LENT | NDIS_RECEIVE_FLAGS_SINGLE_VLAN)

static struct stack s;
static struct filters fs;

typedef VOID indicate_fn(NDIS_HANDLE handle, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port,
			 ULONG n, ULONG flags);

struct frame {
	UCHAR bytes[FRAME_LENGTH];
	MDL *mdl;
	NET_BUFFER_LIST *nbl;
};

static NDIS_HANDLE pool;
static struct frame frames[2];

/* Two frames that @owner indicates, of one type, without a tag, in one VLAN. */
static void make(NDIS_HANDLE owner)
{
	const NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
		.fAllocateNetBuffer = TRUE,
		.PoolTag = 'tseT',
	};

	pool = NdisAllocateNetBufferListPool(owner, &parameters);
	for (unsigned int i = 0; i < 2; i++) {
		struct frame *f = &frames[i];

		frame_build(f->bytes, broadcast_mac, i);
		f->mdl = NdisAllocateMdl(owner, f->bytes, FRAME_LENGTH);
		f->nbl = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, f->mdl, 0, FRAME_LENGTH);
		f->nbl->SourceHandle = owner;
	}
}

static void unmake(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		NdisFreeNetBufferList(frames[i].nbl);
		NdisFreeMdl(frames[i].mdl);
	}
	NdisFreeNetBufferListPool(pool);
}

static void indicate(indicate_fn *fn, NDIS_HANDLE owner, ULONG flags)
{
	NET_BUFFER_LIST_NEXT_NBL(frames[0].nbl) = frames[1].nbl;
	NET_BUFFER_LIST_NEXT_NBL(frames[1].nbl) = NULL;
	fn(owner, frames[0].nbl, NDIS_DEFAULT_PORT_NUMBER, 2, flags);
}

static void set_type(unsigned int i, const char *type_and_more, size_t n)
{
	memcpy(frames[i].bytes + 12, type_and_more, n);
}

/* Both kinds of originators: @rule is broken by each that lies. */
static void check_all(indicate_fn *fn, NDIS_HANDLE owner, const char *rule)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO tag = { .TagHeader.VlanId = 5 };

	make(owner);
	indicate(fn, owner, ONE_TYPE | ONE_VLAN);
	cr_expect(no_violations());
	set_type(1, "\x08\x06", 2);
	indicate(fn, owner, LENT);
	cr_expect(no_violations(), "nothing is said");
	indicate(fn, owner, ONE_TYPE);
	cr_expect(violations_are(rule, NULL));
	set_type(0, "\x81\x00\x00\x05\x08\x06", 6);
	indicate(fn, owner, ONE_TYPE);
	cr_expect(no_violations(), "behind the tag they are the same");
	set_type(1, "\x81\x00\x00\x06\x08\x00", 6);
	indicate(fn, owner, ONE_TYPE);
	cr_expect(no_violations(), "and here before it");
	NET_BUFFER_LIST_INFO(frames[1].nbl, Ieee8021QNetBufferListInfo) = tag.Value;
	indicate(fn, owner, ONE_TYPE);
	cr_expect(no_violations());
	indicate(fn, owner, ONE_VLAN);
	cr_expect(violations_are(rule, NULL));
	tag.TagHeader.UserPriority = 3;
	NET_BUFFER_LIST_INFO(frames[0].nbl, Ieee8021QNetBufferListInfo) = tag.Value;
	indicate(fn, owner, ONE_VLAN);
	cr_expect(no_violations(), "a priority is no VLAN");
	unmake();
}

Test(receiveform, MP_RCV_12_a_miniports_flags_are_true_of_all_frames)
{
	stack_binding(&s, 0)->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	stack_up(&s);
	check_all(NdisMIndicateReceiveNetBufferLists, s.a.handle, "MP-RCV-12");
	stack_down(&s);
}

Test(receiveform, FL_RCV_04_a_filters_flags_are_true_of_all_frames)
{
	stack_binding(&s, 0)->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	filters_up(&fs, &s);
	check_all(NdisFIndicateReceiveNetBufferLists, module_of(&fs, 0)->handle, "FL-RCV-04");
	filters_down(&fs, &s);
}
