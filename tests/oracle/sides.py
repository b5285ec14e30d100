# SPDX-License-Identifier: BSD-3-Clause
"""
sides: the two sets of headers that are compared: ours, compiled as a driver
sees them, and Debian's mingw-w64 ones (package mingw-w64-common), read as
preprocessed text because ddk/ndis.h as shipped does not compile. Nothing of
the oracle's text enters the project: it is read, compared and thrown away.
"""
import os
import re
import subprocess
import sys
import tempfile

import cdecl

ORACLE_DIR = '/usr/share/mingw-w64/include'
ORACLE_HEADERS = ['ifdef.h', 'ipifcons.h',
                  'ntddndis.h', 'netevent.h', 'ddk/netpnp.h', 'ddk/ndis.h', 'ntstatus.h']
IMPORT_LIBRARY = '/usr/x86_64-w64-mingw32/lib/libndis.a'
PACKAGES = 'install mingw-w64-common mingw-w64-x86-64-dev'
# The oracle knows NDIS 6.30 at most; ddk/ndis.h takes 6.20 and no newer.
ORACLE_DEFINES = ['-DNDIS_MINIPORT_DRIVER', '-DNDIS620_MINIPORT=1', '-DNDIS620=1', '-DUM_NDIS630',
                  '-DNDIS_SUPPORT_NDIS6=1', '-DNDIS_SUPPORT_NDIS61=1', '-DNDIS_SUPPORT_NDIS620=1',
                  '-DNDIS_SUPPORT_NDIS630=1', '-DNTDDI_VERSION=0x06030000',
                  '-D_WIN32_WINNT=0x0603', '-D_WIN64', '-D_AMD64_', '-DUMDF_USING_NTSTATUS']
HERE = os.path.dirname(os.path.abspath(__file__))
DDK_DIR = os.path.join(HERE, '..', '..', 'runtime', 'include', 'ddk')


def cc():
    return os.environ.get('CC', 'gcc').split()


def require(path):
    if not os.path.exists(path):
        sys.exit(f'oracle: {path} is missing: {PACKAGES}')


def preprocess(source, options):
    command = cc() + ['-E', '-dD', '-P', '-std=gnu11', *options, '-x', 'c', '-']
    run = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(f'oracle: cannot preprocess:\n{run.stderr}')
    return run.stdout


def oracle(more_headers=(), more_defines=()):
    """The oracle's names. Its other headers are replaced by empty ones."""
    headers = [*ORACLE_HEADERS, *more_headers]
    for header in headers:
        require(os.path.join(ORACLE_DIR, header))
    with tempfile.TemporaryDirectory() as shim:
        os.mkdir(os.path.join(shim, 'ddk'))
        for header in headers:
            original = os.path.join(ORACLE_DIR, header)
            os.symlink(original, os.path.join(shim, header))
            with open(original, encoding='latin-1') as text:
                for name in re.findall(r'#\s*include\s*[<"]([^>"]+)', text.read()):
                    replace_other(shim, name, headers)
        source = ''.join(f'#include <{header}>\n' for header in headers)
        return cdecl.Names(preprocess(source, ['-nostdinc', '-w', '-I', shim, *ORACLE_DEFINES,
                                               *more_defines]))


def replace_other(shim, name, headers):
    """An empty @name, but for the one macro that the oracle's headers call."""
    if name not in headers:
        with open(os.path.join(shim, name), 'w', encoding='ascii') as out:
            out.write('#define WINAPI_FAMILY_PARTITION(x) 1\n')


def ours(extra=''):
    """Our names; @extra is text added after the headers (the self-test's wrong values)."""
    return cdecl.Names(preprocess(source_of_ours() + extra, ['-I', DDK_DIR]))


def source_of_ours():
    return '#include <ndis.h>\n'


def run_c(source, options=()):
    """Compile @source with our headers, run it, return its output; exit with the errors."""
    with tempfile.TemporaryDirectory() as tmp:
        path = os.path.join(tmp, 'a.c')
        with open(path, 'w', encoding='ascii') as out:
            out.write(source)
        build = subprocess.run(cc() + ['-std=gnu11', '-w', '-fms-extensions', *options, '-I',
                                       DDK_DIR, '-o', os.path.join(tmp, 'a'), path],
                               capture_output=True, text=True, check=False)
        if build.returncode:
            return None, build.stderr
        run = subprocess.run([os.path.join(tmp, 'a')], capture_output=True, text=True, check=True)
        return run.stdout, ''
