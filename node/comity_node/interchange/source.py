"""Reading a file of another system: bounded JSON, so that whoever made it cannot exhaust the one who reads it."""

import json
from typing import Any, Final, NoReturn

from comity_node.faults import RefusedError

MAX_SOURCE_BYTES: Final = 33_554_432  # a large event with a sample attached
MAX_DEPTH: Final = 32
MAX_VALUES: Final = 500_000


class SourceError(RefusedError):
    """The file is not what it should be, as a whole."""


def read_source(data: bytes) -> dict[str, Any]:
    """Return the JSON object that the bytes state.

    Raises:
        SourceError: it is none, a key stands twice, or it is too large, too deep or no Unicode text.
    """
    if len(data) > MAX_SOURCE_BYTES:
        raise SourceError(f"the file is longer than {MAX_SOURCE_BYTES} bytes", "split it where it was made")
    try:
        value = json.loads(data, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise SourceError("the file is nested too deep", "check that it is the right file") from None
    except UnicodeDecodeError as fault:
        raise SourceError(f"the file is not UTF-8 at byte {fault.start}", "save it as UTF-8") from None
    except ValueError as fault:
        raise SourceError(f"the file is no JSON: {str(fault)[:120]}", "check that it is the right file") from None
    if not isinstance(value, dict):
        raise SourceError("the file is no JSON object", "check that it is the right file")
    _measure(value)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise SourceError("a name stands twice in one object of the file", "have it made again")
    return found


def _no_constant(text: str) -> NoReturn:
    raise SourceError(f"the file contains {text}, which is no JSON", "have it made again")


def _measure(value: dict[str, Any]) -> None:
    level: list[Any] = [value]
    count, depth = 0, 0
    while level:
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below += item
                below += item.values()
            elif isinstance(item, list):
                below += item
            elif isinstance(item, str) and not item.isascii():
                _refuse_surrogates(item)
        level, depth, count = below, depth + 1, count + len(below)
        if depth > MAX_DEPTH or count > MAX_VALUES:
            raise SourceError("the file is nested too deep or has too many values", "split it where it was made")


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise SourceError("a text of the file is no Unicode text", "have it made again") from None
