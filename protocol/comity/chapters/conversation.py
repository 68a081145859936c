"""Words between officers, and the notice that a message was read (spec page kinds)."""

from collections.abc import Mapping
from typing import Annotated, Final

from comity.chapters.form import Form, Role
from comity.encoding import Meta, Micros, Record


class Text(Record, frozen=True):
    """Words from one officer to another."""

    text: Annotated[str, Meta(min_length=1, max_length=20_000)]


class Read(Record, frozen=True):
    """A person has opened the message that this one answers (KIND-007)."""

    time: Micros


FORMS: Final[Mapping[str, Form]] = {
    "read": Form(Read, Role.NOTICE),
    "text": Form(Text, Role.STATEMENT),
}
