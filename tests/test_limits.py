"""Every limit of the protocol holds at its value and one beyond, where no vector and no test of its page shows it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from comity import bundle as bundles
from comity import limits
from comity import treaty as treaties
from comity.bundle import Bundle
from comity.checkpoint import read_checkpoint
from comity.encoding import decode_as, encode
from comity.errors import LimitError, LocalError, MalformedError, RemoteError
from comity.frames import ByteQueue, FrameType, encode_frame
from comity.link import Hello
from comity.link.flow import Credit, Questions
from comity.link.records import BULK, MAX_BULK_BYTES, Lane, Opener, Sealer
from comity.noise import CipherState
from comity.treaty import Treaty
from comity_node.links import Links, Peer
from tests.support.alliance import DAY_US, EPOCH_US, alliance, bundle_of, member_of, signed_bundle, treaty_of
from tests.support.wire import HEADS, callee, exchange, flush, opened, talking

ROOT = Path(__file__).resolve().parent.parent
NAMES = sorted(name for name in vars(limits) if name.isupper())
TALKED_S = 86_390.0


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_has_a_vector_or_a_test_that_names_it(name: str) -> None:
    vectors = json.loads((ROOT / "spec" / "vectors" / "limits.json").read_text())
    shown = {case.get("limit") for case in vectors["valid"]} & {case.get("limit") for case in vectors["invalid"]}
    tests = [path.read_text() for path in ROOT.joinpath("tests").glob("test_*.py")]
    assert name in shown or any(re.search(rf"\b{name}\b", text) for text in tests)


# --- records ---


@pytest.mark.clause("LIMIT-001", "LIMIT-002", "LINK-015")
def test_a_record_has_so_many_bytes() -> None:
    cipher, most = CipherState(bytes(32)), limits.MAX_RECORD_BYTES
    sealed = cipher.encrypt(b"", bytes(most - 16))
    assert len(sealed) == most
    with pytest.raises(LocalError):
        cipher.encrypt(b"", bytes(most - 15))
    assert CipherState(bytes(32)).decrypt(b"", sealed) == bytes(most - 16)
    with pytest.raises(MalformedError):
        CipherState(bytes(32)).decrypt(b"", sealed + b"\0")


@pytest.mark.clause("LINK-023")
def test_a_bulk_record_has_so_many_bytes() -> None:
    lane, sealer = Lane(), Sealer(CipherState(bytes(32)), 0.0)
    lane.put(bytes(MAX_BULK_BYTES + 1))
    first = sealer.seal_pieces(BULK, lane.take(MAX_BULK_BYTES), 0.0)
    assert len(first) - 2 == limits.MAX_BULK_RECORD_BYTES
    assert lane.waiting == 1


@pytest.mark.clause("LINK-018", "LINK-021")
def test_a_key_serves_so_many_records() -> None:
    sealing, opening, stream = Sealer(CipherState(bytes(32)), 0.0), CipherState(bytes(32)), ByteQueue()
    sealing._count = limits.MAX_RECORDS_PER_KEY - 2
    assert sealing.seal(BULK + b"x", 0.0).count(b"\0\x12") == 1  # the last but one
    last = sealing.seal(BULK + b"x", 0.0)
    assert int.from_bytes(last[:2], "big") == 17  # a rekey record is the last; the other one has the new key
    opener, cipher = Opener(opening, stream), CipherState(bytes(32))
    opener._count = limits.MAX_RECORDS_PER_KEY - 1
    for _ in range(2):
        record = cipher.encrypt(b"", BULK + b"x")
        stream.feed(len(record).to_bytes(2, "big") + record)
    assert opener.next() is not None
    with pytest.raises(LimitError):
        opener.next()


@pytest.mark.clause("LINK-019")
def test_a_key_serves_so_many_seconds() -> None:
    sealer = Sealer(CipherState(bytes(32)), 0.0)
    one = len(sealer.seal(BULK + b"x", limits.MAX_KEY_AGE_S - 0.001))
    assert len(sealer.seal(BULK + b"x", limits.MAX_KEY_AGE_S)) == one + 2 + 17


# --- the course of a link ---


@pytest.mark.clause("LINK-012")
def test_a_handshake_has_so_many_seconds() -> None:
    link = callee()
    link.tick(limits.HANDSHAKE_S - 0.001)
    assert not link.closed
    link.tick(limits.HANDSHAKE_S)
    assert link.closed


@pytest.mark.clause("LINK-026", "LINK-027")
def test_a_silence_has_so_many_seconds_and_is_broken_in_between() -> None:
    _, link = talking()
    link.tick(limits.PING_AFTER_S - 0.001)
    assert flush(link, limits.PING_AFTER_S - 0.001) == b""
    link.tick(limits.PING_AFTER_S)
    assert flush(link, limits.PING_AFTER_S) != b""
    link.tick(limits.IDLE_S - 0.001)
    assert not link.closed
    link.tick(limits.IDLE_S)
    assert link.closed


@pytest.mark.clause("LINK-032")
def test_a_link_lives_so_many_seconds() -> None:
    a, b = opened()
    a.send_heads(HEADS)
    b.send_heads(HEADS)
    exchange(a, b, TALKED_S)
    b.tick(limits.MAX_LINK_AGE_S - 0.001)
    assert not b.closed
    b.tick(limits.MAX_LINK_AGE_S)
    assert b.closed


@pytest.mark.clause("LINK-031")
def test_rivals_are_compared_for_so_many_seconds() -> None:
    links: Any = None  # what is asked needs no state of the links
    courier: Any = None
    peer = Peer("bb.fiu", courier, initiator="aa.police", since=0.0)
    assert Links._older_stays(links, peer, "bb.fiu", limits.RIVAL_S - 0.001)
    assert not Links._older_stays(links, peer, "bb.fiu", limits.RIVAL_S)


@pytest.mark.clause("FRAME-012")
def test_a_side_has_so_much_credit() -> None:
    credit = Credit(ours=0, theirs=0)
    credit.gain(limits.MAX_CREDIT_BYTES)
    with pytest.raises(LimitError):
        credit.gain(1)
    assert credit.ours == limits.MAX_CREDIT_BYTES


@pytest.mark.clause("FRAME-022", "FRAME-023")
def test_so_many_questions_wait_for_their_answer() -> None:
    questions = Questions()
    assert [questions.ask() for _ in range(limits.MAX_UNANSWERED + 1)] == [True] * limits.MAX_UNANSWERED + [False]
    for _ in range(limits.MAX_UNANSWERED):
        questions.arrive()
    with pytest.raises(LimitError):
        questions.arrive()


# --- what is read: at the limit it is read (and found to be nothing), beyond it is not looked at ---


@pytest.mark.clause("LIMIT-001", "LIMIT-002")
@pytest.mark.parametrize(
    ("form", "most"),
    [(Hello, limits.MAX_HELLO_BYTES), (Treaty, limits.MAX_TREATY_BYTES), (Bundle, limits.MAX_BUNDLE_BYTES)],
)
def test_a_record_of_this_form_has_so_many_bytes(form: type, most: int) -> None:
    def text(length: int) -> bytes:
        data = encode("x" * (length - 5)) if length - 5 > 65_535 else encode("x" * (length - 3))
        assert len(data) == length
        return data

    with pytest.raises(MalformedError):
        decode_as(form, text(most), most)
    with pytest.raises(LimitError):
        decode_as(form, text(most + 1), most)


def test_a_signed_bundle_is_held_to_the_bytes_of_its_body() -> None:
    def document(length: int) -> bytes:
        return encode([bytes(length), [[bytes(32), bytes(64)]]])

    for length, words in ((limits.MAX_BUNDLE_BYTES, "truncated"), (limits.MAX_BUNDLE_BYTES + 1, "length")):
        with pytest.raises(RemoteError, match=words):
            bundles.read(document(length))


@pytest.mark.clause("LOG-009")
def test_a_checkpoint_has_so_many_bytes() -> None:
    with pytest.raises(MalformedError):
        read_checkpoint(bytes(limits.MAX_CHECKPOINT_BYTES))
    with pytest.raises(LimitError):
        read_checkpoint(bytes(limits.MAX_CHECKPOINT_BYTES + 1))


def test_a_frame_of_each_type_has_so_many_bytes() -> None:
    for type in FrameType:
        assert len(encode_frame(type, bytes(limits.MAX_FRAME_BYTES))) == limits.MAX_FRAME_BYTES + 4
        with pytest.raises(LocalError):
            encode_frame(type, bytes(limits.MAX_FRAME_BYTES + 1))


# --- treaties and bundles ---


@pytest.mark.clause("LIMIT-001", "LIMIT-002")
def test_a_treaty_has_so_many_members() -> None:
    members = [member_of(f"xa.office-{number}") for number in range(limits.MAX_MEMBERS + 1)]
    data = treaties.body_bytes(treaty_of(*members[:-1]))
    assert len(decode_as(Treaty, data, limits.MAX_TREATY_BYTES).members) == limits.MAX_MEMBERS
    with pytest.raises(LocalError):
        treaties.body_bytes(treaty_of(*members))


def test_a_bundle_is_valid_for_so_many_days() -> None:
    group = alliance("aa.police", "bb.fiu")
    member, treaty_id, most = member_of("aa.police"), group.treaty_id, limits.MAX_BUNDLE_DAYS * DAY_US
    bundles.verify(signed_bundle(bundle_of("aa.police", treaty_id, until=EPOCH_US + most)), member, None)
    longer = signed_bundle(bundle_of("aa.police", treaty_id, until=EPOCH_US + most + 1))
    with pytest.raises(RemoteError):
        bundles.verify(longer, member, None)
