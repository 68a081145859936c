"""Treaty and bundles of an evidence file: who was whom, with which keys, at a time long past."""

from collections.abc import Iterator, Sequence
from typing import Final

from comity import amendment
from comity import bundle as bundles
from comity import treaty as treaties
from comity.bundle import Officer, SignedBundle, Use
from comity.checkpoint import key_hash, read_checkpoint
from comity.errors import EquivocationError, LimitError, MalformedError, RemoteError
from comity.evidence.findings import Check, iso
from comity.evidence.parts import Parts
from comity.holdings import Holdings
from comity.keys import PublicKey
from comity.treaty import SignedTreaty, Treaty

MAX_PAPERS_BYTES: Final = 67_108_864  # treaty versions and bundles together: all of them are kept while verifying


class Papers:
    """The treaty chain and the bundles that are proven; what is not was told as a finding."""

    def __init__(self, parts: Parts) -> None:
        """Take in all of them (EVID-008, EVID-009). Raises LimitError when they are too many."""
        names = [*parts.under("treaty"), *parts.under("bundles"), *parts.under("conflicts")]
        if sum(parts.entries[name].size for name in names) > MAX_PAPERS_BYTES:
            raise LimitError(f"treaty versions and bundles of more than {MAX_PAPERS_BYTES} bytes")
        self._held = Holdings(None)
        self._parts = parts
        for name in parts.under("treaty"):
            self._take_version(name)
        for name in parts.under("bundles"):
            self._take_bundle(name)
        for name in parts.under("conflicts"):
            self._take_conflict(name)

    @property
    def treaty_id(self) -> bytes | None:
        """The id of the treaty, None where no version 1 is proven."""
        return self._held.treaty_id

    @property
    def versions(self) -> Sequence[SignedTreaty]:
        """The proven versions from 1 on."""
        return self._held.versions

    def names(self) -> dict[str, str]:
        """Return the name of each member, as the newest version that lists it says."""
        return {member.id: member.name for version in self.versions for member in version.treaty.members}

    def version(self, number: int) -> Treaty | None:
        """Return the version with the number, None where it is not proven."""
        return self.versions[number - 1].treaty if 1 <= number <= len(self.versions) else None

    def in_force(self, time: int) -> Treaty | None:
        """Return the version in force at the time (TREATY-014)."""
        for signed in reversed(self.versions):
            if signed.treaty.effective <= time:
                return signed.treaty if time < signed.treaty.expires else None
        return None

    def key(self, party: str, key_id: bytes, use: Use, time: int) -> PublicKey | None:
        """Return the key that a bundle of the party lists for this use and time, None where none does (EVID-010)."""
        for signed in self._held.bundles.get(party, {}).values():
            for key, public in zip(signed.bundle.keys, signed.publics, strict=True):
                in_time = signed.bundle.is_valid(time) and key.since <= time < key.until
                if public.id == key_id and key.use == use and in_time:
                    return public
        return None

    def officer(self, party: str, key_id: bytes, time: int) -> Officer | None:
        """Return the officer whose key a bundle of the party lists for this time, None where none does (EVID-023)."""
        for signed in self._held.bundles.get(party, {}).values():
            officer = signed.officers.get(key_id)
            if officer is not None and signed.bundle.is_valid(time) and officer.since <= time < officer.until:
                return officer
        return None

    def revoked(self, party: str, key_id: bytes) -> int | None:
        """Return since when the party has said that the key counts no more, in any bundle; None where it has not."""
        held = self._held.bundles.get(party, {}).values()
        times = [each.at for signed in held for each in signed.bundle.revoked if each.key == key_id]
        return min(times, default=None)

    def log_key(self, party: str, checkpoint: bytes) -> PublicKey | None:
        """Return the log key of the party that a checkpoint names, None where no bundle lists it.

        Raises:
            MalformedError, LimitError: this is no checkpoint.
        """
        named = read_checkpoint(checkpoint).key_hash
        for public in self._held.log_keys.get(party, {}).values():
            if key_hash(party, public) == named:
                return public
        return None

    def _take_version(self, name: str) -> None:
        try:
            data = self._parts.read(name)
            refuse_other_name(name, f"treaty/{treaties.read(data).treaty.version:06}.treaty")
            self._held.add_treaty(data)
        except (MalformedError, LimitError) as fault:
            self._parts.find(Check.FORM, name, detail=str(fault))
        except RemoteError as fault:
            self._parts.find(Check.TREATY_BROKEN, name, detail=str(fault))
        else:
            newest = self.versions[-1]
            previous = self.versions[-2] if len(self.versions) > 1 else newest
            signed_by = amendment.approvals(newest, newest.treaty) | amendment.approvals(newest, previous.treaty)
            who = ", ".join(sorted(signed_by))
            values = {"number": str(newest.treaty.version), "parties": who, "title": newest.treaty.title}
            self._parts.find(Check.TREATY, name, **values)

    def _take_bundle(self, name: str) -> None:
        try:
            signed = bundles.read(self._parts.read(name))
            refuse_other_name(name, f"bundles/{signed.bundle.party}/{signed.bundle.serial:06}.bundle")
            self._held.add_bundle(signed.data, list(self._around(signed)))
        except (MalformedError, LimitError) as fault:
            self._parts.find(Check.FORM, name, detail=str(fault))
        except RemoteError as fault:
            self._parts.find(Check.BUNDLE_BROKEN, name, detail=str(fault))
        else:
            held = signed.bundle
            values = {"party": held.party, "since": iso(held.since), "until": iso(held.until)}
            self._parts.find(Check.BUNDLE, name, number=str(held.serial), **values)

    def _take_conflict(self, name: str) -> None:
        """Say which document of the file this one contradicts, both being valid (TREATY-013, BUNDLE-010)."""
        try:
            data = self._parts.read(name)
            if name.endswith(".treaty"):
                other = f"treaty/{treaties.read(data).treaty.version:06}.treaty"
                self._held.add_treaty(data)
            else:
                signed = bundles.read(data)
                other = f"bundles/{signed.bundle.party}/{signed.bundle.serial:06}.bundle"
                self._held.add_bundle(data, list(self._around(signed)))
            raise MalformedError("it contradicts nothing in this file")
        except EquivocationError:
            self._parts.find(Check.CONFLICT, name, other=other)
        except RemoteError as fault:
            self._parts.find(Check.FORM, name, detail=str(fault))

    def _around(self, signed: SignedBundle) -> Iterator[Treaty]:
        """Yield the versions that were in force at some time of the bundle's validity, the newest first."""
        end = 2**63
        for version in reversed(self.versions):
            treaty = version.treaty
            if treaty.effective < signed.bundle.until and signed.bundle.since < min(end, treaty.expires):
                yield treaty
            end = min(end, treaty.effective)


def refuse_other_name(name: str, wanted: str) -> None:
    """Return when a part has the name that its content asks for. Raises MalformedError."""
    if name != wanted:
        raise MalformedError(f"its content belongs into a part named {wanted}")
