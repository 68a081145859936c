"""One answer as a person types it, and the value of a form that it states."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from comity.encoding import shape
from comity.vocabulary import Vocabulary
from comity_node.authoring.fields import is_money
from comity_node.errors import NodeError
from comity_node.phrases import Phrases
from comity_node.render import plain
from comity_node.times import MAX_MICROS, UNITS, iso, parse_duration, parse_time

MICROS: Final = 1_000_000
SHOWN_CHOICES: Final = 30  # longer lists are shown only where somebody asks for them
RELATIVE: Final = re.compile(r"(?P<now>now)?\s*(?:(?P<sign>[+-])\s*(?P<count>[0-9]{1,6})(?P<unit>[smhdw]))?")
LOOSE_TIME: Final = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]\s*(?P<time>[0-9]{2}:[0-9]{2})(?P<seconds>:[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"\s*(?P<zone>[Zz]|UTC|[+-][0-9]{2}:?[0-9]{2})?"
)
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NUMBER: Final = re.compile(r"[0-9]{1,4}")
WHOLE: Final = re.compile(r"-?[0-9]{1,17}")
SUM: Final = re.compile(r"[0-9][0-9.]*")
DURATION_NAMES: Final = frozenset({"seconds"})
MESSAGE_NAMES: Final = frozenset({"message", "parent", "proposal", "request", "source", "target"})  # hold a hash
ID: Final = re.compile(r"[0-9a-f]{4,32}")


class AnswerError(NodeError):
    """An answer cannot be read.

    Attributes:
        key: of the phrase that says what is wrong and what would be right.
        params: what stands in the gaps of that phrase, fit to be shown.
    """

    def __init__(self, key: str, **params: str) -> None:
        super().__init__(key, "answer again")
        self.key = key
        self.params = params


@dataclass(frozen=True, slots=True)
class Desk:
    """What surrounds the one who answers.

    Attributes:
        kind: of the message.
        vocabulary: where terms come from.
        phrases: the language of questions and faults.
        now_us: the time of day, micros.
        files: names of the files that go with the message.
        hash_of: returns the hash, in hexadecimal, of the message here whose id begins so; None where there is none.
    """

    kind: str
    vocabulary: Vocabulary
    phrases: Phrases
    now_us: int
    files: tuple[str, ...] = ()
    hash_of: Callable[[str], str | None] = lambda beginning: None


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a list: its code, and a label in the language of the one who chooses."""

    code: str
    label: str


def options(place: shape.Shape, desk: Desk) -> list[Option]:
    """Return what can be chosen in a place, in the order of its list; empty where anything may be written."""
    lang = desk.phrases.lang
    if isinstance(place, shape.Choice):
        return [Option(code, desk.vocabulary.label("indicator-kind", code, lang)) for code in place.options]
    group = place.marks.get("group")
    if isinstance(place, shape.Text) and group:
        codes = desk.vocabulary.codes(group)
        return [Option(code, desk.vocabulary.label(group, code, lang)) for code in codes]
    if isinstance(place, shape.Text) and place.marks.get("names") == "attachment":
        return [Option(name, name) for name in dict.fromkeys(desk.files)]
    return []


def read(place: shape.Shape, name: str, text: str, desk: Desk) -> Any:
    """Return the value of a form that the text states, not yet checked against the bounds of the place.

    Raises:
        AnswerError: it states none.
    """
    text = unicodedata.normalize("NFC", text).strip()
    if is_money(place):
        return money(place, text)
    for sort, reader in READERS.items():
        if isinstance(place, sort):
            return reader(place, name, text, desk)
    raise AnswerError("fault.several")


def written(place: shape.Text, name: str, text: str, desk: Desk) -> str:
    choices = options(place, desk)
    return chosen(choices, text) if choices else text


def tag(place: shape.Choice, name: str, text: str, desk: Desk) -> str:
    return chosen(options(place, desk), text)


