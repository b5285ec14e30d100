/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file nrt_switch.h
 * A Hyper-V extensible switch as its host sees it: an adapter whose filter modules are the
 * switch's extensions, ports, and network adapters ("NICs") that the host connects to them.
 *
 * Legal order of calls:
 *   nrt_init -> nrt_switch_create -> nrt_switch_port_add -> nrt_switch_nic_connect ->
 *   nrt_switch_nic_send* -> nrt_switch_nic_disconnect -> nrt_switch_port_remove ->
 *   nrt_switch_destroy -> nrt_fini
 * Extensions are filter drivers; nrt_driver_load puts them into the switch's stack as into that
 * of any adapter, before or after the switch is created, the first one lowest.
 *
 * A frame's way: nrt_switch_nic_send -> FilterSendNetBufferLists from the highest extension to
 * the lowest -> the switch, which looks for destinations if no extension has named any ->
 * FilterReceiveNetBufferLists from the lowest to the highest -> the destinations' deliver
 * functions -> FilterReturnNetBufferLists and FilterSendNetBufferListsComplete. All of that is
 * on the sender's thread, unless an extension keeps the frame and goes on elsewhere.
 *
 * Concurrency: nrt_switch_nic_send and the counters from any thread, several at once. All others
 * block, call drivers at PASSIVE_LEVEL and are for threads that are no workers and not inside a
 * deliver function; operations on one switch are serialized.
 *
 * Errors: 0 or -errno, and nrt_last_error() holds the line that explains it; but for
 * nrt_switch_nic_send, which says nothing more than its result.
 */
#ifndef NRT_NRT_SWITCH_H
#define NRT_NRT_SWITCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "nrt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct nrt_switch;
struct nrt_switch_nic;

/** Ports are 1..NRT_SWITCH_MAX_PORT: 0 is the documents' default port. */
#define NRT_SWITCH_MAX_PORT 1023
/** NICs of one port are 0..NRT_SWITCH_MAX_NIC; other than 0 only on an external port. */
#define NRT_SWITCH_MAX_NIC 32
/** Longest frame, in bytes from the destination address on, without FCS. */
#define NRT_SWITCH_MAX_FRAME 9018

/** Of a port and of the NIC on it, as extensions are told. */
enum nrt_switch_kind {
	NRT_SWITCH_EXTERNAL,  /* the physical network; the only one of its kind */
	NRT_SWITCH_SYNTHETIC, /* a virtual machine's, with its own driver */
	NRT_SWITCH_EMULATED,  /* a virtual machine's, as hardware */
	NRT_SWITCH_INTERNAL,  /* the host's own */
};

struct nrt_switch_options {
	const char *name;      /* of the switch and its adapter, ASCII; copied */
	unsigned int packets;  /* frames of NICs under way at once, 0: 256, 65536 at most */
	unsigned int max_frame; /* bytes, 0: 1518; 64..NRT_SWITCH_MAX_FRAME */
};

/** A frame as a destination gets it. */
struct nrt_switch_frame {
	const void *data;        /* from the destination address on; valid during the call */
	size_t length;           /* bytes */
	unsigned int source_port; /* 0: an extension's own */
	unsigned int source_nic;
	/* Tag control information that goes with the frame, not in it; what the destination is
	 * not to keep (PreserveVLAN, PreservePriority) is 0. */
	uint16_t tag;
};

/**
 * A frame for the NIC that was connected with @context. On the thread that has the frame; must
 * not block. It may send, which calls other deliver functions before it returns. Not called any
 * more when nrt_switch_nic_disconnect has returned.
 */
typedef void (*nrt_switch_deliver_fn)(void *context, const struct nrt_switch_frame *frame);

/**
 * Make a switch without ports, with every filter driver that is loaded in its stack, and
 * activate it (NetEventSwitchActivate). Returns 0, -EINVAL, -ENOMEM, or what nrt_adapter_add()
 * failed with; then *@out is unchanged and nothing is left behind.
 */
NRT_API int nrt_switch_create(const struct nrt_switch_options *options, struct nrt_switch **out);

/**
 * Disconnect its NICs, remove its ports and then the switch; all handles die. Waits for frames
 * under way and for references that extensions hold.
 */
