"""Each row of the table of acceptance: what the sender is answered, what is recorded, and that no user sees anything.

The sender is played by hand with authentic keys; the recipient is a real node.
"""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from comity import message as messages
from comity.approval import ApprovalRole
from comity.bundle import Officer, Revocation
from comity.encoding import encode, encode_record
from comity.envelope import padme
from comity.errors import KeyNotValidError
from comity.keys import Algorithm, EnvelopeKey, PublicKey, SigningKey, hkdf, seal, sha256, wrap
from comity.labels import EPOCH_KEY, MESSAGE_SEAL, MESSAGE_SIGNATURE, labelled
from comity.limits import MAX_ENVELOPE_BYTES
from comity.link import Closed, ErrorReceived, ReceiptsReceived
from comity.message import Body, SignedMessage
from comity.receipt import Entry
from comity_node.node import Node
from comity_node.records import Ending
from tests.support.alliances import Alliance, alliance, ended, first_message, until
from tests.support.homes import Home
from tests.support.officers import in_order, officer, ordered, signature
from tests.support.player import (
    Player,
    called,
    calling,
    documents_of,
    keys_with,
    next_bundle,
    next_treaty,
    spare_key,
    with_member,
)
from tools.making.prevention import STOP, STOP_KIND

pytestmark = pytest.mark.slow

POLICE, FIU, PROSECUTOR = "aa.police", "bb.fiu", "qm.prosecutor"
SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US


@dataclass
class Stage:
    """bb.fiu as a node, aa.police in our hand."""

    group: Alliance
    node: Node
    police: Player

    @property
    def home(self) -> Home:
        return self.group.homes[FIU]

    @property
    def now_us(self) -> int:
        return self.police.world.now_us()

    async def bundle(self, *extra: SigningKey, party: str = POLICE, **changes: Any) -> None:
        """Publish a new bundle of the party to the node."""
        held = self.node.directory.bundle(party) if self.node.directory else None
        assert held is not None
        await self.node.import_bundle(next_bundle(held, *extra, home=self.group.homes[party], **changes).data)

    async def treaty(self, **changes: Any) -> None:
        """Bring a new version of the treaty into force at the node."""
        held = self.node.directory.version(1) if self.node.directory else None
        assert held is not None
        await self.node.import_treaty(next_treaty(held, tuple(self.group.homes), **changes).data)

    async def member(self, party: str, **changes: Any) -> None:
        treaty, _, _ = documents_of(self.home, POLICE, FIU)
        await self.treaty(**with_member(treaty, party, **changes))


@asynccontextmanager
async def staged(place: Path, *more: str) -> AsyncIterator[Stage]:
    group = await alliance(place, POLICE, FIU, *more)
    async with group.run(FIU) as node, calling(group, POLICE, FIU) as police:
        yield Stage(group, node, police)


def incidents(home: Home) -> list[tuple[str, int, bytes | None]]:
    """Return (peer, code, message id) of what the node has recorded, oldest first."""
    with sqlite3.connect(home.config.database) as connection:
        rows = connection.execute("SELECT peer, code, message_id FROM incident ORDER BY n").fetchall()
    connection.close()
    return rows


async def nothing_reached_the_users(stage: Stage) -> None:
    """Assert that no message counts, and that the next good one is the first that anybody sees."""
    node, police = stage.node, stage.police
    assert [message for message in node.inbox() if message.status == "accepted"] == []
    assert node.status().inbox_unread == 0
    key = signer_in_force(stage)
    good = police.signed(key, from_key=key.public.id)
    answer = await police.ask(police.envelope(good))
    assert isinstance(answer, Entry)
    assert (answer.id, answer.status) == (good.body.id, "accepted")
    assert (await first_message(node)).id == good.body.id
    assert node.status().inbox_unread == 1


def signer_in_force(stage: Stage) -> SigningKey:
    """Return the key of algorithm 1 that the police may sign with now."""
    directory = stage.node.directory
    assert directory is not None
    for key in (stage.police.home.keys().signing, spare_key(POLICE)):
        with suppress(KeyNotValidError):
            directory.check_signing_key(POLICE, key.public.id, stage.now_us)
            return key
    raise AssertionError("no key")


# --- steps 1 to 8: answered with a frame ERROR ---


