#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# See Pollport run: installs what is missing, builds, and lets pollport-fwd forward between two
# software NICs, both ways at 10 Gbit/s, for a few seconds. Needs no NIC, no hugepages, and no root
# once the packages are there. The exit status is pollport-fwd's.
set -u

usage()
{
	cat <<EOF
usage: tools/demo.sh [--seconds N] [--build-dir DIR]
  --seconds N       forward for N seconds (default 10)
  --build-dir DIR   build there (default build)
EOF
}

fail()
{
	echo "tools/demo.sh: $1" >&2
	exit "${2:-1}"
}

seconds=10
build_dir=build
while [ $# -gt 0 ]; do
	case $1 in
	--seconds | --build-dir)
		[ $# -ge 2 ] || fail "$1 needs a value" 2
		[ "$1" = --seconds ] && seconds=$2 || build_dir=$2
		shift 2
		;;
	-h | --help)
		usage
		exit 0
		;;
	*) fail "unknown option $1; --help lists them" 2 ;;
	esac
done
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "--seconds wants a whole number from 1 up, not '$seconds'" 2

cd "$(dirname "$0")/.." || exit 1
. tools/deps.sh
. tools/build.sh

# The first two processors this process may use, "0,1", or one twice where there is but one.
two_cpus()
{
	local list cpus=() range

	list=$(awk '/^Cpus_allowed_list/ { print $2 }' /proc/self/status)
	for range in ${list//,/ }; do
		mapfile -t -O ${#cpus[@]} cpus < <(seq "${range%-*}" "${range#*-}")
	done
	echo "${cpus[0]} ${cpus[1]:-${cpus[0]}}"
}

deps_install "${DEPS_BUILD[@]}" || exit 1
build_configure "$build_dir" || exit 1
build_compile "$build_dir" || exit 1

# EAL keeps its files in /var/run for root and in XDG_RUNTIME_DIR for others; containers and
# su often leave a user without one.
scratch=$(mktemp -d) || exit 1
if [ ! -w "${XDG_RUNTIME_DIR:-/nonexistent}" ]; then
	export XDG_RUNTIME_DIR=$scratch
fi
prefix=pollport-demo-$$
runtime_dir=$XDG_RUNTIME_DIR
[ "$(id -u)" -ne 0 ] || runtime_dir=/var/run
trap 'rm -rf "$scratch" "$runtime_dir/dpdk/$prefix"' EXIT

read -r main_cpu poll_cpu < <(two_cpus)
nic=type=82599,generate=imix,rate=10g,iommu=range
# One core polls; the NICs take the other, or run in the poller where there is no other.
if [ "$main_cpu" = "$poll_cpu" ]; then nic+=,run=poll; else nic+=,run=thread; fi
command=("$build_dir/apps/fwd/pollport-fwd" --no-huge -m 512 --no-pci --file-prefix="$prefix"
	--lcores="0@$main_cpu,1@$poll_cpu" --log-level=error
	--vdev="net_softnic0,$nic" --vdev="net_softnic1,$nic" --
	--forward-mode=macswap --nb-cores=1 --rxd=1024 --txd=1024
	--stats-period=1 --duration="$seconds")
echo "pollport: real: DPDK's net_ixgbe, the NDIS runtime, the miniport, the forwarder;" \
	"modelled: two 82599 NICs and their wires, IMIX at 10 Gbit/s each way"
echo "pollport: running ${command[*]}"
"${command[@]}"
