#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two network namespaces joined by pollport-fwd alone: the kernel's own ping,
iperf3 over TCP and over UDP pass through it, and in icmpecho mode it answers
the kernel's ping itself. Needs root for namespaces and raw sockets.

A namespace here is a process that sleeps in it: when it is killed, the
namespace goes, and the veth pairs in it too, so a failed test leaves nothing.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess

import pollport
import tap

LEFT, RIGHT = "10.66.0.1", "10.66.0.2"
TOOLS = {"ip": "iproute2", "ping": "iputils-ping", "iperf3": "iperf3", "ethtool": "ethtool",
         "nsenter": "util-linux", "unshare": "util-linux"}
# What a NIC would do for the kernel, a veth leaves undone on its way through a raw socket.
OFFLOADS = ("rx", "tx", "tso", "gso", "gro")


def need_privileges():
    if os.geteuid() != 0:
        raise tap.Skip("not root: network namespaces and AF_PACKET need it")
    for tool, package in TOOLS.items():
        if shutil.which(tool) is None:
            raise tap.Skip(f"{tool} is not installed (package {package})")
    probe = subprocess.run(["unshare", "-n", "true"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        raise tap.Skip(f"no network namespaces here: {probe.stderr.strip()}")


class Namespace:
    """A network namespace, and commands run in it."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo ready; exec sleep 600"],
                                       stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        self.enter = ["nsenter", "-t", str(self.holder.pid), "-n"]
        self.run("ip", "link", "set", "lo", "up")

    def close(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()

    def run(self, *command, timeout=60):
        done = subprocess.run([*self.enter, *command], capture_output=True, text=True,
                              timeout=timeout, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: status {done.returncode}: "
                                 f"{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, *command):
        return subprocess.Popen([*self.enter, *command], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def bring_up(self, device):
        self.run("ip", "link", "set", device, "up")
        for offload in OFFLOADS:
            self.run("ethtool", "-K", device, offload, "off")

    def connect(self, middle, name, address):
        """A veth pair from here, with ADDRESS, to the namespace MIDDLE, there called NAME."""
        self.run("ip", "link", "add", "eth", "type", "veth", "peer", "name", name,
                 "netns", str(middle.holder.pid))
        # Router solicitations and the like would be counted as traffic.
        for space, device in ((self, "eth"), (middle, name)):
            space.run("sh", "-c", f"echo 1 > /proc/sys/net/ipv6/conf/{device}/disable_ipv6")
            space.bring_up(device)
        self.run("ip", "address", "add", f"{address}/24", "dev", "eth")


@contextlib.contextmanager
def namespaces(count):
    need_privileges()
    made = []
    try:
        for _ in range(count):
            made.append(Namespace())
        yield made
    finally:
        for space in made:
            space.close()


@contextlib.contextmanager
def forwarder(middle, interfaces, *args):
    """pollport-fwd in MIDDLE on INTERFACES; its clean end is part of the test."""
    vdevs = [f"net_af_packet{i},iface={name}" for i, name in enumerate(interfaces)]
    with pollport.Pollport(vdevs, ["--stats-period=0", *args], launcher=middle.enter) as program:
        program.wait_started()
        yield program
        program.stop().check_clean()


@contextlib.contextmanager
def bridge(mode="io"):
    """LEFT and RIGHT with pollport-fwd between them."""
    with namespaces(3) as (left, middle, right):
        left.connect(middle, "to_left", LEFT)
        right.connect(middle, "to_right", RIGHT)
        with forwarder(middle, ["to_left", "to_right"], f"--forward-mode={mode}"):
            yield left, right


def ping(space, address, *options):
    out = space.run("ping", "-n", "-c", "5", "-i", "0.2", "-W", "5", *options, address)
    received = int(re.search(r"(\d+) received", out).group(1))
    tap.equal(received, 5, f"echo replies from {address}: {out}")


def iperf(left, right, *options):
    """Run iperf3 from LEFT to RIGHT for 2 s; its result as a dictionary."""
    server = right.start("iperf3", "--server", "--one-off", "--forceflush")
    try:
        for line in server.stdout:  # until it listens
            if "listening" in line:
                break
        out = left.run("iperf3", "--client", RIGHT, "--time", "2", "--json", *options)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    return json.loads(out)["end"]


def test_ping_passes():
    with bridge() as (left, right):
        ping(left, RIGHT)
        ping(right, LEFT)


def test_ping_with_full_sized_frames_passes():
    with bridge() as (left, _):
        ping(left, RIGHT, "-s", "1472", "-M", "do")


def test_iperf3_over_tcp_passes():
    with bridge() as (left, right):
        end = iperf(left, right)
        tap.true(end["sum_received"]["bytes"] > 100000, f"too little arrived: {end}")


def test_iperf3_over_tcp_passes_in_the_other_direction():
    with bridge() as (left, right):
        end = iperf(left, right, "--reverse")
        tap.true(end["sum_received"]["bytes"] > 100000, f"too little arrived: {end}")


def test_iperf3_over_udp_passes():
    with bridge() as (left, right):
        end = iperf(left, right, "--udp", "--bitrate", "5M", "--length", "1400")
        sent, lost = end["sum"]["packets"], end["sum"]["lost_packets"]
        tap.true(sent > 100, f"too few datagrams: {end['sum']}")
        tap.true(lost < sent / 2, f"too many were lost: {end['sum']}")


def test_icmpecho_answers_the_kernels_arp_and_ping():
    with namespaces(2) as (left, middle):
        left.connect(middle, "to_left", LEFT)
        with forwarder(middle, ["to_left"], "--forward-mode=icmpecho", "--port-topology=loop"):
            ping(left, RIGHT)


tap.run(globals())
