#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Bad input: one clear line on stderr, the documented exit status, no crash,
no hang. POLLPORT_TEST_DRIVERS names the directory of the faulty test drivers.
"""

import os
import re
import shutil
import struct
import tempfile

import pollport
import tap

DRIVERS = os.environ.get("POLLPORT_TEST_DRIVERS",
                         os.path.join(pollport.ROOT, "build", "tests", "drivers"))
NULL = ["net_null0", "net_null1"]
OTHER, USAGE, PORT, DRIVER = 1, 2, 3, 4  # --help names them


def refused(vdevs, args, status, *words, **options):
    """The run ends with STATUS after one line that has all WORDS (regexps, any case)."""
    result = pollport.run(vdevs, ["--stats-period=0", "--duration=5", *args], **options)
    result.check_no_crash()
    tap.equal(result.status, status, f"exit status; {result.show()}\n")
    lines = [line for line in result.err.splitlines() if line.startswith("pollport-fwd: ")]
    tap.equal(len(lines), 1, f"lines of pollport-fwd on stderr; {result.show()}\n")
    for word in words:
        tap.true(re.search(word, lines[0], re.IGNORECASE), f"no '{word}' in: {lines[0]}")
    return result


def with_pcap(content):
    """Refuse an input file of CONTENT, by its name; None: there is no such file."""
    folder = tempfile.mkdtemp(prefix="pollport-bad-")
    try:
        path = os.path.join(folder, "in.pcap")
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        result = refused([f"net_pcap0,rx_pcap={path},tx_pcap={folder}/out.pcap"],
                         ["--port-topology=loop", "--no-flush-rx", "--stop-when-idle=500"], PORT)
        tap.true(path in result.err, f"the file is not named: {result.show()}")
    finally:
        shutil.rmtree(folder)


def pcap_header():
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def pcap_record(length, present=None):
    return struct.pack("<IIII", 1, 0, length, length) + bytes(length if present is None else present)


def test_no_ports_is_refused():
    refused([], [], USAGE, "no ports", "vdev|dpdk-devbind")


def test_an_odd_number_of_ports_cannot_be_paired():
    refused(["net_null0"], [], USAGE, "paired", "chained|loop")


def test_three_ports_cannot_be_paired():
    refused([*NULL, "net_null2"], [], USAGE, "paired")


def test_a_port_that_does_not_exist_is_refused():
    refused(NULL, ["--portlist=0,7"], USAGE, "port 7")


def test_a_numa_node_that_does_not_exist_is_refused_and_the_nodes_named():
    refused(NULL, ["--port-numa-config=(1,99)"], USAGE, "port 1", "node 99", "nodes are 0")
    refused(NULL, ["--ring-numa-config=(0,1,99)"], USAGE, "port 0", "node 99", "nodes are 0")
    refused(NULL, ["--no-numa", "--socket-num=99"], USAGE, "--socket-num 99", "nodes are 0")


def test_a_numa_option_that_has_no_effect_is_said_to_have_none():
    for args, word in ((["--socket-num=0"], "--no-numa"),
                       (["--no-numa", "--port-numa-config=(0,0)"], "--port-numa-config"),
                       (["--no-numa", "--socket-num=0"], None)):
        result = pollport.run(NULL, ["--stats-period=0", "--num-packets=1000", *args])
        result.check_clean()
        lines = [line for line in result.err.splitlines() if line.startswith("pollport-fwd: ")]
        tap.equal(len(lines), 0 if word is None else 1, f"lines of pollport-fwd: {lines}")
        tap.true(word is None or (word in lines[0] and "no effect" in lines[0]), lines)


def test_memory_for_a_port_that_does_not_exist_is_refused():
    refused(NULL, ["--port-numa-config=(5,0)"], USAGE, "--port-numa-config", "port 5")


def test_a_ring_flag_that_testpmd_does_not_know_is_refused():
    refused(NULL, ["--ring-numa-config=(0,4,0)"], USAGE, "--ring-numa-config", "1 for receive")


def test_an_unknown_mode_is_refused_and_the_known_ones_named():
    refused(NULL, ["--forward-mode=teleport"], USAGE, "teleport", "macswap")


def test_an_unknown_option_is_refused():
    refused(NULL, ["--warp=9"], USAGE, "--warp", "--help")


def test_an_option_without_its_value_is_refused():
    refused(NULL, ["--burst"], USAGE, "--burst", "value")


def test_a_number_that_is_none_is_refused():
    refused(NULL, ["--burst=many"], USAGE, "--burst", "many")


def test_a_number_out_of_range_is_refused_with_the_range():
    refused(NULL, ["--burst=0"], USAGE, "--burst", r"1 to \d+")


def test_an_argument_without_dashes_is_refused():
    refused(NULL, ["start"], USAGE, "start")


def test_an_unknown_topology_is_refused():
    refused(NULL, ["--port-topology=star"], USAGE, "star", "paired")


def test_more_queues_than_the_device_has_are_refused():
    folder = tempfile.mkdtemp(prefix="pollport-bad-")
    try:
        path = os.path.join(folder, "in.pcap")
        with open(path, "wb") as file:
            file.write(pcap_header())
        refused([f"net_pcap0,rx_pcap={path},tx_pcap={folder}/out.pcap"],
                ["--port-topology=loop", "--rxq=2", "--txq=2"], PORT, "port 0", "queue", "--rxq")
    finally:
        shutil.rmtree(folder)


def test_two_ways_to_share_frames_are_refused():
    refused(NULL, ["--rss-ip", "--disable-rss"], USAGE, "--rss-udp", "one")


def test_more_cores_than_lcores_are_refused():
    refused(NULL, ["--nb-cores=5"], USAGE, "--nb-cores 5", "lcore")


def test_a_pool_that_could_starve_is_refused_with_the_sum():
    refused(NULL, ["--rxd=512", "--txd=512", "--total-num-mbufs=1000"], USAGE,
            "total-num-mbufs", "512", r"= \d+")


def test_a_missing_pcap_file_is_refused():
    with_pcap(None)


def test_an_empty_pcap_file_is_refused():
    with_pcap(b"")


def test_a_pcap_file_cut_in_its_header_is_refused():
    with_pcap(pcap_header()[:10])


def test_a_pcap_file_cut_in_a_frame_is_refused():
    with_pcap(pcap_header() + pcap_record(60) + pcap_record(100, 40))


def test_a_file_that_is_no_pcap_is_refused():
    with_pcap(b"#!/bin/sh\necho no packets here, only text\n" * 4)


def test_an_unknown_device_is_refused():
    refused(["net_nothing0"], [], OTHER)


def test_too_little_memory_is_refused():
    refused(NULL, ["--total-num-mbufs=200000"], PORT, "memory|mbuf", memory=16)


def test_a_port_that_fails_to_start_is_refused():
    # A bond without members configures, but does not start.
    refused(["net_bonding0,mode=1", "net_null0"], ["--disable-link-check"], PORT, "port 0")


def test_a_stats_file_that_cannot_be_written_is_reported():
    result = pollport.run(NULL, ["--stats-period=0", "--duration=1",
                                 "--stats-json=/nonexistent/stats.json"])
    result.check_no_crash()
    tap.equal(result.status, OTHER, f"exit status; {result.show()}\n")
    tap.true("/nonexistent/stats.json" in result.err, result.show())


def test_a_profile_that_cannot_be_written_is_reported():
    result = pollport.run(NULL, ["--stats-period=0", "--duration=1",
                                 "--profile=/nonexistent/profile.json"])
    result.check_no_crash()
    tap.equal(result.status, OTHER, f"exit status; {result.show()}\n")
    lines = [line for line in result.err.splitlines() if line.startswith("pollport-fwd: ")]
    tap.equal(len(lines), 1, f"lines; {result.show()}\n")
    tap.true("/nonexistent/profile.json" in lines[0], result.show())


def test_a_profile_without_a_name_after_the_sign_is_refused():
    refused(NULL, ["--profile="], USAGE, "--profile", "file")


def test_a_command_file_that_does_not_exist_is_refused():
    refused(NULL, ["--cmdline-file=/nonexistent/commands"], OTHER, "/nonexistent/commands")


def test_a_configuration_file_that_does_not_exist_is_refused():
    refused(NULL, ["--config=/nonexistent/ports.ini"], OTHER, "/nonexistent/ports.ini")


def driver(name):
    path = os.path.join(DRIVERS, f"{name}.so")
    if not os.path.exists(path):
        raise AssertionError(f"{path} was not built")
    return f"--driver={path}"


def test_a_driver_file_that_does_not_exist_is_refused():
    refused(NULL, ["--driver=/nonexistent/driver.so"], DRIVER, "/nonexistent/driver.so")


def test_a_file_that_is_no_driver_is_refused():
    refused(NULL, [f"--driver={os.path.abspath(__file__)}"], DRIVER, "bad_input.py")


def entry_refused(name, *words):
    """DriverEntry fails; the runtime's words of what it was about stand before the one line."""
    result = pollport.run(NULL, ["--stats-period=0", "--duration=5", driver(name)])
    result.check_no_crash()
    tap.equal(result.status, DRIVER, f"exit status; {result.show()}\n")
    tap.true(re.search(f"^pollport-fwd: .*{name}.*DriverEntry", result.err, re.MULTILINE),
             result.show())
    for word in words:
        tap.true(re.search(word, result.err, re.IGNORECASE), f"no '{word}': {result.show()}")


def test_a_driver_whose_driverentry_fails_is_refused_with_its_status():
    entry_refused("entry_fails", "C0000001")


def test_a_driver_without_driverentry_is_refused():
    refused(NULL, [driver("no_entry")], DRIVER, "DriverEntry")


def test_a_driver_that_calls_a_ddi_we_lack_is_refused_by_name():
    refused(NULL, [driver("absent_ddi")], DRIVER, "NdisTestNoSuchDdi")


def test_characteristics_with_a_wrong_header_are_refused():
    entry_refused("wrong_header", "NdisMRegisterMiniportDriver", "header|type")


def test_characteristics_without_a_mandatory_handler_are_refused_by_its_name():
    entry_refused("missing_handler", "SendNetBufferListsHandler")


def test_characteristics_of_an_unknown_version_are_refused():
    entry_refused("unknown_version", r"NDIS 9\.9")


def test_a_miniport_that_fails_to_initialize_is_refused():
    refused(NULL, [driver("initialize_fails")], PORT, "port 0")


tap.run(globals())
