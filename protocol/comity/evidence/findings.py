"""What the verification of an evidence file finds: one finding for each part and check, with a verdict."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from comity.evidence.manifest import Manifest

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Verdict(StrEnum):
    """What a finding means for the proof."""

    PROVEN = "proven"
    ALTERED = "altered"  # bytes are not those that were signed
    NOT_PROVEN = "not-proven"  # what is there does not prove what it says
    NOTE = "note"  # what the file says nothing about


class Check(StrEnum):
    """What was looked at, with what came of it; the sentence of each stands in the wording."""

    DIRECTORY = "directory"
    HEADER = "header"
    CONTENT = "content"
    UNLISTED = "unlisted"
    ABSENT = "absent"
    ORDER = "order"
    FORM = "form"
    SIGNATURE = "signature"
    LIST_ABSENT = "list-absent"
    FORK = "fork"
    KEY = "key"
    REVOKED = "revoked"
    OTHER_CASE = "other-case"
    OTHER_TREATY = "other-treaty"
    ANCHOR_OTHER = "anchor-other"
    ANCHOR_MISSING = "anchor-missing"
    TREATY_BROKEN = "treaty-broken"
    BUNDLE_BROKEN = "bundle-broken"
    CONFLICT = "conflict"
    VERSION = "version"
    RIGHTS = "rights"
    TWICE = "twice"
    PREV = "prev"
    RECEIPT_OTHER = "receipt-other"
    RECEIPT_TIME = "receipt-time"
    APPROVAL_BROKEN = "approval-broken"
    FILE_UNNAMED = "file-unnamed"
    FILE_OTHER = "file-other"
    FILE_ABSENT = "file-absent"
    VOCABULARY_OTHER = "vocabulary-other"
    RIGHTS_REFUSED = "rights-refused"
    OLDER_VERSION = "older-version"
    GAP = "gap"
    REPLY = "reply"
    NO_RECEIPT = "no-receipt"
    LEFT_OUT = "left-out"
    LIST = "list"
    ANCHOR = "anchor"
    TREATY = "treaty"
    BUNDLE = "bundle"
    MESSAGE = "message"
    APPROVAL = "approval"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    FILE = "file"
    VOCABULARY = "vocabulary"


CHECKS: Final = list(Check)
_PROVEN_FROM, _NOTE_FROM, _OPEN_FROM = (
    CHECKS.index(Check.LIST),
    CHECKS.index(Check.RIGHTS_REFUSED),
    CHECKS.index(Check.FORK),
)


def verdict_of(check: Check) -> Verdict:
    """Return what a finding of this check means: the checks stand in the order of their verdicts."""
    place = CHECKS.index(check)
    if place >= _PROVEN_FROM:
        return Verdict.PROVEN
    if place >= _NOTE_FROM:
        return Verdict.NOTE
    return Verdict.NOT_PROVEN if place >= _OPEN_FROM else Verdict.ALTERED


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `part` is the name of a part, "" for the whole file; `values` fill the sentence of the check."""

    check: Check
    part: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """What it means for the proof."""
        return verdict_of(self.check)


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that a message names: what was signed about it, and the part that holds it, "" where it is not here."""

    name: str
    media: str
    size: int
    hash: bytes
    part: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A message of the file as far as a reader needs it; times are micros."""

    part: str
    id: bytes
    hash: bytes
    case: bytes
    sender: str
    from_key: bytes
    to: tuple[str, ...]
    kind: str
    exercise: bool
    lang: str
    urgency: int
    suite: int
    created: int
    expires: int
    seq: int
    prev: bytes | None
    in_reply_to: bytes | None
    treaty: bytes
    treaty_version: int
    files: tuple[NamedFile, ...]


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a receipt of the file says: of which message, by whom, when (micros), with code 0 for accepted."""

    part: str
    message: bytes
    party: str
    time: int
    code: int


@dataclass(frozen=True, slots=True)
class Verification:
    """The whole result, in the order of the file.

    Attributes:
        manifest: the signed list, None where it cannot be read.
        treaty_id: the id of the treaty that everything rests on, None where no version 1 is proven.
        compared: the id was compared with one from another road, and is the same.
        names: the names of the parties as the treaty states them.
    """

    manifest: Manifest | None
    treaty_id: bytes | None
    compared: bool
    names: Mapping[str, str]
    facts: tuple[Fact, ...]
    receipts: tuple[Acknowledgement, ...]
    findings: tuple[Finding, ...]

    @property
    def is_proven(self) -> bool:
        """Whether nothing is altered and nothing that the file says is left unproven."""
        return not any(self.having(Verdict.ALTERED, Verdict.NOT_PROVEN))

    def having(self, *verdicts: Verdict) -> Iterator[Finding]:
        """Return the findings with one of the verdicts."""
        return (finding for finding in self.findings if finding.verdict in verdicts)


def iso(micros: int) -> str:
    """Return the time in RFC 3339, in UTC."""
    moment = EPOCH + timedelta(microseconds=micros)
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")
