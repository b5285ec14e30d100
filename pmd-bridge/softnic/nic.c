/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A NIC's life, its lock, and the way of a register access: from the trap to the
 * type's behaviour. Control threads make and remove NICs; any thread accesses.
 */
#include "nic.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_pause.h>

#include "message.h"

static const struct softnic_type *const types[] = { &softnic_82599, &softnic_82576,
						    &softnic_82574, &softnic_82540em };

/* Locks outlive NICs, so that a waiter never looks at freed memory. */
static struct softnic_lock locks[SOFTNIC_MAX_NICS];
static struct softnic *_Atomic nics[SOFTNIC_MAX_NICS];

const struct softnic_type *softnic_type_find(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcasecmp(types[i]->name, name) == 0)
			return types[i];
	return NULL;
}

struct softnic *softnic_slot(unsigned int slot)
{
	return slot < SOFTNIC_MAX_NICS ? nics[slot] : NULL;
}

struct softnic *softnic_find(const char *name)
{
	for (unsigned int i = 0; i < SOFTNIC_MAX_NICS; i++) {
		struct softnic *nic = nics[i];

		if (nic != NULL && strcmp(nic->name, name) == 0)
			return nic;
	}
	return NULL;
}

/* ------------------------------------------------------------------- lock */

/* Pairs with the release in softnic_give. */
static bool grab(struct softnic_lock *lock)
{
	return !atomic_flag_test_and_set_explicit(&lock->held, memory_order_acquire);
}

static void wait_for(struct softnic_lock *lock)
{
	lock->waiting++;
	for (unsigned int i = 0; !grab(lock); i++) {
		if (i < 200)
			rte_pause();
		else
			sched_yield(); /* its holder may wait for our core */
	}
	lock->waiting--;
}

void softnic_take(struct softnic *nic)
{
	for (;;) {
		struct softnic_lock *lock = nic->lock;

		if (!grab(lock))
			wait_for(lock);
		if (lock == nic->lock)
			return;
		atomic_flag_clear_explicit(&lock->held, memory_order_release);
	}
}

/* The lock is not fair, and on a shared core a waiter finds it free only if the stepping
 * thread gives up the core without it. Bounded: a waiter may be off its core. */
void softnic_make_way(struct softnic *nic)
{
	for (unsigned int i = 0; i < 20 && nic->lock->waiting != 0; i++)
		sched_yield();
}

bool softnic_try_take(struct softnic *nic)
{
	struct softnic_lock *lock = nic->lock;

	if (!grab(lock))
		return false;
	if (lock == nic->lock)
		return true;
	atomic_flag_clear_explicit(&lock->held, memory_order_release);
	return false;
}

void softnic_give(struct softnic *nic)
{
	atomic_flag_clear_explicit(&nic->lock->held, memory_order_release);
}

/* ------------------------------------------------------------------- life */

static int map_bar(struct softnic *nic)
{
	void *model, *driver;

	nic->bar_fd = memfd_create("softnic-bar0", MFD_CLOEXEC);
	if (nic->bar_fd < 0 || ftruncate(nic->bar_fd, nic->type->bar_size) != 0)
		return -1;
	model = mmap(NULL, nic->type->bar_size, PROT_READ | PROT_WRITE, MAP_SHARED, nic->bar_fd, 0);
	driver = mmap(NULL, nic->type->bar_size, PROT_READ | PROT_WRITE, MAP_SHARED, nic->bar_fd,
		      0);
	nic->bar = model != MAP_FAILED ? model : NULL;
	nic->driver_view = driver != MAP_FAILED ? driver : NULL;
	return nic->bar != NULL && nic->driver_view != NULL ? 0 : -1;
}

static int make_queues(struct softnic *nic)
{
	for (uint16_t q = 0; q < nic->type->n_rx; q++) {
		nic->rxq[q].ring.index = q;
		nic->rxq[q].ring.reg = nic->type->rx_reg(q);
	}
	for (uint16_t q = 0; q < nic->type->n_tx; q++) {
		struct softnic_txq *t = &nic->txq[q];

		t->ring.index = q;
		t->ring.reg = nic->type->tx_reg(q);
		t->gather = malloc(SOFTNIC_MAX_TSO);
		if (t->gather == NULL)
			return -1;
	}
	return 0;
}

