"""The phrases of the report, and those of the verification, in one language."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from comity.evidence.wording import LANGUAGES, RIGHT_TO_LEFT, phrases

__all__ = ["LANGUAGES", "RIGHT_TO_LEFT", "words"]


@cache
def words(language: str) -> Mapping[str, str]:
    """Return the phrases by their name. Raises LocalError for a language that there is none of."""
    shared = phrases(language)
    text = resources.files("comity_node.report").joinpath("wording", f"{language}.json").read_text(encoding="utf-8")
    own: dict[str, str] = json.loads(text)
    return {**shared, **own}
