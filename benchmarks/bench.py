# SPDX-License-Identifier: BSD-3-Clause
"""What the benchmarks share: arguments, devices and memory, rounds of runs with
the rule of what counts, and how a benchmark ends.

A round runs each side once, in order and then in reverse by turns; each run is
a process of its own. A round in which the machine was not quiet is dropped,
counted and repeated, and its figures are not shown.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys

import machine
import record
from forwarder import Forwarder, Program, RunError, Side
from telemetry import TelemetryError

ATTEMPTS = 3  # how many rounds to try for each one wanted
MEMORY_MB = {"4k": 1024, "2M": 512}  # a 4 KiB page holds one mbuf only
NICS = ("82599", "82576", "82574")

# What all programs are told. Thresholds at testpmd's usual NIC values.
MATCHED = {"burst": 32, "rxd": 512, "txd": 512, "total-num-mbufs": 16384,
           "rxfreet": 32, "txfreet": 32, "txrst": 32}

STATUS = """exit status: 0 done; 1 a program failed; 2 bad usage or a program is missing;
             3 too few quiet rounds; 4 a median is worse than --require"""


class UsageError(Exception):
    """One line about an argument or something missing on the machine."""


def say(line):
    """Progress goes to stderr, so that stdout has the tables and nothing else."""
    print(line, file=sys.stderr, flush=True)


def parser(name, text, lcores, cores_help):
    """A parser with the arguments that every benchmark has."""
    parse = argparse.ArgumentParser(prog=name, description=f"{text}\n{STATUS}",
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parse.add_argument
    add("--pages", choices=("both", "best", "4k", "2M"), default="best",
        help="hugepages: with and without; best: with, where there are any")
    add("--pairs", type=int, default=9, help="quiet rounds a row needs (default 9)")
    add("--seconds", type=float, default=2.0, help="measured time of a run (default 2)")
    add("--warm-up", type=float, default=0.5, help="seconds before it (default 0.5)")
    add("--quick", action="store_true", help="3 rounds of 0.4 s: a look, nothing to claim by")
    add("--lcores", default=lcores, help=f"{cores_help} (default {lcores})")
    add("--min-cpu", type=float, default=0.97,
        help="share of its processor that each polling thread must get (default 0.97)")
    add("--max-steal", type=float, default=0.01, help="share of a run (default 0.01)")
    add("--max-switches", type=float, default=20,
        help="involuntary context switches of a polling thread per second "
             "(default %(default)s)")
    add("--noisy", action="store_true",
        help="let every round count, for a test on a busy machine: the figures mean nothing")
    add("--build", default=os.path.join(record.ROOT, "build"), metavar="DIR",
        help="where Pollport was built (default build)")
    add("--testpmd", default="dpdk-testpmd", metavar="PATH")
    add("--json", metavar="FILE", help="write the records there")
    return parse


def check(parse, args):
    """What a single argument cannot tell."""
    if args.quick:
        args.pairs, args.seconds, args.warm_up = 3, 0.4, 0.15
    if args.noisy:
        args.min_cpu, args.max_steal, args.max_switches = 0, 1, float("inf")
        say("--noisy: nothing is judged, the figures mean nothing")
    if args.pairs < 1 or args.seconds <= 0 or args.warm_up < 0:
        parse.error("--pairs and --seconds must be positive")
    args.build = os.path.abspath(args.build)


def cpus(lcores, workers):
    """[processor of the main lcore, of each worker] of "0@0,1@1"."""
    try:
        found = [int(part.split("@")[1]) for part in lcores.split(",")]
    except (ValueError, IndexError) as error:
        raise UsageError(f"--lcores {lcores}: want {workers + 1} as in 0@0,1@1") from error
    if len(found) != workers + 1:
        raise UsageError(f"--lcores {lcores}: want {workers + 1} as in 0@0,1@1")
    missing = set(found) - set(range(os.cpu_count()))
    if missing:
        raise UsageError(f"--lcores {lcores}: this machine has no processor {min(missing)}")
    if len(set(found[1:])) < workers or (workers == 1 and found[0] == found[1]):
        raise UsageError(f"--lcores {lcores}: each polling core needs a processor of its own")
    return found


# ------------------------------------------------------------------ programs


def built(build, *path):
    """A file of a build."""
    file = os.path.join(build, *path)
    if not os.path.exists(file):
        raise UsageError(f"{file} not found: meson compile -C {build}, or name another build")
    return file


def pollport(build, name="pollport"):
    return Program(name, built(build, "apps", "fwd", "pollport-fwd"), "signal")


def with_plugin(args):
    """For programs that are not linked with the software NIC."""
    return {"LD_LIBRARY_PATH": os.path.dirname(
        built(args.build, "pmd-bridge", "softnic", "librte_net_softnic.so"))}


def testpmd(args):
    path = shutil.which(args.testpmd)
    if path is None:
        raise UsageError(f"{args.testpmd} not found: install Debian's dpdk-dev package")
    return Program("testpmd", os.path.abspath(path), "enter", with_plugin(args))


# ----------------------------------------------------------- devices, memory


class Device:
    """Two ports, or a number of them, and what may be done with them."""

    def __init__(self, name, nic="82599"):
        self.name = name
        self.nic = nic
        self.softnic = name == "softnic"
        self.title = f"softnic {nic}" if self.softnic else f"net_{name}"

    def vdevs(self, mode, ports=2):
        if not self.softnic:
            # testpmd's txonly never receives, so nothing may be there to receive.
            more = ",no-rx=1" if self.name == "null" and mode == "txonly" else ""
            return [f"--vdev=net_{self.name}{i}{more}" for i in range(ports)]
        both = f"type={self.nic},run=poll,iommu=off"
        return [f"--vdev=net_softnic0,{both},generate=64", f"--vdev=net_softnic1,{both}"]

    def why_not(self, mode):
        """Why a mode makes no sense here, or None."""
        if self.name == "ring" and mode in ("rxonly", "txonly"):
            return "nothing comes out of a ring that nobody fills, or into one that nobody empties"
        if self.softnic and mode == "txonly":
            return "testpmd does not poll then, and the poller is who steps the model"
        return None

    def moving(self, mode):
        """The ports that count something; None: all."""
        if not self.softnic:
            return None
        return (0,) if mode == "rxonly" else (1,)


class Pages:
    """Memory of one page size."""

    def __init__(self, size, eal):
        self.size = size
        self.title = "2 MB pages" if size == "2M" else "no hugepages"
        self.eal = ["-m", str(MEMORY_MB[size]), "--iova-mode=va", "--no-pci", *eal]


@contextlib.contextmanager
def each_pages(args, programs=1):
    """Yield the list of Pages that --pages asks for and the machine has, for as many
    PROGRAMS at once."""
    with contextlib.ExitStack() as stack:
        huge, why_not = None, None
        if args.pages != "4k":
            huge, why_not = stack.enter_context(machine.hugepages(programs * MEMORY_MB["2M"] + 64))
        if why_not:
            say(f"\nhugepages left out: {why_not}")
        wanted = []
        if args.pages in ("both", "4k") or (args.pages == "best" and huge is None):
            wanted.append(Pages("4k", ["--no-huge"]))
        if huge is not None:
            wanted.append(Pages("2M", huge))
        yield wanted


# -------------------------------------------------------------------- rounds


class Bench:
    """What stays the same in all rounds of one benchmark, and what it found."""

    def __init__(self, args):
        self.args = args
        self.dpdk = None
        self.records = []
        self.page_sizes = []
        self.enough = True  # every row has the rounds it wants
        self.tsc_hz = int(subprocess.run([built(args.build, "benchmarks", "tsc-hz")], check=True,
                                         capture_output=True, text=True).stdout)

    def side(self, program, device, pages, mode, args, lcores=None, workers=1, ports=2):
        """PROGRAM on DEVICE; ARGS on top of what testpmd and pollport-fwd both understand."""
        lcores = lcores or self.args.lcores
        plugin = device.softnic and program.environment
        return Side(program,
                    ["--lcores", lcores, *pages.eal,
                     *(["-d", "librte_net_softnic.so"] if plugin else []),
                     *device.vdevs(mode, ports)],
                    [f"--forward-mode={mode}", *args], cpus(lcores, workers),
                    counter="ipackets" if mode == "rxonly" else "opackets",
                    moving=device.moving(mode), softnic=device.softnic)

    def check_version(self, forwarder):
        version = forwarder.telemetry.version.removeprefix("DPDK ")
        if self.dpdk not in (None, version):
            raise RunError(f"{forwarder.program.name} runs on DPDK {version}, "
                           f"the other on {self.dpdk}: not comparable")
        self.dpdk = version

    def run(self, side):
        with Forwarder(side) as forwarder:
            self.check_version(forwarder)
            forwarder.measure(self.args.warm_up)
            return forwarder.measure(self.args.seconds)

    def round(self, sides, swapped):
        """A sample of each of SIDES, in their order, whatever they ran in."""
        samples = [self.run(side) for side in (reversed(sides) if swapped else sides)]
        return samples[::-1] if swapped else samples

    def noise(self, samples):
        """Why a round does not count, or None."""
        share = min(sample.share for sample in samples)
        steal = max(sample.steal for sample in samples)
        switches = max(sample.switches for sample in samples)
        if share < self.args.min_cpu:
            return f"a polling thread got {share:.1%} of its processor"
        if steal > self.args.max_steal:
            return f"{steal:.1%} steal"
        if switches > self.args.max_switches:
            return f"{switches:.0f} involuntary switches/s"
        return None

    def rounds(self, sides, columns):
        """Run SIDES in rounds until enough were quiet; print COLUMNS of each."""
        found = Rounds(columns)
        found.print_heading()
        for attempt in range(self.args.pairs * ATTEMPTS):
            if len(found.rounds) == self.args.pairs:
                break
            swapped = attempt % 2 == 1
            samples = self.round(sides, swapped)
            noise = self.noise(samples)
            if noise:
                found.dropped += 1
            else:
                found.rounds.append(samples)
            found.print_round(attempt + 1, swapped, samples, noise)
        self.enough = self.enough and len(found.rounds) == self.args.pairs
        return found

    def cycles(self, sample, cores=1):
        """TSC cycles a packet."""
        return self.tsc_hz * cores / max(sample.mpps * 1e6, 1)

    def add(self, benchmark, device, pages, mode, unit, figures, **more):
        """A record; FIGURES have median, min, max and runs."""
        args = self.args
        self.records.append({
            "benchmark": benchmark, "device": device.title, "mode": mode, "unit": unit, **figures,
            **more, "page_size": pages.size, "seconds": args.seconds, "quick": args.quick,
            "noisy": args.noisy, "lcores": args.lcores})
        if pages.size not in self.page_sizes:
            self.page_sizes.append(pages.size)

    def environment(self):
        return record.environment(self.args.build, self.tsc_hz, self.dpdk, self.page_sizes)


class Column:
    """A heading and the figure of a round's samples that stands under it."""

    def __init__(self, heading, figure, digits=2):
        self.heading = heading
        self.figure = figure
        self.digits = digits
        self.width = max(8, len(heading))

    def show(self, value):
        return f"{value:>{self.width}.{self.digits}f}"


