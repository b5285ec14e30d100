/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The extensible switch's protocol edge, an ordinary protocol over the extensions: frames of
 * NICs go down as sends with a forwarding context, what comes up is delivered to its
 * destinations and returned, and the control path's requests are issued here. Bound to its own
 * switch only (binding.c). Any thread; control functions at PASSIVE_LEVEL.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../ke/memory.h"
#include "protocol.h"
#include "switch.h"

#define POLL_NS 50000
#define MAC_HEADER 14

/* --------------------------------------------------------------------- the packets */

static bool packet_new(struct nrt_switch *sw, struct nrt_switch_packet *p)
{
	p->context.of_switch = true;
	p->data = nrt_memory_alloc(sw->max_frame, NRT_SWITCH_TAG, NULL);
	p->mdl = p->data != NULL ? NdisAllocateMdl(sw->protocol_driver, p->data, sw->max_frame) :
				   NULL;
	if (p->mdl == NULL)
		return false;
	p->nbl = NdisAllocateNetBufferAndNetBufferList(sw->pool, 0, 0, p->mdl, 0, 0);
	if (p->nbl == NULL)
		return false;
	p->nbl->SourceHandle = sw->binding;
	p->nbl->ProtocolReserved[0] = p;
	return true;
}

bool nrt_switch_packets_new(struct nrt_switch *sw)
{
	NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
		.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
		.fAllocateNetBuffer = TRUE,
		.PoolTag = NRT_SWITCH_TAG,
	};

	sw->pool = NdisAllocateNetBufferListPool(sw->protocol_driver, &parameters);
	sw->packets = calloc(sw->n_packets, sizeof(*sw->packets));
	if (sw->pool == NULL || sw->packets == NULL)
		return false;
	for (uint32_t i = 0; i < sw->n_packets; i++)
		if (!packet_new(sw, &sw->packets[i]))
			return false;
	return nrt_index_stack_init(&sw->free_packets, sw->n_packets);
}

void nrt_switch_packets_free(struct nrt_switch *sw)
{
	for (uint32_t i = 0; sw->packets != NULL && i < sw->n_packets; i++) {
		struct nrt_switch_packet *p = &sw->packets[i];

		nrt_switch_context_fini(&p->context);
		if (p->nbl != NULL)
			NdisFreeNetBufferList(p->nbl);
		if (p->mdl != NULL)
			NdisFreeMdl(p->mdl);
		nrt_memory_free(p->data, NRT_SWITCH_TAG);
	}
	free(sw->packets);
	sw->packets = NULL;
	nrt_index_stack_fini(&sw->free_packets);
	if (sw->pool != NULL)
		NdisFreeNetBufferListPool(sw->pool);
	sw->pool = NULL;
}

/* ------------------------------------------------------------------------- sending */

/* Everything that the last journey may have left in it is put right. */
static void prepare(struct nrt_switch_packet *p, struct nrt_switch_nic *nic,
		    const struct iovec *frame)
{
	NET_BUFFER_LIST *nbl = p->nbl;
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);
	NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO *detail;

	memcpy(p->data, frame->iov_base, frame->iov_len);
	p->mdl->Next = NULL;
	NET_BUFFER_FIRST_MDL(nb) = NET_BUFFER_CURRENT_MDL(nb) = p->mdl;
	NET_BUFFER_DATA_OFFSET(nb) = NET_BUFFER_CURRENT_MDL_OFFSET(nb) = 0;
	NET_BUFFER_DATA_LENGTH(nb) = (ULONG)frame->iov_len;
	NET_BUFFER_NEXT_NB(nb) = NULL;
	nbl->NblFlags = 0;
	nbl->Flags &= ~NBL_FLAGS_PROTOCOL_RESERVED;
	NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_SUCCESS;
	memset(nbl->NetBufferListInfo, 0, sizeof(nbl->NetBufferListInfo));
	nrt_switch_hold_again(&nic->hold); /* the sender holds it */
	p->source = nic;
	nrt_switch_context_begin(&p->context, nic->port->owner, nbl);
	detail = NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(nbl);
	detail->SourcePortId = nic->port->id & UINT16_MAX;
	detail->SourceNicIndex = (UINT8)nic->index;
	detail->IsPacketDataSafe = 1;
}

