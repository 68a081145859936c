"""Forms: what officers fill in, as JSON, and how it becomes the payload of a kind."""

import difflib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from comity.errors import LocalError, RemoteError
from comity.kinds import KINDS, payload_of
from comity.vocabulary import newest
from comity_node.bounds import MAX_FORM_BYTES as MAX_FORM_BYTES
from comity_node.bounds import MAX_FORM_DEPTH
from comity_node.checking import NEAREST, Checker, Terms
from comity_node.errors import NodeError
from comity_node.faults import RefusedError
from comity_node.formfaults import FormFault


class FormError(RefusedError):
    """The form is not JSON, or not the form of its kind.

    Attributes:
        faults: all that is wrong with its fields; empty where it is no form at all.
        kind: the kind whose form it is meant to be, "" where that is not known.
    """

    def __init__(self, cause: str, next_step: str, kind: str = "", faults: Sequence[FormFault] = ()) -> None:
        super().__init__(cause, next_step)
        self.kind = kind
        self.faults = tuple(faults)


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


def payload_from(
    kind: str, form: Mapping[str, Any], *, terms: Terms | None = None, now: int | None = None
) -> dict[str, Any]:
    """Return the payload that the form states: times in RFC 3339 become micros, hex becomes bytes, text normal form C.

    Args:
        terms: where terms must come from; None stands for the newest vocabulary that comes with this package.
        now: micros; deadlines must be later. None takes any.

    Raises:
        FormError: it is not the form of the kind; its `faults` are all that is wrong.
    """
    payload, faults, more = checked(kind, form, terms=terms, now=now)
    if faults:
        raise FormError(*sentences(kind, faults, more), kind, faults)
    try:
        payload_of(kind, payload)
    except (LocalError, RemoteError) as fault:
        raise FormError(f"the form is not right: {str(fault).rstrip('.')}", "correct that field") from None
    return payload


def checked(
    kind: str, form: Mapping[str, Any], *, terms: Terms | None = None, now: int | None = None
) -> tuple[dict[str, Any], list[FormFault], int]:
    """Return what the form states as far as it is right, its faults, and how many more faults there are.

    Raises:
        FormError: the kind is not known, or the form is nested too deep to be looked at.
    """
    if kind not in KINDS:
        near = difflib.get_close_matches(kind[:60], KINDS, NEAREST) or sorted(KINDS)
        raise FormError(f"the kind {kind[:60]!r} is not known here", f"use one of: {', '.join(near)}")
    checker = Checker(newest() if terms is None else terms, now)
    payload: dict[str, Any] = checker.read(kind, normal(dict(form), MAX_FORM_DEPTH))
    return payload, checker.faults, checker.more


def sentences(kind: str, faults: Sequence[FormFault], more: int) -> tuple[str, str]:
    """Return cause and next step: every fault without the value that stands there (CONV-008)."""
    lines = "; ".join(fault.told(kind) for fault in faults)
    rest = f"; and {more} more" if more else ""
    if len(faults) == 1:
        return f"the form is not right: {lines}", "correct that field"
    return f"the form is not right in {len(faults) + more} places: {lines}{rest}", "correct these fields"


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
