"""What is kept together with a message: what it speaks of, that its case is an exercise, when it must be destroyed."""

from collections.abc import Iterable
from typing import Final

from comity.chapters.consent import CHANGE, FORMS, FORWARD
from comity.consent import Content, change_in
from comity.message import Body, SignedMessage
from comity_node.archive import Archive
from comity_node.contents import Contents, spoken_of
from comity_node.exercises import Exercises
from comity_node.store.keeping import Step, due_at, mentioning
from comity_node.store.store import Store

ITSELF: Final = "itself"  # mentions of this sort say where a message is that others may quote by its hash
QUOTED: Final = "intelligence."


class Ledger:
    """Asked for every message that is sent or accepted; for most it has nothing to add."""

    def __init__(self, store: Store, archive: Archive, contents: Contents, exercises: Exercises) -> None:
        self._store = store
        self._archive = archive
        self._contents = contents
        self._exercises = exercises
        self._changed = store.keeping.spoken_of(CHANGE)

    def steps(self, kept: Iterable[tuple[int, SignedMessage]]) -> list[Step]:
        """Return what the database is to take together with these messages, each with its row."""
        found: list[Step] = []
        listed = list(kept)
        for n, signed in listed:
            if signed.body.kind in FORMS:
                found += mentioning(n, signed.body.kind, spoken_of(signed))
            if signed.body.kind.startswith(QUOTED):
                found += mentioning(n, ITSELF, [signed.hash])
            found += self._term(n, signed)
        for _, signed in listed:
            if signed.body.kind == CHANGE:
                found += self._terms_after(signed, listed)
        return found + self._exercises.steps(signed.body for _, signed in listed)

    def terms(self, refused: Iterable[tuple[int, SignedMessage]]) -> list[Step]:
        """Return what the database is to take with messages that were refused: they too have an end."""
        return [step for n, signed in refused for step in self._term(n, signed)]

    def kept(self, bodies: Iterable[Body]) -> None:
        """The messages are durable."""
        listed = list(bodies)
        self._exercises.kept(listed)
        self._changed |= {body.payload["message"] for body in listed if body.kind == CHANGE}

    def _term(self, n: int, signed: SignedMessage) -> list[Step]:
        """Return what keeps when a new message must be destroyed; a change of its marking may have overtaken it."""
        until = signed.body.handling.retain_until
        if signed.hash in self._changed:
            until = self._contents.with_news(Content(signed)).marking.retain_until
        return [] if until is None else due_at([n], until)

    def _terms_after(self, change: SignedMessage, listed: list[tuple[int, SignedMessage]]) -> list[Step]:
        """Return what keeps when the copies of a content must be destroyed after a change of its marking (HAND-015)."""
        said = change_in(change)
        if said is None:
            return []
        steps: list[Step] = []
        for n in self._store.keeping.copies(said.message, change.body.case, FORWARD):
            content = self._content_at(n)
            if content is None or content.originator != change.body.sender:
                continue
            also = tuple(each for _, each in listed if each.body.kind == CHANGE)
            now = Content(content.original, (*content.changes, *also)).marking
            steps += due_at([n], now.retain_until)
        return steps

    def _content_at(self, n: int) -> Content | None:
        message = self._archive.at(n)
        return None if message.destroyed is not None else self._contents.of(message)
