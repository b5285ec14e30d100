/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The verifier's list of NBLs that have gone back to their miniport and of which it has done
 * nothing since (MP-RET-01, MP-RET-02): neither indicated again nor freed. Any thread, only
 * when nrt_verifying.
 */
#ifndef NRT_NDIS_NBLBACK_H
#define NRT_NDIS_NBLBACK_H

#include <ndis.h>

struct nrt_adapter;

/* @nbl is handed to @adapter's MiniportReturnNetBufferLists now. */
void nrt_back_note(struct nrt_adapter *adapter, const NET_BUFFER_LIST *nbl);

/* @nbl is indicated again, or freed. */
void nrt_back_end(const NET_BUFFER_LIST *nbl);

/* The pool @handle is being freed with NBLs in it: report those that are on the list. */
void nrt_back_check(NDIS_HANDLE handle);

/* @adapter is halted: forget its. */
void nrt_back_forget(const struct nrt_adapter *adapter);

#endif
