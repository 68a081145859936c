"""Row 17: lengths that are not true."""

import trio
from trio.testing import memory_stream_pair

from comity.errors import LimitError, RemoteError
from comity.frames import FrameBuffer
from comity.limits import MAX_FRAME_BYTES
from comity_node.bounds import MAX_REQUEST_BYTES
from comity_node.control import OversizeError, receive
from tests.reliability.hostile.doors import Door, doors
from tests.reliability.hostile.fork import fork
from tests.reliability.hostile.planted import planted
from tests.reliability.hostile.talk import conversation
from tests.reliability.hostile.weighing import Ledger, check_memory, weigh
from tests.reliability.row import Outcome, Row, Tier

WIDTHS = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4, 0xC7: 1, 0xC9: 4}
CLAIMS = (0, 1, 127, 128, 255, 256, 32_767, 65_535, 65_536, 2**20, 2**20 + 1, 2**24 - 1, 2**31 - 1, 2**31, 2**32 - 1)
FREE_BYTES = 262_144  # what any reading may take, far below the smallest of the claims that matter


def untrue_lengths(tier: Tier, bug: str | None) -> Outcome:
    """Put every claim in every form at every place of every good input, and before frames, records and requests."""
    ledger = Ledger()
    with planted(bug):
        for door in doors():
            _in_values(ledger, door, step=1 if tier >= Tier.CI else 37)
        _in_frames(ledger)
        _in_records(ledger)
        trio.run(_in_requests, ledger)
    return Outcome(ledger.trials, tuple(ledger.violations), "none: everything is tried")


def _in_values(ledger: Ledger, door: Door, step: int) -> None:
    heads = [
        bytes([head]) + claim.to_bytes(width, "big")
        for head, width in WIDTHS.items()
        for claim in CLAIMS
        if claim < 256**width
    ]
    for head in heads:
        weigh(ledger, door, f"{head.hex()} alone", head)
        check_memory(ledger, door.read, f"{door.name} < {head.hex()} alone", head, FREE_BYTES)
    for at in range(0, min(len(door.good), 400), step):
        for head in heads[at % 5 :: 5]:
            weigh(ledger, door, f"{head.hex()} in place of byte {at}", door.good[:at] + head + door.good[at + 1 :])


def _in_frames(ledger: Ledger) -> None:
    """A frame that is too long is refused as soon as its header is there, and nothing is set aside for it."""
    for type in (0x01, 0x02, 0x03, 0x05, 0x7F, 0x80, 0xFF):
        for length in (0, 1, MAX_FRAME_BYTES - 1, MAX_FRAME_BYTES, MAX_FRAME_BYTES + 1, 2**23, 2**24 - 1):
            ledger.trials += 1
            data = bytes([type]) + length.to_bytes(3, "big")
            label = f"frame {type:#04x} of {length} bytes"
            if _refused(data) is not (length > MAX_FRAME_BYTES):
                ledger.note(label, "is not refused when its header has come, or a good one is")
            check_memory(ledger, lambda data: FrameBuffer.pop(_fed(data)), label, data, FREE_BYTES)


def _fed(data: bytes) -> FrameBuffer:
    buffer = FrameBuffer()
    buffer.feed(data)
    return buffer


def _refused(data: bytes) -> bool:
    try:
        _fed(data).pop()
    except LimitError:
        return True
    return False


def _in_records(ledger: Ledger) -> None:
    """A length prefix never makes more than what has come be kept; a stream that ends early gives nothing."""
    for stage in conversation():
        for length in (0, 1, 15, 16, 17, 1_023, 1_248, 2_048, 2_049, 65_535):
            if length == len(stage.data) - 2:
                continue
            ledger.trials += 1
            link = fork(stage.link)
            data = length.to_bytes(2, "big") + stage.data[2:][:length]
            label = f"{stage.name} that claims {length} bytes"

            def read(data: bytes, link: object = link, now: float = stage.now) -> None:
                for part in (data, b""):
                    link.receive(part, now)  # type: ignore[attr-defined]
                    while link.next_event() is not None:  # type: ignore[attr-defined]
                        pass

            check_memory(ledger, read, label, data, FREE_BYTES)
            if not link.closed:
                ledger.note(label, "stays open though the stream has ended")
            if link.peer != stage.link.peer:
                ledger.note(label, "made the peer known")


async def _in_requests(ledger: Ledger) -> None:
    for length in (MAX_REQUEST_BYTES + 1, 2**31 - 1, 2**31, 2**32 - 1):
        ledger.trials += 1
        ours, theirs = memory_stream_pair()
        await ours.send_all(length.to_bytes(4, "big"))
        try:
            with trio.fail_after(1):
                await receive(theirs)  # type: ignore[arg-type]
        except OversizeError:
            continue
        except (trio.TooSlowError, RemoteError):
            pass
        ledger.note(f"a request of {length} bytes", "is not refused when its length has come")


ROWS = (
    Row(
        17,
        "lengths of 0, 1, 2^31 - 1, 2^31, 2^32 - 1 and around every bound, in values, frames, records and requests;"
        " a frame that is longer than its stream",
        "every decoder of the library and the control socket, in process",
        "refused before anything is set aside for them",
        untrue_lengths,
        {"allocates first": "room for a frame is set aside before its length is checked"},
    ),
)