static void put_packet(struct nrt_switch *sw, struct nrt_switch_packet *p)
{
	struct nrt_switch_nic *source = p->source;

	nrt_switch_context_end(&p->context);
	p->source = NULL;
	nrt_index_stack_push(&sw->free_packets, (uint32_t)(p - sw->packets));
	nrt_switch_release(&source->hold);
	atomic_fetch_sub(&sw->under_way, 1);
}

static bool all_fit(const struct nrt_switch *sw, const struct iovec *frames, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (frames[i].iov_len < MAC_HEADER || frames[i].iov_len > sw->max_frame)
			return false;
	return true;
}

/* The sender counts as under way itself, so that a pause sees it before it looks at running. */
static int send(struct nrt_switch *sw, struct nrt_switch_nic *nic, const struct iovec *frames,
		unsigned int n)
{
	NET_BUFFER_LIST *chain = NULL;
	NET_BUFFER_LIST **tail = &chain;
	unsigned int taken = 0;
	uint32_t index;

	if (!atomic_load(&sw->running))
		return -ENETDOWN;
	for (; taken < n && nrt_index_stack_pop(&sw->free_packets, &index); taken++) {
		struct nrt_switch_packet *p = &sw->packets[index];

		prepare(p, nic, &frames[taken]);
		*tail = p->nbl;
		tail = &NET_BUFFER_LIST_NEXT_NBL(p->nbl);
	}
	*tail = NULL;
	if (taken == 0)
		return 0;
	nrt_switch_count(sw, NRT_SWITCH_SENT, taken);
	atomic_fetch_add(&sw->under_way, taken);
	NdisSendNetBufferLists(sw->binding, chain, NDIS_DEFAULT_PORT_NUMBER,
			       NDIS_SEND_FLAGS_SWITCH_SINGLE_SOURCE);
	return (int)taken;
}

int nrt_switch_nic_send(struct nrt_switch_nic *nic, const struct iovec *frames, unsigned int n)
{
	struct nrt_switch *sw = nic->port->owner;
	int rc;

	if (!all_fit(sw, frames, n))
		return -EMSGSIZE;
	if (!nrt_switch_hold_in(&nic->hold, NdisSwitchNicStateConnected))
		return -ENOTCONN;
	atomic_fetch_add(&sw->under_way, 1);
	rc = send(sw, nic, frames, n < INT32_MAX ? n : INT32_MAX);
	atomic_fetch_sub(&sw->under_way, 1);
	nrt_switch_release(&nic->hold);
	return rc;
}

/* An extension's own that it lets come up here, and which the verifier names, are its loss. */
static VOID send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags)
{
	struct nrt_switch *sw = context;

	(void)flags;
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		if (nbl->NdisPoolHandle == sw->pool)
			put_packet(sw, nbl->ProtocolReserved[0]);
	}
}

/* ---------------------------------------------------------------------- delivering */

/* What the destination is to keep of the packet's 802.1Q data. */
static uint16_t tag_for(const NET_BUFFER_LIST *nbl, const NDIS_SWITCH_PORT_DESTINATION *to)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO info;
	unsigned int tag = 0;

	info.Value = nbl->NetBufferListInfo[Ieee8021QNetBufferListInfo];
	if (to->PreserveVLAN)
		tag |= info.TagHeader.VlanId & 0xFFFu;
	if (to->PreservePriority)
		tag |= (info.TagHeader.UserPriority & 7u) << 13;
	return (uint16_t)tag;
}

static void deliver_frame(struct nrt_switch *sw, const NET_BUFFER_LIST *nbl,
			  const struct nrt_switch_context *c, struct nrt_switch_frame *frame)
{
	for (ULONG i = 0; i < c->array.NumDestinations; i++) {
		const struct nrt_switch_target *target = &c->targets[i];

		if (target->as_committed.IsExcluded)
			continue;
		frame->tag = tag_for(nbl, &target->as_committed);
		nrt_switch_count(sw, NRT_SWITCH_DELIVERED, 1);
		target->nic->deliver(target->nic->context, frame);
	}
}

