"""The two parties of the vectors, their keys from published seeds, their treaty and their bundles."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from comity import bundle as bundles
from comity import treaty as treaties
from comity.encoding import encode
from comity.keys import Algorithm, EnvelopeKey, LinkKey, PublicKey, SigningKey
from comity.labels import BUNDLE_SIGNATURE, TREATY_SIGNATURE
from tools.making.cases import Case

A, B = "aa.police", "bb.fiu"
SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
EPOCH_US = 1_767_225_600 * SECOND_US  # 2026-01-01T00:00:00Z
NOW_US = EPOCH_US + DAY_US
ROOTS = {A: 3, B: 1}


def seed(words: str, length: int = 32) -> bytes:
    """Return the published seed of this name: SHAKE256 of `comity vectors: ` and the words."""
    return hashlib.shake_256(b"comity vectors: " + words.encode()).digest(length)


@dataclass(frozen=True, slots=True)
class Party:
    """The keys of one party."""

    id: str
    roots: tuple[SigningKey, ...]
    link: LinkKey
    signing: SigningKey
    envelope: EnvelopeKey
    log: SigningKey

    def uses(self) -> list[tuple[str, PublicKey]]:
        """Return use and public half of the keys of the bundle."""
        return [
            ("link", self.link.public),
            ("signing", self.signing.public),
            ("envelope", self.envelope.public),
            ("log", self.log.public),
        ]


def signer(words: str) -> SigningKey:
    """Return the Ed25519 key of this name."""
    return SigningKey.from_seed(Algorithm.ED25519, seed(words))


@cache
def party(name: str, generation: int = 0) -> Party:
    """Return the party; another generation has other keys but for the roots."""
    tail = "" if generation == 0 else f" {generation}"
    return Party(
        name,
        tuple(signer(f"{name} root {number}") for number in range(ROOTS.get(name, 1))),
        LinkKey.from_seed(seed(f"{name} link{tail}")),
        signer(f"{name} signing{tail}"),
        EnvelopeKey.from_seed(seed(f"{name} envelope{tail}")),
        signer(f"{name} log{tail}"),
    )


def published(name: str) -> Case:
    """Return the seeds, public keys and ids of a party as keys.json states them."""
    who = party(name)
    roots = [(f"root {number}", key.public) for number, key in enumerate(who.roots)]
    return {
        use: {
            "algorithm": int(key.algorithm),
            "seed": seed(f"{name} {use}").hex(),
            "public": key.data.hex(),
            "id": key.id.hex(),
        }
        for use, key in [*roots, *who.uses()]
    }


# --- treaty ----------------------------------------------------------------------------------------------------------


def root_keys(keys: Iterable[SigningKey]) -> list[Case]:
    """Return the root keys of a member as its record lists them."""
    publics = sorted((key.public for key in keys), key=lambda public: public.id)
    return [{"alg": int(public.algorithm), "key": public.data} for public in publics]


def member(name: str, **changes: Any) -> Case:
    """Return the record of a member."""
    who = party(name)
    return {
        "accept": ["*"],
        "id": name,
        "name": f"Example body {name}",
        "root_keys": root_keys(who.roots),
        "send": ["prevention.*", "text"],
        "status": "active",
        "threshold": max(1, len(who.roots) - 1),
    } | changes


def treaty_body(*members: Case, **changes: Any) -> Case:
    """Return the body of version 1."""
    return {
        "coercive": [],
        "deadlines": {
            "acknowledge": [1_800, 14_400, 86_400, 604_800],
            "act": [7_200, 86_400, 259_200, 604_800],
            "decide": [7_200, 86_400, 604_800, 2_592_000],
            "evidence": [86_400, 864_000, 2_592_000, 7_776_000],
            "information": [28_800, 259_200, 604_800, 2_592_000],
            "prevention": [86_400, 259_200, 604_800, 1_209_600],
        },
        "effective": EPOCH_US,
        "expires": EPOCH_US + 365 * DAY_US,
        "issued": EPOCH_US - DAY_US,
        "limits": {"lifetime_s": 7 * 86_400, "skew_s": 120},
        "members": list(members or (member(A), member(B))),
        "prev": None,
        "rules": {"admit": 2, "amend": 2, "expel": 1, "suspend": 1},
        "suites": [1, 2],
        "text": hashlib.sha256(b"the legal text of the vectors").digest(),
        "title": "Agreement of the vectors",
        "treaty": None,
        "type": "treaty",
        "v": 1,
        "version": 1,
        "vocabulary": {"hash": hashlib.sha256(b"the vocabulary of the vectors").digest(), "version": 1},
    } | changes


def signed_document(body: bytes, label: bytes, keys: Iterable[SigningKey]) -> bytes:
    """Return body and signatures as they travel; neither is checked."""
    signatures = sorted([key.public.id, key.sign(label, body)] for key in keys)
    return encode([body, signatures])


def signed_treaty(body: Case | bytes, keys: Iterable[SigningKey]) -> bytes:
    """Return a signed version."""
    return signed_document(body if isinstance(body, bytes) else encode(body), TREATY_SIGNATURE, keys)


def first_keys() -> list[SigningKey]:
    """Return the root keys that sign version 1: two of aa.police, one of bb.fiu."""
    return [*party(A).roots[:2], *party(B).roots]


@cache
def first_treaty() -> treaties.SignedTreaty:
    """Return version 1."""
    return treaties.read(signed_treaty(treaty_body(), first_keys()))


def treaty_id() -> bytes:
    """Return the id of the treaty of the vectors."""
    return first_treaty().hash


# --- bundle ----------------------------------------------------------------------------------------------------------


def bundle_keys(uses: Iterable[tuple[str, PublicKey]], since: int, until: int, **changes: Any) -> list[Case]:
    """Return the records of the keys in their order."""
    ordered = sorted(uses, key=lambda pair: pair[1].id)
    times = {"from": since, "until": until}
    return [times | {"alg": int(key.algorithm), "key": key.data, "use": use} | changes for use, key in ordered]


def bundle_body(name: str, **changes: Any) -> Case:
    """Return the body of serial 1."""
    since, until = EPOCH_US, EPOCH_US + 90 * DAY_US
    return {
        "contact": {
            "email": None,
            "hours": "day and night",
            "name": "Duty desk",
            "phone": "+99955501",
            "time_zone": "UTC",
        },
        "endpoints": [{"host": f"node.{name}.example", "port": 7450}],
        "from": since,
        "keys": bundle_keys(party(name).uses(), since, until),
        "officers": [],
        "party": name,
        "prev": None,
        "promises": [],
        "reservations": [],
        "revoked": [],
        "serial": 1,
        "treaty": treaty_id(),
        "type": "bundle",
        "until": until,
        "v": 1,
    } | changes


def bundle_signers(name: str, generation: int = 0) -> list[SigningKey]:
    """Return the keys that sign a bundle."""
    who = party(name, generation)
    roots = who.roots[: max(1, len(who.roots) - 1)]
    return [*roots, who.signing, who.log]


def signed_bundle(body: Case | bytes, keys: Iterable[SigningKey]) -> bytes:
    """Return a signed bundle."""
    return signed_document(body if isinstance(body, bytes) else encode(body), BUNDLE_SIGNATURE, keys)


@cache
def first_bundle(name: str) -> bundles.SignedBundle:
    """Return serial 1 of a party."""
    return bundles.read(signed_bundle(bundle_body(name), bundle_signers(name)))
