#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tools/build-driver: a driver in another compiler's dialect is built from its sources
as they are and runs; what is wrong is one clear line and a documented exit status.
"""

import os
import re
import shutil
import subprocess
import tempfile

import pollport
import tap

BUILD = os.environ.get("POLLPORT_BUILD", os.path.join(pollport.ROOT, "build"))
TOOL = os.path.join(pollport.ROOT, "tools", "build-driver")
FOREIGN = os.path.join(pollport.ROOT, "tests", "drivers", "foreign")
SANITIZE = os.environ.get("POLLPORT_SANITIZE", "none")
FAILED, USAGE = 1, 2
DRIVER = """#include <ndis.h>
DRIVER_INITIALIZE DriverEntry;
%s
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	UNREFERENCED_PARAMETER(DriverObject);
	UNREFERENCED_PARAMETER(RegistryPath);
	%s
	return STATUS_SUCCESS;
}
"""


class Folder:
    """A scratch folder to build in."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="pollport-build-driver-")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def file(self, name, data):
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        return path

    def has(self, name):
        return os.path.exists(os.path.join(self.path, name))

    def run(self, *args, tool=TOOL, build=True):
        options = [f"--build={BUILD}"] if build else []
        return subprocess.run([tool, *options, *args], cwd=self.path, capture_output=True,
                              text=True, check=False)

    def builds(self, *args, **options):
        done = self.run(*args, **options)
        tap.equal(done.returncode, 0, f"exit status: {done.stdout}{done.stderr}")
        return done

    def refused(self, status, *words, args):
        """Ends with @status and in one line on stderr, which has all @words."""
        done = self.run(*args)
        tap.equal(done.returncode, status, f"exit status of {args}: {done.stdout}{done.stderr}")
        last = done.stderr.splitlines()[-1]
        for word in ("build-driver: ", *words):
            tap.true(word in last, f"no '{word}' in: {done.stderr}")
        if status == USAGE:
            tap.equal(done.stderr.count("\n"), 1, f"lines of: {done.stderr}")
        return done


def foreign_options():
    sanitize = [] if SANITIZE == "none" else [f"--sanitize={SANITIZE}"]
    return ["--ndis=6.30", "--kind=filter", "-Wall", *sanitize]


def runs(driver):
    result = pollport.run(["net_null0", "net_null1"],
                          ["--stats-period=0", "--num-packets=10000", f"--driver={driver}"])
    result.check_clean()
    tap.true("foreign: wide-12345678, src, inc" in result.text, result.show())


def test_a_driver_of_another_dialect_is_built_and_runs():
    with Folder() as folder:
        done = folder.builds("-v", *foreign_options(), "-o", "foreign.so",
                             os.path.join(FOREIGN, "src", "driver.c"))
        for line in (r"driver\.c:\d+: NDIS\.h is .*/ndis\.h",
                     r"driver\.c:\d+: \.\.\\Inc\\COMMON\.H is .*/inc/Common\.h",
                     r"Common\.h:\d+: SUB\\names\.h is .*/inc/sub/Names\.h",
                     r"driver\.c:\d+: Sub/Names\.H is .*/src/sub/names\.h",
                     r"driver\.c:\d+: driver\.tmh is an empty trace header",
                     r".* -fshort-wchar .*-DNDIS630=1"):
            tap.true(re.search(line, done.stdout), f"no line {line} in: {done.stdout}")
        runs(os.path.join(folder.path, "foreign.so"))


def test_line_ends_and_marks_of_the_other_system_are_no_matter():
    with Folder() as folder:
        for path, _, names in os.walk(FOREIGN):
            for name in names:
                with open(os.path.join(path, name), "rb") as file:
                    text = b"\xef\xbb\xbf" + file.read().replace(b"\n", b"\r\n")
                folder.file(os.path.relpath(os.path.join(path, name), FOREIGN), text)
        folder.builds(*foreign_options(), "src/driver.c")
        runs(os.path.join(folder.path, "driver.so"))


