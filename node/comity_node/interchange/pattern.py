"""STIX patterns: those that name single objects, read and written (STIX 2.1, 9)."""

import re
from dataclasses import dataclass
from typing import Final

MAX_PATTERN: Final = 50_000
MAX_TOKENS: Final = 5_000
_TOKEN: Final = re.compile(
    r"\s+|(?P<text>'(?:[^'\\]|\\.)*')|(?P<mark>[\[\]()=,]|!=|<=|>=|<|>)"
    r"|(?P<path>[A-Za-z_][A-Za-z0-9_-]*:(?:[A-Za-z0-9_.*\[\]-]|'(?:[^'\\]|\\.)*')+)"
    r"|(?P<number>[+-]?[0-9]+(?![0-9A-Za-z.]))|(?P<word>[A-Za-z]+)|(?P<other>.)",
    re.DOTALL,
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


class PatternError(ValueError):
    """The pattern says more than which objects to look for; the text says what."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`type:path = value`; a path has no quotation marks, for example `hashes.SHA-256`."""

    type: str
    path: str
    value: str | int


def alternatives(pattern: str) -> list[tuple[Comparison, ...]]:
    """Return what the pattern looks for: any of these, each of which may be several properties that hold together.

    Raises:
        PatternError: it uses something else than equality, IN, AND and OR, or is too long.
    """
    if len(pattern) > MAX_PATTERN:
        raise PatternError("the pattern is too long")
    tokens = _Tokens(pattern)
    found = _observation(tokens)
    while tokens.peek() is not None:
        word = tokens.take()
        if word != "OR":
            raise PatternError(f"the pattern joins observations by {_shown(word)}")
        found += _observation(tokens)
    return found


def _observation(tokens: "_Tokens") -> list[tuple[Comparison, ...]]:
    tokens.expect("[")
    found: list[tuple[Comparison, ...]] = []
    while True:
        found += _together(tokens)
        word = tokens.take()
        if word == "]":
            return found
        if word != "OR":
            raise PatternError(f"the pattern uses {_shown(word)}")


def _together(tokens: "_Tokens") -> list[tuple[Comparison, ...]]:
    """Return the alternatives of comparisons that AND joins."""
    found: list[tuple[Comparison, ...]] = [(each,) for each in _comparison(tokens)]
    while tokens.peek() == "AND":
        tokens.take()
        more = _comparison(tokens)
        if len(more) > 1 or len(found) > 1:
            raise PatternError("the pattern joins a list by AND")
        found = [(*found[0], more[0])]
    return found


def _comparison(tokens: "_Tokens") -> list[Comparison]:
    path = tokens.take()
    kind, colon, place = path.partition(":")
    if not colon or path.startswith("'"):
        raise PatternError(f"the pattern uses {_shown(path)}")
    place = place.replace("'", "")
    operator = tokens.take()
    if operator == "=":
        return [Comparison(kind, place, _literal(tokens.take()))]
    if operator == "IN":
        return [Comparison(kind, place, value) for value in _set(tokens)]
    raise PatternError(f"the pattern compares by {_shown(operator)}")


def _set(tokens: "_Tokens") -> list[str | int]:
    tokens.expect("(")
    values = [_literal(tokens.take())]
    while (mark := tokens.take()) == ",":
        values.append(_literal(tokens.take()))
    if mark != ")":
        raise PatternError("a list of the pattern does not end")
    return values


def _literal(token: str) -> str | int:
    if token.startswith("'"):
        return _ESCAPED.sub(r"\1", token[1:-1])
    try:
        return int(token)
    except ValueError:
        raise PatternError(f"the pattern compares with {_shown(token)}") from None


def _shown(token: str) -> str:
    """Return a word of the pattern language itself; anything else may be data."""
    known = ("AND", "FOLLOWEDBY", "NOT", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET", "WITHIN", "REPEATS", "START")
    return token if token in known or token in ("(", "!=", "<", ">", "<=", ">=") else "something else"


class _Tokens:
    def __init__(self, pattern: str) -> None:
        self._tokens: list[str] = []
        for match in _TOKEN.finditer(pattern):
            if match.lastgroup == "other":
                raise PatternError("the pattern has a sign that is not of its language")
            if match.lastgroup is not None:
                self._tokens.append(match[0])
        if len(self._tokens) > MAX_TOKENS:
            raise PatternError("the pattern is too long")
        self._next = 0

    def peek(self) -> str | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def take(self) -> str:
        token = self.peek()
        if token is None:
            raise PatternError("the pattern ends too early")
        self._next += 1
        return token

    def expect(self, mark: str) -> None:
        found = self.take()
        if found != mark:
            raise PatternError(f"the pattern uses {_shown(found)}")


def pattern_of(comparisons: tuple[Comparison, ...]) -> str:
    """Return the pattern that looks for an object with all of these properties."""
    return f"[{' AND '.join(_written(each) for each in comparisons)}]"


def _written(comparison: Comparison) -> str:
    first, *rest = comparison.path.split(".")
    place = first + "".join(f".{step}" if step.replace("_", "").isalnum() else f".'{step}'" for step in rest)
    value = comparison.value
    written = str(value) if isinstance(value, int) else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return f"{comparison.type}:{place} = {written}"
