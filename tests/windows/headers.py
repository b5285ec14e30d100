#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The driver headers as the Windows target's compiler sees them: each compiles
alone, functions are imports, and a structure is as large as on the host and as
Windows has it.
"""

import os
import re
import sys
import tempfile

import target

sys.path[:0] = [os.path.join(target.ROOT, "tests", folder) for folder in ("integration", "oracle")]
import cdecl  # noqa: E402
import tap  # noqa: E402

HOST = ["-fshort-wchar", "-fms-extensions", "-std=gnu11", "-w", "-I", target.DDK]
WINDOWS = ["-fms-extensions", "-std=gnu11", "-w", "-I", target.DDK]
# Opaque, and another layout on the host.
DIFFER = {"GENERAL_LOOKASIDE": "on Windows headers allocate from it, so it is Windows' own",
          "IO_REMOVE_LOCK": "its size tells Windows' kernel which members there are"}
UMBRELLAS = ("ndis.h", "ntstrsafe.h", "ntintsafe.h", "netioapi.h", "wdmsec.h")
# Smaller than mingw-w64 has it.
SMALLER = {"SCATTER_GATHER_LIST": "mingw-w64 counts one element; its page has none"}


def headers():
    found = []
    for folder, _, names in os.walk(target.DDK):
        found += [os.path.relpath(os.path.join(folder, name), target.DDK) for name in names]
    return sorted(name for name in found if name.endswith(".h"))


def numbers(compiler, options, include, expressions):
    """The value of each constant @expressions, as @compiler's assembly has it."""
    source = include + "".join(f"const unsigned long long value_{i} = {expression};\n"
                               for i, expression in enumerate(expressions))
    done = target.run(compiler, *options, "-S", "-o", "-", "-x", "c", "-", source=source)
    tap.equal(done.returncode, 0, f"{compiler}: {done.stderr[:2000]}")
    # Zero may be in .bss: .zero on the host, .space there.
    return [int(value) if kind == ".quad" else 0 for kind, value in
            re.findall(r"^value_\d+:\s+(\.quad|\.zero|\.space)\s+(\d+)", done.stdout, re.MULTILINE)]


def structures(compiler, options, header):
    """{structure: (kind, name, body)} of @header as @compiler sees it."""
    done = target.run(compiler, "-E", "-dD", "-P", *options, "-x", "c", "-",
                      source=f"#include <{header}>\n")
    tap.equal(done.returncode, 0, done.stderr)
    return cdecl.Names(done.stdout).structures


def ours():
    """The structures of our headers, without the host's C library."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "string.h"), "w", encoding="ascii"):
            pass
        own = target.run("gcc", "-print-file-name=include").stdout.strip()
        found = structures("gcc", ["-ffreestanding", "-nostdinc", "-isystem", own,
                                   "-isystem", folder, *HOST], "ndis.h")
    return {name: value for name, value in found.items() if not name.endswith("__")}


def test_each_header_compiles_alone_without_mingws_own():
    checked = headers()
    tap.true(len(checked) > 60, f"only {len(checked)} headers found")
    complaints = []
    with tempfile.TemporaryDirectory() as folder:
        for options in (target.alone(folder), ["-I", target.DDK]):
            for name in checked:
                done = target.run(target.tool("gcc"), *target.DIALECT, "-Wconversion",
                                  "-Wmissing-prototypes", *options, "-fsyntax-only", "-x", "c", "-",
                                  source=f"#include <{name}>\n" * 2)
                if done.returncode:
                    complaints.append(f"{name}: {done.stderr[:400]}")
    tap.true(not complaints, "\n".join(complaints))


def test_what_the_runtime_exports_is_imported():
    with tempfile.TemporaryDirectory() as folder:
        done = target.run(
            target.tool("gcc"), *target.DIALECT, *target.alone(folder), "-O2", "-S", "-o", "-",
            "-x", "c", "-", source="#include <ndis.h>\nKIRQL f(VOID);\n"
            "KIRQL f(VOID) { return KeGetCurrentIrql(); }\n")
    tap.equal(done.returncode, 0, done.stderr)
    tap.true("__imp_KeGetCurrentIrql" in done.stdout, done.stdout)


def test_what_the_headers_have_in_place_leads_to_exports_of_windows():
    """All inline functions are made real ones, and what their object file misses is looked up."""
    source = "".join(f"#include <{name}>\n" for name in UMBRELLAS)
    text = target.run(target.tool("gcc"), "-E", "-P", *WINDOWS, "-x", "c", "-", source=source)
    tap.equal(text.returncode, 0, text.stderr)
    real, count = re.subn(r"^(extern |static )*inline(\s+__attribute__\s*\(\(.*?\)\))?", "",
                          text.stdout, flags=re.MULTILINE)
    tap.true(count > 150, f"only {count} inline functions found")
    tap.equal(re.findall(r"dllimport[^;{}]*?\b(nrt_\w+)\s*\(", real), [], "imports of ours")
    with tempfile.TemporaryDirectory() as folder:
        made = os.path.join(folder, "all.o")
        done = target.run(target.tool("gcc"), *WINDOWS, "-c", "-x", "c",
                          "-", "-o", made, source=real)
        tap.equal(done.returncode, 0, done.stderr)
        names = target.run(target.tool("nm"), made).stdout
    missed = {name.removeprefix("__imp_") for name in re.findall(r" U (\w+)", names)}
    tap.true({"ExAllocatePoolWithTag", "memset", "_vsnwprintf"} <= missed, f"missed: {missed}")
    tap.equal(sorted(missed - target.exports()), [], "names that Windows does not export")


def test_a_structure_has_one_layout_on_both_targets():
    found = ours()
    tap.true(len(found) > 200, f"only {len(found)} structures found")
    asked = [(name, f"sizeof({name})") for name in found]
    asked += [(name, f"__builtin_offsetof({name}, {member})")
              for name, (_, _, body) in found.items()
              for member, is_bits in cdecl.members(body)
              if not is_bits and member != "__attribute__"]
    asked = [(name, text) for name, text in asked if name not in DIFFER]
    sources = [text for _, text in asked]
    host = numbers("gcc", HOST, "#include <ndis.h>\n", sources)
    there = numbers(target.tool("gcc"), WINDOWS, "#include <ndis.h>\n", sources)
    tap.equal(len(host), len(sources), "values on the host")
    tap.equal([(text, a, b) for text, a, b in zip(sources, host, there) if a != b], [],
              "layouts that differ")


def test_what_a_driver_holds_for_the_kernel_is_large_enough():
    kernel = structures(target.tool("gcc"), ["-w"], "ddk/wdm.h")
    names = sorted(set(ours()) & set(kernel) - set(SMALLER))
    tap.true(len(names) > 50, f"only {len(names)} structures in both")
    sizes = [f"sizeof({name})" for name in names]
    there = numbers(target.tool("gcc"), ["-w"], "#include <ddk/wdm.h>\n", sizes)
    mine = numbers(target.tool("gcc"), WINDOWS, "#include <ndis.h>\n", sizes)
    tap.equal([(name, a, b) for name, a, b in zip(names, there, mine) if b < a], [],
              "structures that Windows' kernel writes behind the end of")


if __name__ == "__main__":
    target.require()
    tap.run(globals())
