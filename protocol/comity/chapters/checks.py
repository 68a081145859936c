"""Normal forms and check digits of identifiers: a check returns when the text is in normal form (page intelligence).

Every check takes a text of bounded length, runs in time linear in it, and raises a ValueError that says what is wrong
without the text itself (CONV-008). Tables that change from year to year (country codes, numbering plans) judge nothing
here: two nodes of different age must agree on what is in normal form.
"""

import ipaddress
import re
from typing import Final

from stdnum import luhn
from stdnum.iso7064 import mod_97_10

_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_LEI: Final = re.compile(r"[A-Z0-9]{18}[0-9]{2}")
_BIC: Final = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_URL: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]{0,31})://"
    r"(?:[A-Za-z0-9._~!$&'()*+,;=:%-]{1,256}@)?"
    r"(?P<host>\[[0-9a-f:.]{2,45}\]|[a-z0-9_.-]{1,253})"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<rest>/[A-Za-z0-9._~!$&'()*+,;=:@%/?#\[\]|{}^`\"\\<>-]*)"
)
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LOCAL_PART: Final = re.compile(
    r"[^\x00-\x20\"(),.:;<>@\[\\\]\x7f-\xa0\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]+"
    r"(\.[^\x00-\x20\"(),.:;<>@\[\\\]\x7f-\xa0\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]+)*"
)
_MAC: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_MEID: Final = re.compile(r"[A-F][0-9A-F]{13}")
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LIKE_A_UUID: Final = re.compile(_UUID.pattern, re.IGNORECASE)
USUAL_PORTS: Final = {"http": "80", "https": "443", "ftp": "21"}
DIGEST_DIGITS: Final = {
    "md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128, "sha3-256": 64, "sha3-512": 128,
}  # fmt: skip
MAX_DOMAIN: Final = 253
MAX_LOCAL_PART: Final = 64


def iban(text: str) -> None:
    """Return when text is an IBAN without spaces whose check digits hold (ISO 13616, ISO 7064 MOD 97-10)."""
    if not _IBAN.fullmatch(text):
        raise ValueError(
            "an IBAN is two capital letters, two digits and 11 to 30 capital letters and digits (INTEL-010)"
        )
    if not "02" <= text[2:4] <= "98" or not mod_97_10.is_valid(text[4:] + text[:4]):
        raise ValueError("the check digits of the IBAN do not hold (INTEL-010)")


def lei(text: str) -> None:
    """Return when text is an LEI whose check digits hold (ISO 17442, ISO 7064 MOD 97-10)."""
    if not _LEI.fullmatch(text):
        raise ValueError("an LEI is 18 capital letters and digits and two digits (INTEL-011)")
    if not "02" <= text[18:] <= "98" or not mod_97_10.is_valid(text):
        raise ValueError("the check digits of the LEI do not hold (INTEL-011)")


def bic(text: str) -> None:
    """Return when text has the form of a BIC (ISO 9362)."""
    if not _BIC.fullmatch(text):
        raise ValueError("a BIC is 8 or 11 capital letters and digits, the fifth and sixth letters (INTEL-012)")


def phone(text: str) -> None:
    """Return when text is an international number of E.164: `+`, the country code and at most 15 digits."""
    if not _PHONE.fullmatch(text):
        raise ValueError("a phone number is + and 7 to 15 digits with the country code (INTEL-013)")


def imei(text: str) -> None:
    """Return when text is an IMEI of 15 digits whose check digit holds (3GPP TS 23.003, Luhn)."""
    _luhn(text, 15, 15, "an IMEI is 15 digits", "IMEI")


def iccid(text: str) -> None:
    """Return when text is the number of a SIM card whose check digit holds (ITU-T E.118, Luhn)."""
    _luhn(text, 18, 20, "an ICCID is 18 to 20 digits", "ICCID")
    if not text.startswith("89"):
        raise ValueError("an ICCID begins with 89 (INTEL-014)")


def _luhn(text: str, least: int, most: int, form: str, name: str) -> None:
    if not (least <= len(text) <= most and text.isascii() and text.isdigit()):
        raise ValueError(f"{form} (INTEL-014)")
    if not luhn.is_valid(text):
        raise ValueError(f"the check digit of the {name} does not hold (INTEL-014)")


def imsi(text: str) -> None:
    """Return when text has the form of an IMSI (ITU-T E.212): 14 or 15 digits; it has no check digit."""
    if not (14 <= len(text) <= 15 and text.isascii() and text.isdigit()):
        raise ValueError("an IMSI is 14 or 15 digits (INTEL-015)")


def meid(text: str) -> None:
    """Return when text is an MEID of 14 hexadecimal digits without check digit; one of digits alone is an IMEI."""
    if not _MEID.fullmatch(text):
        raise ValueError("an MEID is 14 capital hexadecimal digits that begin with a letter (INTEL-016)")


