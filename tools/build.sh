# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# How a build directory is made and brought up to date; sourced by demo.sh and test.sh.

# build_configure DIR [MESON OPTION...]: set DIR up, or look again at what is installed there.
build_configure()
{
	local dir=$1 log

	shift
	log=$(mktemp)
	echo "pollport: configuring $dir"
	if [ -f "$dir/build.ninja" ]; then
		meson setup --reconfigure "$@" "$dir" . >"$log" 2>&1
	else
		meson setup "$@" "$dir" . >"$log" 2>&1
	fi || {
		tail -n 20 "$log" >&2
		rm -f "$log"
		echo "pollport: meson setup failed: see above; rm -r $dir starts afresh" >&2
		return 1
	}
	rm -f "$log"
}

# build_compile DIR [TARGET...]: build quietly; on failure show the compiler's last words.
build_compile()
{
	local dir=$1 log

	shift
	log=$(mktemp)
	echo "pollport: building in $dir"
	ninja -C "$dir" "$@" >"$log" 2>&1 || {
		grep -v '^\[[0-9/]*\] ' "$log" | tail -n 60 >&2
		rm -f "$log"
		echo "pollport: the build failed: see above" >&2
		return 1
	}
	# Warnings pass, but are not hidden.
	grep -A4 'warning:' "$log" || true
	rm -f "$log"
}
