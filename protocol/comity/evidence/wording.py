"""The sentences of a verification in eight languages; the only door to the data files of this package."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Final

from comity.errors import LocalError
from comity.evidence.findings import Finding

LANGUAGES: Final = ("ar", "zh", "en", "fr", "ru", "es", "pt", "th")
RIGHT_TO_LEFT: Final = frozenset({"ar"})
FIRST_STRONG, POP = "\u2068", "\u2069"  # a value in between cannot turn the direction of the sentence around it


@cache
def phrases(language: str) -> Mapping[str, str]:
    """Return the phrases by their name. Raises LocalError for a language that there is none of."""
    if language not in LANGUAGES:
        raise LocalError(f"no language {language[:20]!r}; there are {', '.join(LANGUAGES)}")
    text = resources.files("comity.evidence").joinpath("sentences", f"{language}.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return found


def sentence(finding: Finding, language: str, clean: Callable[[str], str] = str, *, isolated: bool = False) -> str:
    """Return what a finding says, in one or two sentences.

    clean: applied to every value, which may be text of others; `isolated`: no value can turn the direction of the text.
    """
    words = phrases(language)
    values = {name: clean(value) for name, value in finding.values.items()}
    for name in ("what", "reason", "role"):
        if name in values:
            values[name] = words.get(f"{name}.{values[name]}", values[name])
    if isolated:
        values = {name: f"{FIRST_STRONG}{value}{POP}" for name, value in values.items()}
    return words[finding.check.value].format(**values)
