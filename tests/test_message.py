"""Messages: what may be signed, what may be read, and what a signature proves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity import message as messages
from comity.encoding import decode, encode
from comity.errors import AuthenticationError, LimitError, LocalError, MalformedError, RemoteError
from comity.handling import Handling
from comity.keys import Algorithm, SigningKey, sha256
from comity.labels import MESSAGE_SIGNATURE
from comity.limits import MAX_BODY_BYTES, MAX_ENVELOPE_BYTES
from tests.support.messages import HYBRID_KEY, SIGNING_KEY, body_of, fields

SIGNED = messages.sign(body_of(), SIGNING_KEY)
PARTIES = tuple(f"aa.p{number:02}" for number in range(64))


def as_map(**changes: Any) -> dict[str, Any]:
    """Return a body as a free value, as somebody else's software might make it."""
    handling = {"codes": (), "pap": "GREEN", "purposes": (), "retain_until": None, "tlp": "AMBER"}
    body = {"after": None, "exercise": False} | fields(handling=handling) | changes
    body["from"] = body.pop("sender")
    return body


def signed_array(body: object) -> bytes:
    body_bytes = encode(body)
    return encode([body_bytes, SIGNING_KEY.sign(MESSAGE_SIGNATURE, body_bytes)])


def sized_body(size: int) -> dict[str, Any]:
    """Return a body of exactly so many bytes."""
    spare = size - len(encode(as_map(payload={"text": b"x" * 200_000})))
    body = as_map(payload={"text": b"x" * (200_000 + spare)})
    assert len(encode(body)) == size
    return body


@pytest.mark.clause("MSG-001", "ENC-016")
def test_what_was_signed_is_read_back_and_verifies() -> None:
    read = messages.read(SIGNED.data)
    assert read == SIGNED
    assert read.body == body_of()
    assert read.hash == sha256(read.body_bytes) == messages.message_hash(read.body_bytes)
    assert decode(read.body_bytes, MAX_BODY_BYTES) == decode(encode(as_map()), MAX_BODY_BYTES)
    read.verify(SIGNING_KEY.public)


@pytest.mark.clause("MSG-003", "KEY-004")
def test_suite_2_signs_with_both_algorithms() -> None:
    signed = messages.sign(body_of(suite=2, from_key=HYBRID_KEY.public.id), HYBRID_KEY)
    messages.read(signed.data).verify(HYBRID_KEY.public)
    for position in (0, 64, -1):
        broken = bytearray(signed.signature)
        broken[position] ^= 1
        with pytest.raises(AuthenticationError):
            messages.read(encode([signed.body_bytes, bytes(broken)])).verify(HYBRID_KEY.public)


@pytest.mark.clause("MSG-002")
def test_a_signature_of_another_key_or_over_other_bytes_is_refused() -> None:
    stranger = SigningKey.from_seed(Algorithm.ED25519, b"\x09" * 32)
    by_stranger = stranger.sign(MESSAGE_SIGNATURE, SIGNED.body_bytes)
    other_body = messages.sign(body_of(urgency=0), SIGNING_KEY).body_bytes
    for body_bytes, signature in (
        (SIGNED.body_bytes, by_stranger),
        (other_body, SIGNED.signature),
        (SIGNED.body_bytes, SIGNING_KEY.sign(b"comity-v1 treaty", SIGNED.body_bytes)),
        (SIGNED.body_bytes, SIGNED.signature[:-1]),
    ):
        with pytest.raises(AuthenticationError):
            messages.read(encode([body_bytes, signature])).verify(SIGNING_KEY.public)
    with pytest.raises(AuthenticationError):
        SIGNED.verify(stranger.public)


@pytest.mark.clause("MSG-003")
def test_a_key_that_the_suite_does_not_fix_is_refused() -> None:
    hybrid = body_of(suite=1, from_key=HYBRID_KEY.public.id)
    with pytest.raises(LocalError, match="suite"):
        messages.sign(hybrid, HYBRID_KEY)
    body_bytes = encode(hybrid)
    for key in (SIGNING_KEY, HYBRID_KEY):
        read = messages.read(encode([body_bytes, key.sign(MESSAGE_SIGNATURE, body_bytes)]))
        with pytest.raises(AuthenticationError):
            read.verify(HYBRID_KEY.public)


