#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What tools/vm-bench.sh boots: QEMU with the libraries and ROMs it needs, busybox and a kernel,
# taken from the machine's own apt sources and only unpacked, never installed. Prints the folder
# they are in. A warm cache asks nobody; --fetch looks for newer packages. Needs no root.
#
# The folder is CACHE/KEY, where the key is made from the packages' names with their versions, and
# CACHE/current-N points to the newest. Fetchers take turns, and a folder gets its name when it is
# complete, so that one is never seen half done.
#
# Environment:
#   XDG_CACHE_HOME     CACHE is pollport/vm-bench in it ($HOME/.cache)
#   POLLPORT_VM_APT    address of the Debian archive to use in place of the machine's own
# Exit status: 0, 77 when the packages cannot be had, 2 when the command line is wrong.
set -u

# Counts up when what is unpacked changes, so that an older cache is not taken for a new one.
readonly LAYOUT=1
# igb came with QEMU 8.0; bookworm's own is 7.2, its backports have 10.
readonly QEMU_PACKAGES=(qemu-system-x86 busybox-static)
readonly KERNEL_PACKAGE=linux-image-cloud-amd64
readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

give_up()
{
	echo "vm-bench: $1; $2" >&2
	exit 77
}

# The address of the archive that the machine's own sources take this release's packages from.
archive_address()
{
	local created release component address
	# shellcheck disable=SC2016 # apt expands these
	local fields='$(CREATED_BY)|$(RELEASE)|$(COMPONENT)|$(REPO_URI)'

	if [ -n "${POLLPORT_VM_APT:-}" ]; then
		echo "${POLLPORT_VM_APT%/}/"
		return
	fi
	while IFS='|' read -r created release component address; do
		if [ "$created $release $component" = "Packages $codename main" ]; then
			echo "$address"
			return
		fi
	done < <(apt-get indextargets --format "$fields" 2>/dev/null)
	return 1
}

# An apt of its own in $1: its own lists, archives and record of what is installed (nothing), so
# that each library is taken. Of the machine's settings only how to reach the archive stays.
private_apt()
{
	local dir=$1 archive=$2 signed='' suite

	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	: >"$dir/status"
	[ -e "$KEYRING" ] && signed=" signed-by=$KEYRING"
	for suite in "$codename" "$codename-backports"; do
		echo "deb [arch=amd64$signed] $archive $suite main"
	done >"$dir/sources.list"
	{
		apt-config dump | grep '^Acquire::'
		cat <<-END
			Acquire::Languages "none";
			Acquire::Retries "1";
			Acquire::http::Timeout "20";
			APT::Architecture "amd64";
			APT::Sandbox::User "";
			APT::Install-Recommends "false";
			Dir::Etc::main "/dev/null";
			Dir::Etc::parts "/dev/null";
			Dir::Etc::preferences "/dev/null";
			Dir::Etc::preferencesparts "/dev/null";
			Dir::Etc::sourcelist "$dir/sources.list";
			Dir::Etc::sourceparts "/dev/null";
			Dir::State "$dir";
			Dir::State::lists "$dir/lists";
			Dir::State::status "$dir/status";
			Dir::Cache "$dir";
			Dir::Cache::archives "$dir/archives";
			Dir::Log "$dir";
		END
	} >"$dir/apt.conf"
	export APT_CONFIG=$dir/apt.conf
}

# The newest kernel that the metapackage stands for.
kernel_package()
{
	apt-cache depends --important "$KERNEL_PACKAGE" 2>/dev/null |
		sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1
}

# The file names of all packages wanted, one a line; they hold the versions.
package_files()
{
	{
		apt-get -qq -y -t "$codename-backports" --print-uris install "${QEMU_PACKAGES[@]}" &&
			apt-get -qq --print-uris download "$kernel"
	} 2>>"$log" | awk '/^'\''/ { print $2 }' | sort
}

