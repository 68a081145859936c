"""Planted bugs: each is a fault that somebody could write, put in at a seam for the length of a run."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any
from unittest.mock import patch

import trio

from comity import frames, limits
from comity import receipt as receipts
from comity.encoding import canonical
from comity.errors import RemoteError
from comity.noise import CipherState
from comity_node import courier, transport
from comity_node.gate import Bucket, Waiting
from comity_node.gathering import Gathering

Plant = Callable[[], AbstractContextManager[Any]]
TAG_BYTES = 16


@contextmanager
def planted(bug: str | None) -> Iterator[None]:
    """Plant the bug for the length of the block; None plants nothing."""
    if bug is None:
        yield
        return
    with PLANTS[bug]():
        yield


# --- rows 19 and 20 ---

true_decrypt = CipherState.decrypt


def unchecked(cipher: CipherState, ad: bytes, ciphertext: bytes, compared: int) -> bytes:
    """Decrypt and compare only the first bytes of the tag."""
    try:
        return true_decrypt(cipher, ad, ciphertext)
    except RemoteError:
        nonce, body, tag = cipher.nonce, ciphertext[:-TAG_BYTES], ciphertext[-TAG_BYTES:]
        plain = CipherState.encrypt(cipher, ad, body)[:-TAG_BYTES]
        cipher._n = nonce
        if CipherState.encrypt(cipher, ad, plain)[-TAG_BYTES:][:compared] != tag[:compared]:
            cipher._n = nonce
            raise
        return plain


def half_a_tag() -> Any:
    return patch.object(CipherState, "decrypt", lambda self, ad, sealed: unchecked(self, ad, sealed, 8))


def no_tag() -> Any:
    return patch.object(CipherState, "decrypt", lambda self, ad, sealed: unchecked(self, ad, sealed, 0))


# --- rows 16 to 18 ---

true_pop = frames.FrameBuffer.pop
true_decode = canonical._decode


def no_weight() -> Any:
    return patch.object(canonical, "scan", lambda data: None)


def allocates_first() -> Any:
    def pop(self: frames.FrameBuffer) -> frames.Frame | None:
        header = self._queue.peek(frames.HEADER_BYTES)
        room = bytearray(int.from_bytes(header[1:], "big")) if header else b""
        return true_pop(self) if len(room) >= 0 else None

    return patch.object(frames.FrameBuffer, "pop", pop)


def helpful_decoder() -> Any:
    def decode(decoder: Any, data: bytes, max_bytes: int) -> Any:
        with suppress(zlib.error):
            data = zlib.decompress(data)
        return true_decode(decoder, data, max_bytes)

    return patch.object(canonical, "_decode", decode)


# --- rows 13 to 15 ---


def no_deadline() -> Any:
    return patch.object(limits, "HANDSHAKE_S", 1_000_000)


def no_cap() -> Any:
    def enter(self: Waiting, source: str) -> trio.CancelScope:
        scope = trio.CancelScope()
        self._scopes[scope] = source
        return scope

    return patch.object(Waiting, "enter", enter)


def no_bucket() -> Any:
    return patch.object(Bucket, "take", lambda self, now: True)


# --- rows 10 to 12 ---

true_peek = frames.ByteQueue.peek


def trusts_segments() -> Any:
    def peek(self: frames.ByteQueue, nbytes: int, skip: int = 0) -> bytes | None:
        there = len(self) - skip
        return true_peek(self, min(nbytes, there), skip) if there > 0 else None

    return patch.object(frames.ByteQueue, "peek", peek)


def no_backlog() -> Any:
    return patch.object(courier, "BACKLOG_BYTES", 1 << 40)


@contextmanager
def no_idle() -> Iterator[None]:
    with patch.object(limits, "IDLE_S", 1_000_000), patch.object(transport, "IDLE_S", 1_000_000):
        yield


# --- row 28 ---


def receipts_not_matched() -> Any:
    return patch.object(receipts, "match", lambda *stated: None)


def first_come() -> Any:
    true_put = Gathering.put
    return patch.object(Gathering, "put", lambda self, item, owner="": true_put(self, item))


PLANTS: dict[str, Plant] = {
    "half a tag": half_a_tag,
    "no tag": no_tag,
    "no weight": no_weight,
    "allocates first": allocates_first,
    "helpful decoder": helpful_decoder,
    "trusts segments": trusts_segments,
    "no backlog": no_backlog,
    "no idle limit": no_idle,
    "receipts not matched": receipts_not_matched,
    "first come": first_come,
    "no deadline": no_deadline,
    "no cap": no_cap,
    "no bucket": no_bucket,
}
