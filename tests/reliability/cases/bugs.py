"""Bugs of the lifecycle that are planted to see whether played cases find them: each changes one seam."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from comity.case import History, Request, Told, clock, history
from comity.errors import EarlyEventError, IllegalEventError
from comity_node import lifecycle
from comity_node.overview import Overview

Change = tuple[Any, str, Any]  # object, attribute, what is put there


def order_of_arrival() -> list[Change]:
    def in_order(request: Request, told: Sequence[Told]) -> Iterator[Told]:
        return (each for each in told if not each.void and (each.accepted or each.sender == request.requested))

    return [(history, "in_order", in_order)]


def clock_of_the_requester() -> list[Change]:
    real = history.folded

    def folded(request: Request, received: Any, ordered: Iterable[Told]) -> History:
        return real(request, received, (by_its_sender(each) for each in ordered))

    return [(history, "folded", folded)]


def by_its_sender(told: Told) -> Told:
    """Return the event without the time at which it was accepted."""
    return Told(told.hash, told.sender, told.kind, told.payload, told.after, told.created_us, None, told.void)


def early_event_taken() -> list[Change]:
    real = vars(lifecycle)["refuse_misplaced"]

    def refuse_misplaced(*values: Any) -> None:
        try:
            real(*values)
        except EarlyEventError:
            return

    return [(lifecycle, "refuse_misplaced", refuse_misplaced)]


def illegal_event_taken() -> list[Change]:
    return [(lifecycle.Lifecycle, "_judge_requester", lambda *_: None)]


def overtaken_event_refused() -> list[Change]:
    real = vars(lifecycle)["refuse_misplaced"]

    def refuse_misplaced(*values: Any) -> None:
        try:
            real(*values)
        except EarlyEventError as fault:
            raise IllegalEventError(str(fault), "received") from fault

    return [(lifecycle, "refuse_misplaced", refuse_misplaced)]


def pause_counted() -> list[Change]:
    return [(clock, "PAUSED", ())]


def overview_not_made_again() -> list[Change]:
    async def catch_up(overview: Any) -> None:
        """Believe what the table says."""

    return [(Overview, "_catch_up", catch_up)]


BUGS: Final[Mapping[str, tuple[str, Callable[[], list[Change]]]]] = {
    "order-of-arrival": ("events are told in the order in which they arrived", order_of_arrival),
    "clock-of-the-requester": ("an event of the requester has the time at which it was signed", clock_of_the_requester),
    "early-event-taken": ("an event is taken before what it follows", early_event_taken),
    "overtaken-event-refused": ("an event that is early is refused for good", overtaken_event_refused),
    "illegal-event-taken": ("the requested party takes whatever the requester sends", illegal_event_taken),
    "pause-counted": ("deadlines run on while the requester has to act", pause_counted),
    "overview-not-made-again": ("a start does not look for tracks that a crash has left out", overview_not_made_again),
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Plant the bug for the length of the block."""
    changes = BUGS[name][1]()
    kept = [(target, attribute, vars(target)[attribute]) for target, attribute, _ in changes]
    for target, attribute, value in changes:
        setattr(target, attribute, value)
    try:
        yield
    finally:
        for target, attribute, value in kept:
            setattr(target, attribute, value)
