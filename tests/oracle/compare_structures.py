#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
compare_structures: for every structure or union that our driver headers and
Debian's mingw-w64 headers both have: the oracle's members exist in ours, at the
same offset (a bit-field: in the same bits), and the size is the same. So are
the NDIS_SIZEOF_..._REVISION_n macros.

    compare_structures.py [--self-test]

The oracle's definitions are renamed and compiled next to ours, with our basic
types under both. Members that only we have are fine as long as the others keep
their offsets; the size then differs and needs its reason in allowed.txt. There,
"opaque NAME" stands for all differences of a structure that drivers may not
look into.
"""
import re
import sys

import allowed
import cdecl
import sides

KINDS = {'member', 'offset', 'size', 'revision', 'opaque'}
PREFIX = 'Oracle_'
HELPERS = '''
#include <stdio.h>
#include <string.h>
static void bits(const char *side, const char *name, const unsigned char *p, size_t n)
{
	size_t first = 0, count = 0;
	for (size_t i = 0; i < 8 * n; i++)
		if (p[i / 8] >> (i % 8) & 1) {
			if (count++ == 0)
				first = i;
		}
	printf("%s %s %zu %zu\\n", side, name, first, count);
}
#define OFFSET(side, type, member) \\
	printf(side " " #member " %zu %zu\\n", offsetof(type, member), \\
	       sizeof(((type *)0)->member))
#define BITS(side, type, member) \\
	do { type v; memset(&v, 0, sizeof(v)); v.member = ~v.member; \\
	     bits(side, #member, (unsigned char *)&v, sizeof(v)); } while (0)
'''


class Renamer:
    """Emits the oracle's structures under names of their own, in order of need."""

    def __init__(self, oracle, ours):
        self.oracle, self.ours = oracle, ours
        self.done, self.lines = set(), []

    def emit(self, name):
        if name in self.done:
            return
        self.done.add(name)
        kind, _, body = self.oracle.structures[name]
        text = ' '.join(PREFIX + tok if i and body[i - 1] in ('struct', 'union', 'enum') and
                        body[i + 1] == '{' and tok != '{' else self._type(tok)
                        for i, tok in enumerate(body))
        self.lines.append(f'typedef {kind} {PREFIX}tag_{name} {{ {text} }} {PREFIX}{name};')

    def _type(self, tok):
        if tok in self.oracle.structures:
            self.emit(tok)
            return PREFIX + tok
        base = self.oracle.typedefs.get(tok)
        if base is None or tok in self.ours.typedefs or tok in self.ours.structures:
            return tok
        if base == 'pointer':
            return 'PVOID'
        if base in ('enum', 'function'):
            return 'int'
        return self._type(base)


def sizeof_macros(names):
    """{macro: (type, member)} of the NDIS_SIZEOF_ macros."""
    out = {}
    for name, bodies in names.macros.items():
        match = re.match(r'RTL_SIZEOF_THROUGH_FIELD\s*\(\s*(\w+)\s*,\s*([\w.]+)\s*\)', bodies[0])
        if match and name.startswith('NDIS_SIZEOF_'):
            out[name] = match.groups()
    return out


def program(oracle, ours, names, macros):
    """C source that prints both sides' layout of @names and @macros."""
    renamer = Renamer(oracle, ours)
    code = []
    for name in names:
        renamer.emit(name)
        mine = dict(cdecl.members(ours.structures[name][2]))
        code.append(f'printf("struct {name} %zu %zu\\n", sizeof({name}), '
                    f'sizeof({PREFIX}{name}));')
        for member, is_bits in cdecl.members(oracle.structures[name][2]):
            if member in mine and mine[member] == is_bits:
                macro = 'BITS' if is_bits else 'OFFSET'
                code.append(f'{macro}("ours", {name}, {member});')
                code.append(f'{macro}("oracle", {PREFIX}{name}, {member});')
    for macro, (kind, member) in macros.items():
        renamer.emit(kind)
        code.append(f'printf("macro {macro} %zu %zu\\n", (size_t){macro}, '
                    f'RTL_SIZEOF_THROUGH_FIELD({PREFIX}{kind}, {member}));')
    return (sides.source_of_ours() + HELPERS + '\n'.join(renamer.lines) +
            '\nint main(void)\n{\n\t' + '\n\t'.join(code) + '\n\treturn 0;\n}\n')


