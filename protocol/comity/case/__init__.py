"""The lifecycle of a request, which both nodes run alike (spec page case).

Layout, from the ground: `table` (states, events, the one table), `events` (which event a message is), `measures`
(provisional measures), `track` (one request, as a function of its events), `history` (the order of its events), `clock`
(deadlines).
"""

from comity.case.clock import Deadline, deadlines
from comity.case.events import event_of
from comity.case.history import (
    Accepted,
    History,
    Place,
    Told,
    happen,
    place_of,
    refuse_misplaced,
    side_of,
    told_history,
    track_before,
)
from comity.case.measures import MeasureState, Provisional
from comity.case.table import OPEN, TABLE, Event, Side, State, Transition
from comity.case.track import Moment, Request, Track, submitted

__all__ = [
    "OPEN",
    "TABLE",
    "Accepted",
    "Deadline",
    "Event",
    "History",
    "MeasureState",
    "Moment",
    "Place",
    "Provisional",
    "Request",
    "Side",
    "State",
    "Told",
    "Track",
    "Transition",
    "deadlines",
    "event_of",
    "happen",
    "place_of",
    "refuse_misplaced",
    "side_of",
    "submitted",
    "told_history",
    "track_before",
]
