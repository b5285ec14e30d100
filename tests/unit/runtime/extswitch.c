/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bed of the extensible switch's tests.
 */
#include "extswitch.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int load_extension(struct fake_extension *e, struct nrt_driver **driver)
{
	fake_extension_image = e;
	return nrt_driver_load_linked("fake extension", (nrt_driver_entry)fake_extension_entry,
				      driver);
}

int unload_extension(struct fake_extension *e, struct nrt_driver *driver)
{
	fake_extension_image = e;
	return nrt_driver_unload(driver);
}

NDIS_STATUS noted[NOTED];
unsigned int n_noted;

void note(NDIS_STATUS status)
{
	if (n_noted < NOTED)
		noted[n_noted++] = status;
}

static void take(void *context, const struct nrt_switch_frame *frame)
{
	struct bed_nic *nic = context;

	nic->got++;
	if (nic->counts_only)
		return;
	nic->length = frame->length;
	if (frame->length == BED_FRAME)
		memcpy(nic->last, frame->data, BED_FRAME);
	nic->from = frame->source_port;
	nic->from_nic = frame->source_nic;
	nic->tag = frame->tag;
}

int bed_port(struct bed *bed, unsigned int port)
{
	char name[16];

	snprintf(name, sizeof(name), "port %u", port);
	return nrt_switch_port_add(bed->sw, port, NRT_SWITCH_SYNTHETIC, name);
}

int bed_connect(struct bed *bed, unsigned int port)
{
	struct bed_nic *nic = &bed->nic[port];
	struct nrt_switch_nic_options options = {
		.port = port,
		.kind = NRT_SWITCH_SYNTHETIC,
		.name = "vm",
		.deliver = take,
		.context = nic,
	};

	nic->mac[0] = 2;
	nic->mac[5] = (UCHAR)port;
	if (bed->macs_known)
		memcpy(options.mac, nic->mac, 6);
	return nrt_switch_nic_connect(bed->sw, &options, &nic->handle);
}

void bed_up(struct bed *bed)
{
	for (unsigned int i = 0; i < bed->n_extensions; i++)
		cr_assert_eq(load_extension(&bed->e[i], &bed->driver[i]), 0, "%s",
			     nrt_last_error());
	if (bed->options.name == NULL)
		bed->options.name = "switch0";
	cr_assert_eq(nrt_switch_create(&bed->options, &bed->sw), 0, "%s", nrt_last_error());
	for (unsigned int port = 1; port <= bed->n_nics; port++) {
		cr_assert_eq(bed_port(bed, port), 0, "%s", nrt_last_error());
		cr_assert_eq(bed_connect(bed, port), 0, "%s", nrt_last_error());
	}
}

void bed_down(struct bed *bed)
{
	nrt_switch_destroy(bed->sw);
	for (unsigned int i = 0; i < bed->n_extensions; i++)
		cr_expect_eq(unload_extension(&bed->e[i], bed->driver[i]), 0, "%s",
			     nrt_last_error());
}

void bed_frame(UCHAR frame[BED_FRAME], const UCHAR dst[6], const UCHAR src[6])
{
	memset(frame, 0xA5, BED_FRAME);
	memcpy(frame, dst, 6);
	memcpy(frame + 6, src, 6);
	frame[12] = 0x88;
	frame[13] = 0xB5;
}

int bed_send_many(struct bed *bed, unsigned int port, const UCHAR dst[6], unsigned int n)
{
	UCHAR frame[BED_FRAME];
	struct iovec frames[64];

	bed_frame(frame, dst, bed->nic[port].mac);
	for (unsigned int i = 0; i < n; i++)
		frames[i] = (struct iovec){ frame, BED_FRAME };
	return nrt_switch_nic_send(bed->nic[port].handle, frames, n);
}

int bed_send(struct bed *bed, unsigned int port, const UCHAR dst[6])
{
	return bed_send_many(bed, port, dst, 1);
}

bool bed_got(const struct bed *bed, ...)
{
	bool right = true;
	va_list args;
	int wanted;

	va_start(args, bed);
	for (unsigned int port = 1; (wanted = va_arg(args, int)) >= 0; port++) {
		unsigned int got = bed->nic[port].got;

		if (got != (unsigned int)wanted)
			fprintf(stderr, "NIC %u got %u, not %d\n", port, got, wanted);
		right = right && got == (unsigned int)wanted;
	}
	va_end(args);
	return right;
}

struct nrt_switch_counters bed_counters(struct bed *bed)
{
	struct nrt_switch_counters counters;

	nrt_switch_counters(bed->sw, &counters);
	return counters;
}
