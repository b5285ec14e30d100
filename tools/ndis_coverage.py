#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Print docs/ndis-coverage.md: what of the documented NDIS and kernel interface is
there, and which rules of the contract are tested.

    tools/ndis_coverage.py LIBRARY > docs/ndis-coverage.md
    tools/ndis_coverage.py --check LIBRARY

A function is done when LIBRARY (libpollport.so) exports it, or when a driver header
has it as a macro or an inline function that leads to nothing LIBRARY lacks. A callback
is done when a function pointer of its type is called or kept by the runtime; where it is
NDIS that has the function, when the runtime fills it in. What a program cannot see is in
tests/contract/differs.txt. --check: the committed document is what would be printed now.
"""

import difflib
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "lint"))

import rules  # noqa: E402
import tree   # noqa: E402

DOCUMENT = "docs/ndis-coverage.md"
DDI, KERNEL, DIFFERS = (f"tests/contract/{name}" for name in ("ddi.tsv", "wdm.tsv", "differs.txt"))
HEADERS = ("ndis.h", "ntddk.h", "ntstrsafe.h", "ntintsafe.h")
# Handlers that NDIS has and drivers call.
OF_NDIS = re.compile(r"NDIS_SWITCH_")
# Where the handlers of filters are called.
FILTERS = ("runtime/ndis/filter", "runtime/ndis/oid_direct.c")
WORD = re.compile(r"\b[A-Za-z_]\w*")

AREAS = (
    ("connection-oriented", re.compile(r"Ndis(M?C[om]|Cl)[A-Z]|\w+_C[OML]_")),
    ("virtual switch and routing domains", re.compile(r"\w*(SWITCH|Switch|ROUTING_DOMAIN)")),
)
MAIN, OLD = "NDIS 6, connectionless", "NDIS 5 and earlier"

# Kernel functions that no driver of a network stack is expected to call.
NO_NEED = (
    ("file systems", re.compile(
        r"Io.*(File|Oplock|Share|Shadow|Volume|Transaction|Paging|TopLevel)|Zw.*(Volume|Ea|Quota)File"
        r"|Io.*(Partition|Disk)|RtlIsNameLegal|Zw.*(Transact|Enlistment|ResourceManager)")),
    ("containers, sessions and processes", re.compile(
        r".*Silo|.*Container|Ps(GetProcess|GetThread|GetParent)|Zw.*(Process|Token|Thread)"
        r"|IoGetInitiator|IoGetCurrentProcess|IoIs32|Ke.*(Attach|Detach)Process")),
    ("firmware, boot, crash dumps and the debugger's own", re.compile(
        r".*(Firmware|BootDriver|Ksr|Crash|Triage|SoftBoot|BootDisk|MemoryDump)|Kd(?!Print)"
        r"|.*DriverReinit|ExInitializeDeviceAts")),
    ("buses, controllers and other devices' queues", re.compile(
        r"Io.*Controller|IoAllocateAdapterChannel|Ke.*DeviceQueue|IoGetConfigurationInf|IoStartIo"
        r"|IoSetStartIo|.*Iommu|KeRegisterBug|IoGetAffinityInterrupt|.*HardwareCounter")),
    ("the memory manager's own", re.compile(
        r"Mm.*(Secure|View|PhysicalMemory|Section|Paging|Reserved|Verif|MappingAddress|Paged?)"
        r"|Mm(Page|Protect|Query|Is|Probe|Unlock|Copy|AllocateNode)|ProbeFor|Ex.*(Secure|DestroyPool"
        r"|CreatePool)|Rtl.*NonVolatile|Ke.*KernelStack|KeInvalidate")),
    ("trees and tables", re.compile(
        r"Rtl.*(GenericTable|Splay)|RtlIs(Root|LeftChild|RightChild)|RtlDelete(NoSplay)?$")),
    ("security descriptors, versions and tracing", re.compile(
        r"Rtl.*(Dacl|Sacl|Security|Sid|Ace|Correlation|Persisted|StateSeparation|ServicePack|Verify"
        r"|NtDdi|Extended)|Io.*(ActivityId|HardError|Error)|.*Ipi|Ob.*DeferDelete")),
)


# ----------------------------------------------------------------- what there is

class Headers:
    """The driver headers as a compiler sees them, and what they lead to."""

    def __init__(self, library):
        self.exports = exported(library)
        text = preprocessed()
        self.macros = {name: body for name, body in re.findall(
            r"^#define (\w+)(?:\([^)]*\))?[ \t]*(.*)$", text, re.MULTILINE)}
        self.code = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
        self.declared = set(re.findall(
            r'visibility\s*\(\s*"default"\s*\)\s*\)\s*\)[^;{}()]*?\b(\w+)\s*\(', self.code))
        self.inlines = dict(self.definitions())
        self.known = {}

    def definitions(self):
        """(name, body) of each function that a header defines."""
        for match in re.finditer(r"\b(\w+)\s*\((?:[^;{}()]|\([^;{}()]*\))*\)\s*\{", self.code):
            depth, end = 1, match.end()
            while depth and end < len(self.code):
                depth += {"{": 1, "}": -1}.get(self.code[end], 0)
                end += 1
            yield match.group(1), self.code[match.end():end]

    def has(self, name):
        """A driver that uses NAME compiles and links."""
        if name not in self.known:
            self.known[name] = True  # while it is looked into: a macro may name itself
            self.known[name] = name in self.exports or self.leads_on(name)
        return self.known[name]

    def leads_on(self, name):
        body = self.inlines.get(name, self.macros.get(name))
        return body is not None and all(
            self.has(word) for word in sorted(set(WORD.findall(body)))
            if word in self.declared or word in self.inlines or word in self.macros)


def exported(library):
    run = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True,
                         check=False)
    if run.returncode:
        sys.exit(f"cannot read {library}; build it first: {run.stderr.strip()}")
    return {line.split()[-1].split("@")[0] for line in run.stdout.splitlines()}


def preprocessed():
    source = "".join(f"#include <{name}>\n" for name in HEADERS)
    folder = os.path.join(tree.ROOT, "runtime", "include", "ddk")
    command = [*os.environ.get("CC", "gcc").split(), "-E", "-dD", "-P", "-std=gnu11", "-I", folder,
               "-x", "c", "-"]
    run = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(f"the driver headers do not compile:\n{run.stderr}")
    return run.stdout


class Callbacks:
    """Function pointers of drivers, and whether the runtime calls them. Filters' members are
    called as others' are, so they are looked for where filters are."""

    def __init__(self, headers):
        self.headers = headers
        self.runtime, self.filters = ("\n".join(
            tree.read(path) for path in tree.files(".c", under="runtime/")
            if path.startswith(folder)) for folder in ("runtime/", FILTERS))

    def names_of(self, callback):
        """The type and the pointer types made from it."""
        found = re.findall(rf"typedef\s+{callback}\s*(?:\(\s*\*\s*(\w+)\s*\)|\*\s*(\w+))\s*;",
                           self.headers.code)
        return [callback] + [name for pair in found for name in pair if name]

    def has(self, callback):
        types = "|".join(self.names_of(callback))
        where = self.filters if callback.startswith("FILTER_") else self.runtime
        members = re.findall(rf"\b(?:{types})\s*\*?\s*(\w+)\s*;", self.headers.code)
        if OF_NDIS.match(callback):
            return any(re.search(rf"\.{member} = \w+,", where)
                       for member in members)
        if any(re.search(rf"\b{member}\(|=[^=;]*\b{member}\s*;", where)
               for member in members):
            return True
        takers = re.findall(rf"\b(\w+)\s*\([^;{{}}()]*\b(?:{types})\s*\*?\s*\w+\s*[,)]",
                            self.headers.code)
        return any(self.headers.has(name) for name in takers)


