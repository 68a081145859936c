"""What of a message goes into a file for another system."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from msgspec import inspect

from comity import message as messages
from comity.chapters.consent import FORWARD
from comity.handling import Handling
from comity.kinds import KINDS
from comity_node.faults import UsageError
from comity_node.interchange.drafts import Left, Plain
from comity_node.records import StoredMessage
from comity_node.times import iso

MAX_TITLE: Final = 120
NOT_TOLD: Final = "has no place in the format"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way out.

    Attributes:
        hash: of the message; ids of the file follow from it.
        created_us: when it was signed.
        tlp, pap: its marking.
        conditions: what binds a reader beside TLP, in words.
        indicators: in plain form.
        title, summary: for people.
        left: fields of the message that no format of this package carries.
    """

    hash: bytes
    created_us: int
    tlp: str
    pap: str
    conditions: tuple[str, ...]
    indicators: tuple[Plain, ...]
    title: str
    summary: str
    left: tuple[Left, ...]


def outgoing(message: StoredMessage, marking: Handling) -> Outgoing:
    """Return what of the message goes out, or of the one that it passes on; `marking` is the one that holds now.

    The caller has asked whether it may go out at all (`Markings.refuse_export`).

    Raises:
        UsageError: it tells no indicators.
    """
    body = message.body if message.body.kind != FORWARD else messages.read(message.body.payload["signed"]).body
    payload = plain_form(inspect.type_info(KINDS[body.kind]), body.payload)
    indicators = payload.get("indicators")
    if not isinstance(indicators, list) or not indicators or "subject" not in indicators[0]:
        raise UsageError(f"a {body.kind} tells no indicators", "export a message that does: comity show ID")
    summary = next((payload[name] for name in ("summary", "note", "explanation") if payload.get(name)), "")
    used = {"indicators", "caveats", "summary"}
    left = [Left(name, NOT_TOLD) for name, value in sorted(payload.items()) if name not in used and value]
    return Outgoing(
        hash=message.hash,
        created_us=body.created,
        tlp=marking.tlp,
        pap=marking.pap,
        conditions=_conditions(marking, payload.get("caveats")),
        indicators=tuple(indicators),
        title=(summary.strip().split("\n")[0] or body.kind)[:MAX_TITLE],
        summary=summary or body.kind,
        left=(Left("from", "who told it is not passed on"), *left),
    )


def _conditions(handling: Handling, caveats: str | None) -> tuple[str, ...]:
    """Return the marking in words, where a format has nothing for it."""
    found = [f"PAP:{handling.pap}"]
    if handling.codes:
        found.append("Handling codes: " + ", ".join(handling.codes))
    if handling.purposes:
        found.append("Only for: " + ", ".join(handling.purposes))
    if handling.retain_until is not None:
        found.append(f"Delete by {iso(handling.retain_until)}")
    return (*found, caveats) if caveats else tuple(found)


def plain_form(expected: inspect.Type, value: Any) -> Any:
    """Return a value of a payload as a form states it: times in RFC 3339, bytes in hexadecimal."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        item = _array(expected)
        return [plain_form(item.item_type, each) for each in value] if item else list(value)
    if isinstance(value, Mapping):
        record = _record(expected, value)
        types = {each.encode_name: each.type for each in record.fields} if record else {}
        return {name: plain_form(types.get(name, inspect.AnyType()), each) for name, each in value.items()}
    if isinstance(value, int) and not isinstance(value, bool) and _is_time(expected):
        return iso(value)
    return value


def _types(expected: inspect.Type) -> tuple[inspect.Type, ...]:
    """Return the members of a union, the marks of its members taken off."""
    if isinstance(expected, inspect.Metadata):
        return _types(expected.type)
    members = expected.types if isinstance(expected, inspect.UnionType) else (expected,)
    return tuple(each.type if isinstance(each, inspect.Metadata) else each for each in members)


def _array(expected: inspect.Type) -> inspect.VarTupleType | None:
    return next((each for each in _types(expected) if isinstance(each, inspect.VarTupleType)), None)


def _record(expected: inspect.Type, value: Mapping[str, Any]) -> inspect.StructType | None:
    records = [each for each in _types(expected) if isinstance(each, inspect.StructType)]
    return next((each for each in records if each.tag_field is None or value.get(each.tag_field) == each.tag), None)


def _is_time(expected: inspect.Type) -> bool:
    members = expected.types if isinstance(expected, inspect.UnionType) else (expected,)
    return any(isinstance(each, inspect.Metadata) and each.extra == {"unit": "micros"} for each in members)
