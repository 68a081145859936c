"""What the command line says to officers, in their language: `<language>.json` beside this module."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

LANGUAGES: Final = ("ar", "en", "es", "fr", "pt", "ru", "th", "zh")
FALLBACK: Final = "en"
RIGHT_TO_LEFT: Final = frozenset({"ar"})
GAP: Final = re.compile(r"\{([a-z]+)\}")
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"  # UAX 9: what stands between does not turn what is around it
RTL_LETTERS: Final = frozenset({"R", "AL"})


@dataclass(frozen=True, slots=True)
class Phrases:
    """The sentences of one language."""

    lang: str
    texts: Mapping[str, str]

    @property
    def is_rtl(self) -> bool:
        return self.lang in RIGHT_TO_LEFT

    def say(self, key: str, **params: object) -> str:
        """Return the sentence of a key, its `{names}` replaced by the parameters, which must be fit to be shown.

        Raises:
            KeyError: there is no such sentence, or no parameter for one of its names.
        """
        return GAP.sub(lambda gap: self.isolated(str(params[gap[1]])), self.texts[key])

    def isolated(self, text: str) -> str:
        """Return the text so that its direction of writing does not turn what stands around it."""
        if not text or not (self.is_rtl or is_turning(text)):
            return text
        return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"

    def words(self, key: str) -> frozenset[str]:
        """Return the words of a key that lists several, separated by `|`, in lower case."""
        return frozenset(word.casefold() for word in self.texts[key].split("|"))


def is_turning(text: str) -> bool:
    """Return whether the text contains letters that are written from right to left."""
    return not text.isascii() and any(unicodedata.bidirectional(c) in RTL_LETTERS for c in text)


def known(tag: str | None) -> str | None:
    """Return the language of a tag such as `fr`, `pt-BR` or `zh_CN.UTF-8`, None where there are no phrases in it."""
    first = re.split(r"[-_.@]", tag or "", maxsplit=1)[0].lower()
    return first if first in LANGUAGES else None


@cache
def phrases(lang: str) -> Phrases:
    """Return the sentences of a language. Raises: LookupError, where there are none in it."""
    found = known(lang)
    if found is None:
        raise LookupError(f"no phrases in {lang[:20]}")
    data = resources.files("comity_node.phrases").joinpath(f"{found}.json").read_bytes()
    texts: dict[str, str] = json.loads(data)
    return Phrases(found, texts)
