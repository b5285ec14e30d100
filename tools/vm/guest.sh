# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154,SC2054
# The guest of tools/vm-bench.sh, which sources this: its settings, its machine, its run. The
# variables are that script's, named after its options. Four pipes in $run are the far ends of the
# guest's serial lines: con, the console, which this reads; in, out and err, the program's.

# What boots in under 2 s: nothing probed, measured or mitigated that a NIC's test has no use for.
readonly KERNEL_LINE="console=ttyS0 quiet rdinit=/init panic=-1 mitigations=off nopti nokaslr \
tsc=reliable no_timer_check random.trust_cpu=on init_on_alloc=0 cryptomgr.notests apparmor=0 \
audit=0 noreplace-smp noreplace-paravirt"
readonly NODE_MB=320
readonly HUGEPAGES=64 # of 2 MB, on each node

quote()
{
	local word

	for word in "$@"; do
		printf "'%s' " "${word//\'/\'\\\'\'}"
	done
}

# A worker on each processor; the main lcore, which mostly sleeps, beside the first of them.
lcores()
{
	local i list=0@0

	for ((i = 0; i < smp; i++)); do
		list+=,$((i + 1))@$i
	done
	echo "$list"
}

# guest_settings PROGRAM ARGS...: what the guest's init reads and what it runs. QEMU's e1000e and
# igb lose a frame to send that lies across two pages of the IOMMU (net_tx_pkt_add_raw_fragment_pci
# wants it mapped in one piece), which real NICs do not mind. With physical addresses DPDK's users
# keep a buffer within a hugepage; with 4k pages frames of 64 bytes are safe, longer ones are not.
guest_settings()
{
	local command=("$@") modules driver hugepages=$HUGEPAGES memory=(--iova-mode=pa)

	if [ "$bind" = vfio ]; then
		modules="irqbypass vfio vfio_virqfd vfio_iommu_type1 vfio-pci-core vfio-pci"
		driver=vfio-pci
	else
		modules="irqbypass uio uio_pci_generic"
		driver=uio_pci_generic
	fi
	if [ "$pages" = 4k ]; then
		hugepages=0
		memory=(--no-huge -m 128 --iova-mode=va)
	fi
	eal=("--lcores=$(lcores)" "${memory[@]}" "${eal[@]}")
	mkdir -p "$run/stage/run" || return 1
	cat >"$run/stage/run/settings" <<-END
		modules='$modules' driver=$driver hugepages=$hugepages nics=$count
		eal=$(quote "${eal[*]}")
	END
	{
		echo '#!/bench/sh'
		echo "export POLLPORT_DRIVER_DIR=$(quote "$(realpath -sm "$build/miniport")")"
		# shellcheck disable=SC2016 # expanded in the guest
		if [ -n "$with_eal" ]; then
			echo "exec $(quote "$1")" '$VM_BENCH_EAL --' "$(quote "${command[@]:1}")"
		else
			echo "exec $(quote "$@")"
		fi
	} >"$run/stage/run/program"
}

# Fill machine with what QEMU is to be; its descriptors 4 to 7 are the pipes con, out, in, err.
guest_machine()
{
	local node

	machine=(-L "$cache/root/usr/share/qemu" -L "$cache/root/usr/share/seabios"
		-nodefaults -no-user-config -display none -no-reboot
		-machine q35,smm=off,vmport=off,sata=off,smbus=off -accel "$accel" -cpu "$cpu"
		-m "$((NODE_MB * numa))M" -smp "$smp,sockets=$numa"
		-kernel "$cache/vmlinuz" -initrd "$run/initramfs"
		-qmp "unix:$wire/monitor,server=on,wait=off"
		-add-fd fd=4,set=4 -chardev file,id=con,path=/dev/fdset/4,append=on
		-add-fd fd=5,set=5 -add-fd fd=6,set=6
		-chardev file,id=prog,path=/dev/fdset/5,append=on,input-path=/dev/fdset/6
		-add-fd fd=7,set=7 -chardev file,id=err,path=/dev/fdset/7,append=on
		-device isa-serial,chardev=con,index=0 -device isa-serial,chardev=prog,index=1
		# The third line of a PC shares the first's interrupt, which Linux does not.
		-device isa-serial,chardev=err,index=2,irq=5)
	if [ "$bind" = vfio ]; then
		machine+=(-device intel-iommu,intremap=on -append "$KERNEL_LINE intel_iommu=on")
	else
		machine+=(-append "$KERNEL_LINE")
	fi
	for ((node = 0; node < numa && numa > 1; node++)); do
		machine+=(-object "memory-backend-ram,id=memory$node,size=${NODE_MB}M"
			-numa "node,nodeid=$node,memdev=memory$node"
			-numa "cpu,node-id=$node,socket-id=$node"
			-device "pxb-pcie,id=bus$node,bus=pcie.0,bus_nr=$((32 * (node + 1))),numa_node=$node")
	done
	guest_nics
}

