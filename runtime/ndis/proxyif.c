/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The runtime as the interface provider of adapters: it answers with what their
 * miniports told it, and asks nobody. Control threads.
 */
#include <errno.h>
#include <string.h>

#include "../error.h"
#include "../ke/irql.h"
#include "adapter.h"
#include "binding.h"
#include "interface.h"

static int give(const void *value, uint32_t size, void *buffer, uint32_t *length)
{
	if (*length < size)
		return nrt_fail(-EIO, "the answer takes %u bytes, there is room for %u", size,
				*length);
	memcpy(buffer, value, size);
	*length = size;
	return 0;
}

static int give_number(uint32_t value, void *buffer, uint32_t *length)
{
	return give(&value, sizeof(value), buffer, length);
}

static int give_name(const struct nrt_adapter *a, void *buffer, uint32_t *length)
{
	IF_COUNTED_STRING name = { 0 };
	size_t n = strnlen(a->device.name, IF_MAX_STRING_SIZE);

	for (size_t i = 0; i < n; i++)
		name.String[i] = (unsigned char)a->device.name[i];
	name.Length = (USHORT)(n * sizeof(WCHAR));
	return give(&name, sizeof(name), buffer, length);
}

/* ifOperStatus: up is what passes packets. */
static NET_IF_OPER_STATUS operational(struct nrt_adapter *a)
{
	uint32_t state = atomic_load(&a->state);

	if (a->link.MediaConnectState == MediaConnectStateDisconnected)
		return NET_IF_OPER_STATUS_DOWN;
	return state == NRT_RUNNING || state == NRT_SUSPENDED ? NET_IF_OPER_STATUS_UP :
								NET_IF_OPER_STATUS_DORMANT;
}

/* Under the adapter's lock, since the link is. */
static int answer_locked(struct nrt_adapter *a, NDIS_OID oid, void *buffer, uint32_t *length)
{
	const NDIS_LINK_SPEED speed = { a->link.XmitLinkSpeed, a->link.RcvLinkSpeed };

	switch (oid) {
	case OID_GEN_ALIAS:
		return give_name(a, buffer, length);
	case OID_GEN_ADMIN_STATUS:
		return give_number(NET_IF_ADMIN_STATUS_UP, buffer, length);
	case OID_GEN_OPERATIONAL_STATUS:
		return give_number(operational(a), buffer, length);
	case OID_GEN_MEDIA_CONNECT_STATUS_EX:
		return give_number(a->link.MediaConnectState, buffer, length);
	case OID_GEN_MEDIA_DUPLEX_STATE:
		return give_number(a->link.MediaDuplexState, buffer, length);
	case OID_GEN_LINK_SPEED_EX:
		return give(&speed, sizeof(speed), buffer, length);
	case OID_GEN_XMIT_LINK_SPEED:
		return give(&speed.XmitLinkSpeed, sizeof(speed.XmitLinkSpeed), buffer, length);
	case OID_GEN_RCV_LINK_SPEED:
		return give(&speed.RcvLinkSpeed, sizeof(speed.RcvLinkSpeed), buffer, length);
	case OID_GEN_MAXIMUM_FRAME_SIZE:
		return give_number(a->general.MtuSize, buffer, length);
	case OID_802_3_CURRENT_ADDRESS:
		return give(a->general.CurrentMacAddress, a->general.MacAddressLength, buffer,
			    length);
	case OID_802_3_PERMANENT_ADDRESS:
		return give(a->general.PermanentMacAddress, a->general.MacAddressLength, buffer,
			    length);
	default:
		return nrt_fail(-EIO, "adapter %s: object 0x%08X is not kept for interfaces",
				a->device.name, oid);
	}
}

static int answer(void *of, NDIS_OID oid, void *buffer, uint32_t *length)
{
	struct nrt_adapter *a = of;
	int rc;

	pthread_mutex_lock(&a->lock);
	rc = answer_locked(a, oid, buffer, length);
	pthread_mutex_unlock(&a->lock);
	return rc;
}

bool nrt_interface_add_adapter(struct nrt_adapter *a)
{
	return nrt_interface_add(IF_TYPE_ETHERNET_CSMACD, answer, a, &a->if_index, &a->net_luid);
}

void nrt_interface_remove_adapter(struct nrt_adapter *a)
{
	nrt_interface_remove(a->if_index);
}

/* What the binding was offered; with nothing above the adapter, both are the adapter. */
NDIS_STATUS NdisIfQueryBindingIfIndex(NDIS_HANDLE NdisBindingHandle, PNET_IFINDEX pBoundIfIndex,
				      PNET_LUID pBoundIfNetLuid, PNET_IFINDEX pBindingIfIndex,
				      PNET_LUID pBindingIfNetLuid)
{
	const struct nrt_binding *b =
		nrt_binding_of(NdisBindingHandle, "NdisIfQueryBindingIfIndex");

	nrt_check_irql("NdisIfQueryBindingIfIndex", PASSIVE_LEVEL);
	if (b == NULL)
		return NDIS_STATUS_INTERFACE_NOT_FOUND;
	*pBoundIfIndex = b->bind_params.BoundIfIndex;
	*pBoundIfNetLuid = b->bind_params.BoundIfNetluid;
	*pBindingIfIndex = b->bind_params.LowestIfIndex;
	*pBindingIfNetLuid = b->bind_params.LowestIfNetluid;
	return NDIS_STATUS_SUCCESS;
}
