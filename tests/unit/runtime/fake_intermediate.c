/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fake intermediate driver. Its two halves are the fakes of fake_miniport.c and
 * fake_protocol.c, some of whose handlers are replaced by those here. Written to the
 * documents, as any driver.
 */
#include "fake_intermediate.h"

#include "events.h"

#define TAG 'mIaF'

struct fake_intermediate *fake_intermediate_image;

static NDIS_MINIPORT_DRIVER_CHARACTERISTICS miniport; /* the fakes' own handlers */
static NDIS_PROTOCOL_DRIVER_CHARACTERISTICS protocol;

/* ---------------------------------------------------------------- device instances */

NDIS_STATUS fake_virtual_ask(struct fake_virtual *v)
{
	NDIS_STRING name;

	RtlInitUnicodeString(&name, v->name);
	v->asks++;
	v->asked = NdisIMInitializeDeviceInstanceEx(fake_intermediate_image->m.handle, &name, v);
	return v->asked;
}

NDIS_STATUS fake_virtual_cancel(struct fake_virtual *v)
{
	NDIS_STRING name;

	RtlInitUnicodeString(&name, v->name);
	v->cancelled = NdisIMCancelInitializeDeviceInstance(fake_intermediate_image->m.handle, &name);
	return v->cancelled;
}

NDIS_STATUS fake_virtual_end(struct fake_virtual *v)
{
	v->ended = NdisIMDeInitializeDeviceInstance(v->a.handle);
	return v->ended;
}

/* The first adapter there is carries them all, the next one takes what it leaves. */
static void bound(struct fake_binding *b)
{
	struct fake_intermediate *im = fake_intermediate_image;

	for (ULONG i = 0; i < FAKE_VIRTUALS; i++) {
		struct fake_virtual *v = &im->virtuals[i];

		if (v->name == NULL || v->lower != NULL)
			continue;
		v->lower = b;
		fake_virtual_ask(v);
		if (im->asks_twice)
			fake_virtual_ask(v);
	}
}

/* IM-03: what has not begun is cancelled; what has, is ended when it is there. */
static void unbind(struct fake_binding *b)
{
	struct fake_intermediate *im = fake_intermediate_image;

	for (ULONG i = 0; i < FAKE_VIRTUALS; i++) {
		struct fake_virtual *v = &im->virtuals[i];

		if (v->lower != b)
			continue;
		v->lower = NULL;
		if (!im->keeps_virtuals && !v->up &&
		    fake_virtual_cancel(v) != NDIS_STATUS_SUCCESS)
			event_wait("initialized", &v->a, 1);
		if (!im->keeps_virtuals && v->up)
			fake_virtual_end(v);
	}
}

static void halted(struct fake_adapter *a)
{
	CONTAINING_RECORD(a, struct fake_virtual, a)->up = FALSE;
}

/* ------------------------------------------------------------------------- data path */

#define SAVED(Nbl) (*(NDIS_HANDLE *)NET_BUFFER_LIST_CONTEXT_DATA_START(Nbl))

static void take_over(NET_BUFFER_LIST *nbl, NDIS_HANDLE source)
{
	NdisAllocateNetBufferListContext(nbl, MEMORY_ALLOCATION_ALIGNMENT, 0, TAG);
	SAVED(nbl) = nbl->SourceHandle;
	nbl->SourceHandle = source;
}

static void give_back(NET_BUFFER_LIST *chain)
{
	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain)) {
		if (!fake_intermediate_image->keeps_source)
			chain->SourceHandle = SAVED(chain);
		NdisFreeNetBufferListContext(chain, MEMORY_ALLOCATION_ALIGNMENT);
	}
}

static struct fake_virtual *over(const struct fake_binding *b)
{
	struct fake_virtual *v = fake_intermediate_image->virtuals;

	while (v->lower != b)
		v++;
	return v;
}

static void send(struct fake_adapter *a, NET_BUFFER_LIST *chain)
{
	struct fake_binding *b = CONTAINING_RECORD(a, struct fake_virtual, a)->lower;

	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		take_over(nbl, b->handle);
	NdisSendNetBufferLists(b->handle, chain, NDIS_DEFAULT_PORT_NUMBER, 0);
	if (fake_intermediate_image->completes_early)
		NdisMSendNetBufferListsComplete(a->handle, chain, 0);
}

void fake_virtual_complete(struct fake_virtual *v, NET_BUFFER_LIST *chain, ULONG flags)
{
	ULONG n = 0;

	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		n++;
	give_back(chain);
	NdisAcquireSpinLock(&v->a.lock);
	v->a.completed += n; /* the fake miniport's pause waits for it */
	NdisReleaseSpinLock(&v->a.lock);
	NdisMSendNetBufferListsComplete(v->a.handle, chain, flags);
}

static VOID send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags)
{
	fake_virtual_complete(over(context), chain, flags);
}

