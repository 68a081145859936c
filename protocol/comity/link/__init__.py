"""The encrypted connection of two nodes (spec pages link and frames), without a socket, clock or lock.

Layout, from the ground: `states` (the table of the whole link), `records` (lanes and records), `flow` (credit),
`handshake`, `events`, then `outgoing` and `incoming`, the two directions of an open link, `sending` (the calls that
send), and `link` on top.
"""

from comity.link.events import (
    BundleReceived,
    BundleRequested,
    ChunkReceived,
    ChunksRequested,
    Closed,
    DoneReceived,
    ErrorReceived,
    Event,
    HeadsReceived,
    MessageReceived,
    Offered,
    Opened,
    Ponged,
    ReceiptsReceived,
    TreatyReceived,
    TreatyRequested,
)
from comity.link.handshake import PROTOCOL_NAME, Hello
from comity.link.link import Link
from comity.link.states import NEXT, State, Step

__all__ = [
    "NEXT",
    "PROTOCOL_NAME",
    "BundleReceived",
    "BundleRequested",
    "ChunkReceived",
    "ChunksRequested",
    "Closed",
    "DoneReceived",
    "ErrorReceived",
    "Event",
    "HeadsReceived",
    "Hello",
    "Link",
    "MessageReceived",
    "Offered",
    "Opened",
    "Ponged",
    "ReceiptsReceived",
    "State",
    "Step",
    "TreatyReceived",
    "TreatyRequested",
]
