/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From counts of sampled passes to the ledger of a worker: the host's arithmetic, on
 * its own thread.
 */
#include <nrt/nrt_profile.h>

const char *const nrt_stage_names[NRT_ROWS] = {
	[NRT_STAGE_RX] = "PMD rx",         [NRT_STAGE_BUILD] = "NBL build",
	[NRT_STAGE_INDICATE] = "indicate", [NRT_STAGE_PROTOCOL] = "protocol",
	[NRT_STAGE_SEND] = "send",         [NRT_STAGE_QUEUE] = "queue",
	[NRT_STAGE_TX] = "PMD tx",         [NRT_STAGE_COMPLETION] = "completion",
	[NRT_STAGE_RETURN] = "return",     [NRT_STAGE_POLL] = "poll",
	[NRT_ROW_IDLE] = "idle polls",     [NRT_ROW_REST] = "rest",
	[NRT_ROW_MEASURING] = "measuring",
};

/* Counts that were read while the worker ran on may go back by the length of a pass. */
static void since(uint64_t *count, uint64_t before)
{
	*count = *count > before ? *count - before : 0;
}

static void since_stage(struct nrt_profile_stage *stage, const struct nrt_profile_stage *before)
{
	since(&stage->cycles, before->cycles);
	since(&stage->borders, before->borders);
	since(&stage->calls, before->calls);
	since(&stage->packets, before->packets);
}

void nrt_profile_since(struct nrt_profile *profile, const struct nrt_profile *before)
{
	since(&profile->busy, before->busy);
	since(&profile->idle, before->idle);
	since(&profile->busy_passes, before->busy_passes);
	since(&profile->idle_polls, before->idle_polls);
	since(&profile->cpu_ns, before->cpu_ns);
	since(&profile->measured_passes, before->measured_passes);
	since(&profile->measured_cycles, before->measured_cycles);
	since_stage(&profile->idle_polled, &before->idle_polled);
	since(&profile->own_cycles, before->own_cycles);
	since(&profile->plain_passes, before->plain_passes);
	since(&profile->plain_cycles, before->plain_cycles);
	since(&profile->interrupted_passes, before->interrupted_passes);
	since(&profile->spent_cycles, before->spent_cycles);
	since(&profile->spent_borders, before->spent_borders);
	for (unsigned int i = 0; i < NRT_STAGES; i++)
		since_stage(&profile->stage[i], &before->stage[i]);
	since(&profile->perf.instructions, before->perf.instructions);
	since(&profile->perf.cycles, before->perf.cycles);
	since(&profile->perf.l1d_misses, before->perf.l1d_misses);
	since(&profile->perf.llc_misses, before->perf.llc_misses);
}

/* What a border costs where it stands: by how much measured passes are longer than plain
 * ones. No more than in a row of nothing else, which is also taken without plain passes. */
static double border_cost(const struct nrt_profile *p)
{
	uint64_t borders = p->idle_polled.borders;
	double most = (double)p->border_ticks, longer;

	for (unsigned int i = 0; i < NRT_STAGES; i++)
		borders += p->stage[i].borders;
	if (p->plain_passes == 0 || borders == 0)
		return most;
	longer = (double)(p->measured_cycles - p->own_cycles) -
		 (double)p->plain_cycles / (double)p->plain_passes * (double)p->measured_passes;
	longer /= (double)borders;
	return longer < 0 ? 0 : longer > most ? most : longer;
}

static double net(const struct nrt_profile_stage *stage, double border)
{
	double cycles = (double)stage->cycles - (double)stage->borders * border;

	return cycles > 0 ? cycles : 0;
}

static uint64_t rounded(double x)
{
	return (uint64_t)(x + 0.5);
}

double nrt_profile_rows(const struct nrt_profile *p, struct nrt_profile_row rows[NRT_ROWS])
{
	double border = border_cost(p), fit = 1, explained = 0, available;
	double passes = p->measured_passes == 0 ?
				0 : (double)p->busy_passes / (double)p->measured_passes;
	uint64_t busy = 0, measuring = rounded((double)p->spent_borders * border) + p->spent_cycles;

	measuring = measuring < p->busy ? measuring : p->busy;
	available = (double)(p->busy - measuring);
	for (unsigned int i = 0; i < NRT_STAGES; i++)
		explained += net(&p->stage[i], border) * passes;
	explained += net(&p->idle_polled, border) * passes;
	if (explained > available)
		fit = available / explained;
	for (unsigned int i = 0; i < NRT_STAGES; i++) {
		rows[i] = (struct nrt_profile_row){
			.cycles = rounded(net(&p->stage[i], border) * passes * fit),
			.calls = rounded((double)p->stage[i].calls * passes),
			.packets = rounded((double)p->stage[i].packets * passes),
		};
		busy += rows[i].cycles;
	}
	rows[NRT_ROW_IDLE] = (struct nrt_profile_row){
		.cycles = rounded(net(&p->idle_polled, border) * passes * fit),
		.calls = p->idle_polls,
	};
	busy += rows[NRT_ROW_IDLE].cycles + measuring;
	rows[NRT_ROW_IDLE].cycles += p->idle;
	rows[NRT_ROW_REST] = (struct nrt_profile_row){ p->busy > busy ? p->busy - busy : 0, 0, 0 };
	rows[NRT_ROW_MEASURING] = (struct nrt_profile_row){ measuring, 0, 0 };
	return available > 0 ? explained / available : 0;
}
