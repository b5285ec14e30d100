#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Run a program on Intel NICs without having one: in a QEMU guest, where DPDK's own unmodified
# drivers find an 82540EM (e1000), an 82574L (e1000e) or an 82576 (igb). Needs no root, no KVM and
# nothing installed. vm/fetch.sh gets QEMU and a kernel once, vm/initramfs.sh packs the program,
# vm/guest.sh starts QEMU, vm/init is the guest's first process, vm/wire.py holds the other ends
# of the wires.
set -u
started=$EPOCHREALTIME

usage()
{
	cat <<EOF
usage: tools/vm-bench.sh [options] [--] PROGRAM [ARGS...]
Boots a guest with NICs bound to DPDK and runs in it: PROGRAM <EAL arguments> -- ARGS...
PROGRAM is a file, or the name of an executable in the build directory (pollport-fwd).

  --nic MODEL       e1000 (82540EM), e1000e (82574L) or igb (82576); once for all NICs, or once
                    for each, in the order of DPDK's ports (igb)
  --nics N          how many, 1 to 4 (2)
  --bind WAY        vfio: vfio-pci behind an IOMMU; uio: uio_pci_generic (vfio)
  --pages SIZE      2M: hugepages; 4k: none, with vfio only (2M). With 4k, QEMU's e1000e and igb
                    lose frames to send that lie across two pages: keep them to 64 bytes there
  --numa N          1 or 2 nodes; with 2 the NICs are shared out between them (1)
  --smp N           processors; each has a worker lcore, the first the main lcore too (--numa)
  --wire DIR        folder of the wires' sockets: what port N sends arrives at DIR/hostN, what is
                    sent to DIR/guestN it receives, one datagram a frame without FCS. QEMU's QMP
                    monitor is at DIR/monitor, and its devices are nic0, nic1 ...
  --pcap DIR        write DIR/portN.pcap, both directions of each wire
  --build DIR       build directory (build)
  --file FILE       one more file for the guest, under the same path; may be repeated
  --eal ARG         one more EAL argument; may be repeated
  --no-eal          no EAL arguments: PROGRAM ARGS...; they are in the variable VM_BENCH_EAL
  --timeout S       kill the guest after S seconds (120)
  --keep-log FILE   the guest's console and QEMU's messages
  --kvm             use KVM; without it QEMU translates, which works everywhere
  --fetch           look for newer packages first
  --help            this text

Standard input, output and error are the program's own, its output a terminal's (by lines).

Environment: XDG_CACHE_HOME, where the packages are kept (\$HOME/.cache);
POLLPORT_VM_APT, a Debian archive's address, in place of the machine's own.

Exit status: the program's; or after one line "vm-bench: ..." 1 when the guest failed or timed
out, 2 when the command line is wrong, 77 when the packages cannot be had.
EOF
}

fail()
{
	echo "vm-bench: $1" >&2
	exit "${2:-1}"
}

# need OPTION VALUE PATTERN: a usage error unless VALUE matches the regular expression.
need()
{
	[[ $2 =~ ^($3)$ ]] || fail "$1 $2: $3 is wanted; see --help" 2
}

models=()
count=''
bind=vfio
pages=2M
numa=1
smp=''
wire=''
pcap=''
here=$(dirname "$0")/vm
build=$(dirname "$0")/../build
files=()
eal=()
with_eal=yes
patience=120
keep_log=/dev/null
accel=tcg,thread=multi
cpu=Nehalem,+rdrand,+rdseed # the least that Debian's DPDK runs on; without RDRAND EAL waits 1 s
fetch=()

# One option with its value; usage errors end the script.
take_value()
{
	case $1 in
	--nic) need "$@" 'e1000|e1000e|igb' && models+=("$2") ;;
	--nics) need "$@" '[1-4]' && count=$2 ;;
	--bind) need "$@" 'vfio|uio' && bind=$2 ;;
	--pages) need "$@" '2M|4k' && pages=$2 ;;
	--numa) need "$@" '1|2' && numa=$2 ;;
	--smp) need "$@" '[1-8]' && smp=$2 ;;
	--wire) wire=$2 ;;
	--pcap) pcap=$2 ;;
	--build) build=$2 ;;
	--file)
		[ -f "$2" ] || fail "--file $2: there is no such file" 2
		files+=("$(realpath -s "$2")")
		;;
	--eal) eal+=("$2") ;;
	--timeout) need "$@" '[1-9][0-9]{0,5}' && patience=$2 ;;
	--keep-log) keep_log=$2 ;;
	*) fail "unknown option $1; --help lists them" 2 ;;
	esac
}

while [ $# -gt 0 ]; do
	case $1 in
	--no-eal) with_eal='' ;;
	--kvm)
		accel=kvm
		cpu=host
		;;
	--fetch) fetch=(--fetch) ;;
	-h | --help)
		usage
		exit 0
		;;
	--)
		shift
		break
		;;
	-*)
		[ $# -ge 2 ] || fail "$1: unknown option, or its value is missing; see --help" 2
		take_value "$1" "$2"
		shift
		;;
	*) break ;;
	esac
	shift
done

[ $# -ge 1 ] || fail "no program given; see --help" 2
[ ${#models[@]} -gt 0 ] || models=(igb)
: "${count:=$((${#models[@]} > 1 ? ${#models[@]} : 2))}"
[ ${#models[@]} -eq 1 ] || [ ${#models[@]} -eq "$count" ] ||
	fail "${#models[@]} times --nic for $count NICs: give --nic once, or once for each" 2
[ "$bind $pages" != "uio 4k" ] ||
	fail "--bind uio needs --pages 2M: without an IOMMU a NIC needs memory that stays in place" 2
: "${smp:=$numa}"
[ $((smp % numa)) -eq 0 ] || fail "--smp $smp cannot be shared out between $numa nodes" 2

if [[ $1 = */* ]]; then
	program=$1
else
	program=$(find "$build/" -type f -name "$1" -perm -u+x -print -quit 2>/dev/null)
	[ -n "$program" ] || fail "no program $1 in $build; build it, or name its directory with --build" 2
fi
[[ -f $program && -x $program ]] || fail "$1 is no executable file; name one" 2
program=$(realpath -s "$program")
shift
for miniport in "$build"/miniport/*.so; do
	[ -e "$miniport" ] && files+=("$(realpath -s "$miniport")")
done
{ : >"$keep_log"; } 2>/dev/null || fail "--keep-log $keep_log: cannot be written" 2
if [ "$accel" = kvm ] && ! { : >/dev/kvm; } 2>/dev/null; then
	fail "--kvm: /dev/kvm cannot be opened; leave the option out" 2
fi

# shellcheck source=tools/vm/guest.sh
. "$here/guest.sh"
guest_main "$program" "$@"
