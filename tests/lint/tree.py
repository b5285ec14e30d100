# SPDX-License-Identifier: BSD-3-Clause
"""The repository's files as the lints see them, and how lints report."""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIPPED = re.compile(r"^(\.git|build[^/]*|__pycache__|\.cache)$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def files(*suffixes, under=""):
    """Paths from the root of all files that git tracks or would, or without git all there are."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"],
                            capture_output=True, text=True, check=False)
    found = listed.stdout.split("\n") if listed.returncode == 0 else walk()
    return sorted(path for path in found
                  if path.startswith(under) and path.endswith(suffixes or "")
                  and os.path.isfile(os.path.join(ROOT, path)))


def walk():
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not SKIPPED.match(name)]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), ROOT)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def includes(path):
    """[(header, is quoted)] of a C file, as written."""
    return [(name, bracket == '"') for bracket, name in INCLUDE.findall(read(path))]


def reach(path, seen=None):
    """All headers PATH includes, directly or through quoted ones found beside it."""
    seen = set() if seen is None else seen
    for name, quoted in includes(path):
        beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
        key = beside if quoted and os.path.isfile(os.path.join(ROOT, beside)) else name
        if key in seen:
            continue
        seen.add(key)
        if key == beside:
            reach(beside, seen)
    return seen


def report(complaints, checked):
    """Print what was found and end: status 0 only when something was looked at and is right."""
    for line in complaints:
        print(line)
    print(f"{checked} files looked at, {len(complaints)} complaints")
    sys.exit(1 if complaints or not checked else 0)
