"""Who may speak, with which keys, about what: the documents that a node holds, asked at a time (spec page directory).

How documents come in stands in `holdings`; what follows from them at a time in `standing`. A directory is a function of
what it accepted, in that order, and of the time that is asked about (DIR-007): replay() makes it again.
"""

import copy
from collections.abc import Iterable, Mapping, Sequence

from comity.bundle import Officer, SignedBundle, Use
from comity.deadlines import Promise
from comity.errors import EquivocationError, LocalError
from comity.holdings import DocumentKind, Holdings, Outcome, Proof
from comity.keys import PublicKey
from comity.standing import Standing, standing_at, version_in_force
from comity.treaty import Member, SignedTreaty, Treaty, TreatyLimits

__all__ = ["Directory", "DocumentKind", "Outcome", "Proof"]


class Directory:
    """The trusted set of one treaty. Times are micros. A question costs a few look-ups."""

    def __init__(self, treaty_id: bytes | None = None) -> None:
        """Hold nothing yet of the treaty with this id, which is SHA-256 of the body of its version 1.

        Without an id the directory trusts the first version 1 that is added: a person must have compared its id.
        """
        self._held = Holdings(treaty_id)
        self._standing: Standing | None = None
        self._revision = 0  # of what is held, when the standing was computed

    @classmethod
    def replay(cls, documents: Iterable[tuple[str, bytes]]) -> "Directory":
        """Return the directory that accepted these documents ("treaty" or "bundle", data) in this order (DIR-007).

        The second document of an equivocation stands where it arrived (DIR-005, DIR-006). A bundle is checked under
        every version held at its arrival, whose time is not kept.

        Raises:
            RemoteError: a document was never acceptable in its place.
        """
        directory = cls()
        for kind, data in documents:
            directory._take_again(kind, data)
        return directory

    def copy(self) -> "Directory":
        """Return a directory that changes apart from this one, to try a document before it is kept on disk."""
        other = copy.copy(self)
        other._held = self._held.copy()
        return other

    def _take_again(self, kind: str, data: bytes) -> None:
        try:
            if kind == "treaty":
                self._held.add_treaty(data)
            elif kind == "bundle":
                self._held.add_bundle(data, [version.treaty for version in reversed(self._held.versions)])
            else:
                raise LocalError(f"{kind} is no sort of document")
        except EquivocationError:
            return  # kept as a proof, as it was the first time

    # --- documents come in ---

    def add_treaty(self, data: bytes, now_us: int) -> Outcome:
        """Take in a signed treaty version, whoever hands it over (TREATY-012, TREATY-015).

        The rules for versions do not depend on now_us.

        Raises:
            EquivocationError: a second, different version that would be believed. Both are kept in `proofs`, no party
                may speak any more (TREATY-013). Raised once: keep the document for replay() and alarm the operator.
            RollbackError: it differs from the version of its number, an old one, and would not be believed.
            ValidityError: the treaty is stopped already.
            RemoteError: it is refused; see `treaty.read`, `amendment.verify_first` and `amendment.verify_successor`.
        """
        return self._held.add_treaty(data)

    def add_bundle(self, data: bytes, now_us: int) -> Outcome:
        """Take in a signed bundle, whoever hands it over (BUNDLE-009, BUNDLE-016).

        Raises:
            EquivocationError: a second, different bundle of one serial that would be believed. Both are kept in
                `proofs`, the party may not speak any more (BUNDLE-010). Raised once: keep it for replay() and alarm.
            RollbackError: it is older than all that are held, or differs from an old one and would not be believed.
            ValidityError: no treaty version is in force, or the keys of the party are stopped already.
            RemoteError: it is refused; see `bundle.read` and `bundle.verify`.
        """
        version = version_in_force(self._usable_versions(), now_us)
        return self._held.add_bundle(data, [] if version is None else [version])

    # --- what is held ---

    @property
    def treaty_id(self) -> bytes:
        """The id of the treaty, 32 bytes. Raises LocalError while neither it nor version 1 was given."""
        if self._held.treaty_id is None:
            raise LocalError("no treaty version is held")
        return self._held.treaty_id

    @property
    def head(self) -> tuple[int, bytes]:
        """Number and hash of the highest version. Raises LocalError while none is held."""
        if not self._held.versions:
            raise LocalError("no treaty version is held")
        newest = self._held.versions[-1]
        return newest.treaty.version, newest.hash

    @property
    def proofs(self) -> Sequence[Proof]:
        """The equivocations that were found, oldest first."""
        return tuple(self._held.proofs)

    def version(self, number: int) -> SignedTreaty | None:
        """Return the version with this number, None when it is not held."""
        return self._held.versions[number - 1] if 1 <= number <= len(self._held.versions) else None

    def bundle(self, party: str) -> SignedBundle | None:
        """Return the newest bundle of the party, None when none is held."""
        return self._held.newest.get(party)

    def bundle_by_serial(self, party: str, serial: int) -> SignedBundle | None:
        """Return one bundle of the party, None when it is not held (BUNDLE-014)."""
        return self._held.bundles.get(party, {}).get(serial)

    def signing_key(self, party: str, key_id: bytes) -> PublicKey | None:
        """Return a key that any bundle of the party ever listed for signing, None when none did."""
        return self._held.signing_keys.get((party, key_id))

    def log_keys(self, party: str) -> list[PublicKey]:
        """Return all keys that bundles of the party ever listed for its log, oldest first."""
        return list(self._held.log_keys.get(party, {}).values())

    def known_officer(self, party: str, key_id: bytes) -> Officer | None:
        """Return the officer whose key any bundle of the party ever listed, as listed last; None when none did."""
        return self._held.officers.get((party, key_id))

    def promises(self, party: str, now_us: int) -> tuple[Promise, ...]:
        """Return what the party promised at a time: the bundle with the highest serial that had begun (CASE-021)."""
        newest = self.bundle(party)
        for serial in range(newest.bundle.serial if newest else 0, 0, -1):
            held = self.bundle_by_serial(party, serial)
            if held is not None and held.bundle.since <= now_us:
                return held.bundle.promises
        return ()

    # --- what holds at a time ---

    def in_force(self, now_us: int) -> Treaty:
        """Return the treaty version in force (TREATY-014).

        Raises:
            ValidityError: none is, or the treaty is stopped.
        """
        return self._at(now_us).in_force()

    def may_speak(self, party: str, now_us: int) -> None:
        """Return when the party may speak (DIR-001, DIR-005, DIR-006). Raises NotActiveError when not."""
        self._at(now_us).may_speak(party)

    def link_keys(self, now_us: int) -> Mapping[bytes, str]:
        """Return the usable link keys, as raw public keys, of the parties that may speak (DIR-001, DIR-002)."""
        return self._at(now_us).link_keys

    def usable_key(self, party: str, use: Use, now_us: int) -> PublicKey:
        """Return the key of the party to use (BUNDLE-015). Raises KeyNotValidError where none is usable."""
        return self._at(now_us).usable_key(party, use)

    def check_signing_key(self, party: str, key_id: bytes, now_us: int) -> None:
        """Return when the party may sign with the key now (BUNDLE-012, BUNDLE-013). Raises KeyNotValidError."""
        self._at(now_us).check_signing_key(party, key_id)

    def officer(self, party: str, key_id: bytes, now_us: int) -> Officer:
        """Return the officer of the party who may sign with the key now. Raises ApprovalError (APPR-004)."""
        return self._at(now_us).officer(party, key_id)

    def is_coercive(self, kind: str, now_us: int) -> bool:
        """Return whether the treaty version in force wants two officers for the kind (APPR-003)."""
        return self._at(now_us).coercive.matches(kind)

    def may_send(self, party: str, kind: str, now_us: int) -> None:
        """Return when the party may send the kind (DIR-003). Raises KindNotAllowedError when not."""
        self._at(now_us).may_send(party, kind)

    def may_accept(self, party: str, kind: str, now_us: int) -> None:
        """Return when the party may accept the kind (DIR-004). Raises KindNotAcceptedError when not."""
        self._at(now_us).may_accept(party, kind)

    def limits(self, now_us: int) -> TreatyLimits:
        """Return the limits of the version in force. Raises ValidityError where none is."""
        return self.in_force(now_us).limits

    def suites(self, now_us: int) -> tuple[int, ...]:
        """Return the suites of the version in force. Raises ValidityError where none is."""
        return self.in_force(now_us).suites

    def members(self, now_us: int) -> tuple[Member, ...]:
        """Return the members of the version in force. Raises ValidityError where none is."""
        return self.in_force(now_us).members

    def _at(self, now_us: int) -> Standing:
        standing = self._standing
        if standing is None or self._revision != self._held.revision or not standing.start <= now_us < standing.end:
            standing = self._standing = self._stand(now_us)
        return standing

    def _stand(self, now_us: int) -> Standing:
        self._revision = self._held.revision
        return standing_at(now_us, self._usable_versions(), self._held.newest, frozenset(self._held.stopped))

    def _usable_versions(self) -> Sequence[SignedTreaty]:
        return () if self._held.treaty_is_stopped else self._held.versions
