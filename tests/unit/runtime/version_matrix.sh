#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Compiles a small driver with every NDIS version macro, as a miniport, as a
# protocol or filter and as an intermediate driver, in C and in C++, the way
# drivers are built: -fshort-wchar -fms-extensions, all warnings. Checks the
# version numbers and NDIS_SUPPORT_ flags that come out, and that a version
# before 6.0 is refused. Compilers: CC and CXX. Prints one line of totals.
set -u

here=$(cd "$(dirname "$0")" && pwd)
ddk="$here/../../../runtime/include/ddk"
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
flags="-fshort-wchar -fms-extensions -Wall -Wextra -Wconversion -Werror -fsyntax-only -I$ddk"
versions="60:0 61:1 620:20 630:30 640:40 650:50 651:51 660:60 670:70 680:80 681:81 682:82
	683:83 684:84 685:85 686:86 687:87 688:88 689:89"

cat >"$tmp/driver.c" <<'DRIVER'
#include <ndis.h>

#ifdef WANT_MINIPORT
C_ASSERT(NDIS_MINIPORT_MAJOR_VERSION == 6);
C_ASSERT(NDIS_MINIPORT_MINOR_VERSION == WANT_MINIPORT);
static MINIPORT_PAUSE MPPause;
static NDIS_STATUS MPPause(NDIS_HANDLE MiniportAdapterContext,
			   PNDIS_MINIPORT_PAUSE_PARAMETERS PauseParameters)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(PauseParameters);
	return NDIS_STATUS_SUCCESS;
}
#else
C_ASSERT(WANT_PROTOCOL >= 0);
#ifdef NDIS_MINIPORT_MAJOR_VERSION
#error "a protocol driver has no miniport version"
#endif
#endif

#ifdef WANT_PROTOCOL
C_ASSERT(NDIS_PROTOCOL_MAJOR_VERSION == 6 && NDIS_FILTER_MAJOR_VERSION == 6);
C_ASSERT(NDIS_PROTOCOL_MINOR_VERSION == WANT_PROTOCOL);
C_ASSERT(NDIS_FILTER_MINOR_VERSION == WANT_PROTOCOL);
#endif

#if NDIS_SUPPORT_NDIS61 != (WANT_MINOR >= 1) || NDIS_SUPPORT_NDIS620 != (WANT_MINOR >= 20) || \
	NDIS_SUPPORT_NDIS630 != (WANT_MINOR >= 30) || NDIS_SUPPORT_NDIS685 != (WANT_MINOR >= 85)
#error "NDIS_SUPPORT_NDIS6xx does not follow the version"
#endif

EXTERN_C DRIVER_INITIALIZE DriverEntry;
EXTERN_C NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
#ifdef WANT_MINIPORT
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS chars;
	NDIS_HANDLE handle;

	NdisZeroMemory(&chars, sizeof(chars));
	chars.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS;
#if NDIS_SUPPORT_NDIS680
	chars.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_3;
	chars.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_3;
#elif NDIS_SUPPORT_NDIS61
	chars.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
	chars.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
#else
	chars.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1;
	chars.Header.Size = sizeof(NDIS_MINIPORT_DRIVER_CHARACTERISTICS);
#endif
	chars.MajorNdisVersion = NDIS_MINIPORT_MAJOR_VERSION;
	chars.MinorNdisVersion = NDIS_MINIPORT_MINOR_VERSION;
	chars.PauseHandler = MPPause;
	return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL, &chars, &handle);
#else
	NDIS_PROTOCOL_DRIVER_CHARACTERISTICS chars;
	NDIS_STRING name = NDIS_STRING_CONST("TINY");
	NDIS_HANDLE handle;

	UNREFERENCED_PARAMETER(DriverObject);
	UNREFERENCED_PARAMETER(RegistryPath);
	NdisZeroMemory(&chars, sizeof(chars));
	chars.Header.Type = NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS;
	chars.Header.Revision = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1;
	chars.Header.Size = NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1;
	chars.MajorNdisVersion = NDIS_PROTOCOL_MAJOR_VERSION;
	chars.MinorNdisVersion = NDIS_PROTOCOL_MINOR_VERSION;
	chars.Name = name;
	return NdisRegisterProtocolDriver(NULL, &chars, &handle);
#endif
}
DRIVER
cp "$tmp/driver.c" "$tmp/driver.cc"

passed=0
failed=0

# try NAME COMPILER FILE OPTION...: compiles, counts, shows what went wrong
try() {
	name=$1
	compiler=$2
	file=$3
	shift 3
	# shellcheck disable=SC2086
	if $compiler $flags "$@" "$tmp/$file" 2>"$tmp/errors"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $name ($compiler)"
		cat "$tmp/errors"
	fi
}

both() {
	name=$1
	shift
	try "$name in C" "${CC:-gcc} -std=gnu11" driver.c "$@"
	try "$name in C++" "${CXX:-g++} -std=gnu++17" driver.cc "$@"
}

for version in $versions; do
	macro=${version%%:*}
	minor=${version##*:}
	both "NDIS${macro}_MINIPORT" -DNDIS_MINIPORT_DRIVER=1 "-DNDIS${macro}_MINIPORT=1" \
		"-DWANT_MINIPORT=$minor" "-DWANT_MINOR=$minor"
	both "NDIS$macro" "-DNDIS$macro=1" "-DWANT_PROTOCOL=$minor" "-DWANT_MINOR=$minor"
done
both "intermediate" -DNDIS_MINIPORT_DRIVER=1 -DNDIS630_MINIPORT=1 -DNDIS61=1 \
	-DWANT_MINIPORT=30 -DWANT_PROTOCOL=1 -DWANT_MINOR=30

for old in NDIS51_MINIPORT NDIS50_MINIPORT NDIS50; do
	# shellcheck disable=SC2086
	if ${CC:-gcc} -std=gnu11 $flags "-D$old=1" -DWANT_MINIPORT=0 -DWANT_MINOR=0 \
		"$tmp/driver.c" 2>"$tmp/errors"; then
		failed=$((failed + 1))
		echo "FAILED: $old was accepted"
	elif grep -q 'NDIS before 6.0' "$tmp/errors"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $old is refused without saying why"
		cat "$tmp/errors"
	fi
done

echo "version matrix: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
