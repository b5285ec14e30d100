#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The benchmarks as programs: what counts and what is refused, the form of the records,
bad input, and that what they start works. Not their figures: .ci/run takes all of them
through benchmarks/run.sh.
"""

import contextlib
import importlib.machinery
import io
import json
import os
import re
import subprocess
import tempfile
import time
import types

import pollport  # noqa: F401  first: it says where the benchmarks' modules are
import tap

import bench  # noqa: E402
import forwarder
import machine
import record

BENCHMARKS = os.path.join(pollport.ROOT, "benchmarks")
BUILD = os.environ.get("POLLPORT_BUILD", os.path.join(pollport.ROOT, "build"))
QUIET = {"mpps": 10.0, "share": 0.999, "steal": 0.0, "switches": 1, "model_cycles": 0}


def sample(**what):
    return forwarder.Sample(**{**QUIET, **what})


def bench_of(*rounds, **limits):
    """A Bench whose runs show, side by side, the samples of ROUNDS, whatever the order."""
    b = bench.Bench.__new__(bench.Bench)
    b.args = types.SimpleNamespace(**{"pairs": 1, "min_cpu": 0.97, "max_steal": 0.01,
                                      "max_switches": 20, **limits})
    b.enough = True
    waiting = [list(side) for side in zip(*rounds)]
    b.run = lambda side: waiting[side].pop(0)
    return b


def run_rounds(b):
    """(Rounds, what was printed)"""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        found = b.rounds([0, 1], [bench.Column("ratio", lambda s: s[0].mpps / s[1].mpps, 3)])
    return found, said.getvalue()


def refused(loud, *words):
    found, said = run_rounds(bench_of((loud, sample(mpps=5.0)), (sample(), sample(mpps=8.0))))
    tap.equal((found.dropped, found.values(0)), (1, [1.25]), "dropped, and what counts")
    tap.true("2.000" not in said, f"the figure of a dropped round is shown: {said}")
    for word in ("dropped", *words):
        tap.true(word in said, f"no '{word}' in: {said}")


def test_a_round_whose_thread_got_less_than_its_share_shows_no_figure():
    refused(sample(share=0.969), "96.9%", "processor")


def test_a_round_with_steal_shows_no_figure():
    refused(sample(steal=0.02), "2.0% steal")


def test_a_round_with_many_context_switches_shows_no_figure():
    refused(sample(switches=21), "21 involuntary")


def test_rounds_go_forth_and_back():
    rounds = [(sample(mpps=2.0), sample(mpps=1.0)), (sample(mpps=3.0), sample(mpps=1.0))]
    found, said = run_rounds(bench_of(*rounds, pairs=2))
    tap.equal(found.values(0), [2.0, 3.0], "ratios")
    tap.true(re.search(r"1 +AB .*\n +2 +BA", said), said)


def test_too_few_quiet_rounds_are_noticed():
    b = bench_of(*[(sample(share=0.5), sample())] * bench.ATTEMPTS)
    found, _ = run_rounds(b)
    tap.equal((found.rounds, b.enough), ([], False), "rounds, and enough of them")


def test_the_thread_that_ran_least_of_the_polling_ones_is_the_one_that_counts():
    before = {1: machine.Thread(5.0, 7)}
    after = {1: machine.Thread(5.1, 9), 2: machine.Thread(1.0, 3), 3: machine.Thread(0.9, 4)}
    pollers = machine.busiest(before, after, 2)
    tap.equal(sorted((thread.ran, thread.switches) for thread in pollers), [(0.9, 4), (1.0, 3)],
              "what the two busiest gained")


# -------------------------------------------------------------------- records


RECORD = {"benchmark": "b", "device": "d", "mode": "m", "unit": "u", "median": 2, "min": 1,
          "max": 3, "runs": 9}
ENVIRONMENT = {"commit": "c", "tsc_hz": 1, "page_sizes": ["4k"]}


def joined(*files):
    """(status, what it said, the joined elements) of record.py over files of these contents."""
    with tempfile.TemporaryDirectory(prefix="pollport-records-") as folder:
        paths = []
        for elements in files:
            paths.append(os.path.join(folder, f"{len(paths)}.json"))
            with open(paths[-1], "w", encoding="utf-8") as file:
                json.dump(elements, file)
        out = os.path.join(folder, "out.json")
        run = subprocess.run([os.path.join(BENCHMARKS, "record.py"), out, *paths],
                             capture_output=True, text=True, check=False)
        if run.returncode != 0:
            return run.returncode, run.stderr, None
        with open(out, encoding="utf-8") as file:
            return 0, run.stderr, json.load(file)


def test_joined_records_have_the_environment_once_and_first():
    other = {**ENVIRONMENT, "tsc_hz": 2, "page_sizes": ["2M"]}
    status, said, elements = joined([{"environment": ENVIRONMENT}, RECORD],
                                    [{"environment": other}, RECORD, RECORD])
    tap.equal(status, 0, said)
    tap.equal(elements, [{"environment": {**ENVIRONMENT, "page_sizes": ["2M", "4k"]}}] +
              [RECORD] * 3, "elements")


def test_records_of_two_commits_are_not_joined():
    status, said, _ = joined([{"environment": ENVIRONMENT}, RECORD],
                             [{"environment": {**ENVIRONMENT, "commit": "other"}}, RECORD])
    tap.equal(status, 1, "status")
    tap.true(re.fullmatch(r"record\.py: .*commit is other.*\n", said), said)


def test_a_record_without_a_field_is_refused():
    for field in record.FIELDS:
        poor = {key: value for key, value in RECORD.items() if key != field}
        status, said, _ = joined([{"environment": ENVIRONMENT}, poor])
        tap.equal(status, 1, f"status without {field}")
        tap.true(f"without {field}" in said, said)


# ------------------------------------------------------------------ bad input


def line(status, word, command, *args):
    """COMMAND ends with STATUS after a last line on stderr that has WORD."""
    run = subprocess.run([command, *args], capture_output=True, text=True, check=False,
                         cwd="/", timeout=pollport.PATIENCE)
    said = run.stderr.strip().split("\n")[-1]
    tap.equal(run.returncode, status, f"exit status of {command} {args}: {run.stderr}")
    tap.true(word in said and os.path.basename(command) in said, f"no '{word}' in: {said}")


def benchmark(name):
    return os.path.join(BENCHMARKS, name)


BEFORE = f"--before={BUILD}"


def test_benchmarks_refuse_what_they_do_not_know():
    for name, *more in (("vs_testpmd",), ("raw_pmd",), ("full_duplex",), ("scaling",),
                        ("two_builds", BEFORE)):
        line(2, "--warp", benchmark(name), *more, "--warp")
        line(2, "teleport", benchmark(name), *more, "--mode=teleport")
        line(2, "/nonexistent", benchmark(name), *more, "--build=/nonexistent")
        line(2, "--pairs", benchmark(name), *more, "--pairs=0", f"--build={BUILD}")
    line(2, "--before", benchmark("two_builds"))
    line(2, "/nonexistent", benchmark("two_builds"), "--before=/nonexistent", f"--build={BUILD}")
    line(2, "--warp", benchmark("run.sh"), "--warp")
    line(2, "--json", benchmark("run.sh"), "--json")
    line(2, "/nonexistent", benchmark("run.sh"), "--json", "/nonexistent/records.json")


def test_a_core_that_polls_twice_is_refused():
    for name, lcores in (("raw_pmd", "0@0,1@0"), ("full_duplex", "0@0,1@0,2@0"),
                         ("scaling", "0@0,1@0,2@0"), ("vs_testpmd", "0@0")):
        line(2, lcores, benchmark(name), f"--lcores={lcores}", f"--build={BUILD}")


def test_the_bare_loops_refuse_what_they_do_not_know():
    loop = os.path.join(BUILD, "benchmarks", "raw_pmd_loop")
    eal = ["--no-huge", "-m", "64", "--no-pci", f"--lcores={pollport.lcores()}",
           "--no-shconf", "--no-telemetry", "--log-level=error", "--"]
    line(2, "1 to 512", loop, *eal, "--burst=0")
    line(2, "--burst", loop, *eal, "--burst")
    line(2, "--warp", loop, *eal, "--warp=9")
    line(2, "teleport", loop, *eal, "--forward-mode=teleport")
    line(2, "extra", loop, *eal, "extra")
    line(1, "two are wanted", loop, *eal)
    bridge = os.path.join(BUILD, "benchmarks", "raw_bridge_loop")
    line(2, "io", bridge, *eal, "--forward-mode=rxonly")
    line(1, "two and one are wanted", bridge, *eal)


# ---------------------------------------------------------- what they start


def recorded(name, *args):
    """(the run, the records it wrote or None); skips where there is one processor."""
    if os.cpu_count() < 2:
        raise tap.Skip("needs two processors")
    with tempfile.TemporaryDirectory(prefix="pollport-records-") as folder:
        path = os.path.join(folder, "records.json")
        run = subprocess.run([benchmark(name), *args, f"--build={BUILD}", f"--json={path}"],
                             capture_output=True, text=True, check=False,
                             timeout=4 * pollport.PATIENCE)
        if not os.path.exists(path):
            return run, None
        with open(path, encoding="utf-8") as file:
            return run, json.load(file)


def test_a_busy_machine_leaves_no_table_and_says_so():
    run, records = recorded("raw_pmd", "--pages=4k", "--mode=rxonly", "--pairs=1", "--seconds=0.1",
                            "--warm-up=0", "--min-cpu=1.5")
    tap.equal((run.returncode, run.stdout, records), (3, "", None),
              f"status, table, records; {run.stderr}")
    tap.equal(run.stderr.count("dropped: a polling thread got"), bench.ATTEMPTS, run.stderr)
    tap.true("too few quiet rounds" in run.stderr.split("\n")[-2], run.stderr)


def test_two_builds_run_at_once_and_what_each_had_the_core_for_counts():
    run, records = recorded("two_builds", BEFORE, "--noisy", "--pairs=2", "--seconds=0.5",
                            "--mode=rxonly")
    tap.equal(run.returncode, 0, run.stderr)
    row = records[1]
    tap.equal((row["benchmark"], row["mode"], row["runs"]), ("two_builds", "rxonly", 2), "record")
    tap.true(all(row[side]["min"] > 0 for side in ("before", "after")), f"a side stood: {row}")


def test_a_round_of_two_builds_counts_when_they_have_the_core_together():
    spec = importlib.machinery.SourceFileLoader("two_builds", benchmark("two_builds"))
    two_builds = types.ModuleType("two_builds")
    spec.exec_module(two_builds)
    b = two_builds.TwoBuilds.__new__(two_builds.TwoBuilds)
    b.args = types.SimpleNamespace(min_cpu=0.97, max_steal=0.01)
    tap.equal(b.noise([sample(share=0.6), sample(share=0.38)]), None, "0.98 together")
    tap.true("96.0%" in b.noise([sample(share=0.6), sample(share=0.36)]), "0.96 together")
    tap.equal(two_builds.speed(sample(mpps=5.0, share=0.25)), 20.0, "of its own time")


def forwards(name):
    """Both ports move frames, and the program ends with status 0; else Forwarder raises."""
    program = forwarder.Program(name, os.path.join(BUILD, "benchmarks", name), "signal")
    eal = ["--no-huge", "-m", "256", "--no-pci", f"--lcores={pollport.lcores()}",
           "--vdev=net_null0", "--vdev=net_null1"]
    with forwarder.Forwarder(forwarder.Side(program, eal, ["--forward-mode=io"],
                                            pollport.cpus(2))) as run:
        before = [n for _, n in run.packets()]
        deadline = time.monotonic() + pollport.PATIENCE
        while not all(after > n for n, (_, after) in zip(before, run.packets())):
            tap.true(time.monotonic() < deadline, "a port stands still")


def test_bare_bursts_forward_both_ways():
    forwards("raw_pmd_loop")


def test_the_bridge_alone_forwards_both_ways_and_ends_with_every_nbl_home():
    forwards("raw_bridge_loop")


def test_the_serialized_miniport_forwards_with_its_lock_held():
    driver = os.path.join(BUILD, "benchmarks", "serialized-miniport.so")
    result = pollport.run(["net_null0", "net_null1"],
                          [f"--driver={driver}", "--nb-cores=2", "--num-packets=100000",
                           "--stats-period=0", "--verifier"], workers=2)
    result.check_clean()
    calls = [int(n) for n in re.findall(r"serialized miniport: (\d+) calls held", result.text)]
    # Of a burst of 32 frames the adapter sees the send, the return and two polls at least.
    tap.true(len(calls) == 2 and min(calls) > 4 * 100000 / 2 / 32 / 2, result.show())


tap.run(globals())
