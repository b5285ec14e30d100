/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupt causes, masks and vectors of the e1000 family: [8254x] 13.4.17-21,
 * [82574] 10.2.4, [82576] 7.3. The NIC's own line goes to EAL's interrupt thread;
 * receive queues have files of their own. Throttling is not modelled: no event is
 * ever late.
 */
#include "e1000.h"
#include "regs_e1000.h"

/* Causes with a queue's file instead of the NIC's line. */
#define RX_CAUSES (ICR_RXT0 | ICR_RXQ0 | ICR_RXQ0 << 1)

/* Of em's parts, whose driver gives all its queues one event. */
#define EM_RX_VECTOR 1

static bool msix(const struct softnic *nic)
{
	return nic->type == &softnic_82576 && (softnic_get(nic, GPIE) & GPIE_MULTIPLE_MSIX);
}

static void count_assertion(struct softnic *nic)
{
	if (nic->type != &softnic_82540em)
		softnic_add(nic, IAC, 1);
}

/* ---------------------------------------------------------- vectors, MSI-X */

static void send(struct softnic *nic, uint16_t vector)
{
	count_assertion(nic);
	if (vector == 0)
		softnic_interrupt(nic);
	else
		softnic_queue_interrupt(nic, vector);
}

/* Vectors that are pending and enabled are sent; EIAC clears, EIAM masks them, [82576] 7.3.2. */
static void send_pending(struct softnic *nic)
{
	uint32_t ready = softnic_get(nic, EICR) & softnic_get(nic, EIMS);

	for (uint16_t vector = 0; ready >> vector != 0 && vector < 25; vector++) {
		uint32_t bit = 1u << vector;

		if (!(ready & bit))
			continue;
		if (softnic_get(nic, EIAC) & bit)
			softnic_set(nic, EICR, softnic_get(nic, EICR) & ~bit);
		if ((softnic_get(nic, GPIE) & GPIE_EIAME) && (softnic_get(nic, EIAM) & bit))
			softnic_set(nic, EIMS, softnic_get(nic, EIMS) & ~bit);
		send(nic, vector);
	}
}

static void vector_cause(struct softnic *nic, uint32_t entry)
{
	uint32_t pending = softnic_get(nic, EICR);
	uint32_t bit = 1u << (entry & IVAR_VECTOR);

	if (!(entry & IVAR_VALID) || (pending & bit))
		return;
	softnic_set(nic, EICR, pending | bit);
	send_pending(nic);
}

/* ------------------------------------------------------------ causes, masks */

/* Tell of causes that have just become pending and enabled. @before: those that were. */
static void assert_new(struct softnic *nic, uint32_t before)
{
	uint32_t now = softnic_get(nic, ICR) & softnic_get(nic, IMS), risen = now & ~before;

	if (risen == 0)
		return;
	if (msix(nic)) {
		vector_cause(nic, softnic_get(nic, IVAR_MISC) >> 8 & 0xff);
		return;
	}
	if (nic->type->advanced) {
		if (before == 0)
			send(nic, 0);
		return;
	}
	if ((risen & RX_CAUSES) && !(before & RX_CAUSES))
		send(nic, EM_RX_VECTOR);
	if ((risen & ~RX_CAUSES) && !(before & ~RX_CAUSES))
		send(nic, 0);
}

/* The line follows causes and mask down. */
static void deassert(struct softnic *nic)
{
	uint32_t now = softnic_get(nic, ICR) & softnic_get(nic, IMS);

	if (!nic->type->advanced)
		now &= ~RX_CAUSES;
	if (now == 0)
		softnic_interrupt_clear(nic);
}

void softnic_e1000_cause(struct softnic *nic, uint32_t causes)
{
	uint32_t before = softnic_get(nic, ICR) & softnic_get(nic, IMS);

	softnic_set(nic, ICR, softnic_get(nic, ICR) | causes);
	assert_new(nic, before);
}

