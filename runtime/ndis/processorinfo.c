/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Processors, hypervisor and cache lines as a driver may ask about them. The
 * processors are the emulated ones (ke/processor.h), each a core of its own in the
 * socket of its NUMA node; those for receive side scaling are the workers. Called by
 * drivers up to DISPATCH_LEVEL.
 */
#include <string.h>
#include <time.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "../ke/clock.h"
#include "../ke/irql.h"
#include "../worker.h"
#include "adapter.h"
#include "binding.h"
#include "driver.h"
#include "header.h"

#include <nrt/nrt_profile.h>

#define CACHE_LINE 64
/* Distances as firmware gives them: to the node itself, to another. */
#define NEAR_NODE 10
#define FAR_NODE 20
#define NO_DISTANCE 0xFFFF

/* ---------------------------------------------------------------- topology */

static NDIS_PROCESSOR_VENDOR vendor(void)
{
#if defined(__x86_64__) || defined(__i386__)
	unsigned int a, b, c, d;

	if (__get_cpuid(0, &a, &b, &c, &d) != 0) {
		if (b == signature_INTEL_ebx)
			return NdisProcessorVendorGenuineIntel;
		if (b == signature_AMD_ebx)
			return NdisProcessorVendorAuthenticAMD;
	}
#endif
	return NdisProcessorVendorUnknown;
}

static ULONG node_of(ULONG processor)
{
	return nrt_processor_node(processor);
}

/* Which processor of its socket @processor is. */
static ULONG core_of(ULONG processor)
{
	ULONG core = 0;

	for (ULONG i = 0; i < processor; i++)
		core += node_of(i) == node_of(processor);
	return core;
}

struct topology {
	ULONG processors, sockets, cores_per_socket;
};

static struct topology topology(void)
{
	struct topology t = { .processors = nrt_processor_count() };

	for (ULONG i = 0; i < t.processors; i++) {
		if (node_of(i) >= t.sockets)
			t.sockets = node_of(i) + 1;
		if (core_of(i) >= t.cores_per_socket)
			t.cores_per_socket = core_of(i) + 1;
	}
	return t;
}

NDIS_STATUS NdisGetProcessorInformation(PNDIS_SYSTEM_PROCESSOR_INFO SystemProcessorInfo)
{
	PNDIS_SYSTEM_PROCESSOR_INFO info = SystemProcessorInfo;
	const struct topology t = topology();

	nrt_check_irql("NdisGetProcessorInformation", PASSIVE_LEVEL);
	if (info->Header.Size < NDIS_SIZEOF_SYSTEM_PROCESSOR_INFO_REVISION_1)
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	info->Flags = 0;
	info->ProcessorVendor = vendor();
	info->NumPhysicalPackages = t.sockets;
	info->NumCores = t.processors;
	info->NumCoresPerPhysicalPackage = t.cores_per_socket;
	info->MaxHyperThreadingCpusPerCore = 1;
	info->RssBaseCpu = 0;
	info->RssCpuCount = nrt_worker_count();
	for (ULONG i = 0; info->RssProcessors != NULL && i < nrt_worker_count(); i++)
		info->RssProcessors[i] = (UCHAR)i;
	for (ULONG i = 0; i < t.processors && i < NDIS_MAX_PROCESSOR_COUNT; i++)
		info->CpuInfo[i] = (NDIS_PROCESSOR_INFO){ .CpuNumber = i,
							  .PhysicalPackageId = node_of(i),
							  .CoreId = core_of(i) };
	return NDIS_STATUS_SUCCESS;
}

/* ------------------------------------------------------------------ handles */

struct search {
	NDIS_HANDLE handle;
	const struct nrt_adapter *adapter;
	bool miniport; /* it is an adapter's or its driver's */
};

static void look(struct nrt_adapter *a, void *arg)
{
	struct search *s = arg;

	if (s->handle == a)
		s->adapter = a;
	if (s->handle == a || s->handle == a->driver)
		s->miniport = true;
}

static struct search search(NDIS_HANDLE handle)
{
	struct search s = { .handle = handle };

	if (handle != NULL)
		nrt_adapter_for_each(look, &s);
	return s;
}

