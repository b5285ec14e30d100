/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A driver with a control device, compiled as drivers are: reads that wait in
 * a cancel-safe queue for a write, control requests of each method, and ways
 * to get them wrong. Its entry makes the device with IoCreateDevice; with an
 * NDIS handle, NdisRegisterDeviceEx does. Test programs set its knobs.
 */
#ifndef TEST_FAKE_DEVICE_H
#define TEST_FAKE_DEVICE_H

#include <ndis.h>

#define FAKE_DEVICE_EXTENSION 40

#define FAKE_REVERSE CTL_CODE(FILE_DEVICE_NETWORK, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FAKE_SUM CTL_CODE(FILE_DEVICE_NETWORK, 0x801, METHOD_IN_DIRECT, FILE_ANY_ACCESS)
#define FAKE_FILL CTL_CODE(FILE_DEVICE_NETWORK, 0x802, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
#define FAKE_COPY CTL_CODE(FILE_DEVICE_NETWORK, 0x803, METHOD_NEITHER, FILE_ANY_ACCESS)
#define FAKE_WRITER CTL_CODE(FILE_DEVICE_NETWORK, 0x804, METHOD_BUFFERED, FILE_WRITE_ACCESS)
/* The first four bytes are the status, the next four what is said of the length. */
#define FAKE_SAY CTL_CODE(FILE_DEVICE_NETWORK, 0x805, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FAKE_ABUSE CTL_CODE(FILE_DEVICE_NETWORK, 0x806, METHOD_BUFFERED, FILE_ANY_ACCESS)

enum fake_abuse {
	FAKE_COMPLETES_TWICE,
	FAKE_FORGETS,             /* neither completes nor pends */
	FAKE_PENDS_UNMARKED,      /* STATUS_PENDING without IoMarkIrpPending */
	FAKE_MARKS_AND_SUCCEEDS,  /* the reverse */
	FAKE_RETURNS_OTHER,       /* another status than it completes with */
	FAKE_COMPLETES_PENDING,   /* with STATUS_PENDING */
	FAKE_COMPLETES_QUEUED,    /* while it is in the cancel-safe queue */
	FAKE_KEEPS_CANCEL,        /* completes with a cancel routine set */
	FAKE_COMPLETES_LOCKED,    /* with a spin lock held */
	FAKE_IGNORES_CANCEL,      /* pends; fake_device_release completes it */
};

struct fake_device {
	/* knobs */
	ULONG io_flags;             /* DO_BUFFERED_IO, DO_DIRECT_IO or 0 */
	BOOLEAN exclusive;
	BOOLEAN forgets_device;     /* at the unload */
	BOOLEAN cleanup_leaves;     /* what is queued */
	NTSTATUS create_status;
	enum fake_abuse abuse;
	NDIS_STATUS (*at_entry)(struct fake_device *d, PDRIVER_OBJECT driver);
	VOID (*at_unload)(struct fake_device *d);

	/* observed */
	PDEVICE_OBJECT object;
	NDIS_HANDLE handle;
	ULONG creates, cleanups, closes;
	ULONG queued;               /* reads that went into the queue */
	ULONG cancelled;            /* of those */
	ULONG mdl_bytes;            /* of the last direct request */
	USHORT mdl_flags;
	ULONG sum;
	BOOLEAN had_system_buffer;
	ULONG irp_flags;
	KPROCESSOR_MODE mode;
	ACCESS_MASK access;
	LONGLONG offset;
	WCHAR file_name[32];
	NDIS_EVENT was_queued;      /* set with each read that waits */
	NDIS_EVENT was_kept;        /* FAKE_IGNORES_CANCEL has its IRP */

	/* its own */
	IO_CSQ csq;
	KSPIN_LOCK lock;
	LIST_ENTRY waiting;
	LIST_ENTRY messages;
	PIRP kept;
};

extern struct fake_device *fake_device_image;

extern UNICODE_STRING fake_device_name, fake_device_link;

/* \Device\Fake and \DosDevices\FakeLink, made by IoCreateDevice. */
DRIVER_INITIALIZE fake_device_entry;

/* The same names by NdisRegisterDeviceEx. */
NDIS_STATUS fake_device_register(struct fake_device *d, NDIS_HANDLE handle);
/* What it gives there; a test may change it and register by itself. */
void fake_device_attributes(NDIS_DEVICE_OBJECT_ATTRIBUTES *a);

/* Queue and lists, for tests that register by themselves. */
void fake_device_prepare(struct fake_device *d);

/* Complete what FAKE_IGNORES_CANCEL keeps. */
void fake_device_release(struct fake_device *d);

#endif
