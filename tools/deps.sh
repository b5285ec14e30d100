# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
# What Pollport needs from Debian 12, and how it gets there. Sourced by demo.sh, test.sh and
# .ci/run; does nothing by itself. Only packages that are missing are installed, and they are
# named before that happens; a second run finds nothing to do.

# To build and run pollport-fwd. libdpdk-dev brings the poll mode drivers along.
DEPS_BUILD=(gcc libc6-dev meson ninja-build pkg-config libdpdk-dev libnuma-dev libpcap-dev zlib1g-dev)

# To run the tests: Criterion, what the integration tests make traffic with, the oracle's headers
# and import library, a C++ compiler for the headers, spin for the model, testpmd (dpdk-dev) for
# the benchmark, and the compiler of driver images for Windows: of its two thread models the one
# that brings no thread library along, since a driver has none.
DEPS_TEST=(libcriterion-dev g++ spin python3 python3-scapy tcpreplay
	iproute2 iputils-ping iperf3 ethtool strace valgrind
	mingw-w64-common mingw-w64-x86-64-dev gcc-mingw-w64-x86-64-win32 binutils dpdk-dev)

# For .ci/run only: the second compiler and the script checker.
DEPS_CI=(clang shellcheck git)

# Print those of the packages $@ that are not installed, one a line.
deps_missing()
{
	local package state

	for package in "$@"; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
		[ "$state" = installed ] || printf '%s\n' "$package"
	done
}

# Install what of $@ is missing. Returns non-zero after one line that says what to do by hand.
deps_install()
{
	local missing as_root=()

	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		echo "pollport: no Debian package manager: install by hand what these are here:" "$@" >&2
		return 1
	fi
	mapfile -t missing < <(deps_missing "$@")
	if [ ${#missing[@]} -eq 0 ]; then
		echo "pollport: all ${#} packages needed are installed"
		return 0
	fi
	if [ "$(id -u)" -ne 0 ]; then
		if ! command -v sudo >/dev/null; then
			echo "pollport: not root and no sudo: as root, run: apt-get install ${missing[*]}" >&2
			return 1
		fi
		as_root=(sudo)
	fi
	echo "pollport: installing ${missing[*]}"
	deps_apt "${as_root[@]}" -- "${missing[@]}" && return 0
	echo "pollport: installing failed (see above): as root, run: apt-get install ${missing[*]}" >&2
	return 1
}

# deps_apt [sudo] -- PACKAGE...: refresh the package lists and install; quiet unless it fails.
deps_apt()
{
	local as_root=() log status=0

	while [ "$1" != -- ]; do
		as_root+=("$1")
		shift
	done
	shift
	log=$(mktemp)
	# A list that cannot be refreshed may still be good enough, so only the install decides.
	"${as_root[@]}" apt-get -q update >"$log" 2>&1 || true
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qy -o DPkg::Lock::Timeout=300 \
		install --no-install-recommends "$@" >>"$log" 2>&1 </dev/null || status=$?
	[ "$status" -eq 0 ] || tail -n 20 "$log" >&2
	rm -f "$log"
	return "$status"
}
