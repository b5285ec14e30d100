/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The states of adapters, filter modules and bindings, and what leads from one to the next
 * (contract section 0). The control path moves them, one PnP operation of an adapter at a time;
 * the data path reads them.
 */
#ifndef NRT_NDIS_STATE_H
#define NRT_NDIS_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The names are an adapter's. Of a module HALTED is Detached and INITIALIZING Attaching; of a
 * binding they are Unbound and Opening. */
enum nrt_state {
	NRT_HALTED,
	NRT_INITIALIZING,
	NRT_PAUSED,
	NRT_RESTARTING,
	NRT_RUNNING,
	NRT_PAUSING,
	NRT_CLOSING,   /* bindings only */
	NRT_SHUTDOWN,  /* adapters only; nothing comes after it */
	NRT_SUSPENDED, /* adapters only: idle.h; Running, in the documents */
	NRT_N_STATES,
};

enum nrt_machine {
	NRT_MINIPORT,
	NRT_FILTER,
	NRT_BINDING,
	NRT_N_MACHINES,
};

enum nrt_event {
	NRT_BEGIN, /* MiniportInitializeEx, FilterAttach, ProtocolBindAdapterEx */
	NRT_BEGUN,
	NRT_BEGIN_FAILED,
	NRT_RESTART,
	NRT_RESTARTED,
	NRT_RESTART_FAILED,
	NRT_PAUSE,
	NRT_PAUSE_DONE,
	NRT_END, /* MiniportHaltEx and FilterDetach have returned; ProtocolUnbindAdapterEx begins */
	NRT_ENDED, /* a binding is closed */
	NRT_SHUT_DOWN, /* MiniportShutdownEx is called */
	NRT_SUSPEND, /* the device has fallen asleep by itself; and the way back */
	NRT_RESUME,
	NRT_N_EVENTS,
};

/* Where @event leads from @state; -1: nowhere. */
int nrt_state_after(enum nrt_machine machine, enum nrt_event event, enum nrt_state state);

/*
 * Move *@state, which belongs to what @name names. An event that its state does not know is
 * reported and moves nothing: the runtime has then ordered its calls wrongly (RT-11).
 */
void nrt_state_move(_Atomic uint32_t *state, enum nrt_machine machine, enum nrt_event event,
		    const char *name);

/* Packets may pass. */
static inline bool nrt_state_passes(uint32_t state)
{
	return state == NRT_RUNNING || state == NRT_PAUSING;
}

/*
 * The same, of one whose restart is under way too: it runs from when it says so, and where it
 * said so may not be where the runtime has heard of it yet.
 */
static inline bool nrt_state_may_pass(uint32_t state)
{
	return state == NRT_RESTARTING || nrt_state_passes(state);
}

#endif
