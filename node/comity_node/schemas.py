"""JSON Schemas of forms, for systems that fill them in (JSON Schema 2020-12).

A schema describes the form that `comity send --form` takes: times are RFC 3339, bytes are hexadecimal. It says types,
bounds and terms; rules over several fields and check digits are left to whoever reads the form.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from comity import wording
from comity.encoding import Record, shape
from comity.kinds import form_of
from comity.vocabulary import COUNTRY, CURRENCY, Vocabulary
from comity_node.times import RFC_3339

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
KIND: Final = "kind"  # the group of the vocabulary that names the kinds
CODES_ALONE: Final = frozenset({COUNTRY, CURRENCY})
LONG_ESCAPE: Final = re.compile(r"\\U([0-9a-f]{8})")
Schema = dict[str, Any]


def schema_of(kind: str, vocabulary: Vocabulary, lang: str = wording.FALLBACK) -> Schema:
    """Return the schema of the form of a kind, its titles and descriptions in the language.

    Raises:
        KindNotAcceptedError: the kind is not known here.
    """
    record = form_of(kind).record
    writer = Writer(wording.chapter_of(kind), vocabulary, lang)
    body = writer.object(shape.shape_of(record))
    head: Schema = {"$schema": DIALECT, "$id": f"urn:comity:form:{kind}", "title": vocabulary.label(KIND, kind, lang)}
    meaning = vocabulary.definition(KIND, kind, lang)
    if meaning:
        head["description"] = meaning
    return head | body | ({"$defs": dict(sorted(writer.defs.items()))} if writer.defs else {})


class Writer:
    """Writes the schema of one kind; what occurs several times goes into `defs` and is referred to."""

    def __init__(self, chapter: str, vocabulary: Vocabulary, lang: str) -> None:
        self.defs: dict[str, Schema] = {}
        self._chapter = chapter
        self._vocabulary = vocabulary
        self._lang = lang
        self._named: dict[str, type[Record]] = {}

    def object(self, place: shape.Map) -> Schema:
        """Return the schema of a record."""
        properties: dict[str, Schema] = {} if place.tag is None else {place.tag[0]: {"const": place.tag[1]}}
        for name, inner in place.fields.items():
            told = wording.of_record(self._chapter, place.record, name, self._lang)
            properties[name] = {"title": told.label, "description": told.help, **self.value(inner)}
        properties = dict(sorted(properties.items()))
        return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}

    def value(self, place: shape.Shape) -> Schema:
        """Return the schema of a value, which may be null where it is optional."""
        schema = self.plain(place)
        return {"anyOf": [schema, {"type": "null"}]} if place.optional else schema

    def plain(self, place: shape.Shape) -> Schema:
        if isinstance(place, shape.Map):
            return self.record(place)
        if isinstance(place, shape.Choice):
            return {"oneOf": [self.record(option) for option in place.options.values()]}
        if isinstance(place, shape.Array):
            return {"type": "array", "items": self.value(place.item), **sizes("Items", place.least, place.most)}
        if isinstance(place, shape.Binary):
            return hexadecimal(place)
        if isinstance(place, shape.Flag):
            return {"type": "boolean"}
        if isinstance(place, shape.Number):
            return self.number(place)
        assert isinstance(place, shape.Text)  # noqa: S101 - there is no other shape
        return self.text(place)

    def record(self, place: shape.Map) -> Schema:
        """Return a reference to a record, which is written where it is met first."""
        name = wording.name_of(place.record)
        if self._named.setdefault(name, place.record) is not place.record:
            name = f"{place.record.__module__.rpartition('.')[2]}-{name}"  # two chapters use one name
        if name not in self.defs:
            self.defs[name] = {}  # so that a record may contain itself
            self.defs[name] = self.object(place)
        return {"$ref": f"#/$defs/{name}"}

    def number(self, place: shape.Number) -> Schema:
        whole = {"type": "integer", "minimum": place.least, "maximum": place.most}
        if place.marks.get("unit") != "micros":
            return whole
        written = {"type": "string", "format": "date-time", "pattern": f"^{RFC_3339.pattern}$"}
        self.defs.setdefault("time", {"anyOf": [written, whole]})
        return {"$ref": "#/$defs/time"}

    def text(self, place: shape.Text) -> Schema:
        group = place.marks.get("group")
        codes = self._vocabulary.codes(group) if group else ()
        if group and codes:
            return self.term(group, codes)
        schema: Schema = {"type": "string", **sizes("Length", place.least, place.most)}
        if place.pattern is not None:
            schema["pattern"] = ecma(place.pattern)
        return schema | ({"x-group": group} if group else {})

    def term(self, group: str, codes: Iterable[str]) -> Schema:
        """Return a reference to the terms of a group, with what they are called."""
        schema: Schema = {"type": "string", "enum": list(codes), "x-group": group}
        if group not in CODES_ALONE:
            schema["x-labels"] = {code: self._vocabulary.label(group, code, self._lang) for code in codes}
        self.defs.setdefault(f"term-{group}", schema)
        return {"$ref": f"#/$defs/term-{group}"}


def sizes(what: str, least: int, most: int | None) -> Mapping[str, int]:
    """Return the bounds of a length or count, those that bound anything."""
    return {**({f"min{what}": least} if least else {}), **({} if most is None else {f"max{what}": most})}


def hexadecimal(place: shape.Binary) -> Schema:
    """Return the schema of bytes, written as pairs of digits."""
    digits = sizes("Length", 2 * place.least, None if place.most is None else 2 * place.most)
    return {"type": "string", "pattern": "^([0-9A-Fa-f]{2})*$", **digits}


def ecma(pattern: str) -> str:
    r"""Return the pattern as ECMA-262 writes it: `^` and `$` for `\A` and `\Z`, `\u{..}` for eight digits."""
    anchored = pattern.replace(r"\A", "^").replace(r"\Z", "$")
    return LONG_ESCAPE.sub(lambda found: f"\\u{{{int(found[1], 16):x}}}", anchored)
