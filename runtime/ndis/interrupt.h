/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An adapter's interrupt: from the device (nrt_bus.h) to the miniport's ISR and DPCs.
 * Each worker has a synthetic poll object for it, so that ISRs and DPCs of one
 * processor never overlap each other or a poll there. What a device may touch while
 * the driver comes and goes stays allocated until nrt_fini.
 */
#ifndef NRT_NDIS_INTERRUPT_H
#define NRT_NDIS_INTERRUPT_H

#include <stdatomic.h>
#include <stdbool.h>

#include <ndis.h>

#include "../ke/interrupt.h"
#include "../spin.h"
#include "poll.h"

struct nrt_adapter;
struct nrt_bus;
struct nrt_line;

/* How the driver is connected. */
enum nrt_interrupt_mode { NRT_INTERRUPT_NONE, NRT_INTERRUPT_LINE, NRT_INTERRUPT_MESSAGES };

/* An entry of the MSI-X table: the message it sends, and: */
#define NRT_MSIX_MASKED 0x80000000u
#define NRT_MSIX_PENDING 0x40000000u /* sent while it was masked */
#define NRT_MSIX_MESSAGE 0x0000FFFFu

/* What there is for one processor. Those of workers run as poll objects, the others' DPCs
 * as kernel DPCs. */
struct nrt_interrupt_lane {
	struct nrt_interrupts *of;
	uint32_t processor;
	struct nrt_poll poll;
	_Atomic uint64_t raised; /* bit per message sent; any: or, worker: take */
	KDPC dpc;
	struct nrt_spin lock;
	bool closed;             /* under lock, as the next two: no DPC is queued any more */
	uint64_t queued;         /* bit per message (a line: 0) whose DPC shall run */
	void *contexts[64];      /* theirs: MiniportDpcContext */
};

#define NRT_INTERRUPT_MAGIC 0x49525121u

struct nrt_interrupts {
	uint32_t magic;
	_Atomic uint32_t mode;               /* enum nrt_interrupt_mode; control: w */
	struct nrt_adapter *adapter;
	const struct nrt_bus *bus;
	unsigned int n_messages;             /* that the device has; n_dpcs: that are used */
	struct nrt_line *line;               /* of a device that has one, once it was registered */
	struct nrt_interrupts *next_on_line; /* the line's worker */
	_Atomic bool registered;             /* control: w */
	_Atomic uint32_t outstanding;        /* DPCs queued or running */
	void *context;                       /* MiniportInterruptContext */
	NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS chars; /* a copy */
	IO_INTERRUPT_MESSAGE_INFO *info;
	struct _KINTERRUPT *objects;         /* one a message, or for the line; one at least */
	_Atomic uint32_t *table;             /* MSI-X */
	unsigned int n_lanes;
	struct nrt_interrupt_lane lanes[];   /* by processor */
};

/* What the driver was granted; or else messages. */
static inline bool nrt_interrupt_is_line(const struct nrt_interrupts *to)
{
	return to->chars.InterruptType == NDIS_CONNECT_LINE_BASED;
}

/* ---- interrupt.c: control threads */

/* Before MiniportInitializeEx: what @adapter's device needs, if it has interrupts. False:
 * out of memory. */
bool nrt_interrupts_new(struct nrt_adapter *adapter);
void nrt_interrupts_free(struct nrt_adapter *adapter);

/* The adapter is halted, or was not initialized: report by @rule that its interrupt is
 * still registered, and deregister it. */
void nrt_interrupts_check(struct nrt_adapter *adapter, const char *rule);

/* From now on no ISR and no DPC is called. */
void nrt_interrupts_stop(struct nrt_adapter *adapter);

/* The processor that the ISR of @message runs on. */
unsigned int nrt_interrupt_processor(unsigned int message);

/* The interrupt's object for @message; a line has one. */
struct _KINTERRUPT *nrt_interrupt_object(struct nrt_interrupts *to, unsigned int message);

/* Call the ISR for @message and queue the DPCs it wants; what it returned. Its processor. */
bool nrt_interrupt_isr(struct nrt_interrupts *to, unsigned int message);

/* Have the ISR of @message called on its worker. Any thread. */
void nrt_interrupt_send(struct nrt_interrupts *to, unsigned int message);

/* A poll object that calls @run(@context) on @worker whenever it is requested. */
void nrt_interrupt_poll_init(struct nrt_poll *poll, unsigned int worker, NDIS_POLL *run,
			     void *context);

/* ---- interrupt_dpc.c */

void nrt_interrupt_lane_init(struct nrt_interrupt_lane *lane);

/* Queue the DPC of @message; false: it is queued already. Any IRQL. */
bool nrt_interrupt_dpc_queue(struct nrt_interrupt_lane *lane, unsigned int message, void *context);

/* The same on each processor of @mask from number @first on; a mask of those queued. */
uint64_t nrt_interrupt_dpcs_queue(struct nrt_interrupts *to, unsigned int message, uint32_t first,
				  uint64_t mask, void *context);

/* Run what is queued; false: nothing was. The lane's processor. */
bool nrt_interrupt_dpcs_run(struct nrt_interrupt_lane *lane);

/* From now on nothing is queued; or it is again. */
void nrt_interrupt_dpcs_close(struct nrt_interrupts *to, bool closed);

/* ---- interrupt_mask.c */

/* The device sends the message of @entry of its MSI-X table. */
void nrt_interrupt_send_entry(struct nrt_interrupts *to, unsigned int entry);

/* The DPC of @message returned: report RS-INT-03 if it was the last and the device is
 * still disabled. */
void nrt_interrupt_check_enabled(struct nrt_interrupts *to, unsigned int message);

/* @adapter has a line interrupt, and its device says that the driver disabled it. */
bool nrt_interrupt_line_disabled(const struct nrt_adapter *adapter);

/* ---- interrupt_line.c */

/* Have the ISR of @to called for its line. False: out of memory. */
bool nrt_line_connect(struct nrt_interrupts *to);
void nrt_line_disconnect(struct nrt_interrupts *to);
void nrt_line_raise(struct nrt_line *line);
void nrt_lines_fini(void);

#endif
