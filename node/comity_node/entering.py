"""From what an officer types, or another system writes, to the normal form of an identifier (spec page intelligence).

Nothing is guessed: separators and defanging are taken away and letters brought to their case, and what is then not in
normal form is a fault that says what is wrong. Tables that change from year to year (numbering plans, registers of
banks) give advice beside the result and never a fault.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from comity.chapters import chains, checks
from comity_node import evm
from comity_node.faults import RefusedError

MAX_TYPED: Final = 4_096
_SEPARATORS: Final = re.compile(r"[\s\u00a0\u2009\u202f./()\u2010-\u2013-]+")
_SPACES: Final = re.compile(r"[\s\u00a0\u2009\u202f-]+")
_DEFANGED: Final = (
    (re.compile(r"^h[x*]{2}p(s?)(?=:|\[)", re.IGNORECASE), r"http\1"),
    (re.compile(r"[\[({]\s*(?:\.|dot)\s*[\])}]", re.IGNORECASE), "."),
    (re.compile(r"[\[({]\s*(?:@|at)\s*[\])}]", re.IGNORECASE), "@"),
    (re.compile(r"\[\s*(:|://)\s*\]"), r"\1"),
)
_URL_PARTS: Final = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*@)?(\[[^\]/]*\]|[^/?#:]*)(?::([0-9]*))?(.*)", re.DOTALL
)
_URL_SAFE: Final = "/?#[]@!$&'()*+,;=:%~|{}^`\"\\<>"
_CLAUSE: Final = re.compile(r" \(INTEL-[0-9]{3}\)$")


class EntryError(RefusedError):
    """What was typed is not the identifier that it should be."""


@dataclass(frozen=True, slots=True)
class Entered:
    """An identifier in normal form, and what a person should look at once more."""

    text: str
    advice: tuple[str, ...] = ()


def entered(kind: str, typed: str, hint: str | None = None) -> Entered:
    """Return the normal form of what was typed for a subject of the kind.

    `hint` is what the identifier does not say itself: the country of a phone number without +, the chain of a wallet or
    transaction, the algorithm of a hash, the scheme of an account.

    Raises:
        EntryError: it is not in normal form and cannot be brought to it without guessing; the text is not repeated.
    """
    make = MAKERS.get(kind)
    if make is None:
        raise EntryError("a text of this kind has no normal form", f"use one of: {', '.join(sorted(MAKERS))}")
    if len(typed) > MAX_TYPED:
        raise EntryError(f"longer than {MAX_TYPED} characters", "enter the identifier alone")
    try:
        return make(typed.strip(), hint)
    except ValueError as fault:
        raise EntryError(_CLAUSE.sub("", str(fault)), "correct it, character by character") from None


def fanged(text: str) -> str:
    """Return the text without the marks by which analysts keep it from being clicked: hxxp, [.], [at]."""
    for pattern, instead in _DEFANGED:
        text = pattern.sub(instead, text)
    return text


def _plain(
    check: Callable[[str], None], separators: re.Pattern[str], upper: bool
) -> Callable[[str, str | None], Entered]:
    def make(typed: str, hint: str | None) -> Entered:
        text = separators.sub("", typed)
        text = text.upper() if upper and text.isascii() else text
        check(text)
        return Entered(text)

    return make


def _iban(typed: str, hint: str | None) -> Entered:
    text = _SPACES.sub("", typed)
    text = text.upper() if text.isascii() else text
    text = text.removeprefix("IBAN").lstrip(":")
    checks.iban(text)
    from stdnum import iban  # loads a table of the countries

    known = iban.is_valid(text, check_country=False)
    return Entered(
        text, () if known else ("the length or the country is not one that issues IBANs so far as is known",)
    )


def _phone(typed: str, region: str | None) -> Entered:
    if "(0)" in typed.replace(" ", ""):
        raise ValueError("leave out the (0): it is not dialled after the country code")
    text = _SEPARATORS.sub("", typed.removeprefix("tel:"))
    if not re.fullmatch(r"\+?[0-9]+", text):
        raise ValueError("a phone number is digits, with + and the country code in front")
    if not text.startswith("+"):
        if region is None:
            raise ValueError("a number without + and country code may be one in any country: say which")
        return _national(text, region)
    checks.phone(text)
    return Entered(text, _phone_advice(text))


def _national(text: str, region: str) -> Entered:
    import phonenumbers

    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("the numbers of this country are not known here: write the number with + and country code")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise ValueError("this is no phone number of that country") from None
    full = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    checks.phone(full)
    return Entered(full, _phone_advice(full))


def _phone_advice(text: str) -> tuple[str, ...]:
    import phonenumbers

    try:
        valid = phonenumbers.is_valid_number(phonenumbers.parse(text))
    except phonenumbers.NumberParseException:
        valid = False
    return () if valid else ("no country assigns such numbers so far as is known",)


def _domain(typed: str, hint: str | None) -> Entered:
    text = fanged(typed).removesuffix(".")
    if "/" in text or "@" in text:
        raise ValueError("a domain is the name alone, without http://, path and @")
    text = host_of(text)
    checks.domain(text)
    return Entered(text)


def host_of(text: str) -> str:
    """Return a host name in lower case, Unicode labels as A-labels. Raises: ValueError."""
    if text.isascii():
        return text.lower()
    import idna

    try:
        return idna.encode(text, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise ValueError("the name has a letter that no domain can have") from None


def _ip(typed: str, hint: str | None) -> Entered:
    text = fanged(typed)
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError("this is no IP address; port and mask go elsewhere, numbers have no leading zeros") from None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    text = str(address)
    checks.ip(text)
    return Entered(text)


def _url(typed: str, hint: str | None) -> Entered:
    parts = _URL_PARTS.fullmatch(fanged(typed))
    if parts is None:
        raise ValueError("a web address begins with http://, https:// or another scheme")
    scheme, user, host, port, rest = parts.groups()
    if any(character.isspace() for character in typed):
        raise ValueError("a web address has no spaces")
    scheme = scheme.lower()
    host = f"[{_ip(host[1:-1], None).text}]" if host.startswith("[") else host_of(host.removesuffix("."))
    usual = checks.USUAL_PORTS.get(scheme)
    place = "" if not port or port == usual else f":{int(port)}"
    rest = quote(rest if rest.startswith("/") else f"/{rest}", safe=_URL_SAFE)
    text = f"{scheme}://{user or ''}{host}{place}{rest}"
    checks.url(text)
    return Entered(text)


def _email(typed: str, hint: str | None) -> Entered:
    local, at, host = fanged(typed).removeprefix("mailto:").rpartition("@")
    text = f"{local}{at}{host_of(host)}"
    checks.email(text)
    return Entered(text)


def _hash(typed: str, algorithm: str | None) -> Entered:
    if algorithm is None:
        raise ValueError("say by which algorithm the hash was computed")
    text = typed.lower() if typed.isascii() else typed
    checks.digest(algorithm, text)
    return Entered(text)


def _wallet(typed: str, chain: str | None) -> Entered:
    if chain is None:
        raise ValueError("say on which chain the address is: the same text may be an address on several")
    text = typed
    if chain in chains.EVM_CHAINS:
        return _evm_address(typed)
    if typed.isascii() and typed == typed.upper() and typed.startswith(("BC1", "LTC1")):
        text = typed.lower()
    chains.address(chain, text)
    return Entered(text)


def _evm_address(typed: str) -> Entered:
    """Return the address in lower case; capitals among small letters are its check (EIP-55)."""
    if not re.fullmatch(r"0[xX][0-9A-Fa-f]{40}", typed):
        raise ValueError("the address is 0x and 40 hexadecimal digits")
    digits = typed[2:]
    if digits in (digits.lower(), digits.upper()):
        return Entered(typed.lower(), ("the address carries no check: compare it once more",))
    if evm.checksummed(typed) != f"0x{digits}":
        raise ValueError("the capitals of the address do not fit it (EIP-55): a digit is wrong")
    return Entered(typed.lower())


def _transaction(typed: str, chain: str | None) -> Entered:
    if chain is None:
        raise ValueError("say on which chain the transaction is")
    hexadecimal = chain in chains.EVM_CHAINS or chain in chains.HEX_ID_CHAINS
    text = typed.lower() if hexadecimal and typed.isascii() else typed
    chains.transaction(chain, text)
    return Entered(text)


def _imsi(typed: str, hint: str | None) -> Entered:
    text = _SPACES.sub("", typed)
    checks.imsi(text)
    from stdnum import imsi

    return Entered(text, () if imsi.is_valid(text) else ("no operator is known for such a number",))


MAKERS: Final[Mapping[str, Callable[[str, str | None], Entered]]] = MappingProxyType(
    {
        "bic": _plain(checks.bic, _SPACES, upper=True),
        "crypto-transaction": _transaction,
        "domain": _domain,
        "email": _email,
        "file-hash": _hash,
        "iban": _iban,
        "iccid": _plain(checks.iccid, _SPACES, upper=False),
        "imei": _plain(checks.imei, _SEPARATORS, upper=False),
        "imsi": _imsi,
        "ip": _ip,
        "lei": _plain(checks.lei, _SPACES, upper=True),
        "meid": _plain(checks.meid, _SPACES, upper=True),
        "phone": _phone,
        "url": _url,
        "wallet": _wallet,
    }
)