# Download into $work and unpack as $1. Apt checks what it downloads against the signed lists.
unpack()
{
	local dir=$1 file

	(cd "$work/archives" && apt-get -q download "$kernel") >>"$log" 2>&1 || return 1
	apt-get -q -y -t "$codename-backports" --download-only install "${QEMU_PACKAGES[@]}" \
		>>"$log" 2>&1 || return 1
	mkdir -p "$dir/root"
	for file in "$work"/archives/*.deb; do
		case $file in
		*/linux-image-*)
			mkdir "$work/kernel"
			dpkg-deb -x "$file" "$work/kernel" >>"$log" 2>&1 || return 1
			mv "$work"/kernel/boot/vmlinuz-* "$dir/vmlinuz" &&
				mv "$work"/kernel/lib/modules/*/kernel "$dir/modules" || return 1
			;;
		*) dpkg-deb -x "$file" "$dir/root" >>"$log" 2>&1 || return 1 ;;
		esac
	done
	prune "$dir"
}

# QEMU's other boards and firmware, drivers and manuals are most of it and never used.
prune()
{
	rm -rf "$1/root/usr/share/doc" "$1/root/usr/share/man" "$1/root/usr/share/locale" \
		"$1/root/usr/lib/x86_64-linux-gnu/perl-base" "$1/root/var" "$1/root/etc"
	find "$1/modules" -type f ! -path '*/vfio/*' ! -path '*/uio/*' ! -path '*/virt/lib/*' -delete
	find "$1/modules" -type d -empty -delete
	[ -x "$1/root/usr/bin/qemu-system-x86_64" ] && [ -x "$1/root/bin/busybox" ]
}

usage()
{
	echo "usage: tools/vm/fetch.sh [--fetch]" >&2
	exit 2
}

fetch=
[ $# -le 1 ] || usage
case ${1:-} in
'') ;;
--fetch) fetch=yes ;;
*) usage ;;
esac

[ -n "${XDG_CACHE_HOME:-}${HOME:-}" ] || give_up "neither XDG_CACHE_HOME nor HOME is set" "set one"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pollport/vm-bench
current=$cache/current-$LAYOUT
if [ -z "$fetch" ] && [ -d "$current/" ]; then
	cd -P "$current" && pwd
	exit
fi

for tool in apt-get apt-config apt-cache dpkg-deb flock; do
	command -v "$tool" >/dev/null || give_up "no $tool here" "run it on Debian 12"
done
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
mkdir -p "$cache" || give_up "$cache cannot be made" "set XDG_CACHE_HOME to a folder you may write"
{ exec 9>"$cache/lock" && flock 9; } ||
	give_up "$cache/lock cannot be taken" "check the file system"
if [ -z "$fetch" ] && [ -d "$current/" ]; then # made by another while this one waited
	cd -P "$current" && pwd
	exit
fi

rm -rf "$cache"/.fetch.* # of a fetcher that was killed: who holds the lock is the only one
work=$(mktemp -d "$cache/.fetch.XXXXXX") || give_up "no room in $cache" "free some"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
log=$work/log
archive=$(archive_address) ||
	give_up "no source of Debian $codename among apt's" \
		"add one, or set POLLPORT_VM_APT to its address"
private_apt "$work" "$archive"
apt-get -q -o APT::Update::Error-Mode=any update >>"$log" 2>&1 ||
	give_up "the package source $archive does not answer ($(grep -m 1 '^[EW]:' "$log"))" \
		"check the network, or set POLLPORT_VM_APT to an archive that answers"
kernel=$(kernel_package)
[ -n "$kernel" ] || give_up "$archive has no $KERNEL_PACKAGE for $codename" "use Debian 12"
files=$(package_files)
[ -n "$files" ] ||
	give_up "$archive lacks QEMU for $codename ($(grep -m 1 '^E:' "$log"))" "use Debian 12"
key=$(sha256sum <<<"$LAYOUT $files")
key=${key:0:16}
if [ ! -d "$cache/$key" ]; then
	unpack "$work/new" || give_up "the packages from $archive did not unpack ($(tail -n 1 "$log"))" \
		"try again, with 400 MB free in $cache"
	echo "$files" >"$work/new/packages"
	mv -T "$work/new" "$cache/$key" || give_up "$cache/$key cannot be made" "free some room"
fi
{ ln -s "$key" "$work/link" && mv -T "$work/link" "$current"; } ||
	give_up "$current cannot be made" "check its folder's permissions"
echo "$cache/$key"
