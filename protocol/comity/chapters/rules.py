"""Rules over several fields of a payload: all that are broken are told at once."""

from collections.abc import Iterable

Rule = tuple[bool, str]  # whether it is broken, and what to tell: the rule, its clause in brackets


def refuse_broken(rules: Iterable[Rule]) -> None:
    """Return when no rule is broken. Raises: ValueError, which tells every rule that is."""
    broken = [text for is_broken, text in rules if is_broken]
    if broken:
        raise ValueError("; ".join(broken))
