"""Receipts: what one proves, and what does not count as one."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity import receipt as receipts
from comity.checkpoint import Checkpoint, sign_checkpoint
from comity.encoding import check, decode, encode
from comity.errors import AuthenticationError, LocalError, MalformedError, RemoteError
from comity.keys import Algorithm, PublicKey, SigningKey
from comity.limits import MAX_ENTRY_BYTES, MAX_FRAME_BYTES, MAX_RECEIPTS_PER_FRAME
from comity.log import Frontier, commitment, leaf_hash
from comity.receipt import Entry, Receipt
from tests.support.messages import TREATY_ID

LOG_KEY = SigningKey.from_seed(Algorithm.ED25519, b"\x07" * 32)
OTHER_KEY = SigningKey.from_seed(Algorithm.ED25519, b"\x08" * 32)
KEYS = [OTHER_KEY.public, LOG_KEY.public]
MESSAGE_HASH = b"\x33" * 32


def entry_fields(**changes: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "event": "receipt",
        "treaty": TREATY_ID,
        "sender": "aa.police",
        "to": "bb.fiu",
        "id": b"\x05" * 16,
        "message": MESSAGE_HASH,
        "status": "accepted",
        "code": 0,
        "time": 1_500_000,
    } | changes


def entry_of(**changes: Any) -> Entry:
    return Entry(**entry_fields(**changes))


def entry_map(**changes: Any) -> dict[str, Any]:
    fields = entry_fields(**changes)
    fields["from"] = fields.pop("sender")
    return fields


def issue(
    entries: Sequence[bytes],
    party: str = "bb.fiu",
    treaty: bytes = TREATY_ID,
    key: SigningKey = LOG_KEY,
    before: Sequence[bytes] = (),
) -> list[Receipt]:
    """Return the receipts of one commit, in a log that already has leaves."""
    salts = [bytes([number % 256]) * 16 for number in range(len(entries))]
    leaves = [leaf_hash(commitment(salt, entry)) for salt, entry in zip(salts, entries, strict=True)]
    frontier, proofs = Frontier().extend(before)[0].extend(leaves)
    note = sign_checkpoint(Checkpoint(party, treaty, frontier.size, frontier.root), key)
    rows = enumerate(zip(entries, salts, proofs, strict=True), len(before))
    return [Receipt(note, index, entry, salt, proof) for index, (entry, salt, proof) in rows]


ENTRIES = [encode(entry_of(id=bytes([number]) * 16)) for number in range(5)]
RECEIPTS = issue(ENTRIES, before=[leaf_hash(b"older")] * 6)
RECEIPT = RECEIPTS[2]
FRAME = receipts.to_frame(RECEIPTS)


def changed(**changes: Any) -> Receipt:
    fields = {name: getattr(RECEIPT, name) for name in ("checkpoint", "index", "entry", "salt", "proof")}
    return Receipt(**fields | changes)


# --- what a receipt proves -------------------------------------------------------------------------------------------


@pytest.mark.clause("RCPT-003", "RCPT-005")
def test_a_receipt_proves_its_entry_by_itself() -> None:
    read = receipts.read(RECEIPT.encode())
    assert read == RECEIPT
    assert read.verify(KEYS) == entry_of(id=b"\x02" * 16) == read.read_entry()


@pytest.mark.clause("RCPT-003")
@pytest.mark.parametrize("keys", [[], [OTHER_KEY.public]])
def test_a_checkpoint_of_no_log_key_of_the_issuer_is_refused(keys: list[PublicKey]) -> None:
    with pytest.raises(AuthenticationError):
        RECEIPT.verify(keys)
    with pytest.raises(AuthenticationError):
        receipts.verify_frame(RECEIPTS, keys)


@pytest.mark.clause("RCPT-004")
@pytest.mark.parametrize("changes", [{"party": "qm.prosecutor"}, {"treaty": bytes(32)}, {"party": "aa.police"}])
def test_a_checkpoint_of_another_party_or_treaty_is_refused(changes: dict[str, Any]) -> None:
    (receipt,) = issue([ENTRIES[0]], **changes)
    with pytest.raises(AuthenticationError):
        receipt.verify(KEYS)
    with pytest.raises(AuthenticationError):
        receipts.verify_frame([receipt], KEYS)


@pytest.mark.clause("RCPT-005")
@pytest.mark.parametrize(
    "changes",
    [
        {"index": RECEIPT.index + 1},
        {"index": RECEIPT.index - 1},
        {"index": 2**53 - 1},
        {"entry": ENTRIES[1]},
        {"salt": bytes(16)},
        {"proof": RECEIPT.proof[:-1]},
        {"proof": (*RECEIPT.proof, bytes(32))},
        {"proof": RECEIPT.proof[::-1]},
        {"proof": ()},
        {"checkpoint": issue([ENTRIES[0]])[0].checkpoint},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_proof_that_does_not_lead_to_the_root_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(AuthenticationError):
        changed(**changes).verify(KEYS)
    with pytest.raises(AuthenticationError):
        receipts.read(changed(**changes).encode()).verify(KEYS)


@pytest.mark.clause("RCPT-007")
@pytest.mark.parametrize("changes", [{"code": 20}, {"status": "refused"}])
def test_a_code_that_does_not_go_with_the_status_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="status"):
        entry_of(**changes)
    (receipt,) = issue([encode(entry_map(**changes))])
    with pytest.raises(MalformedError):
        receipt.verify(KEYS)


@pytest.mark.clause("RCPT-007", "ERR-002")
@pytest.mark.parametrize("code", [20, 26, 99, 2**53 - 1])
def test_a_refusal_is_a_receipt_also_with_a_code_that_is_not_known(code: int) -> None:
    (receipt,) = issue([encode(entry_of(code=code, status="refused"))])
    entry = receipt.verify(KEYS)
    assert (entry.code, entry.status) == (code, "refused")


@pytest.mark.clause("CONV-001", "CONV-004")
@pytest.mark.parametrize(
    "changes",
    [{"v": 2}, {"event": "note"}, {"id": bytes(15)}, {"message": None}, {"status": "duplicate"}, {"time": -1},
     {"to": "BB"}, {"treaty": bytes(31)}, {"code": -1}, {"more": 1}],
    ids=str,
)  # fmt: skip
def test_an_entry_of_another_form_proves_nothing(changes: dict[str, Any]) -> None:
    (receipt,) = issue([encode(entry_map(**changes))])
    with pytest.raises(MalformedError):
        receipt.verify(KEYS)


# --- what it is about ------------------------------------------------------------------------------------------------


@pytest.mark.clause("RCPT-006")
def test_a_receipt_matches_the_message_that_was_sent_and_no_other() -> None:
    about: dict[str, Any] = {
        "message_id": b"\x05" * 16,
        "message_hash": MESSAGE_HASH,
        "sender": "aa.police",
        "recipient": "bb.fiu",
        "treaty": TREATY_ID,
    }
    others: dict[str, Any] = {
        "message_id": bytes(16),
        "message_hash": bytes(32),
        "sender": "qm.prosecutor",
        "recipient": "qm.prosecutor",
        "treaty": bytes(32),
    }
    receipts.match(entry_of(), **about)
    for name, other in others.items():
        with pytest.raises(AuthenticationError):
            receipts.match(entry_of(), **about | {name: other})


# --- frames ----------------------------------------------------------------------------------------------------------


def test_a_frame_carries_receipts_that_share_a_checkpoint() -> None:
    assert receipts.read_frame(FRAME) == RECEIPTS
    proved = receipts.verify_frame(receipts.read_frame(FRAME), KEYS)
    assert [receipt for receipt, _ in proved] == RECEIPTS
    assert [entry.id for _, entry in proved] == [bytes([number]) * 16 for number in range(5)]


@pytest.mark.clause("RCPT-002")
def test_the_signature_of_a_frame_is_verified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[bytes] = []
    verify_raw = PublicKey.verify_raw

    def counted(key: PublicKey, data: bytes, signature: bytes) -> None:
        verified.append(data)
        verify_raw(key, data, signature)

    monkeypatch.setattr(PublicKey, "verify_raw", counted)
    assert len(receipts.verify_frame(RECEIPTS, KEYS)) == 5
    assert len(verified) == 1


def test_one_bad_receipt_spoils_its_frame() -> None:
    frame = receipts.to_frame([*RECEIPTS[:2], changed(salt=bytes(16)), *RECEIPTS[3:]])
    with pytest.raises(AuthenticationError):
        receipts.verify_frame(receipts.read_frame(frame), KEYS)


def test_receipts_of_two_checkpoints_do_not_go_into_one_frame() -> None:
    for given_receipts in ([RECEIPTS[0], *issue([ENTRIES[0]])], []):
        with pytest.raises(LocalError):
            receipts.to_frame(given_receipts)
    with pytest.raises(LocalError):
        receipts.verify_frame([RECEIPTS[0], *issue([ENTRIES[0]])], KEYS)


@pytest.mark.clause("LIMIT-001", "LIMIT-002")
def test_a_frame_holds_256_receipts_at_most() -> None:
    entries = [encode(entry_of(id=number.to_bytes(16, "big"))) for number in range(MAX_RECEIPTS_PER_FRAME)]
    many = issue(entries)
    assert receipts.read_frame(receipts.to_frame(many)) == many
    with pytest.raises(LocalError):
        receipts.to_frame([*many, many[0]])
    value = decode(receipts.to_frame(many), MAX_FRAME_BYTES)
    assert isinstance(value, list)
    note, rows = value
    for wrong in ([*rows, rows[0]], []):
        with pytest.raises(MalformedError):
            receipts.read_frame(encode([note, wrong]))


@pytest.mark.clause("LIMIT-001", "LIMIT-002")
def test_the_largest_receipts_fit_and_larger_parts_are_refused() -> None:
    largest = Receipt(bytes(512), 2**53 - 1, bytes(MAX_ENTRY_BYTES), bytes(16), (bytes(32),) * 53)
    assert receipts.read(largest.encode()) == largest
    frame = receipts.to_frame([largest] * MAX_RECEIPTS_PER_FRAME)
    assert len(frame) <= MAX_FRAME_BYTES
    assert receipts.read_frame(frame) == [largest] * MAX_RECEIPTS_PER_FRAME
    row: list[Any] = [bytes(512), 2**53 - 1, bytes(MAX_ENTRY_BYTES), bytes(16), [bytes(32)] * 53]
    too_large: list[Any] = [bytes(513), 2**53, bytes(MAX_ENTRY_BYTES + 1), bytes(17), [bytes(32)] * 54]
    for place, value in enumerate(too_large):
        with pytest.raises(RemoteError):
            receipts.read(encode([*row[:place], value, *row[place + 1 :]]))
        if place:
            with pytest.raises(RemoteError):
                receipts.read_frame(encode([row[0], [[*row[1:place], value, *row[place + 1 :]]]]))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(RemoteError):
        receipts.read(data)
    with pytest.raises(RemoteError):
        receipts.read_frame(data)


@given(st.integers(0, len(FRAME) - 1), st.integers(1, 255))
@pytest.mark.clause("RCPT-003", "RCPT-005")
def test_one_altered_byte_of_a_frame_is_refused(place: int, change: int) -> None:
    altered = bytearray(FRAME)
    altered[place] ^= change
    with pytest.raises(RemoteError):
        receipts.verify_frame(receipts.read_frame(bytes(altered)), KEYS)


def test_an_entry_is_checked_before_it_is_used() -> None:
    assert check(entry_of()) == entry_of()
    with pytest.raises(LocalError):
        check(entry_of(to="Nobody"))
