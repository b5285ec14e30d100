/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Media-specific information of a NET_BUFFER_LIST: two lists of what drivers attach to it, by
 * tag, the second one for NDIS 6.20 and later [ndis/nf-ndis-ndis_nbl_add_media_specific_info
 * and ..._ex and their kin]. The memory is the driver's that attached it, who takes it off
 * again. Any IRQL, by the present owner of the NET_BUFFER_LIST. Included by <ndis.h>.
 */
#ifndef NDIS_NBLMEDIA_H
#define NDIS_NBLMEDIA_H

#include "nblaccessors.h"
#include "nblinfo.h"
#include "objectheader.h"

typedef struct _NDIS_NBL_MEDIA_MEDIA_SPECIFIC_INFORMATION {
	struct _NDIS_NBL_MEDIA_MEDIA_SPECIFIC_INFORMATION *NextEntry;
	ULONG Tag;
	DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) UCHAR Data[1];
} NDIS_NBL_MEDIA_SPECIFIC_INFORMATION, *PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION;

#define NDIS_NBL_MEDIA_SPECIFIC_INFO_REVISION_1 1

typedef struct _NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX {
	NDIS_OBJECT_HEADER Header;
	struct _NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX *NextEntry;
	ULONG Tag;
	PVOID Data;
} NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX, *PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX;

#define NDIS_SIZEOF_NBL_MEDIA_SPECIFIC_INFO_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX, Data)

/* The link in slot @_Id of @_NBL or in an entry that leads to the first entry of @_Tag, or to
 * the end of the list. */
#define NRT_NBL_MEDIA_LINK(_Name, _Type, _Id)                                             \
	static inline _Type **_Name(PNET_BUFFER_LIST nbl, ULONG tag)                      \
	{                                                                                 \
		_Type **link = (_Type **)(PVOID)&NET_BUFFER_LIST_INFO(nbl, _Id);          \
                                                                                          \
		while (*link != NULL && (*link)->Tag != tag)                              \
			link = &(*link)->NextEntry;                                       \
		return link;                                                              \
	}

NRT_NBL_MEDIA_LINK(nrt_nbl_media_link, NDIS_NBL_MEDIA_SPECIFIC_INFORMATION,
		   MediaSpecificInformation)
NRT_NBL_MEDIA_LINK(nrt_nbl_media_link_ex, NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX,
		   MediaSpecificInformationEx)

static inline void nrt_nbl_media_add(PNET_BUFFER_LIST nbl,
				     PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION info)
{
	info->NextEntry = (PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION)NET_BUFFER_LIST_INFO(
		nbl, MediaSpecificInformation);
	NET_BUFFER_LIST_INFO(nbl, MediaSpecificInformation) = info;
}

static inline void nrt_nbl_media_add_ex(PNET_BUFFER_LIST nbl,
					PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX info)
{
	info->NextEntry = (PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX)NET_BUFFER_LIST_INFO(
		nbl, MediaSpecificInformationEx);
	NET_BUFFER_LIST_INFO(nbl, MediaSpecificInformationEx) = info;
}

/* The first entry of @info's tag, which need not be @info. */
static inline void nrt_nbl_media_remove(PNET_BUFFER_LIST nbl,
					const NDIS_NBL_MEDIA_SPECIFIC_INFORMATION *info)
{
	PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION *link = nrt_nbl_media_link(nbl, info->Tag);

	if (*link != NULL)
		*link = (*link)->NextEntry;
}

static inline void nrt_nbl_media_remove_ex(PNET_BUFFER_LIST nbl,
					   const NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX *info)
{
	PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX *link = nrt_nbl_media_link_ex(nbl, info->Tag);

	if (*link != NULL)
		*link = (*link)->NextEntry;
}

/* At the head of the list. */
#define NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO(_NBL, _MediaSpecificInfo) \
	nrt_nbl_media_add((_NBL), (_MediaSpecificInfo))
#define NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO_EX(_NBL, _MediaSpecificInfo) \
	nrt_nbl_media_add_ex((_NBL), (_MediaSpecificInfo))

/* @_MediaSpecificInfo, a pointer variable, becomes the first entry of @_Tag, or NULL. */
#define NDIS_NBL_GET_MEDIA_SPECIFIC_INFO(_NBL, _Tag, _MediaSpecificInfo) \
	((_MediaSpecificInfo) = *nrt_nbl_media_link((_NBL), (_Tag)))
#define NDIS_NBL_GET_MEDIA_SPECIFIC_INFO_EX(_NBL, _Tag, _MediaSpecificInfo) \
	((_MediaSpecificInfo) = *nrt_nbl_media_link_ex((_NBL), (_Tag)))

#define NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO(_NBL, _MediaSpecificInfo) \
	nrt_nbl_media_remove((_NBL), (_MediaSpecificInfo))
#define NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO_EX(_NBL, _MediaSpecificInfo) \
	nrt_nbl_media_remove_ex((_NBL), (_MediaSpecificInfo))

#endif
