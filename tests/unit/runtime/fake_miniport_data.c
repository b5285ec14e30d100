/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fake miniport's data path: sends in, completions out, receive buffers up
 * and back, by calls or by its poll callback. Any thread; the adapter's lock
 * guards lists and ledger and is never held across a call to NDIS.
 */
#include "fake_miniport.h"

#include "events.h"
#include "fake_frame.h"

/* --------------------------------------------------------------------- chains */

static void append(NET_BUFFER_LIST **head, NET_BUFFER_LIST **last, NET_BUFFER_LIST *chain)
{
	if (chain == NULL)
		return;
	if (*head == NULL)
		*head = chain;
	else
		NET_BUFFER_LIST_NEXT_NBL(*last) = chain;
	while (NET_BUFFER_LIST_NEXT_NBL(chain) != NULL)
		chain = NET_BUFFER_LIST_NEXT_NBL(chain);
	*last = chain;
}

/* Up to @max NBLs off the front of a list, NULL-terminated; @n: how many. */
static NET_BUFFER_LIST *cut(NET_BUFFER_LIST **head, ULONG max, ULONG *n)
{
	NET_BUFFER_LIST *front = *head;
	NET_BUFFER_LIST **link = head;

	for (*n = 0; *n < max && *link != NULL; ++*n)
		link = &NET_BUFFER_LIST_NEXT_NBL(*link);
	if (*n == 0)
		return NULL;
	*head = *link;
	*link = NULL;
	return front;
}

static ULONG length(const NET_BUFFER_LIST *chain)
{
	ULONG n = 0;

	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		n++;
	return n;
}

/* The last NBL that a pause waits for is back: it is complete. Under lock; the
 * caller says so to NDIS when it has released the lock. */
static BOOLEAN pause_is_over(struct fake_adapter *a)
{
	BOOLEAN over = a->pausing && a->rx_up == 0 && a->accepted == a->completed &&
		       a->indicating == 0 && !a->polled;

	if (over)
		a->pausing = FALSE;
	return over;
}

static void complete_pause(struct fake_adapter *a, BOOLEAN over)
{
	if (!over)
		return;
	event_note("NdisMPauseComplete", a, KeGetCurrentIrql());
	NdisMPauseComplete(a->handle);
}

/* -------------------------------------------------------------------- sending */

void fake_adapter_complete_chain(struct fake_adapter *a, NET_BUFFER_LIST *chain,
				 NDIS_STATUS status)
{
	ULONG n = length(chain);
	BOOLEAN over;
	KIRQL old = KeGetCurrentIrql();

	if (chain == NULL)
		return;
	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		NET_BUFFER_LIST_STATUS(nbl) = status;
	if (a->completes_at_dispatch) {
		KeRaiseIrql(DISPATCH_LEVEL, &old);
		NdisMSendNetBufferListsComplete(a->handle, chain,
						NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
		KeLowerIrql(old);
	} else {
		NdisMSendNetBufferListsComplete(a->handle, chain, 0);
	}
	NdisAcquireSpinLock(&a->lock);
	a->completed += n;
	over = pause_is_over(a);
	NdisReleaseSpinLock(&a->lock);
	complete_pause(a, over);
}

static void record(struct fake_adapter *a, NET_BUFFER_LIST *chain)
{
	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		for (NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(chain); nb != NULL;
		     nb = NET_BUFFER_NEXT_NB(nb))
			a->sent_seq[a->n_sent++ % FAKE_MAX_SENT] = frame_seq(nb);
}

VOID fake_adapter_send(NDIS_HANDLE context, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port,
		       ULONG flags)
{
	struct fake_adapter *a = context;
	KIRQL irql = KeGetCurrentIrql();
	BOOLEAN hold;

	NdisAcquireSpinLock(&a->lock);
	a->last_port = port;
	a->send_irqls |= 1u << irql;
	a->accepted += length(chain);
	if ((flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL) && irql != DISPATCH_LEVEL)
		a->flags_lied = TRUE;
	record(a, chain);
	hold = a->running && !a->gone && a->sends != FAKE_SENDS_INSIDE && a->on_send == NULL;
	if (hold)
		append(&a->held, &a->held_last, chain);
	NdisReleaseSpinLock(&a->lock);
	if (hold)
		return;
	if (a->on_send != NULL)
		a->on_send(a, chain);
	else
		fake_adapter_complete_chain(a, chain,
					    a->gone    ? NDIS_STATUS_NOT_ACCEPTED :
					    a->running ? a->send_status :
							 NDIS_STATUS_PAUSED);
}

NET_BUFFER_LIST *fake_adapter_steal(struct fake_adapter *a)
{
	NET_BUFFER_LIST *chain;

	NdisAcquireSpinLock(&a->lock);
	chain = a->held;
	a->held = NULL;
	NdisReleaseSpinLock(&a->lock);
	return chain;
}

VOID fake_adapter_cancel_send(NDIS_HANDLE context, PVOID id)
{
	struct fake_adapter *a = context;
	NET_BUFFER_LIST *cancelled = NULL, *last = NULL;
	NET_BUFFER_LIST *kept = NULL, *kept_last = NULL;

	if (a->on_cancel != NULL)
		a->on_cancel();
	NdisAcquireSpinLock(&a->lock);
	a->cancel_calls++;
	while (a->held != NULL) {
		NET_BUFFER_LIST *nbl = a->held;

		a->held = NET_BUFFER_LIST_NEXT_NBL(nbl);
		NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
		if (NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl) == id || a->aborts_all)
			append(&cancelled, &last, nbl);
		else
			append(&kept, &kept_last, nbl);
	}
	a->held = kept;
	a->held_last = kept_last;
	NdisReleaseSpinLock(&a->lock);
	fake_adapter_complete_chain(a, cancelled, NDIS_STATUS_SEND_ABORTED);
}

