/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The extensible switch's ports and the NICs on them: each step in their lives is a request
 * down through the extensions, which the miniport edge takes when it arrives there
 * (switchoid.c). Host threads, one operation on a switch at a time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../error.h"
#include "switch.h"

struct nrt_switch_port *nrt_switch_port_at(const struct nrt_switch *sw, NDIS_SWITCH_PORT_ID id)
{
	return id <= NRT_SWITCH_MAX_PORT ? atomic_load(&sw->ports[id]) : NULL;
}

struct nrt_switch_nic *nrt_switch_nic_at(const struct nrt_switch *sw, NDIS_SWITCH_PORT_ID port,
					 NDIS_SWITCH_NIC_INDEX index)
{
	const struct nrt_switch_port *p = nrt_switch_port_at(sw, port);

	return p != NULL && index <= NRT_SWITCH_MAX_NIC ? atomic_load(&p->nics[index]) : NULL;
}

void nrt_switch_string(IF_COUNTED_STRING *string, const char *text)
{
	size_t n = text != NULL ? strnlen(text, IF_MAX_STRING_SIZE) : 0;

	memset(string, 0, sizeof(*string));
	for (size_t i = 0; i < n; i++)
		string->String[i] = (unsigned char)text[i];
	string->Length = (USHORT)(n * sizeof(WCHAR));
}

/* What an extension made of the creation of @what. */
static int refused(const struct nrt_switch *sw, const char *what, unsigned int port,
		   NDIS_STATUS status)
{
	switch (status) {
	case NDIS_STATUS_SUCCESS: /* and it did not arrive */
		return nrt_fail(-EACCES, "switch %s, port %u: an extension completes the creation "
				"of %s itself, which it may only do to veto it", sw->name, port,
				what);
	case NDIS_STATUS_ADAPTER_NOT_OPEN:
	case NDIS_STATUS_CLOSING:
		return nrt_fail(-ENODEV, "switch %s: its adapter is gone; destroy it", sw->name);
	case NDIS_STATUS_RESOURCES:
		return nrt_fail(-EAGAIN, "switch %s, port %u: an extension has no resources for %s "
				"now; try again", sw->name, port, what);
	default:
		return nrt_fail(-EACCES, "switch %s, port %u: an extension vetoes %s with 0x%08X",
				sw->name, port, what, (unsigned int)status);
	}
}

/* ---------------------------------------------------------------------------- ports */

static NDIS_SWITCH_PORT_TYPE port_type(enum nrt_switch_kind kind)
{
	switch (kind) {
	case NRT_SWITCH_EXTERNAL:
		return NdisSwitchPortTypeExternal;
	case NRT_SWITCH_SYNTHETIC:
		return NdisSwitchPortTypeSynthetic;
	case NRT_SWITCH_EMULATED:
		return NdisSwitchPortTypeEmulated;
	default:
		return NdisSwitchPortTypeInternal;
	}
}

/* Extensions get a copy, which they may not change. */
static NDIS_STATUS tell_port(struct nrt_switch_port *port, NDIS_OID oid,
			     NDIS_SWITCH_PORT_STATE state)
{
	NDIS_SWITCH_PORT_PARAMETERS parameters = port->parameters;

	parameters.PortState = state;
	return nrt_switch_set(port->owner, oid, &parameters, sizeof(parameters));
}

/* The port's memory, from now on there. */
static struct nrt_switch_port *port_memory(struct nrt_switch *sw, unsigned int id)
{
	struct nrt_switch_port *port = atomic_load(&sw->ports[id]);

	if (port != NULL)
		return port;
	port = calloc(1, sizeof(*port));
	if (port == NULL)
		return NULL;
	port->owner = sw;
	port->id = id;
	atomic_store(&sw->ports[id], port);
	if (id > atomic_load(&sw->highest_port))
		atomic_store(&sw->highest_port, id);
	return port;
}

static void set_port_parameters(struct nrt_switch_port *port, enum nrt_switch_kind kind,
				const char *name)
{
	NDIS_SWITCH_PORT_PARAMETERS *p = &port->parameters;

	pthread_mutex_lock(&port->owner->parameters_lock);
	memset(p, 0, sizeof(*p));
	p->Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_DEFAULT,
					  NDIS_SWITCH_PORT_PARAMETERS_REVISION_1,
					  NDIS_SIZEOF_NDIS_SWITCH_PORT_PARAMETERS_REVISION_1 };
	p->PortId = port->id;
	p->PortType = port_type(kind);
	nrt_switch_string(&p->PortName, name);
	nrt_switch_string(&p->PortFriendlyName, name);
	pthread_mutex_unlock(&port->owner->parameters_lock);
}

