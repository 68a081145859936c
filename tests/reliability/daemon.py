"""A daemon in a process of its own for row 39: python -m tests.reliability.daemon PLACE PARTY PORT [BUG]."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trio

from comity_node import daemon
from comity_node.lock import HomeLock
from comity_node.store.store import Store
from tests.support.homes import Home

TOO_EARLY_S = 0.1


def acknowledge_too_early() -> None:
    """Return from keep_outgoing() at once, and write a moment later."""
    keep = Store.keep_outgoing

    async def early(self: Store, *words: Any) -> None:
        async def late() -> None:
            await trio.sleep(TOO_EARLY_S)
            await keep(self, *words)

        trio.lowlevel.spawn_system_task(late)

    setattr(Store, "keep_outgoing", early)  # noqa: B010 - a type checker would refuse the plain form


BUGS: dict[str, Callable[[], None]] = {"acknowledged too early": acknowledge_too_early}


def main(place: str, party: str, port: str, bug: str = "") -> None:
    if bug:
        BUGS[bug]()
    home = Home(party, Path(place), int(port))
    with HomeLock.take(home.config.lock):
        trio.run(daemon.run, home.config, home.keys(), lambda line: print(line, flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
