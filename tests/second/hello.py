"""What each side says of itself in the handshake (page link)."""

from tests.second import forms
from tests.second.codec import Value, decode, encode
from tests.second.forms import Fields, array, text, uint
from tests.second.refusal import UNSUPPORTED, require

MAX_HELLO_BYTES = 1_008


def ordered(version: Value) -> bytes:
    """Return the bytes by which versions are put in order."""
    assert isinstance(version, int)
    return version.to_bytes(8, "big")


FORM = forms.record(
    agent=text(64),
    versions=array(uint(), 1, 8, ordered),
    window=uint(327_680, 16_777_216),
)


def write(agent: str, window: int) -> bytes:
    """Return the hello of a side that speaks version 1."""
    return encode({"agent": agent, "versions": [1], "window": window})


def read(payload: bytes) -> Fields:
    """Return the hello of a peer that speaks version 1 (LINK-006, LINK-013)."""
    value = decode(payload, MAX_HELLO_BYTES)
    FORM(value)
    assert isinstance(value, dict)
    versions = value["versions"]
    assert isinstance(versions, list)
    require(1 in versions, "the peer does not speak version 1", UNSUPPORTED)
    return value
