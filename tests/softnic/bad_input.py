#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Arguments of the software NIC that cannot be: dpdk-testpmd says one clear line that
begins with "softnic:", and has no such port. DPDK goes on without a device that its driver
refuses (rte_bus_probe() in 22.11), so the program is told how many ports it needs, and ends.
"""

import os
import shutil
import subprocess
import sys
import tempfile

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration")]

import tap  # noqa: E402

if shutil.which("dpdk-testpmd") is None:
    print("1..0 # SKIP dpdk-testpmd is missing; it is in Debian's package dpdk")
    sys.exit(0)

from session import cpus, eal_arguments, environment, runtime_directory  # noqa: E402


def refused(vdevs, *words, lcores=None):
    """@vdevs are not taken; the one line that says why has all @words."""
    every = ",".join(map(str, cpus()))
    lcores = lcores or f"0@({every}),1@({every})"
    with tempfile.TemporaryDirectory(prefix="pollport-testpmd-") as directory:
        done = subprocess.run(
            eal_arguments(f"softnicbad{os.getpid()}", vdevs, lcores) +
            ["--", f"--nb-ports={len(vdevs)}", "--total-num-mbufs=2048"],
            env=environment(), cwd=directory, capture_output=True, text=True, timeout=60,
            stdin=subprocess.DEVNULL, check=False)
    shutil.rmtree(runtime_directory(f"softnicbad{os.getpid()}"), ignore_errors=True)
    said = [line for line in (done.stdout + done.stderr).splitlines()
            if line.startswith("softnic:")]
    tap.equal(len(said), 1, f"lines of ours in {done.stderr}")
    for word in words:
        tap.true(word in said[0], f"no '{word}' in: {said[0]}")
    tap.equal(done.returncode, 1, f"status after: {said[0]}")
    tap.true("Invalid port" in done.stdout + done.stderr, f"for the port that is missing: {done}")


def test_an_unknown_type_is_refused():
    refused(["net_softnic0,type=82598"], "net_softnic0", "type=82598", "82599, 82576")


def test_a_rate_that_is_no_rate_is_refused():
    for rate in ("10", "10q", "-1g", "0g", "fast", "500g", ""):
        refused([f"net_softnic0,rate={rate}"], f"rate={rate}", "10g")


def test_an_unknown_peer_is_refused():
    refused(["net_softnic0,peer=net_softnic7"], "peer=net_softnic7", "comes before")


def test_a_peer_that_has_one_is_refused():
    refused(["net_softnic0", "net_softnic1,peer=net_softnic0", "net_softnic2,peer=net_softnic0"],
            "net_softnic2", "peer=net_softnic0", "two ends")


def test_a_capture_that_is_missing_is_refused():
    refused(["net_softnic0,pcap=nowhere.pcap"], "pcap=nowhere.pcap", "can be read")


def test_a_file_that_is_no_capture_is_refused():
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        file.write(b"this is no capture, whatever its name says")
        file.flush()
        refused([f"net_softnic0,pcap={file.name}"], "net_softnic0", file.name)


def test_a_peer_and_a_generator_exclude_each_other():
    refused(["net_softnic0", "net_softnic1,peer=net_softnic0,generate=64"], "net_softnic1",
            "exclude each other")


def test_an_unknown_argument_is_refused():
    refused(["net_softnic0,speed=fast"], "speed=fast", "unknown", "rate")


def test_an_address_that_is_none_is_refused():
    for mac in ("01:00:00:00:00:01", "00:00:00:00:00:00", "2:3", "x"):
        refused([f"net_softnic0,mac={mac}"], f"mac={mac}", "unicast")


def test_the_core_of_a_polling_lcore_is_refused():
    if len(cpus()) < 2:
        raise tap.Skip("needs two CPUs")
    first, second = cpus()[:2]
    refused([f"net_softnic0,run=thread,core={second}"], f"core {second}", "run=poll",
            lcores=f"0@{first},1@{second}")


def test_a_core_that_is_not_there_is_refused():
    refused(["net_softnic0,run=thread,core=1000"], "core", "1000")


def test_what_is_right_is_taken():
    with tempfile.TemporaryDirectory(prefix="pollport-testpmd-") as directory:
        every = ",".join(map(str, cpus()))
        done = subprocess.run(
            eal_arguments(f"softnicbad{os.getpid()}", ["net_softnic0,run=poll,rate=1g"],
                          f"0@({every}),1@({every})") +
            ["--", "--nb-ports=1", "--total-num-mbufs=2048"],
            env=environment(), cwd=directory, capture_output=True, text=True, timeout=60,
            stdin=subprocess.DEVNULL, check=False)
    shutil.rmtree(runtime_directory(f"softnicbad{os.getpid()}"), ignore_errors=True)
    tap.equal(done.returncode, 0, done.stderr)
    tap.true("softnic:" not in done.stdout + done.stderr, done.stderr)


def test_words_that_are_no_numbers_are_refused():
    for argument in ("writeback_us=soon", "writeback_steps=-1", "seed=x", "flows=0",
                     "generate=63", "bad_checksums=2", "iommu=maybe", "run=away", "core=first"):
        refused([f"net_softnic0,{argument}"], argument, "it takes")


if __name__ == "__main__":
    tap.run(globals())
