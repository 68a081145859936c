"""Handshake patterns as data, and what a protocol name says (Noise revision 34, sections 7 to 9; spec page link).

The table holds the patterns that published vectors or another implementation judge here.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from comity.errors import LocalError


class Token(StrEnum):
    """A step of a handshake message (section 7.1; e1 and ekem1 as in the spec page link)."""

    E = "e"
    S = "s"
    EE = "ee"
    ES = "es"
    SE = "se"
    SS = "ss"
    PSK = "psk"
    E1 = "e1"
    EKEM1 = "ekem1"


DH_TOKENS: Final = frozenset({Token.EE, Token.ES, Token.SE, Token.SS})

# The first message goes from the initiator, the next ones in turn. Before "..." stands what is known beforehand.
_PATTERNS: Final = {
    # one way
    "N": "<- s ... e es",
    "K": "-> s <- s ... e es ss",
    "X": "<- s ... e es s ss",
    # fundamental
    "NN": "... e / e ee",
    "NK": "<- s ... e es / e ee",
    "NX": "... e / e ee s es",
    "KN": "-> s ... e / e ee se",
    "KK": "-> s <- s ... e es ss / e ee se",
    "KX": "-> s ... e / e ee se s es",
    "XN": "... e / e ee / s se",
    "XK": "<- s ... e es / e ee / s se",
    "XX": "... e / e ee s es / s se",
    "IN": "... e s / e ee se",
    "IK": "<- s ... e es s ss / e ee se",
    "IX": "... e s / e ee se s es",
    # deferred
    "KK1": "-> s <- s ... e / e ee se es",
    "K1K1": "-> s <- s ... e / e ee es / se",
    "X1X": "... e / e ee s es / s / se",
    "XX1": "... e / e ee s / es s se",
    "X1X1": "... e / e ee s / es s / se",
    "I1K": "<- s ... e es s / e ee / se",
    "IK1": "<- s ... e s / e ee se es",
    "I1K1": "<- s ... e s / e ee es / se",
}
_NAME: Final = re.compile(r"Noise_([A-Z1]+)((?:psk[0-9]|hfs)(?:\+(?:psk[0-9]|hfs))*)?_([^_]+)_ChaChaPoly_([^_]+)")
_HASHES: Final = frozenset({"SHA256", "BLAKE2s", "BLAKE2b"})

Messages = tuple[tuple[Token, ...], ...]


@dataclass(frozen=True, slots=True)
class Protocol:
    """What a protocol name stands for.

    Attributes:
        name: the whole name, ASCII.
        hash_name: SHA256, BLAKE2s or BLAKE2b.
        initiator_known, responder_known: whether that side's static key is known before the handshake.
        messages: the tokens of each message.
        psks: how many pre-shared keys the pattern takes.
    """

    name: str
    hash_name: str
    initiator_known: bool
    responder_known: bool
    messages: Messages
    psks: int


@lru_cache(64)
def parse(name: str) -> Protocol:
    """Return what the protocol name stands for.

    Raises:
        LocalError: no such pattern, modifier, Diffie-Hellman, cipher or hash here.
    """
    match = _NAME.fullmatch(name)
    if match is None or match[1] not in _PATTERNS or match[4] not in _HASHES:
        raise LocalError(f"protocol {name} is not known")
    modifiers = match[2].split("+") if match[2] else []
    if match[3] != ("25519+MLKEM768" if "hfs" in modifiers else "25519"):
        raise LocalError(f"protocol {name}: {match[3]} does not go with the pattern")
    known, _, steps = _PATTERNS[match[1]].partition("...")
    messages: Messages = tuple(tuple(map(Token, step.split())) for step in steps.split("/"))
    for modifier in modifiers:
        messages = _with_hfs(messages) if modifier == "hfs" else _with_psk(messages, int(modifier[3:]))
    psks = sum(message.count(Token.PSK) for message in messages)
    return Protocol(name, match[4], "-> s" in known, "<- s" in known, messages, psks)


def _with_psk(messages: Messages, place: int) -> Messages:
    """Return messages with psk before the first one (place 0) or after message number `place` (section 9)."""
    if place > len(messages):
        raise LocalError(f"psk{place}: the pattern has {len(messages)} messages")
    at = max(place - 1, 0)
    changed = (Token.PSK, *messages[at]) if place == 0 else (*messages[at], Token.PSK)
    return (*messages[:at], changed, *messages[at + 1 :])


def _with_hfs(messages: Messages) -> Messages:
    """Return messages with e1 after the first e and the DH that follows it, and ekem1 after the first ee."""
    if len(messages) < 2:
        raise LocalError("hfs needs an answer to the first message")
    first, second, *others = messages
    at = first.index(Token.E) + 1
    if at < len(first) and first[at] in DH_TOKENS:
        at += 1
    behind = second.index(Token.EE) + 1
    return ((*first[:at], Token.E1, *first[at:]), (*second[:behind], Token.EKEM1, *second[behind:]), *others)
