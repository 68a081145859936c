"""Planted bugs: each is a fault that somebody could write, put in at a seam for the length of a run."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest.mock import patch

from comity.errors import RemoteError
from comity.noise import CipherState

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


PLANTS: dict[str, Plant] = {
    "half a tag": half_a_tag,
    "no tag": no_tag,
}
