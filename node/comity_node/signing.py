"""From what a user wants to say to a signed message: case, sequence, times, signature."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from comity.approval import Approvals
from comity.attachment import Attachment
from comity.authority import check_approvals
from comity.case.events import refuse_past
from comity.chapters.form import Role
from comity.consent import refuse_colour
from comity.directory import Directory
from comity.encoding import Record, check
from comity.errors import (
    ApprovalError,
    ApprovalMissingError,
    LocalError,
    MarkingError,
    PayloadError,
    RemoteError,
)
from comity.handling import Handling
from comity.keys import SigningKey
from comity.kinds import (
    NOTICE,
    form_of,
    is_answer,
    payload_of,
    refuse_absent_files,
    refuse_other_answer,
    refuse_victims_to_many,
)
from comity.message import Body, SignedMessage, sign
from comity.vocabulary import Vocabulary, refuse_unknown_terms
from comity_node.archive import Archive
from comity_node.errors import NodeError
from comity_node.lifecycle import Lifecycle
from comity_node.relations import CORRECTING
from comity_node.store.store import Store
from comity_node.world import World

MICROS = 1_000_000
ID_BYTES = 16


class RuleError(NodeError):
    """The treaty or the form does not let this message be sent."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it is signed. `to` is sorted and without repetition.

    One that officers have signed has an id and a case already, because they are part of what was signed.
    """

    to: tuple[str, ...]
    kind: str
    payload: Mapping[str, Any]
    lang: str
    handling: Handling
    urgency: int
    lifetime_s: int
    case: bytes | None
    in_reply_to: bytes | None
    attachments: tuple[Attachment, ...] = ()
    exercise: bool = False
    id: bytes | None = None
    approvals: Approvals = ()


def draft_of(body: Body) -> Draft:
    """Return what was written, to be signed again with the times and the place in the case of now."""
    return Draft(
        to=body.to,
        kind=body.kind,
        payload=body.payload,
        lang=body.lang,
        handling=body.handling,
        urgency=body.urgency,
        lifetime_s=(body.expires - body.created) // MICROS,
        case=body.case,
        in_reply_to=body.in_reply_to,
        attachments=body.attachments,
        exercise=body.exercise,
        id=body.id,
        approvals=body.approvals,
    )


@dataclass(slots=True)
class Scribe:
    """Signs drafts one after another; remembers the newest message of each case in the batch at hand."""

    party: str
    key: SigningKey
    store: Store
    archive: Archive
    lifecycle: Lifecycle
    vocabulary: Callable[[int], Vocabulary | None]
    world: World
    _tips: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)

    def begin_batch(self) -> None:
        """Everything signed so far is durable or lost: read the cases afresh."""
        self._tips.clear()

    def sign(self, draft: Draft, directory: Directory) -> SignedMessage:
        """Return the signed message (MSG-004, MSG-009).

        Raises:
            RuleError: the treaty does not let it be sent, or a field is not valid.
            NotReadyError: no treaty in force.
        """
        now_us = self.world.now_us()
        after = self.check(draft, directory, now_us)
        fresh = self.world.random(2 * ID_BYTES)
        case = draft.case or fresh[ID_BYTES:]
        counted = draft.kind != NOTICE  # KIND-008
        tip = None
        if counted and draft.case is not None:
            tip = self._tips.get(case) or self.store.last_in_case(case, self.party)
        try:
            body = self._body(draft, directory, now_us, draft.id or fresh[:ID_BYTES], case, tip, after)
            require_approvals(body, directory, now_us)
            signed = sign(body, self.key)
        except (ValueError, LocalError) as fault:
            raise RuleError(f"the message is not valid: {fault}", "mend the field and send again") from fault
        if counted:
            self._tips[case] = (signed.body.seq, signed.hash)
        self.lifecycle.signed(signed, payload_of(draft.kind, signed.body.payload))
        return signed

    def compose(self, draft: Draft, directory: Directory) -> Body:
        """Return what officers are to sign: the message with its id and case, and with times that do not count yet.

        Raises:
            RuleError: as `sign`.
        """
        now_us = self.world.now_us()
        self.check(draft, directory, now_us)
        fresh = self.world.random(2 * ID_BYTES)
        case = draft.case or fresh[ID_BYTES:]
        try:
            return check(self._body(draft, directory, now_us, fresh[:ID_BYTES], case, None, None))
        except (ValueError, LocalError) as fault:
            raise RuleError(f"the message is not valid: {fault}", "mend the field and send again") from fault

    def _body(
        self,
        draft: Draft,
        directory: Directory,
        now_us: int,
        message_id: bytes,
        case: bytes,
        tip: tuple[int, bytes] | None,
        after: bytes | None,
    ) -> Body:
        return Body(
            v=1,
            suite=int(self.key.public.algorithm),
            kind=draft.kind,
            id=message_id,
            treaty=directory.treaty_id,
            treaty_version=directory.in_force(now_us).version,
            sender=self.party,
            from_key=self.key.public.id,
            to=draft.to,
            created=now_us,
            exercise=draft.exercise,
            expires=now_us + lifetime_s(draft, now_us) * MICROS,
            case=case,
            after=after,
            seq=0 if tip is None else tip[0] + 1,
            prev=None if tip is None else tip[1],
            in_reply_to=draft.in_reply_to,
            lang=draft.lang,
            handling=draft.handling,
            urgency=draft.urgency,
            payload=dict(draft.payload),
            attachments=draft.attachments,
            approvals=draft.approvals,
        )

    def check(self, draft: Draft, directory: Directory, now_us: int) -> bytes | None:
        """Return what the message names in `after`, when nothing but lacking officers speaks against it.

        Raises:
            RuleError: the treaty, the form or the lifecycle does not let it be sent.
        """
        self._check_rights(draft, directory, now_us)
        try:
            payload = payload_of(draft.kind, dict(draft.payload))
            vocabulary = self.vocabulary(now_us)
            refuse_victims_to_many(payload, len(draft.to))
            refuse_absent_files(payload, {each.name for each in draft.attachments})
            if vocabulary is not None:
                refuse_unknown_terms(payload, vocabulary)
                if draft.handling.purposes:
                    refuse_unknown_terms(draft.handling, vocabulary)
            self._check_target(draft)
            refuse_colour(draft.kind, draft.handling)
            if is_answer(draft.kind):
                refuse_other_answer(draft.kind, self.archive.kind_of(draft.case or b"", draft.in_reply_to))
        except PayloadError as fault:
            raise RuleError(f"the form is not valid: {fault}", "mend the field and send again") from fault
        except MarkingError as fault:
            raise RuleError(str(fault), "choose another colour with --tlp") from fault
        except RemoteError as fault:
            raise RuleError(str(fault), "choose a kind that this version knows") from fault
        return self._check_lifecycle(draft, payload, now_us)

    def _check_lifecycle(self, draft: Draft, payload: Record, now_us: int) -> bytes | None:
        try:
            if form_of(draft.kind).role is Role.EVENT:
                case = draft.case or b""
                return self.lifecycle.allow(case, draft.in_reply_to, draft.to, draft.kind, payload, now_us)
            if form_of(draft.kind).role is Role.REQUEST:
                refuse_past(payload, now_us)
        except RemoteError as fault:
            raise RuleError(str(fault), "see what may happen next: comity case show CASE") from fault
        return None

    def _check_rights(self, draft: Draft, directory: Directory, now_us: int) -> None:
        try:
            limits = directory.limits(now_us)
            directory.may_speak(self.party, now_us)
            directory.may_send(self.party, draft.kind, now_us)
            for recipient in draft.to:
                directory.may_speak(recipient, now_us)
                directory.may_accept(recipient, draft.kind, now_us)
        except RemoteError as fault:
            raise RuleError(
                f"the treaty does not allow it: {fault}", "see `comity treaty show` and `comity bundle show`"
            ) from fault
        if draft.lifetime_s > limits.lifetime_s:
            raise RuleError(
                f"the treaty lets a message live {limits.lifetime_s} seconds at most", "choose an earlier expiry"
            )

    def _check_target(self, draft: Draft) -> None:
        """Return unless a correction or retraction is of no message of this node in the case (INTEL-050)."""
        if draft.kind in CORRECTING:
            held = self.store.in_case_with_hash(draft.case or b"", draft.payload["target"])
            if not any(row.outgoing for row in held):
                raise RuleError(
                    "it corrects no message that this node has sent in this case", "use: comity correct ID --form FILE"
                )


def require_approvals(body: Body, directory: Directory, now_us: int) -> None:
    """Return when the message carries the approvals that it needs to leave now (APPR-002). Raises: RuleError."""
    try:
        check_approvals(body, directory, now_us)
    except ApprovalMissingError as fault:
        next_step = f"write it as an officer, then let another approve it: comity send {body.kind} --officer NAME"
        raise RuleError(f"the treaty does not allow it: {fault}", next_step) from fault
    except ApprovalError as fault:
        raise RuleError(f"it cannot leave as it is approved: {fault}", "see: comity officer list") from fault


def lifetime_s(draft: Draft, now_us: int) -> int:
    """Return how long the message may be on its way: no longer than its content may be kept (HAND-033).

    Raises:
        RuleError: it may not be kept any more.
    """
    until = draft.handling.retain_until
    if until is None:
        return draft.lifetime_s
    left = (until - now_us - 1) // MICROS
    if left < 1:
        raise RuleError("the time to keep it has passed", "choose a later one with --retain-until")
    return min(draft.lifetime_s, left)
