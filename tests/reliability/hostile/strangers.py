"""Rows 13 to 15: whoever is not a member costs little and keeps no member out."""

import random
import socket
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

import trio
from trio.testing import MockClock

from comity.errors import RemoteError
from comity.limits import HANDSHAKE_S
from comity.link import Link
from comity_node.bounds import SOURCE_BURST, SOURCE_RATE, STRANGER_BURST, STRANGER_RATE
from tests.reliability.hostile import slowloris
from tests.reliability.hostile.arena import Arena, arena, memory_place
from tests.reliability.hostile.flood import Flood, first_messages, member_enters, sources, spoiled
from tests.reliability.hostile.planted import planted
from tests.reliability.hostile.weighing import slowness
from tests.reliability.row import Outcome, Row, Tier
from tests.support.wire import CALLEE, CALLEE_KEY, HELLO, KNOWN, TREATY_ID, caller, flush

MAX_WAITING = 2 * 64  # strangers, and as many from the addresses of members
MAX_EACH_KIB = 40
GROWTH_KIB = 16_384  # of the victim's memory, whatever comes
MAX_REJECT_US = 150.0
CONNECTIONS_PER_S = 2_000.0


# --- row 13 ---


def trickle(tier: Tier, bug: str | None) -> Outcome:
    """Send one byte now and then, before and after authentication; with real sockets from the CI tier on."""
    clients = tier.trials(2_000, at_least=150)
    with planted(bug), tempfile.TemporaryDirectory(dir=memory_place()) as place:
        clock = MockClock(autojump_threshold=0)
        trials, found = trio.run(partial(slowloris.in_virtual_time, Path(place), clients), clock=clock)
    figures: dict[str, str] = {}
    if tier >= Tier.CI:
        more, violations, figures = _real_trickle(min(clients, 2_000))
        trials, found = trials + more, found + violations
    return Outcome(trials, tuple(found), "base seed 13", figures)


def _real_trickle(clients: int) -> tuple[int, list[str], dict[str, str]]:
    with arena() as place:
        place.warm_up()
        base = place.sample()
        each_kib = _cost_of_waiting(place)
        slow = slowloris.Trickle(place.address, sources(250), clients)
        wrong = place.compare(2, 3.0, partial(slow.run, now_and_then=place.sample))
        slow.end(HANDSHAKE_S + 2)
        found = [wrong] if wrong else []
        found += _bounded(place, base["resident_kib"])
        if slow.longest_s > 10.0:
            found.append(f"a connection was kept for {slow.longest_s:.1f} s")
        if slow.left:
            found.append(f"{slow.left} connections were not closed after {HANDSHAKE_S + 2} s")
        if each_kib > MAX_EACH_KIB:
            found.append(f"a connection that waits takes {each_kib:.0f} KiB, {MAX_EACH_KIB} are allowed")
        kept = {"longest connection without handshake": f"{slow.longest_s:.1f} s (at most 10)"}
        kept["memory for each waiting connection"] = f"{each_kib:.0f} KiB (at most {MAX_EACH_KIB})"
        return slow.opened, found, place.figures() | kept


def _cost_of_waiting(place: Arena) -> float:
    """Return the KiB that each of 60 connections takes that have sent half of message 1."""
    before, data = place.sample()["resident_kib"], first_messages(place, 1)[0][:600]
    streams = [socket.socket() for _ in range(60)]
    for source, stream in zip(sources(len(streams)), streams, strict=True):
        stream.bind((source, 0))
        stream.connect(place.address)
        stream.sendall(data)
    waiting = {"waiting": 0, "resident_kib": before}
    for _ in range(50):
        if waiting["waiting"] >= len(streams):
            break
        time.sleep(0.02)
        waiting = place.sample()
    for stream in streams:
        stream.close()
    return float(max(0, waiting["resident_kib"] - before)) / len(streams)


# --- row 14 ---


def connections(tier: Tier, bug: str | None) -> Outcome:
    """Open connections faster than they can be answered, from one address and from a thousand."""
    rounds, seconds = (1, 0.7) if tier < Tier.CI else (5, 2.0)
    with arena(bug) as place:
        place.warm_up()
        base = place.sample()
        ways = [Flood(place.address, CONNECTIONS_PER_S, sources(n), [b"", b"\x04"]) for n in (1_000, 1)]
        found: list[str] = []
        for flood in ways:
            wrong = place.compare(rounds, seconds, partial(flood.run, now_and_then=place.sample))
            found += [f"{len(flood.places)} sources: {wrong}"] if wrong else []
        found += _bounded(place, base["resident_kib"]) + _gets_in(place, ways[0]) + _gone(place, base["files"])
        return _outcome(place, ways, found, {})


# --- row 15 ---


