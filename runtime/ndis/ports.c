/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NDIS ports: their numbers and states. Miniports allocate and free at IRQL <= DISPATCH_LEVEL
 * and activate by events at PASSIVE_LEVEL; senders read states on any thread.
 */
#include "ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nrt/nrt.h>

#include "../ke/irql.h"
#include "../verifier.h"
#include "adapter.h"
#include "binding.h"
#include "filter.h"
#include "net_event.h"
#include "restart.h"
#include "send.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;

static struct nrt_port_table *table_of(const struct nrt_adapter *a)
{
	return atomic_load_explicit(&a->ports.table, memory_order_acquire); /* of make_table */
}

static enum nrt_port_state state_of(const struct nrt_adapter *a, NDIS_PORT_NUMBER port)
{
	const struct nrt_port_table *t = table_of(a);

	if (port == NDIS_DEFAULT_PORT_NUMBER)
		return atomic_load(&a->ports.default_active) ? NRT_PORT_ACTIVE : NRT_PORT_ALLOCATED;
	if (t == NULL || port >= NRT_MAX_PORTS)
		return NRT_PORT_FREE;
	return (enum nrt_port_state)atomic_load_explicit(&t->state[port], memory_order_relaxed);
}

bool nrt_port_active(const struct nrt_adapter *a, NDIS_PORT_NUMBER port)
{
	return port == NDIS_DEFAULT_PORT_NUMBER || state_of(a, port) >= NRT_PORT_ACTIVE;
}

void nrt_port_check(const struct nrt_adapter *a, NDIS_PORT_NUMBER port, const char *what)
{
	if (!nrt_port_active(a, port))
		nrt_violation("MP-RCV-11", "%s: %s on port %u, which is not active",
			      a->device.name, what, port);
}

static void set_state(struct nrt_adapter *a, NDIS_PORT_NUMBER port, enum nrt_port_state state)
{
	if (port == NDIS_DEFAULT_PORT_NUMBER)
		atomic_store(&a->ports.default_active, state == NRT_PORT_ACTIVE);
	else
		atomic_store(&table_of(a)->state[port], (uint8_t)state);
}

/* ------------------------------------------------------------------ life of the table */

void nrt_ports_reset(struct nrt_adapter *a)
{
	atomic_store(&a->ports.default_active, true);
}

void nrt_ports_check_released(struct nrt_adapter *a, const char *rule)
{
	struct nrt_port_table *t = table_of(a);
	unsigned int left = 0;

	for (unsigned int i = 1; t != NULL && i < NRT_MAX_PORTS; i++)
		left += atomic_exchange(&t->state[i], NRT_PORT_FREE) != NRT_PORT_FREE;
	if (left != 0)
		nrt_violation(rule, "%s: %u ports are not freed", a->device.name, left);
}

void nrt_ports_free(struct nrt_adapter *a)
{
	free(table_of(a));
}

/* From now on its bindings look at ports. Under the adapter's lock. */
static struct nrt_port_table *make_table(struct nrt_adapter *a)
{
	struct nrt_port_table *t = table_of(a);

	if (t != NULL)
		return t;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	atomic_store_explicit(&a->ports.table, t, memory_order_release); /* to table_of */
	for (struct nrt_binding *b = a->bindings; b != NULL; b = b->next)
		nrt_send_choose(b);
	return t;
}

/* ---------------------------------------------------------------- allocate and free */

static bool characteristics_ok(const NDIS_PORT_CHARACTERISTICS *c)
{
	return c != NULL &&
	       (c->Header.Type == NDIS_OBJECT_TYPE_DEFAULT ||
		c->Header.Type == NDIS_OBJECT_TYPE_PORT_CHARACTERISTICS) &&
	       c->Header.Revision >= NDIS_PORT_CHARACTERISTICS_REVISION_1 &&
	       c->Header.Size >= NDIS_SIZEOF_PORT_CHARACTERISTICS_REVISION_1 &&
	       (unsigned int)c->Type < NdisPortTypeMax;
}