static USHORT distance(const struct nrt_adapter *a, ULONG processor)
{
	return a->device.node < 0 || (ULONG)a->device.node == node_of(processor) ? NEAR_NODE
										: FAR_NODE;
}

NDIS_STATUS NdisGetProcessorInformationEx(NDIS_HANDLE NdisHandle,
					  PNDIS_SYSTEM_PROCESSOR_INFO_EX SystemProcessorInfo,
					  PSIZE_T Size)
{
	const struct topology t = topology();
	const struct search s = search(NdisHandle);
	const SIZE_T needed = sizeof(*SystemProcessorInfo) +
			      t.processors * sizeof(NDIS_PROCESSOR_INFO_EX);
	const bool fits = SystemProcessorInfo != NULL && *Size >= needed;
	NDIS_PROCESSOR_INFO_EX *each = (NDIS_PROCESSOR_INFO_EX *)(SystemProcessorInfo + 1);

	nrt_check_irql("NdisGetProcessorInformationEx", DISPATCH_LEVEL);
	*Size = needed;
	if (!fits)
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	*SystemProcessorInfo = (NDIS_SYSTEM_PROCESSOR_INFO_EX){
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_SYSTEM_PROCESSOR_INFO_EX_REVISION_1,
			    NDIS_SIZEOF_SYSTEM_PROCESSOR_INFO_EX_REVISION_1 },
		.ProcessorVendor = vendor(),
		.NumSockets = t.sockets,
		.NumCores = t.processors,
		.NumCoresPerSocket = t.cores_per_socket,
		.MaxHyperThreadingProcsPerCore = 1,
		.ProcessorInfoOffset = sizeof(*SystemProcessorInfo),
		.NumberOfProcessors = t.processors,
		.ProcessorInfoEntrySize = sizeof(*each),
	};
	for (ULONG i = 0; i < t.processors; i++) {
		each[i] = (NDIS_PROCESSOR_INFO_EX){ .SocketId = node_of(i), .CoreId = core_of(i),
						    .NodeId = (USHORT)node_of(i) };
		KeGetProcessorNumberFromIndex(i, &each[i].ProcNum);
		if (s.adapter != NULL)
			each[i].NodeDistance = distance(s.adapter, i);
		else if (!s.miniport)
			each[i].NodeDistance = NO_DISTANCE;
	}
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisGetRssProcessorInformation(NDIS_HANDLE NdisHandle,
					   PNDIS_RSS_PROCESSOR_INFO RssProcessorInfo, PSIZE_T Size)
{
	const ULONG n = nrt_worker_count();
	const SIZE_T needed = sizeof(*RssProcessorInfo) + n * sizeof(NDIS_RSS_PROCESSOR);
	const bool fits = RssProcessorInfo != NULL && *Size >= needed;
	NDIS_RSS_PROCESSOR *each = (NDIS_RSS_PROCESSOR *)(RssProcessorInfo + 1);
	const struct nrt_adapter *a = search(NdisHandle).adapter;

	nrt_check_irql("NdisGetRssProcessorInformation", DISPATCH_LEVEL);
	if (a == NULL) {
		struct nrt_binding *b = nrt_binding_of(NdisHandle, "NdisGetRssProcessorInformation");

		a = b != NULL ? b->adapter : NULL;
	}
	*Size = needed;
	if (!fits)
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	*RssProcessorInfo = (NDIS_RSS_PROCESSOR_INFO){
		.Header = { NDIS_OBJECT_TYPE_RSS_PROCESSOR_INFO,
			    NDIS_RSS_PROCESSOR_INFO_REVISION_2,
			    NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_2 },
		.MaxNumRssProcessors = n,
		.PreferredNumaNode = (USHORT)(a != NULL && a->device.node > 0 ? a->device.node : 0),
		.RssProcessorArrayOffset = sizeof(*RssProcessorInfo),
		.RssProcessorCount = n,
		.RssProcessorEntrySize = sizeof(*each),
	};
	KeGetProcessorNumberFromIndex(n - 1, &RssProcessorInfo->RssMaxProcessor);
	for (ULONG i = 0; i < n; i++) {
		each[i] = (NDIS_RSS_PROCESSOR){
			.PreferenceIndex = a != NULL && distance(a, i) == FAR_NODE,
		};
		KeGetProcessorNumberFromIndex(i, &each[i].ProcNum);
	}
	return NDIS_STATUS_SUCCESS;
}

