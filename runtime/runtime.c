/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Start and end of the runtime as a whole. The host's thread.
 */
#include <errno.h>

#include <ndis.h>
#include <nrt/nrt.h>

#include "error.h"
#include "io/device.h"
#include "ke/ke.h"
#include "ndis/binding.h"
#include "ndis/configstore.h"
#include "ndis/driver.h"
#include "ndis/file.h"
#include "ndis/interface.h"
#include "ndis/nblpool.h"
#include "ndis/nblwatch.h"
#include "ndis/poll.h"
#include "ndis/restart.h"
#include "platform.h"
#include "verifier.h"
#include "worker.h"

#define DEFAULT_BUDGET 32

static bool started;

int nrt_init(const struct nrt_options *options)
{
	const struct nrt_platform *platform =
		options->platform != NULL ? options->platform : &nrt_pthread_platform;
	int rc;

	if (started)
		return nrt_fail(-EALREADY, "the runtime is running already");
	if (options->workers == 0 || options->workers > NRT_MAX_WORKERS)
		return nrt_fail(-EINVAL, "%u workers asked for; 1 to %u are possible",
				options->workers, NRT_MAX_WORKERS);
	rc = nrt_verifier_start(options);
	if (rc != 0)
		return rc;
	nrt_opens_set_pending(options->opens_pend);
	nrt_poll_set_budget(options->poll_budget != 0 ? options->poll_budget : DEFAULT_BUDGET);
	rc = nrt_ke_init(options->workers, platform);
	if (rc != 0)
		return nrt_fail(rc, "timers, DPCs or memory could not be set up");
	rc = nrt_workers_start(options->workers, platform, options->profile);
	if (rc != 0) {
		nrt_ke_fini();
		return rc;
	}
	nrt_nbl_watch_start();
	started = true;
	return 0;
}

void nrt_set_poll_budget(unsigned int budget)
{
	nrt_poll_set_budget(budget != 0 ? budget : DEFAULT_BUDGET);
}

int nrt_fini(void)
{
	if (!started)
		return nrt_fail(-EALREADY, "the runtime is not running");
	if (nrt_driver_count() != 0)
		return nrt_fail(-EBUSY, "%u drivers are still loaded; unload them first",
				nrt_driver_count());
	nrt_nbl_watch_stop();
	nrt_workers_stop();
	nrt_adapters_fini();
	nrt_config_clear();
	nrt_io_fini();
	nrt_files_fini();
	nrt_interfaces_fini();
	nrt_nbl_pools_end();
	nrt_ke_fini();
	started = false;
	return 0;
}
