/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The formatter behind DbgPrint and RtlString...Printf. Called on any thread
 * at any IRQL: no allocation, no lock, no locale.
 */
#include "format.h"

#include <wdm.h>

enum size { SIZE_DEFAULT, SIZE_CHAR, SIZE_SHORT, SIZE_LONG, SIZE_64 };

struct spec {
	bool left, plus, space, alternate, zero;
	int width;
	int precision; /* -1: none */
	enum size size;
	bool wide;     /* w or l: of a string or character */
	WCHAR conversion;
};

/* A format string of either width. */
struct cursor {
	const char *narrow;
	const WCHAR *wide;
};

static WCHAR peek(const struct cursor *c)
{
	return c->wide != NULL ? *c->wide : (WCHAR)(unsigned char)*c->narrow;
}

static WCHAR next(struct cursor *c)
{
	return c->wide != NULL ? *c->wide++ : (WCHAR)(unsigned char)*c->narrow++;
}

static void pad(struct nrt_sink *sink, WCHAR c, int n)
{
	while (n-- > 0)
		sink->put(sink, c);
}

/* ------------------------------------------------------------- parsing */

static void parse_flags(struct cursor *c, struct spec *s)
{
	for (;; next(c)) {
		switch (peek(c)) {
		case '-': s->left = true; break;
		case '+': s->plus = true; break;
		case ' ': s->space = true; break;
		case '#': s->alternate = true; break;
		case '0': s->zero = true; break;
		default: return;
		}
	}
}

static int parse_number(struct cursor *c)
{
	int n = 0;

	while (peek(c) >= '0' && peek(c) <= '9' && n < 100000)
		n = n * 10 + (next(c) - '0');
	return n;
}

static void parse_i_size(struct cursor *c, struct spec *s)
{
	s->size = SIZE_64; /* I alone: pointer size */
	if (peek(c) != '6' && peek(c) != '3')
		return;
	s->size = next(c) == '6' ? SIZE_64 : SIZE_LONG;
	next(c); /* the 4 or the 2 */
}

static void parse_size(struct cursor *c, struct spec *s)
{
	switch (peek(c)) {
	case 'h':
		next(c);
		s->size = SIZE_SHORT;
		if (peek(c) == 'h') {
			next(c);
			s->size = SIZE_CHAR;
		}
		break;
	case 'l':
		next(c);
		s->size = SIZE_LONG;
		s->wide = true;
		if (peek(c) == 'l') {
			next(c);
			s->size = SIZE_64;
		}
		break;
	case 'w':
		next(c);
		s->wide = true;
		break;
	case 'I':
		next(c);
		parse_i_size(c, s);
		break;
	case 'j':
	case 'z':
	case 't':
		next(c);
		s->size = SIZE_64;
		break;
	default:
		break;
	}
}

/* ---------------------------------------------------------- conversions */

static void put_number(struct nrt_sink *sink, const struct spec *s, ULONGLONG value,
		       bool negative)
{
	bool decimal = s->conversion == 'd' || s->conversion == 'i' || s->conversion == 'u';
	unsigned int base = s->conversion == 'o' ? 8 : decimal ? 10 : 16;
	const char *set = s->conversion == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
	char digits[24], prefix[3];
	int n = 0, prefixes = 0, zeros;

	if (s->alternate && base == 16 && value != 0) {
		prefix[prefixes++] = '0';
		prefix[prefixes++] = (char)s->conversion;
	} else if (negative || (decimal && s->conversion != 'u' && (s->plus || s->space))) {
		prefix[prefixes++] = negative ? '-' : s->plus ? '+' : ' ';
	}
	for (; value != 0; value /= base)
		digits[n++] = set[value % base];
	zeros = (s->precision >= 0 ? s->precision : 1) - n;
	if (zeros < 0)
		zeros = 0;
	if (base == 8 && s->alternate && zeros == 0)
		zeros = 1;
	if (s->zero && !s->left && s->precision < 0 && s->width > prefixes + n + zeros)
		zeros = s->width - prefixes - n;
	if (!s->left)
		pad(sink, ' ', s->width - prefixes - zeros - n);
	for (int i = 0; i < prefixes; i++)
		sink->put(sink, (WCHAR)prefix[i]);
	pad(sink, '0', zeros);
	for (int i = n; i-- > 0;)
		sink->put(sink, (WCHAR)digits[i]);
	if (s->left)
		pad(sink, ' ', s->width - prefixes - zeros - n);
}

static void put_string(struct nrt_sink *sink, const struct spec *s, struct cursor from, size_t len)
{
	if (!s->left)
		pad(sink, ' ', s->width - (int)len);
	for (size_t i = 0; i < len; i++)
		sink->put(sink, next(&from));
	if (s->left)
		pad(sink, ' ', s->width - (int)len);
}

