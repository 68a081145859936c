"""HandshakeState (Noise revision 34, section 5.3), driven by the tokens of the pattern."""

from collections.abc import Callable, Sequence
from typing import Final

from comity.errors import LocalError, MalformedError
from comity.keys import KEM_CIPHERTEXT_BYTES, KEM_PUBLIC_BYTES, TAG_BYTES, X25519_BYTES, KemKey, LinkKey, encapsulate
from comity.limits import MAX_RECORD_BYTES
from comity.noise.cipherstate import CipherState
from comity.noise.patterns import DH_TOKENS, Token, parse
from comity.noise.symmetricstate import SymmetricState

Encapsulate = Callable[[bytes], tuple[bytes, bytes]]
_PSK_BYTES: Final = 32
_SIZES: Final = {
    Token.E: X25519_BYTES,
    Token.S: X25519_BYTES,
    Token.E1: KEM_PUBLIC_BYTES,
    Token.EKEM1: KEM_CIPHERTEXT_BYTES,
}
_ENCRYPTED: Final = frozenset({Token.S, Token.E1, Token.EKEM1})
_KEYING: Final = DH_TOKENS | {Token.EKEM1, Token.PSK}


class HandshakeState:
    """One side of one handshake.

    The sides write and read in turn until is_finished; then each calls split(). After an error in what the peer sent,
    every further call raises LocalError.
    """

    def __init__(
        self,
        protocol_name: str,
        initiator: bool,
        *,
        prologue: bytes = b"",
        s: LinkKey | None = None,
        e: bytes | None = None,
        rs: bytes | None = None,
        psks: Sequence[bytes] = (),
        kem_seed: bytes | None = None,
        encapsulate: Encapsulate = encapsulate,
    ) -> None:
        """Begin a handshake.

        Args:
            protocol_name: for example `Noise_XKhfs_25519+MLKEM768_ChaChaPoly_SHA256`.
            initiator: whether this side sends the first message.
            prologue: what both sides must agree on without sending it.
            s: our static key, where the pattern uses one.
            e: 32 random bytes, our ephemeral private key; never used for two handshakes.
            rs: the peer's static public key, where the pattern says that it is known beforehand.
            psks: the pre-shared keys of 32 bytes, in the order of the pattern.
            kem_seed: 64 random bytes for e1, where we send it; never used for two handshakes.
            encapsulate: gives shared secret and ciphertext for e1; a vector may fix its coins.

        Raises:
            LocalError: an unknown protocol, or a key that the pattern needs is missing or of a wrong size.
        """
        self._protocol = protocol = parse(protocol_name)
        self._initiator, self._encapsulate, self._psks = initiator, encapsulate, list(psks)
        self._local = {} if s is None else {"s": s}
        if e is not None:
            self._local["e"] = LinkKey.from_seed(e)
        self._kem = {} if kem_seed is None else {Token.E1: KemKey.from_seed(kem_seed)}
        self._remote = {} if rs is None else {"s": rs}
        self._done = 0  # messages
        self._dead = self._is_split = False
        self._check_keys()
        self._symmetric = SymmetricState(protocol.name, protocol.hash_name)
        self._symmetric.mix_hash(prologue)
        if protocol.initiator_known:
            self._symmetric.mix_hash(self._static(ours=initiator))
        if protocol.responder_known:
            self._symmetric.mix_hash(self._static(ours=not initiator))

    @property
    def is_finished(self) -> bool:
        """Return whether all messages of the pattern have passed."""
        return self._done == len(self._protocol.messages)

    @property
    def is_our_turn(self) -> bool:
        """Return whether the next message is ours to write."""
        return not self.is_finished and self._initiator == (self._done % 2 == 0)

    @property
    def handshake_hash(self) -> bytes:
        """Return the hash of the whole handshake, the same on both sides and different in every handshake.

        Raises:
            LocalError: the handshake has not finished.
        """
        if not self.is_finished:
            raise LocalError("the handshake has not finished")
        return self._symmetric.h

    @property
    def remote_static(self) -> bytes | None:
        """Return the peer's static public key, 32 bytes, None as long as it is not known.

        A key that came with a message is proved to be the peer's only when the handshake has finished.
        """
        return self._remote.get("s")

    def write_message(self, payload: bytes) -> bytes:
        """Return the next message.

        Raises:
            LocalError: not our turn, or the message would have more than 65,535 bytes. Nothing has changed.
            MalformedError: the peer's e1 is no ML-KEM-768 key (KEY-011).
            AuthenticationError: the peer sent an X25519 key of low order (KEY-010).
        """
        tokens = self._tokens(ours=True)
        if self._overhead(tokens) + len(payload) > MAX_RECORD_BYTES:
            raise LocalError("the payload is too long for a Noise message")
        self._dead = True  # until all has gone well
        parts = [self._write(token) for token in tokens]
        message = b"".join((*parts, self._symmetric.encrypt_and_hash(payload)))
        self._pass_on()
        return message

    def read_message(self, message: bytes) -> bytes:
        """Return the payload of the peer's next message.

        Raises:
            LocalError: not the peer's turn. Nothing has changed.
            MalformedError: too short, too long, or with a key that is none.
            AuthenticationError: altered, or made with other keys, another prologue or another pattern.
        """
        tokens = self._tokens(ours=False)
        self._dead = True  # until all has gone well
        if len(message) > MAX_RECORD_BYTES:
            raise MalformedError("too long for a Noise message")
        rest = message
        for token in tokens:
            rest = self._read(token, rest)
        payload = self._symmetric.decrypt_and_hash(rest)
        self._pass_on()
        return payload

    def split(self) -> tuple[CipherState, CipherState]:
        """Return the cipher states for sending and for receiving. In a pattern of one message only one may be used.

        Raises:
            LocalError: the handshake has not finished, or was split before (two states with one key repeat nonces).
        """
        if self._is_split or not self.is_finished:
            raise LocalError("the handshake has not finished, or was split already")
        self._is_split = True
        from_initiator, from_responder = self._symmetric.split()
        return (from_initiator, from_responder) if self._initiator else (from_responder, from_initiator)

    def _check_keys(self) -> None:
        protocol = self._protocol
        ours = [token for message in protocol.messages[not self._initiator :: 2] for token in message]
        we_are_known, peer_is_known = protocol.initiator_known, protocol.responder_known
        if not self._initiator:
            we_are_known, peer_is_known = peer_is_known, we_are_known
        _need((we_are_known or Token.S in ours) <= ("s" in self._local), "s, our static key, is missing")
        _need((Token.E in ours) <= ("e" in self._local), "e, our ephemeral key, is missing")
        _need((Token.E1 in ours) <= (Token.E1 in self._kem), "kem_seed is missing")
        _need(peer_is_known == ("s" in self._remote), "rs goes with a pattern that knows it, and only with such")
        _need(all(len(key) == X25519_BYTES for key in self._remote.values()), f"rs has {X25519_BYTES} bytes")
        _need(len(self._psks) == protocol.psks, f"the pattern takes {protocol.psks} pre-shared keys")
        _need(all(len(psk) == _PSK_BYTES for psk in self._psks), f"a pre-shared key has {_PSK_BYTES} bytes")

    def _static(self, *, ours: bool) -> bytes:
        return self._local["s"].public.data if ours else self._remote["s"]

    def _tokens(self, *, ours: bool) -> tuple[Token, ...]:
        """Return the tokens of the message that is due, when it is for this side to write (or read) it."""
        if self._dead:
            raise LocalError("the handshake has failed")
        if self.is_finished or self.is_our_turn != ours:
            raise LocalError("a handshake message out of turn")
        return self._protocol.messages[self._done]

    def _pass_on(self) -> None:
        self._done += 1
        self._dead = False

    def _overhead(self, tokens: tuple[Token, ...]) -> int:
        """Return the length of the message without its payload."""
        total, keyed = 0, self._symmetric.has_key
        for token in tokens:
            total += _SIZES.get(token, 0) + (TAG_BYTES if keyed and token in _ENCRYPTED else 0)
            keyed = keyed or token in _KEYING or (token is Token.E and self._protocol.psks > 0)
        return total + (TAG_BYTES if keyed else 0)

    def _write(self, token: Token) -> bytes:
        """Return the bytes that the token adds to the message."""
        symmetric = self._symmetric
        match token:
            case Token.E:
                return self._mix_ephemeral(self._local["e"].public.data)
            case Token.S:
                return symmetric.encrypt_and_hash(self._local["s"].public.data)
            case Token.E1:
                return symmetric.encrypt_and_hash(self._kem[token].public)
            case Token.EKEM1:
                secret, ciphertext = self._encapsulate(self._remote[Token.E1])
                sealed = symmetric.encrypt_and_hash(ciphertext)
                symmetric.mix_key(secret)
                return sealed
        self._mix(token)
        return b""

    def _read(self, token: Token, message: bytes) -> bytes:
        """Return what of the message is left after the token."""
        symmetric = self._symmetric
        size = _SIZES.get(token, 0) + (TAG_BYTES if symmetric.has_key and token in _ENCRYPTED else 0)
        if len(message) < size:
            raise MalformedError("a handshake message is too short")
        field, rest = message[:size], message[size:]
        match token:
            case Token.E:
                self._remote[token] = self._mix_ephemeral(field)
            case Token.S | Token.E1:
                self._remote[token] = symmetric.decrypt_and_hash(field)
            case Token.EKEM1:
                ciphertext = symmetric.decrypt_and_hash(field)
                symmetric.mix_key(self._kem[Token.E1].decapsulate(ciphertext))
            case _:
                self._mix(token)
        return rest

    def _mix(self, token: Token) -> None:
        """Do what both sides do alike and nothing is sent for."""
        if token is Token.PSK:
            self._symmetric.mix_key_and_hash(self._psks.pop(0))
        else:
            mine, theirs = (token[0], token[1]) if self._initiator else (token[1], token[0])
            self._symmetric.mix_key(self._local[mine].exchange(self._remote[theirs]))

    def _mix_ephemeral(self, public: bytes) -> bytes:
        self._symmetric.mix_hash(public)
        if self._protocol.psks:
            self._symmetric.mix_key(public)
        return public

    def __repr__(self) -> str:
        return f"HandshakeState({self._protocol.name}, initiator={self._initiator}, messages={self._done})"


def _need(fulfilled: bool, otherwise: str) -> None:
    if not fulfilled:
        raise LocalError(otherwise)
