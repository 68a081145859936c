"""What a link reports, pulled one at a time with next_event()."""

from dataclasses import dataclass

from comity.attachment import Chunk, Done, Wanted
from comity.frames import Heads
from comity.link.handshake import Hello


@dataclass(frozen=True, slots=True)
class Opened:
    """The peer is authenticated; send HEADS now (FRAME-005)."""

    peer: str
    hello: Hello


@dataclass(frozen=True, slots=True)
class HeadsReceived:
    """What the peer holds. Request the next document where it holds more (FRAME-014)."""

    heads: Heads


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """An envelope, not looked into. Give cost back with release() once it is dealt with (FRAME-011)."""

    envelope: bytes
    cost: int


@dataclass(frozen=True, slots=True)
class ReceiptsReceived:
    """Payload of a frame RECEIPT, not looked into."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class TreatyRequested:
    """Answer with send_treaty(), or send_error(3, None) where it is not held (FRAME-015, FRAME-016)."""

    version: int


@dataclass(frozen=True, slots=True)
class TreatyReceived:
    """A treaty version, not looked into."""

    data: bytes


@dataclass(frozen=True, slots=True)
class BundleRequested:
    """Answer with send_bundle(), or send_error(3, None) where it is not held (FRAME-015, FRAME-016)."""

    party: str
    serial: int


@dataclass(frozen=True, slots=True)
class BundleReceived:
    """A bundle, not looked into."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Ponged:
    """The peer has answered the PING with these 8 bytes, which the link or its caller has sent."""

    token: bytes


@dataclass(frozen=True, slots=True)
class ErrorReceived:
    """The peer could not use what it was sent; no final answer to a message (FRAME-018)."""

    code: int
    id: bytes | None


@dataclass(frozen=True, slots=True)
class Offered:
    """Addresses that the holder has opened with this OFFER; those that were open before are left out."""

    addresses: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ChunksRequested:
    """Chunks that are now due (`serve.due`): answer each with send_chunk()."""

    wanted: Wanted


@dataclass(frozen=True, slots=True)
class ChunkReceived:
    """A chunk that was requested. Call `fetch.written()` once it is dealt with, also when it is thrown away."""

    chunk: Chunk


@dataclass(frozen=True, slots=True)
class DoneReceived:
    """What has become of an offered address at the recipient."""

    done: Done


@dataclass(frozen=True, slots=True)
class Closed:
    """The peer has ended the link: with this code, 9 for one that is not known (ERR-002), None when it was cut."""

    code: int | None


Event = (
    Opened
    | HeadsReceived
    | MessageReceived
    | ReceiptsReceived
    | TreatyRequested
    | TreatyReceived
    | BundleRequested
    | BundleReceived
    | Ponged
    | ErrorReceived
    | Offered
    | ChunksRequested
    | ChunkReceived
    | DoneReceived
    | Closed
)
