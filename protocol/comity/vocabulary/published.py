"""The versions of the vocabulary that come with this package; the only module that reads its data files."""

import json
from functools import cache
from importlib import resources
from typing import Final

from comity.errors import MalformedError
from comity.vocabulary.form import Pin, Vocabulary, read

HASHES: Final = "hashes.json"


@cache
def hashes() -> dict[int, bytes]:
    """Return the hash of each version that was published, by version in ascending order."""
    listed: dict[str, str] = json.loads(bytes_of(HASHES))
    return {
        int(version): bytes.fromhex(text) for version, text in sorted(listed.items(), key=lambda pair: int(pair[0]))
    }


def newest() -> Vocabulary:
    """Return the newest version that comes with this package."""
    return edition(max(hashes()))


@cache
def edition(version: int) -> Vocabulary:
    """Return a version that comes with this package.

    Raises:
        LookupError: there is no such version here.
        MalformedError: the package was altered: the content has another hash than the one that was published
            (VOCAB-014).
    """
    hash = hashes().get(version)
    if hash is None:
        raise LookupError(f"version {version} of the vocabulary does not come with this package")
    found = read(bytes_of(f"{version}.json"))
    if (found.version, found.hash) != (version, hash):
        raise MalformedError(f"version {version} of the vocabulary is not the one that was published")
    return found


def pinned(pin: Pin) -> Vocabulary | None:
    """Return the vocabulary that the treaty names, None where it does not come with this package (VOCAB-009)."""
    return edition(pin.version) if hashes().get(pin.version) == pin.hash else None


def bytes_of(name: str) -> bytes:
    return resources.files("comity.vocabulary").joinpath("data", name).read_bytes()
