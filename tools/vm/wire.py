#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The other ends of a guest's wires (tools/vm-bench.sh --wire): sockets on which one datagram is
one frame, without FCS, and QEMU's monitor, which pulls and plugs cables. Standard library only.

Nothing is lost between a Wire and its NIC as long as no more frames are on their way than the
NIC has receive descriptors: a full socket makes its sender wait, so a Pump counts frames in
flight and sends no more than its window. For use from tests; by itself, vm/wire.py DIR [SECONDS]
sends between ports 0 and 1 and prints what comes back.
"""

import collections
import json
import os
import random
import select
import socket
import struct
import sys
import time

SHORTEST, LONGEST = 60, 1514  # bytes of an Ethernet frame without FCS
HEADER = bytes.fromhex("0200000000010200000000ff88b5")  # a local experimental EtherType
PATIENCE = 60.0  # how long nothing may move before it counts as stuck; a guest is slow to start
BATCH = 64  # frames between two looks at the other sockets
BUFFER = 65536


class WireError(Exception):
    """Frames were lost, changed, out of order or did not come; the text says which."""


class Wire:
    """The cable of one port: what it is sent, the NIC receives; what the NIC sends, it returns."""

    def __init__(self, directory, port):
        self.port = port
        self.peer = os.path.join(directory, f"guest{port}")
        self.path = os.path.join(directory, f"host{port}")
        self.sent = 0
        self.received = 0
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self.socket.bind(self.path)
        except OSError as error:
            self.socket.close()
            raise WireError(f"{self.path}: {error.strerror}: is another test using it?") from error
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        os.unlink(self.path)

    def fileno(self):
        return self.socket.fileno()

    def plug(self):
        """Take the guest's end as the only peer; False as long as there is none."""
        try:
            self.socket.connect(self.peer)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True

    def try_send(self, frame):
        """False when the guest's end is full for now."""
        try:
            self.socket.send(frame)
        except BlockingIOError:
            return False
        self.sent += 1
        return True

    def try_receive(self):
        """The next frame, or None when none waits."""
        try:
            frame = self.socket.recv(BUFFER)
        except BlockingIOError:
            return None
        self.received += 1
        return frame

    def drain(self, quiet):
        """All frames until none came for QUIET seconds."""
        frames = []
        while select.select([self], [], [], quiet)[0]:
            while (frame := self.try_receive()) is not None:
                frames.append(frame)
        return frames


class Frames:
    """An endless, repeatable sequence of frames, each with its number; SIZES go round."""

    def __init__(self, seed, sizes=(SHORTEST,)):
        rng = random.Random(seed)
        self.sizes = tuple(sizes)
        self.noise = rng.randbytes(2 * max(max(self.sizes), 4096))
        self.head = HEADER[:11] + bytes([seed & 0xff]) + HEADER[12:]
        self.number = 0

    def __iter__(self):
        return self

    def __next__(self):
        number = self.number
        self.number += 1
        size = self.sizes[number % len(self.sizes)] - 18
        start = number % 4096
        return b"".join((self.head, struct.pack("!I", number), self.noise[start:start + size]))

    @staticmethod
    def number_of(frame):
        return struct.unpack_from("!I", frame, 14)[0] if len(frame) >= 18 else None


