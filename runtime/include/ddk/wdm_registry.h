/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The registry, as far as the configuration store plays it. Part of wdm.h.
 * PASSIVE_LEVEL, all of it.
 *
 * A section of the store, which the host fills with nrt_config_set, is a key:
 *
 *   \Registry\Machine\System\CurrentControlSet\Services\NAME  and
 *   \Registry\Machine\System\CurrentControlSet\Services\NAME\Parameters
 *       both are section NAME, a driver's: its file's name without .so. The first
 *       is the RegistryPath that DriverEntry gets. Keys below are NAME\SUBKEY.
 *   \Registry\Machine\System\CurrentControlSet\Control\Class\
 *       {4D36E972-E325-11CE-BFC1-08002BE10318}\NAME
 *       section NAME, an adapter's: what NdisOpenConfigurationEx opens.
 *   any other path below \Registry is a section of that name.
 *
 * Names of keys and values are ASCII and compare without case. Changes live as long
 * as the runtime does.
 */
#ifndef NRT_DDK_WDM_REGISTRY_H
#define NRT_DDK_WDM_REGISTRY_H

#include "ntdef.h"
#include "wdm_sync.h"

NRT_EXTERN_C_BEGIN

#define KEY_QUERY_VALUE 0x0001
#define KEY_SET_VALUE 0x0002
#define KEY_CREATE_SUB_KEY 0x0004
#define KEY_ENUMERATE_SUB_KEYS 0x0008
#define KEY_NOTIFY 0x0010
#define KEY_CREATE_LINK 0x0020
#define KEY_READ 0x00020019
#define KEY_WRITE 0x00020006
#define KEY_EXECUTE KEY_READ
#define KEY_ALL_ACCESS 0x000F003F

#define REG_OPTION_NON_VOLATILE 0x00000000
#define REG_OPTION_VOLATILE 0x00000001
#define REG_OPTION_CREATE_LINK 0x00000002
#define REG_OPTION_BACKUP_RESTORE 0x00000004
#define REG_CREATED_NEW_KEY 1
#define REG_OPENED_EXISTING_KEY 2

#define REG_NONE 0
#define REG_SZ 1
#define REG_EXPAND_SZ 2
#define REG_BINARY 3
#define REG_DWORD 4
#define REG_DWORD_LITTLE_ENDIAN 4
#define REG_DWORD_BIG_ENDIAN 5
#define REG_LINK 6
#define REG_MULTI_SZ 7
#define REG_RESOURCE_LIST 8
#define REG_FULL_RESOURCE_DESCRIPTOR 9
#define REG_RESOURCE_REQUIREMENTS_LIST 10
#define REG_QWORD 11
#define REG_QWORD_LITTLE_ENDIAN 11

typedef enum _KEY_INFORMATION_CLASS {
	KeyBasicInformation,
	KeyNodeInformation,
	KeyFullInformation,
	KeyNameInformation,
	KeyCachedInformation,
	KeyFlagsInformation,
	KeyVirtualizationInformation,
	KeyHandleTagsInformation,
	KeyTrustInformation,
	KeyLayerInformation,
	MaxKeyInfoClass
} KEY_INFORMATION_CLASS;

typedef struct _KEY_BASIC_INFORMATION {
	LARGE_INTEGER LastWriteTime;
	ULONG TitleIndex;
	ULONG NameLength;
	WCHAR Name[1]; /* not terminated, as all names here */
} KEY_BASIC_INFORMATION, *PKEY_BASIC_INFORMATION;

typedef struct _KEY_NODE_INFORMATION {
	LARGE_INTEGER LastWriteTime;
	ULONG TitleIndex;
	ULONG ClassOffset;
	ULONG ClassLength;
	ULONG NameLength;
	WCHAR Name[1];
} KEY_NODE_INFORMATION, *PKEY_NODE_INFORMATION;

