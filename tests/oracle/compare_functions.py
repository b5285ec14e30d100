#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
compare_functions: every Ndis function that ndis.h declares, and every Ndis
symbol that the runtime library exports, is an export of NDIS: one of those in
Debian's import library libndis.a (package mingw-w64-x86-64-dev), or one that
allowed.txt names with its reason (newer than that library, inline there).

    compare_functions.py [--self-test] [RUNTIME_LIBRARY]
"""
import re
import struct
import subprocess
import sys

import allowed
import sides

KINDS = {'function'}
DECLARED = re.compile(r'visibility\s*\(\s*"default"\s*\)\s*\)\s*\)[^;{}()]*?\b(Ndis\w+)\s*\(')


def imports(path):
    """Function names in the symbol table of an import library (an ar archive)."""
    with open(path, 'rb') as archive:
        data = archive.read()
    if data[:8] != b'!<arch>\n' or data[8:24].rstrip() != b'/':
        sys.exit(f'oracle: {path} is not an archive with a symbol table')
    size = int(data[56:66])
    table = data[68:68 + size]
    count = struct.unpack('>I', table[:4])[0]
    names = table[4 + 4 * count:].split(b'\0')[:count]
    return {name.decode() for name in names if not name.startswith(b'_')}


def declared():
    text = sides.preprocess(sides.source_of_ours(), ['-I', sides.DDK_DIR])
    return set(DECLARED.findall(text))


def exported(library):
    run = subprocess.run(['nm', '-D', '--defined-only', library], capture_output=True, text=True,
                         check=False)
    if run.returncode:
        sys.exit(f'oracle: cannot read {library}: {run.stderr}')
    return {line.split()[-1].split('@')[0] for line in run.stdout.splitlines()
            if line.split()[-1].startswith('Ndis')}


def compare(known, ours, library):
    return [('function', name, 'declared by ndis.h, not an export of NDIS')
            for name in sorted(ours - known)] + \
           [('function', name, 'exported by the runtime, not declared by ndis.h')
            for name in sorted(library - ours - known)]


def main():
    sides.require(sides.IMPORT_LIBRARY)
    known, ours = imports(sides.IMPORT_LIBRARY), declared()
    args = [arg for arg in sys.argv[1:] if not arg.startswith('-')]
    library = exported(args[0]) if args else set()
    if '--self-test' in sys.argv:
        found = compare(known, ours | {'NdisNoSuchFunction'}, library | {'NdisNoSuchExport'})
        names = {name for _, name, _ in found}
        if not {'NdisNoSuchFunction', 'NdisNoSuchExport'} <= names or 'NdisOidRequest' in names:
            sys.exit('self-test: the seeded names were not found')
        print('self-test: seeded names found')
        return 0
    noun = f'functions of {len(known)} NDIS exports'
    differences = compare(known, ours, library)
    return 1 if allowed.Allowed(KINDS).report(len(ours | library), noun, differences) else 0


if __name__ == '__main__':
    sys.exit(main())
