"""Objects of MISP whose attributes make one subject together."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from comity_node.interchange.drafts import MAX_LINE, Gathering, Plain
from comity_node.interchange.misp_tables import (
    BANK_ACCOUNT,
    HASHES,
    PHONE,
    SYMBOLS,
    USER_ACCOUNT,
    VEHICLE,
)

SPACES: Final = re.compile(r"[\s-]+")
DATE: Final = re.compile(r"([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)(T00:00:00.*)?")


@dataclass(slots=True)
class Attributes:
    """The attributes of an object by relation; remembers which were used."""

    values: dict[str, list[tuple[int, str]]]
    used: set[int]

    @classmethod
    def of(cls, inner: list[Any]) -> "Attributes":
        values: dict[str, list[tuple[int, str]]] = {}
        for number, each in enumerate(inner):
            if isinstance(each, dict) and isinstance(each.get("value"), str) and not each.get("deleted"):
                values.setdefault(str(each.get("object_relation")), []).append((number, each["value"]))
        return cls(values, set())

    def first(self, relation: str) -> str | None:
        """Return the first value of the relation, and use it."""
        for number, value in self.values.get(relation, ())[:1]:
            self.used.add(number)
            return value
        return None

    def every(self, relation: str) -> list[str]:
        """Return all values of the relation, and use them."""
        found = self.values.get(relation, [])
        self.used |= {number for number, _ in found}
        return [value for _, value in found]

    def lines(self, into: Gathering, path: str, names: dict[str, str]) -> Plain:
        """Return the fields that the relations stand for, as lines."""
        found: Plain = {}
        for relation, name in names.items():
            value = self.first(relation)
            if value:
                found[name] = into.cut(f"{path}.{relation}", value, MAX_LINE)
        return found


Maker = Callable[[Gathering, str, Attributes, Plain], set[int]]


def _bank_account(into: Gathering, path: str, inner: Attributes, about: Plain) -> set[int]:
    known = inner.lines(into, path, BANK_ACCOUNT)
    iban, number, routing = inner.first("iban"), inner.first("account"), inner.first("aba-rtn")
    bic = inner.first("swift")
    told = False
    if iban:
        code = {"bic": SPACES.sub("", bic)} if bic else {}
        told = into.tell(f"{path}.iban", "iban", iban, about=about, **known, **code)
    elif bic:
        into.tell(f"{path}.swift", "bic", bic, about=about, bank=known.get("bank"))
    if number and not iban:
        scheme = {"account_scheme": "aba", "bank_code": SPACES.sub("", routing)} if routing else {}
        subject = {"kind": "account", "account_scheme": "unknown", "number": SPACES.sub("", number), **known, **scheme}
        told = into.tell_subject(f"{path}.account", subject, about)
    elif number:
        into.leave(f"{path}.account", "the account has an IBAN")
    if routing and not (number and not iban):
        into.leave(f"{path}.aba-rtn", "a routing number names a bank; enter the account with it")
    if known and not told and not bic:
        into.leave(path, "the object has no account that is carried over")
    return inner.used


def _coin_address(into: Gathering, path: str, inner: Attributes, about: Plain) -> set[int]:
    symbol = inner.first("symbol")
    chain = SYMBOLS.get(symbol.strip().upper()) if symbol else None
    if symbol and chain is None:
        into.leave(f"{path}.symbol", "the symbol does not say which chain it is")
    known = {"address": chain if symbol else "bitcoin", "address-crypto": chain, "address-xmr": "monero"}
    for relation, named in known.items():
        for value in inner.every(relation):
            into.tell(f"{path}.{relation}", "wallet", value, named, about=about)
    return inner.used


def _file(into: Gathering, path: str, inner: Attributes, about: Plain) -> set[int]:
    digests = [(relation, algorithm) for relation, algorithm in HASHES.items() if relation in inner.values]
    if not digests:
        return set()
    name, size = inner.first("filename"), inner.first("size-in-bytes")
    known: Plain = {"file_name": None if not name else into.cut(f"{path}.filename", name, MAX_LINE)}
    if size and size.isascii() and size.isdigit() and len(size) < 16:
        known["size"] = int(size)
    elif size:
        into.leave(f"{path}.size-in-bytes", "not a number of bytes")
    for relation, algorithm in digests:
        for value in inner.every(relation):
            into.tell(f"{path}.{relation}", "file-hash", value, algorithm, about=about, **known)
    return inner.used


def _person(into: Gathering, path: str, inner: Attributes, about: Plain) -> set[int]:
    parts = [*inner.every("first-name"), *inner.every("middle-name"), *inner.every("last-name")]
    aliases = inner.every("alias")
    name = inner.first("full-name") or " ".join(parts) or next(iter(aliases), "")
    if not name:
        into.leave(path, "a person needs a name")
        return inner.used
    if parts and name != " ".join(parts):
        into.leave(f"{path}.last-name", "the full name is told")
    born = DATE.fullmatch(inner.first("date-of-birth") or "")
    person = {
        "address": None,
        "born": born[1] if born else None,
        "identities": [],
        "name": into.cut(f"{path}.full-name", name, MAX_LINE),
        "nationality": None,
        "other_names": [into.cut(f"{path}.alias", each, MAX_LINE) for each in aliases[:8] if each != name],
        "role": about.get("role", into.role),
    }
    into.tell_subject(path, {"kind": "person", "person": person}, about)
    return inner.used


def _phone(into: Gathering, path: str, inner: Attributes, about: Plain) -> set[int]:
    for relation, kind in PHONE.items():
        for value in inner.every(relation):
            place = f"{path}.{relation}"
            if kind == "device":
                into.tell_subject(place, {"kind": kind, "identifier": value, "identifier_type": "serial"}, about)
            else:
                into.tell(place, kind, value, about=about)
    return inner.used


def _legal_entity(into: Gathering, path: str, inner: Attributes, about: Plain) -> set[int]:
    into.leave(path, "a legal person needs a country, which the object does not say; enter it as an entity")
    return set()


def _user_account(into: Gathering, path: str, inner: Attributes, about: Plain) -> set[int]:
    platform = inner.first("account-type")
    known = inner.lines(into, path, USER_ACCOUNT)
    if not platform or not known:
        into.leave(path, "an account needs the name of its platform, and a name or number")
        return inner.used
    if "handle" in known:
        known["handle"] = known["handle"].removeprefix("@")
    into.tell_subject(path, {"kind": "social-account", "platform": platform.strip().lower(), **known}, about)
    return inner.used


def _vehicle(into: Gathering, path: str, inner: Attributes, about: Plain) -> set[int]:
    known = inner.lines(into, path, VEHICLE)
    if "plate" in known:
        known["plate"] = SPACES.sub("", known["plate"]).upper()
    if "vin" in known:
        known["vin"] = SPACES.sub("", known["vin"]).upper()
    into.tell_subject(path, {"kind": "vehicle", **known}, about)
    return inner.used


OBJECTS: Final[dict[str, Maker]] = {
    "bank-account": _bank_account,
    "coin-address": _coin_address,
    "file": _file,
    "legal-entity": _legal_entity,
    "person": _person,
    "phone": _phone,
    "user-account": _user_account,
    "vehicle": _vehicle,
}