static NDIS_STATUS allocate(struct nrt_adapter *a, NDIS_PORT_CHARACTERISTICS *c)
{
	struct nrt_port_table *t = make_table(a);
	NDIS_PORT_NUMBER port = 1;

	while (t != NULL && port < NRT_MAX_PORTS && atomic_load(&t->state[port]) != NRT_PORT_FREE)
		port++;
	if (t == NULL || port == NRT_MAX_PORTS)
		return NDIS_STATUS_RESOURCES;
	c->PortNumber = port;
	t->characteristics[port] = *c;
	set_state(a, port, NRT_PORT_ALLOCATED);
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMAllocatePort(NDIS_HANDLE NdisMiniportHandle,
			      PNDIS_PORT_CHARACTERISTICS PortCharacteristics)
{
	struct nrt_adapter *a = nrt_adapter_of(NdisMiniportHandle, "NdisMAllocatePort");
	NDIS_STATUS status;

	nrt_check_irql("NdisMAllocatePort", DISPATCH_LEVEL);
	if (a == NULL)
		return NDIS_STATUS_CLOSING;
	if (!characteristics_ok(PortCharacteristics))
		return NDIS_STATUS_INVALID_DATA;
	if (!a->registration_set) {
		nrt_violation("MP-PRT-01", "%s allocates a port before its registration attributes",
			      a->device.name);
		return NDIS_STATUS_INVALID_DATA;
	}
	if (!a->initialize_running && !atomic_load(&a->device_events.open))
		return NDIS_STATUS_CLOSING;
	pthread_mutex_lock(&a->lock);
	status = allocate(a, PortCharacteristics);
	pthread_mutex_unlock(&a->lock);
	return status;
}

NDIS_STATUS NdisMFreePort(NDIS_HANDLE NdisMiniportHandle, NDIS_PORT_NUMBER PortNumber)
{
	struct nrt_adapter *a = nrt_adapter_of(NdisMiniportHandle, "NdisMFreePort");
	NDIS_STATUS status = NDIS_STATUS_SUCCESS;
	enum nrt_port_state state;

	nrt_check_irql("NdisMFreePort", DISPATCH_LEVEL);
	if (a == NULL || PortNumber > 0xFFFFFF)
		return NDIS_STATUS_INVALID_DATA;
	pthread_mutex_lock(&a->lock);
	state = state_of(a, PortNumber);
	if (PortNumber == NDIS_DEFAULT_PORT_NUMBER || state == NRT_PORT_FREE)
		status = NDIS_STATUS_INVALID_PORT;
	else if (state != NRT_PORT_ALLOCATED)
		status = NDIS_STATUS_INVALID_PORT_STATE;
	else
		set_state(a, PortNumber, NRT_PORT_FREE);
	pthread_mutex_unlock(&a->lock);
	return status;
}

/* ------------------------------------------------------------------ the default port */

static void follow_default(struct nrt_adapter *a)
{
	bool bound = a->bindings != NULL || a->filters != NULL ||
		     atomic_load(&a->state) == NRT_RUNNING;

	if (atomic_load(&a->ports.default_active)) {
		if (!bound && nrt_stack_raise(a) != 0)
			fprintf(stderr, "pollport: %s\n", nrt_last_error());
		return;
	}
	if (atomic_load(&a->state) == NRT_RUNNING)
		nrt_stack_pause(a);
	nrt_stack_clear(a);
}

static void run(struct nrt_work *work)
{
	struct nrt_adapter *a = CONTAINING_RECORD(work, struct nrt_adapter, ports.work);

	nrt_adapter_lock(a);
	if (nrt_adapter_alive(a) && !nrt_power_low(&a->power))
		follow_default(a);
	pthread_mutex_unlock(&a->pnp);
	pthread_mutex_lock(&lock);
	a->ports.queued = a->ports.again;
	a->ports.again = false;
	if (a->ports.queued)
		nrt_work_queue(&a->ports.work);
	pthread_cond_broadcast(&ended);
	pthread_mutex_unlock(&lock);
}

/* On a thread of the runtime, since this one may be inside a callback that holds the pnp lock.
 * Before MiniportInitializeEx has returned, and when the adapter halts, there is nothing to do. */
static void default_changed(struct nrt_adapter *a)
{
	if (!atomic_load(&a->device_events.open))
		return;
	pthread_mutex_lock(&lock);
	if (a->ports.queued) {
		a->ports.again = true;
	} else {
		a->ports.queued = true;
		a->ports.work.fn = run;
		nrt_work_queue(&a->ports.work);
	}
	pthread_mutex_unlock(&lock);
}

void nrt_ports_await(struct nrt_adapter *a)
{
	pthread_mutex_lock(&lock);
	while (a->ports.queued)
		pthread_cond_wait(&ended, &lock);
	pthread_mutex_unlock(&lock);
}

/* -------------------------------------------------------- activate and deactivate */

/* The default port comes alone. */
static NDIS_STATUS may_change(struct nrt_adapter *a, NDIS_PORT_NUMBER port, bool alone,
			      enum nrt_port_state from)
{
	enum nrt_port_state state = state_of(a, port);

	if (state == NRT_PORT_FREE || (port == NDIS_DEFAULT_PORT_NUMBER && !alone))
		return NDIS_STATUS_INVALID_PORT;
	return state == from ? NDIS_STATUS_SUCCESS : NDIS_STATUS_INVALID_PORT_STATE;
}

static NDIS_STATUS refused(const struct nrt_adapter *a, NDIS_STATUS status, const char *what)
{
	nrt_violation("MP-PRT-01", "%s %s a port that %s", a->device.name, what,
		      status == NDIS_STATUS_INVALID_PORT ? "it does not have" :
							   "is not in the state for that");
	return status;
}

NDIS_STATUS nrt_ports_activate(struct nrt_adapter *a, NET_PNP_EVENT_NOTIFICATION *event)
{
	NDIS_PORT *first = event->NetPnPEvent.Buffer;
	NDIS_STATUS status = NDIS_STATUS_SUCCESS;
	bool standard;

	if (first == NULL || event->NetPnPEvent.BufferLength < sizeof(*first))
		return NDIS_STATUS_INVALID_PARAMETER;
	standard = first->PortCharacteristics.PortNumber == NDIS_DEFAULT_PORT_NUMBER;
	pthread_mutex_lock(&a->lock);
	for (NDIS_PORT *p = first; p != NULL && status == NDIS_STATUS_SUCCESS; p = p->Next)
		status = may_change(a, p->PortCharacteristics.PortNumber,
				    p == first && p->Next == NULL, NRT_PORT_ALLOCATED);
	for (NDIS_PORT *p = first; p != NULL && status == NDIS_STATUS_SUCCESS; p = p->Next) {
		NDIS_PORT_NUMBER port = p->PortCharacteristics.PortNumber;

		set_state(a, port, NRT_PORT_ACTIVE); /* sends may come before this returns */
		if (!standard)
			table_of(a)->characteristics[port] = p->PortCharacteristics;
	}
	pthread_mutex_unlock(&a->lock);
	if (status != NDIS_STATUS_SUCCESS)
		return refused(a, status, "activates");
	if (standard)
		default_changed(a); /* who is bound then learns of it by that */
	else
		nrt_net_event(a, event); /* those that fail do not use the port */
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS nrt_ports_deactivate(struct nrt_adapter *a, NET_PNP_EVENT_NOTIFICATION *event)
{
	const NDIS_PORT_NUMBER *port = event->NetPnPEvent.Buffer;
	ULONG n = event->NetPnPEvent.BufferLength / sizeof(*port);
	NDIS_STATUS status = NDIS_STATUS_SUCCESS;

	if (port == NULL || n == 0)
		return NDIS_STATUS_INVALID_PARAMETER;
	pthread_mutex_lock(&a->lock);
	for (ULONG i = 0; i < n && status == NDIS_STATUS_SUCCESS; i++)
		status = may_change(a, port[i], n == 1, NRT_PORT_ACTIVE);
	for (ULONG i = 0; i < n && status == NDIS_STATUS_SUCCESS; i++)
		set_state(a, port[i], port[i] == NDIS_DEFAULT_PORT_NUMBER ? NRT_PORT_ALLOCATED :
									    NRT_PORT_DEACTIVATING);
	pthread_mutex_unlock(&a->lock);
	if (status != NDIS_STATUS_SUCCESS)
		return refused(a, status, "deactivates");
	if (port[0] == NDIS_DEFAULT_PORT_NUMBER) {
		default_changed(a);
		return NDIS_STATUS_SUCCESS;
	}
	nrt_net_event(a, event);
	for (ULONG i = 0; i < n; i++)
		set_state(a, port[i], NRT_PORT_ALLOCATED);
	return NDIS_STATUS_SUCCESS;
}

/* -------------------------------------------------------------------- what they are */

bool nrt_port_take_state(struct nrt_adapter *a, const NDIS_STATUS_INDICATION *s)
{
	struct nrt_port_table *t = table_of(a);
	NDIS_PORT_CHARACTERISTICS *c;
	NDIS_PORT_STATE state;

	if (s->StatusBuffer == NULL || s->StatusBufferSize < NDIS_SIZEOF_PORT_STATE_REVISION_1) {
		nrt_violation("MP-STA-01", "%s: port state indication without an NDIS_PORT_STATE",
			      a->device.name);
		return false;
	}
	if (!nrt_port_active(a, s->PortNumber)) {
		nrt_port_check(a, s->PortNumber, "a port state indication");
		return false;
	}
	if (s->PortNumber == NDIS_DEFAULT_PORT_NUMBER)
		return true;
	memcpy(&state, s->StatusBuffer, sizeof(state));
	pthread_mutex_lock(&a->lock);
	c = &t->characteristics[s->PortNumber];
	c->MediaConnectState = state.MediaConnectState;
	c->XmitLinkSpeed = state.XmitLinkSpeed;
	c->RcvLinkSpeed = state.RcvLinkSpeed;
	c->Direction = state.Direction;
	c->SendControlState = state.SendControlState;
	c->RcvControlState = state.RcvControlState;
	c->SendAuthorizationState = state.SendAuthorizationState;
	c->RcvAuthorizationState = state.RcvAuthorizationState;
	pthread_mutex_unlock(&a->lock);
	return true;
}

NDIS_PORT *nrt_ports_list(struct nrt_adapter *a)
{
	struct nrt_port_table *t = table_of(a);
	NDIS_PORT *list = t != NULL ? calloc(NRT_MAX_PORTS, sizeof(*list)) : NULL;
	unsigned int n = 0;

	if (list == NULL)
		return NULL;
	pthread_mutex_lock(&a->lock);
	for (NDIS_PORT_NUMBER i = 1; i < NRT_MAX_PORTS; i++)
		if (state_of(a, i) >= NRT_PORT_ACTIVE)
			list[n++].PortCharacteristics = t->characteristics[i];
	pthread_mutex_unlock(&a->lock);
	for (unsigned int i = 1; i < n; i++)
		list[i - 1].Next = &list[i];
	if (n != 0)
		return list;
	free(list);
	return NULL;
}

static NDIS_PORT_CHARACTERISTICS default_characteristics(const struct nrt_adapter *a)
{
	return (NDIS_PORT_CHARACTERISTICS){
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PORT_CHARACTERISTICS_REVISION_1,
			    NDIS_SIZEOF_PORT_CHARACTERISTICS_REVISION_1 },
		.PortNumber = NDIS_DEFAULT_PORT_NUMBER,
		.Type = NdisPortTypeUndefined,
		.MediaConnectState = a->link.MediaConnectState,
		.XmitLinkSpeed = a->link.XmitLinkSpeed,
		.RcvLinkSpeed = a->link.RcvLinkSpeed,
		.Direction = a->general.DirectionType,
		.SendControlState = NdisPortControlStateUncontrolled,
		.RcvControlState = NdisPortControlStateUncontrolled,
		.SendAuthorizationState = NdisPortAuthorized,
		.RcvAuthorizationState = NdisPortAuthorized,
	};
}

NDIS_STATUS nrt_ports_query(struct nrt_adapter *a, NDIS_OID_REQUEST *r)
{
	struct nrt_port_table *t = table_of(a);
	char *to = r->DATA.QUERY_INFORMATION.InformationBuffer; /* of any alignment */
	NDIS_PORT_ARRAY array = { 0 };
	ULONG n = 1, length;

	pthread_mutex_lock(&a->lock);
	for (NDIS_PORT_NUMBER i = 1; i < NRT_MAX_PORTS; i++)
		n += state_of(a, i) >= NRT_PORT_ACTIVE;
	length = (ULONG)(offsetof(NDIS_PORT_ARRAY, Ports) + n * sizeof(array.Ports[0]));
	r->DATA.QUERY_INFORMATION.BytesNeeded = length;
	r->DATA.QUERY_INFORMATION.BytesWritten = 0;
	if (r->DATA.QUERY_INFORMATION.InformationBufferLength < length) {
		pthread_mutex_unlock(&a->lock);
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	}
	array.Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_DEFAULT, NDIS_PORT_ARRAY_REVISION_1,
					     NDIS_SIZEOF_PORT_ARRAY_REVISION_1 };
	array.NumberOfPorts = n;
	array.OffsetFirstPort = offsetof(NDIS_PORT_ARRAY, Ports);
	array.ElementSize = sizeof(array.Ports[0]);
	array.Ports[0] = default_characteristics(a);
	memcpy(to, &array, offsetof(NDIS_PORT_ARRAY, Ports) + sizeof(array.Ports[0]));
	to += offsetof(NDIS_PORT_ARRAY, Ports) + sizeof(array.Ports[0]);
	for (NDIS_PORT_NUMBER i = 1; i < NRT_MAX_PORTS; i++)
		if (state_of(a, i) >= NRT_PORT_ACTIVE) {
			memcpy(to, &t->characteristics[i], sizeof(t->characteristics[i]));
			to += sizeof(t->characteristics[i]);
		}
	pthread_mutex_unlock(&a->lock);
	r->DATA.QUERY_INFORMATION.BytesWritten = length;
	return NDIS_STATUS_SUCCESS;
}
