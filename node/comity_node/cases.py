"""How cases stand at a time: who is in them, where each request stands, what is due, and what may happen next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from comity.case import Deadline, Event, Side, Track, deadlines, side_of
from comity.case.table import ENDED
from comity.chapters.form import Role
from comity.deadlines import USUAL, Deadlines, Promise
from comity_node.casebook import Known, history_of
from comity_node.errors import AmbiguousError, NotFoundError
from comity_node.lifecycle import Lifecycle
from comity_node.store.store import Store
from comity_node.trust import Trust
from comity_node.world import World

MIN_PREFIX_DIGITS, ID_DIGITS = 4, 32


@dataclass(frozen=True, slots=True)
class TrackStatus:
    """One request with one of those who were asked.

    Attributes:
        side: on which side of it this party stands, None where it only sees it.
        track: as it stands now, timers included; without events of this party that nobody has accepted yet.
        legal: what this party may do next.
        pending: events of this party that are on their way.
    """

    request: Known
    requested: str
    side: Side | None
    track: Track
    deadlines: tuple[Deadline, ...]
    legal: tuple[Event, ...]
    pending: tuple[Event, ...]

    @property
    def is_open(self) -> bool:
        """Whether something is expected of somebody: of the request, or of an active measure."""
        measure = self.track.measure
        return self.track.state not in ENDED or (measure is not None and measure.is_active)

    @property
    def due_us(self) -> int | None:
        """The earliest deadline that runs."""
        return min((d.due_us for d in self.deadlines if d.is_running and d.due_us is not None), default=None)

    @property
    def late_us(self) -> int:
        """The greatest lateness of a stage that is still open."""
        return max((d.late_us for d in self.deadlines if d.is_running), default=0)

    def next_us(self, now_us: int) -> int | None:
        """Return when something changes by itself next, or is to be warned of; None when nothing will."""
        running = [d for d in self.deadlines if d.is_running]
        moments = [moment for d in running for moment in (*d.warn_us, d.due_us) if moment is not None]
        moments += self.track.changes_us
        measure = self.track.measure
        if measure is not None and measure.is_active:
            moments += [*measure.warnings_us, measure.review_us, measure.until_us]
        return min((moment for moment in moments if moment > now_us), default=None)


@dataclass(frozen=True, slots=True)
class CaseStatus:
    """A case. `members` are all parties that have written or received a request or event of it."""

    case: bytes
    members: tuple[str, ...]
    exercise: bool
    tracks: tuple[TrackStatus, ...]


class Cases:
    """Answers from the messages and receipts that are kept."""

    def __init__(self, party: str, trust: Trust, store: Store, lifecycle: Lifecycle, world: World) -> None:
        self._party = party
        self._trust = trust
        self._store = store
        self._lifecycle = lifecycle
        self._world = world

    def find(self, prefix: str) -> bytes:
        """Return the one case whose id begins with these 4 to 32 hexadecimal digits.

        Raises:
            NotFoundError, AmbiguousError
        """
        try:
            low, high = bytes.fromhex(prefix.ljust(ID_DIGITS, "0")), bytes.fromhex(prefix.ljust(ID_DIGITS, "f"))
        except ValueError:
            low = high = b""
        if not MIN_PREFIX_DIGITS <= len(prefix) <= ID_DIGITS or not low:
            raise NotFoundError(f"{prefix[:40]!r} is no case", "give 4 to 32 hexadecimal digits of its id")
        found = self._store.tracks.by_case_prefix(low, high)
        if not found:
            raise NotFoundError(f"there is no case {prefix}", "see `comity case list` for the cases")
        if len(found) > 1:
            raise AmbiguousError(f"several cases begin with {prefix}", "give more digits of the id")
        return found[0]

    def status(self, case: bytes, now_us: int | None = None) -> CaseStatus:
        """Return how the case stands at a time, by default now."""
        at_us = self._world.now_us() if now_us is None else now_us
        messages = self._lifecycle.messages(case)
        parties = {known.body.sender for known in messages} | {to for known in messages for to in known.body.to}
        tracks = tuple(
            self.track(known, requested, messages, at_us)
            for known in messages
            if known.role is Role.REQUEST
            for requested in self._seen(known)
        )
        exercise = any(known.body.exercise for known in messages)
        return CaseStatus(case, tuple(sorted(parties)), exercise, tracks)

    def listed(self, having: dict[str, Any], order: str, limit: int) -> list[TrackStatus]:
        """Return tracks as the overview lists them, each as it stands now."""
        found: list[TrackStatus] = []
        cases: dict[bytes, CaseStatus] = {}
        for row in self._store.tracks.listed(having, order, limit):
            status = cases.setdefault(row.case_id, self.status(row.case_id))
            wanted = (row.request_n, row.requested)
            found += [each for each in status.tracks if (each.request.position, each.requested) == wanted]
        return found

    def _seen(self, request: Known) -> Sequence[str]:
        """Return whose tracks of a request this party can compute: all of its own requests, else its own track."""
        if request.body.sender == self._party:
            return request.body.to
        accepted = self._party in request.body.to and self._party not in request.void
        return (self._party,) if accepted else ()

    def track(self, request: Known, requested: str, messages: Sequence[Known], now_us: int) -> TrackStatus:
        """Return one track at a time."""
        told = history_of(request, requested, messages).track
        track, side = told.at(now_us), side_of(told.request, self._party)
        hoped = self._lifecycle.tentative(told, request, messages, now_us)
        sent = hoped.history[len(track.history) :]
        return TrackStatus(
            request=request,
            requested=requested,
            side=side,
            track=track,
            deadlines=deadlines(track, self._rules(request), self._promises(track, requested), now_us),
            legal=hoped.legal(side),
            pending=tuple(moment.event for moment in sent if moment.message is not None),
        )

    def _rules(self, request: Known) -> Deadlines:
        directory = self._trust.directory
        version = directory.version(request.body.treaty_version) if directory is not None else None
        return USUAL if version is None else version.treaty.deadlines

    def _promises(self, track: Track, requested: str) -> tuple[Promise, ...]:
        directory, received_us = self._trust.directory, track.received_us
        return () if directory is None or received_us is None else directory.promises(requested, received_us)
