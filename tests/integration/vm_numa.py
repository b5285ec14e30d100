#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A QEMU guest with two NUMA nodes, a NIC and a processor on each: where pollport-fwd puts rings,
pools, queue state and NBLs, which worker it gives a port to, and what it says when a worker or
memory is on the wrong node. Where memory lies is what the kernel (move_pages) says of it.
"""

import re

import tap
import vm

FRAMES = 4000
REFUSED = 3  # a port did not start: --help names it
PARTS = ("rx ring 0", "rx pool 0", "tx ring 0", "tx pool 0", "queue state")
LITTLE = "--socket-limit=0,4"  # megabytes of each node, 0: all; too few for a port's pools


class TwoNodes(vm.Guest):
    """Two NICs and two worker lcores, number 0 and 1 on node 0 and 1: lcore 1 and lcore 2."""

    def __init__(self, args=(), options=(), nic="igb"):
        super().__init__(["--nic", nic, "--numa", "2", *options], args)

    def settle(self):
        """Wait for the first prompt: all is set up, and what had to be said was."""
        self.ask("show config fwd", "^mode io")
        return self

    def tell(self, command):
        """A command that answers nothing: until it was read."""
        self.ask(command, f"{command}$")

    def parts(self, port):
        """The nodes of port PORT's parts by name, "lcore 1 rx ring 0" and so on."""
        last = self.ask(f"show port info {port}",
                        r"^  forwarder: lanes on node (\S+), own NBLs on node (\S+)$")
        said = last.string[:last.end()]
        nodes = {"lanes": last.group(1), "own NBLs": last.group(2)}
        nodes["port"] = re.search(rf"^Port {port}: .*, node (\S+),", said, re.MULTILINE).group(1)
        for lcore, node, rest in re.findall(r"^  (lcore \d+) on node (\S+): (.*)$", said,
                                            re.MULTILINE):
            nodes[lcore] = node
            for name, where in re.findall(r"([a-z ]+?(?: \d+)?) on node (\S+?)(?:,|$)", rest):
                nodes[f"{lcore} {name.strip()}"] = where
        return nodes

    def lines(self):
        """What pollport-fwd says on standard error."""
        return [line for line in self.read("err").splitlines()
                if line.startswith("pollport-fwd: ")]

    def expect_lines(self, *patterns):
        lines = self.lines()
        tap.equal(len(lines), len(patterns), f"lines of pollport-fwd: {lines}")
        for line, pattern in zip(lines, patterns):
            tap.true(re.search(pattern, line), f"no '{pattern}' in: {line}")

    def forward_in_loop(self):
        """FRAMES into each port, each to come out of it again."""
        self.tell("start")
        for end in self.wires:
            self.pump(vm.wire.first_frame, end, end, next(vm.wire.Frames(0)))
        self.pump(vm.wire.run, [vm.wire.Pump(end, end, vm.wire.Frames(i), FRAMES)
                                for i, end in enumerate(self.wires)])


def on(lcore, node, parts=PARTS):
    """Nodes of PARTS of the queues of one worker."""
    return {f"{lcore} {part}": node for part in parts}


def expect(nodes, wanted):
    for name, node in wanted.items():
        tap.equal(nodes.get(name), node, f"node of {name} in {nodes}")


def all_near(nic):
    with TwoNodes(["--nb-cores=2", "--port-topology=loop"], nic=nic) as guest:
        guest.settle()
        for port, lcore in ((0, "lcore 1"), (1, "lcore 2")):
            node = str(port)
            expect(guest.parts(port), {"port": node, lcore: node, **on(lcore, node),
                                       "lanes": node, "own NBLs": node})
        guest.forward_in_loop()
        guest.tell("stop")
        guest.expect_lines()
        guest.quit()


def test_all_of_a_port_is_on_its_node_and_nothing_is_said_82576():
    all_near("igb")


def test_all_of_a_port_is_on_its_node_and_nothing_is_said_82574l():
    all_near("e1000e")


def test_all_of_a_port_is_on_its_node_and_nothing_is_said_82540em():
    all_near("e1000")


def test_a_port_gets_a_worker_of_its_node_before_its_turn():
    with TwoNodes(["--nb-cores=2", "--port-topology=loop", "--portlist=1,0"]) as guest:
        guest.settle()
        guest.ask("show config fwd", r"^lcore 1 on node 0: port 0 queue 0 -> port 0;$")
        guest.ask("show config fwd", r"^lcore 2 on node 1: port 1 queue 0 -> port 1;$")
        guest.expect_lines()
        guest.quit()


