#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Print which test ran on which NIC, from the testlog.json of a `meson test` run.

A test belongs to a NIC when its name has the NIC's: send_82599, "82576 forwards
...". Prints nothing when there is none. The exit status is 0 in any case: what
failed is tally.py's business.
"""

import json
import re
import sys

from tally import POINT, SKIP, TIME, points_of

NICS = {"82599": "net_ixgbe", "82576": "net_e1000_igb", "82574": "net_e1000_em",
        "82540em": "net_e1000_em"}
NIC = re.compile(r"(?<![0-9a-z])(82599|82576|82574|82540em)l?(?![0-9a-z])[,:]?", re.IGNORECASE)


def rows_of(record):
    """Yield (bench, test, NIC, verdict) of one program's TAP output."""
    program = record["name"].split(":", 1)[-1].strip()
    bench, name = ("QEMU", program) if program.startswith("vm ") else ("software NIC", program)
    for line, _ in points_of(record.get("stdout", "")):
        bad, text = POINT.match(line).groups()
        text = TIME.sub("", text)
        skip = SKIP.match(text)
        nic = NIC.search(text.replace("::", " "))
        if nic:
            verdict = "FAILED" if bad else "skipped" if skip else "ok"
            test = NIC.sub(" ", text.replace("::", " ")).replace("_", " ")
            yield bench, f"{name.split('/')[-1].strip()}: {' '.join(test.split())}", \
                nic.group(1).lower(), verdict


def print_table(table):
    width = max(len(test) for _, test in table)
    for bench in ("software NIC", "QEMU"):
        tests = {test: seen for (where, test), seen in table.items() if where == bench}
        if not tests:
            continue
        print(f"\n{bench:{width}}  " + "  ".join(f"{nic:>13}" for nic in NICS))
        print(f"{'':{width}}  " + "  ".join(f"{pmd:>13}" for pmd in NICS.values()))
        for test, seen in tests.items():
            print(f"{test:{width}}  " + "  ".join(f"{seen.get(nic, '-'):>13}" for nic in NICS))


def main():
    table = {}
    try:
        with open(sys.argv[1], encoding="utf-8", errors="replace") as lines:
            for line in lines:
                for bench, test, nic, verdict in rows_of(json.loads(line)):
                    table.setdefault((bench, test), {})[nic] = verdict
    except (OSError, IndexError) as error:
        print(f"nic_table: {error}: give the testlog.json of a test run", file=sys.stderr)
    if table:
        print_table(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
