#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""No function over 80 lines, no file over 800, sample drivers under 600; and what
the functions' lengths are altogether. A sample driver is all files of
miniport/samples with its name: comments and blank lines count, for it is there
to be read. Those that are longer still may only become shorter. Knows functions
by the Linux style: a brace alone in the first column opens one, and one closes
it. Lines over 100 columns are counted, as advice.
"""

import collections
import os
import statistics
import sys

import tree

FUNCTION, FILE, COLUMNS = 80, 800, 100
TAB = 8
SAMPLES, SAMPLE = "miniport/samples/", 599
LONGER = {"vlanmux": 788}


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


def sample_of(path):
    """The name of the sample driver that a file belongs to, or None."""
    if not path.startswith(SAMPLES):
        return None
    return os.path.basename(path).replace(".", "_").split("_")[0]


def main():
    complaints, lengths, wide = [], [], 0
    samples = collections.Counter()
    paths = tree.files(".c", ".h", ".cc")
    for path in paths:
        lines = tree.read(path).split("\n")
        if sample_of(path):
            samples[sample_of(path)] += len(lines) - 1
        if len(lines) - 1 > FILE:
            complaints.append(f"{path}: {len(lines) - 1} lines, {FILE} at most")
        for first, length, heading in functions(lines):
            lengths.append(length)
            if length > FUNCTION:
                complaints.append(f"{path}:{first}: {length} lines, {FUNCTION} at most: {heading}")
        wide += sum(len(line.expandtabs(TAB)) > COLUMNS for line in lines)
    complaints += [f"{SAMPLES}{name}*: {length} lines, {LONGER.get(name, SAMPLE)} at most"
                   for name, length in samples.items() if length > LONGER.get(name, SAMPLE)]
    if lengths:
        under = sum(length < 60 for length in lengths) / len(lengths)
        print(f"{len(lengths)} functions: median {statistics.median(lengths):.0f} lines, "
              f"{under:.1%} under 60, longest {max(lengths)}; {wide} lines over {COLUMNS} columns")
    tree.report(complaints, len(paths))


if __name__ == "__main__":
    sys.exit(main())
