# SPDX-License-Identifier: BSD-3-Clause
"""
allowed: the reviewed differences of allowed.txt. Each line is "kind name:
reason". A difference without a line fails the comparison that finds it; a line
without its difference fails, too, so that the list cannot outlive its reasons.
"""
import os
import re

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'allowed.txt')


class Allowed:
    def __init__(self, kinds, lines=None):
        self.kinds = kinds
        self.reasons = {}
        self.used = set()
        self.errors = []
        if lines is None:
            with open(PATH, encoding='ascii') as text:
                lines = text.read().splitlines()
        for number, line in enumerate(lines, 1):
            if line.strip() and not line.startswith('#'):
                self._read(number, line)

    def _read(self, number, line):
        match = re.fullmatch(r'(\w+) ([\w.]+): (\S.*)', line)
        if not match:
            self.errors.append(f'allowed.txt:{number}: not of the form "kind name: reason"')
        elif match.group(1) in self.kinds:
            self.reasons[match.group(1), match.group(2)] = match.group(3)

    def report(self, compared, noun, differences, notes=()):
        """Print the outcome of one comparison; @differences is [(kind, name, text)]."""
        open_ones = []
        for kind, name, text in differences:
            if (kind, name) in self.reasons:
                self.used.add((kind, name))
            else:
                open_ones.append(f'{kind} {name}: {text}')
        for kind, name in sorted(set(self.reasons) - self.used):
            self.errors.append(f'allowed.txt: "{kind} {name}" is not a difference any more')
        for line in list(notes) + open_ones + self.errors:
            print(line)
        print(f'{compared} {noun} compared, {len(open_ones)} differ, {len(self.used)} allowed')
        return open_ones + self.errors
