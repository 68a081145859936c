"""Proof of delivery or refusal: a log entry, its inclusion proof and a signed checkpoint (spec page receipt)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from comity.checkpoint import SignedCheckpoint, read_checkpoint
from comity.encoding import Bytes16, Bytes32, Meta, Micros, Party, Record, Row, Uint, decode_as, encode_row
from comity.errors import AuthenticationError, LocalError
from comity.keys import PublicKey
from comity.limits import MAX_CHECKPOINT_BYTES, MAX_ENTRY_BYTES, MAX_FRAME_BYTES, MAX_RECEIPTS_PER_FRAME
from comity.log import MAX_PROOF, commitment, leaf_hash, verify_inclusion

MAX_RECEIPT_BYTES: Final = 8_192

EntryBytes = Annotated[bytes, Meta(min_length=1, max_length=MAX_ENTRY_BYTES)]
CheckpointBytes = Annotated[bytes, Meta(min_length=1, max_length=MAX_CHECKPOINT_BYTES)]
StateName = Annotated[str, Meta(pattern=r"\A[a-z][a-z-]{0,30}\Z")]
ProofHashes = Annotated[tuple[Bytes32, ...], Meta(max_length=MAX_PROOF)]


class Entry(Record, frozen=True, kw_only=True, rename={"sender": "from"}):
    """What was decided about a message, and when (micros). `code` is 0 when it was accepted.

    `state` is that of the track at the recipient, where it refused an event that is not legal there (CASE-008).
    """

    code: Uint
    event: Literal["receipt"]
    sender: Party
    id: Bytes16
    message: Bytes32
    state: StateName | None = None
    status: Literal["accepted", "refused"]
    time: Micros
    to: Party
    treaty: Bytes32
    v: Literal[1]

    def __post_init__(self) -> None:
        if (self.code == 0) is not (self.status == "accepted"):
            raise ValueError("the code does not fit the status (RCPT-007)")


class LeafRow(Row, frozen=True):
    """A receipt without its checkpoint, as it stands in a frame."""

    index: Uint
    entry: EntryBytes
    salt: Bytes16
    proof: ProofHashes


class ReceiptRow(Row, frozen=True):
    """A receipt by itself."""

    checkpoint: CheckpointBytes
    index: Uint
    entry: EntryBytes
    salt: Bytes16
    proof: ProofHashes


class FrameRow(Row, frozen=True):
    """Receipts that share a checkpoint."""

    checkpoint: CheckpointBytes
    leaves: Annotated[tuple[LeafRow, ...], Meta(min_length=1, max_length=MAX_RECEIPTS_PER_FRAME)]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt whose form is right; verify() says whether it proves anything."""

    checkpoint: bytes
    index: int
    entry: bytes
    salt: bytes
    proof: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Return the receipt by itself, as it is kept and shown to others."""
        return encode_row(ReceiptRow(self.checkpoint, self.index, self.entry, self.salt, self.proof))

    def read_entry(self) -> Entry:
        """Return what the receipt says, unverified. Raises MalformedError."""
        return decode_as(Entry, self.entry, MAX_ENTRY_BYTES)

    def verify(self, keys: Iterable[PublicKey]) -> Entry:
        """Return what the receipt proves; `keys` are all log keys that its issuer ever had (RCPT-003 to RCPT-005).

        Raises:
            AuthenticationError: signature, names or proof do not fit.
            MalformedError: the checkpoint or the entry has another form.
        """
        note = read_checkpoint(self.checkpoint)
        note.verify(keys)
        return _prove(self, note)


def read(data: bytes) -> Receipt:
    """Return the receipt that data stands for. Raises MalformedError or LimitError."""
    row = decode_as(ReceiptRow, data, MAX_RECEIPT_BYTES)
    return Receipt(row.checkpoint, row.index, row.entry, row.salt, row.proof)


def to_frame(receipts: Sequence[Receipt]) -> bytes:
    """Return the payload of a frame RECEIPT for 1 to 256 receipts that share a checkpoint.

    Raises:
        LocalError: no receipt, more than 256, or two checkpoints.
    """
    if not 1 <= len(receipts) <= MAX_RECEIPTS_PER_FRAME:
        raise LocalError(f"a frame carries 1 to {MAX_RECEIPTS_PER_FRAME} receipts, not {len(receipts)}")
    _refuse_two_checkpoints(receipts)
    leaves = tuple(LeafRow(r.index, r.entry, r.salt, r.proof) for r in receipts)
    return encode_row(FrameRow(receipts[0].checkpoint, leaves))


def read_frame(payload: bytes) -> list[Receipt]:
    """Return the receipts in the payload of a frame RECEIPT. Raises MalformedError or LimitError."""
    row = decode_as(FrameRow, payload, MAX_FRAME_BYTES)
    return [Receipt(row.checkpoint, leaf.index, leaf.entry, leaf.salt, leaf.proof) for leaf in row.leaves]


def verify_frame(receipts: Sequence[Receipt], keys: Iterable[PublicKey]) -> list[tuple[Receipt, Entry]]:
    """Return the receipts of one frame with what they prove; the signature is verified once (RCPT-002).

    Raises:
        AuthenticationError, MalformedError: as `Receipt.verify`, for any of them.
        LocalError: receipts that do not come from one frame.
    """
    _refuse_two_checkpoints(receipts)
    note = read_checkpoint(receipts[0].checkpoint)
    note.verify(keys)
    return [(receipt, _prove(receipt, note)) for receipt in receipts]


def match(entry: Entry, message_id: bytes, message_hash: bytes, sender: str, recipient: str, treaty: bytes) -> None:
    """Return when the entry is about this message to this recipient (RCPT-006).

    Raises:
        AuthenticationError: it is about something else.
    """
    stated = entry.id, entry.message, entry.sender, entry.to, entry.treaty
    if stated != (message_id, message_hash, sender, recipient, treaty):
        raise AuthenticationError("the receipt is about another message")


def _refuse_two_checkpoints(receipts: Sequence[Receipt]) -> None:
    if any(receipt.checkpoint != receipts[0].checkpoint for receipt in receipts):
        raise LocalError("the receipts do not share a checkpoint")


def _prove(receipt: Receipt, note: SignedCheckpoint) -> Entry:
    entry = receipt.read_entry()
    point = note.checkpoint
    if (entry.to, entry.treaty) != (point.party, point.treaty):
        raise AuthenticationError("the checkpoint names another party or treaty (RCPT-004)")
    leaf = leaf_hash(commitment(receipt.salt, receipt.entry))
    verify_inclusion(leaf, receipt.index, point.size, receipt.proof, point.root)
    return entry
