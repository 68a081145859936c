"""The second implementation and the library talk to each other over a link, in both roles."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from comity import envelope as envelopes
from comity import message as messages
from comity import receipt as receipts
from comity.acceptance import judge, open_envelope
from comity.attachment import Attachment, Done, Opening, Sealing, Wanted
from comity.checkpoint import Checkpoint, sign_checkpoint
from comity.directory import Directory
from comity.encoding import decode_as, encode
from comity.envelope import OpeningEpochs
from comity.frames import Heads
from comity.keys import Algorithm, EnvelopeKey, LinkKey, SigningKey
from comity.limits import MAX_KEY_AGE_S, MIN_WINDOW_BYTES
from comity.link import (
    ChunkReceived,
    ChunksRequested,
    DoneReceived,
    HeadsReceived,
    Hello,
    Link,
    MessageReceived,
    Opened,
    ReceiptsReceived,
)
from comity.log import Frontier, commitment, leaf_hash
from comity.message import Body
from comity.receipt import Receipt
from tests.second import attachment, codec, envelope, frames, hello, hpke, message, receipt, records
from tests.second.codec import Value
from tests.second.keys import Signer
from tests.second.noise import Initiator, Responder, public_of
from tests.support import wire
from tests.support.vectors import Case, data_of, vectors

A, B = "aa.police", "bb.fiu"
PARTIES = vectors("keys")["parties"]
GOOD = vectors("acceptance")["valid"][0]
NOW_US = GOOD["now"]
TREATY_ID = data_of(vectors("link")["treaty"])
HELLO = Hello(agent="first", versions=(1,), window=MIN_WINDOW_BYTES)
PAYLOAD: dict[str, Value] = {"text": "from the other implementation"}


def seed(party: str, use: str) -> bytes:
    return data_of(PARTIES[party][use]["seed"])


def public(party: str, use: str) -> bytes:
    return data_of(PARTIES[party][use]["public"])


def key_id(party: str, use: str) -> bytes:
    return data_of(PARTIES[party][use]["id"])


def directory() -> Directory:
    """Return the treaty and both bundles of the vectors."""
    held = Directory()
    for name in GOOD["documents"]:
        sort, data = vectors("acceptance")["library"][name]
        (held.add_treaty if sort == "treaty" else held.add_bundle)(data_of(data), NOW_US)
    return held


def heads() -> Case:
    """Return the same of both sides: they hold the same treaty, and each the other's only bundle."""
    return {"bundle": 1, "bundle_hash": bytes(32), "holds": 1, "treaty": 1, "treaty_hash": TREATY_ID}


@dataclass(slots=True)
class Second:
    """The second implementation's end of a link whose handshake is over."""

    sender: records.Sender
    receiver: records.Receiver
    rest: bytes = b""

    def send(self, kind: int, payload: bytes, lane: int = records.INTERACTIVE) -> bytes:
        return self.sender.record(lane, frames.frame(kind, payload))

    def read(self, stream: bytes) -> list[tuple[int, Value]]:
        """Return types and contents of the frames that have come whole in the interactive lane."""
        found, self.rest = records.cut(self.rest + stream)
        for each in found:
            self.receiver.take(each)
        whole, self.receiver.lanes[records.INTERACTIVE] = frames.cut(self.receiver.lanes[records.INTERACTIVE])
        return [(kind, frames.payload(kind, data)) for kind, data in whole]


def second_calls() -> tuple[Second, Link]:
    """Return the second implementation as aa.police and the library as bb.fiu, after the handshake."""
    one = Initiator(TREATY_ID, seed(A, "link"), public(B, "link"), b"e" * 32, b"k" * 64)
    link = Link.responder(
        TREATY_ID, LinkKey.from_seed(seed(B, "link")), directory().link_keys(NOW_US), B, HELLO, b"f" * 32, 0.0
    )
    wire.feed(link, records.prefixed(one.message_1()))
    (second,), _ = records.cut(wire.flush(link))
    assert hello.read(one.read_message_2(second))["agent"] == "first"
    third = records.prefixed(one.message_3(hello.write("second", MIN_WINDOW_BYTES)))
    assert wire.feed(link, third) == [Opened(A, Hello(agent="second", versions=(1,), window=MIN_WINDOW_BYTES))]
    sending, receiving = one.split()
    return Second(records.Sender(sending), records.Receiver(receiving)), link


