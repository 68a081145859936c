"""Addresses and transaction ids of crypto-asset chains: normal form and checksum by chain (spec page intelligence).

A chain that has no entry here is told as a text without spaces: its addresses have a form that this version does not
know, and nothing is refused for that.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from stdnum.bitcoin import b58decode, bech32_checksum

_BASE58: Final = re.compile(r"[1-9A-HJ-NP-Za-km-z]{25,36}")
_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_CONSTANT: Final = 1  # BIP 173, witness version 0
_BECH32M_CONSTANT: Final = 0x2BC830A3  # BIP 350, later versions
_EVM: Final = re.compile(r"0x[0-9a-f]{40}")
_PLAIN: Final = re.compile(r"[\x21-\x7e]{1,200}")
_HEX_ID: Final = re.compile(r"[0-9a-f]{64}")
_EVM_ID: Final = re.compile(r"0x[0-9a-f]{64}")

EVM_CHAINS: Final = frozenset({"ethereum", "bsc", "polygon", "arbitrum", "optimism", "base", "avalanche"})
HEX_ID_CHAINS: Final = frozenset({"bitcoin", "bitcoin-cash", "litecoin", "dogecoin", "dash", "tron", "monero"})


def _evm(address: str) -> None:
    if not _EVM.fullmatch(address):
        raise ValueError("the address is not 0x and 40 lower-case hexadecimal digits (INTEL-025)")


def _base58(versions: frozenset[int], address: str) -> None:
    """Return when the address is base58 of a version byte, 20 bytes and the checksum over both."""
    if not _BASE58.fullmatch(address):
        raise ValueError("the address has not the form of its chain (INTEL-025)")
    data = b58decode(address)
    if len(data) != 25 or data[0] not in versions:
        raise ValueError("the address has not the length or version of its chain (INTEL-025)")
    if hashlib.sha256(hashlib.sha256(data[:21]).digest()).digest()[:4] != data[21:]:
        raise ValueError("the checksum of the address does not hold (INTEL-025)")


def _segwit(prefix: str, address: str) -> None:
    """Return when the address is a witness program in lower case (BIP 173, BIP 350)."""
    values = [_BECH32.find(letter) for letter in address[len(prefix) + 1 :]]
    if not 11 <= len(address) <= 90 or -1 in values or len(values) < 8:
        raise ValueError("the address has not the form of its chain (INTEL-025)")
    wanted = _BECH32M_CONSTANT if values[0] else _BECH32_CONSTANT
    if bech32_checksum([*_expanded(prefix), *values]) != wanted:
        raise ValueError("the checksum of the address does not hold (INTEL-025)")
    size, rest = divmod(5 * (len(values) - 7), 8)
    tail = values[-7] & ((1 << rest) - 1)
    allowed = (20, 32) if not values[0] else range(2, 41)
    if values[0] > 16 or rest > 4 or tail or size not in allowed:
        raise ValueError("the address has not the length or version of its chain (INTEL-025)")


def _expanded(prefix: str) -> list[int]:
    return [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]


def _either(prefix: str, versions: frozenset[int], address: str) -> None:
    if address.startswith(prefix + "1"):
        _segwit(prefix, address)
    else:
        _base58(versions, address)


_ADDRESSES: Final[Mapping[str, Callable[[str], None]]] = MappingProxyType(
    {
        "bitcoin": partial(_either, "bc", frozenset({0x00, 0x05})),
        "litecoin": partial(_either, "ltc", frozenset({0x30, 0x32, 0x05})),
        "dogecoin": partial(_base58, frozenset({0x1E, 0x16})),
        "dash": partial(_base58, frozenset({0x4C, 0x10})),
        "tron": partial(_base58, frozenset({0x41})),
        **dict.fromkeys(EVM_CHAINS, _evm),
    }
)
CHECKED_CHAINS: Final = frozenset(_ADDRESSES)


def address(chain: str, text: str) -> None:
    """Return when text is an address of the chain in normal form.

    Raises:
        ValueError: it is not, or its checksum does not hold; the text is not repeated.
    """
    if not _PLAIN.fullmatch(text):
        raise ValueError("an address of a chain is 1 to 200 ASCII characters without spaces (INTEL-025)")
    check = _ADDRESSES.get(chain)
    if check is not None:
        check(text)


def transaction(chain: str, text: str) -> None:
    """Return when text is the id of a transaction of the chain in normal form. Raises: ValueError."""
    wanted = _EVM_ID if chain in EVM_CHAINS else _HEX_ID if chain in HEX_ID_CHAINS else _PLAIN
    if not wanted.fullmatch(text):
        raise ValueError("the id of the transaction has not the form of its chain (INTEL-026)")
