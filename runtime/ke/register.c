/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Device registers and ports: one access of the given width, in program order. Called
 * by miniports at any IRQL. What NdisMMapIoSpace and NdisMRegisterIoPortRange mapped
 * is the device's bus (io.h); other register addresses are memory, such as a BAR.
 */
#include <ndis/hardware.h>

#include "io.h"

UCHAR READ_REGISTER_UCHAR(volatile UCHAR *Register)
{
	KeMemoryBarrier();
	if (nrt_io_holds(Register))
		return (UCHAR)nrt_io_read(Register, sizeof(*Register));
	return *Register;
}

USHORT READ_REGISTER_USHORT(volatile USHORT *Register)
{
	KeMemoryBarrier();
	if (nrt_io_holds(Register))
		return (USHORT)nrt_io_read(Register, sizeof(*Register));
	return *Register;
}

ULONG READ_REGISTER_ULONG(volatile ULONG *Register)
{
	KeMemoryBarrier();
	if (nrt_io_holds(Register))
		return (ULONG)nrt_io_read(Register, sizeof(*Register));
	return *Register;
}

ULONG64 READ_REGISTER_ULONG64(volatile ULONG64 *Register)
{
	KeMemoryBarrier();
	if (nrt_io_holds(Register))
		return (ULONG64)nrt_io_read(Register, sizeof(*Register));
	return *Register;
}

VOID WRITE_REGISTER_UCHAR(volatile UCHAR *Register, UCHAR Value)
{
	if (nrt_io_holds(Register))
		nrt_io_write(Register, sizeof(Value), Value);
	else
		*Register = Value;
	KeMemoryBarrier();
}

VOID WRITE_REGISTER_USHORT(volatile USHORT *Register, USHORT Value)
{
	if (nrt_io_holds(Register))
		nrt_io_write(Register, sizeof(Value), Value);
	else
		*Register = Value;
	KeMemoryBarrier();
}

VOID WRITE_REGISTER_ULONG(volatile ULONG *Register, ULONG Value)
{
	if (nrt_io_holds(Register))
		nrt_io_write(Register, sizeof(Value), Value);
	else
		*Register = Value;
	KeMemoryBarrier();
}

VOID WRITE_REGISTER_ULONG64(volatile ULONG64 *Register, ULONG64 Value)
{
	if (nrt_io_holds(Register))
		nrt_io_write(Register, sizeof(Value), Value);
	else
		*Register = Value;
	KeMemoryBarrier();
}

VOID READ_REGISTER_BUFFER_UCHAR(volatile UCHAR *Register, PUCHAR Buffer, ULONG Count)
{
	for (ULONG i = 0; i < Count; i++)
		Buffer[i] = READ_REGISTER_UCHAR(Register + i);
}

VOID WRITE_REGISTER_BUFFER_UCHAR(volatile UCHAR *Register, PUCHAR Buffer, ULONG Count)
{
	for (ULONG i = 0; i < Count; i++)
		WRITE_REGISTER_UCHAR(Register + i, Buffer[i]);
}

VOID READ_REGISTER_BUFFER_USHORT(volatile USHORT *Register, PUSHORT Buffer, ULONG Count)
{
	for (ULONG i = 0; i < Count; i++)
		Buffer[i] = READ_REGISTER_USHORT(Register + i);
}

VOID WRITE_REGISTER_BUFFER_USHORT(volatile USHORT *Register, PUSHORT Buffer, ULONG Count)
{
	for (ULONG i = 0; i < Count; i++)
		WRITE_REGISTER_USHORT(Register + i, Buffer[i]);
}

VOID READ_REGISTER_BUFFER_ULONG(volatile ULONG *Register, PULONG Buffer, ULONG Count)
{
	for (ULONG i = 0; i < Count; i++)
		Buffer[i] = READ_REGISTER_ULONG(Register + i);
}

VOID WRITE_REGISTER_BUFFER_ULONG(volatile ULONG *Register, PULONG Buffer, ULONG Count)
{
	for (ULONG i = 0; i < Count; i++)
		WRITE_REGISTER_ULONG(Register + i, Buffer[i]);
}

VOID READ_REGISTER_BUFFER_ULONG64(volatile ULONG64 *Register, PULONG64 Buffer, ULONG Count)
{
	for (ULONG i = 0; i < Count; i++)
		Buffer[i] = READ_REGISTER_ULONG64(Register + i);
}

VOID WRITE_REGISTER_BUFFER_ULONG64(volatile ULONG64 *Register, PULONG64 Buffer, ULONG Count)
{
	for (ULONG i = 0; i < Count; i++)
		WRITE_REGISTER_ULONG64(Register + i, Buffer[i]);
}

/* ------------------------------------------------------------------ ports */

UCHAR READ_PORT_UCHAR(PUCHAR Port)
{
	return (UCHAR)nrt_io_read(Port, sizeof(*Port));
}

VOID WRITE_PORT_UCHAR(PUCHAR Port, UCHAR Value)
{
	nrt_io_write(Port, sizeof(Value), Value);
}

USHORT READ_PORT_USHORT(PUSHORT Port)
{
	return (USHORT)nrt_io_read(Port, sizeof(*Port));
}

VOID WRITE_PORT_USHORT(PUSHORT Port, USHORT Value)
{
	nrt_io_write(Port, sizeof(Value), Value);
}

ULONG READ_PORT_ULONG(PULONG Port)
{
	return (ULONG)nrt_io_read(Port, sizeof(*Port));
}

VOID WRITE_PORT_ULONG(PULONG Port, ULONG Value)
{
	nrt_io_write(Port, sizeof(Value), Value);
}

/* The buffer forms access one port, as often as the buffer has elements. */

VOID READ_PORT_BUFFER_UCHAR(PUCHAR Port, PUCHAR Buffer, ULONG Count)
{
	for (ULONG i = 0; i < Count; i++)
		Buffer[i] = READ_PORT_UCHAR(Port);
}

VOID WRITE_PORT_BUFFER_UCHAR(PUCHAR Port, PUCHAR Buffer, ULONG Count)
{
	for (ULONG i = 0; i < Count; i++)
		WRITE_PORT_UCHAR(Port, Buffer[i]);
}

VOID READ_PORT_BUFFER_USHORT(PUSHORT Port, PUSHORT Buffer, ULONG Count)
{
	for (ULONG i = 0; i < Count; i++)
		Buffer[i] = READ_PORT_USHORT(Port);
}

VOID WRITE_PORT_BUFFER_USHORT(PUSHORT Port, PUSHORT Buffer, ULONG Count)
{
	for (ULONG i = 0; i < Count; i++)
		WRITE_PORT_USHORT(Port, Buffer[i]);
}

VOID READ_PORT_BUFFER_ULONG(PULONG Port, PULONG Buffer, ULONG Count)
{
	for (ULONG i = 0; i < Count; i++)
		Buffer[i] = READ_PORT_ULONG(Port);
}

VOID WRITE_PORT_BUFFER_ULONG(PULONG Port, PULONG Buffer, ULONG Count)
{
	for (ULONG i = 0; i < Count; i++)
		WRITE_PORT_ULONG(Port, Buffer[i]);
}