def second_answers() -> tuple[Second, Link]:
    """Return the second implementation as bb.fiu and the library as aa.police, after the handshake."""
    two = Responder(TREATY_ID, seed(B, "link"), b"f" * 32)
    link = Link.initiator(
        TREATY_ID, LinkKey.from_seed(seed(A, "link")), B, public(B, "link"), A, HELLO, b"e" * 32, b"k" * 64, 0.0
    )
    (first,), _ = records.cut(wire.flush(link))
    two.read_message_1(first)
    events = wire.feed(link, records.prefixed(two.message_2(hello.write("second", MIN_WINDOW_BYTES))))
    assert events == [Opened(B, Hello(agent="second", versions=(1,), window=MIN_WINDOW_BYTES))]
    (third,), _ = records.cut(wire.flush(link))
    assert hello.read(two.read_message_3(third))["agent"] == "first"
    assert two.caller == public(A, "link") == public_of(seed(A, "link"))
    sending, receiving = two.split()
    return Second(records.Sender(sending), records.Receiver(receiving)), link


def greet(second: Second, link: Link) -> None:
    """Send HEADS both ways."""
    assert wire.feed(link, second.sender.record(records.INTERACTIVE, frames.record_frame(frames.HEADS, heads()))) == [
        HeadsReceived(Heads(**heads()))
    ]
    link.send_heads(Heads(**heads()))
    assert second.read(wire.flush(link)) == [(frames.HEADS, heads())]


def body_fields() -> Case:
    """Return the body of the published message with another payload, as plain values."""
    published = message.read(data_of(vectors("message")["valid"][0]["data"])).body
    return {**published, "payload": PAYLOAD}


def seal_by_second() -> tuple[bytes, bytes]:
    """Return an envelope for bb.fiu made by the second implementation, and the hash of its message."""
    signed = message.sign(body_fields(), Signer(1, seed(A, "signing")))
    fields = body_fields()
    names = (TREATY_ID, key_id(A, "signing"), key_id(B, "envelope"))
    draft = envelope.Header(1, *names, fields["id"], b"")
    wrapped = hpke.wrap(public(B, "envelope"), draft.info(), b"s" * 32, b"x" * 32)
    sealed = envelope.seal(envelope.Header(1, *names, fields["id"], wrapped), b"s" * 32, signed)
    return sealed, message.read(signed).hash()


def answer_of_library(data: bytes) -> tuple[bytes, bytes]:
    """Return the hash of a message that the library accepts as bb.fiu, and the payload of its RECEIPT."""
    key = EnvelopeKey.from_seed(seed(B, "envelope"))
    signed = open_envelope(data, A, directory(), {key.public.id: key}, OpeningEpochs())
    judge(signed, directory(), B, NOW_US)
    entry = encode(entry_fields(signed.hash))
    salt = b"n" * 16
    frontier, proofs = Frontier().extend([leaf_hash(commitment(salt, entry))])
    point = Checkpoint(B, TREATY_ID, frontier.size, frontier.root)
    note = sign_checkpoint(point, SigningKey.from_seed(Algorithm.ED25519, seed(B, "log")))
    return signed.hash, receipts.to_frame([Receipt(note, 0, entry, salt, proofs[0])])


def entry_fields(message_hash: bytes) -> Case:
    return {
        "code": 0, "state": None, "event": "receipt", "from": A, "id": body_fields()["id"], "message": message_hash,
        "status": "accepted", "time": NOW_US, "to": B, "treaty": TREATY_ID, "v": 1,
    }  # fmt: skip


