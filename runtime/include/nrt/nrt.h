/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file nrt.h
 * The runtime as its host sees it: start, load drivers, add adapters, read
 * the ledger, stop. Drivers never include this; they see <ndis.h> only.
 *
 * Legal order of calls:
 *   nrt_init -> nrt_driver_load* -> nrt_adapter_add -> (pause/restart)* ->
 *   nrt_adapter_remove -> nrt_driver_unload -> nrt_fini
 * nrt_instance_add and -_remove of virtual adapters lie between load and unload of their driver.
 * Protocol and filter drivers may be loaded before or after adapters are added;
 * every protocol is offered every adapter (ProtocolBindAdapterEx), every filter is
 * attached to every adapter (FilterAttach), the first one loaded lowest.
 *
 * Concurrency: all functions here block until the operation they name has
 * ended, run PASSIVE_LEVEL driver callbacks on the calling thread, and may be
 * called from any thread that is not a worker. Operations on one adapter are
 * serialized by the runtime (contract rule RT-11).
 *
 * Errors: 0 or -errno. After an error nrt_last_error() holds one line that
 * says what happened and what to do about it.
 */
#ifndef NRT_NRT_H
#define NRT_NRT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NRT_API __attribute__((visibility("default")))

struct _DRIVER_OBJECT;
struct _UNICODE_STRING;
struct nrt_bus;
struct nrt_adapter;
struct nrt_driver;
struct nrt_instance;

/** Most workers one process may have. */
#define NRT_MAX_WORKERS 64

/**
 * Where workers and memory come from. The PMD bridge supplies one backed by
 * EAL (lcores, DPDK memory); without one the runtime uses pthreads and malloc.
 * All members are set, or the whole pointer is NULL.
 */
struct nrt_platform {
	/** Zeroed memory for drivers' data, DMA-able where possible. @node is the
	 * NUMA node it is wanted on, if there is some, or -1. NULL when there is none
	 * anywhere. Any thread. */
	void *(*mem_alloc)(size_t size, size_t align, int node);
	/** Free what mem_alloc gave; NULL is allowed. */
	void (*mem_free)(void *va);
	/** Bus address of @va when [@va, @va + @len) is DMA-able in one piece,
	 * UINT64_MAX otherwise. */
	uint64_t (*mem_iova)(const void *va, size_t len);
	/** Start worker @index, which runs @fn(@arg) until it returns. */
	int (*worker_launch)(unsigned int index, int (*fn)(void *), void *arg);
	/** Wait for worker @index to return from its function. */
	void (*worker_join)(unsigned int index);
	/** NUMA node of worker @index, or -1. */
	int (*worker_node)(unsigned int index);
};

/**
 * What becomes of a driver that does what NDIS, the I/O manager or the kernel bug-checks on.
 * It is reported in any case, with the code and the name of the bug check.
 */
enum nrt_bug_checks {
	/* As POLLPORT_BUG_CHECK in the environment says, "stop" or "report"; else the process
	 * stops if this is a verifier build (meson setup -Dverifier=true) and goes on if not. */
	NRT_BUG_CHECKS_DEFAULT,
	NRT_BUG_CHECKS_REPORT, /* the runtime keeps itself whole and goes on */
	NRT_BUG_CHECKS_STOP,   /* abort(), on the thread that did it */
};

struct nrt_options {
	const struct nrt_platform *platform; /* NULL: pthreads and malloc */
	unsigned int workers;                /* 1..NRT_MAX_WORKERS */
	/* frames a poll callback may indicate, 0: 32; sends it may complete: 8 times that */
	unsigned int poll_budget;
	bool verifier;                       /* check every rule on the data path too */
	enum nrt_bug_checks bug_checks;
	/* NdisOpenAdapterEx and NdisCloseAdapterEx answer PENDING and complete later, which protocols
	 * must bear and which does not happen otherwise: for tests of them */
	bool opens_pend;
	unsigned int profile;                /* measure one pass in so many; 0: none. nrt_profile.h */
};

/**
 * Start the runtime: workers run, timers and DPCs are served.
 * Returns 0, -EINVAL, -ENOMEM, -EALREADY or what the platform returned.
 */
NRT_API int nrt_init(const struct nrt_options *options);

/** Stop the workers and free everything. -EBUSY while a driver is loaded. */
NRT_API int nrt_fini(void);

/** Change poll_budget while the runtime runs; the next polls follow it. */
NRT_API void nrt_set_poll_budget(unsigned int budget);

