"""Copies of a link in the middle of a conversation, so that one expensive handshake serves a million trials."""

from collections import deque
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
MUTABLE = ("comity.link.", "comity.noise.", "comity.frames", "comity.attachment.moving")
PLAIN = frozenset({bytes, int, float, str, bool, type(None), tuple, range, frozenset})
CONTAINERS = frozenset({dict, list, set, deque, bytearray})  # of things that never change


def fork(thing: T) -> T:
    """Return a copy that shares with `thing` only what never changes: keys, ciphers, values."""
    copied: T = _fork(thing, {})
    return copied


def _fork(thing: Any, done: dict[int, Any]) -> Any:
    kind: Any = type(thing)
    if kind in PLAIN:
        return thing
    if (known := done.get(id(thing))) is not None:
        return known
    if kind in CONTAINERS:
        done[id(thing)] = twin = kind(thing)
        return twin
    slots = _slots(kind)
    if slots is None:
        return thing
    done[id(thing)] = twin = object.__new__(kind)
    for name in slots:
        value = getattr(thing, name, None)  # a slot that is not filled yet is not read before it is
        setattr(twin, name, value if type(value) in PLAIN else _fork(value, done))
    for name, value in getattr(thing, "__dict__", {}).items():
        setattr(twin, name, value if type(value) in PLAIN else _fork(value, done))
    return twin


@cache
def _slots(kind: Any) -> tuple[str, ...] | None:
    """Return the slots of a class whose objects change, None for what is shared."""
    if not kind.__module__.startswith(MUTABLE) or issubclass(kind, Enum | msgspec.Struct | type):
        return None
    if is_dataclass(kind):  # all of them are frozen
        return None
    return tuple(name for base in kind.__mro__ for name in getattr(base, "__slots__", ()))
