#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tools/vm-bench.sh itself: bad input gets one clear line and the documented exit status, what the
program says and how it ends comes out unchanged, and nothing is left behind.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile

import tap
import vm

FAILED, USAGE, CANNOT_BE_HAD = 1, 2, 77  # --help names them
SHELL = ["--no-eal", "--", "/bin/sh", "-c"]
NOWHERE = "http://127.0.0.1:9/debian"  # the discard port, where nothing listens


def run(*args, stdin="", **environment):
    result = vm.bench(*args, stdin=stdin, **environment)
    if result.status == CANNOT_BE_HAD and not environment:
        raise tap.Skip(result.err.strip())
    return result


def refused(status, args, *words, **environment):
    """One line of ours on stderr that has all WORDS (regexps), nothing on stdout."""
    result = run(*args, **environment)
    tap.equal(result.status, status, f"exit status; {result.show()}\n")
    lines = [line for line in result.err.splitlines() if line.startswith("vm-bench: ")]
    tap.equal(len(lines), 1, f"lines of vm-bench on stderr; {result.show()}\n")
    tap.equal(result.out, "", "standard output")
    for word in words:
        tap.true(re.search(word, lines[0]), f"no '{word}' in: {lines[0]}")
    return result


def processes_with(word):
    """Processes whose command line names WORD."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/cmdline", encoding="utf-8", errors="replace") as file:
                command = file.read().replace("\0", " ")
        except OSError:
            continue
        if word in command:
            found.append(command)
    return found


class Scratch:
    """A folder for temporary files and caches; at the end nothing may be in it or run from it."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="pollport-vm-")
        return self

    def __exit__(self, kind, *_):
        left = [os.path.join(folder, name) for folder, _, names in os.walk(self.path)
                for name in names if name != "lock"]
        running = processes_with(self.path)
        shutil.rmtree(self.path)
        if kind is None:
            tap.equal(left, [], "files left behind")
            tap.equal(running, [], "processes left behind")


def test_an_unknown_nic_is_refused_and_the_known_ones_named():
    refused(USAGE, ["--nic", "ne2k", "pollport-fwd"], "ne2k", "e1000.*e1000e.*igb")


def test_an_unknown_option_is_refused():
    refused(USAGE, ["--warp", "9", "pollport-fwd"], "--warp", "--help")


def test_an_option_without_its_value_is_refused():
    refused(USAGE, ["--nics"], "--nics", "value")


def test_no_program_is_refused():
    refused(USAGE, ["--nics", "2"], "no program", "--help")


def test_a_program_that_is_not_in_the_build_directory_is_refused():
    refused(USAGE, ["no-such-program"], "no-such-program", "--build")


def test_a_path_to_no_program_is_refused():
    refused(USAGE, ["/nonexistent/program"], "/nonexistent/program")


def test_a_number_out_of_range_is_refused():
    refused(USAGE, ["--nics", "9", "pollport-fwd"], "--nics 9")


def test_uio_without_hugepages_is_refused_with_the_reason():
    refused(USAGE, ["--bind", "uio", "--pages", "4k", "pollport-fwd"], "uio", "2M")


def test_processors_that_two_nodes_cannot_share_are_refused():
    refused(USAGE, ["--numa", "2", "--smp", "3", "pollport-fwd"], "--smp 3", "2 nodes")


def test_more_models_than_nics_are_refused():
    refused(USAGE, ["--nic", "igb", "--nic", "e1000", "--nics", "3", "pollport-fwd"], "--nic")


def test_a_log_that_cannot_be_written_is_refused():
    refused(USAGE, ["--keep-log", "/nonexistent/log", "pollport-fwd"], "/nonexistent/log")


def test_a_wire_folder_with_too_long_a_name_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        refused(USAGE, ["--wire", os.path.join(folder, "w" * 90), "pollport-fwd"], "--wire")


def test_package_sources_that_do_not_answer_are_named_and_nothing_is_cached():
    with Scratch() as scratch:
        refused(CANNOT_BE_HAD, ["pollport-fwd"], re.escape(NOWHERE), "POLLPORT_VM_APT",
                XDG_CACHE_HOME=scratch.path, TMPDIR=scratch.path, POLLPORT_VM_APT=NOWHERE)


def test_help_goes_to_standard_output():
    result = run("--help")
    tap.equal((result.status, result.err), (0, ""), "status and standard error")
    for option in ("--nic ", "--bind", "--wire", "--timeout", "POLLPORT_VM_APT", "Exit status"):
        tap.true(option in result.out, f"no {option} in the help")


def test_input_output_errors_and_status_are_the_programs_own():
    with Scratch() as scratch:
        script = 'read first; echo "got $first"; echo "an error" >&2; cat; exit 42'
        result = run(*SHELL, script, stdin="one\ntwo\nno newline at the end", TMPDIR=scratch.path)
    tap.equal(result.status, 42, f"status; {result.show()}\n")
    tap.equal(result.out, "got one\ntwo\nno newline at the end", "standard output")
    tap.equal(result.err, "an error\n", "standard error")


def test_arguments_arrive_as_they_were_given():
    words = ["a b", "it's", "$HOME", "*", "", '"', "back\\slash"]
    result = run("--no-eal", "--", "/usr/bin/printf", "<%s>", *words)
    tap.equal(result.out, "".join(f"<{word}>" for word in words), "what printf was given")


def test_a_guest_that_does_not_end_is_killed_with_one_line():
    with Scratch() as scratch:
        refused(FAILED, ["--timeout", "6", "--wire", scratch.path, *SHELL, "exec sleep 1000"],
                "within 6 s", "--timeout", TMPDIR=scratch.path)


def test_a_terminated_bench_leaves_nothing_behind():
    with Scratch() as scratch:
        bench = subprocess.Popen(
            [vm.BENCH, "--wire", scratch.path, *SHELL, "echo running; exec sleep 1000"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "TMPDIR": scratch.path})
        tap.equal(bench.stdout.readline(), "running\n", "first line")
        bench.send_signal(signal.SIGTERM)
        bench.communicate(timeout=60)
        tap.equal(bench.returncode, 128 + signal.SIGTERM, "exit status")


def test_testpmd_finds_a_nic_of_each_model_in_the_order_asked_for():
    tool = shutil.which("dpdk-testpmd")
    if tool is None:
        raise tap.Skip("dpdk-testpmd is not installed (package dpdk-dev)")
    result = run("--nic", "igb", "--nic", "e1000", "--nic", "e1000e", "--", tool, "-i",
                 "--total-num-mbufs=8192", "--no-mlockall", stdin="show port summary all\nquit\n")
    tap.equal(result.status, 0, f"status; {result.show()}\n")
    drivers = re.findall(r"^(\d)\s+\S+ \S+\s+(net_e1000_\w+)", result.out, re.MULTILINE)
    tap.equal(drivers, [("0", "net_e1000_igb"), ("1", "net_e1000_em"), ("2", "net_e1000_em")],
              "ports")


tap.run(globals())
