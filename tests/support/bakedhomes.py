"""Homes with all documents, made once per process and copied for every play: making them costs more than playing."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import trio
from trio.testing import MockClock

from tests.support.alliances import Alliance, alliance
from tests.support.homes import Home


@cache
def baked(parties: tuple[str, ...]) -> tuple[Path, Alliance]:
    """Return homes with all documents and no messages, made once per process, and the directory they lie in."""
    place = Path(scratch.name) / str(len(parties))
    place.mkdir()
    made: list[Alliance] = []

    async def fill() -> None:
        made.append(await alliance(place, *parties))

    trio.run(fill, clock=MockClock(autojump_threshold=0))
    return place, made[0]


scratch = tempfile.TemporaryDirectory(prefix="comity-cases-")


@contextmanager
def fresh(parties: tuple[str, ...]) -> Iterator[Alliance]:
    """Yield an alliance of fresh homes; they are removed afterwards."""
    source, made = baked(parties)
    with tempfile.TemporaryDirectory(dir=scratch.name) as name:
        homes: dict[str, Home] = {}
        for party, home in made.homes.items():
            shutil.copytree(source / party, Path(name) / party)
            homes[party] = replace(home, path=Path(name) / party)
        yield Alliance(homes)
