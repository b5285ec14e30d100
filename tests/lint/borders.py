#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Which folder may include what. The design stands on these borders:

- rte_* headers and DPDK's mbufs stay in pmd-bridge/;
- pmd-bridge/ is the only folder that sees rte_mbuf and NET_BUFFER_LIST;
- the reference miniport is an ordinary driver: <ndis.h>, <pmb.h>, its own;
- a driver never sees the host's interfaces (nrt/, pmb_host.h);
- the driver headers (runtime/include/ddk) lead to nothing of ours but themselves.
"""

import os
import sys

import tree

HOST_ONLY = ("nrt/", "pmb_host.h")
DPDK = ("rte_", "ethdev_", "cmdline")


def own(name, quoted):
    return quoted and not os.path.basename(name).startswith(DPDK)


def no_dpdk(path):
    """Outside the bridge nobody includes DPDK; its tests and benchmarks may."""
    if path.startswith(("pmd-bridge/", "tests/", "benchmarks/")):
        return []
    return [f"{path}: includes {name}: DPDK stays in pmd-bridge/"
            for name, _ in tree.includes(path) if os.path.basename(name).startswith("rte_")]


def one_place_for_both(path):
    if path.startswith(("pmd-bridge/", "tests/unit/pmd-bridge/")):
        return []
    seen = tree.reach(path)
    both = any(os.path.basename(n) == "rte_mbuf.h" for n in seen) and "ndis.h" in seen
    return [f"{path}: sees rte_mbuf and NET_BUFFER_LIST"] if both else []


def plain_miniport(path):
    if not path.startswith("miniport/"):
        return []
    return [f"{path}: includes {name}: a miniport includes <ndis.h>, <pmb.h> and its own headers"
            for name, quoted in tree.includes(path)
            if not own(name, quoted) and name not in ("ndis.h", "pmb.h")]


def driver_without_host(path):
    """Outside runtime/ and the bridge, who sees ndis.h is a driver."""
    if not path.startswith(("apps/", "miniport/", "docs/", "tests/examples/", "tests/drivers/")):
        return []
    seen = tree.reach(path)
    if "ndis.h" not in seen:
        return []
    return [f"{path}: a driver sees {name}" for name in sorted(seen)
            if name.startswith(HOST_ONLY) or os.path.basename(name) in HOST_ONLY]


def self_contained_ddk(path):
    ddk = "runtime/include/ddk/"
    if not path.startswith(ddk):
        return []
    complaints = []
    for name, _ in tree.includes(path):
        ours = os.path.exists(os.path.join(tree.ROOT, "runtime", name)) or name.startswith(
            ("nrt/", "pmb"))
        in_ddk = os.path.exists(os.path.join(tree.ROOT, ddk, name))
        if ours and not in_ddk:
            complaints.append(f"{path}: includes {name}: drivers must not see the engine")
    return complaints


RULES = (no_dpdk, one_place_for_both, plain_miniport, driver_without_host, self_contained_ddk)


def main():
    paths = tree.files(".c", ".h", ".cc")
    tree.report([line for path in paths for rule in RULES for line in rule(path)], len(paths))


if __name__ == "__main__":
    sys.exit(main())