def domain(text: str) -> None:
    """Return when text is a domain name of at least two labels, each lower-case ASCII or an A-label (RFC 5890)."""
    labels = text.split(".")
    if len(labels) < 2 or len(text) > MAX_DOMAIN or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(
            "a domain is labels of lower-case ASCII letters, digits and hyphens, joined by dots (INTEL-017)"
        )
    if labels[-1].isdigit():
        raise ValueError("the last label of a domain is not a number (INTEL-017)")
    for label in labels:
        if label.startswith("xn--"):
            _a_label(label)


def _a_label(label: str) -> None:
    """Return when the label decodes by RFC 3492 and encodes again to itself. Which letters exist is no rule here."""
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
        again = decoded.encode("punycode").decode("ascii")
    except (UnicodeError, OverflowError):
        raise ValueError("a label that begins with xn-- does not decode (INTEL-017)") from None
    if decoded.isascii() or again != label[4:]:
        raise ValueError("a label that begins with xn-- is no A-label (INTEL-017)")


def ip(text: str) -> None:
    """Return when text is an IPv4 or IPv6 address in its canonical text (RFC 5952), without a zone."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError("this is no IP address (INTEL-018)") from None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        raise ValueError("an IPv4 address inside IPv6 is written as the IPv4 address (INTEL-018)")
    if str(address) != text or "%" in text:
        raise ValueError("the IP address is not in its canonical text (INTEL-018)")


def url(text: str) -> None:
    """Return when text is an absolute URL of ASCII: scheme and host in normal form, the rest as it was found."""
    match = _URL.fullmatch(text)
    if match is None:
        raise ValueError("a URL is scheme://host/path in ASCII, scheme and host in lower case (INTEL-019)")
    host, port = match["host"], match["port"]
    if host.startswith("["):
        ip(host[1:-1])
    elif host.replace(".", "").isdigit():
        ip(host)
    else:
        domain(host)
    if port is not None and (int(port) > 65_535 or port == USUAL_PORTS.get(match["scheme"])):
        raise ValueError("the port of the URL is out of range, or the usual one of its scheme (INTEL-019)")
    if _BAD_ESCAPE.search(text):
        raise ValueError("a % in the URL is not followed by two hexadecimal digits (INTEL-019)")


def email(text: str) -> None:
    """Return when text is an e-mail address: local part without quotation marks, domain in normal form (RFC 5321)."""
    local, at, host = text.rpartition("@")
    if not at or len(local) > MAX_LOCAL_PART or not _LOCAL_PART.fullmatch(local):
        raise ValueError("an e-mail address is name@domain, the name without spaces and quotation marks (INTEL-020)")
    domain(host)


def digest(algorithm: str, text: str) -> None:
    """Return when text is a digest in lower-case hexadecimal, of the length of its algorithm where that is known."""
    if len(text) % 2 or not re.fullmatch(r"[0-9a-f]{8,256}", text):
        raise ValueError("a hash is an even number of lower-case hexadecimal digits (INTEL-021)")
    if len(text) != DIGEST_DIGITS.get(algorithm, len(text)):
        raise ValueError("the hash has not the length of its algorithm (INTEL-021)")


def mac(text: str) -> None:
    """Return when text is the hardware address of a network interface: six pairs of lower-case digits and colons."""
    if not _MAC.fullmatch(text):
        raise ValueError("a hardware address is six pairs of lower-case hexadecimal digits with colons (INTEL-022)")


def payment_reference(text: str) -> None:
    """Return unless text is a UETR (RFC 4122) in capital letters; other references stay as the bank writes them."""
    if _LIKE_A_UUID.fullmatch(text) and not _UUID.fullmatch(text):
        raise ValueError("a UETR is written in lower case (INTEL-023)")


def routing_number(text: str) -> None:
    """Return when text is an ABA routing number whose check digit holds: weights 3, 7, 1 modulo 10."""
    if not re.fullmatch(r"[0-9]{9}", text) or _weighted(text, (3, 7, 1)) % 10:
        raise ValueError("an ABA routing number is 9 digits whose check digit holds (INTEL-024)")


def clabe(text: str) -> None:
    """Return when text is a CLABE whose check digit holds: the units of digit times weight 3, 7, 1, modulo 10."""
    if not re.fullmatch(r"[0-9]{18}", text):
        raise ValueError("a CLABE is 18 digits (INTEL-024)")
    units = sum(int(digit) * (3, 7, 1)[place % 3] % 10 for place, digit in enumerate(text[:17]))
    if (units + int(text[17])) % 10:
        raise ValueError("the check digit of the CLABE does not hold (INTEL-024)")


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weights[place % len(weights)] for place, digit in enumerate(digits))
