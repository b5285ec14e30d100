/* SPDX-License-Identifier: BSD-3-Clause */
/* The platform that is used when the host gives none. */
#ifndef NRT_PLATFORM_H
#define NRT_PLATFORM_H

#include <nrt/nrt.h>

extern const struct nrt_platform nrt_pthread_platform;

#endif
