#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every benchmark, one after the other, and all their tables at the end. Builds first what is not
# built. Rounds as they come go to stderr, tables to stdout.
set -u

usage()
{
	cat <<EOF
usage: benchmarks/run.sh [--quick] [--noisy] [--json FILE] [--build DIR]
  --quick       a look, in under 5 minutes: 3 rounds of 0.4 s, and fewer rows; without it some
                40 minutes
  --noisy       judge neither the machine nor the figures, which then mean nothing: for tests
  --json FILE   write all records there, see benchmarks/record.py
  --build DIR   where Pollport is built (default build)

exit status: 0 done; 1 a benchmark failed, or the build; 2 bad usage or a program is missing;
             3 too few quiet rounds in one of them
EOF
}

fail()
{
	echo "benchmarks/run.sh: $1" >&2
	exit "${2:-1}"
}

quick=
noisy=
json=
build_dir=build
here=$PWD
while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=--quick ;;
	--noisy) noisy=--noisy ;;
	--json | --build)
		[ $# -ge 2 ] || fail "$1 needs a value; --help lists the options" 2
		[ "$1" = --json ] && json=$2 || build_dir=$2
		shift
		;;
	-h | --help)
		usage
		exit 0
		;;
	*) fail "unknown option $1; --help lists them" 2 ;;
	esac
	shift
done
if [ -n "$json" ]; then
	[[ $json = /* ]] || json=$here/$json
	[ -w "$(dirname "$json")" ] || fail "--json $json: its folder cannot be written to" 2
fi

cd "$(dirname "$0")/.." || exit 1
. tools/build.sh

built()
{
	local target targets=(apps/fwd/pollport-fwd miniport/pollport-miniport.so
		benchmarks/tsc-hz benchmarks/raw_pmd_loop benchmarks/raw_bridge_loop
		benchmarks/shortcut-miniport.so benchmarks/serialized-miniport.so)

	if [ ! -f "$build_dir/build.ninja" ]; then
		build_configure "$build_dir" || return
	fi
	# A target of a benchmark that this tree does not have is no loss.
	if [ -x benchmarks/send_queue ]; then
		target=$(ninja -C "$build_dir" -t targets all | sed -n 's/^\(.*send-queue-run\): .*/\1/p')
		targets+=(${target:+"$target"})
	fi
	build_compile "$build_dir" "${targets[@]}"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
worst=0
count=0

# bench TITLE PROGRAM ARGUMENTS...: its rounds as they come; keep its tables and records.
bench()
{
	local title=$1 program=$2 status

	shift 2
	count=$((count + 1))
	printf '\n== %s\n' "$title" >&2
	benchmarks/"$program" ${quick:+"$quick"} "$@" --json "$scratch/$count.json" \
		>"$scratch/$count.table"
	status=$?
	[ "$status" -eq 130 ] && exit 130
	# A machine that need not be quiet cannot fail to be.
	[ "$status" -eq 3 ] && [ -n "$noisy" ] && status=0
	if [ -s "$scratch/$count.table" ]; then
		printf '\n== %s\n' "$title" >>"$scratch/tables"
		cat "$scratch/$count.table" >>"$scratch/tables"
	fi
	case $status in
	0) ;;
	3) [ "$worst" -eq 0 ] && worst=3 ;;
	2) [ "$worst" -ne 1 ] && worst=2 ;;
	*) worst=1 ;;
	esac
}

built >&2 || fail "nothing was measured"
common=(${noisy:+"$noisy"} --build "$build_dir")
vs=("${common[@]}")
[ -n "$quick" ] && vs+=(--settings matched)
every_mode=(--mode io --mode mac --mode macswap --mode rxonly --mode txonly)

bench "against testpmd, net_null" vs_testpmd "${vs[@]}" "${every_mode[@]}"
[ -n "$quick" ] && every_mode=(--mode io --mode macswap)
bench "against testpmd, net_null, no hugepages" vs_testpmd "${vs[@]}" --pages 4k \
	"${every_mode[@]}"
bench "against testpmd, net_ring" vs_testpmd "${vs[@]}" --device ring --mode io --mode macswap
bench "against testpmd, software NIC 82599" vs_testpmd "${vs[@]}" --device softnic \
	--mode io --mode macswap --mode rxonly
bench "against testpmd, software NICs 82576 and 82574" vs_testpmd "${vs[@]}" --device softnic \
	--nic 82576 --nic 82574 --mode io
bench "bare rx_burst and tx_burst" raw_pmd "${common[@]}"
bench "full duplex: deserialized against serialized" full_duplex "${common[@]}"
bench "one core to two" scaling "${common[@]}"
if [ -x benchmarks/send_queue ]; then
	bench "the send queue" send_queue
fi

[ -f "$scratch/tables" ] && cat "$scratch/tables"
if [ -n "$json" ]; then
	records=("$scratch"/*.json)
	[ -f "${records[0]}" ] || fail "no benchmark left a record" "$((worst > 0 ? worst : 1))"
	benchmarks/record.py "$json" "${records[@]}" || worst=1
fi
exit "$worst"
