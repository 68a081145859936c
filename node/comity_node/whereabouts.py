"""Where a message is, why, and what its sender can do about it, in plain words (spec page delivery)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from comity.delivery import Flight, state_of
from comity.errors import error_by_code
from comity.receipt import Receipt
from comity_node.records import Delivery, Ending, LinkState, PeerStatus

#: What the sender can do about a code of spec page errors that a recipient gave.
REMEDIES: Final = {
    1: "report this to the makers of the recipient's node",
    4: "report this to the makers of the recipient's node",
    6: "see whether the recipient has published new keys: comity bundle show PARTY",
    16: "nothing: the recipient fetches the treaty version that it lacks; if it lasts, compare: comity treaty show",
    17: "the recipient says that the message is meant for another party; check its name",
    18: "the recipient does not know a key that has signed it; publish the bundle that lists it: comity bundle publish",
    19: "publish a new bundle and send again: comity bundle publish",
    20: "send it again, with a longer --expires",
    21: "set the clock of this machine right and send again",
    22: "send it again, with a shorter --expires",
    23: "ask for an amendment of the treaty that lets you send this kind",
    24: "see what the recipient accepts: comity bundle show PARTY",
    25: "correct the form and send again",
    26: "report this: an id was used twice",
    27: "see who is active: comity treaty show",
    28: "ask for an amendment of the treaty that allows this suite",
    30: "see where the request stands and what is legal now: comity case show CASE",
    34: "nothing: an earlier message of the case is still on its way",
    29: "the attachments are more than the recipient keeps for you: send less at once, or ask for a larger quota",
    31: "send it with the approval of two officers: comity send KIND --officer NAME",
    32: "see which officers your bundle lists: comity bundle show; then have the message approved again",
}
CALL: Final = "ask the recipient; its contact: comity bundle show PARTY"
WAIT: Final = "nothing: it is tried again by itself until it expires"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known beside the database: what has left on living links, how peers are reached, the time.

    Attributes:
        flights: recipient -> message id -> what has left and has no receipt yet.
        peers: party -> how it is reached.
    """

    flights: Mapping[str, Mapping[bytes, Flight]] = field(default_factory=dict)
    peers: Mapping[str, PeerStatus] = field(default_factory=dict)
    now_us: int = 0
    steady: float = 0.0


def delivery_of(row: Any, receipt: Receipt | None, answers: Sequence[int], around: Surroundings) -> Delivery:
    """Return the delivery of a row; `answers` says of each message in reply to it whether it is a notice."""
    flight = around.flights.get(row.recipient, {}).get(row.id)
    ending = Ending(row.state)
    attempts = flight.attempts if flight else row.attempts
    code = flight.code if flight else row.code
    peer = around.peers.get(row.recipient) if ending is Ending.WAITING else None
    state = state_of(
        sent=attempts > 0,
        expired=ending is Ending.EXPIRED,
        accepted=None if row.receipt is None else ending is Ending.ACCEPTED,
        read=any(answers),
        answered=not all(answers),
    )
    return Delivery(
        position=row.settled or 0,
        message_id=row.id,
        recipient=row.recipient,
        ending=ending,
        state=state,
        attempts=attempts,
        last_attempt_us=flight.last_us if flight else row.last_us,
        next_attempt_us=next_attempt_us(ending, flight, peer, around),
        code=code,
        cause=cause_of(ending, code, attempts, peer),
        next_step=next_step(ending, code, peer).replace("PARTY", row.recipient),
        receipt=receipt,
    )


def next_attempt_us(ending: Ending, flight: Flight | None, peer: PeerStatus | None, around: Surroundings) -> int | None:
    """Return when the message leaves again if nothing comes before, micros; None where that is not known."""
    if ending is not Ending.WAITING:
        return None
    if flight is not None:
        return around.now_us + int(max(0.0, flight.again - around.steady) * 1_000_000)
    return peer.next_dial_us if peer is not None else None


def cause_of(ending: Ending, code: int, attempts: int, peer: PeerStatus | None) -> str:
    """Return why a delivery stands where it stands, "" when it was accepted."""
    if ending is Ending.ACCEPTED:
        return ""
    if ending is Ending.REFUSED:
        return f"the recipient refused it: {code_name(code)}"
    if ending is Ending.EXPIRED:
        return "it expired before a receipt came" + ("; it may have arrived all the same" if attempts else "")
    waits = "sent, no receipt yet" if attempts else "not sent yet"
    if code:
        waits = f"the recipient could not take it yet: {code_name(code)}"
    if peer is None or (peer.link is LinkState.UP and not peer.hindrance):
        return waits
    if peer.hindrance:
        return f"{waits}; nothing can be sealed for {peer.party}: {peer.hindrance}"
    if peer.link is LinkState.OFFLINE:
        return f"{waits}; the daemon of this node does not run"
    return f"{waits}; the link to {peer.party} is down" + (f": {peer.last_error}" if peer.last_error else "")


def peer_cause(peer: PeerStatus) -> str:
    """Return why messages wait for a peer, "" when none does."""
    if not peer.waiting:
        return ""
    if peer.link is LinkState.UP and not peer.hindrance:
        return "they are on their way; the receipts have not come yet"
    return cause_of(Ending.WAITING, 0, 0, peer).partition("; ")[2]


def peer_next_step(peer: PeerStatus) -> str:
    """Return what the operator can do about messages that wait for a peer, "" when none does."""
    return next_step(Ending.WAITING, 0, peer).replace("PARTY", peer.party) if peer.waiting else ""


def next_step(ending: Ending, code: int, peer: PeerStatus | None) -> str:
    """Return what the sender can do about a delivery, "" when it is done. PARTY stands for the recipient."""
    if ending is Ending.ACCEPTED:
        return ""
    if ending is Ending.REFUSED:
        return REMEDIES.get(code, CALL)
    if ending is Ending.EXPIRED:
        return f"send it again if it is still needed; {CALL}"
    if code:
        return REMEDIES.get(code, CALL)
    if peer is not None and peer.link is LinkState.OFFLINE:
        return "start the daemon: comity serve"
    if peer is not None and peer.hindrance:
        return "ask PARTY for its newest bundle: comity bundle import FILE"
    return WAIT if peer is None or peer.link is LinkState.UP else f"{WAIT}; what is wrong: comity ping PARTY"


def code_name(code: int) -> str:
    """Return the name of a code of the specification, "" for 0."""
    found = error_by_code(code)
    return "" if code == 0 else found.name if found is not None else f"code {code}"
