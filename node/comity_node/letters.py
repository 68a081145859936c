"""Characters that deceive: what nobody sees, what changes the direction of reading, and letters that look alike."""

import unicodedata
from collections.abc import Iterator
from typing import Final

from comity_node.render import escaped, plain

#: Controls, format characters (also of direction), surrogates, private use, and what ends a line.
UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
JOINERS: Final = "\u200c\u200d"  # between letters of Persian and of Indian scripts they are spelling
ALIKE: Final = frozenset({"CYRILLIC", "GREEK", "LATIN"})
SHOWN_CHARS: Final = 60
SHOWN_UNSEEN: Final = 5


def shown(text: str) -> str:
    """Return the text as it can be shown on one line, cut where it is long."""
    return plain(text if len(text) <= SHOWN_CHARS else text[: SHOWN_CHARS - 2] + "..")


def unseen(text: str, *, names: bool) -> str:
    """Return what nobody sees in a text of one line, escaped, "" where there is nothing; names may have joiners."""
    found = [c for c in dict.fromkeys(text) if unicodedata.category(c) in UNSEEN and not (names and c in JOINERS)]
    return " ".join(escaped(c) for c in found[:SHOWN_UNSEEN])


def unsendable(text: str) -> str:
    """Return what no message can carry in any text, escaped: U+0000 and lone surrogates (ENC-006)."""
    found = [c for c in dict.fromkeys(text) if c == "\0" or unicodedata.category(c) == "Cs"]
    return " ".join(escaped(c) for c in found[:SHOWN_UNSEEN])


def mixed(text: str) -> str:
    """Return the first word that mixes Latin, Greek and Cyrillic letters, each letter told, "" where there is none."""
    if text.isascii():
        return ""
    for word in words(text):
        scripts = {script_of(letter) for letter in word} & ALIKE
        if len(scripts) > 1:
            return ", ".join(f"{letter} {script_of(letter).capitalize()}" for letter in dict.fromkeys(word))
    return ""


def words(text: str) -> Iterator[str]:
    """Yield each run of letters; what stands between them is of no script."""
    yield from "".join(c if c.isalpha() else " " for c in text).split()


def script_of(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
