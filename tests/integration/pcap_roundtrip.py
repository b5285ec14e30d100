#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Frames of a pcap file through pollport-fwd into another pcap file: every
byte, in order, whatever the size, tags and number of segments. The input is
made by scapy and by tcprewrite, not by us.
"""

import logging
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.layers.inet import ICMP, IP, TCP, UDP  # noqa: E402
from scapy.layers.inet6 import IPv6  # noqa: E402
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether  # noqa: E402
from scapy.packet import Raw  # noqa: E402
from scapy.utils import RawPcapReader, wrpcap  # noqa: E402

import pollport  # noqa: E402
import tap  # noqa: E402

ONE, TWO = "02:00:00:00:01:01", "02:00:00:00:02:02"


def payload(seed, length):
    return Raw(random.Random(seed).randbytes(max(length, 0)))


def frame(length, *layers, seed=0):
    """An Ethernet frame of exactly LENGTH bytes, without FCS."""
    head = Ether(src=ONE, dst=TWO)
    for layer in layers or (IP(src="192.0.2.1", dst="192.0.2.2"), UDP(sport=7, dport=7)):
        head = head / layer
    return head / payload(seed * 65536 + length, length - len(head))


def sizes():
    """Each length from the shortest frame up where edges are likely, and the longest."""
    lengths = [*range(60, 132), *range(250, 262), 511, 512, 513, 1023, 1024, 1025,
               *range(1500, 1515)]
    return [frame(length, seed=i) for i, length in enumerate(lengths)]


def tagged():
    inner = IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=1, dport=2)
    frames = []
    for i, length in enumerate((64, 65, 128, 1000, 1514)):
        frames.append(frame(length, Dot1Q(vlan=i + 1, prio=i), inner, seed=i))
        frames.append(frame(length, Dot1Q(vlan=4095, prio=7, id=1), inner, seed=i + 9))
        frames.append(frame(length, Dot1Q(vlan=0, prio=3), inner, seed=i + 18))
        frames.append(frame(length, Dot1AD(vlan=100), Dot1Q(vlan=i + 1), inner, seed=i + 27))
    return frames


def jumbo():
    return [frame(length, seed=i) for i, length in
            enumerate((60, 1514, 2048, 2049, 4096, 4097, 8191, 8192, 8999, 9000, 9014, 60))]


def assorted():
    return [frame(90, IPv6(src="2001:db8::1", dst="2001:db8::2"), TCP(flags="S")),
            frame(60, ARP(op=1, psrc="192.0.2.1", pdst="192.0.2.2")),
            frame(98, IP(src="192.0.2.1", dst="192.0.2.2"), ICMP()),
            Ether(src=ONE, dst="ff:ff:ff:ff:ff:ff", type=0x88B5) / payload(1, 80),
            Ether(src=ONE, dst="01:00:5e:00:00:01", type=0x88B5) / payload(2, 81),
            Ether(src=ONE, dst=TWO, type=60) / payload(3, 60)]


def read(path):
    reader = RawPcapReader(path)
    try:
        return [data for data, _ in reader]
    finally:
        reader.close()


def compare(got, want, what):
    tap.equal(len(got), len(want), f"{what}: frames")
    for i, (one, other) in enumerate(zip(got, want)):
        if one != other:
            at = next((k for k, (a, b) in enumerate(zip(one, other)) if a != b), len(other))
            raise AssertionError(f"{what}: frame {i}: {len(one)} bytes, {len(other)} wanted, "
                                 f"first difference at byte {at}")


class Folder:
    """A scratch directory with files named by role."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="pollport-pcap-")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def file(self, name):
        return os.path.join(self.path, name)

    def write(self, name, frames):
        wrpcap(self.file(name), frames)
        return [bytes(f) for f in frames]


def loop(folder, args, source="in.pcap", want=None):
    """One port: what comes out of SOURCE goes into out.pcap. Returns what it holds;
    with @want, the number of frames that must be there, or says where they went."""
    result = pollport.run(
        [f"net_pcap0,rx_pcap={folder.file(source)},tx_pcap={folder.file('out.pcap')}"],
        ["--port-topology=loop", "--no-flush-rx", "--stop-when-idle=500", "--stats-period=0",
         *args])
    result.check_clean()
    got = read(folder.file("out.pcap"))
    if want is not None and len(got) != want:
        raise AssertionError(f"{len(got)} frames, not {want}: {result.show()}")
    return got


def through_loop(frames, args=()):
    with Folder() as folder:
        sent = folder.write("in.pcap", frames)
        compare(loop(folder, ["--forward-mode=io", *args], want=len(sent)), sent, "out.pcap")


def test_every_length_from_60_to_1514_passes_unchanged():
    through_loop(sizes())


def test_vlan_tagged_frames_keep_their_tags():
    through_loop(tagged(), ["--max-pkt-len=1522"])


def test_other_protocols_broadcast_and_multicast_pass_unchanged():
    through_loop(assorted())


