"""Forms: what officers fill in, as JSON, and how it becomes the payload of a kind."""

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from msgspec import inspect

from comity.errors import LocalError, RemoteError
from comity.kinds import KINDS, payload_of
from comity_node.bounds import MAX_FORM_BYTES as MAX_FORM_BYTES
from comity_node.bounds import MAX_FORM_DEPTH
from comity_node.errors import NodeError
from comity_node.faults import RefusedError
from comity_node.times import RFC_3339, parse_time

HEX = re.compile(r"([0-9A-Fa-f]{2})+")


class FormError(RefusedError):
    """The form is not JSON, or not the form of its kind."""


def read_form(data: bytes) -> dict[str, Any]:
    """Return the form that the bytes of a JSON file state: one object, no key twice, no number with a point.

    Raises:
        FormError: any other bytes.
    """
    if len(data) > MAX_FORM_BYTES:
        raise FormError(f"the form is longer than {MAX_FORM_BYTES} bytes", "shorten its texts")
    try:
        form = json.loads(data, object_pairs_hook=unique, parse_float=no_float, parse_constant=no_float)
    except NodeError:
        raise
    except UnicodeDecodeError as fault:
        raise FormError(f"the form is not UTF-8 at byte {fault.start}", "save it as UTF-8") from None
    except (ValueError, RecursionError) as fault:
        raise FormError(f"the form is no JSON: {str(fault)[:200]}", "correct that place") from None
    if not isinstance(form, dict):
        raise FormError("the form is no JSON object", "begin it with { and end it with }")
    return form


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    form = dict(pairs)
    if len(form) != len(pairs):
        twice = next(name for name, _ in pairs if sum(other == name for other, _ in pairs) > 1)
        raise FormError(f"{twice[:60]!r} stands twice in the form", "remove one")
    return form


def no_float(text: str) -> None:
    raise FormError(f"the form contains the number {text[:30]}", 'write amounts in quotation marks: "12.50"')


def payload_from(kind: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload that the form states: times in RFC 3339 become micros, hexadecimal text that stands for bytes
    becomes bytes, text becomes normal form C.

    Raises:
        FormError: it is not the form of the kind; the text names the field.
    """
    known = KINDS.get(kind)
    if known is None:
        raise FormError(f"the kind {kind[:60]!r} is not known here", f"use one of: {', '.join(sorted(KINDS))}")
    payload = as_payload(inspect.type_info(known), normal(dict(form), MAX_FORM_DEPTH))
    try:
        payload_of(kind, payload)
    except (LocalError, RemoteError) as fault:
        raise FormError(f"the form is not right: {str(fault).rstrip('.')}", "correct that field") from None
    return dict(payload)


def normal(value: Any, depth: int) -> Any:
    if depth == 0:
        raise FormError("the form is nested too deep", "use the fields of the kind; docs/commands.md has an example")
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [normal(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {unicodedata.normalize("NFC", str(key)): normal(item, depth - 1) for key, item in value.items()}
    return value


def as_payload(expected: inspect.Type, value: Any) -> Any:
    """Return the value with each RFC 3339 time that stands where its type wants a number as micros, and each even
    number of hexadecimal digits that stands where its type wants bytes as these."""
    if isinstance(expected, inspect.StructType) and isinstance(value, dict):
        types = {field.encode_name: field.type for field in expected.fields}
        return {name: as_payload(types[name], item) if name in types else item for name, item in value.items()}
    if isinstance(expected, inspect.ListType | inspect.VarTupleType) and isinstance(value, list):
        return [as_payload(expected.item_type, item) for item in value]
    if isinstance(expected, inspect.UnionType):
        possible = [one for one in expected.types if stands_for(one, value)]
        return next((new for new in (as_payload(one, value) for one in possible) if new != value), value)
    if isinstance(expected, inspect.IntType) and isinstance(value, str) and RFC_3339.fullmatch(value):
        return parse_time(value)
    if isinstance(expected, inspect.BytesType) and isinstance(value, str) and HEX.fullmatch(value):
        return bytes.fromhex(value)
    return value


def stands_for(expected: inspect.Type, value: Any) -> bool:
    """Return whether the value may be meant as this member of a union: of several records, the one that it names."""
    if not isinstance(expected, inspect.StructType) or expected.tag_field is None or not isinstance(value, dict):
        return True
    return bool(value.get(expected.tag_field) == expected.tag)
