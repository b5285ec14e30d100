#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A hundred thousand frames each way through two NICs of each model in a QEMU guest, with DPDK's
own drivers: in order, byte by byte as they were sent, and all in the ledger. With vfio-pci and
uio_pci_generic; fewer frames without hugepages and on two NUMA nodes.
"""

import re

import tap
import vm

FRAMES = 100000
FEWER = 20000  # where the way to memory is what differs


def ledger_total(result, word):
    return int(re.search(rf"^Total: .*\b{word} (\d+)", result.out, re.MULTILINE).group(1))


def forward(*options, frames=FRAMES):
    with vm.Guest(options, ["--nb-cores=2"] if "--numa" in options else []) as guest:
        guest.start()
        said = guest.read("out")
        for port in (0, 1) if "--numa" in options else ():
            tap.true(re.search(rf"^Port {port}: .*, node {port},", said, re.MULTILINE),
                     f"port {port} is not on node {port}: {said}")
        guest.exchange(frames)
        result = guest.quit()
        for word in ("received", "sent", "completed"):
            tap.true(ledger_total(result, word) >= 2 * frames, f"{word}: {result.out}")
        tap.equal(ledger_total(result, "dropped"), 0, "dropped")


def test_82540em_with_vfio():
    forward("--nic", "e1000", "--bind", "vfio")


def test_82574l_with_vfio():
    forward("--nic", "e1000e", "--bind", "vfio")


def test_82576_with_vfio():
    forward("--nic", "igb", "--bind", "vfio")


def test_82540em_with_uio():
    forward("--nic", "e1000", "--bind", "uio")


def test_82574l_with_uio():
    forward("--nic", "e1000e", "--bind", "uio")


def test_82576_with_uio():
    forward("--nic", "igb", "--bind", "uio")


def test_82540em_without_hugepages():
    forward("--nic", "e1000", "--pages", "4k", frames=FEWER)


def test_82574l_without_hugepages():
    forward("--nic", "e1000e", "--pages", "4k", frames=FEWER)


def test_82576_without_hugepages():
    forward("--nic", "igb", "--pages", "4k", frames=FEWER)


def test_82540em_on_two_nodes():
    forward("--nic", "e1000", "--numa", "2", frames=FEWER)


def test_82574l_on_two_nodes():
    forward("--nic", "e1000e", "--numa", "2", frames=FEWER)


def test_82576_on_two_nodes():
    forward("--nic", "igb", "--numa", "2", frames=FEWER)


tap.run(globals())
