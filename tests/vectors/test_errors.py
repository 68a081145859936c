"""spec/vectors/errors.json through the public doors of the library."""

import pytest

from comity.errors import LocalError, error_by_code
from comity.link import Closed
from tests.support import wire
from tests.support.vectors import Case, cases


def sends(place: str, code: int) -> None:
    """Send a code in a place. Raises LocalError where it may not stand there."""
    a, _ = wire.talking()
    if place == "link":
        a.close(code)
    elif place == "error":
        a.send_error(code, None)
    elif place == "done":
        a.fetch.offered([bytes(32)], 0)
        a.send_done(bytes(32), code)


@pytest.mark.clause("ERR-001")
@pytest.mark.parametrize("case", cases("errors", "valid"))
def test_a_code_travels_where_its_row_says(case: Case) -> None:
    error = error_by_code(case["code"])
    assert (error.name if error else "done") == case["word"]
    for place in case["places"]:
        sends(place, case["code"])


@pytest.mark.clause("ERR-001", "ERR-002")
@pytest.mark.parametrize("case", cases("errors", "invalid"))
def test_a_code_travels_nowhere_else(case: Case) -> None:
    with pytest.raises(LocalError):
        sends(case["place"], case["code"])
    if "read_as" in case:
        raw, link = wire.raw_pair()
        assert wire.feed(link, raw.record(b"\x03" + case["code"].to_bytes(2, "big"))) == [Closed(case["read_as"])]
