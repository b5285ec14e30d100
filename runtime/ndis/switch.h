/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The extensible switch: one adapter with a miniport edge under its extensions and a protocol
 * edge over them, both drivers like any other. NDIS_SWITCH_CONTEXT is the switch.
 * switch.c is its life, switchport.c its ports and NICs, switchcontext.c and switchdest.c what
 * a packet carries, switchforward.c where it goes, switchhandlers.c what extensions call,
 * switchminiport.c, switchoid.c and switchprotocol.c the edges.
 */
#ifndef NRT_NDIS_SWITCH_H
#define NRT_NDIS_SWITCH_H

#include <pthread.h>
#include <stdatomic.h>

#include <ndis.h>
#include <nrt/nrt_switch.h>

struct nrt_protocol;

#define NRT_SWITCH_MAGIC 0x48435753u
#define NRT_SWITCH_TAG 0x68637753u /* Swch */

/* --------------------------------------------------------------- stacks of indices */

/* A lock-free stack of 0..n-1: the top and a count of changes in one word, against ABA. An SLIST
 * would hold the lock bit that it has here (ke/slist.c), which packets do not wait for. */
struct nrt_index_stack {
	_Atomic uint64_t top; /* changes << 32 | index + 1; 0 in the low half: empty */
	_Atomic uint32_t *below;
};

/* With all @n on it. */
bool nrt_index_stack_init(struct nrt_index_stack *stack, uint32_t n);
void nrt_index_stack_fini(struct nrt_index_stack *stack);
bool nrt_index_stack_pop(struct nrt_index_stack *stack, uint32_t *index);
void nrt_index_stack_push(struct nrt_index_stack *stack, uint32_t index);

/* -------------------------------------------------------------------- ports and NICs */

/* A state and how many hold it, in one word, so that a hold is taken in a known state. The
 * memory of ports and NICs is there as long as the switch. */
struct nrt_switch_hold {
	_Atomic uint64_t word;        /* state << 32 | holds */
	_Atomic uint32_t references;  /* of the holds, those of extensions */
};

static inline uint32_t nrt_switch_state(const struct nrt_switch_hold *hold)
{
	return (uint32_t)(atomic_load(&hold->word) >> 32);
}

/* False: it is not in @state. */
bool nrt_switch_hold_in(struct nrt_switch_hold *hold, uint32_t state);
/* One more by who holds it already. */
void nrt_switch_hold_again(struct nrt_switch_hold *hold);
void nrt_switch_release(struct nrt_switch_hold *hold);
void nrt_switch_move(struct nrt_switch_hold *hold, uint32_t state);
/* Until nobody holds it, of @what of @port in switch @name, which is said if it takes long.
 * PASSIVE_LEVEL; the way of packets does not know of it. */
void nrt_switch_await(const struct nrt_switch_hold *hold, const char *name, const char *what,
		      unsigned int port);

struct nrt_switch_nic {
	struct nrt_switch_port *port;
	NDIS_SWITCH_NIC_INDEX index;
	struct nrt_switch_hold hold;     /* NDIS_SWITCH_NIC_STATE; packets hold it, too */
	nrt_switch_deliver_fn deliver;
	void *context;
	NDIS_SWITCH_NIC_PARAMETERS parameters; /* but NicState; under parameters_lock */
};

struct nrt_switch_port {
	struct nrt_switch *owner;
	NDIS_SWITCH_PORT_ID id;
	struct nrt_switch_hold hold;     /* NDIS_SWITCH_PORT_STATE */
	_Atomic(struct nrt_switch_nic *) nics[NRT_SWITCH_MAX_NIC + 1];
	NDIS_SWITCH_PORT_PARAMETERS parameters; /* but PortState; likewise */
};

/* --------------------------------------------------------------- what a packet carries */

/* What became of a destination when it was committed. */
struct nrt_switch_target {
	struct nrt_switch_nic *nic; /* held */
	NDIS_SWITCH_PORT_DESTINATION as_committed;
};

#define NRT_SWITCH_OWN_TARGETS 8
#define NRT_SWITCH_EXTENSIONS 8 /* context types on one packet */
#define NRT_SWITCH_CONTEXT_MAGIC 0x58544357u

