"""One label for each use of a key, so that no signature or derivation serves two uses (spec page keys, KEY-013)."""

from typing import Final

LINK_PROLOGUE: Final = b"comity-v1 link-prologue"
KEY_ID: Final = b"comity-v1 key-id"
MESSAGE_SIGNATURE: Final = b"comity-v1 message-signature"
EPOCH_KEY: Final = b"comity-v1 epoch-key"
MESSAGE_SEAL: Final = b"comity-v1 message-seal"
TREATY_SIGNATURE: Final = b"comity-v1 treaty"
BUNDLE_SIGNATURE: Final = b"comity-v1 key-bundle"
LOG_ENTRY: Final = b"comity-v1 log-entry"
ATTACHMENT: Final = b"comity-v1 attachment"
EVIDENCE_SIGNATURE: Final = b"comity-v1 evidence-signature"
VOCABULARY: Final = b"comity-v1 vocabulary"
APPROVAL_SIGNATURE: Final = b"comity-v1 approval"


def labelled(label: bytes, data: bytes) -> bytes:
    """Return label, 0x00, the length of data in four bytes (most significant first), data (KEY-001)."""
    return b"%b\x00%b%b" % (label, len(data).to_bytes(4, "big"), data)
