/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one beside the sources: driver.c means this one.
 */
#define NAME_NEAR_SOURCE "src"
