"""What makes a treaty version believable: alone as the first, or as the successor of another (spec page treaty).

The checks run from cheap to dear: place in the chain, content, signatures, possession of new keys, thresholds.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum

from comity.errors import (
    PossessionError,
    RosterError,
    SuccessorError,
    ThresholdError,
    ValidityError,
)
from comity.keys import PublicKey
from comity.treaty import SIGNATURE_LABEL, Member, SignedTreaty, Treaty

PLACE_AND_TIME = frozenset({"version", "prev", "treaty", "issued", "effective"})


class Change(StrEnum):
    """What a version can change; each class has a rule of the same name."""

    ADMIT = "admit"
    SUSPEND = "suspend"
    EXPEL = "expel"
    AMEND = "amend"


def verify_first(signed: SignedTreaty) -> None:
    """Return when version 1 may be believed, as far as its own members can vouch for it.

    Raises:
        SuccessorError: it is not version 1.
        ValidityError, RosterError: impossible times or content (TREATY-008 to TREATY-010).
        AuthenticationError: a signature does not verify (TREATY-007).
        ThresholdError: a member has not approved it (TREATY-001).
    """
    if signed.treaty.version != 1:
        raise SuccessorError(f"version {signed.treaty.version} cannot be the first")
    verify_content(signed.treaty)
    _raise_first(ThresholdError, _first_shortfalls(signed.treaty, signers(signed, None)))


def verify_successor(
    signed: SignedTreaty, previous: SignedTreaty, treaty_id: bytes, withdrawn: Collection[str] = ()
) -> None:
    """Return when the version may be believed as the successor of `previous`, which is believed already.

    `withdrawn` are the parties that were withdrawn in any earlier version; those of `previous` count in any case.

    Raises:
        SuccessorError: it does not follow `previous` in this treaty (TREATY-002).
        ValidityError, RosterError: impossible times or content (TREATY-008 to TREATY-010, TREATY-016,
            TREATY-019).
        AuthenticationError: a signature does not verify (TREATY-007).
        PossessionError: a new root key has not signed (TREATY-006).
        ThresholdError: too few members have approved a change (TREATY-003 to TREATY-005).
    """
    treaty = signed.treaty
    _verify_place(treaty, previous, treaty_id)
    verify_content(treaty)
    _refuse_return(treaty, {*withdrawn, *withdrawn_from(previous.treaty)})
    _refuse_older_vocabulary(treaty, previous.treaty)
    signed_by = signers(signed, previous)
    _raise_first(PossessionError, _unproven_keys(treaty, previous.treaty, signed_by))
    _raise_first(ThresholdError, _shortfalls(treaty, previous.treaty, signed_by))


def missing(signed: SignedTreaty, previous: SignedTreaty | None) -> list[str]:
    """Return in plain words who must still sign, one sentence for each lack; nothing when all have.

    Raises:
        AuthenticationError: a signature that is there does not verify.
    """
    signed_by = signers(signed, previous)
    if previous is None:
        return list(_first_shortfalls(signed.treaty, signed_by))
    lacks = (_unproven_keys, _shortfalls)
    return [line for lack in lacks for line in lack(signed.treaty, previous.treaty, signed_by)]


def approvals(signed: SignedTreaty, version: Treaty) -> frozenset[str]:
    """Return the parties that approve the signed version under their keys of `version`, whatever their status.

    Signatures of other keys count for nothing here.

    Raises:
        AuthenticationError: a signature by a key of `version` does not verify.
    """
    keys = root_keys(version)
    known = [signature for signature in signed.signatures if signature.key_id in keys]
    return _approving(version.members, SIGNATURE_LABEL.signers(signed.body_bytes, known, keys))


def changes(treaty: Treaty, previous: Treaty) -> dict[Change, frozenset[str]]:
    """Return the classes of change against `previous`, each with the members that it does not count (TREATY-005)."""
    before = {member.id: member for member in previous.members}
    after = {member.id: member for member in treaty.members}
    suspended = frozenset(party for party in before.keys() & after.keys() if _suspends(before[party], after[party]))
    expelled = frozenset(party for party in before if _expels(before[party], after.get(party)))
    found: dict[Change, frozenset[str]] = {}
    if after.keys() - before.keys():
        found[Change.ADMIT] = frozenset()
    if suspended:
        found[Change.SUSPEND] = suspended
    if expelled:
        found[Change.EXPEL] = expelled
    if not found or _amends(treaty, previous):
        found[Change.AMEND] = frozenset()
    return found


def verify_content(treaty: Treaty) -> None:
    """Return when times, keys and rules of the version do not contradict each other.

    Raises:
        ValidityError: the times are out of order (TREATY-010).
        RosterError: two members list one key, or a rule asks for too many members (TREATY-008, TREATY-009).
    """
    if not treaty.issued <= treaty.effective < treaty.expires:
        raise ValidityError("issued, effective and expires are out of order")
    if len(root_keys(treaty)) != sum(len(member.root_keys) for member in treaty.members):
        raise RosterError("two members list the same root key")
    active = sum(1 for _ in treaty.active())
    without_one = max(active - 1, 1)
    bounds = {"admit": active, "amend": active, "expel": without_one, "suspend": without_one}
    for rule, bound in bounds.items():
        if getattr(treaty.rules, rule) > min(bound, active):
            raise RosterError(f"the rule {rule} asks for more members than can sign")


def signers(signed: SignedTreaty, previous: SignedTreaty | None) -> frozenset[bytes]:
    """Return the ids of the keys that signed the version.

    Raises:
        AuthenticationError: a signature that does not verify under a root key of either version (TREATY-007).
    """
    keys = root_keys(signed.treaty)
    if previous is not None:
        keys |= root_keys(previous.treaty)
    return SIGNATURE_LABEL.signers(signed.body_bytes, signed.signatures, keys)


def root_keys(treaty: Treaty) -> dict[bytes, PublicKey]:
    """Return the root keys of all members by key id."""
    return {key_id: public for member in treaty.members for key_id, public in member.public_keys.items()}


def withdrawn_from(treaty: Treaty) -> set[str]:
    """Return the parties that the version lists as withdrawn."""
    return {member.id for member in treaty.members if member.status == "withdrawn"}


def _verify_place(treaty: Treaty, previous: SignedTreaty, treaty_id: bytes) -> None:
    if treaty.version != previous.treaty.version + 1:
        raise SuccessorError(f"version {treaty.version} does not follow version {previous.treaty.version}")
    if treaty.treaty != treaty_id:
        raise SuccessorError(f"version {treaty.version} belongs to another treaty")
    if treaty.prev != previous.hash:
        raise SuccessorError(f"version {treaty.version} names another predecessor")


def _refuse_return(treaty: Treaty, withdrawn: Collection[str]) -> None:
    for member in treaty.active():
        if member.id in withdrawn:
            raise RosterError(f"{member.id} has withdrawn and cannot become active again")


def _refuse_older_vocabulary(treaty: Treaty, previous: Treaty) -> None:
    """Refuse an older vocabulary, or another one under the same number (TREATY-019)."""
    now, before = treaty.vocabulary, previous.vocabulary
    if now.version < before.version or (now.version == before.version and now.hash != before.hash):
        raise RosterError(f"version {now.version} of the vocabulary does not follow version {before.version}")


def _suspends(before: Member, after: Member) -> bool:
    if before.status == after.status:
        return False
    return after.status == "suspended" or (before.status == "suspended" and after.status == "active")


def _expels(before: Member, after: Member | None) -> bool:
    if after is None:
        return True
    return after.status == "withdrawn" and before.status != "withdrawn"


def _amends(treaty: Treaty, previous: Treaty) -> bool:
    """Return whether anything differs besides the members' coming, going and status."""
    fields = set(treaty.__struct_fields__) - PLACE_AND_TIME - {"members"}
    if any(getattr(treaty, name) != getattr(previous, name) for name in fields):
        return True
    before = {member.id: member for member in previous.members}
    both = ((member, before[member.id]) for member in treaty.members if member.id in before)
    return any(_content(now) != _content(then) for now, then in both)


