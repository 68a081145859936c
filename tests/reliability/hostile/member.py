"""Row 28: a member that lies, spams and tells its log in two ways."""

import tempfile
from functools import partial
from pathlib import Path

import trio
from trio.testing import MockClock

from tests.reliability.hostile import abuse, fairness, lies
from tests.reliability.hostile.arena import arena, memory_place
from tests.reliability.hostile.planted import planted
from tests.reliability.hostile.rogue import Rogue
from tests.reliability.row import Outcome, Row, Tier

GROWTH_KIB = 65_536  # of the victim's memory: windows, queues and what it keeps of the messages that it accepted


def malicious_member(tier: Tier, bug: str | None) -> Outcome:
    """Try every lie and every unfairness in virtual time, then every abuse beside a talking pair of real nodes."""
    found: list[str] = []
    trials = 0
    figures: dict[str, str] = {}
    with planted(bug):
        for play in (lies.tell_all, lies.tell_twice, fairness.crowd_out):
            with tempfile.TemporaryDirectory(dir=memory_place()) as place:
                count, wrong = trio.run(partial(play, Path(place)), clock=MockClock(autojump_threshold=0))
            trials, found = trials + count, found + wrong
    if tier >= Tier.CI:
        more, wrong, figures = _real()
        trials, found = trials + more, found + wrong
    return Outcome(trials, tuple(found[:20]), "base seed 28", figures)


def _real() -> tuple[int, list[str], dict[str, str]]:
    found: list[str] = []
    figures: dict[str, str] = {}
    with arena() as place:
        place.warm_up()
        base = place.sample()["resident_kib"]
        rogue = Rogue(place)
        rogue.connect()
        for name, make in abuse.ABUSES.items():
            place.attacked.clear()
            attack = make(place, rogue)
            wrong = place.compare(2, 1.2, attack)
            found += [f"{name}: {wrong}"] if wrong else []
            figures[f"kept while a member sends {name}"] = f"{place.share():.0%}"
            place.sample()
        rogue.close()
        growth = place.peak["resident_kib"] - base
        if growth > GROWTH_KIB:
            found.append(f"the memory of the victim grew by {growth:,} KiB, {GROWTH_KIB:,} are allowed")
        if rogue.sent_bytes < 1_000_000:
            found.append(f"the rogue sent {rogue.sent_bytes:,} bytes only: nothing was tried")
        sent = {"bytes that the rogue sent": f"{rogue.sent_bytes:,}"}
        return len(abuse.ABUSES) * 2, found, place.figures() | sent | figures


ROWS = (
    Row(
        28,
        "a malicious member: false receipts of every kind, two logs, floods of messages, refused envelopes, receipts,"
        " tiny frames, documents, requests and offers of files",
        "a played member in virtual time; from the CI tier on over a real socket beside two real nodes",
        "no lie ends a delivery; two logs are kept as evidence that no flood pushes out; peers take turns; the others"
        " keep 90 %",
        malicious_member,
        {
            "receipts not matched": "a receipt is believed whatever message it is about",
            "first come": "whoever has more waiting is served more",
        },
        measured=True,
    ),
)
