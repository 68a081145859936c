"""Rows 19 and 20: no byte of a handshake message or record can be another one, be missing, or come from elsewhere.

A violation names stage and change: `react(conversation()[stage], changed bytes)` replays it.
"""

import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import trio
from trio.testing import MockClock

from tests.reliability.hostile.arena import memory_place
from tests.reliability.hostile.doorstep import knock
from tests.reliability.hostile.fork import remembered_agreements
from tests.reliability.hostile.planted import planted
from tests.reliability.hostile.shares import halves
from tests.reliability.hostile.talk import Stage, conversation
from tests.reliability.hostile.trial import AT_ONCE, IN_TIME, Reaction, react
from tests.reliability.row import Outcome, Row, Tier

PREFIX_BYTES = 2
BLOCK_BYTES = 16
MAX_TOLD = 20  # violations
BUGS = {
    "half a tag": "only the first 8 of the 16 bytes of a tag are compared",
    "no tag": "what does not authenticate is decrypted all the same",
}


@dataclass
class Findings:
    """Trials of one share of a row. `visible` is in which ways stages ended: all refusals must look the same."""

    trials: int = 0
    violations: list[str] = field(default_factory=list)
    visible: dict[str, set[tuple[int, str]]] = field(default_factory=dict)

    def judge(self, stage: Stage, what: str, found: Reaction, length_altered: bool, taken: int = 0) -> None:
        """Count the trial; `taken` is how many of the true events may come out before the refusal."""
        self.trials += 1
        if found.events != stage.events[:taken]:
            self.tell(stage, what, f"{len(found.events)} events came out")
        elif found.end not in (AT_ONCE, IN_TIME):
            self.tell(stage, what, "the connection stays open")
        elif found.end == IN_TIME and not length_altered:
            self.tell(stage, what, "it is not refused at once")
        elif found.sent:
            self.tell(stage, what, f"{found.sent} bytes were sent in answer")
        if not length_altered:
            self.visible.setdefault(stage.name, set()).add((found.sent, found.end))
            if not stage.handshake and found.fault != "AuthenticationError":
                self.tell(stage, what, f"the fault is {found.fault or 'none'}")

    def tell(self, stage: Stage, what: str, wrong: str) -> None:
        if len(self.violations) < MAX_TOLD:
            self.violations.append(f"stage {stage.number}, {stage.name}, {what}: {wrong}")

    def outcome(self, seeds: str) -> Outcome:
        for name, ways in self.visible.items():
            if len(ways) > 1:
                self.violations.append(f"{name}: refusals can be told apart: {sorted(ways)}")
        return Outcome(self.trials, tuple(self.violations), seeds)


def merged(parts: list[Findings], seeds: str) -> Outcome:
    whole = Findings()
    for part in parts:
        whole.trials += part.trials
        whole.violations += part.violations
        for name, ways in part.visible.items():
            whole.visible.setdefault(name, set()).update(ways)
    return whole.outcome(seeds)


# --- row 19: one byte is another one ---


def altered_bytes(tier: Tier, bug: str | None) -> Outcome:
    """Set every byte of every message to all 255 other values; the first tier tries 2 of them for each byte."""
    parts = halves(partial(_altered, tier, bug), tier)
    with planted(bug), tempfile.TemporaryDirectory(dir=memory_place()) as place:
        knocks = partial(knock, Path(place), tier.trials(400, at_least=12))
        trials, wrong = trio.run(knocks, clock=MockClock(autojump_threshold=0))
    parts.append(Findings(trials, wrong))
    return merged(parts, "everything is tried in process; 19000 and on at a node")


def _altered(tier: Tier, bug: str | None, share: int, shares: int) -> Findings:
    findings = Findings()
    with planted(bug), remembered_agreements():
        for stage in conversation():
            for place in range(share, len(stage.data), shares):
                for value in _values(tier, place, stage.data[place]):
                    data = bytearray(stage.data)
                    data[place] = value
                    found = react(stage, bytes(data))
                    findings.judge(stage, f"byte {place} set to {value}", found, place in _lengths(stage))
    return findings


def _values(tier: Tier, place: int, true: int) -> Iterator[int]:
    if tier >= Tier.CI:
        yield from (value for value in range(256) if value != true)
    else:
        rng = random.Random(place)
        yield true ^ (1 << rng.randrange(8))
        yield (true + rng.randrange(1, 256)) % 256


def _lengths(stage: Stage) -> set[int]:
    """Return where lengths stand in clear: at the front, and between two records of one stage."""
    found, place = set(), 0
    while place < len(stage.data):
        found |= {place, place + 1}
        place += PREFIX_BYTES + int.from_bytes(stage.data[place : place + PREFIX_BYTES], "big")
    return found


