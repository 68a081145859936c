"""Requests and events of a lifecycle between `aa.police`, who asks, and `bb.fiu`, who is asked."""

from typing import Any

from comity.case import Event, Request
from comity.chapters import case as payloads
from comity.chapters.form import Service
from comity.chapters.parts import Contact
from comity.encoding import Record

A, B = "aa.police", "bb.fiu"
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
NOW_US = 1_767_225_600 * SECOND_US
CONTACT = Contact(email=None, name="Duty desk", phone="+99955501")
MORE = 7 * 24 * HOUR_US


def request_of(**changes: Any) -> Request:
    """Return a request for information, urgent, with the changes made."""
    values: dict[str, Any] = {
        "hash": b"\xaa" * 32,
        "kind": "intelligence.query",
        "service": Service.INFORMATION,
        "measure": False,
        "requester": A,
        "requested": B,
        "urgency": 1,
        "until_us": None,
        "created_us": NOW_US - SECOND_US,
        "treaty_version": 1,
    }
    return Request(**(values | changes))


def payload_of_event(event: Event, time_us: int, proposal: bytes | None = None, urgency: int = 2) -> Record:
    """Return a payload of the event that is right at the time."""
    named = proposal or b"\x01" * 32
    words = payloads.Words(note=None)
    progress = payloads.Progress(estimate=None, note=None)
    found: dict[Event, Record] = {
        Event.ACKNOWLEDGE: payloads.Acknowledge(
            contact=CONTACT, estimate=None, hours=None, local_reference="B-1", note=None, officer="Officer 7"
        ),
        Event.TRANSFER: payloads.Transfer(authority="Court of Bb", contact=None, party=None, reasons="Competent."),
        Event.ASK_INFORMATION: payloads.AskInformation(items=("Which account?",), reasons=None, wanted_by=None),
        Event.SUPPLY_INFORMATION: payloads.SupplyInformation(answers=("The first.",), note=None),
        Event.PROPOSE_CONDITIONS: payloads.ProposeConditions(conditions=("Not in court.",), reasons="A source."),
        Event.ACCEPT_CONDITIONS: payloads.AcceptConditions(note=None, proposal=named),
        Event.DECLINE_CONDITIONS: payloads.DeclineConditions(proposal=named, reasons="Needed in court."),
        Event.ACCEPT: progress,
        Event.START: progress,
        Event.RESUME: progress,
        Event.POSTPONE: payloads.Postpone(ground="P1", reasons="An operation.", until=time_us + MORE),
        Event.PARTIAL_REPLY: payloads.PartialReply(items=(), measure=None, text="The first half."),
        Event.FINAL_REPLY: payloads.FinalReply(
            certification=None, items=(), measure=None, result="executed", text="All of it."
        ),
        Event.REFUSE: payloads.Refuse(grounds=("R12",), reasons="Not held."),
        Event.WITHDRAW: payloads.Withdraw(reasons="Solved."),
        Event.CONFIRM_WITHDRAWAL: payloads.ConfirmWithdrawal(note=None, taken=(), undone=()),
        Event.CONFIRM: words,
        Event.CHALLENGE: payloads.Challenge(items=("Page 2 is missing.",), reasons=None),
        Event.SUPPLEMENT: payloads.Supplement(items=(), result="executed", text="Page 2."),
        Event.SETTLE: words,
        Event.NOTE: words,
        Event.STATUS_QUERY: words,
        Event.STATUS: payloads.Status(delay_reason=None, estimate=None, percent=50, text="Half."),
        Event.ASK_EXTENSION: payloads.Extension(reasons="Holidays.", seconds=3_600, stage="decide"),
        Event.GRANT_EXTENSION: payloads.Extension(reasons=None, seconds=3_600, stage="decide"),
        Event.CHANGE_URGENCY: payloads.ChangeUrgency(reasons="No hurry.", urgency=urgency),
        Event.COMMENT: payloads.Comment(text="Good morning."),
        Event.OUTCOME: payloads.Outcome(
            arrests=None, charges=None, convictions=1, money=(), text="One conviction.", used_in="Trial 1"
        ),
        Event.EXTEND_MEASURE: payloads.ExtendMeasure(
            reasons="Still needed.", review=time_us + MORE, until=time_us + 2 * MORE
        ),
        Event.LIFT_MEASURE: payloads.LiftMeasure(reasons="No ground any more.", redress=None),
        Event.CONVERT_MEASURE: payloads.ConvertMeasure(note=None, reference="Request 7", request=None),
    }
    return found[event]
