/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisRegisterProtocolDriver and its reciprocal. PASSIVE_LEVEL, control threads.
 */
#include "protocol.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "binding.h"
#include "delivery.h"
#include "driver.h"
#include "header.h"
#include "net_event.h"
#include "restart.h"
#include "sharedprovider.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t unused_cond = PTHREAD_COND_INITIALIZER;
static struct nrt_protocol *protocols;

bool nrt_protocol_hold(struct nrt_protocol *p)
{
	struct nrt_protocol *q;

	pthread_mutex_lock(&lock);
	for (q = protocols; q != NULL && q != p;)
		q = q->next;
	if (q != NULL)
		q->users++;
	pthread_mutex_unlock(&lock);
	return q != NULL;
}

void nrt_protocol_release(struct nrt_protocol *p)
{
	pthread_mutex_lock(&lock);
	if (--p->users == 0)
		pthread_cond_broadcast(&unused_cond);
	pthread_mutex_unlock(&lock);
}

/* The callbacks may block for long, so none runs under the list's lock: the
 * protocols are held by a count instead. */
void nrt_protocol_for_each(void (*fn)(struct nrt_protocol *, void *), void *arg)
{
	struct nrt_protocol *held[NRT_MAX_PROTOCOLS];
	unsigned int n = 0;

	pthread_mutex_lock(&lock);
	for (struct nrt_protocol *p = protocols; p != NULL; p = p->next) {
		p->users++;
		held[n++] = p;
	}
	pthread_mutex_unlock(&lock);
	for (unsigned int i = 0; i < n; i++) {
		fn(held[i], arg);
		nrt_protocol_release(held[i]);
	}
}

static const char *missing_handler(const NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *c)
{
	const struct {
		const char *name;
		const void *handler;
	} mandatory[] = {
		{ "BindAdapterHandlerEx", (const void *)c->BindAdapterHandlerEx },
		{ "UnbindAdapterHandlerEx", (const void *)c->UnbindAdapterHandlerEx },
		{ "OpenAdapterCompleteHandlerEx", (const void *)c->OpenAdapterCompleteHandlerEx },
		{ "CloseAdapterCompleteHandlerEx", (const void *)c->CloseAdapterCompleteHandlerEx },
		{ "NetPnPEventHandler", (const void *)c->NetPnPEventHandler },
		{ "OidRequestCompleteHandler", (const void *)c->OidRequestCompleteHandler },
		{ "StatusHandlerEx", (const void *)c->StatusHandlerEx },
		{ "ReceiveNetBufferListsHandler", (const void *)c->ReceiveNetBufferListsHandler },
		{ "SendNetBufferListsCompleteHandler",
		  (const void *)c->SendNetBufferListsCompleteHandler },
	};

	for (size_t i = 0; i < sizeof(mandatory) / sizeof(mandatory[0]); i++)
		if (mandatory[i].handler == NULL)
			return mandatory[i].name;
	return NULL;
}

static NDIS_STATUS check(const NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *c)
{
	static const size_t sizes[] = {
		NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1,
		NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
	};
	const char *missing;

	if (!nrt_header_ok(&c->Header, NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS, sizes, 2,
			   "NdisRegisterProtocolDriver"))
		return NDIS_STATUS_BAD_CHARACTERISTICS;
	if (!nrt_ndis_version_known(c->MajorNdisVersion, c->MinorNdisVersion)) {
		nrt_violation("PR-REG-01", "a protocol registers for NDIS %u.%u, which is not known",
			      c->MajorNdisVersion, c->MinorNdisVersion);
		return NDIS_STATUS_BAD_VERSION;
	}
	missing = missing_handler(c);
	if (missing == NULL)
		return NDIS_STATUS_SUCCESS;
	nrt_violation("PR-REG-01", "a protocol registers without its %s", missing);
	return NDIS_STATUS_BAD_CHARACTERISTICS;
}

static bool link_protocol(struct nrt_protocol *p)
{
	unsigned int n = 0;

	pthread_mutex_lock(&lock);
	for (struct nrt_protocol *q = protocols; q != NULL; q = q->next)
		n++;
	if (n < NRT_MAX_PROTOCOLS) {
		p->next = protocols;
		protocols = p;
	}
	pthread_mutex_unlock(&lock);
	return n < NRT_MAX_PROTOCOLS;
}

NDIS_STATUS
NdisRegisterProtocolDriver(NDIS_HANDLE ProtocolDriverContext,
			   PNDIS_PROTOCOL_DRIVER_CHARACTERISTICS ProtocolCharacteristics,
			   PNDIS_HANDLE NdisProtocolHandle)
{
	NDIS_STATUS status = check(ProtocolCharacteristics);
	struct nrt_driver *driver = nrt_driver_entering();
	struct nrt_protocol *p;

	nrt_check_irql("NdisRegisterProtocolDriver", PASSIVE_LEVEL);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NDIS_STATUS_RESOURCES;
	p->magic = NRT_PROTOCOL_MAGIC;
	p->driver = driver;
	p->context = ProtocolDriverContext;
	nrt_header_copy(&p->chars, sizeof(p->chars), &ProtocolCharacteristics->Header);
	*NdisProtocolHandle = p;
	if (p->chars.SetOptionsHandler != NULL)
		status = p->chars.SetOptionsHandler(p, ProtocolDriverContext);
	if (status != NDIS_STATUS_SUCCESS) {
		free(p);
		return status;
	}
	if (!link_protocol(p)) {
		free(p);
		return NDIS_STATUS_RESOURCES;
	}
	if (driver != NULL) { /* its adapters follow when DriverEntry has succeeded */
		p->next_of_driver = driver->protocols;
		driver->protocols = p;
	} else {
		nrt_protocol_begin(p);
	}
	return NDIS_STATUS_SUCCESS;
}

