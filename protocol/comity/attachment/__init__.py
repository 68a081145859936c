"""Files that belong to a message: their form, their sealed chunks, and what moves next (spec page attachment).

Layout: `form` (what the signed message says of a file), `sealing` (chunks), `moving` (what to ask for and what to give
next on a link), `frames` (payloads). No file is opened here: the caller reads and writes the bytes.
"""

from comity.attachment.form import Attachment, refuse_discord
from comity.attachment.frames import Chunk, Done
from comity.attachment.moving import Due, Fetch, Serve, Wanted
from comity.attachment.sealing import (
    SEALED_CHUNK_BYTES,
    Opening,
    Sealing,
    chunk_count,
    open_chunk,
    seal_chunk,
    sealed_range,
    sealed_size,
)

__all__ = [
    "SEALED_CHUNK_BYTES",
    "Attachment",
    "Chunk",
    "Done",
    "Due",
    "Fetch",
    "Opening",
    "Sealing",
    "Serve",
    "Wanted",
    "chunk_count",
    "open_chunk",
    "refuse_discord",
    "seal_chunk",
    "sealed_range",
    "sealed_size",
]