# Each NIC is behind a root port of its own, and so in an IOMMU group of its own; the order of the
# root ports is that of DPDK's ports.
guest_nics()
{
	local i bus ends model

	for ((i = 0; i < count; i++)); do
		ends="local.type=unix,local.path=$wire/guest$i,remote.type=unix,remote.path=$wire/host$i"
		model=${models[i]:-${models[0]}}
		bus=pcie.0
		[ "$numa" -eq 1 ] || bus=bus$((i * numa / count))
		machine+=(-device "pcie-root-port,id=port$i,bus=$bus,chassis=$i,slot=$i"
			-netdev "dgram,id=wire$i,$ends"
			-device "$model,id=nic$i,netdev=wire$i,bus=port$i,mac=52:54:00:00:00:0$i,romfile=")
		[ -z "$pcap" ] ||
			machine+=(-object "filter-dump,id=dump$i,netdev=wire$i,file=$pcap/port$i.pcap")
	done
}

# What the program reads: our input, from when the guest is up, and ^D, which ends a partial line,
# and again, which ends the file. Standard input is descriptor 8: a background job's own is empty.
feed()
{
	local _

	read -r _ <"$run/go" || return
	cat <&8
	printf '\004\004'
}

# Through its own loader QEMU runs with the libraries it was made for. Killed with us.
start_qemu()
{
	local root=$cache/root lib

	lib=$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu
	exec setpriv --pdeathsig TERM timeout -k 5 "$patience" \
		"$root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" --library-path "$lib" \
		"$root/usr/bin/qemu-system-x86_64" "${machine[@]}" \
		4>"$run/con" 5>"$run/out" 6<"$run/in" 7>"$run/err" 8<&- \
		</dev/null >>"$keep_log" 2>&1
}

# The console until QEMU ends: all of it to the log, and what init says to us.
read_console()
{
	local line

	while IFS= read -r line; do
		line=${line%$'\r'}
		echo "$line"
		if [[ $line = "vm-bench: up" ]]; then
			echo "vm-bench: guest up in $(since_start) s"
			echo >"$run/go"
		elif [[ $line =~ ^"vm-bench: status "([0-9]+)$ ]]; then
			status=${BASH_REMATCH[1]}
		elif [[ $line =~ ^"vm-bench: failed: "(.+)$ ]]; then
			failure=${BASH_REMATCH[1]}
		fi
	done >>"$keep_log" <"$run/con"
}

since_start()
{
	local now=${EPOCHREALTIME/./} then=${started/./}

	printf '%d.%d' $(((now - then) / 1000000)) $(((now - then) / 100000 % 10))
}

guest_clean()
{
	local pid

	for pid in "${children[@]}"; do
		kill "$pid" 2>/dev/null
	done
	wait
	rm -rf "$run" "$wire"/guest[0-9] # QEMU leaves the sockets of its wires
}

guest_run()
{
	local qemu ended=0

	status=''
	failure=''
	mkfifo "$run"/{con,in,out,err,go} || fail "no pipes in $run; set TMPDIR to another folder"
	exec 8<&0
	cat <"$run/out" &
	children+=($!)
	cat <"$run/err" >&2 &
	children+=($!)
	feed >"$run/in" &
	feeder=$!
	start_qemu &
	qemu=$!
	children+=("$feeder" "$qemu")
	read_console
	wait "$qemu" || ended=$?
	wait "${children[0]}" "${children[1]}"
	[ -z "$status" ] || exit "$status"
	[ "$ended" -ne 124 ] ||
		fail "the guest did not end within $patience s and was killed; raise --timeout, or see --keep-log"
	[ -z "$failure" ] || fail "the guest is not as it should be: $failure; see --keep-log"
	fail "the guest ended without a result (QEMU's status $ended); --keep-log shows its messages"
}

guest_main()
{
	children=()
	cache=$("$here/fetch.sh" "${fetch[@]}") || exit
	run=$(mktemp -d "${TMPDIR:-/tmp}/vm-bench.XXXXXX") || fail "no temporary folder; set TMPDIR"
	trap guest_clean EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	: "${wire:=$run}"
	mkdir -p "$wire" "${pcap:-$run}" || fail "--wire and --pcap must be folders" 2
	wire=$(realpath "$wire")
	[ ${#wire} -le 90 ] || fail "--wire $wire: too long for a socket's name; take a shorter one" 2
	guest_settings "$@" || fail "no room in $run; set TMPDIR to another folder"
	"$here/initramfs.sh" "$cache" "$run/stage" "$run/initramfs" "$1" "${files[@]}" || exit 1
	guest_machine
	guest_run
}