static void receive(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	struct fake_virtual *v = over(b);
	ULONG n = 0;

	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl), n++)
		take_over(nbl, v->a.handle);
	NdisMIndicateReceiveNetBufferLists(v->a.handle, chain, NDIS_DEFAULT_PORT_NUMBER, n, flags);
	if (fake_intermediate_image->returns_early)
		NdisReturnNetBufferLists(b->handle, chain, 0);
	if (flags & NDIS_RECEIVE_FLAGS_RESOURCES)
		give_back(chain);
}

static VOID return_nbls(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags)
{
	struct fake_adapter *a = context;
	struct fake_binding *b = CONTAINING_RECORD(a, struct fake_virtual, a)->lower;

	give_back(chain);
	NdisReturnNetBufferLists(b->handle, chain, flags);
}

/* ---------------------------------------------------------------------- registration */

static NDIS_STATUS initialize_ex(NDIS_HANDLE handle, NDIS_HANDLE driver_context,
				 PNDIS_MINIPORT_INIT_PARAMETERS parameters)
{
	struct fake_virtual *v = parameters->IMDeviceInstanceContext;
	struct fake_miniport *m = driver_context;
	NDIS_STATUS status;

	m->next = &v->a;
	v->a.on_halt = halted;
	v->a.on_send = send;
	status = miniport.InitializeHandlerEx(handle, driver_context, parameters);
	v->up = status == NDIS_STATUS_SUCCESS;
	return status;
}

static VOID unload(PDRIVER_OBJECT object)
{
	struct fake_intermediate *im = fake_intermediate_image;

	UNREFERENCED_PARAMETER(object);
	event_note("MiniportDriverUnload", im, KeGetCurrentIrql());
	if (!im->keeps_protocol)
		NdisDeregisterProtocolDriver(im->p.handle);
	if (!im->keeps_miniport)
		NdisMDeregisterMiniportDriver(im->m.handle);
}

static void mutate_miniport(NDIS_MINIPORT_DRIVER_CHARACTERISTICS *chars)
{
	miniport = *chars;
	if (!fake_intermediate_image->no_flag)
		chars->Flags |= NDIS_INTERMEDIATE_DRIVER;
	chars->InitializeHandlerEx = initialize_ex;
	chars->UnloadHandler = unload;
	chars->ReturnNetBufferListsHandler = return_nbls;
	if (!fake_intermediate_image->has_reset)
		chars->ResetHandlerEx = NULL; /* IM-04 */
}

/* One that the host brings back is asked for again, as long as it has something below. */
static NDIS_STATUS net_pnp_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION event)
{
	const NDIS_STRING *name = (const NDIS_STRING *)event->NetPnPEvent.Buffer;
	struct fake_virtual *v = fake_intermediate_image->virtuals;

	if (event->NetPnPEvent.NetEvent != NetEventIMReEnableDevice)
		return protocol.NetPnPEventHandler(context, event);
	for (; v != fake_intermediate_image->virtuals + FAKE_VIRTUALS; v++) {
		NDIS_STRING own;

		if (v->name == NULL || v->lower == NULL)
			continue;
		RtlInitUnicodeString(&own, v->name);
		if (name->Length == own.Length + sizeof(L"\\Device\\") - sizeof(WCHAR) &&
		    RtlEqualMemory(name->Buffer + 8, own.Buffer, own.Length)) {
			v->reenabled++;
			fake_virtual_ask(v);
		}
	}
	return fake_intermediate_image->reenable_status;
}

static void mutate_protocol(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *chars)
{
	protocol = *chars;
	chars->NetPnPEventHandler = net_pnp_event;
	chars->SendNetBufferListsCompleteHandler = send_complete;
}

NTSTATUS fake_intermediate_entry(PDRIVER_OBJECT object, PUNICODE_STRING registry_path)
{
	struct fake_intermediate *im = fake_intermediate_image;
	NTSTATUS status;

	im->m.mutate = mutate_miniport;
	im->p.mutate = mutate_protocol;
	for (ULONG i = 0; i < FAKE_MAX_BINDINGS; i++) {
		im->p.bindings[i].on_bound = bound;
		im->p.bindings[i].on_unbind = unbind;
		im->p.bindings[i].on_receive = receive;
	}
	fake_miniport_image = &im->m;
	status = fake_miniport_entry(object, registry_path);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	fake_protocol_image = &im->p;
	status = fake_protocol_entry(object, registry_path);
	if (status != NDIS_STATUS_SUCCESS) {
		NdisMDeregisterMiniportDriver(im->m.handle);
		return status;
	}
	if (!im->does_not_associate)
		NdisIMAssociateMiniport(im->m.handle, im->p.handle);
	if (im->on_entry != NULL)
		im->on_entry(im);
	return NDIS_STATUS_SUCCESS;
}