@pytest.mark.clause("LINK-001", "LINK-003", "LINK-006", "LINK-010", "FRAME-005")
@pytest.mark.parametrize("roles", [second_calls, second_answers])
def test_a_handshake_succeeds_and_heads_go_both_ways(roles: Callable[[], tuple[Second, Link]]) -> None:
    second, link = roles()
    greet(second, link)
    assert link.is_open


@pytest.mark.clause("ENV-001", "ENV-004", "MSG-002", "RCPT-003", "RCPT-005")
@pytest.mark.parametrize("lane", [records.INTERACTIVE, records.BULK])
def test_a_message_of_the_second_is_accepted_and_its_receipt_is_proof(lane: int) -> None:
    second, link = second_calls()
    greet(second, link)
    sealed, sent_hash = seal_by_second()
    (event,) = wire.feed(link, second.send(frames.MESSAGE, sealed, lane))
    assert isinstance(event, MessageReceived)
    accepted_hash, payload = answer_of_library(event.envelope)
    assert accepted_hash == sent_hash
    link.send_receipts(payload)
    ((kind, value),) = second.read(wire.flush(link))
    assert kind == frames.RECEIPT
    assert value == codec.decode(payload, frames.MAX_FRAME_BYTES)
    assert receipt.verify_frame(payload, [public(B, "log")]) == [entry_fields(sent_hash)]


@pytest.mark.clause("ENV-002", "ENV-010", "MSG-002", "RCPT-003", "RCPT-005", "RCPT-006")
def test_a_message_of_the_library_opens_and_the_receipt_of_the_second_is_proof() -> None:
    second, link = second_answers()
    greet(second, link)
    body = decode_as(Body, encode(body_fields()), 65_536)
    signed = messages.sign(body, SigningKey.from_seed(Algorithm.ED25519, seed(A, "signing")))
    recipient = EnvelopeKey.from_seed(seed(B, "envelope")).public
    epoch = envelopes.new_epoch(b"s" * 32, TREATY_ID, key_id(A, "signing"), recipient)
    assert link.send_message(envelopes.seal(signed, epoch))
    ((kind, sealed),) = second.read(wire.flush(link))
    assert kind == frames.MESSAGE
    assert isinstance(sealed, bytes)
    opened = envelope.open_sealed(sealed, seed(B, "envelope"))
    opened.verify(1, public(A, "signing"))
    assert opened.body == body_fields()
    payload = receipt.issue(B, TREATY_ID, seed(B, "log"), entry_fields(opened.hash()), b"n" * 16)
    (event,) = wire.feed(link, second.send(frames.RECEIPT, payload))
    assert isinstance(event, ReceiptsReceived)
    ((_, entry),) = receipts.verify_frame(receipts.read_frame(event.payload), directory().log_keys(B))
    receipts.match(entry, body.id, signed.hash, A, B, TREATY_ID)


@pytest.mark.clause("LINK-018", "LINK-019", "LINK-020")
@pytest.mark.parametrize("roles", [second_calls, second_answers])
def test_both_sides_follow_a_rekey_of_the_other(roles: Callable[[], tuple[Second, Link]]) -> None:
    second, link = roles()
    greet(second, link)
    wire.feed(link, second.sender.record(records.REKEY) + second.send(frames.PING, bytes(8)))
    old = second.receiver.cipher.key
    assert second.read(wire.flush(link, now=float(MAX_KEY_AGE_S))) == [(frames.PONG, bytes(8))]
    assert second.receiver.cipher.key != old
    wire.feed(link, second.send(frames.PING, b"\xff" * 8))
    assert second.read(wire.flush(link, now=float(MAX_KEY_AGE_S))) == [(frames.PONG, b"\xff" * 8)]


