"""spec/vectors/frames.json through a link that a raw peer feeds."""

import pytest

from comity.frames import FrameBuffer
from comity.link import Link
from tests.support import wire
from tests.support.vectors import Case, cases, data_of, refused, vectors

LANES = {"interactive": b"\x00", "bulk": b"\x01"}
RECORD_BYTES = 16_000


def called(case: Case) -> tuple[wire.RawPeer, Link]:
    """Return a raw peer and the link that reads its lanes, HEADS read where the case says so."""
    raw, link = wire.raw_pair(greet=False)
    if case["greeted"]:
        wire.feed(link, raw.record(b"\x00" + data_of(vectors("frames")["heads"])))
    return raw, link


def records_of(raw: wire.RawPeer, case: Case, size: int) -> bytes:
    data, lane = data_of(case["frames"]), LANES[case["lane"]]
    return b"".join(raw.record(lane + data[at : at + size]) for at in range(0, len(data), size))


def types_in(data: bytes) -> list[int]:
    buffer = FrameBuffer()
    buffer.feed(data)
    found = []
    while (frame := buffer.pop()) is not None:
        found.append(frame.type)
    return found


def test_the_window_is_the_one_that_the_cases_are_made_for() -> None:
    assert wire.HELLO.window == vectors("frames")["window"]


@pytest.mark.clause("FRAME-003", "FRAME-004", "FRAME-005", "FRAME-007", "FRAME-013", "FRAME-020")
@pytest.mark.parametrize("size", [1, RECORD_BYTES])
@pytest.mark.parametrize("case", cases("frames", "valid"))
def test_a_good_frame_is_read_and_the_link_stays_open(case: Case, size: int) -> None:
    raw, link = called(case)
    wire.feed(link, records_of(raw, case, size))
    assert link.is_open
    assert types_in(data_of(case["frames"])) == case["types"]


@pytest.mark.clause(
    "ATTACH-016", "ATTACH-020", "ATTACH-023", "ATTACH-024", "FRAME-001", "FRAME-002", "FRAME-004", "FRAME-010",
    "FRAME-012", "FRAME-020", "FRAME-021", "FRAME-023",
)  # fmt: skip
@pytest.mark.parametrize("case", cases("frames", "invalid"))
def test_a_bad_frame_closes_the_link_with_its_code(case: Case) -> None:
    raw, link = called(case)
    with refused(case):
        wire.feed(link, records_of(raw, case, RECORD_BYTES))
    assert raw.read(wire.flush(link)) == [b"\x03" + case["code"].to_bytes(2, "big")]
    assert link.closed
