"""The published vectors of spec/vectors, as tests read them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from comity.errors import RemoteError
from comity.keys import PublicKey

DIRECTORY = Path(__file__).resolve().parents[2] / "spec" / "vectors"
Case: TypeAlias = dict[str, Any]


@cache
def vectors(noun: str) -> Case:
    """Return the whole file of a noun."""
    content: Case = json.loads((DIRECTORY / f"{noun}.json").read_text(encoding="utf-8"))
    return content


def cases(noun: str, sort: str, form: str | None = None) -> list[Any]:
    """Return the valid or invalid cases for parametrize(), of one form where it is given; none at all is an error."""
    chosen = [case for case in vectors(noun)[sort] if form is None or case["form"] == form]
    assert chosen, f"{noun}.json has no {sort} case of form {form}"
    return [pytest.param(case, id=case["name"].replace("::", ":")) for case in chosen]


def data_of(field: str | list[list[Any]]) -> bytes:
    """Return the bytes of a field: hexadecimal, or a list of [hexadecimal, times]."""
    if isinstance(field, str):
        return bytes.fromhex(field)
    return b"".join(bytes.fromhex(piece) * times for piece, times in field)


def public_of(case: Case) -> PublicKey:
    """Return the public key of a case; refused like any other input."""
    return PublicKey(case["algorithm"], data_of(case["public"]))


@contextmanager
def refused(case: Case) -> Iterator[pytest.ExceptionInfo[RemoteError]]:
    """Expect what is done inside to be refused with the code of the case."""
    with pytest.raises(RemoteError) as caught:
        yield caught
    assert caught.value.code == case["code"], str(caught.value)
