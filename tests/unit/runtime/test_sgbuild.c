/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scatter/gather lists of any buffer, for miniports and protocols.
 */
#include <stdlib.h>
#include <string.h>

#include "contract.h"

TestSuite(sgbuild, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;
static NDIS_HANDLE channel;

static UCHAR *data; /* two pages */
static MDL *mdl;
static SCATTER_GATHER_LIST *list;
static ULONG list_size;

static struct {
	SCATTER_GATHER_LIST *list;
	void *context;
	KIRQL irql;
} got;

static VOID process(PDEVICE_OBJECT object, PVOID reserved, PSCATTER_GATHER_LIST built, PVOID context)
{
	(void)object;
	(void)reserved;
	got.list = built;
	got.context = context;
	got.irql = KeGetCurrentIrql();
}

static void register_channel(struct fake_adapter *a)
{
	NDIS_SG_DMA_DESCRIPTION d = {
		.Header = { NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, NDIS_SG_DMA_DESCRIPTION_REVISION_1,
			    NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1 },
		.ProcessSGListHandler = process,
	};

	cr_assert_eq(NdisMRegisterScatterGatherDma(a->handle, &d, &channel), NDIS_STATUS_SUCCESS);
}

static void deregister_channel(struct fake_adapter *a)
{
	(void)a;
	NdisMDeregisterScatterGatherDma(channel);
}

static void up(bool with_channel)
{
	s.a.attribute_flags = NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER;
	if (with_channel) {
		s.a.on_initialized = register_channel;
		s.a.on_halt = deregister_channel;
	}
	stack_up(&s);
	data = aligned_alloc(PAGE_SIZE, 2 * PAGE_SIZE);
	mdl = NdisAllocateMdl(NULL, data, 2 * PAGE_SIZE);
	list_size = (ULONG)(sizeof(*list) + 2 * sizeof(list->Elements[0]));
	list = malloc(list_size);
}

static void down(void)
{
	NdisFreeMdl(mdl);
	free(data);
	free(list);
	stack_down(&s);
}

static NDIS_SCATTER_GATHER_LIST_PARAMETERS parameters(void)
{
	return (NDIS_SCATTER_GATHER_LIST_PARAMETERS){
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_SCATTER_GATHER_LIST_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_SCATTER_GATHER_LIST_PARAMETERS_REVISION_1 },
		.Mdl = mdl,
		.CurrentVa = data + 100,
		.Length = PAGE_SIZE,
		.ProcessSGListHandler = process,
		.Context = &got,
		.ScatterGatherListBuffer = list,
		.ScatterGatherListBufferSize = list_size,
	};
}

static NDIS_STATUS build(NDIS_HANDLE handle, NDIS_SCATTER_GATHER_LIST_PARAMETERS *p)
{
	NDIS_STATUS status;
	KIRQL old;

	memset(&got, 0, sizeof(got));
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	status = NdisBuildScatterGatherList(handle, p);
	KeLowerIrql(old);
	return status;
}

Test(sgbuild, a_list_is_built_in_the_buffer_and_processed_inside_the_call)
{
	NDIS_SCATTER_GATHER_LIST_PARAMETERS p;
	NDIS_HANDLE handles[2];
	KIRQL old;

	up(true);
	p = parameters();
	handles[0] = s.a.handle;
	handles[1] = stack_binding(&s, 0)->handle;
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(build(handles[i], &p), NDIS_STATUS_SUCCESS);
		cr_expect_eq(got.list, list);
		cr_expect_eq(got.context, &got);
		cr_expect_eq(got.irql, DISPATCH_LEVEL);
		cr_assert_eq(list->NumberOfElements, 2);
		cr_expect_eq(list->Elements[0].Address.QuadPart, (LONGLONG)(ULONG_PTR)data + 100);
		cr_expect_eq(list->Elements[0].Length, PAGE_SIZE - 100);
		cr_expect_eq(list->Elements[1].Length, 100);
		KeRaiseIrql(DISPATCH_LEVEL, &old);
		NdisFreeScatterGatherList(handles[i], list, TRUE);
		KeLowerIrql(old);
	}
	KeFlushIoBuffers(mdl, TRUE, TRUE);
	p.Length = 2 * PAGE_SIZE; /* more than there is */
	cr_assert_eq(build(s.a.handle, &p), NDIS_STATUS_SUCCESS);
	cr_expect_eq(list->Elements[0].Length + list->Elements[1].Length, 2 * PAGE_SIZE - 100);
	down();
}

Test(sgbuild, a_buffer_too_short_is_told_what_it_takes)
{
	NDIS_SCATTER_GATHER_LIST_PARAMETERS p;

	up(true);
	p = parameters();
	p.ScatterGatherListBufferSize--;
	cr_expect_eq(build(s.a.handle, &p), NDIS_STATUS_BUFFER_TOO_SHORT);
	cr_expect_eq(p.ScatterGatherListBufferSizeNeeded, list_size);
	cr_expect_null(got.list);
	p = parameters();
	p.ScatterGatherListBuffer = NULL;
	cr_expect_eq(build(s.a.handle, &p), NDIS_STATUS_BUFFER_TOO_SHORT);
	down();
}

Test(sgbuild, wrong_parameters_and_handles_are_refused)
{
	NDIS_SCATTER_GATHER_LIST_PARAMETERS p;

	up(true);
	p = parameters();
	p.CurrentVa = data - 1;
	cr_expect_eq(build(s.a.handle, &p), NDIS_STATUS_INVALID_PARAMETER);
	p = parameters();
	p.ProcessSGListHandler = NULL;
	cr_expect_eq(build(s.a.handle, &p), NDIS_STATUS_INVALID_PARAMETER);
	p = parameters();
	p.Header.Revision = 0;
	cr_expect_eq(build(s.a.handle, &p), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("RS-NB-11", NULL));
	p = parameters();
	cr_expect_eq(build(NULL, &p), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("PR-UNB-03", NULL));
	down();
}

Test(sgbuild, MP_INI_04_a_channel_comes_before_it)
{
	NDIS_SCATTER_GATHER_LIST_PARAMETERS p;

	up(false);
	p = parameters();
	cr_expect_eq(build(s.a.handle, &p), NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-INI-04", NULL));
	down();
}
