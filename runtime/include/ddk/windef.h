/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Application-style names of basic types, which some network headers and
 * drivers use.
 */
#ifndef NRT_DDK_WINDEF_H
#define NRT_DDK_WINDEF_H

#include "ntdef.h"

typedef unsigned int DWORD, *PDWORD, *LPDWORD;
typedef int BOOL, *PBOOL, *LPBOOL;
typedef unsigned char BYTE, *PBYTE, *LPBYTE;
typedef unsigned short WORD, *PWORD, *LPWORD;
typedef void *LPVOID;
typedef const void *LPCVOID;

#ifndef MAX_PATH
#define MAX_PATH 260
#endif
#define MAKEWORD(a, b) ((WORD)(((BYTE)(a)) | ((WORD)((BYTE)(b)) << 8)))
#define MAKELONG(a, b) ((LONG)(((WORD)(a)) | ((DWORD)((WORD)(b)) << 16)))

#endif
