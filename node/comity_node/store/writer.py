"""Group commit: all jobs that wait are written in one transaction, with one fsync."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import trio
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from comity_node.store.database import Database, storage_error
from comity_node.world import World

T = TypeVar("T")
MAX_JOBS = 64  # in one transaction


@dataclass(slots=True, eq=False)
class Job:
    work: Callable[[Connection], Any]
    rows: int
    done: trio.Event = field(default_factory=trio.Event)
    result: Any = None
    fault: Exception | None = None


class Writer:
    """The only one who writes. Jobs must touch nothing but the connection: a job may run twice."""

    def __init__(self, database: Database, world: World) -> None:
        self._database = database
        self._world = world
        self._jobs: deque[Job] = deque()
        self._waiting = trio.lowlevel.ParkingLot()

    async def submit(self, work: Callable[[Connection], T], rows: int = 1) -> T:
        """Return what `work` returned, once its transaction is on disk.

        Raises:
            StorageError: the transaction failed; nothing of this job was kept.
        """
        job = Job(work, rows)
        self._jobs.append(job)
        self._waiting.unpark()
        await job.done.wait()
        if job.fault is not None:
            raise job.fault
        result: T = job.result
        return result

    async def run(self) -> None:
        """Write jobs until cancelled. A job that was taken is finished before the cancellation is felt."""
        while True:
            if not self._jobs:
                await self._waiting.park()
            with trio.CancelScope(shield=True):
                await self._write()

    async def drain(self) -> None:
        """Write what still waits."""
        while self._jobs:
            await self._write()

    async def _write(self) -> None:
        jobs = [self._jobs.popleft() for _ in range(min(len(self._jobs), MAX_JOBS))]
        await self._world.work(lambda: self._commit(jobs), sum(job.rows for job in jobs))
        for job in jobs:
            job.done.set()

    def _commit(self, jobs: list[Job]) -> None:
        try:
            self._transact(jobs)
        except Exception as fault:
            if len(jobs) == 1:
                jobs[0].fault = storage_error(fault) if isinstance(fault, DBAPIError) else fault
                return
            for job in jobs:  # find the guilty one; the others must not suffer
                self._commit([job])

    def _transact(self, jobs: list[Job]) -> None:
        connection = self._database.writing
        with connection.begin():
            for job in jobs:
                job.result = job.work(connection)
