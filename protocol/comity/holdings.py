"""The treaty versions and bundles that a node holds, and how they come in (spec pages treaty, bundle, directory).

- A document that is held already changes nothing.
- A treaty version is believed as the first of this treaty or as the successor of the highest that is held.
- A bundle is believed under a treaty version, as the first of its party or as the successor of its newest.
- A second, different document for a place that is taken, if it would have been believed there, is an equivocation.
  Both are kept; the treaty, or the keys of that party, are used no more.
- Whatever is refused leaves the holdings as they were.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from comity import amendment, bundle, treaty
from comity.bundle import Officer, SignedBundle
from comity.errors import EquivocationError, RemoteError, RollbackError, RosterError, SuccessorError, ValidityError
from comity.keys import PublicKey
from comity.treaty import Member, SignedTreaty, Treaty

DocumentKind = Literal["treaty", "bundle"]
Known = set[tuple[DocumentKind, bytes]]  # by hash of the body


class Outcome(Enum):
    """What became of a document that was not refused."""

    NEW = "new"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Proof:
    """Two different documents for one place, each of which would be believed; `party` is None for the treaty."""

    kind: DocumentKind
    party: str | None
    held: bytes
    second: bytes


class Holdings:
    """What is held of one treaty. Read the attributes, change them by add_treaty and add_bundle only."""

    def __init__(self, treaty_id: bytes | None) -> None:
        """Hold nothing yet of the treaty with this id; None stands for that of the first version that comes in."""
        self.treaty_id = treaty_id
        self.revision = 0  # counts the changes
        self.versions: list[SignedTreaty] = []
        self.bundles: dict[str, dict[int, SignedBundle]] = {}  # by party and serial
        self.newest: dict[str, SignedBundle] = {}  # by party
        self.signing_keys: dict[tuple[str, bytes], PublicKey] = {}  # by party and key id, of all bundles ever
        self.officers: dict[tuple[str, bytes], Officer] = {}  # by party and key id, the newest listing of each
        self.log_keys: dict[str, dict[bytes, PublicKey]] = {}  # by party, then key id, of all bundles ever
        self.proofs: list[Proof] = []
        self.treaty_is_stopped = False
        self.stopped: set[str] = set()  # parties
        self._known: Known = set()  # proofs included
        self._claims: dict[bytes, str] = {}  # key id -> the party whose bundle listed it
        self._root_keys: set[bytes] = set()

    def copy(self) -> "Holdings":
        """Return holdings that change apart from these. The documents are shared, they never change."""
        other = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, list | dict | set):
                setattr(other, name, value.copy())
        other.bundles = {party: held.copy() for party, held in self.bundles.items()}
        other.log_keys = {party: keys.copy() for party, keys in self.log_keys.items()}
        return other

    def add_treaty(self, data: bytes) -> Outcome:
        """Take in a signed treaty version. For what it raises see Directory.add_treaty."""
        signed = treaty.read(data)
        if ("treaty", signed.hash) in self._known:
            return Outcome.KNOWN
        if self.treaty_is_stopped:
            raise ValidityError("the treaty is stopped by an equivocation")
        number, highest = signed.treaty.version, len(self.versions)
        try:
            self._verify_version(signed)
        except RemoteError as fault:
            if number >= highest:
                raise
            raise RollbackError(f"version {number} is not the one that is held: {fault}") from fault
        if number <= highest:
            self._keep_treaty_proof(signed)
            raise EquivocationError(f"there are two valid versions {number} of the treaty")
        self._keep_version(signed)
        return Outcome.NEW

    def add_bundle(self, data: bytes, versions: Sequence[Treaty]) -> Outcome:
        """Take in a signed bundle that one of the versions vouches for, which are those in force.

        For what it raises see Directory.add_bundle.
        """
        signed = bundle.read(data)
        if ("bundle", signed.hash) in self._known:
            return Outcome.KNOWN
        party, serial = signed.bundle.party, signed.bundle.serial
        if party in self.stopped:
            raise ValidityError(f"the keys of {party} are stopped by an equivocation")
        if not versions:
            raise ValidityError("no treaty version is in force")
        newest = self.newest[party].bundle.serial if party in self.newest else None
        try:
            self._verify_bundle(signed, versions)
        except RemoteError as fault:
            if newest is None or serial >= newest:
                raise
            raise RollbackError(f"serial {serial} of {party} is not the one that is held: {fault}") from fault
        if newest is not None and serial <= newest:
            self._keep_bundle_proof(signed)
            raise EquivocationError(f"there are two valid bundles of {party} with serial {serial}")
        self._keep_bundle(signed)
        return Outcome.NEW

    def _verify_version(self, signed: SignedTreaty) -> None:
        number = signed.treaty.version
        if number > len(self.versions) + 1:
            raise SuccessorError(f"version {number} comes before version {len(self.versions) + 1}")
        if number == 1:
            if self.treaty_id not in (None, signed.hash):
                raise SuccessorError("the first version of another treaty")
            amendment.verify_first(signed)
            return
        earlier = self.versions[: number - 1]
        withdrawn = {party for version in earlier for party in amendment.withdrawn_from(version.treaty)}
        amendment.verify_successor(signed, earlier[-1], earlier[0].hash, withdrawn)

    def _verify_bundle(self, signed: SignedBundle, versions: Sequence[Treaty]) -> None:
        """Return when the bundle may be believed in its place under the first version that lists its party so."""
        if signed.bundle.treaty != self.treaty_id:
            raise SuccessorError("a bundle for another treaty")
        self._refuse_claims(signed)
        previous = self._previous(signed)
        members = [member for member in (version.member(signed.bundle.party) for version in versions) if member]
        if not members:
            raise RosterError(f"{signed.bundle.party} is not a member of the treaty in force")
        _verify_under_one(signed, members, previous)

    def _previous(self, signed: SignedBundle) -> SignedBundle | None:
        """Return what the bundle must follow, None when nothing is held that could tell."""
        party, serial = signed.bundle.party, signed.bundle.serial
        held = self.bundles.get(party)
        if not held:
            return None
        if serial < min(held):
            raise RollbackError(f"serial {serial} of {party} is older than all that are held")
        if serial > max(held) + 1:
            raise SuccessorError(f"serial {serial} of {party} comes before serial {max(held) + 1}")
        return held.get(serial - 1)

    def _refuse_claims(self, signed: SignedBundle) -> None:
        """Refuse keys that belong to somebody else or that are root keys (BUNDLE-008)."""
        party = signed.bundle.party
        for key_id in (*(public.id for public in signed.publics), *signed.officers):
            owner = self._claims.get(key_id, party)
            if owner != party:
                raise RosterError(f"{party} lists key {key_id.hex()} of {owner}")
            if key_id in self._root_keys:
                raise RosterError(f"{party} lists the root key {key_id.hex()}")

    def _keep_version(self, signed: SignedTreaty) -> None:
        self.versions.append(signed)
        self.treaty_id = self.versions[0].hash
        self._note("treaty", signed.hash)
        self._root_keys |= amendment.root_keys(signed.treaty).keys()

    def _keep_treaty_proof(self, signed: SignedTreaty) -> None:
        self.proofs.append(Proof("treaty", None, self.versions[signed.treaty.version - 1].data, signed.data))
        self._note("treaty", signed.hash)
        self.treaty_is_stopped = True

    def _keep_bundle(self, signed: SignedBundle) -> None:
        party = signed.bundle.party
        self.bundles.setdefault(party, {})[signed.bundle.serial] = signed
        self.newest[party] = signed
        self._note("bundle", signed.hash)
        for key, public in zip(signed.bundle.keys, signed.publics, strict=True):
            self._claims[public.id] = party
            if key.use == "signing":
                self.signing_keys[party, public.id] = public
            elif key.use == "log":
                self.log_keys.setdefault(party, {})[public.id] = public
        for key_id, officer in signed.officers.items():
            self._claims[key_id] = party
            self.officers[party, key_id] = officer

    def _keep_bundle_proof(self, signed: SignedBundle) -> None:
        party = signed.bundle.party
        self.proofs.append(Proof("bundle", party, self.bundles[party][signed.bundle.serial].data, signed.data))
        self._note("bundle", signed.hash)
        self.stopped.add(party)

    def _note(self, kind: DocumentKind, digest: bytes) -> None:
        self._known.add((kind, digest))
        self.revision += 1


def _verify_under_one(signed: SignedBundle, members: Sequence[Member], previous: SignedBundle | None) -> None:
    faults: list[RemoteError] = []
    for member in members:
        try:
            bundle.verify(signed, member, previous)
        except RemoteError as fault:
            faults.append(fault)
        else:
            return
    raise faults[0]
