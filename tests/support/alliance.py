"""Parties, treaties and bundles for tests: every key comes from the party's name, every time from EPOCH_US.

The functions take what differs as keyword arguments and fill in the rest with what is valid.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from comity import bundle as bundles
from comity import treaty as treaties
from comity.bundle import Bundle, BundleKey, Contact, Endpoint, SignedBundle, Use
from comity.directory import Directory
from comity.keys import Algorithm, EnvelopeKey, LinkKey, PublicKey, SigningKey
from comity.treaty import Member, RootKey, Rules, SignedTreaty, Treaty, TreatyLimits
from comity.vocabulary import Pin

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
EPOCH_US = 1_767_225_600 * SECOND_US  # 2026-01-01T00:00:00Z: treaties and bundles of these tests begin here
NOW_US = EPOCH_US + DAY_US

PARTIES = ("aa.police", "bb.fiu", "qm.prosecutor", "xa.gendarmerie")


def seed(name: str, length: int = 32) -> bytes:
    """Return bytes that depend on the name alone."""
    return hashlib.shake_256(name.encode()).digest(length)


@dataclass(frozen=True, slots=True)
class Agency:
    """A party with the private half of all its keys. `generation` tells its successive keys apart."""

    id: str
    roots: tuple[SigningKey, ...]
    link: LinkKey
    signing: SigningKey
    envelope: EnvelopeKey
    log: SigningKey

    @property
    def publics(self) -> tuple[tuple[Use, PublicKey], ...]:
        """The public keys of the bundle with their uses."""
        return (
            ("link", self.link.public),
            ("signing", self.signing.public),
            ("envelope", self.envelope.public),
            ("log", self.log.public),
        )


@cache
def agency(party: str, generation: int = 0, roots: int = 1) -> Agency:
    """Return the party with its keys; those of another generation are all different, but for the root keys."""

    def signing(use: str) -> SigningKey:
        return SigningKey.from_seed(Algorithm.ED25519, seed(f"{party} {use}"))

    return Agency(
        party,
        tuple(signing(f"root {number}") for number in range(roots)),
        LinkKey.from_seed(seed(f"{party} link {generation}")),
        signing(f"signing {generation}"),
        EnvelopeKey.from_seed(seed(f"{party} envelope {generation}")),
        signing(f"log {generation}"),
    )


def root_keys(keys: Iterable[SigningKey]) -> tuple[RootKey, ...]:
    """Return the public halves as a member lists them."""
    publics = sorted((key.public for key in keys), key=lambda public: public.id)
    return tuple(RootKey(alg=1 if public.algorithm == 1 else 2, key=public.data) for public in publics)


def member_of(party: str | Agency, **changes: Any) -> Member:
    """Return the party as an active member that may send and accept every kind."""
    who = agency(party) if isinstance(party, str) else party
    values: dict[str, Any] = {
        "accept": ("*",),
        "id": who.id,
        "name": f"Name of {who.id}",
        "root_keys": root_keys(who.roots),
        "send": ("*",),
        "status": "active",
        "threshold": len(who.roots),
    }
    return Member(**(values | changes))


def rules_of(quorum: int = 1, **changes: int) -> Rules:
    """Return rules that all ask for the same number of members."""
    return Rules(**({"admit": quorum, "amend": quorum, "expel": quorum, "suspend": quorum} | changes))


def treaty_of(*members: str | Agency | Member, previous: SignedTreaty | None = None, **changes: Any) -> Treaty:
    """Return the body of version 1, or of the successor of `previous` with the same members if none are named."""
    listed = [each if isinstance(each, Member) else member_of(each) for each in members]
    ordered = tuple(sorted(listed, key=lambda member: member.id))
    values = _first(ordered) if previous is None else _next(ordered, previous)
    return Treaty(**(values | changes))


def _first(members: Sequence[Member]) -> dict[str, Any]:
    return {
        "effective": EPOCH_US,
        "expires": EPOCH_US + 365 * DAY_US,
        "issued": EPOCH_US - DAY_US,
        "limits": TreatyLimits(lifetime_s=30 * 86_400, skew_s=120),
        "members": members,
        "prev": None,
        "rules": rules_of(),
        "suites": (1,),
        "text": hashlib.sha256(b"the legal text").digest(),
        "title": "Agreement of the tests",
        "treaty": None,
        "version": 1,
        "vocabulary": Pin(hash=hashlib.sha256(b"a vocabulary").digest(), version=1),
    }


def _next(members: Sequence[Member], previous: SignedTreaty) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(previous.treaty, name) for name in Treaty.__struct_fields__}
    place = {
        "prev": previous.hash,
        "treaty": previous.treaty.treaty or previous.hash,
        "version": previous.treaty.version + 1,
    }
    return values | place | ({"members": members} if members else {})


def signed_treaty(treaty: Treaty, *signers: str | Agency | SigningKey) -> SignedTreaty:
    """Return the version signed by the root keys of the signers; by those of all its members if none are named."""
    body = treaties.body_bytes(treaty)
    keys = _keys(signers or [member.id for member in treaty.members])
    return treaties.read(treaties.assemble(body, [treaties.sign(body, key) for key in keys]))


def _keys(signers: Iterable[str | Agency | SigningKey]) -> list[SigningKey]:
    keys: list[SigningKey] = []
    for signer in signers:
        who = agency(signer) if isinstance(signer, str) else signer
        keys += who.roots if isinstance(who, Agency) else [who]
    return keys


def bundle_of(party: str | Agency, treaty_id: bytes, previous: SignedBundle | None = None, **changes: Any) -> Bundle:
    """Return the body of serial 1, or of the successor of `previous`, with the agency's keys, valid for 90 days."""
    who = agency(party) if isinstance(party, str) else party
    since = changes.get("since", EPOCH_US)
    until = changes.get("until", since + 90 * DAY_US)
    values: dict[str, Any] = {
        "contact": Contact(email=None, hours="24/7", name="Desk", phone="+15550100", time_zone="UTC"),
        "endpoints": (Endpoint(host="127.0.0.1", port=7450),),
        "since": since,
        "keys": bundle_keys(who.publics, since, until),
        "party": who.id,
        "prev": previous.hash if previous else None,
        "reservations": (),
        "revoked": (),
        "serial": previous.bundle.serial + 1 if previous else 1,
        "treaty": treaty_id,
        "until": until,
    }
    return Bundle(**(values | changes))


