"""Payloads of chapter III, law-enforcement cooperation (spec page cooperation)."""

from collections.abc import Mapping
from typing import Final

from comity.chapters.form import Form

FORMS: Final[Mapping[str, Form]] = {}
