# SPDX-License-Identifier: BSD-3-Clause
"""One run of a program that polls ports, pollport-fwd or testpmd or a bare loop: start
it, time it, stop it. All are measured by the same code, from outside.
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

# Both only tell a program that hangs from a machine that is very busy.
START_TIMEOUT = 120.0
STOP_TIMEOUT = 60.0


class RunError(Exception):
    """One line that says which program failed and how."""


class Sample:
    """What one window showed."""

    def __init__(self, mpps, share, steal, switches, model_cycles):
        self.mpps = mpps
        self.share = share                # of its processor, least of the polling threads, 0..1
        self.steal = steal                # share of the window, 0..1
        self.switches = switches          # involuntary, per second
        self.model_cycles = model_cycles  # of software NICs, a packet


class Program:
    """A program and how it wants to be ended."""

    def __init__(self, name, path, end, environment=None):
        self.name = name
        self.path = path
        self.end = end  # "signal" or "enter"
        self.environment = environment or {}  # on top of ours


class Side:
    """One of those compared: a program with all its arguments, and what of it counts."""

    def __init__(self, program, eal, args, cpus, counter="opackets", moving=None, softnic=False):
        self.program = program
        self.eal = eal
        self.args = args
        self.main_cpu, *self.poll_cpus = cpus
        self.counter = counter  # ipackets or opackets, summed over the ports
        self.moving = moving    # the ports that must count something; None: all
        self.softnic = softnic


class Forwarder:
    """A running program. Use as a context manager; leaves nothing behind."""

    count = 0

    def __init__(self, side):
        Forwarder.count += 1
        self.side = side
        self.program = side.program
        self.prefix = f"pollport-bench-{os.getpid()}-{Forwarder.count}"
        self.output = tempfile.TemporaryFile()
        everywhere = set(range(os.cpu_count()))
        os.sched_setaffinity(0, {side.main_cpu})  # the reader stays off the polling cores
        # From the root: EAL refuses a plugin that it finds below a folder all may write to.
        self.process = subprocess.Popen(
            [self.program.path, *side.eal, f"--file-prefix={self.prefix}", "--", *side.args],
            stdin=subprocess.PIPE, stdout=self.output, stderr=subprocess.STDOUT, cwd="/",
            env={**os.environ, **self.program.environment},
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

    def packets(self):
        return self.telemetry.packets(self.ports, self.side.counter)

    def is_moving(self):
        moving = self.side.moving
        return all(n > 0 for port, (_, n) in zip(self.ports, self.packets())
                   if moving is None or port in moving)

    def wait_for_packets(self):
        """Until the ports move packets; the start of a port varies by seconds."""
        deadline = time.monotonic() + START_TIMEOUT
        why = "no telemetry"
        while time.monotonic() < deadline:
            self.check_alive()
            try:
                if self.telemetry is None:
                    self.telemetry = Telemetry(self.prefix)
                self.ports = self.telemetry.ports()
                if self.ports and self.is_moving():
                    return
                why = "its ports move nothing"
            except TelemetryError as error:
                why = str(error)
            time.sleep(0.05)
        raise RunError(f"{self.program.name}: {why} after {START_TIMEOUT:.0f} s: {self.said()}")

    def model_cycles(self):
        return self.telemetry.model_cycles() if self.side.softnic else 0

    def measure(self, seconds):
        """Packets of all ports over a window, and how much of it was really theirs."""
        cpus = self.side.poll_cpus
        steal = [machine.steal_seconds(cpu) for cpu in cpus]
        threads, begin = machine.threads(self.process.pid), time.monotonic()
        model, before = self.model_cycles(), self.packets()
        time.sleep(seconds)
        model, after = self.model_cycles() - model, self.packets()
        ran, end = machine.threads(self.process.pid), time.monotonic()
        steal = max(machine.steal_seconds(cpu) - s for cpu, s in zip(cpus, steal))
        self.check_alive()
        pollers = machine.busiest(threads, ran, len(cpus))
        window = end - begin
        counts = [(n1 - n0, t1 - t0) for (t0, n0), (t1, n1) in zip(before, after)]
        return Sample(mpps=sum(n / t for n, t in counts) / 1e6,
                      share=min(thread.ran for thread in pollers) / window,
                      steal=steal / window,
                      switches=max(thread.switches for thread in pollers) / window,
                      model_cycles=model / max(1, sum(n for n, _ in counts)))

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
