"""What STIX and comity call the same thing: tables, read by import and export."""

from typing import Any, Final

# Properties of every STIX object that name the object at its source and say nothing of its subject.
SOURCE_NAMES: Final = frozenset({"id", "created", "modified", "spec_version"})
REASONS: Final = {
    "created_by_ref": "who made the object is not carried over; the sender of a comity message signs it",
    "external_references": "references are not carried over; name them in the summary where they matter",
    "granular_markings": "markings of single properties are not kept; the strictest counts for all",
    "indicator_types": "types of indicators are not carried over; set the role and the type of fraud",
    "kill_chain_phases": "phases of an attack have no field",
    "labels": "labels have no field",
    "lang": "the language is that of the message",
    "pattern_version": "the version of a pattern has no field",
    "revoked": "only what is not revoked is carried over",
    "valid_from": "an indicator has no beginning of its validity",
}
OBJECTS: Final = {
    "identity": "what part a person or body plays is not said; enter it as a person or entity with its role",
    "relationship": "indicators have no relations; say in the summary what belongs together",
    "sighting": "a sighting is a message of its own: intelligence.sighting",
    "observed-data": "how often something was observed has no field; what was observed is carried over by itself",
    "extension-definition": "definitions of extensions are not carried over",
    "language-content": "a message has one language",
}

# STIX object -> its property that is the identifier -> kind of subject
SIMPLE: Final = {
    "bank-account": {"iban": "iban", "bic": "bic"},
    "domain-name": {"value": "domain", "resolves_to_refs[*].value": "ip"},
    "email-addr": {"value": "email"},
    "email-message": {"from_ref.value": "email", "sender_ref.value": "email"},
    "ipv4-addr": {"value": "ip"},
    "ipv6-addr": {"value": "ip"},
    "network-traffic": {"src_ref.value": "ip", "dst_ref.value": "ip"},
    "phone-number": {"value": "phone"},
    "url": {"value": "url"},
}
DISPLAY_NAMES: Final = {"email-addr": ("display_name", "display_name")}
HASHES: Final = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-224": "sha224",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
    "SHA3-256": "sha3-256",
    "SHA3-512": "sha3-512",
}
STIX_HASHES: Final = {ours: theirs for theirs, ours in HASHES.items()}
# account types of STIX that are accounts on a machine, not on a platform
MACHINE_ACCOUNTS: Final = frozenset(
    {"ldap", "nis", "openid", "radius", "tacacs", "unix", "windows-domain", "windows-local"}
)
OUT: Final = {"domain": "domain-name", "email": "email-addr", "url": "url"}

PREFIX: Final = "x-comity-"
# kind -> fields by which the subject is met again, where STIX has no object for it
IDENTITY: Final[dict[str, tuple[str, ...]]] = {
    "account": ("account_scheme", "bank_code", "country", "number"),
    "address": ("address", "country"),
    "app": ("package", "system"),
    "bic": ("bic",),
    "card": ("first6", "last4"),
    "crypto-transaction": ("chain", "txid"),
    "device": ("identifier", "identifier_type"),
    "entity": ("entity.country", "entity.lei", "entity.name", "entity.register"),
    "file-hash": ("algorithm", "digest"),
    "iban": ("iban",),
    "iccid": ("iccid",),
    "imei": ("imei",),
    "imsi": ("imsi",),
    "lei": ("lei",),
    "meid": ("meid",),
    "payment": ("payment_reference",),
    "person": ("person.born", "person.name", "person.nationality"),
    "phone": ("phone",),
    "sender-id": ("sender_id",),
    "social-account": ("handle", "platform", "user_id"),
    "vehicle": ("country", "plate", "vin"),
    "wallet": ("chain", "wallet"),
}

EXTENSION: Final = "extension-definition--e81ac690-511b-4b07-ac41-3b1cb8564fe3"
MAKER: Final = "identity--f20c7aab-1c12-43eb-af05-9a83e2217942"
DEFINED: Final = "2026-01-01T00:00:00.000Z"


def definition() -> list[dict[str, Any]]:
    """Return the objects that define the extension in which an indicator of comity travels whole."""
    common = {"spec_version": "2.1", "created": DEFINED, "modified": DEFINED}
    return [
        {"type": "identity", "id": MAKER, "name": "comity", "identity_class": "system", **common},
        {
            "type": "extension-definition",
            "id": EXTENSION,
            "created_by_ref": MAKER,
            "name": "comity indicator",
            "description": "The indicator as a comity message tells it; all fields of the record Indicator.",
            "schema": "The record Indicator of the page intelligence of the comity specification, in its plain form.",
            "version": "1.0.0",
            "extension_types": ["property-extension"],
            **common,
        },
    ]
