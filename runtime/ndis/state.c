/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The three state machines of the documents as tables (contract section 0;
 * miniport-adapter-states-and-operations, filter-module-states-and-operations,
 * protocol-binding-states-and-operations). Control threads, under the adapter's pnp lock or
 * before others know the object.
 */
#include "state.h"

#include "../verifier.h"

/* Where an event leads, plus one: what is not named here leads nowhere. */
#define TO(state) ((state) + 1)

/* Restart and pause are the same for all three. */
#define RUNS                                                                                   \
	[NRT_RESTART][NRT_PAUSED] = TO(NRT_RESTARTING),                                        \
	[NRT_RESTARTED][NRT_RESTARTING] = TO(NRT_RUNNING),                                     \
	[NRT_RESTART_FAILED][NRT_RESTARTING] = TO(NRT_PAUSED),                                 \
	[NRT_PAUSE][NRT_RUNNING] = TO(NRT_PAUSING),                                            \
	[NRT_PAUSE_DONE][NRT_PAUSING] = TO(NRT_PAUSED)

/* So is how they begin. */
#define BEGINS                                                                                 \
	[NRT_BEGIN][NRT_HALTED] = TO(NRT_INITIALIZING),                                        \
	[NRT_BEGUN][NRT_INITIALIZING] = TO(NRT_PAUSED),                                        \
	[NRT_BEGIN_FAILED][NRT_INITIALIZING] = TO(NRT_HALTED)

static const uint8_t after[NRT_N_MACHINES][NRT_N_EVENTS][NRT_N_STATES] = {
	[NRT_MINIPORT] = { BEGINS, RUNS, [NRT_END][NRT_PAUSED] = TO(NRT_HALTED),
			   [NRT_SHUT_DOWN][NRT_PAUSED] = TO(NRT_SHUTDOWN),
			   [NRT_SHUT_DOWN][NRT_RESTARTING] = TO(NRT_SHUTDOWN),
			   [NRT_SHUT_DOWN][NRT_RUNNING] = TO(NRT_SHUTDOWN),
			   [NRT_SHUT_DOWN][NRT_PAUSING] = TO(NRT_SHUTDOWN),
			   [NRT_SUSPEND][NRT_RUNNING] = TO(NRT_SUSPENDED),
			   [NRT_RESUME][NRT_SUSPENDED] = TO(NRT_RUNNING) },
	[NRT_FILTER] = { BEGINS, RUNS, [NRT_END][NRT_PAUSED] = TO(NRT_HALTED) },
	[NRT_BINDING] = { BEGINS, RUNS, [NRT_END][NRT_PAUSED] = TO(NRT_CLOSING),
			  [NRT_ENDED][NRT_CLOSING] = TO(NRT_HALTED) },
};

static const char *const machine_names[NRT_N_MACHINES] = { "adapter", "filter module", "binding" };

static const char *const event_names[NRT_N_EVENTS] = {
	"begin", "begun",  "begin failed", "restart", "restarted", "restart failed",
	"pause", "paused", "end",          "ended",   "shut down", "suspend",
	"resume",
};

static const char *const state_names[NRT_N_STATES] = {
	"Halted",  "Initializing", "Paused",  "Restarting",
	"Running", "Pausing",      "Closing", "Shutdown",   "Suspended",
};

int nrt_state_after(enum nrt_machine machine, enum nrt_event event, enum nrt_state state)
{
	return (int)after[machine][event][state] - 1;
}

void nrt_state_move(_Atomic uint32_t *state, enum nrt_machine machine, enum nrt_event event,
		    const char *name)
{
	uint32_t from = atomic_load(state);
	int to = nrt_state_after(machine, event, from);

	if (to < 0)
		nrt_violation("RT-11", "the %s %s is told '%s' while it is %s",
			      machine_names[machine], name, event_names[event],
			      state_names[from]);
	else
		atomic_store(state, (uint32_t)to);
}