void softnic_e1000_rx_cause(struct softnic *nic, uint16_t queue)
{
	if (msix(nic)) {
		/* [82576] 8.8: queues n and n + 8 share a register */
		uint32_t ivar = softnic_get(nic, IVAR0 + 4 * (queue & 7u));

		vector_cause(nic, ivar >> (queue & 8 ? 16 : 0) & 0xff);
		return;
	}
	softnic_e1000_cause(nic, nic->type == &softnic_82574 ? ICR_RXT0 | ICR_RXQ0 << queue :
							       ICR_RXT0);
}

/* Does a read clear? [82574] 10.2.4, [82576] 8.8: when all is masked or an interrupt was
 * asserted, and always with NSICR; [8254x] 13.4.17: always. */
static bool read_clears(const struct softnic *nic, uint32_t asserted)
{
	if (nic->type == &softnic_82540em || asserted != 0 || softnic_get(nic, IMS) == 0)
		return true;
	return nic->type == &softnic_82576 && (softnic_get(nic, GPIE) & GPIE_NSICR);
}

uint32_t softnic_e1000_icr_read(struct softnic *nic)
{
	uint32_t icr = softnic_get(nic, ICR);
	uint32_t asserted = icr & softnic_get(nic, IMS);

	if (!read_clears(nic, asserted))
		return icr;
	softnic_set(nic, ICR, 0);
	if (asserted != 0 && (softnic_get(nic, CTRL_EXT) & CTRL_EXT_IAME))
		softnic_set(nic, IMS, softnic_get(nic, IMS) & ~softnic_get(nic, IAM));
	softnic_interrupt_clear(nic);
	if (asserted != 0 && nic->type != &softnic_82540em)
		icr |= ICR_INT_ASSERTED;
	return icr;
}

static void enable(struct softnic *nic, uint32_t causes)
{
	uint32_t ims = softnic_get(nic, IMS), before = softnic_get(nic, ICR) & ims;

	softnic_set(nic, IMS, ims | causes);
	assert_new(nic, before);
}

/* ------------------------------------------------------------------ access */

static bool extended_write(struct softnic *nic, uint32_t reg, uint32_t value)
{
	switch (reg) {
	case EICR:
		softnic_set(nic, EICR, softnic_get(nic, EICR) & ~value);
		return true;
	case EICS:
		softnic_set(nic, EICR, softnic_get(nic, EICR) | value);
		send_pending(nic);
		return true;
	case EIMS:
		softnic_set(nic, EIMS, softnic_get(nic, EIMS) | value);
		send_pending(nic);
		return true;
	case EIMC:
		softnic_set(nic, EIMS, softnic_get(nic, EIMS) & ~value);
		return true;
	default:
		return false;
	}
}

static uint32_t without_alias(uint32_t reg)
{
	switch (reg) {
	case ICR_82576:
		return ICR;
	case ICS_82576:
		return ICS;
	case IMS_82576:
		return IMS;
	case IMC_82576:
		return IMC;
	case IAM_82576:
		return IAM;
	default:
		return reg;
	}
}

bool softnic_e1000_interrupt_write(struct softnic *nic, uint32_t reg, uint32_t value)
{
	if (nic->type == &softnic_82576) {
		if (extended_write(nic, reg, value))
			return true;
		reg = without_alias(reg);
	}
	switch (reg) {
	case ICR:
		softnic_set(nic, ICR, softnic_get(nic, ICR) & ~value);
		deassert(nic);
		return true;
	case ICS:
		softnic_e1000_cause(nic, value);
		return true;
	case IMS:
		enable(nic, value);
		return true;
	case IMC:
		softnic_set(nic, IMS, softnic_get(nic, IMS) & ~value);
		deassert(nic);
		return true;
	case IAM:
		softnic_set(nic, IAM, value);
		return true;
	default:
		return false;
	}
}
