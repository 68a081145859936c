"""Payloads by kind (spec page kinds). A new kind is a record in a chapter and a line in its FORMS."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from comity.chapters import case, consent, conversation, cooperation, intelligence, prevention
from comity.chapters.form import Form, Role
from comity.encoding import Record, convert, marked
from comity.errors import KindNotAcceptedError, MalformedError, PayloadError

MAX_FAULT: Final = 300  # characters: the name of a field that is not known may be as long as a body

FORMS: Final[Mapping[str, Form]] = dict(
    sorted(
        {
            **case.FORMS,
            **conversation.FORMS,
            **intelligence.FORMS,
            **cooperation.FORMS,
            **prevention.FORMS,
            **consent.FORMS,
        }.items()
    )
)
KINDS: Final[Mapping[str, type[Record]]] = {kind: form.record for kind, form in FORMS.items()}
NOTICE: Final = "read"
NAMES: Final = "names"  # the mark of a text that names something else, for example an attachment
ATTACHMENT: Final = "attachment"


def form_of(kind: str) -> Form:
    """Return what is to be known of the kind.

    Raises:
        KindNotAcceptedError: the kind is not known here (KIND-003).
    """
    form = FORMS.get(kind)
    if form is None:
        raise KindNotAcceptedError(f"the kind {kind[:70]!r} is not known here")
    return form


def is_event(kind: str) -> bool:
    """Return whether a message of the kind is an event of the lifecycle."""
    return kind in FORMS and FORMS[kind].role is Role.EVENT


def payload_of(kind: str, payload: Mapping[str, Any]) -> Record:
    """Return the payload as the record of its kind (KIND-001).

    Raises:
        KindNotAcceptedError: the kind is not known here (KIND-003).
        PayloadError: the payload has another form (KIND-002); the text names the field.
    """
    record = form_of(kind).record
    try:
        return convert(record, payload)
    except MalformedError as fault:
        raise PayloadError(str(fault)[:MAX_FAULT]) from None


def refuse_absent_files(payload: Record, files: Collection[str]) -> None:
    """Return when every file that the payload names is among `files`, the names of the attachments.

    Raises:
        PayloadError: one is not (KIND-011); the text says where it is named.
    """
    absent = [path for path, mark, name in marked(payload, NAMES) if mark == ATTACHMENT and name not in files]
    if absent:
        raise PayloadError(f"no attachment has the name that stands at {', '.join(absent)[:MAX_FAULT]} (KIND-011)")


def refuse_victims_to_many(payload: Record, recipients: int) -> None:
    """Return unless the payload names a victim to more than one party. Raises: PayloadError (INTEL-005)."""
    if recipients > 1 and intelligence.victims_in(payload):
        raise PayloadError("an indicator whose role is victim goes to one party only (INTEL-005)")


def refuse_numbered_notice(kind: str, seq: int) -> None:
    """Return unless a `read` takes a number in its case. Raises: PayloadError (KIND-008)."""
    if kind == NOTICE and seq:
        raise PayloadError(f"a {NOTICE} takes no number in its case")


def is_answer(kind: str) -> bool:
    """Return whether what a message of this kind may answer is restricted (KIND-010, KIND-007)."""
    form = FORMS.get(kind)
    return form is not None and (form.role is Role.NOTICE or bool(form.answers))


def refuse_other_answer(kind: str, answered: str | None) -> None:
    """Return when a message of this kind may answer a message of the kind `answered`, None where it answers none.

    Raises:
        PayloadError: the kind answers another one (KIND-010), or is a `read` that answers none or a `read` (KIND-007).
    """
    if kind == NOTICE and answered in (None, NOTICE):
        raise PayloadError(f"a {NOTICE} answers a message that is no {NOTICE}")
    form = FORMS.get(kind)
    if form is not None and form.answers and answered not in form.answers:
        raise PayloadError(f"a {kind} answers a {' or a '.join(form.answers)}")
