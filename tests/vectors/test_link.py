"""spec/vectors/link.json: the frozen handshake, the first records each way, and what ends a link."""

from functools import partial

import pytest
from kyber_py.ml_kem import ML_KEM_768

from comity import keys
from comity.encoding import decode_as
from comity.errors import RemoteError
from comity.keys import LinkKey
from comity.limits import MAX_HELLO_BYTES
from comity.link import PROTOCOL_NAME, Closed, Hello, Link, Opened
from comity.noise import CipherState, HandshakeState
from tests.support.vectors import Case, cases, data_of, refused, vectors

WHOLE = vectors("link")
ONE, TWO = WHOLE["initiator"], WHOLE["responder"]
TREATY_ID, PROLOGUE = data_of(WHOLE["treaty"]), data_of(WHOLE["prologue"])
HANDSHAKE, RECORDS = WHOLE["valid"]


def encapsulate(public: bytes, coins: bytes) -> tuple[bytes, bytes]:
    """As the library does it, but for the coins: it refuses what the library refuses."""
    keys.encapsulate(public)
    secret, ciphertext = ML_KEM_768._encaps_internal(public, coins)
    return bytes(secret), bytes(ciphertext)


def static_of(side: Case) -> LinkKey:
    return LinkKey.from_seed(data_of(side["static"]))


def hello_of(side: Case) -> Hello:
    return decode_as(Hello, data_of(side["hello"]), MAX_HELLO_BYTES)


@pytest.fixture(autouse=True)
def coins_are_those_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the coins of the encapsulation are drawn inside the library."""
    defaults = HandshakeState.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "encapsulate", partial(encapsulate, coins=data_of(TWO["coins"])))


def caller() -> Link:
    """Return aa.police, which dials."""
    seeds = data_of(ONE["ephemeral"]), data_of(ONE["kem_seed"])
    callee_key = static_of(TWO).public.data
    return Link.initiator(
        TREATY_ID, static_of(ONE), TWO["party"], callee_key, ONE["party"], hello_of(ONE), *seeds, now=0.0
    )


def callee() -> Link:
    """Return bb.fiu, which answers."""
    known = {static_of(ONE).public.data: ONE["party"]}
    ephemeral = data_of(TWO["ephemeral"])
    return Link.responder(TREATY_ID, static_of(TWO), known, TWO["party"], hello_of(TWO), ephemeral, now=0.0)


def prefixed(message: bytes) -> bytes:
    return len(message).to_bytes(2, "big") + message


def message(number: int) -> bytes:
    """Return a good handshake message with its length."""
    return prefixed(data_of(HANDSHAKE[f"message_{number}"]))


def opened_caller() -> Link:
    link = caller()
    link.data_to_send(0.0)
    link.receive(message(2), 0.0)
    assert link.next_event() == Opened(TWO["party"], hello_of(TWO))
    assert link.data_to_send(0.0) == message(3)
    return link


def ciphers() -> tuple[CipherState, CipherState]:
    """Return what aa.police sends and receives with."""
    state = HandshakeState(
        PROTOCOL_NAME,
        True,
        prologue=PROLOGUE,
        s=static_of(ONE),
        e=data_of(ONE["ephemeral"]),
        rs=static_of(TWO).public.data,
        kem_seed=data_of(ONE["kem_seed"]),
    )
    state.write_message(b"")
    state.read_message(message(2)[2:])
    state.write_message(data_of(ONE["hello"]))
    assert state.handshake_hash == data_of(HANDSHAKE["hash"])
    return state.split()


@pytest.mark.clause("LINK-001", "LINK-002", "LINK-003", "LINK-005", "LINK-006", "LINK-014")
def test_both_sides_write_the_published_handshake() -> None:
    here, there = caller(), callee()
    assert here.data_to_send(0.0) == message(1)
    there.receive(message(1), 0.0)
    assert there.next_event() is None
    assert there.data_to_send(0.0) == message(2)
    here.receive(message(2), 0.0)
    assert here.next_event() == Opened(TWO["party"], hello_of(TWO))
    assert here.data_to_send(0.0) == message(3)
    there.receive(message(3), 0.0)
    assert there.next_event() == Opened(ONE["party"], hello_of(ONE))


@pytest.mark.clause("LINK-014", "LINK-017", "LINK-020")
def test_the_records_of_both_directions_are_those_published() -> None:
    for cipher, name in zip(ciphers(), ("from_initiator", "from_responder"), strict=True):
        for record in RECORDS[name]:
            plaintext = data_of(record["plaintext"])
            assert cipher.encrypt(b"", plaintext) == data_of(record["record"])
            if plaintext == b"\x02":
                cipher.rekey()


@pytest.mark.clause("LINK-014", "LINK-020", "LINK-025")
def test_a_link_reads_the_published_records_to_the_end() -> None:
    link = opened_caller()
    for record in RECORDS["from_responder"]:
        link.receive(prefixed(data_of(record["record"])), 0.0)
    events = [link.next_event(), link.next_event()]
    assert events[1] == Closed(8)
    assert link.closed
    assert link.data_to_send(0.0) == b""


def in_place(case: Case) -> Link:
    """Return the side that receives the input of a case, when it is due."""
    if case["to"] == "initiator":
        if case["stage"] == "records":
            return opened_caller()
        link = caller()
        link.data_to_send(0.0)
        return link
    link = callee()
    if case["stage"] == 3:
        link.receive(message(1), 0.0)
        link.next_event()
        assert link.data_to_send(0.0) == message(2)
    return link


def input_of(case: Case) -> bytes:
    if case["stage"] == "records":
        return b"".join(prefixed(data_of(record)) for record in case["input"])
    return data_of(case["prefix"]) if "prefix" in case else prefixed(data_of(case["input"]))


def read_all(link: Link) -> None:
    while link.next_event() is not None:
        pass


@pytest.mark.clause(
    "CONV-001", "KEY-010", "KEY-011", "LINK-001", "LINK-003", "LINK-006", "LINK-007", "LINK-008", "LINK-009",
    "LINK-010", "LINK-011", "LINK-013", "LINK-016", "LINK-017", "LINK-020", "LINK-028", "LINK-034",
)  # fmt: skip
@pytest.mark.parametrize("case", cases("link", "invalid"))
def test_a_side_that_finds_a_fault_answers_as_published_and_ends_the_link(case: Case) -> None:
    link = in_place(case)
    link.receive(input_of(case), 0.0)
    with refused(case):
        read_all(link)
    answer = link.data_to_send(0.0)
    if case["answer"] == "silence":
        assert answer == b""
    else:
        assert ciphers()[0].decrypt(b"", answer[2:]) == b"\x03" + case["code"].to_bytes(2, "big")
    assert link.closed
    assert link.data_to_send(0.0) == b""


@pytest.mark.clause(
    "CONV-001", "KEY-010", "KEY-011", "LINK-001", "LINK-003", "LINK-006", "LINK-007", "LINK-008", "LINK-009",
    "LINK-010", "LINK-011", "LINK-013", "LINK-016", "LINK-017", "LINK-020", "LINK-028", "LINK-034",
)  # fmt: skip
@pytest.mark.parametrize("case", cases("link", "invalid"))
def test_a_fault_is_the_same_however_the_stream_is_cut(case: Case) -> None:
    link = in_place(case)
    with refused(case):
        for position in input_of(case):
            link.receive(bytes([position]), 0.0)
            read_all(link)


def test_a_refused_link_raises_once() -> None:
    link = callee()
    link.receive(b"\x00\x00", 0.0)
    with pytest.raises(RemoteError):
        link.next_event()
    assert link.next_event() is None
