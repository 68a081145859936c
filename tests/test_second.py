"""The second implementation against the published vectors: what the pages say is enough to read them all.

It has no directory, bundles, successors of a treaty or credit, so those cases are not asked.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kyber_py.ml_kem import ML_KEM_768

from tests.second import (
    approval,
    attachment,
    codec,
    envelope,
    evidence,
    frames,
    hello,
    hpke,
    keys,
    message,
    receipt,
    records,
    treaty,
)
from tests.second.noise import Initiator, Responder, public_of
from tests.second.refusal import RefusedError, require
from tests.support.vectors import Case, cases, data_of, vectors

FRAME_CLAUSES = ("FRAME-001", "FRAME-002", "FRAME-004")  # the others need the state of a link


@contextmanager
def refused(case: Case) -> Iterator[None]:
    """Expect what is done inside to be refused with the code of the case."""
    with pytest.raises(RefusedError) as caught:
        yield
    assert caught.value.code == case["code"], str(caught.value)


def some(noun: str, sort: str, chosen: Callable[[Case], bool]) -> list[Any]:
    """Return the cases that are chosen; none at all is an error."""
    found = [each for each in cases(noun, sort) if chosen(each.values[0])]
    assert found
    return found


def test_it_imports_nothing_of_the_library_nor_its_codecs() -> None:
    sources = sorted(Path(codec.__file__).parent.glob("*.py"))
    assert sources
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                first, *rest = name.split(".")
                assert first in {*sys.stdlib_module_names, "cryptography"} or [first, *rest[:1]] == ["tests", "second"]


# --- encoding and keys -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("encoding", "valid"))
def test_a_value_is_read_and_written_alike(case: Case) -> None:
    data = data_of(case["data"])
    assert codec.encode(codec.decode(data, case["bound"])) == data


@pytest.mark.parametrize("case", cases("encoding", "invalid"))
def test_what_is_not_canonical_is_refused(case: Case) -> None:
    with refused(case):
        codec.decode(data_of(case["data"]), case["bound"])


def verify_signature(case: Case) -> None:
    public, data, signature = (data_of(case[name]) for name in ("public", "data", "signature"))
    keys.verify(case["algorithm"], public, case["label"], data, signature)


def unwrap(case: Case) -> bytes:
    return hpke.unwrap(data_of(case["seed"]), data_of(case["info"]), data_of(case["wrapped"]))


@pytest.mark.parametrize("case", cases("keys", "valid", "id"))
def test_a_key_has_its_id(case: Case) -> None:
    public = data_of(case["public"])
    keys.check_public(case["algorithm"], public)
    assert keys.key_id(case["algorithm"], public) == data_of(case["id"])


@pytest.mark.parametrize("case", cases("keys", "valid", "signature"))
def test_a_signature_verifies_and_one_of_algorithm_1_is_made_alike(case: Case) -> None:
    verify_signature(case)
    signer = keys.Signer(case["algorithm"], data_of(case["seed"]))
    assert signer.public() == data_of(case["public"])
    if case["algorithm"] == keys.ED25519:
        assert signer.sign(case["label"], data_of(case["data"])) == data_of(case["signature"])


@pytest.mark.parametrize("case", cases("keys", "invalid", "signature"))
def test_a_bad_signature_is_refused(case: Case) -> None:
    with refused(case):
        verify_signature(case)


@pytest.mark.parametrize("case", cases("keys", "invalid", "public"))
def test_a_bad_public_key_is_refused(case: Case) -> None:
    with refused(case):
        keys.check_public(case["algorithm"], data_of(case["public"]))


@pytest.mark.parametrize("case", cases("keys", "valid", "wrap"))
def test_a_wrapped_secret_opens(case: Case) -> None:
    assert hpke.public_key(data_of(case["seed"])) == data_of(case["public"])
    assert unwrap(case) == data_of(case["secret"])


@pytest.mark.parametrize("case", cases("keys", "invalid", "wrap"))
def test_an_altered_wrapping_is_refused(case: Case) -> None:
    with refused(case):
        unwrap(case)


@pytest.mark.parametrize("case", cases("keys", "valid", "hkdf"))
def test_keys_are_derived_alike(case: Case) -> None:
    secret, salt, info, output = (data_of(case[name]) for name in ("secret", "salt", "info", "output"))
    assert hpke.hkdf(secret, salt, info, len(output)) == output


# --- message, envelope, receipt, treaty ------------------------------------------------------------------------------


def read_message(case: Case) -> message.Message:
    found = message.read(data_of(case["data"]))
    require(found.body["from_key"] == keys.key_id(case["algorithm"], data_of(case["public"])), "another key", 6)
    found.verify(case["algorithm"], data_of(case["public"]))
    return found


@pytest.mark.parametrize("case", cases("message", "valid"))
def test_a_message_reads_and_verifies(case: Case) -> None:
    assert read_message(case).hash() == data_of(case["hash"])


@pytest.mark.parametrize("case", cases("message", "invalid"))
def test_a_bad_message_is_refused(case: Case) -> None:
    with refused(case):
        read_message(case)


@pytest.mark.parametrize("case", cases("attachment", "valid", "message"))
def test_a_message_with_attachments_reads(case: Case) -> None:
    assert message.read(data_of(case["data"])).body["attachments"]


@pytest.mark.parametrize("case", cases("attachment", "invalid", "message"))
def test_a_message_with_a_bad_attachment_is_refused(case: Case) -> None:
    with refused(case):
        message.read(data_of(case["data"]))


def check_approvals(case: Case) -> dict[str, codec.Value]:
    """Return the body of a case once its approvals have passed."""
    held: dict[str, list[dict[str, codec.Value]]] = {}
    for name in case["documents"]:
        sort, data = vectors("approval")["library"][name]
        document = map_of(row_of(data_of(data))[0])
        held.setdefault(sort if sort == "treaty" else str(document["party"]), []).append(document)
    body = map_of(data_of(case["body"]))
    message.BODY(body)
    approval.check(body, held["treaty"][-1], held["aa.police"], case["now"])
    return body


def map_of(data: codec.Value) -> dict[str, codec.Value]:
    assert isinstance(data, bytes)
    found = codec.decode(data, 524_288)
    assert isinstance(found, dict)
    return found


def row_of(data: bytes) -> list[codec.Value]:
    found = codec.decode(data, 1_048_576)
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("case", cases("approval", "valid"))
def test_good_approvals_are_taken(case: Case) -> None:
    assert approval.content_of(check_approvals(case)) == data_of(case["content"])


@pytest.mark.parametrize("case", cases("approval", "invalid"))
def test_bad_approvals_are_refused(case: Case) -> None:
    with refused(case):
        check_approvals(case)


def fields_of(case: Case) -> dict[str, codec.Value]:
    fields = codec.decode(data_of(case["attachment"]), 1_000)
    attachment.FORM(fields)
    assert isinstance(fields, dict)
    return fields


@pytest.mark.parametrize("case", cases("attachment", "valid", "file"))
def test_a_file_is_sealed_alike_and_opens(case: Case) -> None:
    fields, content = fields_of(case), data_of(case["content"])
    assert isinstance(fields["key"], bytes)
    sealed = attachment.seal(fields["key"], content)
    assert attachment.unseal(fields, sealed) == content
    if "chunks" in case:
        assert sealed == b"".join(data_of(each) for each in case["chunks"])


@pytest.mark.parametrize("case", cases("attachment", "invalid", "file"))
def test_a_file_that_is_not_what_was_signed_is_refused(case: Case) -> None:
    with refused(case):
        attachment.unseal(fields_of(case), b"".join(data_of(each) for each in case["chunks"]))


def open_envelope(case: Case) -> message.Message:
    return envelope.open_sealed(data_of(case["data"]), data_of(vectors("envelope")["recipient_seed"]))


def test_lengths_are_padded_alike() -> None:
    pairs = vectors("envelope")["valid"][0]["pairs"]
    assert [[n, envelope.padme(n)] for n, _ in pairs] == pairs


@pytest.mark.parametrize("case", some("envelope", "valid", lambda case: "data" in case))
def test_an_envelope_opens_and_is_sealed_to_the_same_bytes(case: Case) -> None:
    data, seed = data_of(case["data"]), data_of(vectors("envelope")["recipient_seed"])
    found = open_envelope(case)
    header, _ = envelope.read(data)
    epoch = hpke.unwrap(seed, header.info(), header.wrapped)
    signed = codec.encode([found.body_bytes, found.signature])
    assert signed == data_of(case["signed"])
    assert envelope.seal(header, epoch, signed) == data


@pytest.mark.parametrize("case", cases("envelope", "invalid"))
def test_a_bad_envelope_is_refused(case: Case) -> None:
    with refused(case):
        open_envelope(case)


def prove(case: Case) -> list[dict[str, codec.Value]]:
    log_keys, sent = [data_of(vectors("receipt")["public"])], case["sent"]
    if case["form"] == "frame":
        entries = receipt.verify_frame(data_of(case["data"]), log_keys)
    else:
        entries = [receipt.verify_single(data_of(case["data"]), log_keys)]
    for entry in entries:
        wanted = {name: data_of(sent[name]) for name in ("id", "message", "treaty")} | {
            name: sent[name] for name in ("from", "to")
        }
        require(all(entry[name] == value for name, value in wanted.items()), "about another message", 6)
    return entries


@pytest.mark.parametrize("case", cases("receipt", "valid"))
def test_a_receipt_proves_its_entry(case: Case) -> None:
    assert [codec.encode(entry).hex() for entry in prove(case)] == case["entries"]


@pytest.mark.parametrize("case", cases("receipt", "invalid"))
def test_a_bad_receipt_proves_nothing(case: Case) -> None:
    with refused(case):
        prove(case)


@pytest.mark.parametrize("case", cases("log", "invalid", "checkpoint"))
def test_a_bad_checkpoint_is_refused(case: Case) -> None:
    with refused(case):
        receipt.read_checkpoint(data_of(case["data"]), [data_of(case["public"])])


@pytest.mark.parametrize("case", cases("log", "valid", "checkpoint"))
def test_a_checkpoint_says_what_was_signed(case: Case) -> None:
    point = receipt.read_checkpoint(data_of(case["data"]), [data_of(case["public"])])
    assert point == receipt.Checkpoint(case["party"], data_of(case["treaty"]), case["size"], data_of(case["root"]))


@pytest.mark.parametrize("case", some("treaty", "valid", lambda case: case["previous"] is None))
def test_a_first_version_of_a_treaty_is_believed(case: Case) -> None:
    assert treaty.verify_first(data_of(case["data"])) == data_of(case["hash"])


@pytest.mark.parametrize("case", some("treaty", "invalid", lambda case: case["previous"] is None))
def test_a_bad_first_version_is_refused(case: Case) -> None:
    with refused(case):
        treaty.verify_first(data_of(case["data"]))


# --- frames and link -------------------------------------------------------------------------------------------------


def read_frames(case: Case) -> list[int]:
    found, _ = frames.cut(data_of(case["frames"]))
    for kind, payload in found:
        frames.payload(kind, payload)
    return [kind for kind, _ in found]


@pytest.mark.parametrize("case", cases("frames", "valid"))
def test_frames_are_cut_and_read(case: Case) -> None:
    assert read_frames(case) == [kind for kind in case["types"] if kind < 0x80]


@pytest.mark.parametrize("case", some("frames", "invalid", lambda case: case["clause"] in FRAME_CLAUSES))
def test_a_bad_frame_is_refused(case: Case) -> None:
    with refused(case):
        read_frames(case)


LINK = vectors("link")
ONE, TWO, TREATY_ID = LINK["initiator"], LINK["responder"], data_of(LINK["treaty"])
HANDSHAKE, RECORDS = LINK["valid"]


def encapsulate(public: bytes, coins: bytes) -> tuple[bytes, bytes]:
    secret, ciphertext = ML_KEM_768._encaps_internal(public, coins)
    return bytes(secret), bytes(ciphertext)


def initiator() -> Initiator:
    static, ephemeral, kem_seed = (data_of(ONE[name]) for name in ("static", "ephemeral", "kem_seed"))
    return Initiator(TREATY_ID, static, public_of(data_of(TWO["static"])), ephemeral, kem_seed)


def responder() -> Responder:
    fixed = partial(encapsulate, coins=data_of(TWO["coins"]))
    return Responder(TREATY_ID, data_of(TWO["static"]), data_of(TWO["ephemeral"]), fixed)


def message_of(number: int) -> bytes:
    return data_of(HANDSHAKE[f"message_{number}"])


def test_both_sides_write_the_published_handshake_and_records() -> None:
    one, two = initiator(), responder()
    assert one.message_1() == message_of(1)
    two.read_message_1(message_of(1))
    assert two.message_2(data_of(TWO["hello"])) == message_of(2)
    assert one.read_message_2(message_of(2)) == data_of(TWO["hello"])
    assert one.message_3(data_of(ONE["hello"])) == message_of(3)
    assert two.read_message_3(message_of(3)) == data_of(ONE["hello"])
    assert one.state.hash == two.state.hash == data_of(HANDSHAKE["hash"])
    for side, name in ((one, "from_initiator"), (two, "from_responder")):
        sender = records.Sender(side.split()[0])
        for each in RECORDS[name]:
            plaintext = data_of(each["plaintext"])
            assert sender.record(plaintext[0], plaintext[1:]) == records.prefixed(data_of(each["record"]))


def first_receiver() -> records.Receiver:
    """Return what aa.police reads with after the published handshake."""
    one = initiator()
    one.message_1()
    one.read_message_2(message_of(2))
    one.message_3(data_of(ONE["hello"]))
    return records.Receiver(one.split()[1])


def test_the_published_records_are_read() -> None:
    receiver = first_receiver()
    for each in RECORDS["from_responder"]:
        receiver.take(data_of(each["record"]))
    assert receiver.closed == 8


def take_bad(case: Case) -> None:
    """Hand the input of a case to the side and the stage that it names."""
    stage = case["stage"]
    if stage == "records":
        receiver = first_receiver()
        for each in case["input"]:
            receiver.take(data_of(each))
        return
    # a prefix alone must be enough, so any bytes may follow it
    data = bytes(int(case["prefix"], 16)) if "prefix" in case else data_of(case["input"])
    if stage == 2:
        one = initiator()
        one.message_1()
        hello.read(one.read_message_2(data))
        return
    two = responder()
    two.read_message_1(data if stage == 1 else message_of(1))
    two.message_2(data_of(TWO["hello"]))
    payload = two.read_message_3(data)
    hello.read(payload)
    require(two.caller == public_of(data_of(ONE["static"])), "no party that may speak", 27)


@pytest.mark.parametrize("case", some("link", "invalid", lambda case: case["clause"] != "KEY-011"))
def test_a_bad_handshake_or_record_is_refused(case: Case) -> None:
    with refused(case):
        take_bad(case)


@pytest.mark.parametrize("case", some("link", "invalid", lambda case: case["clause"] == "KEY-011"))
def test_a_bad_ml_kem_key_in_the_handshake_is_refused(case: Case) -> None:
    two = Responder(TREATY_ID, data_of(TWO["static"]), data_of(TWO["ephemeral"]))
    with refused(case):
        two.read_message_1(data_of(case["input"]))
        two.message_2(data_of(TWO["hello"]))


# --- evidence --------------------------------------------------------------------------------------------------------

PUBLICS = {
    use: {party: data_of(uses[use]["public"]) for party, uses in vectors("keys")["parties"].items()}
    for use in ("signing", "log")
}


def whole_of(case: Case) -> bytes:
    whole = data_of(vectors("evidence")["whole"])
    return whole[: case["begin"]] + data_of(case["middle"]) + whole[len(whole) - case["end"] :]


def read_evidence(case: Case) -> list[dict[str, Any]]:
    parts = evidence.read_archive(whole_of(case))
    evidence.read_list(parts, 1, PUBLICS["signing"]["aa.police"])
    return evidence.read_messages(parts, PUBLICS["signing"], PUBLICS["log"])


@pytest.mark.parametrize("case", cases("evidence", "valid"))
def test_an_evidence_file_is_read_and_its_messages_verified(case: Case) -> None:
    assert {body["from"] for body in read_evidence(case)} <= {"aa.police", "bb.fiu"}


@pytest.mark.parametrize(
    "case", some("evidence", "invalid", lambda case: case["code"] or "altered" in {each[0] for each in case["checks"]})
)
def test_an_altered_evidence_file_is_refused(case: Case) -> None:
    with pytest.raises(RefusedError):
        read_evidence(case)
