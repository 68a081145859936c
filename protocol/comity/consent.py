"""Content of others: what its marking is now, what its originator has consented to, who may pass it on.

- The content is one signed message. Its originator is who signed it, and nobody else can change its marking or consent.
- Of several changes the newest counts, of several consents to one thing likewise: a refusal takes a consent back.
- A message that carries content of others carries what proves that it may: whoever takes it in checks that for himself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from comity.chapters.consent import CHANGE, CONSENT, FORWARD, Change, Consent, Forward
from comity.directory import Directory
from comity.encoding import Record
from comity.errors import MarkingError, PayloadError, RemoteError
from comity.handling import COLOURS, Action, Deed, Handling, Obstacle, Remedy, obstacles, widened
from comity.kinds import NOTICE, payload_of
from comity.message import Body, SignedMessage
from comity.message import read as read_message

#: The strictest colour that a message of the kind can have, where it is meant for many (HAND-010).
WIDEST_NEED: Final = {"prevention.alert": "AMBER"}
NOT_CONTENT: Final = frozenset({FORWARD, NOTICE})


@dataclass(frozen=True, slots=True)
class Content:
    """A signed message with what its originator has said of it since: changes and consents, signed as well."""

    original: SignedMessage
    changes: tuple[SignedMessage, ...] = ()
    consents: tuple[SignedMessage, ...] = ()

    @property
    def originator(self) -> str:
        """Who may change its marking and consent."""
        return self.original.body.sender

    @property
    def marking(self) -> Handling:
        """The marking that holds now (HAND-015)."""
        return marking_after(self.original, self.changes)

    def had_by(self, party: str) -> bool:
        """Return whether the party has had it from its originator."""
        return party == self.originator or party in self.original.body.to

    def against(
        self, deed: Deed, holder: str, parties: Sequence[str] = (), case: bytes | None = None
    ) -> tuple[Obstacle, ...]:
        """Return what stands against the deed of the holder after all consents; () where it is permitted.

        `parties` are those who are to get it: who has it already needs no consent. `case` is where it is attached to.
        """
        found = obstacles(self.marking, deed, self.original.body.exercise)
        final = tuple(each for each in found if each.remedy is not Remedy.CONSENT)
        strangers = [party for party in parties if not self.had_by(party)]
        if holder == self.originator or (parties and not strangers and deed.action is Action.FORWARD):
            return final
        asked: list[str | None] = [*strangers] or [None]
        return final if all(self.consent_for(deed, holder, party, case) for party in asked) else found

    def consent_for(
        self, deed: Deed, holder: str, party: str | None, case: bytes | None = None
    ) -> SignedMessage | None:
        """Return the consent that covers the deed of the holder towards the party, None without one.

        The newest answer decides (HAND-014), and one whose end has come does not count (HAND-013).
        """
        found: tuple[int, bytes, SignedMessage, Consent] | None = None
        for each in self.consents:
            said = consent_in(each)
            if said is None or not self._is_about(each.body, said, deed, holder, party, case):
                continue
            if found is None or (each.body.created, each.hash) > found[:2]:
                found = each.body.created, each.hash, each, said
        if found is None or not found[3].grant or not stands(found[3], deed.time):
            return None
        return found[2]

    def _is_about(
        self, body: Body, said: Consent, deed: Deed, holder: str, party: str | None, case: bytes | None
    ) -> bool:
        return (
            body.sender == self.originator
            and body.case == self.original.body.case
            and holder in body.to
            and said.message == self.original.hash
            and said.action == deed.action
            and said.purpose == deed.purpose
            and (party is None or party in said.recipients)
            and (case is None or said.case == case)
        )

    def reached(self) -> frozenset[str]:
        """Return the parties to which its originator sent it or let it be forwarded, over any number of steps."""
        parties = {self.originator, *self.original.body.to}
        steps = [
            (each.body.to, said.recipients) for each in self.consents if (said := consent_in(each)) and is_onward(said)
        ]
        while any(not set(onward) <= parties for grantees, onward in steps if parties & set(grantees)):
            for grantees, onward in steps:
                if parties & set(grantees):
                    parties |= set(onward)
        return frozenset(parties)


def is_onward(said: Consent) -> bool:
    return said.grant and said.action == Action.FORWARD


def stands(said: Consent, time: int) -> bool:
    """Return whether the end of the consent has not come."""
    return said.expires is None or time < said.expires


def consent_in(signed: SignedMessage) -> Consent | None:
    """Return the consent that the message gives or refuses, None where it is another kind or has not its form."""
    payload = statement_in(signed, CONSENT)
    return payload if isinstance(payload, Consent) else None


def change_in(signed: SignedMessage) -> Change | None:
    """Return the change of marking that the message states, None where it states none."""
    payload = statement_in(signed, CHANGE)
    return payload if isinstance(payload, Change) else None


def statement_in(signed: SignedMessage, kind: str) -> Record | None:
    if signed.body.kind != kind:
        return None
    try:
        return payload_of(kind, signed.body.payload)
    except RemoteError:
        return None


def marking_after(original: SignedMessage, changes: Iterable[SignedMessage]) -> Handling:
    """Return the marking of the message after the changes; only its originator's count, and the newest (HAND-015)."""
    newest = original.body.created, original.hash
    marking = original.body.handling
    for each in changes:
        said = change_in(each)
        if said is None or said.message != original.hash or not is_of_same(each, original):
            continue
        if (each.body.created, each.hash) > newest:
            newest = each.body.created, each.hash
            marking = said.handling.handling()
    return marking


