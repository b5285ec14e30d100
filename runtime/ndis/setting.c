/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What protocols have set in the miniport, for a reset that loses it. The list is
 * in the order of the sets, which is the order they are done again in.
 */
#include "setting.h"

#include <stdlib.h>
#include <string.h>

bool nrt_setting_copy(const NDIS_OID_REQUEST *r, struct nrt_setting **copy)
{
	ULONG length = r->DATA.SET_INFORMATION.InformationBufferLength;
	struct nrt_setting *s;

	*copy = NULL;
	if (r->RequestType != NdisRequestSetInformation)
		return true;
	switch (r->DATA.SET_INFORMATION.Oid) {
	case OID_OFFLOAD_ENCAPSULATION:
	case OID_PNP_ADD_WAKE_UP_PATTERN:
	case OID_PNP_REMOVE_WAKE_UP_PATTERN:
		break;
	default:
		return true;
	}
	s = malloc(sizeof(*s) + length);
	if (s == NULL)
		return false;
	s->oid = r->DATA.SET_INFORMATION.Oid;
	s->length = length;
	if (length != 0)
		memcpy(s->data, r->DATA.SET_INFORMATION.InformationBuffer, length);
	*copy = s;
	return true;
}

/* Encapsulation has one value; a pattern is added or removed by its contents. */
static bool replaces(const struct nrt_setting *s, const struct nrt_setting *old)
{
	if (s->oid == OID_OFFLOAD_ENCAPSULATION)
		return old->oid == OID_OFFLOAD_ENCAPSULATION;
	return old->oid == OID_PNP_ADD_WAKE_UP_PATTERN && old->length == s->length &&
	       memcmp(old->data, s->data, s->length) == 0;
}

void nrt_setting_keep(struct nrt_setting **list, struct nrt_setting *s)
{
	while (*list != NULL) {
		struct nrt_setting *old = *list;

		if (!replaces(s, old)) {
			list = &old->next;
			continue;
		}
		*list = old->next;
		free(old);
	}
	if (s->oid == OID_PNP_REMOVE_WAKE_UP_PATTERN) {
		free(s);
		return;
	}
	s->next = NULL;
	*list = s;
}

void nrt_settings_free(struct nrt_setting **list)
{
	while (*list != NULL) {
		struct nrt_setting *s = *list;

		*list = s->next;
		free(s);
	}
}