def parts(police: Player, signed_bytes: bytes, body: Body, **changes: Any) -> bytes:
    """Return an envelope put together by hand, so that any part of it can be wrong."""
    values: dict[str, Any] = {
        "suite": body.suite,
        "treaty": body.treaty,
        "from_key": body.from_key,
        "to_key": police.group.homes[FIU].keys().envelope.public,
        "id": body.id,
        "inner": None,
    } | changes
    to_key: PublicKey = values["to_key"]
    secret = police.world.random(32)
    info = labelled(EPOCH_KEY, values["treaty"] + values["from_key"] + to_key.id)
    fields = [1, values["suite"], values["treaty"], values["from_key"], to_key.id, values["id"]]
    header = encode([*fields, wrap(to_key, info, secret)])
    inner = len(signed_bytes).to_bytes(4, "big") + signed_bytes
    inner = values["inner"](inner) if values["inner"] else inner.ljust(padme(len(inner)), b"\0")
    key = hkdf(secret, b"", labelled(MESSAGE_SEAL, header), 32)
    return b"\x98" + header[1:] + encode(seal(key, bytes(12), header, inner))


def oversize(stage: Stage) -> bytes:
    return bytes(MAX_ENVELOPE_BYTES + 1)


def no_envelope(stage: Stage) -> bytes:
    return b"\xc0"


def of_another_treaty(stage: Stage) -> bytes:
    return stage.police.envelope(treaty=b"\x0f" * 32)


def for_another_key(stage: Stage) -> bytes:
    return stage.police.envelope(to_key=EnvelopeKey.from_seed(b"\x0f" * 32).public)


def under_an_unknown_key(stage: Stage) -> bytes:
    key = spare_key(POLICE)
    return stage.police.envelope(stage.police.signed(key, from_key=key.public.id))


def under_the_key_of_another_party(stage: Stage) -> bytes:
    key = stage.home.keys().signing
    return stage.police.envelope(stage.police.signed(key, from_key=key.public.id, sender=FIU, to=(PROSECUTOR,)))


def with_a_wrapping_for_another_sender(stage: Stage) -> bytes:
    police = stage.police
    signed = police.signed()
    whole = bytearray(police.envelope(signed))
    spare = police.envelope(signed)
    at = whole.index(b"\xc5\x04\x90")  # bin16 of 1,168 bytes: the wrapped key
    whole[at : at + 1_171] = spare[at : at + 1_171]
    return bytes(whole)


def with_a_header_byte_altered(stage: Stage) -> bytes:
    body = stage.police.body()
    data = stage.police.envelope(messages.sign(body, stage.police.home.keys().signing))
    at = data.index(body.id)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def with_padding_that_is_not_zero(stage: Stage) -> bytes:
    signed = stage.police.signed(payload={"text": "Please call me about the account."})

    def inner(content: bytes) -> bytes:
        assert padme(len(content)) > len(content)
        return content.ljust(padme(len(content)), b"\0")[:-1] + b"\x01"

    return parts(stage.police, signed.data, signed.body, inner=inner)


def with_more_padding(stage: Stage) -> bytes:
    signed = stage.police.signed()
    return parts(
        stage.police, signed.data, signed.body, inner=lambda content: content.ljust(2 * padme(len(content)), b"\0")
    )


def with_a_length_beyond_its_end(stage: Stage) -> bytes:
    signed = stage.police.signed()
    return parts(stage.police, signed.data, signed.body, inner=lambda content: b"\xff" * 4 + content)


def with_a_body_of_another_form(stage: Stage) -> bytes:
    body = stage.police.body()
    return parts(stage.police, encode([b"\xc0", bytes(64)]), body)


def with_a_header_that_differs_from_its_body(stage: Stage) -> bytes:
    signed = stage.police.signed()
    return parts(stage.police, signed.data, signed.body, id=bytes(16))


def with_a_signature_altered(stage: Stage) -> bytes:
    signed = stage.police.signed()
    wrong = signed.signature[:-1] + bytes([signed.signature[-1] ^ 1])
    return parts(stage.police, encode([signed.body_bytes, wrong]), signed.body)


def with_a_body_altered_after_signing(stage: Stage) -> bytes:
    signed = stage.police.signed()
    other = stage.police.body(id=signed.body.id)
    return parts(stage.police, encode([encode_record(other), signed.signature]), other)