def test_headers_are_found_in_the_folders_that_are_named():
    with Folder() as folder:
        folder.file("Include/Net/Names.h", "#define NAME 3\n")
        folder.file("driver.c", '#include <NET\\names.H>\n#include <String.H>\n' +
                    DRIVER % ("C_ASSERT(NAME == 3);", "(void)strlen(\"\");"))
        folder.builds("-IInclude", "driver.c")


def test_messages_and_debuggers_see_the_original_file():
    with Folder() as folder:
        folder.file("sub/Wrong.h", "#pragma once\n\nint wrong = ;\n")
        folder.file("driver.c", '#include "SUB\\wrong.h"\n' + DRIVER % ("", ""))
        done = folder.refused(FAILED, "driver.c: does not compile", args=["driver.c"])
        tap.true("sub/Wrong.h:3:" in done.stderr, done.stderr)
        tap.true("pollport-driver-" not in done.stderr, f"the copy is named: {done.stderr}")
        folder.file("sub/Wrong.h", "#pragma once\n")
        folder.builds("driver.c")
        with open(os.path.join(folder.path, "driver.so"), "rb") as file:
            data = file.read()
        tap.true(os.path.join(folder.path, "driver.c").encode() in data, "no original is named")
        tap.true(b"pollport-driver-" not in data, "debug information names a copy")


def test_each_kind_of_driver_has_the_documented_defines():
    miniport = "NDIS_MINIPORT_MINOR_VERSION"
    protocol = "NDIS_PROTOCOL_MINOR_VERSION"
    cases = {"miniport": f"defined({protocol}) || {miniport} != 85 || NDIS685_MINIPORT != 1",
             "protocol": f"defined({miniport}) || {protocol} != 85 || NDIS685 != 1",
             "filter": f"defined({miniport}) || NDIS_FILTER_MINOR_VERSION != 85 || NDIS685 != 1",
             "intermediate": f"{miniport} != 85 || {protocol} != 85"}
    with Folder() as folder:
        for kind, wrong in cases.items():
            folder.file("driver.c", DRIVER % (f"#if {wrong}\n#error \"{kind}\"\n#endif", ""))
            folder.builds("--ndis", "685", "--kind", kind, "driver.c")
        folder.file("driver.c", DRIVER % ("#if ONE != 1 || defined(TWO) || DBG != 1\n#error\n#endif",
                                          ""))
        folder.builds("-DONE=1", "-D", "TWO", "-UTWO", "--debug", "driver.c")


def test_several_sources_are_one_driver():
    with Folder() as folder:
        folder.file("one.c", DRIVER % ("VOID Two(VOID);", "Two();"))
        folder.file("two.c", "#include <ndis.h>\nVOID Two(VOID);\nVOID Two(VOID) {}\n")
        os.rename(os.path.join(folder.path, "two.c"), os.path.join(folder.path, "TWO.C"))
        folder.builds("-o", "both.so", "one.c", "TWO.C")
        names = subprocess.run(["nm", "-D", "--defined-only", "both.so"], cwd=folder.path,
                               capture_output=True, text=True, check=True).stdout.split()
        tap.equal(names[2::3], ["DriverEntry"], "what the driver exports")


def test_each_function_that_pollport_lacks_is_named_in_one_line():
    with Folder() as folder:
        folder.file("driver.c", DRIVER % ("VOID NdisNoSuch(VOID);\nVOID KeNoSuch(VOID);",
                                          "NdisNoSuch();\n\tKeNoSuch();"))
        done = folder.refused(FAILED, "2 functions missing", args=["driver.c"])
        tap.equal(done.stderr.splitlines(),
                  ["build-driver: driver.c:10: KeNoSuch is not provided by Pollport",
                   "build-driver: driver.c:9: NdisNoSuch is not provided by Pollport",
                   "build-driver: driver.so is not made: 2 functions missing"], "stderr")
        tap.true(not folder.has("driver.so"), "driver.so was made all the same")