def test_without_numa_testpmds_order_and_one_node_hold_and_nothing_is_said():
    with TwoNodes(["--nb-cores=2", "--port-topology=loop", "--portlist=1,0", "--no-numa",
                   "--socket-num=1"]) as guest:
        guest.settle()
        expect(guest.parts(0), {"lcore 2": "1", **on("lcore 2", "1")})
        expect(guest.parts(1), {"lcore 1": "0", **on("lcore 1", "1", PARTS[:4])})
        guest.expect_lines()
        guest.quit()


def test_a_worker_on_another_node_is_said_once_with_the_processors_to_take():
    with TwoNodes(["--nb-cores=1", "--port-topology=loop"]) as guest:
        guest.settle()
        expect(guest.parts(1), {"lcore 1": "0", "port": "1", "lanes": "1",
                                **on("lcore 1", "1", PARTS[:4]),
                                "lcore 1 queue state": "0"})
        guest.forward_in_loop()
        for _ in range(2):
            guest.tell("stop")
            guest.tell("start")
        guest.quit()
        guest.expect_lines(r"port 1 is on NUMA node 1 .*lcore 1 on node 0 polls it"
                           r".*node 1 \(CPUs 1\).*--lcores")


def test_ports_of_two_nodes_forward_to_each_other_and_that_they_are_apart_is_said():
    with TwoNodes(["--nb-cores=2"]) as guest:
        guest.start()
        expect(guest.parts(0), {**on("lcore 1", "0", ("rx ring 0", "rx pool 0", "queue state")),
                                **on("lcore 2", "0", ("tx ring 0", "tx pool 0")),
                                "lcore 2 queue state": "1"})
        guest.exchange(FRAMES)
        guest.quit()
        guest.expect_lines(r"port 0 .*lcore 2 on node 1 sends on it.*--portlist",
                           r"port 1 .*lcore 1 on node 0 sends on it.*--portlist")


def test_rings_and_pools_are_where_testpmds_options_say():
    with TwoNodes(["--nb-cores=2", "--port-topology=loop", "--port-numa-config=(0,1)",
                   "--ring-numa-config=(1,2,0)"]) as guest:
        guest.settle()
        expect(guest.parts(0), {"port": "0", **on("lcore 1", "1", PARTS[:4]),
                                "lcore 1 queue state": "0"})
        tap.true("node 0, memory on node 1," in guest.read("out"), guest.read("out"))
        expect(guest.parts(1), {"port": "1", **on("lcore 2", "1", PARTS[:2]),
                                **on("lcore 2", "0", PARTS[2:4]),
                                "lcore 2 queue state": "1"})
        guest.forward_in_loop()
        guest.expect_lines()
        guest.quit()


def test_memory_that_a_node_does_not_have_comes_from_another_and_that_is_said_once():
    with TwoNodes(["--nb-cores=2", "--port-topology=loop"], ["--eal", LITTLE]) as guest:
        guest.settle()
        expect(guest.parts(1), {**on("lcore 2", "0", ("rx pool 0", "tx pool 0")), "port": "1"})
        guest.forward_in_loop()
        guest.quit()
        guest.expect_lines(r"port 1: rx pool, tx pool on node 0, not 1: "
                           r".*dpdk-hugepages.py .*--node 1$")


def test_memory_that_was_asked_for_on_a_node_is_there_or_refused():
    result = vm.bench("--nic", "igb", "--numa", "2", "--eal", LITTLE, "pollport-fwd",
                      "--nb-cores=2", "--port-topology=loop", "--port-numa-config=(1,1)",
                      "--duration=1")
    if result.status == vm.CANNOT_BE_HAD:
        raise tap.Skip(result.err.strip())
    tap.equal(result.status, REFUSED, f"exit status; {result.show()}\n")
    lines = [line for line in result.err.splitlines() if line.startswith("pollport-fwd: ")]
    tap.equal(len(lines), 1, f"lines of pollport-fwd: {lines}")
    tap.true(re.search(r"port 1: no memory for \d+ buffers on node 1; .*dpdk-hugepages.py "
                       r".*--node 1", lines[0]), lines[0])


def test_without_hugepages_a_port_far_from_the_memory_says_so_once():
    with TwoNodes(["--nb-cores=2", "--port-topology=loop"], ["--pages", "4k"]) as guest:
        guest.settle()
        guest.forward_in_loop()
        guest.quit()
        guest.expect_lines(r"port 1: rx ring, rx pool, tx ring, tx pool, queue state, lanes, "
                           r"own NBLs on node 0, not 1: .*--no-huge$")


tap.run(globals())
