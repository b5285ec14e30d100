#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
compare_constants: every constant (macro or enumerator) that our driver headers
and Debian's mingw-w64 headers both have must have the same value in both.

    compare_constants.py [--verbose] [--self-test]

--verbose also lists the names whose oracle value is no integer constant, and
the ones that only the oracle has. --self-test seeds wrong values and expects
each to be found. Exit status 0 when nothing differs without a reason.
"""
import re
import sys

import allowed
import cdecl
import sides

KINDS = {'constant'}
MASK = (1 << 64) - 1


def oracle_values(oracle, names):
    """{name: [values]} of those that are integer constants, and the other names."""
    values, opaque = {}, []
    for name in names:
        try:
            values[name] = oracle.values(name)
        except cdecl.NotConstant:
            opaque.append(name)
    return values, opaque


def our_values(names, seed):
    """{name: value}, computed by the compiler; a name that is no integer is left out."""
    names = sorted(names)
    head = sides.source_of_ours() + seed + '#include <stdio.h>\n'
    while True:
        first = head.count('\n') + 2
        body = ''.join(f'\tprintf("{name} %lld\\n", (long long)({name}));\n' for name in names)
        out, errors = sides.run_c(f'{head}int main(void) {{\n{body}\treturn 0;\n}}\n')
        if out is not None:
            return dict((line.split()[0], int(line.split()[1])) for line in out.splitlines())
        bad = {int(n) - first for n in re.findall(r'\.c:(\d+):\d+: error', errors)}
        bad = {n for n in bad if 0 <= n < len(names)}
        if not bad:
            sys.exit(f'oracle: the generated program does not compile:\n{errors}')
        names = [name for i, name in enumerate(names) if i not in bad]


def public(names):
    """All constants but those of the compiler and the C library."""
    return {name for name in (*names.macros, *names.enumerators) if not name.startswith('_')}


def same(ours, theirs):
    """Equal as written, or as 32-bit numbers where one side is signed."""
    return ours & MASK == theirs & MASK or \
        -(1 << 31) <= min(ours, theirs) < 0 and (ours - theirs) % (1 << 32) == 0


def compare(oracle, seed=''):
    """(names compared, differences, names whose oracle value is not an integer)."""
    ours = sides.ours(seed)
    common = public(ours) & public(oracle)
    theirs, opaque = oracle_values(oracle, sorted(common))
    mine = our_values(theirs, seed)
    differences = []
    for name, values in sorted(theirs.items()):
        shown = ' or '.join(hex(v) for v in values)
        if name not in mine:
            differences.append(('constant', name, f'oracle {shown}, ours is no integer'))
        elif not any(same(mine[name], value) for value in values):
            differences.append(('constant', name, f'oracle {shown}, ours {hex(mine[name])}'))
    return len(theirs), differences, opaque


def self_test(oracle):
    """Wrong values that must be found, and nothing else."""
    seeds = {
        'OID_GEN_LINK_STATE': '#undef OID_GEN_LINK_STATE\n#define OID_GEN_LINK_STATE 0x10208\n',
        'NDIS_STATUS_PAUSED': '#undef NDIS_STATUS_PAUSED\n'
                              '#define NDIS_STATUS_PAUSED ((NDIS_STATUS)0xC023002B)\n',
        'NdisMedium802_5': '#define NdisMedium802_5 NdisMediumFddi\n',
        'NDIS_PACKET_TYPE_BROADCAST': '#undef NDIS_PACKET_TYPE_BROADCAST\n'
                                      '#define NDIS_PACKET_TYPE_BROADCAST "broadcast"\n',
    }
    before = {name for _, name, _ in compare(oracle)[1]}
    for name, seed in seeds.items():
        found = {n for _, n, _ in compare(oracle, seed)[1]} - before
        if found != {name}:
            sys.exit(f'self-test: seeded {name}, found {sorted(found)}')
    stale = allowed.Allowed(KINDS, ['constant OID_GEN_LINK_STATE: no reason'])
    if not stale.report(0, 'constants', []):
        sys.exit('self-test: an unused allowance was not reported')
    print(f'self-test: {len(seeds)} seeded values found')


def main():
    oracle = sides.oracle()
    if '--self-test' in sys.argv:
        self_test(oracle)
        return 0
    compared, differences, opaque = compare(oracle)
    notes = []
    if '--verbose' in sys.argv:
        notes += [f'not an integer in the oracle: {name}' for name in opaque]
        notes += [f'only in the oracle: {name}' for name in
                  sorted(public(oracle) - public(sides.ours()))]
    return 1 if allowed.Allowed(KINDS).report(compared, 'constants', differences, notes) else 0


if __name__ == '__main__':
    sys.exit(main())
