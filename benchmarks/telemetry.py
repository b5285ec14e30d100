# SPDX-License-Identifier: BSD-3-Clause
"""A DPDK program's port counters, read from outside through its telemetry socket.

The same reader for every DPDK program, ours or testpmd: what a program says
about its own speed is never used. Also imported by the integration tests.
"""

import json
import os
import socket
import time


def runtime_dir(prefix):
    """Where EAL keeps the files of a process started with --file-prefix=PREFIX."""
    if os.geteuid() == 0:
        base = "/var/run"
    else:
        base = os.environ.get("XDG_RUNTIME_DIR") or "/tmp"
    return os.path.join(base, "dpdk", prefix)


class TelemetryError(Exception):
    """One line that says what could not be read."""


class Telemetry:
    """A connection to one process. Not for several threads."""

    def __init__(self, prefix):
        path = os.path.join(runtime_dir(prefix), "dpdk_telemetry.v2")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(5)
        try:
            self.socket.connect(path)
            hello = json.loads(self.socket.recv(1024))
        except (OSError, ValueError) as error:
            self.socket.close()
            raise TelemetryError(f"no telemetry at {path}: {error}") from error
        self.version = hello["version"]
        self.max_reply = hello["max_output_len"]

    def close(self):
        self.socket.close()

    def ask(self, command):
        """The answer to COMMAND, without the envelope."""
        try:
            self.socket.send(command.encode())
            reply = json.loads(self.socket.recv(self.max_reply))
        except (OSError, ValueError) as error:
            raise TelemetryError(f"telemetry command {command} failed: {error}") from error
        return reply[command.split(",", 1)[0]]

    def ports(self):
        return self.ask("/ethdev/list") or []

    def packets(self, ports, counter):
        """[(time in seconds, COUNTER)] of each port, time taken at the read."""
        samples = []
        for port in ports:
            before = time.monotonic()
            stats = self.ask(f"/ethdev/stats,{port}")
            after = time.monotonic()
            if not stats:
                raise TelemetryError(f"the counters of port {port} are unreadable")
            samples.append(((before + after) / 2, stats[counter]))
        return samples

    def model_cycles(self):
        """TSC cycles that all software NICs spent moving frames."""
        return sum(self.ask(f"/softnic/counters,{name}")["step_cycles"]
                   for name in self.ask("/softnic/list"))
