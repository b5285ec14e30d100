#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The software NIC against QEMU's models of the same NICs: nic-script runs on both, and what it
prints must be the same but for what allowed-differences.txt names. Skips when the guest's packages
cannot be had.

NIC_SCRIPT names the program, POLLPORT_SOFTNIC_DIR the plugin's folder (meson sets both).
"""

import collections
import contextlib
import os
import re
import select
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "tests", "integration"), os.path.join(ROOT, "tools", "vm")]

import tap  # noqa: E402
import wire  # noqa: E402

SCRIPT = os.environ["NIC_SCRIPT"]
LIBRARY = os.environ["POLLPORT_SOFTNIC_DIR"]
BENCH = os.path.join(ROOT, "tools", "vm-bench.sh")
ALLOWED = os.path.join(HERE, "allowed-differences.txt")
TWINS = {"82576": "igb", "82574": "e1000e", "82540em": "e1000"}  # ours and QEMU's
ADDRESS = "52:54:00:00:00:{:02x}"  # as vm-bench.sh gives them
LIMIT = 300  # seconds for either side; both need some ten
CANNOT_BE_HAD = 77

Difference = collections.namedtuple("Difference", "key field model qemu")
Rule = collections.namedtuple("Rule", "line nic key field model qemu")


# ----------------------------------------------------------------- both sides

def run(argv, **options):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=LIMIT + 30,
                          stdin=subprocess.DEVNULL, **options)
    if done.returncode == CANNOT_BE_HAD:
        raise tap.Skip(done.stderr.strip())
    tap.equal(done.returncode, 0, f"exit status of {argv[0]}; it said\n{done.stdout[-2000:]}\n"
                                  f"{done.stderr[-2000:]}\n")
    return parse(done.stdout)


def on_software_nic(nic):
    """The plugin goes by its bare name: EAL refuses a path under a folder that all may write."""
    argv = [SCRIPT, "--no-huge", "-m", "256", "--no-pci", f"--file-prefix=differential{os.getpid()}",
            "-d", "librte_net_softnic.so"]
    for number, peer in enumerate(("", ",peer=net_softnic0")):
        argv += ["--vdev", f"net_softnic{number},type={nic},run=poll,"
                           f"mac={ADDRESS.format(number)}{peer}"]
    return run(argv, env={**os.environ, "LD_LIBRARY_PATH": LIBRARY})


def relay(ends, over):
    """What comes out of one NIC goes into the other, until OVER is set."""
    waiting = {end: collections.deque() for end in ends}
    while not over.is_set():
        full = [end for end in ends if waiting[end]]
        readable, _, _ = select.select(ends, full, [], 0.1)
        for end, other in (ends, ends[::-1]):
            while end in readable and (frame := end.try_receive()) is not None:
                waiting[other].append(frame)
        for end in ends:
            while waiting[end] and end.plug() and end.try_send(waiting[end][0]):
                waiting[end].popleft()


def in_guest(model):
    with tempfile.TemporaryDirectory(prefix="pollport-vm-") as scratch, \
         contextlib.ExitStack() as stack:
        ends = [stack.enter_context(wire.Wire(scratch, number)) for number in (0, 1)]
        over = threading.Event()
        thread = threading.Thread(target=relay, args=(ends, over))
        thread.start()
        try:
            return run([BENCH, "--build", os.path.dirname(SCRIPT), "--nic", model, "--wire",
                        scratch, "--timeout", str(LIMIT), "--", SCRIPT])
        finally:
            over.set()
            thread.join()


def parse(text):
    """The script's lines: key to fields, each field's name to its value."""
    lines = {}
    for line in text.replace("\r", "").splitlines():
        key, colon, rest = line.partition(": ")
        if not colon:
            continue
        tap.true(key not in lines, f"the script says '{key}' twice")
        words = (word.partition("=") for word in rest.split())
        lines[key] = {name: value or "yes" for name, _, value in words}
    tap.true("end" in lines, f"the script did not come to its end: {text[-2000:]}")
    return lines


# ----------------------------------------------------------------- differences

def differences(ours, theirs):
    """All of them, field by field; a frame that only one side has is one difference."""
    found = []
    for key in [*ours, *(key for key in theirs if key not in ours)]:
        left, right = (side.get(key, {"absent": "yes"}) for side in (ours, theirs))
        whole = [next((word for word in ("absent", "nothing") if word in fields), "there")
                 for fields in (left, right)]
        if whole != ["there", "there"]:
            left, right = ({"frame": word} for word in whole)
        for field in [*left, *(field for field in right if field not in left)]:
            values = left.get(field, "-"), right.get(field, "-")
            if values[0] != values[1]:
                found.append(Difference(key, field, *values))
    return found


def read_rules(text):
    """See the head of allowed-differences.txt; each NIC of a rule makes one of its own."""
    rules, wants_reason = [], None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            tap.true(wants_reason is None, f"line {wants_reason}: a rule without a reason")
            continue
        if line[0].isspace():
            tap.true(rules, f"line {number}: a reason without a rule")
            wants_reason = None
            continue
        shape = re.fullmatch(r"(\S+) (\S+?)=([^/\s]+)/(\S+) +(\S.*)", line)
        tap.true(shape, f"line {number} is no rule: {line}")
        nics, field, model, qemu, key = shape.groups()
        for nic in nics.split(","):
            tap.true(nic in TWINS, f"line {number}: there is no NIC {nic}")
            rules.append(Rule(number, nic, re.compile(key), re.compile(field), model, qemu))
        wants_reason = number
    tap.true(wants_reason is None, f"line {wants_reason}: a rule without a reason")
    return rules


def covers(rule, difference):
    return (rule.key.fullmatch(difference.key) and rule.field.fullmatch(difference.field)
            and rule.model in ("*", difference.model) and rule.qemu in ("*", difference.qemu))


def judge(found, rules):
    """What is wrong: differences no rule covers, and rules that cover none."""
    used, complaints = set(), []
    for difference in found:
        fitting = [rule for rule in rules if covers(rule, difference)]
        used.update(rule.line for rule in fitting)
        if not fitting:
            complaints.append(f"{difference.key}: {difference.field} is {difference.model} on the "
                              f"software NIC, {difference.qemu} on QEMU's")
    complaints += [f"line {rule.line} of {os.path.basename(ALLOWED)} allows what does not occur"
                   for rule in rules if rule.line not in used]
    return complaints


def compare(nic):
    with open(ALLOWED, encoding="utf-8") as file:
        rules = [rule for rule in read_rules(file.read()) if rule.nic == nic]
    ours, theirs = on_software_nic(nic), in_guest(TWINS[nic])
    complaints = judge(differences(ours, theirs), rules)
    tap.true(not complaints, "\n".join([f"{len(complaints)} of {len(ours)} lines:", *complaints]))


# ------------------------------------------------------------------------ tests

def test_a_difference_without_a_rule_and_a_rule_without_a_difference_are_found():
    rules = read_rules("82576 flags=0x1/0x2 plain .*\n\tQEMU's mistake.\n")
    ours = {"plain 0>1": {"len": "60", "flags": "0x1"}, "sum 0>1": {"nothing": "yes"}}
    tap.equal(judge(differences(ours, ours), rules),
              ["line 1 of allowed-differences.txt allows what does not occur"], "the same lines")
    theirs = {"plain 0>1": {"len": "60", "flags": "0x2"}, "sum 0>1": {"nothing": "yes"}}
    tap.equal(judge(differences(ours, theirs), rules), [], "what the rule allows")
    theirs["plain 0>1"]["flags"] = "0x3"
    tap.equal(len(judge(differences(ours, theirs), rules)), 2, "another value than the rule's")
    theirs = {"plain 0>1": {"len": "60", "flags": "0x2"}, "sum 0>1": {"len": "60"}}
    tap.equal(differences(ours, theirs)[-1], Difference("sum 0>1", "frame", "nothing", "there"),
              "a frame too many")
    del theirs["sum 0>1"]
    tap.equal(differences(ours, theirs)[-1], Difference("sum 0>1", "frame", "nothing", "absent"),
              "a line too few")


def test_the_82576_is_as_qemus_igb():
    compare("82576")


def test_the_82574_is_as_qemus_e1000e():
    compare("82574")


def test_the_82540em_is_as_qemus_e1000():
    compare("82540em")


if __name__ == "__main__":
    tap.run(globals())
