"""Officers of the parties, with keys from their names, and what they sign."""

from collections.abc import Iterable
from typing import Any

from comity.approval import Approval, ApprovalRole, approve
from comity.bundle import Officer
from comity.keys import Algorithm, SigningKey
from comity.message import Body, content_of
from tests.support.alliance import DAY_US, EPOCH_US, seed

ROLES: dict[str, tuple[str, ...]] = {
    "ada": ("caseworker",),
    "ben": ("caseworker", "releaser"),
    "cyn": ("duty-officer",),
    "dov": ("auditor",),
}


def officer_key(name: str, party: str = "aa.police") -> SigningKey:
    """Return the key of an officer; a name with a digit behind it is another key of the same officer."""
    return SigningKey.from_seed(Algorithm.ED25519, seed(f"{party} officer {name}"))


def officer(name: str, **changes: Any) -> Officer:
    """Return the entry of an officer in the bundle of aa.police, as long as the bundles of these tests are valid."""
    plain = name.rstrip("0123456789")
    values: dict[str, Any] = {
        "alg": 1,
        "id": plain,
        "key": officer_key(name).public.data,
        "roles": ROLES[plain],
        "since": EPOCH_US,
        "until": EPOCH_US + 90 * DAY_US,
    }
    return Officer(**(values | changes))


def in_order(officers: Iterable[Officer]) -> tuple[Officer, ...]:
    """Return the officers as a bundle lists them."""
    return tuple(sorted(officers, key=lambda each: each.public.id))


def officers(*names: str) -> tuple[Officer, ...]:
    """Return the entries of the officers named, all of them if none are."""
    return in_order(officer(name) for name in names or ROLES)


def signature(body: Body, name: str, role: ApprovalRole, time_us: int | None = None) -> Approval:
    """Return the signature of an officer on a body, at its creation where no time is given."""
    return approve(content_of(body), role, body.created if time_us is None else time_us, officer_key(name))


def ordered(*approvals: Approval) -> tuple[Approval, ...]:
    """Return the approvals as a body carries them."""
    return tuple(sorted(approvals, key=lambda each: each.key))
