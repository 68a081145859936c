"""Group commit: all jobs that wait are written in one transaction, with one fsync. A failed fsync ends it."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar

import trio
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from comity_node.errors import DiskFailedError
from comity_node.store.database import LOOK_FIRST, Database
from comity_node.world import World

log = logging.getLogger(__name__)
T = TypeVar("T")
MAX_JOBS = 64  # in one transaction
CHECKPOINT_ROWS = 2_500  # written since the last checkpoint; about 16 MiB of messages of a kilobyte


@dataclass(slots=True, eq=False)
class Job:
    work: Callable[[Connection], Any]
    rows: int
    done: trio.Event = field(default_factory=trio.Event)
    kept: bool = False
    result: Any = None
    fault: Exception | None = None


class Writer:
    """The only one who writes. Jobs must touch nothing but the connection: a job may run twice.

    Once the disk has failed in a commit nothing more is written, and every job is refused: what the operating system
    forgot in a failed fsync it does not remember in the next one, so only a new start can tell what is on the disk.

    Attributes:
        failure: why nothing more is written; None while all is well.
    """

    def __init__(self, database: Database, world: World) -> None:
        self._database = database
        self._world = world
        self._jobs: deque[Job] = deque()
        self._waiting = trio.lowlevel.ParkingLot()
        self._running = False
        self._turn = trio.Lock()
        self._rows = 0  # since the last checkpoint
        self._watching = trio.lowlevel.ParkingLot()
        self.failure: DiskFailedError | None = None

    async def submit(self, work: Callable[[Connection], T], rows: int = 1) -> T:
        """Return what `work` returned, once its transaction is on disk.

        Raises:
            DiskFailedError: this commit or an earlier one failed. Of this one it is not known what the disk has kept.
            StorageError: the transaction failed; nothing of this job was kept.
        """
        if self.failure is not None:
            raise refusal(self.failure)
        job = Job(work, rows)
        self._jobs.append(job)
        if self._running:
            self._waiting.unpark()
            await job.done.wait()
        else:  # the node is being cancelled as a whole, and who tidies up must not wait for one who has gone
            with trio.CancelScope(shield=True):
                await self.drain()
                await job.done.wait()
        if job.fault is not None:
            raise job.fault
        result: T = job.result
        return result

    def fail(self, fault: DiskFailedError) -> None:
        """Write nothing from now on; the first reason stays."""
        if self.failure is None:
            self.failure = fault
            self._watching.unpark_all()
            log.critical("nothing more is accepted: %s", fault)

    async def watch(self) -> NoReturn:
        """Wait until the disk has failed, for ever if it does not. Raises: DiskFailedError."""
        while self.failure is None:
            await self._watching.park()
        raise refusal(self.failure)

    async def run(self) -> None:
        """Write jobs until cancelled. A job that was taken is finished before the cancellation is felt."""
        self._running = True
        try:
            while True:
                if not self._jobs:
                    await self._waiting.park()
                with trio.CancelScope(shield=True):
                    await self._write()
        finally:
            self._running = False
            with trio.CancelScope(shield=True):
                await self.drain()

    async def drain(self) -> None:
        """Write what still waits."""
        while self._jobs:
            await self._write()

    async def _write(self) -> None:
        async with self._turn:
            await self._write_batch()

    async def _write_batch(self) -> None:
        jobs = [self._jobs.popleft() for _ in range(min(len(self._jobs), MAX_JOBS))]
        rows = sum(job.rows for job in jobs)
        failure = self.failure
        if failure is None:
            try:
                failure = await self._world.work(lambda: self._commit(jobs), rows)
            except Exception as fault:  # for example no thread can be started; those who wait must hear of it
                failure = DiskFailedError(f"the database cannot be worked on: {fault}", LOOK_FIRST)
        if failure is not None:
            self.fail(failure)
        for job in jobs:
            if failure is not None and not job.kept:
                job.fault = job.fault or refusal(failure)
            job.done.set()
        if failure is None:
            await self._checkpoint(rows)

    def _commit(self, jobs: list[Job]) -> DiskFailedError | None:
        """Write the jobs, and note for each its result or its fault; return the fault after which none may follow."""
        try:
            self._transact(jobs)
        except Exception as fault:
            told = self._database.judge(fault) if isinstance(fault, DBAPIError) else fault
            if isinstance(told, DiskFailedError):
                return told
            if len(jobs) == 1:
                jobs[0].fault = told
                return None
            # Find the guilty one; the others must not suffer.
            return next((failure for job in jobs if (failure := self._commit([job])) is not None), None)
        return None

    def _transact(self, jobs: list[Job]) -> None:
        connection = self._database.writing
        with connection.begin():
            for job in jobs:
                job.result = job.work(connection)
        for job in jobs:
            job.kept = True

    async def _checkpoint(self, rows: int) -> None:
        """Keep the log file short. Left to itself SQLite does this within a commit, and tells nobody when it fails."""
        self._rows += rows
        if self._rows >= CHECKPOINT_ROWS:
            self._rows = 0
            failure = await self._world.work(self._copy_back, CHECKPOINT_ROWS)
            if failure is not None:
                self.fail(failure)

    async def forget(self) -> bool:
        """Return whether nothing of what was overwritten is left in the file beside the database.

        Raises:
            DiskFailedError: nothing is written any more.
        """
        if self.failure is not None:
            raise refusal(self.failure)
        done: list[bool] = []
        async with self._turn:
            try:
                failure = await self._world.work(lambda: self._tried(lambda: done.append(self._database.forget())), 1)
            except Exception as fault:  # for example no thread can be started; it is tried again later
                log.error("the log file of the database was not emptied: %s", fault)
                return False
        if failure is not None:
            self.fail(failure)
        return any(done)

    def _copy_back(self) -> DiskFailedError | None:
        return self._tried(self._database.checkpoint)

    def _tried(self, copy: Callable[[], None]) -> DiskFailedError | None:
        try:
            copy()
        except Exception as fault:
            told = self._database.judge(fault)
            log.error("the log file of the database was not copied back: %s", told)
            return told if isinstance(told, DiskFailedError) else None
        return None


def refusal(failure: DiskFailedError) -> DiskFailedError:
    """Return the fault afresh, because each raise writes its own history on it."""
    return DiskFailedError(failure.cause, failure.next_step)