static struct cursor at(const void *string, bool wide)
{
	return wide ? (struct cursor){ .wide = string } : (struct cursor){ .narrow = string };
}

static void put_terminated(struct nrt_sink *sink, const struct spec *s, const void *string,
			   bool wide)
{
	size_t max = s->precision >= 0 ? (size_t)s->precision : (size_t)MAXLONG;
	struct cursor c;
	size_t len = 0;

	if (string == NULL) {
		string = "(null)";
		wide = false;
	}
	for (c = at(string, wide); len < max && peek(&c) != 0; len++)
		next(&c);
	put_string(sink, s, at(string, wide), len);
}

static void put_counted(struct nrt_sink *sink, const struct spec *s, const STRING *string)
{
	size_t unit = s->wide ? sizeof(WCHAR) : 1;
	size_t len;

	if (string == NULL || string->Buffer == NULL) {
		put_terminated(sink, s, NULL, false);
		return;
	}
	len = string->Length / unit;
	if (s->precision >= 0 && len > (size_t)s->precision)
		len = (size_t)s->precision;
	put_string(sink, s, at(string->Buffer, s->wide), len);
}

/* ------------------------------------------------------------ arguments */

static LONGLONG signed_of(ULONGLONG value, enum size size)
{
	switch (size) {
	case SIZE_CHAR: return (SCHAR)value;
	case SIZE_SHORT: return (SHORT)value;
	case SIZE_64: return (LONGLONG)value;
	default: return (LONG)value;
	}
}

static ULONGLONG unsigned_of(ULONGLONG value, enum size size)
{
	switch (size) {
	case SIZE_CHAR: return (UCHAR)value;
	case SIZE_SHORT: return (USHORT)value;
	case SIZE_64: return value;
	default: return (ULONG)value;
	}
}

/* Is a %s or %c (@other: %S or %C) argument wide? */
static bool is_wide(const struct nrt_sink *sink, const struct spec *s, bool other)
{
	if (s->wide)
		return true;
	if (s->size == SIZE_SHORT)
		return false;
	return sink->wide != other;
}

static void convert(struct nrt_sink *sink, struct spec *s, va_list *args)
{
	ULONGLONG value = 0;
	LONGLONG number;
	WCHAR one[2] = { 0, 0 };

	switch (s->conversion) {
	case 'd':
	case 'i':
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		value = s->size == SIZE_64 ? va_arg(*args, ULONGLONG) : va_arg(*args, ULONG);
		if (s->conversion == 'd' || s->conversion == 'i') {
			number = signed_of(value, s->size);
			put_number(sink, s, number < 0 ? 0 - (ULONGLONG)number : (ULONGLONG)number,
				   number < 0);
		} else {
			put_number(sink, s, unsigned_of(value, s->size), false);
		}
		break;
	case 'p':
		s->conversion = 'X';
		s->precision = 16;
		put_number(sink, s, (ULONG_PTR)va_arg(*args, void *), false);
		break;
	case 'c':
	case 'C':
		one[0] = (WCHAR)va_arg(*args, int);
		if (!is_wide(sink, s, s->conversion == 'C'))
			one[0] &= 0xff;
		put_string(sink, s, at(one, true), 1);
		break;
	case 's':
	case 'S':
		put_terminated(sink, s, va_arg(*args, const void *),
			       is_wide(sink, s, s->conversion == 'S'));
		break;
	case 'Z':
		put_counted(sink, s, va_arg(*args, const STRING *));
		break;
	default: /* "%%", and what is no conversion */
		sink->put(sink, s->conversion);
		break;
	}
}

void nrt_format(struct nrt_sink *sink, const void *fmt, va_list args)
{
	struct cursor c = at(fmt, sink->wide);
	va_list copy;

	va_copy(copy, args);
	while (peek(&c) != 0) {
		struct spec s = { .precision = -1 };

		if (peek(&c) != '%') {
			sink->put(sink, next(&c));
			continue;
		}
		next(&c);
		parse_flags(&c, &s);
		if (peek(&c) == '*') {
			next(&c);
			s.width = va_arg(copy, int);
			s.left = s.left || s.width < 0;
			s.width = s.width < 0 ? -s.width : s.width;
		} else {
			s.width = parse_number(&c);
		}
		if (peek(&c) == '.') {
			next(&c);
			if (peek(&c) == '*') {
				next(&c);
				s.precision = va_arg(copy, int);
			} else {
				s.precision = parse_number(&c);
			}
		}
		parse_size(&c, &s);
		if (peek(&c) == 0)
			break;
		s.conversion = next(&c);
		convert(sink, &s, &copy);
	}
	va_end(copy);
}
