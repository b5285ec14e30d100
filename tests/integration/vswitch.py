#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Adapters without a port: pollport-fwd --adapters over the sample switch. What one adapter
sends the others receive, every frame is accounted for, and the verifier has nothing to say.
"""

import os
import shutil
import tempfile

import pollport
import tap

USAGE, PORT, DRIVER = 2, 3, 4  # exit status
VSWITCH = os.environ["POLLPORT_VSWITCH"]
PASSTHRU = os.environ["POLLPORT_PASSTHRU"]
READWRITE = os.environ["POLLPORT_READWRITE"]
MINIPORT = os.path.join(os.environ["POLLPORT_DRIVER_DIR"], "pollport-miniport.so")
BURST = 32


def forwarded(adapters, args, drivers=(VSWITCH,), workers=1):
    """Run to the end; the JSON it wrote."""
    folder = tempfile.mkdtemp(prefix="pollport-vswitch-")
    try:
        path = os.path.join(folder, "stats.json")
        result = pollport.run([], [f"--adapters={adapters}", f"--driver={','.join(drivers)}",
                                   "--stats-period=0", "--verifier", f"--stats-json={path}",
                                   f"--nb-cores={min(workers, adapters)}", *args],
                              workers=workers)
        result.check_clean()
        totals = result.json(path)
        tap.equal(totals["violations"], 0, "violations")
        return totals["ports"]
    finally:
        shutil.rmtree(folder)


def refused(args, status, *words, vdevs=()):
    result = pollport.run(list(vdevs), ["--stats-period=0", "--duration=5", *args])
    result.check_no_crash()
    tap.equal(result.status, status, f"exit status; {result.show()}\n")
    lines = [line for line in result.err.splitlines() if line.startswith("pollport-fwd: ")]
    tap.equal(len(lines), 1, f"lines of pollport-fwd on stderr; {result.show()}\n")
    for word in words:
        tap.true(word in lines[0], f"no '{word}' in: {lines[0]}")


def test_two_adapters_pass_a_burst_round_and_round():
    for port in forwarded(2, ["--tx-first", "--num-packets=50000"]):
        tap.true(port["rx_packets"] > 10000, f"frames received: {port['rx_packets']}")
        tap.equal(port["driver"], "vswitch.so", "driver")
        tap.equal(port["failed"], 0, "sends that failed")
        tap.equal(port["tx_packets"], port["sent"], "frames sent, however many in an NBL")


def test_a_generator_reaches_all_others():
    ports = forwarded(3, ["--forward-mode=txonly", "--port-topology=loop",
                          "--num-packets=20000"])
    sent = sum(port["sent"] for port in ports)
    for port in ports:
        there = port["rx_packets"] + port["dropped"]["filter"]
        tap.true(0 < there <= sent - port["sent"], f"{there} of {sent}, {port['sent']} its own")


def test_the_switch_keeps_what_is_behind_the_sender():
    """Swapped addresses lead back to where the frame comes from."""
    for port in forwarded(2, ["--forward-mode=macswap", "--tx-first", "--stop-when-idle=300"]):
        tap.true(port["rx_packets"] <= BURST, f"a burst at most: {port['rx_packets']}")
        tap.true(port["sent"] >= BURST, "the first burst")


def test_a_storm_of_four_adapters_is_accounted_for():
    ports = forwarded(4, ["--tx-first", "--num-packets=50000"], (VSWITCH, PASSTHRU), workers=2)
    tap.true(all(port["rx_packets"] > 0 for port in ports), "all receive")


def test_another_protocol_is_bound_beside_the_forwarder():
    for port in forwarded(2, ["--tx-first", "--num-packets=20000"], (READWRITE, VSWITCH)):
        tap.true(port["rx_packets"] > 1000, f"frames received: {port['rx_packets']}")


def test_adapters_want_a_driver_that_needs_no_port():
    refused(["--adapters=2"], USAGE, "--adapters 2", "--driver")
    refused(["--adapters=2", f"--driver={PASSTHRU}"], DRIVER, "--adapters 2", "miniport")
    refused(["--adapters=2", f"--driver={MINIPORT}"], PORT, "port 0", "--adapters")


def test_adapters_and_ports_exclude_each_other():
    refused(["--adapters=2", f"--driver={VSWITCH}"], USAGE, "--adapters 2", "2 ports", "--vdev",
            vdevs=["net_null0", "net_null1"])


def test_too_many_adapters_and_queues_are_refused():
    refused(["--adapters=33", f"--driver={VSWITCH}"], USAGE, "--adapters 33", "32")
    refused(["--adapters=2", "--rxq=2", f"--driver={VSWITCH}"], USAGE, "--rxq 2", "queues")
    refused(["--adapters=2", "--portlist=0,2", f"--driver={VSWITCH}"], USAGE, "port 2",
            "--adapters says 2")


tap.run(globals())