static int take_slot(struct softnic *nic)
{
	for (unsigned int i = 0; i < SOFTNIC_MAX_NICS; i++) {
		if (nics[i] == NULL) {
			nic->lock = &locks[i];
			nics[i] = nic;
			return 0;
		}
	}
	softnic_say("there are %u NICs already, no room for %s", SOFTNIC_MAX_NICS, nic->name);
	return -1;
}

struct softnic *softnic_create(const struct softnic_type *type, const char *name,
			       const uint8_t mac[6])
{
	struct softnic *nic = aligned_alloc(64, (sizeof(*nic) + 63) / 64 * 64);

	if (nic == NULL)
		return NULL;
	memset(nic, 0, sizeof(*nic));
	nic->type = type;
	nic->interrupt_fd = -1;
	nic->bar_fd = -1;
	nic->cable = true;
	nic->random = 1;
	for (unsigned int i = 0; i < SOFTNIC_MAX_QUEUES; i++)
		nic->queue_fd[i] = -1;
	snprintf(nic->name, sizeof(nic->name), "%s", name);
	memcpy(nic->mac, mac, 6);
	if (map_bar(nic) != 0 || make_queues(nic) != 0 || type->create(nic) != 0) {
		softnic_say("%s: no memory for a %s", name, type->name);
		softnic_destroy(nic);
		return NULL;
	}
	type->reset(nic);
	if (take_slot(nic) != 0) {
		softnic_destroy(nic);
		return NULL;
	}
	softnic_link_settle(nic);
	return nic;
}

void softnic_destroy(struct softnic *nic)
{
	for (unsigned int i = 0; i < SOFTNIC_MAX_NICS; i++)
		if (nics[i] == nic)
			nics[i] = NULL;
	for (uint16_t q = 0; q < SOFTNIC_MAX_QUEUES; q++) {
		free(nic->txq[q].gather);
		free(nic->txq[q].writeback);
	}
	if (nic->bar != NULL)
		munmap((void *)(uintptr_t)nic->bar, nic->type->bar_size);
	if (nic->driver_view != NULL)
		munmap(nic->driver_view, nic->type->bar_size);
	if (nic->bar_fd >= 0)
		close(nic->bar_fd);
	if (nic->generator != NULL) {
		softnic_frames_free(&nic->generator->frames);
		free(nic->generator->prepared);
	}
	free(nic->generator);
	softnic_iommu_destroy(nic->iommu);
	free(nic->phy);
	free(nic);
}

void softnic_connect(struct softnic *nic, struct softnic *peer)
{
	struct softnic_lock *lock;

	softnic_take(peer);
	lock = peer->lock;
	nic->peer = peer;
	peer->peer = nic;
	nic->lock = lock; /* nobody else knows @nic yet */
	softnic_link_settle(nic);
	softnic_link_settle(peer);
	softnic_give(peer);
}

void softnic_disconnect(struct softnic *nic)
{
	struct softnic *peer;

	softnic_take(nic);
	peer = nic->peer;
	nic->peer = NULL;
	if (peer != NULL && peer != nic) {
		peer->peer = NULL;
		peer->cable = false; /* the other end is gone */
		softnic_link_settle(peer);
	}
	softnic_give(nic);
}

/* -------------------------------------------------------------- registers */

uint32_t softnic_mmio_read(struct softnic *nic, uint32_t reg)
{
	uint32_t value = UINT32_MAX; /* what a bus gives where nothing answers */

	softnic_take(nic);
	nic->counters.reads++;
	if (!nic->faults.on[SOFTNIC_REMOVED]) {
		if (reg == nic->type->first_statistic)
			nic->type->publish(nic);
		value = nic->type->read(nic, reg);
	}
	softnic_give(nic);
	return value;
}

