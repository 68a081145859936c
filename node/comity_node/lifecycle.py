"""Whether an event may take its place now: those that come in, and those that this party wants to send (page case).

What is judged or signed counts at once for what follows, although it is not on disk yet: both sides of the node, inbox
and outbox, see one order.
"""

from collections.abc import Iterable, Sequence

from comity.case import Accepted, Side, Told, Track, event_of, happen, refuse_misplaced, side_of
from comity.case.events import refuse_past
from comity.chapters.form import Role
from comity.encoding import Record
from comity.errors import EarlyEventError, IllegalEventError, PayloadError
from comity.kinds import form_of
from comity.message import SignedMessage
from comity_node.casebook import Casebook, Known, as_told, find_request, history_of, request_of, tellings
from comity_node.records import StoredMessage
from comity_node.store.store import Store

LAST = 2**52  # an index after all that are in the log


class Lifecycle:
    """Judges events one after another."""

    def __init__(self, party: str, store: Store, casebook: Casebook) -> None:
        self._party = party
        self._store = store
        self._casebook = casebook
        self._unkept: dict[bytes, list[Known]] = {}  # by case
        self._judged = 0

    def messages(self, case: bytes) -> list[Known]:
        """Return the requests and events of a case, also those that are not on disk yet."""
        kept = self._casebook.messages(case)
        hashes = {known.hash for known in kept}
        return [*kept, *(known for known in self._unkept.get(case, ()) if known.hash not in hashes)]

    # --- messages that come in ---

    def judge(self, signed: SignedMessage, payload: Record, now_us: int) -> None:
        """Return when the lifecycle allows the message in its case; it then counts for those that follow.

        Raises:
            PayloadError: it is about no request that is known here, or of a time that has passed (CASE-014, CASE-016).
            EarlyEventError: what it follows has not arrived; it must be sent again (CASE-006).
            IllegalEventError: it is not legal now (CASE-007, CASE-008).
        """
        role = form_of(signed.body.kind).role
        if role not in (Role.REQUEST, Role.EVENT):
            return
        refuse_past(payload, signed.body.created)
        self._judged += 1
        accepted = {self._party: Accepted(now_us, LAST + self._judged)}
        known = Known(signed.hash, signed.body, payload, accepted)
        if role is Role.EVENT:
            self._judge_event(known, now_us)
        self._unkept.setdefault(signed.body.case, []).append(known)

    def _judge_event(self, event: Known, now_us: int) -> None:
        messages = self.messages(event.body.case)
        request = find_request(messages, event.body.in_reply_to)
        if request is None:
            if self._gap_before(event, messages):
                raise EarlyEventError("the request has not arrived")
            raise no_request()
        if event.body.sender == request.body.sender:
            self._judge_requester(event, request, messages, now_us)
        else:
            self._judge_requested(event, request, messages)

    def _gap_before(self, event: Known, messages: Sequence[Known]) -> bool:
        """Return whether an earlier message of the sender in the case is missing: it may be the one that is needed."""
        sender = event.body.sender
        numbers = {row.seq for row in self._store.numbers_in_case(event.body.case) if row.sender == sender}
        numbers |= {known.body.seq for known in messages if known.body.sender == sender}
        return any(number not in numbers for number in range(event.body.seq))

    def _judge_requester(self, event: Known, request: Known, messages: Sequence[Known], now_us: int) -> None:
        if self._party not in request.body.to or event.body.after is not None:
            raise PayloadError("an event of the requester goes to those who were asked, with after nil (CASE-005)")
        track = history_of(request, self._party, messages).track
        happen(track, as_told(event, request, self._party), Side.REQUESTER, now_us)

    def _judge_requested(self, event: Known, request: Known, messages: Sequence[Known]) -> None:
        requested, requester = event.body.sender, request.body.sender
        if requested not in request.body.to or requester not in event.body.to:
            raise PayloadError("an event comes from one who was asked and goes to the one who asks (CASE-002)")
        if requester != self._party:
            return  # in a case of several parties each judges its own tracks
        received = request.accepted.get(requested)
        if received is None and requested not in request.void:
            raise EarlyEventError("the receipt of the request has not arrived")
        told, new = list(tellings(request, requested, messages)), as_told(event, request, requested)
        refuse_misplaced(request_of(request, requested), received, told, new, self._gap_before(event, messages))

    # --- messages that go out ---

    def request(self, message: StoredMessage) -> Known | None:
        """Return the request that a message is, or is about, None where it is neither."""
        messages = self.messages(message.body.case)
        return find_request(messages, message.hash) or find_request(messages, message.body.in_reply_to)

    def recipients(self, request: Known, answered: StoredMessage) -> tuple[str, ...]:
        """Return to whom an event of this party about the request goes, when it answers this message (CASE-002)."""
        asked = request.body.to
        if request.body.sender == self._party:
            return (answered.sender,) if answered.sender in asked else asked
        if not form_of(request.body.kind).joint:
            return (request.body.sender,)
        return (request.body.sender, *(party for party in asked if party != self._party))

    def allow(
        self, case: bytes, request_hash: bytes | None, to: Sequence[str], kind: str, payload: Record, now_us: int
    ) -> bytes | None:
        """Return what an event of this party that the lifecycle allows now must name in `after` (CASE-005).

        Raises:
            PayloadError: it names no request that is known here, goes to somebody who has no part in it, or is of a
                time that has passed.
            IllegalEventError: it is not legal now; the text lists what is.
        """
        refuse_past(payload, now_us)
        messages = self.messages(case)
        request = find_request(messages, request_hash)
        if request is None:
            raise no_request()
        what = event_of(kind, payload)
        after = None
        for requested in self._concerned(request, to):
            history = history_of(request, requested, messages)
            track = self.tentative(history.track, request, messages, now_us)
            if what is not None:
                track.applied(what, side_of(track.request, self._party), now_us, bytes(32), payload)
            after = None if request.body.sender == self._party else history.head
        return after

    def _concerned(self, request: Known, to: Sequence[str]) -> list[str]:
        """Return whose tracks an event of this party moves."""
        if request.body.sender == self._party:
            parties = [party for party in to if party in request.body.to]
            if len(parties) == len(to):
                return parties
        elif self._party in request.body.to and request.body.sender in to:
            return [self._party]
        raise PayloadError("an event goes from the one who asks to those who were asked, or back (CASE-002)")

    def tentative(self, track: Track, request: Known, messages: Sequence[Known], now_us: int) -> Track:
        """Return the track of a request as it will be once the other side has taken what this party has sent."""
        if request.body.sender == self._party:
            for told in tellings(request, track.request.requested, messages):
                if told.sender == self._party and told.accepted is None and not told.void:
                    track = hoped(track, told, now_us)
        return track.at(now_us)

    def signed(self, signed: SignedMessage, payload: Record) -> None:
        """Count a message of this party that will be on disk soon."""
        if form_of(signed.body.kind).role in (Role.REQUEST, Role.EVENT):
            self._unkept.setdefault(signed.body.case, []).append(Known(signed.hash, signed.body, payload))

    def kept(self, signed: Iterable[SignedMessage]) -> None:
        """Forget what is on disk now, or will never be: from here on the store knows."""
        for message in signed:
            case = message.body.case
            left = [known for known in self._unkept.get(case, []) if known.hash != message.hash]
            if left:
                self._unkept[case] = left
            else:
                self._unkept.pop(case, None)


def no_request() -> PayloadError:
    return PayloadError("an event names a request that this party knows, in in_reply_to (CASE-016)")


def hoped(track: Track, told: Told, now_us: int) -> Track:
    """Return the track after an event that nobody has accepted yet, unchanged where it would not be legal."""
    try:
        return happen(track, told, Side.REQUESTER, now_us)
    except IllegalEventError:
        return track
