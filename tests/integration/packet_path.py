#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""docs/packet-path.md is true: a build that notes every function it enters forwards
one frame each way, and comes by the document's stops in the document's order.
"""

import collections
import os
import re
import shutil
import struct
import subprocess
import tempfile

import pollport
import tap

DOCUMENT = os.path.join(pollport.ROOT, "docs", "packet-path.md")
MOVES = {"describe", "nrt_send_completed"}
FRAME = bytes([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xB5]) + bytes(46)


def stops():
    """The document's (file, function) pairs, by heading."""
    found = collections.defaultdict(list)
    heading = None
    with open(DOCUMENT, encoding="utf-8") as file:
        for line in file:
            if line.startswith("## "):
                heading = line[3:].split(":")[0]
            match = re.match(r"\d+\. `([^`:]+):(\w+)`", line)
            if match:
                found[heading].append(match.groups())
    return found


def call(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(argv)}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


class Traced:
    """pollport-fwd and the miniport, built to be traced."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="pollport-path-")
        self.build = os.path.join(self.folder, "build")
        self.tracer = os.path.join(self.folder, "tracer.so")
        call("meson", "setup", self.build, pollport.ROOT, "--buildtype=debug",
             "-Doptimization=0", "-Dc_args=-finstrument-functions", "-Db_lundef=false")
        call("ninja", "-C", self.build, "apps/fwd/pollport-fwd", "miniport/pollport-miniport.so")
        call("cc", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-o", self.tracer,
             os.path.join(pollport.ROOT, "tests", "integration", "tracer.c"))

    def remove(self):
        shutil.rmtree(self.folder)

    def pcap(self, name, frames):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            for frame in frames:
                file.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
        return path

    def forward(self, port):
        """Functions entered by the worker while one frame comes in on @port, in
        order; of its loop's passes those in which something was received or
        completed."""
        trace = os.path.join(self.folder, "trace")
        out = [os.path.join(self.folder, f"out{i}.pcap") for i in range(2)]
        vdevs = [f"net_pcap{i},rx_pcap={self.pcap(f'in{i}.pcap', [FRAME] * (i == port))},"
                 f"tx_pcap={out[i]}" for i in range(2)]
        pollport.PROGRAM = os.path.join(self.build, "apps", "fwd", "pollport-fwd")
        launcher = ["env", "-u", "LD_LIBRARY_PATH", f"LD_PRELOAD={self.tracer}", f"TRACE_FILE={trace}",
                    f"POLLPORT_DRIVER_DIR={os.path.join(self.build, 'miniport')}"]
        with pollport.Pollport(vdevs, ["--stop-when-idle=300", "--stats-period=0"],
                               launcher=launcher) as program:
            program.result().check_clean()
        tap.equal(os.path.getsize(out[1 - port]), 24 + 16 + len(FRAME), "bytes in the other file")
        with open(trace, encoding="utf-8") as file:
            passes = [self.names(line.split()) for line in file]
        return [entry for entries in passes if any(name in MOVES for _, name in entries)
                for entry in entries]

    def names(self, places):
        """(file, function) of each "module+offset"."""
        wanted = collections.defaultdict(set)
        for place in places:
            module, offset = place.rsplit("+", 1)
            wanted[module].add(offset)
        known = {}
        for module, offsets in wanted.items():
            ordered = sorted(offsets)
            said = call("addr2line", "-f", "-e", module, *(f"0x{o}" for o in ordered)).split("\n")
            for i, offset in enumerate(ordered):
                path = os.path.normpath(said[2 * i + 1].rsplit(":", 1)[0])
                known[f"{module}+{offset}"] = (path, said[2 * i])
        return [known[place] for place in places]


def first_missing(way, trace):
    """The first stop of @way that does not come after the ones before it; None: all
    are there, in order. Files are compared by the end of their path."""
    at = 0
    for file, function in way:
        while at < len(trace) and not (trace[at][1] == function and
                                       ("/" + trace[at][0]).endswith("/" + file)):
            at += 1
        if at == len(trace):
            return f"{file}:{function}"
        at += 1
    return None


BUILT = []


def traced():
    if not BUILT:
        BUILT.append(Traced())
    return BUILT[0]


def check_way(port):
    trace = traced().forward(port)
    found = stops()
    tap.true(len(found["Out"]) >= 10 and len(found["Back"]) >= 8, "the document has both ways")
    tap.equal(first_missing(found["Out"] + found["Back"], trace), None, "stop not come by in order")


def test_a_frame_from_port_0_to_port_1_comes_by_every_stop_in_order():
    check_way(0)


def test_a_frame_from_port_1_to_port_0_comes_by_every_stop_in_order():
    check_way(1)


def test_two_stops_exchanged_or_one_invented_would_be_noticed():
    trace = traced().forward(0)
    way = stops()["Out"]
    tap.equal(first_missing(way, trace), None, "stop of the true way not come by")
    for i in range(len(way) - 1):
        wrong = way[:i] + [way[i + 1], way[i]] + way[i + 2:]
        tap.true(first_missing(wrong, trace) is not None, f"{way[i]} and the next exchanged")
    tap.true(first_missing(way + [("runtime/ndis/send.c", "no_such")], trace), "an invented stop")


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        for build in BUILT:
            build.remove()