static int add_port(struct nrt_switch *sw, unsigned int id, enum nrt_switch_kind kind,
		    const char *name)
{
	struct nrt_switch_port *port = port_memory(sw, id);
	NDIS_STATUS status;

	if (port == NULL)
		return nrt_fail(-ENOMEM, "switch %s, port %u: out of memory", sw->name, id);
	if (nrt_switch_state(&port->hold) != NdisSwitchPortStateUnknown)
		return nrt_fail(-EEXIST, "switch %s has port %u already; remove it first",
				sw->name, id);
	set_port_parameters(port, kind, name);
	status = tell_port(port, OID_SWITCH_PORT_CREATE, NdisSwitchPortStateCreated);
	if (status == NDIS_STATUS_SUCCESS &&
	    nrt_switch_state(&port->hold) == NdisSwitchPortStateCreated)
		return 0;
	nrt_switch_move(&port->hold, NdisSwitchPortStateUnknown);
	return refused(sw, "the port", id, status);
}

int nrt_switch_port_add(struct nrt_switch *sw, unsigned int id, enum nrt_switch_kind kind,
			const char *name)
{
	int rc;

	if (id == NDIS_SWITCH_DEFAULT_PORT_ID || id > NRT_SWITCH_MAX_PORT)
		return nrt_fail(-EINVAL, "switch %s: port %u; ports are 1 to %d", sw->name, id,
				NRT_SWITCH_MAX_PORT);
	pthread_mutex_lock(&sw->control);
	rc = add_port(sw, id, kind, name);
	pthread_mutex_unlock(&sw->control);
	return rc;
}

static void disconnect(struct nrt_switch_nic *nic);

/* Extensions may not keep these requests, and it goes on without them if they do. */
static void remove_port(struct nrt_switch_port *port)
{
	for (unsigned int i = 0; i <= NRT_SWITCH_MAX_NIC; i++) {
		struct nrt_switch_nic *nic = atomic_load(&port->nics[i]);

		if (nic != NULL && nrt_switch_state(&nic->hold) != NdisSwitchNicStateUnknown)
			disconnect(nic);
	}
	tell_port(port, OID_SWITCH_PORT_TEARDOWN, NdisSwitchPortStateTeardown);
	nrt_switch_move(&port->hold, NdisSwitchPortStateTeardown);
	nrt_switch_await(&port->hold, port->owner->name, "the port", port->id);
	tell_port(port, OID_SWITCH_PORT_DELETE, NdisSwitchPortStateDeleted);
	nrt_switch_move(&port->hold, NdisSwitchPortStateUnknown);
}

int nrt_switch_port_remove(struct nrt_switch *sw, unsigned int id)
{
	struct nrt_switch_port *port;
	int rc = 0;

	pthread_mutex_lock(&sw->control);
	port = nrt_switch_port_at(sw, id);
	if (port == NULL || nrt_switch_state(&port->hold) == NdisSwitchPortStateUnknown)
		rc = nrt_fail(-ENOENT, "switch %s has no port %u", sw->name, id);
	else
		remove_port(port);
	pthread_mutex_unlock(&sw->control);
	return rc;
}

void nrt_switch_ports_remove(struct nrt_switch *sw)
{
	pthread_mutex_lock(&sw->control);
	for (unsigned int id = 1; id <= atomic_load(&sw->highest_port); id++) {
		struct nrt_switch_port *port = atomic_load(&sw->ports[id]);

		if (port != NULL && nrt_switch_state(&port->hold) != NdisSwitchPortStateUnknown)
			remove_port(port);
	}
	pthread_mutex_unlock(&sw->control);
}

/* ----------------------------------------------------------------------------- NICs */

static NDIS_SWITCH_NIC_TYPE nic_type(enum nrt_switch_kind kind)
{
	switch (kind) {
	case NRT_SWITCH_EXTERNAL:
		return NdisSwitchNicTypeExternal;
	case NRT_SWITCH_SYNTHETIC:
		return NdisSwitchNicTypeSynthetic;
	case NRT_SWITCH_EMULATED:
		return NdisSwitchNicTypeEmulated;
	default:
		return NdisSwitchNicTypeInternal;
	}
}

static NDIS_STATUS tell_nic(struct nrt_switch_nic *nic, NDIS_OID oid, NDIS_SWITCH_NIC_STATE state)
{
	NDIS_SWITCH_NIC_PARAMETERS parameters = nic->parameters;

	parameters.NicState = state;
	return nrt_switch_set(nic->port->owner, oid, &parameters, sizeof(parameters));
}

static struct nrt_switch_nic *nic_memory(struct nrt_switch_port *port, unsigned int index)
{
	struct nrt_switch_nic *nic = atomic_load(&port->nics[index]);

	if (nic != NULL)
		return nic;
	nic = calloc(1, sizeof(*nic));
	if (nic == NULL)
		return NULL;
	nic->port = port;
	nic->index = (NDIS_SWITCH_NIC_INDEX)index;
	atomic_store(&port->nics[index], nic);
	return nic;
}

