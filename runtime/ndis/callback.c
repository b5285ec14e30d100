/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happens when a driver's callback returns at another IRQL or with a lock
 * held. The thread that called it.
 */
#include "callback.h"

#include "../ke/irql.h"

void nrt_callback_unbalanced(const struct nrt_callback *c)
{
	nrt_violation("MP-INI-11", "%s entered at IRQL %u returned at %u, holding %d spin locks more",
		      nrt_self.callback, c->irql, nrt_self.irql, (int)(nrt_self.locks - c->locks));
	nrt_self.locks = c->locks;
	if (nrt_self.irql > c->irql)
		nrt_irql_lower(c->irql);
	else
		nrt_irql_raise(c->irql);
}
