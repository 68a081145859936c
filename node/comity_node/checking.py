"""Every fault of a form at once, and the payload that it states (spec page kinds).

A form is what an officer or a program hands in: times are RFC 3339, bytes are hexadecimal. Types and bounds come from
the shape of the record, rules over several fields from the record itself, terms from the vocabulary.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from comity.encoding import Record, shape
from comity.kinds import form_of
from comity_node.doubts import DOUBT, rules_broken, unruled
from comity_node.errors import NodeError
from comity_node.formfaults import HELP, FormFault, Sort
from comity_node.letters import mixed, shown, unseen, unsendable
from comity_node.times import RFC_3339, parse_time

MAX_FAULTS: Final = 100  # faults: a form with more of them is another kind of file
MAX_LINE: Final = 254  # characters: texts up to here are one line, names at the longest
MAX_NUMBER: Final = 64  # characters: texts up to here are numbers and codes that somebody will copy
LIST_ALL: Final = 12  # terms: so many are told, of longer lists the nearest
NEAREST: Final = 5
HEX: Final = re.compile(r"([0-9A-Fa-f]{2})*")
UNZONED: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?")
CHECKED: Final = re.compile(r"check digit|checksum")
SORT_OF_GROUP: Final = {"country": Sort.COUNTRY, "currency": Sort.CURRENCY}


class Terms(Protocol):
    """Where terms come from: the vocabulary."""

    def codes(self, group: str) -> tuple[str, ...]:
        """Return the codes of a group; none where it is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Read:
    """A value of the form as it was read.

    Attributes:
        payload: what the payload has in its place.
        seen: the same as rules over several fields see it; DOUBT where it is not right.
        whole: nothing in it is in doubt.
    """

    payload: Any
    seen: Any
    whole: bool


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
        return self.read_record(form_of(kind).record, form)

    def read_record(self, record: type[Record], form: Mapping[str, Any]) -> Any:
        """Return what the form of one record states, as far as it is right."""
        return self._value(shape.shape_of(record), dict(form), "").payload

    def _add(self, place: shape.Shape, path: str, sort: Sort, value: Any, wanted: str, **params: str) -> None:
        if len(self.faults) == MAX_FAULTS:
            self.more += 1
            return
        field = self._fields[-1] if self._fields and sort is not Sort.UNKNOWN_FIELD else None
        self.faults.append(FormFault(path, sort, told(value), wanted, params, place.optional, field))

    def _value(self, place: shape.Shape, value: Any, path: str) -> Read:
        if value is not None:
            return READERS[type(place)](self, place, value, path)
        if place.optional:
            return Read(None, None, True)
        self._add(place, path, Sort.MISSING, None, **wanted(place))
        return doubtful(None)

    def _wrong(self, place: shape.Shape, path: str, value: Any) -> Read:
        self._add(place, path, Sort.TYPE, value, **wanted(place))
        return doubtful(value)

    def map(self, place: shape.Map, value: Any, path: str) -> Read:
        if not isinstance(value, dict):
            return self._wrong(place, path, value)
        whole = self._known(place, value, path)
        read = {name: self._field(place, name, value, f"{path}.{name}".lstrip(".")) for name in place.fields}
        payload = {name: item for name, item in value.items() if name not in read}
        payload |= {name: each.payload for name, each in read.items() if name in value}
        whole = whole and all(each.whole for each in read.values())
        seen = unruled(place.record)(**{name: each.seen for name, each in read.items()})
        self._rules(place.record, seen, whole, path)
        return Read(payload, seen, whole)

    def _field(self, place: shape.Map, name: str, form: Mapping[str, Any], path: str) -> Read:
        """Return one field; one that is missing is in doubt unless it may be nothing."""
        inner = place.fields[name]
        self._fields.append((place.record, name))
        try:
            if name in form:
                return self._value(inner, form[name], path)
            self._add(inner, path, Sort.MISSING, None, **wanted(inner))
            return Read(None, None if inner.optional else DOUBT, False)
        finally:
            self._fields.pop()

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

    def _rules(self, record: type[Record], seen: Any, whole: bool, path: str) -> None:
        """Ask the rules of a record, whether or not those of the records inside it hold."""
        for broken in rules_broken(record, seen, whole):
            sort = Sort.CHECK_DIGIT if CHECKED.search(broken["rule"]) else Sort.RULE
            self._add(NOWHERE, path, sort, None, f"rule.{broken['clause']}", **broken)

    def choice(self, place: shape.Choice, value: Any, path: str) -> Read:
        if not isinstance(value, dict):
            return self._wrong(place, path, value)
        below = f"{path}.{place.tag}".lstrip(".")
        tag = value.get(place.tag)
        if isinstance(tag, str) and tag in place.options:
            return self.map(place.options[tag], value, path)
        sort = Sort.MISSING if tag is None else Sort.CHOICE if isinstance(tag, str) else Sort.TYPE
        self._add(NOWHERE, below, sort, tag, "wanted.terms", names=", ".join(nearest(str(tag), place.options)))
        return doubtful(value)

    def array(self, place: shape.Array, value: Any, path: str) -> Read:
        if not isinstance(value, list | tuple):
            return self._wrong(place, path, value)
        sized = place.least <= len(value) and (place.most is None or len(value) <= place.most)
        if not sized:
            self._add(NOWHERE, path, Sort.ITEMS, None, **wanted(place), length=str(len(value)))
        items = [self._value(place.item, item, f"{path}.{i}") for i, item in enumerate(value[: place.most])]
        payload = [each.payload for each in items] + list(value[len(items) :])
        return Read(payload, tuple(each.seen for each in items), sized and all(each.whole for each in items))

    def text(self, place: shape.Text, value: Any, path: str) -> Read:
        if not isinstance(value, str):
            return self._wrong(place, path, value)
        sized = place.least <= len(value) and (place.most is None or len(value) <= place.most)
        spelt = place.pattern is None or re.search(place.pattern, value) is not None
        if not sized:
            self._add(place, path, Sort.LENGTH, value, **wanted(place), length=str(len(value)))
        elif not spelt:
            self._add(place, path, Sort.PATTERN, value, HELP)
        self._letters(place, value, path)
        if not (sized and spelt):
            return doubtful(value)
        self._term(place, value, path)
        return Read(value, value, True)

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

    def number(self, place: shape.Number, value: Any, path: str) -> Read:
        if place.marks.get("unit") == "micros" and isinstance(value, str):
            return self._time(place, value, path)
        if not isinstance(value, int) or isinstance(value, bool):
            return self._wrong(place, path, value)
        if not place.least <= value <= place.most:
            self._add(place, path, Sort.RANGE, value, **wanted(place))
            return doubtful(value)
        return self._ahead(place, value, value, path)

    def _time(self, place: shape.Number, value: str, path: str) -> Read:
        if RFC_3339.fullmatch(value) is None:
            sort = Sort.TIME_WITHOUT_ZONE if UNZONED.fullmatch(value) else Sort.TYPE
            self._add(place, path, sort, value, "wanted.time")
            return doubtful(value)
        try:
            micros = parse_time(value)
        except NodeError:
            self._add(place, path, Sort.TIME, value, "wanted.time")
            return doubtful(value)
        return self._ahead(place, micros, value, path)

    def _ahead(self, place: shape.Number, micros: int, value: Any, path: str) -> Read:
        if place.marks.get("when") == "ahead" and self._now is not None and micros <= self._now:
            self._add(place, path, Sort.PAST, value, "wanted.later")
        return Read(micros, micros, True)

    def binary(self, place: shape.Binary, value: Any, path: str) -> Read:
        data = bytes.fromhex(value) if isinstance(value, str) and HEX.fullmatch(value) else value
        if not isinstance(data, bytes):
            return self._wrong(place, path, value)
        if place.least <= len(data) and (place.most is None or len(data) <= place.most):
            return Read(data, data, True)
        self._add(place, path, Sort.RANGE, value, **wanted(place))
        return doubtful(data)

    def flag(self, place: shape.Flag, value: Any, path: str) -> Read:
        return Read(value, value, True) if isinstance(value, bool) else self._wrong(place, path, value)


READERS: Final[Mapping[type[shape.Shape], Callable[[Checker, Any, Any, str], Read]]] = {
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
        digits = {"least": str(2 * place.least), "most": str(2 * (place.most or 0))}
        return {"wanted": "wanted.hex" if place.least == place.most else "wanted.hexes", **digits}
    if isinstance(place, shape.Flag):
        return {"wanted": "wanted.flag"}
    if isinstance(place, shape.Number):
        micros = place.marks.get("unit") == "micros"
        bounds = {"least": str(place.least), "most": str(place.most)}
        return {"wanted": "wanted.time"} if micros else {"wanted": "wanted.number", **bounds}
    if isinstance(place, shape.Text) and place.pattern is None and place.most is not None:
        return {"wanted": "wanted.text", "least": str(place.least), "most": str(place.most)}
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


def doubtful(payload: Any) -> Read:
    return Read(payload, DOUBT, False)
