"""What a member can send more of than anybody needs, over a real socket."""

import itertools
import time
from collections.abc import Callable, Iterator

from comity import receipt as receipts
from comity.encoding import encode
from comity.frames import FrameType, Heads, encode_credit, encode_frame, encode_heads, encode_treaty_request
from comity_node.world import RealWorld
from tests.reliability.hostile.arena import ROGUE, VICTIM, Arena
from tests.reliability.hostile.rogue import Rogue
from tests.support.alliances import Alliance
from tests.support.player import Player

Attack = Callable[[float], None]
Make = Callable[[Arena, Rogue], Attack]
OFFER, CHUNK_REQUEST = 0x0C, 0x0D
UNDER_WAY_BYTES = 131_072  # what waits for the socket at most


def player_of(arena: Arena, rogue: Rogue) -> Player:
    """Return the rogue as one who can sign and seal; it is not used to talk."""
    group = Alliance(arena.homes)
    return Player(group, arena.homes[ROGUE], VICTIM, RealWorld(), None, rogue.link)  # type: ignore[arg-type]


def attack_with(arena: Arena, rogue: Rogue, frames: Iterator[bytes], spends: bool = False) -> Attack:
    """Return an attack that sends the frames as fast as the victim takes them."""

    def attack(seconds: float) -> None:
        until, held = time.monotonic() + seconds, b""
        while time.monotonic() < until:
            while rogue.waiting < UNDER_WAY_BYTES and rogue.link.is_open:
                held = held or next(frames)
                if spends and not rogue.link._credit.spend(len(held)):
                    break
                rogue.push(held)
                held = b""
            rogue.pump(0.005)

    return attack


def messages(arena: Arena, rogue: Rogue) -> Attack:
    """Good messages, each of them sent again and again."""
    player = player_of(arena, rogue)
    envelopes = [encode_frame(FrameType.MESSAGE, player.envelope()) for _ in range(1_500)]
    return attack_with(arena, rogue, itertools.cycle(envelopes), spends=True)


def told_twice(arena: Arena, rogue: Rogue) -> Attack:
    """Good messages that all claim to be the first of one case."""
    player = player_of(arena, rogue)
    envelopes = [encode_frame(FrameType.MESSAGE, player.envelope(case=bytes(16))) for _ in range(1_500)]
    return attack_with(arena, rogue, itertools.cycle(envelopes), spends=True)


def refused(arena: Arena, rogue: Rogue) -> Attack:
    """Envelopes that must be unwrapped before it is seen that they do not open."""
    player, made = player_of(arena, rogue), []
    for _ in range(300):
        envelope = player.envelope()
        made.append(encode_frame(FrameType.MESSAGE, envelope[:-1] + bytes([envelope[-1] ^ 1])))
    return attack_with(arena, rogue, itertools.cycle(made), spends=True)


def false_receipts(arena: Arena, rogue: Rogue) -> Attack:
    """Receipts that verify, 256 in a frame, for messages that were never sent."""
    player = player_of(arena, rogue)
    payloads = [player.receipts(*((player.signed(), 0) for _ in range(256))) for _ in range(4)]
    payloads += [receipts.to_frame(receipts.read_frame(payload)[:1]) for payload in payloads]
    return attack_with(arena, rogue, itertools.cycle(encode_frame(FrameType.RECEIPT, each) for each in payloads))


def tiny_frames(arena: Arena, rogue: Rogue) -> Attack:
    """Frames of four and eight bytes that say nothing."""
    return attack_with(arena, rogue, itertools.cycle([b"\x80\x00\x00\x00" * 4_000, encode_credit(0) * 2_000]))


def heads(arena: Arena, rogue: Rogue) -> Attack:
    """HEADS that promise newer documents each time."""
    made = (
        encode_heads(Heads(bundle=n, bundle_hash=bytes(32), holds=n, treaty=n, treaty_hash=bytes(32)))
        for n in itertools.count(2)
    )
    return attack_with(arena, rogue, made)


def documents(arena: Arena, rogue: Rogue) -> Attack:
    """Treaty versions and bundles that nobody asked for: the true ones, and half a megabyte of nothing."""
    true = [data for kind, data in arena.homes[ROGUE].documents if kind == "treaty"]
    made = [encode_frame(FrameType.TREATY, data) for data in true]
    made.append(encode_frame(FrameType.BUNDLE, b"\xdd\x00\x07\x00\x00" + b"\x91\xc0" * 250_000))
    return attack_with(arena, rogue, itertools.cycle(made))


def offers(arena: Arena, rogue: Rogue) -> Attack:
    """Frames OFFER with the addresses of 200 files that nobody sent: the answers wait while the rogue does not read."""
    made = (
        encode_frame(OFFER, encode([(n * 200 + m).to_bytes(32, "big") for m in range(200)])) for n in itertools.count()
    )
    return attack_with(arena, rogue, made)


def chunk_requests(arena: Arena, rogue: Rogue) -> Attack:
    """Frames CHUNK_REQUEST for files that were never offered to the rogue."""
    made = (encode_frame(CHUNK_REQUEST, encode([n.to_bytes(32, "big"), 0, 16])) for n in itertools.count())
    return attack_with(arena, rogue, made)


def requests(arena: Arena, rogue: Rogue) -> Attack:
    """Requests for a treaty version; one that comes too early ends the link, and the rogue comes again."""
    return attack_with(arena, rogue, itertools.cycle([encode_treaty_request(1)]))


ABUSES: dict[str, Make] = {
    "messages": messages,
    "messages with one number": told_twice,
    "refused envelopes": refused,
    "false receipts": false_receipts,
    "tiny frames": tiny_frames,
    "heads": heads,
    "documents": documents,
    "requests": requests,
    "offers of files": offers,
    "requests for files": chunk_requests,
}