static void count_excluded(struct nrt_switch *sw, const struct nrt_switch_context *c)
{
	uint64_t n = 0;

	for (ULONG i = 0; i < c->array.NumDestinations; i++)
		n += c->targets[i].as_committed.IsExcluded;
	if (n != 0)
		nrt_switch_count(sw, NRT_SWITCH_EXCLUDED, n);
}

static void deliver(struct nrt_switch *sw, NET_BUFFER_LIST *nbl)
{
	const NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO *detail =
		NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(nbl);
	const struct nrt_switch_context *c = nrt_switch_context_of(sw, nbl);
	UCHAR storage[NRT_SWITCH_MAX_FRAME];

	if (c == NULL || c->array.NumDestinations == 0) {
		nrt_switch_count(sw, NRT_SWITCH_DROPPED, 1);
		return;
	}
	count_excluded(sw, c);
	for (NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl); nb != NULL;
	     nb = NET_BUFFER_NEXT_NB(nb)) {
		struct nrt_switch_frame frame = {
			.length = NET_BUFFER_DATA_LENGTH(nb),
			.source_port = (unsigned int)detail->SourcePortId,
			.source_nic = (unsigned int)detail->SourceNicIndex,
		};

		if (frame.length <= sizeof(storage))
			frame.data = NdisGetDataBuffer(nb, (ULONG)frame.length, storage, 1, 0);
		if (frame.data != NULL)
			deliver_frame(sw, nbl, c, &frame);
		else
			nrt_switch_count(sw, NRT_SWITCH_DROPPED, 1);
	}
}

static VOID receive(NDIS_HANDLE context, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG n,
		    ULONG flags)
{
	struct nrt_switch *sw = context;
	ULONG back = 0;

	(void)port;
	(void)n;
	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		deliver(sw, nbl);
	if (flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL)
		back |= NDIS_RETURN_FLAGS_DISPATCH_LEVEL;
	if (flags & NDIS_RECEIVE_FLAGS_SWITCH_SINGLE_SOURCE)
		back |= NDIS_RETURN_FLAGS_SWITCH_SINGLE_SOURCE;
	NdisReturnNetBufferLists(sw->binding, chain, back);
}

/* ------------------------------------------------------------------------ requests */

struct waiting_request {
	NDIS_OID_REQUEST request;
	NDIS_EVENT done;
	NDIS_STATUS status;
};

static VOID oid_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status)
{
	struct waiting_request *w = CONTAINING_RECORD(request, struct waiting_request, request);

	(void)context;
	w->status = status;
	NdisSetEvent(&w->done);
}

NDIS_STATUS nrt_switch_set(struct nrt_switch *sw, NDIS_OID oid, void *buffer, ULONG length)
{
	struct waiting_request w = {
		.request = { .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
					 NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
			     .RequestType = NdisRequestSetInformation },
	};
	NDIS_STATUS status;

	if (sw->binding == NULL)
		return NDIS_STATUS_ADAPTER_NOT_OPEN;
	w.request.DATA.SET_INFORMATION.Oid = oid;
	w.request.DATA.SET_INFORMATION.InformationBuffer = buffer;
	w.request.DATA.SET_INFORMATION.InformationBufferLength = length;
	NdisInitializeEvent(&w.done);
	status = NdisOidRequest(sw->binding, &w.request);
	if (status != NDIS_STATUS_PENDING)
		return status;
	NdisWaitEvent(&w.done, 0);
	return w.status;
}

/* ---------------------------------------------------------------------- the binding */

struct opening {
	NDIS_EVENT done;
	NDIS_STATUS status;
};

static VOID open_complete(NDIS_HANDLE context, NDIS_STATUS status)
{
	struct nrt_switch *sw = context;
	struct opening *opening = sw->bind_context;

	opening->status = status;
	NdisSetEvent(&opening->done);
}

static VOID close_complete(NDIS_HANDLE context)
{
	struct nrt_switch *sw = context;
	struct opening *closing = sw->bind_context;

	NdisSetEvent(&closing->done);
}

static void close_binding(struct nrt_switch *sw)
{
	struct opening closing;

	NdisInitializeEvent(&closing.done);
	sw->bind_context = &closing;
	if (NdisCloseAdapterEx(sw->binding) == NDIS_STATUS_PENDING)
		NdisWaitEvent(&closing.done, 0);
	sw->bind_context = NULL;
	sw->binding = NULL;
}