/* -------------------------------------------------------------------- usage */

/* A count of this thread's processor as it was told last and is now. What a worker does is
 * called idle until its pass turns out busy, so a count may step back by a pass, which a
 * driver that takes differences would see as years. A larger step is a new start. */
static uint64_t not_back(uint64_t *last, uint64_t now)
{
	if (now < *last && *last - now < UINT32_MAX)
		return *last;
	*last = now;
	return now;
}

/* Busy and idle time of the current processor, in one unit. What a worker does is
 * counted; of others the calling thread's processor time stands for it. */
static void read_usage(uint64_t *busy, uint64_t *idle)
{
	static __thread uint64_t last_busy, last_idle;
	struct timespec own;

	if (nrt_self.worker < 0 ||
	    nrt_worker_cycles((unsigned int)nrt_self.worker, busy, idle) != 0) {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own);
		*busy = (uint64_t)own.tv_sec * NRT_NS_PER_S + (uint64_t)own.tv_nsec;
		*idle = nrt_clock_now() - *busy;
	}
	*busy = not_back(&last_busy, *busy);
	*idle = not_back(&last_idle, *idle);
}

/* Counts are 32 bits wide and taken for differences: units of some microseconds let a
 * difference span more than an hour. Idle time is part of the processor's time. */
VOID NdisGetCurrentProcessorCounts(PULONG pIdleCount, PULONG pKernelAndUser, PULONG pIndex)
{
	uint64_t busy, idle;

	nrt_check_irql("NdisGetCurrentProcessorCounts", DISPATCH_LEVEL);
	read_usage(&busy, &idle);
	*pIdleCount = (ULONG)(idle >> 12);
	*pKernelAndUser = (ULONG)((idle >> 12) + (busy >> 12)); /* each rounded for itself */
	*pIndex = KeGetCurrentProcessorIndex();
}

VOID NdisGetCurrentProcessorCpuUsage(PULONG pCpuUsage)
{
	uint64_t busy, idle;

	read_usage(&busy, &idle);
	*pCpuUsage = busy + idle != 0 ? (ULONG)(busy / ((busy + idle) / 100 + 1)) : 0;
}

/* ------------------------------------------------------------------- system */

NDIS_STATUS NdisGetHypervisorInfo(PNDIS_HYPERVISOR_INFO HypervisorInfo)
{
	static const size_t sizes[] = { NDIS_SIZEOF_HYPERVISOR_INFO_REVISION_1 };

	nrt_check_irql("NdisGetHypervisorInfo", DISPATCH_LEVEL);
	if (!nrt_header_ok(&HypervisorInfo->Header, NDIS_OBJECT_TYPE_DEFAULT, sizes, 1,
			   "NdisGetHypervisorInfo"))
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	HypervisorInfo->Flags = 0;
	HypervisorInfo->PartitionType = NdisHypervisorPartitionTypeUnknown;
#if defined(__x86_64__) || defined(__i386__)
	unsigned int a, b, c, d;

	if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & (1u << 31)) == 0)
		return NDIS_STATUS_SUCCESS;
	HypervisorInfo->Flags = NDIS_HYPERVISOR_INFO_FLAG_HYPERVISOR_PRESENT;
	__cpuid(0x40000000, a, b, c, d);
	if (b != 0x7263694D || c != 0x666F736F || d != 0x76482074) /* "Microsoft Hv" */
		return NDIS_STATUS_SUCCESS;
	__cpuid(0x40000003, a, b, c, d);
	HypervisorInfo->PartitionType = (b & 1) != 0 ? /* it may create partitions */
						NdisHypervisorPartitionTypeMsHvParent :
						NdisHypervisorPartitionMsHvChild;
#endif
	return NDIS_STATUS_SUCCESS;
}

ULONG NdisGetSharedDataAlignment(VOID)
{
	nrt_check_irql("NdisGetSharedDataAlignment", DISPATCH_LEVEL);
	return CACHE_LINE;
}