@pytest.mark.clause("MSG-003")
@pytest.mark.parametrize("suite", [0, 2, 3, 2**53 - 1])
def test_a_suite_that_does_not_go_with_an_ed25519_key_never_verifies(suite: int) -> None:
    with pytest.raises(LocalError):
        messages.sign(body_of(suite=suite), SIGNING_KEY)
    with pytest.raises(RemoteError):
        messages.read(signed_array(as_map(suite=suite))).verify(SIGNING_KEY.public)


def test_a_signature_has_1_to_3_373_bytes() -> None:
    for length in (0, 3_374):
        with pytest.raises(MalformedError):
            messages.read(encode([SIGNED.body_bytes, bytes(length)]))
    for length in (1, 3_373):
        assert messages.read(encode([SIGNED.body_bytes, bytes(length)])).signature == bytes(length)


def test_a_body_that_names_another_key_is_not_signed() -> None:
    with pytest.raises(LocalError, match="key"):
        messages.sign(body_of(from_key=bytes(32)), SIGNING_KEY)


CONTRADICTIONS: list[Any] = [
    pytest.param({"expires": 1_000_000}, marks=pytest.mark.clause("MSG-006"), id="expires at birth"),
    pytest.param({"expires": 999_999}, marks=pytest.mark.clause("MSG-006"), id="expires before birth"),
    pytest.param({"to": ("aa.police",)}, marks=pytest.mark.clause("MSG-007"), id="to oneself"),
    pytest.param({"to": ("bb.fiu", "bb.fiu")}, marks=pytest.mark.clause("MSG-007"), id="twice"),
    pytest.param({"to": ("qm.prosecutor", "bb.fiu")}, marks=pytest.mark.clause("MSG-008"), id="descending"),
    pytest.param({"seq": 1}, marks=pytest.mark.clause("MSG-009"), id="second without prev"),
    pytest.param({"prev": bytes(32)}, marks=pytest.mark.clause("MSG-009"), id="first with prev"),
]

BAD_FIELDS: list[Any] = [
    {"after": b""},
    {"exercise": 1},
    {"case": bytes(15)},
    {"created": -1},
    {"expires": 2**53},
    {"from_key": bytes(33)},
    {"id": bytes(17)},
    {"id": "five"},
    {"in_reply_to": bytes(31)},
    {"kind": "Text"},
    {"kind": "text\n"},
    {"kind": "a.b.c"},
    {"payload": []},
    {"sender": "aa"},
    {"seq": True, "prev": bytes(32)},
    {"to": ()},
    {"to": ("bb.fiu\n",)},
    {"to": (*PARTIES, "bb.fiu")},
    {"treaty": None},
    {"treaty_version": 0},
    {"treaty_version": 2**53},
    {"urgency": 4},
    {"v": 2},
]

BAD_LANGUAGES = ["e", "", "en-", "en-123456789", "en-a-b-c-d", "en_GB", "deutschland", "en\n", "ën"]


@pytest.mark.parametrize("changes", CONTRADICTIONS)
def test_a_body_that_contradicts_itself_is_neither_made_nor_read(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"MSG-|order"):
        body_of(**changes)
    with pytest.raises(MalformedError):
        messages.read(signed_array(as_map(**changes)))


@pytest.mark.clause("MSG-001", "CONV-001", "CONV-002", "CONV-003")
@pytest.mark.parametrize("changes", BAD_FIELDS, ids=str)
def test_a_field_out_of_its_range_is_neither_signed_nor_read(changes: dict[str, Any]) -> None:
    with pytest.raises(LocalError):
        messages.sign(body_of(**changes), SIGNING_KEY)
    with pytest.raises(MalformedError):
        messages.read(signed_array(as_map(**changes)))


@pytest.mark.clause("MSG-013")
@pytest.mark.parametrize("lang", BAD_LANGUAGES)
def test_a_language_that_is_no_tag_is_refused(lang: str) -> None:
    with pytest.raises(LocalError):
        messages.sign(body_of(lang=lang), SIGNING_KEY)
    with pytest.raises(MalformedError):
        messages.read(signed_array(as_map(lang=lang)))