static ULONG random_below(ULONG *state, ULONG limit)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) % limit;
}

static void arrange(NET_BUFFER_LIST **nbls, ULONG n, enum fake_order order)
{
	ULONG state = 1;

	for (ULONG i = 0; order == FAKE_REVERSED && i < n / 2; i++) {
		NET_BUFFER_LIST *nbl = nbls[i];

		nbls[i] = nbls[n - 1 - i];
		nbls[n - 1 - i] = nbl;
	}
	for (ULONG i = n; order == FAKE_SHUFFLED && i > 1; i--) {
		ULONG k = random_below(&state, i);
		NET_BUFFER_LIST *nbl = nbls[i - 1];

		nbls[i - 1] = nbls[k];
		nbls[k] = nbl;
	}
}

static void complete_group(struct fake_adapter *a, NET_BUFFER_LIST *chain)
{
	if (a->sends != FAKE_SENDS_POLLED) {
		fake_adapter_complete_chain(a, chain, a->send_status);
		return;
	}
	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		NET_BUFFER_LIST_STATUS(nbl) = a->send_status;
	NdisAcquireSpinLock(&a->lock);
	append(&a->done, &a->done_last, chain);
	NdisReleaseSpinLock(&a->lock);
	fake_adapter_interrupt(a);
}

void fake_adapter_complete(struct fake_adapter *a, enum fake_order order, ULONG group)
{
	NET_BUFFER_LIST *nbls[FAKE_MAX_SENT];
	NET_BUFFER_LIST *chain;
	ULONG n;

	NdisAcquireSpinLock(&a->lock);
	chain = cut(&a->held, FAKE_MAX_SENT, &n);
	NdisReleaseSpinLock(&a->lock);
	for (ULONG i = 0; i < n; i++, chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		nbls[i] = chain;
	arrange(nbls, n, order);
	if (group == 0)
		group = n;
	for (ULONG first = 0; first < n; first += group) {
		ULONG end = first + group < n ? first + group : n;

		for (ULONG i = first; i < end; i++)
			NET_BUFFER_LIST_NEXT_NBL(nbls[i]) = i + 1 < end ? nbls[i + 1] : NULL;
		complete_group(a, nbls[first]);
	}
}

/* ------------------------------------------------------------------ receiving */

NDIS_STATUS fake_adapter_make_buffers(struct fake_adapter *a)
{
	NET_BUFFER_LIST_POOL_PARAMETERS parameters;

	NdisZeroMemory(&parameters, sizeof(parameters));
	parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	parameters.fAllocateNetBuffer = TRUE;
	parameters.PoolTag = 'eKaF';
	a->rx_pool = NdisAllocateNetBufferListPool(a->handle, &parameters);
	if (a->rx_pool == NULL)
		return NDIS_STATUS_RESOURCES;
	for (ULONG i = 0; i < FAKE_RX_FRAMES; i++) {
		MDL *mdl = NdisAllocateMdl(a->handle, a->rx[i].data, sizeof(a->rx[i].data));

		if (mdl == NULL)
			return NDIS_STATUS_RESOURCES;
		a->rx[i].nbl = NdisAllocateNetBufferAndNetBufferList(a->rx_pool, 0, 0, mdl, 0,
								     FRAME_LENGTH);
		if (a->rx[i].nbl == NULL) {
			NdisFreeMdl(mdl);
			return NDIS_STATUS_RESOURCES;
		}
		a->rx[i].nbl->SourceHandle = a->handle;
	}
	return NDIS_STATUS_SUCCESS;
}

void fake_adapter_free_buffers(struct fake_adapter *a)
{
	for (ULONG i = 0; i < FAKE_RX_FRAMES; i++) {
		NET_BUFFER_LIST *nbl = a->rx[i].nbl;

		if (nbl != NULL) {
			MDL *mdl = NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(nbl));

			NdisFreeNetBufferList(nbl);
			NdisFreeMdl(mdl);
		}
		a->rx[i].nbl = NULL;
		a->rx[i].up = FALSE;
	}
	if (a->rx_pool != NULL)
		NdisFreeNetBufferListPool(a->rx_pool);
	a->rx_pool = NULL;
}

