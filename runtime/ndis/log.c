/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A miniport's log: a ring of bytes per adapter that it writes, up to DISPATCH_LEVEL,
 * and its host reads. Old bytes give way to new ones.
 */
#include <pthread.h>
#include <string.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "adapter.h"

#define LOG_TAG 0x676f4c4eU /* NLog */

struct nrt_log {
	struct nrt_adapter *adapter;
	size_t size;
	size_t first; /* the oldest byte */
	size_t used;
	UCHAR data[];
};

/* Of all logs: they are for a driver's author to look at, not for speed. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

NDIS_STATUS NdisMCreateLog(NDIS_HANDLE MiniportAdapterHandle, UINT Size, PNDIS_HANDLE LogHandle)
{
	struct nrt_adapter *a = nrt_adapter_of(MiniportAdapterHandle, "NdisMCreateLog");
	struct nrt_log *none = NULL, *log;

	nrt_check_irql("NdisMCreateLog", PASSIVE_LEVEL);
	*LogHandle = NULL;
	if (a == NULL || atomic_load(&a->log) != NULL)
		return NDIS_STATUS_FAILURE;
	log = nrt_memory_zalloc(sizeof(*log) + Size, LOG_TAG, a);
	if (log == NULL)
		return NDIS_STATUS_RESOURCES;
	log->adapter = a;
	log->size = Size;
	if (!atomic_compare_exchange_strong(&a->log, &none, log)) {
		nrt_memory_free(log, LOG_TAG);
		return NDIS_STATUS_FAILURE;
	}
	*LogHandle = log;
	return NDIS_STATUS_SUCCESS;
}

struct search {
	NDIS_HANDLE handle;
	struct nrt_log *found;
};

static void look(struct nrt_adapter *a, void *arg)
{
	struct search *s = arg;

	if (s->handle != NULL && atomic_load(&a->log) == s->handle)
		s->found = s->handle;
}

/* The log behind @handle; NULL and a report when no live adapter has it. */
static struct nrt_log *log_of(NDIS_HANDLE handle, const char *ddi)
{
	struct search s = { .handle = handle };

	nrt_adapter_for_each(look, &s);
	if (s.found == NULL)
		nrt_violation("MP-HLT-05", "%s: the handle is no adapter's log", ddi);
	return s.found;
}

NDIS_STATUS NdisMWriteLogData(NDIS_HANDLE LogHandle, PVOID LogBuffer, UINT LogBufferSize)
{
	struct nrt_log *log = log_of(LogHandle, "NdisMWriteLogData");
	const UCHAR *from = LogBuffer;

	nrt_check_irql("NdisMWriteLogData", DISPATCH_LEVEL);
	if (log == NULL || LogBufferSize > log->size)
		return NDIS_STATUS_BUFFER_OVERFLOW;
	pthread_mutex_lock(&lock);
	for (UINT i = 0; i < LogBufferSize; i++) {
		log->data[(log->first + log->used) % log->size] = from[i];
		if (log->used < log->size)
			log->used++;
		else
			log->first = (log->first + 1) % log->size;
	}
	pthread_mutex_unlock(&lock);
	return NDIS_STATUS_SUCCESS;
}

size_t nrt_adapter_log_read(struct nrt_adapter *a, void *buffer, size_t size)
{
	struct nrt_log *log = atomic_load(&a->log);
	UCHAR *to = buffer;
	size_t n = 0;

	if (log == NULL)
		return 0;
	pthread_mutex_lock(&lock);
	for (; n < size && log->used != 0; n++, log->used--) {
		to[n] = log->data[log->first];
		log->first = (log->first + 1) % log->size;
	}
	pthread_mutex_unlock(&lock);
	return n;
}

VOID NdisMFlushLog(NDIS_HANDLE LogHandle)
{
	struct nrt_log *log = log_of(LogHandle, "NdisMFlushLog");

	nrt_check_irql("NdisMFlushLog", DISPATCH_LEVEL);
	if (log == NULL)
		return;
	pthread_mutex_lock(&lock);
	log->first = log->used = 0;
	pthread_mutex_unlock(&lock);
}

VOID NdisMCloseLog(NDIS_HANDLE LogHandle)
{
	struct nrt_log *log = log_of(LogHandle, "NdisMCloseLog");

	nrt_check_irql("NdisMCloseLog", PASSIVE_LEVEL);
	if (log == NULL)
		return;
	atomic_store(&log->adapter->log, NULL);
	nrt_memory_free(log, LOG_TAG);
}