void softnic_mmio_write(struct softnic *nic, uint32_t reg, uint32_t value)
{
	softnic_take(nic);
	nic->counters.writes++;
	if (!nic->faults.on[SOFTNIC_REMOVED]) {
		nic->type->write(nic, reg, value);
		nic->dirty = true;
	}
	softnic_give(nic);
}

/* What was counted stays counted: it is published once, after the reset. */
void softnic_reset_common(struct softnic *nic)
{
	memset((void *)(uintptr_t)nic->bar, 0, nic->type->bar_size);
	for (uint16_t q = 0; q < nic->type->n_rx; q++)
		nic->rxq[q].ring.running = false;
	for (uint16_t q = 0; q < nic->type->n_tx; q++) {
		struct softnic_txq *t = &nic->txq[q];

		t->ring.running = false;
		t->writeback_head = t->writeback_tail = 0;
		memset(t->context, 0, sizeof(t->context));
		memset(&t->frame, 0, sizeof(t->frame));
	}
	nic->n_rx_active = nic->n_tx_active = 0;
	nic->paused = false;
	nic->faults.on[SOFTNIC_TX_HANG] = nic->faults.on[SOFTNIC_RX_STALL] = false;
	nic->dirty = true;
	nic->counters.resets++;
	if (nic->arm_queue_fds != NULL)
		nic->arm_queue_fds(nic);
}

/* ------------------------------------------------------- link, interrupts */

void softnic_link_settle(struct softnic *nic)
{
	bool up = nic->cable && !nic->faults.on[SOFTNIC_LINK_DOWN] &&
		  (nic->peer == NULL || (!nic->peer->faults.on[SOFTNIC_LINK_DOWN] &&
					 !nic->peer->faults.on[SOFTNIC_REMOVED]));

	if (up == nic->link)
		return;
	nic->link = up;
	nic->type->link_changed(nic);
}

static void signal_fd(int fd)
{
	uint64_t one = 1;

	/* Full is as good as written: nobody has looked at the one before. */
	if (fd >= 0 && write(fd, &one, sizeof(one)) < 0)
		return;
}

void softnic_interrupt(struct softnic *nic)
{
	nic->counters.interrupts++;
	signal_fd(nic->interrupt_fd);
}

void softnic_interrupt_clear(struct softnic *nic)
{
	uint64_t count;

	if (nic->interrupt_fd >= 0 && read(nic->interrupt_fd, &count, sizeof(count)) < 0)
		return; /* it was not pending */
}

void softnic_queue_interrupt(struct softnic *nic, uint16_t vector)
{
	nic->counters.interrupts++;
	/* Vector 0 is the NIC's own; EAL numbers the queues' files from the next on. */
	if (vector >= 1 && vector <= SOFTNIC_MAX_QUEUES)
		signal_fd(nic->queue_fd[vector - 1]);
}

void softnic_misused(struct softnic *nic, enum softnic_misuse what)
{
	static const char *const texts[SOFTNIC_MISUSES] = {
		[SOFTNIC_BAD_ADDRESS] = "a descriptor's address is no DMA memory, or ends behind it",
		[SOFTNIC_BAD_TAIL] = "a tail register points past its ring",
		[SOFTNIC_BAD_CONTEXT] = "an offload was asked for without a context descriptor",
		[SOFTNIC_TOO_MANY_SEGMENTS] = "a frame has more than 40 descriptors",
		[SOFTNIC_RUNT] = "a frame is shorter than 17 bytes",
		[SOFTNIC_TOO_LONG] = "a frame is longer than the NIC takes",
		[SOFTNIC_BAD_DESCRIPTOR] = "a descriptor is of no known kind",
	};

	nic->counters.misuses++;
	if (nic->misuses[what]++ == 0)
		softnic_say("%s (%s): the driver did what hardware does not survive: %s", nic->name,
			    nic->type->name, texts[what]);
}

void softnic_counters_get(struct softnic *nic, struct softnic_counters *out)
{
	softnic_take(nic);
	*out = nic->counters;
	softnic_give(nic);
}
