"""Which officers may sign a message, and as what (spec page approval)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from comity.approval import MAX_APPROVAL_AGE_S, Approval, ApprovalRole
from comity.bundle import Officer
from comity.chapters.form import Role
from comity.directory import Directory
from comity.errors import ApprovalError, ApprovalMissingError, AuthenticationError, WrongSenderError
from comity.kinds import FORMS
from comity.message import Body, content_of

MICROS: Final = 1_000_000
FLASH: Final = 0  # the urgency at which a request needs the duty officer
DUTY_OFFICER: Final = "duty-officer"
APPROVERS: Final = frozenset({"releaser", DUTY_OFFICER})
BOTH: Final[tuple[ApprovalRole, ...]] = ("author", "approver")


@dataclass(frozen=True, slots=True)
class Signatory:
    """An officer and what he signed a message as. `officer` is None where no bundle of the sender lists the key."""

    approval: Approval
    officer: Officer | None
    verifies: bool


def require_known(body: Body, directory: Directory) -> None:
    """Return when each approval is of an officer whom a bundle of the sender that is held lists or listed.

    Raises:
        WrongSenderError: one is not. A bundle that lists the officer may be on its way (APPR-014).
    """
    for approval in body.approvals:
        if directory.known_officer(body.sender, approval.key) is None:
            raise WrongSenderError(f"an approval names a key that no officer of {body.sender} ever had")


def check_approvals(body: Body, directory: Directory, now_us: int) -> None:
    """Return when a message may be taken in, or leave, with the approvals that it carries (APPR-003).

    Raises:
        ApprovalMissingError: its kind needs an author and an approver, and one of them has not signed.
        ApprovalError: as `check_signatures`.
    """
    if directory.is_coercive(body.kind, now_us):
        given = {approval.role for approval in body.approvals}
        lacking = [role for role in BOTH if role not in given]
        if lacking:
            raise ApprovalMissingError(f"{body.kind} needs two officers, and no {' and no '.join(lacking)} has signed")
    check_signatures(body, directory, now_us)


def check_signatures(body: Body, directory: Directory, now_us: int) -> None:
    """Return when every approval that the body carries is valid now, whether or not they are enough.

    Raises:
        ApprovalError: one of them is not (APPR-004 to APPR-010).
    """
    if not body.approvals:
        return
    content = content_of(body)
    names: set[str] = set()
    for approval in body.approvals:
        officer = directory.officer(body.sender, approval.key, now_us)
        if officer.id in names:
            raise ApprovalError(f"{officer.id} has signed twice")
        names.add(officer.id)
        _check_time(approval, body.created, directory.limits(now_us).skew_s)
        _check_role(approval, officer, body)
        try:
            approval.verify(content, officer.public)
        except AuthenticationError as fault:
            raise ApprovalError(f"the signature of {officer.id} does not verify: {fault}") from fault


def _check_time(approval: Approval, created_us: int, skew_s: int) -> None:
    if approval.time > created_us + skew_s * MICROS:
        raise ApprovalError("an officer has signed after the message was created")
    if approval.time < created_us - MAX_APPROVAL_AGE_S * MICROS:
        raise ApprovalError(f"an officer has signed more than {MAX_APPROVAL_AGE_S} seconds before it was created")


def _check_role(approval: Approval, officer: Officer, body: Body) -> None:
    if approval.role == "author":
        return
    needed = approvers_of(body.kind, body.urgency)
    if needed.isdisjoint(officer.roles):
        raise ApprovalError(f"{officer.id} is no {' or '.join(sorted(needed))}")


def approvers_of(kind: str, urgency: int) -> frozenset[str]:
    """Return the roles of which an approver must have one (APPR-007, APPR-008)."""
    form = FORMS.get(kind)
    is_request = form is not None and form.role is Role.REQUEST
    return frozenset({DUTY_OFFICER}) if is_request and urgency == FLASH else APPROVERS


def signatories(body: Body, directory: Directory) -> Iterator[Signatory]:
    """Yield who signed a message, in the order of its approvals, whatever has become of their keys since.

    The keys are looked up in all bundles of the sender that are held: what was signed under an old one still verifies.
    """
    content = content_of(body) if body.approvals else b""
    for approval in body.approvals:
        officer = directory.known_officer(body.sender, approval.key)
        yield Signatory(approval, officer, officer is not None and _verifies(approval, content, officer))


def _verifies(approval: Approval, content: bytes, officer: Officer) -> bool:
    try:
        approval.verify(content, officer.public)
    except AuthenticationError:
        return False
    return True
