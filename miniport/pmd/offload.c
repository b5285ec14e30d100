/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Task offloads: which the port has, which are configured by standardized keywords or
 * OID_TCP_OFFLOAD_PARAMETERS, and which are in force; each change is indicated.
 * PASSIVE_LEVEL, in MiniportInitializeEx and OID requests.
 *
 * The port is set up for them only when the configuration names one of the keywords: a
 * PMD may send slower with them, and each NBL is looked at. Without, there are none.
 */
#include "adapter.h"

#define ETHER 14
#define RECEIVED_IPV4 (PMB_OFFLOAD_IPV4 | PMB_OFFLOAD_TCP_IPV4 | PMB_OFFLOAD_UDP_IPV4)
#define RECEIVED_IPV6 (PMB_OFFLOAD_TCP_IPV6 | PMB_OFFLOAD_UDP_IPV6)
#define OVER_IPV4 (RECEIVED_IPV4 | PMB_OFFLOAD_LSO_IPV4)
#define OVER_IPV6 (RECEIVED_IPV6 | PMB_OFFLOAD_LSO_IPV6)

/* Tags in the frame are seen, those in the NBL's slot inserted. */
#define ENCAPSULATIONS                                                                  \
	(NDIS_ENCAPSULATION_IEEE_802_3 | NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q |        \
	 NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q_IN_OOB)

/* ------------------------------------------------------------------ configuration */

/* True when @configuration names it; 0 to @most, which is also what another value means. */
static BOOLEAN read_keyword(NDIS_HANDLE configuration, NDIS_STRING name, ULONG most, ULONG *value)
{
	PNDIS_CONFIGURATION_PARAMETER parameter;
	NDIS_STATUS status;

	*value = most;
	NdisReadConfiguration(&status, &parameter, configuration, &name, NdisParameterInteger);
	if (status != NDIS_STATUS_SUCCESS)
		return FALSE;
	if (parameter->ParameterData.IntegerData < most)
		*value = parameter->ParameterData.IntegerData;
	return TRUE;
}

/* Bit 0 of a value is for sends, bit 1 for what is received. */
BOOLEAN offload_read(struct adapter *a, NDIS_HANDLE configuration)
{
	const struct {
		NDIS_STRING name;
		ULONG offload, most;
	} keywords[] = {
		{ NDIS_STRING_CONST("*IPChecksumOffloadIPv4"), PMB_OFFLOAD_IPV4, 3 },
		{ NDIS_STRING_CONST("*TCPChecksumOffloadIPv4"), PMB_OFFLOAD_TCP_IPV4, 3 },
		{ NDIS_STRING_CONST("*UDPChecksumOffloadIPv4"), PMB_OFFLOAD_UDP_IPV4, 3 },
		{ NDIS_STRING_CONST("*TCPChecksumOffloadIPv6"), PMB_OFFLOAD_TCP_IPV6, 3 },
		{ NDIS_STRING_CONST("*UDPChecksumOffloadIPv6"), PMB_OFFLOAD_UDP_IPV6, 3 },
		{ NDIS_STRING_CONST("*LsoV2IPv4"), PMB_OFFLOAD_LSO_IPV4, 1 },
		{ NDIS_STRING_CONST("*LsoV2IPv6"), PMB_OFFLOAD_LSO_IPV6, 1 },
	};
	BOOLEAN named = FALSE;

	for (ULONG i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		ULONG value;

		named |= read_keyword(configuration, keywords[i].name, keywords[i].most, &value);
		a->offload.send |= value & 1 ? keywords[i].offload : 0;
		a->offload.receive |= value & 2 ? keywords[i].offload : 0;
	}
	return named;
}

/* ---------------------------------------------------------------- as NDIS has it */

#define SUPPORTED(mask, offload) \
	((mask) & (offload) ? NDIS_OFFLOAD_SUPPORTED : NDIS_OFFLOAD_NOT_SUPPORTED)
