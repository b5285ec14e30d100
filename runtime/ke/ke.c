/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Start and stop of the kernel services, in the order they need each other.
 * Called by nrt_init and nrt_fini on the host's thread.
 */
#include "ke.h"

#include "excallback.h"
#include "memory.h"
#include "object.h"
#include "processor.h"
#include "service.h"
#include "workitem.h"

int nrt_ke_init(unsigned int workers, const struct nrt_platform *platform)
{
	int rc;

	nrt_memory_init(platform);
	rc = nrt_processors_init(workers);
	if (rc != 0)
		return rc;
	rc = nrt_service_start();
	if (rc != 0)
		goto fini_processors;
	rc = nrt_work_start();
	if (rc != 0)
		goto stop_service;
	return 0;

stop_service:
	nrt_service_stop();
fini_processors:
	nrt_processors_fini();
	return rc;
}

void nrt_ke_fini(void)
{
	nrt_work_stop();
	nrt_service_stop();
	nrt_handles_end();
	nrt_callback_objects_end();
	nrt_processors_fini();
}
