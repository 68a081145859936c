"""What of a message counts as content: what it is or carries, with all that its originator has said of it since."""

from comity import message as messages
from comity.chapters.consent import CHANGE, CONSENT, FORWARD, Forward
from comity.consent import Content, change_in
from comity.handling import Handling
from comity.kinds import payload_of
from comity.message import SignedMessage
from comity_node.archive import Archive
from comity_node.errors import NotFoundError
from comity_node.records import StoredMessage
from comity_node.store.store import Store
from comity_node.times import iso


class Contents:
    """Reads messages together with the changes and consents that were kept here."""

    def __init__(self, store: Store, archive: Archive) -> None:
        self._store = store
        self._archive = archive

    def of(self, message: StoredMessage) -> Content:
        """Return the content that the message carries where it forwards one, else that it is.

        Raises:
            NotFoundError: it was destroyed.
        """
        signed = self._archive.signed_at(message.position)
        if signed is None or message.destroyed is not None:
            when = iso(message.destroyed.time_us) if message.destroyed else "earlier"
            raise NotFoundError(f"the content was destroyed {when}", f"ask {message.sender} for it")
        carried = None if message.code else carried_by(signed)
        return self.with_news(carried or Content(signed))

    def at(self, n: int) -> StoredMessage:
        """Return the message in the row. Raises: NotFoundError."""
        return self._archive.at(n)

    def carried_consents(self, message: StoredMessage) -> tuple[SignedMessage, ...]:
        """Return the consents that a message which forwards content carries; () for any other."""
        signed = self._archive.signed_at(message.position)
        carried = None if signed is None else carried_by(signed)
        return () if carried is None else carried.consents

    def with_news(self, content: Content) -> Content:
        """Return the content with what was kept here about it."""
        about = content.original.hash
        changes = {each.hash: each for each in (*content.changes, *self._said(about, CHANGE))}
        consents = {each.hash: each for each in (*content.consents, *self._said(about, CONSENT))}
        return Content(content.original, tuple(changes.values()), tuple(consents.values()))

    def _said(self, about: bytes, kind: str) -> list[SignedMessage]:
        rows = self._store.keeping.speaking_of(about, kind)
        return [signed for row in rows if (signed := self._archive.signed(row)) is not None]

    def marking(self, message: StoredMessage) -> Handling:
        """Return the marking that holds now of what the message is or carries; of what was destroyed, its last."""
        if message.destroyed is not None:
            return message.body.handling
        return self.of(message).marking


def carried_by(signed: SignedMessage) -> Content | None:
    """Return what the message forwards, None where it forwards nothing. Its signatures were verified when it came."""
    if signed.body.kind != FORWARD:
        return None
    payload = payload_of(FORWARD, signed.body.payload)
    if not isinstance(payload, Forward):
        return None
    changes, consents = (tuple(map(messages.read, part)) for part in (payload.changes, payload.consents))
    return Content(messages.read(payload.signed), changes, consents)


def payload_of_forward(message: StoredMessage) -> Forward | None:
    """Return the payload of a message that was taken in and forwards content, None for any other."""
    if message.body.kind != FORWARD or message.code or message.destroyed is not None:
        return None
    payload = payload_of(FORWARD, message.body.payload)
    return payload if isinstance(payload, Forward) else None


def spoken_of(signed: SignedMessage) -> list[bytes]:
    """Return the hashes of the messages that a message of a kind of the page handling speaks of."""
    carried = carried_by(signed)
    if carried is not None:
        return [carried.original.hash]
    named = signed.body.payload.get("message")
    many = signed.body.payload.get("messages")
    return [named] if isinstance(named, bytes) else list(many) if isinstance(many, list) else []


def newest_change(content: Content) -> SignedMessage | None:
    """Return the change that the marking of the content comes from, None where it is that of the message."""
    of_originator = [each for each in content.changes if each.body.sender == content.originator]
    about = [each for each in of_originator if (said := change_in(each)) and said.message == content.original.hash]
    newest = max(about, key=lambda each: (each.body.created, each.hash), default=None)
    if newest is None or (newest.body.created, newest.hash) <= (content.original.body.created, content.original.hash):
        return None
    return newest
