# SPDX-License-Identifier: BSD-3-Clause
"""One run of a forwarding program, pollport-fwd or testpmd: start it, time it, stop it.

Both are started with the same EAL arguments and measured by the same code.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time

import machine
from telemetry import Telemetry, TelemetryError, runtime_dir

START_TIMEOUT = 30.0
STOP_TIMEOUT = 15.0


class RunError(Exception):
    """One line that says which program failed and how."""


class Sample:
    """What one window showed."""

    def __init__(self, mpps, steal, switches):
        self.mpps = mpps
        self.steal = steal        # share of the window, 0..1
        self.switches = switches  # involuntary, per second


class Program:
    """A program and how it wants to be ended."""

    def __init__(self, name, path, end):
        self.name = name
        self.path = path
        self.end = end  # "signal" or "enter"


class Forwarder:
    """A running program. Use as a context manager; leaves nothing behind."""

    count = 0

    def __init__(self, program, eal, args, main_cpu, poll_cpu):
        Forwarder.count += 1
        self.program = program
        self.poll_cpu = poll_cpu
        self.prefix = f"vs-testpmd-{os.getpid()}-{Forwarder.count}"
        self.output = tempfile.TemporaryFile()
        everywhere = set(range(os.cpu_count()))
        os.sched_setaffinity(0, {main_cpu})  # the reader stays off the polling core
        self.process = subprocess.Popen(
            [program.path, *eal, f"--file-prefix={self.prefix}", "--", *args],
            stdin=subprocess.PIPE, stdout=self.output, stderr=subprocess.STDOUT,
            preexec_fn=lambda: os.sched_setaffinity(0, everywhere))
        self.telemetry = None
        self.ports = []

    def __enter__(self):
        try:
            self.wait_for_packets()
        except BaseException:
            self.discard()
            raise
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is None:
                self.stop()
        finally:
            self.discard()

    def said(self):
        """The last line it printed."""
        self.output.seek(0)
        lines = [line for line in self.output.read().decode(errors="replace").splitlines()
                 if line.strip()]
        return lines[-1].strip() if lines else "it said nothing"

    def check_alive(self):
        status = self.process.poll()
        if status is not None:
            raise RunError(f"{self.program.name} ended with status {status}: {self.said()}")

    def wait_for_packets(self):
        """Until every port has sent something; the start of the port varies by seconds."""
        deadline = time.monotonic() + START_TIMEOUT
        why = "no telemetry"
        while time.monotonic() < deadline:
            self.check_alive()
            try:
                if self.telemetry is None:
                    self.telemetry = Telemetry(self.prefix)
                self.ports = self.telemetry.ports()
                if self.ports and all(n > 0 for _, n in self.telemetry.sent(self.ports)):
                    return
                why = "its ports send nothing"
            except TelemetryError as error:
                why = str(error)
            time.sleep(0.05)
        raise RunError(f"{self.program.name}: {why} after {START_TIMEOUT:.0f} s: {self.said()}")

    def measure(self, seconds):
        """Packets sent by all ports over a window, and how quiet the machine was."""
        threads = machine.threads(self.process.pid)
        steal = machine.steal_seconds(self.poll_cpu)
        before = self.telemetry.sent(self.ports)
        time.sleep(seconds)
        after = self.telemetry.sent(self.ports)
        steal = machine.steal_seconds(self.poll_cpu) - steal
        self.check_alive()
        switches = machine.busiest_switches(threads, machine.threads(self.process.pid))
        rate = sum((n1 - n0) / (t1 - t0) for (t0, n0), (t1, n1) in zip(before, after))
        return Sample(rate / 1e6, steal / seconds, switches / seconds)

    def stop(self):
        """End it as a user would; a forwarder that cannot end cleanly does not count."""
        if self.program.end == "enter":
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.write(b"\n")
                self.process.stdin.flush()
        else:
            self.process.send_signal(signal.SIGINT)
        try:
            status = self.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired as error:
            raise RunError(f"{self.program.name} did not stop within {STOP_TIMEOUT:.0f} s") from error
        if status != 0:
            raise RunError(f"{self.program.name} ended with status {status}: {self.said()}")

    def discard(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        if self.telemetry is not None:
            self.telemetry.close()
        self.output.close()
        shutil.rmtree(runtime_dir(self.prefix), ignore_errors=True)
