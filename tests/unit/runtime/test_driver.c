/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loading and unloading drivers: what DriverEntry may do, how it may fail, and
 * what characteristics are taken. Rules MP-REG-01 to -05, PR-REG-01, RS-NB-11.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "contract.h"
#include <criterion/parameterized.h>

TestSuite(driver, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct fake_miniport m;
static struct fake_protocol p;
static struct nrt_driver *driver;

/* --------------------------------------------------------- a good life, and none */

Test(driver, MP_REG_02_a_miniport_is_registered_by_its_entry_and_deregistered_by_its_unload)
{
	cr_assert_eq(load_miniport(&m, &driver), 0);
	cr_expect_eq(m.register_status, NDIS_STATUS_SUCCESS);
	cr_expect_not_null(m.handle);
	cr_expect_eq(m.set_options_calls, 1);
	cr_assert_eq(unload_miniport(&m, driver), 0);
	cr_expect_eq(event_count("MiniportDriverUnload", &m), 1);
	cr_expect(event_irql_is("MiniportDriverUnload", PASSIVE_LEVEL));
}

Test(driver, MP_REG_02_an_unload_that_does_not_deregister_is_reported)
{
	m.forgets_to_deregister = TRUE;
	cr_assert_eq(load_miniport(&m, &driver), 0);
	cr_assert_eq(unload_miniport(&m, driver), 0);
	cr_expect(violations_are("MP-REG-02", NULL));
}

Test(driver, MP_REG_02_deregistering_twice_is_reported)
{
	m.deregisters_twice = TRUE;
	cr_assert_eq(load_miniport(&m, &driver), 0);
	cr_assert_eq(unload_miniport(&m, driver), 0);
	cr_expect(violations_are("MP-REG-02", NULL));
}

Test(driver, MP_UNL_01_a_driver_with_an_adapter_is_not_unloaded)
{
	static struct fake_adapter a;
	struct nrt_adapter *adapter;

	cr_assert_eq(load_miniport(&m, &driver), 0);
	cr_assert_eq(add_adapter(&m, &a, driver, "nic0", &adapter), 0);
	cr_expect_eq(unload_miniport(&m, driver), -EBUSY);
	cr_expect_eq(event_count("MiniportDriverUnload", &m), 0);
	cr_assert_eq(nrt_adapter_remove(adapter), 0);
	cr_expect_eq(unload_miniport(&m, driver), 0);
}

Test(driver, the_runtime_does_not_end_while_a_driver_is_loaded)
{
	cr_assert_eq(load_miniport(&m, &driver), 0);
	cr_expect_eq(nrt_fini(), -EBUSY);
	cr_expect_eq(unload_miniport(&m, driver), 0);
}

Test(driver, a_protocol_is_no_target_for_an_adapter)
{
	static struct fake_adapter a;
	struct nrt_adapter *adapter;

	cr_assert_eq(load_protocol(&p, &driver), 0);
	cr_expect_eq(add_adapter(&m, &a, driver, "nic0", &adapter), -EINVAL);
	cr_expect_eq(unload_protocol(&p, driver), 0);
}

Test(driver, a_file_that_is_not_there_is_not_loaded)
{
	cr_expect_eq(nrt_driver_load("/nonexistent/driver.so", &driver), -ENOENT);
	cr_expect(strstr(nrt_last_error(), "/nonexistent/driver.so") != NULL);
}

/* ------------------------------------------------------------ failing DriverEntry */

Test(driver, MP_REG_01_a_failing_entry_that_cleans_up_leaves_nothing)
{
	m.entry_status = NDIS_STATUS_FAILURE;
	cr_expect_eq(load_miniport(&m, &driver), -EINVAL);
	cr_expect(strstr(nrt_last_error(), "0xC0000001") != NULL, "%s", nrt_last_error());
}

Test(driver, MP_REG_01_a_failing_entry_that_stays_registered_is_reported)
{
	m.entry_status = NDIS_STATUS_RESOURCES;
	m.forgets_to_deregister = TRUE;
	cr_expect_eq(load_miniport(&m, &driver), -EINVAL);
	cr_expect(violations_are("MP-REG-01", NULL));
}

Test(driver, MP_REG_05_an_entry_that_returns_pending_is_reported_and_fails)
{
	m.entry_status = NDIS_STATUS_PENDING;
	cr_expect_eq(load_miniport(&m, &driver), -EINVAL);
	cr_expect(violations_are("MP-REG-05", NULL));
}

Test(driver, a_failing_set_options_undoes_the_registration)
{
	m.set_options_status = NDIS_STATUS_RESOURCES;
	cr_expect_eq(load_miniport(&m, &driver), -EINVAL);
	cr_expect_eq(m.register_status, NDIS_STATUS_RESOURCES);
	cr_expect_eq(m.set_options_calls, 1);
}

/* ------------------------------------------------------ miniport characteristics */

static size_t cleared; /* offset of the handler that is missing */

static void clear_handler(NDIS_MINIPORT_DRIVER_CHARACTERISTICS *chars)
{
	memset((char *)chars + cleared, 0, sizeof(void *));
}

#define HANDLER(name) offsetof(NDIS_MINIPORT_DRIVER_CHARACTERISTICS, name)

ParameterizedTestParameters(driver, MP_REG_03_each_mandatory_handler_is_asked_for)
{
	static size_t handlers[] = {
		HANDLER(InitializeHandlerEx),
		HANDLER(HaltHandlerEx),
		HANDLER(UnloadHandler),
		HANDLER(PauseHandler),
		HANDLER(RestartHandler),
		HANDLER(OidRequestHandler),
		HANDLER(SendNetBufferListsHandler),
		HANDLER(ReturnNetBufferListsHandler),
		HANDLER(CancelSendHandler),
		HANDLER(DevicePnPEventNotifyHandler),
		HANDLER(ShutdownHandlerEx),
		HANDLER(CancelOidRequestHandler),
	};

	return cr_make_param_array(size_t, handlers, sizeof(handlers) / sizeof(handlers[0]));
}

ParameterizedTest(size_t *handler, driver, MP_REG_03_each_mandatory_handler_is_asked_for)
{
	cleared = *handler;
	m.mutate = clear_handler;
	cr_expect_eq(load_miniport(&m, &driver), -EINVAL);
	cr_expect_eq(m.register_status, NDIS_STATUS_BAD_CHARACTERISTICS);
	cr_expect(violations_are("MP-REG-03", NULL));
}

ParameterizedTestParameters(driver, MP_REG_03_optional_handlers_may_be_missing)
{
	static size_t handlers[] = {
		HANDLER(SetOptionsHandler),
		HANDLER(CheckForHangHandlerEx),
		HANDLER(ResetHandlerEx),
		HANDLER(DirectOidRequestHandler),
		HANDLER(CancelDirectOidRequestHandler),
		HANDLER(SynchronousOidRequestHandler),
	};

	return cr_make_param_array(size_t, handlers, sizeof(handlers) / sizeof(handlers[0]));
}

ParameterizedTest(size_t *handler, driver, MP_REG_03_optional_handlers_may_be_missing)
{
	cleared = *handler;
	m.mutate = clear_handler;
	cr_assert_eq(load_miniport(&m, &driver), 0);
	cr_expect_eq(unload_miniport(&m, driver), 0);
}

static VOID cancel_direct_oid(NDIS_HANDLE context, PVOID request_id)
{
	(void)context;
	(void)request_id;
}

static void cancel_direct_only(NDIS_MINIPORT_DRIVER_CHARACTERISTICS *chars)
{
	chars->CancelDirectOidRequestHandler = cancel_direct_oid;
}

Test(driver, MP_REG_03_cancelling_direct_requests_without_handling_any_is_refused)
{
	m.mutate = cancel_direct_only;
	cr_expect_eq(load_miniport(&m, &driver), -EINVAL);
	cr_expect_eq(m.register_status, NDIS_STATUS_BAD_CHARACTERISTICS);
	cr_expect(violations_are("MP-REG-03", NULL));
}

struct header_case {
	int type, revision, size; /* changes to a good header */
};

static struct header_case header;

static void change_header(NDIS_MINIPORT_DRIVER_CHARACTERISTICS *chars)
{
	chars->Header.Type = (UCHAR)(chars->Header.Type + header.type);
	chars->Header.Revision = (UCHAR)(chars->Header.Revision + header.revision);
	chars->Header.Size = (USHORT)(chars->Header.Size + header.size);
}

ParameterizedTestParameters(driver, RS_NB_11_malformed_characteristics_headers_are_refused)
{
	static struct header_case cases[] = {
		{ 1, 0, 0 }, { 0, -2, 0 }, { 0, 2, 0 }, { 0, 0, -1 }, { 0, 1, 0 },
	};

	return cr_make_param_array(struct header_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct header_case *c, driver,
		  RS_NB_11_malformed_characteristics_headers_are_refused)
{
	header = *c;
	m.mutate = change_header;
	cr_expect_eq(load_miniport(&m, &driver), -EINVAL);
	cr_expect_eq(m.register_status, NDIS_STATUS_BAD_CHARACTERISTICS);
	cr_expect(violations_are("RS-NB-11", NULL));
}

struct version_case {
	UCHAR major, minor, revision;
};

ParameterizedTestParameters(driver, MP_REG_03_every_known_version_is_taken)
{
	static struct version_case versions[] = {
		{ 6, 0, 0 },  { 6, 1, 0 },  { 6, 20, 0 }, { 6, 30, 0 }, { 6, 40, 0 },
		{ 6, 50, 0 }, { 6, 60, 0 }, { 6, 70, 0 }, { 6, 80, 0 }, { 6, 85, 0 },
		/* an old revision with a new version, as built by old headers */
		{ 6, 30, 1 }, { 6, 85, 2 },
	};

	return cr_make_param_array(struct version_case, versions,
				   sizeof(versions) / sizeof(versions[0]));
}

ParameterizedTest(struct version_case *v, driver, MP_REG_03_every_known_version_is_taken)
{
	m.major = v->major;
	m.minor = v->minor;
	m.revision = v->revision;
	cr_assert_eq(load_miniport(&m, &driver), 0, "%s", nrt_last_error());
	cr_expect_eq(unload_miniport(&m, driver), 0);
}

ParameterizedTestParameters(driver, MP_REG_03_an_unknown_version_is_refused)
{
	static struct version_case versions[] = {
		{ 5, 1, 1 }, { 4, 0, 1 }, { 6, 2, 1 }, { 6, 99, 1 }, { 7, 0, 1 }, { 10, 0, 1 },
	};

	return cr_make_param_array(struct version_case, versions,
				   sizeof(versions) / sizeof(versions[0]));
}

ParameterizedTest(struct version_case *v, driver, MP_REG_03_an_unknown_version_is_refused)
{
	m.major = v->major;
	m.minor = v->minor;
	m.revision = v->revision;
	cr_expect_eq(load_miniport(&m, &driver), -EINVAL);
	cr_expect_eq(m.register_status, NDIS_STATUS_BAD_VERSION);
	cr_expect(violations_are("MP-REG-03", NULL));
}

Test(driver, MP_REG_04_the_handlers_cannot_change_after_registration)
{
	static struct fake_adapter a;
	struct nrt_adapter *adapter;

	cr_assert_eq(load_miniport(&m, &driver), 0);
	memset(&m.chars, 0, sizeof(m.chars)); /* the runtime has a copy */
	cr_assert_eq(add_adapter(&m, &a, driver, "nic0", &adapter), 0);
	cr_expect_eq(event_count("MiniportRestart", &a), 1);
	cr_expect_eq(nrt_adapter_remove(adapter), 0);
	cr_expect_eq(unload_miniport(&m, driver), 0);
}

static NDIS_STATUS second_status;

static void register_twice(NDIS_MINIPORT_DRIVER_CHARACTERISTICS *chars)
{
	/* from within the entry, but not with the entry's driver object */
	static DRIVER_OBJECT other;
	NDIS_HANDLE handle;

	second_status = NdisMRegisterMiniportDriver(&other, NULL, NULL, chars, &handle);
}

Test(driver, MP_REG_01_only_the_entry_registers_with_its_own_object)
{
	m.mutate = register_twice;
	cr_assert_eq(load_miniport(&m, &driver), 0);
	cr_expect_neq(second_status, NDIS_STATUS_SUCCESS);
	cr_expect_eq(unload_miniport(&m, driver), 0);
}

/* ------------------------------------------------------ protocol characteristics */

Test(driver, PR_REG_01_a_protocol_comes_and_goes)
{
	cr_assert_eq(load_protocol(&p, &driver), 0);
	cr_expect_eq(p.register_status, NDIS_STATUS_SUCCESS);
	cr_expect_eq(unload_protocol(&p, driver), 0);
	cr_expect_eq(event_count("ProtocolUnload", &p), 1);
}

Test(driver, PR_REG_01_a_failing_entry_that_stays_registered_is_reported)
{
	p.entry_status = NDIS_STATUS_FAILURE;
	p.forgets_to_deregister = TRUE;
	cr_expect_eq(load_protocol(&p, &driver), -EINVAL);
	cr_expect(violations_are("PR-REG-01", NULL));
}

Test(driver, PR_REG_01_a_failing_entry_that_cleans_up_leaves_nothing)
{
	p.entry_status = NDIS_STATUS_FAILURE;
	cr_expect_eq(load_protocol(&p, &driver), -EINVAL);
}

Test(driver, PR_REG_01_an_unload_that_does_not_deregister_is_reported)
{
	p.forgets_to_deregister = TRUE;
	cr_assert_eq(load_protocol(&p, &driver), 0);
	cr_expect_eq(unload_protocol(&p, driver), 0);
	cr_expect(violations_are("PR-REG-01", NULL));
}

Test(driver, PR_REG_01_deregistering_twice_is_reported)
{
	p.deregisters_twice = TRUE;
	cr_assert_eq(load_protocol(&p, &driver), 0);
	cr_expect_eq(unload_protocol(&p, driver), 0);
	cr_expect(violations_are("PR-REG-01", NULL));
}

static void clear_protocol_handler(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *chars)
{
	memset((char *)chars + cleared, 0, sizeof(void *));
}

#define PROTOCOL_HANDLER(name) offsetof(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, name)

ParameterizedTestParameters(driver, PR_REG_01_each_mandatory_protocol_handler_is_asked_for)
{
	static size_t handlers[] = {
		PROTOCOL_HANDLER(BindAdapterHandlerEx),
		PROTOCOL_HANDLER(UnbindAdapterHandlerEx),
		PROTOCOL_HANDLER(OpenAdapterCompleteHandlerEx),
		PROTOCOL_HANDLER(CloseAdapterCompleteHandlerEx),
		PROTOCOL_HANDLER(NetPnPEventHandler),
		PROTOCOL_HANDLER(OidRequestCompleteHandler),
		PROTOCOL_HANDLER(StatusHandlerEx),
		PROTOCOL_HANDLER(ReceiveNetBufferListsHandler),
		PROTOCOL_HANDLER(SendNetBufferListsCompleteHandler),
	};

	return cr_make_param_array(size_t, handlers, sizeof(handlers) / sizeof(handlers[0]));
}

ParameterizedTest(size_t *handler, driver, PR_REG_01_each_mandatory_protocol_handler_is_asked_for)
{
	cleared = *handler;
	p.mutate = clear_protocol_handler;
	cr_expect_eq(load_protocol(&p, &driver), -EINVAL);
	cr_expect_eq(p.register_status, NDIS_STATUS_BAD_CHARACTERISTICS);
	cr_expect(violations_are("PR-REG-01", NULL));
}

static void change_protocol_header(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *chars)
{
	chars->Header.Type = (UCHAR)(chars->Header.Type + header.type);
	chars->Header.Revision = (UCHAR)(chars->Header.Revision + header.revision);
	chars->Header.Size = (USHORT)(chars->Header.Size + header.size);
}

ParameterizedTestParameters(driver, RS_NB_11_malformed_protocol_headers_are_refused)
{
	static struct header_case cases[] = {
		{ 1, 0, 0 }, { 0, -1, 0 }, { 0, 2, 0 }, { 0, 0, -1 }, { 0, 1, 0 },
	};

	return cr_make_param_array(struct header_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct header_case *c, driver, RS_NB_11_malformed_protocol_headers_are_refused)
{
	header = *c;
	p.mutate = change_protocol_header;
	cr_expect_eq(load_protocol(&p, &driver), -EINVAL);
	cr_expect_eq(p.register_status, NDIS_STATUS_BAD_CHARACTERISTICS);
	cr_expect(violations_are("RS-NB-11", NULL));
}

Test(driver, PR_REG_01_a_protocol_of_an_unknown_version_is_refused)
{
	p.major = 6;
	p.minor = 3;
	cr_expect_eq(load_protocol(&p, &driver), -EINVAL);
	cr_expect_eq(p.register_status, NDIS_STATUS_BAD_VERSION);
	cr_expect(violations_are("PR-REG-01", NULL));
}

Test(driver, PR_REG_01_a_protocol_whose_set_options_fails_is_not_registered)
{
	p.set_options_status = NDIS_STATUS_RESOURCES;
	cr_expect_eq(load_protocol(&p, &driver), -EINVAL);
	cr_expect_eq(p.register_status, NDIS_STATUS_RESOURCES);
}
