"""Making the next key bundle of one's own party."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from comity import bundle as bundles
from comity.bundle import Bundle, BundleKey, Contact, Endpoint, Use
from comity.errors import LocalError
from comity.keys import PublicKey
from comity.limits import MAX_BUNDLE_DAYS, MAX_SKEW_S
from comity_node.allowances import promises
from comity_node.config import Config, Listen
from comity_node.faults import UsageError, text_of
from comity_node.keyfile import KeyRing, RootKey
from comity_node.officers import OfficerPaper, entries

MICROS: Final = 1_000_000
DAY_S: Final = 86_400
ANYWHERE: Final = frozenset({"0.0.0.0", "::", "*"})  # noqa: S104 - addresses that cannot be published


@dataclass(frozen=True, slots=True)
class Base:
    """What the next bundle builds on: the treaty, and serial and hash of the one before (0 and None for the first)."""

    treaty_id: bytes
    serial: int
    hash: bytes | None


def next_bundle(
    config: Config, ring: KeyRing, root: RootKey, base: Base, places: Sequence[Listen], now_us: int,
    days: int = MAX_BUNDLE_DAYS, officers: Sequence[OfficerPaper] = (),
) -> bytes:  # fmt: skip
    """Return the signed bundle, valid for `days` days from ten minutes ago: clocks of other parties may be late.

    `officers` may sign approvals as long as the bundle is valid.

    Raises:
        DocumentError: the paper of an officer is wrong.
        UsageError: an address cannot be published, the keys belong to another party, or a field has a wrong form.
    """
    if not ring.party == root.party == config.party:
        raise UsageError(f"the keys belong to {ring.party} and {root.party}", f"use those of {config.party}")
    since = now_us - MAX_SKEW_S * MICROS
    until = since + days * DAY_S * MICROS
    uses: list[tuple[Use, PublicKey]] = [
        ("link", ring.link.public),
        ("signing", ring.signing.public),
        ("envelope", ring.envelope.public),
        ("log", ring.log.public),
    ]
    try:
        body = bundles.body_bytes(
            Bundle(
                contact=Contact(**{name: getattr(config.contact, name) for name in Contact.__struct_fields__}),
                endpoints=tuple(endpoint(place) for place in places),
                since=since,
                keys=tuple(
                    BundleKey(alg=int(key.algorithm), key=key.data, since=since, until=until, use=use)
                    for use, key in sorted(uses, key=lambda pair: pair[1].id)
                ),
                officers=entries(officers, since, until),
                party=config.party,
                prev=base.hash,
                promises=promises(config.promises),
                reservations=tuple(config.reservations),
                revoked=(),
                serial=base.serial + 1,
                treaty=base.treaty_id,
                until=until,
            )
        )
    except (LocalError, ValueError) as fault:
        raise UsageError(f"the bundle is not valid: {text_of(fault)}", "correct comity.toml") from None
    signers = (root.signing, ring.signing, ring.log)
    return bundles.assemble(body, [bundles.sign(body, key) for key in signers])


def endpoint(place: Listen) -> Endpoint:
    if place.host in ANYWHERE or place.port == 0:
        raise UsageError(f"{place} is no address that others can reach", "give --endpoint HOST:PORT")
    return Endpoint(host=place.host, port=place.port)
