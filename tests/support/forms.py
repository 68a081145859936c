"""The complete examples of spec/examples, and changed ones."""

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from comity_node.forms import payload_from

DIRECTORY = Path(__file__).resolve().parents[2] / "spec" / "examples"
Form: TypeAlias = dict[str, Any]


@cache
def _form(kind: str) -> Form:
    content: Form = json.loads((DIRECTORY / f"{kind}.json").read_text(encoding="utf-8"))
    return content


def form_of_example(kind: str) -> Form:
    """Return the form of the example as an officer would hand it in."""
    return copy.deepcopy(_form(kind))


def payload_of_example(kind: str) -> Form:
    """Return the payload that the example states."""
    return payload_from(kind, form_of_example(kind))


def kinds_with_example() -> list[str]:
    return sorted(path.stem for path in DIRECTORY.glob("*.json"))


def replaced(payload: Form, path: str, value: Any) -> Form:
    """Return the payload with another value at a path such as `outcomes.0.amount`."""
    changed = copy.deepcopy(payload)
    *way, last = path.split(".")
    place: Any = changed
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[int(last) if isinstance(place, list) else last] = value
    return changed


def maps_of(value: Any) -> Iterator[Form]:
    """Yield every map inside a value, itself included."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from maps_of(item)
