/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Device registers: one access of the given width, in program order. Called
 * by miniports at any IRQL. Functions, so that a device model or a VFIO BAR
 * can stand behind a driver's registers.
 */
#include <wdm.h>

UCHAR READ_REGISTER_UCHAR(volatile UCHAR *Register)
{
	KeMemoryBarrier();
	return *Register;
}

USHORT READ_REGISTER_USHORT(volatile USHORT *Register)
{
	KeMemoryBarrier();
	return *Register;
}

ULONG READ_REGISTER_ULONG(volatile ULONG *Register)
{
	KeMemoryBarrier();
	return *Register;
}

ULONG64 READ_REGISTER_ULONG64(volatile ULONG64 *Register)
{
	KeMemoryBarrier();
	return *Register;
}

VOID WRITE_REGISTER_UCHAR(volatile UCHAR *Register, UCHAR Value)
{
	*Register = Value;
	KeMemoryBarrier();
}

VOID WRITE_REGISTER_USHORT(volatile USHORT *Register, USHORT Value)
{
	*Register = Value;
	KeMemoryBarrier();
}

VOID WRITE_REGISTER_ULONG(volatile ULONG *Register, ULONG Value)
{
	*Register = Value;
	KeMemoryBarrier();
}

VOID WRITE_REGISTER_ULONG64(volatile ULONG64 *Register, ULONG64 Value)
{
	*Register = Value;
	KeMemoryBarrier();
}
