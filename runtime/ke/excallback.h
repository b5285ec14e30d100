/* SPDX-License-Identifier: BSD-3-Clause */
/* Callback objects; all their functions but this one are drivers'. */
#ifndef NRT_KE_EXCALLBACK_H
#define NRT_KE_EXCALLBACK_H

/* nrt_ke_fini: report what drivers left behind, forget everything. */
void nrt_callback_objects_end(void);

#endif
