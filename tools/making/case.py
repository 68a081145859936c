"""spec/vectors/case.json: what became of a request after some events, and events that are not legal."""

from collections.abc import Iterable
from typing import Any, Final

from comity.case import Event, Request, Side, Track, deadlines, submitted
from comity.chapters.form import Service
from comity.deadlines import USUAL
from comity.encoding import encode
from comity.kinds import payload_of
from tools.making.cases import Case, Old, Vectors, case, fault
from tools.making.parties import NOW_US, SECOND_US, A, B, seed

HOUR_S: Final = 3_600
CONTACT: Case = {"email": None, "name": "Duty desk", "phone": "+99955501"}
NOTHING: Case = {"estimate": None, "note": None}
HOLD: Case = {"reference": "H-1", "review": NOW_US + 86_400 * SECOND_US, "until": NOW_US + 172_800 * SECOND_US}
PAYLOADS: Final[dict[str, Case]] = {
    "acknowledge": {
        "contact": CONTACT,
        "estimate": None,
        "hours": None,
        "local_reference": "FIU-77",
        "note": None,
        "officer": "Officer 7",
    },
    "ask-information": {"items": ["Which account?"], "reasons": None, "wanted_by": None},
    "supply-information": {"answers": ["The first."], "note": None},
    "propose-conditions": {"conditions": ["Not in court."], "reasons": "A source."},
    "accept": NOTHING,
    "start": NOTHING,
    "resume": NOTHING,
    "postpone": {"ground": "P1", "reasons": "An operation.", "until": NOW_US + 30 * 86_400 * SECOND_US},
    "partial-reply": {"items": [], "measure": None, "text": "The first half."},
    "final-reply": {"certification": None, "items": [], "measure": None, "result": "executed", "text": "All of it."},
    "refuse": {"grounds": ["R12"], "reasons": "Not held."},
    "withdraw": {"reasons": "Solved."},
    "confirm": {"note": None},
    "challenge": {"items": ["Page 2 is missing."], "reasons": None},
    "grant-extension": {"reasons": None, "seconds": HOUR_S, "stage": "decide"},
    "change-urgency": {"reasons": "No hurry.", "urgency": 2},
    "lift-measure": {"reasons": "No ground any more.", "redress": None},
}
R, Q = Side.REQUESTER, Side.REQUESTED
Step = tuple[str, Side, int]  # event, who, seconds after the receipt


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="23-case.md",
        format="`request` is what is known of a request with the usual deadlines of the page treaty and no promises;"
        " its receipt came at `received`. `events` are [event, side, time, hash, payload] in the order of the requested"
        " party. `now` is the time asked about.",
        verify="Run the events, then the timers up to `now`. A valid case ends in `state`, with the stages of"
        " `deadlines`: [stage, due, used, met, late]. The last event of an invalid one is refused, with `code`, in"
        " `state`.",
        valid=[good(*each) for each in histories()],
        invalid=[bad(*each) for each in illegal()],
        shared={},
    )


def request(**changes: Any) -> Request:
    values: dict[str, Any] = {
        "hash": seed("a request"),
        "kind": "prevention.stop-payment",
        "service": Service.PREVENTION,
        "measure": True,
        "requester": A,
        "requested": B,
        "urgency": 1,
        "until_us": None,
        "created_us": NOW_US - SECOND_US,
        "treaty_version": 1,
    }
    return Request(**(values | changes))


def told(steps: Iterable[Step], **payloads: Case) -> list[tuple[str, Side, int, bytes, Case]]:
    return [
        (event, side, NOW_US + seconds * SECOND_US, seed(f"event {number}"), payloads.get(event, PAYLOADS[event]))
        for number, (event, side, seconds) in enumerate(steps)
    ]


def run(track: Track, events: Iterable[tuple[str, Side, int, bytes, Case]]) -> Track:
    for event, side, time_us, digest, payload in events:
        track = track.applied(Event(event), side, time_us, digest, payload_of(f"case.{event}", payload))
    return track


def as_case(asked: Request) -> Case:
    return {
        "service": asked.service.value,
        "measure": asked.measure,
        "urgency": asked.urgency,
        "until": asked.until_us,
        "hash": asked.hash.hex(),
    }


def as_rows(events: Iterable[tuple[str, Side, int, bytes, Case]]) -> list[list[Any]]:
    return [
        [event, side.value, time_us, digest.hex(), encode(payload).hex()]
        for event, side, time_us, digest, payload in events
    ]


def good(name: str, clauses: tuple[str, ...], steps: list[Step], after_s: int, changes: Case, forms: Case) -> Case:
    asked, events = request(**changes), told(steps, **forms)
    now_us = NOW_US + after_s * SECOND_US
    track = run(submitted(asked).received(NOW_US), events)
    shown = [
        [each.stage, each.due_us, each.used_us, each.met_us, each.late_us]
        for each in deadlines(track, USUAL, (), now_us)
    ]
    ended = track.at(now_us)
    return case(
        name,
        *clauses,
        request=as_case(asked),
        received=NOW_US,
        events=as_rows(events),
        now=now_us,
        state=ended.state.value,
        measure=None if ended.measure is None else ended.measure.state.value,
        deadlines=shown,
    )


