/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The test protocol's data path. Receives and completions come on the worker;
 * sends, returns and everything that reads a log come from any thread.
 */
#include "protodata.h"

/* ----------------------------------------------------------------- looking */

ULONG proto_read(NET_BUFFER *nb, UCHAR *to, ULONG size)
{
	MDL *mdl = NET_BUFFER_CURRENT_MDL(nb);
	ULONG skip = NET_BUFFER_CURRENT_MDL_OFFSET(nb);
	ULONG left = NET_BUFFER_DATA_LENGTH(nb);

	for (; mdl != NULL && left != 0; mdl = mdl->Next, skip = 0) {
		const UCHAR *va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
		ULONG n = MmGetMdlByteCount(mdl) - skip;

		n = n < left ? n : left;
		left -= n;
		n = n < size ? n : size;
		NdisMoveMemory(to, va + skip, n);
		to += n;
		size -= n;
	}
	return NET_BUFFER_DATA_LENGTH(nb) - left;
}

BOOLEAN proto_is_clean(NET_BUFFER_LIST *nbl)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);

	for (ULONG i = 0; i < MaxNetBufferListInfo; i++)
		if (NET_BUFFER_LIST_INFO(nbl, i) != NULL && i != Ieee8021QNetBufferListInfo)
			return FALSE;
	return nbl->NblFlags == 0 && nbl->Flags == 0 && nbl->ChildRefCount == 0 &&
	       NET_BUFFER_LIST_STATUS(nbl) == NDIS_STATUS_SUCCESS &&
	       nbl->ParentNetBufferList == NULL && nb != NULL && NET_BUFFER_NEXT_NB(nb) == NULL &&
	       NET_BUFFER_CURRENT_MDL(nb) == NET_BUFFER_FIRST_MDL(nb) &&
	       NET_BUFFER_CURRENT_MDL_OFFSET(nb) == NET_BUFFER_DATA_OFFSET(nb) &&
	       NET_BUFFER_CHECKSUM_BIAS(nb) == 0;
}

void proto_soil(NET_BUFFER_LIST *nbl)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);

	for (ULONG i = 0; i < MaxNetBufferListInfo; i++)
		NET_BUFFER_LIST_INFO(nbl, i) = (PVOID)~(ULONG_PTR)i;
	nbl->NblFlags = ~0u;
	nbl->Flags = NBL_FLAGS_PROTOCOL_RESERVED | NBL_FLAGS_SCRATCH;
	nbl->ChildRefCount = 3;
	nbl->Scratch = nbl;
	NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_FAILURE;
	for (ULONG i = 0; i < 4; i++)
		nbl->ProtocolReserved[i] = nbl;
	for (ULONG i = 0; i < 6; i++)
		nb->ProtocolReserved[i] = nb;
	/* Advanced and undone, as the documents demand. */
	NdisAdvanceNetBufferDataStart(nb, 14, FALSE, NULL);
	NdisRetreatNetBufferDataStart(nb, 14, 0, NULL);
}

static void measure_mdls(NET_BUFFER *nb, struct proto_frame *f)
{
	ULONG left = NET_BUFFER_DATA_LENGTH(nb);
	ULONG skip = NET_BUFFER_CURRENT_MDL_OFFSET(nb);

	for (MDL *mdl = NET_BUFFER_CURRENT_MDL(nb); mdl != NULL && left != 0;
	     mdl = mdl->Next, skip = 0) {
		ULONG n = MmGetMdlByteCount(mdl) - skip;

		n = n < left ? n : left;
		if (n != 0 && f->mdls++ == 0)
			f->first_mdl = n;
		left -= n;
	}
}

/* ----------------------------------------------------------------- receive */

static void log_frame(struct proto_port *port, NET_BUFFER_LIST *nbl)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);
	ULONG length = NET_BUFFER_DATA_LENGTH(nb);
	struct proto_frame *f = NdisAllocateMemoryWithTagPriority(
		NULL, (UINT)sizeof(*f) + length, PROTO_TAG, NormalPoolPriority);

	if (f == NULL)
		return; /* the test misses it then */
	NdisZeroMemory(f, sizeof(*f));
	f->length = proto_read(nb, f->bytes, length);
	f->tag = NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo);
	f->clean = proto_is_clean(nbl);
	measure_mdls(nb, f);
	NdisAcquireSpinLock(&port->lock);
	*port->frames_end = f;
	port->frames_end = &f->next;
	port->n_frames++;
	NdisReleaseSpinLock(&port->lock);
}