static NDIS_STATUS open_binding(struct nrt_switch *sw, NDIS_HANDLE bind_context,
				const NDIS_BIND_PARAMETERS *offer)
{
	NDIS_MEDIUM medium = NdisMedium802_3;
	NDIS_OPEN_PARAMETERS open = {
		.Header = { NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 },
		.AdapterName = offer->AdapterName,
		.MediumArray = &medium,
		.MediumArraySize = 1,
	};
	struct opening opening;
	NDIS_STATUS status;
	UINT selected;

	open.SelectedMediumIndex = &selected;
	NdisInitializeEvent(&opening.done);
	sw->bind_context = &opening;
	status = NdisOpenAdapterEx(sw->protocol_driver, sw, &open, bind_context, &sw->binding);
	if (status == NDIS_STATUS_PENDING) {
		NdisWaitEvent(&opening.done, 0);
		status = opening.status;
	}
	sw->bind_context = NULL;
	if (status != NDIS_STATUS_SUCCESS)
		sw->binding = NULL;
	return status;
}

static NDIS_STATUS bind(NDIS_HANDLE driver_context, NDIS_HANDLE bind_context,
			PNDIS_BIND_PARAMETERS parameters)
{
	ULONG filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	struct nrt_switch *sw = driver_context;
	NDIS_STATUS status = open_binding(sw, bind_context, parameters);

	if (status != NDIS_STATUS_SUCCESS)
		return status;
	status = nrt_switch_set(sw, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter));
	if (status == NDIS_STATUS_SUCCESS && !nrt_switch_packets_new(sw))
		status = NDIS_STATUS_RESOURCES;
	if (status != NDIS_STATUS_SUCCESS) {
		nrt_switch_packets_free(sw);
		close_binding(sw);
	}
	return status;
}

static NDIS_STATUS unbind(NDIS_HANDLE unbind_context, NDIS_HANDLE context)
{
	struct nrt_switch *sw = context;

	(void)unbind_context;
	nrt_switch_packets_free(sw);
	close_binding(sw);
	return NDIS_STATUS_SUCCESS;
}

/* All that was sent comes back, whoever has it now (PR-PAU-01). */
static void await_packets(struct nrt_switch *sw)
{
	const struct timespec interval = { 0, POLL_NS };

	atomic_store(&sw->running, false);
	while (atomic_load(&sw->under_way) != 0)
		nanosleep(&interval, NULL);
}

static NDIS_STATUS net_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION event)
{
	struct nrt_switch *sw = context;

	if (sw == NULL)
		return NDIS_STATUS_SUCCESS;
	if (event->NetPnPEvent.NetEvent == NetEventPause)
		await_packets(sw);
	else if (event->NetPnPEvent.NetEvent == NetEventRestart)
		atomic_store(&sw->running, true);
	return NDIS_STATUS_SUCCESS;
}

static VOID status_indicated(NDIS_HANDLE context, PNDIS_STATUS_INDICATION status)
{
	(void)context;
	(void)status;
}

struct nrt_switch *nrt_switch_of_protocol(const struct nrt_protocol *p)
{
	return p->chars.BindAdapterHandlerEx == bind ? p->context : NULL;
}

NDIS_STATUS nrt_switch_register_protocol(struct nrt_switch *sw)
{
	static WCHAR name[] = { 'S', 'W', 'I', 'T', 'C', 'H' };
	NDIS_PROTOCOL_DRIVER_CHARACTERISTICS c = {
		.Header = { NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
			    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1,
			    NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1 },
		.MajorNdisVersion = 6,
		.MinorNdisVersion = 30,
		.Name = { sizeof(name), sizeof(name), name },
		.BindAdapterHandlerEx = bind,
		.UnbindAdapterHandlerEx = unbind,
		.OpenAdapterCompleteHandlerEx = open_complete,
		.CloseAdapterCompleteHandlerEx = close_complete,
		.NetPnPEventHandler = net_event,
		.OidRequestCompleteHandler = oid_complete,
		.StatusHandlerEx = status_indicated,
		.ReceiveNetBufferListsHandler = receive,
		.SendNetBufferListsCompleteHandler = send_complete,
	};

	return NdisRegisterProtocolDriver(sw, &c, &sw->protocol_driver);
}
