"""Bugs that are planted to see whether the simulator finds them: each changes a node at one seam."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from comity_node.store.store import Store

Change = tuple[Any, str, Any]  # object, attribute, what is put there


def memory_only_in_ram() -> list[Change]:
    """What was received before the start is not recognised."""
    real = Store.known

    def known(store: Any, ids: Any) -> Any:
        seen = store.__dict__.setdefault("_planted_start", store._highest_at_start)
        return {key: value for key, value in real(store, ids).items() if seen}

    return [(Store, "known", known)]


BUGS: Final[Mapping[str, tuple[str, Callable[[], list[Change]]]]] = {}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Plant the bug for the length of the block."""
    changes = BUGS[name][1]()
    kept = [(target, attribute, target.__dict__[attribute]) for target, attribute, _ in changes]
    for target, attribute, value in changes:
        setattr(target, attribute, value)
    try:
        yield
    finally:
        for target, attribute, value in kept:
            setattr(target, attribute, value)