#define ENCAPSULATION(mask, offloads) ((mask) & (offloads) ? ENCAPSULATIONS : 0)

static void fill_checksums(NDIS_TCP_IP_CHECKSUM_OFFLOAD *c, ULONG send, ULONG receive)
{
	c->IPv4Transmit.Encapsulation = ENCAPSULATION(send, RECEIVED_IPV4);
	c->IPv4Transmit.IpOptionsSupported = SUPPORTED(send, RECEIVED_IPV4);
	c->IPv4Transmit.TcpOptionsSupported = SUPPORTED(send, PMB_OFFLOAD_TCP_IPV4);
	c->IPv4Transmit.TcpChecksum = SUPPORTED(send, PMB_OFFLOAD_TCP_IPV4);
	c->IPv4Transmit.UdpChecksum = SUPPORTED(send, PMB_OFFLOAD_UDP_IPV4);
	c->IPv4Transmit.IpChecksum = SUPPORTED(send, PMB_OFFLOAD_IPV4);
	c->IPv4Receive.Encapsulation = ENCAPSULATION(receive, RECEIVED_IPV4);
	c->IPv4Receive.IpOptionsSupported = SUPPORTED(receive, RECEIVED_IPV4);
	c->IPv4Receive.TcpOptionsSupported = SUPPORTED(receive, PMB_OFFLOAD_TCP_IPV4);
	c->IPv4Receive.TcpChecksum = SUPPORTED(receive, PMB_OFFLOAD_TCP_IPV4);
	c->IPv4Receive.UdpChecksum = SUPPORTED(receive, PMB_OFFLOAD_UDP_IPV4);
	c->IPv4Receive.IpChecksum = SUPPORTED(receive, PMB_OFFLOAD_IPV4);
	c->IPv6Transmit.Encapsulation = ENCAPSULATION(send, RECEIVED_IPV6);
	c->IPv6Transmit.TcpOptionsSupported = SUPPORTED(send, PMB_OFFLOAD_TCP_IPV6);
	c->IPv6Transmit.TcpChecksum = SUPPORTED(send, PMB_OFFLOAD_TCP_IPV6);
	c->IPv6Transmit.UdpChecksum = SUPPORTED(send, PMB_OFFLOAD_UDP_IPV6);
	c->IPv6Receive.Encapsulation = ENCAPSULATION(receive, RECEIVED_IPV6);
	c->IPv6Receive.TcpOptionsSupported = SUPPORTED(receive, PMB_OFFLOAD_TCP_IPV6);
	c->IPv6Receive.TcpChecksum = SUPPORTED(receive, PMB_OFFLOAD_TCP_IPV6);
	c->IPv6Receive.UdpChecksum = SUPPORTED(receive, PMB_OFFLOAD_UDP_IPV6);
}

static void fill(NDIS_OFFLOAD *o, ULONG send, ULONG receive)
{
	NdisZeroMemory(o, sizeof(*o));
	o->Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_OFFLOAD, NDIS_OFFLOAD_REVISION_6,
					  NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6 };
	fill_checksums(&o->Checksum, send, receive);
	if (send & PMB_OFFLOAD_LSO_IPV4) {
		o->LsoV2.IPv4.Encapsulation = ENCAPSULATIONS;
		o->LsoV2.IPv4.MaxOffLoadSize = PMB_LSO_SIZE;
		o->LsoV2.IPv4.MinSegmentCount = PMB_LSO_SEGMENTS;
	}
	if (send & PMB_OFFLOAD_LSO_IPV6) {
		o->LsoV2.IPv6.Encapsulation = ENCAPSULATIONS;
		o->LsoV2.IPv6.MaxOffLoadSize = PMB_LSO_SIZE;
		o->LsoV2.IPv6.MinSegmentCount = PMB_LSO_SEGMENTS;
		o->LsoV2.IPv6.TcpOptionsSupported = NDIS_OFFLOAD_SUPPORTED;
	}
}