static void set_nic_parameters(struct nrt_switch_nic *nic, const struct nrt_switch_nic_options *o)
{
	struct nrt_switch *sw = nic->port->owner;
	NDIS_SWITCH_NIC_PARAMETERS *p = &nic->parameters;

	pthread_mutex_lock(&sw->parameters_lock);
	memset(p, 0, sizeof(*p));
	p->Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_DEFAULT,
					  NDIS_SWITCH_NIC_PARAMETERS_REVISION_1,
					  NDIS_SIZEOF_NDIS_SWITCH_NIC_PARAMETERS_REVISION_1 };
	nrt_switch_string(&p->NicName, o->name);
	nrt_switch_string(&p->NicFriendlyName, o->name);
	p->PortId = nic->port->id;
	p->NicIndex = nic->index;
	p->NicType = nic_type(o->kind);
	p->MTU = sw->max_frame - 14;
	memcpy(p->PermanentMacAddress, o->mac, sizeof(o->mac));
	memcpy(p->VMMacAddress, o->mac, sizeof(o->mac));
	memcpy(p->CurrentMacAddress, o->mac, sizeof(o->mac));
	pthread_mutex_unlock(&sw->parameters_lock);
	nic->deliver = o->deliver;
	nic->context = o->context;
}

/* After a veto there is nothing to tell of; extensions see the status. */
static int create(struct nrt_switch_nic *nic)
{
	NDIS_STATUS status = tell_nic(nic, OID_SWITCH_NIC_CREATE, NdisSwitchNicStateCreated);

	if (status == NDIS_STATUS_SUCCESS &&
	    nrt_switch_state(&nic->hold) == NdisSwitchNicStateCreated)
		return 0;
	nrt_switch_move(&nic->hold, NdisSwitchNicStateUnknown);
	return refused(nic->port->owner, "the NIC", nic->port->id, status);
}

static void delete(struct nrt_switch_nic *nic)
{
	struct nrt_switch *sw = nic->port->owner;

	nrt_switch_move(&nic->hold, NdisSwitchNicStateDisconnected);
	nrt_switch_await(&nic->hold, sw->name, "the NIC", nic->port->id);
	nrt_switch_forget(sw, nic);
	tell_nic(nic, OID_SWITCH_NIC_DELETE, NdisSwitchNicStateDeleted);
	nrt_switch_move(&nic->hold, NdisSwitchNicStateUnknown);
}

static int connect(struct nrt_switch_nic *nic)
{
	NDIS_STATUS status;
	int rc = create(nic);

	if (rc != 0)
		return rc;
	status = tell_nic(nic, OID_SWITCH_NIC_CONNECT, NdisSwitchNicStateConnected);
	if (status == NDIS_STATUS_SUCCESS &&
	    nrt_switch_state(&nic->hold) == NdisSwitchNicStateConnected)
		return 0;
	delete(nic);
	return nrt_fail(-EACCES, "switch %s, port %u: an extension keeps OID_SWITCH_NIC_CONNECT, "
			"which it must pass on: 0x%08X", nic->port->owner->name, nic->port->id,
			(unsigned int)status);
}

static void disconnect(struct nrt_switch_nic *nic)
{
	tell_nic(nic, OID_SWITCH_NIC_DISCONNECT, NdisSwitchNicStateDisconnected);
	delete(nic);
}

static int connect_to(struct nrt_switch *sw, const struct nrt_switch_nic_options *o,
		      struct nrt_switch_nic **out)
{
	struct nrt_switch_port *port = nrt_switch_port_at(sw, o->port);
	struct nrt_switch_nic *nic;
	int rc;

	if (port == NULL || nrt_switch_state(&port->hold) != NdisSwitchPortStateCreated)
		return nrt_fail(-ENOENT, "switch %s has no port %u; add it first", sw->name,
				o->port);
	if (o->index != 0 && port->parameters.PortType != NdisSwitchPortTypeExternal)
		return nrt_fail(-EINVAL, "switch %s, port %u is not external: its NIC is 0",
				sw->name, o->port);
	nic = nic_memory(port, o->index);
	if (nic == NULL)
		return nrt_fail(-ENOMEM, "switch %s, port %u: out of memory", sw->name, o->port);
	if (nrt_switch_state(&nic->hold) != NdisSwitchNicStateUnknown)
		return nrt_fail(-EEXIST, "switch %s, port %u has NIC %u already; disconnect it "
				"first", sw->name, o->port, o->index);
	set_nic_parameters(nic, o);
	rc = connect(nic);
	if (rc != 0)
		return rc;
	nrt_switch_learn(sw, o->mac, port->id, nic->index);
	*out = nic;
	return 0;
}

int nrt_switch_nic_connect(struct nrt_switch *sw, const struct nrt_switch_nic_options *options,
			   struct nrt_switch_nic **out)
{
	int rc;

	if (options->deliver == NULL || options->index > NRT_SWITCH_MAX_NIC)
		return nrt_fail(-EINVAL, "switch %s: a NIC has a deliver function and an index "
				"from 0 to %d", sw->name, NRT_SWITCH_MAX_NIC);
	pthread_mutex_lock(&sw->control);
	rc = connect_to(sw, options, out);
	pthread_mutex_unlock(&sw->control);
	return rc;
}

void nrt_switch_nic_disconnect(struct nrt_switch_nic *nic)
{
	struct nrt_switch *sw = nic->port->owner;

	pthread_mutex_lock(&sw->control);
	if (nrt_switch_state(&nic->hold) != NdisSwitchNicStateUnknown)
		disconnect(nic);
	pthread_mutex_unlock(&sw->control);
}
