"""What MISP and comity call the same thing: types of attributes and templates of objects, read by import and export."""

from typing import Final

# attribute type -> kind of subject and the hint for its normal form
TYPES: Final[dict[str, tuple[str, str | None]]] = {
    "bic": ("bic", None),
    "btc": ("wallet", "bitcoin"),
    "dash": ("wallet", "dash"),
    "dns-soa-email": ("email", None),
    "domain": ("domain", None),
    "email": ("email", None),
    "email-dst": ("email", None),
    "email-reply-to": ("email", None),
    "email-src": ("email", None),
    "hostname": ("domain", None),
    "iban": ("iban", None),
    "ip-dst": ("ip", None),
    "ip-src": ("ip", None),
    "phone-number": ("phone", None),
    "url": ("url", None),
    "whois-registrant-email": ("email", None),
    "whois-registrant-phone": ("phone", None),
    "xmr": ("wallet", "monero"),
}
HASHES: Final = {
    "md5": "md5",
    "sha1": "sha1",
    "sha224": "sha224",
    "sha256": "sha256",
    "sha384": "sha384",
    "sha512": "sha512",
    "sha3-256": "sha3-256",
    "sha3-512": "sha3-512",
}
# handles: attribute type -> platform
PLATFORMS: Final = {"github-username": "github", "twitter-id": "twitter", "jabber-id": "xmpp"}
NOT_INDICATORS: Final = {
    "aba-rtn": "a routing number names a bank; enter the account with it",
    "attachment": "files go along as attachments: --attach",
    "comment": "a comment is no indicator; put it into the summary",
    "cc-number": "the full number of a card is never told",
    "filename": "a name alone finds too many files",
    "link": "a link to an analysis is no indicator; put it into the summary",
    "malware-sample": "files go along as attachments: --attach",
    "other": "a text is no indicator; put it into the summary",
    "text": "a text is no indicator; put it into the summary",
}
# what every attribute, object and event has beside its content
COMMON: Final = {
    "category": "categories have no field",
    "correlated": "correlation is made afresh by each reader",
    "data": "files go along as attachments: --attach",
    "deleted": "only what is not deleted is carried over",
    "description": "it describes the template",
    "disable_correlation": "correlation is made afresh by each reader",
    "distribution": "who may have it is said by TLP and the recipients",
    "event_id": "names the thing at its source",
    "id": "names the thing at its source",
    "meta-category": "categories have no field",
    "object_id": "names the thing at its source",
    "object_relation": "it is the place in the object",
    "sharing_group_id": "who may have it is said by TLP and the recipients",
    "template_uuid": "it names the template",
    "template_version": "it names the template",
    "timestamp": "when it was changed at its source has no field",
    "to_ids": "what may be done with it is said by PAP",
    "uuid": "names the thing at its source",
}
ELSEWHERE: Final = {
    "EventReport": "a report is a text; put it into the summary",
    "Galaxy": "galaxies have no field; set the type of fraud",
    "ObjectReference": "indicators have no relations; say in the summary what belongs together",
    "Org": "the sender of a comity message signs it",
    "Orgc": "the sender of a comity message signs it",
    "RelatedEvent": "other events are not carried over",
    "ShadowAttribute": "proposals are not carried over until they are accepted",
    "Sighting": "a sighting is a message of its own: intelligence.sighting",
    "analysis": "how far the analysis is has no field",
    "date": "the date of the event has no field",
    "threat_level_id": "the level of threat has no field; set the urgency",
}
# coin-address: symbol -> chain; a symbol that lives on several chains, such as USDT, names none
SYMBOLS: Final = {
    "ADA": "cardano",
    "AVAX": "avalanche",
    "BCH": "bitcoin-cash",
    "BNB": "bsc",
    "BSC": "bsc",
    "BTC": "bitcoin",
    "DASH": "dash",
    "DOGE": "dogecoin",
    "ETH": "ethereum",
    "LTC": "litecoin",
    "SOL": "solana",
    "TON": "ton",
    "TRON": "tron",
    "TRX": "tron",
    "XLM": "stellar",
    "XMR": "monero",
    "XRP": "ripple",
}
# object template -> what its relations are in the subject of a kind
BANK_ACCOUNT: Final = {"account-name": "holder", "institution-name": "bank"}
USER_ACCOUNT: Final = {"display-name": "display_name", "user-id": "user_id", "username": "handle"}
VEHICLE: Final = {"license-plate-number": "plate", "make": "make", "vin": "vin"}
# relation of the object `phone` -> kind
PHONE: Final = {"imei": "imei", "imsi": "imsi", "msisdn": "phone", "serial-number": "device"}
TEMPLATES: Final = {
    "bank-account": ("b4712203-95a8-4883-80e9-b566f5df11c9", "1", "financial"),
    "coin-address": ("d0e6997e-78da-4815-a6a1-cfc1c1cb8a46", "7", "financial"),
    "person": ("a15b0477-e9d1-4b9c-9546-abe78a4f4248", "8", "misc"),
    "phone": ("d7e4fbdd-b551-4862-bddb-a0b470a38509", "5", "misc"),
    "user-account": ("49606b06-22f0-4ac8-8eee-2f12ad46f3d3", "6", "misc"),
    "vehicle": ("683c076c-f695-4ff2-8efa-e98a418049f4", "5", "misc"),
}
CATEGORIES: Final = {
    "bic": "Financial fraud",
    "btc": "Financial fraud",
    "dash": "Financial fraud",
    "domain": "Network activity",
    "email": "Payload delivery",
    "iban": "Financial fraud",
    "ip-src": "Network activity",
    "phone-number": "Other",
    "url": "Network activity",
    "xmr": "Financial fraud",
}
RELIABILITY: Final = 'admiralty-scale:source-reliability="'
CREDIBILITY: Final = 'admiralty-scale:information-credibility="'
