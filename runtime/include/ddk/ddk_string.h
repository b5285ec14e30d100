/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The C library's memory and string functions, which drivers and these headers
 * call under their own names. On Windows the kernel exports them and there is no
 * C library to ask. Included by ntdef.h and guiddef.h only.
 */
#ifndef NRT_DDK_STRING_H
#define NRT_DDK_STRING_H

#ifdef _WIN32
#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void *memchr(const void *buffer, int c, size_t count);
int memcmp(const void *buffer1, const void *buffer2, size_t count);
void *memcpy(void *dest, const void *src, size_t count);
void *memmove(void *dest, const void *src, size_t count);
void *memset(void *dest, int c, size_t count);

char *strcat(char *dest, const char *source);
char *strchr(const char *string, int c);
int strcmp(const char *string1, const char *string2);
char *strcpy(char *dest, const char *source);
size_t strlen(const char *string);
int strncmp(const char *string1, const char *string2, size_t count);
char *strncpy(char *dest, const char *source, size_t count);
char *strrchr(const char *string, int c);
char *strstr(const char *string, const char *search);

#ifdef __cplusplus
}
#endif
#else
#include <string.h>
#endif

#endif
