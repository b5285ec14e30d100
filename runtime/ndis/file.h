/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that drivers open; their functions are NDIS's and nrt_files_set(). */
#ifndef NRT_NDIS_FILE_H
#define NRT_NDIS_FILE_H

struct nrt_adapter;

/* MiniportInitializeEx of @adapter returned on this thread: a file that it opened is closed
 * [nf-ndis-ndisclosefile]. */
void nrt_files_check(const struct nrt_adapter *adapter);

/* nrt_fini: forget the folder, close what is open. */
void nrt_files_fini(void);

#endif
