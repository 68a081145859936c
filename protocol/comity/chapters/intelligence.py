"""Payloads of chapter II, intelligence (spec page intelligence)."""

from collections.abc import Mapping
from typing import Final

from comity.chapters.form import Form

FORMS: Final[Mapping[str, Form]] = {}
