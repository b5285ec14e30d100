/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * readwrite.h: what applications do with the read/write protocol. Open \\.\ReadWrite\NAME, the
 * name being an adapter's (on Windows Device\{GUID}); one that is open already is busy. A read
 * then waits for the next frame, a write sends one and ends when that is done; frames begin with
 * the Ethernet header. When the adapter goes, all ends with STATUS_NO_SUCH_DEVICE; while it is
 * paused, reset or asleep, opens or writes end with STATUS_DEVICE_NOT_READY.
 */
#ifndef READWRITE_H
#define READWRITE_H

#define READWRITE_DEVICE_NAME L"\\Device\\ReadWrite"
#define READWRITE_LINK_NAME L"\\DosDevices\\ReadWrite"
#define READWRITE_QUEUE 64 /* frames that wait for reads; more are dropped */
#define READWRITE_MAX_FRAME 1514 /* longer ones, too; a read has room for that, or fails */

#endif
