/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OID requests that have come through all extensions to the switch's miniport edge: what there
 * is in the switch, and the steps in the lives of ports and NICs, which are taken here and not
 * where they are asked for: until an extension has let a request pass, it may use what the
 * request is about as before [hyper-v-extensible-switch-port-and-network-adapter-states]. One
 * at a time, at PASSIVE_LEVEL.
 */
#include <string.h>

#include "switch.h"

/* ------------------------------------------------------------------------- queries */

/* Buffers may be misaligned (MP-OID-06): they are written to by copies. The pages of these name
 * INVALID_LENGTH, not BUFFER_TOO_SHORT. */
static bool has_room(NDIS_OID_REQUEST *r, ULONG length)
{
	r->DATA.QUERY_INFORMATION.BytesNeeded = length;
	r->DATA.QUERY_INFORMATION.BytesWritten = 0;
	if (r->DATA.QUERY_INFORMATION.InformationBufferLength < length)
		return false;
	r->DATA.QUERY_INFORMATION.BytesWritten = length;
	return true;
}

static uint32_t port_state(const struct nrt_switch_port *port)
{
	uint32_t state = port != NULL ? nrt_switch_state(&port->hold) : NdisSwitchPortStateUnknown;

	return state == NdisSwitchPortStateDeleted ? NdisSwitchPortStateUnknown : state;
}

static uint32_t nic_state(const struct nrt_switch_nic *nic)
{
	uint32_t state = nic != NULL ? nrt_switch_state(&nic->hold) : NdisSwitchNicStateUnknown;

	return state == NdisSwitchNicStateDeleted ? NdisSwitchNicStateUnknown : state;
}

/* How many ports there are; those from @to on, unless it is NULL. */
static ULONG list_ports(const struct nrt_switch *sw, UCHAR *to)
{
	uint32_t highest = atomic_load(&sw->highest_port);
	ULONG n = 0;

	for (uint32_t id = 1; id <= highest; id++) {
		const struct nrt_switch_port *port = nrt_switch_port_at(sw, id);
		uint32_t state = port_state(port);

		if (state == NdisSwitchPortStateUnknown)
			continue;
		if (to != NULL) {
			NDIS_SWITCH_PORT_PARAMETERS p = port->parameters;

			p.PortState = (NDIS_SWITCH_PORT_STATE)state;
			memcpy(to + n * sizeof(p), &p, sizeof(p));
		}
		n++;
	}
	return n;
}

static ULONG list_nics_of(const struct nrt_switch_port *port, UCHAR *to, ULONG n)
{
	for (unsigned int i = 0; i <= NRT_SWITCH_MAX_NIC; i++) {
		const struct nrt_switch_nic *nic = atomic_load(&port->nics[i]);
		uint32_t state = nic_state(nic);

		if (state == NdisSwitchNicStateUnknown)
			continue;
		if (to != NULL) {
			NDIS_SWITCH_NIC_PARAMETERS p = nic->parameters;

			p.NicState = (NDIS_SWITCH_NIC_STATE)state;
			memcpy(to + n * sizeof(p), &p, sizeof(p));
		}
		n++;
	}
	return n;
}

static ULONG list_nics(const struct nrt_switch *sw, UCHAR *to)
{
	uint32_t highest = atomic_load(&sw->highest_port);
	ULONG n = 0;

	for (uint32_t id = 1; id <= highest; id++) {
		const struct nrt_switch_port *port = nrt_switch_port_at(sw, id);

		if (port != NULL)
			n = list_nics_of(port, to, n);
	}
	return n;
}

static NDIS_STATUS query_parameters(struct nrt_switch *sw, NDIS_OID_REQUEST *r)
{
	NDIS_SWITCH_PARAMETERS p;

	if (!has_room(r, sizeof(p)))
		return NDIS_STATUS_INVALID_LENGTH;
	memset(&p, 0, sizeof(p));
	p.Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_DEFAULT,
					 NDIS_SWITCH_PARAMETERS_REVISION_1,
					 NDIS_SIZEOF_NDIS_SWITCH_PARAMETERS_REVISION_1 };
	nrt_switch_string(&p.SwitchName, sw->name);
	nrt_switch_string(&p.SwitchFriendlyName, sw->name);
	p.NumSwitchPorts = list_ports(sw, NULL);
	p.IsActive = atomic_load(&sw->active);
	memcpy(r->DATA.QUERY_INFORMATION.InformationBuffer, &p, sizeof(p));
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS query_ports(struct nrt_switch *sw, NDIS_OID_REQUEST *r)
{
	UCHAR *buffer = r->DATA.QUERY_INFORMATION.InformationBuffer;
	NDIS_SWITCH_PORT_ARRAY array = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_SWITCH_PORT_ARRAY_REVISION_1,
			    NDIS_SIZEOF_NDIS_SWITCH_PORT_ARRAY_REVISION_1 },
		.FirstElementOffset = sizeof(array),
		.NumElements = list_ports(sw, NULL),
		.ElementSize = sizeof(NDIS_SWITCH_PORT_PARAMETERS),
	};

	if (!has_room(r, (ULONG)sizeof(array) + array.NumElements * array.ElementSize))
		return NDIS_STATUS_INVALID_LENGTH;
	memcpy(buffer, &array, sizeof(array));
	list_ports(sw, buffer + sizeof(array));
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS query_nics(struct nrt_switch *sw, NDIS_OID_REQUEST *r)
{
	UCHAR *buffer = r->DATA.QUERY_INFORMATION.InformationBuffer;
	NDIS_SWITCH_NIC_ARRAY array = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_SWITCH_NIC_ARRAY_REVISION_1,
			    NDIS_SIZEOF_NDIS_SWITCH_NIC_ARRAY_REVISION_1 },
		.FirstElementOffset = sizeof(array),
		.NumElements = list_nics(sw, NULL),
		.ElementSize = sizeof(NDIS_SWITCH_NIC_PARAMETERS),
	};

	if (!has_room(r, (ULONG)sizeof(array) + array.NumElements * array.ElementSize))
		return NDIS_STATUS_INVALID_LENGTH;
	memcpy(buffer, &array, sizeof(array));
	list_nics(sw, buffer + sizeof(array));
	return NDIS_STATUS_SUCCESS;
}

