#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""No function over 80 lines and no file over 800; and what the functions'
lengths are altogether. Knows functions by the Linux style: a brace alone in the
first column opens one, and one closes it. Lines over 100 columns are counted,
as advice.
"""

import statistics
import sys

import tree

FUNCTION, FILE, COLUMNS = 80, 800, 100
TAB = 8


def functions(lines):
    """[(first line, lines between the braces, heading)] of one file."""
    found, start = [], None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
        elif line.startswith("}") and start is not None:
            found.append((start, number - start - 1, lines[start - 1].strip()))
            start = None
    return found


def main():
    complaints, lengths, wide = [], [], 0
    paths = tree.files(".c", ".h", ".cc")
    for path in paths:
        lines = tree.read(path).split("\n")
        if len(lines) - 1 > FILE:
            complaints.append(f"{path}: {len(lines) - 1} lines, {FILE} at most")
        for first, length, heading in functions(lines):
            lengths.append(length)
            if length > FUNCTION:
                complaints.append(f"{path}:{first}: {length} lines, {FUNCTION} at most: {heading}")
        wide += sum(len(line.expandtabs(TAB)) > COLUMNS for line in lines)
    if lengths:
        under = sum(length < 60 for length in lengths) / len(lengths)
        print(f"{len(lengths)} functions: median {statistics.median(lengths):.0f} lines, "
              f"{under:.1%} under 60, longest {max(lengths)}; {wide} lines over {COLUMNS} columns")
    tree.report(complaints, len(paths))


if __name__ == "__main__":
    sys.exit(main())
