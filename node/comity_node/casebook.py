"""What the store knows of a case: its messages, who accepted them and when, and the tracks that they make."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from comity import receipt as receipts
from comity.case import Accepted, History, Request, Told, told_history
from comity.chapters.form import Role, Service
from comity.encoding import Record
from comity.errors import RemoteError
from comity.kinds import FORMS, payload_of
from comity.message import Body
from comity_node.archive import Archive
from comity_node.records import Ending, StoredMessage
from comity_node.remains import revived
from comity_node.store.store import Store

MAX_MESSAGES = 10_000  # of one case
MAX_OPEN_BYTES = 33_554_432  # sealed bytes of the messages that stay open, of all cases


@dataclass(frozen=True, slots=True)
class Known:
    """A message of a case.

    Attributes:
        accepted: recipient -> when it accepted the message, as far as its receipt is known.
        void: recipients that refused it or for whom it expired.
        position: of the message in the store; 0 while it is not on disk.
    """

    hash: bytes
    body: Body
    payload: Record
    accepted: dict[str, Accepted] = field(default_factory=dict)
    void: frozenset[str] = frozenset()
    position: int = 0

    @property
    def role(self) -> Role:
        return FORMS[self.body.kind].role


@dataclass(slots=True)
class Opened:
    """What was read of a case: up to which message and which ended delivery, and how many bytes lie sealed on disk."""

    known: dict[bytes, Known] = field(default_factory=dict)  # by hash
    position: int = 0
    settled: int = 0
    size: int = 0


class Casebook:
    """Reads cases. What is judged or signed but not on disk yet is handed in by `lifecycle`.

    The cases that were read last stay open, and only what is new of them is read again: a case of a thousand events
    would cost a thousand decryptions for each further one. What is destroyed is forgotten at once.
    """

    def __init__(self, party: str, store: Store, archive: Archive, most_bytes: int = MAX_OPEN_BYTES) -> None:
        self._party = party
        self._store = store
        self._archive = archive
        self._most_bytes = most_bytes
        self._open: OrderedDict[bytes, Opened] = OrderedDict()
        self._size = 0
        store.keeping.when_destroyed(self.forget)

    def forget(self) -> None:
        """Close all cases: something that was read is no longer on disk."""
        self._open.clear()
        self._size = 0

    def messages(self, case: bytes) -> list[Known]:
        """Return the requests and events of a case, in the order in which this node got to know them."""
        opened = self._open.pop(case, None) or Opened()
        self._size -= opened.size
        ended = self._store.settled_in_case(case, opened.settled)  # first: a delivery may end between two reads
        self._read_messages(case, opened)
        for row in ended:
            self._end_delivery(row, opened)
        self._open[case] = opened
        self._size += opened.size
        while self._size > self._most_bytes:
            _, closed = self._open.popitem(last=False)
            self._size -= closed.size
        return list(opened.known.values())

    def _read_messages(self, case: bytes, opened: Opened) -> None:
        for row in self._store.in_case_after(case, opened.position, MAX_MESSAGES):
            known = self._known(self._archive.message(row))
            opened.position = row.n
            opened.size += len(row.sealed)
            if known is not None:
                opened.known[known.hash] = known

    def _end_delivery(self, row: Any, opened: Opened) -> None:
        """Take over who has accepted, refused or let expire what this node has sent."""
        opened.settled = row.settled
        known = opened.known.get(row.hash)
        if known is None:
            return
        accepted, void = dict(known.accepted), known.void - {row.recipient}
        if row.state == int(Ending.ACCEPTED):
            receipt = receipts.read(row.receipt)
            accepted[row.recipient] = Accepted(receipt.read_entry().time, receipt.index)
        else:
            void |= {row.recipient}
        opened.known[row.hash] = replace(known, accepted=accepted, void=void)

    def _known(self, stored: StoredMessage) -> Known | None:
        body = stored.body
        form = FORMS.get(body.kind)
        if form is None or form.role not in (Role.REQUEST, Role.EVENT):
            return None
        try:
            payload = payload_of(body.kind, body.payload) if stored.destroyed is None else rest_of(body)
        except RemoteError:
            return None  # it was refused for its form
        taken, lost = dict[str, Accepted](), frozenset[str]()
        if not stored.outgoing and (stored.code or stored.receipt is None):
            lost = frozenset({self._party})
        elif not stored.outgoing and stored.receipt is not None:
            taken = {self._party: Accepted(stored.receipt.read_entry().time, stored.receipt.index)}
        return Known(stored.hash, body, payload, taken, lost, stored.position)


def rest_of(body: Body) -> Record:
    """Return what stays of a payload that was destroyed: enough to follow the case."""
    return revived(body.kind, body.payload)


def find_request(messages: Iterable[Known], message_hash: bytes | None) -> Known | None:
    """Return the request with this hash among the messages, None where there is none."""
    return next((known for known in messages if known.hash == message_hash and known.role is Role.REQUEST), None)


def request_of(request: Known, requested: str) -> Request:
    """Return what a track needs to know of a request."""
    form, body = FORMS[request.body.kind], request.body
    return Request(
        hash=request.hash,
        kind=body.kind,
        service=form.service or Service.INFORMATION,
        measure=form.measure,
        requester=body.sender,
        requested=requested,
        urgency=body.urgency,
        until_us=getattr(request.payload, "until", None),
        created_us=body.created,
        treaty_version=body.treaty_version,
    )


def tellings(request: Known, requested: str, messages: Iterable[Known]) -> Iterator[Told]:
    """Yield the events of one track, in the order in which they are known."""
    for known in messages:
        if known.role is Role.EVENT and known.body.in_reply_to == request.hash and concerns(known, request, requested):
            yield as_told(known, request, requested)


def concerns(known: Known, request: Known, requested: str) -> bool:
    """Return whether an event about the request belongs to the track of this requested party (CASE-002)."""
    if known.body.sender == request.body.sender:
        return requested in known.body.to
    return known.body.sender == requested and request.body.sender in known.body.to


def as_told(known: Known, request: Known, requested: str) -> Told:
    """Return an event as the lifecycle hears it: void when the other party of the track has not taken it."""
    other = requested if known.body.sender == request.body.sender else request.body.sender
    accepted = known.accepted.get(requested) if known.body.sender == request.body.sender else None
    return Told(
        hash=known.hash,
        sender=known.body.sender,
        kind=known.body.kind,
        payload=known.payload,
        after=known.body.after,
        created_us=known.body.created,
        accepted=accepted,
        void=other in known.void,
    )


def history_of(request: Known, requested: str, messages: Sequence[Known]) -> History:
    """Return the history of one track, without what this party has sent and nobody has accepted yet."""
    asked = request_of(request, requested)
    history = told_history(asked, request.accepted.get(requested), tellings(request, requested, messages))
    if requested in request.void:
        return History(history.track.undelivered(request.body.expires), history.head, history.voided)
    return history