/* Ports and NICs come and go by requests, which come one at a time; but what is made for one
 * that is to come, or undone after a veto, does not. */
static NDIS_STATUS query(struct nrt_switch *sw, NDIS_OID_REQUEST *r)
{
	NDIS_STATUS status;

	pthread_mutex_lock(&sw->parameters_lock);
	switch (r->DATA.QUERY_INFORMATION.Oid) {
	case OID_SWITCH_PARAMETERS:
		status = query_parameters(sw, r);
		break;
	case OID_SWITCH_PORT_ARRAY:
		status = query_ports(sw, r);
		break;
	case OID_SWITCH_NIC_ARRAY:
		status = query_nics(sw, r);
		break;
	default:
		status = NDIS_STATUS_NOT_SUPPORTED;
	}
	pthread_mutex_unlock(&sw->parameters_lock);
	return status;
}

/* ---------------------------------------------------------------------------- steps */

struct step {
	NDIS_OID oid;
	bool of_nic;
	uint32_t from, to;
};

static const struct step steps[] = {
	{ OID_SWITCH_PORT_CREATE, false, NdisSwitchPortStateUnknown, NdisSwitchPortStateCreated },
	{ OID_SWITCH_PORT_TEARDOWN, false, NdisSwitchPortStateCreated,
	  NdisSwitchPortStateTeardown },
	{ OID_SWITCH_PORT_DELETE, false, NdisSwitchPortStateTeardown, NdisSwitchPortStateUnknown },
	{ OID_SWITCH_NIC_CREATE, true, NdisSwitchNicStateUnknown, NdisSwitchNicStateCreated },
	{ OID_SWITCH_NIC_CONNECT, true, NdisSwitchNicStateCreated, NdisSwitchNicStateConnected },
	{ OID_SWITCH_NIC_DISCONNECT, true, NdisSwitchNicStateConnected,
	  NdisSwitchNicStateDisconnected },
	{ OID_SWITCH_NIC_DELETE, true, NdisSwitchNicStateDisconnected, NdisSwitchNicStateUnknown },
};

/* Whose step it is; NULL: no such part. */
static struct nrt_switch_hold *part(struct nrt_switch *sw, const struct step *step,
				    const NDIS_OID_REQUEST *r)
{
	const void *buffer = r->DATA.SET_INFORMATION.InformationBuffer;
	ULONG length = r->DATA.SET_INFORMATION.InformationBufferLength;

	if (step->of_nic) {
		NDIS_SWITCH_NIC_PARAMETERS p;
		struct nrt_switch_nic *nic;

		if (length < NDIS_SIZEOF_NDIS_SWITCH_NIC_PARAMETERS_REVISION_1)
			return NULL;
		memcpy(&p, buffer, NDIS_SIZEOF_NDIS_SWITCH_NIC_PARAMETERS_REVISION_1);
		nic = nrt_switch_nic_at(sw, p.PortId, p.NicIndex);
		return nic != NULL ? &nic->hold : NULL;
	} else {
		NDIS_SWITCH_PORT_PARAMETERS p;
		struct nrt_switch_port *port;

		if (length < NDIS_SIZEOF_NDIS_SWITCH_PORT_PARAMETERS_REVISION_1)
			return NULL;
		memcpy(&p, buffer, NDIS_SIZEOF_NDIS_SWITCH_PORT_PARAMETERS_REVISION_1);
		port = nrt_switch_port_at(sw, p.PortId);
		return port != NULL ? &port->hold : NULL;
	}
}

/* An extension that issues one of these itself finds no part in the state before it. */
static NDIS_STATUS take_step(struct nrt_switch *sw, const struct step *step, NDIS_OID_REQUEST *r)
{
	struct nrt_switch_hold *hold = part(sw, step, r);

	if (hold == NULL || nrt_switch_state(hold) != step->from)
		return NDIS_STATUS_INVALID_PARAMETER;
	nrt_switch_move(hold, step->to);
	r->DATA.SET_INFORMATION.BytesRead = r->DATA.SET_INFORMATION.InformationBufferLength;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS nrt_switch_oid_request(NDIS_HANDLE MiniportAdapterContext, PNDIS_OID_REQUEST OidRequest)
{
	struct nrt_switch *sw = MiniportAdapterContext;
	NDIS_OID oid = OidRequest->DATA.SET_INFORMATION.Oid;

	if (OidRequest->RequestType == NdisRequestQueryInformation)
		return query(sw, OidRequest);
	if (OidRequest->RequestType != NdisRequestSetInformation)
		return NDIS_STATUS_NOT_SUPPORTED;
	if (oid == OID_GEN_CURRENT_PACKET_FILTER) {
		OidRequest->DATA.SET_INFORMATION.BytesRead = sizeof(ULONG);
		return NDIS_STATUS_SUCCESS;
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i].oid == oid)
			return take_step(sw, &steps[i], OidRequest);
	return NDIS_STATUS_NOT_SUPPORTED;
}