/* What is configured and not switched off with its encapsulation. */
static ULONG current(const struct adapter *a, ULONG configured)
{
	return configured & ~((a->offload.off_ipv4 ? OVER_IPV4 : 0) |
			      (a->offload.off_ipv6 ? OVER_IPV6 : 0));
}

/* Of what is received nothing is told before somebody has set the encapsulation. */
static NDIS_STATUS apply(struct adapter *a)
{
	const ULONG asked = (a->offload.on_ipv4 ? OVER_IPV4 : 0) |
			    (a->offload.on_ipv6 ? OVER_IPV6 : 0);
	NDIS_STATUS status;

	lock_port(a);
	status = pmb_port_set_offloads(a->port, current(a, a->offload.send),
				       current(a, a->offload.receive) & asked);
	unlock_port(a);
	return status;
}

NDIS_STATUS offload_initialize(struct adapter *a)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = { 0 };
	NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES *o = &attributes.OffloadAttributes;
	NDIS_OFFLOAD now, hardware;

	a->offload.send &= a->info->send_offloads;
	a->offload.receive &= a->info->receive_offloads;
	if ((a->info->send_offloads | a->info->receive_offloads) == 0)
		return NDIS_STATUS_SUCCESS;
	fill(&now, a->offload.send, a->offload.receive);
	fill(&hardware, a->info->send_offloads, a->info->receive_offloads);
	o->Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES,
					  NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1,
					  NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1 };
	o->DefaultOffloadConfiguration = &now; /* NDIS copies both */
	o->HardwareOffloadCapabilities = &hardware;
	if (NdisMSetMiniportAttributes(a->ndis, &attributes) != NDIS_STATUS_SUCCESS)
		return NDIS_STATUS_FAILURE;
	return apply(a);
}

static NDIS_STATUS apply_and_indicate(struct adapter *a)
{
	NDIS_OFFLOAD now;
	NDIS_STATUS_INDICATION indication = {
		.Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1,
			    NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
		.SourceHandle = a->ndis,
		.StatusCode = NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG,
		.StatusBuffer = &now,
		.StatusBufferSize = NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6,
	};
	NDIS_STATUS status = apply(a);

	if (status != NDIS_STATUS_SUCCESS)
		return status;
	fill(&now, current(a, a->offload.send), current(a, a->offload.receive));
	NdisMIndicateStatusEx(a->ndis, &indication);
	return NDIS_STATUS_SUCCESS;
}

/* -------------------------------------------------------------------- parameters */

/* What a set makes of the masks; nothing is changed before all of it is right. */
struct masks {
	ULONG send, receive;
	NDIS_STATUS status;
};

static void change(const struct adapter *a, struct masks *m, ULONG offload, BOOLEAN send,
		   BOOLEAN receive)
{
	if ((send && !(a->info->send_offloads & offload)) ||
	    (receive && !(a->info->receive_offloads & offload))) {
		m->status = NDIS_STATUS_NOT_SUPPORTED;
		return;
	}
	m->send = send ? m->send | offload : m->send & ~offload;
	m->receive = receive ? m->receive | offload : m->receive & ~offload;
}

static void checksum(const struct adapter *a, struct masks *m, ULONG offload, UCHAR value)
{
	if (value > NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED)
		m->status = NDIS_STATUS_INVALID_DATA;
	else if (value != NDIS_OFFLOAD_PARAMETERS_NO_CHANGE)
		change(a, m, offload, (value - 1) & 1, ((value - 1) & 2) != 0);
}

/* Large sends, and with no offload all that this port has not. */
static void large_send(const struct adapter *a, struct masks *m, ULONG offload, UCHAR value)
{
	if (value > NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED)
		m->status = offload != 0 ? NDIS_STATUS_INVALID_DATA : NDIS_STATUS_NOT_SUPPORTED;
	else if (value == NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED && offload == 0)
		m->status = NDIS_STATUS_NOT_SUPPORTED;
	else if (value != NDIS_OFFLOAD_PARAMETERS_NO_CHANGE && offload != 0)
		change(a, m, offload, value == NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED, FALSE);
}