def of_a_suite_that_the_key_does_not_fit(stage: Stage) -> bytes:
    body = stage.police.body(suite=2)
    data = encode_record(body)
    signature = stage.police.home.keys().signing.sign(MESSAGE_SIGNATURE, data)
    return parts(stage.police, encode([data, signature]), body)


def in_the_name_of_another(stage: Stage) -> bytes:
    return stage.police.envelope(sender=PROSECUTOR)


def payment(stage: Stage, *signers: tuple[str, ApprovalRole]) -> bytes:
    """Return a stop-payment that the officers have signed."""
    fields: dict[str, Any] = {"kind": STOP_KIND, "payload": STOP}
    body = stage.police.signed(**fields).body
    approvals = ordered(*(signature(body, name, role) for name, role in signers))
    same = {name: getattr(body, name) for name in ("case", "id", "created", "expires")}
    return stage.police.envelope(**fields, **same, approvals=approvals)


def approved_by_an_officer_whom_no_bundle_lists(stage: Stage) -> bytes:
    return payment(stage, ("ada", "author"), ("ben", "approver"))


def under_an_unknown_version(stage: Stage) -> bytes:
    return stage.police.envelope(treaty_version=2)


ERRORS: list[tuple[Callable[[Stage], bytes], int, bool]] = [
    # what is sent, the code, and whether the answer can name the message
    (oversize, 4, False),
    (no_envelope, 1, False),
    (of_another_treaty, 16, True),
    (for_another_key, 17, True),
    (under_an_unknown_key, 18, True),
    (under_the_key_of_another_party, 18, True),
    (with_a_wrapping_for_another_sender, 6, True),
    (with_a_header_byte_altered, 6, True),
    (with_padding_that_is_not_zero, 6, True),
    (with_more_padding, 6, True),
    (with_a_length_beyond_its_end, 6, True),
    (with_a_body_of_another_form, 1, True),
    (with_a_header_that_differs_from_its_body, 1, True),
    (with_a_signature_altered, 6, True),
    (with_a_body_altered_after_signing, 6, True),
    (of_a_suite_that_the_key_does_not_fit, 6, True),
    (in_the_name_of_another, 18, True),
    (approved_by_an_officer_whom_no_bundle_lists, 18, True),
    (under_an_unknown_version, 16, True),
]


@pytest.mark.clause("ACC-002", "ACC-004", "ACC-007", "APPR-014", "FRAME-019")
@pytest.mark.parametrize(("made", "code", "named"), ERRORS, ids=lambda value: getattr(value, "__name__", None))
async def test_what_is_not_proved_is_answered_with_an_error_and_recorded(
    tmp_path: Path, autojump_clock: MockClock, made: Callable[[Stage], bytes], code: int, named: bool
) -> None:
    async with staged(tmp_path) as stage:
        answer = await stage.police.ask(made(stage))
        assert isinstance(answer, ErrorReceived)
        assert (answer.code, answer.id is not None) == (code, named)
        assert incidents(stage.home) == [(POLICE, code, answer.id)]
        assert stage.node.inbox() == []
        await nothing_reached_the_users(stage)


