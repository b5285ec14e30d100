#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every test is run: each unit test's file and each integration, model, oracle, lint
and windows script is named in a meson.build under tests/. Meson cannot glob, so a new file
would be forgotten without a word.
"""

import os
import re
import sys

import tree

# Modules that tests import, and helpers; not tests by themselves.
MODULES = {"tests/integration/tap.py", "tests/integration/pollport.py", "tests/lint/tree.py",
           "tests/oracle/allowed.py", "tests/oracle/cdecl.py", "tests/oracle/sides.py",
           "tests/windows/target.py"}


def main():
    builds = [path for path in tree.files() if path.endswith("meson.build")]
    words = set(re.findall(r"[\w-]+", " ".join(tree.read(path) for path in builds)))
    tests = [path for path in tree.files(under="tests/")
             if re.search(r"/test_\w+\.c$", path)
             or re.search(r"^tests/(integration|model|oracle|lint|windows)/\w+\.py$", path)]
    tests = [path for path in tests if path not in MODULES]
    complaints = []
    for path in tests:
        stem = os.path.splitext(os.path.basename(path))[0]
        if stem not in words and stem.removeprefix("test_") not in words:
            complaints.append(f"{path}: no meson.build names it, so it never runs")
    tree.report(complaints, len(tests))


if __name__ == "__main__":
    sys.exit(main())