# --- row 20: bytes are missing, too many, or those of another place ---


def moved_bytes(tier: Tier, bug: str | None) -> Outcome:
    """Cut, shorten, lengthen, splice, swap and replay every message; the first tier tries one change in 3."""
    return merged(halves(partial(_moved, tier, bug), tier), "base seed 20")


def _moved(tier: Tier, bug: str | None, share: int, shares: int) -> Findings:
    findings = Findings()
    with planted(bug):
        mine, other = conversation("A"), conversation("B")
        for number, (stage, twin) in enumerate(zip(mine, other, strict=True)):
            if len(_lengths(stage)) > PREFIX_BYTES:
                continue  # two records: each of them has a stage of its own form
            every = enumerate(_changes(stage, twin, mine[:number], random.Random(number)))
            step = 1 if tier >= Tier.CI else 3
            for what, data, hang_up in (change for n, change in every if n % step == 0 and n // step % shares == share):
                if data == stage.data:
                    continue
                found = react(stage, data, hang_up)
                whole = data[: len(stage.data)] == stage.data
                if whole:  # the true message, then bytes too many: it is taken, and they are refused
                    _judge_tail(findings, stage, what, found)
                else:
                    findings.judge(stage, what, found, length_altered=hang_up or data[:2] != stage.data[:2])
    return findings


def _judge_tail(findings: Findings, stage: Stage, what: str, found: Reaction) -> None:
    findings.trials += 1
    if found.events != stage.events:
        findings.tell(stage, what, "the message before the tail does not come out")
    elif found.end not in (AT_ONCE, IN_TIME):
        findings.tell(stage, what, "the connection stays open")


def _changes(stage: Stage, twin: Stage, before: list[Stage], rng: random.Random) -> Iterator[tuple[str, bytes, bool]]:
    """Yield what was done, the bytes, and whether the peer hangs up after them."""
    body, theirs = stage.data[PREFIX_BYTES:], twin.data[PREFIX_BYTES:]
    for end in range(1, len(stage.data)):
        yield f"cut after {end} bytes", stage.data[:end], True
    for at in range(len(body)):
        yield f"shortened to {at} bytes", _prefixed(body[:at]), False
        yield f"without byte {at}", _prefixed(body[:at] + body[at + 1 :]), False
        yield f"byte {at} doubled", _prefixed(body[:at] + body[at : at + 1] + body[at:]), False
    for more in range(1, 65):
        tail = rng.randbytes(more)
        yield f"extended by {more} bytes", _prefixed(body + tail), False
        yield f"extended by {more} zero bytes", _prefixed(body + bytes(more)), False
        yield f"extended by {more} bytes before it", _prefixed(tail + body), False
        yield f"followed by {more} bytes", stage.data + tail, False
    if len(body) == len(theirs):
        for at in range(1, len(body)):
            yield f"spliced at {at}", _prefixed(body[:at] + theirs[at:]), False
            yield f"spliced at {at} the other way", _prefixed(theirs[:at] + body[at:]), False
    blocks = range(0, len(body) - BLOCK_BYTES + 1, BLOCK_BYTES)
    pairs = [(one, two) for one in blocks for two in blocks if one < two]
    for one, two in rng.sample(pairs, min(len(pairs), 2_000)):
        yield f"blocks at {one} and {two} swapped", _prefixed(_swapped(body, one, two)), False
    for earlier in before:
        if earlier.data != stage.data:
            yield f"replaced by an earlier {earlier.name}", earlier.data, False


def _swapped(body: bytes, one: int, two: int) -> bytes:
    data = bytearray(body)
    data[one : one + BLOCK_BYTES] = body[two : two + BLOCK_BYTES]
    data[two : two + BLOCK_BYTES] = body[one : one + BLOCK_BYTES]
    return bytes(data)


def _prefixed(body: bytes) -> bytes:
    return len(body).to_bytes(PREFIX_BYTES, "big") + body


ROWS = (
    Row(
        19,
        "every byte of every handshake message and record set to all 255 other values",
        "copies of the receiving end in process, and some of them at a whole node in virtual time",
        "refused without an event and without a byte in answer, every refusal alike; the list of uncovered bytes is"
        " empty; no row of the database changes",
        altered_bytes,
        BUGS,
    ),
    Row(
        20,
        "messages cut, shortened, extended by 1 to 64 bytes, spliced from two handshakes, blocks swapped, replayed",
        "copies of the receiving end, in process",
        "as row 19",
        moved_bytes,
        BUGS,
    ),
)