@pytest.mark.clause("MSG-013")
@pytest.mark.parametrize(
    "lang", ["en", "de-AT", "zh-Hans-CN", "sl-rozaj-biske-1994", "abcdefgh-12345678-abcdefgh-12345678"]
)
def test_a_language_tag_is_accepted(lang: str) -> None:
    assert messages.read(messages.sign(body_of(lang=lang), SIGNING_KEY).data).body.lang == lang


@pytest.mark.parametrize("tlp", ["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"])
def test_every_colour_of_tlp_is_accepted(tlp: str) -> None:
    assert messages.sign(body_of(handling=Handling(tlp=tlp)), SIGNING_KEY).body.handling.tlp == tlp


@pytest.mark.clause("CONV-008")
def test_a_fault_does_not_repeat_what_the_field_said() -> None:
    for changes in ({"handling": {"tlp": "SECRETWORD"}}, {"lang": "SECRETWORD"}, {"sender": "SECRETWORD"}):
        with pytest.raises(MalformedError) as caught:
            messages.read(signed_array(as_map(**changes)))
        assert "SECRETWORD" not in str(caught.value)


@pytest.mark.clause("CONV-004", "CONV-006")
def test_a_body_has_exactly_its_fields() -> None:
    with pytest.raises(MalformedError):
        messages.read(signed_array(as_map() | {"more": 1}))
    for name in as_map():
        body = as_map()
        del body[name]
        with pytest.raises(MalformedError):
            messages.read(signed_array(body))


@pytest.mark.clause("CONV-005")
@pytest.mark.parametrize("value", [[], [SIGNED.body_bytes], [SIGNED.body_bytes, b"", b""], [b"", b""], {}, None, 0])
def test_another_array_is_no_signed_message(value: object) -> None:
    with pytest.raises(MalformedError):
        messages.read(encode(value))


@pytest.mark.clause("LIMIT-001")
def test_64_recipients_are_accepted() -> None:
    signed = messages.sign(body_of(to=PARTIES), SIGNING_KEY)
    assert messages.read(signed.data).body.to == PARTIES


@pytest.mark.clause("MSG-001", "LIMIT-001", "LIMIT-002", "ENC-012")
def test_a_body_is_262_144_bytes_long_at_most() -> None:
    assert len(messages.read(signed_array(sized_body(MAX_BODY_BYTES))).body_bytes) == MAX_BODY_BYTES
    with pytest.raises(MalformedError):
        messages.read(signed_array(sized_body(MAX_BODY_BYTES + 1)))
    with pytest.raises(LocalError):
        messages.sign(body_of(payload={"text": "x" * MAX_BODY_BYTES}), SIGNING_KEY)
    with pytest.raises(LimitError):
        messages.read(bytes(MAX_ENVELOPE_BYTES + 1))


@given(st.binary(max_size=300))
def test_any_bytes_give_a_message_or_a_remote_error(data: bytes) -> None:
    for candidate in (data, encode([data or b"\xc0", b""])):
        with pytest.raises(RemoteError):
            messages.read(candidate)


@given(st.integers(0, len(SIGNED.data) - 1), st.integers(1, 255))
def test_a_message_with_one_byte_altered_never_verifies(position: int, change: int) -> None:
    altered = bytearray(SIGNED.data)
    altered[position] ^= change
    with pytest.raises(RemoteError):
        messages.read(bytes(altered)).verify(SIGNING_KEY.public)


free_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.binary(max_size=20) | st.text("abc", max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
    max_leaves=20,
)


@given(
    st.dictionaries(st.text("abc", max_size=5), free_values, max_size=5),
    st.integers(0, 3),
    st.binary(min_size=16, max_size=16),
)
def test_every_valid_body_survives_signing_and_reading(
    payload: dict[str, Any], urgency: int, message_id: bytes
) -> None:
    signed = messages.sign(body_of(payload=payload, urgency=urgency, id=message_id), SIGNING_KEY)
    read = messages.read(signed.data)
    read.verify(SIGNING_KEY.public)
    assert read == signed
    assert read.body.payload == payload
