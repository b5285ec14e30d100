#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Test Pollport: installs what is missing, builds, runs every test, and ends in a line
# `N passed, N failed`. Needs no NIC and no hugepages; tests that need root skip without it.
set -u

usage()
{
	cat <<EOF
usage: tools/test.sh [--sanitize] [--werror] [--build-dir DIR] [--suite NAME]...
  --sanitize        build with AddressSanitizer and UndefinedBehaviorSanitizer, in build-asan
  --werror          warnings fail the build
  --build-dir DIR   build there (default build, or build-asan)
  --suite NAME      only this suite: unit, contract, softnic, model, integration, vm, lint,
                    oracle or windows; without it all run, but for vm under --sanitize
EOF
}

fail()
{
	echo "tools/test.sh: $1" >&2
	echo "0 passed, 1 failed"
	exit "${2:-1}"
}

build_dir=
options=()
patience=1
suites=()
while [ $# -gt 0 ]; do
	case $1 in
	--sanitize)
		# Without lundef=false the libraries would have to resolve the sanitizers themselves.
		options+=("-Db_sanitize=address,undefined" -Db_lundef=false)
		: "${build_dir:=build-asan}"
		patience=3
		;;
	--werror) options+=(-Dwerror=true) ;;
	--build-dir | --suite)
		[ $# -ge 2 ] || fail "$1 needs a value" 2
		[ "$1" = --build-dir ] && build_dir=$2 || suites+=(--suite "$2")
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
: "${build_dir:=build}"

cd "$(dirname "$0")/.." || exit 1
. tools/deps.sh
. tools/build.sh

deps_install "${DEPS_BUILD[@]}" "${DEPS_TEST[@]}" || fail "packages are missing"
build_configure "$build_dir" "${options[@]}" || fail "nothing was built"
build_compile "$build_dir" || fail "nothing was tested"

# EAL wants a runtime directory it can write; root's is /var/run whatever this says.
scratch=$(mktemp -d) || fail "no temporary directory"
trap 'rm -rf "$scratch"' EXIT
[ -w "${XDG_RUNTIME_DIR:-/nonexistent}" ] || export XDG_RUNTIME_DIR=$scratch

# DPDK leaks a little at exit by design (its plugins and control threads); tests/lsan.supp says
# what. Leaks of ours are found by the ledger and by LeakSanitizer (tools/tally.py).
report=log_path=$scratch/sanitizer:log_exe_name=1
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0:$report}
export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$PWD/tests/lsan.supp:print_suppressions=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}

log=$build_dir/meson-logs/testlog.json
rm -f "$log"
# A guest translates every instruction: an instrumented program would take too long in one.
[[ ${options[*]} != *sanitize* || ${#suites[@]} -gt 0 ]] || suites=(--no-suite vm)
meson test -C "$build_dir" --no-rebuild --print-errorlogs \
	--timeout-multiplier "$patience" "${suites[@]}" </dev/null
python3 tools/nic_table.py "$log"
python3 tools/tally.py "$log" --reports "$scratch/sanitizer.*"
