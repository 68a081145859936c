"""The shim between a process and its disk: built from shim.c, preloaded into workers, driven from here."""

import atexit
import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
from dataclasses import astuple, dataclass
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import Any, Final

SOURCE: Final = Path(__file__).with_name("shim.c")
MARK: Final = "COMITY_SHIM_MARK"
ORDER: Final = "COMITY_SHIM_ORDER"
PARTS: Final = 256  # a torn or short write is this many parts


class Kind(IntFlag):
    """Kinds of storage calls, as shim.c numbers them."""

    OPEN = 1
    WRITE = 2
    SYNC = 4
    TRUNCATE = 8
    NAME = 16  # unlink, rename, link, mkdir
    READ = 32


CHANGES: Final = Kind.WRITE | Kind.SYNC | Kind.TRUNCATE | Kind.NAME


class Mode(IntEnum):
    """What becomes of the call that is met."""

    QUIET = 0
    COUNT = 1
    KILL = 2  # before the call
    TORN = 3  # after a part of the write
    FAIL = 4  # this call
    FAIL_ON = 5  # this call and all that follow
    SHORT = 6  # a part is written, and the call says so


@dataclass(frozen=True, slots=True)
class Order:
    """What the shim shall do: `mode` at the call number `at` (from 0) among those of the `kinds`."""

    mode: Mode
    at: int = -1
    kinds: Kind = CHANGES
    error: int = 0
    part: int = PARTS // 2


@functools.cache
def library() -> Path:
    """Return the built shim; it is removed at the end of this process. Raises CalledProcessError."""
    place = Path(tempfile.mkdtemp(prefix="comity-shim-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    built = place / "shim.so"
    flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared"]
    subprocess.run(["gcc", *flags, "-o", built, SOURCE, "-ldl"], check=True, capture_output=True)
    return built


def environment(mark: str, order: Order | None = None) -> dict[str, str]:
    """Return the environment of a process in which calls on files whose path contains `mark` meet the shim.

    It follows the order from its first moment, or waits for the process to give one.
    """
    armed = {} if order is None else {ORDER: " ".join(str(int(value)) for value in astuple(order))}
    return os.environ | {"LD_PRELOAD": str(library()), MARK: mark} | armed


class Shim:
    """The shim of this process. Raises AttributeError where it was not preloaded."""

    def __init__(self) -> None:
        calls: Any = ctypes.CDLL(None)
        calls.shim_calls.restype = calls.shim_injected.restype = ctypes.c_long
        calls.shim_kind.argtypes = [ctypes.c_long]
        calls.shim_arm.argtypes = [ctypes.c_int, ctypes.c_long, ctypes.c_uint, ctypes.c_int, ctypes.c_int]
        calls.shim_mark.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
        self._calls = calls

    def arm(self, order: Order) -> None:
        """Follow the order from now on; the count starts again."""
        self._calls.shim_arm(order.mode, order.at, order.kinds, order.error, order.part)

    def rest(self) -> None:
        """Let every call pass."""
        self.arm(Order(Mode.QUIET))

    @property
    def calls(self) -> int:
        """How many calls were met since `arm`."""
        return int(self._calls.shim_calls())

    @property
    def injected(self) -> int:
        """How many of them were failed or cut short."""
        return int(self._calls.shim_injected())

    def kinds(self) -> list[Kind]:
        """Return the kind of each call that was met."""
        return [Kind(self._calls.shim_kind(number)) for number in range(self.calls)]

    def record(self, descriptor: int) -> None:
        """Write what changes on marked files to the descriptor, -1 for no more."""
        self._calls.shim_record(descriptor)

    def mark(self, text: bytes) -> None:
        """Put the text into the record, after all that has happened until now."""
        self._calls.shim_mark(text, len(text))