# ------------------------------------------------------------- what is documented

def table(path):
    """The rows of a .tsv as dictionaries, each name once."""
    lines = [line.split("\t") for line in tree.read(path).splitlines() if not line.startswith("#")]
    found = {}
    for line in lines[1:]:
        row = dict(zip(lines[0], line))
        row["name"] = row["name"].split("~")[0]
        found.setdefault(row["name"], row)
    return list(found.values())


def notes():
    """({name: how it differs}, {name: why it is not there})"""
    found = {"differs": {}, "absent": {}}
    for line in tree.read(DIFFERS).splitlines():
        match = re.match(r"(differs|absent) (\w+): (.+)", line)
        if match:
            found[match.group(1)][match.group(2)] = match.group(3)
        elif line.strip() and not line.startswith("#"):
            sys.exit(f"{DIFFERS}: not understood: {line}")
    return found["differs"], found["absent"]


def area_of(row):
    for area, pattern in AREAS:
        if pattern.match(row["name"]):
            return area
    return OLD if row["min_ndis"] == "" and row["header"] == "ndis" \
        and not row["name"].startswith("NDIS_") else MAIN


def is_callback(row):
    return row["kind"] == "callback" or re.match(r"(FILTER|MINIPORT)_SYNCHRONOUS", row["name"])


