"""The signed body (page message)."""

import hashlib
import re
from dataclasses import dataclass

from tests.second import attachment, forms
from tests.second.codec import Value, decode, encode
from tests.second.forms import BIN16, BIN32, MICROS, Fields, array, binary, one_of, or_nil, uint
from tests.second.keys import Signer, verify
from tests.second.refusal import UNAUTHENTICATED, require

LABEL = "comity-v1 message-signature"
MAX_BODY_BYTES = 262_144
MAX_SIGNED_BYTES = MAX_BODY_BYTES + 3_500


def key_of(approval: Value) -> bytes:
    assert isinstance(approval, dict)
    key = approval["key"]
    assert isinstance(key, bytes)
    return key


HANDLING = forms.record(
    codes=array(one_of("H0", "H1", "H2", "H3"), 0, 4, forms.spelled),
    pap=one_of("CLEAR", "GREEN", "AMBER", "RED"),
    purposes=array(forms.matching(re.compile(r"[a-z][a-z0-9-]{0,47}")), 0, 8, forms.spelled),
    retain_until=or_nil(MICROS),
    tlp=one_of("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"),
)
APPROVAL = forms.record(key=BIN32, role=one_of("author", "approver"), signature=binary(64), time=MICROS)
BODY = forms.record(
    after=or_nil(BIN32),
    approvals=array(APPROVAL, 0, 8, key_of),
    attachments=array(attachment.FORM, 0, 32),
    case=BIN16,
    created=MICROS,
    exercise=forms.BOOL,
    expires=MICROS,
    from_=forms.IS_PARTY,
    from_key=BIN32,
    handling=HANDLING,
    id=BIN16,
    in_reply_to=or_nil(BIN32),
    kind=forms.matching(forms.KIND),
    lang=forms.matching(forms.LANG),
    payload=forms.any_map,
    prev=or_nil(BIN32),
    seq=uint(),
    suite=one_of(1, 2),
    to=array(forms.IS_PARTY, 1, 64, forms.spelled),
    treaty=BIN32,
    treaty_version=uint(1),
    urgency=uint(0, 3),
    v=one_of(1),
)
SIGNED = forms.row(binary(1, MAX_BODY_BYTES), binary(1, 3_373))


@dataclass(frozen=True, slots=True)
class Message:
    """A signed message whose form is right; the signature is checked apart."""

    body_bytes: bytes
    signature: bytes
    body: Fields

    def hash(self) -> bytes:
        return hashlib.sha256(self.body_bytes).digest()

    def verify(self, algorithm: int, key: bytes) -> None:
        """Return when the signature verifies under a key of the suite (MSG-002, MSG-003)."""
        require(self.body["suite"] == algorithm, "the key is not of the suite", UNAUTHENTICATED)
        verify(algorithm, key, LABEL, self.body_bytes, self.signature)


def sign(body: Fields, signer: Signer) -> bytes:
    """Return the signed message."""
    data = encode(dict(body))
    return encode([data, signer.sign(LABEL, data)])


def read(data: bytes) -> Message:
    """Return the message that stands in `data`, its body checked (MSG-001, MSG-006 to MSG-013, page attachment)."""
    outer = decode(data, MAX_SIGNED_BYTES)
    SIGNED(outer)
    assert isinstance(outer, list)
    body_bytes, signature = outer
    assert isinstance(body_bytes, bytes)
    assert isinstance(signature, bytes)
    body = decode(body_bytes, MAX_BODY_BYTES)
    BODY(body)
    assert isinstance(body, dict)
    check_body(body)
    return Message(body_bytes, signature, body)


def check_body(body: dict[str, Value]) -> None:
    """Check what one field says of another."""
    created, expires, to = body["created"], body["expires"], body["to"]
    assert isinstance(created, int)
    assert isinstance(expires, int)
    assert isinstance(to, list)
    require(expires > created, "it expires before it is created")
    require(body["from"] not in to, "the sender is among the recipients")
    attachment.check_together(body["attachments"])
    require((body["seq"] == 0) == (body["prev"] is None), "seq and prev do not fit")
