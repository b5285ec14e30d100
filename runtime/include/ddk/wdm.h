/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file wdm.h
 * The kernel services that NDIS drivers use, under their documented names and
 * with their documented IRQL rules: locks, events, timers, DPCs, threads,
 * memory, MDLs, lists, interlocked operations, strings, time, debug output,
 * device objects and IRPs.
 *
 * Emulated IRQL and processors belong to the calling thread. A thread at
 * DISPATCH_LEVEL owns one emulated processor. Callbacks of timers and DPCs
 * come at DISPATCH_LEVEL on the runtime's service thread; nothing here calls
 * a driver on the caller's own stack unless it says so.
 *
 * Parts of the runtime's own structures that the documents call opaque are
 * named nrt_*; a driver that touches them is wrong on every system.
 */
#ifndef NRT_DDK_WDM_H
#define NRT_DDK_WDM_H

#include "ntdef.h"
#include "ntstatus.h"

#include "wdm_list.h"
#include "wdm_atomic.h"
#include "wdm_irql.h"
#include "wdm_sync.h"
#include "wdm_timer.h"
#include "wdm_processor.h"
#include "wdm_lock.h"
#include "wdm_ordered.h"
#include "wdm_memory.h"
#include "wdm_rundown.h"
#include "wdm_removelock.h"
#include "wdm_callback.h"
#include "wdm_mdl.h"
#include "wdm_rtl.h"
#include "wdm_bitmap.h"
#include "wdm_table.h"
#include "wdm_registry.h"
#include "wdm_driver.h"
#include "wdm_interrupt.h"
#include "wdm_resource.h"
#include "wdm_irp.h"
#include "wdm_io.h"
#include "wdm_windows.h"

#endif