NDIS_STATUS offload_set_parameters(struct adapter *a, PNDIS_OID_REQUEST r)
{
	NDIS_OFFLOAD_PARAMETERS p;
	struct masks m = { a->offload.send, a->offload.receive, NDIS_STATUS_SUCCESS };
	NDIS_STATUS status = oid_read_structure(r, &p, NDIS_OBJECT_TYPE_DEFAULT,
						NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1);

	if (status != NDIS_STATUS_SUCCESS)
		return status;
	checksum(a, &m, PMB_OFFLOAD_IPV4, p.IPv4Checksum);
	checksum(a, &m, PMB_OFFLOAD_TCP_IPV4, p.TCPIPv4Checksum);
	checksum(a, &m, PMB_OFFLOAD_UDP_IPV4, p.UDPIPv4Checksum);
	checksum(a, &m, PMB_OFFLOAD_TCP_IPV6, p.TCPIPv6Checksum);
	checksum(a, &m, PMB_OFFLOAD_UDP_IPV6, p.UDPIPv6Checksum);
	large_send(a, &m, PMB_OFFLOAD_LSO_IPV4, p.LsoV2IPv4);
	large_send(a, &m, PMB_OFFLOAD_LSO_IPV6, p.LsoV2IPv6);
	large_send(a, &m, 0, p.LsoV1);
	large_send(a, &m, 0, p.IPsecV1);
	large_send(a, &m, 0, p.TcpConnectionIPv4);
	large_send(a, &m, 0, p.TcpConnectionIPv6);
	if (m.status != NDIS_STATUS_SUCCESS)
		return m.status;
	a->offload.send = m.send;
	a->offload.receive = m.receive;
	return apply_and_indicate(a);
}

/* ----------------------------------------------------------------- encapsulation */

/* SUCCESS, or what is wrong with one half of it; *@on and *@off become what it says. */
static NDIS_STATUS encapsulate(ULONG enabled, ULONG type, ULONG header, BOOLEAN *on, BOOLEAN *off)
{
	if (enabled == NDIS_OFFLOAD_SET_NO_CHANGE)
		return NDIS_STATUS_SUCCESS;
	if (enabled == NDIS_OFFLOAD_SET_ON) {
		if (type == 0 || (type & ~(ULONG)ENCAPSULATIONS) != 0 || header < ETHER)
			return NDIS_STATUS_INVALID_PARAMETER;
	} else if (enabled != NDIS_OFFLOAD_SET_OFF) {
		return NDIS_STATUS_INVALID_DATA;
	}
	*on = enabled == NDIS_OFFLOAD_SET_ON;
	*off = !*on;
	return NDIS_STATUS_SUCCESS;
}

/* Page oid-offload-encapsulation. */
NDIS_STATUS offload_set_encapsulation(struct adapter *a, PNDIS_OID_REQUEST r)
{
	struct offload_state next = a->offload;
	NDIS_OFFLOAD_ENCAPSULATION e;
	NDIS_STATUS status =
		oid_read_structure(r, &e, NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION, sizeof(e));

	if (status == NDIS_STATUS_SUCCESS)
		status = encapsulate(e.IPv4.Enabled, e.IPv4.EncapsulationType, e.IPv4.HeaderSize,
				     &next.on_ipv4, &next.off_ipv4);
	if (status == NDIS_STATUS_SUCCESS)
		status = encapsulate(e.IPv6.Enabled, e.IPv6.EncapsulationType, e.IPv6.HeaderSize,
				     &next.on_ipv6, &next.off_ipv6);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	a->offload = next;
	return apply_and_indicate(a);
}
