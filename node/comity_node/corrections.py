"""A correction of what was passed on reaches everyone to whom it was passed on (INTEL-050 to INTEL-054).

A correction or retraction that arrives waits in the store, in the commit in which it was accepted, until a copy of it
has been kept for every recipient of every copy of its target; the same happens when a copy is sent after the correction
came. What was done is read from what was sent, so a restart between two steps sends nothing twice.
"""

import logging
from typing import Any, Final

import trio

from comity.errors import RemoteError
from comity_node.archive import Archive
from comity_node.errors import NodeError
from comity_node.outbox import Outbox
from comity_node.records import Sent, StoredMessage
from comity_node.relations import CORRECTING, Relation, source_of
from comity_node.signing import Draft, RuleError
from comity_node.store.store import Store
from comity_node.trust import Trust
from comity_node.world import World

log = logging.getLogger(__name__)
LIFETIME_S: Final = 2_592_000  # how long a correction is worth delivering, where the treaty lets it live so long
RETRY_S: Final = 3_600.0  # what the treaty forbids today it may allow after an amendment
PENDING_PAGE: Final = 64


class Corrections:
    """Corrects own messages, and passes on the corrections of others."""

    def __init__(self, outbox: Outbox, archive: Archive, trust: Trust, store: Store, world: World) -> None:
        self._outbox = outbox
        self._archive = archive
        self._trust = trust
        self._store = store
        self._world = world
        self._news = trio.Event()

    def wake(self) -> None:
        """A correction has come in, or a copy has gone out."""
        self._news.set()

    async def run(self) -> None:
        while True:
            self._news = trio.Event()
            await self._pass_all_on()
            with trio.move_on_after(RETRY_S):
                await self._news.wait()

    async def correct(self, target: StoredMessage, kind: str, content: dict[str, Any], **options: Any) -> Sent:
        """Send a correction or retraction of a message of this node to all who have it (INTEL-050, INTEL-052).

        `content` is the payload without `source` and `target`.

        Raises:
            RuleError: the message came from somebody else, or the treaty or the form does not allow it.
            StorageError: it could not be kept, so it was not sent.
        """
        if not target.outgoing:
            raise RuleError(
                f"only its sender, {target.sender}, can correct this message",
                "tell them: comity reply ID text --text WORDS",
            )
        if kind not in CORRECTING:
            raise RuleError(f"a {kind[:60]} corrects nothing", f"use one of: {', '.join(sorted(CORRECTING))}")
        payload = content | {"source": None, "target": target.hash}
        return await self._outbox.send(self._draft(target, kind, payload, self._holders(target), **options))

    def of(self, message: StoredMessage) -> list[StoredMessage]:
        """Return the corrections and retractions that apply to the message (INTEL-051), oldest first."""
        found = [self._archive.at(position) for position in self._store.relations.about(message.hash)]
        return [each for each in found if each.sender == message.sender and each.body.case == message.body.case]

    def _holders(self, target: StoredMessage) -> tuple[str, ...]:
        """Return who has the message: its recipients, and whoever answered it."""
        answered = {sender for of, sender in self._store.answers_to({target.hash}) if of == target.hash}
        return tuple(sorted(({*target.body.to} | answered) - {target.sender}))

    async def _pass_all_on(self) -> None:
        after = 0
        while rows := self._store.relations.pending(after, PENDING_PAGE):
            for row in rows:
                after = row.n
                try:
                    await self._pass_on(self._archive.at(row.message_n))
                    await self._store.relations.done(row.n)
                except (NodeError, RemoteError) as fault:
                    log.warning("a correction is not passed on, and will be tried again: %s", fault)

    async def _pass_on(self, correction: StoredMessage) -> None:
        """Send the correction to everyone who has a copy of its target, and has not had it (INTEL-053, INTEL-054)."""
        if correction.outgoing or "target" not in correction.body.payload:  # destroyed since
            return
        for copy in self._copies(correction):
            had = self._told(copy.hash, correction.hash) | {correction.sender}
            for recipient in copy.body.to:
                if recipient not in had:
                    payload = correction.body.payload | {"source": correction.hash, "target": copy.hash}
                    draft = self._draft(copy, correction.body.kind, payload, (recipient,), like=correction)
                    await self._outbox.send(draft)

    def _copies(self, correction: StoredMessage) -> list[StoredMessage]:
        """Return the messages by which this node has passed the target on, none unless the target is held from the
        one who corrects it (INTEL-051).
        """
        target = correction.body.payload["target"]
        rows = self._store.in_case_with_hash(correction.body.case, target)
        held = [row for row in rows if not row.outgoing and not row.code and row.sender == correction.sender]
        named = {target, *(source_of(self._archive.message(row).body) or target for row in held)}
        positions = {at for each in named for at in self._store.relations.sent_about(each, Relation.COPY)}
        return [self._archive.at(position) for position in sorted(positions)] if held else []

    def _told(self, copy: bytes, correction: bytes) -> set[str]:
        """Return who has had this correction of the copy from this node."""
        sent = [self._archive.at(at) for at in self._store.relations.sent_about(copy, Relation.CORRECTION)]
        return {party for each in sent if each.body.payload.get("source") == correction for party in each.body.to}

    def _draft(
        self,
        about: StoredMessage,
        kind: str,
        payload: dict[str, Any],
        to: tuple[str, ...],
        like: StoredMessage | None = None,
        lang: str | None = None,
        urgency: int | None = None,
        lifetime_s: int = LIFETIME_S,
    ) -> Draft:
        """Return a draft in the case of `about`, marked as that is; language and urgency are those of `like`."""
        body = (like or about).body
        allowed_s = self._trust.require().limits(self._world.now_us()).lifetime_s
        return Draft(
            to=to,
            kind=kind,
            payload=payload,
            lang=lang or body.lang,
            handling=about.body.handling,
            urgency=body.urgency if urgency is None else urgency,
            lifetime_s=min(lifetime_s, allowed_s),
            case=about.body.case,
            in_reply_to=None,
            exercise=about.body.exercise,
        )
