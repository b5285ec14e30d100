/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the miniport's shared object is.
 */
#ifndef FWD_DRIVERFILE_H
#define FWD_DRIVERFILE_H

#include <stdbool.h>
#include <stddef.h>

#define DRIVER_FILE "pollport-miniport.so"

/** Find DRIVER_FILE as --help says; true and its path in @out. */
bool driverfile_find(char *out, size_t size);

#endif
