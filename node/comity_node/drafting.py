"""Drawing up a treaty version, and collecting its signatures."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from comity import treaty as treaties
from comity.amendment import missing, verify_content, verify_first, verify_successor
from comity.deadlines import USUAL, Promise
from comity.documents import Signature, joined
from comity.encoding import decode_as
from comity.errors import ComityError, LocalError, RemoteError
from comity.kinds import FORMS
from comity.limits import MAX_FRAME_BYTES, MAX_TREATY_BYTES
from comity.treaty import Member, Rules, SignedTreaty, Treaty, TreatyLimits
from comity.vocabulary import Pin, newest
from comity_node.allowances import with_changes
from comity_node.faults import DocumentError, UsageError, text_of
from comity_node.keyfile import RootKey
from comity_node.papers import MemberPaper

MICROS: Final = 1_000_000
VALIDITY_S: Final = 364 * 86_400
USUAL_LIMITS: Final = TreatyLimits(lifetime_s=30 * 86_400, skew_s=120)
ARRAYS: Final = range(0x90, 0xA0)  # first byte of a short MessagePack array: a signed version; a draft is a map


@dataclass(frozen=True, slots=True)
class Terms:
    """What the one who drafts a version decides. Times are micros; kinds go by party, "" for all others.

    Attributes:
        status: parties whose status changes against the previous version.
        rules: numbers of members, by name of the rule; absent ones follow from the number of active members.
        validity_s, lifetime_s, skew_s: None leaves the end, the limit as the previous version has it.
        coercive: kinds that two officers must approve; None leaves them as the previous version has them, and in a
            first version stands for the kinds that are coercive by their nature.
    """

    title: str | None
    text: bytes | None
    members: Sequence[MemberPaper]
    send: dict[str, tuple[str, ...]]
    accept: dict[str, tuple[str, ...]]
    status: dict[str, Literal["active", "suspended", "withdrawn"]]
    rules: dict[str, int]
    issued: int
    effective: int
    validity_s: int | None
    lifetime_s: int | None
    skew_s: int | None
    coercive: tuple[str, ...] | None = None
    deadlines: tuple[Promise, ...] = ()
    vocabulary: Pin | None = None


def draft(terms: Terms, previous: SignedTreaty | None) -> bytes:
    """Return the body of version 1, or of the successor of `previous`, ready to be signed.

    Raises:
        UsageError: the terms contradict each other or exceed a bound.
    """
    old = previous.treaty if previous else None
    title = terms.title or (old.title if old else None)
    text = hashlib.sha256(terms.text).digest() if terms.text is not None else old.text if old else None
    if title is None or text is None:
        raise UsageError("a first version needs a title and a legal text", "give --title and --text")
    members = roster(terms, old)
    try:
        body = treaties.body_bytes(
            Treaty(
                coercive=coercive(terms, old),
                deadlines=with_changes(old.deadlines if old else USUAL, terms.deadlines),
                effective=terms.effective,
                expires=expiry(terms, old),
                issued=terms.issued,
                limits=limits(terms, old),
                members=members,
                prev=previous.hash if previous else None,
                rules=rules_for(members, terms.rules, old),
                suites=old.suites if old else (1, 2),
                text=text,
                title=title,
                treaty=treaty_id(previous) if previous else None,
                version=old.version + 1 if old else 1,
                vocabulary=terms.vocabulary or (old.vocabulary if old else newest().pin),
            )
        )
        verify_content(decode_as(Treaty, body, MAX_TREATY_BYTES))
    except (ComityError, ValueError) as fault:
        raise UsageError(f"the draft is not valid: {text_of(fault)}", "correct the option that says so") from None
    return body


def coercive(terms: Terms, old: Treaty | None) -> tuple[str, ...]:
    """Return the patterns of kinds that two officers must approve, in their order."""
    if terms.coercive is not None:
        return tuple(sorted(set(terms.coercive)))
    return old.coercive if old else tuple(kind for kind, form in FORMS.items() if form.coercive)


def expiry(terms: Terms, old: Treaty | None) -> int:
    if terms.validity_s is None and old is not None:
        return old.expires
    return terms.effective + (terms.validity_s or VALIDITY_S) * MICROS


def limits(terms: Terms, old: Treaty | None) -> TreatyLimits:
    before = old.limits if old else USUAL_LIMITS
    return TreatyLimits(
        lifetime_s=before.lifetime_s if terms.lifetime_s is None else terms.lifetime_s,
        skew_s=before.skew_s if terms.skew_s is None else terms.skew_s,
    )


def roster(terms: Terms, old: Treaty | None) -> tuple[Member, ...]:
    """Return the members of the previous version, with those of the terms added or put in their place."""
    members = {member.id: member for member in old.members} if old else {}
    for asked in terms.members:
        members[asked.id] = asked.member(kinds(terms.send, asked.id), kinds(terms.accept, asked.id))
    for party, status in terms.status.items():
        if party not in members:
            raise UsageError(f"{party[:60]} is not a member", "name a member of the previous version")
        members[party] = msgspec.structs.replace(members[party], status=status)
    if not members:
        raise UsageError("a treaty needs members", "give --member FILE for each of them")
    return tuple(members[party] for party in sorted(members))


def kinds(patterns: dict[str, tuple[str, ...]], party: str) -> tuple[str, ...]:
    return tuple(sorted(set(patterns.get(party) or patterns.get("") or ("*",))))


def rules_for(members: Iterable[Member], wanted: dict[str, int], old: Treaty | None) -> Rules:
    """Return the rules: as wanted, else as before, else more than half of the active members for everything.

    A version that suspends a member may have to lower them, for a rule may not ask for more than are left (TREATY-008).
    """
    active = sum(member.status == "active" for member in members)
    most = active // 2 + 1
    others = max(1, min(most, active - 1))
    usual = {"admit": most, "amend": most, "suspend": others, "expel": others}
    before = msgspec.structs.asdict(old.rules) if old else {}
    return Rules(**{name: wanted.get(name, before.get(name, usual[name])) for name in usual})


def treaty_id(signed: SignedTreaty) -> bytes:
    return signed.treaty.treaty or signed.hash


def open_version(data: bytes, name: str) -> SignedTreaty:
    """Return the version in the file, a draft as one without signatures.

    Raises:
        DocumentError: it is neither.
    """
    try:
        if data[:1] and data[0] in ARRAYS:
            return treaties.read(data)
        body = decode_as(Treaty, data, MAX_TREATY_BYTES)
    except RemoteError as fault:
        raise DocumentError(f"{name} is no treaty: {text_of(fault)}", "get the file again") from None
    return SignedTreaty(data, data, body, (), hashlib.sha256(data).digest())


def sign(signed: SignedTreaty, root: RootKey) -> Signature:
    """Return the signature of the party's root key.

    Raises:
        DocumentError: the version does not list that key.
    """
    member = signed.treaty.member(root.party)
    if member is None or root.signing.public.id not in member.public_keys:
        raise DocumentError(
            f"this version does not list the root key of {root.party}", "ask for a draft made with your .member file"
        )
    return treaties.sign(signed.body_bytes, root.signing)


def with_signatures(signed: SignedTreaty, rows: Iterable[Signature]) -> bytes:
    """Return the signed version with the signatures added. Raises: DocumentError."""
    try:
        data = treaties.assemble(signed.body_bytes, joined(rows, signed.signatures))
    except LocalError as fault:
        raise DocumentError(f"the signatures do not fit: {text_of(fault)}", "collect them again") from None
    return data


def lacking(signed: SignedTreaty, previous: SignedTreaty | None) -> list[str]:
    """Return in plain words who must still sign. Raises: DocumentError, when a signature does not verify."""
    try:
        return missing(signed, previous)
    except ComityError as fault:
        raise DocumentError(f"the treaty does not verify: {text_of(fault)}", "collect the signatures again") from None


def verify(signed: SignedTreaty, previous: SignedTreaty | None) -> None:
    """Return when the version satisfies all rules of the page treaty.

    Raises:
        DocumentError: it does not; the text says who must still sign, or what is wrong.
    """
    if previous is None and signed.treaty.version != 1:
        raise DocumentError(
            f"version {signed.treaty.version} needs its predecessor to be judged", "give it with --previous FILE"
        )
    try:
        if previous is None:
            verify_first(signed)
        else:
            verify_successor(signed, previous, treaty_id(previous))
    except ComityError as fault:
        lacks = lacking(signed, previous)
        reason = "; ".join(lacks) if lacks else text_of(fault)
        raise DocumentError(
            f"the treaty is not valid: {reason}", "collect what is missing, then verify again"
        ) from None


MAX_VERSION_BYTES: Final = MAX_FRAME_BYTES
