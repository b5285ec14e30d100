/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the miniport's shared object is.
 */
#ifndef FWD_DRIVERFILE_H
#define FWD_DRIVERFILE_H

#define DRIVER_FILE "pollport-miniport.so"

/** The path of DRIVER_FILE, looked for as --help says, valid until the next call;
 * NULL if it is nowhere. Main thread. */
const char *driverfile_find(void);

#endif
