"""Label and help of each field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from comity.encoding import Record, shape
from comity.kinds import form_of
from comity.wording.data import FALLBACK, content, nearest

SHARED: Final = "parts"
#: Which file words the records of a module that several chapters use, however a kind comes to them.
HOMES: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(("conversation", "parts", "request"), SHARED)
    | dict.fromkeys(("grading", "indicators", "subjects"), "intelligence")
    | dict.fromkeys(("measure", "money", "outcome"), "prevention")
)
CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Wording:
    """How a field is told to people: a label of a few words, and one or two sentences of help."""

    label: str
    help: str


def name_of(record: type[Record]) -> str:
    """Return the name of a record as pages and files write it: `StopPayment` is `stop-payment`."""
    return CAPITAL.sub("-", record.__name__).lower()


def field(kind: str, path: str, lang: str = FALLBACK) -> Wording:
    """Return the wording of a field of a payload; path is as in `hops.0.amount.currency`, with or without indices.

    Where a record is one of several, the first that has the field words it; whoever knows the record asks of_record().

    Raises:
        KindNotAcceptedError: the kind is not known here.
        LookupError: there is no such field, or it has no wording.
    """
    place: shape.Shape = shape.shape_of(form_of(kind).record)
    found: tuple[type[Record], str] | None = None
    for step in path.split("."):
        while isinstance(place, shape.Array):
            place = place.item
        if step.isdecimal() and found is not None:
            continue
        if isinstance(place, shape.Choice):
            place = next((one for one in place.options.values() if step in one.fields), place)
        if not isinstance(place, shape.Map) or step not in place.fields:
            raise LookupError(f"{kind} has no such field")
        found = place.record, step
        place = place.fields[step]
    if found is None:
        raise LookupError(f"{kind} has no such field")
    return of_record(chapter_of(kind), *found, lang)


def chapter_of(kind: str) -> str:
    """Return the name of the file that words the fields of a kind."""
    chapter, point, _ = kind.partition(".")
    return chapter if point else SHARED


def home_of(chapter: str, record: type[Record]) -> str:
    """Return the name of the file that words a record which a kind of the chapter contains."""
    return HOMES.get(record.__module__.rpartition(".")[2], chapter)


def of_record(chapter: str, record: type[Record], name: str, lang: str = FALLBACK) -> Wording:
    """Return the wording of a field of a record, in English where the language has none.

    The first of these that is worded counts: `<record>.<field>` in the chapter, the same in the shared parts, `<field>`
    in the chapter, the same in the shared parts. A record that several chapters use is worded by the one that is its
    home, so that it is told in the same words everywhere.

    Raises:
        LookupError: none of them is.
    """
    file, key = _place(home_of(chapter, record), f"{name_of(record)}.{name}", name)
    entry = content(nearest(lang), file).get(key) or content(FALLBACK, file)[key]
    return Wording(entry["label"], entry["help"])


@cache
def _place(chapter: str, *keys: str) -> tuple[str, str]:
    """Return file and key of the wording; English decides, so that every language words the same fields."""
    for key in keys:
        for file in (chapter, SHARED):
            if key in content(FALLBACK, file):
                return file, key
    raise LookupError(f"{keys[0]} has no wording in {chapter}")