typedef struct _KEY_FULL_INFORMATION {
	LARGE_INTEGER LastWriteTime;
	ULONG TitleIndex;
	ULONG ClassOffset;
	ULONG ClassLength;
	ULONG SubKeys;
	ULONG MaxNameLen; /* bytes, as all lengths here */
	ULONG MaxClassLen;
	ULONG Values;
	ULONG MaxValueNameLen;
	ULONG MaxValueDataLen;
	WCHAR Class[1];
} KEY_FULL_INFORMATION, *PKEY_FULL_INFORMATION;

typedef struct _KEY_NAME_INFORMATION {
	ULONG NameLength;
	WCHAR Name[1];
} KEY_NAME_INFORMATION, *PKEY_NAME_INFORMATION;

typedef enum _KEY_VALUE_INFORMATION_CLASS {
	KeyValueBasicInformation,
	KeyValueFullInformation,
	KeyValuePartialInformation,
	KeyValueFullInformationAlign64,
	KeyValuePartialInformationAlign64,
	KeyValueLayerInformation,
	MaxKeyValueInfoClass
} KEY_VALUE_INFORMATION_CLASS;

typedef struct _KEY_VALUE_BASIC_INFORMATION {
	ULONG TitleIndex;
	ULONG Type;
	ULONG NameLength;
	WCHAR Name[1];
} KEY_VALUE_BASIC_INFORMATION, *PKEY_VALUE_BASIC_INFORMATION;

typedef struct _KEY_VALUE_FULL_INFORMATION {
	ULONG TitleIndex;
	ULONG Type;
	ULONG DataOffset;
	ULONG DataLength;
	ULONG NameLength;
	WCHAR Name[1];
} KEY_VALUE_FULL_INFORMATION, *PKEY_VALUE_FULL_INFORMATION;

typedef struct _KEY_VALUE_PARTIAL_INFORMATION {
	ULONG TitleIndex;
	ULONG Type;
	ULONG DataLength;
	UCHAR Data[1];
} KEY_VALUE_PARTIAL_INFORMATION, *PKEY_VALUE_PARTIAL_INFORMATION;

/**
 * Open a key by its path, or by its path below RootDirectory. The handle is given
 * back with ZwClose. What it may be used for is what @DesiredAccess says.
 * Returns STATUS_SUCCESS; STATUS_OBJECT_NAME_NOT_FOUND; STATUS_OBJECT_PATH_SYNTAX_BAD;
 *         STATUS_OBJECT_NAME_INVALID for characters that are not ASCII;
 *         STATUS_INVALID_HANDLE and STATUS_OBJECT_TYPE_MISMATCH for RootDirectory;
 *         STATUS_INVALID_PARAMETER; STATUS_INSUFFICIENT_RESOURCES.
 */
NRT_EXPORT NTSTATUS ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
			      POBJECT_ATTRIBUTES ObjectAttributes);
/** The same; links and such are not opened in another way for @OpenOptions. */
NRT_EXPORT NTSTATUS ZwOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
				POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions);
/** Open it, or create it where its parent is: else STATUS_OBJECT_NAME_NOT_FOUND. A
 * RootDirectory needs KEY_CREATE_SUB_KEY: else STATUS_ACCESS_DENIED. */
NRT_EXPORT NTSTATUS ZwCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
				POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
				PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition);
/**
 * The queries fill a buffer of @Length bytes and say in @ResultLength how many there
 * are. Returns STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL with nothing written;
 *         STATUS_BUFFER_OVERFLOW with the structure and what else there was room for;
 *         STATUS_INVALID_PARAMETER for a class that is not offered (offered are the
 *         classes whose structures are above); STATUS_ACCESS_DENIED when the key was
 *         not opened for it; STATUS_INVALID_HANDLE; STATUS_OBJECT_TYPE_MISMATCH.
 */
NRT_EXPORT NTSTATUS ZwQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass,
			       PVOID KeyInformation, ULONG Length, PULONG ResultLength);
/** STATUS_NO_MORE_ENTRIES behind the last one. */
NRT_EXPORT NTSTATUS ZwEnumerateKey(HANDLE KeyHandle, ULONG Index,
				   KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation,
				   ULONG Length, PULONG ResultLength);
