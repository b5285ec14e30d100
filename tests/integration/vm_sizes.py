#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Frames of every size through NICs in a QEMU guest: the shortest to the longest ordinary one, and
jumbo frames in one buffer each and in several.
"""

import tap
import vm

ORDINARY = range(vm.wire.SHORTEST, vm.wire.LONGEST + 1)
# Each side of a power of two, of the buffers' 2048 bytes and their multiples, and the longest.
JUMBO = (60, 1514, 1518, 2044, 2047, 2048, 2049, 2052, 4095, 4096, 4097, 4100, 6143, 6144, 6145,
         8188, 8191, 8192, 8193, 8999, 9000)
LONGEST_WITH_FCS = 9018


def ordinary(nic):
    with vm.Guest(["--nic", nic]) as guest:
        guest.start()
        guest.exchange(2 * len(ORDINARY), ORDINARY)
        guest.exchange(len(ORDINARY), ORDINARY[::-1])
        guest.quit()


def jumbo(nic, buffer):
    """A frame takes up to five of the buffers, so fewer frames are under way."""
    with vm.Guest(["--nic", nic], [f"--max-pkt-len={LONGEST_WITH_FCS}", f"--mbuf-size={buffer}"]) \
            as guest:
        guest.start()
        guest.exchange(100 * len(JUMBO), JUMBO, window=24)
        guest.quit()


def test_82540em_passes_60_to_1514():
    ordinary("e1000")


def test_82574l_passes_60_to_1514():
    ordinary("e1000e")


def test_82576_passes_60_to_1514():
    ordinary("igb")


def test_82540em_passes_jumbo_frames_in_one_buffer_each():
    jumbo("e1000", 9600)


def test_82574l_passes_jumbo_frames_in_one_buffer_each():
    jumbo("e1000e", 9600)


def test_82576_passes_jumbo_frames_in_one_buffer_each():
    jumbo("igb", 9600)


def test_82540em_passes_jumbo_frames_in_several_buffers():
    jumbo("e1000", 2176)


def test_82574l_passes_jumbo_frames_in_several_buffers():
    jumbo("e1000e", 2176)


def test_82576_passes_jumbo_frames_in_several_buffers():
    jumbo("igb", 2176)


tap.run(globals())