/** Wait until each worker has ended the pass over its poll objects that it is in, so that
 * what was unpublished before is not used any more. PASSIVE_LEVEL, on no worker. */
NRT_API void nrt_workers_quiesce(void);

/** The line that explains the calling thread's last failed nrt_ call. */
NRT_API const char *nrt_last_error(void);

/* -------------------------------------------------------------- drivers */

/**
 * Load a driver's shared object (RTLD_NOW | RTLD_LOCAL) and run its
 * DriverEntry. Returns 0, -ENOENT (no such file, unresolved DDI or no
 * DriverEntry), -EALREADY (the file is loaded, under whatever path) or
 * -EINVAL (DriverEntry failed).
 */
NRT_API int nrt_driver_load(const char *path, struct nrt_driver **driver);

typedef int32_t (*nrt_driver_entry)(struct _DRIVER_OBJECT *object,
				    struct _UNICODE_STRING *registry_path);

/** The same for a driver that is linked into the host. */
NRT_API int nrt_driver_load_linked(const char *name, nrt_driver_entry entry,
				   struct nrt_driver **driver);

/** True when @driver registered a miniport, so that it can be given adapters; or a protocol. */
NRT_API bool nrt_driver_is_miniport(const struct nrt_driver *driver);
NRT_API bool nrt_driver_is_protocol(const struct nrt_driver *driver);

/** True when that miniport is an intermediate driver's: its adapters are virtual. */
NRT_API bool nrt_driver_is_intermediate(const struct nrt_driver *driver);

/** Run the unload handlers. -EBUSY while one of its adapters or instances exists, or a file
 * on one of its devices is open (nrt_device.h). */
NRT_API int nrt_driver_unload(struct nrt_driver *driver);

/* -------------------------------------------------------------- adapters */

/** A device that a bus provider (the PMD bridge) offers to a miniport. */
struct nrt_device {
	const char *name;        /* adapter name and configuration section; copied */
	const void *bus_type;    /* identifies the provider to itself */
	void *bus_context;       /* the provider's; outlives the adapter */
	int node;                /* NUMA node or -1; drivers' memory is wanted there too */
	const struct nrt_bus *bus; /* registers for the driver to work, nrt_bus.h; or NULL */
};

/**
 * Start a stack (contract RT-01): MiniportInitializeEx, attach every filter, bind
 * every protocol, restart. A filter that fails is left out, but one that says it is
 * mandatory ends the stack. On failure everything is undone and nothing is left behind.
 * Returns 0, -EINVAL, -ENODEV (the miniport failed to initialize, or a mandatory
 * filter to attach), -EIO (one of them to restart) or -ENOMEM.
 */
NRT_API int nrt_adapter_add(struct nrt_driver *miniport, const struct nrt_device *device,
			    struct nrt_adapter **adapter);

/**
 * Add a virtual adapter to an intermediate driver, as its notify object and INF do with a
 * device on Windows. It is initialized, bound and restarted on a thread of the runtime when
 * the driver has asked for it by @name (NdisIMInitializeDeviceInstanceEx; names compare
 * without case), be that before or after this call; again each time that the driver has ended
 * it and asks anew. A driver whose instance comes back after nrt_instance_remove is told so
 * (NetEventIMReEnableDevice). Returns 0, -EINVAL (no intermediate driver), -EEXIST or -ENOMEM.
 */
NRT_API int nrt_instance_add(struct nrt_driver *intermediate, const char *name,
			     struct nrt_instance **instance);

/**
 * The adapter that @instance is now; waits for the end of an initialization under way. It
 * dies when the driver ends it, which the removal of a lower adapter may cause.
 * Returns 0, -EAGAIN (the driver did not ask for it, or not again), or what its
 * initialization failed with, as nrt_adapter_add does; then *@adapter is NULL.
 */
NRT_API int nrt_instance_adapter(struct nrt_instance *instance, struct nrt_adapter **adapter);

/** Remove its adapter, if it is there, and the instance, whose handle dies. */
NRT_API void nrt_instance_remove(struct nrt_instance *instance);

/**
 * Pause, unbind, detach filters, halt (contract RT-04). The handle dies. Waits for a removal
 * that goes on without the host (nrt_adapter_gone(), or NdisMRemoveMiniport by the driver) and
 * returns 0 after it, too. 0, or -ENODEV when the handle is dead.
 */
NRT_API int nrt_adapter_remove(struct nrt_adapter *adapter);

