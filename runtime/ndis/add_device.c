/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MiniportAddDevice and its kin. The two PnP requests are IRPs of the runtime's own, which go
 * to nobody else: below is the bus, whose resources are what they are. Control threads.
 */
#include "add_device.h"

#include <string.h>

#include "../io/irp.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "adapter.h"
#include "callback.h"
#include "driver.h"
#include "hardware.h"
#include "header.h"

#define REQUIREMENTS_TAG 0x71526F49 /* IoRq */

/* ------------------------------------------------------------------- registration */

static NDIS_STATUS set_pnp(struct nrt_miniport_driver *m, const NDIS_OBJECT_HEADER *header)
{
	static const size_t sizes[] = { NDIS_SIZEOF_MINIPORT_PNP_CHARACTERISTICS_REVISION_1 };

	if (!nrt_header_ok(header, NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS, sizes, 1,
			   "NdisSetOptionalHandlers"))
		return NDIS_STATUS_INVALID_PARAMETER;
	nrt_header_copy(&m->pnp, sizeof(m->pnp), header);
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS set_ss(struct nrt_miniport_driver *m, const NDIS_OBJECT_HEADER *header)
{
	static const size_t sizes[] = { NDIS_SIZEOF_MINIPORT_SS_CHARACTERISTICS_REVISION_1 };
	NDIS_MINIPORT_SS_CHARACTERISTICS ss;

	if (!nrt_header_ok(header, NDIS_OBJECT_TYPE_MINIPORT_SS_CHARACTERISTICS, sizes, 1,
			   "NdisSetOptionalHandlers"))
		return NDIS_STATUS_INVALID_PARAMETER;
	nrt_header_copy(&ss, sizeof(ss), header);
	if (ss.IdleNotificationHandler == NULL || ss.CancelIdleNotificationHandler == NULL)
		return NDIS_STATUS_INVALID_PARAMETER; /* both are required */
	m->ss = ss;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS nrt_miniport_set_optional(struct nrt_miniport_driver *m,
				      const NDIS_OBJECT_HEADER *handlers)
{
	if (handlers->Type != NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS &&
	    handlers->Type != NDIS_OBJECT_TYPE_MINIPORT_SS_CHARACTERISTICS)
		return NDIS_STATUS_NOT_SUPPORTED;
	if (!m->options_running) {
		nrt_violation("MP-REG-04", "%s sets optional handlers outside MiniportSetOptions",
			      m->driver->name);
		return NDIS_STATUS_FAILURE;
	}
	if (handlers->Type == NDIS_OBJECT_TYPE_MINIPORT_SS_CHARACTERISTICS)
		return set_ss(m, handlers);
	return set_pnp(m, handlers);
}

/* ------------------------------------------------------------------- requirements */

static IO_RESOURCE_DESCRIPTOR required(const CM_PARTIAL_RESOURCE_DESCRIPTOR *has)
{
	IO_RESOURCE_DESCRIPTOR d = { .Type = has->Type,
				     .ShareDisposition = has->ShareDisposition,
				     .Flags = has->Flags };

	if (has->Type != CmResourceTypePort && has->Type != CmResourceTypeMemory)
		return d;
	d.u.Generic.Length = has->u.Generic.Length;
	d.u.Generic.Alignment = 1;
	d.u.Generic.MinimumAddress = has->u.Generic.Start;
	d.u.Generic.MaximumAddress.QuadPart =
		has->u.Generic.Start.QuadPart + has->u.Generic.Length - 1;
	return d;
}

/* What the device has is what it needs. In pool memory, since a miniport may free it to put
 * another list in its place [nc-ndis-miniport_pnp_irp]. NULL: it has nothing, or no memory. */
static IO_RESOURCE_REQUIREMENTS_LIST *requirements(const struct nrt_adapter *a)
{
	const CM_PARTIAL_RESOURCE_LIST *has = nrt_hardware_resources(a);
	IO_RESOURCE_REQUIREMENTS_LIST *list;
	size_t size;

	if (has == NULL || has->Count == 0)
		return NULL;
	size = sizeof(*list) + (has->Count - 1) * sizeof(IO_RESOURCE_DESCRIPTOR);
	list = nrt_memory_zalloc(size, REQUIREMENTS_TAG, NULL);
	if (list == NULL)
		return NULL;
	list->ListSize = (ULONG)size;
	list->InterfaceType = PCIBus;
	list->AlternativeLists = 1;
	list->List[0].Version = list->List[0].Revision = 1;
	list->List[0].Count = has->Count;
	for (ULONG i = 0; i < has->Count; i++)
		(&list->List[0].Descriptors[0])[i] = required(&(&has->PartialDescriptors[0])[i]);
	return list;
}

/* --------------------------------------------------------------------- the requests */

static NDIS_STATUS call(struct nrt_adapter *a, MINIPORT_PNP_IRP_HANDLER handler, PIRP irp,
			const char *name)
{
	struct nrt_callback cb = nrt_callback_begin(name);
	NDIS_STATUS status = handler(a->added.context, irp);

	nrt_callback_end(&cb);
	return status;
}

/* With one stack location, filled in; or NULL. */
static PIRP new_irp(struct nrt_adapter *a, UCHAR minor)
{
	struct nrt_irp *r = nrt_irp_new(1, NRT_IRP_HOST);
	PIO_STACK_LOCATION at;
	PIRP irp;

	if (r == NULL)
		return NULL;
	irp = &r->irp;
	IoSetNextIrpStackLocation(irp);
	at = IoGetCurrentIrpStackLocation(irp);
	at->MajorFunction = IRP_MJ_PNP;
	at->MinorFunction = minor;
	NdisMGetDeviceProperty(a, NULL, &at->DeviceObject, NULL, NULL, NULL);
	irp->IoStatus.Status = STATUS_SUCCESS;
	return irp;
}

/* Its answer counts for nothing here: a bus cannot give what it does not have. */
static NDIS_STATUS filter_requirements(struct nrt_adapter *a)
{
	MINIPORT_PNP_IRP_HANDLER handler = a->driver->pnp.MiniportFilterResourceRequirementsHandler;
	IO_RESOURCE_REQUIREMENTS_LIST *list;
	PIRP irp;

	if (handler == NULL)
		return NDIS_STATUS_SUCCESS;
	irp = new_irp(a, IRP_MN_FILTER_RESOURCE_REQUIREMENTS);
	if (irp == NULL)
		return NDIS_STATUS_RESOURCES;
	list = requirements(a);
	IoGetCurrentIrpStackLocation(irp)->Parameters.FilterResourceRequirements
		.IoResourceRequirementList = list;
	irp->IoStatus.Information = (ULONG_PTR)list;
	call(a, handler, irp, "MiniportFilterResourceRequirements");
	list = (IO_RESOURCE_REQUIREMENTS_LIST *)irp->IoStatus.Information;
	if (list != NULL)
		nrt_memory_free(list, 0);
	nrt_irp_free(nrt_irp_of(irp));
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS start(struct nrt_adapter *a)
{
	MINIPORT_PNP_IRP_HANDLER handler = a->driver->pnp.MiniportStartDeviceHandler;
	PIO_STACK_LOCATION at;
	NDIS_STATUS status;
	PIRP irp;

	if (handler == NULL)
		return NDIS_STATUS_SUCCESS;
	irp = new_irp(a, IRP_MN_START_DEVICE);
	if (irp == NULL)
		return NDIS_STATUS_RESOURCES;
	at = IoGetCurrentIrpStackLocation(irp);
	NdisMGetDeviceProperty(a, NULL, NULL, NULL, &at->Parameters.StartDevice.AllocatedResources,
			       &at->Parameters.StartDevice.AllocatedResourcesTranslated);
	status = call(a, handler, irp, "MiniportStartDevice");
	nrt_irp_free(nrt_irp_of(irp));
	return status;
}

/* ------------------------------------------------------------------- add and remove */

NDIS_STATUS nrt_device_set_context(struct nrt_adapter *a,
				   const NDIS_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES *r)
{
	static const size_t sizes[] = {
		NDIS_SIZEOF_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES_REVISION_1,
	};

	if (!nrt_header_ok(&r->Header, NDIS_OBJECT_TYPE_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES,
			   sizes, 1, "NdisMSetMiniportAttributes"))
		return NDIS_STATUS_INVALID_PARAMETER;
	if (!a->added.running) {
		nrt_violation("MP-INI-03", "%s: attributes of an added device outside MiniportAddDevice",
			      a->device.name);
		return NDIS_STATUS_INVALID_PARAMETER;
	}
	a->added.context = r->MiniportAddDeviceContext;
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS add(struct nrt_adapter *a)
{
	struct nrt_callback cb;
	NDIS_STATUS status;

	if (a->driver->pnp.MiniportAddDeviceHandler == NULL)
		return NDIS_STATUS_SUCCESS;
	a->added.running = true;
	cb = nrt_callback_begin("MiniportAddDevice");
	status = a->driver->pnp.MiniportAddDeviceHandler(a, a->driver->context);
	nrt_callback_end(&cb);
	a->added.running = false;
	a->added.done = status == NDIS_STATUS_SUCCESS;
	return status;
}

NDIS_STATUS nrt_device_add(struct nrt_adapter *a)
{
	NDIS_STATUS status;

	a->magic = NRT_ADAPTER_MAGIC; /* the handle is good for the attributes */
	status = add(a);
	if (status == NDIS_STATUS_SUCCESS)
		status = filter_requirements(a);
	if (status == NDIS_STATUS_SUCCESS)
		status = start(a);
	return status;
}

void nrt_device_remove(struct nrt_adapter *a)
{
	struct nrt_callback cb;

	if (!a->added.done)
		return;
	a->added.done = false;
	if (a->driver->pnp.MiniportRemoveDeviceHandler == NULL)
		return;
	cb = nrt_callback_begin("MiniportRemoveDevice");
	a->driver->pnp.MiniportRemoveDeviceHandler(a->added.context);
	nrt_callback_end(&cb);
}