@pytest.mark.clause("LINK-024", "LINK-025")
@pytest.mark.parametrize("roles", [second_calls, second_answers])
def test_a_close_is_understood_by_the_second(roles: Callable[[], tuple[Second, Link]]) -> None:
    second, link = roles()
    greet(second, link)
    link.close(8)
    assert second.read(wire.flush(link)) == []
    assert second.receiver.closed == 8


CONTENT = bytes(range(256)) * 2_000  # two chunks
FILE_KEY = b"f" * 32


def file_fields(sealed: bytes) -> dict[str, Value]:
    """Return what a message says of the file, as plain values."""
    digests: dict[str, Value] = {"hash": hashlib.sha256(CONTENT).digest(), "sealed": hashlib.sha256(sealed).digest()}
    return {**digests, "key": FILE_KEY, "media": "a/b", "name": "a.bin", "size": len(CONTENT)}


@pytest.mark.clause("ATTACH-008", "ATTACH-010", "ATTACH-021", "ATTACH-026")
def test_a_file_of_the_second_is_fetched_by_the_library() -> None:
    second, link = second_calls()
    greet(second, link)
    sealed = attachment.seal(FILE_KEY, CONTENT)
    fields = file_fields(sealed)
    opening = Opening(decode_as(Attachment, codec.encode(fields), 1_000))
    address = opening.attachment.sealed
    wire.feed(link, second.sender.record(records.INTERACTIVE, frames.record_frame(frames.OFFER, [address])))
    link.fetch.begin(address, 0, opening.count)
    assert second.read(wire.flush(link)) == [(frames.CHUNK_REQUEST, [address, 0, 2])]
    for index, chunk in enumerate(attachment.cut(sealed)):
        frame = frames.frame(frames.CHUNK, address + index.to_bytes(4, "big") + chunk)
        for at in range(0, len(frame), 16_000):
            for event in wire.feed(link, second.sender.record(records.BULK, frame[at : at + 16_000])):
                assert isinstance(event, ChunkReceived)
                opening.open(event.chunk.sealed)
    opening.verify()
    link.send_done(address, 0)
    assert second.read(wire.flush(link)) == [(frames.DONE, [address, 0])]


@pytest.mark.clause("ATTACH-008", "ATTACH-010", "ATTACH-018", "ATTACH-025")
def test_a_file_of_the_library_is_fetched_by_the_second() -> None:
    second, link = second_answers()
    greet(second, link)
    sealing = Sealing(FILE_KEY)
    chunks = [sealing.seal(CONTENT[:262_144], False), sealing.seal(CONTENT[262_144:], True)]
    named = sealing.attachment("a.bin", "a/b")
    link.send_offer([named.sealed])
    assert second.read(wire.flush(link)) == [(frames.OFFER, [named.sealed])]
    request = frames.record_frame(frames.CHUNK_REQUEST, [named.sealed, 0, 2])
    assert wire.feed(link, second.sender.record(records.INTERACTIVE, request)) == [
        ChunksRequested(Wanted(named.sealed, 0, 2))
    ]
    for chunk in chunks:
        link.send_chunk(chunk)
    second.read(wire.flush(link))
    found, rest = frames.cut(second.receiver.lanes[records.BULK])
    assert rest == b""
    payloads = [frames.payload(kind, data) for kind, data in found]
    assert [payload[:36] for payload in payloads if isinstance(payload, bytes)] == [
        named.sealed + bytes([0, 0, 0, index]) for index in (0, 1)
    ]
    fields = codec.decode(encode(named), 1_000)
    assert isinstance(fields, dict)
    sealed = b"".join(payload[36:] for payload in payloads if isinstance(payload, bytes))
    assert attachment.unseal(fields, sealed) == CONTENT
    done = frames.record_frame(frames.DONE, [named.sealed, 0])
    assert wire.feed(link, second.sender.record(records.INTERACTIVE, done)) == [DoneReceived(Done(named.sealed, 0))]
