"""Bodies at rest: sealed with the storage key of the node's key file."""

from comity.errors import AuthenticationError
from comity.keys import hkdf, xchacha_open, xchacha_seal
from comity_node.errors import StorageError
from comity_node.world import World

LABEL = b"comity-v1 at-rest"
FINGERPRINT_LABEL = b"comity-v1 fingerprint"
FINGERPRINT_BYTES = 32
NONCE_BYTES = 24


class Vault:
    """Seals what is written and opens what is read. Its repr shows nothing of the key."""

    def __init__(self, key: bytes, world: World) -> None:
        self._key = key
        self._world = world

    def seal(self, data: bytes, place: bytes) -> bytes:
        """Return nonce and sealed bytes; `place` (for example the message hash) must be given again to open."""
        nonce = self._world.random(NONCE_BYTES)
        return nonce + xchacha_seal(self._key, nonce, LABEL + place, data)

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            StorageError: the bytes were altered, or sealed with another key or for another place.
        """
        try:
            return xchacha_open(self._key, sealed[:NONCE_BYTES], LABEL + place, sealed[NONCE_BYTES:])
        except AuthenticationError as fault:
            raise StorageError(
                "a stored message cannot be opened with this key file",
                "check that node.key and comity.db belong together",
            ) from fault

    def fingerprint(self, data: bytes) -> bytes:
        """Return 32 bytes that are the same for the same data, and tell nothing of it without the key file."""
        return hkdf(self._key, b"", FINGERPRINT_LABEL + data, FINGERPRINT_BYTES)
