"""spec/vectors/encoding.json through the public doors of the library."""

from typing import Any

import pytest

from comity.encoding import decode, encode
from tests.support.vectors import Case, cases, data_of, refused


def value_of(plain: Any) -> Any:
    """Return the value that encoding.json writes in words."""
    if plain is None or isinstance(plain, bool):
        return plain
    times = plain.get("times", 1)
    (sort, content), *_ = plain.items()
    if sort in ("str", "bin"):
        return (content if sort == "str" else bytes.fromhex(content)) * times
    if sort == "int":
        return int(content)
    if sort == "array":
        return [value_of(each) for each in content] * times
    return {value_of(key): value_of(each) for key, each in content}


@pytest.mark.clause(
    "ENC-001",
    "ENC-002",
    "ENC-003",
    "ENC-004",
    "ENC-005",
    "ENC-006",
    "ENC-008",
    "ENC-009",
    "ENC-011",
    "ENC-012",
    "ENC-013",
)
@pytest.mark.parametrize("case", cases("encoding", "valid"))
def test_a_value_has_one_byte_string(case: Case) -> None:
    data, value = data_of(case["data"]), value_of(case["value"])
    decoded = decode(data, case["bound"])
    assert decoded == value
    assert type(decoded) is type(value)
    assert encode(value) == data


@pytest.mark.clause(
    "ENC-001", "ENC-003", "ENC-004", "ENC-005", "ENC-006", "ENC-007", "ENC-008", "ENC-009", "ENC-010", "ENC-011",
    "ENC-012",
    "ENC-013", "ENC-014", "ENC-015", "ENC-020", "ENC-021",
)  # fmt: skip
@pytest.mark.parametrize("case", cases("encoding", "invalid"))
def test_any_other_byte_string_is_refused(case: Case) -> None:
    with refused(case):
        decode(data_of(case["data"]), case["bound"])
