# SPDX-License-Identifier: BSD-3-Clause
"""The Windows target: Debian's mingw-w64 compiler as a driver's compiler, with
our headers and none of its own, and its linker and import libraries as those of
a driver image (.sys). Used by the tests of this folder.
"""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DDK = os.path.join(ROOT, "runtime", "include", "ddk")
PREFIX = os.environ.get("MINGW_PREFIX", "x86_64-w64-mingw32-")
PACKAGES = "apt-get install gcc-mingw-w64-x86-64-win32 mingw-w64-x86-64-dev"
DIALECT = ["-std=gnu11", "-fms-extensions", "-fno-strict-aliasing", "-Wall", "-Wextra", "-Werror",
           "-Wno-unknown-pragmas", "-Wno-multichar"]
# The image that Windows loads: no start files, no C library, entered at DriverEntry.
IMAGE = ["-nostdlib", "-Wl,--subsystem,native", "-Wl,--entry,DriverEntry",
         "-Wl,--dynamicbase,--nxcompat,--no-insert-timestamp"]
# What a driver may import from. HAL.dll is linked only so that the test can name its imports.
LIBRARIES = ("ndis.sys", "ntoskrnl.exe")


def run(*command, source=None):
    return subprocess.run(command, input=source, capture_output=True, text=True, check=False)


def tool(name):
    return PREFIX + name


def require():
    """Ends the test program as skipped where the compiler is missing."""
    try:
        subprocess.run([tool("gcc"), "--version"], stdout=subprocess.DEVNULL, check=True)
    except OSError:
        print(f"1..0 # SKIP {tool('gcc')} is missing: {PACKAGES}")
        sys.exit(77)


def alone(folder):
    """Options for our headers and the compiler's own, of which <stdarg.h> and <stddef.h> want
    a next one: an empty one in @folder. Nothing of mingw-w64's include folder is seen."""
    for name in ("stdarg.h", "stddef.h"):
        with open(os.path.join(folder, name), "w", encoding="ascii"):
            pass
    own = run(tool("gcc"), "-print-file-name=include").stdout.strip()
    return ["-ffreestanding", "-nostdinc", "-isystem", own, "-isystem", folder, "-I", DDK]


def more_libraries(folder):
    """Import libraries of what the documents name and Debian's libraries lack."""
    made = []
    for name in ("ndis", "ntoskrnl"):
        path = os.path.join(folder, f"lib{name}-more.a")
        done = run(tool("dlltool"), "-d", os.path.join(HERE, f"{name}.def"), "-l", path)
        if done.returncode:
            raise AssertionError(f"dlltool: {done.stderr}")
        made.append(path)
    return made


def supplement(name):
    """The names in @name.def."""
    with open(os.path.join(HERE, f"{name}.def"), encoding="ascii") as file:
        return re.findall(r"^(\w+)", file.read().split("EXPORTS", 1)[1], re.MULTILINE)


def exports():
    """All names that an image may import: those of Debian's libraries and of the supplements."""
    names = set()
    for name in ("ndis", "ntoskrnl"):
        library = run(tool("gcc"), f"-print-file-name=lib{name}.a").stdout.strip()
        symbols = run(tool("nm"), library).stdout
        names |= set(re.findall(r" T (\w+)", symbols)) | set(supplement(name))
    return names


def build(sources, image, folder, options=()):
    """Compile and link @sources to @image. Returns what compiler or linker complain of."""
    objects = []
    for number, source in enumerate(sources):
        objects.append(os.path.join(folder, f"{number}.o"))
        done = run(tool("gcc"), "-O2", *DIALECT, *alone(folder), *options, "-c", source,
                   "-o", objects[-1])
        if done.returncode:
            return done.stderr
    done = run(tool("gcc"), *IMAGE, "-o", image, *objects, *more_libraries(folder),
               "-lndis", "-lntoskrnl", "-lhal", "-lgcc")
    return done.stderr


def missing(complaints):
    """Names that the linker did not find, without the prefix of an import's address."""
    return sorted({name.removeprefix("__imp_")
                   for name in re.findall(r"undefined reference to [`'](\w+)'", complaints)})


def inspect(image):
    """(headers and flags as text, {library in lower case: [imported names]})."""
    done = run(tool("objdump"), "-p", image)
    if done.returncode:
        raise AssertionError(done.stderr)
    head, _, tables = done.stdout.partition("The Import Tables")
    imports = {}
    for part in tables.split("DLL Name: ")[1:]:
        names = re.findall(r"^\t[0-9a-f]+\s+\d+\s+(\w+)", part, re.MULTILINE)
        imports[part.split()[0].lower()] = names
    return head, imports
