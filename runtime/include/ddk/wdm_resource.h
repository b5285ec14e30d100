/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wdm_resource.h: what a device could do with, as a PnP request carries it
 * (IRP_MN_FILTER_RESOURCE_REQUIREMENTS). Part of wdm.h. PASSIVE_LEVEL.
 */
#ifndef NRT_DDK_WDM_RESOURCE_H
#define NRT_DDK_WDM_RESOURCE_H

#include <wdm_driver.h>

#define IRP_MN_START_DEVICE 0x00
#define IRP_MN_FILTER_RESOURCE_REQUIREMENTS 0x0D

/* IO_RESOURCE_DESCRIPTOR.Option; 0: it is required. */
#define IO_RESOURCE_PREFERRED 0x01
#define IO_RESOURCE_DEFAULT 0x02
#define IO_RESOURCE_ALTERNATIVE 0x08

typedef enum _IRQ_PRIORITY {
	IrqPriorityUndefined,
	IrqPriorityLow,
	IrqPriorityNormal,
	IrqPriorityHigh
} IRQ_PRIORITY, *PIRQ_PRIORITY;

/* Pages ns-wdm-_io_resource_descriptor, -_io_resource_list, -_io_resource_requirements_list. */
typedef struct _IO_RESOURCE_DESCRIPTOR {
	UCHAR Option;
	UCHAR Type;
	UCHAR ShareDisposition;
	UCHAR Spare1;
	USHORT Flags;
	USHORT Spare2;
	union {
		struct {
			ULONG Length;
			ULONG Alignment;
			PHYSICAL_ADDRESS MinimumAddress;
			PHYSICAL_ADDRESS MaximumAddress;
		} Port, Memory, Generic;
		struct {
			ULONG MinimumVector;
			ULONG MaximumVector;
			USHORT AffinityPolicy; /* of IRQ_DEVICE_POLICY, beside a group */
			USHORT Group;
			IRQ_PRIORITY PriorityPolicy;
			KAFFINITY TargetedProcessors;
		} Interrupt;
		struct {
			ULONG MinimumChannel;
			ULONG MaximumChannel;
		} Dma;
		struct {
			ULONG Data[3];
		} DevicePrivate;
		struct {
			ULONG Length;
			ULONG MinBusNumber;
			ULONG MaxBusNumber;
			ULONG Reserved;
		} BusNumber;
		struct {
			ULONG Priority;
			ULONG Reserved1;
			ULONG Reserved2;
		} ConfigData;
	} u;
} IO_RESOURCE_DESCRIPTOR, *PIO_RESOURCE_DESCRIPTOR;

typedef struct _IO_RESOURCE_LIST {
	USHORT Version;
	USHORT Revision;
	ULONG Count;
	IO_RESOURCE_DESCRIPTOR Descriptors[1];
} IO_RESOURCE_LIST, *PIO_RESOURCE_LIST;

typedef struct _IO_RESOURCE_REQUIREMENTS_LIST {
	ULONG ListSize; /* bytes of all */
	INTERFACE_TYPE InterfaceType;
	ULONG BusNumber;
	ULONG SlotNumber;
	ULONG Reserved[3];
	ULONG AlternativeLists;
	IO_RESOURCE_LIST List[1];
} IO_RESOURCE_REQUIREMENTS_LIST, *PIO_RESOURCE_REQUIREMENTS_LIST;

#endif