def handshakes(tier: Tier, bug: str | None) -> Outcome:
    """Send message 1 after message 1, good ones and altered ones, from one address and from many."""
    rounds, seconds = (1, 0.7) if tier < Tier.CI else (4, 3.2)
    found: list[str] = []
    with arena(bug) as place:
        place.warm_up()
        base = place.sample()
        good = first_messages(place, 16)
        data = [*good, *spoiled(good)]
        ways = [Flood(place.address, CONNECTIONS_PER_S, sources(n), data) for n in (100, 1)]
        for flood in ways:
            began = time.monotonic()
            wrong = place.compare(rounds, seconds, partial(flood.run, now_and_then=place.sample))
            found += [f"{len(flood.places)} sources: {wrong}"] if wrong else []
            found += _answers_bounded(flood, time.monotonic() - began)
        found += _bounded(place, base["resident_kib"]) + _gets_in(place, ways[0]) + _gone(place, base["files"])
        us = _reject_us()
        if us > MAX_REJECT_US:
            found.append(f"a rejected message 1 costs {us:.0f} us of CPU, {MAX_REJECT_US:.0f} are allowed")
        cost = {"CPU of the library for a rejected message 1": f"{us:.0f} us (at most {MAX_REJECT_US:.0f})"}
        return _outcome(place, ways, found, cost)


def _answers_bounded(flood: Flood, seconds: float) -> list[str]:
    """No address, and not all of them together, may have had more handshakes begun than the bounds say."""
    of_one, of_all = max(flood.answered.values(), default=0), sum(flood.answered.values())
    found = []
    if of_one > SOURCE_BURST + SOURCE_RATE * seconds:
        found.append(f"{of_one} handshakes were begun for one address in {seconds:.1f} s")
    if of_all > STRANGER_BURST + STRANGER_RATE * seconds:
        found.append(f"{of_all} handshakes were begun in {seconds:.1f} s")
    if not of_all:
        found.append("no handshake was begun at all: the flood proves nothing")
    return found


def _reject_us() -> float:
    """Return the CPU microseconds that the library spends on a message 1 that is refused, on a quiet core."""
    good = flush(caller())
    bad = good[:200] + bytes([good[200] ^ 1]) + good[201:]

    def reject() -> None:
        link = Link.responder(TREATY_ID, CALLEE_KEY, KNOWN, CALLEE, HELLO, random.Random(1).randbytes(32), 0.0)
        link.receive(bad, 0.0)
        try:
            link.next_event()
        except RemoteError:
            return
        raise AssertionError("an altered message 1 was taken")

    times = []
    for _ in range(15):
        began = time.thread_time()
        for _ in range(100):
            reject()
        times.append((time.thread_time() - began) * 1e4 / slowness())
    return statistics.median(times)


# --- what all of them must hold ---


def _bounded(place: Arena, base_kib: int) -> list[str]:
    found = []
    if place.peak["waiting"] > MAX_WAITING:
        found.append(f"{place.peak['waiting']} connections waited for authentication, {MAX_WAITING} may")
    growth = place.peak["resident_kib"] - base_kib
    if growth > GROWTH_KIB:
        found.append(f"the memory of the node grew by {growth:,} KiB, {GROWTH_KIB:,} are allowed")
    return found


def _gets_in(place: Arena, flood: Flood) -> list[str]:
    """While the flood goes on a member must get in from its own address."""
    took: list[float | None] = []
    flood.run(0.5, lambda: took.append(member_enters(place)) if len(took) < 3 else None)
    return [] if took and all(took) else ["a member did not get in while the flood went on"]


def _gone(place: Arena, base_files: int) -> list[str]:
    """Soon after the flood every connection is given back."""
    until = time.monotonic() + HANDSHAKE_S + 3
    while (files := place.sample()["files"]) > base_files:
        if time.monotonic() > until:
            return [f"{files} files are open after the flood, {base_files} were before"]
        time.sleep(0.1)
    return []


def _us_each(place: Arena, flood: Flood) -> float:
    """Return the CPU microseconds of the node for each connection of a flood, of which it refuses most."""
    before, opened = place.sample()["cpu_s"], flood.opened
    flood.run(0.5)
    return float(place.sample()["cpu_s"] - before) * 1e6 / max(1, flood.opened - opened)


def _outcome(place: Arena, ways: list[Flood], found: list[str], more: dict[str, str]) -> Outcome:
    rate = {
        "connections a second": f"{CONNECTIONS_PER_S:.0f}",
        "CPU of the node for each of them": f"{_us_each(place, ways[0]):.0f} us",
    }
    trials = sum(flood.opened + flood.failed for flood in ways)
    return Outcome(trials, tuple(found), "", place.figures() | rate | more)


ROWS = (
    Row(
        13,
        "slowloris: one byte now and then, in the handshake and in the middle of a frame",
        "clients on memory streams in virtual time; from the CI tier on 2,000 sockets beside two real nodes",
        "each is closed 5 s after it came, 10 at most; a frame that never ends costs its length; the others keep 90 %",
        trickle,
        {"no deadline": "a handshake may take as long as it likes"},
        measured=True,
    ),
    Row(
        14,
        "a flood of connections from one and from 1,000 addresses",
        "sockets beside two real nodes on loopback",
        "at most 64 wait, and 64 of members' addresses; memory grows by 16 MiB at most and all is given back; a member"
        " gets in; the others keep 90 %",
        connections,
        {"no cap": "any number of connections may wait for authentication"},
        measured=True,
    ),
    Row(
        15,
        "a flood of first handshake messages, good ones and altered ones, from one and from 100 addresses",
        "sockets beside two real nodes on loopback",
        "handshakes begun stay within 20 a second of one address and 200 in all; a rejected one costs 150 us at most;"
        " a member gets in; the others keep 90 %",
        handshakes,
        {"no bucket": "every connection is answered, however many come"},
        measured=True,
    ),
)
