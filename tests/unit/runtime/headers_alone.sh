#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# Every public header compiles alone, in C and in C++, in the host's dialect
# and in the drivers' (2-byte wchar_t), without a warning. Run by the test
# suite; prints one line for each header that does not.
#
# usage: headers_alone.sh INCLUDE_DIR... ; CC and CXX name the compilers, and
# an absent CXX skips C++ and says so.
set -u

CC=${CC:-cc}
CXX=${CXX:-c++}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
includes=
for dir in "$@"; do
	includes="$includes -I$dir"
done
failed=0
checked=0

# check LABEL COMPILER... : compile $tmp/alone.$ext, say so when it fails
check() {
	label=$1
	shift
	checked=$((checked + 1))
	if ! "$@" $includes -Wall -Wextra -Werror -Wno-unknown-pragmas -fsyntax-only "$source" \
		>"$tmp/out" 2>&1; then
		echo "$header does not compile alone in $label:"
		head -5 "$tmp/out"
		failed=$((failed + 1))
	fi
}

command -v "$CXX" >/dev/null 2>&1 || {
	echo "no C++ compiler ($CXX): C++ is not checked"
	CXX=
}
driver_flags="-fshort-wchar -fms-extensions"
for dir in "$@"; do
	for path in $(cd "$dir" && find . -name ddk -prune -o -name '*.h' -print | sort); do
		header=${path#./}
		printf '#include <%s>\n#include <%s>\n' "$header" "$header" >"$tmp/alone.c"
		cp "$tmp/alone.c" "$tmp/alone.cc"
		source=$tmp/alone.c
		check "C" $CC -std=gnu11 -Wmissing-prototypes -Wconversion
		check "C, driver dialect" $CC -std=gnu11 $driver_flags -Wconversion
		[ -n "$CXX" ] || continue
		source=$tmp/alone.cc
		check "C++" $CXX -std=c++17
		check "C++, driver dialect" $CXX -std=c++17 $driver_flags
	done
done
echo "$checked compilations, $failed failed"
[ "$failed" -eq 0 ] && [ "$checked" -gt 0 ]
