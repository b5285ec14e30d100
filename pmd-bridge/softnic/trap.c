/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Register pages that trap: in the driver's view all pages but those of the
 * doorbells are PROT_NONE, and SIGSEGV does the access instead. On the thread
 * that made it; a PMD reaches its registers by plain moves only.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "message.h"
#include "nic.h"

#define PAGE 4096u

/* Written under no lock: NICs are made and removed by control threads one at a time, and
 * a slot is read only by a thread that faults inside its view. */
static struct softnic *_Atomic trapped[SOFTNIC_MAX_NICS];
static struct sigaction previous;
static bool installed;

/* General registers in the order an instruction numbers them. */
static const int gregs[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
			       REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
			       REG_R12, REG_R13, REG_R14, REG_R15 };

/* A move between a register or an immediate and memory. */
struct move {
	uint32_t length;        /* of the instruction */
	int greg;               /* -1: an immediate */
	int32_t immediate;
	bool load, sign_extend, eight;
	uint32_t width;         /* bytes accessed */
};

/* Length of ModRM, SIB and displacement at @p; 0 when the operand is no memory. */
static uint32_t operand_length(const uint8_t *p)
{
	uint8_t mod = p[0] >> 6, rm = p[0] & 7;
	uint32_t n = 1;

	if (mod == 3)
		return 0;
	if (rm == 4) {
		n++;
		if (mod == 0 && (p[1] & 7) == 5)
			n += 4;
	} else if (mod == 0 && rm == 5) {
		n += 4;
	}
	return n + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

static bool decode(const uint8_t *ip, struct move *m)
{
	const uint8_t *p = ip;
	uint8_t rex = 0;
	uint32_t operand;

	memset(m, 0, sizeof(*m));
	m->width = 4;
	if ((*p & 0xf0) == 0x40)
		rex = *p++;
	m->eight = rex & 8;
	switch (*p++) {
	case 0x0f: /* movzx */
		if (*p != 0xb6 && *p != 0xb7)
			return false;
		m->width = *p++ == 0xb6 ? 1 : 2;
		m->eight = false;
		m->load = true;
		break;
	case 0x63: /* movsxd */
		m->load = m->sign_extend = true;
		m->eight = false;
		break;
	case 0x8b:
		m->load = true;
		break;
	case 0x89:
		break;
	case 0xc7:
		m->greg = -1;
		break;
	default:
		return false;
	}
	operand = operand_length(p);
	if (operand == 0)
		return false;
	if (m->greg == -1)
		memcpy(&m->immediate, p + operand, sizeof(m->immediate));
	else
		m->greg = gregs[(*p >> 3 & 7) | (rex & 4) << 1];
	m->length = (uint32_t)(p + operand - ip) + (m->greg == -1 ? 4 : 0);
	return true;
}

static void do_load(struct softnic *nic, uint32_t reg, const struct move *m, greg_t *g)
{
	uint64_t v = softnic_mmio_read(nic, reg & ~3u);

	if (m->width < 4)
		v = v >> (8 * (reg & 3)) & (m->width == 1 ? 0xff : 0xffff);
	else if (m->sign_extend)
		v = (uint64_t)(int64_t)(int32_t)(uint32_t)v;
	else if (m->eight)
		v |= (uint64_t)softnic_mmio_read(nic, reg + 4) << 32;
	g[m->greg] = (greg_t)v;
}

static void do_store(struct softnic *nic, uint32_t reg, const struct move *m, const greg_t *g)
{
	uint64_t v = m->greg == -1 ? (uint64_t)(int64_t)m->immediate : (uint64_t)g[m->greg];

	softnic_mmio_write(nic, reg, (uint32_t)v);
	if (m->eight)
		softnic_mmio_write(nic, reg + 4, (uint32_t)(v >> 32));
}

static struct softnic *find(const uint8_t *address)
{
	for (unsigned int i = 0; i < SOFTNIC_MAX_NICS; i++) {
		struct softnic *nic = trapped[i];

		if (nic != NULL && address >= nic->driver_view &&
		    address < nic->driver_view + nic->type->bar_size)
			return nic;
	}
	return NULL;
}

static void pass_on(int signal_number, siginfo_t *info, void *context)
{
	if (previous.sa_flags & SA_SIGINFO)
		previous.sa_sigaction(signal_number, info, context);
	else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
		previous.sa_handler(signal_number);
	else
		signal(signal_number, SIG_DFL); /* it faults again, and dies of it */
}

static void on_fault(int signal_number, siginfo_t *info, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
	struct softnic *nic = find(info->si_addr);
	int saved = errno;
	struct move m;

	if (nic == NULL || !decode((const uint8_t *)(uintptr_t)g[REG_RIP], &m)) {
		pass_on(signal_number, info, context);
		return;
	}
	if (m.load)
		do_load(nic, (uint32_t)((uint8_t *)info->si_addr - nic->driver_view), &m, g);
	else
		do_store(nic, (uint32_t)((uint8_t *)info->si_addr - nic->driver_view), &m, g);
	g[REG_RIP] += m.length;
	errno = saved;
}

static int install(void)
{
	struct sigaction action = { .sa_sigaction = on_fault,
				    .sa_flags = SA_SIGINFO | SA_NODEFER };

	if (installed)
		return 0;
	if (sigaction(SIGSEGV, &action, &previous) != 0)
		return -errno;
	installed = true;
	return 0;
}

static bool is_plain(const struct softnic *nic, uint32_t page)
{
	const uint32_t *p = nic->type->plain_pages;

	while (*p != UINT32_MAX && *p != page)
		p++;
	return *p == page;
}

int softnic_trap(struct softnic *nic)
{
	int rc = install();

	for (uint32_t page = 0; rc == 0 && page < nic->type->bar_size; page += PAGE)
		if (!is_plain(nic, page) &&
		    mprotect(nic->driver_view + page, PAGE, PROT_NONE) != 0)
			rc = -errno;
	for (unsigned int i = 0; rc == 0 && i < SOFTNIC_MAX_NICS; i++) {
		if (trapped[i] == NULL) {
			trapped[i] = nic;
			return 0;
		}
	}
	return rc != 0 ? rc : -ENOSPC;
}

void softnic_untrap(struct softnic *nic)
{
	for (unsigned int i = 0; i < SOFTNIC_MAX_NICS; i++)
		if (trapped[i] == nic)
			trapped[i] = NULL;
}
