#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Print a C table of every OID that the headers given as arguments define, each once."""

import re
import sys


def main():
    names = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as header:
            names += re.findall(r"^#define (OID_\w+) 0x[0-9A-Fa-f]+\s*$", header.read(), re.MULTILINE)
    print("/* Made by tests/contract/every_oid.py. */")
    for name in sorted(set(names)):
        print(f'{{ "{name}", {name} }},')


if __name__ == "__main__":
    main()
