"""Checkpoints of the log: C2SP signed notes of a tree's size and root (spec page log)."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from comity.errors import AuthenticationError, LimitError, LocalError, MalformedError
from comity.keys import Algorithm, PublicKey, SigningKey, sha256
from comity.limits import MAX_CHECKPOINT_BYTES
from comity.log import HASH_BYTES, MAX_SIZE

KEY_HASH_BYTES: Final = 4
SIGNATURE_BYTES: Final = 64
NOTE: Final = re.compile(
    rb"(comity-v1/([a-z]{2}\.[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?)/([0-9a-f]{64})\n"
    rb"(0|[1-9][0-9]{0,15})\n"
    rb"([A-Za-z0-9+/]{43}=)\n)"
    rb"\n"
    rb"\xe2\x80\x94 comity-v1/([a-z0-9.-]{1,64}) ([A-Za-z0-9+/]{91}=)\n"
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a party says of its log: the number of leaves and the root over them."""

    party: str
    treaty: bytes
    size: int
    root: bytes

    def text(self) -> bytes:
        """Return the lines that are signed."""
        root = base64.b64encode(self.root).decode()
        return f"{name_of(self.party)}/{self.treaty.hex()}\n{self.size}\n{root}\n".encode()


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A note whose form is right; verify() says whether its signature is."""

    data: bytes
    checkpoint: Checkpoint
    text: bytes
    key_hash: bytes
    signature: bytes

    def verify(self, keys: Iterable[PublicKey]) -> None:
        """Return when one of the log keys of the party has signed.

        Raises:
            AuthenticationError: none has.
        """
        for key in keys:
            if key_hash(self.checkpoint.party, key) == self.key_hash:
                key.verify_raw(self.text, self.signature)
                return
        raise AuthenticationError(f"the checkpoint is not signed by a log key of {self.checkpoint.party}")


def name_of(party: str) -> str:
    return f"comity-v1/{party}"


def key_hash(party: str, key: PublicKey) -> bytes:
    """Return the 4 bytes by which a signed note names an Ed25519 key."""
    return sha256(name_of(party).encode() + b"\n\x01" + key.data)[:KEY_HASH_BYTES]


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> bytes:
    """Return the signed note, at most 512 bytes.

    Raises:
        LocalError: the key is not of algorithm 1.
    """
    if key.public.algorithm is not Algorithm.ED25519:
        raise LocalError("a checkpoint is signed with an Ed25519 key")
    text = checkpoint.text()
    blob = base64.b64encode(key_hash(checkpoint.party, key.public) + key.sign_raw(text)).decode()
    return text + f"\n— {name_of(checkpoint.party)} {blob}\n".encode()


def read_checkpoint(data: bytes) -> SignedCheckpoint:
    """Return the note that data stands for (LOG-005, LOG-006).

    Raises:
        LimitError: longer than 512 bytes (LOG-009).
        MalformedError: any other form.
    """
    if len(data) > MAX_CHECKPOINT_BYTES:
        raise LimitError(f"a checkpoint of {len(data)} bytes")
    found = NOTE.fullmatch(data)
    if found is None or found[2] != found[6] or int(found[4]) > MAX_SIZE:
        raise MalformedError("not a checkpoint")
    root, blob = base64.b64decode(found[5]), base64.b64decode(found[7])
    if base64.b64encode(root) != found[5] or base64.b64encode(blob) != found[7]:
        raise MalformedError("base64 with stray bits")
    if len(root) != HASH_BYTES or len(blob) != KEY_HASH_BYTES + SIGNATURE_BYTES:
        raise MalformedError("not a checkpoint")
    point = Checkpoint(found[2].decode(), bytes.fromhex(found[3].decode()), int(found[4]), root)
    return SignedCheckpoint(data, point, found[1], blob[:KEY_HASH_BYTES], blob[KEY_HASH_BYTES:])