def bundle_keys(publics: Iterable[tuple[Use, PublicKey]], since: int, until: int) -> tuple[BundleKey, ...]:
    """Return the keys as a bundle lists them, all with one validity."""
    ordered = sorted(publics, key=lambda pair: pair[1].id)
    return tuple(
        BundleKey(alg=int(public.algorithm), key=public.data, since=since, until=until, use=use)
        for use, public in ordered
    )


def signed_bundle(bundle: Bundle, *signers: str | Agency | SigningKey) -> SignedBundle:
    """Return the bundle signed by the root, signing and log keys of the signers.

    If none are named, the party of the bundle signs with its first generation of keys.
    """
    body = bundles.body_bytes(bundle)
    keys: dict[bytes, SigningKey] = {}
    for signer in signers or [bundle.party]:
        who = agency(signer) if isinstance(signer, str) else signer
        own = (*who.roots, who.signing, who.log) if isinstance(who, Agency) else (who,)
        keys |= {key.public.id: key for key in own}
    return bundles.read(bundles.assemble(body, [bundles.sign(body, key) for key in keys.values()]))


@dataclass(frozen=True, slots=True)
class Alliance:
    """A treaty in force at NOW_US, one bundle of each party, and a directory that holds them all."""

    treaty: SignedTreaty
    bundles: dict[str, SignedBundle]
    directory: Directory

    @property
    def treaty_id(self) -> bytes:
        """The id of the treaty."""
        return self.directory.treaty_id

    def agency(self, party: str) -> Agency:
        """Return the party with its private keys."""
        return agency(party)


def alliance(*parties: str, **changes: Any) -> Alliance:
    """Return an alliance of the parties; `changes` are fields of the treaty. A new directory each time."""
    treaty = signed_treaty(treaty_of(*parties, **changes))
    directory = Directory(treaty.hash)
    directory.add_treaty(treaty.data, NOW_US)
    signed = {party: signed_bundle(bundle_of(party, treaty.hash)) for party in parties}
    for bundle in signed.values():
        directory.add_bundle(bundle.data, NOW_US)
    return Alliance(treaty, signed, directory)