def layout(oracle, ours, names, macros):
    """Output lines of the programs, and the names whose definition does not compile."""
    out, errors = sides.run_c(program(oracle, ours, names, macros))
    if out is not None:
        return out.splitlines(), {}
    if len(names) + len(macros) == 1:
        reason = next((line for line in errors.splitlines() if ': error: ' in line), errors)
        return [], {(names or list(macros))[0]: reason.split('error: ')[-1]}
    names_half, items = len(names) // 2, list(macros.items())
    half = len(items) // 2 if not names else 0
    if names:
        parts = [(names[:names_half], {}), (names[names_half:], macros)]
        if names_half == 0:
            parts = [(names, {}), ([], macros)]
    else:
        parts = [([], dict(items[:half])), ([], dict(items[half:]))]
    lines, bad = [], {}
    for part_names, part_macros in parts:
        if part_names or part_macros:
            more, worse = layout(oracle, ours, part_names, part_macros)
            lines += more
            bad.update(worse)
    return lines, bad


def compare(oracle, ours):
    """(structures compared, macros compared, differences)."""
    names = sorted(set(oracle.structures) & set(ours.structures))
    macros = {m: where for m, where in sizeof_macros(oracle).items()
              if m in ours.macros and where[0] in oracle.structures}
    lines, bad = layout(oracle, ours, names, macros)
    differences = [('opaque', name, reason) for name, reason in bad.items()]
    for name in names:
        mine = dict(cdecl.members(ours.structures[name][2]))
        for member, is_bits in cdecl.members(oracle.structures[name][2]):
            if mine.get(member) != is_bits and name not in bad:
                differences.append(('member', f'{name}.{member}', 'not in ours'))
    struct, last = '', {}
    for line in lines:
        word, name, first, second = line.split()
        if word == 'struct':
            struct = name
        if word in ('struct', 'macro') and first != second:
            kind = 'size' if word == 'struct' else 'revision'
            differences.append((kind, name, f'oracle {second}, ours {first}'))
        elif word == 'ours':
            last = (first, second)
        elif word == 'oracle' and last != (first, second):
            differences.append(('offset', f'{struct}.{name}',
                                f'oracle at {first} of {second}, ours at {last[0]} of {last[1]}'))
    return len(names) - len(set(bad) & set(names)), len(macros), differences


def collapse(differences, reasons):
    """One 'opaque' difference for each structure whose layout is ours to choose."""
    out = []
    for kind, name, text in differences:
        whole = ('opaque', name.split('.')[0])
        if whole not in reasons:
            out.append((kind, name, text))
        elif (*whole, 'differs') not in out:
            out.append((*whole, 'differs'))
    return out


def self_test(oracle, ours):
    """Swap two members of the oracle's and add one: both must be found."""
    kind, name, body = oracle.structures['NDIS_LINK_STATE']
    before = set(compare(oracle, ours)[2])
    swap = {'XmitLinkSpeed': 'RcvLinkSpeed', 'RcvLinkSpeed': 'XmitLinkSpeed'}
    oracle.structures['NDIS_LINK_STATE'] = (kind, name, [swap.get(t, t) for t in body])
    found = {(k, n) for k, n, _ in set(compare(oracle, ours)[2]) - before}
    wanted = {('offset', 'NDIS_LINK_STATE.' + member) for member in swap}
    if not wanted <= found:
        sys.exit(f'self-test: swapped members not found, only {sorted(found)}')
    oracle.structures['NDIS_LINK_STATE'] = (kind, name, body + ['ULONG', 'Extra', ';'])
    found = {(k, n) for k, n, _ in set(compare(oracle, ours)[2]) - before}
    if not {('member', 'NDIS_LINK_STATE.Extra'), ('size', 'NDIS_LINK_STATE')} <= found:
        sys.exit(f'self-test: an added member was not found, only {sorted(found)}')
    print('self-test: swapped and added members found')


def main():
    oracle, ours = sides.oracle(), sides.ours()
    if '--self-test' in sys.argv:
        self_test(oracle, ours)
        return 0
    structures, macros, differences = compare(oracle, ours)
    noun = f'structures and {macros} revision sizes'
    accepted = allowed.Allowed(KINDS)
    differences = collapse(differences, accepted.reasons)
    return 1 if accepted.report(structures, noun, differences) else 0


if __name__ == '__main__':
    sys.exit(main())
