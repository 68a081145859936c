"""The classes of errors and the table of the page errors say the same."""

import re

import pytest

from comity.errors import ComityError, LocalError, RemoteError, error_by_code
from tests.conftest import ROOT

PAGE = (ROOT / "spec" / "15-errors.md").read_text(encoding="utf-8")
TABLE = {int(code): name for code, name in re.findall(r"^\| (\d+) \| ([a-z-]+) \|", PAGE, re.MULTILINE)}


@pytest.mark.clause("ERR-001")
def test_each_code_of_the_table_has_one_class_and_no_class_has_another_code() -> None:
    del TABLE[0]  # the ordinary end is no error
    classes = RemoteError.__subclasses__()
    assert len(classes) == len(TABLE) == 35
    assert {error.code: error.name for error in classes} == TABLE
    assert all(error_by_code(code) is not None for code in TABLE)
    for error in classes:
        assert error_by_code(error.code) is error


@pytest.mark.clause("ERR-002")
@pytest.mark.parametrize("code", [-1, 0, 10, 15, 35, 39, 47, 65_535])
def test_a_code_outside_the_table_has_no_class(code: int) -> None:
    assert error_by_code(code) is None


def test_errors_are_sorted_by_fault() -> None:
    assert issubclass(LocalError, ComityError)
    assert issubclass(RemoteError, ComityError)
    assert not issubclass(LocalError, RemoteError)
