"""Payloads about the handling of content: consent, change of a marking, onward copies, destruction (page handling)."""

from collections.abc import Mapping
from typing import Annotated, Final

from comity.chapters.form import Form, Role
from comity.chapters.parts import TERM, Page, Paragraph, Passage, Purpose
from comity.documents import refuse_disorder
from comity.encoding import Bytes16, Bytes32, Meta, Micros, Party, Record, Uint
from comity.handling import Handling, HandlingCodes, HandlingPurposes, Pap, Tlp
from comity.limits import MAX_RECIPIENTS

MAX_FORWARDED_BYTES: Final = 229_376  # bytes: of the signed message; evidence and header of the copy need the rest
MAX_EVIDENCE_BYTES: Final = 24_576  # bytes: the longest consent, in any script, with its signatures
REQUEST: Final = "handling.consent-request"
CONSENT: Final = "handling.consent"
CHANGE: Final = "handling.change"
DESTRUCTION: Final = "handling.destruction"
FORWARD: Final = "handling.forward"

HandlingAction = Annotated[str, Meta(pattern=TERM, extra={"group": "handling-action"})]
DestructionGround = Annotated[str, Meta(pattern=TERM, extra={"group": "destruction-ground"})]
Parties = Annotated[tuple[Party, ...], Meta(max_length=MAX_RECIPIENTS)]
Evidence = Annotated[bytes, Meta(min_length=1, max_length=MAX_EVIDENCE_BYTES)]


class Scope(Record, frozen=True):
    """What a consent is about.

    Attributes:
        action: what is to be done with the content.
        case: the case that it is to be put into; only to attach it.
        message: hash of the message that is the content.
        purpose: what for.
        recipients: whom it is to be passed on to, in ascending order; at least one where it is to be forwarded.
    """

    action: HandlingAction
    case: Bytes16 | None
    message: Bytes32
    purpose: Purpose
    recipients: Parties

    def __post_init__(self) -> None:
        refuse_disorder("recipients", self.recipients)
        if self.action == "forward" and not self.recipients:
            raise ValueError("to forward needs recipients (HAND-011)")
        if (self.action == "attach") is not (self.case is not None):
            raise ValueError("to attach needs a case, and nothing else has one (HAND-011)")


class ConsentRequest(Scope, frozen=True):
    """A holder asks the originator for consent; `reason` says why it is needed."""

    reason: Paragraph


class Consent(Scope, frozen=True):
    """The originator gives consent, or refuses it or takes it back.

    Attributes:
        conditions: what binds whoever relies on it.
        expires: from when on it does not count any more, in micros.
        reason: why not.
    """

    conditions: Paragraph | None
    expires: Micros | None
    grant: bool
    reason: Paragraph | None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.grant is not (self.reason is None):
            raise ValueError("a refusal states a reason, and only a refusal (HAND-012)")
        if not self.grant and (self.conditions is not None or self.expires is not None):
            raise ValueError("a refusal has neither conditions nor an end (HAND-012)")


class Marking(Record, frozen=True):
    """A marking inside a payload; the fields are those of the body."""

    codes: HandlingCodes
    pap: Pap
    purposes: HandlingPurposes
    retain_until: Micros | None
    tlp: Tlp

    def __post_init__(self) -> None:
        self.handling()

    def handling(self) -> Handling:
        """Return it as the body has it. Raises: ValueError (HAND-001, MSG-014)."""
        return Handling(
            codes=self.codes,
            pap=self.pap,
            purposes=self.purposes,
            retain_until=self.retain_until,
            tlp=self.tlp,
        )


class Change(Record, frozen=True):
    """The originator of a message gives it another marking, which holds from the receipt of this one on."""

    handling: Marking
    message: Bytes32
    reason: Passage | None


class Destruction(Record, frozen=True):
    """A holder has destroyed content.

    Attributes:
        files: how many attachments went with it.
        ground: why.
        messages: hashes of what was destroyed, in ascending order.
        method: how.
        time: when, in micros.
    """

    files: Uint
    ground: DestructionGround
    messages: Annotated[tuple[Bytes32, ...], Meta(min_length=1, max_length=64)]
    method: Passage
    note: Page | None
    time: Micros

    def __post_init__(self) -> None:
        refuse_disorder("messages", self.messages)


class Forward(Record, frozen=True):
    """Content of another party, as that party signed it, with what proves that it may be passed on.

    Attributes:
        changes: signed messages of the originator that gave it other markings.
        consents: signed messages of the originator by which it came here and may go on.
        purpose: what the recipient may use it for.
        signed: the signed message.
    """

    changes: Annotated[tuple[Evidence, ...], Meta(max_length=8)]
    consents: Annotated[tuple[Evidence, ...], Meta(max_length=16)]
    note: Page | None
    purpose: Purpose
    signed: Annotated[bytes, Meta(min_length=1, max_length=MAX_FORWARDED_BYTES)]


FORMS: Final[Mapping[str, Form]] = {
    CHANGE: Form(Change, Role.STATEMENT),
    CONSENT: Form(Consent, Role.STATEMENT, answers=(REQUEST,)),
    REQUEST: Form(ConsentRequest, Role.STATEMENT),
    DESTRUCTION: Form(Destruction, Role.STATEMENT),
    FORWARD: Form(Forward, Role.STATEMENT),
}
