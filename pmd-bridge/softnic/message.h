/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One line to the user, on stderr: what is wrong and what to do. Never on the
 * way of a frame.
 */
#ifndef SOFTNIC_MESSAGE_H
#define SOFTNIC_MESSAGE_H

#include <stdio.h>

#define softnic_say(...) \
	(fprintf(stderr, "softnic: " __VA_ARGS__), (void)fputc('\n', stderr))

#endif
