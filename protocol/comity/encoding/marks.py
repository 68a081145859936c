"""Values of a record whose type bears a mark, for example the group of terms that a code comes from."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
from msgspec import inspect

Found = tuple[str, str, str]
Walk = Callable[[Any, str], Iterator[Found]]

_WALKS: Final[dict[tuple[type, str], Walk]] = {}


def marked(record: msgspec.Struct, name: str) -> Iterator[Found]:
    """Yield (path, mark, value) of every str in the record whose type bears the mark, in the order of the fields.

    A type bears the mark `group` by `Meta(extra={"group": "rail"})`. A path is the names of fields and the indices of
    arrays from the record down, joined by dots: `outcomes.0.amount.currency`.
    """
    return _walk_of_record(type(record), name)(record, "")


def marks_of(type: type[msgspec.Struct], name: str) -> frozenset[str]:
    """Return every mark of this name that a record of the type, or a record inside it, can bear."""
    found: set[str] = set()
    _collect(inspect.type_info(type), name, found, set())
    return frozenset(found)


def _walk_of_record(type: type[Any], name: str) -> Walk:
    """Return the walk of a type of records; each is planned once, so that types may contain themselves."""
    walk = _WALKS.get((type, name))
    if walk is None:
        parts: list[tuple[str, str, Walk]] = []

        def walk(value: Any, path: str) -> Iterator[Found]:
            for field, shown, inner in parts:
                yield from inner(getattr(value, field), f"{path}{shown}")

        _WALKS[type, name] = walk
        info = inspect.type_info(type)
        assert isinstance(info, inspect.StructType)  # noqa: S101 - only records come here
        for field in info.fields:
            inner = _walk_of(field.type, name)
            if inner is not None:
                parts.append((field.name, field.encode_name, inner))
    return walk


def _walk_of(info: inspect.Type, name: str) -> Walk | None:
    """Return the walk of values of a type, None where no mark can be in them."""
    if isinstance(info, inspect.Metadata):
        mark = (info.extra or {}).get(name)
        return _walk_of(info.type, name) if mark is None else _here(str(mark))
    if isinstance(info, inspect.StructType):
        return _below(info.cls, _walk_of_record(info.cls, name))
    if isinstance(info, inspect.VarTupleType | inspect.ListType):
        each = _walk_of(info.item_type, name)
        return None if each is None else _items(each)
    if isinstance(info, inspect.UnionType):
        walks = [walk for walk in (_walk_of(member, name) for member in info.types) if walk is not None]
        return _chain(walks) if walks else None
    return None


def _here(mark: str) -> Walk:
    def walk(value: Any, path: str) -> Iterator[Found]:
        if isinstance(value, str):
            yield path, mark, value

    return walk


def _below(type: type[Any], inner: Walk) -> Walk:
    def walk(value: Any, path: str) -> Iterator[Found]:
        if isinstance(value, type):
            yield from inner(value, f"{path}.")

    return walk


def _items(each: Walk) -> Walk:
    def walk(value: Any, path: str) -> Iterator[Found]:
        if isinstance(value, tuple | list):
            for number, item in enumerate(value):
                yield from each(item, f"{path}.{number}")

    return walk


def _chain(walks: list[Walk]) -> Walk:
    def walk(value: Any, path: str) -> Iterator[Found]:
        for inner in walks:
            yield from inner(value, path)

    return walk


def _collect(info: inspect.Type, name: str, found: set[str], seen: set[type]) -> None:
    if isinstance(info, inspect.Metadata):
        if name in (info.extra or {}):
            found.add(str((info.extra or {})[name]))
        _collect(info.type, name, found, seen)
    elif isinstance(info, inspect.StructType) and info.cls not in seen:
        seen.add(info.cls)
        for field in info.fields:
            _collect(field.type, name, found, seen)
    elif isinstance(info, inspect.VarTupleType | inspect.ListType):
        _collect(info.item_type, name, found, seen)
    elif isinstance(info, inspect.UnionType):
        for member in info.types:
            _collect(member, name, found, seen)
