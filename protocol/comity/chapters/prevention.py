"""Payloads of chapter IV, coordinated prevention (spec page prevention)."""

from collections.abc import Mapping
from typing import Final

from comity.chapters import blocking, money, outcome, warning
from comity.chapters.form import Form

FORMS: Final[Mapping[str, Form]] = {**blocking.FORMS, **money.FORMS, **outcome.FORMS, **warning.FORMS}
