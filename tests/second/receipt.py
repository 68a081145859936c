"""Receipts: entry, inclusion proof and checkpoint (pages log and receipt)."""

import base64
import hashlib
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.second import edwards, forms
from tests.second.codec import Value, decode, encode
from tests.second.forms import BIN16, BIN32, MICROS, Fields, array, binary, one_of, or_nil, uint
from tests.second.keys import labelled
from tests.second.refusal import LIMIT, UNAUTHENTICATED, require

MAX_CHECKPOINT_BYTES, MAX_ENTRY_BYTES = 512, 1024
CHECKPOINT = re.compile(
    rf"(comity-v1/({forms.PARTY.pattern})/([0-9a-f]{{64}})\n(0|[1-9][0-9]{{0,15}})\n([A-Za-z0-9+/]{{43}}=)\n)"
    rf"\n— (comity-v1/{forms.PARTY.pattern}) ([A-Za-z0-9+/]+={{0,2}})\n"
)
ENTRY = forms.record(
    code=uint(),
    event=one_of("receipt"),
    from_=forms.IS_PARTY,
    id=BIN16,
    message=BIN32,
    state=or_nil(forms.matching(re.compile(r"[a-z][a-z-]{0,30}"))),
    status=one_of("accepted", "refused"),
    time=MICROS,
    to=forms.IS_PARTY,
    treaty=BIN32,
    v=one_of(1),
)
LEAF = (uint(), binary(1, MAX_ENTRY_BYTES), BIN16, array(BIN32, 0, 53))
SINGLE = forms.row(binary(1, MAX_CHECKPOINT_BYTES), *LEAF)
FRAME = forms.row(binary(1, MAX_CHECKPOINT_BYTES), array(forms.row(*LEAF), 1, 256))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the owner of a log signed."""

    party: str
    treaty: bytes
    size: int
    root: bytes


def read_checkpoint(data: bytes, log_keys: list[bytes]) -> Checkpoint:
    """Return the checkpoint that one of `log_keys` signed (LOG-005, LOG-006, LOG-009)."""
    require(len(data) <= MAX_CHECKPOINT_BYTES, "a checkpoint is too long", LIMIT)
    match = CHECKPOINT.fullmatch(data.decode("utf-8", "replace"))
    require(match is not None, "no checkpoint")
    assert match is not None
    signed, party, treaty, size, root = match[1], match[2], bytes.fromhex(match[4]), int(match[5]), match[6]
    require(size < 2**53, "the tree is too large")
    require(match[7] == f"comity-v1/{party}", "signed under another name")
    blob, digest = unbase64(match[9]), unbase64(root)
    require(len(blob) == 68, "no signature")
    good = [key for key in log_keys if blob[:4] == key_hash(party, key)]
    verified = any(edwards.verifies(key, signed.encode(), blob[4:]) for key in good)
    require(verified, "no log key signed the checkpoint", UNAUTHENTICATED)
    return Checkpoint(party, treaty, size, digest)


def unbase64(spelled: str) -> bytes:
    """Return the bytes of base64 in its only spelling."""
    require(len(spelled) % 4 == 0, "no base64")
    data = base64.b64decode(spelled)
    require(base64.b64encode(data).decode() == spelled, "a second spelling in base64")
    return data


def key_hash(party: str, key: bytes) -> bytes:
    return hashlib.sha256(f"comity-v1/{party}\n".encode() + b"\x01" + key).digest()[:4]


def leaf_hash(salt: bytes, entry: bytes) -> bytes:
    commitment = hashlib.sha256(labelled("comity-v1 log-entry", salt + entry)).digest()
    return hashlib.sha256(b"\0" + commitment).digest()


def root_of(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """Return the root to which an inclusion proof leads, exactly as long as it must be (LOG-007)."""
    if size == 1:
        require(proof == [], "the proof is too long", UNAUTHENTICATED)
        return leaf
    require(proof != [], "the proof is too short", UNAUTHENTICATED)
    split = 1 << ((size - 1).bit_length() - 1)
    *rest, last = proof
    if index < split:
        return hashlib.sha256(b"\x01" + root_of(leaf, index, split, rest) + last).digest()
    return hashlib.sha256(b"\x01" + last + root_of(leaf, index - split, size - split, rest)).digest()


def verify_frame(payload: bytes, log_keys: list[bytes]) -> list[Fields]:
    """Return the entries that the payload of a frame RECEIPT proves."""
    value = decode(payload, 1_048_576)
    FRAME(value)
    assert isinstance(value, list)
    checkpoint, rows = value
    assert isinstance(rows, list)
    return [verify([checkpoint, *leaf], log_keys) for leaf in rows if isinstance(leaf, list)]


def verify_single(data: bytes, log_keys: list[bytes]) -> Fields:
    """Return the entry that one receipt proves."""
    return verify(decode(data, 8192), log_keys)


def verify(receipt: Value, log_keys: list[bytes]) -> Fields:
    """Return the entry of a receipt once its proof holds (RCPT-003 to RCPT-005, RCPT-007)."""
    SINGLE(receipt)
    assert isinstance(receipt, list)
    note, index, entry_bytes, salt, proof = receipt
    assert isinstance(note, bytes)
    assert isinstance(index, int)
    assert isinstance(entry_bytes, bytes)
    assert isinstance(salt, bytes)
    assert isinstance(proof, list)
    entry = decode(entry_bytes, MAX_ENTRY_BYTES)
    ENTRY(entry)
    assert isinstance(entry, dict)
    require((entry["code"] == 0) == (entry["status"] == "accepted"), "code and status do not fit")
    checkpoint = read_checkpoint(note, log_keys)
    same = (checkpoint.party, checkpoint.treaty) == (entry["to"], entry["treaty"])
    require(same, "the checkpoint is of another log", UNAUTHENTICATED)
    require(index < checkpoint.size, "the index is outside the tree", UNAUTHENTICATED)
    nodes = [node for node in proof if isinstance(node, bytes)]
    root = root_of(leaf_hash(salt, entry_bytes), index, checkpoint.size, nodes)
    require(root == checkpoint.root, "the proof leads to another root", UNAUTHENTICATED)
    return entry


def issue(party: str, treaty: bytes, log_seed: bytes, entry: dict[str, Value], salt: bytes) -> bytes:
    """Return the payload of a frame RECEIPT from a log whose only leaf is `entry`."""
    key = Ed25519PrivateKey.from_private_bytes(log_seed)
    entry_bytes = encode(entry)
    root = base64.b64encode(leaf_hash(salt, entry_bytes)).decode()
    signed = f"comity-v1/{party}/{treaty.hex()}\n1\n{root}\n".encode()
    blob = base64.b64encode(key_hash(party, key.public_key().public_bytes_raw()) + key.sign(signed)).decode()
    return encode([signed + f"\n— comity-v1/{party} {blob}\n".encode(), [[0, entry_bytes, salt, []]]])