NET_BUFFER_LIST *fake_adapter_take(struct fake_adapter *a, const UCHAR dst[6], ULONG seq)
{
	struct fake_rx *free_one = NULL;

	NdisAcquireSpinLock(&a->lock);
	for (ULONG i = 0; i < FAKE_RX_FRAMES && free_one == NULL; i++)
		if (!a->rx[i].up && a->rx[i].nbl != NULL)
			free_one = &a->rx[i];
	if (free_one != NULL) {
		free_one->up = TRUE;
		a->rx_up++;
		a->indicated++;
	}
	NdisReleaseSpinLock(&a->lock);
	if (free_one == NULL)
		return NULL;
	frame_build(free_one->data, dst, seq);
	NET_BUFFER_LIST_NEXT_NBL(free_one->nbl) = NULL;
	NET_BUFFER_LIST_STATUS(free_one->nbl) = NDIS_STATUS_SUCCESS;
	return free_one->nbl;
}

/* Under lock. FALSE when @nbl is not up. */
static BOOLEAN put_back(struct fake_adapter *a, const NET_BUFFER_LIST *nbl)
{
	for (ULONG i = 0; i < FAKE_RX_FRAMES; i++) {
		if (a->rx[i].nbl != nbl || !a->rx[i].up)
			continue;
		a->rx[i].up = FALSE;
		a->rx_up--;
		return TRUE;
	}
	return FALSE;
}

void fake_adapter_take_back(struct fake_adapter *a, NET_BUFFER_LIST *chain)
{
	BOOLEAN over;

	NdisAcquireSpinLock(&a->lock);
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		if (put_back(a, nbl))
			a->indicated--;
		else
			a->return_errors++;
	}
	over = pause_is_over(a);
	NdisReleaseSpinLock(&a->lock);
	complete_pause(a, over);
}

/* Under lock: @nbl is out of all accounts, as if there had been none. */
static void lose(struct fake_adapter *a, NET_BUFFER_LIST *nbl)
{
	for (ULONG i = 0; i < FAKE_RX_FRAMES; i++)
		if (a->rx[i].nbl == nbl && put_back(a, nbl))
			a->rx[i].nbl = NULL;
	NET_BUFFER_LIST_NEXT_NBL(nbl) = a->lost;
	a->lost = nbl;
}

void fake_adapter_free_lost(struct fake_adapter *a)
{
	NDIS_HANDLE pool = NULL;

	while (a->lost != NULL) {
		NET_BUFFER_LIST *nbl = a->lost;
		MDL *mdl = NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(nbl));

		a->lost = NET_BUFFER_LIST_NEXT_NBL(nbl);
		pool = NdisGetPoolFromNetBufferList(nbl);
		NdisFreeNetBufferList(nbl);
		NdisFreeMdl(mdl);
	}
	if (pool != NULL)
		NdisFreeNetBufferListPool(pool);
}

VOID fake_adapter_return(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags)
{
	struct fake_adapter *a = context;
	const NET_BUFFER_LIST *first = chain;
	KIRQL irql = KeGetCurrentIrql();
	BOOLEAN over;

	NdisAcquireSpinLock(&a->lock);
	a->return_irqls |= 1u << irql;
	if ((flags & NDIS_RETURN_FLAGS_DISPATCH_LEVEL) && irql != DISPATCH_LEVEL)
		a->flags_lied = TRUE;
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		if ((a->loses_rest && nbl != first) || (a->loses_pausing && !a->running))
			lose(a, nbl);
		else if (put_back(a, nbl))
			a->returned++;
		else
			a->return_errors++;
	}
	over = pause_is_over(a);
	NdisReleaseSpinLock(&a->lock);
	complete_pause(a, over);
}

static NET_BUFFER_LIST *take_chain(struct fake_adapter *a, const UCHAR dst[6], ULONG n, ULONG seq,
				   ULONG *taken)
{
	NET_BUFFER_LIST *chain = NULL, *last = NULL, *nbl;

	for (*taken = 0; *taken < n; ++*taken) {
		nbl = fake_adapter_take(a, dst, seq + *taken);
		if (nbl == NULL)
			break;
		append(&chain, &last, nbl);
	}
	return chain;
}

