/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ways through an adapter's stack, chosen whenever its modules or their handlers
 * change. Control threads, under the adapter's pnp lock; the data path reads the result.
 */
#include "way.h"

#include "adapter.h"
#include "binding.h"
#include "driver.h"
#include "filter.h"

static struct nrt_filter *highest(const struct nrt_adapter *a)
{
	struct nrt_filter *f = a->filters;

	while (f != NULL && f->above != NULL)
		f = f->above;
	return f;
}

/* From @f on, which may be NULL. */
static void find_down(struct nrt_adapter *a, struct nrt_filter *f, struct nrt_ways_down *down)
{
	*down = (struct nrt_ways_down){ .send = { nrt_edge_send, a },
					.give_back = { nrt_edge_return, a },
					.cancel = { nrt_edge_cancel, a },
					.sent_to = a,
					.returned_to = a };
	/* From the far end: the last one found is the next one. */
	for (struct nrt_filter *at = a->filters; f != NULL && at != f->above; at = at->above) {
		const NDIS_FILTER_PARTIAL_CHARACTERISTICS *h = &at->handlers;

		if (h->SendNetBufferListsHandler != NULL) {
			down->send = (struct nrt_send_way){ h->SendNetBufferListsHandler,
							    at->context };
			down->sent_to = at;
		}
		if (h->ReturnNetBufferListsHandler != NULL) {
			down->give_back = (struct nrt_return_way){ h->ReturnNetBufferListsHandler,
								   at->context };
			down->returned_to = at;
		}
		if (h->CancelSendNetBufferListsHandler != NULL)
			down->cancel = (struct nrt_cancel_way){
				h->CancelSendNetBufferListsHandler, at->context
			};
	}
}

/* From @f on, which may be NULL. */
static void find_up(struct nrt_adapter *a, const struct nrt_filter *f, struct nrt_ways_up *up)
{
	*up = (struct nrt_ways_up){ .complete = { nrt_edge_complete, a },
				    .receive = { nrt_edge_receive, a } };
	for (struct nrt_filter *at = highest(a); f != NULL && at != f->below; at = at->below) {
		const NDIS_FILTER_PARTIAL_CHARACTERISTICS *h = &at->handlers;

		if (h->SendNetBufferListsCompleteHandler != NULL) {
			up->complete = (struct nrt_complete_way){
				h->SendNetBufferListsCompleteHandler, at->context
			};
			up->completed_to = at;
		}
		if (h->ReceiveNetBufferListsHandler != NULL) {
			up->receive = (struct nrt_receive_way){ h->ReceiveNetBufferListsHandler,
								at->context };
			up->received_by = at;
		}
	}
}

void nrt_ways_for(struct nrt_binding *b)
{
	struct nrt_adapter *a = b->adapter;

	find_down(a, highest(a), &b->down);
	/* Past the edge's own accounts, which the binding's functions keep at once. */
	b->filtered_send = b->down.sent_to != a;
	b->filtered_return = b->down.returned_to != a;
	if (!b->filtered_send)
		b->down.send = (struct nrt_send_way){ a->driver->chars.SendNetBufferListsHandler,
						      a->context };
	if (!b->filtered_return)
		b->down.give_back = (struct nrt_return_way){
			a->driver->chars.ReturnNetBufferListsHandler, a->context
		};
}

void nrt_ways_build(struct nrt_adapter *a)
{
	nrt_adapter_quiesce(a);
	for (struct nrt_filter *f = a->filters; f != NULL; f = f->above) {
		find_down(a, f->below, &f->down);
		find_up(a, f->above, &f->up);
	}
	find_up(a, a->filters, &a->up);
	find_down(a, highest(a), &a->down);
	a->filtered_complete = a->up.completed_to != NULL;
	a->filtered_receive = a->up.received_by != NULL;
	pthread_mutex_lock(&a->lock);
	for (struct nrt_binding *b = a->bindings; b != NULL; b = b->next)
		nrt_ways_for(b);
	pthread_mutex_unlock(&a->lock);
}
