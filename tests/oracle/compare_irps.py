#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
compare_irps: what an IRP consists of, in our wdm_irp.h and in the ddk/wdm.h of
Debian's mingw-w64: each member that we have is at the oracle's offset, sizes
are the same, and so are the constants of these headers.

    compare_irps.py [--self-test]

Members that only the oracle has are those of requests that no network driver
gets, and of kernel objects that are opaque.
"""
import sys

import allowed
import compare_constants
import compare_structures
import sides

STRUCTURES = ['DEVICE_OBJECT', 'DRIVER_OBJECT', 'FILE_OBJECT', 'IO_CSQ', 'IO_CSQ_IRP_CONTEXT',
              'IO_SECURITY_CONTEXT', 'IO_STACK_LOCATION', 'IO_STATUS_BLOCK', 'IRP',
              'KDEVICE_QUEUE', 'KDEVICE_QUEUE_ENTRY']
PREFIXES = ('CTL_', 'DO_', 'FILE_', 'FO_', 'IO_TYPE_', 'IRP_', 'METHOD_', 'SL_')
# The oracle's DEVICE_OBJECT is not aligned to 16 bytes.
EXPECTED = ['size DEVICE_OBJECT: the oracle leaves its alignment out']
KINDS = {'constant', 'offset', 'size', 'opaque'}


def compare(oracle, ours):
    """(names compared, differences)."""
    structures = {name: oracle.structures[name] for name in STRUCTURES}
    names = [name for name in STRUCTURES if name in ours.structures]
    lines, bad = compare_structures.layout(oracle, ours, names, {})
    differences = [('opaque', name, reason) for name, reason in bad.items()]
    differences += [('size', name, 'not in ours') for name in structures if name not in names]
    struct, last = '', ()
    for line in lines:
        word, name, first, second = line.split()
        if word == 'struct':
            struct = name
            if first != second:
                differences.append(('size', name, f'oracle {second}, ours {first}'))
        elif word == 'ours':
            last = (first, second)
        elif last != (first, second):
            differences.append(('offset', f'{struct}.{name}', f'oracle at {first} of {second}, '
                                f'ours at {last[0]} of {last[1]}'))
    compared, constants, _ = compare_constants.compare(oracle)
    differences += [one for one in constants if one[1].startswith(PREFIXES)]
    return len(names) + compared, differences


def self_test(oracle, ours):
    """Two members of the oracle's in each other's place must be found."""
    kind, name, body = oracle.structures['IO_STACK_LOCATION']
    swap = {'DeviceObject': 'Context', 'Context': 'DeviceObject'}
    oracle.structures['IO_STACK_LOCATION'] = (kind, name, [swap.get(t, t) for t in body])
    found = {(k, n) for k, n, _ in compare(oracle, ours)[1]}
    wanted = {('offset', 'IO_STACK_LOCATION.' + member) for member in swap}
    if not wanted <= found:
        sys.exit(f'self-test: swapped members not found, only {sorted(found)}')
    print('self-test: swapped members found')


def main():
    oracle = sides.oracle(['ddk/wdm.h'], ['-D_M_AMD64'])
    ours = sides.ours()
    if '--self-test' in sys.argv:
        self_test(oracle, ours)
        return 0
    compared, differences = compare(oracle, ours)
    accepted = allowed.Allowed(KINDS, EXPECTED)
    return 1 if accepted.report(compared, 'structures and constants', differences) else 0


if __name__ == '__main__':
    sys.exit(main())
