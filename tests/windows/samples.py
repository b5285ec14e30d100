#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Each sample driver twice from the same file: as a shared object whose functions
the runtime has, all of them, and as a driver image in which every import is of
ndis.sys or ntoskrnl.exe, so that no sample calls what Windows does not export.
"""

import glob
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

import target

sys.path[:0] = [os.path.join(target.ROOT, "tests", folder) for folder in ("integration", "oracle")]
import compare_functions  # noqa: E402
import tap  # noqa: E402

BUILD = os.environ.get("POLLPORT_BUILD", os.path.join(target.ROOT, "build"))
SAMPLES = sorted(glob.glob(os.path.join(target.ROOT, "miniport", "samples", "*.c")))
HOST = ["-std=gnu11", "-fPIC", "-shared", "-fshort-wchar", "-fms-extensions", "-w"]
ENTRY = """
#include <ndis.h>
DRIVER_INITIALIZE DriverEntry;
%s
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	UNREFERENCED_PARAMETER(DriverObject);
	UNREFERENCED_PARAMETER(RegistryPath);
	%s;
	return STATUS_SUCCESS;
}
"""


def targets():
    """{target: (sources, version defines)} of the shared modules made of samples."""
    with open(os.path.join(BUILD, "meson-info", "intro-targets.json"), encoding="utf-8") as file:
        made = [(entry["name"], part) for entry in json.load(file)
                if entry["type"] == "shared module"
                for part in entry["target_sources"] if part.get("language") == "c"]
    return {name: (part["sources"],
                   [word for word in part["parameters"] if word.startswith("-DNDIS")])
            for name, part in made if set(part["sources"]) & set(SAMPLES)}


def image(source_text, folder):
    """Complaints and imports of a driver of one file."""
    path = os.path.join(folder, "driver.c")
    with open(path, "w", encoding="ascii") as file:
        file.write(source_text)
    made = os.path.join(folder, "driver.sys")
    complaints = target.build([path], made, folder, ["-DNDIS630=1"])
    return complaints, {} if complaints else target.inspect(made)[1]


def strangers(imports):
    return [f"{name} of {library}" for library, names in imports.items()
            if library not in target.LIBRARIES for name in names]


def builds_for_the_runtime(sources, defines):
    with tempfile.TemporaryDirectory() as folder:
        done = target.run(*shlex.split(os.environ.get("CC", "cc")), *HOST, *defines,
                          "-I", target.DDK, "-o", os.path.join(folder, "sample.so"), *sources,
                          "-Wl,-z,defs", "-L", os.path.join(BUILD, "runtime"), "-lpollport")
    tap.equal(done.returncode, 0, done.stderr)


def is_an_image_for_windows(sources, defines):
    with tempfile.TemporaryDirectory() as folder:
        made = os.path.join(folder, "sample.sys")
        complaints = target.build(sources, made, folder, defines)
        tap.equal(target.missing(complaints), [], "functions that Windows does not export")
        tap.equal(complaints, "", "complaints")
        head, imports = target.inspect(made)
    tap.equal(strangers(imports), [], "imports of neither ndis.sys nor ntoskrnl.exe")
    tap.true(imports.get("ndis.sys"), "nothing is imported from ndis.sys")
    for word in ("pei-x86-64", "(NT native)", "DYNAMIC_BASE", "NX_COMPAT"):
        tap.true(word in head, f"no {word} in the image's header: {head}")
    tap.true("relocations stripped" not in head, "the image cannot be loaded anywhere else")


def add_tests(namespace):
    """Two tests for each sample that the build makes."""
    for name, (sources, defines) in sorted(targets().items()):
        for check in (builds_for_the_runtime, is_an_image_for_windows):
            def test(check=check, sources=tuple(sources), defines=tuple(defines)):
                check(sources, defines)
            test.__name__ = f"test_{name.replace('-', '_')}_{check.__name__}"
            namespace[test.__name__] = test


def test_the_readmes_driver_is_an_image_for_windows():
    is_an_image_for_windows([os.path.join(target.ROOT, "docs", "examples", "count.c")],
                            ["-DNDIS630=1", "-Wno-unused-parameter"])


def test_the_build_makes_each_sample():
    made = {source for sources, _ in targets().values() for source in sources}
    tap.true(SAMPLES, "no file in miniport/samples")
    tap.equal([os.path.basename(path) for path in SAMPLES if path not in made], [],
              "samples of no target in miniport/meson.build")


def test_what_windows_does_not_export_is_named():
    with tempfile.TemporaryDirectory() as folder:
        complaints, _ = image(ENTRY % ("NTSTATUS nrt_only_here(VOID);", "(void)nrt_only_here()"),
                              folder)
    tap.equal(target.missing(complaints), ["nrt_only_here"], "what the linker misses")


def test_an_import_from_another_library_is_named():
    with tempfile.TemporaryDirectory() as folder:
        complaints, imports = image(ENTRY % ("", "(void)KeQueryPerformanceCounter(NULL)"), folder)
    tap.equal(complaints, "", "complaints")
    tap.equal(strangers(imports), ["KeQueryPerformanceCounter of hal.dll"], "imports")


def test_names_that_debians_libraries_lack_are_imports_too():
    calls = "; ".join(("(void)ExAllocatePool2(POOL_FLAG_NON_PAGED, 1, 'x')",
                       "NdisRequestPoll((NDIS_POLL_HANDLE)DriverObject, NULL)"))
    with tempfile.TemporaryDirectory() as folder:
        complaints, imports = image(ENTRY % ("", calls), folder)
    tap.equal(complaints, "", "complaints")
    tap.equal(imports, {"ntoskrnl.exe": ["ExAllocatePool2"], "ndis.sys": ["NdisRequestPoll"]},
              "imports")


def test_what_windows_has_in_its_headers_is_no_import():
    calls = """
	WCHAR Text[8];
	UNICODE_STRING Counted = { 0, sizeof(Text), Text };
	LARGE_INTEGER Now;
	FAST_MUTEX Mutex;
	KSPIN_LOCK Lock;
	NPAGED_LOOKASIDE_LIST List;
	MDL Mdl = { 0 };

	KeQuerySystemTime(&Now);
	KeQueryTickCount(&Now);
	KeInitializeSpinLock(&Lock);
	ExInitializeFastMutex(&Mutex);
	ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 64, 'x', 0);
	ExFreeToNPagedLookasideList(&List, ExAllocateFromNPagedLookasideList(&List));
	WRITE_REGISTER_ULONG((PULONG)DriverObject, READ_PORT_ULONG((PULONG)DriverObject));
	ExFreePool(ExAllocatePoolZero(NonPagedPoolNx, 64, 'x'));
	RtlSecureZeroMemory(MmGetSystemAddressForMdlSafe(&Mdl, NormalPagePriority), 1);
	RtlUnicodeStringCopyString(&Counted, L"a");
	RtlUnicodeStringPrintf(&Counted, L"%s", L"a");
	return RtlStringCchPrintfW(Text, ARRAYSIZE(Text), L"%s", L"a") +
	       RtlStringCbPrintfA((PSTR)Text, sizeof(Text), "%s", "a") +
	       RtlStringCchCatW(Text, ARRAYSIZE(Text), L"b")"""
    with tempfile.TemporaryDirectory() as folder:
        complaints, imports = image(ENTRY % ("#include <ntstrsafe.h>", calls), folder)
    tap.equal(complaints, "", "complaints")
    tap.equal(imports, {"ntoskrnl.exe": [
        "ExAllocatePoolWithTag", "ExFreePool", "ExInitializeNPagedLookasideList",
        "ExQueryDepthSList", "ExpInterlockedPopEntrySList", "ExpInterlockedPushEntrySList",
        "KeInitializeEvent", "MmMapLockedPagesSpecifyCache", "_vsnprintf", "_vsnwprintf",
        "memmove", "memset"]}, "imports")


def test_the_documents_commands_make_an_image():
    with open(os.path.join(target.ROOT, "docs", "writing-drivers.md"), encoding="utf-8") as file:
        text = file.read().replace("\\\n", "")
    commands = re.findall(r"^x86_64-w64-mingw32-gcc .*$", text, re.MULTILINE)
    tap.equal(len(commands), 2, "commands in docs/writing-drivers.md")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("miniport", "runtime"):
            os.symlink(os.path.join(target.ROOT, name), os.path.join(folder, name))
        for command in commands:
            done = subprocess.run(["sh", "-ec", command], cwd=folder, capture_output=True,
                                  text=True, check=False)
            tap.equal((done.returncode, done.stderr), (0, ""), command)
        imports = target.inspect(os.path.join(folder, "passthru.sys"))[1]
    tap.equal(sorted(imports), sorted(target.LIBRARIES), "libraries")


def test_only_names_that_debians_libraries_lack_are_added():
    for name in ("ndis", "ntoskrnl"):
        library = target.run(target.tool("gcc"), f"-print-file-name=lib{name}.a").stdout.strip()
        there = compare_functions.imports(library)
        tap.true(len(there) > 500, f"only {len(there)} names in {library}")
        tap.equal([word for word in target.supplement(name) if word in there], [],
                  f"names of {name}.def that {library} has")


if __name__ == "__main__":
    target.require()
    add_tests(globals())
    tap.run(globals())
