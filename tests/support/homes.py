"""Homes of nodes for tests and benchmarks: keys from seeds, a treaty that all signed, bundles exchanged."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import trio

from comity import bundle as bundles
from comity import treaty as treaties
from comity.bundle import Bundle, BundleKey, Contact, Endpoint
from comity.keys import Algorithm, SigningKey
from comity.treaty import Member, RootKey, Rules, Treaty, TreatyLimits
from comity.vocabulary import newest
from comity_node.config import Config, Listen
from comity_node.keyfile import KeyRing
from comity_node.node import open_node
from comity_node.world import World

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


def seed(name: str, count: int = 32) -> bytes:
    """Return bytes that depend on the name only. For tests; never for real keys."""
    return hashlib.shake_256(b"comity test seed " + name.encode()).digest(count)


@dataclass(frozen=True)
class Home:
    """Where a node lives and who it is. Documents are those that all nodes of the alliance have imported."""

    party: str
    path: Path
    port: int
    documents: tuple[tuple[str, bytes], ...] = ()

    @property
    def config(self) -> Config:
        return Config(home=self.path, party=self.party, listen=(Listen("127.0.0.1", self.port),))

    def keys(self) -> KeyRing:
        counter = iter(range(1_000))
        return KeyRing.generate(self.party, lambda count: seed(f"{self.party} {next(counter)}", count))


def root_key(party: str) -> SigningKey:
    return SigningKey.from_seed(Algorithm.ED25519, seed(f"{party} root"))


def member(party: str, **changes: object) -> Member:
    root = root_key(party).public
    values: dict[str, object] = {
        "accept": ("*",),
        "id": party,
        "name": f"Office of {party}",
        "root_keys": (RootKey(alg=1, key=root.data),),
        "send": ("*",),
        "status": "active",
        "threshold": 1,
    }
    return Member(**(values | changes))  # type: ignore[arg-type]


def first_treaty(members: list[Member], now_us: int) -> bytes:
    """Return version 1, signed by all, in force from an hour before `now_us` for a year."""
    body = Treaty(
        effective=now_us - HOUR_US,
        expires=now_us + 365 * DAY_US,
        issued=now_us - HOUR_US,
        limits=TreatyLimits(lifetime_s=2_592_000, skew_s=300),
        members=tuple(sorted(members, key=lambda m: m.id)),
        prev=None,
        rules=Rules(admit=1, amend=1, expel=1, suspend=1),
        suites=(1, 2),
        text=hashlib.sha256(b"legal text").digest(),
        title="Agreement on mutual assistance against fraud",
        treaty=None,
        version=1,
        vocabulary=newest().pin,
    )
    data = treaties.body_bytes(body)
    return treaties.assemble(data, [treaties.sign(data, root_key(m.id)) for m in members])


def bundle(home: Home, treaty_id: bytes, now_us: int) -> bytes:
    """Return serial 1 of the party's bundle, valid for 80 days from an hour before `now_us`."""
    keys, since, until = home.keys(), now_us - HOUR_US, now_us + 80 * DAY_US
    uses = (("link", keys.link.public), ("signing", keys.signing.public), ("envelope", keys.envelope.public),
            ("log", keys.log.public))  # fmt: skip
    rows = sorted(uses, key=lambda pair: pair[1].id)
    body = Bundle(
        contact=Contact(email=None, hours="24/7", name="Duty officer", phone="+15550100", time_zone="UTC"),
        endpoints=(Endpoint(host="127.0.0.1", port=home.port),),
        since=since,
        keys=tuple(BundleKey(alg=int(k.algorithm), key=k.data, since=since, until=until, use=use) for use, k in rows),  # type: ignore[arg-type]
        party=home.party,
        prev=None,
        reservations=(),
        revoked=(),
        serial=1,
        treaty=treaty_id,
        until=until,
    )
    data = bundles.body_bytes(body)
    signers = (root_key(home.party), keys.signing, keys.log)
    return bundles.assemble(data, [bundles.sign(data, key) for key in signers])


def make_homes(place: Path, ports: Mapping[str, int], now_us: int, kinds: tuple[str, ...] = ("*",)) -> dict[str, Home]:
    """Return a home for each party; each knows the treaty and all bundles once `settle` has run."""
    homes = {party: Home(party, place / party, port) for party, port in ports.items()}
    treaty = first_treaty([member(party, send=kinds) for party in ports], now_us)
    treaty_id = treaties.read(treaty).hash
    documents = [("treaty", treaty)] + [("bundle", bundle(home, treaty_id, now_us)) for home in homes.values()]
    complete = {party: Home(party, home.path, home.port, tuple(documents)) for party, home in homes.items()}
    for home in complete.values():
        home.path.mkdir(mode=0o700)
    return complete


async def settle(home: Home, world: World | None = None) -> None:
    """Import the documents into the home's store."""
    async with open_node(home.config, home.keys(), world, online=False) as node:
        for kind, data in home.documents:
            await (node.import_treaty if kind == "treaty" else node.import_bundle)(data)


def settle_all(homes: Mapping[str, Home]) -> None:
    async def run() -> None:
        for home in homes.values():
            await settle(home)

    trio.run(run)
