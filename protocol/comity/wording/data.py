"""The files of wording that come with this package; the only module of it that reads them."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

FALLBACK: Final = "en"


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that there is wording in, in ascending order."""
    places = resources.files("comity.wording").iterdir()
    return tuple(sorted(place.name for place in places if place.joinpath("parts.json").is_file()))


@cache
def names(lang: str) -> tuple[str, ...]:
    """Return the names of the files of a language, without their ending."""
    files = resources.files("comity.wording").joinpath(lang).iterdir()
    return tuple(sorted(file.name.removesuffix(".json") for file in files if file.name.endswith(".json")))


@cache
def content(lang: str, name: str) -> Mapping[str, Any]:
    """Return what a file says, empty where there is none."""
    if lang not in languages() or name not in names(lang):
        return {}
    found: dict[str, Any] = json.loads(text_of(lang, name))
    return found


def text_of(lang: str, name: str) -> str:
    """Return a file as it is. Raises: FileNotFoundError."""
    return resources.files("comity.wording").joinpath(lang, f"{name}.json").read_text("utf-8")


def nearest(lang: str) -> str:
    """Return the language that there is wording in for a tag of BCP 47: itself, its first part, or English."""
    return next((tag for tag in (lang, lang.partition("-")[0].lower()) if tag in languages()), FALLBACK)
