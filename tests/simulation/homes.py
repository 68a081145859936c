"""Homes with databases that already hold the treaty and all bundles, made once and copied for every seed."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import trio

from comity_node.config import Config
from comity_node.keyfile import KeyRing
from tests.support.homes import Home, make_homes, settle
from tests.support.simulated import START_US, Network, SimulatedWorld

FIRST_PORT = 7_411
MAX_PARTIES = 40
NAMES = ("aa.police", "bb.fiu", "qm.prosecutor", "xa.gendarmerie")
OFFICES = ("police", "fiu", "customs")


def parties(count: int) -> tuple[str, ...]:
    """Return the names of so many parties, 2 to 40."""
    if not 2 <= count <= MAX_PARTIES:
        raise ValueError(f"an alliance of {count} parties; 2 to {MAX_PARTIES} can be simulated")
    more = (f"x{letter}.{office}" for office in OFFICES for letter in "bcdefghijklmnopqrstuvwxyz")
    return (*NAMES, *more)[:count]


@dataclass(frozen=True)
class Place:
    """Where one party's node lives in one simulation, and with which keys."""

    party: str
    config: Config
    keys: KeyRing
    port: int

    @property
    def database(self) -> Path:
        return self.config.database


@cache
def baked(count: int) -> tuple[Path, Mapping[str, Home], Mapping[str, KeyRing]]:
    """Return (directory, homes, keys) of an alliance of so many, ready to be copied; made once per process."""
    place = Path(scratch.name) / f"baked-{count}"
    place.mkdir()
    ports = {party: FIRST_PORT + number for number, party in enumerate(parties(count))}
    homes = make_homes(place, ports, START_US)

    async def fill() -> None:
        for party, home in homes.items():
            await settle(home, SimulatedWorld(Network(), f"{party} baked"))

    trio.run(fill)
    return place, homes, {party: home.keys() for party, home in homes.items()}


@contextmanager
def places(count: int) -> Iterator[dict[str, Place]]:
    """Yield {party: its place} with fresh copies of the databases; they are removed afterwards."""
    source, homes, keys = baked(count)
    with tempfile.TemporaryDirectory(dir=scratch.name) as name:
        made: dict[str, Place] = {}
        for party, home in homes.items():
            path = Path(name) / party
            shutil.copytree(source / party, path)
            copied = Home(party, path, home.port)
            made[party] = Place(party, copied.config, keys[party], home.port)
        yield made


def memory_directory() -> str | None:
    """Return a directory in memory where there is one: an fsync costs a tenth there."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


scratch = tempfile.TemporaryDirectory(prefix="comity-simulation-", dir=memory_directory())