struct proto_frame *proto_take_frame(struct proto_port *port)
{
	struct proto_frame *f;

	NdisAcquireSpinLock(&port->lock);
	f = port->frames;
	if (f != NULL) {
		port->frames = f->next;
		port->n_frames--;
		if (port->frames == NULL)
			port->frames_end = &port->frames;
	}
	NdisReleaseSpinLock(&port->lock);
	return f;
}

void proto_free_frame(struct proto_frame *frame)
{
	if (frame != NULL)
		NdisFreeMemoryWithTagPriority(NULL, frame, PROTO_TAG);
}

void proto_count(struct proto_port *port, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	UNREFERENCED_PARAMETER(n);
	if (NDIS_TEST_RECEIVE_CAN_PEND(flags))
		proto_return(port, chain);
}

void proto_log(struct proto_port *port, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		log_frame(port, nbl);
	proto_count(port, chain, n, flags);
}

void proto_hold(struct proto_port *port, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	BOOLEAN running;

	if (NDIS_TEST_RECEIVE_CANNOT_PEND(flags))
		return;
	NdisAcquireSpinLock(&port->lock);
	running = port->running;
	if (running) {
		*port->held_end = chain;
		while (*port->held_end != NULL)
			port->held_end = &NET_BUFFER_LIST_NEXT_NBL(*port->held_end);
		port->n_held += n;
	}
	NdisReleaseSpinLock(&port->lock);
	if (!running)
		proto_return(port, chain);
}

NET_BUFFER_LIST *proto_take_held(struct proto_port *port, ULONG n)
{
	NET_BUFFER_LIST *head, **end = &head;

	NdisAcquireSpinLock(&port->lock);
	head = port->held;
	while (n != 0 && *end != NULL) {
		end = &NET_BUFFER_LIST_NEXT_NBL(*end);
		port->n_held--;
		n--;
	}
	port->held = *end;
	if (port->held == NULL)
		port->held_end = &port->held;
	*end = NULL;
	NdisReleaseSpinLock(&port->lock);
	return head;
}

void proto_return(struct proto_port *port, NET_BUFFER_LIST *chain)
{
	LONG n = 0;

	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		n++;
	NdisAcquireSpinLock(&port->lock);
	port->ups -= n;
	NdisReleaseSpinLock(&port->lock);
	NdisReturnNetBufferLists(port->binding, chain, 0);
}

VOID proto_received(NDIS_HANDLE context, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port_number,
		    ULONG n, ULONG flags)
{
	struct proto_port *port = context;

	UNREFERENCED_PARAMETER(port_number);
	if (NDIS_TEST_RECEIVE_CAN_PEND(flags)) {
		NdisAcquireSpinLock(&port->lock);
		port->ups += (LONG)n;
		NdisReleaseSpinLock(&port->lock);
	}
	InterlockedAdd(&port->received, (LONG)n);
	port->receive(port, chain, n, flags);
}

/* -------------------------------------------------------------------- send */

void proto_prepare(struct proto_port *port, struct proto_send *send, NET_BUFFER_LIST *nbl)
{
	send->nbl = nbl;
	send->port = port;
	send->status = NDIS_STATUS_PENDING;
	send->done = 0;
	nbl->SourceHandle = port->binding;
	nbl->ProtocolReserved[0] = send;
}

static LONG chain_length(const NET_BUFFER_LIST *chain)
{
	LONG n = 0;

	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		n++;
	return n;
}

BOOLEAN proto_send(struct proto_port *port, NET_BUFFER_LIST *chain)
{
	BOOLEAN running;

	NdisAcquireSpinLock(&port->lock);
	running = port->running;
	if (running)
		port->sends += chain_length(chain);
	NdisReleaseSpinLock(&port->lock);
	if (running)
		NdisSendNetBufferLists(port->binding, chain, NDIS_DEFAULT_PORT_NUMBER, 0);
	return running;
}

