"""Ids of what goes out: the same for the same thing of the same message, so that a second export adds nothing."""

from hashlib import sha256


def uuid_of(message: bytes, *names: object) -> str:
    """Return a UUID of version 8 (RFC 9562) that follows from the hash of a message and the names."""
    digest = bytearray(sha256("\0".join(("comity interchange", message.hex(), *map(str, names))).encode()).digest())
    digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80
    text = digest[:16].hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
