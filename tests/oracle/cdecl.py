# SPDX-License-Identifier: BSD-3-Clause
"""
cdecl: a reader of preprocessed C headers, just enough for comparing two sets
of them: object-like macros, enumerators with their values, and structures
with the text and the names of their members. Used on our headers and on the
oracle's alike, by the compare_*.py scripts.
"""
import re

TOKEN = re.compile(
    r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[A-Za-z_]\w*|0[xX][0-9A-Fa-f]+\w*|\d\w*|<<|>>|'
    r'&&|\|\||[<>=!]=|->|\.\.\.|\S')
NOISE = {'__extension__', '__MINGW_EXTENSION', 'const', 'volatile', 'UNALIGNED', '__unaligned',
         'FAR', 'CONST', '__C89_NAMELESS'}
UNNAMED = {'DUMMYSTRUCTNAME', 'DUMMYUNIONNAME', 'DUMMYUNIONNAME2', '_ANONYMOUS_UNION',
           '_ANONYMOUS_STRUCT'}
SUFFIX = re.compile(r'[uUlL]+$|[uU]?[iI]64$')
CASTS = {'NDIS_STATUS': -32, 'NTSTATUS': -32, 'LONG': -32, 'INT': -32, 'int': -32,
         'ULONG': 32, 'UINT': 32, 'DWORD': 32, 'USHORT': 16, 'UCHAR': 8, 'ULONG64': 64,
         'UINT32': 32, 'NDIS_PORT_NUMBER': 32, 'ULONGLONG': 64, 'NDIS_OID': 32}


class NotConstant(Exception):
    """The expression is not an integer constant that the reader understands."""


def tokens(text):
    return TOKEN.findall(text)


def split(preprocessed):
    """Macro definitions {name: [bodies]} and the remaining text of `gcc -E -dD` output."""
    macros, rest = {}, []
    for line in preprocessed.splitlines():
        if line.startswith('#define '):
            match = re.match(r'#define (\w+)(\(?)\s*(.*)', line)
            if match and not match.group(2) or match and line[8 + len(match.group(1))] != '(':
                body = (match.group(2) + match.group(3)).strip()
                bodies = macros.setdefault(match.group(1), [])
                if body not in bodies:
                    bodies.append(body)
        elif not line.startswith('#'):
            rest.append(line)
    return macros, '\n'.join(rest)


def closing(toks, start):
    """Index of the bracket that closes the one at @start."""
    pairs = {'{': '}', '(': ')', '[': ']'}
    depth = 0
    for i in range(start, len(toks)):
        if toks[i] in pairs:
            depth += 1
        elif toks[i] in pairs.values():
            depth -= 1
            if depth == 0:
                return i
    raise ValueError('unbalanced brackets')


