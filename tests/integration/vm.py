# SPDX-License-Identifier: BSD-3-Clause
"""pollport-fwd in a QEMU guest with Intel NICs (tools/vm-bench.sh), driven by its commands while
the test holds the other ends of the wires. Skips when the packages cannot be had.

POLLPORT_FWD names the program (meson sets it); its build directory is two folders up.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import pollport
import tap

sys.path.insert(0, os.path.join(pollport.ROOT, "tools", "vm"))

import wire  # noqa: E402

BENCH = os.path.join(pollport.ROOT, "tools", "vm-bench.sh")
BUILD = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(pollport.PROGRAM))))
NICS = ("e1000", "e1000e", "igb")
LIMIT = 150  # seconds that a guest may take in all
CANNOT_BE_HAD = 77


class Guest:
    """A running guest with two NICs. A context manager: kills and cleans up at the end.

    @options go to vm-bench.sh, @args to pollport-fwd, which reads commands.
    """

    def __init__(self, options, args=(), limit=LIMIT):
        self.scratch = tempfile.mkdtemp(prefix="pollport-vm-")
        self.exit_stack = contextlib.ExitStack()
        self.wires = [self.exit_stack.enter_context(wire.Wire(self.scratch, i)) for i in (0, 1)]
        self.argv = [BENCH, "--build", BUILD, "--wire", self.scratch, "--timeout", str(limit),
                     "--keep-log", self.file("log"), *options, "--", pollport.PROGRAM, "-i",
                     "--stats-period=0", *args]
        self.out = open(self.file("out"), "w+", encoding="utf-8")
        self.err = open(self.file("err"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=self.out,
                                        stderr=self.err, text=True)

    def file(self, name):
        return os.path.join(self.scratch, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.out.close()
        self.err.close()
        self.exit_stack.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def read(self, name):
        with open(self.file(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def check_alive(self):
        status = self.process.poll()
        if status == CANNOT_BE_HAD:
            raise tap.Skip(self.read("err").strip())
        if status is not None:
            raise AssertionError(f"ended too early: {self.result().show()}")

    def until(self, condition, what):
        """Wait until condition() is true; returns that. The guest must live all the while."""
        deadline = time.monotonic() + pollport.PATIENCE
        while not (value := condition()):
            self.check_alive()
            if time.monotonic() > deadline:
                raise AssertionError(f"no {what} in {pollport.PATIENCE:.0f} s: {self.show()}")
            time.sleep(0.02)
        return value

    def ask(self, command, pattern):
        """The answer to a command: what PATTERN matches first in what is said after it."""
        before = len(self.read("out"))
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.until(lambda: re.search(pattern, self.read("out")[before:], re.MULTILINE),
                          f"answer to '{command}'")

    def start(self):
        """Until frames are forwarded in both directions and the wires are empty again."""
        self.ask("start", "^pollport> start")
        probe = next(wire.Frames(0))
        for source, sink in (self.wires, reversed(self.wires)):
            sent, came = self.pump(wire.first_frame, source, sink, probe)
            tap.true(came <= sent, f"{sent} frames went in and {came} came out")

    def pump(self, function, *args, **options):
        """Call a function of wire; a failure is shown with what the guest said."""
        try:
            return function(*args, meanwhile=self.check_alive, **options)
        except wire.WireError as error:
            raise AssertionError(f"{error}\n{self.show()}") from error

    def exchange(self, count, sizes=(wire.SHORTEST,), window=128):
        """COUNT frames into each port at a time, each to come out of the other one unchanged and
        in order; afterwards nothing more may come."""
        first, second = self.wires
        pumps = [wire.Pump(first, second, wire.Frames(1, sizes), count, window),
                 wire.Pump(second, first, wire.Frames(2, sizes), count, window)]
        self.pump(wire.run, pumps)
        for end in self.wires:
            tap.equal(end.drain(0.3), [], f"frames too many out of port {end.port}")

    def monitor(self):
        return wire.Monitor(self.scratch)

    def show(self):
        return (f"--- stdout\n{self.read('out')}\n--- stderr\n{self.read('err')}\n"
                f"--- console\n{self.read('log')}")

    def result(self):
        try:
            status = self.process.wait(pollport.PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"does not end in {pollport.PATIENCE:.0f} s: {self.show()}") \
                from error
        return pollport.Result(status, self.read("out"), self.read("err"))

    def quit(self):
        """End pollport-fwd; every packet must be accounted for. Returns the result."""
        self.process.stdin.write("quit\n")
        self.process.stdin.close()
        result = self.result()
        result.check_clean()
        return result


def bench(*args, stdin="", **environment):
    """vm-bench.sh run to its end by itself."""
    done = subprocess.run([BENCH, "--build", BUILD, *args], input=stdin, capture_output=True,
                          text=True, timeout=LIMIT, check=False,
                          env={**os.environ, **environment})
    return pollport.Result(done.returncode, done.stdout, done.stderr)
