"""What holds between two moments: who may speak, which keys are usable, which kinds may go where (spec page directory).

A standing is computed once from the documents and answers every question of its span of time by look-ups.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from comity.bundle import ALGORITHMS, Officer, SignedBundle, Use
from comity.errors import (
    ApprovalError,
    KeyNotValidError,
    KindNotAcceptedError,
    KindNotAllowedError,
    NotActiveError,
    ValidityError,
)
from comity.keys import PublicKey
from comity.patterns import PatternSet
from comity.treaty import Member, SignedTreaty, Treaty

BEGINNING = -(2**63)  # before and after every time that a document can state
END = 2**63


@dataclass(frozen=True, slots=True)
class Rights:
    """What one member of the treaty in force may do."""

    sends: PatternSet
    accepts: PatternSet
    reserves: PatternSet
    silence: str | None  # why the member may not speak, None when it may


@dataclass(frozen=True, slots=True)
class Standing:
    """The answers from `start` on and before `end`, both micros."""

    start: int
    end: int
    treaty: Treaty | None
    rights: Mapping[str, Rights]
    keys: Mapping[tuple[str, Use], tuple[PublicKey, ...]]  # usable, the one to choose first
    link_keys: Mapping[bytes, str]
    officers: Mapping[tuple[str, bytes], Officer]  # by party and key id, those who may sign
    coercive: PatternSet

    def in_force(self) -> Treaty:
        """Return the treaty version in force. Raises ValidityError where there is none (TREATY-014)."""
        if self.treaty is None:
            raise ValidityError("no treaty version is in force")
        return self.treaty

    def may_speak(self, party: str) -> None:
        """Return when the party may speak. Raises NotActiveError when not (DIR-001)."""
        rights = self.rights.get(party)
        silence = f"{party} is not a member of a treaty in force" if rights is None else rights.silence
        if silence is not None:
            raise NotActiveError(silence)

    def usable_key(self, party: str, use: Use) -> PublicKey:
        """Return the key to use. Raises KeyNotValidError where none is usable (BUNDLE-015)."""
        found = self.keys.get((party, use))
        if not found:
            raise KeyNotValidError(f"{party} has no usable {use} key")
        return found[0]

    def check_signing_key(self, party: str, key_id: bytes) -> None:
        """Return when the party may sign with the key. Raises KeyNotValidError when not (BUNDLE-012, BUNDLE-013)."""
        if all(key.id != key_id for key in self.keys.get((party, "signing"), ())):
            raise KeyNotValidError(f"{party} may not sign with key {key_id.hex()} now")

    def officer(self, party: str, key_id: bytes) -> Officer:
        """Return the officer who may sign with the key. Raises ApprovalError where there is none (APPR-004)."""
        found = self.officers.get((party, key_id))
        if found is None:
            raise ApprovalError(f"key {key_id.hex()} is not that of an officer of {party} who may sign now")
        return found

    def may_send(self, party: str, kind: str) -> None:
        """Return when the treaty lets the party send the kind. Raises KindNotAllowedError when not (DIR-003)."""
        rights = self.rights.get(party)
        if rights is None or not rights.sends.matches(kind):
            raise KindNotAllowedError(f"{party} may not send {kind}")

    def may_accept(self, party: str, kind: str) -> None:
        """Return when treaty and bundle let the party accept the kind. Raises KindNotAcceptedError (DIR-004)."""
        rights = self.rights.get(party)
        if rights is None or not rights.accepts.matches(kind) or rights.reserves.matches(kind):
            raise KindNotAcceptedError(f"{party} does not accept {kind}")


def version_in_force(versions: Sequence[SignedTreaty], now_us: int) -> Treaty | None:
    """Return the highest version whose time has come, None where that is none or it has expired (TREATY-014)."""
    for signed in reversed(versions):
        if signed.treaty.effective <= now_us:
            return signed.treaty if now_us < signed.treaty.expires else None
    return None


def standing_at(
    now_us: int, versions: Sequence[SignedTreaty], bundles: Mapping[str, SignedBundle], stopped: frozenset[str]
) -> Standing:
    """Return what holds at a time.

    `versions` is the chain of the treaty, empty when the treaty is stopped; `bundles` the newest of each party;
    `stopped` the parties whose keys count no more.
    """
    start, end = _span(now_us, versions, bundles)
    treaty = version_in_force(versions, now_us)
    keys = {
        (party, use): usable
        for party, signed in bundles.items()
        if party not in stopped
        for use, usable in _usable(signed, now_us)
    }
    members = treaty.members if treaty is not None else ()
    rights = {member.id: _rights(member, bundles.get(member.id), member.id in stopped, now_us) for member in members}
    speakers = [party for party, right in rights.items() if right.silence is None]
    link_keys = {key.data: party for party in speakers for key in keys.get((party, "link"), ())}
    officers = {
        (party, key_id): officer
        for party, signed in bundles.items()
        if party not in stopped
        for key_id, officer in _officers(signed, now_us)
    }
    coercive = PatternSet.of(treaty.coercive if treaty is not None else ())
    return Standing(start, end, treaty, rights, keys, link_keys, officers, coercive)


def _span(now_us: int, versions: Sequence[SignedTreaty], bundles: Mapping[str, SignedBundle]) -> tuple[int, int]:
    """Return the last moment up to now, and the first after it, at which an answer may change."""
    moments = sorted({BEGINNING, END, *_moments(versions, bundles)})
    after = bisect_right(moments, now_us)
    return moments[after - 1], moments[after]


def _moments(versions: Sequence[SignedTreaty], bundles: Mapping[str, SignedBundle]) -> Iterator[int]:
    for version in versions:
        yield from (version.treaty.effective, version.treaty.expires)
    for signed in bundles.values():
        yield from (signed.bundle.since, signed.bundle.until)
        for key in signed.bundle.keys:
            yield from (key.since, key.until)
        for officer in signed.bundle.officers:
            yield from (officer.since, officer.until)
        yield from (revocation.at for revocation in signed.bundle.revoked)


def _usable(signed: SignedBundle, now_us: int) -> Iterator[tuple[Use, tuple[PublicKey, ...]]]:
    publics = {id(key): public for key, public in zip(signed.bundle.keys, signed.publics, strict=True)}
    for use in ALGORITHMS:
        yield use, tuple(publics[id(key)] for key in signed.bundle.usable(use, now_us))


def _officers(signed: SignedBundle, now_us: int) -> Iterator[tuple[bytes, Officer]]:
    revoked = signed.bundle.revoked_by(now_us)
    for key_id, officer in signed.officers.items():
        if signed.bundle.is_valid(now_us) and officer.since <= now_us < officer.until and key_id not in revoked:
            yield key_id, officer


def _rights(member: Member, signed: SignedBundle | None, stopped: bool, now_us: int) -> Rights:
    reservations = signed.bundle.reservations if signed is not None else ()
    return Rights(
        PatternSet.of(member.send),
        PatternSet.of(member.accept),
        PatternSet.of(reservations),
        _silence(member, signed, stopped, now_us),
    )


def _silence(member: Member, signed: SignedBundle | None, stopped: bool, now_us: int) -> str | None:
    if member.status != "active":
        return f"{member.id} is {member.status}"
    if stopped:
        return f"{member.id} has signed two different bundles of one serial"
    if signed is None or not signed.bundle.is_valid(now_us):
        return f"{member.id} has no valid bundle"
    return None
