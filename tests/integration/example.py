#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The README's driver, as it stands there: it builds (meson did that), is short
enough for a README, and counts the frames of a pcap file.
"""

import os
import re
import shutil
import struct
import subprocess
import tempfile

import pollport
import tap

HOST = os.environ.get("POLLPORT_EXAMPLE_HOST",
                      os.path.join(pollport.ROOT, "build", "tests", "drivers", "example-host"))
COUNT = os.environ.get("POLLPORT_EXAMPLE_DRIVER",
                       os.path.join(pollport.ROOT, "build", "tests", "drivers", "count.so"))
MINIPORT = os.path.join(os.environ.get("POLLPORT_DRIVER_DIR",
                                       os.path.join(pollport.ROOT, "build", "miniport")),
                        "pollport-miniport.so")
SOURCE = os.path.join(pollport.ROOT, "docs", "examples", "count.c")


def write_pcap(path, frames):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for frame in frames:
            file.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)


def test_the_driver_counts_every_frame_of_a_file():
    folder = tempfile.mkdtemp(prefix="pollport-example-")
    prefix = f"pollport-example-{os.getpid()}"
    environment = dict(os.environ)
    if not os.access(environment.get("XDG_RUNTIME_DIR", "/nonexistent"), os.W_OK):
        environment["XDG_RUNTIME_DIR"] = folder
    try:
        write_pcap(f"{folder}/in.pcap", [bytes([2] * 12) + b"\x88\xb5" + bytes(50)] * 777)
        done = subprocess.run(
            [HOST, "--no-huge", "-m", "256", "--no-pci", f"--file-prefix={prefix}",
             f"--lcores={pollport.lcores()}", "--log-level=error",
             f"--vdev=net_pcap0,rx_pcap={folder}/in.pcap,tx_pcap={folder}/out.pcap",
             "--", MINIPORT, COUNT, "1000"],
            capture_output=True, text=True, timeout=pollport.PATIENCE, env=environment, check=False)
    finally:
        shutil.rmtree(folder)
        shutil.rmtree(pollport.runtime_dir(prefix), ignore_errors=True)
    tap.equal(done.returncode, 0, f"exit status: {done.stdout}{done.stderr}")
    tap.true("count: 777 frames" in done.stdout + done.stderr, done.stdout + done.stderr)


def test_the_driver_is_under_100_lines_and_knows_nothing_of_pollport():
    with open(SOURCE, encoding="utf-8") as file:
        text = file.read()
    tap.true(text.count("\n") < 100, f"{text.count(chr(10))} lines")
    tap.equal(re.findall(r"#\s*include\s*(\S+)", text), ["<ndis.h>"], "its includes")


def test_the_readme_shows_the_driver_as_it_is():
    with open(SOURCE, encoding="utf-8") as file:
        source = file.read()
    with open(os.path.join(pollport.ROOT, "README.md"), encoding="utf-8") as file:
        tap.true(source in file.read(), "README.md and docs/examples/count.c differ")


tap.run(globals())