NRT_API void nrt_switch_destroy(struct nrt_switch *sw);

/** The adapter: for its ledger, pause and restart. Not to be removed or put to sleep. */
NRT_API struct nrt_adapter *nrt_switch_adapter(struct nrt_switch *sw);

/**
 * Add port @id (OID_SWITCH_PORT_CREATE). Returns 0, -EINVAL, -EEXIST, -ENOMEM; -EACCES: an
 * extension vetoes it; -EAGAIN: one has no resources for it now; -ENODEV: the adapter is gone.
 */
NRT_API int nrt_switch_port_add(struct nrt_switch *sw, unsigned int id, enum nrt_switch_kind kind,
				const char *name);

/**
 * Disconnect the port's NICs and remove it: OID_SWITCH_PORT_TEARDOWN, and OID_SWITCH_PORT_DELETE
 * when no extension references it any more, which is waited for. 0 or -ENOENT.
 */
NRT_API int nrt_switch_port_remove(struct nrt_switch *sw, unsigned int id);

struct nrt_switch_nic_options {
	unsigned int port;      /* which has been added */
	unsigned int index;     /* 0: the NIC itself; else a physical one under an external port */
	enum nrt_switch_kind kind;
	const char *name;       /* ASCII; copied */
	uint8_t mac[6];         /* zeros: the switch learns it */
	nrt_switch_deliver_fn deliver;
	void *context;
};

/**
 * Connect a NIC: OID_SWITCH_NIC_CREATE, which extensions may veto, and OID_SWITCH_NIC_CONNECT.
 * Frames may be delivered to it from then on, also before this returns. Returns as
 * nrt_switch_port_add() does, and -ENOENT: there is no such port.
 */
NRT_API int nrt_switch_nic_connect(struct nrt_switch *sw,
				   const struct nrt_switch_nic_options *options,
				   struct nrt_switch_nic **out);

/**
 * Disconnect it: OID_SWITCH_NIC_DISCONNECT, and OID_SWITCH_NIC_DELETE when no frame to or from
 * it is under way and no extension references it any more, which is waited for. The handle dies.
 */
NRT_API void nrt_switch_nic_disconnect(struct nrt_switch_nic *nic);

/**
 * @n frames enter the switch at @nic, in one chain. They are copied. Does not block; no lock, no
 * allocation and no system call of the switch's own.
 * Returns the frames taken, 0..@n: fewer than @n means that as many as the switch has packets
 * are under way. -ENOTCONN: the NIC is not connected any more; -ENETDOWN: the switch is paused;
 * -EMSGSIZE: one is longer than max_frame or shorter than an Ethernet header, and none is taken.
 */
NRT_API int nrt_switch_nic_send(struct nrt_switch_nic *nic, const struct iovec *frames,
				unsigned int n);

/** Frames, since the switch was created; monotonic, exact once traffic has stopped. */
struct nrt_switch_counters {
	uint64_t sent;        /* taken from NICs */
	uint64_t forwarded;   /* NBLs that the switch found destinations for */
	uint64_t flooded;     /* of those, to all ports but their own */
	uint64_t delivered;   /* calls of deliver functions */
	uint64_t excluded;    /* destinations that extensions excluded */
	uint64_t dropped;     /* NBLs with no destination, no forwarding context, or too long */
	uint64_t unreachable; /* destinations lost for want of memory */
	uint64_t filtered;    /* NBLs in extensions' reports of what they filtered */
};

NRT_API void nrt_switch_counters(struct nrt_switch *sw, struct nrt_switch_counters *out);

/** An extension's report of packets that it dropped or excluded from a port. */
struct nrt_switch_filtered {
	char extension[64]; /* friendly name; characters that are not ASCII are '?' */
	char guid[64];
	char reason[128];   /* "": none was given */
	unsigned int port;
	bool incoming;      /* @port is where they came from, else where they were to go */
	uint64_t packets;   /* of this report */
};

/** The last one. 0, or -ENOENT: there was none. Of two at once one may be counted only. */
NRT_API int nrt_switch_last_filtered(struct nrt_switch *sw, struct nrt_switch_filtered *out);

#ifdef __cplusplus
}
#endif
#endif