class Names:
    """What one side declares: macros, enumerators, structures, type names."""

    def __init__(self, preprocessed):
        self.macros, text = split(preprocessed)
        toks = [t for t in tokens(text) if t not in NOISE]
        self.enumerators = {}
        self.structures = {}
        self.typedefs = {}
        i = 0
        while i < len(toks):
            if toks[i] == 'typedef':
                i = self._typedef(toks, i)
            elif toks[i] in ('struct', 'union', 'enum') and toks[i + 1] != '{' and \
                    i + 2 < len(toks) and toks[i + 2] == '{':
                end = closing(toks, i + 2)
                self._body(toks[i], toks[i + 1], toks[i + 3:end], None)
                i = end + 1
            elif toks[i] == '{' and not self._linkage(toks, i):
                i = closing(toks, i) + 1
            else:
                i += 1

    @staticmethod
    def _linkage(toks, i):
        return i >= 2 and toks[i - 1] == '"C"' and toks[i - 2] == 'extern'

    def _typedef(self, toks, i):
        end = i + 1
        while toks[end] != ';':
            end = closing(toks, end) + 1 if toks[end] in '{([' else end + 1
        decl = toks[i + 1:end]
        while decl[0] in ('DECLSPEC_ALIGN', '__attribute__'):
            decl = decl[closing(decl, 1) + 1:]
        if decl[0] in ('struct', 'union', 'enum') and '{' in decl:
            brace = decl.index('{')
            stop = closing(decl, brace)
            tag = next((t for t in decl[1:brace] if re.match(r'[A-Za-z_]', t) and
                        t not in ('DECLSPEC_ALIGN', '__attribute__', 'aligned')), None)
            names = []
            for part in ' '.join(decl[stop + 1:]).split(','):
                words = part.split()
                if words:
                    self.typedefs[words[-1]] = 'pointer' if '*' in words else decl[0]
                    if '*' not in words:
                        names.append(words[-1])
            self._body(decl[0], tag, decl[brace + 1:stop], names[0] if names else None)
        else:
            self._alias(decl)
        return end + 1

    def _alias(self, decl):
        """A typedef without a body: of a function, of a pointer, or of another name."""
        if '(' in decl:
            first = decl.index('(')
            inner = [t for t in decl[first:closing(decl, first)] if re.match(r'[A-Za-z_]', t)]
            if inner:
                self.typedefs[inner[-1]] = 'pointer' if '*' in decl[first:] else 'function'
            return
        base = decl[1] if decl[0] in ('struct', 'union', 'enum') else decl[0]
        for part in ' '.join(decl).split(','):
            names = re.findall(r'[A-Za-z_]\w*', part)
            if names:
                self.typedefs[names[-1]] = 'pointer' if '*' in part else base

    def _body(self, kind, tag, body, name):
        if kind == 'enum':
            self._enum(body)
        else:
            self.structures[name or (tag or '').lstrip('_')] = (kind, name or f'{kind} {tag}', body)

    def _enum(self, body):
        value = -1  # None from an expression that cannot be evaluated to the next that can
        item = []
        for tok in body + [',']:
            if tok != ',':
                item.append(tok)
                continue
            if len(item) > 1:
                try:
                    value = self.evaluate(' '.join(item[2:]))
                except NotConstant:
                    value = None
            elif item and value is not None:
                value += 1
            if item:
                self.enumerators[item[0]] = value
            item = []

    def values(self, name):
        """Every value this side gives @name; its own headers may disagree."""
        if name in self.enumerators:
            if self.enumerators[name] is None:
                raise NotConstant(name)
            return [self.enumerators[name]]
        out = []
        for body in self.macros[name]:
            value = self.evaluate(body)
            if value not in out:
                out.append(value)
        return out

    def evaluate(self, text, depth=0):
        """An integer constant expression of macros and enumerators, or NotConstant."""
        if depth > 20:
            raise NotConstant(text)
        toks, out = tokens(text), []
        i = 0
        while i < len(toks):
            tok = toks[i]
            if tok == '(' and i + 2 < len(toks) and toks[i + 2] == ')' and toks[i + 1] in CASTS:
                start = i + 3
                if start < len(toks) and toks[start] == '(':
                    stop = closing(toks, start) + 1
                elif start < len(toks) and toks[start] in '-~':
                    stop = start + 2
                else:
                    stop = start + 1
                inner = self.evaluate(' '.join(toks[start:stop]), depth + 1)
                out.append(str(cast(inner, CASTS[toks[i + 1]])))
                i = stop
                continue
            if tok == '__MSABI_LONG':  # the oracle's spelling of a 32-bit long
                i += 1
                continue
            if re.match(r'[A-Za-z_]', tok):
                out.append(f'({self._lookup(tok, depth)})')
            elif re.match(r'\d', tok):
                out.append(number(tok))
            elif re.match(r'[-+*/%&|^~()]|<<|>>$', tok):
                out.append('//' if tok == '/' else tok)
            else:
                raise NotConstant(text)
            i += 1
        if not out:
            raise NotConstant(text)
        try:
            return int(eval(' '.join(out), {'__builtins__': {}}))  # digits and operators only
        except (SyntaxError, TypeError, ZeroDivisionError) as err:
            raise NotConstant(text) from err

    def _lookup(self, name, depth):
        if self.enumerators.get(name) is not None:
            return self.enumerators[name]
        if name in self.macros:
            return self.evaluate(self.macros[name][0], depth + 1)
        raise NotConstant(name)


def members(body, path=''):
    """
    The members of a structure body as (path, is a bit-field), in order. Those
    of unnamed inner structures appear as the outer one's own.
    """
    out, i = [], 0
    while i < len(body):
        end = i
        while body[end] != ';':
            end = closing(body, end) + 1 if body[end] in '{([' else end + 1
        decl = body[i:end]
        i = end + 1
        if '{' in decl:
            brace = decl.index('{')
            stop = closing(decl, brace)
            names = [t for t in decl[stop + 1:] if re.match(r'[A-Za-z_]', t) and
                     t not in UNNAMED]
            if names:
                out.append((path + names[0], False))
            out += members(decl[brace + 1:stop], path + names[0] + '.' if names else path)
        else:
            out += [(path + name, bits) for name, bits in declarators(decl)]
    return out


def declarators(decl):
    """Names declared by one member declaration without a body."""
    if '(' in decl and '*' in decl and decl.index('(') + 1 == decl.index('*'):
        return [(decl[decl.index('*') + 1], False)]
    out = []
    flat, i = [], 0
    while i < len(decl):  # drop array bounds and attributes
        if decl[i] in '([':
            i = closing(decl, i) + 1
        else:
            flat.append(decl[i])
            i += 1
    for part in ' '.join(flat).split(','):
        bits = ':' in part
        names = re.findall(r'[A-Za-z_]\w*', part.split(':')[0])
        if names:
            out.append((names[-1], bits))
    return out


def number(tok):
    digits = SUFFIX.sub('', tok)
    if re.fullmatch(r'0[0-7]+', digits):
        return str(int(digits, 8))
    if not re.fullmatch(r'0[xX][0-9A-Fa-f]+|\d+', digits):
        raise NotConstant(tok)
    return digits


def cast(value, bits):
    width = abs(bits)
    value &= (1 << width) - 1
    return value - (1 << width) if bits < 0 and value >> (width - 1) else value
