"""Messages and receipts of an evidence file: signed by whom, in time, as the treaty let them, and in their order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from comity import message as messages
from comity import receipt as receipts
from comity.checkpoint import read_checkpoint
from comity.delivery import gaps
from comity.errors import AuthenticationError, LimitError, MalformedError, RemoteError
from comity.evidence.approvals import Approved, judge_approvals
from comity.evidence.findings import Acknowledgement, Check, Fact, NamedFile, iso
from comity.evidence.papers import Papers
from comity.evidence.parts import Parts
from comity.kinds import NOTICE
from comity.limits import MAX_SKEW_S
from comity.message import SignedMessage
from comity.patterns import PatternSet
from comity.receipt import Entry, Receipt
from comity.treaty import Treaty

MICROS: Final = 1_000_000


@dataclass(slots=True)
class Exchange:
    """What was read so far: messages, receipts by the hash of their message, and roots by party and size of its log.

    `approved` is what the approvals of each message prove; `faulty` are the parts that do not prove what they say.
    """

    parts: Parts
    papers: Papers
    case: bytes | None
    facts: list[Fact] = field(default_factory=list)
    receipts: dict[bytes, list[Acknowledgement]] = field(default_factory=dict)
    roots: dict[tuple[str, int], bytes] = field(default_factory=dict)
    approved: dict[str, Approved] = field(default_factory=dict)
    faulty: set[str] = field(default_factory=set)

    def find(self, check: Check, part: str, **values: str) -> None:
        """Add a finding that leaves something of the part unproven."""
        self.faulty.add(part)
        self.parts.find(check, part, **values)

    def of(self, fact: Fact) -> Sequence[Acknowledgement]:
        """Return what the receipts say of a message."""
        return self.receipts.get(fact.hash, ())


def read_exchange(parts: Parts, papers: Papers, case: bytes | None) -> Exchange:
    """Return the messages and receipts of the file; what each proves is among the findings (EVID-010 to EVID-013)."""
    found = Exchange(parts, papers, case)
    for name in parts.under("messages"):
        _read_message(found, name)
    by_hash = {fact.hash: fact for fact in found.facts}
    for name in parts.under("receipts"):
        _read_receipt(found, name, by_hash)
    for fact in found.facts:
        _judge(found, fact)
    _judge_order(found)
    for fact in found.facts:
        if fact.part not in found.faulty:
            parts.find(Check.MESSAGE, fact.part, party=fact.sender, time=iso(fact.created), kind=fact.kind)
        _note_silence(found, fact)
    return found


# --- messages --------------------------------------------------------------------------------------------------------


def _read_message(found: Exchange, name: str) -> None:
    try:
        signed = messages.read(found.parts.read(name))
    except (MalformedError, LimitError) as fault:
        found.find(Check.FORM, name, detail=str(fault))
        return
    body = signed.body
    _verify(found, name, signed)
    files = tuple(_file(found.parts, each.name, each.media, each.size, each.hash) for each in body.attachments)
    found.approved[name] = judge_approvals(body, found.papers)
    found.facts.append(_fact(name, signed, files))


def _verify(found: Exchange, name: str, signed: SignedMessage) -> None:
    body = signed.body
    key = found.papers.key(body.sender, body.from_key, "signing", body.created)
    if key is None:
        found.find(Check.KEY, name, party=body.sender, time=iso(body.created))
        return
    try:
        signed.verify(key)
    except AuthenticationError:
        found.find(Check.SIGNATURE, name, party=body.sender)


def _fact(name: str, signed: SignedMessage, files: tuple[NamedFile, ...]) -> Fact:
    body = signed.body
    return Fact(
        part=name,
        id=body.id,
        hash=signed.hash,
        case=body.case,
        sender=body.sender,
        from_key=body.from_key,
        to=body.to,
        kind=body.kind,
        exercise=body.exercise,
        lang=body.lang,
        urgency=body.urgency,
        suite=body.suite,
        created=body.created,
        expires=body.expires,
        seq=body.seq,
        prev=body.prev,
        in_reply_to=body.in_reply_to,
        treaty=body.treaty,
        treaty_version=body.treaty_version,
        files=files,
    )


def _file(parts: Parts, name: str, media: str, size: int, digest: bytes) -> NamedFile:
    part = f"attachments/{digest.hex()}"
    return NamedFile(name, media, size, digest, part if part in parts.entries else "")


def _judge(found: Exchange, fact: Fact) -> None:
    """Say what of the message is not proven: its case, its key, its treaty."""
    if found.case is not None and fact.case != found.case:
        found.find(Check.OTHER_CASE, fact.part, case=fact.case.hex())
    accepted = _accepted(found, fact)
    revoked = found.papers.revoked(fact.sender, fact.from_key)
    if revoked is not None and min(accepted.values(), default=revoked) >= revoked:
        found.find(Check.REVOKED, fact.part, party=fact.sender, time=iso(revoked))
    _judge_approvals(found, fact, bool(accepted))
    _judge_treaty(found, fact, bool(accepted))


def _accepted(found: Exchange, fact: Fact) -> dict[str, int]:
    """Return who accepted the message, and when."""
    return {each.party: each.time for each in found.of(fact) if not each.code}


def _judge_approvals(found: Exchange, fact: Fact, was_accepted: bool) -> None:
    """Say which officers signed the message, and what of it is not as it must be (EVID-023)."""
    approved = found.approved[fact.part]
    for approval, officer in approved.proven:
        values = {"officer": officer.id, "role": approval.role, "party": fact.sender, "time": iso(approval.time)}
        found.parts.find(Check.APPROVAL, fact.part, **values)
    for lack in approved.lacks:
        found.find(_unless_refused(found, fact, Check.APPROVAL_BROKEN, was_accepted), fact.part, detail=lack)


def _unless_refused(found: Exchange, fact: Fact, check: Check, was_accepted: bool) -> Check:
    """Return the check, and a note in its place where the recipients saw the fault and refused the message."""
    refused = any(each.code for each in found.of(fact))
    return Check.RIGHTS_REFUSED if refused and not was_accepted else check


def _judge_treaty(found: Exchange, fact: Fact, was_accepted: bool) -> None:
    if fact.treaty != found.papers.treaty_id:
        found.find(Check.OTHER_TREATY, fact.part)
        return
    named, ruling = found.papers.version(fact.treaty_version), found.papers.in_force(fact.created)
    if named is None or ruling is None or not named.effective <= fact.created < named.expires:
        found.find(Check.VERSION, fact.part, number=str(fact.treaty_version), time=iso(fact.created))
        return
    if ruling.version != named.version:
        numbers = {"number": str(named.version), "newer": str(ruling.version)}
        found.parts.find(Check.OLDER_VERSION, fact.part, **numbers)
    lacks = [*_lacks(fact, named), *(_lacks(fact, ruling) if ruling is not named else ())]
    for lack in dict.fromkeys(lacks):
        found.find(_unless_refused(found, fact, Check.RIGHTS, was_accepted), fact.part, detail=lack)


def _lacks(fact: Fact, treaty: Treaty) -> Iterator[str]:
    """Yield what the version did not let the sender do, in plain words."""
    sender = treaty.member(fact.sender)
    if sender is None or sender.status != "active":
        yield f"{fact.sender} is no active member in version {treaty.version}"
    elif not PatternSet.of(sender.send).matches(fact.kind):
        yield f"{fact.sender} may not send {fact.kind} in version {treaty.version}"
    for party in fact.to:
        member = treaty.member(party)
        if member is None or not PatternSet.of(member.accept).matches(fact.kind):
            yield f"{party} may not accept {fact.kind} in version {treaty.version}"
    if fact.suite not in treaty.suites:
        yield f"suite {fact.suite} is not allowed in version {treaty.version}"
    if fact.expires - fact.created > treaty.limits.lifetime_s * MICROS:
        yield f"the message lives longer than version {treaty.version} allows"


# --- receipts --------------------------------------------------------------------------------------------------------


def _read_receipt(found: Exchange, name: str, by_hash: dict[bytes, Fact]) -> None:
    try:
        receipt = receipts.read(found.parts.read(name))
        entry = receipt.read_entry()
        if f"/{entry.to}.receipt" not in name:
            raise MalformedError("its name states another party")
        proof = _prove(found, receipt, entry)
    except (MalformedError, LimitError) as fault:
        found.find(Check.FORM, name, detail=str(fault))
        return
    except AuthenticationError:
        found.find(Check.SIGNATURE, name, party=receipt.read_entry().to)
        return
    if not proof:
        found.find(Check.KEY, name, party=entry.to, time=iso(entry.time))
        return
    _match(found, name, entry, by_hash.get(entry.message))
    _compare_logs(found, name, receipt)


def _prove(found: Exchange, receipt: Receipt, entry: Entry) -> bool:
    """Return whether the log key was valid when the receipt says. Raises where signature or proof do not hold."""
    key = found.papers.log_key(entry.to, receipt.checkpoint)
    if key is None:
        return False
    receipt.verify([key])
    revoked = found.papers.revoked(entry.to, key.id)
    in_time = revoked is None or entry.time < revoked
    return in_time and found.papers.key(entry.to, key.id, "log", entry.time) is not None


def _match(found: Exchange, name: str, entry: Entry, fact: Fact | None) -> None:
    """Say what the receipt proves of the message of the file that it is about."""
    try:
        if fact is None or entry.to not in fact.to or name.split("/")[1] not in fact.part:
            raise AuthenticationError("it is about no message of this file")
        receipts.match(entry, fact.id, fact.hash, fact.sender, entry.to, fact.treaty)
    except RemoteError:
        found.find(Check.RECEIPT_OTHER, name)
        return
    early = entry.time < fact.created - MAX_SKEW_S * MICROS
    if early or (not entry.code and entry.time >= fact.expires):
        found.find(Check.RECEIPT_TIME, name, party=entry.to, time=iso(entry.time), created=iso(fact.created))
        return
    said = Acknowledgement(name, fact.hash, entry.to, entry.time, entry.code)
    found.receipts.setdefault(fact.hash, []).append(said)
    check = Check.REFUSED if entry.code else Check.ACCEPTED
    found.parts.find(check, name, party=entry.to, time=iso(entry.time), code=str(entry.code), message=fact.part)


def _compare_logs(found: Exchange, name: str, receipt: Receipt) -> None:
    """A log of one size has one root (LOG-008): two of them prove that its party told its history in two ways."""
    point = read_checkpoint(receipt.checkpoint).checkpoint
    if found.roots.setdefault((point.party, point.size), point.root) != point.root:
        found.find(Check.FORK, name, party=point.party)


# --- order -----------------------------------------------------------------------------------------------------------


def _judge_order(found: Exchange) -> None:
    """Compare numbers and predecessors of each sender's messages, and what each answers (EVID-012)."""
    by_id: dict[tuple[str, bytes], Fact] = {}
    for fact in found.facts:
        first = by_id.setdefault((fact.sender, fact.id), fact)
        if first is not fact:
            found.find(Check.TWICE, fact.part, party=fact.sender, other=first.part)
    hashes = {fact.hash for fact in found.facts}
    listed = found.parts.listed
    away = {each.hash for each in listed.manifest.left_out} if listed is not None else set[bytes]()
    for fact in found.facts:
        if fact.in_reply_to is not None and fact.in_reply_to not in hashes | away:
            found.parts.find(Check.REPLY, fact.part, hash=fact.in_reply_to.hex())
    counted = [fact for fact in found.facts if fact.kind != NOTICE]
    for sender in sorted({fact.sender for fact in counted}):
        _judge_numbers(found, [fact for fact in counted if fact.sender == sender])


def _judge_numbers(found: Exchange, facts: Sequence[Fact]) -> None:
    by_seq: dict[int, Fact] = {}
    for fact in facts:
        first = by_seq.setdefault(fact.seq, fact)
        if first is not fact:
            found.find(Check.TWICE, fact.part, party=fact.sender, other=first.part)
    for fact in facts:
        before = by_seq.get(fact.seq - 1)
        if before is not None and fact.prev != before.hash:
            found.find(Check.PREV, fact.part, party=fact.sender, other=before.part)
    for gap in gaps(by_seq):
        found.parts.find(Check.GAP, "", party=facts[0].sender, first=str(gap.first), last=str(gap.last))


def _note_silence(found: Exchange, fact: Fact) -> None:
    """Name the recipients of whom the file holds no receipt for the message."""
    answered = {each.party for each in found.of(fact)}
    for party in fact.to:
        if party not in answered:
            found.parts.find(Check.NO_RECEIPT, fact.part, party=party)