def _content(member: Member) -> list[object]:
    return [getattr(member, name) for name in member.__struct_fields__ if name != "status"]


def _approving(members: Iterable[Member], signed_by: Collection[bytes]) -> frozenset[str]:
    return frozenset(member.id for member in members if _keys_lacking(member, signed_by) <= 0)


def _keys_lacking(member: Member, signed_by: Collection[bytes]) -> int:
    return member.threshold - sum(1 for key_id in member.public_keys if key_id in signed_by)


def _first_shortfalls(treaty: Treaty, signed_by: Collection[bytes]) -> Iterator[str]:
    for member in treaty.members:
        lacking = _keys_lacking(member, signed_by)
        if lacking > 0:
            yield f"{member.id} must sign with {lacking} more of its root keys"


def _unproven_keys(treaty: Treaty, previous: Treaty, signed_by: Collection[bytes]) -> Iterator[str]:
    """Yield a sentence for each key that its member did not list before and that has not signed."""
    before = {member.id: member.public_keys for member in previous.members}
    for member in treaty.members:
        for key_id in member.public_keys:
            if key_id not in before.get(member.id, {}) and key_id not in signed_by:
                yield f"{member.id} must sign with its new root key {key_id.hex()}"


def _shortfalls(treaty: Treaty, previous: Treaty, signed_by: Collection[bytes]) -> Iterator[str]:
    """Yield a sentence for each class of change that too few members of either version approve."""
    found = changes(treaty, previous)
    for version in (previous, treaty):
        approving = _approving(version.active(), signed_by)
        for change, not_counted in found.items():
            counted = frozenset(member.id for member in version.active()) - not_counted
            lacking = _quorum(version, change) - len(approving & counted)
            if lacking > 0:
                others = ", ".join(sorted(counted - approving)) or "nobody left"
                yield f"{change}: {lacking} more must sign under version {version.version}, of: {others}"


def _quorum(version: Treaty, change: Change) -> int:
    quorums: Mapping[Change, int] = {
        Change.ADMIT: version.rules.admit,
        Change.SUSPEND: version.rules.suspend,
        Change.EXPEL: version.rules.expel,
        Change.AMEND: version.rules.amend,
    }
    return quorums[change]


def _raise_first(error: type[PossessionError] | type[ThresholdError], lacks: Iterable[str]) -> None:
    for lack in lacks:
        raise error(lack)
