/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who a report is about: the driver and the adapter behind a handle that NDIS gave out.
 * Any thread that may use the handle.
 */
#ifndef NRT_NDIS_CULPRIT_H
#define NRT_NDIS_CULPRIT_H

#include <ndis.h>

#include "../verifier.h"

/* @handle: an adapter's, a filter module's, a binding's, or that of a driver's registration;
 * NULL or another: the driver whose DriverEntry runs, if one does. @call: the DDI. */
struct nrt_culprit nrt_culprit_of(const void *handle, const char *call);

/* For a call without a handle, which returns to @caller: the file of the driver, or the program
 * for one that is linked in. */
struct nrt_culprit nrt_culprit_at(const void *caller, const char *call);

#endif
