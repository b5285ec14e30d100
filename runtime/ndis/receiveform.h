/* SPDX-License-Identifier: BSD-3-Clause */
/* What the flags of an indication say of all its frames (MP-RCV-12, FL-RCV-04). */
#ifndef NRT_NDIS_RECEIVEFORM_H
#define NRT_NDIS_RECEIVEFORM_H

#include <ndis.h>

/* Report under @rule where @flags, which @who indicates @chain with, are not true. Only when
 * nrt_verifying; any thread. */
void nrt_receiveform_check(const char *rule, const char *who, NET_BUFFER_LIST *chain, ULONG flags);

#endif
