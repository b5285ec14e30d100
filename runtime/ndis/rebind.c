/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bindings that end or come because their protocol asks for it, and the end of a protocol as
 * its user wants it. Asked for on any thread, carried out by work items, which hold the
 * protocol, so that its registration outlasts them.
 */
#include <stdlib.h>
#include <string.h>

#include "../ke/irql.h"
#include "../ke/workitem.h"
#include "../verifier.h"
#include "binding.h"
#include "callback.h"
#include "protocol.h"

struct rebind {
	struct nrt_work work;
	struct nrt_protocol *protocol;
	struct nrt_binding *binding; /* its memory stays as long as the adapter's */
};

static NDIS_STATUS queue(struct nrt_protocol *p, struct nrt_binding *b,
			 void (*fn)(struct nrt_work *work))
{
	struct rebind *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NDIS_STATUS_RESOURCES;
	if (!nrt_protocol_hold(p)) { /* it is being deregistered: its bindings end anyway */
		free(r);
		return NDIS_STATUS_SUCCESS;
	}
	r->work.fn = fn;
	r->protocol = p;
	r->binding = b;
	nrt_work_queue(&r->work);
	return NDIS_STATUS_SUCCESS;
}

static void run_unbind(struct nrt_work *work)
{
	struct rebind *r = CONTAINING_RECORD(work, struct rebind, work);
	struct nrt_adapter *a = r->binding->adapter;

	nrt_adapter_lock(a);
	if (r->binding->magic == NRT_BINDING_MAGIC)
		nrt_binding_end(r->binding);
	pthread_mutex_unlock(&a->pnp);
	nrt_protocol_release(r->protocol);
	free(r);
}

NDIS_STATUS NdisUnbindAdapter(NDIS_HANDLE NdisBindingHandle)
{
	struct nrt_binding *b = nrt_binding_of(NdisBindingHandle, "NdisUnbindAdapter");

	nrt_check_irql("NdisUnbindAdapter", DISPATCH_LEVEL);
	return b != NULL ? queue(b->protocol, b, run_unbind) : NDIS_STATUS_INVALID_PARAMETER;
}

static void run_enumerate(struct nrt_work *work)
{
	struct rebind *r = CONTAINING_RECORD(work, struct rebind, work);

	nrt_protocol_bind_all(r->protocol);
	nrt_protocol_release(r->protocol);
	free(r);
}

VOID NdisReEnumerateProtocolBindings(NDIS_HANDLE NdisProtocolHandle)
{
	static const char *const not_from[] = { "ProtocolBindAdapterEx", "ProtocolUnbindAdapterEx",
						"ProtocolNetPnPEvent" };
	struct nrt_protocol *p = NdisProtocolHandle;

	nrt_check_irql("NdisReEnumerateProtocolBindings", PASSIVE_LEVEL);
	if (p == NULL || p->magic != NRT_PROTOCOL_MAGIC) {
		nrt_violation("PR-REG-01",
			      "NdisReEnumerateProtocolBindings: not a registered protocol");
		return;
	}
	/* Events that are not of one binding have another name (nrt_net_event_of_all). */
	for (size_t i = 0; nrt_self.callback != NULL && i < sizeof(not_from) / sizeof(*not_from); i++)
		if (strcmp(nrt_self.callback, not_from[i]) == 0)
			nrt_violation("PR-ENU-01", "NdisReEnumerateProtocolBindings called from %s",
				      not_from[i]);
	queue(p, NULL, run_enumerate);
}

void nrt_protocol_uninstall(struct nrt_protocol *p)
{
	struct nrt_callback cb;

	if (p->chars.UninstallHandler == NULL || p->uninstalled)
		return;
	p->uninstalled = true; /* no adapter is offered to it any more */
	nrt_protocol_unbind_all(p);
	cb = nrt_callback_begin("ProtocolUninstall");
	p->chars.UninstallHandler();
	nrt_callback_end(&cb);
}
