"""Records: the bases of what travels as a map or an array, and the types of their fields (spec page conventions)."""

from typing import Annotated, dataclass_transform

import msgspec
from msgspec import Meta, field

Bytes16 = Annotated[bytes, Meta(min_length=16, max_length=16)]
Bytes32 = Annotated[bytes, Meta(min_length=32, max_length=32)]
Bytes64 = Annotated[bytes, Meta(min_length=64, max_length=64)]
Uint = Annotated[int, Meta(ge=0, le=2**53 - 1)]
# microseconds since 1970 UTC (ENC-017), and a duration (ENC-018)
Micros = Annotated[int, Meta(ge=0, le=2**53 - 1, extra={"unit": "micros"})]
Seconds = Annotated[int, Meta(ge=0, le=2**53 - 1, extra={"unit": "s"})]
Code = Annotated[int, Meta(ge=0, le=65_535)]  # code of an error, travels as u16
Text = Annotated[str, Meta(min_length=1, max_length=2_000)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
# msgspec searches, so a pattern anchors both ends itself; `$` would admit a closing line feed.
Party = Annotated[str, Meta(pattern=r"\A[a-z]{2}\.[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\Z")]  # CONV-002
Kind = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9-]{0,30}(\.[a-z][a-z0-9-]{0,30})?\Z")]  # CONV-003


# The decorators tell type checkers what subclasses inherit. msgspec itself does not inherit kw_only.
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record that travels as a map keyed by its field names (CONV-004).

    A rule that spans several fields stands in `__post_init__` and raises ValueError. The constructor checks no types:
    a record built from data of one's own goes through check() before it is used. A subclass in which a field without
    a default follows one that has a default says `kw_only=True` itself. A record that is one of several in its place is
    declared with `tag_field` and `tag`, and travels with that field among the others (CONV-004).
    """


def tag_of(record: type[Record]) -> str:
    """Return what tells this record apart from the others of its union: the value of its tag field.

    Raises:
        TypeError: it has none.
    """
    tag = record.__struct_config__.tag
    if not isinstance(tag, str):
        raise TypeError(f"{record.__name__} has no tag")
    return tag


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Row(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A record that travels as an array of its fields in the order of their declaration (CONV-005)."""