static struct nrt_binding *binding_of(struct nrt_adapter *a, const struct nrt_protocol *p)
{
	struct nrt_binding *b = a->bindings;

	while (b != NULL && b->protocol != p)
		b = b->next;
	return b;
}

/* A binding that came after its adapter's restart. */
static void start_binding(struct nrt_binding *b)
{
	NDIS_RESTART_ATTRIBUTES *attributes = nrt_restart_attributes_new(b->adapter);

	nrt_binding_restart(b, attributes);
	nrt_restart_attributes_free(attributes);
}

static void bind_one(struct nrt_adapter *a, void *arg)
{
	struct nrt_protocol *p = arg;
	struct nrt_binding *b;
	int before;

	nrt_adapter_lock(a);
	before = nrt_memory_prefer(a->device.node);
	if (atomic_load(&a->state) != NRT_HALTED && !nrt_power_low(&a->power) &&
	    atomic_load(&a->ports.default_active) && binding_of(a, p) == NULL) {
		nrt_bind(a, p);
		b = binding_of(a, p);
		if (b != NULL && atomic_load(&a->state) == NRT_RUNNING)
			start_binding(b);
	}
	nrt_memory_prefer(before);
	pthread_mutex_unlock(&a->pnp);
}

static void bind_to(struct nrt_protocol *p, void *arg)
{
	bind_one(arg, p);
}

void nrt_protocols_bind_all(struct nrt_adapter *a)
{
	nrt_protocol_for_each(bind_to, a);
}

void nrt_protocol_bind_all(struct nrt_protocol *p)
{
	nrt_adapter_for_each(bind_one, p);
}

void nrt_protocol_begin(struct nrt_protocol *p)
{
	NET_PNP_EVENT_NOTIFICATION event = nrt_net_event_of(NetEventBindsComplete, NULL, 0);

	nrt_protocol_bind_all(p);
	nrt_net_event_of_all(p, &event);
}

static void unbind_one(struct nrt_adapter *a, void *arg)
{
	struct nrt_binding *b;

	nrt_adapter_lock(a);
	b = binding_of(a, arg);
	if (b != NULL)
		nrt_binding_end(b);
	pthread_mutex_unlock(&a->pnp);
}

void nrt_protocol_unbind_all(struct nrt_protocol *p)
{
	nrt_adapter_for_each(unbind_one, p);
}

static void unlink_protocol(struct nrt_protocol *p)
{
	struct nrt_protocol **link;

	pthread_mutex_lock(&lock);
	for (link = &protocols; *link != NULL && *link != p;)
		link = &(*link)->next;
	if (*link == p)
		*link = p->next;
	while (p->users != 0)
		pthread_cond_wait(&unused_cond, &lock);
	pthread_mutex_unlock(&lock);
	if (p->driver == NULL)
		return;
	for (link = &p->driver->protocols; *link != NULL && *link != p;)
		link = &(*link)->next_of_driver;
	if (*link == p)
		*link = p->next_of_driver;
}

/* From DriverEntry, Unload or a thread of the driver's own, but from no other
 * function that NDIS calls [nf-ndis-ndisderegisterprotocoldriver]. */
static bool may_deregister(void)
{
	static const char *const from[] = { "DriverEntry", "DriverUnload", "NDIS_IO_WORKITEM",
					    "IO_WORKITEM_ROUTINE", "IO_WORKITEM_ROUTINE_EX" };

	if (nrt_self.callback == NULL)
		return true;
	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++)
		if (strcmp(nrt_self.callback, from[i]) == 0)
			return true;
	return false;
}

VOID NdisDeregisterProtocolDriver(NDIS_HANDLE NdisProtocolHandle)
{
	struct nrt_protocol *p = NdisProtocolHandle;

	if (p == NULL || p->magic != NRT_PROTOCOL_MAGIC) {
		nrt_violation("PR-REG-01", "NdisDeregisterProtocolDriver: not a registered protocol");
		return;
	}
	nrt_check_irql("NdisDeregisterProtocolDriver", PASSIVE_LEVEL);
	if (!may_deregister()) {
		nrt_violation("PR-REG-01", "NdisDeregisterProtocolDriver called from %s",
			      nrt_self.callback);
		return; /* it would wait for the callback it is called from */
	}
	unlink_protocol(p); /* first, so that no new adapter is offered */
	nrt_protocol_unbind_all(p);
	nrt_shared_forget(p, "RS-DMA-01");
	p->magic = 0;
	if (p->driver != NULL) {
		p->next_of_driver = p->driver->dead_protocols;
		p->driver->dead_protocols = p;
	} else {
		free(p);
	}
}