/* A forwarding context; SwitchForwardingReserved points to it. Its packet's owner writes. */
struct nrt_switch_context {
	uint32_t magic;
	uint32_t index;                 /* among the switch's contexts; UINT32_MAX: of the pool */
	struct nrt_switch *owner;
	NET_BUFFER_LIST *nbl;
	bool of_switch;                 /* of a NIC's packet, which the switch frees */
	NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY array; /* as drivers see it */
	struct nrt_switch_target *targets; /* as many as array has elements */
	void *grown;                    /* both, once they have outgrown those below */
	NDIS_SWITCH_PORT_DESTINATION own_elements[NRT_SWITCH_OWN_TARGETS];
	struct nrt_switch_target own_targets[NRT_SWITCH_OWN_TARGETS];
	unsigned int n_extensions;
	struct {
		const NDIS_SWITCH_NET_BUFFER_LIST_CONTEXT_TYPE *type;
		void *context;
	} extensions[NRT_SWITCH_EXTENSIONS];
};

/* A NIC's packet. */
struct nrt_switch_packet {
	NET_BUFFER_LIST *nbl;
	MDL *mdl;
	UCHAR *data;
	struct nrt_switch_nic *source;  /* held while it is under way */
	struct nrt_switch_context context;
};

/* @nbl's context in @sw, or NULL. */
struct nrt_switch_context *nrt_switch_context_of(const struct nrt_switch *sw,
						 const NET_BUFFER_LIST *nbl);

/* Attach @c, without destinations, to @nbl: from the default port. */
void nrt_switch_context_begin(struct nrt_switch_context *c, struct nrt_switch *sw,
			      NET_BUFFER_LIST *nbl);
/* Let go of all destinations, and of @c's packet. */
void nrt_switch_context_end(struct nrt_switch_context *c);
/* The memory that it grew to. */
void nrt_switch_context_fini(struct nrt_switch_context *c);

/* The preallocated ones; nrt_switch_contexts_free says how many extensions have not freed. */
bool nrt_switch_contexts_new(struct nrt_switch *sw, uint32_t n);
uint64_t nrt_switch_contexts_free(struct nrt_switch *sw);

/* Room for @n more destinations. NDIS_STATUS_RESOURCES, or SUCCESS. */
NDIS_STATUS nrt_switch_grow(struct nrt_switch_context *c, uint32_t n);
/* Commit @n elements behind those that are: all or none. */
NDIS_STATUS nrt_switch_commit(struct nrt_switch_context *c, uint32_t n);
/* One destination, which the caller holds and gives away. */
void nrt_switch_commit_held(struct nrt_switch_context *c, struct nrt_switch_nic *nic);

NDIS_SWITCH_ALLOCATE_NET_BUFFER_LIST_FORWARDING_CONTEXT nrt_switch_allocate_context;
NDIS_SWITCH_FREE_NET_BUFFER_LIST_FORWARDING_CONTEXT nrt_switch_free_context;
NDIS_SWITCH_SET_NET_BUFFER_LIST_SOURCE nrt_switch_set_source;
NDIS_SWITCH_SET_NET_BUFFER_LIST_SWITCH_CONTEXT nrt_switch_set_extension_context;
NDIS_SWITCH_GET_NET_BUFFER_LIST_SWITCH_CONTEXT nrt_switch_get_extension_context;
NDIS_SWITCH_COPY_NET_BUFFER_LIST_INFO nrt_switch_copy_info;
NDIS_SWITCH_ADD_NET_BUFFER_LIST_DESTINATION nrt_switch_add_destination;
NDIS_SWITCH_GROW_NET_BUFFER_LIST_DESTINATIONS nrt_switch_grow_destinations;
NDIS_SWITCH_GET_NET_BUFFER_LIST_DESTINATIONS nrt_switch_get_destinations;
NDIS_SWITCH_UPDATE_NET_BUFFER_LIST_DESTINATIONS nrt_switch_update_destinations;

/* --------------------------------------------------------------------- the switch */

/* Where an address was seen last: address << 16 | port << 6 | NIC; 0: nowhere. */
#define NRT_SWITCH_ADDRESSES 4096

enum nrt_switch_count {
	NRT_SWITCH_SENT,
	NRT_SWITCH_FORWARDED,
	NRT_SWITCH_FLOODED,
	NRT_SWITCH_DELIVERED,
	NRT_SWITCH_EXCLUDED,
	NRT_SWITCH_DROPPED,
	NRT_SWITCH_UNREACHABLE,
	NRT_SWITCH_FILTERED,
	NRT_SWITCH_COUNTS,
};

