# SPDX-License-Identifier: BSD-3-Clause
"""A dpdk-testpmd, as the distribution has it, with the software NIC's plugin: commands in,
what it says until its next prompt out. It runs on a terminal of its own, since testpmd writes
its prompt without a line's end.
"""

import json
import os
import pty
import re
import select
import shutil
import socket
import subprocess
import tempfile
import time

import tap

PROMPT = "testpmd> "
PATIENCE = 60
# Said by another thread at any moment, even amid a prompt.
EVENT = re.compile(r"\r?\nPort \d+: link state change event\r?\n")
LIBRARY = os.environ["POLLPORT_SOFTNIC_DIR"]


def environment():
    """The plugin by its bare name: EAL refuses a path under a folder that all may write."""
    return dict(os.environ, LD_LIBRARY_PATH=LIBRARY)


def eal_arguments(prefix, vdevs, lcores):
    arguments = ["dpdk-testpmd", "--no-huge", "-m", "512", "--no-pci", "--lcores", lcores,
                 f"--file-prefix={prefix}", "-d", "librte_net_softnic.so"]
    for vdev in vdevs:
        arguments += ["--vdev", vdev]
    return arguments


def runtime_directory(prefix):
    """Where EAL keeps its socket and lock; it leaves them there."""
    base = "/var/run/dpdk" if os.geteuid() == 0 else \
        os.path.join(os.environ.get("XDG_RUNTIME_DIR", "/tmp"), "dpdk")
    return os.path.join(base, prefix)


def cpus():
    return sorted(os.sched_getaffinity(0))


class Session:
    """testpmd with @vdevs; its main lcore and one that forwards."""

    serial = 0

    def __init__(self, vdevs, *arguments, lcores=None):
        Session.serial += 1
        self.prefix = f"softnic{os.getpid()}_{Session.serial}"
        self.directory = tempfile.TemporaryDirectory(prefix="pollport-testpmd-")
        every = ",".join(str(cpu) for cpu in cpus())
        lcores = lcores or f"0@({every}),1@({every})"
        self.terminal, other = pty.openpty()
        self.process = subprocess.Popen(
            eal_arguments(self.prefix, vdevs, lcores) +
            ["--", "-i", "--total-num-mbufs=16384", *arguments],
            stdin=other, stdout=other, stderr=other, env=environment(),
            cwd=self.directory.name, start_new_session=True)
        os.close(other)
        self.start = self.read()

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if kind is None:
            self.quit()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.terminal)
        self.directory.cleanup()
        shutil.rmtree(runtime_directory(self.prefix), ignore_errors=True)

    def read_until(self, enough, what):
        """What it says until @enough finds that it is."""
        text, end = "", time.monotonic() + PATIENCE
        while not enough(text):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.terminal], [], [], left)[0]:
                raise AssertionError(f"no {what} within {PATIENCE} s after: {text[-2000:]}")
            try:
                piece = os.read(self.terminal, 65536)
            except OSError as error:
                raise AssertionError(f"testpmd ended: {text[-2000:]}") from error
            text += re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", piece.decode(errors="replace"))
            text = EVENT.sub("", text)
        return text

    def read(self):
        return self.read_until(lambda text: PROMPT in text, "prompt")

    def tell(self, command):
        """Give a command whose answer is mixed with what a forwarding lcore says."""
        os.write(self.terminal, command.encode() + b"\n")

    def say(self, command):
        """Give one command; a complaint about it fails the test."""
        self.tell(command)
        answer = self.read()
        tap.true("Bad arguments" not in answer and "Command not found" not in answer,
                 f"{command}: {answer}")
        return answer

    def quit(self):
        os.write(self.terminal, b"stop\nquit\n")
        text = ""
        while True:
            try:
                piece = os.read(self.terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            text += piece.decode(errors="replace")
        tap.equal(self.process.wait(PATIENCE), 0, f"exit status after {text[-1000:]}")

    def stats(self, port):
        answer = self.say(f"show port stats {port}")
        return {name: int(value) for name, value in
                re.findall(r"(\w\wX-(?:packets|missed|bytes|errors|nombuf)|\w+-\w+):\s+(\d+)",
                           answer)}

    def wait_for(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not condition():
            tap.true(time.monotonic() < end, f"not within {PATIENCE} s: {what}")

    def telemetry(self, command):
        """Ask DPDK's telemetry, as a tool of the site would."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link:
            link.connect(os.path.join(runtime_directory(self.prefix), "dpdk_telemetry.v2"))
            link.recv(65536)
            link.send(command.encode())
            return json.loads(link.recv(65536))