class Rounds:
    """The quiet rounds of a comparison: in each, a sample of every side."""

    def __init__(self, columns):
        self.columns = columns
        self.rounds = []
        self.dropped = 0

    def values(self, column):
        """A column's figure in each round."""
        return [self.columns[column].figure(samples) for samples in self.rounds]

    def spread(self, column, digits=3):
        return record.spread(self.values(column), digits)

    def figures(self, column, digits=3):
        """What every record has of its main figure."""
        return {**self.spread(column, digits), "runs": len(self.rounds),
                "dropped": self.dropped}

    def print_heading(self):
        say("  round  order  " +
            "  ".join(f"{column.heading:>{column.width}}" for column in self.columns))

    def print_round(self, number, swapped, samples, noise):
        order = "ABCDEF"[:len(samples)]
        figures = f"dropped: {noise}" if noise else \
            "  ".join(column.show(column.figure(samples)) for column in self.columns)
        say(f"  {number:>5}  {order[::-1] if swapped else order:5}  {figures}")


# ----------------------------------------------------------------------- end


def finish(name, args, measure, summary, worse, kind=Bench):
    """Run MEASURE(bench), print SUMMARY(records), write --json; the exit status.

    WORSE(records): what of --require is not met, or None.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was set up is undone
    bench = None
    try:
        bench = kind(args)
        measure(bench)
    except UsageError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except (RunError, TelemetryError, OSError, subprocess.CalledProcessError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if args.json and bench is not None and bench.records:
            record.write(args.json, bench.environment(), bench.records)
    return judge(name, bench, summary, worse)


def judge(name, bench, summary, worse):
    if bench.records:
        env = bench.environment()
        say("")
        summary(bench.records)
        print(f"{env['cpu']}, {env['tsc_hz'] / 1e9:.2f} GHz TSC, DPDK {env['dpdk']}, commit "
              f"{env['commit']}, {env['compiler']}" + (", quick" if bench.args.quick else "") +
              (", noisy: the figures mean nothing" if bench.args.noisy else ""))
    complaint = worse(bench.records)
    if complaint:
        print(f"{name}: {complaint}", file=sys.stderr)
        return 4
    if not bench.enough:
        print(f"{name}: too few quiet rounds: the machine is busy; try again when it is not, or "
              "raise --max-switches and --max-steal", file=sys.stderr)
        return 3
    return 0
