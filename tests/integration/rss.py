#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Several queues a port: the forwarder sets RSS by OID, and its workers share the flows
of a NIC. A worker sends on the first of its own transmit queues, so their counters tell
the workers apart: queues 0 and 1 are the first's, 2 and 3 the second's.
"""

import os
import shutil
import struct
import tempfile

import pollport
import tap

ENOUGH = 5000


def sent(program):
    """Frames that left on each transmit queue of port 1."""
    stats = program.telemetry.ask("/ethdev/xstats,1")
    return [stats[f"tx_q{queue}_packets"] for queue in range(4)]


def shares(nic, *args):
    """What each transmit queue sends of ENOUGH frames, once both ports run."""
    vdevs = [f"net_softnic0,type={nic},generate=64,flows=64,rate=100m,run=poll",
             f"net_softnic1,type={nic},run=poll"]
    options = ["--rxq=4", "--txq=4", "--nb-cores=2", *args]
    with pollport.Pollport(vdevs, options, workers=2) as program:
        program.wait_started()
        program.until(lambda: sum(sent(program)) > ENOUGH, "frames")
        share = sent(program)
        program.stop().check_clean()
    return share


def check_shared(share):
    tap.equal((share[1], share[3]), (0, 0), "other queues sent")
    for queue in (0, 2):
        if share[queue] < sum(share) // 5:
            raise AssertionError(f"the workers do not share 64 flows: {share}")


def test_two_workers_share_the_flows_of_four_queues():
    check_shared(shares("82599"))


def test_they_share_them_by_udp_ports():
    check_shared(shares("82599", "--rss-udp"))


def test_without_rss_one_has_them_all():
    share = shares("82599", "--disable-rss")
    tap.equal(share[1:], [0, 0, 0], "another queue sent")


def test_a_hash_that_the_port_has_not_is_refused():
    folder = tempfile.mkdtemp(prefix="pollport-rss-")
    try:
        for name in ("a", "b"):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        vdev = (f"net_pcap0,rx_pcap={folder}/a,rx_pcap={folder}/b,"
                f"tx_pcap={folder}/c,tx_pcap={folder}/d")
        options = ["--port-topology=loop", "--rxq=2", "--txq=2", "--duration=1"]
        result = pollport.run([vdev], [*options, "--rss-udp"])
        tap.equal(result.status, 3, result.show())
        if "port 0" not in result.err or "--disable-rss" not in result.err:
            raise AssertionError(f"nothing that helps: {result.show()}")
        pollport.run([vdev], options).check_clean()  # by default it is no must
    finally:
        shutil.rmtree(folder)


tap.run(globals())
