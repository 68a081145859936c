"""What surrounds whoever writes a message at a terminal: the person, the language, the kind, the vocabulary."""

import os
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from comity_node.cli.language import language
from comity_node.cli.session import Result, Session
from comity_node.faults import Exit, RefusedError, UsageError, fault_of

if TYPE_CHECKING:
    from comity.vocabulary import Vocabulary
    from comity_node.authoring.answers import Desk
    from comity_node.phrases import Phrases


class Terminal:
    """The person at this terminal."""

    def __init__(self, phrases: "Phrases") -> None:
        self._phrases = phrases
        if sys.stdin.isatty():
            from contextlib import suppress

            with suppress(ImportError):
                import readline  # noqa: F401 - input() then lets one move in the line

    def ask(self, prompt: str) -> str:
        """Return one line; bytes that are no text are asked for again. Raises: EOFError."""
        while True:
            try:
                return input(prompt)
            except UnicodeDecodeError:
                self.tell(f"  {self._phrases.say('fault.encoding')}")

    def tell(self, text: str) -> None:
        print(text)


def is_interactive() -> bool:
    """Return whether a person can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def phrases_for(session: Session, lang: str | None) -> "Phrases":
    """Return the sentences in the language asked for, else that of the person, of the home, or of the machine."""
    from comity_node.phrases import FALLBACK, LANGUAGES, known, phrases

    if lang is not None and known(lang) is None:
        raise UsageError(f"there are no texts in {lang[:20]!r}", f"use one of: {', '.join(LANGUAGES)}")
    own = os.environ.get("COMITY_LANG")
    return phrases(known(lang) or known(own) or session.config.lang or known(language()) or FALLBACK)


def context_of(session: Session, kind: str) -> Result:
    """Return what there is to know of a kind before a message of it is written. Raises: RefusedError."""
    context = session.perform("request-kinds", kind=kind)
    if not context["kinds"]:
        from difflib import get_close_matches

        from comity.kinds import KINDS

        near = get_close_matches(kind[:60], KINDS, 5) or ["comity request kinds"]
        raise RefusedError(f"no message of the kind {kind[:60]!r} can be written here", f"see: {', '.join(near)}")
    return context


def vocabulary_for(session: Session, context: Result | None) -> "Vocabulary":
    """Return the vocabulary that the treaty in force names; the newest here where it is not held, or nobody asked."""
    from comity.vocabulary import Pin
    from comity_node.vocabularies import Vocabularies

    held = Vocabularies(session.config.home)
    named = None if context is None else context["vocabulary"]
    pinned = None if named is None else held.pinned(Pin(hash=bytes.fromhex(named["hash"]), version=named["version"]))
    return pinned or held.version(None)


def desk_of(
    session: Session, kind: str, phrases: "Phrases", files: Sequence[str], context: Result | None = None
) -> "Desk":
    """Return what surrounds the one who writes a message of the kind."""
    from comity_node.authoring.answers import Desk

    names = tuple(Path(name).name for name in files)
    vocabulary, now_us = vocabulary_for(session, context), time.time_ns() // 1_000
    return Desk(kind, vocabulary, phrases, now_us, names, partial(hash_of, session))


def hash_of(session: Session, beginning: str) -> str | None:
    """Return the hash of the message in this home whose id begins so, None where there is none or several are."""
    try:
        return str(session.perform("show", id=beginning, mark_read=False)["message"]["hash"])
    except Exception as fault:  # of a node that was opened for this it comes in a group
        if fault_of(fault).exit == Exit.NOT_FOUND:
            return None
        raise
