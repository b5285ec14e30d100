# SPDX-License-Identifier: BSD-3-Clause
"""The smallest test runner that writes TAP: every function whose name starts
with test_ is one test, its name the sentence that it proves. It fails by an
exception, and skips by raising Skip with the reason.
"""

import sys
import traceback


class Skip(Exception):
    """This test cannot run here; the text says why."""


def run(namespace):
    """Run all tests of a module's globals() in the order they are written."""
    tests = [value for name, value in namespace.items()
             if name.startswith("test_") and callable(value)]
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, test in enumerate(tests, 1):
        name = test.__name__.removeprefix("test_").replace("_", " ")
        try:
            test()
            print(f"ok {number} - {name}", flush=True)
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}", flush=True)
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - {name}")
            said = str(error) if isinstance(error, AssertionError) else traceback.format_exc()
            for line in said.splitlines():
                print(f"# {line}")
            sys.stdout.flush()
    sys.exit(1 if failed else 0)


def equal(got, want, what):
    if got != want:
        raise AssertionError(f"{what}: got {got!r}, want {want!r}")


def true(condition, what):
    if not condition:
        raise AssertionError(what)
