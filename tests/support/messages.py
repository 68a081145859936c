"""Messages of `aa.police` to `bb.fiu` with keys from fixed seeds."""

from typing import Any

from comity.handling import Handling
from comity.keys import Algorithm, EnvelopeKey, SigningKey
from comity.message import Body

TREATY_ID = b"\x11" * 32
SIGNING_KEY = SigningKey.from_seed(Algorithm.ED25519, b"\x01" * 32)
HYBRID_KEY = SigningKey.from_seed(Algorithm.ED25519_MLDSA65, b"\x02" * 64)
ENVELOPE_KEY = EnvelopeKey.from_seed(b"\x03" * 32)


def fields(**changes: Any) -> dict[str, Any]:
    """Return the arguments of a valid body, with the changes made."""
    return {
        "v": 1,
        "suite": 1,
        "kind": "text",
        "id": b"\x05" * 16,
        "treaty": TREATY_ID,
        "treaty_version": 1,
        "sender": "aa.police",
        "from_key": SIGNING_KEY.public.id,
        "to": ("bb.fiu",),
        "created": 1_000_000,
        "expires": 2_000_000,
        "case": b"\x06" * 16,
        "seq": 0,
        "prev": None,
        "in_reply_to": None,
        "lang": "en",
        "handling": Handling(tlp="AMBER"),
        "urgency": 1,
        "payload": {"text": "Please call me about the account."},
        "attachments": (),
        "approvals": (),
    } | changes


def body_of(**changes: Any) -> Body:
    """Return a valid body, with the changes made."""
    return Body(**fields(**changes))