def chosen(choices: Sequence[Option], text: str) -> str:
    """Return the code that the text means: the code itself, its number in the list, or how code or label begins.

    Raises:
        AnswerError: none fits, or several do.
    """
    folded = text.casefold()
    exact = [each.code for each in choices if text in (each.code, each.label)]
    exact = exact or [each.code for each in choices if folded in (each.code.casefold(), each.label.casefold())]
    if len(exact) == 1:
        return exact[0]
    if NUMBER.fullmatch(text) and 1 <= int(text) <= len(choices):
        return choices[int(text) - 1].code
    found = [each for each in choices if begins(each, folded)] if folded else []
    if len(found) == 1:
        return found[0].code
    if not found:
        raise AnswerError("fault.no-such-term")
    raise AnswerError("fault.several-terms", terms=", ".join(plain(each.code) for each in found[:12]))


def begins(option: Option, folded: str) -> bool:
    return option.code.casefold().startswith(folded) or option.label.casefold().startswith(folded)


def number(place: shape.Number, name: str, text: str, desk: Desk) -> Any:
    if place.marks.get("unit") == "micros":
        return iso(moment(text, desk.now_us))
    if (place.marks.get("unit") == "s" or name in DURATION_NAMES) and not WHOLE.fullmatch(text):
        try:
            return parse_duration(text)
        except NodeError:
            raise AnswerError("fault.duration") from None
    if not WHOLE.fullmatch(text):
        raise AnswerError("fault.number")
    return int(text)


def moment(text: str, now_us: int) -> int:
    """Return micros for a time with its zone, or one relative to now: `now`, `now-2h`, `+3d`.

    Raises:
        AnswerError: it is none; a time without a zone is never guessed.
    """
    relative = RELATIVE.fullmatch(text)
    if relative is not None and text:
        shift = int(relative["count"] or 0) * UNITS[relative["unit"] or "s"] * MICROS
        micros = now_us - shift if relative["sign"] == "-" else now_us + shift
        if not 0 <= micros <= MAX_MICROS:
            raise AnswerError("fault.no-such-time")
        return micros // MICROS * MICROS
    found = LOOSE_TIME.fullmatch(text)
    if found is None:
        raise AnswerError("fault.zone" if DAY.fullmatch(text) else "fault.time")
    if found["zone"] is None:
        raise AnswerError("fault.zone")
    try:
        return parse_time(f"{found['day']}T{found['time']}{found['seconds'] or ':00'}{zone(found['zone'])}")
    except NodeError:
        raise AnswerError("fault.no-such-time") from None


def zone(text: str) -> str:
    """Return the zone as RFC 3339 writes it."""
    if text.upper() in ("Z", "UTC"):
        return "Z"
    return text if ":" in text else f"{text[:3]}:{text[3:]}"


def flag(place: shape.Flag, name: str, text: str, desk: Desk) -> bool:
    return yes_or_no(text, desk.phrases)


def yes_or_no(text: str, phrases: Phrases) -> bool:
    """Return what a yes or no says, in the language of the phrases or in English. Raises: AnswerError."""
    folded = text.casefold()
    if folded in phrases.words("words.yes") | {"y", "yes", "true"}:
        return True
    if folded in phrases.words("words.no") | {"n", "no", "false"}:
        return False
    raise AnswerError("fault.yes-or-no")


def digits(place: shape.Binary, name: str, text: str, desk: Desk) -> str:
    packed = re.sub(r"\s", "", text).lower()
    if name in MESSAGE_NAMES and ID.fullmatch(packed) and (found := desk.hash_of(packed)) is not None:
        return found
    if len(packed) % 2 or not re.fullmatch(r"[0-9a-f]+", packed):
        raise AnswerError("fault.hex")
    return packed


def money(place: shape.Shape, text: str) -> dict[str, str]:
    """Return sum and unit of `48250.00 EUR` or `EUR 48250.00`; codes of currencies may be written small."""
    parts = text.split()
    unit = "currency" if isinstance(place, shape.Map) and "currency" in place.fields else "asset"
    if len(parts) == 2 and SUM.fullmatch(parts[1]) and not SUM.fullmatch(parts[0]):
        parts.reverse()
    if len(parts) != 2 or not SUM.fullmatch(parts[0]):
        raise AnswerError("fault.amount" if unit == "currency" else "fault.asset")
    return {unit: parts[1].upper() if unit == "currency" else parts[1], "value": parts[0]}


READERS: Final[Mapping[type[shape.Shape], Callable[[Any, str, str, Desk], Any]]] = {
    shape.Text: written,
    shape.Choice: tag,
    shape.Number: number,
    shape.Flag: flag,
    shape.Binary: digits,
}
