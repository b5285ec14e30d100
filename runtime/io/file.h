/* SPDX-License-Identifier: BSD-3-Clause */
/* What tests set of the host's requests; see nrt_device.h for the rest. */
#ifndef NRT_IO_FILE_H
#define NRT_IO_FILE_H

/* After a cancelled IRP was not completed for so long, its driver is reported. */
extern unsigned int nrt_irp_patience_ms;

#endif
