#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""benchmarks/send_queue: what it records, and what it says to bad input. The speed of
anything is not looked at.
"""

import json
import os
import subprocess
import tempfile

import tap

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUN = os.environ.get("SEND_QUEUE_RUN", os.path.join(
    ROOT, "build", "benchmarks", "sendqueue", "send-queue-run"))
BENCHMARK = os.path.join(ROOT, "benchmarks", "send_queue")
CPUS = ",".join(str(cpu) for cpu in (sorted(os.sched_getaffinity(0)) * 2)[:2])
KEYS = {"benchmark", "device", "mode", "unit", "median", "min", "max", "runs", "algorithm",
        "burst", "producers", "cpu", "commit"}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def refused(result, words):
    tap.equal(result.returncode, 2, f"status of {result.args[1:]} ({result.stderr})")
    tap.equal(len(result.stderr.splitlines()), 1, f"lines about {result.args[1:]}")
    for word in words:
        if word not in result.stderr:
            raise AssertionError(f"no '{word}' in: {result.stderr}")


def test_every_queue_gets_every_NBL_through():
    names = run(RUN, "--list").stdout.split()
    tap.equal(len(names), 8, "queues")
    for name in names:
        for more in ((), ("--shuffled",), ("--producers", "3", "--burst", "7", "--latency")):
            out = run(RUN, "--algorithm", name, "--seconds", "0.1", "--warm-up", "0.1", *more)
            tap.equal(out.returncode, 0, f"{name} {more}: {out.stderr}")
            if not json.loads(out.stdout)["mpps"] > 0:
                raise AssertionError(f"{name} {more}: nothing came through: {out.stdout}")


def test_the_records_have_their_ratio_to_the_baseline():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "records.json")
        out = run(BENCHMARK, "--program", RUN, "--cpus", CPUS, "--min-cpu", "0", "--pairs", "3",
                  "--seconds", "0.1", "--bursts", "1,32", "--order", "linear",
                  "--algorithm", "shipped", "--algorithm", "spinlock", "--producers", "3",
                  "--json", path)
        tap.equal(out.returncode, 0, f"status ({out.stderr})")
        with open(path, encoding="utf-8") as file:
            records = json.load(file)
    paired = [r for r in records if r["producers"] == 1]
    tap.equal(len(paired), 4, "rows of one producer")
    tap.equal(len(records), 8, "rows")
    for r in records:
        if not KEYS <= set(r):
            raise AssertionError(f"keys are missing: {KEYS - set(r)}")
    for r in paired:
        if not r["median_ratio"] > 0 or (len(r["ratios"]), r["runs"]) != (3, 3):
            raise AssertionError(f"no ratios of three pairs: {r}")


def test_a_disturbed_machine_gives_no_figure():
    out = run(BENCHMARK, "--quick", "--program", RUN, "--cpus", CPUS, "--min-cpu", "2",
              "--algorithm", "shipped", "--bursts", "1", "--producers", "2")
    tap.equal(out.returncode, 3, f"status ({out.stderr})")
    if "no figure" not in out.stdout:
        raise AssertionError(out.stdout)


def test_bad_input_is_refused_in_one_line():
    refused(run(RUN, "--algorithm", "fifo"), ("fifo", "--list"))
    refused(run(RUN, "--burst", "65"), ("65", "1 to 64"))
    refused(run(RUN, "--producers", "0"), ("--producers 0", "1 to 64"))
    refused(run(RUN, "--seconds", "0"), ("--seconds 0",))
    refused(run(RUN, "--pass", "x"), ("--pass x", "1000000"))
    refused(run(RUN, "--cpus", "0,99999"), ("0,99999", "processors"))
    refused(run(BENCHMARK, "--program", RUN, "--algorithm", "fifo"), ("fifo", "shipped"))
    refused(run(BENCHMARK, "--program", "/nonexistent/run"), ("/nonexistent/run", "meson compile"))
    refused(run(BENCHMARK, "--program", RUN, "--cpus", "0,99999"), ("0,99999",))


tap.run(globals())
