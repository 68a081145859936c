"""Approvals of a message in an evidence file: which officers signed, and whether they might at that time."""

from dataclasses import dataclass
from typing import Final

from comity.approval import MAX_APPROVAL_AGE_S, Approval
from comity.authority import BOTH, approvers_of
from comity.bundle import Officer
from comity.errors import AuthenticationError
from comity.evidence.papers import Papers
from comity.message import Body, content_of
from comity.patterns import PatternSet

MICROS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Approved:
    """What the approvals of a message prove: the officers with what they signed as, and what is not as it must be."""

    proven: tuple[tuple[Approval, Officer], ...] = ()
    lacks: tuple[str, ...] = ()


def judge_approvals(body: Body, papers: Papers) -> Approved:
    """Return what the approvals prove, by the bundles and the treaty of the time of signing (EVID-023)."""
    proven: list[tuple[Approval, Officer]] = []
    lacks: list[str] = []
    content = content_of(body) if body.approvals else b""
    for approval in body.approvals:
        officer = papers.officer(body.sender, approval.key, body.created)
        lack = _lack(approval, officer, content, body, papers)
        if lack or officer is None:
            lacks.append(lack or "")
        elif officer.id in {each.id for _, each in proven}:
            lacks.append(f"{officer.id} has signed twice")
        else:
            proven.append((approval, officer))
    ruling = papers.in_force(body.created)
    if ruling is not None and PatternSet.of(ruling.coercive).matches(body.kind):
        given = {approval.role for approval, _ in proven}
        lacks += [f"the treaty asks for an {role}, and none has signed" for role in BOTH if role not in given]
    return Approved(tuple(proven), tuple(lacks))


def _lack(approval: Approval, officer: Officer | None, content: bytes, body: Body, papers: Papers) -> str:
    """Return why the approval does not count, "" where it does (APPR-004 to APPR-010)."""
    if officer is None:
        return f"no bundle of {body.sender} lists the key {approval.key.hex()[:12]} for an officer at that time"
    revoked = papers.revoked(body.sender, approval.key)
    if revoked is not None and revoked <= body.created:
        return f"the key of {officer.id} was revoked"
    ruling = papers.in_force(body.created)
    skew_s = ruling.limits.skew_s if ruling is not None else 0
    if not body.created - MAX_APPROVAL_AGE_S * MICROS <= approval.time <= body.created + skew_s * MICROS:
        return f"{officer.id} signed at another time"
    if approval.role == "approver" and approvers_of(body.kind, body.urgency).isdisjoint(officer.roles):
        return f"{officer.id} has not the role of an approver"
    try:
        approval.verify(content, officer.public)
    except AuthenticationError:
        return f"the signature of {officer.id} does not verify"
    return ""
