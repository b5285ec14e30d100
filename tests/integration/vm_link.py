#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A cable pulled and plugged in again while frames pass, for each NIC of a QEMU guest and each way
to bind it: NDIS is told of the link, whether or not the NIC's interrupt comes (an 82540EM behind
vfio-pci has none), the frames stop and come again, and every packet is accounted for.
"""

import contextlib
import threading

import tap
import vm

GAP = 0.002  # seconds between frames: traffic all the time, and no more than a NIC holds


class Traffic:
    """Frames into both ports, all the time, from a thread of its own; counts what comes out."""

    def __init__(self, wires):
        self.wires = wires
        self.frame = next(vm.wire.Frames(3))
        self.came = [0, 0]  # by port
        self.error = None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.work)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def work(self):
        # A guest that has ended, which the main thread notices.
        with contextlib.suppress(ConnectionError):
            while not self.over.wait(GAP):
                for i, end in enumerate(self.wires):
                    end.try_send(self.frame)
                    while end.try_receive() is not None:
                        self.came[i] += 1


def link_is(guest, port, state):
    """True when NDIS says so: the last columns of the port's line."""
    line = guest.ask(f"show port summary {port}", rf"^ *{port} .*NDIS link (\w+), \d+ Mbit/s$")
    return line.group(1) == state


def flows(guest, traffic, port):
    before = traffic.came[port]
    guest.until(lambda: traffic.came[port] > before + 20, f"frames out of port {port}")


def pull_and_plug(nic, bind):
    with vm.Guest(["--nic", nic, "--bind", bind]) as guest:
        guest.start()
        with guest.monitor() as monitor, Traffic(guest.wires) as traffic:
            for port in (0, 1):
                guest.until(lambda p=port: link_is(guest, p, "up"), f"port {port} up")
                monitor.set_link(port, False)
                guest.until(lambda p=port: link_is(guest, p, "down"), f"port {port} down")
                tap.true(link_is(guest, 1 - port, "up"), f"port {1 - port} is down too")
                monitor.set_link(port, True)
                guest.until(lambda p=port: link_is(guest, p, "up"), f"port {port} up again")
                flows(guest, traffic, 0)
                flows(guest, traffic, 1)
        for end in guest.wires:
            end.drain(0.5)
        guest.exchange(10000)
        guest.quit()


def test_82540em_with_vfio():
    pull_and_plug("e1000", "vfio")


def test_82574l_with_vfio():
    pull_and_plug("e1000e", "vfio")


def test_82576_with_vfio():
    pull_and_plug("igb", "vfio")


def test_82540em_with_uio():
    pull_and_plug("e1000", "uio")


def test_82574l_with_uio():
    pull_and_plug("e1000e", "uio")


def test_82576_with_uio():
    pull_and_plug("igb", "uio")


tap.run(globals())
