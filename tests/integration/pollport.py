# SPDX-License-Identifier: BSD-3-Clause
"""pollport-fwd under test: one process in a scratch directory of its own,
without hugepages, root or a NIC, and nothing left behind.

POLLPORT_FWD names the program (meson sets it); by default that of build/.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "benchmarks"))

from telemetry import Telemetry, TelemetryError, runtime_dir  # noqa: E402

PROGRAM = os.environ.get("POLLPORT_FWD", os.path.join(ROOT, "build", "apps", "fwd", "pollport-fwd"))
PATIENCE = 60.0  # how long anything may take before it counts as hung; sanitizers are slow
CRASH_WORDS = ("Segmentation fault", "Sanitizer", "runtime error:", "Assertion", "core dumped",
               "stack trace", "backtrace")


def cpus(wanted):
    """Processors this process may use, repeated when there are too few."""
    allowed = sorted(os.sched_getaffinity(0))
    return [allowed[i % len(allowed)] for i in range(wanted)]


def lcores(workers=1):
    return ",".join(f"{i}@{cpu}" for i, cpu in enumerate(cpus(workers + 1)))


class Result:
    """How a run ended."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err
        self.text = out + err

    def json(self, path):
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    def show(self):
        return f"status {self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"

    def check_no_crash(self):
        for word in CRASH_WORDS:
            if word in self.text:
                raise AssertionError(f"'{word}' in the output: {self.show()}")
        if self.status < 0:
            raise AssertionError(f"killed by {signal.Signals(-self.status).name}: {self.show()}")

    def check_clean(self):
        """Ended as asked and with every packet accounted for."""
        self.check_no_crash()
        if self.status != 0 or "unexplained 0" not in self.out:
            raise AssertionError(f"not a clean end with a closed ledger: {self.show()}")


class Pollport:
    """A running pollport-fwd. A context manager: kills and cleans up at the end.

    @launcher goes before the program, such as nsenter and its arguments.
    """

    count = 0

    def __init__(self, vdevs, args, workers=1, memory=512, launcher=(), eal=()):
        Pollport.count += 1
        self.scratch = tempfile.mkdtemp(prefix="pollport-test-")
        self.prefix = f"pollport-test-{os.getpid()}-{Pollport.count}"
        environment = dict(os.environ)
        if not os.access(environment.get("XDG_RUNTIME_DIR", "/nonexistent"), os.W_OK):
            environment["XDG_RUNTIME_DIR"] = os.environ["XDG_RUNTIME_DIR"] = self.scratch
        argv = [*launcher, PROGRAM, "--no-huge", "-m", str(memory), "--no-pci",
                f"--file-prefix={self.prefix}", f"--lcores={lcores(workers)}", "--log-level=error",
                *(f"--vdev={vdev}" for vdev in vdevs), *eal, "--", *args]
        self.argv = argv
        self.out = open(os.path.join(self.scratch, "out"), "w+", encoding="utf-8")
        self.err = open(os.path.join(self.scratch, "err"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=self.out,
                                        stderr=self.err, env=environment)
        self.telemetry = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.telemetry:
            self.telemetry.close()
        for file in (self.process.stdin, self.out, self.err):
            with contextlib.suppress(BrokenPipeError):
                file.close()
        shutil.rmtree(runtime_dir(self.prefix), ignore_errors=True)
        if os.environ.get("XDG_RUNTIME_DIR") == self.scratch:
            del os.environ["XDG_RUNTIME_DIR"]
        shutil.rmtree(self.scratch, ignore_errors=True)

    def said(self):
        with open(self.out.name, encoding="utf-8", errors="replace") as out, \
                open(self.err.name, encoding="utf-8", errors="replace") as err:
            return out.read(), err.read()

    def until(self, condition, what):
        """Wait until condition() is true; the process must live all the while."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if self.process.poll() is not None:
                raise AssertionError(f"ended before {what}: {self.result().show()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"no {what} in {PATIENCE:.0f} s: {self.said()}")
            time.sleep(0.02)

    def stats(self, port):
        """The PMD's counters of a port, or None while the program starts."""
        try:
            if self.telemetry is None:
                self.telemetry = Telemetry(self.prefix)
            return self.telemetry.ask(f"/ethdev/stats,{port}")
        except TelemetryError:
            return None

    def wait_started(self):
        """Until each port is configured and started."""
        def started():
            if self.stats(0) is None:
                return False
            ports = self.telemetry.ports()
            info = [self.telemetry.ask(f"/ethdev/info,{port}") for port in ports]
            return all(i and i["dev_started"] for i in info)

        self.until(started, "started ports")

    def wait_sending(self, ports):
        """Until each of PORTS has sent something."""
        self.until(lambda: all((self.stats(p) or {}).get("opackets", 0) > 0 for p in ports),
                   "packets sent")

    def result(self):
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"does not end: {' '.join(self.argv)}: {self.said()}") from error
        return Result(status, *self.said())

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.result()


def run(vdevs, args, **options):
    """Run to the end by itself."""
    with Pollport(vdevs, args, **options) as program:
        return program.result()
