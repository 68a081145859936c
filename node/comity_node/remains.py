"""What stays of a message whose content was destroyed.

Of every message: who wrote when to whom in which case, under which marking. Of a request or an event of the lifecycle
also times, numbers, hashes and coded terms, by which the course of the case can still be followed; every text is gone.
"""

from functools import cache
from typing import Annotated, Any, Final

import msgspec
from msgspec import inspect

from comity import message as messages
from comity.chapters.form import Role
from comity.encoding import Meta, Micros, Record, decode_as, encode_record
from comity.kinds import FORMS
from comity.limits import MAX_BODY_BYTES
from comity.message import MAX_SIGNED_BYTES, Body
from comity_node.records import Destroyed

ARRAY_OF_TWO: Final = 0x92  # first byte of a signed message; remains are a map
GONE: Final = "(destroyed)"
HASH_BYTES: Final = 32
FOLLOWED: Final = frozenset({Role.REQUEST, Role.EVENT})


class Remains(Record, frozen=True):
    """`body` is that of the message: no texts in the payload, no attachments, no approvals. `time` is in micros."""

    body: bytes
    ground: Annotated[str, Meta(min_length=1, max_length=64)]
    time: Micros


def remains_of(body: Body, destroyed: Destroyed) -> bytes:
    """Return what takes the place of the signed message."""
    form = FORMS.get(body.kind)
    payload: dict[str, Any] = {}
    if form is not None and form.role in FOLLOWED:
        payload = bare(inspect.type_info(form.record), body.payload)
    rest = msgspec.structs.replace(body, payload=payload, attachments=(), approvals=())
    return encode_record(Remains(body=encode_record(rest), ground=destroyed.ground, time=destroyed.time_us))


def is_remains(data: bytes) -> bool:
    """Return whether the bytes are what stays of a message, and not the message itself."""
    return data[0] != ARRAY_OF_TWO


def opened(data: bytes) -> tuple[Body, Destroyed | None]:
    """Return the body that the bytes hold, and where it was destroyed, when and why."""
    if not is_remains(data):
        return messages.read(data).body, None
    remains = decode_as(Remains, data, MAX_SIGNED_BYTES)
    body = decode_as(Body, remains.body, MAX_BODY_BYTES)
    return body, Destroyed(remains.time, remains.ground)


# --- payloads ----------------------------------------------------------------------------------------------------


def bare(expected: inspect.Type, value: Any) -> Any:
    """Return the value of a payload without its texts: terms of the vocabulary, times, numbers and hashes stay."""
    if isinstance(value, str):
        return value if is_term(expected) else GONE
    if isinstance(value, bytes):
        return value if len(value) <= HASH_BYTES else b""
    if isinstance(value, list):
        item = item_of(expected)
        return [bare(item, each) for each in value]
    if isinstance(value, dict):
        types = {each.encode_name: each.type for each in fields_of(expected, value)}
        return {name: bare(types[name], each) for name, each in value.items() if name in types}
    return value


def revived(kind: str, payload: dict[str, Any]) -> Record:
    """Return what stays of a payload as the record of its kind, whose own rules it need not fulfil any more."""
    record = revive(inspect.type_info(FORMS[kind].record), payload)
    if not isinstance(record, Record):
        raise TypeError(f"{kind} has no record")
    return record


def revive(expected: inspect.Type, value: Any) -> Any:
    if isinstance(value, list):
        item = item_of(expected)
        return tuple(revive(item, each) for each in value)
    struct = struct_of(expected, value) if isinstance(value, dict) else None
    if struct is None:
        return value
    held = {
        each.name: revive(each.type, value[each.encode_name]) for each in struct.fields if each.encode_name in value
    }
    return lenient(struct.cls)(**held)


@cache
def lenient(record: type[Any]) -> type[Any]:
    """Return a record of the same class whose rules over several fields are not checked."""
    unchecked = {"__post_init__": lambda self: None}
    return msgspec.defstruct(record.__name__, [], bases=(record,), namespace=unchecked, frozen=True, kw_only=True)


def is_term(expected: inspect.Type) -> bool:
    """Return whether the type is a choice from a group of the vocabulary."""
    if isinstance(expected, inspect.UnionType):
        return any(is_term(each) for each in expected.types)
    return isinstance(expected, inspect.Metadata) and "group" in (expected.extra or {})


def plain(expected: inspect.Type) -> list[inspect.Type]:
    """Return the members of a union, without their metadata; of any other type the type itself."""
    if isinstance(expected, inspect.Metadata):
        return plain(expected.type)
    if isinstance(expected, inspect.UnionType):
        return [each for one in expected.types for each in plain(one)]
    return [expected]


def item_of(expected: inspect.Type) -> inspect.Type:
    for each in plain(expected):
        if isinstance(each, inspect.ListType | inspect.VarTupleType):
            return each.item_type
    return inspect.AnyType()


def struct_of(expected: inspect.Type, value: dict[str, Any]) -> inspect.StructType | None:
    """Return which record a map is: of several the one that its tag names."""
    structs = [each for each in plain(expected) if isinstance(each, inspect.StructType)]
    tagged = [each for each in structs if each.tag_field is not None and value.get(each.tag_field) == each.tag]
    return next(iter(tagged or [each for each in structs if each.tag_field is None]), None)


def fields_of(expected: inspect.Type, value: dict[str, Any]) -> tuple[inspect.Field, ...]:
    """Return the fields of the record that a map is; its tag is kept as a field as well."""
    struct = struct_of(expected, value)
    if struct is None:
        return ()
    if struct.tag_field is None:
        return struct.fields
    named = inspect.Metadata(inspect.StrType(), extra={"group": struct.tag_field})
    return (*struct.fields, inspect.Field(struct.tag_field, struct.tag_field, named))
