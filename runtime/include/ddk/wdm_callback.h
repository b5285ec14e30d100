/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Callback objects: named lists of routines that one driver registers and another
 * has called. Part of wdm.h.
 *
 * \Callback\SetSystemTime and \Callback\PowerState exist and are the runtime's own.
 */
#ifndef NRT_DDK_WDM_CALLBACK_H
#define NRT_DDK_WDM_CALLBACK_H

#include "ntdef.h"

NRT_EXTERN_C_BEGIN

/** Opaque; a reference is given back with ObDereferenceObject. */
typedef struct _CALLBACK_OBJECT *PCALLBACK_OBJECT;

typedef VOID CALLBACK_FUNCTION(PVOID CallbackContext, PVOID Argument1, PVOID Argument2);
typedef CALLBACK_FUNCTION *PCALLBACK_FUNCTION;

/**
 * Open the object of @ObjectAttributes' name, or create it when @Create allows. One
 * with OBJ_PERMANENT stays until the runtime ends. IRQL <= APC_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_UNSUCCESSFUL without a name;
 *         STATUS_OBJECT_NAME_NOT_FOUND; STATUS_OBJECT_PATH_SYNTAX_BAD for a name that
 *         does not begin with a backslash; STATUS_INVALID_HANDLE for a root directory;
 *         STATUS_INVALID_PARAMETER; STATUS_INSUFFICIENT_RESOURCES.
 */
NRT_EXPORT NTSTATUS ExCreateCallback(PCALLBACK_OBJECT *CallbackObject,
				     POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN Create,
				     BOOLEAN AllowMultipleCallbacks);
/**
 * NULL when the object allows one routine only and has it, or without memory. Holds a
 * reference to the object. IRQL <= APC_LEVEL.
 */
NRT_EXPORT PVOID ExRegisterCallback(PCALLBACK_OBJECT CallbackObject,
				    PCALLBACK_FUNCTION CallbackFunction, PVOID CallbackContext);
/** Returns when the routine runs nowhere any more, but where it calls this itself.
 * IRQL <= APC_LEVEL. */
NRT_EXPORT VOID ExUnregisterCallback(PVOID CallbackRegistration);
/** Call all routines, in the order of their registration, at the caller's IRQL, which
 * is <= DISPATCH_LEVEL, on its thread. */
NRT_EXPORT VOID ExNotifyCallback(PVOID CallbackObject, PVOID Argument1, PVOID Argument2);

NRT_EXTERN_C_END
#endif
