#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The cycle ledger from outside: --profile prints it and writes it as JSON,
telemetry answers while frames flow, and without the option there is none.
"""

import os
import shutil
import tempfile
import time

import pollport
import tap

NULL = ["net_null0", "net_null1"]
STAGES = ["PMD rx", "NBL build", "indicate", "protocol", "send", "queue", "PMD tx", "completion",
          "return", "poll", "idle polls", "rest", "measuring"]
WORKER_KEYS = {"worker", "cycles_per_second", "total_cycles", "busy_cycles", "idle_cycles",
               "packets", "busy_cycles_per_packet", "busy_passes", "measured_passes",
               "interrupted_passes", "explained_percent", "running_percent", "stages",
               "perf"}
STAGE_KEYS = {"stage", "calls", "packets", "packets_per_call", "cycles", "percent",
              "cycles_per_packet"}
# What a forwarded packet comes by.
MOVED = STAGES[:9]


def near(got, want, part, what):
    tap.true(abs(got - want) <= part * want, f"{what}: {got} is not near {want}")


def profiled(args, vdevs=NULL, workers=1):
    """A run with --profile=FILE: its result and the JSON."""
    folder = tempfile.mkdtemp(prefix="pollport-profile-")
    try:
        path = os.path.join(folder, "profile.json")
        result = pollport.run(vdevs, ["--stats-period=0", f"--profile={path}", *args],
                              workers=workers)
        result.check_clean()
        return result, result.json(path)
    finally:
        shutil.rmtree(folder)


def ask(program, command):
    """Telemetry's answer, asked again where a loaded machine was too slow for the first."""
    deadline = time.monotonic() + pollport.PATIENCE
    while True:
        try:
            if program.telemetry is None:
                program.telemetry = pollport.Telemetry(program.prefix)
            return program.telemetry.ask(command)
        except pollport.TelemetryError:
            if program.telemetry is not None:
                program.telemetry.close()
            program.telemetry = None
            if time.monotonic() > deadline:
                raise


def check_worker(worker):
    tap.equal(WORKER_KEYS - set(worker), set(), "missing keys")
    tap.equal([row["stage"] for row in worker["stages"]], STAGES, "stages")
    for row in worker["stages"]:
        tap.equal(STAGE_KEYS - set(row), set(), f"missing keys of {row['stage']}")
    tap.equal(worker["busy_cycles"] + worker["idle_cycles"], worker["total_cycles"],
              "busy and idle make all")
    near(sum(row["cycles"] for row in worker["stages"]), worker["total_cycles"], 0.01,
         "the rows' sum")


def test_the_rows_of_a_forwarding_worker_add_up_and_all_have_packets():
    result, profile = profiled(["--num-packets=4000000"])
    tap.equal(len(profile["workers"]), 1, "workers")
    worker = profile["workers"][0]
    check_worker(worker)
    tap.true(worker["measured_passes"] > 0, f"passes were measured: {worker}")
    for row in worker["stages"]:
        if row["stage"] in MOVED:
            tap.true(row["packets"] > 0 and row["calls"] > 0, f"packets and calls of {row}")
            near(row["packets"], worker["packets"], 0.05, f"packets of {row['stage']}")
    for name in STAGES:
        tap.true(f"\n  {name} " in result.out, f"a row '{name}' in {result.out}")
    tap.true(f"{worker['measured_passes']} of " in result.out, "table and JSON agree")


def test_packets_are_estimated_near_to_those_that_the_pmd_counted():
    result, profile = profiled(["--num-packets=4000000"])
    received = int(result.out.split("Total: received ")[1].split(",")[0])
    near(profile["workers"][0]["packets"], received, 0.05, "packets received")


def test_packets_of_txonly_are_those_it_sends():
    _, profile = profiled(["--num-packets=2000000", "--forward-mode=txonly"],
                          vdevs=[f"{vdev},no-rx=1" for vdev in NULL])
    worker = profile["workers"][0]
    check_worker(worker)
    packets = {row["stage"]: row["packets"] for row in worker["stages"]}
    tap.equal(packets["PMD rx"], 0, "packets received")
    tap.true(packets["PMD tx"] > 0, f"packets sent: {packets}")
    tap.equal(worker["packets"], packets["PMD tx"], "packets")


