"""Keeps the table of tracks in step with the messages and receipts, and warns when time has brought something.

The table is made from what is kept, and can be made again from it. It is written after the messages and not with them:
after a crash what is missing is made when the node starts.
"""

import logging
from collections.abc import Iterable
from heapq import nsmallest

import trio

from comity.case import Side, State
from comity.case.clock import WARNINGS
from comity.case.table import ENDED
from comity.chapters.form import Role
from comity.kinds import FORMS
from comity.message import Body
from comity_node.cases import Cases, TrackStatus
from comity_node.errors import StorageError
from comity_node.store.store import Store, Values
from comity_node.times import iso
from comity_node.world import World

log = logging.getLogger(__name__)
MAX_CASES = 64  # cases: made again in one commit
MAX_MESSAGES = 512  # messages: looked at in one step after a start
BEHIND = 1_000  # messages: so many at most are looked at once more after a crash
SETTLED_BEHIND = 10_000  # deliveries: the last so many that ended are looked at once more after a start
LONGEST_S = 3_600.0  # seconds: a sleep; the wall clock may be set meanwhile


class Overview:
    """Follows `touch` and `settled`; `run` writes."""

    def __init__(self, cases: Cases, store: Store, world: World) -> None:
        self._cases = cases
        self._store = store
        self._world = world
        self._touched: set[bytes] = set()
        self._settled: set[bytes] = set()
        self._seen = store.tracks.looked_at()
        self._newest = self._seen
        self._tracked = store.tracks.any()
        self._woken = trio.Event()

    def touch(self, case: bytes) -> None:
        """A request or event of the case is on disk."""
        self._touched.add(case)
        self._tracked = True
        self._woken.set()

    def saw(self, position: int) -> None:
        """Messages up to this position are on disk, and their cases were touched where they have tracks."""
        self._newest = max(self._newest, position)
        if self._newest - self._seen >= BEHIND:
            self._woken.set()

    def settled(self, message_ids: Iterable[bytes]) -> None:
        """Deliveries of these messages have ended."""
        if not self._tracked:
            return  # a node that exchanges words only pays nothing for the overview
        self._settled.update(message_ids)
        self._woken.set()

    async def run(self) -> None:
        """Make what is missing since the last start, then follow."""
        while True:
            try:
                await self._catch_up()
                break
            except StorageError as fault:
                log.error("the overview of cases is behind: %s", fault)
                await trio.sleep(LONGEST_S)
        while True:
            await self._wait()
            try:
                await self._write_touched()
            except StorageError as fault:
                log.error("the overview of cases could not be written: %s", fault)
                await trio.sleep(1)

    async def _wait(self) -> None:
        """Return when something was touched, or the time of the next change has come."""
        next_us = self._store.tracks.next_us()
        seconds = LONGEST_S if next_us is None else max(0.0, (next_us - self._world.now_us()) / 1e6)
        if not (self._touched or self._settled or self._newest - self._seen >= BEHIND):
            with trio.move_on_after(min(seconds, LONGEST_S)):
                await self._woken.wait()
        self._woken = trio.Event()

    async def _catch_up(self) -> None:
        """Make the tracks of all messages that nobody has looked at, and of what is open: receipts may have come.

        A receipt may also have come in a case that had ended by itself: it says that something happened before.
        """
        self._touched |= self._store.tracks.cases_with_open()
        self._touched |= self._store.tracks.cases_settled_after(self._store.last_settled - SETTLED_BEHIND)
        while rows := self._store.tracks.cases_after(self._newest, MAX_MESSAGES):
            self._touched |= {row.case_id for row in rows}
            self._tracked = True
            self._newest = rows[-1].n
            await self._write_touched()
        await self._write_touched()

    async def _write_touched(self) -> None:
        now_us = self._world.now_us()
        due = self._store.tracks.cases_due(now_us)
        cases = self._touched | due | (self._store.tracks.cases_of(self._settled) if self._settled else set())
        self._touched, self._settled = set(), set()  # what is touched from here on is made once more
        newest = self._newest
        try:
            while cases or newest - self._seen >= BEHIND:
                some = nsmallest(MAX_CASES, cases)  # an order that does not depend on the process
                cases.difference_update(some)
                try:
                    await self._write(some, due, now_us, self._seen if cases else newest)
                except StorageError:
                    self._touched.update(some)
                    raise
        finally:
            self._touched |= cases

    async def _write(self, cases: list[bytes], due: set[bytes], now_us: int, looked_at: int) -> None:
        """Commit the tracks of these cases. Up to `looked_at` nothing is left to be made, so only the last step raises
        it: a crash between two steps would else leave out what the next one has to make."""
        statuses = [self._cases.status(case, now_us) for case in cases]
        rows = [row_of(track, now_us) for status in statuses for track in status.tracks]
        await self._store.tracks.replace(cases, rows, looked_at)
        self._seen = looked_at
        for track in (track for status in statuses if status.case in due for track in status.tracks):
            warn(track, now_us)


def row_of(track: TrackStatus, now_us: int) -> Values:
    """Return the row of a track as it stands now."""
    return {
        "case_id": track.request.body.case,
        "request_n": track.request.position,
        "requested": track.requested,
        "outgoing": int(track.side is Side.REQUESTER),
        "state": track.track.state.value,
        "open": int(track.is_open),
        "exercise": int(track.request.body.exercise),
        "due_us": track.due_us,
        "next_us": track.next_us(now_us) if track.track.state is not State.SUBMITTED else None,
        "changed_us": track.track.last_us,
    }


def warn(status: TrackStatus, now_us: int) -> None:
    """Log what time has brought to a track, without what the request says."""
    other = status.requested if status.side is Side.REQUESTER else status.request.body.sender
    case = f"case {status.request.body.case.hex()[:12]} with {other}"
    if status.track.state in ENDED:
        log.warning("%s: %s", case, status.track.state)
    for each in status.deadlines:
        share = each.used_us * 100 // each.allowed_us
        if each.is_running and share >= WARNINGS[0]:
            log.warning("%s: %d %% of the time to %s have passed", case, share, each.stage)
    measure = status.track.measure
    if measure is not None and any(moment <= now_us for moment in (*measure.warnings_us, measure.until_us)):
        log.warning("%s: the measure is %s and ends at %s", case, measure.state, iso(measure.until_us))


def note_kept(overview: Overview, body: Body) -> None:
    """Touch the case of a message that is on disk, where it belongs to the lifecycle."""
    if body.kind in FORMS and FORMS[body.kind].role in (Role.REQUEST, Role.EVENT):
        overview.touch(body.case)
