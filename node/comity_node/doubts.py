"""Rules over several fields of a record, asked as well where some of its fields are in doubt."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final, NoReturn

import msgspec

from comity.encoding import Record

#: A rule and its clause, as the text of an error tells them, several behind one another.
TOLD: Final = re.compile(r"(?:^|; )(?P<rule>.+?) \((?P<clause>[A-Z]{2,9}-[0-9]{3})\)(?=; |$)", re.DOTALL)
OPERATIONS: Final = (
    "add", "and", "bool", "call", "contains", "eq", "float", "format", "ge", "getattr", "getitem", "gt", "hash",
    "index", "int", "iter", "le", "len", "lt", "mod", "mul", "ne", "or", "radd", "rsub", "str", "sub",
)  # fmt: skip


#: What a rule may run into when it asks what is in doubt by other means than the operations.
UNSURE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class DoubtError(Exception):
    """A rule asked a field that is not right: nothing can be said about the rule."""


class Doubt:
    """Stands for a value that is there and not right; whoever does anything with it gives up."""


def _give_up(*_: object) -> NoReturn:
    raise DoubtError


for _operation in OPERATIONS:
    setattr(Doubt, f"__{_operation}__", _give_up)
DOUBT: Final = Doubt()


def rules_broken(record: type[Record], seen: Any, whole: bool) -> Iterator[dict[str, str]]:
    """Yield each broken rule of a record, with its clause.

    `seen` is an unruled() record. Where something in it is in doubt, only rules that are told one by one are asked, up
    to the first that needs what is in doubt.
    """
    if whole:
        yield from _told(_fault_of(record, seen))
    elif hasattr(record, "rules"):
        yield from _told("; ".join(_certain(seen)))


def _fault_of(record: type[Record], seen: Any) -> str:
    ask = getattr(record, "__post_init__", None)
    try:
        if ask is not None:
            ask(seen)
    except (TypeError, ValueError) as fault:  # as msgspec takes them
        return str(fault) or "a rule is broken"
    return ""


def _certain(seen: Any) -> Iterator[str]:
    rules = seen.rules()
    while True:
        try:
            is_broken, text = next(rules)
        except (StopIteration, DoubtError, *UNSURE):
            return
        if is_broken:
            yield text


def _told(text: str) -> Iterator[dict[str, str]]:
    found = [match.groupdict() for match in TOLD.finditer(text)]
    if text and not found:
        found = [{"rule": text, "clause": "KIND-002"}]
    yield from found


@cache
def unruled(record: type[Record]) -> Callable[..., Any]:
    """Return a record of the same fields that asks no rules when it is made."""
    return msgspec.defstruct(
        record.__name__, [], bases=(record,), namespace={"__post_init__": lambda self: None}, frozen=True, kw_only=True
    )
