#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What one worker does for a frame, of our own objects: no instruction that locks the
bus or divides, no allocation and no lock, counted by callgrind as it executes them; and
no system call while a million frames pass, counted by strace (on the software NIC without
sched_yield, which is the model's).

The PMDs are DPDK's and not looked at. What a worker does at start and stop counts, too,
so the bound is one for a thousand frames.
"""

import glob
import os
import re
import shutil
import subprocess
import tempfile

import pollport
import tap

FRAMES = 1000000
EMULATED_FRAMES = 200000  # under callgrind, some 50 times slower
pollport.PATIENCE = 240.0
OURS = ("libpollport.so", "libpmd-bridge.so", "pollport-miniport.so", "pollport-fwd")
# By objdump's words. xchg with memory locks without the prefix.
INSTRUCTIONS = {
    "locked": re.compile(r"lock\b|xchg\s.*\("),
    "division": re.compile(r"i?div[bwlq]?\s"),
    "system call": re.compile(r"syscall"),
}
CALLS = {"malloc", "calloc", "realloc", "free", "posix_memalign", "aligned_alloc",
         "pthread_mutex_lock", "pthread_rwlock_rdlock", "pthread_rwlock_wrlock",
         "pthread_spin_lock", "pthread_cond_signal", "rte_malloc_socket", "rte_free"}
NICS = {
    "null": ["net_null0", "net_null1"],
    "82599": ["net_softnic0,type=82599,generate=64,run=poll",
              "net_softnic1,type=82599,generate=64,run=poll"],
}
# The software NIC yields its core when another thread, here the one that reads statistics,
# is at its registers. Hardware does not; what the worker itself yields is seen on net_null.
COUNTED = {"null": [], "82599": ["-e", "trace=!sched_yield"]}


def need(program):
    if shutil.which(program) is None:
        raise tap.Skip(f"{program} is not installed")


class Profile:
    """One thread of a callgrind dump: how often each instruction and call was executed."""

    def __init__(self, path):
        self.executed = {}  # (object, address): times
        self.calls = {}     # function: times
        obj, callee, inclusive = "", "", False
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                key, _, value = line.rstrip("\n").partition("=")
                if key == "ob":
                    obj = os.path.basename(value)
                elif key == "cfn":
                    callee = re.sub(r"@.*|'\d+$", "", value)
                elif key == "calls":
                    times = int(value.split()[0])
                    if obj.startswith(OURS):
                        self.calls[callee] = self.calls.get(callee, 0) + times
                    inclusive = True  # the next line is what the callee took
                elif line.startswith("0x"):
                    if not inclusive:
                        address, _, times = line.split()
                        place = (obj, int(address, 16))
                        self.executed[place] = self.executed.get(place, 0) + int(times)
                    inclusive = False

    def of(self, obj):
        return sum(times for (where, _), times in self.executed.items() if where == obj)


def special_instructions(build):
    """{(object, address): (kind, function, text)} of all our objects."""
    found = {}
    for path in (os.path.join(build, "runtime", OURS[0]),
                 os.path.join(build, "pmd-bridge", OURS[1]),
                 os.path.join(build, "miniport", OURS[2]),
                 os.path.join(build, "apps", "fwd", OURS[3])):
        text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", path], check=True,
                              capture_output=True, text=True).stdout
        function = ""
        for line in text.splitlines():
            head = re.match(r"[0-9a-f]+ <(.*)>:$", line)
            if head:
                function = head.group(1)
                continue
            address, _, instruction = line.strip().partition(":\t")
            for kind, pattern in INSTRUCTIONS.items():
                if pattern.match(instruction):
                    place = (os.path.basename(os.path.realpath(path)), int(address, 16))
                    found[place] = (kind, function, instruction)
    return found


def profiles(mode):
    """Profiles of all threads of a run of EMULATED_FRAMES frames, the worker's first, and the
    frames it sent."""
    need("valgrind")
    folder = tempfile.mkdtemp(prefix="pollport-callgrind-")
    try:
        out = os.path.join(folder, "out")
        result = pollport.run(
            NICS["null"], ["--stats-period=0", f"--num-packets={EMULATED_FRAMES}",
                         f"--forward-mode={mode}"],
            eal=["--no-telemetry"],
            launcher=["valgrind", "--tool=callgrind", "--fair-sched=yes", "--dump-instr=yes",
                      "--separate-threads=yes", "--compress-strings=no", "--compress-pos=no",
                      f"--callgrind-out-file={out}"])
        result.check_clean()
        sent = int(re.search(r"Total: .* sent (\d+)", result.out).group(1))
        threads = [Profile(path) for path in glob.glob(f"{out}-*")]
    finally:
        shutil.rmtree(folder)
    bridge = next(obj for thread in threads for obj, _ in thread.executed
                  if obj.startswith("libpmd-bridge"))
    return sorted(threads, key=lambda thread: -thread.of(bridge)), sent


def executed(profile, special, kind):
    """[(times, function, instruction)] of one kind, the most frequent first."""
    rows = [(profile.executed.get(place, 0), function, text)
            for place, (its, function, text) in special.items() if its == kind]
    return sorted((row for row in rows if row[0]), reverse=True)


def check(mode):
    threads, sent = profiles(mode)
    tap.true(sent >= EMULATED_FRAMES, f"{sent} frames were sent")
    special = special_instructions(os.environ["POLLPORT_BUILD"])
    worker = threads[0]
    for kind in INSTRUCTIONS:
        rows = executed(worker, special, kind)
        tap.true(sum(row[0] for row in rows) <= sent / 1000,
                 f"{kind} instructions for {sent} frames: {rows[:8]}")
    calls = {name: times for name, times in worker.calls.items() if name in CALLS}
    tap.true(sum(calls.values()) <= sent / 1000, f"calls for {sent} frames: {calls}")
    # What other threads do at start and stop shows that such things are seen at all.
    others = sum(row[0] for thread in threads[1:] for row in executed(thread, special, "locked"))
    tap.true(others > 0, "no locked instruction was seen in any thread")
    tap.true(any(name in CALLS for thread in threads[1:] for name in thread.calls),
             "no call was seen in any thread")


def test_io_locks_divides_and_allocates_nothing_for_a_frame():
    check("io")


def test_macswap_locks_divides_and_allocates_nothing_for_a_frame():
    check("macswap")


def system_calls(trace, path):
    """Calls that strace counted, once it has ended."""
    trace.send_signal(2)
    said = trace.communicate(timeout=pollport.PATIENCE)[1]
    if "Operation not permitted" in said:
        raise tap.Skip("strace may not attach here: kernel.yama.ptrace_scope")
    with open(path, encoding="utf-8") as file:
        total = re.search(r"^\s*100\.00\s+\S+\s+\S+\s+(\d+)(\s+\d+)?\s+total$", file.read(),
                          re.MULTILINE)
    return int(total.group(1)) if total else 0


def frames(program, nic):
    """Frames that were sent. A NIC's statistics are not asked for: its PMD clears registers
    when it reads them, and telemetry does not take turns with others that do."""
    if nic == "null":
        return sum(program.stats(port)["opackets"] for port in (0, 1))
    return sum(program.telemetry.ask(f"/softnic/counters,net_softnic{port}")["tx_frames"]
               for port in (0, 1))


def check_system_calls(nic):
    need("strace")
    with pollport.Pollport(NICS[nic], ["--stats-period=1"]) as program:
        program.wait_started()
        program.until(lambda: frames(program, nic) > 0, "frames")
        tasks = glob.glob(f"/proc/{program.process.pid}/task/*/comm")
        names = {int(path.split("/")[4]): open(path, encoding="utf-8").read().strip()
                 for path in tasks}
        worker = next(task for task, name in names.items() if "worker" in name)
        traces = []
        for task in (worker, program.process.pid):
            path = os.path.join(program.scratch, f"calls-{task}")
            traces.append((subprocess.Popen(["strace", "-c", *COUNTED[nic], "-o", path,
                                             "-p", str(task)],
                                            stderr=subprocess.PIPE, text=True), path))
        for task in (worker, program.process.pid):
            program.until(lambda task=task: not tracer_of(task).startswith("0"), "a tracer")
        before = frames(program, nic)
        program.until(lambda: frames(program, nic) > before + FRAMES, "a million frames")
        counts = [system_calls(*trace) for trace in traces]
        program.stop().check_clean()
    tap.equal(counts[0], 0, f"system calls of the worker in {FRAMES} frames")
    tap.true(counts[1] > 0, "strace saw no call of the main thread, which prints")


def tracer_of(task):
    with open(f"/proc/{task}/status", encoding="utf-8") as file:
        return re.search(r"^TracerPid:\s+(\d+)", file.read(), re.MULTILINE).group(1)


def test_a_worker_on_net_null_makes_no_system_call():
    check_system_calls("null")


def test_a_worker_on_an_82599_makes_no_system_call():
    check_system_calls("82599")


if __name__ == "__main__":
    tap.run(globals())
