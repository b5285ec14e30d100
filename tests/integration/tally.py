#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tools/tally.py on what sanitizers leave: a leak of a process that ended well, and a report
that was cut short, each fail the run.
"""

import json
import os
import subprocess
import tempfile

import pollport
import tap

TALLY = os.path.join(pollport.ROOT, "tools", "tally.py")
LEAK = "#include <stdlib.h>\nint main(void) { return calloc(1, 77) == NULL; }\n"


def leave_leak(folder):
    """The report of a program that leaks 77 bytes, as tools/test.sh has it written."""
    program = os.path.join(folder, "leaky")
    subprocess.run(["cc", "-fsanitize=address", "-x", "c", "-", "-o", program], input=LEAK,
                   text=True, check=True)
    subprocess.run([program], check=False, env={
        **os.environ,
        "ASAN_OPTIONS": f"detect_leaks=1:log_path={folder}/sanitizer:log_exe_name=1"})


def leave_beginning(folder):
    with open(os.path.join(folder, "sanitizer.broken.1"), "w", encoding="utf-8") as file:
        file.write("==1==ERROR: AddressSanitizer: heap-use-after-free on")


def tally(*leave):
    """(status, what it printed) of a run in which all tests passed."""
    with tempfile.TemporaryDirectory(prefix="pollport-tally-") as folder:
        log = os.path.join(folder, "testlog.json")
        with open(log, "w", encoding="utf-8") as file:
            json.dump({"name": "unit / good", "result": "OK", "stdout": "1..1\nok 1 - it\n"}, file)
        for one in leave:
            one(folder)
        run = subprocess.run([TALLY, log, "--reports", f"{folder}/sanitizer.*"],
                             capture_output=True, text=True, check=False)
        return run.returncode, run.stdout


def test_without_a_report_what_passed_has_passed():
    tap.equal(tally(), (0, "1 passed, 0 failed\n"), "status, output")


def test_a_leak_fails_though_its_process_was_not_looked_at():
    status, said = tally(leave_leak)
    tap.equal((status, said.splitlines()[-1]), (1, "1 passed, 1 failed"), said)
    tap.true("FAILED   leaky: " in said and "77 byte(s) leaked" in said, said)


def test_a_report_that_breaks_off_fails():
    status, said = tally(leave_beginning)
    tap.equal((status, said.splitlines()[-1]), (1, "1 passed, 1 failed"), said)
    tap.true("FAILED   broken: " in said and "heap-use-after-free" in said, said)


tap.run(globals())