def test_jumbo_frames_in_one_buffer_each_pass_unchanged():
    through_loop(jumbo(), ["--max-pkt-len=9018", "--mbuf-size=9600"])


def test_jumbo_frames_of_many_segments_pass_unchanged():
    through_loop(jumbo(), ["--max-pkt-len=9018", "--mbuf-size=2176"])


def test_frames_in_small_buffers_split_often_and_pass_unchanged():
    through_loop(sizes() + jumbo(), ["--max-pkt-len=9018", "--mbuf-size=1152"])


def test_five_thousand_frames_keep_their_order():
    rng = random.Random(5)
    frames = [frame(rng.randint(60, 1514), seed=i) for i in range(5000)]
    through_loop(frames)


def test_order_holds_with_a_burst_of_one_and_small_rings():
    through_loop(sizes(), ["--burst=1", "--rxd=64", "--txd=64"])


def test_order_holds_with_a_burst_of_64():
    through_loop(sizes() * 8, ["--burst=64", "--rxd=1024", "--txd=1024"])


def test_each_of_two_ports_sends_what_the_other_received():
    with Folder() as folder:
        first = folder.write("in0.pcap", sizes())
        second = folder.write("in1.pcap", tagged() + assorted())
        result = pollport.run(
            [f"net_pcap{i},rx_pcap={folder.file(f'in{i}.pcap')},"
             f"tx_pcap={folder.file(f'out{i}.pcap')}" for i in (0, 1)],
            ["--forward-mode=io", "--no-flush-rx", "--stop-when-idle=500", "--stats-period=0",
             "--max-pkt-len=1522"])
        result.check_clean()
        compare(read(folder.file("out1.pcap")), first, "out1.pcap")
        compare(read(folder.file("out0.pcap")), second, "out0.pcap")


def test_macswap_swaps_the_addresses_and_nothing_else():
    with Folder() as folder:
        sent = folder.write("in.pcap", sizes())
        swapped = [f[6:12] + f[0:6] + f[12:] for f in sent]
        compare(loop(folder, ["--forward-mode=macswap"]), swapped, "out.pcap")


def test_mac_mode_writes_the_peer_and_its_own_address():
    with Folder() as folder:
        sent = folder.write("in.pcap", sizes())
        got = loop(folder, ["--forward-mode=mac", "--eth-peer=0,02:11:22:33:44:55"])
        tap.equal({f[0:6] for f in got}, {bytes.fromhex("021122334455")}, "destinations")
        tap.equal(len({f[6:12] for f in got}), 1, "source addresses")
        compare([f[12:] for f in got], [f[12:] for f in sent], "behind the addresses")


def test_a_file_rewritten_by_tcprewrite_passes_unchanged():
    tool = shutil.which("tcprewrite")
    if tool is None:
        raise tap.Skip("tcprewrite is not installed (package tcpreplay)")
    with Folder() as folder:
        folder.write("plain.pcap", sizes())
        subprocess.run([tool, "--enet-vlan=add", "--enet-vlan-tag=77", "--enet-vlan-cfi=0",
                        "--enet-vlan-pri=5", "-i", folder.file("plain.pcap"),
                        "-o", folder.file("in.pcap")], check=True, capture_output=True)
        sent = read(folder.file("in.pcap"))
        tap.equal({f[12:14] for f in sent}, {b"\x81\x00"}, "tcprewrite's tags")
        compare(loop(folder, ["--forward-mode=io", "--max-pkt-len=1522"]), sent, "out.pcap")


def read_slowly(path, size):
    """Read a pipe to its end, with a pause after the first bytes."""
    with open(path, "rb") as pipe:
        size.append(len(pipe.read(4096)))
        time.sleep(0.5)  # five times what counts as idle
        size.append(len(pipe.read()))


def test_a_file_that_is_written_slowly_is_not_idleness():
    frames = [frame(1500)] * 200  # more than a pipe holds: the worker waits in its write
    size = []
    with Folder() as folder:
        folder.write("in.pcap", frames)
        os.mkfifo(folder.file("out.pcap"))
        reader = threading.Thread(target=read_slowly, args=(folder.file("out.pcap"), size))
        reader.start()
        result = pollport.run(
            [f"net_pcap0,rx_pcap={folder.file('in.pcap')},tx_pcap={folder.file('out.pcap')}"],
            ["--port-topology=loop", "--no-flush-rx", "--stop-when-idle=100", "--stats-period=0",
             "--burst=1"])
        reader.join()
    result.check_clean()
    tap.equal(sum(size), 24 + 200 * (16 + 1500), "bytes that came through the pipe")


def test_num_packets_stops_after_that_many():
    with Folder() as folder:
        sent = folder.write("in.pcap", sizes())
        got = loop(folder, ["--forward-mode=io", "--num-packets=32", "--burst=32"])
        tap.true(len(got) >= 32, f"{len(got)} frames, at least 32 wanted")
        compare(got, sent[:len(got)], "out.pcap")


tap.run(globals())