struct nrt_switch {
	/* control: w, before traffic and after it; data path: ro */
	uint32_t magic;
	NDIS_HANDLE miniport, binding;    /* handles of the edges; NULL: not there */
	NDIS_HANDLE pool;                 /* of the packets' NBLs */
	struct nrt_switch_packet *packets;
	uint32_t n_packets, max_frame;
	struct nrt_switch_context *contexts;

	/* data path: rw */
	struct nrt_index_stack free_packets, free_contexts;
	_Atomic uint64_t allocated;       /* contexts that extensions have */
	_Atomic bool running;             /* the protocol edge may send */
	_Atomic uint64_t under_way;       /* packets sent and not back, and senders */
	_Atomic uint64_t indicated;       /* by the miniport edge, and not back */
	_Atomic bool pausing;             /* the miniport edge's pause waits for those */
	_Atomic uint64_t counts[NRT_SWITCH_COUNTS];
	_Atomic uint64_t addresses[NRT_SWITCH_ADDRESSES];

	/* ports by id; they stay once they are there */
	_Atomic(struct nrt_switch_port *) ports[NRT_SWITCH_MAX_PORT + 1];
	_Atomic uint32_t highest_port;

	/* control only */
	pthread_mutex_t control;          /* one operation at a time */
	pthread_mutex_t parameters_lock;  /* of ports and NICs; no call to a driver under it */
	char *name;
	_Atomic bool active;              /* NetEventSwitchActivate was told */
	struct nrt_driver *driver;
	struct nrt_adapter *adapter;
	NDIS_HANDLE miniport_driver, protocol_driver;
	void *bind_context;
	atomic_flag reporting;            /* whose last_filtered is */
	bool reported;
	struct nrt_switch_filtered last_filtered;
};

static inline void nrt_switch_count(struct nrt_switch *sw, enum nrt_switch_count what, uint64_t n)
{
	atomic_fetch_add_explicit(&sw->counts[what], n, memory_order_relaxed);
}

/* What a driver gives as its switch. */
static inline bool nrt_switch_is(const struct nrt_switch *sw)
{
	return sw != NULL && sw->magic == NRT_SWITCH_MAGIC;
}

/* The switch that @adapter is, or whose protocol edge @protocol is; NULL: of none. */
struct nrt_switch *nrt_switch_of(const struct nrt_adapter *adapter);
struct nrt_switch *nrt_switch_of_protocol(const struct nrt_protocol *protocol);

/* The NIC, in whatever state, or NULL. */
struct nrt_switch_nic *nrt_switch_nic_at(const struct nrt_switch *sw, NDIS_SWITCH_PORT_ID port,
					 NDIS_SWITCH_NIC_INDEX index);
struct nrt_switch_port *nrt_switch_port_at(const struct nrt_switch *sw, NDIS_SWITCH_PORT_ID id);

/* Disconnect all NICs and remove all ports. */
void nrt_switch_ports_remove(struct nrt_switch *sw);

/* @text as a counted string of 16-bit characters; cut where there is no room. */
void nrt_switch_string(IF_COUNTED_STRING *string, const char *text);

/* ---- forwarding */

void nrt_switch_learn(struct nrt_switch *sw, const UCHAR *address, NDIS_SWITCH_PORT_ID port,
		      NDIS_SWITCH_NIC_INDEX index);
/* What is behind that NIC is known no more. */
void nrt_switch_forget(struct nrt_switch *sw, const struct nrt_switch_nic *nic);
/* Commit destinations for @nbl, which has a context with none. */
void nrt_switch_forward(struct nrt_switch *sw, NET_BUFFER_LIST *nbl, struct nrt_switch_context *c);

/* ---- the edges */

NDIS_STATUS nrt_switch_register_miniport(struct nrt_switch *sw, PDRIVER_OBJECT object,
					 PUNICODE_STRING registry_path, MINIPORT_UNLOAD *unload);
NDIS_STATUS nrt_switch_register_protocol(struct nrt_switch *sw);

/* What the miniport edge does with a request that has come through all extensions. */
MINIPORT_OID_REQUEST nrt_switch_oid_request;

/* A set request from the protocol edge down through the extensions; waited for. */
NDIS_STATUS nrt_switch_set(struct nrt_switch *sw, NDIS_OID oid, void *buffer, ULONG length);

/* The packets of NICs, when the binding is there. */
bool nrt_switch_packets_new(struct nrt_switch *sw);
void nrt_switch_packets_free(struct nrt_switch *sw);

#endif