def test_a_function_that_no_header_declares_is_named():
    with Folder() as folder:
        folder.file("driver.c", DRIVER % ("", "NdisNoSuch();"))
        done = folder.refused(FAILED, "does not compile", args=["driver.c"])
        tap.true("NdisNoSuch is not declared by Pollport's headers" in done.stderr, done.stderr)


def test_what_is_no_driver_is_not_made():
    with Folder() as folder:
        folder.file("driver.c", "#include <ndis.h>\n")
        folder.refused(FAILED, "no DriverEntry", args=["driver.c"])
        tap.true(not folder.has("driver.so"), "driver.so was made all the same")


def test_sanitizers_are_passed_on():
    with Folder() as folder:
        folder.file("driver.c", DRIVER % ("", "*(volatile char *)DriverObject = 0;"))
        folder.builds("--sanitize=address,undefined", "driver.c")
        names = subprocess.run(["nm", "-D", "driver.so"], cwd=folder.path, capture_output=True,
                               text=True, check=True).stdout
        tap.true("__asan_report_store1" in names, f"not instrumented: {names}")


def test_wrong_options_are_one_line_and_status_2():
    with Folder() as folder:
        folder.file("driver.c", DRIVER % ("", ""))
        folder.file("driver.cpp", "")
        folder.file("wide.c", b"\xff\xfe#\0")
        for args, words in (
                ([], ["no source"]),
                (["--frobnicate", "driver.c"], ["--frobnicate", "--help"]),
                (["absent.c"], ["absent.c: no such file"]),
                (["driver.cpp"], ["driver.cpp: not a C source"]),
                (["wide.c"], ["wide.c: is UTF-16"]),
                (["driver.c", "-o"], ["-o needs a value"]),
                (["driver.c", "-o", "nowhere/a.so"], ["nowhere: no such folder"]),
                (["driver.c", "-Inowhere"], ["nowhere: no such folder"]),
                (["driver.c", "--ndis=5.1", "--kind=miniport"], ["--ndis=5.1", "630"]),
                (["driver.c", "--ndis=630"], ["--ndis and --kind belong together"]),
                (["driver.c", "--kind=filter"], ["--ndis and --kind belong together"]),
                (["driver.c", "--ndis=630", "--kind=storage"], ["--kind=storage", "filter"]),
                (["driver.c", "--sanitize=a;b"], ["--sanitize=a;b"]),
                (["driver.c", "--build=nowhere"], ["libpollport.so is not there", "--build"])):
            folder.refused(USAGE, *words, args=args)
        tap.true(not folder.has("driver.so"), "something was built")
        tap.true("--sanitize=LIST" in folder.builds("--help").stdout, "--help")


def test_an_absent_compiler_is_named():
    with Folder() as folder:
        folder.file("driver.c", DRIVER % ("", ""))
        done = subprocess.run([TOOL, f"--build={BUILD}", "driver.c"], cwd=folder.path,
                              env={**os.environ, "CC": "no-such-cc"}, capture_output=True,
                              text=True, check=False)
    tap.equal((done.returncode, done.stderr.count("\n")), (USAGE, 1), done.stderr)
    tap.true("no-such-cc" in done.stderr and "CC" in done.stderr, done.stderr)


def test_it_works_where_it_is_installed():
    with Folder() as folder:
        done = subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet",
                               "--destdir", folder.path], capture_output=True, text=True,
                              check=False)
        tap.equal(done.returncode, 0, done.stdout + done.stderr)
        found = [os.path.join(path, name) for path, _, names in os.walk(folder.path)
                 for name in names if name == "pollport-build-driver"]
        tap.equal(len(found), 1, "installed programs of that name")
        folder.builds("-v", *foreign_options(), "-o", "foreign.so",
                      os.path.join(FOREIGN, "src", "driver.c"), tool=found[0], build=False)
        runs(os.path.join(folder.path, "foreign.so"))


if __name__ == "__main__":
    tap.run(globals())
