/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state machines of adapters, filter modules and bindings (contract section 0): each pair of
 * a state and an event, against the lists of the documents.
 */
#include "contract.h"
#include "ndis/state.h"

TestSuite(state, .init = contract_start, .fini = contract_end, .timeout = 60);

struct move {
	enum nrt_state from;
	enum nrt_event event;
	enum nrt_state to;
};

/* miniport-adapter-states-and-operations, filter-module-states-and-operations */
static const struct move adapter_moves[] = {
	{ NRT_HALTED, NRT_BEGIN, NRT_INITIALIZING },
	{ NRT_INITIALIZING, NRT_BEGUN, NRT_PAUSED },
	{ NRT_INITIALIZING, NRT_BEGIN_FAILED, NRT_HALTED },
	{ NRT_PAUSED, NRT_RESTART, NRT_RESTARTING },
	{ NRT_RESTARTING, NRT_RESTARTED, NRT_RUNNING },
	{ NRT_RESTARTING, NRT_RESTART_FAILED, NRT_PAUSED },
	{ NRT_RUNNING, NRT_PAUSE, NRT_PAUSING },
	{ NRT_PAUSING, NRT_PAUSE_DONE, NRT_PAUSED },
	{ NRT_PAUSED, NRT_END, NRT_HALTED },
};

static const struct move of_adapters[] = {
	{ NRT_PAUSED, NRT_SHUT_DOWN, NRT_SHUTDOWN },
	{ NRT_RESTARTING, NRT_SHUT_DOWN, NRT_SHUTDOWN },
	{ NRT_RUNNING, NRT_SHUT_DOWN, NRT_SHUTDOWN },
	{ NRT_PAUSING, NRT_SHUT_DOWN, NRT_SHUTDOWN },
	/* Of Running the documents say no more; here an adapter that is suspended has a name. */
	{ NRT_RUNNING, NRT_SUSPEND, NRT_SUSPENDED },
	{ NRT_SUSPENDED, NRT_RESUME, NRT_RUNNING },
};

/* protocol-binding-states-and-operations */
static const struct move binding_moves[] = {
	{ NRT_HALTED, NRT_BEGIN, NRT_INITIALIZING },
	{ NRT_INITIALIZING, NRT_BEGUN, NRT_PAUSED },
	{ NRT_INITIALIZING, NRT_BEGIN_FAILED, NRT_HALTED },
	{ NRT_PAUSED, NRT_RESTART, NRT_RESTARTING },
	{ NRT_RESTARTING, NRT_RESTARTED, NRT_RUNNING },
	{ NRT_RESTARTING, NRT_RESTART_FAILED, NRT_PAUSED },
	{ NRT_RUNNING, NRT_PAUSE, NRT_PAUSING },
	{ NRT_PAUSING, NRT_PAUSE_DONE, NRT_PAUSED },
	{ NRT_PAUSED, NRT_END, NRT_CLOSING },
	{ NRT_CLOSING, NRT_ENDED, NRT_HALTED },
};

struct list {
	const struct move *moves;
	size_t n;
};

#define LIST(moves) { moves, RTL_NUMBER_OF(moves) }

static int documented(const struct list *lists, enum nrt_state from, enum nrt_event event)
{
	for (; lists->moves != NULL; lists++)
		for (size_t i = 0; i < lists->n; i++)
			if (lists->moves[i].from == from && lists->moves[i].event == event)
				return (int)lists->moves[i].to;
	return -1;
}

static void expect_table(enum nrt_machine machine, const struct list *lists)
{
	for (unsigned int s = 0; s < NRT_N_STATES; s++)
		for (unsigned int e = 0; e < NRT_N_EVENTS; e++)
			cr_expect_eq(nrt_state_after(machine, e, s), documented(lists, s, e),
				     "machine %u, event %u in state %u", machine, e, s);
}

Test(state, every_pair_of_state_and_event_is_as_documented)
{
	expect_table(NRT_MINIPORT, (struct list[]){ LIST(adapter_moves), LIST(of_adapters), { 0 } });
	expect_table(NRT_FILTER, (struct list[]){ LIST(adapter_moves), { 0 } });
	expect_table(NRT_BINDING, (struct list[]){ LIST(binding_moves), { 0 } });
}

Test(state, packets_pass_in_running_and_pausing)
{
	for (unsigned int s = 0; s < NRT_N_STATES; s++) {
		bool passes = s == NRT_RUNNING || s == NRT_PAUSING;

		cr_expect_eq(nrt_state_passes(s), passes, "state %u", s);
		cr_expect_eq(nrt_state_may_pass(s), passes || s == NRT_RESTARTING, "state %u", s);
	}
}

Test(state, RT_11_an_event_out_of_order_is_reported_and_moves_nothing)
{
	_Atomic uint32_t state = NRT_RESTARTING;

	nrt_state_move(&state, NRT_MINIPORT, NRT_PAUSE, "nic0");
	cr_expect_eq(atomic_load(&state), NRT_RESTARTING);
	cr_expect(violations_are("RT-11", NULL));
	nrt_state_move(&state, NRT_MINIPORT, NRT_RESTARTED, "nic0");
	cr_expect_eq(atomic_load(&state), NRT_RUNNING);
}
