/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Birth and death of IRPs. Drivers call these up to DISPATCH_LEVEL, the host's
 * threads through file.c. A dead IRP's memory is kept for a while, so that a
 * driver that completes it once more hits a dead IRP and not another's.
 */
#include "irp.h"

#include <pthread.h>
#include <string.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "device.h"

#define IRP_TAG 0x20707249 /* Irp */
#define GRAVES 256
#define MAX_STACK 125 /* CurrentLocation, a CHAR, goes up to two more */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_ENTRY all = { &all, &all };
static struct nrt_irp *graves[GRAVES];
static unsigned int next_grave;

static void initialize(PIRP irp, USHORT size, CCHAR stack)
{
	memset(irp, 0, size);
	irp->Type = IO_TYPE_IRP;
	irp->Size = size;
	irp->StackCount = stack;
	irp->CurrentLocation = (CHAR)(stack + 1);
	irp->Tail.Overlay.CurrentStackLocation = (PIO_STACK_LOCATION)(irp + 1) + stack;
	InitializeListHead(&irp->ThreadListEntry);
}

struct nrt_irp *nrt_irp_new(CCHAR stack, enum nrt_irp_kind kind)
{
	struct nrt_irp *r;

	if (stack <= 0 || stack > MAX_STACK)
		return NULL;
	/* And one for a requester that takes itself for a driver; see call_completion. */
	r = nrt_memory_zalloc(sizeof(*r) + (size_t)(stack + 1) * sizeof(IO_STACK_LOCATION),
			      IRP_TAG, NULL);
	if (r == NULL)
		return NULL;
	r->kind = kind;
	KeInitializeEvent(&r->done, NotificationEvent, FALSE);
	initialize(&r->irp, IoSizeOfIrp(stack), stack);
	r->irp.AllocationFlags = NRT_IRP_OURS;
	pthread_mutex_lock(&lock);
	InsertTailList(&all, &r->all);
	pthread_mutex_unlock(&lock);
	return r;
}

void nrt_irp_free(struct nrt_irp *r)
{
	struct nrt_irp *rotten;

	__atomic_store_n(&r->irp.Type, NRT_IRP_DEAD, __ATOMIC_RELAXED);
	pthread_mutex_lock(&lock);
	RemoveEntryList(&r->all);
	rotten = graves[next_grave];
	graves[next_grave] = r;
	next_grave = (next_grave + 1) % GRAVES;
	pthread_mutex_unlock(&lock);
	nrt_memory_free(rotten, IRP_TAG);
}

void nrt_irps_fini(void)
{
	while (!IsListEmpty(&all)) {
		struct nrt_irp *r = CONTAINING_RECORD(all.Flink, struct nrt_irp, all);

		nrt_violation("RS-MEM-02", "IRP %p of %s was never freed", (void *)&r->irp,
			      r->kind == NRT_IRP_DRIVER ? "IoAllocateIrp" : "IoBuild*Request");
		nrt_irp_free(r);
	}
	for (unsigned int i = 0; i < GRAVES; i++) {
		nrt_memory_free(graves[i], IRP_TAG);
		graves[i] = NULL;
	}
}

PIRP IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota)
{
	struct nrt_irp *r;

	(void)ChargeQuota;
	nrt_check_irql("IoAllocateIrp", DISPATCH_LEVEL);
	r = nrt_irp_new(StackSize, NRT_IRP_DRIVER);
	return r != NULL ? &r->irp : NULL;
}

/* Bug check 0xC9 gives each of these a number of its own. */
VOID IoFreeIrp(PIRP Irp)
{
	nrt_check_irql("IoFreeIrp", DISPATCH_LEVEL);
	if (Irp->Type != IO_TYPE_IRP) {
		nrt_io_violation("0xC9/0x01", Irp, "is none, or was freed: IoFreeIrp");
		return;
	}
	if (!(Irp->AllocationFlags & NRT_IRP_OURS))
		return; /* the driver's own memory, of IoInitializeIrp */
	if (nrt_irp_of(Irp)->kind != NRT_IRP_DRIVER) {
		nrt_io_violation("0xC9/0x20C", Irp, "is the I/O manager's to free: IoFreeIrp");
		return;
	}
	if (Irp->CurrentLocation <= Irp->StackCount) {
		nrt_io_violation("0xC9/0x20B", Irp, "is still in use: IoFreeIrp");
		return;
	}
	nrt_irp_free(nrt_irp_of(Irp));
}

static bool is_ours(PIRP irp)
{
	bool found = false;

	pthread_mutex_lock(&lock);
	for (LIST_ENTRY *e = all.Flink; e != &all && !found; e = e->Flink)
		found = &CONTAINING_RECORD(e, struct nrt_irp, all)->irp == irp;
	pthread_mutex_unlock(&lock);
	return found;
}

VOID IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize)
{
	nrt_check_irql("IoInitializeIrp", DISPATCH_LEVEL);
	if (StackSize <= 0 || StackSize > MAX_STACK || PacketSize < IoSizeOfIrp(StackSize)) {
		nrt_io_violation("0xC9/0x200", NULL,
				 "IoInitializeIrp: %u bytes do not hold %d stack locations",
				 PacketSize, StackSize);
		return;
	}
	if (is_ours(Irp)) {
		nrt_io_violation("0xC9/0x20D", Irp, "is IoAllocateIrp's: IoInitializeIrp");
		return;
	}
	initialize(Irp, PacketSize, StackSize);
}

VOID IoReuseIrp(PIRP Irp, NTSTATUS Iostatus)
{
	UCHAR flags = Irp->AllocationFlags;

	nrt_check_irql("IoReuseIrp", DISPATCH_LEVEL);
	if ((flags & NRT_IRP_OURS) && nrt_irp_of(Irp)->kind != NRT_IRP_DRIVER) {
		nrt_io_violation("0xC9/0x20C", Irp, "is the I/O manager's: IoReuseIrp");
		return;
	}
	if (Irp->CurrentLocation <= Irp->StackCount) {
		nrt_io_violation("0xC9/0x20B", Irp, "is still in use: IoReuseIrp");
		return;
	}
	initialize(Irp, Irp->Size, Irp->StackCount);
	Irp->AllocationFlags = flags;
	Irp->IoStatus.Status = Iostatus;
	if (flags & NRT_IRP_OURS)
		atomic_store(&nrt_irp_of(Irp)->finished, false);
}
