#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The guest's root file system for tools/vm-bench.sh: an uncompressed cpio archive, made without
# root. Every file of the host keeps its path, so that $ORIGIN and compiled-in paths hold.
#
# usage: initramfs.sh CACHE STAGE OUT PROGRAM [FILE]...
#   CACHE    what tools/vm/fetch.sh printed
#   STAGE    a folder to build in; what is there already (run/settings, run/program) goes along
#   OUT      the archive to write
#   PROGRAM  the host's executable to run; FILE: more files and libraries
# Exit status: 0, or 1 after one line on stderr.
set -u

# Poll mode drivers that go along when the host has them.
readonly DRIVERS=(bus_pci bus_vdev mempool_ring mempool_stack net_e1000 net_null net_ring net_pcap)
readonly APPLETS=(cat dd insmod ln ls mkdir mount reboot sh sleep stty)

fail()
{
	echo "vm-bench: $1; $2" >&2
	exit 1
}

# The files $@ under their own paths. What is a link here is one there: a library that is seen as
# two files would be loaded, and its drivers registered, twice.
add()
{
	local named real i

	mapfile -t named < <(printf '%s\n' "$@" | sort -u)
	mapfile -t real < <(realpath -e "${named[@]}" 2>/dev/null)
	if [ ${#named[@]} -ne ${#real[@]} ] || ! cp --parents -ft "$stage" "${real[@]}" 2>/dev/null; then
		fail "a file or library of ${files[0]} cannot be copied into the guest" \
			"check that all can be read and that $stage has room"
	fi
	for ((i = 0; i < ${#named[@]}; i++)); do
		if [ ! -e "$stage/${named[i]}" ]; then
			mkdir -p "$stage/${named[i]%/*}"
			ln -sf "${real[i]}" "$stage/${named[i]}"
		fi
	done
}

# Libraries that the files $@ load, by full path; nothing for scripts and static programs.
libraries_of()
{
	ldd "$@" 2>/dev/null | sed -nE 's/^.* => (\/[^ ]+) .*$/\1/p; s/^\t(\/[^ ]+) .*$/\1/p' |
		sort -u
}

# DPDK's drivers lie beside the libraries, in a folder named after the ABI, and are loaded only
# under their full versioned names.
drivers_of()
{
	local eal=$1 dir name file

	for dir in "${eal%/*}"/dpdk/pmds-*; do
		[[ ${dir##*/} = pmds-${eal##*.so.}* ]] || continue
		for name in "${DRIVERS[@]}"; do
			for file in "$dir/librte_$name".so.*.*; do
				[ -e "$file" ] && echo "$file"
			done
		done
	done
}

[ $# -ge 4 ] || fail "initramfs.sh: too few arguments" "see its header"
# The guest's own tools and modules are in /bench, where no path of the host leads.
cache=$1 stage=$2 out=$3
shift 3
files=("$@")

# /bin, /lib and /lib64 are links on a host with a merged /usr, and copies follow them.
mkdir -p "$stage"/usr/{bin,lib,lib64} "$stage"/{bench,dev,proc,sys,tmp,run,root}
ln -s usr/bin "$stage/bin"
ln -s usr/lib "$stage/lib"
ln -s usr/lib64 "$stage/lib64"
ln -s ../run "$stage/usr/run"
mkdir "$stage/var" && ln -s ../run "$stage/var/run"
{ cp "$(dirname "$0")/init" "$stage/" && cp "$cache/root/bin/busybox" "$stage/bench/"; } ||
	fail "the guest's own files cannot be copied" "check that $stage has room"
for applet in "${APPLETS[@]}"; do
	ln -s busybox "$stage/bench/$applet"
done
find "$cache/modules" -name '*.ko' -exec cp -t "$stage/bench" {} +

mapfile -t libraries < <(libraries_of "${files[@]}")
for library in "${libraries[@]}"; do
	case $library in
	*/librte_eal.so.*)
		mapfile -t drivers < <(drivers_of "$library")
		mapfile -t -O "${#libraries[@]}" libraries < <(libraries_of "${drivers[@]}")
		files+=("${drivers[@]}")
		;;
	*/libc.so.6)
		# Loaded by name when a thread is cancelled, so nothing names it beforehand.
		[ -e "${library%/*}/libgcc_s.so.1" ] && files+=("${library%/*}/libgcc_s.so.1")
		;;
	esac
done
add "${files[@]}" "${libraries[@]}"

chmod 755 "$stage" "$stage/init" "$stage/run/program"
(cd "$stage" && find . | "$cache/root/bin/busybox" cpio -o -H newc -R 0:0) >"$out" 2>/dev/null ||
	fail "the guest's file system cannot be written to $out" "check that there is room"
