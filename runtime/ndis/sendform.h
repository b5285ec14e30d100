/* SPDX-License-Identifier: BSD-3-Clause */
/* What the NET_BUFFERs of one sent NET_BUFFER_LIST have in common (RS-NB-10). */
#ifndef NRT_NDIS_SENDFORM_H
#define NRT_NDIS_SENDFORM_H

#include <ndis.h>

/* Report what @who, an originator of sends, got wrong in @nbl. Only when nrt_verifying; any
 * thread. */
void nrt_sendform_check(const char *who, const NET_BUFFER_LIST *nbl);

#endif
