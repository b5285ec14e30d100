# SPDX-License-Identifier: BSD-3-Clause
"""What the machine under a benchmark is and does: processors, steal time,
context switches, hugepages. Linux only, read from /proc and /sys.
"""

import contextlib
import os
import subprocess
import tempfile

PAGES = "/sys/kernel/mm/hugepages/hugepages-2048kB"


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return os.uname().machine


def steal_seconds(cpu):
    """Time the hypervisor gave to others while CPU wanted to run."""
    with open("/proc/stat", encoding="utf-8") as lines:
        for line in lines:
            fields = line.split()
            if fields[0] == f"cpu{cpu}":
                return int(fields[8]) / os.sysconf("SC_CLK_TCK")
    return 0.0


def threads(pid):
    """{tid: (ticks run so far, involuntary context switches)} of a process."""
    seen = {}
    for tid in os.listdir(f"/proc/{pid}/task"):
        base = f"/proc/{pid}/task/{tid}"
        with open(f"{base}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        with open(f"{base}/status", encoding="utf-8") as lines:
            switches = next(int(line.split()[1]) for line in lines
                            if line.startswith("nonvoluntary_ctxt_switches"))
        seen[int(tid)] = (int(fields[11]) + int(fields[12]), switches)
    return seen


def busiest_switches(before, after):
    """Involuntary switches of the thread that ran most between two threads()."""
    busiest = max(after, key=lambda tid: after[tid][0] - before.get(tid, (0, 0))[0])
    return after[busiest][1] - before.get(busiest, (0, 0))[1]


def read_int(path):
    with open(path, encoding="utf-8") as file:
        return int(file.read())


def hugetlbfs_mount():
    with open("/proc/mounts", encoding="utf-8") as lines:
        for line in lines:
            _, where, kind, options = line.split()[:4]
            if kind == "hugetlbfs" and "pagesize=1" not in options and os.access(where, os.W_OK):
                return where
    return None


@contextlib.contextmanager
def hugepages(megabytes):
    """Yield (EAL arguments, None) with MEGABYTES of 2 MB pages free, or (None, why not).

    As root, pages and a mount that are missing are made and put back at the end.
    """
    with contextlib.ExitStack() as undo:
        try:
            reserve(megabytes // 2, undo)
            where = hugetlbfs_mount() or mount(undo)
        except (OSError, subprocess.CalledProcessError) as error:
            yield None, str(error)
            return
        yield ["--huge-dir", where], None


def reserve(pages, undo):
    free = read_int(f"{PAGES}/free_hugepages")
    if free >= pages:
        return
    total = read_int(f"{PAGES}/nr_hugepages")
    if os.geteuid() != 0:
        raise OSError(f"{free} free 2 MB pages, {pages} needed, and not root to add them")

    wanted = total + pages - free

    def restore():
        if read_int(f"{PAGES}/nr_hugepages") != wanted:
            return  # somebody else set it since
        with open(f"{PAGES}/nr_hugepages", "w", encoding="utf-8") as file:
            file.write(str(total))

    undo.callback(restore)
    with open(f"{PAGES}/nr_hugepages", "w", encoding="utf-8") as file:
        file.write(str(wanted))
    free = read_int(f"{PAGES}/free_hugepages")
    if free < pages:
        raise OSError(f"the kernel could free {free} 2 MB pages only, {pages} needed")


def mount(undo):
    if os.geteuid() != 0:
        raise OSError("no hugetlbfs is mounted where this user may write")
    where = tempfile.mkdtemp(prefix="pollport-huge-")
    undo.callback(os.rmdir, where)
    subprocess.run(["mount", "-t", "hugetlbfs", "-o", "pagesize=2M", "none", where],
                   check=True, capture_output=True)
    undo.callback(subprocess.run, ["umount", where], check=False)
    return where
