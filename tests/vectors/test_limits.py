"""spec/vectors/limits.json through the public doors of the library."""

from typing import Any

import pytest

from comity import frames, limits, treaty
from comity.encoding import decode, decode_as
from comity.link import Hello
from comity.message import Body
from tests.support.vectors import Case, cases, data_of, refused, vectors

WHOLE = 1_048_576


def read_bounded(case: Case) -> object:
    data, form = data_of(case["data"]), case["form"]
    if form == "frame":
        buffer = frames.FrameBuffer()
        buffer.feed(data)
        return buffer.pop()
    places: dict[str, tuple[Any, int]] = {
        "value": (Any, WHOLE),
        "hello": (Hello, limits.MAX_HELLO_BYTES),
        "body": (Body, limits.MAX_BODY_BYTES),
        "treaty": (treaty.Treaty, limits.MAX_TREATY_BYTES),
    }
    return decode(data, WHOLE) if form == "value" else decode_as(places[form][0], data, places[form][1])


def test_the_table_of_limits_is_that_of_the_library() -> None:
    table = vectors("limits")["table"]
    assert table
    assert table == {name: getattr(limits, name) for name in table}
    assert set(table) == {name for name in vars(limits) if name.isupper()}


@pytest.mark.clause("LIMIT-001")
@pytest.mark.parametrize("case", cases("limits", "valid"))
def test_what_is_at_a_limit_is_taken(case: Case) -> None:
    assert read_bounded(case) is not None


@pytest.mark.clause("LIMIT-002")
@pytest.mark.parametrize("case", cases("limits", "invalid"))
def test_what_is_beyond_a_limit_is_refused(case: Case) -> None:
    with refused(case):
        read_bounded(case)