/** STATUS_OBJECT_NAME_NOT_FOUND when there is no such value. */
NRT_EXPORT NTSTATUS ZwQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName,
				    KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
				    PVOID KeyValueInformation, ULONG Length, PULONG ResultLength);
NRT_EXPORT NTSTATUS ZwEnumerateValueKey(HANDLE KeyHandle, ULONG Index,
					KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
					PVOID KeyValueInformation, ULONG Length,
					PULONG ResultLength);
/** @ValueName NULL is the value without a name. Strings bring their terminators. */
NRT_EXPORT NTSTATUS ZwSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex,
				  ULONG Type, PVOID Data, ULONG DataSize);
NRT_EXPORT NTSTATUS ZwDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName);
/** All there is is in memory: STATUS_SUCCESS for a key. */
NRT_EXPORT NTSTATUS ZwFlushKey(HANDLE KeyHandle);
/**
 * Delete a key without subkeys, opened for DELETE, with its values. Every handle to it
 * answers with STATUS_KEY_DELETED from then on, and is still to be closed.
 * Returns STATUS_CANNOT_DELETE for a key with subkeys, a driver's Parameters and keys
 * that are there always.
 */
NRT_EXPORT NTSTATUS ZwDeleteKey(HANDLE KeyHandle);

/* ------------------------------------------------------- several at once */

#define RTL_REGISTRY_ABSOLUTE 0
#define RTL_REGISTRY_SERVICES 1
#define RTL_REGISTRY_CONTROL 2
#define RTL_REGISTRY_WINDOWS_NT 3
#define RTL_REGISTRY_DEVICEMAP 4
#define RTL_REGISTRY_USER 5
#define RTL_REGISTRY_MAXIMUM 6
#define RTL_REGISTRY_HANDLE 0x40000000
#define RTL_REGISTRY_OPTIONAL 0x80000000U

#define RTL_QUERY_REGISTRY_SUBKEY 0x00000001
#define RTL_QUERY_REGISTRY_TOPKEY 0x00000002
#define RTL_QUERY_REGISTRY_REQUIRED 0x00000004
#define RTL_QUERY_REGISTRY_NOVALUE 0x00000008
#define RTL_QUERY_REGISTRY_NOEXPAND 0x00000010
#define RTL_QUERY_REGISTRY_DIRECT 0x00000020
#define RTL_QUERY_REGISTRY_DELETE 0x00000040
#define RTL_QUERY_REGISTRY_TYPECHECK 0x00000100
#define RTL_QUERY_REGISTRY_TYPECHECK_SHIFT 24
#define RTL_QUERY_REGISTRY_TYPECHECK_MASK (0xffU << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT)

typedef NTSTATUS RTL_QUERY_REGISTRY_ROUTINE(PWSTR ValueName, ULONG ValueType, PVOID ValueData,
					    ULONG ValueLength, PVOID Context, PVOID EntryContext);
typedef RTL_QUERY_REGISTRY_ROUTINE *PRTL_QUERY_REGISTRY_ROUTINE;

typedef struct _RTL_QUERY_REGISTRY_TABLE {
	PRTL_QUERY_REGISTRY_ROUTINE QueryRoutine;
	ULONG Flags;
	PWSTR Name;
	PVOID EntryContext;
	ULONG DefaultType;
	PVOID DefaultData;
	ULONG DefaultLength;
} RTL_QUERY_REGISTRY_TABLE, *PRTL_QUERY_REGISTRY_TABLE;

/**
 * Walk @QueryTable, an entry with neither routine nor name being its end. A string
 * stored directly in a UNICODE_STRING without a buffer is pool memory, given back
 * with RtlFreeUnicodeString. Environment variables are not expanded; there are none.
 */
NRT_EXPORT NTSTATUS RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path,
					   PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context,
					   PVOID Environment);
/** STATUS_SUCCESS when there is such a key. */
NRT_EXPORT NTSTATUS RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path);
NRT_EXPORT NTSTATUS RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path);
NRT_EXPORT NTSTATUS RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName,
					  ULONG ValueType, PVOID ValueData, ULONG ValueLength);
NRT_EXPORT NTSTATUS RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName);

NRT_EXTERN_C_END
#endif
