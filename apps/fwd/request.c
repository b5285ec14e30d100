/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OID requests, one at a time for the whole driver. PASSIVE_LEVEL: the service
 * thread and whoever binds, pauses or unbinds; completions come from anywhere.
 */
#include "request.h"

#include "port.h"

static KMUTEX requests; /* taken before control where both are */

void requests_init(void)
{
	KeInitializeMutex(&requests, 0);
}

/* The answer may come before the call returns. */
static NDIS_STATUS set_oid(struct port *port, NDIS_OID oid, PVOID value, UINT bytes)
{
	NDIS_OID_REQUEST request;
	NDIS_STATUS status;

	NdisZeroMemory(&request, sizeof(request));
	request.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
	request.Header.Revision = NDIS_OID_REQUEST_REVISION_1;
	request.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
	request.RequestType = NdisRequestSetInformation;
	request.RequestId = &request;
	request.DATA.SET_INFORMATION.Oid = oid;
	request.DATA.SET_INFORMATION.InformationBuffer = value;
	request.DATA.SET_INFORMATION.InformationBufferLength = bytes;
	NdisResetEvent(&port->answered);
	status = NdisOidRequest(port->binding, &request);
	if (status != NDIS_STATUS_PENDING)
		return status;
	NdisWaitEvent(&port->answered, 0);
	return port->answer;
}

VOID RequestComplete(NDIS_HANDLE ProtocolBindingContext, PNDIS_OID_REQUEST OidRequest,
		     NDIS_STATUS Status)
{
	struct port *port = ProtocolBindingContext;

	(void)OidRequest; /* there is one at a time */
	port->answer = Status;
	NdisSetEvent(&port->answered);
}

NDIS_STATUS request_receive(struct port *port, BOOLEAN on)
{
	ULONG filter = on ? NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_DIRECTED |
				    NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_ALL_MULTICAST :
			    0;
	NDIS_STATUS status = NDIS_STATUS_SUCCESS;

	NDIS_WAIT_FOR_MUTEX(&requests);
	if (on && (!port->bound || !ReadAcquire(&port->open) || ReadAcquire(&held)))
		filter = port->filter; /* too late, or too early */
	if (filter != port->filter) {
		status = set_oid(port, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter));
		if (status == NDIS_STATUS_SUCCESS)
			port->filter = filter;
	}
	NDIS_RELEASE_MUTEX(&requests);
	return status;
}

NDIS_STATUS request_set(struct port *port, NDIS_OID oid, PVOID value, UINT bytes)
{
	NDIS_STATUS status;

	NDIS_WAIT_FOR_MUTEX(&requests);
	status = set_oid(port, oid, value, bytes);
	NDIS_RELEASE_MUTEX(&requests);
	return status;
}

void request_last(struct port *port)
{
	NDIS_WAIT_FOR_MUTEX(&requests);
	NDIS_WAIT_FOR_MUTEX(&control);
	port->bound = FALSE;
	port->filter = 0;
	NDIS_RELEASE_MUTEX(&control);
	NDIS_RELEASE_MUTEX(&requests);
}
