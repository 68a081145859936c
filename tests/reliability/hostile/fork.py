"""Copies of a link in the middle of a conversation, so that one expensive handshake serves a million trials."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar
from unittest.mock import patch

import msgspec

from comity.keys import LinkKey

T = TypeVar("T")
MUTABLE = ("comity.link.", "comity.noise.", "comity.frames", "comity.attachment.moving")
PLAIN = frozenset({bytes, int, float, str, bool, type(None), tuple, range, frozenset})
CONTAINERS = frozenset({dict, list, set, deque, bytearray})  # of things that never change


@contextmanager
def remembered_agreements() -> Iterator[None]:
    """Compute each key agreement once: it depends on the two keys alone, which few of the trials alter."""
    known: dict[tuple[bytes, bytes], bytes] = {}
    exchange = LinkKey.exchange

    def remembered(self: LinkKey, peer: bytes) -> bytes:
        place = (self._private, peer)
        if place not in known:
            known[place] = exchange(self, peer)
        return known[place]

    with patch.object(LinkKey, "exchange", remembered):
        yield


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
