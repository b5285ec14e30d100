/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one beside the headers: Common.h means this one.
 */
#define NAME_NEAR_HEADER "inc"
