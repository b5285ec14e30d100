#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""SIGINT and SIGTERM end pollport-fwd as a user expects: ports paused and
drained, drivers unloaded, totals printed, exit status 0.
"""

import signal

import pollport
import tap

NULL = ["net_null0", "net_null1"]
ARGS = ["--stats-period=0", "--forward-mode=macswap"]


def stopped_by(number, vdevs=NULL, args=ARGS):
    with pollport.Pollport(vdevs, args) as program:
        program.wait_sending([0, 1])
        result = program.stop(number)
    result.check_clean()
    return result


def test_sigint_stops_cleanly_and_prints_totals():
    stopped_by(signal.SIGINT)


def test_sigterm_stops_cleanly_and_prints_totals():
    stopped_by(signal.SIGTERM)


def test_sigint_stops_two_rings_with_frames_in_flight():
    stopped_by(signal.SIGINT, ["net_ring0", "net_ring1"], [*ARGS, "--tx-first"])


def test_a_second_signal_while_stopping_changes_nothing():
    with pollport.Pollport(NULL, ARGS) as program:
        program.wait_sending([0, 1])
        program.process.send_signal(signal.SIGINT)
        program.process.send_signal(signal.SIGINT)
        program.process.send_signal(signal.SIGTERM)
        program.result().check_clean()


def test_the_live_table_goes_on_until_the_signal():
    with pollport.Pollport(NULL, ["--stats-period=1", "--forward-mode=io"]) as program:
        program.wait_sending([0, 1])
        program.until(lambda: "tx/s" in program.said()[0], "a table with rates")
        program.stop().check_clean()


def test_end_of_input_alone_does_not_stop_it():
    with pollport.Pollport(NULL, ARGS) as program:
        program.process.stdin.close()
        program.wait_sending([0, 1])
        before = program.stats(0)["opackets"]
        program.until(lambda: program.stats(0)["opackets"] > before, "further packets")
        program.stop().check_clean()


tap.run(globals())