def test_two_workers_have_a_table_each():
    result, profile = profiled(["--num-packets=1000000", "--rxq=2", "--txq=2", "--nb-cores=2"],
                               workers=2)
    tap.equal([worker["worker"] for worker in profile["workers"]], [0, 1], "workers")
    for worker in profile["workers"]:
        check_worker(worker)
    tap.true("\nWorker 0: " in result.out and "\nWorker 1: " in result.out, result.out)


def test_counters_that_are_not_to_be_had_are_explained_in_one_line():
    result, profile = profiled(["--num-packets=1000000"])
    perf = profile["workers"][0]["perf"]
    if perf["error"] is None:
        tap.true(perf["instructions_per_packet"] > 0 and perf["instructions_per_cycle"] > 0,
                 f"counts: {perf}")
        tap.true("No instructions" not in result.out, result.out)
    else:
        tap.equal(perf["instructions_per_packet"], None, "instructions")
        tap.equal(result.out.count("No instructions and misses: "), 1, "lines that say why")
        tap.true("instructions -, L1d misses -" in result.out, result.out)


def test_telemetry_answers_while_frames_flow():
    with pollport.Pollport(NULL, ["--stats-period=0", "--profile"]) as program:
        program.wait_sending([0, 1])

        def rows():
            return ask(program, "/pollport/profile,0") or {}

        program.until(lambda: rows().get("PMD_rx", {"packets": 0})["packets"] > 0, "a profile")
        before = ask(program, "/pollport/workers")
        tap.equal(list(before), ["0"], "workers")
        tap.true(before["0"]["busy_cycles"] > 0 and "idle_cycles" in before["0"], before)
        program.until(lambda: ask(program, "/pollport/workers")["0"]["busy_cycles"] >
                      before["0"]["busy_cycles"], "more busy cycles")
        tap.equal([name.replace("_", " ") for name in rows()], STAGES, "rows")
        tap.equal(set(rows()["PMD_tx"]), {"cycles", "calls", "packets"}, "what a row has")
        for bad in ("7", "x", "-1", "0,0"):
            tap.equal(ask(program, f"/pollport/profile,{bad}"), None, f"the profile of worker {bad}")
        program.stop().check_clean()


def test_without_the_option_there_is_no_profile_but_busy_and_idle_cycles():
    folder = tempfile.mkdtemp(prefix="pollport-profile-")
    path = os.path.join(folder, "stats.json")
    try:
        with pollport.Pollport(NULL, ["--stats-period=0", f"--stats-json={path}"]) as program:
            program.wait_sending([0, 1])
            tap.equal(ask(program, "/pollport/profile"), None, "the profile")
            tap.true(ask(program, "/pollport/workers")["0"]["busy_cycles"] > 0, "busy cycles")
            result = program.stop()
            result.check_clean()
            tap.true("NBL build" not in result.out and "Worker" not in result.out, result.out)
            worker = result.json(path)["workers"][0]
            tap.true(worker["busy_cycles"] > 0, f"busy cycles: {worker}")
    finally:
        shutil.rmtree(folder)


def test_commands_show_workers_and_profile():
    folder = tempfile.mkdtemp(prefix="pollport-profile-")
    try:
        path = os.path.join(folder, "commands")
        with open(path, "w", encoding="utf-8") as file:
            file.write("show workers\nshow profile\nquit\n")
        for args, words in ((["--profile"], "cycles/packet"), ([], "start with --profile")):
            result = pollport.run(NULL, ["--stats-period=0", f"--cmdline-file={path}", *args])
            result.check_clean()
            tap.true("worker 0: busy " in result.out, result.out)
            tap.true(words in result.out, result.out)
    finally:
        shutil.rmtree(folder)


def test_the_periodic_table_says_how_busy_workers_are():
    with pollport.Pollport(NULL, ["--stats-period=1"]) as program:
        program.until(lambda: "\nbusy  worker 0: " in program.said()[0], "a table with it")
        program.stop().check_clean()


tap.run(globals())
