#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every file names its licence near its top, and none names a place that only
exists on somebody's machine or a package registry's host.
"""

import re
import sys

import tree

LICENCE = "SPDX-License-Identifier: BSD-3-Clause"
# Data that cannot hold a comment.
BARE = (".json", ".pcap", ".png", ".svg")
# Written in pieces, so that this file does not complain about itself.
ELSEWHERE = re.compile("|".join((
    r"(?<![\w.$}])/(home|Users)/\w", r"(?<![\w.$}])/ro" + r"ot/\w", r"(?<![\w.$})])/wo" + r"rk/",
    r"deb\." + r"debian\.org", r"registry\." + r"npmjs", r"py" + r"pi\.org",
    r"proxy\." + r"golang", r"crates\." + r"io\b", r"bookworm-" + r"updates")))


def main():
    complaints = []
    paths = tree.files()
    for path in paths:
        lines = tree.read(path).split("\n")
        if not path.endswith(BARE) and not any(LICENCE in line for line in lines[:5]):
            complaints.append(f"{path}: no '{LICENCE}' in its first lines")
        complaints += [f"{path}:{number}: {match.group()} is a place of one machine or a registry"
                       for number, line in enumerate(lines, 1)
                       for match in ELSEWHERE.finditer(line)]
    tree.report(complaints, len(paths))


if __name__ == "__main__":
    sys.exit(main())