/**
 * The adapter's device has been pulled out: tell filters and miniport at once
 * (NdisDevicePnPEventSurpriseRemoved), even while the adapter is being paused or restarted,
 * then take the stack down as nrt_adapter_remove() does, with
 * NdisHaltDeviceSurpriseRemoved. All of that happens on a thread of the runtime. The handle
 * stays valid for the ledger and must be given to nrt_adapter_remove(). Any thread, also a
 * worker; does not block.
 */
NRT_API void nrt_adapter_gone(struct nrt_adapter *adapter);

/**
 * Let the adapter's device go to power state D@state, 1 to 3, or wake it, 0: NetEventQueryPower
 * and NetEventSetPower to the drivers above, a pause of the stack, OID_PNP_QUERY_POWER and
 * OID_PNP_SET_POWER to the miniport, and back. A miniport that has no power management, or can
 * neither wake the system nor keep its state (NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND), is
 * halted and initialized again instead, under its bindings. Protocols and filters that are
 * loaded meanwhile come to it when it wakes.
 * Returns 0; -EALREADY; -EINVAL; -EBUSY: a driver above refuses; -EAGAIN: the miniport is being
 * reset; -EIO: it refuses, or does not restart; -ENODEV: it does not initialize again and has
 * been removed, or was before.
 */
NRT_API int nrt_adapter_set_power(struct nrt_adapter *adapter, unsigned int state);

/**
 * Nobody has used the adapter for a while: offer its miniport selective suspend
 * (MiniportIdleNotification); with @force, it may not refuse. Sends and requests wait from then
 * on, and wake it, as PnP operations do, and nrt_adapter_wake(), which says that the device
 * has signalled so, on any thread.
 * Returns 0: it was told, and suspends by itself; -EBUSY: it refuses; -EIO: it fails;
 * -ENOTSUP: it has no selective suspend; -EALREADY: it does not run; -ENODEV.
 */
NRT_API int nrt_adapter_idle(struct nrt_adapter *adapter, bool force);
NRT_API void nrt_adapter_wake(struct nrt_adapter *adapter);

/** The machine runs on battery now, or on mains power, which it does at first; drivers are
 * told when that changes (NdisDevicePnPEventPowerProfileChanged). */
NRT_API void nrt_power_profile(bool battery);

/** Pause the stack (contract RT-03); 0 or -EALREADY. */
NRT_API int nrt_adapter_pause(struct nrt_adapter *adapter);

/** Restart the stack (contract RT-02); 0, -EALREADY or -EIO. */
NRT_API int nrt_adapter_restart(struct nrt_adapter *adapter);

/**
 * Have the miniport disable its interrupts, or enable them again, for diagnosis: its
 * MiniportDisableInterruptEx and MiniportEnableInterruptEx are called, or their forms for
 * each message. 0; -ENODEV: it has registered no interrupt.
 */
NRT_API int nrt_adapter_let_interrupt(struct nrt_adapter *adapter, bool enable);

/**
 * The system goes down: each stack is paused and its drivers detached, then MiniportShutdownEx
 * is called (NdisShutdownPowerOff), after which nothing of the adapter is called any more, not
 * even MiniportHaltEx. What is left for the host is to end the process; nrt_adapter_add() and
 * nrt_adapter_remove() return -ESHUTDOWN.
 */
NRT_API void nrt_shutdown(void);

/**
 * The process is about to end for an error: call MiniportShutdownEx (NdisShutdownBugCheck) of
 * each adapter that wants it, at HIGH_LEVEL, on this thread and without waiting for anything,
 * so that devices stop. Once; KeBugCheckEx() does it, too. Then end the process.
 */
NRT_API void nrt_shutdown_devices(void);

/** Number of adapters and of running workers. */
NRT_API unsigned int nrt_adapter_count(void);
NRT_API unsigned int nrt_worker_count(void);

/* --------------------------------------------------------- configuration */

/**
 * Set keyword @name of section @section (an adapter's or a driver's name, the
 * latter without .so) as NdisReadConfiguration and the registry functions will
 * find it. Keywords and sections compare without case. @value is a string, or
 * with "dword:N" a number, decimal or with 0x; NDIS also takes strings for
 * numbers. wdm_registry.h says which registry key a section is.
 * What NdisOpenConfigurationEx opens for a filter module or a binding of driver NAME on
 * nic0 is section "NAME\\Adapters\\nic0".
 * A section "nic0\\Queues" is the subkey Queues of nic0, which a driver opens with
 * NdisOpenConfigurationKeyByName, or by its place among the subkeys as they were set.
 */
