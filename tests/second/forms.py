"""Forms of fields, as the tables of the pages write them: each form is a function that refuses what does not fit."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import TypeAlias

from tests.second.codec import Value
from tests.second.refusal import require

Form: TypeAlias = Callable[[Value], None]
Fields: TypeAlias = dict[str, Value]

PARTY = re.compile(r"[a-z]{2}\.[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
KIND = re.compile(r"[a-z][a-z0-9-]{0,30}(\.[a-z][a-z0-9-]{0,30})?")
PATTERN = re.compile(rf"\*|[a-z][a-z0-9-]{{0,30}}\.\*|{KIND.pattern}")
LANG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")


def uint(least: int = 0, most: int = 2**53 - 1) -> Form:
    def check(value: Value) -> None:
        require(type(value) is int and least <= value <= most, f"no int of {least} to {most}")

    return check


def binary(least: int, most: int | None = None) -> Form:
    def check(value: Value) -> None:
        require(type(value) is bytes and least <= len(value) <= (most or least), "no bin of the right size")

    return check


def text(most: int, least: int = 1) -> Form:
    def check(value: Value) -> None:
        require(type(value) is str and least <= len(value) <= most, f"no str of {least} to {most} characters")

    return check


def matching(pattern: re.Pattern[str]) -> Form:
    def check(value: Value) -> None:
        require(type(value) is str and pattern.fullmatch(value) is not None, f"no match of {pattern.pattern}")

    return check


def one_of(*allowed: Value) -> Form:
    def check(value: Value) -> None:
        require(any(type(value) is type(one) and value == one for one in allowed), f"none of {allowed}")

    return check


def or_nil(form: Form) -> Form:
    def check(value: Value) -> None:
        if value is not None:
            form(value)

    return check


def array(form: Form, least: int, most: int, key: Callable[[Value], bytes] | None = None) -> Form:
    """Return the form of an array; with `key` its elements ascend by it and differ."""

    def check(value: Value) -> None:
        require(type(value) is list and least <= len(value) <= most, "no array of the right size")
        assert isinstance(value, list)
        for element in value:
            form(element)
        if key is not None:
            keys = [key(element) for element in value]
            require(all(a < b for a, b in pairwise(keys)), "not in ascending order")

    return check


def row(*forms: Form) -> Form:
    """Return the form of an array record (CONV-005)."""

    def check(value: Value) -> None:
        require(type(value) is list and len(value) == len(forms), "no array of the right size")
        assert isinstance(value, list)
        for form, element in zip(forms, value, strict=True):
            form(element)

    return check


def record(**forms: Form) -> Form:
    """Return the form of a map record (CONV-004); a trailing underscore of a name is dropped."""
    by_name = {name.rstrip("_"): form for name, form in forms.items()}

    def check(value: Value) -> None:
        require(type(value) is dict and value.keys() == by_name.keys(), "other fields than the table")
        assert isinstance(value, dict)
        for name, form in by_name.items():
            form(value[name])

    return check


def is_bool(value: Value) -> None:
    require(type(value) is bool, "no bool")


def any_map(value: Value) -> None:
    require(type(value) is dict, "no map")


MICROS = uint()
BOOL = is_bool
IS_PARTY = matching(PARTY)
BIN16, BIN32 = binary(16), binary(32)


def spelled(value: Value) -> bytes:
    """Return the bytes by which strings are put in order."""
    assert isinstance(value, str)
    return value.encode()
