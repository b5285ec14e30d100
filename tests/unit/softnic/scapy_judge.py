#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The software NIC's frame functions, judged by scapy: headers, checksums, tags
and segments of frames that scapy serializes, byte by byte. The functions are
reached through the program in $POLLPORT_SOFTNIC_JUDGE (judge.c).
"""

import logging
import os
import random
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                                "integration"))
logging.getLogger("scapy.runtime").setLevel(logging.ERROR)

import tap  # noqa: E402

from scapy.layers.inet import (ICMP, IP, TCP, UDP, IPOption_NOP,  # noqa: E402
                               IPOption_Router_Alert, fragment)
from scapy.layers.inet6 import (HAO, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,  # noqa: E402
                                IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN, fragment6)
from scapy.layers.l2 import ARP, LLC, SNAP, Dot1Q, Dot3, Ether  # noqa: E402
from scapy.layers.sctp import SCTP, SCTPChunkData  # noqa: E402
from scapy.packet import Raw  # noqa: E402

JUDGE = os.environ["POLLPORT_SOFTNIC_JUDGE"]
NONE, GOOD, BAD = 0, 1, 2
TCP_OPTIONS = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 2)), ("NOP", None),
               ("WScale", 7)]


def ask(lines):
    """The answers to @lines, one each."""
    done = subprocess.run([JUDGE], input="\n".join(lines) + "\n", capture_output=True, text=True,
                          timeout=120, check=False)
    tap.equal((done.returncode, done.stderr), (0, ""), "the judge's status and complaints")
    answers = done.stdout.split("\n")[:-1]
    tap.equal(len(answers), len(lines), "answers")
    return answers


def ethers():
    addresses = {"src": "02:01:02:03:04:05", "dst": "02:06:07:08:09:0a"}
    yield Ether(**addresses), 14, None
    yield Ether(**addresses) / Dot1Q(prio=5, id=1, vlan=0x123), 18, 0xB123
    yield Dot3(**addresses) / LLC() / SNAP(), 22, None


def ips():
    """(header, its length, whether it has options or extensions)"""
    yield IP(src="192.0.2.1", dst="198.51.100.7", id=0x1234), 20, False
    yield IP(src="10.0.0.1", dst="10.255.255.255", options=[IPOption_Router_Alert()]), 24, True
    yield IP(src="10.0.0.1", dst="10.0.0.2", options=[IPOption_NOP()] * 40), 60, True
    six = IPv6(src="2001:db8::1", dst="2001:db8:ffff::fffe")
    yield six, 40, False
    yield six / IPv6ExtHdrHopByHop(), 48, True
    yield (six / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 20)]) /
           IPv6ExtHdrRouting(addresses=["2001:db8::9"], segleft=0)), 96, True


def l4s():
    """(header, its length, protocol)"""
    yield UDP(sport=4660, dport=80), 8, 17
    yield TCP(sport=4660, dport=80, seq=0xFFFFFF00, flags="PA"), 20, 6
    yield TCP(sport=1, dport=65535, options=TCP_OPTIONS), 40, 6
    yield SCTP(sport=4660, dport=80, tag=7), 12, 132


def payload(number, size, sctp):
    data = random.Random(number).randbytes(size)
    return SCTPChunkData(data=data) if sctp else Raw(data)


def frames():
    """(bytes, L2, tci, IP version, L3, options, L4, protocol) of every mixture"""
    number = 0
    for ether, l2, tci in ethers():
        for ip, l3, options in ips():
            for l4, l4_len, protocol in l4s():
                for size in (0, 1, 2, 7, 64, 333, 1400):
                    number += 1
                    if Dot3 in ether and size > 1300:
                        continue  # a length of 1500 at most, IEEE 802.3 3.2.6
                    packet = ether / ip / l4 / payload(number, size, protocol == 132)
                    version = 4 if IP in packet else 6
                    yield (bytes(packet), l2, tci, version, l3, options, l4_len, protocol)


def want(frame, ip, l4):
    _, l2, tci, version, l3, options, l4_len, protocol = frame
    return (f"{l2} {l3} {l4_len} {version} {protocol} {int(tci is not None)} {tci or 0} "
            f"{int(options)} 0 {ip if version == 4 else NONE} {l4}")


def test_headers_and_checksums_are_found_as_scapy_made_them():
    every = list(frames())
    tap.true(len(every) == 2 * 6 * 4 * 7 + 6 * 4 * 6, f"{len(every)} frames")
    for frame, answer in zip(every, ask(["examine " + frame[0].hex() for frame in every])):
        tap.equal(answer, want(frame, GOOD, GOOD), frame[0].hex())


def test_padding_and_a_broken_byte_are_told_apart():
    chance = random.Random(1)
    every = list(frames())
    lines, wants = [], []
    for frame in every:
        lines.append("examine " + (frame[0] + bytes(9)).hex())
        wants.append(want(frame, GOOD, GOOD))
        broken = bytearray(frame[0])
        at = chance.randrange(frame[1] + frame[4] + frame[6], len(broken) + 1) - 1
        # The last byte of the L4 header or any of the payload; of a UDP header that is the
        # checksum, which must not become 0: none.
        broken[at] ^= 1 if broken[at] != 1 else 2
        lines.append("examine " + broken.hex())
        wants.append(want(frame, GOOD, BAD))
    for line, answer, wanted in zip(lines, ask(lines), wants):
        tap.equal(answer, wanted, line)


def test_fragments_have_no_l4():
    big = IP(src="192.0.2.1", dst="198.51.100.7", id=7) / UDP() / Raw(bytes(3000))
    four = [bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / piece)
            for piece in fragment(big, fragsize=1000)]
    big = (IPv6(src="2001:db8::1", dst="2001:db8::2") / IPv6ExtHdrFragment(id=9) / UDP() /
           Raw(bytes(3000)))
    six = [bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / piece)
           for piece in fragment6(big, 1280)]
    tap.true(len(four) > 3 and len(six) > 2, f"{len(four)} and {len(six)} fragments")
    for answer in ask(["examine " + piece.hex() for piece in four]):
        tap.equal(answer, "14 20 0 4 0 0 0 0 1 1 0", "IPv4 fragment")
    for answer in ask(["examine " + piece.hex() for piece in six]):
        tap.equal(answer, "14 48 0 6 0 0 0 1 1 0 0", "IPv6 fragment")


def test_frames_without_l4_are_told_by_their_ip_alone():
    ether = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    every = [bytes(ether / IP(src="192.0.2.1", dst="192.0.2.2") / ICMP()),
             bytes(ether / ARP()), bytes(ether / IPv6(src="::1", dst="::2", nh=59)),
             bytes(ether / IP(src="192.0.2.1", dst="192.0.2.2") / UDP(chksum=0) / Raw(b"abc"))]
    tap.equal(ask(["examine " + frame.hex() for frame in every]),
              ["14 20 0 4 0 0 0 0 0 1 0", "14 0 0 0 0 0 0 0 0 0 0", "14 40 0 6 0 0 0 0 0 0 0",
               "14 20 8 4 17 0 0 0 0 1 0"], "answers")


def test_addresses_in_extension_headers_leave_the_checksum_undecided():
    six = IPv6(src="2001:db8::1", dst="2001:db8::2")
    ether = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    routed = ether / six / IPv6ExtHdrRouting(addresses=["2001:db8::9"], segleft=1) / UDP()
    mobile = ether / six / IPv6ExtHdrDestOpt(options=[HAO(hoa="2001:db8::7")]) / UDP()
    for answer in ask(["examine " + bytes(frame).hex() for frame in (routed, mobile)]):
        tap.equal(answer.split()[4:5] + answer.split()[-1:], ["17", str(NONE)], answer)


def slow_sum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def pseudo(frame, l2, version, protocol, length):
    """What a driver leaves in the checksum field; @length 0 for segmentation."""
    addresses = frame[l2 + 12:l2 + 20] if version == 4 else frame[l2 + 8:l2 + 40]
    return slow_sum(addresses + struct.pack("!HH", protocol, length))


def test_checksums_put_in_are_scapys():
    lines, wants = [], []
    for frame, l2, _, version, l3, _, _, protocol in frames():
        start = l2 + l3
        offset = start + {6: 16, 17: 6, 132: 8}[protocol]
        raw = bytearray(frame)
        if protocol == 132:
            raw[offset:offset + 4] = b"\xAA\xBB\xCC\xDD"
            lines.append(f"sctp {start} {len(raw)} {raw.hex()}")
        else:
            raw[offset:offset + 2] = struct.pack(
                "!H", pseudo(frame, l2, version, protocol, len(raw) - start))
            lines.append(f"sum {start} {len(raw)} {offset} {raw.hex()}")
        wants.append(frame.hex())
        if version == 4:
            raw = bytearray(frame)
            raw[l2 + 10:l2 + 12] = bytes(2)
            lines.append(f"sum {l2} {l2 + l3} {l2 + 10} {raw.hex()}")
            wants.append(frame.hex())
    for line, answer, wanted in zip(lines, ask(lines), wants):
        tap.equal(answer, wanted, line)


def test_a_tag_put_in_is_scapys():
    plain = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    rest = IP(src="192.0.2.1", dst="192.0.2.2") / UDP() / Raw(b"odd")
    tagged = plain / Dot1Q(prio=3, id=0, vlan=0xABC) / rest
    tap.equal(ask([f"vlan {0x6ABC} {bytes(plain / rest).hex()}"]), [bytes(tagged).hex()], "frame")


def expected_segments(ether, ip, l4, data, mss):
    """What a host would have sent in frames of @mss, by scapy alone."""
    last = (len(data) - 1) // mss
    for n in range(last + 1):
        head, tail = ip.copy(), l4.copy()
        if IP in head:
            head.id = (ip.id + n) & 0xFFFF
        if TCP in tail:
            tail.seq = (l4.seq + n * mss) & 0xFFFFFFFF
            flags = int(l4.flags)
            tail.flags = flags & (0xFF if n == last else 0xF6) & (0xFF if n == 0 else 0x7F)
        yield bytes(ether / head / tail / Raw(data[n * mss:(n + 1) * mss])).hex()


def test_segments_are_the_frames_scapy_would_send():
    chance = random.Random(2)
    lines, wants = [], []
    for ether, l2, _ in ethers():
        for ip, l3, _ in ips():
            for l4, l4_len, protocol in l4s():
                if protocol == 132:
                    continue
                for size, mss in ((1, 1), (100, 100), (101, 100), (5000, 536), (4381, 1460)):
                    data = chance.randbytes(size)
                    ip, l4 = ip.copy(), l4.copy()
                    if TCP in l4:
                        l4.seq, l4.flags = chance.getrandbits(32), chance.getrandbits(8)
                    if IP in ip:
                        ip.id = 0xFFFE
                    wants.append(list(expected_segments(ether, ip, l4, data, mss)))
                    # The frame as a driver hands it over: both checksum fields prepared.
                    raw = bytearray(bytes(ether / ip / l4 / Raw(data)))
                    version = 4 if IP in ip else 6
                    if version == 4:
                        raw[l2 + 10:l2 + 12] = bytes(2)
                    at = l2 + l3 + (16 if protocol == 6 else 6)
                    raw[at:at + 2] = struct.pack("!H", pseudo(raw, l2, version, protocol, 0))
                    lines.append(f"segment {l2} {l3} {l4_len} {mss} {int(version == 4)} "
                                 f"{int(protocol == 6)} {raw.hex()}")
    tap.equal(len(lines), 3 * 6 * 3 * 5, "cases")
    for line, answer, wanted in zip(lines, ask(lines), wants):
        tap.equal(answer.split(), wanted, line)


def toeplitz(key, data):
    """By the definition: the key's next 32 bits for each bit that is set."""
    bits, result = int.from_bytes(key, "big"), 0
    for n in range(len(data) * 8):
        if data[n // 8] & 0x80 >> n % 8:
            result ^= bits >> (320 - 32 - n) & 0xFFFFFFFF
    return result


def test_hashes_are_of_scapys_addresses_and_ports():
    key = bytes((i * 37 + 11) & 0xFF for i in range(40))
    every = list(frames())
    types = 0b011010111  # all but those with extensions; bit 5, 3 and 8 are TCP, IP, UDP EX
    lines = [f"rss {types} {frame[0].hex()}" for frame in every]
    for frame, answer in zip(every, ask(lines)):
        raw, l2, _, version, l3, _, _, protocol = frame
        data = raw[l2 + 12:l2 + 20] if version == 4 else raw[l2 + 8:l2 + 40]
        number = 2 if version == 4 else 5
        if protocol != 132:
            data += raw[l2 + l3:l2 + l3 + 4]
            number = {(4, 6): 1, (6, 6): 3, (4, 17): 7, (6, 17): 8}[version, protocol]
        tap.equal(answer, f"{number} {toeplitz(key, data)}", raw.hex())


tap.run(globals())
