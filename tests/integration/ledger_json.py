#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""--stats-json: what programs read instead of the tables. Its keys are a
promise, its ledger's equations hold, and it agrees with what went in.
"""

import os
import shutil
import struct
import tempfile

import pollport
import tap

PORT_KEYS = {"port", "name", "driver", "rx_path", "tx_path", "rx_packets", "tx_packets",
             "rx_bytes", "tx_bytes", "rx_errors", "forwarded", "copied", "sent", "completed",
             "failed", "outstanding", "dropped", "ledger", "unexplained"}
TOP_KEYS = {"program", "duration_s", "parameters", "overload", "ports", "violations",
            "unexplained", "workers"}
FRAMES = 1000


def totals(vdevs, args):
    """Run to the end; the JSON it wrote."""
    folder = tempfile.mkdtemp(prefix="pollport-json-")
    try:
        path = os.path.join(folder, "stats.json")
        result = pollport.run([v.format(folder=folder) for v in vdevs],
                              ["--stats-period=0", f"--stats-json={path}", *args])
        result.check_clean()
        return result.json(path)
    finally:
        shutil.rmtree(folder)


def from_pcap(mode):
    """FRAMES frames of 64 bytes through one port."""
    folder = tempfile.mkdtemp(prefix="pollport-json-in-")
    try:
        path = os.path.join(folder, "in.pcap")
        frame = bytes([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xB5]) + bytes(50)
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            file.write((struct.pack("<IIII", 0, 0, 64, 64) + frame) * FRAMES)
        return totals([f"net_pcap0,rx_pcap={path},tx_pcap={{folder}}/out.pcap"],
                      ["--port-topology=loop", "--no-flush-rx", "--stop-when-idle=500",
                       f"--forward-mode={mode}"])
    finally:
        shutil.rmtree(folder)


def check_closed(stats):
    """What must be true of every run."""
    tap.equal(TOP_KEYS - set(stats), set(), "missing keys")
    tap.equal(stats["unexplained"], 0, "unexplained")
    tap.equal(stats["violations"], 0, "violations")
    for port in stats["ports"]:
        tap.equal(PORT_KEYS - set(port), set(), f"missing keys of port {port['port']}")
        tap.equal(port["unexplained"], 0, f"unexplained of port {port['port']}")
        tap.equal(port["outstanding"], 0, f"outstanding of port {port['port']}")
        tap.true(len(port["ledger"]) >= 5, "a ledger of several equations")
        for row in port["ledger"]:
            tap.equal(row["left"], row["right"], row["equation"])
        tap.true(all(isinstance(n, int) and n >= 0 for n in port["dropped"].values()),
                 f"drops by reason are counts: {port['dropped']}")


def test_two_null_ports_account_for_every_packet():
    stats = totals(["net_null0", "net_null1"], ["--duration=1", "--forward-mode=macswap"])
    check_closed(stats)
    tap.equal([p["port"] for p in stats["ports"]], [0, 1], "ports")
    tap.equal({p["driver"] for p in stats["ports"]}, {"net_null"}, "drivers")
    tap.true(all(p["tx_packets"] > 0 for p in stats["ports"]), "both ports sent")
    tap.equal(stats["parameters"]["forward_mode"], "macswap", "forward_mode")
    tap.true("drop" in stats["overload"], "overload says what happens to frames")


def test_counts_are_those_of_the_pcap_file():
    stats = from_pcap("io")
    check_closed(stats)
    port = stats["ports"][0]
    for key in ("rx_packets", "tx_packets", "forwarded", "sent", "completed"):
        tap.equal(port[key], FRAMES, key)
    tap.equal((port["rx_bytes"], port["tx_bytes"]), (64 * FRAMES, 64 * FRAMES), "bytes")
    tap.equal(sum(port["dropped"].values()), 0, "drops")


def test_frames_that_rxonly_consumes_are_named_so():
    stats = from_pcap("rxonly")
    check_closed(stats)
    port = stats["ports"][0]
    tap.equal(port["rx_packets"], FRAMES, "rx_packets")
    tap.equal(port["dropped"]["consumed"], FRAMES, "consumed")
    tap.equal(port["tx_packets"], 0, "tx_packets")


def test_txonly_sends_what_it_generated():
    stats = totals(["net_null0", "net_null1"], ["--num-packets=5000", "--forward-mode=txonly"])
    check_closed(stats)
    tap.true(all(p["completed"] == p["sent"] > 0 for p in stats["ports"]), "sent is completed")


def test_record_burst_stats_counts_receive_calls():
    stats = totals(["net_null0", "net_null1"], ["--duration=1", "--record-burst-stats",
                                                "--record-core-cycles"])
    check_closed(stats)
    for port in stats["ports"]:
        calls = port["record"]["receive_calls_by_frames"]
        tap.true(sum(calls) > 0 and len(calls) > 32, "receive calls by their size")
        tap.true(port["record"]["ticks"] > 0, "ticks")


tap.run(globals())
