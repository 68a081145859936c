"""What commands show, as values that JSON can carry: bytes in hexadecimal, times as micros and beside them as text."""

from typing import Any

import msgspec

from comity.bundle import SignedBundle
from comity.handling import Handling
from comity.treaty import SignedTreaty
from comity_node.pinging import Step
from comity_node.records import Delivery, Event, Missing, PeerStatus, Sent, Status, StoredMessage
from comity_node.times import MAX_MICROS, iso
from comity_node.whereabouts import code_name, peer_cause, peer_next_step

View = dict[str, Any]


def jsonable(value: Any) -> Any:
    """Return records, maps and lists with every bytes value in hexadecimal."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: jsonable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, msgspec.Struct):
        return jsonable(msgspec.to_builtins(value, builtin_types=(bytes,)))
    return value


def moment(name: str, micros: int | None) -> View:
    """Return the two fields of a time: `<name>_us` and `<name>`."""
    shown = None if micros is None else iso(min(max(micros, 0), MAX_MICROS))
    return {f"{name}_us": micros, name: shown}


def sent_view(sent: Sent) -> View:
    return {"id": sent.id.hex(), "hash": sent.hash.hex(), "case": sent.case.hex()}


def summary_view(message: StoredMessage) -> View:
    """Return one line of the inbox or outbox: everything but the payload."""
    body = message.body
    return {
        "position": message.position,
        "direction": message.direction,
        "id": message.id.hex(),
        "hash": message.hash.hex(),
        "case": body.case.hex(),
        "from": message.sender,
        "to": list(body.to),
        "kind": body.kind,
        "urgency": body.urgency,
        "exercise": body.exercise,
        **marking_view(body.handling),
        "destroyed": destroyed_view(message),
        "files": len(body.attachments),
        **moment("created", body.created),
        **moment("stored", message.stored_us),
        **moment("read", message.read_us),
        "status": message.status,
        "code": message.code,
        "code_name": code_name(message.code),
    }


def marking_view(handling: Handling) -> View:
    return {
        "tlp": handling.tlp,
        "pap": handling.pap,
        "codes": list(handling.codes),
        "purposes": list(handling.purposes),
        **moment("retain_until", handling.retain_until),
    }


def destroyed_view(message: StoredMessage) -> View | None:
    """Return when and why the content was destroyed, None where it is there."""
    gone = message.destroyed
    return None if gone is None else {**moment("time", gone.time_us), "ground": gone.ground}


def message_view(message: StoredMessage) -> View:
    body = message.body
    return {
        **summary_view(message),
        **moment("expires", body.expires),
        "in_reply_to": body.in_reply_to.hex() if body.in_reply_to else None,
        "lang": body.lang,
        "suite": body.suite,
        "treaty": body.treaty.hex(),
        "treaty_version": body.treaty_version,
        "payload": jsonable(body.payload),
    }


def correction_view(message: StoredMessage) -> View:
    """Return what a correction or retraction says."""
    explanation = message.body.payload.get("explanation")
    return {
        "id": message.id.hex(),
        "kind": message.body.kind,
        "created": iso(message.body.created),
        "explanation": explanation if isinstance(explanation, str) else "",
    }


def delivery_view(delivery: Delivery) -> View:
    return {
        "recipient": delivery.recipient,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        **moment("last_attempt", delivery.last_attempt_us),
        **moment("next_attempt", delivery.next_attempt_us),
        "code": delivery.code,
        "code_name": code_name(delivery.code),
        "cause": delivery.cause,
        "next": delivery.next_step,
        "receipt": receipt_view(delivery.receipt),
    }


def missing_view(missing: Missing) -> View:
    return {"sender": missing.sender, "first": missing.first, "last": missing.last}


def step_view(step: Step) -> View:
    seconds = None if step.seconds is None else round(step.seconds, 6)
    return {"step": step.name, "ok": step.ok, "detail": step.detail, "seconds": seconds, "next": step.next_step}


def receipt_view(receipt: Any) -> View | None:
    if receipt is None:
        return None
    return {"index": receipt.index, "checkpoint": receipt.checkpoint.decode(errors="replace")}


def event_view(event: Event) -> View:
    return {
        **moment("time", event.time_us),
        "party": event.party,
        "what": event.what,
        "message_id": event.message_id.hex(),
        "kind": event.kind,
        "detail": event.detail,
        "exercise": event.exercise,
    }


def peer_view(peer: PeerStatus) -> View:
    return {
        "party": peer.party,
        "link": peer.link,
        **moment("since", peer.since_us),
        "waiting": peer.waiting,
        **moment("oldest", peer.oldest_us),
        "last_error": peer.last_error or peer.hindrance,
        **moment("next_dial", peer.next_dial_us),
        "cause": peer_cause(peer),
        "next": peer_next_step(peer),
    }


def status_view(status: Status) -> View:
    return {
        "party": status.party,
        "treaty_version": status.treaty_version,
        **moment("treaty_expires", status.treaty_expires_us),
        "bundle_serial": status.bundle_serial,
        **moment("bundle_until", status.bundle_until_us),
        "peers": [peer_view(peer) for peer in status.peers],
        "inbox_unread": status.inbox_unread,
        "waiting": status.waiting,
        "undelivered": status.undelivered,
        "log_size": status.log_size,
        "listening": list(status.listening),
        "alarms": list(status.alarms),
    }


def treaty_view(signed: SignedTreaty) -> View:
    body: View = jsonable(signed.treaty)
    times = {name: iso(body[name]) for name in ("issued", "effective", "expires")}
    return {"hash": signed.hash.hex(), **body, "times": times, "signatures": len(signed.signatures)}


def bundle_view(signed: SignedBundle) -> View:
    body: View = jsonable(signed.bundle)
    times = {name: iso(body[name]) for name in ("from", "until")}
    return {"hash": signed.hash.hex(), **body, "times": times, "signatures": len(signed.signatures)}
