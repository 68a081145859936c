"""Patterns for kinds: one kind, all kinds of a chapter (`chapter.*`), or every kind (`*`) (spec page treaty)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

from comity.encoding import Meta

KindPattern = Annotated[str, Meta(pattern=r"\A(\*|[a-z][a-z0-9-]{0,30}(\.(\*|[a-z][a-z0-9-]{0,30}))?)\Z")]
KindPatterns = Annotated[tuple[KindPattern, ...], Meta(max_length=64)]


def matches(pattern: str, kind: str) -> bool:
    """Return whether the pattern stands for the kind; `text.*` does not stand for `text`, which has no chapter."""
    return PatternSet.of((pattern,)).matches(kind)


@dataclass(frozen=True, slots=True)
class PatternSet:
    """Several patterns, ready to be asked often: each question costs two look-ups."""

    everything: bool = False
    kinds: frozenset[str] = field(default_factory=frozenset)
    chapters: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, patterns: Iterable[str]) -> "PatternSet":
        """Return the set of the patterns, which have the form of KindPattern."""
        each = frozenset(patterns)
        chapters = frozenset(pattern.removesuffix(".*") for pattern in each if pattern.endswith(".*"))
        return cls("*" in each, each, chapters)

    def matches(self, kind: str) -> bool:
        """Return whether one of the patterns stands for the kind."""
        if self.everything or kind in self.kinds:
            return True
        chapter, dot, _ = kind.partition(".")
        return bool(dot) and chapter in self.chapters
