"""A message that is being written: its form, and what is said around it."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from comity.limits import MAX_ATTACHMENTS

WEEK_S: Final = 604_800

Party = Annotated[str, Meta(min_length=1, max_length=64)]
Word = Annotated[str, Meta(max_length=64)]


class Letter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a person has said so far.

    Attributes:
        form: as it is handed in, as far as it is filled in.
        to: recipients; empty while nobody has said them, and where `reply_to` says them.
        lang: language of the texts.
        marking: what was said of it, by `tlp`, `pap`, `codes`, `purposes`, `retain_until`; the rest is as usual.
        exercise: it begins a case that is an exercise.
        urgency: 0 (flash) to 3 (routine).
        lifetime_s: when to give up delivery (seconds).
        reply_to: beginning of the id of the message that this one answers, "" for none.
        officer: who signs as author, "" where nobody does.
        files: paths of the files that go with it.
        sending: it was about to be sent; where that is still said, it may have gone.
    """

    kind: Word
    form: dict[str, Any] = msgspec.field(default_factory=dict)
    to: Annotated[list[Party], Meta(max_length=64)] = []
    lang: Word = "en"
    marking: Annotated[dict[Word, Any], Meta(max_length=8)] = msgspec.field(default_factory=dict)
    exercise: bool = False
    urgency: Annotated[int, Meta(ge=0, le=3)] = 3
    lifetime_s: Annotated[int, Meta(ge=1, le=7_776_000)] = WEEK_S
    reply_to: Word = ""
    officer: Word = ""
    sending: bool = False
    files: Annotated[list[Annotated[str, Meta(min_length=1, max_length=4_096)]], Meta(max_length=MAX_ATTACHMENTS)] = []

    def view(self) -> dict[str, Any]:
        """Return it as JSON carries it."""
        return msgspec.structs.asdict(self)
