"""Persons who answer questions, for tests."""

from collections.abc import Iterable, Iterator
from typing import Any

from comity.vocabulary import newest
from comity_node.authoring.answers import Desk
from comity_node.authoring.paths import NOTHING, dotted, get, has, put
from comity_node.authoring.questions import Course, Menu
from comity_node.phrases import phrases

NOW_US = 1_795_000_000_000_000  # in November 2026
Form = dict[str, Any]
#: The least that a stop-payment needs.
MINIMAL_STOP: Form = {
    "amount": {"currency": "EUR", "value": "48250.00"},
    "beneficiary": {"bank": "Example Bank", "country": "XA", "number": "XA72EXAM00009876543210"},
    "contact": {"name": "Duty officer", "phone": "+99955501234"},
    "executed": "2026-11-18T09:00:00Z",
    "legal_basis": "Police Act of Aa, section 12",
    "measure_from": "2026-11-18T10:00:00Z",
    "measure_until": "2026-11-21T10:00:00Z",
    "payment_reference": "RF18539007547034",
    "review": "2026-11-20T10:00:00Z",
    "summary": "The victim was told to move the money to a safe account.",
}


def desk_for(kind: str, lang: str = "en", files: tuple[str, ...] = ()) -> Desk:
    """Return what surrounds the one who writes a message of the kind, on a day before all examples end."""
    return Desk(kind, newest(), phrases(lang), NOW_US, files)


class Scripted:
    """A person who answers with the given lines, then goes away."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines: Iterator[str] = iter(lines)
        self.prompts: list[str] = []
        self.told: list[str] = []
        self.typed = 0

    def ask(self, prompt: str) -> str:
        self.prompts.append(prompt)
        line = next(self._lines, None)
        if line is None:
            raise EOFError
        self.typed += len(line) + 1  # and Enter
        return line

    def tell(self, text: str) -> None:
        self.told.append(text)


def answered_from(course: Course, wanted: Form) -> Iterator[str]:
    """Walk a course, answer what the wanted form says, and yield the path of each question that was asked."""
    walk = course.whole()
    reply: tuple[Any, ...] | None = None
    while True:
        try:
            step = walk.send(reply)
        except StopIteration:
            return
        reply = None
        if isinstance(step, Menu):
            named = [each.path for each in step.spots if get(wanted, each.path) not in (NOTHING, None, [])]
            reply = tuple(path for path in named if not has(course.form, path))
            continue
        yield dotted(step.path)
        value = get(wanted, step.path)
        if value not in (NOTHING, None):
            put(course.form, step.path, value)
