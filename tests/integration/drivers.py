#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Several drivers in one run: the sample filter between the reference miniport and the
forwarder, another protocol beside that, and lists of drivers that make no sense.
"""

import logging
import os
import shutil
import tempfile

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.layers.l2 import Dot1Q, Ether  # noqa: E402
from scapy.packet import Raw  # noqa: E402
from scapy.utils import RawPcapReader, wrpcap  # noqa: E402

import pollport  # noqa: E402
import tap  # noqa: E402

NULL = ["net_null0", "net_null1"]
USAGE, PORT, DRIVER = 2, 3, 4  # exit status
MINIPORT = os.path.join(os.environ["POLLPORT_DRIVER_DIR"], "pollport-miniport.so")
PASSTHRU = os.environ["POLLPORT_PASSTHRU"]
VLANMUX = os.environ["POLLPORT_VLANMUX"]
COUNT = os.environ["POLLPORT_EXAMPLE_DRIVER"]


def forwarded(drivers, args=("--num-packets=200000",), vdevs=NULL, workers=1):
    result = pollport.run(vdevs, ["--stats-period=0", f"--driver={','.join(drivers)}", *args],
                          workers=workers)
    result.check_clean()
    tap.true("unexplained 0" in result.out, result.show())
    return result


def refused(drivers, *words, status=DRIVER, args=()):
    result = pollport.run(NULL, ["--stats-period=0", "--duration=5",
                                 f"--driver={','.join(drivers)}", *args])
    result.check_no_crash()
    tap.equal(result.status, status, f"exit status; {result.show()}\n")
    for word in words:
        tap.true(word in result.err, f"no '{word}': {result.show()}")


def test_a_filter_alone_runs_over_the_reference_miniport():
    forwarded([PASSTHRU])


def test_the_miniport_may_stand_anywhere_in_the_list():
    forwarded([MINIPORT, PASSTHRU])
    forwarded([PASSTHRU, MINIPORT])


def test_two_workers_send_through_a_filter():
    forwarded([PASSTHRU], ["--num-packets=200000", "--rxq=2", "--txq=2", "--nb-cores=2"],
              workers=2)


def test_a_filter_and_another_protocol_run_beside_the_forwarder():
    forwarded([PASSTHRU, COUNT])


def test_frames_pass_a_filter_byte_for_byte_and_in_order():
    folder = tempfile.mkdtemp(prefix="pollport-drivers-")
    try:
        frames = [Ether(src="02:00:00:00:01:01", dst="02:00:00:00:02:02", type=0x88B5) /
                  Raw(bytes([i % 256]) * (46 + i * 5)) for i in range(280)]
        source, target = (os.path.join(folder, name) for name in ("in.pcap", "out.pcap"))
        wrpcap(source, frames)
        forwarded([PASSTHRU], ["--port-topology=loop", "--no-flush-rx", "--forward-mode=io",
                               "--stop-when-idle=300"],
                  [f"net_pcap0,rx_pcap={source},tx_pcap={target}"])
        got = [data for data, _ in RawPcapReader(target)]
        tap.equal(len(got), len(frames), "frames")
        tap.true(got == [bytes(frame) for frame in frames], "each byte, in order")
    finally:
        shutil.rmtree(folder)


def test_two_miniports_are_refused():
    # Not the same file: that would be loaded once.
    folder = tempfile.mkdtemp(prefix="pollport-drivers-")
    try:
        other = os.path.join(folder, "other-miniport.so")
        shutil.copy(MINIPORT, other)
        refused([MINIPORT, other], "two miniports", "other-miniport.so")
    finally:
        shutil.rmtree(folder)


def test_a_file_that_is_missing_behind_one_that_is_not_is_refused():
    refused([PASSTHRU, "/nonexistent/filter.so"], "/nonexistent/filter.so")


def test_a_driver_that_is_named_twice_is_refused():
    refused([PASSTHRU, PASSTHRU], "passthru.so", "loaded already")


def tagged(vlan, number, priority=0):
    return (Ether(src="02:00:00:00:01:01", dst="02:00:00:00:02:02") /
            Dot1Q(vlan=vlan, prio=priority, type=0x88B5) /
            Raw(bytes([number % 256]) * (46 + number * 5)))


def untagged(number):
    return (Ether(src="02:00:00:00:01:01", dst="02:00:00:00:02:02", type=0x88B5) /
            Raw(bytes([number % 256]) * 46))


def test_an_intermediate_driver_forwards_between_vlans_of_two_ports():
    folder = tempfile.mkdtemp(prefix="pollport-drivers-")
    try:
        def name(text):
            return os.path.join(folder, text)

        with open(name("vlans.ini"), "w", encoding="ascii") as file:
            file.write("[vlanmux\\Adapters\\port0]\nred = dword:10\n"
                       "[vlanmux\\Adapters\\port1]\nblue = dword:20\n"
                       "[port0]\n*PriorityVLANTag = 3\n[port1]\n*PriorityVLANTag = 3\n")
        numbers = range(250)
        wrpcap(name("in0"), [frame for n in numbers for frame in
                             (tagged(10, n, n % 8), tagged(11, n), untagged(n))])
        wrpcap(name("in1"), [tagged(20, n) for n in numbers])
        result = forwarded([VLANMUX, PASSTHRU],
                           ["--virtual=red,Blue", f"--config={name('vlans.ini')}", "--verifier",
                            "--no-flush-rx", "--forward-mode=io", "--stop-when-idle=300"],
                           [f"net_pcap{i},rx_pcap={name(f'in{i}')},tx_pcap={name(f'out{i}')}"
                            for i in range(2)])
        got = [[data for data, _ in RawPcapReader(name(f"out{i}"))] for i in range(2)]
        tap.true(got[1] == [bytes(tagged(20, n, n % 8)) for n in numbers],
                 f"port 0's VLAN 10 leaves port 1 as VLAN 20: {len(got[1])}; {result.show()}")
        tap.true(got[0] == [bytes(tagged(10, n)) for n in numbers],
                 f"port 1's VLAN 20 leaves port 0 as VLAN 10: {len(got[0])}; {result.show()}")
        tap.true("250  NBLs received, of 750 below" in result.out, result.show())
    finally:
        shutil.rmtree(folder)


def test_an_intermediate_driver_without_adapters_is_refused():
    refused([VLANMUX], "vlanmux.so", "--virtual", status=USAGE)


def test_virtual_adapters_without_an_intermediate_driver_are_refused():
    refused([PASSTHRU], "--virtual red,blue", "intermediate", status=USAGE,
            args=["--virtual=red,blue"])


def test_too_few_virtual_adapters_are_refused():
    refused([VLANMUX], "1 names for 2 ports", status=USAGE, args=["--virtual=red"])


def test_a_virtual_adapter_that_the_driver_does_not_know_is_refused():
    refused([VLANMUX], "adapter red", "vlanmux.so", "--config", status=PORT,
            args=["--virtual=red,blue"])


tap.run(globals())
