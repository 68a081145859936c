"""Our decoder against the 233 encodings of the MessagePack test suite.

The suite lists every encoding of a value, ours and the longer ones. We read the canonical one and refuse the others.
"""

import json
from typing import Any

import pytest

from comity.encoding import Value, decode, encode
from comity.errors import LimitError, MalformedError
from tests.conftest import vector_file

GROUPS: dict[str, list[dict[str, Any]]] = json.loads(vector_file("msgpack-test-suite.json").read_text())["groups"]
CASES = [
    (name, case, bytes.fromhex(encoding.replace("-", "")))
    for name, cases in GROUPS.items()
    for case in cases
    for encoding in case["msgpack"]
]
NOT_OURS = {"22.number-float.yaml", "50.timestamp.yaml", "60.ext.yaml"}


def value_of(case: dict[str, Any]) -> Value:
    """Return the value that the case is about."""
    if "binary" in case:
        return bytes.fromhex(case["binary"].replace("-", ""))
    if "bignum" in case:
        return int(case["bignum"])
    value: Value = next(value for key, value in case.items() if key != "msgpack")
    return value


def test_there_are_233_encodings() -> None:
    assert len(CASES) == 233


@pytest.mark.clause("ENC-003", "ENC-004", "ENC-015")
@pytest.mark.parametrize("name", sorted(GROUPS.keys() - NOT_OURS))
def test_of_all_encodings_of_a_value_only_the_canonical_one_is_read(name: str) -> None:
    for case in GROUPS[name]:
        value = value_of(case)
        assert encode(value) in [data for group, other, data in CASES if group == name and other is case]
        for data in (data for group, other, data in CASES if group == name and other is case):
            if data == encode(value):
                assert decode(data, len(data)) == value
            else:
                with pytest.raises((MalformedError, LimitError)):
                    decode(data, len(data))


@pytest.mark.clause("ENC-001")
@pytest.mark.parametrize(
    "data", [data for name, _, data in CASES if name in ("50.timestamp.yaml", "60.ext.yaml")], ids=bytes.hex
)
def test_extension_types_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        decode(data, len(data))


@pytest.mark.clause("ENC-001")
@pytest.mark.parametrize("data", [data for name, _, data in CASES if name == "22.number-float.yaml"], ids=bytes.hex)
def test_floats_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        decode(data, len(data))


def test_57_of_the_encodings_are_canonical() -> None:
    read = []
    for _, _, data in CASES:
        try:
            assert encode(decode(data, len(data))) == data
        except (MalformedError, LimitError):
            continue
        read.append(data)
    assert len(read) == 57
