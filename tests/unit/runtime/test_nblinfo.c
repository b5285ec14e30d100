/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What drivers attach to a NET_BUFFER_LIST: media-specific information, receive filters and
 * queues, timestamps.
 */
#include <criterion/criterion.h>
#include <ndis.h>

TestSuite(nblinfo);

static NET_BUFFER_LIST nbl;

Test(nblinfo, media_specific_information_is_found_by_its_tag_the_newest_first)
{
	NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX a = { .Tag = 1 }, b = { .Tag = 2 }, c = { .Tag = 1 };
	PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX found = &a;

	NDIS_NBL_GET_MEDIA_SPECIFIC_INFO_EX(&nbl, 1, found);
	cr_expect_null(found);
	NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO_EX(&nbl, &a);
	NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO_EX(&nbl, &b);
	NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO_EX(&nbl, &c);
	cr_expect_eq(NET_BUFFER_LIST_INFO(&nbl, MediaSpecificInformationEx), &c);
	cr_expect_eq(c.NextEntry, &b);
	cr_expect_eq(b.NextEntry, &a);
	cr_expect_null(a.NextEntry);
	cr_expect_null(NET_BUFFER_LIST_INFO(&nbl, MediaSpecificInformation));
	NDIS_NBL_GET_MEDIA_SPECIFIC_INFO_EX(&nbl, 1, found);
	cr_expect_eq(found, &c);
	NDIS_NBL_GET_MEDIA_SPECIFIC_INFO_EX(&nbl, 2, found);
	cr_expect_eq(found, &b);
	NDIS_NBL_GET_MEDIA_SPECIFIC_INFO_EX(&nbl, 3, found);
	cr_expect_null(found);
}

Test(nblinfo, media_specific_information_is_removed_by_its_tag)
{
	NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX a = { .Tag = 1 }, b = { .Tag = 2 }, c = { .Tag = 1 };
	const NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX none = { .Tag = 3 };

	NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO_EX(&nbl, &a);
	NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO_EX(&nbl, &b);
	NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO_EX(&nbl, &c);
	NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO_EX(&nbl, &none);
	NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO_EX(&nbl, &b);
	cr_expect_eq(NET_BUFFER_LIST_INFO(&nbl, MediaSpecificInformationEx), &c);
	cr_expect_eq(c.NextEntry, &a);
	NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO_EX(&nbl, &a); /* the first one of its tag is c */
	cr_expect_eq(NET_BUFFER_LIST_INFO(&nbl, MediaSpecificInformationEx), &a);
	NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO_EX(&nbl, &a);
	cr_expect_null(NET_BUFFER_LIST_INFO(&nbl, MediaSpecificInformationEx));
	NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO_EX(&nbl, &a);
	cr_expect_null(NET_BUFFER_LIST_INFO(&nbl, MediaSpecificInformationEx));
}

Test(nblinfo, the_older_kind_has_a_list_of_its_own)
{
	NDIS_NBL_MEDIA_SPECIFIC_INFORMATION a = { .Tag = 1 }, b = { .Tag = 2 };
	PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION found = NULL;

	NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO(&nbl, &a);
	NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO(&nbl, &b);
	cr_expect_null(NET_BUFFER_LIST_INFO(&nbl, MediaSpecificInformationEx));
	NDIS_NBL_GET_MEDIA_SPECIFIC_INFO(&nbl, 1, found);
	cr_expect_eq(found, &a);
	NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO(&nbl, &a);
	NDIS_NBL_GET_MEDIA_SPECIFIC_INFO(&nbl, 1, found);
	cr_expect_null(found);
	NDIS_NBL_GET_MEDIA_SPECIFIC_INFO(&nbl, 2, found);
	cr_expect_eq(found, &b);
	cr_expect_null(b.NextEntry);
}

Test(nblinfo, a_receive_filter_and_a_queue_share_a_slot)
{
	NDIS_NET_BUFFER_LIST_FILTERING_INFO info;

	NET_BUFFER_LIST_RECEIVE_FILTER_ID(&nbl) = 0xF1F2;
	NET_BUFFER_LIST_RECEIVE_QUEUE_ID(&nbl) = 0xA1A2;
	info.Value = NET_BUFFER_LIST_INFO(&nbl, NetBufferListFilteringInfo);
	cr_expect_eq(info.FilteringInfo.FilterId, 0xF1F2);
	cr_expect_eq(info.FilteringInfo.QueueVPortInfo.QueueId, 0xA1A2);
	NET_BUFFER_LIST_RECEIVE_FILTER_VPORT_ID(&nbl) = 7;
	cr_expect_eq(NET_BUFFER_LIST_RECEIVE_QUEUE_ID(&nbl), 7);
	cr_expect_eq(NET_BUFFER_LIST_RECEIVE_FILTER_ID(&nbl), 0xF1F2);
}

Test(nblinfo, a_timestamp_is_kept_and_copied)
{
	const NET_BUFFER_LIST_TIMESTAMP stamp = { .Timestamp = 0x1122334455667788 };
	NET_BUFFER_LIST_TIMESTAMP seen = { .Timestamp = 1 };
	static NET_BUFFER_LIST other;

	NdisGetNblTimestampInfo(&nbl, &seen);
	cr_expect_eq(seen.Timestamp, 0);
	NdisSetNblTimestampInfo(&nbl, &stamp);
	NdisCopyNblTimestampInfo(&other, &nbl);
	NdisGetNblTimestampInfo(&other, &seen);
	cr_expect_eq(seen.Timestamp, stamp.Timestamp);
	for (int i = 0; i < NetBufferListInfoReserved3; i++)
		cr_expect_null(NET_BUFFER_LIST_INFO(&other, i), "slot %d has another use", i);
}
