"""MISP events out: indicators to attributes and objects, with a list of all that MISP has no place for."""

from typing import Any, Final

from comity_node.interchange.drafts import Left, Plain
from comity_node.interchange.misp_tables import BANK_ACCOUNT, CATEGORIES, SYMBOLS, TEMPLATES, USER_ACCOUNT, VEHICLE
from comity_node.interchange.naming import uuid_of
from comity_node.interchange.outgoing import NOT_TOLD, Outgoing
from comity_node.times import iso, parse_time

Node = dict[str, Any]
ATTRIBUTES: Final = {
    "bic": "bic",
    "domain": "domain",
    "email": "email",
    "iban": "iban",
    "ip": "ip-src",
    "phone": "phone-number",
    "url": "url",
}
CHAIN_SYMBOLS: Final = {chain: symbol for symbol, chain in SYMBOLS.items() if symbol not in ("BSC", "TRON")}
OWN_CHAINS: Final = {"bitcoin": "btc", "dash": "dash", "monero": "xmr"}
HASH_TYPES: Final = frozenset({"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3-256", "sha3-512"})
DISTRIBUTION: Final = "0"  # the organisation that imports it; it decides who else may have it


def write_misp(message: Outgoing) -> tuple[Node, list[Left]]:
    """Return an event, and what MISP has no place for."""
    writer = _Writer(message)
    for number, plain in enumerate(message.indicators):
        writer.indicator(number, plain)
    conditions = [each for each in message.conditions if not each.startswith("PAP:")]
    for number, text in enumerate(conditions):
        writer.attributes.append(writer.attribute(("condition", number), "comment", text, "Other"))
    if message.summary != message.title:
        writer.attributes.append(writer.attribute(("summary",), "comment", message.summary, "Other"))
    event = {
        "uuid": writer.uuid("event"),
        "info": message.title,
        "date": iso(message.created_us)[:10],
        "timestamp": str(message.created_us // 1_000_000),
        "analysis": "0",
        "threat_level_id": "4",
        "distribution": DISTRIBUTION,
        "published": False,
        "Tag": [{"name": f"tlp:{message.tlp.lower()}"}, {"name": f"PAP:{message.pap}"}],
        "Attribute": writer.attributes,
        "Object": writer.objects,
    }
    return {"Event": event}, list(dict.fromkeys(writer.left))


class _Writer:
    def __init__(self, message: Outgoing) -> None:
        self._message = message
        self.attributes: list[Node] = []
        self.objects: list[Node] = []
        self.left = list(message.left)

    def uuid(self, *names: object) -> str:
        return uuid_of(self._message.hash, "misp", *names)

    def attribute(self, names: tuple[object, ...], kind: str, value: str, category: str, **more: Any) -> Node:
        return {
            "uuid": self.uuid(*names, kind, value),
            "type": kind,
            "category": category,
            "value": value,
            "to_ids": False,
            "distribution": "5",  # as the event
            "timestamp": str(self._message.created_us // 1_000_000),
            "comment": "",
            **more,
        }

    def indicator(self, number: int, plain: Plain) -> None:
        """Write one indicator, or say that MISP has no place for it."""
        subject = plain["subject"]
        kind, path = subject["kind"], f"indicators[{number}]"
        about = self._about(plain)
        told: set[str] = {"kind"}
        if kind in ATTRIBUTES:
            told.add(kind)
            if kind == "iban" and any(subject[name] for name in ("bank", "bic", "holder")):
                told |= self._bank_account(number, subject, about, {"iban": subject["iban"], "swift": subject["bic"]})
            else:
                self._attribute(number, ATTRIBUTES[kind], subject[kind], about)
        elif kind == "file-hash" and subject["algorithm"] in HASH_TYPES:
            told |= self._hash(number, subject, about)
        elif kind == "wallet" and (subject["chain"] in OWN_CHAINS or subject["chain"] in CHAIN_SYMBOLS):
            told |= self._wallet(number, subject, about)
        elif kind == "account":
            told |= self._account(number, subject, about)
        elif kind == "device" and subject["identifier_type"] == "mac":
            told |= {"identifier", "identifier_type"}
            self._attribute(number, "mac-address", subject["identifier"], about)
        elif kind in ("imei", "imsi"):
            told.add(kind)
            self._object(number, "phone", {kind: ("text", subject[kind])}, about)
        elif kind == "social-account":
            told |= self._user_account(number, subject, about)
        elif kind == "person":
            self._person(number, subject["person"], about)
            told.add("person")
        elif kind == "vehicle":
            told |= self._vehicle(number, subject, about)
        else:
            self.left.append(Left(path, f"comity has no place in MISP for this {kind}"))
            return
        hidden = sorted(name for name, value in subject.items() if name not in told and value not in (None, False))
        self.left += [Left(f"{path}.subject.{name}", NOT_TOLD) for name in hidden]
        for name in ("confidence", "role", "valid_until"):
            if plain[name] is not None:
                self.left.append(Left(f"indicators[*].{name}", NOT_TOLD))
        if plain["grade"] is not None and plain["grade"]["scheme"] != "admiralty":
            self.left.append(Left("indicators[*].grade", "only the normalised pair is told, as the admiralty scale"))

    def _about(self, plain: Plain) -> Node:
        about: Node = {"comment": plain["context"] or ""}
        for name in ("first_seen", "last_seen"):
            if plain[name] is not None:
                about[name] = iso(parse_time(plain[name])).replace("Z", "+00:00")
        tags = [f"PAP:{plain['pap']}"] if plain["pap"] else []
        if plain["grade"] is not None:
            reliability, credibility = plain["grade"]["reliability"].lower(), plain["grade"]["credibility"]
            tags.append(f'admiralty-scale:source-reliability="{reliability}"')
            tags.append(f'admiralty-scale:information-credibility="{credibility}"')
        return about | ({"Tag": [{"name": tag} for tag in tags]} if tags else {})

    def _attribute(self, number: int, kind: str, value: str, about: Node) -> None:
        category = CATEGORIES.get(kind, "Other" if kind == "mac-address" else "Payload delivery")
        self.attributes.append(self.attribute((number,), kind, value, category, **about))

    def _object(self, number: int, name: str, relations: dict[str, tuple[str, str | None]], about: Node) -> None:
        template, version, category = TEMPLATES[name]
        tags = {"Tag": about["Tag"]} if "Tag" in about else {}
        inner = [
            self.attribute((number, relation), kind, value, "Other", object_relation=relation, **tags)
            for relation, (kind, value) in relations.items()
            if value
        ]
        self.objects.append(
            {
                "uuid": self.uuid(number, name),
                "name": name,
                "meta-category": category,
                "template_uuid": template,
                "template_version": version,
                "distribution": "5",
                "timestamp": str(self._message.created_us // 1_000_000),
                "Attribute": inner,
                **{key: value for key, value in about.items() if key != "Tag"},
            }
        )

    def _hash(self, number: int, subject: Plain, about: Node) -> set[str]:
        kind, value = subject["algorithm"], subject["digest"]
        if subject["file_name"] and "|" not in subject["file_name"]:
            self._attribute(number, f"filename|{kind}", f"{subject['file_name']}|{value}", about)
            return {"algorithm", "digest", "file_name"}
        self._attribute(number, kind, value, about)
        return {"algorithm", "digest"}

    def _wallet(self, number: int, subject: Plain, about: Node) -> set[str]:
        chain, value = subject["chain"], subject["wallet"]
        if chain in OWN_CHAINS:
            self._attribute(number, OWN_CHAINS[chain], value, about)
        else:
            symbol = ("text", CHAIN_SYMBOLS[chain])
            self._object(number, "coin-address", {"address-crypto": ("text", value), "symbol": symbol}, about)
        return {"chain", "wallet"}

    def _bank_account(self, number: int, subject: Plain, about: Node, named: dict[str, str | None]) -> set[str]:
        types = {"iban": "iban", "swift": "bic", "account": "bank-account-nr", "aba-rtn": "aba-rtn"}
        relations = {relation: (types[relation], value) for relation, value in named.items()}
        relations |= {relation: ("text", subject[ours]) for relation, ours in BANK_ACCOUNT.items()}
        self._object(number, "bank-account", relations, about)
        return {"bank", "holder", "bic"}

    def _account(self, number: int, subject: Plain, about: Node) -> set[str]:
        is_aba = subject["account_scheme"] == "aba"
        named = {"account": subject["number"], "aba-rtn": subject["bank_code"] if is_aba else None}
        told = {"number"} | ({"account_scheme", "bank_code"} if is_aba else set())
        if subject["account_scheme"] == "unknown":
            told.add("account_scheme")
        return told | self._bank_account(number, subject, about, named)

    def _user_account(self, number: int, subject: Plain, about: Node) -> set[str]:
        relations = {relation: ("text", subject[ours]) for relation, ours in USER_ACCOUNT.items()}
        self._object(number, "user-account", {"account-type": ("text", subject["platform"]), **relations}, about)
        return {"platform", *USER_ACCOUNT.values()}

    def _person(self, number: int, person: Plain, about: Node) -> None:
        self._object(number, "person", {"date-of-birth": ("date-of-birth", person["born"])}, about)
        names = dict.fromkeys((person["name"], *person["other_names"]))  # the template has no place for a whole name
        aliases = [self.attribute((number, each), "text", each, "Person") for each in names]
        self.objects[-1]["Attribute"] += [alias | {"object_relation": "alias"} for alias in aliases]
        for name in ("address", "identities", "nationality"):
            if person[name]:
                self.left.append(Left(f"indicators[{number}].subject.person.{name}", NOT_TOLD))

    def _vehicle(self, number: int, subject: Plain, about: Node) -> set[str]:
        self._object(number, "vehicle", {name: ("text", subject[ours]) for name, ours in VEHICLE.items()}, about)
        return set(VEHICLE.values())
