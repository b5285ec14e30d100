/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A kernel timer looks at the verifier's records once a second. Its DPC only reads the
 * records and reports; what is late stays with whoever has it.
 */
#include "nblwatch.h"

#include <time.h>

#include "../verifier.h"
#include "adapter.h"
#include "culprit.h"
#include "nblrecord.h"

#define PERIOD_MS 1000
#define MS 1000000ull

/* [ndis-ndistimeddatahang, ndis-ndistimeddatasend]; the pages of filters' two rules name no
 * number of seconds. */
static uint64_t hang_ns = 22000 * MS;
static uint64_t nbl_ns = 30000 * MS;

static uint64_t scans = 1; /* the next is none that follows an adapter's 0 */
static bool started;
static KTIMER timer;
static KDPC dpc;

void nrt_nbl_watch_set_limits(unsigned int hang_ms, unsigned int nbl_ms)
{
	hang_ns = hang_ms * MS;
	nbl_ns = nbl_ms * MS;
}

/* Once a scan for each adapter that has a send with its miniport. */
static void look_at_adapter(struct nrt_adapter *a, uint64_t now)
{
	struct nrt_send_watch *w = &a->send_watch;
	struct nrt_ledger ledger;
	struct nrt_culprit who;

	if (w->scan == scans)
		return;
	nrt_adapter_ledger(a, &ledger);
	if (w->scan + 1 != scans || w->returned != ledger.tx_returned) {
		w->since = now;
		w->told = false;
	} else if (!w->told && now - w->since >= hang_ns) {
		w->told = true;
		who = nrt_culprit_of(a, "MiniportSendNetBufferLists");
		nrt_bug_check("MP-SND-12", "0xC4/0x0009200F", &who,
			      "sends pend and none was completed for %llu ms",
			      (unsigned long long)(hang_ns / MS));
	}
	w->returned = ledger.tx_returned;
	w->scan = scans;
}

static void report_late(const struct nrt_record *r)
{
	bool send = r->direction == NRT_SENDING;
	bool filter = r->owner != r->adapter;
	const struct nrt_culprit who =
		nrt_culprit_of(r->owner, !filter ? "MiniportSendNetBufferLists" :
					 send ? "FilterSendNetBufferLists" :
						"FilterReceiveNetBufferLists");

	nrt_bug_check(filter ? "FL-RCV-05" : "MP-SND-12",
		      !filter ? "0xC4/0x0009200D" : send ? "0xC4/0x00092011" : "0xC4/0x00092012",
		      &who, "NBL %p has been there for %llu ms", (const void *)r->nbl,
		      (unsigned long long)(nbl_ns / MS));
	if (!filter && send && nrt_removal_told(&r->adapter->removal))
		nrt_violation("MP-PNP-01", "%s was told that its device is gone and does not "
			      "complete NBL %p", r->adapter->device.name, (const void *)r->nbl);
}

static void look(struct nrt_record *r, void *arg)
{
	uint64_t now = *(const uint64_t *)arg;

	if (r->owner == NULL) /* above: a protocol keeps it as long as it likes */
		return;
	if (r->owner == r->adapter)
		look_at_adapter(r->adapter, now);
	if (r->watched != r->owner) {
		r->watched = r->owner;
		r->since = now;
		r->told = false;
	} else if (!r->told && now - r->since >= nbl_ns) {
		r->told = true;
		report_late(r);
	}
}

void nrt_nbl_watch_scan(uint64_t now_ns)
{
	nrt_records_lock();
	scans++;
	nrt_records_look(look, &now_ns);
	nrt_records_unlock();
}

static VOID expired(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
	struct timespec now;

	(void)Dpc;
	(void)Context;
	(void)Argument1;
	(void)Argument2;
	clock_gettime(CLOCK_MONOTONIC, &now);
	nrt_nbl_watch_scan((uint64_t)now.tv_sec * 1000 * MS + (uint64_t)now.tv_nsec);
}

void nrt_nbl_watch_start(void)
{
	LARGE_INTEGER due = { .QuadPart = -10000ll * PERIOD_MS };

	if (!nrt_verifying)
		return;
	started = true;
	KeInitializeTimer(&timer);
	KeInitializeDpc(&dpc, expired, NULL);
	KeSetTimerEx(&timer, due, PERIOD_MS, &dpc);
}

void nrt_nbl_watch_stop(void)
{
	if (!started)
		return;
	started = false;
	KeCancelTimer(&timer);
	KeFlushQueuedDpcs();
}
