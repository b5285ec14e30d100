#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Check the model of the send queue with spin: every state of a few sizes holds what the
model asserts, every statement of it is reached, and each seeded mutant is found out.
TAP on stdout; skips where spin is not installed.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "nblqueue.pml")
SIZES = ({"PRODUCERS": 2, "PUSHES": 4, "OWN": 2}, {"PRODUCERS": 3, "PUSHES": 2, "OWN": 1})
# What the model says when the mutant is found: a part of the assertion that does not hold.
MUTANTS = {"NO_RELEASE": "value==", "NO_ACQUIRE": "value==", "NO_REVERSAL": "value==",
           "EXCHANGE_PUSH": "value==", "NO_DRAIN": "delivered[r]>=told[r]"}


def check(defines):
    """What spin's checker prints about the model with DEFINES."""
    with tempfile.TemporaryDirectory() as scratch:
        def run(*command):
            return subprocess.run(command, cwd=scratch, check=True, text=True, timeout=600,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout

        run("spin", *(f"-D{name}" for name in defines), "-a", MODEL)
        run(os.environ.get("CC", "cc"), "-O2", "-w", "-DSAFETY", "-o", "pan", "pan.c")
        return run("./pan", "-m1000000")


def holds(out):
    """Everything was looked at, in states and in statements, and nothing is wrong."""
    unreached = re.findall(r"\((\d+) of \d+ states\)", out)
    return ("errors: 0" in out and "max search depth too small" not in out
            and len(unreached) > 1 and not any(map(int, unreached)))


def found(out, assertion):
    return re.search(r"^pan:1: assertion violated .*" + re.escape(assertion), out, re.M) is not None


def report(number, good, name, out):
    print(f"{'ok' if good else 'not ok'} {number} - {name}", flush=True)
    for line in out.splitlines():
        if not good or "states, stored" in line:
            print(f"#   {line}")
    return good


def main():
    if shutil.which("spin") is None:
        print("1..0 # SKIP spin is not installed: it is a Debian package")
        return 0
    print(f"1..{len(SIZES) + len(MUTANTS)}")
    good = True
    for number, size in enumerate(SIZES, 1):
        out = check([f"{name}={value}" for name, value in size.items()])
        name = "{PRODUCERS} senders, {PUSHES} pushes each, {OWN} chains each".format(**size)
        good = report(number, holds(out), name + ": the properties hold", out) and good
    for number, (mutant, assertion) in enumerate(MUTANTS.items(), len(SIZES) + 1):
        out = check([mutant])
        good = report(number, found(out, assertion), f"mutant {mutant} is found", out) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