def state_of(row, there, noted, unused):
    """(state, remark) of one documented name; what NOTED says of it leaves UNUSED."""
    differs, absent = noted
    name = row["name"]
    unused.discard(name)
    if name in absent:
        return "absent", absent[name]
    if not there:
        if name in differs:
            sys.exit(f"{DIFFERS}: {name} is not there at all")
        return "absent", ""
    return ("differs", differs[name]) if name in differs else ("done", "")


# ----------------------------------------------------------------------- printing

def cell(text):
    return text.replace("|", "\\|").strip()


def irql(row):
    text = re.sub(r"\s*[(.]?[Ss]ee (the )?(Remarks|Comments)( section)?\.?\)?", "", row["irql"])
    text = re.sub(r"^IRQL\s*|_LEVEL|^=\s*", "", text)
    return cell(re.sub(r"^<=(?=\S)", "<= ", text))


def rows_of(rows, states, tested, column):
    yield f"| name | {column} | IRQL | state | in a test | remark |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for row in sorted(rows, key=lambda row: row["name"].lower()):
        state, remark = states[row["name"]]
        kind = row.get("min_ndis", row["header"])
        seen = "" if state == "absent" else "yes" if row["name"] in tested else "no"
        yield f"| {row['name']} | {cell(kind)} | {irql(row)} | {state} | {seen} | {cell(remark)} |"


def count(rows, states, *wanted):
    return sum(states[row["name"]][0] in wanted for row in rows)


def ndis_part(rows, states, tested):
    functions = [row for row in rows if not is_callback(row)]
    callbacks = [row for row in rows if is_callback(row)]
    areas = [MAIN] + [area for area, _ in AREAS] + [OLD]
    yield (f"{count(functions, states, 'done', 'differs')} of {len(functions)} documented NDIS "
           f"functions done, {count(functions, states, 'differs')} of them with a difference; "
           f"{count(callbacks, states, 'done', 'differs')} of {len(callbacks)} callbacks.")
    yield ""
    yield "| area | functions | done | callbacks | done |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for area in areas:
        some = [[row for row in part if area_of(row) == area] for part in (functions, callbacks)]
        yield f"| {area} | " + " | ".join(
            f"{len(part)} | {count(part, states, 'done', 'differs')}" for part in some) + " |"
    for area in areas:
        for title, part in (("functions", functions), ("callbacks", callbacks)):
            some = [row for row in part if area_of(row) == area]
            if some:
                yield f"\n## {area}: {title}\n"
                yield from rows_of(some, states, tested, "since")


def kernel_part(rows, states, tested):
    left = {}
    kept = []
    for row in rows:
        why = "file systems" if row["header"] == "ntifs" else next(
            (why for why, pattern in NO_NEED if pattern.match(row["name"])), None)
        if why is None or states[row["name"]][0] != "absent":
            kept.append(row)
        else:
            left[why] = left.get(why, 0) + 1
    yield "\n## Kernel functions\n"
    yield (f"{count(kept, states, 'done', 'differs')} of {len(kept)} that a driver of the stack may "
           f"call are done. Not in the table, of {len(rows)} documented ones: "
           + ", ".join(f"{number} for {why}" for why, number in sorted(left.items())) + ".")
    yield ""
    yield from rows_of(kept, states, tested, "header")