ULONG fake_adapter_indicate(struct fake_adapter *a, const UCHAR dst[6], ULONG n, ULONG seq,
			    ULONG flags)
{
	NET_BUFFER_LIST *chain;
	BOOLEAN running, over;

	NdisAcquireSpinLock(&a->lock);
	running = a->running;
	a->indicating += running;
	NdisReleaseSpinLock(&a->lock);
	if (!running)
		return 0;
	chain = take_chain(a, dst, n, seq, &n);
	if (chain != NULL)
		NdisMIndicateReceiveNetBufferLists(a->handle, chain, a->port, n,
						   flags);
	if (flags & NDIS_RECEIVE_FLAGS_RESOURCES)
		fake_adapter_take_back(a, chain);
	NdisAcquireSpinLock(&a->lock);
	a->indicating--;
	over = pause_is_over(a);
	NdisReleaseSpinLock(&a->lock);
	complete_pause(a, over);
	return n;
}

/* -------------------------------------------------------------------- polling */

void fake_adapter_interrupt(struct fake_adapter *a)
{
	BOOLEAN fire;

	NdisAcquireSpinLock(&a->lock);
	fire = a->armed;
	a->armed = FALSE;
	NdisReleaseSpinLock(&a->lock);
	if (fire)
		NdisRequestPoll(a->poll, NULL);
}

ULONG fake_adapter_ready(struct fake_adapter *a, const UCHAR dst[6], ULONG n, ULONG seq)
{
	NET_BUFFER_LIST *chain = take_chain(a, dst, n, seq, &n);
	BOOLEAN running;

	NdisAcquireSpinLock(&a->lock);
	running = a->running;
	if (running)
		append(&a->ready, &a->ready_last, chain);
	NdisReleaseSpinLock(&a->lock);
	if (!running) {
		fake_adapter_take_back(a, chain);
		return 0;
	}
	fake_adapter_interrupt(a);
	return n;
}

/* What the last callback gave has been dealt with when the next one comes: only
 * then is it over for the ledger and for a pause. */
VOID fake_adapter_poll(void *context, NDIS_POLL_DATA *data)
{
	struct fake_adapter *a = context;
	KIRQL irql = KeGetCurrentIrql();
	BOOLEAN over;

	if (InterlockedIncrement(&a->polls_inside) != 1)
		a->polls_overlapped = TRUE;
	NdisAcquireSpinLock(&a->lock);
	a->polls++;
	a->poll_irqls |= 1u << irql;
	a->completed += a->given;
	a->given = 0;
	if (a->on_poll == NULL) {
		data->Transmit.CompletedNblChain =
			cut(&a->done, data->Transmit.MaxNblsToComplete, &a->given);
		data->Transmit.NumberOfCompletedNbls = a->given;
		data->Receive.IndicatedNblChain =
			cut(&a->ready, data->Receive.MaxNblsToIndicate,
			    &data->Receive.NumberOfIndicatedNbls);
	}
	a->polled = data->Transmit.CompletedNblChain != NULL ||
		    data->Receive.IndicatedNblChain != NULL;
	over = pause_is_over(a);
	NdisReleaseSpinLock(&a->lock);
	if (a->on_poll != NULL)
		a->on_poll(a, data);
	InterlockedDecrement(&a->polls_inside);
	complete_pause(a, over);
}

VOID fake_adapter_notify(void *context, NDIS_POLL_NOTIFICATION *notification)
{
	struct fake_adapter *a = context;
	BOOLEAN waiting;

	NdisAcquireSpinLock(&a->lock);
	a->armed = notification->Enabled;
	waiting = a->armed && (a->ready != NULL || a->done != NULL);
	a->enables += a->armed;
	NdisReleaseSpinLock(&a->lock);
	if (waiting) /* since before the interrupt was enabled */
		fake_adapter_interrupt(a);
	else if (notification->Enabled)
		event_note("SetPollNotification", a, KeGetCurrentIrql());
}

/* ------------------------------------------------------------------------ pause */

BOOLEAN fake_adapter_stop(struct fake_adapter *a)
{
	NET_BUFFER_LIST *held, *done, *ready;
	BOOLEAN over;

	NdisAcquireSpinLock(&a->lock);
	a->running = FALSE;
	held = a->held;
	done = a->done;
	ready = a->ready;
	a->held = a->done = a->ready = NULL;
	NdisReleaseSpinLock(&a->lock);
	fake_adapter_complete_chain(a, held, NDIS_STATUS_PAUSED);
	fake_adapter_complete_chain(a, done, NDIS_STATUS_SUCCESS);
	fake_adapter_take_back(a, ready);
	NdisAcquireSpinLock(&a->lock);
	a->pausing = TRUE;
	over = pause_is_over(a);
	NdisReleaseSpinLock(&a->lock);
	return over;
}
