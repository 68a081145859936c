"""What form the values of a record have, for whoever shows, explains or checks records without knowing their types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from msgspec import inspect

from comity.encoding.records import Record

NO_MARKS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of a value; a shape is always of one of the classes below.

    Attributes:
        optional: nil may stand in its place.
        marks: what the type says beyond form: `group`, from which a term comes; `unit`, `micros` or `s`; `names`.
    """

    optional: bool
    marks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Text(Shape):
    """A str of `least` to `most` characters; a pattern matches the whole of it."""

    least: int
    most: int | None
    pattern: str | None


@dataclass(frozen=True, slots=True)
class Number(Shape):
    """An int of `least` to `most`."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Binary(Shape):
    """Bytes, `least` to `most` of them."""

    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Flag(Shape):
    """True or false."""


@dataclass(frozen=True, slots=True)
class Array(Shape):
    """An array of `least` to `most` items of one shape."""

    item: Shape
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Map(Shape):
    """A record that travels as a map.

    Attributes:
        tag: name and value of the field that tells it apart from the others of a choice; not among `fields`.
    """

    record: type[Record]
    tag: tuple[str, str] | None = None

    @property
    def fields(self) -> Mapping[str, Shape]:
        """The shape of each field by its name, in ascending order."""
        return fields_of(self.record)


@dataclass(frozen=True, slots=True)
class Choice(Shape):
    """One of several records; the field `tag` says which, by the values that `options` has."""

    tag: str
    options: Mapping[str, Map]


@cache
def fields_of(record: type[Record]) -> Mapping[str, Shape]:
    """Return the shape of each field of a record, in ascending order of the names.

    Raises:
        TypeError: a field is of a type that has no shape, for example a mapping or a choice that no field decides.
    """
    info = inspect.type_info(record)
    assert isinstance(info, inspect.StructType)  # noqa: S101 - records are nothing else
    return MappingProxyType({field.encode_name: _shape(field.type) for field in sorted(info.fields, key=_name)})


@cache
def shape_of(record: type[Record]) -> Map:
    """Return the shape of a record."""
    info = inspect.type_info(record)
    assert isinstance(info, inspect.StructType)  # noqa: S101 - records are nothing else
    return _map(info)


def _name(field: inspect.Field) -> str:
    return field.encode_name


def _shape(info: inspect.Type) -> Shape:
    if isinstance(info, inspect.Metadata):
        shape = _shape(info.type)
        return replace(shape, marks=MappingProxyType({**shape.marks, **_words(info.extra or {})}))
    if isinstance(info, inspect.UnionType):
        members = [member for member in info.types if not isinstance(member, inspect.NoneType)]
        shape = _shape(members[0]) if len(members) == 1 else _choice(members)
        return replace(shape, optional=len(members) < len(info.types))
    if isinstance(info, inspect.StructType):
        return _map(info)
    if isinstance(info, inspect.VarTupleType | inspect.ListType):
        return Array(False, NO_MARKS, _shape(info.item_type), info.min_length or 0, info.max_length)
    return _scalar(info)


def _map(info: inspect.StructType) -> Map:
    if not issubclass(info.cls, Record):
        raise TypeError("no shape for what does not travel as a map")
    tag = (info.tag_field, info.tag) if isinstance(info.tag_field, str) and isinstance(info.tag, str) else None
    return Map(False, NO_MARKS, info.cls, tag)


def _choice(members: Sequence[inspect.Type]) -> Choice:
    maps = [_map(member) for member in members if isinstance(member, inspect.StructType)]
    tags = [one.tag for one in maps if one.tag is not None]
    if len(tags) != len(members) or len({name for name, _ in tags}) != 1:
        raise TypeError("no shape for a choice that no field decides")
    return Choice(False, NO_MARKS, tags[0][0], MappingProxyType(dict(zip((v for _, v in tags), maps, strict=True))))


def _scalar(info: inspect.Type) -> Shape:
    if isinstance(info, inspect.StrType):
        return Text(False, NO_MARKS, info.min_length or 0, info.max_length, info.pattern)
    if isinstance(info, inspect.BytesType):
        return Binary(False, NO_MARKS, info.min_length or 0, info.max_length)
    if isinstance(info, inspect.IntType) and info.ge is not None and info.le is not None:
        return Number(False, NO_MARKS, info.ge, info.le)
    if isinstance(info, inspect.BoolType):
        return Flag(False, NO_MARKS)
    raise TypeError(f"no shape for {type(info).__name__}")


def _words(extra: Mapping[Any, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in extra.items()}
