/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sample filter between a fake miniport and a fake protocol: it breaks no rule, lets
 * everything pass, and tells applications the counts.
 */
#include <errno.h>

#include <nrt/nrt_device.h>

#include "contract.h"
#include "passthru.h"

DRIVER_INITIALIZE passthru_entry;

TestSuite(passthru, .init = contract_start, .fini = contract_end, .timeout = 120);

static struct stack s;
static struct nrt_driver *filter;
static struct nrt_device_file *file;

static struct fake_binding *up(void)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	cr_assert_eq(nrt_driver_load_linked("passthru", (nrt_driver_entry)passthru_entry, &filter),
		     0, "%s", nrt_last_error());
	stack_up(&s);
	cr_assert_eq(nrt_device_open("PassThru", NRT_DEVICE_READ | NRT_DEVICE_WRITE, &file), 0,
		     "%s", nrt_last_error());
	return b;
}

static void down(void)
{
	stack_down(&s);
	if (file != NULL)
		cr_expect_eq(nrt_device_close(file), 0);
	cr_expect_eq(nrt_driver_unload(filter), 0, "%s", nrt_last_error());
	cr_expect(no_violations());
}

static PASSTHRU_STATISTICS statistics(void)
{
	struct nrt_device_result result;
	PASSTHRU_STATISTICS p[2];

	cr_assert_eq(nrt_device_ioctl(file, IOCTL_PASSTHRU_QUERY_STATISTICS, NULL, 0, p, sizeof(p),
				      NRT_DEVICE_FOREVER, &result),
		     0, "%s", nrt_last_error());
	cr_assert_eq(result.bytes, sizeof(p[0]), "one module");
	return p[0];
}

Test(passthru, everything_passes_and_is_counted)
{
	struct fake_binding *b = up();
	PASSTHRU_STATISTICS p;

	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 7, 0), 0);
	fake_adapter_indicate(&s.a, broadcast_mac, 5, 0, 0);
	fake_adapter_indicate(&s.a, broadcast_mac, 3, 5, NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_expect_eq(b->completed, 7);
	cr_expect_eq(b->received, 5);
	cr_expect_eq(b->received_resources, 3);
	p = statistics();
	cr_expect_eq(p.FramesSent, 7);
	cr_expect_eq(p.BytesSent, 7 * 60);
	cr_expect_eq(p.SendsFailed, 0);
	cr_expect_eq(p.FramesReceived, 8);
	cr_expect_eq(p.BytesReceived, 8 * 60);
	cr_expect_gt(p.Requests, 0, "the packet filter went by");
	cr_expect_eq(p.AdapterName[0], L'n');
	cr_expect_eq(p.AdapterName[4], 0);
	fake_adapter_link(&s.a, FALSE, 0);
	cr_expect_eq(statistics().StatusIndications, p.StatusIndications + 1);
	cr_expect_eq(b->last_status, NDIS_STATUS_LINK_STATE);
	down();
}

Test(passthru, counts_can_be_cleared)
{
	struct fake_binding *b = up();

	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 7, 0), 0);
	cr_assert_eq(nrt_device_ioctl(file, IOCTL_PASSTHRU_CLEAR_STATISTICS, NULL, 0, NULL, 0,
				      NRT_DEVICE_FOREVER, NULL),
		     0);
	cr_expect_eq(statistics().FramesSent, 0);
	cr_expect_eq(statistics().BytesSent, 0);
	down();
}

Test(passthru, sends_that_fail_are_counted_apart)
{
	struct fake_binding *b = up();

	s.a.send_status = NDIS_STATUS_FAILURE;
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 2, 0), 0);
	cr_expect_eq(statistics().SendsFailed, 2);
	cr_expect_eq(statistics().FramesSent, 0);
	down();
}

Test(passthru, bad_control_codes_and_buffers_are_refused)
{
	UCHAR small[16];

	up();
	cr_expect_eq(nrt_device_ioctl(file, IOCTL_PASSTHRU_QUERY_STATISTICS, NULL, 0, small,
				      sizeof(small), NRT_DEVICE_FOREVER, NULL),
		     -EMSGSIZE);
	cr_expect_eq(nrt_device_ioctl(file, CTL_CODE(FILE_DEVICE_NETWORK, 0x8FF, METHOD_BUFFERED,
						     FILE_ANY_ACCESS),
				      NULL, 0, NULL, 0, NRT_DEVICE_FOREVER, NULL),
		     -EOPNOTSUPP);
	down();
}

Test(passthru, a_driver_whose_device_is_open_stays)
{
	up();
	stack_down(&s);
	cr_expect_eq(nrt_driver_unload(filter), -EBUSY);
	cr_expect_eq(nrt_device_close(file), 0);
	file = NULL;
	cr_expect_eq(nrt_driver_unload(filter), 0);
	cr_expect(no_violations());
}

Test(passthru, FL_PAU_03_pauses_under_traffic_leave_nothing_behind)
{
	struct fake_binding *b = up();
	struct traffic traffic;

	traffic_start(&traffic, b, &s.a);
	for (unsigned int i = 0; i < 200; i++) {
		cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
		cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	}
	traffic_end(&traffic);
	cr_expect_eq(b->sent, b->completed);
	cr_expect_eq(b->received, b->returned);
	down();
}
