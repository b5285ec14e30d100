#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every rule of the contract that concerns what is built has a test that carries
its id, or a line that says why it has none.

tests/unit/runtime/rules.txt has a line for each rule of the sections below: the
id, then patterns of tests (suite/name, shell wildcards allowed), each of which
must match, or "not testable yet: reason". rule_ids.txt beside this file lists
the ids there are.
"""

import fnmatch
import re
import sys

import tree

SECTIONS = {"1", "2", "3", "4", "5", "6", "7", "8", "10", "11", "12", "13"}
EXCUSE = "not testable yet: "
RULES, IDS = "tests/unit/runtime/rules.txt", "tests/lint/rule_ids.txt"
TEST = re.compile(r"\b(?:Test|ParameterizedTest|[A-Z]+_TEST)\("
                  r"(?:[^,()]*\*[^,()]*,)?\s*(\w+),\s*(\w+)")
IN_NAME = re.compile(r"(?<![A-Z0-9])((?:[A-Z][A-Z0-9]_)(?:[A-Z]+_)?\d\d)(?![0-9])")


def known_ids():
    """{id: section}"""
    found, section = {}, None
    for line in tree.read(IDS).split("\n"):
        heading = re.match(r"\[(\d+)\]", line)
        if heading:
            section = heading.group(1)
        elif section and not line.startswith("#"):
            found.update((word, section) for word in line.split())
    return found


def all_tests():
    return {f"{suite}/{name}" for folder in ("tests/unit/", "tests/contract/")
            for path in tree.files(".c", under=folder)
            for suite, name in TEST.findall(tree.read(path))}


def check_patterns(where, rule, patterns, tests):
    for pattern in patterns:
        hits = fnmatch.filter(tests, pattern)
        if not hits:
            yield f"{where}: there is no test {pattern}"
        for hit in hits:
            if rule.replace("-", "_") not in hit:
                yield f"{where}: {hit} does not carry {rule}"


def check_lines(ids, tests, seen):
    for number, line in enumerate(tree.read(RULES).split("\n"), 1):
        where = f"{RULES}:{number}"
        if not line.strip() or line.startswith("#"):
            continue
        rule, _, rest = line.partition(" ")
        rest = rest.strip()
        if rule not in ids:
            yield f"{where}: {rule} is no rule"
        if rule in seen:
            yield f"{where}: {rule} once more"
        seen.add(rule)
        if rest.startswith(EXCUSE):
            if any(rule.replace("-", "_") in test for test in tests):
                yield f"{where}: {rule} has a test after all"
            continue
        if not rest:
            yield f"{where}: {rule} has neither a test nor a reason"
        yield from check_patterns(where, rule, rest.split(), tests)


def main():
    ids, tests, seen = known_ids(), all_tests(), set()
    complaints = list(check_lines(ids, tests, seen))
    complaints += [f"{RULES}: {rule} is missing" for rule, section in ids.items()
                   if section in SECTIONS and rule not in seen]
    complaints += [f"{test}: {name.replace('_', '-')} is no rule" for test in sorted(tests)
                   for name in IN_NAME.findall(test) if name.replace("_", "-") not in ids]
    tree.report(complaints, len(tests))


if __name__ == "__main__":
    sys.exit(main())