NRT_API int nrt_config_set(const char *section, const char *name, const char *value);

/* ------------------------------------------------------------ network interfaces */

/**
 * The network interface that follows @if_index in the order of indices (0: the first), or 0.
 * Every adapter is one, and what drivers register with NdisIfRegisterInterface.
 */
NRT_API uint32_t nrt_interface_next(uint32_t if_index);

/**
 * Ask the provider of interface @if_index about object @oid, an OID of ndis/oid.h such as
 * OID_GEN_ALIAS. @length: the size of @buffer before, of the answer after. The runtime is
 * the provider of adapters and knows of them what their miniports told it: speeds, states,
 * addresses, frame size and name.
 * Returns 0; -ENODEV: there is no such interface; -EIO: the provider does not know the
 * object, or has no room for it in @buffer.
 */
NRT_API int nrt_interface_query(uint32_t if_index, uint32_t oid, void *buffer, uint32_t *length);

/* ------------------------------------------------------------ files and logs */

/**
 * Where NdisOpenFile finds the files it is asked for, by their name below @folder.
 * NULL, and at first: nowhere. Returns 0, -ENOMEM, or -ENOTDIR when @folder is none.
 */
NRT_API int nrt_files_set(const char *folder);

/**
 * Take up to @size bytes out of the log that @adapter's miniport made with NdisMCreateLog,
 * the oldest first: what a reader of IOCTL_NDIS_GET_LOG_DATA gets there. How many there
 * were; 0 also when there is no log.
 */
NRT_API size_t nrt_adapter_log_read(struct nrt_adapter *adapter, void *buffer, size_t size);

/* ---------------------------------------------------------------- ledger */

/**
 * What the runtime counted at the two edges of one adapter, NBLs all.
 * Monotonic; a snapshot is exact once traffic has stopped.
 */
struct nrt_ledger {
	/* miniport edge, receive */
	uint64_t rx_indicated;      /* NBLs the miniport indicated */
	uint64_t rx_indicated_res;  /* of those, with NDIS_RECEIVE_FLAGS_RESOURCES */
	uint64_t rx_returned;       /* given back to the miniport (Return call, or end of a RESOURCES call) */
	/* protocol edge, receive */
	uint64_t rx_delivered;      /* indicated NBLs that at least one binding took */
	uint64_t rx_copies;         /* deliveries beyond the first (several bindings) */
	uint64_t rx_looped;         /* deliveries made by loopback, not by the miniport */
	uint64_t rx_drop_filter;    /* no binding's packet filter matched */
	uint64_t rx_drop_paused;    /* no binding was running */
	/* protocol edge, send */
	uint64_t tx_submitted;      /* NBLs given to NdisSendNetBufferLists */
	uint64_t tx_rejected;       /* completed by the runtime: paused (RT-26), in reset (RT-18) */
	uint64_t tx_completed;      /* given back by ProtocolSendNetBufferListsComplete */
	/* miniport edge, send */
	uint64_t tx_handed;         /* NBLs given to MiniportSendNetBufferLists */
	uint64_t tx_returned;       /* given back by NdisMSendNetBufferListsComplete or a poll */
	/* filters: what went into those that have the handler, and what came out on the other
	 * side; they may keep NBLs and make some, so the two may differ */
	uint64_t rx_into_filters, rx_out_of_filters;     /* indicated, to the bindings */
	uint64_t tx_into_filters, tx_out_of_filters;     /* sends, to the miniport */
	uint64_t done_into_filters, done_out_of_filters; /* completed sends, to the bindings */
};

NRT_API void nrt_adapter_ledger(const struct nrt_adapter *adapter, struct nrt_ledger *out);

/** NBLs of all NDIS pools that are allocated now, in the whole process. */
NRT_API uint64_t nrt_nbl_live(void);

/* --------------------------------------------------------------- verifier */

/** One detected violation of the contract. @rule is its id ("MP-SND-02"). */
typedef void (*nrt_violation_fn)(const char *rule, const char *text, void *context);

/**
 * Who is told of violations; by default one line each on stderr. Called on the
 * thread that broke the rule. Set before nrt_init or while nothing runs.
 */
NRT_API void nrt_on_violation(nrt_violation_fn fn, void *context);

/** Violations since nrt_init. */
NRT_API uint64_t nrt_violation_count(void);

#ifdef __cplusplus
}
#endif
#endif