def quoted_ids(under, ids):
    """Those of IDS that C sources under UNDER have as strings: what the runtime reports, or
    what a test expects it to report."""
    text = "\n".join(tree.read(path) for path in tree.files(".c", under=under))
    return {rule for rule in ids if f'"{rule}"' in text}


def families_part(said):
    """One row for each family of rules; SAID as rules_part makes it."""
    parts = [set(said), {rule for rule, (state, _) in said.items() if state == "tested"},
             quoted_ids("runtime/", said), quoted_ids("tests/", said)]
    yield ""
    yield ("Broken: a driver of the tests breaks the rule on purpose, and the test fails unless "
           "that is reported.")
    yield ""
    yield "| family | rules | tested | reported | broken |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for family in dict.fromkeys(rule.rpartition("-")[0] for rule in said):
        yield f"| {family} | " + " | ".join(str(sum(
            rule.rpartition("-")[0] == family for rule in part)) for part in parts) + " |"


def rules_part():
    ids, tests = rules.known_ids(), rules.all_tests()
    lines = {}
    for line in tree.read(rules.RULES).splitlines():
        if line.strip() and not line.startswith("#"):
            rule, _, rest = line.partition(" ")
            lines[rule] = rest.strip()
    said = {}
    for rule in ids:
        text = lines.get(rule, "")
        by_name = sorted(test for test in tests if rule.replace("-", "_") in test)
        if text.startswith(rules.EXCUSE):
            said[rule] = ("not tested", text.removeprefix(rules.EXCUSE))
        elif text or by_name:
            suites = {test.split("/")[0] for test in (text.split() or by_name)}
            said[rule] = ("tested", ", ".join(sorted(suites)))
        else:
            said[rule] = ("not tested", "no test carries its id")
    tested = sum(state == "tested" for state, _ in said.values())
    yield "\n## Rules of the contract\n"
    yield f"{tested} of {len(said)} rules have tests that carry their id."
    yield from families_part(said)
    yield ""
    yield "| rule | state | where or why not |"
    yield "| --- | --- | --- |"
    for rule, (state, where) in said.items():
        yield f"| {rule} | {state} | {cell(where)} |"


def document(library):
    headers = Headers(library)
    callbacks = Callbacks(headers)
    noted = notes()
    unused = set(noted[0]) | set(noted[1])
    tested = set(WORD.findall("\n".join(
        tree.read(path) for path in tree.files(".c", ".h", under="tests/"))))
    ddi, kernel = table(DDI), table(KERNEL)
    states = {row["name"]: state_of(row, headers.has(row["name"]), noted, unused)
              for row in kernel}
    states.update((row["name"], state_of(
        row, (callbacks if is_callback(row) else headers).has(row["name"]), noted, unused))
        for row in ddi)
    if unused:
        sys.exit(f"{DIFFERS}: no such name: {', '.join(sorted(unused))}")
    yield "<!-- SPDX-License-Identifier: BSD-3-Clause -->"
    yield "<!-- Printed by tools/ndis_coverage.py; do not edit. -->"
    yield "# What of NDIS is there\n"
    yield from ndis_part(ddi, states, tested)
    yield from kernel_part(kernel, states, tested)
    yield from rules_part()


def main():
    arguments = [word for word in sys.argv[1:] if word != "--check"]
    if len(arguments) != 1:
        sys.exit("usage: tools/ndis_coverage.py [--check] LIBRARY")
    text = "\n".join(document(arguments[0])) + "\n"
    if "--check" not in sys.argv:
        sys.stdout.write(text)
        return
    path = os.path.join(tree.ROOT, DOCUMENT)
    there = tree.read(DOCUMENT) if os.path.exists(path) else ""
    changes = [line for line in difflib.unified_diff(there.splitlines(), text.splitlines(),
                                                     DOCUMENT, "now", lineterm="", n=0)]
    if changes:
        print("\n".join(changes[:40]))
        sys.exit(f"{DOCUMENT} is out of date: tools/ndis_coverage.py {arguments[0]} > {DOCUMENT}")


if __name__ == "__main__":
    main()
