# SPDX-License-Identifier: BSD-3-Clause
"""What the machine under a benchmark is and does: processors, threads' time,
steal time, context switches, hugepages. Linux only, read from /proc and /sys.
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


class Thread:
    """What the kernel knows of a thread at a moment."""

    def __init__(self, ran, switches):
        self.ran = ran            # seconds on a processor
        self.switches = switches  # involuntary


def run_seconds(base):
    """Time a thread has run; schedstat is as fresh as the last tick, stat counts whole ticks."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open(f"{base}/schedstat", encoding="utf-8") as file:
            return int(file.read().split()[0]) / 1e9
    with open(f"{base}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def threads(pid):
    """{tid: Thread} of a process."""
    seen = {}
    for tid in os.listdir(f"/proc/{pid}/task"):
        base = f"/proc/{pid}/task/{tid}"
        with open(f"{base}/status", encoding="utf-8") as lines:
            switches = next(int(line.split()[1]) for line in lines
                            if line.startswith("nonvoluntary_ctxt_switches"))
        seen[int(tid)] = Thread(run_seconds(base), switches)
    return seen


def busiest(before, after, count):
    """What the COUNT threads that ran most gained between two threads(): [Thread]."""
    nothing = Thread(0, 0)
    gained = [Thread(thread.ran - before.get(tid, nothing).ran,
                     thread.switches - before.get(tid, nothing).switches)
              for tid, thread in after.items()]
    return sorted(gained, key=lambda thread: thread.ran)[-count:]


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
        # Nothing stays in the mount, however a program ends.
        yield ["--huge-dir", where, "--huge-unlink"], None


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