@pytest.mark.clause("ACC-002", "ENV-002", "ENV-003", "MSG-002")
@pytest.mark.slow
async def test_an_envelope_with_any_byte_altered_is_not_accepted(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with staged(tmp_path) as stage:
        good = stage.police.envelope()
        for at in range(len(good)):
            change = (0x01, 0x80, 0xFF, 0x10)[at % 4]
            answer = await stage.police.ask(good[:at] + bytes([good[at] ^ change]) + good[at + 1 :])
            assert isinstance(answer, ErrorReceived), at
        assert stage.node.inbox() == []
        assert len(incidents(stage.home)) == len(good)
        answer = await stage.police.ask(good)
        assert isinstance(answer, Entry)
        assert answer.status == "accepted"


# --- steps 9 to 22: answered with a receipt of status refused ---

Sends = Callable[[Stage], Awaitable[bytes]]


async def under_an_old_key(stage: Stage) -> bytes:
    old = stage.police.home.keys().signing
    _, held, _ = documents_of(stage.home, POLICE, FIU)
    new = spare_key(POLICE)
    await stage.bundle(new, keys=keys_with(held, ("signing", new.public), without=old.public.id))
    return stage.police.envelope()


async def under_a_revoked_key(stage: Stage) -> bytes:
    old, new = stage.police.home.keys().signing, spare_key(POLICE)
    _, held, _ = documents_of(stage.home, POLICE, FIU)
    revoked = (Revocation(at=stage.now_us, key=old.public.id),)
    await stage.bundle(new, keys=keys_with(held, ("signing", new.public)), revoked=revoked)
    return stage.police.envelope()


async def under_a_key_of_tomorrow(stage: Stage) -> bytes:
    new = spare_key(POLICE)
    _, held, _ = documents_of(stage.home, POLICE, FIU)
    await stage.bundle(new, keys=keys_with(held, ("signing", new.public), since=stage.now_us + DAY_US))
    return stage.police.envelope(stage.police.signed(new, from_key=new.public.id))


async def for_another_party(stage: Stage) -> bytes:
    return stage.police.envelope(to=(PROSECUTOR,))


async def of_a_forbidden_suite(stage: Stage) -> bytes:
    hybrid = spare_key(POLICE, Algorithm.ED25519_MLDSA65)
    _, held, _ = documents_of(stage.home, POLICE, FIU)
    await stage.bundle(hybrid, keys=keys_with(held, ("signing", hybrid.public)))
    await stage.treaty(suites=(1,))
    return stage.police.envelope(stage.police.signed(hybrid, suite=2, from_key=hybrid.public.id))


async def from_the_future(stage: Stage) -> bytes:
    return stage.police.envelope(created=stage.now_us + 301 * SECOND_US)


async def that_has_expired(stage: Stage) -> bytes:
    return stage.police.envelope(created=stage.now_us - 10, expires=stage.now_us)


async def that_lives_too_long(stage: Stage) -> bytes:
    return stage.police.envelope(expires=stage.now_us + 30 * DAY_US + 1)


async def of_a_kind_that_the_sender_may_not_send(stage: Stage) -> bytes:
    await stage.member(POLICE, send=("prevention.*",))
    return stage.police.envelope()


async def of_a_kind_that_the_treaty_keeps_from_the_recipient(stage: Stage) -> bytes:
    await stage.member(FIU, accept=("prevention.*",))
    return stage.police.envelope()


async def of_a_kind_that_the_recipient_reserves(stage: Stage) -> bytes:
    await stage.bundle(party=FIU, reservations=("text",))
    return stage.police.envelope()


async def of_an_unknown_kind(stage: Stage) -> bytes:
    return stage.police.envelope(kind="prevention.unheard-of")


async def with_a_bad_payload(stage: Stage) -> bytes:
    return stage.police.envelope(payload={"text": "", "more": 1})


async def with_an_answer_to_nothing(stage: Stage) -> bytes:
    result: dict[str, Any] = {
        "final": True,
        "hold_until": None,
        "local_reference": "X-1",
        "note": None,
        "outcomes": [
            {
                "amount": {"currency": "EUR", "value": "10.00"},
                "asset": None,
                "bank_code": None,
                "hops": [],
                "reason": None,
                "status": "already-gone",
                "time": stage.now_us,
                "trail": "unknown",
            }
        ],
        "result": "executed-nil",
        "review": None,
        "to_extend": None,
    }
    return stage.police.envelope(kind="prevention.hold-result", payload=result)


async def without_officers(stage: Stage) -> bytes:
    await stage.treaty(coercive=("prevention.*",))
    return payment(stage)


async def with_the_author_alone(stage: Stage) -> bytes:
    await stage.treaty(coercive=("prevention.*",))
    await stage.bundle(officers=in_order(listed(stage, name) for name in ("ada", "ben")))
    return payment(stage, ("ada", "author"))


async def with_an_officer_who_has_left(stage: Stage) -> bytes:
    await stage.treaty(coercive=("prevention.*",))
    await stage.bundle(officers=in_order(listed(stage, name) for name in ("ada", "ben")))
    await stage.bundle(officers=in_order([listed(stage, "ada")]))
    return payment(stage, ("ada", "author"), ("ben", "approver"))


async def with_an_approval_that_nobody_needs_and_that_is_not_valid(stage: Stage) -> bytes:
    await stage.bundle(officers=in_order([listed(stage, "ada")]))
    return payment(stage, ("ada", "approver"))


def listed(stage: Stage, name: str) -> Officer:
    return officer(name, since=stage.now_us - DAY_US, until=stage.now_us + DAY_US)


REFUSALS: list[tuple[Sends, int]] = [
    (under_an_old_key, 19),
    (under_a_revoked_key, 19),
    (under_a_key_of_tomorrow, 19),
    (for_another_party, 17),
    (of_a_forbidden_suite, 28),
    (from_the_future, 21),
    (that_has_expired, 20),
    (that_lives_too_long, 22),
    (of_a_kind_that_the_sender_may_not_send, 23),
    (of_a_kind_that_the_treaty_keeps_from_the_recipient, 24),
    (of_a_kind_that_the_recipient_reserves, 24),
    (of_an_unknown_kind, 24),
    (with_a_bad_payload, 25),
    (with_an_answer_to_nothing, 25),
    (without_officers, 31),
    (with_the_author_alone, 31),
    (with_an_officer_who_has_left, 32),
    (with_an_approval_that_nobody_needs_and_that_is_not_valid, 32),
]
NO_TEXT_ANY_MORE = {of_a_kind_that_the_sender_may_not_send, of_a_kind_that_the_treaty_keeps_from_the_recipient,
                    of_a_kind_that_the_recipient_reserves}  # fmt: skip


@pytest.mark.clause("ACC-003", "ACC-004", "ACC-005", "ACC-006", "ACC-007", "APPR-003", "APPR-004", "RCPT-008")
@pytest.mark.parametrize(("made", "code"), REFUSALS, ids=lambda value: getattr(value, "__name__", None))
async def test_what_is_proved_and_not_allowed_is_refused_by_a_receipt_once_and_for_all(
    tmp_path: Path, autojump_clock: MockClock, made: Sends, code: int
) -> None:
    async with staged(tmp_path) as stage:
        envelope = await made(stage)
        first = await stage.police.ask(envelope)
        assert isinstance(first, Entry)
        assert (first.status, first.code) == ("refused", code)
        kept = [(message.id, message.status, message.code) for message in stage.node.inbox()]
        assert kept == [(first.id, "refused", code)]
        await trio.sleep(1)
        assert await stage.police.ask(envelope) == first
        assert len(stage.node.inbox()) == 1
        if made not in NO_TEXT_ANY_MORE:
            await nothing_reached_the_users(stage)
        assert stage.node.status().inbox_unread <= 1
        assert incidents(stage.home) == []


@pytest.mark.clause("ACC-001", "ACC-003", "MSG-005")
async def test_an_id_that_belongs_to_another_message_is_refused_and_the_first_one_stands(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with staged(tmp_path) as stage:
        police = stage.police
        first = police.signed()
        accepted = await police.ask(police.envelope(first))
        # the other message has expired as well, but the id is looked at before that
        other = police.signed(id=first.body.id, payload={"text": "Send the money."}, expires=first.body.created + 1)
        refused = await police.ask(police.envelope(other))
        assert isinstance(refused, Entry)
        assert (refused.code, refused.message) == (26, other.hash)
        assert await police.ask(police.envelope(first)) == accepted
        assert [(message.id, message.hash) for message in stage.node.inbox()] == [(first.body.id, first.hash)]
        assert stage.node.status().inbox_unread == 1


@pytest.mark.clause("ACC-005", "OVER-005")
async def test_copies_and_forgeries_in_one_burst_are_told_apart(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with staged(tmp_path) as stage:
        police = stage.police
        first = police.signed()
        other = police.signed(id=first.body.id, payload={"text": "Send the money."})
        for signed in (first, first, other, first):
            police.link.send_message(police.envelope(signed))
        await police.flush()
        await trio.sleep(5)
        entries = [e for event in police.events if isinstance(event, ReceiptsReceived)
                   for e in police.proved(event.payload)]  # fmt: skip
        assert {(entry.message, entry.code) for entry in entries} == {(first.hash, 0), (other.hash, 26)}
        assert [message.hash for message in stage.node.inbox()] == [first.hash]


@pytest.mark.clause("DIR-001", "LINK-033", "ACC-004")
async def test_a_message_of_a_party_whose_suspension_has_begun_is_refused_and_its_link_ends(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with staged(tmp_path, PROSECUTOR) as stage:
        treaty, _, _ = documents_of(stage.home, POLICE, FIU)
        changes = with_member(treaty, POLICE, status="suspended")
        await stage.treaty(effective=stage.now_us + 30 * SECOND_US, **changes)
        before = await stage.police.ask(stage.police.envelope())
        assert isinstance(before, Entry)
        assert before.status == "accepted"
        await trio.sleep(31)
        late = stage.police.signed()
        if stage.police.link.is_open:
            await stage.police.send(stage.police.envelope(late))
        assert await stage.police.next(Closed) == Closed(27)
        await trio.sleep(1)
        assert [message.id for message in stage.node.inbox() if message.status == "accepted"] == [before.id]
        assert {message.code for message in stage.node.inbox() if message.id == late.body.id} <= {27}
        assert stage.node.status().inbox_unread == 1


# --- what the sender makes of a refusal ---

REFUSAL_CODES = (17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28)
UNHEARD_OF = 4_711


@pytest.mark.clause("ACC-008", "RCPT-009", "RCPT-010", "ERR-002")
async def test_a_sender_keeps_each_refusal_with_its_proof_and_never_sends_that_message_again(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    codes = {}
    async with group.run(POLICE) as node, called(group, FIU, POLICE) as fiu:
        for code in (*REFUSAL_CODES, UNHEARD_OF):
            sent = await node.send(FIU, "text", {"text": f"This ends with {code}."})
            taken = await fiu.take()
            await fiu.give((taken, code))
            delivery = await ended(node, sent.id)
            assert (delivery.ending, delivery.code) == (Ending.REFUSED, code)
            assert delivery.cause.startswith("the recipient refused it: ")
            assert delivery.receipt is not None
            assert delivery.receipt.verify([fiu.home.keys().log.public]).message == sent.hash
            await fiu.give((taken, 0))  # a second answer changes nothing
            codes[sent.id] = code
        await trio.sleep(3_600)
        assert [event for event in fiu.events if "Message" in type(event).__name__] == []
    async with group.run(POLICE) as node, called(group, FIU, POLICE) as fiu:
        await trio.sleep(3_600)
        assert [event for event in fiu.events if "Message" in type(event).__name__] == []
        assert {sent: node.deliveries(sent)[0].code for sent in codes} == codes
        assert node.status().waiting == 0


def wrong_receipts(fiu: Player, signed: SignedMessage) -> list[bytes]:
    """Return frames whose receipts prove nothing about the message."""
    good = fiu.receipts((signed, 0))
    prosecutor = fiu.group.homes[PROSECUTOR]
    as_prosecutor = Player(fiu.group, prosecutor, POLICE, fiu.world, fiu.stream, fiu.link)
    return [
        *(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :] for at in range(0, len(good), 7)),
        b"",
        as_prosecutor.receipts((signed, 0)),
        as_prosecutor.receipts((signed, 0), to=FIU),
        fiu.receipts((signed, 0), to=PROSECUTOR),
        fiu.receipts((signed, 0), message=sha256(b"another")),
        fiu.receipts((signed, 0), sender=PROSECUTOR),
        fiu.receipts((signed, 0), id=bytes(16)),
        fiu.receipts((signed, 0), treaty=bytes(32)),
    ]


@pytest.mark.clause("RCPT-003", "RCPT-004", "RCPT-005", "RCPT-006", "RCPT-007", "RCPT-009")
async def test_a_receipt_that_proves_nothing_changes_nothing(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU, PROSECUTOR)
    async with group.run(POLICE) as node, called(group, FIU, POLICE) as fiu:
        sent = await node.send(FIU, "text", {"text": "Please call me."})
        taken = await fiu.take()
        for payload in wrong_receipts(fiu, taken):
            fiu.link.send_receipts(payload)
            await fiu.flush()
        await trio.sleep(1)
        assert fiu.link.is_open
        assert node.deliveries(sent.id)[0].ending is Ending.WAITING
        await fiu.give((taken, 0))
        assert (await ended(node, sent.id)).ending is Ending.ACCEPTED
        await until(lambda: node.status().waiting == 0)
