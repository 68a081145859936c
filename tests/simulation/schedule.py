"""Trio with a seed: the same seed gives the same order of every step, in any process."""

import math
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from typing import TypeVar

import trio
from trio._core import _run
from trio.lowlevel import Task

T = TypeVar("T")
OWNER: ContextVar[str] = ContextVar("OWNER", default="")  # the party whose computer a task runs on
MAX_IDLE = 100  # looks in vain until the run counts as dead
IDLE_S = 0.01


class DeadlockError(RuntimeError):
    """Every task waited for another one, for ever."""


class VirtualClock(trio.abc.Clock):
    """Time that goes by only when nothing else can happen, and then at once to the next deadline.

    Does the same as `trio.testing.MockClock(autojump_threshold=0)` in half the steps. There must be no threads and no
    sockets.

    Attributes:
        scope: around everything; it is cancelled when nothing can ever happen again.
    """

    def __init__(self) -> None:
        self.scope = trio.CancelScope()
        self._now = 0.0
        self._idle = 0

    def start_clock(self) -> None:
        pass

    def current_time(self) -> float:
        return self._now

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """Called by Trio when no task can run."""
        if deadline == math.inf:  # at the end of a run Trio still wakes itself up through a socket
            self._idle += 1
            if self._idle == MAX_IDLE:
                self.scope.cancel()
                return 0.0
            if self._idle > 2 * MAX_IDLE:
                raise DeadlockError("every task waits for another one, and not even a cancellation ends it")
            return IDLE_S
        self._idle = 0
        self._now = max(self._now, deadline)
        return 0.0

    def jump(self, seconds: float) -> None:
        """Let time go by at once: every timer of that time runs out together."""
        self._now += seconds


def run(seed: str, main: Callable[[VirtualClock], Awaitable[T]]) -> T:
    """Return what `main(clock)` returns, run under virtual time with a schedule drawn from the seed.

    Raises:
        DeadlockError: every task waited for another one.
    """

    async def guarded() -> T:
        with clock.scope:
            return await main(clock)
        raise DeadlockError("every task waits for another one")

    before, ordered = _run._r.getstate(), _run._ALLOW_DETERMINISTIC_SCHEDULING
    clock = VirtualClock()
    _run._r.seed(seed)
    setattr(_run, "_ALLOW_DETERMINISTIC_SCHEDULING", True)  # noqa: B010  it is declared Final
    try:
        return trio.run(guarded, clock=clock)
    except trio.TrioInternalError as fault:
        if isinstance(fault.__cause__, DeadlockError):
            raise fault.__cause__ from None
        raise
    finally:
        _run._r.setstate(before)
        setattr(_run, "_ALLOW_DETERMINISTIC_SCHEDULING", ordered)  # noqa: B010


class Gate(deque[Task]):
    """The run queue of Trio, which keeps back the tasks of parties that stand still: SIGSTOP for one computer of many.

    Timers of such a party run out meanwhile, and all its tasks go on at once when it is let go.
    """

    def __init__(self, waiting: Iterable[Task]) -> None:
        super().__init__(waiting)
        self._held: dict[str, list[Task]] = {}

    def append(self, task: Task) -> None:
        held = self._held.get(task.context.get(OWNER, ""))
        if held is None:
            super().append(task)
        else:
            held.append(task)

    def stop(self, party: str) -> None:
        self._held.setdefault(party, [])

    def go(self, party: str) -> None:
        for task in self._held.pop(party, []):
            super().append(task)

    def stands(self, party: str) -> bool:
        return party in self._held


def gate() -> Gate:
    """Put a gate into the run that is going on, and return it."""
    runner = _run.GLOBAL_RUN_CONTEXT.runner
    made = Gate(runner.runq)
    runner.runq = made
    return made
