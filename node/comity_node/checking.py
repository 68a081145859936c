"""Every fault of a form at once, and the payload that it states (spec page kinds).

A form is what an officer or a program hands in: times are RFC 3339, bytes are hexadecimal. Types and bounds come from
the shape of the record, rules over several fields from the record itself, terms from the vocabulary.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Final, Protocol

import msgspec

from comity.encoding import Record, shape
from comity.kinds import form_of
from comity_node.errors import NodeError
from comity_node.formfaults import HELP, FormFault, Sort
from comity_node.letters import mixed, shown, unseen, unsendable
from comity_node.times import RFC_3339, parse_time

MAX_FAULTS: Final = 100  # faults: a form with more of them is another kind of file
MAX_LINE: Final = 254  # characters: texts up to here are one line, names at the longest
MAX_NUMBER: Final = 64  # characters: texts up to here are numbers and codes that somebody will copy
LIST_ALL: Final = 12  # terms: so many are told, of longer lists the nearest
NEAREST: Final = 5
CLAUSE: Final = re.compile(r"(?:^|; )(?P<rule>.+?) \((?P<clause>[A-Z]{2,9}-[0-9]{3})\)(?=; |$)", re.DOTALL)
HEX: Final = re.compile(r"([0-9A-Fa-f]{2})*")
UNZONED: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?")
SORT_OF_GROUP: Final = {"country": Sort.COUNTRY, "currency": Sort.CURRENCY}


class Terms(Protocol):
    """Where terms come from: the vocabulary."""

    def codes(self, group: str) -> tuple[str, ...]:
        """Return the codes of a group; none where it is not known."""
        ...


class Checker:
    """Reads one form; afterwards `faults` holds every fault that was found, `more` how many did not fit."""

    def __init__(self, terms: Terms | None, now: int | None) -> None:
        self.faults: list[FormFault] = []
        self.more = 0
        self._terms = terms
        self._now = now
        self._fields: list[tuple[type[Record], str]] = []  # the field that is being read, and those around it

    def read(self, kind: str, form: Mapping[str, Any]) -> Any:
        """Return the payload that the form states, as far as it is right.

        Raises:
            KindNotAcceptedError: the kind is not known here.
        """
        return self._value(shape.shape_of(form_of(kind).record), dict(form), "")[0]

    def _add(self, place: shape.Shape, path: str, sort: Sort, value: Any, wanted: str, **params: str) -> None:
        if len(self.faults) == MAX_FAULTS:
            self.more += 1
            return
        field = self._fields[-1] if self._fields and sort is not Sort.UNKNOWN_FIELD else None
        self.faults.append(FormFault(path, sort, told(value), wanted, params, place.optional, field))

    def _value(self, place: shape.Shape, value: Any, path: str) -> tuple[Any, bool]:
        """Return what the payload has here, and whether its form is right, so that rules can be asked."""
        if value is None:
            if not place.optional:
                self._add(place, path, Sort.MISSING, None, **wanted(place))
            return None, place.optional
        return READERS[type(place)](self, place, value, path)

    def _wrong(self, place: shape.Shape, path: str, value: Any) -> tuple[Any, bool]:
        self._add(place, path, Sort.TYPE, value, **wanted(place))
        return value, False

    def map(self, place: shape.Map, value: Any, path: str) -> tuple[Any, bool]:
        if not isinstance(value, dict):
            return self._wrong(place, path, value)
        read = {name: item for name, item in value.items() if name not in place.fields}
        right = self._known(place, value, path)
        if place.tag is not None:
            read[place.tag[0]] = place.tag[1]
        for name, inner in place.fields.items():
            below = f"{path}.{name}".lstrip(".")
            self._fields.append((place.record, name))
            if name in value:
                read[name], fine = self._value(inner, value[name], below)
                right &= fine
            else:
                self._add(inner, below, Sort.MISSING, None, **wanted(inner))
                right = False
            self._fields.pop()
        if right:
            self._rules(place, read, path)
        return read, right

    def _known(self, place: shape.Map, value: Mapping[str, Any], path: str) -> bool:
        """Return whether the object has no field that the record has not."""
        unknown = [name for name in value if name not in place.fields and (place.tag is None or name != place.tag[0])]
        for name in unknown:
            if len(self.faults) < MAX_FAULTS:
                near = difflib.get_close_matches(name[:MAX_LINE], list(place.fields), 3)
                right = {"wanted": "wanted.fields", "names": ", ".join(near)} if near else {"wanted": "wanted.no-field"}
                self._add(NOWHERE, f"{path}.{shown(name)}".lstrip("."), Sort.UNKNOWN_FIELD, value[name], **right)
            else:
                self.more += 1
        return not unknown

    def _rules(self, place: shape.Map, read: Mapping[str, Any], path: str) -> None:
        """Ask the rules of a record, whether or not those of the records inside it hold."""
        rules = getattr(place.record, "__post_init__", None)
        if rules is None:
            return
        try:
            rules(built(place, read))
        except ValueError as fault:
            for broken in broken_rules(str(fault)):
                self._add(NOWHERE, path, Sort.RULE, None, f"rule.{broken['clause']}", **broken)

    def choice(self, place: shape.Choice, value: Any, path: str) -> tuple[Any, bool]:
        if not isinstance(value, dict):
            return self._wrong(place, path, value)
        below = f"{path}.{place.tag}".lstrip(".")
        tag = value.get(place.tag)
        if isinstance(tag, str) and tag in place.options:
            return self.map(place.options[tag], value, path)
        sort = Sort.MISSING if tag is None else Sort.CHOICE if isinstance(tag, str) else Sort.TYPE
        self._add(NOWHERE, below, sort, tag, "wanted.terms", names=", ".join(nearest(str(tag), place.options)))
        return value, False

    def array(self, place: shape.Array, value: Any, path: str) -> tuple[Any, bool]:
        if not isinstance(value, list | tuple):
            return self._wrong(place, path, value)
        right = place.least <= len(value) and (place.most is None or len(value) <= place.most)
        if not right:
            self._add(NOWHERE, path, Sort.ITEMS, None, **wanted(place), length=f"{len(value):,}")
        pairs = [self._value(place.item, item, f"{path}.{i}") for i, item in enumerate(value[: place.most])]
        return [item for item, _ in pairs], right and all(fine for _, fine in pairs)

    def text(self, place: shape.Text, value: Any, path: str) -> tuple[Any, bool]:
        if not isinstance(value, str):
            return self._wrong(place, path, value)
        before = len(self.faults) + self.more
        if not place.least <= len(value) <= (len(value) if place.most is None else place.most):
            self._add(place, path, Sort.LENGTH, value, **wanted(place), length=f"{len(value):,}")
        elif place.pattern is not None and re.search(place.pattern, value) is None:
            self._add(place, path, Sort.PATTERN, value, HELP)
        right = len(self.faults) + self.more == before
        self._letters(place, value, path)
        if right:
            self._term(place, value, path)
        return value, right

    def _letters(self, place: shape.Text, value: str, path: str) -> None:
        if found := unsendable(value):
            self._add(NOWHERE, path, Sort.CHARACTER, value, "wanted.plain", characters=found)
        elif place.most is None or place.most <= MAX_LINE:
            short = place.most is None or place.most <= MAX_NUMBER
            if found := unseen(value, names=not short):
                self._add(NOWHERE, path, Sort.HIDDEN, value, "wanted.plain", characters=found)
            elif short and (found := mixed(value)):
                self._add(NOWHERE, path, Sort.MIXED_SCRIPT, value, "wanted.one-script", characters=found)

    def _term(self, place: shape.Text, value: str, path: str) -> None:
        group = place.marks.get("group")
        codes = self._terms.codes(group) if group and self._terms else ()
        if group and codes and value not in codes:
            sort = SORT_OF_GROUP.get(group, Sort.TERM)
            self._add(place, path, sort, value, "wanted.terms", names=", ".join(nearest(value, codes)))

    def number(self, place: shape.Number, value: Any, path: str) -> tuple[Any, bool]:
        if place.marks.get("unit") == "micros" and isinstance(value, str):
            return self._time(place, value, path)
        if not isinstance(value, int) or isinstance(value, bool):
            return self._wrong(place, path, value)
        if not place.least <= value <= place.most:
            self._add(place, path, Sort.RANGE, value, **wanted(place))
            return value, False
        return self._ahead(place, value, value, path)

    def _time(self, place: shape.Number, value: str, path: str) -> tuple[Any, bool]:
        if RFC_3339.fullmatch(value) is None:
            sort = Sort.TIME_WITHOUT_ZONE if UNZONED.fullmatch(value) else Sort.TYPE
            self._add(place, path, sort, value, "wanted.time")
            return value, False
        try:
            micros = parse_time(value)
        except NodeError:
            self._add(place, path, Sort.TIME, value, "wanted.time")
            return value, False
        return self._ahead(place, micros, value, path)

    def _ahead(self, place: shape.Number, micros: int, value: Any, path: str) -> tuple[Any, bool]:
        if place.marks.get("when") == "ahead" and self._now is not None and micros <= self._now:
            self._add(place, path, Sort.PAST, value, "wanted.later")
        return micros, True

    def binary(self, place: shape.Binary, value: Any, path: str) -> tuple[Any, bool]:
        data = bytes.fromhex(value) if isinstance(value, str) and HEX.fullmatch(value) else value
        if not isinstance(data, bytes):
            return self._wrong(place, path, value)
        right = place.least <= len(data) and (place.most is None or len(data) <= place.most)
        if not right:
            self._add(place, path, Sort.RANGE, value, **wanted(place))
        return data, right

    def flag(self, place: shape.Flag, value: Any, path: str) -> tuple[Any, bool]:
        return (value, True) if isinstance(value, bool) else self._wrong(place, path, value)


READERS: Final[Mapping[type[shape.Shape], Callable[[Checker, Any, Any, str], tuple[Any, bool]]]] = {
    shape.Array: Checker.array,
    shape.Binary: Checker.binary,
    shape.Choice: Checker.choice,
    shape.Flag: Checker.flag,
    shape.Map: Checker.map,
    shape.Number: Checker.number,
    shape.Text: Checker.text,
}
NOWHERE: Final = shape.Shape(False, shape.NO_MARKS)


def wanted(place: shape.Shape) -> dict[str, str]:
    """Return key and parameters of what would be right in a place."""
    if isinstance(place, shape.Map):
        return {"wanted": "wanted.map", "names": ", ".join(place.fields)}
    if isinstance(place, shape.Choice):
        return {"wanted": "wanted.map", "names": place.tag}
    if isinstance(place, shape.Array):
        return {"wanted": "wanted.array", "least": str(place.least), "most": str(place.most)}
    if isinstance(place, shape.Binary):
        return {"wanted": "wanted.hex", "least": str(2 * place.least)}
    if isinstance(place, shape.Flag):
        return {"wanted": "wanted.flag"}
    if isinstance(place, shape.Number):
        micros = place.marks.get("unit") == "micros"
        bounds = {"least": f"{place.least:,}", "most": f"{place.most:,}"}
        return {"wanted": "wanted.time"} if micros else {"wanted": "wanted.number", **bounds}
    if isinstance(place, shape.Text) and place.pattern is None and place.most is not None:
        return {"wanted": "wanted.text", "least": str(place.least), "most": f"{place.most:,}"}
    return {"wanted": HELP}


def nearest(value: str, codes: Iterable[str]) -> list[str]:
    """Return the terms that may have been meant; every term of a short list."""
    known = {code.casefold(): code for code in codes}
    if len(known) <= LIST_ALL:
        return list(known.values())
    return [known[near] for near in difflib.get_close_matches(value.casefold(), known, NEAREST, 0.5)]


def told(value: Any) -> str:
    """Return a value as it can be shown on one line, "" for nothing."""
    if value is None:
        return ""
    return shown(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=repr))


def broken_rules(text: str) -> list[dict[str, str]]:
    """Return each rule that the text of an error tells, with its clause."""
    found = [match.groupdict() for match in CLAUSE.finditer(text)]
    return found or [{"rule": text, "clause": "KIND-002"}]


def built(place: shape.Shape, read: Any) -> Any:
    """Return a value as the rules of a record see it; records in it are made without asking their own rules."""
    if isinstance(place, shape.Choice) and read is not None:
        return built(place.options[read[place.tag]], read)
    if isinstance(place, shape.Map) and read is not None:
        return unruled(place.record)(**{name: built(inner, read[name]) for name, inner in place.fields.items()})
    if isinstance(place, shape.Array) and read is not None:
        return tuple(built(place.item, item) for item in read)
    return read


@cache
def unruled(record: type[Record]) -> Callable[..., Any]:
    """Return a record of the same fields that asks no rules when it is made."""
    return msgspec.defstruct(
        record.__name__, [], bases=(record,), namespace={"__post_init__": lambda self: None}, frozen=True, kw_only=True
    )