def is_of_same(signed: SignedMessage, original: SignedMessage) -> bool:
    """Return whether both are of one party and in one case (HAND-035)."""
    return (signed.body.sender, signed.body.case) == (original.body.sender, original.body.case)


# --- what a recipient checks -----------------------------------------------------------------------------------------


def check_handling(body: Body, payload: Record, directory: Directory) -> None:
    """Return when the marking of the message fits its kind and what it carries of others may be passed on.

    Raises:
        MarkingError: it does not, or may not (HAND-010, HAND-017 to HAND-021).
        PayloadError: what it carries is no signed message.
    """
    refuse_colour(body.kind, body.handling)
    if isinstance(payload, Forward):
        check_forward(body, payload, directory)


def refuse_colour(kind: str, marking: Handling) -> None:
    """Return unless a message of this kind has to reach more than its colour allows (HAND-010). Raises MarkingError."""
    most = WIDEST_NEED.get(kind)
    if most is not None and COLOURS.index(marking.tlp) > COLOURS.index(most):
        raise MarkingError(f"a {kind} is TLP:{most} at most, not TLP:{marking.tlp}")


def check_forward(body: Body, payload: Forward, directory: Directory) -> Content:
    """Return the content that the message carries, proved to be of its originator and to be passed on rightly.

    Raises:
        MarkingError: it is not, or the message is marked less strictly than what it carries.
        PayloadError: what it carries is no signed message.
    """
    content = open_forward(payload, directory)
    original = content.original.body
    wider = widened(body.handling, content.marking)
    if wider:
        raise MarkingError(f"marked less strictly than what it carries: {', '.join(wider)} (HAND-019)")
    known = {(each.hash, each.size) for each in original.attachments}
    if any((each.hash, each.size) not in known for each in body.attachments):
        raise MarkingError("an attachment that the forwarded message does not have (HAND-020)")
    deed = Deed(Action.FORWARD, body.created, payload.purpose, exercise=body.exercise)
    found = content.against(deed, body.sender, body.to)
    if found:
        raise MarkingError("; ".join(each.text for each in found))
    if not may_have(content, body.sender, deed):
        raise MarkingError(f"nothing shows how it came to {body.sender} (HAND-018)")
    return content


def may_have(content: Content, holder: str, deed: Deed) -> bool:
    """Return whether it is shown how the holder has got the content, or its marking lets every member have it."""
    return holder in content.reached() or not obstacles(content.marking, deed, content.original.body.exercise)


def open_forward(payload: Forward, directory: Directory) -> Content:
    """Return what is forwarded with its evidence, every signature verified (HAND-017).

    Raises:
        MarkingError: a signature does not verify, or something does not belong to it.
        PayloadError: something is no signed message.
    """
    original = verified(payload.signed, directory)
    if original.body.kind in NOT_CONTENT:
        raise MarkingError(f"a {original.body.kind} is not forwarded (HAND-021)")
    changes = tuple(verified(data, directory) for data in payload.changes)
    consents = tuple(verified(data, directory) for data in payload.consents)
    for each in (*changes, *consents):
        said = change_in(each) if each in changes else consent_in(each)
        if said is None or said.message != original.hash or not is_of_same(each, original):
            raise MarkingError("evidence that is not about the forwarded message (HAND-017)")
    return Content(original, changes, consents)


def verified(data: bytes, directory: Directory) -> SignedMessage:
    """Return the signed message of a member. Raises MarkingError, PayloadError."""
    try:
        signed = read_message(data)
    except RemoteError as fault:
        raise PayloadError(f"what is forwarded is no signed message: {fault}") from None
    body = signed.body
    key = directory.signing_key(body.sender, body.from_key)
    if body.treaty != directory.treaty_id or key is None:
        raise MarkingError(f"what is forwarded is not known to be of {body.sender} (HAND-017)")
    try:
        signed.verify(key)
    except RemoteError as fault:
        raise MarkingError(f"what is forwarded is not of {body.sender}: {fault} (HAND-017)") from None
    return signed