def histories() -> list[tuple[str, tuple[str, ...], list[Step], int, Case, Case]]:
    day, year = 86_400, 31_536_000
    asked: list[Step] = [("acknowledge", Q, 60), ("ask-information", Q, 120)]
    held = {"partial-reply": PAYLOADS["partial-reply"] | {"measure": HOLD}}
    return [
        ("received", ("CASE-004", "CASE-020"), [], HOUR_S, {}, {}),
        ("late to acknowledge", ("CASE-027",), [("acknowledge", Q, 5 * HOUR_S)], 6 * HOUR_S, {}, {}),
        ("answered at once", ("CASE-022",), [("final-reply", Q, 300)], HOUR_S, {}, {}),
        ("information is awaited", ("CASE-024",), asked, 2 * day, {}, {}),
        ("information was supplied", ("CASE-024",), [*asked, ("supply-information", R, day)], 2 * day, {}, {}),
        ("evidence", ("CASE-022",), [("acknowledge", Q, 60), ("accept", Q, day)], 2 * day, evidence(), {}),
        ("more time for the decision", ("CASE-025",), [("grant-extension", R, 60)], day, {}, {}),
        ("less urgent", ("CASE-028",), [("change-urgency", Q, 60)], day, {}, {}),
        ("withdrawn", ("CASE-023",), [("withdraw", R, day)], 2 * day, {}, {}),
        ("silent for a year", ("CASE-012",), [("acknowledge", Q, 60)], year, {}, {}),
        ("until its own end", ("CASE-012",), [], HOUR_S, {"until_us": NOW_US + HOUR_S * SECOND_US}, {}),
        ("closed by silence", ("CASE-013",), [("final-reply", Q, 300)], 300 + 90 * day, {}, {}),
        ("held", ("CASE-043",), [("partial-reply", Q, 300)], HOUR_S, {}, held),
        ("held until the end", ("CASE-043",), [("partial-reply", Q, 300)], 2 * day, {}, held),
        ("lifted", ("CASE-043",), [("partial-reply", Q, 300), ("lift-measure", R, 600)], HOUR_S, {}, held),
    ]


def evidence() -> Case:
    return {"service": Service.EVIDENCE, "urgency": 3, "measure": False}


def bad(name: str, clause: str, steps: list[Step], state: str, changes: Case, forms: Case) -> Case:
    asked, events = request(**changes), told(steps, **forms)
    return fault(
        name, clause, 30, request=as_case(asked), received=NOW_US, events=as_rows(events), now=NOW_US, state=state
    )


def illegal() -> list[tuple[str, str, list[Step], str, Case, Case]]:
    held = {"partial-reply": PAYLOADS["partial-reply"] | {"measure": HOLD}}
    long = {"partial-reply": PAYLOADS["partial-reply"] | {"measure": HOLD | {"until": NOW_US + 367 * 86_400_000_000}}}
    late = {"postpone": PAYLOADS["postpone"] | {"until": NOW_US}}
    incomplete = {"refuse": PAYLOADS["refuse"] | {"grounds": ["R01"]}}
    known: list[Step] = [("acknowledge", Q, 60)]
    return [
        ("accepted before it is acknowledged", "CASE-001", [("accept", Q, 60)], "received", {}, {}),
        ("acknowledged by the requester", "CASE-008", [("acknowledge", R, 60)], "received", {}, {}),
        ("acknowledged twice", "CASE-008", [*known, ("acknowledge", Q, 120)], "acknowledged", {}, {}),
        (
            "answered after the withdrawal",
            "CASE-008",
            [("withdraw", R, 60), ("final-reply", Q, 90)],
            "withdrawn",
            {},
            {},
        ),
        ("answered after it expired", "CASE-012", [*known, ("accept", Q, 31_536_000)], "expired", {}, {}),
        (
            "an incomplete form, not asked",
            "CASE-010",
            [*known, ("refuse", Q, 90)],
            "acknowledged",
            {},
            incomplete,
        ),
        ("postponed into the past", "CASE-001", [*known, ("postpone", Q, 90)], "acknowledged", {}, late),
        (
            "a measure nobody asked for",
            "CASE-042",
            [("partial-reply", Q, 60)],
            "received",
            {"measure": False},
            held,
        ),
        ("a measure of 367 days", "CASE-041", [("partial-reply", Q, 60)], "received", {}, long),
        ("lifted without a measure", "CASE-001", [("final-reply", Q, 60), ("lift-measure", R, 90)], "executed", {}, {}),
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page: how one request went, with its deadlines."""
    shown = next(each for each in vectors.valid if each["name"] == "information was supplied")
    lines = ["a request of the service prevention, urgency 1, received at 0 h"]
    for event, side, time_us, _, _ in shown["events"]:
        lines.append(f"  {hours(time_us)}  {side:<10} {event}")
    lines.append(f"seen at {hours(shown['now'])}: {shown['state']}")
    for stage, due, used, met, late in shown["deadlines"]:
        told_due = "stands still" if due is None else f"due {hours(due)}"
        told_met = "open" if met is None else f"met {hours(met)}"
        lines.append(f"  {stage:<12} {told_due:<14} used {used / 3.6e9:6.2f} h  {told_met}, late {late / 3.6e9:.2f} h")
    return lines


def hours(time_us: int) -> str:
    return f"{(time_us - NOW_US) / 3.6e9:.2f} h"