void proto_send_anyway(struct proto_port *port, NET_BUFFER_LIST *chain)
{
	NdisAcquireSpinLock(&port->lock);
	port->sends += chain_length(chain);
	NdisReleaseSpinLock(&port->lock);
	NdisSendNetBufferLists(port->binding, chain, NDIS_DEFAULT_PORT_NUMBER, 0);
}

void proto_cancel(struct proto_port *port, PVOID id)
{
	NdisCancelSendNetBufferLists(port->binding, id);
}

/* PASSIVE_LEVEL, which a completion need not be. */
static WORKER_THREAD_ROUTINE complete_pause;

static VOID complete_pause(PVOID context)
{
	struct proto_port *port = context;

	NdisCompleteNetPnPEvent(port->binding, port->paused, NDIS_STATUS_SUCCESS);
}

/* @n sends are done; was the last of them what a pause waits for? */
static void sends_done(struct proto_port *port, LONG n)
{
	BOOLEAN last = FALSE;

	NdisAcquireSpinLock(&port->lock);
	port->sends -= n;
	if (port->sends == 0 && port->pausing != NULL) {
		port->paused = port->pausing;
		port->pausing = NULL;
		last = TRUE;
	}
	NdisReleaseSpinLock(&port->lock);
	if (last) {
		ExInitializeWorkItem(&port->pause_item, complete_pause, port);
		ExQueueWorkItem(&port->pause_item, DelayedWorkQueue);
	}
}

VOID proto_sent(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags)
{
	struct proto_port *port = context;
	LONG n = 0;

	UNREFERENCED_PARAMETER(flags);
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;
		struct proto_send *send = nbl->ProtocolReserved[0];

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
		n++;
		send->status = NET_BUFFER_LIST_STATUS(nbl);
		send->order = InterlockedIncrement(&port->completions);
		if (send->on_done != NULL)
			send->on_done(send); /* may free it */
		else
			InterlockedIncrement(&send->done);
	}
	sends_done(port, n);
}

/* ---------------------------------------------------------------- forwarding */

void proto_free_forward(struct proto_send *send)
{
	NdisFreeNetBufferList(send->nbl);
	NdisFreeMemoryWithTagPriority(NULL, send, PROTO_TAG);
}

static void forward_done(struct proto_send *send)
{
	proto_return(send->origin_port, send->origin);
	proto_free_forward(send);
}

struct proto_send *proto_make_forward(struct proto_port *from, struct proto_port *to,
				      NET_BUFFER_LIST *received)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(received);
	struct proto_send *send = NdisAllocateMemoryWithTagPriority(NULL, sizeof(*send), PROTO_TAG,
								    NormalPoolPriority);
	NET_BUFFER_LIST *nbl;

	if (send == NULL)
		return NULL;
	NdisZeroMemory(send, sizeof(*send));
	nbl = NdisAllocateNetBufferAndNetBufferList(proto_nbl_pool(), 0, 0,
						    NET_BUFFER_FIRST_MDL(nb),
						    NET_BUFFER_DATA_OFFSET(nb),
						    NET_BUFFER_DATA_LENGTH(nb));
	if (nbl == NULL) {
		NdisFreeMemoryWithTagPriority(NULL, send, PROTO_TAG);
		return NULL;
	}
	NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo) =
		NET_BUFFER_LIST_INFO(received, Ieee8021QNetBufferListInfo);
	proto_prepare(to, send, nbl);
	send->origin = received;
	send->origin_port = from;
	send->on_done = forward_done;
	return send;
}

void proto_forward_one(struct proto_port *from, struct proto_port *to, NET_BUFFER_LIST *received)
{
	struct proto_send *send = proto_make_forward(from, to, received);

	if (send != NULL && proto_send(to, send->nbl))
		return;
	if (send != NULL)
		forward_done(send);
	else
		proto_return(from, received);
}

void proto_forward(struct proto_port *port, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	UNREFERENCED_PARAMETER(n);
	if (NDIS_TEST_RECEIVE_CANNOT_PEND(flags))
		return;
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
		proto_forward_one(port, port->forward_to, nbl);
	}
}
