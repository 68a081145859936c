"""The handshake of a link, one class for each role. Whatever fails here is answered with silence (ERR-004)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from comity.encoding import Meta, Name, Record, Uint, check, decode_as, encode
from comity.errors import LocalError, NotActiveError, UnsupportedError
from comity.keys import LinkKey
from comity.labels import LINK_PROLOGUE, labelled
from comity.limits import MAX_HELLO_BYTES, MAX_WINDOW_BYTES, MIN_WINDOW_BYTES
from comity.noise import CipherState, HandshakeState

PROTOCOL_NAME: Final = "Noise_XKhfs_25519+MLKEM768_ChaChaPoly_SHA256"
VERSION: Final = 1

MESSAGE_1_BYTES: Final = 1_248
MESSAGE_2_BYTES: Final = 1_152
MESSAGE_3_BYTES: Final = 64
ROOM_BYTES: Final = 1_024  # by so much messages 2 and 3 may be longer than without payload (LINK-009)


class Hello(Record, frozen=True):
    """What each side says of itself in the handshake, for the eyes of the other side only (LINK-006).

    Attributes:
        agent: name and version of the software, for people; 1 to 64 characters.
        versions: protocol versions that the sender speaks, ascending; 1 to 8 of them.
        window: first credit for the peer, in bytes, MIN_WINDOW_BYTES to MAX_WINDOW_BYTES.
    """

    agent: Name
    versions: Annotated[tuple[Uint, ...], Meta(min_length=1, max_length=8)]
    window: Annotated[int, Meta(ge=MIN_WINDOW_BYTES, le=MAX_WINDOW_BYTES)]

    def __post_init__(self) -> None:
        if list(self.versions) != sorted(set(self.versions)):
            raise ValueError("versions: not ascending")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Secured:
    """What a finished handshake leaves: who the peer is, what it said, and a cipher for each direction (LINK-014)."""

    peer: str
    hello: Hello
    sending: CipherState
    receiving: CipherState


class Caller:
    """The handshake of the side that dials. `first` is message 1."""

    def __init__(
        self,
        treaty_id: bytes,
        static: LinkKey,
        peer: str,
        peer_key: bytes,
        hello: Hello,
        ephemeral: bytes,
        kem_seed: bytes,
    ) -> None:
        self._peer = peer
        self._hello = _checked(hello)
        self._noise = HandshakeState(
            PROTOCOL_NAME,
            initiator=True,
            prologue=prologue(treaty_id),
            s=static,
            e=ephemeral,
            rs=peer_key,
            kem_seed=kem_seed,
        )
        self.first = self._noise.write_message(b"")
        self.allowed_bytes = range(MESSAGE_2_BYTES, MESSAGE_2_BYTES + ROOM_BYTES + 1)

    def read(self, message: bytes) -> tuple[bytes, Secured | None]:
        """Return message 3 and the secured link, for message 2.

        Raises:
            RemoteError: message 2 is not valid, or the peer does not speak version 1 (LINK-013).
        """
        hello = _read_hello(self._noise.read_message(message))
        answer = self._noise.write_message(encode(self._hello))
        sending, receiving = self._noise.split()
        return answer, Secured(self._peer, hello, sending, receiving)


class Answerer:
    """The handshake of the side that is called.

    known maps each link key of a party that may speak to the party (LINK-010); it is asked when message 3 is read.
    Our own key stands for nobody.
    """

    def __init__(
        self,
        treaty_id: bytes,
        static: LinkKey,
        known: Mapping[bytes, str],
        party: str,
        hello: Hello,
        ephemeral: bytes,
    ) -> None:
        self._known = known
        self._party = party
        self._hello = _checked(hello)
        self._noise = HandshakeState(
            PROTOCOL_NAME, initiator=False, prologue=prologue(treaty_id), s=static, e=ephemeral
        )
        self._called = False
        self.allowed_bytes = range(MESSAGE_1_BYTES, MESSAGE_1_BYTES + 1)  # LINK-008

    def read(self, message: bytes) -> tuple[bytes, Secured | None]:
        """Return message 2 and None for message 1, b"" and the secured link for message 3.

        Raises:
            RemoteError: the message is not valid, the caller does not speak version 1 (LINK-013), or it is none of
                those who may speak (NotActiveError, LINK-010).
        """
        payload = self._noise.read_message(message)
        if not self._called:
            self._called = True
            self.allowed_bytes = range(MESSAGE_3_BYTES, MESSAGE_3_BYTES + ROOM_BYTES + 1)
            return self._noise.write_message(encode(self._hello)), None
        hello = _read_hello(payload)
        sending, receiving = self._noise.split()
        return b"", Secured(self._identify(), hello, sending, receiving)

    def _identify(self) -> str:
        static = self._noise.remote_static
        peer = self._known.get(static) if static is not None else None
        if peer is None or peer == self._party:
            raise NotActiveError("no party that may speak has this link key")
        return peer


def prologue(treaty_id: bytes) -> bytes:
    """Return the prologue, which ties the handshake to one treaty and one protocol version (LINK-001)."""
    return labelled(LINK_PROLOGUE, bytes([VERSION]) + treaty_id)


def _checked(hello: Hello) -> Hello:
    if VERSION not in hello.versions:
        raise LocalError(f"a hello must list version {VERSION}")
    return check(hello)


def _read_hello(payload: bytes) -> Hello:
    hello = decode_as(Hello, payload, MAX_HELLO_BYTES)
    if VERSION not in hello.versions:
        raise UnsupportedError(f"the peer does not speak version {VERSION}")
    return hello
