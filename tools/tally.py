#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Count what a `meson test` run did, test by test, from its testlog.json.

Meson counts programs; here each test inside one counts (Criterion and the
integration scripts write TAP). A program that crashed, timed out or stopped
short of its plan counts as failed even if all it wrote was ok. So does what a
sanitizer reports (--reports), if only of a process that had ended. With CI=true a
skip fails unless tests/skips-allowed.txt has it. The last line printed is
`N passed, N failed[, N skipped]`; the exit status is 0 when none failed and
at least one passed.
"""

import argparse
import fnmatch
import glob
import json
import os
import re
import sys

PLAN = re.compile(r"^1\.\.(\d+)(?:\s*#\s*skip\b[\s:]*(.*))?", re.IGNORECASE)
POINT = re.compile(r"^(not )?ok\b\s*(?:\d+\b\s*)?(?:- )?(.*)$")
SKIP = re.compile(r"^(.*?)#\s*skip\b[\s:]*(.*)$", re.IGNORECASE)
TIME = re.compile(r"\s*\(\d+\.\d+s\)$")
DETAILS = 30  # lines of a failure's own explanation that are shown
SUMMARY = re.compile(r"^SUMMARY: (\w+Sanitizer: .*)$", re.MULTILINE)
GOOD = ("OK", "SKIP", "EXPECTEDFAIL")


class Tally:
    """What was seen: passed is a count, failed and skipped are (test, why)."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def add_point(self, program, line, details):
        bad, text = POINT.match(line).groups()
        text = TIME.sub("", text)
        skip = SKIP.match(text)
        if skip and not bad:
            name = skip.group(1).strip()
            self.skipped.append((f"{program}: {name}", skip.group(2).strip()))
        elif bad:
            self.failed.append((f"{program}: {text.strip()}", "".join(details[:DETAILS])))
        else:
            self.passed += 1


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("SKIP: ") if lines else ""


def points_of(out):
    """[(test line, [indented lines of what it said below])] of TAP output."""
    points = []
    for line in out.splitlines():
        if POINT.match(line):
            points.append((line, []))
        elif points and line.startswith(("#", " ")):
            points[-1][1].append(f"\n    {line.removeprefix('# ').rstrip()}")
    return points


def add_program(tally, record):
    """Add one line of the log: a TAP program, or one judged by exit status."""
    name = record["name"].split(":", 1)[-1].strip()
    out = record.get("stdout", "")
    points = points_of(out)
    plan = next((m for m in map(PLAN.match, out.splitlines()) if m), None)
    if plan is None:
        add_by_status(tally, name, record)
        return
    if plan.group(1) == "0":
        tally.skipped.append((name, plan.group(2) or "no reason given"))
        return
    failed_before = len(tally.failed)
    for line, details in points:
        tally.add_point(name, line, details)
    missing = int(plan.group(1)) - len(points)
    if missing > 0:
        tally.failed.extend([(name, f"ended before its plan ({record['result']})")] * missing)
    elif record["result"] not in GOOD and len(tally.failed) == failed_before:
        tally.failed.append((name, f"{record['result']}, status {record.get('returncode')}"))


def add_by_status(tally, name, record):
    if record["result"] == "SKIP":
        tally.skipped.append((name, last_line(record.get("stdout", "")) or "no reason given"))
    elif record["result"] in GOOD:
        tally.passed += 1
    else:
        tally.failed.append((name, f"{record['result']}, status {record.get('returncode')}"))


def add_reports(tally, paths):
    """Sanitizers' log files, one a process: NAME.PROGRAM.PID. Criterion passes over how a test's
    process ends, and over what it writes then."""
    for path in sorted(paths):
        with open(path, encoding="utf-8", errors="replace") as report:
            text = report.read()
        found = SUMMARY.search(text)
        why = found.group(1) if found else "a sanitizer's report that breaks off"
        lines = "".join(f"\n    {line}" for line in text.splitlines()[:DETAILS])
        tally.failed.append((os.path.basename(path).split(".")[1], why + lines))


def allowed_skips(path):
    """Patterns of test names, one a line; what follows '#' says why."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as lines:
        patterns = [line.split("#", 1)[0].strip() for line in lines]
    return [pattern for pattern in patterns if pattern]


def refuse_skips(tally, patterns):
    """Turn each skip that no pattern allows into a failure."""
    kept = []
    for name, why in tally.skipped:
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            kept.append((name, why))
        else:
            tally.failed.append((name, f"skip is not in tests/skips-allowed.txt: {why}"))
    tally.skipped = kept


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", help="meson-logs/testlog.json of a build directory")
    parser.add_argument("--skips-allowed", default="tests/skips-allowed.txt")
    parser.add_argument("--reports", default="", metavar="PATTERN",
                        help="what sanitizers were told to write to, as NAME.PROGRAM.PID")
    args = parser.parse_args()

    tally = Tally()
    try:
        with open(args.log, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                add_program(tally, json.loads(line))
    except OSError as error:
        print(f"tally: {args.log}: {error.strerror}: did meson test run?", file=sys.stderr)
    add_reports(tally, glob.glob(args.reports))
    if os.environ.get("CI") == "true":
        refuse_skips(tally, allowed_skips(args.skips_allowed))

    for name, why in tally.skipped:
        print(f"skipped  {name}: {why}")
    for name, why in tally.failed:
        print(f"FAILED   {name}" + (f": {why}" if why else ""))
    tail = f", {len(tally.skipped)} skipped" if tally.skipped else ""
    print(f"{tally.passed} passed, {len(tally.failed)} failed{tail}")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
