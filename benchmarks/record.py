#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The form of a benchmark's results: a JSON array whose first element is
{"environment": {...}} and whose others are records, flat but for the figures
of those compared with. Imported by the benchmarks; as a program, it joins
files of one machine and build into one:

    benchmarks/record.py OUT IN...

exit status: 0 done; 1 a file is unreadable, or they are not of one environment
"""

import json
import os
import statistics
import subprocess
import sys

import machine

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Every record has these; one of a pair has median_ratio as well.
FIELDS = ("benchmark", "device", "mode", "unit", "median", "min", "max", "runs")


def commit():
    """The commit measured, with -dirty when files differ from it; "" outside git."""
    git = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty", "--abbrev=12"],
                         capture_output=True, text=True, check=False)
    return git.stdout.strip()


def introspected(build, what):
    with open(os.path.join(build, "meson-info", f"intro-{what}.json"), encoding="utf-8") as file:
        return json.load(file)


def compiler(build):
    """Compiler and build type, as meson noted them; "" where BUILD is none of its builds."""
    try:
        command = next(source["compiler"] for target in introspected(build, "targets")
                       for source in target["target_sources"] if source.get("language") == "c")
        buildtype = next(option["value"] for option in introspected(build, "buildoptions")
                         if option["name"] == "buildtype")
        said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    except (OSError, ValueError, KeyError, StopIteration, subprocess.CalledProcessError):
        return ""
    return f"{said.stdout.splitlines()[0]}, {buildtype}"


def environment(build, tsc_hz, dpdk, page_sizes):
    return {
        "cpu": machine.cpu_model(), "cpus": os.cpu_count(), "tsc_hz": tsc_hz,
        "kernel": os.uname().release, "dpdk": dpdk, "page_sizes": page_sizes,
        "iova_mode": "va", "commit": commit(), "compiler": compiler(build),
    }


def spread(values, digits=3):
    """The figures of one column."""
    return {"median": round(statistics.median(values), digits),
            "min": round(min(values), digits), "max": round(max(values), digits)}


def write(path, env, records):
    with open(path, "w", encoding="utf-8") as file:
        json.dump([{"environment": env}, *records], file, indent=1)
        file.write("\n")


def read(path):
    """(environment or None, records) of a file."""
    with open(path, encoding="utf-8") as file:
        elements = json.load(file)
    env = next((e["environment"] for e in elements if "environment" in e), None)
    records = [e for e in elements if "environment" not in e]
    for record in records:
        missing = [field for field in FIELDS if field not in record]
        if missing:
            raise ValueError(f"{path}: a record without {missing[0]}")
    return env, records


def join(paths):
    """(environment, records) of several files."""
    joined, records = {}, []
    for path in paths:
        env, more = read(path)
        records += more
        for key, value in (env or {}).items():
            if key == "tsc_hz":
                joined.setdefault(key, value)  # measured each time, so never quite the same
            elif key == "page_sizes":
                joined[key] = sorted({*joined.get(key, ()), *value})
            elif joined.setdefault(key, value) != value:
                raise ValueError(f"{path}: {key} is {value}, but {joined[key]} before")
    return joined, records


def main():
    if len(sys.argv) < 3:
        print("record.py: usage: benchmarks/record.py OUT IN...", file=sys.stderr)
        return 1
    try:
        write(sys.argv[1], *join(sys.argv[2:]))
    except (OSError, ValueError) as error:
        print(f"record.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
