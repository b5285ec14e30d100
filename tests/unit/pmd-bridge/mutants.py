#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Tests of tests: each program given was built with a fault seeded into the code under
test, and must say so. Arguments are PROGRAM=EXPECTED: the program must fail, and EXPECTED
must be in what it prints. TAP on stdout.
"""

import subprocess
import sys


def main():
    pairs = [argument.split("=", 1) for argument in sys.argv[1:]]
    failed = 0
    print(f"1..{len(pairs)}")
    for number, (program, expected) in enumerate(pairs, 1):
        run = subprocess.run([program, "--tap", "-j1"], stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.STDOUT, check=False, timeout=280)
        caught = run.returncode != 0 and expected in run.stdout
        failed += not caught
        name = program.rsplit("/", 1)[-1]
        print(f"{'ok' if caught else 'not ok'} {number} - {name} fails with '{expected}'")
        if not caught:
            print("".join(f"# {line}\n" for line in run.stdout.splitlines()[-40:])
                  + f"# status {run.returncode}")
    return 1 if failed or not pairs else 0


if __name__ == "__main__":
    sys.exit(main())
