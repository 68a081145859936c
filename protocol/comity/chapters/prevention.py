"""Payloads of chapter IV, coordinated prevention (spec page prevention)."""

from collections.abc import Mapping
from typing import Final

from comity.chapters import money, outcome
from comity.chapters.form import Form

FORMS: Final[Mapping[str, Form]] = {**money.FORMS, **outcome.FORMS}
