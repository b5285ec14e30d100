/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The trace preprocessor's flags and functions; the header that it would make of
 * the functions does not exist. Included by Common.h.
 */
#pragma once

#define TRACE_LEVEL_INFORMATION 4

#define WPP_CONTROL_GUIDS \
	WPP_DEFINE_CONTROL_GUID(Foreign, (12345678, 1234, 1234, 1234, 123456789abc), \
				WPP_DEFINE_BIT(DBG_ATTACH))

// begin_wpp config
// FUNC TraceEvents(LEVEL, FLAGS, MSG, ...);
// end_wpp