class Pump:
    """Sends a sequence into one wire and expects it, unchanged and in order, out of another."""

    def __init__(self, source, sink, frames, count, window=128):
        self.source, self.sink = source, sink
        self.frames = iter(frames)
        self.left = count
        self.window = window
        self.flying = collections.deque()
        self.spare = None  # made, but not yet taken by the socket

    def done(self):
        return not self.left and not self.flying

    def push(self):
        """Send what the window and the socket take; the number of frames."""
        sent = 0
        while self.left and len(self.flying) < self.window and sent < BATCH:
            frame = self.spare or next(self.frames)
            self.spare = None
            if not self.source.try_send(frame):
                self.spare = frame
                break
            self.flying.append(frame)
            self.left -= 1
            sent += 1
        return sent

    def pull(self):
        """Take and compare what has come; the number of frames."""
        taken = 0
        while taken < BATCH and (frame := self.sink.try_receive()) is not None:
            if not self.flying or frame != self.flying[0]:
                raise WireError(self.complaint(frame))
            self.flying.popleft()
            taken += 1
        return taken

    def complaint(self, frame):
        where = f"out of port {self.sink.port}"
        if not self.flying:
            return f"{where}: a frame that was not sent: {frame[:64].hex()}"
        want = self.flying[0]
        at = next((i for i, (a, b) in enumerate(zip(frame, want)) if a != b),
                  min(len(frame), len(want)))
        return (f"{where}: frame {Frames.number_of(frame)} of {len(frame)} bytes, wanted "
                f"{Frames.number_of(want)} of {len(want)}; first difference at byte {at}")


def run(pumps, patience=PATIENCE, meanwhile=lambda: None):
    """Run all pumps to their end; WireError when nothing moves for PATIENCE seconds. MEANWHILE is
    called each round, and may raise, as when the guest has ended."""
    sinks = [pump.sink for pump in pumps]
    moved = time.monotonic()
    while not all(pump.done() for pump in pumps):
        meanwhile()
        if sum(pump.push() + pump.pull() for pump in pumps):
            moved = time.monotonic()
            continue
        if time.monotonic() - moved > patience:
            raise WireError("; ".join(
                f"port {p.source.port} to {p.sink.port}: {len(p.flying)} frames under way and "
                f"{p.left} to send" for p in pumps) + f", and nothing for {patience:.0f} s")
        full = [pump.source for pump in pumps if pump.spare]
        select.select(sinks, full, [], 0.2)


def first_frame(source, sink, frame, patience=PATIENCE, meanwhile=lambda: None):
    """Send copies of FRAME until one comes through, then wait for the rest: when this returns the
    path is open and empty. Returns how many were sent and how many came."""
    deadline = time.monotonic() + patience
    sent = came = 0
    while not came:
        meanwhile()
        if time.monotonic() > deadline:
            raise WireError(f"no frame from port {source.port} to {sink.port} in {patience:.0f} s, "
                            f"{sent} sent")
        if source.plug() and source.try_send(frame):
            sent += 1
        came += bool(select.select([sink], [], [], 0.05)[0])
    return sent, len(sink.drain(0.5))


class Monitor:
    """QEMU's monitor (QMP)."""

    def __init__(self, directory):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(os.path.join(directory, "monitor"))
        self.lines = self.socket.makefile("rw", encoding="utf-8")
        self.lines.readline()  # the greeting
        self.ask("qmp_capabilities")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def ask(self, command, **arguments):
        """The answer to COMMAND; events in between are passed over."""
        self.lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.lines.flush()
        while line := self.lines.readline():
            answer = json.loads(line)
            if "error" in answer:
                raise WireError(f"monitor: {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        raise WireError(f"monitor: {command}: QEMU ended")

    def set_link(self, port, up):
        """Plug or pull the cable of NIC number PORT."""
        self.ask("set_link", name=f"nic{port}", up=up)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: wire.py DIR [SECONDS]")
    end = time.monotonic() + (float(sys.argv[2]) if len(sys.argv) == 3 else 10)
    with Wire(sys.argv[1], 0) as left, Wire(sys.argv[1], 1) as right:
        first_frame(left, right, next(Frames(0)))
        first_frame(right, left, next(Frames(0)))
        sources = Frames(1), Frames(2)
        while (began := time.monotonic()) < end:
            run([Pump(left, right, sources[0], 20000), Pump(right, left, sources[1], 20000)])
            print(f"{40000 / (time.monotonic() - began):.0f} frames/s, in order and unchanged",
                  flush=True)


if __name__ == "__main__":
    main()
