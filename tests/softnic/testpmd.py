#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The software NIC judged by dpdk-testpmd, unmodified, with command scripts: forwarding,
VLAN, RSS, queues, scatter, TSO, link and counters, on each NIC. Where it matters the frames
themselves are read back from a capture.
"""

import os
import re
import shutil
import struct
import sys
import tempfile

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration")]

import tap  # noqa: E402

if shutil.which("dpdk-testpmd") is None:
    print("1..0 # SKIP dpdk-testpmd is missing; it is in Debian's package dpdk")
    sys.exit(0)

from session import PROMPT, Session, cpus  # noqa: E402

NICS = ("82599", "82576", "82574", "82540em")
ADVANCED = NICS[:2]
FRAMES = 20000


def pair(nic, more=""):
    return [f"net_softnic0,type={nic}{more}", f"net_softnic1,type={nic},peer=net_softnic0{more}"]


def forward(session, mode):
    """Two bursts go round between both ports, and none gets lost."""
    session.say(f"set fwd {mode}")
    session.say("clear port stats all")
    session.say("start tx_first")
    session.wait_for(lambda: min(session.stats(port)["RX-packets"] for port in (0, 1)) > FRAMES,
                     f"{FRAMES} frames")
    answer = session.say("stop")
    total = answer[answer.index("Accumulated forward statistics"):]
    for name in ("RX-dropped", "TX-dropped"):
        tap.equal([int(n) for n in re.findall(name + r":\s*(\d+)", total)], [0], name)
    for port in (0, 1):
        stats = session.stats(port)
        tap.equal((stats["RX-missed"], stats["RX-errors"], stats["TX-errors"]), (0, 0, 0),
                  f"port {port}")


def one_core_forwards(nic):
    with Session(pair(nic, ",run=poll")) as session:
        forward(session, "io")
        forward(session, "macswap")
        counters = session.telemetry("/softnic/counters,net_softnic0")["/softnic/counters"]
        tap.equal(counters["misuses"], 0, "misuses")
        tap.true(counters["tx_frames"] > 2 * FRAMES, f"{counters}")


def a_thread_of_the_model_forwards(nic):
    if len(cpus()) < 2:
        raise tap.Skip("needs two CPUs")
    first, second = cpus()[:2]
    with Session(pair(nic, ",run=thread"), lcores=f"0@{first},1@{second}") as session:
        forward(session, "io")


# Of the 32 frames that each port sends first, one line may be torn by the prompt.
LEAST = 31


def received(session, port):
    """The lines that testpmd prints of frames that came to @port from the other, all in one."""
    session.say("set verbose 1")
    session.say("set fwd rxonly")
    session.tell("start tx_first")
    text = session.read_until(lambda so_far: so_far.count("Receive queue=") >= 2 * LEAST,
                              "frames")
    session.tell("stop")
    text += session.read_until(
        lambda so_far: PROMPT in so_far.partition("Accumulated forward statistics")[2],
        "statistics")
    source = f"src=02:50:4F:00:00:0{1 - port}"
    return [line for line in text.splitlines() if source in line and "Receive queue=" in line]


def tags_are_set_and_stripped(nic):
    with Session(pair(nic, ",run=poll")) as session:
        session.say("port stop all")
        session.say("vlan set strip on 0")
        session.say("vlan set strip on 1")
        session.say("tx_vlan set 0 291")
        session.say("port start all")
        tap.true("strip on" in session.say("show port info 1"), "strip is on")
        frames = received(session, 1)
        tagged = [line for line in frames if "VLAN tci=0x123" in line]
        tap.true(len(tagged) >= LEAST, f"{len(tagged)} of {len(frames)} frames have the tag")


def flows_go_where_the_table_says(nic):
    with Session(pair(nic, ",run=poll"), "--rxq=4", "--txq=4", "--txonly-multi-flow") as session:
        session.say("port config all rss udp")
        full = "0xffffffffffffffff"
        answer = session.say(f"show port 1 rss reta 128 ({full},{full})")
        table = {int(n): int(queue) for n, queue in
                 re.findall(r"RSS RETA configuration: hash index=(\d+), queue=(\d+)", answer)}
        tap.equal(len(table), 128, "entries of the table")
        frames = [re.search(r"RSS hash=0x([0-9a-f]+) .*Receive queue=0x([0-9a-f]+)", line)
                  for line in received(session, 1)]
        frames = [(int(found[1], 16), int(found[2], 16)) for found in frames if found]
        tap.true(len(frames) >= LEAST, f"{len(frames)} frames with a hash")
        for value, queue in frames:
            tap.equal(queue, table[value & 127], f"queue of hash {value:08x}")
        tap.true(len({queue for _, queue in frames}) > 1, "more than one queue is used")


def queues_stop_and_start(nic):
    with Session(pair(nic, ",run=poll"), "--rxq=2", "--txq=2") as session:
        for _ in range(3):
            for command in ("rxq 1 stop", "rxq 1 start", "txq 1 stop", "txq 1 start"):
                answer = session.say(f"port 0 {command}")
                tap.true("Fail" not in answer and "not" not in answer, answer)
        forward(session, "io")


def long_frames_are_scattered(nic):
    with Session(pair(nic, ",run=poll")) as session:
        session.say("port stop all")
        for port in (0, 1):
            session.say(f"port config mtu {port} 9000")
            session.say(f"port config {port} rx_offload scatter on")
            session.say(f"port config {port} tx_offload multi_segs on")
        session.say("port start all")
        session.say("set txpkts 2000,2000,2000,2000")
        frames = received(session, 1)
        whole = [line for line in frames if "length=8000 - nb_segs=4" in line]
        tap.true(len(whole) >= LEAST, f"{len(whole)} of {len(frames)} are whole: {frames[:1]}")


def a_link_that_goes_is_told(nic):
    with Session(pair(nic, ",run=poll")) as session:
        def is_up(port):
            link = session.telemetry(f"/ethdev/link_status,{port}")["/ethdev/link_status"]
            return link["status"] == "UP"

        for port in (0, 1):
            session.wait_for(lambda p=port: is_up(p), f"link of port {port}")
        session.telemetry("/softnic/fault,net_softnic0:link_down:1")
        for port in (0, 1):
            session.wait_for(lambda p=port: not is_up(p), f"loss of port {port}'s link")
        session.telemetry("/softnic/fault,net_softnic0:link_down:0")
        for port in (0, 1):
            session.wait_for(lambda p=port: is_up(p), f"return of port {port}'s link")
        forward(session, "io")


def extended_counters_agree(nic):
    with Session(pair(nic, ",run=poll")) as session:
        forward(session, "io")
        for port in (0, 1):
            answer = session.say(f"show port xstats {port}")
            values = {name: int(n) for name, n in re.findall(r"(\w+): (\d+)", answer)}
            tap.equal(values["rx_good_packets"], session.stats(port)["RX-packets"], "received")
            sizes = sum(n for name, n in values.items() if name.startswith("rx_size_"))
            if nic in ADVANCED:
                tap.equal(sizes, values["rx_good_packets"], "frames by size")
                tap.equal(values["rx_size_65_to_127_packets"], sizes, "all have 64 bytes and FCS")


# ----------------------------------------------------------------- captures

def write_pcap(path, frames):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for frame in frames:
            file.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)


def read_pcap(path):
    with open(path, "rb") as file:
        data = file.read()
    at, frames = 24, []
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        if at + 16 + length > len(data):
            break
        frames.append(data[at + 16:at + 16 + length])
        at += 16 + length
    return frames


def a_capture_comes_through(nic):
    """Frames of a capture file that the model replays, through a port, into another file."""
    sent = [bytes([2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 0x88, 0xB5]) +
            bytes((number * 7 + i) & 255 for i in range(46 + number * 13))
            for number in range(100)]
    with tempfile.TemporaryDirectory(prefix="pollport-testpmd-") as directory:
        source, sink = (os.path.join(directory, name) for name in ("in.pcap", "out.pcap"))
        write_pcap(source, sent)
        vdevs = [f"net_softnic0,type={nic},run=poll,pcap={source}",
                 f"net_pcap0,tx_pcap={sink}"]
        with Session(vdevs) as session:
            session.say("set fwd io")
            session.say("start")
            session.wait_for(lambda: session.stats(1)["TX-packets"] > 300, "300 frames")
            session.say("stop")
        got = read_pcap(sink)
    tap.true(len(got) > 300, f"{len(got)} frames")
    first = sent.index(got[0])
    for number, frame in enumerate(got):
        tap.equal(frame, sent[(first + number) % len(sent)], f"frame {number}")


def sends_are_cut(nic):
    """TCP of 1460 bytes in, segments of 500 out of the NIC under test: as the port behind it has
    them, checksums and all."""
    from scapy.layers.inet import IP, TCP  # pylint: disable=import-outside-toplevel
    from scapy.layers.l2 import Ether  # pylint: disable=import-outside-toplevel
    payload = bytes(i & 255 for i in range(1460))
    frame = bytes(Ether(src="02:00:00:00:00:08", dst="02:00:00:00:00:09") /
                  IP(src="10.0.0.1", dst="10.0.0.2") / TCP(sport=7, dport=9, seq=1000, flags="A") /
                  payload)
    with tempfile.TemporaryDirectory(prefix="pollport-testpmd-") as directory:
        source, sink = (os.path.join(directory, name) for name in ("in.pcap", "out.pcap"))
        write_pcap(source, [frame])
        # slowly: each burst makes three, and the last port takes one burst at a time
        vdevs = [f"net_softnic0,type={nic},run=poll,pcap={source},rate=100m",
                 f"net_softnic1,type={nic},run=poll",
                 f"net_softnic2,type={nic},run=poll,peer=net_softnic1",
                 f"net_pcap0,tx_pcap={sink}"]
        with Session(vdevs) as session:
            session.say("port stop all")
            for command in ("csum set ip hw 1", "csum set tcp hw 1", "tso set 500 1"):
                session.say(command)
            session.say("port config 2 rx_offload ipv4_cksum on")
            session.say("port config 2 rx_offload tcp_cksum on")
            session.say("port start all")
            session.say("set promisc all on")
            session.say("set fwd csum")
            session.say("start")
            session.wait_for(lambda: session.stats(3)["TX-packets"] > 300, "300 segments")
            answer = session.say("stop")
        got = read_pcap(sink)
    bad = re.findall(r"Bad-(?:ip|l4)csum:\s*(\d+)", answer)
    tap.true(bad and all(int(n) == 0 for n in bad), f"bad checksums: {bad}")
    # All sends are alike, so there are three different segments, however many of each came through.
    pieces = sorted((Ether(piece) for piece in set(got[:300])), key=lambda piece: piece[TCP].seq)
    tap.equal([(piece[TCP].seq, piece[IP].id, len(piece[TCP].payload)) for piece in pieces],
              [(1000, 1, 500), (1500, 2, 500), (2000, 3, 460)], "sequence, id and length")
    tap.equal(b"".join(bytes(piece[TCP].payload) for piece in pieces), payload, "payload")
    for piece in pieces:
        sums = piece[IP].chksum, piece[TCP].chksum
        del piece[IP].chksum, piece[TCP].chksum
        again = Ether(bytes(piece))
        tap.equal((again[IP].chksum, again[TCP].chksum), sums, "checksums")


def name_tests():
    """One test for each NIC it is for, named after both."""
    for script, nics in ((one_core_forwards, NICS), (a_thread_of_the_model_forwards, NICS),
                         (tags_are_set_and_stripped, NICS),
                         (flows_go_where_the_table_says, ADVANCED),
                         (queues_stop_and_start, NICS[:1]), (long_frames_are_scattered, NICS),
                         (a_link_that_goes_is_told, NICS), (extended_counters_agree, NICS),
                         (a_capture_comes_through, NICS), (sends_are_cut, ADVANCED)):
        for nic in nics:
            def test(script=script, nic=nic):
                script(nic)
            test.__name__ = f"test_{script.__name__}_{nic}"
            yield test.__name__, test


if __name__ == "__main__":
    wanted = sys.argv[1:]
    tap.run({name: test for name, test in name_tests()
             if not wanted or any(word in name for word in wanted)})
